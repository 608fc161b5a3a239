# Clone, censor, weight, step by step in long form: glm for the weights, survfit with weights for the curves.
suppressMessages(library(survival))
source("tests/oracles/lib/oracle.R")

# A day k has two moments: 2k for the assessment, 2k + 1 for what follows the decision to treat.
made <- function(seed, n, grace, follow_up, ties) {
  set.seed(seed)
  severity <- matrix(sample(0:3, n * (grace + 1), TRUE), n)
  age <- round(rnorm(n, 60, 10))
  end <- pmin(follow_up, rgeom(n, 0.2))
  event <- ifelse(end < follow_up, sample(0:2, n, TRUE, c(2, 6, 1)), 0)
  treated <- apply(severity, 1, function(row) {
    on <- which(runif(grace + 1) < plogis(-2 + 0.8 * row))
    if (length(on)) on[1] - 1 else if (runif(1) < 0.3) grace + 1 + rgeom(1, 0.5) else NA
  })
  # treated on the day of the event: half of them before it
  first <- ties & runif(n) < 0.5
  list(severity = severity, age = age, end = end, event = event, treated = treated, first = first, grace = grace,
       follow_up = follow_up)
}

decisions <- function(d) {
  rows <- do.call(rbind, lapply(seq_along(d$end), function(i) do.call(rbind, lapply(0:d$grace, function(k) {
    untreated <- is.na(d$treated[i]) || d$treated[i] >= k
    outlived <- d$event[i] == 0 || (!is.na(d$treated[i]) && d$treated[i] == k && d$first[i])
    there <- d$end[i] > k || (d$end[i] == k && outlived)
    if (there && untreated)
      data.frame(i = i, k = k, severity = d$severity[i, k + 1], age = d$age[i],
                 begun = as.integer(!is.na(d$treated[i]) && d$treated[i] == k))
  }))))
  rows
}

# Share of the clones of a strategy that each day's decision leaves.
shares <- function(d, rows, strategy) {
  vapply(0:d$grace, function(k) {
    if (strategy == "none") return(1 - mean(rows$begun[rows$k == k]))
    if (k < d$grace) return(1)
    on_the_day <- !is.na(d$treated) & d$treated == k & d$first
    present <- d$end > k | (d$end == k & (d$event == 0 | on_the_day))
    sum(present & !is.na(d$treated) & d$treated <= k) / sum(present)
  }, 0)
}

moments <- function(d, rows, strategy) {
  share <- cumprod(shares(d, rows, strategy))
  p <- function(i, k) rows$p[rows$i == i & rows$k == k]
  do.call(rbind, lapply(seq_along(d$end), function(i) {
    day <- d$treated[i]
    after <- d$event[i] == 0 || (!is.na(day) && day == d$end[i] && d$first[i])
    last <- 2 * d$end[i] + after
    out <- NULL
    weight <- 1
    for (moment in 0:last) {
      k <- moment %/% 2
      decided <- moment %% 2 == 1 && k <= d$grace && any(rows$i == i & rows$k == k)
      if (decided) {
        begun <- rows$begun[rows$i == i & rows$k == k] == 1
        if (strategy == "none") {
          if (begun) break
          weight <- weight / (1 - p(i, k))
        } else if (k == d$grace) {
          if (!begun) break
          weight <- weight / p(i, k)
        }
      }
      stable <- weight * (if (moment == 0) 1 else share[min((moment - 1) %/% 2, d$grace) + 1])
      out <- rbind(out, data.frame(i = i, start = moment, stop = moment + 1, weight = weight, stable = stable,
                                   event = 0L))
    }
    if (out$start[nrow(out)] == last) out$event[nrow(out)] <- d$event[i]
    out
  }))
}

cut <- 1.5

case <- function(name, d) {
  rows <- decisions(d)
  time <- c("1", "k", "I(k^2)")[seq_len(min(d$grace, 2) + 1)]
  fit <- glm(reformulate(c(time, "severity", "age"), "begun"), binomial, rows,
             control = glm.control(epsilon = 1e-14, maxit = 100))
  rows$p <- fitted(fit)
  arms <- lapply(c(treat = "treat", none = "none"), function(strategy) {
    long <- moments(d, rows, strategy)
    long$state <- factor(long$event, 0:2)
    at <- 2 * (0:d$follow_up) + 2
    # a row is a subject of its own: survfit takes one weight for each subject
    long$row <- seq_len(nrow(long))
    curve <- function(weights) {
      long$w <- weights
      s <- summary(survfit(Surv(start, stop, state) ~ 1, data = long, id = row, weights = w), times = at, extend = TRUE)
      list(outcome = array_of(s$pstate[, 2]), competing = array_of(s$pstate[, 3]))
    }
    c(curve(long$weight), list(unweighted = curve(rep(1, nrow(long))), truncated = curve(pmin(long$stable, cut)),
                               rows = nrow(long), stable = sum(long$stable)))
  })
  list(name = name, severity = apply(d$severity, 1, array_of, simplify = FALSE), age = array_of(d$age),
       end = array_of(d$end), event = array_of(d$event), treated = array_of(d$treated), first = array_of(d$first),
       grace = d$grace, follow_up = d$follow_up, decisions = nrow(rows), probability = array_of(rows$p),
       log_likelihood = as.numeric(logLik(fit)), arms = arms)
}

cases <- list(
  case("grace period of two days", made(1, 120, 2, 10, FALSE)),
  case("treatment and event on one day", made(2, 150, 2, 8, TRUE)),
  case("decided on the day of eligibility", made(3, 80, 0, 6, TRUE)),
  case("grace period of one day", made(4, 60, 1, 12, TRUE)),
  case("grace period of four days", made(5, 300, 4, 9, TRUE))
)
write_oracle("target_trial", cases, "survival")
