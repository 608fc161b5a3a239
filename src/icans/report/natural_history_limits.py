"""What the comparison with a reference cohort takes for granted, in sentences with their numbers."""

from __future__ import annotations

from markupsafe import Markup

from icans.counts import counted
from icans.protocol import Protocol
from icans.protocols.natural_history import NaturalHistory
from icans.report.numbers import Numbers
from icans.results.rows import Result

ANALYSIS = "natural_history"
REFERENCE, TREATED = "reference", "treated"
THIN = 10
"""Below this many steps from a state the report says that the model knows little of it."""
RECORDED = "recorded"
CHOSEN = (
    "The treated were chosen, often because ICANS did not improve on corticosteroids; reference patients of the "
    "same grade were not. That alone can make the expected course too good or too bad."
)
MARKOV = "Tomorrow's grade is taken to depend on today's alone, not on how long ICANS has lasted or how it came to be."
BANDED = "Tomorrow's grade is taken to depend on today's and on the days since onset, in bands."
CHECKED = Markup(
    "Checked in the reference: whether the grade of the day before matters as well, p = {}; whether the days since "
    "onset do, p = {}. A small p speaks against the model; a large one, with so few patients, does not speak for "
    "it."
)
ENDED = Markup(
    "Whoever is no longer assessed is taken to go on like those who still are. Patients are discharged when they "
    "are well and moved when they are not, so this can err in either direction. A gap of up to {} has the grade "
    "before it ({} of the reference's days), and after a longer one nothing counts ({} of its courses)."
)
CARE = Markup(
    "Care: {} of the reference patients and {} of the treated had a systemic corticosteroid; the expected "
    "course is that of the reference patients' care, not of no care."
)
NOT_GIVEN = Markup(
    "No record says that a reference patient was given {} ({}); where the reference records no routes, nothing is "
    "known of it."
)
SCORED = (
    "For a baseline grade of {} the finish line is an ICE score, which daily grades do not show: a day of grade {} "
    "stands for it, observed and expected."
)
ONE_RECORDED = (
    "{} the clinic's grades alone, the other cohort grades derived from signs; whether they mean the same cannot be "
    "checked."
)
BOTH_RECORDED = "Both cohorts have the clinics' grades alone; whether they mean the same cannot be checked."
SOME_RECORDED = "Some grades are the clinic's alone, without signs; whether they mean the same cannot be checked."
FEW = Markup(
    "From grade {} the model rests on {} of the reference: what is expected from there is little more than the prior."
)
BEYOND = Markup(
    "The reference was followed to {} from onset at most; of later days the model knows only what it carries over "
    "from earlier ones. The latest first course was {} from onset."
)
NO_DEATH = Markup("No reference patient is recorded to have died while followed ({}), so nobody is expected to.")


def row_of(
    numbers: Numbers, variable: str, statistic: str, group: str = TREATED, level: str | None = None
) -> Result | None:
    """Give a row of this analysis; by default about the treated."""
    return numbers.find(ANALYSIS, variable, statistic, group=group, level=level)


def levels_of(numbers: Numbers, variable: str, statistic: str, group: str) -> list[Result]:
    """Give the rows of a variable, one a level."""
    own = numbers.matching(ANALYSIS, variable)
    return [row for row in own if row.statistic == statistic and row.group == group and row.level is not None]


def assumptions(numbers: Numbers, protocol: Protocol, asked: NaturalHistory) -> list[Markup | str]:
    """Say what the comparison takes for granted, and what is known against it.

    Parameters
    ----------
    numbers
        The results.
    protocol
        Definitions of the study.
    asked
        What it asks of the reference cohort.
    """
    sentences: list[Markup | str] = [
        CHOSEN,
        *_policies(numbers, protocol),
        *_scales(numbers),
        BANDED if asked.bands_days else MARKOV,
        _checks(numbers),
        _ends(numbers, asked),
        *_scores(protocol),
        *_thin(numbers),
        *_reach(numbers, asked),
        *_deaths(numbers),
    ]
    return [sentence for sentence in sentences if sentence]


def _policies(numbers: Numbers, protocol: Protocol) -> list[Markup]:
    steroid = row_of(numbers, "corticosteroid", "percent", REFERENCE)
    own = row_of(numbers, "corticosteroid", "percent")
    given = row_of(numbers, "intervention", "n", REFERENCE)
    said = []
    if steroid is not None and own is not None:
        said.append(CARE.format(numbers.one(steroid), numbers.one(own)))
    if given is not None and given.value:
        said.append(
            Markup("{} of the reference patients were themselves given {}; they are in the model.").format(
                numbers.one(given), protocol.intervention.name
            )
        )
    elif given is not None:
        said.append(NOT_GIVEN.format(protocol.intervention.name, numbers.one(given)))
    return said


def _scales(numbers: Numbers) -> list[str]:
    named = {group: {row.level for row in levels_of(numbers, "scale", "n", group)} for group in (TREATED, REFERENCE)}
    only = [group for group, scales in named.items() if scales == {RECORDED}]
    if len(only) == 2:
        return [BOTH_RECORDED]
    if only:
        side = "The reference has" if only == [REFERENCE] else "The treated have"
        return [ONE_RECORDED.format(side)]
    if RECORDED in named[TREATED] | named[REFERENCE]:
        return [SOME_RECORDED]
    return []


def _checks(numbers: Numbers) -> Markup | str:
    before, days = (
        row_of(numbers, variable, "p_value", REFERENCE) for variable in ("previous_state", "days_from_onset")
    )
    if before is None or days is None:
        return ""
    return CHECKED.format(numbers.one(before), numbers.one(days))


def _ends(numbers: Numbers, asked: NaturalHistory) -> Markup:
    bridged, cut = (row_of(numbers, "steps", statistic, REFERENCE) for statistic in ("bridged", "cut"))
    return ENDED.format(counted(asked.carry_days, "day"), numbers.one(bridged), numbers.one(cut))


def _scores(protocol: Protocol) -> list[str]:
    scored = [rule for rule in protocol.remission.rules if rule.grade is None]
    grades = sorted({grade for rule in scored for grade in rule.baseline})
    if not grades:
        return []
    which = " or ".join(f"{grade}" for grade in grades)
    line = scored[0].grade_without_ice or 0
    return [SCORED.format(which, line)]


def _thin(numbers: Numbers) -> list[Markup]:
    starts = {row.level for row in levels_of(numbers, "remission_from", "n", TREATED)}
    found = []
    for row in levels_of(numbers, "transition", "percent", REFERENCE):
        origin, _, destination = (row.level or "").partition(" to ")
        if destination.partition(",")[0] == "0" and row.n < THIN and f"grade {origin}" in starts:
            steps = numbers.show(counted(row.n, "step"), [row])
            found.append(FEW.format(origin, steps))
    return found


def _reach(numbers: Numbers, asked: NaturalHistory) -> list[Markup]:
    last = row_of(numbers, "steps", "last_day", REFERENCE)
    latest = row_of(numbers, "start_day", "max")
    if last is None or latest is None or last.value is None or latest.value is None:
        return []
    if latest.value + asked.horizon_days <= last.value:
        return []
    return [BEYOND.format(numbers.one(last), numbers.one(latest))]


def _deaths(numbers: Numbers) -> list[Markup]:
    deaths = row_of(numbers, "death", "n", REFERENCE)
    if deaths is None or deaths.value:
        return []
    return [NO_DEATH.format(numbers.one(deaths))]
