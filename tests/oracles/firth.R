# Cox models with Firth's penalty, by brute force: the log likelihood and information of R's survival at fixed
# coefficients, penalised, maximised and profiled numerically.
suppressMessages({
  library(survival)
  library(numDeriv)
})
source("tests/oracles/lib/oracle.R")

heart <- jasa1[1:60, ]
data_sets <- list(
  "two patients" = list(data = data.frame(time = 1:2, event = c(1, 0), x = c(1, 0)), x = "x"),
  "separated" = list(data = data.frame(time = 1:6, event = c(1, 1, 1, 0, 0, 0), x = c(1, 1, 1, 0, 0, 0)), x = "x"),
  "separated the other way, with ties" = list(
    data = data.frame(time = c(1, 1, 2, 3, 3, 4, 5), event = c(1, 1, 1, 0, 0, 0, 0), x = c(0, 0, 0, 1, 0, 1, 1)),
    x = "x"),
  "thirteen patients" = list(
    data = data.frame(time = c(30, 61, 95, 120, 150, 150, 182, 200, 240, 300, 365, 400, 420),
                      event = c(1, 1, 0, 1, 1, 0, 1, 1, 0, 1, 0, 0, 0),
                      severe = c(1, 1, 1, 0, 1, 0, 1, 0, 0, 0, 0, 1, 0),
                      age = c(34, 51, 28, 66, 45, 39, 71, 22, 58, 47, 63, 30, 55)), x = c("severe", "age")),
  "ovarian" = list(data = with(ovarian, data.frame(time = futime, event = fustat, age, treated = rx - 1)),
                   x = c("age", "treated")),
  "heart transplants, start and stop" = list(
    data = with(heart, data.frame(start, time = stop, event, transplant = as.numeric(transplant), age = round(age, 3))),
    x = c("transplant", "age")),
  "leukemia in months, heavily tied" = list(
    data = with(leukemia, data.frame(time = ceiling(time / 12), event = status, kept = as.numeric(x == "Maintained"))),
    x = "kept")
)

twin <- function(data, covariates, ties) {
  x <- as.matrix(data[, covariates, drop = FALSE])
  y <- if (is.null(data$start)) Surv(data$time, data$event) else Surv(data$start, data$time, data$event)
  spread <- apply(x, 2, sd)
  x <- scale(x, scale = spread)
  at <- function(beta) {
    fit <- suppressWarnings(coxph(y ~ x, ties = ties, init = beta, control = coxph.control(iter.max = 0)))
    c(fit$loglik[2] - as.numeric(determinant(vcov(fit))$modulus) / 2, vcov(fit))
  }
  penalised <- function(beta) at(beta)[1]
  climb <- function(value, beta) {
    if (length(beta) == 0) return(beta)
    for (step in 1:60) {
      slope <- grad(value, beta)
      move <- -solve(hessian(value, beta), slope)
      if (sum(move * slope) < 0) move <- slope / 10
      while (value(beta + move) < value(beta) - 1e-11) move <- move / 2
      beta <- beta + move
      if (max(abs(move)) < 1e-9) break
    }
    beta
  }
  p <- ncol(x)
  best <- climb(penalised, rep(0, p))
  top <- penalised(best)
  profile <- function(number, value) {
    full <- function(rest) append(rest, value, number - 1)
    penalised(full(climb(function(rest) penalised(full(rest)), best[-number])))
  }
  cut <- qchisq(0.95, 1) / 2
  limits <- sapply(seq_len(p), function(number) sapply(c(-1, 1), function(side) {
    drop <- function(width) top - profile(number, best[number] + side * width) - cut
    best[number] + side * uniroot(drop, c(0.2, 1), extendInt = "upX", tol = 1e-11)$root
  }))
  list(coefficients = array_of(best / spread), covariance = array_of(matrix(at(best)[-1], p) / outer(spread, spread)),
       low = array_of(limits[1, ] / spread), high = array_of(limits[2, ] / spread),
       likelihood_ratio = 2 * (top - penalised(rep(0, p))),
       tests = array_of(sapply(seq_len(p), function(number) 2 * (top - profile(number, 0)))))
}

cases <- lapply(names(data_sets), function(name) {
  data <- data_sets[[name]]$data
  covariates <- data_sets[[name]]$x
  list(name = name, time = array_of(as.numeric(data$time)), event = array_of(as.integer(data$event)),
       start = array_of(data$start), covariates = I(unname(as.matrix(data[, covariates, drop = FALSE])) + 0),
       efron = twin(data, covariates, "efron"), breslow = twin(data, covariates, "breslow"))
})

write_oracle("firth", cases, c("survival", "numDeriv"))
