# Steps from one visit to the next: counts by msm, powers by expm, day-by-day products by etm, dependence by loglm.
suppressMessages({
  library(msm)
  library(expm)
  library(etm)
  library(MASS)
})
source("tests/oracles/lib/oracle.R")

absorb <- function(P, line) {
  P[line, ] <- diag(nrow(P))[line, ]
  P
}

# Likelihood ratio and degrees of freedom that `to` depends on `group` within each state left.
dependence <- function(from, group, to) {
  parts <- lapply(split(data.frame(group, to), from), function(rows) {
    table <- table(factor(rows$group), factor(rows$to))
    if (min(dim(table)) < 2) return(c(0, 0))
    fit <- loglm(~ 1 + 2, table)
    c(fit$lrt, fit$df)
  })
  Reduce(`+`, parts)
}

chained <- function(name, id, step, state, starts, lines, days) {
  counts <- unclass(statetable.msm(state, id))
  size <- max(state)
  full <- matrix(0, size - 1, size)
  full[as.integer(rownames(counts)), as.integer(colnames(counts))] <- counts
  P <- rbind(full / rowSums(full), diag(size)[size, ])
  smoothed <- rbind((full + 1 / size) / (rowSums(full) + 1), diag(size)[size, ])

  last <- c(id[-1] != id[-length(id)], TRUE)
  from <- state[!last]
  to <- state[which(!last) + 1]
  since <- step[!last]
  first <- c(TRUE, id[-1] != id[-length(id)])
  before <- c(NA, state[-length(state)])
  before[first] <- NA
  before <- before[!last]

  # etm sees changes of state and the end of observation; who is seen last at a step is at risk up to it.
  moved <- from != to
  moves <- data.frame(id = id[!last][moved], from = from[moved], to = as.character(to[moved]), time = since[moved] + 1)
  ended <- data.frame(id = id[last], from = state[last], to = "cens", time = step[last] + 0.5)
  rows <- rbind(moves, ended[ended$from != size, ])
  rows <- rows[order(rows$id, rows$time), ]
  tra <- matrix(FALSE, size, size)
  tra[cbind(moves$from, as.integer(moves$to))] <- TRUE
  product <- trprob(etm(rows, as.character(seq_len(size)), tra, "cens", s = 0, t = days), "1 1", days)
  whole <- etm(rows, as.character(seq_len(size)), tra, "cens", s = 0, t = days)

  known <- !is.na(before)
  tests <- list(
    before = dependence(from[known], before[known], to[known]),
    early = dependence(from, since >= 3, to)
  )
  list(
    name = name, id = array_of(id), step = array_of(step), state = array_of(state - 1L), days = days,
    counts = full, probabilities = P, smoothed = smoothed,
    occupation = lapply(0:days, function(day) P %^% day),
    passages = lapply(lines, function(line) list(
      line = array_of(line - 1L),
      reached = lapply(0:days, function(day) rowSums((absorb(P, line) %^% day)[, line, drop = FALSE])))),
    day_by_day = whole$est[, , dim(whole$est)[3]],
    dependence = lapply(tests, function(test) list(statistic = test[1], df = test[2]))
  )
}

visit <- function(id) ave(seq_along(id), id, FUN = seq_along) - 1L

# Small: grades 1 to 4 of made-up patients, day by day, 5 is death.
courses <- c("12321", "1233", "11", "2344", "234321", "33", "13211211", "2225", "345", "1112", "4332", "24321")
days <- strsplit(courses, "")
made_up <- data.frame(id = rep(seq_along(courses), lengths(days)), state = as.integer(unlist(days)))

cases <- list(
  chained("heart transplants", cav$PTNUM, visit(cav$PTNUM), cav$state, 1:3, list(1, c(1, 2)), 8),
  chained("made-up grades", made_up$id, visit(made_up$id), made_up$state, 1:4, list(1, c(1, 2)), 3)
)
write_oracle("multi_state", cases, c("msm", "expm", "etm", "MASS"))
