# Wilcoxon's signed ranks, Hodges-Lehmann and the sign test, from R's stats, exactRankTests and coin.
suppressMessages({
  library(exactRankTests)
  library(coin)
})
source("tests/oracles/lib/oracle.R")

# Differences are rounded to the decimals of their data: 1.1 - 1.0 and 0.2 - 0.1 are then tied in R too.
set.seed(7)
data_sets <- list(
  sleep = round(with(sleep, extra[group == 2] - extra[group == 1]), 1),
  "depression (help page of wilcox.test)" = round(
    c(0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29) -
      c(1.83, 0.50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30), 3),
  "anorexia, family treatment" = round(with(subset(MASS::anorexia, Treat == "FT"), Postwt - Prewt), 1),
  immer = round(with(MASS::immer, Y2 - Y1), 1),
  shoes = round(with(MASS::shoes, B - A), 1),
  "one pair" = -2,
  "two pairs" = c(-1, 3),
  "five falls" = c(-1, -2, -3, -4, -5),
  "six falls" = c(-1, -2, -3, -4, -5, -6),
  "six equal falls" = rep(-2, 6),
  "zeros among them" = c(0, 0, -1, -4, 2, -3, -6, -5, 0, 7),
  "one change among zeros" = c(0, 0, 0, -1),
  "heavy ties" = c(1, 1, 1, -1, 2, 2, -2, 2, 3, -3, 3, 3),
  "balanced" = c(-2, -1, 1, 2),
  "fifty pairs" = round(rnorm(50, 0.3), 3),
  "fifty tied pairs" = sample(c(-3:-1, 1:5), 50, TRUE),
  "sixty pairs" = round(rnorm(60, 0.3), 4),
  "sixty tied pairs and zeros" = sample(-3:5, 60, TRUE),
  "two hundred pairs" = round(rnorm(200, -0.1), 4)
)

cases <- lapply(names(data_sets), function(name) {
  d <- data_sets[[name]]
  changed <- d[d != 0]
  n <- length(d)
  exact <- length(changed) <= 50
  simple <- !anyDuplicated(abs(d)) && all(d != 0)
  base <- suppressWarnings(wilcox.test(d, exact = FALSE, correct = TRUE))
  averages <- outer(d, d, "+") / 2
  averages <- sort(averages[!lower.tri(averages)])
  beyond <- qsignrank(0.025, n)
  shift <- if (simple) suppressWarnings(
    wilcox.test(d, exact = n <= 50, conf.int = TRUE, tol.root = 1e-13))
  k <- qbinom(0.025, n, 0.5)
  list(
    name = name, differences = array_of(d), changed = length(changed),
    statistic = unname(base$statistic), normal_p = base$p.value,
    exact_p = if (exact) wilcox.exact(changed, exact = TRUE)$p.value else NA,
    coin_p = if (exact) pvalue(wilcoxsign_test(changed ~ rep(0, length(changed)), distribution = "exact",
                                               zero.method = "Wilcoxon"))[1] else NA,
    estimate = median(averages),
    beyond = if (n <= 50) beyond else NA,
    averages_low = if (n <= 50 && beyond > 0) averages[beyond] else NA,
    averages_high = if (n <= 50 && beyond > 0) averages[length(averages) + 1 - beyond] else NA,
    achieved = if (n <= 50 && beyond > 0) 1 - 2 * psignrank(beyond - 1, n) else NA,
    base_estimate = if (simple) unname(shift$estimate) else NA,
    base_low = if (simple && n >= 6) shift$conf.int[1] else NA,
    base_high = if (simple && n >= 6) shift$conf.int[2] else NA,
    rose = sum(d > 0), fell = sum(d < 0),
    sign_p = binom.test(sum(d > 0), length(changed))$p.value,
    median = median(d),
    median_low = if (k > 0) sort(d)[k] else NA,
    median_high = if (k > 0) sort(d)[n + 1 - k] else NA,
    median_achieved = if (k > 0) 1 - 2 * pbinom(k - 1, n, 0.5) else NA
  )
})

write_oracle("paired", cases, c("stats", "exactRankTests", "coin", "MASS"))
