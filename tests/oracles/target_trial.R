# Clone, censor, weight, step by step in long form: glm for the weights, survfit with weights for the curves.
suppressMessages(library(survival))
source("tests/oracles/lib/oracle.R")

# Hours from eligibility; the grace period has `grace` days. `every` is how many hours lie between assessments.
made <- function(seed, n, grace, follow_up, every) {
  set.seed(seed)
  severity <- matrix(sample(0:3, n * grace, TRUE), n)
  age <- round(rnorm(n, 60, 10))
  end <- every * ceiling(rexp(n, 0.15) * 24 / every)
  over <- end > 24 * follow_up
  event <- ifelse(over, 0, sample(0:2, n, TRUE, c(2, 6, 1)))
  end <- ifelse(over, 24 * follow_up + 1, end)
  treated <- apply(severity, 1, function(row) {
    on <- which(runif(grace) < plogis(-1.5 + 0.8 * row))
    day <- if (length(on)) on[1] - 1 else if (runif(1) < 0.3) grace + rgeom(1, 0.5) else NA
    if (every == 24) 24 * day else 24 * day + sample(0:23, 1)
  })
  list(severity = severity, age = age, end = end, event = event, treated = treated, grace = grace,
       follow_up = follow_up)
}

# One row a day of the grace period on which an untreated patient was there, weighted by the part of it.
untreated_days <- function(d) {
  rows <- expand.grid(k = 0:(d$grace - 1), i = seq_along(d$end))
  treated <- ifelse(is.na(d$treated), Inf, d$treated)[rows$i]
  end <- d$end[rows$i]
  rows$begun <- as.integer(treated >= 24 * rows$k & treated < 24 * rows$k + 24 & treated < end)
  rows$part <- ifelse(rows$begun == 1, 1, pmin(pmax(end - 24 * rows$k, 0), 24) / 24)
  rows$severity <- d$severity[cbind(rows$i, rows$k + 1)]
  rows$age <- d$age[rows$i]
  rows[treated >= 24 * rows$k & rows$part > 0, ]
}

# Weight of every clone at an hour, walking through the days before it.
weight_at <- function(p, hour, strategy, d) {
  weight <- rep(1, length(d$end))
  for (k in 0:(d$grace - 1)) {
    if (strategy == "none" && hour > 24 * k) weight <- weight * (1 - p[, k + 1])^(-min(1, (hour - 24 * k) / 24))
    if (strategy == "treat" && k == d$grace - 1 && hour >= 24 * d$grace) {
      on <- !is.na(d$treated) & d$treated >= 24 * k & d$treated < 24 * k + 24
      weight <- ifelse(on, weight / p[, k + 1], weight)
    }
  }
  weight
}

case <- function(name, d) {
  rows <- untreated_days(d)
  time <- c("1", "k", "I(k^2)")[seq_len(min(d$grace, 3))]
  fit <- suppressWarnings(glm(reformulate(c(time, "severity", "age"), "begun"), binomial, rows, weights = part,
                              control = glm.control(epsilon = 1e-14, maxit = 100)))
  p <- matrix(0, length(d$end), d$grace)
  p[cbind(rows$i, rows$k + 1)] <- fitted(fit)
  treated <- ifelse(is.na(d$treated), Inf, d$treated)
  last <- ifelse(d$event > 0, d$end, d$end - 1)
  cut <- 2
  arms <- lapply(c(treat = "treat", none = "none"), function(strategy) {
    left <- if (strategy == "none") treated < 24 * d$grace & treated < d$end
            else last >= 24 * d$grace & treated >= 24 * d$grace
    until <- ifelse(left, if (strategy == "none") treated else 24 * d$grace - 1, last)
    event <- ifelse(left, 0, d$event)
    hours <- sort(unique(c(24 * (0:d$follow_up), until[event > 0])))
    # a row is a subject of its own, at risk for one hour: survfit takes one weight for each subject
    long <- do.call(rbind, lapply(hours, function(hour) {
      there <- which(until >= hour)
      if (length(there))
        data.frame(start = hour, stop = hour + 1, weight = weight_at(p, hour, strategy, d)[there],
                   event = ifelse(until[there] == hour, event[there], 0))
    }))
    long$state <- factor(long$event, 0:2)
    long$row <- seq_len(nrow(long))
    curve <- function(weights) {
      long$w <- weights
      s <- summary(survfit(Surv(start, stop, state) ~ 1, data = long, id = row, weights = w),
                   times = 24 * (0:d$follow_up) + 1, extend = TRUE)
      list(outcome = array_of(s$pstate[, 2]), competing = array_of(s$pstate[, 3]))
    }
    c(curve(long$weight), list(plain = curve(rep(1, nrow(long))), truncated = curve(pmin(long$weight, cut)),
                               left = sum(left), total = sum(long$weight[long$start %% 24 == 0])))
  })
  list(name = name, severity = apply(d$severity, 1, array_of, simplify = FALSE), age = array_of(d$age),
       end = array_of(d$end), event = array_of(d$event), treated = array_of(d$treated), grace = d$grace,
       follow_up = d$follow_up, days = nrow(rows), probability = array_of(fitted(fit)), cut = cut, arms = arms)
}

cases <- list(
  case("daily records, three days", made(1, 120, 3, 10, 24)),
  case("hourly records, three days", made(2, 150, 3, 8, 1)),
  case("daily records, the day of eligibility alone", made(3, 80, 1, 6, 24)),
  case("hourly records, two days", made(4, 60, 2, 12, 6)),
  case("hourly records, five days", made(5, 250, 5, 9, 1))
)
write_oracle("target_trial", cases, "survival")
