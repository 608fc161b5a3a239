# Risk difference, risk ratio and Fisher's exact test. Newcombe's interval from Epi, Fisher's test from stats; the score
# intervals, which no package of Debian has, by brute force: the likeliest risks under a supposed effect are the root of
# the likelihood's derivative, and the limits the roots of the score statistic, each found by uniroot.
suppressMessages(library(Epi))
source("tests/oracles/lib/oracle.R")

# The first eight are the contrasts (a) to (h) of table II in Newcombe 1998, doi:10.1002/(SICI)1097-0258(19980430)17:8.
tables <- rbind(
  c(56, 70, 48, 80), c(9, 10, 3, 10), c(6, 7, 2, 7), c(5, 56, 0, 29), c(0, 10, 0, 20), c(0, 10, 0, 10),
  c(10, 10, 0, 20), c(10, 10, 0, 10),
  c(0, 20, 10, 10), c(7, 34, 1, 34), c(1, 1, 0, 1), c(0, 1, 1, 1), c(1, 1, 1, 1), c(0, 1, 0, 1), c(0, 1, 3, 12),
  c(12, 13, 40, 80), c(13, 13, 40, 80), c(12, 13, 80, 80), c(10, 10, 20, 20), c(0, 13, 30, 67), c(2, 13, 3, 5),
  c(150, 1000, 90, 700), c(3, 100000, 9, 50000), c(600000, 1000000, 599000, 1000000)
)

TINY <- 1e-300
root <- function(f, low, high) uniroot(f, c(low, high), tol = 1e-15, maxiter = 5000)$root

# The likeliest risk of the reference where the other is other(p): the derivative of the likelihood falls with p.
likeliest <- function(x1, n1, x2, n2, other, slope, low, high) {
  derivative <- function(p) {
    q <- other(p)
    slope * ((if (x1 > 0) x1 / q else 0) - (if (x1 < n1) (n1 - x1) / (1 - q) else 0)) +
      (if (x2 > 0) x2 / p else 0) - (if (x2 < n2) (n2 - x2) / (1 - p) else 0)
  }
  edge <- (high - low) * 1e-14
  if (!(derivative(low + edge) > 0)) return(low)
  if (!(derivative(high - edge) < 0)) return(high)
  root(derivative, low + edge, high - edge)
}

variance <- function(p1, n1, p2, n2, ratio) {
  (p1 * (1 - p1) / n1 + ratio^2 * p2 * (1 - p2) / n2) * (n1 + n2) / (n1 + n2 - 1)
}

score_difference <- function(x1, n1, x2, n2, d) {
  p <- likeliest(x1, n1, x2, n2, function(p) p + d, 1, max(0, -d), min(1, 1 - d))
  (x1 / n1 - x2 / n2 - d) / sqrt(max(variance(p + d, n1, p, n2, 1), TINY))
}

score_ratio <- function(x1, n1, x2, n2, theta) {
  p <- likeliest(x1, n1, x2, n2, function(p) theta * p, theta, 0, min(1, 1 / theta))
  (x1 / n1 - theta * x2 / n2) / sqrt(max(variance(theta * p, n1, p, n2, theta), TINY))
}

z <- qnorm(0.975)
difference_limits <- function(x1, n1, x2, n2) {
  d <- x1 / n1 - x2 / n2
  score <- function(v) pmax(-1e6, pmin(1e6, score_difference(x1, n1, x2, n2, v)))
  c(if (d == -1) -1 else root(function(v) score(v) - z, -1 + 1e-13, d),
    if (d == 1) 1 else root(function(v) score(v) + z, d, 1 - 1e-13))
}

ratio_limits <- function(x1, n1, x2, n2) {
  if (x1 == 0 && x2 == 0) return(c(NA, NA))
  middle <- if (x2 == 0) 20 else if (x1 == 0) -20 else log(x1 / n1) - log(x2 / n2)
  score <- function(v) pmax(-1e6, pmin(1e6, score_ratio(x1, n1, x2, n2, exp(v))))
  c(if (x1 == 0) 0 else exp(root(function(v) score(v) - z, -20, middle)),
    if (x2 == 0) NA else exp(root(function(v) score(v) + z, middle, 20)))
}

cases <- lapply(seq_len(nrow(tables)), function(i) {
  x1 <- tables[i, 1]; n1 <- tables[i, 2]; x2 <- tables[i, 3]; n2 <- tables[i, 4]
  hybrid <- ci.pd(x1, x2, n1 - x1, n2 - x2, print = FALSE)
  difference <- difference_limits(x1, n1, x2, n2)
  ratio <- ratio_limits(x1, n1, x2, n2)
  table <- matrix(c(x1, n1 - x1, x2, n2 - x2), 2)
  list(name = sprintf("%d of %d and %d of %d", x1, n1, x2, n2),
       events = x1, n = n1, reference_events = x2, reference_n = n2,
       newcombe_low = hybrid[1, 6], newcombe_high = hybrid[1, 7],
       difference_low = difference[1], difference_high = difference[2],
       ratio_low = ratio[1], ratio_high = ratio[2], fisher_p = fisher.test(table)$p.value)
})

write_oracle("two_proportions", cases, c("stats", "Epi"))
