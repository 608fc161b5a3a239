# Single-arm designs by trying every one with dbinom and pbinom: the smallest of one stage, and Simon's two.
source("tests/oracles/lib/oracle.R")

success <- function(n1, r1, n, r, p) {
  x <- (r1 + 1):n1
  sum(dbinom(x, n1, p) * pbinom(r - x, n - n1, p, lower.tail = FALSE))
}

single <- function(p0, p1, alpha, power) {
  n <- 0
  repeat {
    n <- n + 1
    r <- qbinom(alpha, n, p0, lower.tail = FALSE)
    if (r < n && pbinom(r, n, p1, lower.tail = FALSE) >= power) {
      return(list(n = n, successes = r + 1, alpha = pbinom(r, n, p0, lower.tail = FALSE),
                  power = pbinom(r, n, p1, lower.tail = FALSE)))
    }
  }
}

every <- function(p0, p1, alpha, power, most) {
  found <- NULL
  for (n in 2:most) for (n1 in 1:(n - 1)) for (r1 in 0:(n1 - 1)) {
    if (pbinom(r1, n1, p1) > 1 - power) break
    for (r in r1:(n - 1)) if (success(n1, r1, n, r, p0) <= alpha) {
      if (success(n1, r1, n, r, p1) >= power) {
        stop_early <- pbinom(r1, n1, p0)
        found <- rbind(found, c(n1, r1, n, r, stop_early, n1 + (1 - stop_early) * (n - n1)))
      }
      break
    }
  }
  found
}

as_design <- function(row) list(first_n = row[1], first_stop = row[2], n = row[3], successes = row[4] + 1,
                                early_stop = row[5], expected_n = row[6])

plans <- list(c(0.05, 0.25, 0.05, 0.8), c(0.1, 0.4, 0.05, 0.9), c(0.4, 0.7, 0.05, 0.8), c(0.3, 0.6, 0.1, 0.8),
              c(0.7, 0.95, 0.025, 0.8), c(0.02, 0.3, 0.05, 0.9))

cases <- lapply(plans, function(plan) {
  p0 <- plan[1]; p1 <- plan[2]; alpha <- plan[3]; power <- plan[4]
  designs <- every(p0, p1, alpha, power, 34)
  least <- designs[designs[, 3] == min(designs[, 3]), , drop = FALSE]
  list(name = sprintf("%g against %g, alpha %g, power %g", p1, p0, alpha, power),
       null_rate = p0, target_rate = p1, alpha = alpha, power = power,
       single = single(p0, p1, alpha, power),
       optimal = as_design(designs[which.min(designs[, 6]), ]), minimax = as_design(least[which.min(least[, 6]), ]))
})

large <- lapply(list(c(0.3, 0.35)), function(rates) {
  list(name = sprintf("%g against %g", rates[2], rates[1]), null_rate = rates[1], target_rate = rates[2],
       alpha = 0.025, power = 0.9, single = single(rates[1], rates[2], 0.025, 0.9))
})

write_oracle("designs", c(cases, large), "stats")
