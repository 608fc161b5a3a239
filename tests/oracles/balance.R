# Standardised differences from stats: weighted means and covariances by cov.wt, distances by mahalanobis.
source("tests/oracles/lib/oracle.R")

set.seed(5)
lung <- na.omit(survival::lung[, c("age", "wt.loss", "sex", "ph.ecog", "inst")])
lung$weight <- round(rexp(nrow(lung)), 3)
lung$weight[3:6] <- 0
colon <- subset(survival::colon, etype == 1 & rx != "Lev")
colon <- colon[!is.na(colon$differ) & !is.na(colon$nodes), ]
colon$weight <- round(runif(nrow(colon), 0.2, 4), 3)

numeric <- function(x, y, w, v) {
  one <- cov.wt(cbind(x), w / sum(w)); other <- cov.wt(cbind(y), v / sum(v))
  unname((one$center - other$center) / sqrt((one$cov[1, 1] + other$cov[1, 1]) / 2))
}
categorical <- function(x, y, w, v) {
  levels <- sort(unique(c(x, y)))[-1]
  indicators <- function(z) sapply(levels, function(level) as.numeric(z == level))
  one <- cov.wt(indicators(x), w / sum(w), method = "ML"); other <- cov.wt(indicators(y), v / sum(v), method = "ML")
  sqrt(mahalanobis(one$center, other$center, (one$cov + other$cov) / 2))
}

variables <- list(
  list("age of lung", "numeric", lung$age, lung$sex == 2, lung$weight),
  list("weight loss of lung", "numeric", lung$wt.loss, lung$sex == 2, lung$weight),
  list("activity of lung", "categorical", lung$ph.ecog, lung$sex == 2, lung$weight),
  list("institution of lung", "categorical", lung$inst, lung$ph.ecog > 0, lung$weight),
  list("nodes of colon", "numeric", colon$nodes, colon$rx == "Obs", colon$weight),
  list("obstruction of colon", "binary", colon$obstruct, colon$rx == "Obs", colon$weight),
  list("differentiation of colon", "categorical", colon$differ, colon$rx == "Obs", colon$weight),
  list("two and two", "numeric", c(1, 2, 2, 7), c(TRUE, TRUE, FALSE, FALSE), c(1, 3, 2, 5)),
  list("one category of a group", "categorical", c(1, 1, 1, 1, 2, 3), rep(c(TRUE, FALSE), each = 3), c(1, 3, 2, 5, 1, 1)),
  list("nobody in the group", "binary", c(0, 0, 0, 1, 0, 0), rep(c(TRUE, FALSE), each = 3), c(1, 3, 2, 5, 1, 1))
)

cases <- lapply(variables, function(v) {
  kind <- v[[2]]; x <- v[[3]][v[[4]]]; y <- v[[3]][!v[[4]]]; w <- v[[5]][v[[4]]]; u <- v[[5]][!v[[4]]]
  distance <- function(w, u) {
    kept <- list(x[w > 0], y[u > 0], w[w > 0], u[u > 0])
    if (kind == "numeric") return(do.call(numeric, kept))
    size <- do.call(categorical, kept)
    if (kind == "binary") size * sign(weighted.mean(x, w) - weighted.mean(y, u)) else size
  }
  list(name = v[[1]], kind = kind, group = array_of(x), reference = array_of(y),
       weights = array_of(w), reference_weights = array_of(u),
       plain = unname(distance(rep(1, length(x)), rep(1, length(y)))), weighted = unname(distance(w, u)))
})

write_oracle("balance", cases, c("stats", "survival"))
