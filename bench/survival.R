# Each estimator once on the patients of bench/survival.py; prints seconds by name.
suppressMessages(library(survival))
given <- commandArgs(trailingOnly = TRUE)
patients <- as.integer(given[2])
read <- function(name) readBin(file.path(given[1], name), "double", patients)
event <- read("event"); group <- read("group"); x <- read("x")
seconds <- list()
for (times in c("apart", "days")) {
  time <- read(times)
  seconds[[paste("Kaplan-Meier", times)]] <- system.time(survfit(Surv(time, event) ~ 1, conf.type = "log-log"))[[3]]
  seconds[[paste("log-rank", times)]] <- system.time(survdiff(Surv(time, event) ~ group))[[3]]
  seconds[[paste("Cox", times)]] <- system.time(coxph(Surv(time, event) ~ x))[[3]]
}
cat("{", paste0('"', names(seconds), '": ', unlist(seconds), collapse = ", "), "}")
