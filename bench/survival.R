# Each estimator once on the patients of bench/survival.py; prints, by name, its seconds and the numbers it gives.
suppressMessages(library(survival))
given <- commandArgs(trailingOnly = TRUE)
patients <- as.integer(given[2])
days <- as.numeric(given[-(1:2)])
read <- function(name) readBin(file.path(given[1], name), "double", patients)
event <- read("event"); group <- read("group"); x <- read("x")
seconds <- list()
numbers <- list()
for (times in c("apart", "days")) {
  time <- read(times)
  name <- paste("Kaplan-Meier", times)
  seconds[[name]] <- system.time(curve <- survfit(Surv(time, event) ~ 1, conf.type = "log-log"))[[3]]
  at <- findInterval(days, curve$time)
  numbers[[name]] <- c(curve$surv[at], curve$lower[at], curve$upper[at])
  name <- paste("log-rank", times)
  seconds[[name]] <- system.time(test <- survdiff(Surv(time, event) ~ group))[[3]]
  numbers[[name]] <- c(test$exp, test$chisq)
  name <- paste("Cox", times)
  seconds[[name]] <- system.time(model <- coxph(Surv(time, event) ~ x))[[3]]
  numbers[[name]] <- c(coef(model), vcov(model))
}
listed <- function(values) paste0("[", paste(sprintf("%.17g", values), collapse = ", "), "]")
named <- function(values) paste0("{", paste0('"', names(values), '": ', values, collapse = ", "), "}")
cat(named(list(seconds = named(seconds), numbers = named(lapply(numbers, listed)))))
