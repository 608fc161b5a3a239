"""What happens to each simulated patient: onset, peak, treatment, recovery, survival."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from icans.simulate.decisions import NEVER, Floats, Integers, first_courses_by_hazard
from icans.simulate.parameters import LATEST_ONSET_DAYS, LONGEST_DAYS, Parameters
from icans.units import DAYS_PER_MONTH, HOURS_PER_DAY

Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Course:
    """The course of every patient of a block: arrays of one length, times in hours from infusion, `inf` for never.

    Parameters
    ----------
    age_years
        Age.
    crs_grade, crs_onset, crs_end
        Highest grade of CRS (0 for none) and when it lasts.
    icans_grade, icans_onset, icans_peak, icans_end
        Highest grade of ICANS (0 for none), its onset, when that grade is reached, and when it is over.
    plateau, per_grade, persistent
        Hours at the highest grade, hours to fall by one grade, and whether it never falls.
    steroid, tocilizumab
        First dose.
    first_course, second_course
        Intrathecal courses.
    control
        Allotted to the arm without intrathecal treatment.
    death, death_due_to_icans, progression, follow_up
        Death, whether ICANS was its cause, progression, and the end of follow-up.
    """

    age_years: Floats
    crs_grade: Integers
    crs_onset: Floats
    crs_end: Floats
    icans_grade: Integers
    icans_onset: Floats
    icans_peak: Floats
    icans_end: Floats
    plateau: Floats
    per_grade: Floats
    persistent: Flags
    steroid: Floats
    tocilizumab: Floats
    first_course: Floats
    second_course: Floats
    control: Flags
    death: Floats
    death_due_to_icans: Flags
    progression: Floats
    follow_up: Floats

    @property
    def last_seen(self) -> Floats:
        """Death, or the end of follow-up before it."""
        return np.minimum(self.death, self.follow_up)


def draw(patients: int, parameters: Parameters, chance: np.random.Generator) -> Course:
    """Draw the course of each patient of a block."""
    age = _ages(patients, parameters.children, chance)
    crs_grade = _peak_grades(patients, parameters.crs_probability, parameters.crs_peak_grades, chance)
    crs_onset = _onsets(crs_grade, parameters.crs_onset_days, parameters.crs_onset_spread, chance)
    crs_end = crs_onset + _lognormal(patients, parameters.crs_days * HOURS_PER_DAY, 0.5, chance)
    grade = _peak_grades(patients, parameters.icans_probability, parameters.icans_peak_grades, chance)
    onset = _onsets(grade, parameters.icans_onset_days, parameters.icans_onset_spread, chance)
    peak = onset + np.where(grade > 1, chance.exponential(parameters.rise_hours, patients), 0.0)
    plateau = chance.exponential(parameters.plateau_hours, patients)
    per_grade = _lognormal(patients, parameters.recovery_hours, 0.5, chance)
    persistent = (chance.random(patients) < parameters.persistent_probability) & (grade > 0)
    ending = partial(_end, grade=grade, peak=peak, plateau=plateau, per_grade=per_grade, persistent=persistent)
    untreated_end = ending(first_course=np.full(patients, NEVER), effect=0.0)
    steroid = _steroids(grade, onset, untreated_end, parameters, chance)
    reason = np.where(grade >= 3, peak, steroid + HOURS_PER_DAY)
    first = _first_courses(grade, reason, untreated_end, parameters, chance)
    apart = chance.spawn(1)[0]  # what follows leaves every other draw as it is without it
    if parameters.by_hazard:
        reached = _reached(grade, onset, peak, parameters.treatment_by_grade)
        untreated = partial(
            _grade_at,
            highest=grade[:, None],
            onset=onset[:, None],
            peak=peak[:, None],
            plateau=plateau[:, None],
            per_grade=per_grade[:, None],
            persistent=persistent[:, None],
        )
        first = first_courses_by_hazard(
            untreated, onset=onset, reached=reached, end=untreated_end, parameters=parameters, chance=apart
        )
    control = apart.random(patients) < parameters.untreated_arm
    first = np.where(control, NEVER, first)
    end = ending(first_course=first, effect=parameters.treatment_effect)
    second = first + 2 * HOURS_PER_DAY
    second = np.where((chance.random(patients) < parameters.second_course) & (second < end), second, NEVER)
    death, due = _deaths(grade, peak, plateau, parameters, chance)
    month = DAYS_PER_MONTH * HOURS_PER_DAY
    progression = chance.exponential(parameters.progression_median_months * month / np.log(2), patients)
    return Course(
        age_years=age,
        crs_grade=crs_grade,
        crs_onset=crs_onset,
        crs_end=crs_end,
        icans_grade=grade,
        icans_onset=onset,
        icans_peak=peak,
        icans_end=end,
        plateau=plateau,
        per_grade=per_grade,
        persistent=persistent,
        steroid=steroid,
        tocilizumab=_tocilizumab(crs_grade, crs_onset, crs_end, parameters, chance),
        first_course=first,
        second_course=second,
        control=control,
        death=death,
        death_due_to_icans=due,
        progression=progression,
        follow_up=chance.uniform(*parameters.follow_up_months, patients) * month,
    )


def icans_grade(course: Course, patient: Integers, hour: Floats, effect: float) -> Integers:
    """Give the true ICANS grade of a patient at an hour.

    It rises in equal steps from 1 at onset to the highest at its peak, stays there, then falls by one grade at a time;
    from the first course on, the stay and the fall run `1 + effect` times as fast.
    """
    with np.errstate(invalid="ignore"):
        treated = effect * np.maximum(hour - np.maximum(course.first_course[patient], course.icans_peak[patient]), 0)
    return _grade_at(
        hour,
        highest=course.icans_grade[patient],
        onset=course.icans_onset[patient],
        peak=course.icans_peak[patient],
        plateau=course.plateau[patient],
        per_grade=course.per_grade[patient],
        persistent=course.persistent[patient],
        gained=treated,
    )


def _grade_at(
    hour: Floats,
    *,
    highest: Integers,
    onset: Floats,
    peak: Floats,
    plateau: Floats,
    per_grade: Floats,
    persistent: Flags,
    gained: Floats | float = 0.0,
) -> Integers:
    """Give the grade at hours, of arrays that go together; `gained` are hours of recovery owed to treatment."""
    with np.errstate(invalid="ignore", divide="ignore"):
        risen = np.where(hour < peak, 1 + np.floor((highest - 1) * (hour - onset) / (peak - onset)), highest)
        recovering = np.maximum(hour - peak, 0) + gained
        fallen = 1 + np.floor((recovering - plateau) / per_grade)
    fallen = np.where((recovering >= plateau) & ~persistent, fallen, 0)
    grade = np.where((highest > 0) & (hour >= onset), risen - fallen, 0)
    whole: Integers = np.clip(np.nan_to_num(grade), 0, 4).astype(np.int64)
    return whole


def _reached(highest: Integers, onset: Floats, peak: Floats, grade: int) -> Floats:
    """Give the hour at which a grade was first reached, `inf` where it never was."""
    with np.errstate(invalid="ignore"):
        at = onset + (peak - onset) * (grade - 1) / np.maximum(highest - 1, 1)
    return np.where(highest >= grade, at, NEVER)


def crs_grade(course: Course, patient: Integers, hour: Floats) -> Integers:
    """Give the true CRS grade of a patient at an hour: the highest in the middle half of its time, 1 around it."""
    onset, end = course.crs_onset[patient], course.crs_end[patient]
    with np.errstate(invalid="ignore"):
        passed = np.nan_to_num((hour - onset) / (end - onset), nan=-1.0)
    there = (passed >= 0) & (passed < 1) & (course.crs_grade[patient] > 0)
    middle = there & (passed >= 0.25) & (passed < 0.75)
    return np.where(middle, course.crs_grade[patient], there).astype(np.int64)


def _ages(patients: int, children: float, chance: np.random.Generator) -> Floats:
    adult = np.clip(chance.normal(60, 13, patients), 18, 88)
    young = chance.uniform(3, 18, patients)
    return np.floor(np.where(chance.random(patients) < children, young, adult))


def _peak_grades(patients: int, probability: float, spread: tuple[float, ...], chance: np.random.Generator) -> Integers:
    grade = 1 + np.searchsorted(np.cumsum(spread)[:-1], chance.random(patients), side="right")
    return np.where(chance.random(patients) < probability, grade, 0).astype(np.int64)


def _onsets(grade: Integers, median_days: float, spread: float, chance: np.random.Generator) -> Floats:
    drawn = _lognormal(len(grade), median_days * HOURS_PER_DAY, spread, chance)
    onset = np.minimum(drawn, LATEST_ONSET_DAYS * HOURS_PER_DAY)
    return np.where(grade > 0, onset, NEVER)


def _lognormal(patients: int, median: float, spread: float, chance: np.random.Generator) -> Floats:
    return median * np.exp(spread * chance.standard_normal(patients))


def _end(
    *,
    grade: Integers,
    peak: Floats,
    plateau: Floats,
    per_grade: Floats,
    persistent: Flags,
    first_course: Floats,
    effect: float,
) -> Floats:
    """Give the hour at which the grade is back at 0."""
    needed = plateau + np.maximum(grade - 1, 0) * per_grade
    with np.errstate(invalid="ignore"):
        before = np.where(np.isfinite(first_course), np.maximum(first_course - peak, 0), NEVER)
        hours = np.where(needed <= before, needed, before + (needed - before) / (1 + effect))
    return np.where(persistent | (grade == 0), NEVER, peak + np.nan_to_num(hours))


def _steroids(
    grade: Integers, onset: Floats, end: Floats, parameters: Parameters, chance: np.random.Generator
) -> Floats:
    start = onset + chance.exponential(parameters.steroid_delay_hours, len(grade))
    given = (chance.random(len(grade)) < parameters.steroid_probability) & (grade > 0) & (start < end)
    return np.where(given, start, NEVER)


def _first_courses(
    grade: Integers, reason: Floats, end: Floats, parameters: Parameters, chance: np.random.Generator
) -> Floats:
    """Give the first course: after grade 3 is reached, in milder ICANS after a day of corticosteroid."""
    at = reason + chance.exponential(parameters.treatment_delay_hours, len(grade))
    wanted = chance.random(len(grade)) < np.array([0.0, *parameters.treated])[grade]
    return np.where(wanted & (at < np.minimum(end, LONGEST_DAYS * HOURS_PER_DAY)), at, NEVER)


def _tocilizumab(
    grade: Integers, onset: Floats, end: Floats, parameters: Parameters, chance: np.random.Generator
) -> Floats:
    given = (chance.random(len(grade)) < parameters.tocilizumab_probability) & (grade >= 2)
    with np.errstate(invalid="ignore"):
        return np.where(given, onset + 0.3 * (end - onset), NEVER)


def _deaths(
    grade: Integers, peak: Floats, plateau: Floats, parameters: Parameters, chance: np.random.Generator
) -> tuple[Floats, Flags]:
    month = DAYS_PER_MONTH * HOURS_PER_DAY
    other = HOURS_PER_DAY + chance.exponential(parameters.os_median_months * month / np.log(2), len(grade))
    fatal = (chance.random(len(grade)) < parameters.icans_death) & (grade == 4) & (peak + plateau < other)
    return np.where(fatal, peak + plateau, other), fatal
