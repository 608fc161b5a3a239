# Curves over stretches of time and the Mantel-Byar test, from R's survival: survfit of start-stop data, and a table of
# two by two at each event time, summed as mantelhaen.test does; without ties it is the score test of coxph.
library(survival)
source("tests/oracles/lib/oracle.R")

set.seed(21)
simulated <- data.frame(time = round(rexp(50) * 10 + 0.1, 1), event = rbinom(50, 1, 0.7),
                        change = ifelse(rbinom(50, 1, 0.6) == 1, round(rexp(50) * 5, 1), NA))
transplants <- with(subset(jasa, futime > 0), data.frame(time = futime, event = fustat, change = wait.time))
data_sets <- list(
  "heart transplants" = list(transplants, 0),
  "heart transplants from day 60" = list(transplants, 60),
  simulated = list(simulated, 0),
  "simulated, heavily tied" = list(transform(simulated, time = ceiling(time / 4), change = ceiling(change / 4)), 0),
  "simulated, heavily tied, from 2" = list(transform(simulated, time = ceiling(time / 4), change = ceiling(change / 4)), 2),
  "four patients" = list(data.frame(time = c(4, 6, 7, 8), event = c(1, 1, 1, 0), change = c(NA, 1, 5, 2)), 0),
  "changed at time zero" = list(data.frame(time = c(3, 5, 6, 9, 4), event = c(1, 0, 1, 1, 1),
                                           change = c(0, 0, NA, NA, 2)), 0),
  "an early event empties the second group" = list(data.frame(time = c(2, 5, 6, 8), event = c(1, 1, 0, 1),
                                                              change = c(1, 3, 4, NA)), 0)
)

# At a tie the event comes before the change.
cut_at_change <- function(data) {
  both <- !is.na(data$change) & data$change > 0 & data$change < data$time
  first <- with(data, data.frame(start = 0, stop = ifelse(both, change, time), event = ifelse(both, 0, event),
                                 changed = as.integer(!is.na(change) & change == 0)))
  rbind(first, with(data[both, ], data.frame(start = change, stop = time, event = event, changed = rep(1L, sum(both)))))
}

mantel_byar <- function(rows) rowSums(sapply(sort(unique(rows$stop[rows$event == 1])), function(moment) {
  there <- subset(rows, start < moment & stop >= moment)
  died <- there$stop == moment & there$event == 1
  n <- nrow(there)
  d <- sum(died)
  m <- sum(there$changed)
  c(sum(died & there$changed == 1), d * m / n, if (n > 1) d * (n - d) * m * (n - m) / n^2 / (n - 1) else 0)
}))

cases <- lapply(names(data_sets), function(name) {
  data <- data_sets[[name]][[1]]
  origin <- data_sets[[name]][[2]]
  rows <- cut_at_change(data)
  test <- coxph(Surv(start, stop, event) ~ changed, data = rows, ties = "breslow",
                control = coxph.control(iter.max = 0))
  sums <- mantel_byar(rows)
  rows <- transform(subset(rows, stop > origin), start = pmax(start, origin))
  curves <- lapply(0:1, function(group) {
    fit <- survfit(Surv(start, stop, event) ~ 1, data = subset(rows, changed == group), conf.type = "log-log")
    list(time = array_of(fit$time), at_risk = array_of(fit$n.risk), events = array_of(fit$n.event),
         left = array_of(fit$n.censor), survival = array_of(fit$surv),
         std_error = array_of(fit$std.err * fit$surv), low = array_of(fit$lower), high = array_of(fit$upper))
  })
  list(name = name, time = array_of(as.numeric(data$time)), event = array_of(as.integer(data$event)),
       change = array_of(as.numeric(data$change)), origin = origin, curves = curves, statistic = unname((sums[1] - sums[2])^2 / sums[3]),
       score = if (anyDuplicated(data$time[data$event == 1])) NA else test$score)
})

write_oracle("simon_makuch", cases, "survival")
