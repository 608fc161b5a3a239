"""The elements of a target trial beside their emulation, and what the emulation takes for granted."""

from __future__ import annotations

from collections.abc import Iterator

from markupsafe import Markup

from icans.counts import counted, named
from icans.protocol import Protocol
from icans.protocols.target_trial import TargetTrial
from icans.report.numbers import Numbers
from icans.report.tables import Row
from icans.report.words import label
from icans.results import display
from icans.results.rows import Result
from icans.results.trial_names import ANALYSIS

CHANGING = {
    "grade": "ICANS grade of the day",
    "ice": "ICE score of the day",
    "on_steroid": "systemic corticosteroid on the day before",
    "steroid_mg": "its dose on the day before",
    "days_since_onset": "days since onset of ICANS",
}


def elements(numbers: Numbers, protocol: Protocol, asked: TargetTrial) -> list[Row]:
    """Give a row for each element of the trial: as it would be, and as the records emulate it."""
    days, old, short = counted(asked.grace_days, "day"), counted(asked.carry_days, "day"), protocol.intervention.short
    eligible, episodes = (numbers.find(ANALYSIS, "eligible", name) for name in ("n", "episodes"))
    rows = {
        "Eligibility": (
            _eligibility(protocol, asked),
            Markup("The first settled grade of an episode that meets this: {} {} of {} {}.").format(
                numbers.one(episodes), _named(episodes, "episode"), numbers.one(eligible), _named(eligible, "patient")
            ),
        ),
        "Strategies": (
            f"Begin {protocol.intervention.name} within {days} of eligibility; or not within them (later it may be).",
            f"The same, by the recorded doses; {short} in an hour comes after an assessment in that hour.",
        ),
        "Assignment": (
            "At random, openly.",
            _assignment(asked),
        ),
        "Start of follow-up": (
            "Assignment, at eligibility.",
            "The hour of the assessment that made the patient eligible, under both strategies: no time is immortal.",
        ),
        "End of follow-up": (
            f"{counted(asked.follow_up_days, 'day')}, or death.",
            f"The same, or earlier: where records end, or the last grade is more than {old} old.",
        ),
        "Outcome": (_outcome(asked), "The same, by the recorded grades."),
        "Causal contrast": (
            "The effect of keeping to one strategy rather than the other (per protocol).",
            "The same: a clone is censored when the records depart from its strategy.",
        ),
        "Analysis": (
            "Incidence of the outcome under each strategy, their difference and ratio.",
            _analysis(asked),
        ),
    }
    return [Row(name, (Markup("{}").format(ideal), Markup("{}").format(ours))) for name, (ideal, ours) in rows.items()]


def assumptions(numbers: Numbers, protocol: Protocol, asked: TargetTrial) -> Iterator[Markup]:
    """Say in sentences what the estimates rest on."""
    short = protocol.intervention.short
    yield Markup(
        "<b>No confounding beyond what is named.</b> Among patients alike in {}, those treated on a day and those left "
        "untreated are taken to have had the same prospects. Anything else that moved a doctor to treat, and goes with "
        "recovery, biases every number here."
    ).format(confounders(asked))
    yield from _positivity(numbers, short)
    yield Markup(
        "<b>One treatment.</b> {} is taken to be one thing, whatever the dose, the number of courses and what was "
        "given beside it; and one patient's treatment to do nothing to another's course."
    ).format(short)
    gap = numbers.find(ANALYSIS, "gap", "n")
    yield Markup(
        "<b>No news is no different.</b> Who is no longer observed (a gap in the assessments ended the observation of "
        "{} {}) is taken to have gone on as those who still were."
    ).format(numbers.one(gap), _named(gap, "patient"))
    yield Markup(
        "<b>The model of treatment.</b> The weights come from a logistic regression in which a number, such as the "
        "grade, has the same effect at each step of it. A wrong model leaves confounding behind; the balance below "
        "shows what is left at eligibility."
    )
    if asked.time_varying:
        yield Markup(
            "<b>Confounders by the day.</b> What changes is known by the day here. Where a grade that came and went "
            "within a day decided who was treated, part of the confounding stays, however many the patients: simulated "
            "treatment that did nothing and was given so looked harmful (docs/validity.md)."
        )
    yield from _left_out(numbers)
    yield Markup("<b>What would change this.</b> {}").format(_confounding(numbers))


def confounders(asked: TargetTrial) -> str:
    """List the confounders in words."""
    names = [*(label(name).lower() for name in asked.baseline), *(CHANGING[name] for name in asked.time_varying)]
    if not names:
        return "nothing (the protocol names no confounder)"
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _assignment(asked: TargetTrial) -> str:
    return (
        "Each eligible episode enters both strategies as a clone. Who is treated is taken to be as good as random "
        f"given {confounders(asked)}."
    )


def _analysis(asked: TargetTrial) -> str:
    return (
        "The same, each clone weighted by the inverse of its probability not to have been censored by departure; "
        f"{_truncation(asked)}; intervals from {asked.samples} samples of patients."
    )


def _eligibility(protocol: Protocol, asked: TargetTrial) -> str:
    short = protocol.intervention.short
    earlier = (
        f"no {short} since the infusion"
        if asked.earlier_courses == 0
        else f"at most {counted(asked.earlier_courses, 'earlier course')} of {short} since the infusion"
    )
    hours = display.time_point(protocol.population.refractory_hours, "hours")
    refractory = f", not improved on {hours} of systemic corticosteroid" if asked.steroid_refractory else ""
    return f"ICANS of grade {asked.grade} to 4{refractory}, up to day {asked.until_day} from infusion; {earlier}."


def _outcome(asked: TargetTrial) -> str:
    if asked.outcome == "death":
        return "Death, and time to it."
    what = (
        "Remission, as defined above" if asked.outcome == "remission" else f"A grade of {asked.outcome_grade} or less"
    )
    return f"{what}, and time to it; death without it competes."


def _truncation(asked: TargetTrial) -> str:
    if asked.truncate_at is not None:
        return f"weights above {asked.truncate_at:g} are set to it"
    if asked.truncate_percentile == 100:
        return "no weight is truncated"
    return f"weights above the {asked.truncate_percentile:g}th percentile are set to it"


def _positivity(numbers: Numbers, short: str) -> Iterator[Markup]:
    rows = numbers.matching(ANALYSIS, "positivity")
    levels = list(dict.fromkeys(row.level or "" for row in rows))
    never, always = [], []
    for level in levels:
        treated, days = (numbers.find(ANALYSIS, "positivity", s, level=level) for s in ("treated", "patient_days"))
        if treated is None or days is None or not days.value:
            continue
        words = Markup("{} ({} of {} patient-days)").format(level, numbers.one(treated), numbers.one(days))
        if treated.value == 0:
            never.append(words)
        elif treated.value == days.value:
            always.append(words)
    said = Markup(
        "<b>Either could have happened.</b> On every day of the grace period and whatever the confounders, some like "
        "the patient must have been given {} and some not."
    ).format(short)
    for strata, what in ((never, "nobody was treated"), (always, "everyone was treated")):
        if strata:
            said += Markup(" That is not so where {}: {}; there the estimates rest on the model alone.").format(
                what, Markup(", ").join(strata)
            )
    yield said


def _left_out(numbers: Numbers) -> Iterator[Markup]:
    for row in numbers.matching(ANALYSIS, "odds_of_treatment"):
        if row.value is None and row.reason and row.reason.startswith("it "):
            yield Markup("{} is not in the model of treatment: {}.").format(label(row.level or ""), row.reason)


def _confounding(numbers: Numbers) -> Markup:
    estimate, limit = (_last(numbers, "e_value", statistic) for statistic in ("estimate", "limit"))
    if estimate is None or estimate.value is None:
        return Markup("Without an estimate there is nothing that confounding would have to explain away.")
    said = Markup(
        "An unmeasured confounder would explain the risk ratio at {} away if it went with both treatment and outcome "
        "by a risk ratio of {} each, beyond what is named (E-value)"
    ).format(estimate.level, _ratio(numbers, estimate))
    if limit is None or limit.value is None:
        return said + Markup(".")
    if limit.value == 1:
        return said + Markup("; the interval already holds no effect.")
    return said + Markup("; {} each would move its interval to no effect.").format(_ratio(numbers, limit))


def _ratio(numbers: Numbers, row: Result) -> Markup:
    return numbers.show(display.number(row.value or 0.0, 2), [row])


def _last(numbers: Numbers, variable: str, statistic: str) -> Result | None:
    return next((r for r in reversed(numbers.matching(ANALYSIS, variable)) if r.statistic == statistic), None)


def _named(row: Result | None, thing: str) -> str:
    return named(None if row is None else row.value, thing)
