# Cox models, from R's survival: ties after Efron and Breslow, start-stop data, weights, robust variance.
library(survival)
source("tests/oracles/lib/oracle.R")

kept <- function(data, ...) data[complete.cases(data[, c(...)]), ]
lung <- kept(lung, "age", "sex", "ph.ecog", "inst")
bladder <- subset(bladder2, select = c(id, start, stop, event, rx, size, number))
set.seed(3)
heart <- jasa1
synthetic <- data.frame(start = pmax(0, round(runif(60, -3, 4), 1)), x = rnorm(60) |> round(2), z = rbinom(60, 1, 0.4))
synthetic$stop <- synthetic$start + ceiling(rexp(60) * 4) / 2
synthetic$event <- rbinom(60, 1, 0.7)
synthetic$weight <- round(runif(60, 0.2, 3), 2)
synthetic$id <- rep(1:20, 3)

case <- function(name, data, stop, event, covariates, start = NULL, weights = NULL, id = NULL) {
  x <- as.matrix(data[, covariates, drop = FALSE])
  colnames(x) <- covariates
  y <- if (is.null(start)) Surv(data[[stop]], data[[event]]) else Surv(data[[start]], data[[stop]], data[[event]])
  w <- if (is.null(weights)) rep(1, nrow(data)) else data[[weights]]
  control <- coxph.control(eps = 1e-14, iter.max = 60, toler.chol = 1e-14)
  one <- function(ties) {
    fit <- coxph(y ~ x, weights = w, ties = ties, robust = FALSE, control = control)
    who <- if (is.null(id)) seq_len(nrow(data)) else data[[id]]
    sandwich <- coxph(y ~ x, weights = w, ties = ties, cluster = who, control = control)
    list(coefficients = array_of(unname(coef(fit))), covariance = array_of(vcov(fit)),
         robust = array_of(vcov(sandwich)), log_likelihood = array_of(fit$loglik),
         likelihood_ratio = 2 * diff(fit$loglik), score = fit$score, wald = unname(fit$wald.test),
         robust_wald = unname(sandwich$wald.test),
         interval = array_of(exp(confint(fit))))
  }
  list(name = name, time = array_of(as.numeric(data[[stop]])), event = array_of(as.integer(data[[event]])),
       covariates = I(unname(x) + 0), names = array_of(covariates),
       start = if (is.null(start)) array_of(NULL) else array_of(as.numeric(data[[start]])),
       weights = if (is.null(weights)) array_of(NULL) else array_of(data[[weights]]),
       patient = if (is.null(id)) array_of(NULL) else array_of(as.integer(data[[id]])),
       efron = one("efron"), breslow = one("breslow"))
}

lung$dead <- as.integer(lung$status == 2)
lung$months <- ceiling(lung$time / 30.4375)
lung$weight <- round(runif(nrow(lung), 0, 2), 2)
ovarian$treated <- ovarian$rx - 1
kidney$male <- as.integer(kidney$sex == 1)
cases <- list(
  case("ovarian, treatment", ovarian, "futime", "fustat", "treated"),
  case("ovarian, three covariates", ovarian, "futime", "fustat", c("age", "resid.ds", "treated")),
  case("lung, three covariates", lung, "time", "dead", c("age", "sex", "ph.ecog")),
  case("lung in months, heavily tied", lung, "months", "dead", c("age", "sex", "ph.ecog"), id = "inst"),
  case("lung in months, weighted", lung, "months", "dead", c("sex", "ph.ecog"), weights = "weight", id = "inst"),
  case("kidney, two rows a patient", kidney, "time", "status", c("age", "male"), id = "id"),
  case("heart transplants, start and stop", heart, "stop", "event", c("transplant", "age", "surgery"), start = "start",
       id = "id"),
  case("bladder tumours, start and stop", subset(bladder, start < stop), "stop", "event", c("rx", "size", "number"),
       start = "start", id = "id"),
  case("late entry, tied and weighted", synthetic, "stop", "event", c("x", "z"), start = "start", weights = "weight",
       id = "id"),
  case("six patients", data.frame(t = 1:6, e = c(1, 1, 0, 1, 1, 1), x = c(1, 0, 1, 1, 0, 0)), "t", "e", "x"),
  case("all events at one time", data.frame(t = c(2, 2, 2, 5, 5, 6), e = c(1, 1, 1, 0, 0, 0),
                                            x = c(1, 1, 0, 0, 0, 1)), "t", "e", "x"),
  case("identical groups", data.frame(t = c(1, 2, 3, 1, 2, 3), e = c(1, 0, 1, 1, 0, 1), x = c(1, 1, 1, 0, 0, 0)),
       "t", "e", "x"),
  case("an event at time zero", data.frame(t = c(0, 0, 2, 3, 5, 5), e = c(1, 0, 1, 1, 1, 0), x = c(1, 0, 0, 1, 0, 1)),
       "t", "e", "x")
)

write_oracle("cox", cases, "survival")
