# Gray's test between groups, from R's cmprsk.
suppressMessages({
  library(survival)
  library(cmprsk)
})
source("tests/oracles/lib/oracle.R")

set.seed(2)
simulated <- data.frame(time = round(rexp(100), 4), group = sample(1:3, 100, TRUE), event = sample(0:2, 100, TRUE))
mgus <- with(mgus2, data.frame(time = ifelse(pstat == 0, futime, ptime), event = ifelse(pstat == 0, 2 * death, 1),
                               group = as.integer(sex)))
waiting <- with(transplant, data.frame(time = futime, event = c(0, 2, 1, 3)[as.integer(event)],
                                       group = as.integer(abo)))
biliary <- with(subset(pbc, !is.na(trt)), data.frame(time, event = c(0, 2, 1)[status + 1], group = trt))

data_sets <- list(
  mgus2 = mgus,
  transplant = subset(waiting, time >= 0),
  pbc = biliary,
  "cmprsk example" = simulated,
  "cmprsk example, heavily tied" = transform(simulated, time = ceiling(time * 4)),
  "all three at the same times" = data.frame(time = c(1, 1, 1, 2, 2, 2, 3, 3, 3, 1, 2, 3),
                                             event = c(0, 1, 2, 0, 1, 2, 0, 1, 2, 1, 2, 0), group = rep(1:2, c(5, 7))),
  "thirteen patients" = data.frame(time = c(1, 1, 1, 1, 1, 1, 2, 2, 3, 4, 5, 7, 6), event = c(rep(1, 10), 0, 1, 2),
                                   group = c(1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1)),
  "no competing event" = data.frame(time = c(1, 2, 3, 4, 5, 6), event = c(1, 0, 1, 1, 0, 1), group = c(1, 2, 1, 2, 1, 2)),
  "no event in one group" = data.frame(time = 1:8, event = c(1, 1, 2, 1, 2, 0, 2, 0), group = rep(1:2, each = 4)),
  "one patient against five" = data.frame(time = 1:6, event = c(2, 1, 1, 0, 2, 1), group = c(2, 2, 1, 2, 2, 2)),
  "identical groups" = data.frame(time = rep(1:4, 2), event = rep(c(1, 2, 0, 1), 2), group = rep(1:2, each = 4)),
  "events at time zero" = data.frame(time = c(0, 0, 2, 3, 5, 5, 6, 7), event = c(1, 2, 1, 1, 0, 2, 1, 0),
                                     group = rep(1:2, 4)),
  "two times only" = data.frame(time = c(1, 1, 1, 2, 2, 2, 1, 2), event = c(1, 1, 2, 1, 0, 0, 1, 0),
                                group = c(1, 1, 1, 1, 2, 2, 2, 2))
)

cases <- lapply(names(data_sets), function(name) {
  data <- data_sets[[name]]
  tests <- cuminc(data$time, data$event, data$group)$Tests
  list(name = name, time = array_of(as.numeric(data$time)), event = array_of(as.integer(data$event)),
       group = array_of(as.integer(data$group)),
       tests = lapply(rownames(tests), function(cause)
         list(cause = as.integer(cause), statistic = tests[cause, "stat"], p_value = tests[cause, "pv"])))
})

write_oracle("gray", cases, c("survival", "cmprsk"))
