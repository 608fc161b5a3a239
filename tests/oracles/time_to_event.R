# Kaplan-Meier curves, medians, landmarks and follow-up, from R's survival.
library(survival)
source("tests/oracles/lib/oracle.R")

data_sets <- list(
  lung = with(lung, list(time, status == 2)),
  ovarian = with(ovarian, list(futime, fustat)),
  veteran = with(veteran, list(time, status)),
  leukemia = with(leukemia, list(time, status)),
  kidney = with(kidney, list(time, status)),
  pbc = with(pbc, list(time, status == 2)),
  colon = with(subset(colon, etype == 2), list(time, status)),
  "lung in months, heavily tied" = with(lung, list(ceiling(time / 30.4375), status == 2)),
  "events and censoring at the same times" = list(c(1, 1, 2, 2, 2, 3, 3, 4), c(1, 0, 1, 1, 0, 0, 1, 0)),
  "all censored" = list(c(1, 2, 3), c(0, 0, 0)),
  "all with the event" = list(c(5, 1, 4, 2, 3), c(1, 1, 1, 1, 1)),
  "all at one time" = list(c(2, 2, 2, 2), c(1, 1, 0, 1)),
  "one patient with the event" = list(3, 1),
  "one patient censored" = list(3, 0),
  "two patients" = list(c(1, 2), c(1, 1)),
  "flat at 0.5" = list(c(1, 2, 3, 4, 5, 6), c(1, 1, 1, 0, 0, 1)),
  "flat at 0.5 by rounded products" = list(1:10, rep(1, 10)),
  "flat at 0.5 to the end" = list(c(1, 1.5, 2, 3), c(1, 1, 0, 0)),
  "at 0.5 at the last time" = list(c(1, 2, 3, 3), c(1, 0, 1, 0)),
  "never down to 0.5" = list(c(1, 2, 3, 4, 5), c(1, 0, 0, 0, 0)),
  "censored before the first event" = list(c(1, 1.5, 2, 3, 4), c(0, 1, 1, 0, 1)),
  "an event at time zero" = list(c(0, 0, 2, 5), c(1, 0, 1, 0)),
  "times apart by rounding only" = list(c(0.3, 0.30000000001, 0.3, 1.000000001, 1, 2), c(1, 0, 1, 1, 0, 1)),
  "times close but apart" = list(c(1, 1.00001, 1.00001, 1.00002, 2), c(1, 1, 0, 1, 0)),
  "long times apart by rounding only" = list(c(20000, 20000.0001, 20000.0001, 30000), c(1, 0, 1, 1)),
  "thirteen patients" = list(c(30, 61, 95, 120, 150, 150, 182, 200, 240, 300, 365, 400, 420),
                             c(1, 1, 0, 1, 1, 0, 1, 1, 0, 1, 0, 0, 0))
)

summaries <- function(fit) {
  row <- summary(fit)$table
  unname(row[length(row) - 2:0])
}

cases <- lapply(names(data_sets), function(name) {
  time <- as.numeric(data_sets[[name]][[1]])
  event <- as.integer(data_sets[[name]][[2]])
  fits <- lapply(c("log-log" = "log-log", log = "log", plain = "plain"), function(type)
    survfit(Surv(time, event) ~ 1, conf.type = type))
  fit <- fits[["log-log"]]
  size <- length(fit$time)
  rows <- if (size <= 200) seq_len(size) else unique(c(seq(1, size, by = 10), size))
  landmarks <- unique(as.vector(quantile(time, c(0, 0.2, 0.35, 0.5, 0.77, 1), type = 1)))
  at <- summary(fit, times = landmarks)
  narrow <- survfit(Surv(time, event) ~ 1, conf.type = "log-log", conf.int = 0.8)
  list(
    name = name, time = array_of(time), event = array_of(event), distinct = size,
    rows = array_of(rows - 1L), curve_time = array_of(fit$time[rows]), at_risk = array_of(fit$n.risk[rows]),
    events = array_of(fit$n.event[rows]), censored = array_of(fit$n.censor[rows]),
    survival = array_of(fit$surv[rows]), std_error = array_of((fit$std.err * fit$surv)[rows]),
    limits = lapply(fits, function(f) list(low = array_of(f$lower[rows]), high = array_of(f$upper[rows]))),
    median = lapply(fits, function(f) array_of(summaries(f))),
    quantile = array_of(unlist(quantile(fit, 0.5))),
    median_80 = array_of(summaries(narrow)),
    landmarks = array_of(at$time), landmark_at_risk = array_of(at$n.risk), landmark_survival = array_of(at$surv),
    landmark_low = array_of(at$lower), landmark_high = array_of(at$upper),
    follow_up = array_of(summaries(survfit(Surv(time, 1 - event) ~ 1, conf.type = "log-log")))
  )
})

write_oracle("time_to_event", cases, "survival")
