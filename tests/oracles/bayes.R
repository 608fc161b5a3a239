# Beta posteriors of one proportion, from R's qbeta, pbeta and dbeta; the shortest interval by uniroot.
source("tests/oracles/lib/oracle.R")

counts <- rbind(c(12, 13), c(0, 13), c(13, 13), c(1, 1), c(0, 1), c(7, 80), c(40, 80), c(599, 1000), c(3, 100000))
priors <- list(uniform = c(1, 1), Jeffreys = c(0.5, 0.5), "natural rate of 40% worth ten patients" = c(4, 6))

shortest <- function(a, b, level) {
  if (a <= 1 && b >= 1) return(qbeta(c(0, level), a, b))
  if (b <= 1 && a >= 1) return(qbeta(c(1 - level, 1), a, b))
  unequal <- function(tail) {
    ends <- qbeta(c(tail, tail + level), a, b)
    -diff(dbeta(ends, a, b, log = TRUE))
  }
  tail <- uniroot(unequal, c(1e-12, 1 - level - 1e-12), tol = 1e-16)$root
  qbeta(c(tail, tail + level), a, b)
}

cases <- unlist(lapply(names(priors), function(name) lapply(seq_len(nrow(counts)), function(i) {
  events <- counts[i, 1]; n <- counts[i, 2]; prior <- priors[[name]]
  a <- prior[1] + events; b <- prior[2] + n - events
  rates <- c(0.0001, 0.1, 0.4, 0.6, 0.7, 0.95)
  list(name = sprintf("%d of %d, %s", events, n, name), events = events, n = n, a = prior[1], b = prior[2],
       mean = a / (a + b), tailed = array_of(qbeta(c(0.025, 0.975), a, b)),
       shortest = array_of(shortest(a, b, 0.95)), shortest_80 = array_of(shortest(a, b, 0.8)),
       rates = array_of(rates), above = array_of(pbeta(rates, a, b, lower.tail = FALSE)),
       density = array_of(dbeta(rates, a, b)))
})), recursive = FALSE)

write_oracle("bayes", cases, "stats")
