# The difference of two cumulative incidences at given times, from the Aalen-Johansen curves of R's survival.
suppressMessages(library(survival))
source("tests/oracles/lib/oracle.R")

mgus <- with(mgus2, data.frame(time = ifelse(pstat == 0, futime, ptime), event = ifelse(pstat == 0, 2 * death, 1),
                               group = as.integer(sex)))
biliary <- with(subset(pbc, !is.na(trt)), data.frame(time, event = c(0, 2, 1)[status + 1], group = trt))

data_sets <- list(
  mgus2 = list(mgus, c(12, 60, 120, 240)),
  pbc = list(biliary, c(365, 1000, 2000, 3000)),
  "thirteen patients" = list(data.frame(time = c(1, 1, 1, 1, 1, 1, 2, 2, 3, 4, 5, 7, 6), event = c(rep(1, 10), 0, 1, 2),
                                        group = c(1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1)), c(1, 2.5, 4)),
  "all three at the same times" = list(data.frame(time = c(1, 1, 1, 2, 2, 2, 3, 3, 3, 1, 2, 3),
                                                  event = c(0, 1, 2, 0, 1, 2, 0, 1, 2, 1, 2, 0),
                                                  group = rep(1:2, c(5, 7))), c(1, 2)),
  "no competing event" = list(data.frame(time = c(1, 2, 3, 4, 5, 6, 7, 8), event = c(1, 0, 1, 1, 0, 1, 0, 1),
                                         group = rep(1:2, 4)), c(4, 6))
)

cases <- lapply(names(data_sets), function(name) {
  data <- data_sets[[name]][[1]]
  at <- data_sets[[name]][[2]]
  each <- lapply(1:2, function(group) {
    own <- data[data$group == group, ]
    fit <- survfit(Surv(time, factor(event, 0:2)) ~ 1, data = own)
    found <- summary(fit, times = at)
    column <- match("1", fit$states)
    list(value = found$pstate[, column], error = found$std.err[, column])
  })
  difference <- each[[1]]$value - each[[2]]$value
  error <- qnorm(0.975) * sqrt(each[[1]]$error^2 + each[[2]]$error^2)
  list(name = name, time = array_of(as.numeric(data$time)), event = array_of(as.integer(data$event)),
       group = array_of(as.integer(data$group)), at = array_of(at), difference = array_of(difference),
       low = array_of(difference - error), high = array_of(difference + error))
})

write_oracle("incidence_difference", cases, "survival")
