# Effects of several sites combined: rma of metafor, with DerSimonian and Laird's and Paule and Mandel's variance between
# sites, and the interval of Hartung and Knapp held at the normal one or wider (test = "adhoc").
# The studies are data sets of metadat, and awkward cases made up here.
suppressMessages(library(metafor))
source("tests/oracles/lib/oracle.R")

TIGHT <- list(tol = 1e-15, maxiter = 10000)

pooled <- function(name, y, v) {
  fixed <- rma(y, v, method = "FE")
  dl <- rma(y, v, method = "DL")
  pm <- rma(y, v, method = "PM", test = "adhoc", control = TIGHT)
  ahead <- predict(pm)
  list(name = name, effect = array_of(y), variance = array_of(v),
       fixed = c(fixed$b, fixed$ci.lb, fixed$ci.ub), random = c(pm$b, pm$ci.lb, pm$ci.ub),
       random_dl = c(dl$b, dl$ci.lb, dl$ci.ub), q = fixed$QE, q_p_value = fixed$QEp, i2 = dl$I2,
       tau2 = pm$tau2, tau2_dl = dl$tau2, prediction = c(ahead$pi.lb, ahead$pi.ub),
       fixed_weights = array_of(weights(fixed)), random_weights = array_of(weights(pm)))
}

proportions <- function(name, events, n) {
  found <- escalc(measure = "PLO", xi = events, ni = n, add = 1 / 2, to = "only0")
  c(pooled(name, as.numeric(found$yi), as.numeric(found$vi)), list(events = array_of(events), n = array_of(n)))
}

effects <- function(name, data) pooled(name, as.numeric(data$yi), as.numeric(data$vi))

bcg <- escalc(measure = "RR", ai = tpos, bi = tneg, ci = cpos, di = cneg, data = dat.bcg)
stays <- escalc(measure = "MD", m1i = m1i, sd1i = sd1i, n1i = n1i, m2i = m2i, sd2i = sd2i, n2i = n2i,
                data = dat.normand1999)
# Beta blockers after infarction: a trial without counts is left out.
beta <- escalc(measure = "OR", ai = ai, n1i = n1i, ci = ci, n2i = n2i, data = dat.yusuf1985[dat.yusuf1985$table == "6", ])
beta <- beta[!is.na(beta$yi), ]

cases <- list(
  effects("risk ratios of BCG", bcg),
  effects("mean days in hospital after stroke", stays),
  effects("odds ratios of beta blockers", beta),
  proportions("viral suppression under usual care", dat.debruin2009$xi, dat.debruin2009$ni),
  proportions("hyperdynamic therapy, some sites with nothing but events", dat.pritz1997$xi, dat.pritz1997$ni),
  pooled("two sites", c(0.2, 1.1), c(0.09, 0.25)),
  pooled("two sites alike", c(0.5, 0.5), c(0.09, 0.25)),
  pooled("identical effects", rep(0.4, 5), c(0.01, 0.02, 0.4, 1, 5)),
  pooled("no variance between sites", c(0.10, 0.12, 0.08, 0.11), c(0.04, 0.09, 0.05, 0.02)),
  pooled("very different sizes", c(0.30, 0.90, -2.5, 0.28), c(1e-6, 0.5, 4, 0.09)),
  pooled("large variance between sites", c(-5, 8, 20, 1), c(0.01, 0.02, 0.005, 0.04)),
  proportions("a site with no event", c(0, 3, 8), c(12, 20, 31)),
  proportions("a site with nothing but events", c(12, 17, 31), c(12, 20, 31)),
  proportions("nobody anywhere", c(0, 0, 0), c(5, 50, 500)),
  proportions("one patient", c(1, 40), c(1, 80))
)

write_oracle("meta_analysis", cases, c("metafor", "metadat"))
