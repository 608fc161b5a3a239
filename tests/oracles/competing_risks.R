# Cumulative incidence with competing events, from R's survival, prodlim and cmprsk.
suppressMessages({
  library(survival)
  library(prodlim)
  library(cmprsk)
})
source("tests/oracles/lib/oracle.R")

# The example of cmprsk's own help page, its times rounded so that the input is kept exactly.
set.seed(2)
simulated <- list(round(rexp(100), 4), {sample(1:3, 100, TRUE); sample(0:2, 100, TRUE)})

data_sets <- list(
  mgus2 = with(mgus2, list(ifelse(pstat == 0, futime, ptime), ifelse(pstat == 0, 2 * death, 1))),
  pbc = with(pbc, list(time, c(0, 2, 1)[status + 1])),
  transplant = with(transplant, list(futime, c(0, 2, 1, 3)[as.integer(event)])),
  "cmprsk example" = simulated,
  "cmprsk example, heavily tied" = list(ceiling(simulated[[1]] * 4), simulated[[2]]),
  "all three at the same times" = list(c(1, 1, 1, 2, 2, 2, 3, 3, 3), c(0, 1, 2, 0, 1, 2, 0, 1, 2)),
  "thirteen patients" = list(c(1, 1, 1, 1, 1, 1, 2, 2, 3, 4, 5, 7, 6), c(rep(1, 10), 0, 1, 2)),
  "last patients die" = list(c(1, 2, 3, 4, 4), c(1, 1, 1, 2, 2)),
  "last two differ" = list(c(1, 2, 3, 3), c(1, 2, 1, 2)),
  "no competing event" = list(c(1, 2, 3, 4, 5, 6), c(1, 0, 1, 1, 0, 1)),
  "half exactly" = list(c(1, 2, 3, 4), c(1, 1, 0, 2)),
  "only the competing event" = list(c(1, 2, 3), c(2, 2, 0)),
  "everyone has the event" = list(c(3, 1, 2, 2), c(1, 1, 1, 1))
)

first_at <- function(time, values) {
  reached <- which(values >= 0.5 - sqrt(.Machine$double.eps))
  if (length(reached)) time[reached[1]] else NA
}

cases <- lapply(names(data_sets), function(name) {
  time <- as.numeric(data_sets[[name]][[1]])
  event <- as.integer(data_sets[[name]][[2]])
  status <- factor(event, 0:max(2, event))
  fits <- lapply(c("log-log" = "log-log", log = "log", plain = "plain"), function(type)
    survfit(Surv(time, status) ~ 1, conf.type = type))
  fit <- fits[["log-log"]]
  size <- length(fit$time)
  rows <- if (size <= 120) seq_len(size) else unique(c(seq(1, size, by = 8), size))
  product <- if (any(event > 1)) prodlim(Hist(time, event) ~ 1)
  gray <- timepoints(cuminc(time, event), fit$time[rows])
  by_cause <- lapply(as.character(sort(setdiff(unique(event), 0))), function(cause) {
    column <- match(cause, fit$states)
    list(
      cause = as.integer(cause), events = array_of(fit$n.event[rows, column]),
      incidence = array_of(fit$pstate[rows, column]), std_error = array_of(fit$std.err[rows, column]),
      limits = lapply(fits, function(f)
        list(low = array_of(f$lower[rows, column]), high = array_of(f$upper[rows, column]))),
      median = array_of(c(first_at(fit$time, fit$pstate[, column]), first_at(fit$time, fit$upper[, column]),
                          first_at(fit$time, fit$lower[, column]))),
      prodlim_incidence = array_of(if (cause %in% names(product$cuminc)) product$cuminc[[cause]][rows]),
      prodlim_std_error = array_of(if (cause %in% names(product$cuminc)) product$se.cuminc[[cause]][rows]),
      cmprsk_incidence = array_of(gray$est[paste(1, cause), ]),
      cmprsk_std_error = array_of(sqrt(gray$var[paste(1, cause), ]))
    )
  })
  list(name = name, time = array_of(time), event = array_of(event), distinct = size, rows = array_of(rows - 1L),
       curve_time = array_of(fit$time[rows]), at_risk = array_of(fit$n.risk[rows, 1]),
       event_free = array_of(fit$pstate[rows, 1]), causes = by_cause)
})

write_oracle("competing_risks", cases, c("survival", "prodlim", "cmprsk"))
