# From records to remission with data.table: `Rscript with_data_table.R COHORT OUT`; both are folders of CSV files, for
# Debian's R reads no Parquet. Says in OUT/seconds.json how long reading, deriving and writing took.
#
# Takes from a simulated cohort what a user would know of it: everyone has one infusion, at hour 0; every patient has an
# age; scores are totals; no sign has another cause; signs of CRS are always recorded; vasopressin is not charted.
# Records are taken as they are, without checks.
suppressMessages(library(data.table))
given <- commandArgs(trailingOnly = TRUE)
setDTthreads(2)

quiet <- 72; together <- 12; refractory_hours <- 24; pause <- 48
consciousness <- c(awake = 0L, voice = 2L, touch = 3L, unarousable = 4L)
seizure <- c(none = 0L, resolves_rapidly = 3L, nonconvulsive_resolves = 3L, prolonged = 4L, repetitive = 4L)
motor <- c(none = 0L, mild_weakness = 0L, deep_focal_weakness = 4L)
icp_edema <- c(none = 0L, focal_edema = 3L, diffuse_edema = 4L, posturing = 4L, sixth_nerve_palsy = 4L,
               papilledema = 4L, cushing_triad = 4L)
hypotension <- c(none = 0L, fluids_only = 2L, vasopressor = 3L)
oxygen <- c(none = 0L, comfort_only = 0L, nasal_cannula = 2L, blow_by = 2L, high_flow = 3L, face_mask = 3L,
            venturi = 3L, nonrebreather = 3L, cpap = 4L, bipap = 4L, invasive_ventilation = 4L)

read <- function(name) {
  table <- fread(file.path(given[1], paste0(name, ".csv")), na.strings = "", stringsAsFactors = FALSE)
  if ("time" %in% names(table)) setnames(table, "time", "hour")
  table
}

points <- function(answers, grades) unname(grades[chmatch(answers, names(grades))])

joined <- function(flags) {
  bits <- 2^(seq_along(flags) - 1)
  texts <- vapply(0:(2^length(flags) - 1),
                  function(code) paste(names(flags)[bitwAnd(code, bits) > 0], collapse = ";"), "")
  texts[Reduce(`+`, Map(function(flag, bit) fifelse(flag, bit, 0), flags, bits)) + 1]
}

icans_grades <- function(neuro, patients, events) {
  child <- patients[neuro, on = "patient_id", age_years] < 12
  with(neuro, {
    by_ice <- fcase(ice <= 2, 3L, ice <= 6, 2L, ice <= 9, 1L, ice == 10, 0L)
    by_capd <- fcase(capd == 0, 0L, capd <= 8, 1L, capd >= 9, 3L)
    found <- list(
      ice = fifelse(child, 0L, by_ice), capd = fifelse(child, by_capd, 0L),
      consciousness = points(consciousness, get("consciousness", globalenv())),
      seizure = points(seizure, get("seizure", globalenv())), motor = points(motor, get("motor", globalenv())),
      icp_edema = points(icp_edema, get("icp_edema", globalenv()))
    )
    most <- c(3L, 3L, 4L, 4L, 4L, 4L)
    low <- do.call(pmax, c(found, list(na.rm = TRUE, 0L)))
    high <- do.call(pmax, Map(fcoalesce, found, most))
    testable <- fcoalesce(ice > 0, FALSE) | !is.na(capd)
    awake <- fifelse(is.na(consciousness) & testable, 0L, found$consciousness)
    settled <- pmax(low, fcoalesce(found$ice, 3L), fcoalesce(found$capd, 3L), fcoalesce(awake, 4L)) == low
    signed <- !(is.na(ice) & is.na(capd) & is.na(consciousness) & is.na(seizure) & is.na(motor) & is.na(icp_edema))
    graded <- data.table(
      patient_id, hour,
      scale = fifelse(signed, "astct-2019-icans", "recorded"),
      grade = fifelse(signed, fifelse(settled, low, NA_integer_), icans_grade),
      grade_low = fifelse(signed, low, icans_grade), grade_high = fifelse(signed, high, icans_grade),
      driver = joined(lapply(found, function(grade) signed & low > 0 & fcoalesce(grade == low, FALSE))),
      missing = joined(lapply(found, function(grade) signed & is.na(grade))),
      recorded_grade = icans_grade
    )[signed | !is.na(icans_grade)]
    deaths <- unique(events[event == "death_due_to_icans", .(patient_id, hour)])
    deaths[, `:=`(scale = "astct-2019-icans", grade = 5L, grade_low = 5L, grade_high = 5L, driver = "death",
                  missing = "", recorded_grade = NA_integer_)]
    rbind(graded, deaths)[, toxicity := "icans"][]
  })
}

crs_grades <- function(crs) {
  with(crs, {
    fever <- temperature_c >= 38
    present <- fever | antipyretic_or_anticytokine
    cannula <- oxygen == "nasal_cannula"
    found <- list(
      fever = as.integer(fever),
      hypotension = fifelse(present, points(hypotension, get("hypotension", globalenv())), 0L),
      vasopressors = fifelse(present, fcase(vasopressors == 0, 0L, vasopressors == 1, 3L, default = 4L), 0L),
      oxygen = fifelse(present, points(oxygen, get("oxygen", globalenv())), 0L),
      oxygen_flow = fcase(present & cannula & oxygen_flow_l_min > 6, 3L, present & cannula & oxygen_flow_l_min <= 6, 2L,
                          default = 0L)
    )
    low <- do.call(pmax, found)
    no_flow <- present & cannula & is.na(oxygen_flow_l_min)
    high <- fifelse(no_flow, pmax(low, 3L), low)
    data.table(
      patient_id, hour, scale = "astct-2019-crs", grade = fifelse(low == high, low, NA_integer_), grade_low = low,
      grade_high = high, driver = joined(lapply(found, function(grade) low > 0 & grade == low)),
      missing = joined(list(vasopressin = present & hypotension == "vasopressor", oxygen_flow = no_flow)),
      recorded_grade = crs_grade, toxicity = "crs"
    )
  })
}

episodes <- function(grades) {
  rows <- grades[!is.na(grade), .(patient_id, hour, grade)]
  setorder(rows, patient_id, hour, -grade)
  rows <- unique(rows, by = c("patient_id", "hour")) # the worst of an hour
  toxic <- rows[grade >= 1, .(patient_id, hour)]
  toxic[, before := shift(hour)][patient_id != shift(patient_id), before := NA]
  starts <- toxic[is.na(before) | round(hour - before, 6) > quiet, .(patient_id, hour)]
  starts[, `:=`(episode = rowid(patient_id), onset_hour = hour)]
  rows <- starts[rows, on = .(patient_id, hour), roll = Inf][!is.na(episode)]
  rows[, until := shift(hour, type = "lead")]
  rows[patient_id != shift(patient_id, type = "lead") | episode != shift(episode, type = "lead"), until := NA]
  last <- rows[grade >= 1, .(last_toxic = max(hour)), by = .(patient_id, episode)]
  rows[last, on = .(patient_id, episode), last_toxic := i.last_toxic]
  inside <- rows[hour <= last_toxic]
  ends <- inside[hour == last_toxic, .(patient_id, episode, last_toxic, last_grade = grade, clear_hour = until)]
  inside[, area := fifelse(hour < last_toxic, grade * (until - hour), 0)]
  found <- inside[, .(onset_hour = min(hour), peak_grade = max(grade), grade_hours = sum(area), assessments = .N),
                  by = .(patient_id, episode)]
  inside[found, on = .(patient_id, episode), peak_grade := i.peak_grade]
  peaks <- inside[grade == peak_grade, .(peak_hour = min(hour)), by = .(patient_id, episode)]
  found <- found[ends, on = .(patient_id, episode)][peaks, on = .(patient_id, episode)]
  found[, resolved := !is.na(clear_hour) & peak_grade < 5]
  found[, end_hour := fifelse(resolved, clear_hour, last_toxic)]
  found[, `:=`(duration_hours = end_hour - onset_hour,
               grade_days = (grade_hours + last_grade * (end_hour - last_toxic)) / 24)]
  found[, c("grade_hours", "last_toxic", "last_grade", "clear_hour") := NULL][]
}

courses <- function(treatments, icans) {
  doses <- treatments[drug %in% c("dexamethasone", "methotrexate") & route == "intrathecal" & (is.na(dose) | dose > 0)]
  setorder(doses, patient_id, hour)
  doses[, before := shift(hour), by = patient_id]
  doses[, course := cumsum(is.na(before) | round(hour - before, 6) > together), by = patient_id]
  found <- doses[, .(hour = min(hour), drugs = paste(sort(unique(drug)), collapse = ";"), doses = .N),
                 by = .(patient_id, course)]
  during <- icans[found, on = "patient_id", nomatch = NULL, allow.cartesian = TRUE]
  during <- during[hour >= onset_hour & (hour <= end_hour | (!resolved & round(hour - end_hour, 6) <= quiet))]
  found[during, on = .(patient_id, course), episode := i.episode][]
}

# The hour since which a patient had been on corticosteroid at the first course, where that is long enough.
steroid_hours <- function(treatments, treated) {
  doses <- treatments[drug == "dexamethasone" & route == "intravenous" & (is.na(dose) | dose > 0) & hour >= -7 * 24]
  before <- treated[doses, on = "patient_id", nomatch = NULL, allow.cartesian = TRUE][hour <= first_course_hour]
  setorder(before, patient_id, episode, hour)
  before[, previous := shift(hour), by = .(patient_id, episode)]
  starts <- before[is.na(previous) | round(hour - previous, 6) > pause]
  runs <- starts[, .(steroid_hour = max(hour)), by = .(patient_id, episode, first_course_hour)]
  runs[before[, .(last_dose = max(hour)), by = .(patient_id, episode)], on = .(patient_id, episode),
       last_dose := i.last_dose]
  runs[round(first_course_hour - last_dose, 6) <= pause & round(first_course_hour - steroid_hour, 6) >= refractory_hours]
}

endpoints <- function(grades, icans, given, treatments, neuro) {
  case <- c("patient_id", "episode")
  first <- given[!is.na(episode), .(first_course_hour = min(hour), courses = .N), by = case]
  treated <- icans[, .(patient_id, episode, onset_hour)][first, on = case]
  treated[steroid_hours(treatments, treated), on = case, steroid_hour := i.steroid_hour]
  seen <- rbind(grades[!is.na(grade) & patient_id %chin% treated$patient_id, .(patient_id, hour, grade, ice = NA_integer_)],
                neuro[!is.na(ice) & patient_id %chin% treated$patient_id, .(patient_id, hour, grade = NA_integer_, ice)])
  seen <- treated[seen, on = "patient_id", allow.cartesian = TRUE][hour >= onset_hour]
  setorder(seen, patient_id, episode, hour, -grade, na.last = TRUE)
  moments <- seen[, .(grade = grade[1L]), by = c(case, "hour", "first_course_hour", "steroid_hour")]
  moments[seen[!is.na(ice), .(ice = min(ice)), by = c(case, "hour")], on = c(case, "hour"), ice := i.ice]

  before <- moments[hour <= first_course_hour]
  graded <- before[!is.na(grade), .(peak = max(grade), baseline_grade = last(grade)), by = case]
  graded[before[!is.na(ice), .(baseline_ice = last(ice)), by = case], on = case, baseline_ice := i.baseline_ice]
  graded[before[!is.na(grade) & hour >= steroid_hour, .(on_steroid = first(grade)), by = case], on = case,
         on_steroid := i.on_steroid]
  graded[moments[!is.na(grade), .(last_hour = max(hour)), by = case], on = case, last_hour := i.last_hour]
  graded[, indication := fcase(peak >= 3, "severe", baseline_grade >= 1 & baseline_grade >= on_steroid,
                               "steroid_refractory")]
  found <- treated[graded, on = case]

  after <- found[, .(patient_id, episode, baseline_grade)][moments, on = case][hour > first_course_hour]
  after[, better := fcoalesce(grade < baseline_grade, TRUE)]
  after[, met := fifelse(baseline_grade >= 3, grade <= 1, fifelse(is.na(ice), grade <= 0, ice >= 10 & better))]
  after[, above := grade > fifelse(baseline_grade >= 3, 1, 0)]
  found[after[met == TRUE, .(hour = min(hour)), by = case], on = case, remission_hour := i.hour]
  found[after[above == TRUE, .(hour = max(hour)), by = case], on = case, last_above := i.hour]
  found[!baseline_grade %between% c(1, 4), remission_hour := NA]
  found[, `:=`(remission = fifelse(baseline_grade %between% c(1, 4), !is.na(remission_hour), NA),
               recurrence = fifelse(is.na(remission_hour), NA, fcoalesce(last_above > remission_hour, FALSE)),
               hours_from_onset = round(first_course_hour - onset_hour, 6),
               hours_to_remission = round(remission_hour - first_course_hour, 6))]
  found[, c("onset_hour", "steroid_hour", "peak", "on_steroid", "last_above") := NULL][]
}

began <- proc.time()[[3]]
patients <- read("patients"); neuro <- read("neuro"); crs <- read("crs")
treatments <- read("treatments"); events <- read("events")
read_in <- proc.time()[[3]]
icans <- icans_grades(neuro, patients, events)
crs <- crs_grades(crs)
found <- episodes(icans)
begun <- courses(treatments, found)
reached <- endpoints(icans, found, begun, treatments, neuro)
runs <- rbind(found[, toxicity := "icans"], episodes(crs)[, toxicity := "crs"])
derived <- proc.time()[[3]]
written <- list(grades = rbind(icans, crs), episodes = runs, courses = begun, endpoints = reached)
for (name in names(written)) fwrite(written[[name]], file.path(given[2], paste0(name, ".csv")))
ended <- proc.time()[[3]]
cat(sprintf('{"reading": %f, "deriving": %f, "writing": %f}', read_in - began, derived - read_in, ended - derived),
    file = file.path(given[2], "seconds.json"))
