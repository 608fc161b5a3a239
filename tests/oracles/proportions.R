# Exact and Wilson intervals of a proportion, from R's binom.test and prop.test.
source("tests/oracles/lib/oracle.R")

counts <- rbind(
  do.call(rbind, lapply(1:14, function(n) cbind(0:n, n))),
  c(12, 13), c(0, 100), c(100, 100), c(7, 80), c(50, 1000), c(1, 1e6), c(999999, 1e6), c(123456, 1e6)
)

cases <- lapply(c(0.95, 0.9, 0.99), function(level) {
  intervals <- apply(counts, 1, function(row) {
    exact <- binom.test(row[1], row[2], conf.level = level)$conf.int
    score <- suppressWarnings(prop.test(row[1], row[2], conf.level = level, correct = FALSE))$conf.int
    c(exact, score)
  })
  list(name = paste("level", level), level = level,
       events = array_of(as.integer(counts[, 1])), n = array_of(as.integer(counts[, 2])),
       exact_low = array_of(intervals[1, ]), exact_high = array_of(intervals[2, ]),
       wilson_low = array_of(intervals[3, ]), wilson_high = array_of(intervals[4, ]))
})

write_oracle("proportions", cases, "stats")
