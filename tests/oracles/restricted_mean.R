# Restricted means of each group, from R's survfit; their contrasts by the formulas of survRM2's manual.
library(survival)
source("tests/oracles/lib/oracle.R")

trial <- subset(pbc, !is.na(trt))
data_sets <- list(
  "pbc in years up to 10" = list(trial$time / 365.25, trial$status == 2, trial$trt == 1, 10),
  "pbc in years" = list(trial$time / 365.25, trial$status == 2, trial$trt == 1, NA),
  ovarian = with(ovarian, list(futime, fustat, rx == 2, NA)),
  veteran = with(veteran, list(time, status, trt == 2, 300)),
  "leukemia, tied to months" = with(leukemia, list(ceiling(time / 4), status, x == "Maintained", 10)),
  "everyone has the event" = list(c(1, 2, 3, 4, 2, 3, 5, 7), rep(1, 8), rep(1:0, each = 4), NA),
  "beyond the last event of a group that ended" = list(c(1, 2, 3, 4, 2, 3, 5, 7), c(1, 1, 1, 1, 1, 0, 1, 0),
                                                      rep(1:0, each = 4), 6),
  "an event at the time itself" = list(c(1, 2, 3, 3, 2, 3, 3, 5), c(1, 0, 1, 0, 1, 1, 0, 0), rep(1:0, each = 4), 3),
  "an event at time zero" = list(c(0, 2, 3, 3, 2, 0, 3, 5), c(1, 0, 1, 0, 1, 1, 0, 0), rep(1:0, each = 4), 3)
)

cases <- lapply(names(data_sets), function(name) {
  time <- as.numeric(data_sets[[name]][[1]])
  event <- as.integer(data_sets[[name]][[2]])
  group <- as.integer(data_sets[[name]][[3]])
  tau <- data_sets[[name]][[4]]
  until <- if (is.na(tau)) min(tapply(time, group, max)) else tau
  each <- sapply(c(1, 0), function(one) {
    fit <- survfit(Surv(time[group == one], event[group == one]) ~ 1)
    row <- survival:::survmean(fit, rmean = until)$matrix
    c(row[["rmean"]], row[["se(rmean)"]])
  })
  difference <- each[1, 1] - each[1, 2]
  error <- sqrt(sum(each[2, ]^2))
  ratio <- log(each[1, 1] / each[1, 2])
  log_error <- sqrt(sum((each[2, ] / each[1, ])^2))
  z <- qnorm(0.975) * c(0, -1, 1)
  list(name = name, time = array_of(time), event = array_of(event), group = array_of(group), tau = tau, until = until,
       mean = array_of(each[1, ]), std_error = array_of(each[2, ]),
       difference = array_of(difference + z * error), difference_p = 2 * pnorm(-abs(difference / error)),
       ratio = array_of(exp(ratio + z * log_error)), ratio_p = 2 * pnorm(-abs(ratio / log_error)))
})

write_oracle("restricted_mean", cases, "survival")
