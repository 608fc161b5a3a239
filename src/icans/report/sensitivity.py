"""What other definitions would have made of the answer: words, figure, table, and what could not be applied."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from icans.counts import named
from icans.report import tables
from icans.report.blocks import bullets, paragraph
from icans.report.numbers import Numbers
from icans.report.tables import Row
from icans.results import display
from icans.results.claims import Claim
from icans.results.rows import Result
from icans.results.specified import Outcome, Specified
from icans.scales.unconfirmed import unconfirmed

SECTION = "sensitivity"
FIGURE = "specification_curve"
TITLE = "Had the definitions been others"
QUESTION = "Would patients have recovered as often, and as fast, had the study defined its terms in another way?"
STANDARD = (
    "The protocol gives no alternatives of its own; these are the standard ones of this software "
    "(docs/decisions/0070-sensitivity.md)."
)
NO_ADVICE = (
    "No specification is recommended here, and none is more true because it lies in the middle. Definitions belong "
    "into the protocol before anyone has seen the answer; this section shows how much the answer owes to them. All "
    "specifications rest on the same patients: their number makes nothing more certain."
)
PAIRED = (
    "Change, mean (largest): two or more specifications that share all other definitions are compared, and the range "
    "of their answers is taken; the mean over all such sets, the largest in brackets. Median days: from first course "
    "to remission, among responders."
)
NAMED = 20
"""Most specifications named for one reason."""


def blocks(numbers: Numbers, study: Specified, figures: Sequence[Markup], claims: Sequence[Claim] = ()) -> list[Markup]:
    """Give the section: the question, the answer in words, the figure, the table, claims, and what was not applied.

    Parameters
    ----------
    numbers
        The results.
    study
        The study under every specification.
    figures
        The specification curve.
    claims
        What a manuscript states of remission.
    """
    found = [paragraph(QUESTION), paragraph(_answer(numbers, study)), *figures]
    if study.standard:
        found.insert(1, paragraph(STANDARD))
    if study.applicable:
        found.append(_table(numbers, study))
    if held := _claims(numbers, claims):
        found += [paragraph("What is stated of remission, under all these specifications:"), bullets(held)]
    if left_out := _left_out(study):
        found += [paragraph("Combinations that cannot be applied, and why:"), bullets(left_out)]
    if notes := [*unconfirmed(study.scales), *study.notes]:
        found.append(bullets(notes))
    return [*found, paragraph(NO_ADVICE)]


def _answer(numbers: Numbers, study: Specified) -> Markup:
    every, applicable = (numbers.find(SECTION, "specifications", name) for name in ("n", "applicable"))
    words = Markup("The study was computed under {} {} of its definitions, of which {} {} a remission rate. ")
    said = words.format(
        numbers.one(every),
        named(None if every is None else every.value, "combination"),
        numbers.one(applicable),
        named(None if applicable is None else applicable.value, "gives", "give"),
    )
    if not study.applicable:
        return said
    said += Markup(
        "The rate lies between {} and {}, the median time to remission between {} and {}, the number of "
    ).format(
        *(
            numbers.one(numbers.find(SECTION, name, end))
            for name in ("remission", "days_to_remission")
            for end in ("min", "max")
        )
    )
    said += Markup("evaluable patients between {} and {}. ").format(
        *(numbers.one(numbers.find(SECTION, "evaluable", end)) for end in ("min", "max"))
    )
    return said + _own(numbers, study) + _mover(numbers, study)


def _own(numbers: Numbers, study: Specified) -> Markup:
    own = study.own
    if own.reason:
        return Markup("The study's own definitions ({}) give no rate: {}. ").format(own.specification.id, own.reason)
    return Markup("The study's own definitions ({}) give {}. ").format(
        own.specification.id, numbers.one(numbers.find(SECTION, "remission", "percent", level=own.specification.id))
    )


def _mover(numbers: Numbers, study: Specified) -> Markup:
    """Say which definition moves the rate most."""
    ordered = _by_change(numbers, study)
    if not ordered:
        return Markup("")
    title, rate, _ = ordered[0]
    if not rate.value:
        return Markup("No definition, changed alone, moves the rate.")
    return Markup("The rate is moved most by “{}”: changed alone, by {} on average.").format(title, numbers.one(rate))


def _by_change(numbers: Numbers, study: Specified) -> list[tuple[str, Result, str]]:
    """Give each definition's title, its mean change of the rate, and its name, largest change first."""
    found = [
        (one.definition.title, row, one.definition.name)
        for one in study.alternatives
        if (row := numbers.find(SECTION, "remission", "mean_change", level=one.definition.name)) is not None
    ]

    def place(entry: tuple[str, Result, str]) -> tuple[float, float]:
        days = numbers.find(SECTION, "days_to_remission", "mean_change", level=entry[2])
        return -_rounded(entry[1]), -_rounded(days)

    return sorted(found, key=place)


def _rounded(row: Result | None) -> float:
    return -1.0 if row is None or row.value is None else round(row.value, 9)


def _table(numbers: Numbers, study: Specified) -> Markup:
    lowest, highest = study.extremes
    rows = [Row("Specifications")]
    rows += [
        _specification(numbers, study, words, outcome)
        for words, outcome in (
            ("The study's own", study.own),
            ("Lowest rate", lowest),
            ("Highest rate", highest),
        )
        if not outcome.reason
    ]
    rows.append(Row("Change by one definition alone: percentage points, days"))
    for title, _, name in _by_change(numbers, study):
        cells = [_changed(numbers, variable, name) for variable in ("remission", "days_to_remission")]
        rows.append(Row(title, (Markup(""), cells[0], Markup(""), cells[1]), indented=True))
    columns = ("Evaluable", "In remission", "Exact 95% interval", "Median days")
    return tables.block("table-sensitivity", "What the definitions do to the answer", columns, rows, PAIRED)


def _specification(numbers: Numbers, study: Specified, words: str, outcome: Outcome) -> Row:
    level = outcome.specification.id
    label = f"{words}: {level}"
    if differing := _differing(study, outcome):
        label += f" ({differing})"
    evaluable, n, events, percent, low, high = (
        numbers.find(SECTION, variable, statistic, level=level)
        for variable, statistic in (
            ("evaluable", "n"),
            *(("remission", name) for name in ("n", "events", "percent", "ci_low", "ci_high")),
        )
    )
    interval = Markup("")
    if low is not None and high is not None:
        interval = numbers.show(display.interval(low.value, high.value, "%"), [low, high])
    rate = Markup("{} of {} ({})").format(*(numbers.one(row) for row in (events, n, percent)))
    median = numbers.find(SECTION, "days_to_remission", "median", level=level)
    return Row(label, (numbers.one(evaluable), rate, interval, numbers.one(median)), indented=True)


def _differing(study: Specified, outcome: Outcome) -> str:
    """Say what a specification defines otherwise than the study."""
    own = study.own.specification.choices
    return "; ".join(
        f"{one.definition.within} {study.label(outcome, place)}"
        for place, one in enumerate(study.alternatives)
        if outcome.specification.choices[place] != own[place]
    )


def _changed(numbers: Numbers, variable: str, name: str) -> Markup:
    mean, largest = (numbers.find(SECTION, variable, which, level=name) for which in ("mean_change", "largest_change"))
    if mean is None or largest is None or mean.value is None or largest.value is None:
        return numbers.one(mean)
    text = f"{display.number(mean.value, 1)} ({display.number(largest.value, 1)})"
    return numbers.show(text, [mean, largest])


def _claims(numbers: Numbers, claims: Sequence[Claim]) -> list[Markup]:
    stated = {claim.id: claim for claim in claims}
    found = []
    for row in numbers.matching(SECTION, "claims"):
        claim = stated.get(row.level or "")
        words = f"{row.level}: {claim.statistic.replace('_', ' ')} {claim.stated.text}" if claim else row.level or ""
        if row.value is None:
            found.append(Markup("{}: {}").format(words, numbers.one(row)))
        else:
            found.append(Markup("{} holds in {} of {}").format(words, numbers.one(row), row.n))
    return found


def _left_out(study: Specified) -> list[str]:
    reasons: dict[str, list[str]] = {}
    for outcome in study.outcomes:
        if outcome.reason:
            reasons.setdefault(outcome.reason, []).append(outcome.specification.id)
    return [f"{reason}: {_named(study, identities)}" for reason, identities in reasons.items()]


def _named(study: Specified, identities: Sequence[str]) -> str:
    """Name the specifications, and what they all have in common and others have not."""
    shown = ", ".join(identities[:NAMED])
    if len(identities) > NAMED:
        shown += f" and {len(identities) - NAMED} more in specifications.csv"
    alike = _alike(study, set(identities))
    return f"{shown} ({alike})" if alike else shown


def _alike(study: Specified, identities: set[str]) -> str:
    """Say which values all these specifications share and no applicable one has."""
    these = [one.specification.choices for one in study.outcomes if one.specification.id in identities]
    others = [one.specification.choices for one in study.applicable]
    return "; ".join(
        f"{one.definition.within} {one.choices[these[0][place]].label}"
        for place, one in enumerate(study.alternatives)
        if len({choices[place] for choices in these}) == 1
        and not any(choices[place] == these[0][place] for choices in others)
    )
