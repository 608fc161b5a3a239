# Wilcoxon's rank-sum test and the Hodges-Lehmann shift, from R's stats, exactRankTests and coin.
suppressMessages({
  library(exactRankTests)
  library(coin)
})
source("tests/oracles/lib/oracle.R")

set.seed(11)
air <- na.omit(airquality[airquality$Month %in% c(5, 8), c("Ozone", "Month")])
rats <- MASS::genotype
data_sets <- list(
  "permeability (help page of wilcox.test)" = list(
    c(0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46), c(1.15, 0.88, 0.90, 0.74, 1.21)),
  "ozone in May and August" = list(air$Ozone[air$Month == 5], air$Ozone[air$Month == 8]),
  sleep = list(sleep$extra[sleep$group == 1], sleep$extra[sleep$group == 2]),
  "anorexia, family treatment and control" = with(MASS::anorexia, list(
    round((Postwt - Prewt)[Treat == "FT"], 1), round((Postwt - Prewt)[Treat == "Cont"], 1))),
  "rats of two litters" = list(rats$Wt[rats$Litter == "A"], rats$Wt[rats$Litter == "B"]),
  "one and one" = list(1, 2),
  "one of many" = list(5, c(1, 2, 3, 4, 6, 7, 8, 9, 10)),
  "three and three apart" = list(1:3, 4:6),
  "four and four apart" = list(1:4, 5:8),
  "heavy ties" = list(c(1, 1, 2, 3, 3, 9), c(1, 2, 2, 2, 3, 3, 3, 4, 4, 4, 9, 9)),
  "ties that lean to one side" = list(c(1, 1, 1, 5), c(1, 1, 1, 1, 1, 1, 1, 6, 6)),
  "grades" = list(c(0, 1, 1, 2, 2, 3, 4, 4, 4, 3, 2, 2, 1), c(0, 0, 0, 1, 1, 0, 2, 3, 1, 0, 0, 1, 1, 2, 0, 0)),
  "fifty and fifty" = list(round(rnorm(50, 0.4), 4), round(rnorm(50), 4)),
  "fifty and twenty, tied" = list(sample(0:12, 50, TRUE), sample(2:14, 20, TRUE)),
  "sixty and forty" = list(round(rnorm(60, 0.4), 4), round(rnorm(40), 4)),
  "sixty and seventy, tied" = list(sample(0:12, 60, TRUE), sample(1:13, 70, TRUE)),
  "two hundred and three hundred" = list(round(rexp(200), 5), round(rexp(300, 1.2), 5))
)

cases <- lapply(names(data_sets), function(name) {
  x <- data_sets[[name]][[1]]; y <- data_sets[[name]][[2]]
  n <- length(x); m <- length(y)
  exact <- max(n, m) <= 50
  simple <- !anyDuplicated(c(x, y))
  base <- suppressWarnings(wilcox.test(x, y, exact = FALSE, correct = TRUE))
  group <- factor(rep(c("x", "y"), c(n, m)))
  differences <- sort(outer(x, y, "-"))
  beyond <- if (exact) qwilcox(0.025, n, m) else NA
  reached <- exact && beyond > 0
  shift <- if (simple) suppressWarnings(wilcox.test(x, y, exact = exact, conf.int = TRUE, tol.root = 1e-13))
  list(
    name = name, group = array_of(x), reference = array_of(y),
    statistic = unname(base$statistic), normal_p = base$p.value,
    exact_p = if (exact) wilcox.exact(x, y, exact = TRUE)$p.value else NA,
    coin_p = if (exact) pvalue(wilcox_test(c(x, y) ~ group, distribution = "exact"))[1] else NA,
    estimate = median(differences),
    differences_low = if (reached) differences[beyond] else NA,
    differences_high = if (reached) differences[n * m + 1 - beyond] else NA,
    achieved = if (reached) 1 - 2 * pwilcox(beyond - 1, n, m) else NA,
    base_estimate = if (simple && exact) unname(shift$estimate) else NA,
    base_low = if (simple && (reached || !exact)) shift$conf.int[1] else NA,
    base_high = if (simple && (reached || !exact)) shift$conf.int[2] else NA
  )
})

write_oracle("rank_sum", cases, c("stats", "exactRankTests", "coin", "MASS"))
