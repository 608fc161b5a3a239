# Summary of numeric variables, from R's base and stats.
source("tests/oracles/lib/oracle.R")

variables <- list(
  "airquality ozone" = airquality$Ozone,
  "lung weight loss" = survival::lung$wt.loss,
  "ovarian age" = survival::ovarian$age,
  "sleep" = sleep$extra,
  "one value" = 7,
  "two values" = c(3, 1),
  "three values" = c(3, 1, 2),
  "four values" = c(4, 1, 3, 2),
  "five values" = c(5, 1, 4, 2, 3),
  "eight values with ties" = c(1, 1, 2, 2, 2, 5, 5, 9),
  "thirteen values and a missing one" = c(11, 65, 39, 39, 20, 33, NA, 41, 52, 60, 12, 38, 44, 29),
  "a large mean and a small spread" = 1e8 + c(0.25, 0.5, 0.75, 1)
)

cases <- lapply(names(variables), function(name) {
  x <- variables[[name]]
  known <- x[!is.na(x)]
  quartiles <- quantile(known, c(0.25, 0.5, 0.75), type = 2, names = FALSE)
  list(name = name, values = array_of(x), n = length(known), missing = sum(is.na(x)),
       q1 = quartiles[1], median = median(known), q3 = quartiles[3],
       mean = mean(known), sd = sd(known), minimum = min(known), maximum = max(known))
})

write_oracle("description", cases, c("stats", "survival"))
