# Cohen's kappa and its large-sample standard error. The error comes from the multinomial covariance of the cells and
# a numerical gradient of kappa (numDeriv), and so shares nothing with the closed formula it checks. Beside it stands
# what vcd gives, for a table with a row for every grade up to the highest.
source("tests/oracles/lib/oracle.R")

tables <- list(
  "skin condition (SAS PROC FREQ)" = list(grades = 0:3, counts = rbind(c(10, 4, 1, 0), c(5, 10, 12, 2),
                                                                      c(2, 4, 12, 5), c(0, 2, 6, 13))),
  "radiology (four categories)" = list(grades = 0:3, counts = rbind(c(21, 12, 0, 0), c(4, 17, 1, 0),
                                                                   c(3, 9, 15, 2), c(0, 0, 0, 1))),
  "two grades" = list(grades = 0:1, counts = rbind(c(20, 5), c(10, 15))),
  "a grade nobody gave" = list(grades = c(0, 1, 3, 4), counts = rbind(c(9, 2, 0, 0), c(1, 5, 1, 0),
                                                                      c(0, 1, 4, 1), c(0, 0, 2, 3))),
  "nearly complete" = list(grades = 0:1, counts = rbind(c(6, 0), c(1, 5))),
  "less than chance" = list(grades = 0:1, counts = rbind(c(1, 8), c(9, 2)))
)

kappa_of <- function(cells, weight) {
  shares <- matrix(cells, nrow(weight))
  expected <- sum(weight * outer(rowSums(shares), colSums(shares)))
  (sum(weight * shares) - expected) / (1 - expected)
}

cases <- lapply(names(tables), function(name) {
  counts <- tables[[name]]$counts
  grades <- tables[[name]]$grades
  distance <- abs(outer(grades, grades, "-"))
  cells <- as.vector(counts / sum(counts))
  covariance <- (diag(cells) - outer(cells, cells)) / sum(counts)
  scaled <- distance / max(distance)
  weights <- list(unweighted = 1 * (distance == 0), linear = 1 - scaled, quadratic = 1 - scaled^2)
  results <- lapply(weights, function(weight) {
    slope <- numDeriv::grad(kappa_of, cells, weight = weight)
    list(value = kappa_of(cells, weight), std_error = sqrt(drop(slope %*% covariance %*% slope)))
  })
  every <- matrix(0, max(grades) + 1, max(grades) + 1)
  every[grades + 1, grades + 1] <- counts
  by_vcd <- lapply(list(linear = "Equal-Spacing", quadratic = "Fleiss-Cohen"), function(weights) {
    found <- vcd::Kappa(every, weights = weights)$Weighted
    list(value = found[["value"]], std_error = found[["ASE"]])
  })
  pairs <- which(counts > 0, arr.ind = TRUE)
  repeats <- counts[counts > 0]
  c(list(name = name, one = array_of(rep(grades[pairs[, 1]], repeats)),
         other = array_of(rep(grades[pairs[, 2]], repeats)), agree = sum(diag(counts))), results, list(vcd = by_vcd))
})

write_oracle("agreement", cases, c("stats", "numDeriv", "vcd"))
