# The log-rank test between groups, from R's survival (chi-square) and coin (exact), and by trying every arrangement.
suppressMessages({
  library(survival)
  library(coin)
})
source("tests/oracles/lib/oracle.R")

set.seed(11)
data_sets <- list(
  ovarian = with(ovarian, list(futime, fustat, rx)),
  leukemia = with(leukemia, list(time, status, as.integer(x))),
  veteran = with(veteran, list(time, status, as.integer(celltype))),
  lung = with(subset(lung, !is.na(ph.ecog)), list(time, status == 2, ph.ecog)),
  colon = with(subset(colon, etype == 2), list(time, status, as.integer(rx))),
  "kidney, heavily tied" = with(kidney, list(ceiling(time / 60), status, sex)),
  "six patients" = list(1:6, c(1, 1, 1, 1, 0, 0), c(1, 1, 1, 0, 0, 0)),
  "thirteen patients" = list(c(30, 61, 95, 120, 150, 150, 182, 200, 240, 300, 365, 400, 420),
                             c(1, 1, 0, 1, 1, 0, 1, 1, 0, 1, 0, 0, 0), c(1, 1, 1, 2, 1, 2, 1, 2, 2, 2, 2, 1, 2)),
  "thirteen patients, tied to months" = list(ceiling(c(30, 61, 95, 120, 150, 150, 182, 200, 240, 300, 365, 400, 420) / 60),
                             c(1, 1, 0, 1, 1, 0, 1, 1, 0, 1, 0, 0, 0), c(1, 1, 1, 2, 1, 2, 1, 2, 2, 2, 2, 1, 2)),
  "three small groups" = list(c(1, 2, 2, 3, 4, 5, 6, 7, 8), c(1, 1, 0, 1, 1, 0, 1, 1, 0), c(1, 1, 1, 2, 2, 2, 3, 3, 3)),
  "one patient against five" = list(c(3, 1, 2, 4, 5, 6), c(1, 1, 0, 1, 1, 0), c(1, 2, 2, 2, 2, 2)),
  "identical groups" = list(c(1, 2, 3, 1, 2, 3), c(1, 0, 1, 1, 0, 1), c(1, 1, 1, 2, 2, 2)),
  "all events at one time" = list(c(2, 2, 2, 5, 5, 6), c(1, 1, 1, 0, 0, 0), c(1, 1, 2, 2, 2, 1)),
  "no event in one group" = list(c(1, 2, 3, 4, 5, 6), c(1, 1, 1, 0, 0, 0), c(1, 1, 1, 2, 2, 2)),
  "events at time zero" = list(c(0, 0, 2, 3, 5, 5), c(1, 1, 0, 1, 1, 0), c(1, 2, 1, 2, 1, 2)),
  "a third group gone before the first event" = list(c(1, 1, 2, 3, 4, 5, 6), c(0, 0, 1, 1, 1, 0, 1), c(3, 3, 1, 2, 1, 2, 2)),
  "thirty patients" = list(round(rexp(30), 3), rbinom(30, 1, 0.7), rep(1:2, c(12, 18))),
  "forty patients, tied" = list(ceiling(rexp(40) * 6), rbinom(40, 1, 0.7), rep(1:2, 20)),
  "sixty patients" = list(round(rexp(60), 3), rbinom(60, 1, 0.7), rep(1:2, c(25, 35)))
)

# The share of all arrangements of the group's labels with as large a sum of squares over sizes.
every_arrangement <- function(score, group) {
  sizes <- tabulate(group)
  spread <- function(g) sum(tapply(score, factor(g, seq_along(sizes)), sum, default = 0)^2 / sizes)
  observed <- spread(group) * (1 - 1e-9)
  count <- c(0, 0)
  visit <- function(free, rest, labels) {
    if (length(rest) == 0) {
      count <<- count + c(spread(labels) >= observed, 1)
    } else {
      for (chosen in combn(length(free), sizes[rest[1]], simplify = FALSE)) {
        next_labels <- labels
        next_labels[free[chosen]] <- rest[1]
        visit(free[-chosen], rest[-1], next_labels)
      }
    }
  }
  visit(seq_along(group), seq_along(sizes), rep(0, length(group)))
  count
}

cases <- lapply(names(data_sets), function(name) {
  time <- as.numeric(data_sets[[name]][[1]])
  event <- as.integer(data_sets[[name]][[2]])
  group <- as.integer(data_sets[[name]][[3]])
  fit <- survdiff(Surv(time, event) ~ group)
  present <- sum(fit$exp > 0)
  base <- survfit(Surv(time, event) ~ 1)
  score <- event - cumsum(base$n.event / base$n.risk)[match(time, base$time)]
  two <- length(unique(group)) == 2
  small <- lfactorial(length(group)) - sum(lfactorial(tabulate(group))) <= log(5000)
  labels <- match(group, sort(unique(group)))
  exact <- if (two && length(group) <= 40) logrank_test(
    Surv(time, event) ~ factor(group), distribution = exact(algorithm = "split-up"), ties.method = "mid-ranks")
  list(
    name = name, time = array_of(time), event = array_of(event), group = array_of(group),
    observed = array_of(fit$obs), expected = array_of(fit$exp), covariance = array_of(fit$var),
    statistic = fit$chisq, p_value = pchisq(fit$chisq, present - 1, lower.tail = FALSE),
    score = array_of(score),
    coin_p = if (is.null(exact)) NA else as.numeric(pvalue(exact)),
    counted = if (small) array_of(every_arrangement(score, labels)) else array_of(NULL)
  )
})

write_oracle("log_rank", cases, c("survival", "coin"))
