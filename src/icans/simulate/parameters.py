"""What a simulated cohort is made from."""

from __future__ import annotations

from dataclasses import dataclass, fields
from math import isfinite

from icans.errors import CallError

Grades = tuple[float, float, float, float]
"""A probability for each of the grades 1 to 4."""

LATEST_ONSET_DAYS = 25.0
"""No toxicity begins later; what is drawn later begins then."""

LONGEST_DAYS = 30.0
"""Rounds end here even where ICANS goes on."""


@dataclass(frozen=True)
class Parameters:
    """The truth behind a simulated cohort. The defaults are plausible and estimated from nothing.

    Parameters
    ----------
    children
        Share of patients under 18 years; those under 12 are assessed by CAPD.
    crs_probability, crs_peak_grades
        Share of patients with CRS, and how their highest grades are spread over 1 to 4.
    crs_onset_days, crs_onset_spread
        Median onset of CRS, days from infusion, and the standard deviation of its logarithm; day 25 is the latest.
    crs_days
        Median duration of CRS in days.
    icans_probability, icans_peak_grades
        Share of patients with ICANS, and how their highest grades (if untreated) are spread over 1 to 4.
    icans_onset_days, icans_onset_spread
        Median onset of ICANS, days from infusion, and the standard deviation of its logarithm; day 25 is the latest.
    rise_hours, plateau_hours
        Mean time from onset to the highest grade, and mean stay there.
    recovery_hours
        Median time to fall by one grade without treatment.
    persistent_probability
        Share of patients with ICANS who do not recover while they are observed, treated or not.
    treated
        Probability that intrathecal treatment is meant for a patient of each highest grade; it is given where its
        reason comes, and the delay ends, before ICANS does.
    treatment_delay_hours
        Mean delay from that reason: a highest grade of 3 or 4 reached, or, where it is 1 or 2, 24 hours passed since
        the first corticosteroid.
    treatment_effect
        How much faster recovery runs after the first course: 1 is twice as fast, 0 is no effect.
    second_course
        Probability of a second course 48 hours later where ICANS is still there.
    steroid_probability, steroid_delay_hours
        Probability that systemic corticosteroid is meant in ICANS, and its mean delay from onset; it is given where
        ICANS lasts so long.
    tocilizumab_probability
        Probability of tocilizumab in CRS of grade 2 or more.
    unrecorded_ice, unrecorded_consciousness, unrecorded_sign
        Probability that an assessment lacks its score, the wakefulness, or any one of the other signs.
    recorded_grade
        Probability that the clinic wrote a grade beside the signs.
    observed_days
        Days of ward rounds every 12 hours, at most 30, of which CRS is looked for on the first three quarters; ICANS
        and CRS prolong their own up to day 30, and ICANS doubles its rounds while it lasts.
    csf_probability
        Probability of cerebrospinal fluid samples before and after the first course.
    csf_change
        Factor by which CAR-T cells, protein and IL-6 in cerebrospinal fluid change.
    os_median_months, progression_median_months
        Medians of the exponential times to death and to progression.
    icans_death
        Probability that ICANS of grade 4 is fatal.
    follow_up_months
        Shortest and longest follow-up, uniform between them.
    treatment_hazard
        Hazard of the first course per day while ICANS is of each grade; it takes the place of `treated` and
        `treatment_delay_hours` unless all of it is 0 and there is no `treatment_by_hours`.
    treatment_hazard_growth
        By how much the logarithm of that hazard grows with each day from onset: above 0 treatment comes late.
    treatment_from_hours, treatment_by_hours, treatment_by_grade
        Hours from reaching that grade before which nobody is treated, and at which everyone still in ICANS and
        untreated is; 0: there is no such hour.
    untreated_arm
        Share of patients allotted by chance to an arm without intrathecal treatment; above 0 the patients have a
        column ``arm``, intervention or control.
    """

    children: float = 0.05
    crs_probability: float = 0.85
    crs_peak_grades: Grades = (0.45, 0.35, 0.13, 0.07)
    crs_onset_days: float = 2.0
    crs_onset_spread: float = 0.6
    crs_days: float = 4.0
    icans_probability: float = 0.45
    icans_peak_grades: Grades = (0.30, 0.30, 0.25, 0.15)
    icans_onset_days: float = 5.0
    icans_onset_spread: float = 0.5
    rise_hours: float = 18.0
    plateau_hours: float = 24.0
    recovery_hours: float = 18.0
    persistent_probability: float = 0.03
    treated: Grades = (0.05, 0.15, 0.6, 0.8)
    treatment_delay_hours: float = 8.0
    treatment_effect: float = 1.0
    second_course: float = 0.4
    steroid_probability: float = 0.7
    steroid_delay_hours: float = 4.0
    tocilizumab_probability: float = 0.6
    unrecorded_ice: float = 0.03
    unrecorded_consciousness: float = 0.1
    unrecorded_sign: float = 0.3
    recorded_grade: float = 0.4
    observed_days: float = 14.0
    csf_probability: float = 0.8
    csf_change: tuple[float, float, float] = (0.3, 0.9, 0.7)
    os_median_months: float = 14.0
    progression_median_months: float = 8.0
    icans_death: float = 0.04
    follow_up_months: tuple[float, float] = (6.0, 24.0)
    treatment_hazard: Grades = (0.0, 0.0, 0.0, 0.0)
    treatment_hazard_growth: float = 0.0
    treatment_from_hours: float = 0.0
    treatment_by_hours: float = 0.0
    treatment_by_grade: int = 2
    untreated_arm: float = 0.0

    def __post_init__(self) -> None:
        """Refuse what cannot be meant.

        Raises
        ------
        CallError
            A probability is outside 0 to 1, peak grades do not add up to 1, another value is negative or not finite,
            the median of an onset or the days of rounds are later than any can be, or the shortest follow-up is longer
            than the longest.
        """
        for field in fields(self):
            _possible(field.name, getattr(self, field.name))
        for name in ("crs_peak_grades", "icans_peak_grades"):
            if abs(sum(getattr(self, name)) - 1) > 1e-9:
                raise CallError(f"{name} should add up to 1 (it is {getattr(self, name)}).")
        if self.follow_up_months[0] > self.follow_up_months[1]:
            raise CallError(f"follow_up_months should be the shortest and the longest (it is {self.follow_up_months}).")
        if self.treatment_by_grade not in {1, 2, 3, 4}:
            raise CallError(f"treatment_by_grade is a grade from 1 to 4 (it is {self.treatment_by_grade}).")

    @property
    def by_hazard(self) -> bool:
        """Whether the first course depends on the grade of the moment rather than on the highest."""
        return any(self.treatment_hazard) or self.treatment_by_hours > 0


_SHARES = frozenset(
    {
        "children",
        "crs_probability",
        "crs_peak_grades",
        "icans_probability",
        "icans_peak_grades",
        "persistent_probability",
        "treated",
        "second_course",
        "steroid_probability",
        "tocilizumab_probability",
        "unrecorded_ice",
        "unrecorded_consciousness",
        "unrecorded_sign",
        "recorded_grade",
        "csf_probability",
        "icans_death",
        "untreated_arm",
    }
)
_POSITIVE = frozenset(
    {
        "crs_onset_days",
        "crs_days",
        "icans_onset_days",
        "recovery_hours",
        "observed_days",
        "csf_change",
        "os_median_months",
        "progression_median_months",
        "follow_up_months",
    }
)
_LATEST = {
    "crs_onset_days": LATEST_ONSET_DAYS,
    "icans_onset_days": LATEST_ONSET_DAYS,
    "observed_days": LONGEST_DAYS,
}


def _possible(name: str, given: float | tuple[float, ...]) -> None:
    values = given if isinstance(given, tuple) else (given,)
    if name in _SHARES and not all(0 <= value <= 1 for value in values):
        raise CallError(f"{name} is a probability and should lie between 0 and 1 (it is {given}).")
    if name in _POSITIVE and not all(value > 0 for value in values):
        raise CallError(f"{name} should be above 0 (it is {given}).")
    if not all(value >= 0 for value in values):
        raise CallError(f"{name} should not be negative (it is {given}).")
    if not all(isfinite(value) for value in values):
        raise CallError(f"{name} should be finite (it is {given}).")
    if values[0] > _LATEST.get(name, values[0]):
        raise CallError(f"{name} should be at most {_LATEST[name]:g} (it is {given}).")
