"""The target trial: the question, its elements, the estimates, and what they rest on."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from icans.counts import counted
from icans.protocol import Protocol
from icans.protocols.target_trial import TargetTrial
from icans.report import tables
from icans.report.blocks import bullets, details, paragraph
from icans.report.numbers import Numbers
from icans.report.tables import Row
from icans.report.target_trial_elements import assumptions, elements
from icans.report.words import label
from icans.results import display
from icans.results.display import time_point
from icans.results.rows import Result
from icans.results.trial_names import ANALYSIS, strategies

SECTION = "target-trial"
TITLE = "A trial emulated with the records"
FIGURES = ("target_trial", "target_trial_diagnostics")
MADE_UP = (
    "The records are synthetic: this shows how such a trial is emulated, describes nobody, and is no evidence for or "
    "against any treatment."
)
NO_CLAIM = (
    "This is not a trial. It states what the records would say of one if the assumptions below held, and recommends no "
    "treatment."
)


def target_trial(numbers: Numbers, protocol: Protocol, figures: Sequence[Markup]) -> list[Markup]:
    """Write the section; nothing where the protocol states no trial.

    Parameters
    ----------
    numbers
        The results.
    protocol
        Definitions of the study.
    figures
        The curves and the diagnostics, ready to be set, or why there are none.
    """
    asked = protocol.target_trial
    if asked is None:
        return []
    curves, diagnostics = figures
    blocks = [
        paragraph(Markup("<strong>{}</strong>").format(MADE_UP)) if protocol.study.synthetic else Markup(""),
        paragraph(_question(protocol, asked)),
        _summary(numbers, protocol, asked),
        paragraph(NO_CLAIM),
        _elements(numbers, protocol, asked),
        curves,
        _estimates(numbers, protocol, asked),
        paragraph(Markup("<b>What this rests on.</b>")),
        bullets(assumptions(numbers, protocol, asked)),
        diagnostics,
        details("Who could be treated and who was, weights, and the model of treatment", _behind(numbers, protocol)),
    ]
    return [block for block in blocks if block]


def _question(protocol: Protocol, asked: TargetTrial) -> str:
    return (
        f"What would have become of patients with ICANS of grade {asked.grade} or more had all of them been given "
        f"{protocol.intervention.name} within {counted(asked.grace_days, 'day')}, and what had none of them? Who was "
        "treated in truth had to live in ICANS long enough for it and was chosen for it. The trial that would answer "
        "the question is written down here, and emulated."
    )


def _summary(numbers: Numbers, protocol: Protocol, asked: TargetTrial) -> Markup:
    levels = [time_point(day, "days") for day in asked.days]
    found = {level: numbers.find(ANALYSIS, "risk_difference", "estimate", level=level) for level in levels}
    estimated = [level for level, row in found.items() if row is not None and row.value is not None]
    last = found[levels[-1]]
    reason = last.reason if last is not None else "nobody was eligible"
    if not estimated:
        return paragraph(Markup("<strong>The trial could not be emulated:</strong> {}.").format(reason))
    level = estimated[-1]
    names = strategies(protocol)
    parts = [
        Markup("{} with {}").format(_with_interval(numbers, asked.outcome, level, group), name)
        for group, name in names.items()
    ]
    said = Markup(
        "By {}, from {} eligible episodes, the weighted incidence is {}: a difference of {} percentage points. "
    )
    said = said.format(
        level,
        numbers.one(numbers.find(ANALYSIS, "eligible", "episodes")),
        Markup(" and ").join(parts),
        _with_interval(numbers, "risk_difference", level, None),
    )
    low = numbers.find(ANALYSIS, "risk_difference", "ci_low", level=level)
    if low is not None and low.value is None:
        said += Markup("It has no interval ({}), so nothing tells it from chance. ").format(low.reason)
    days = Markup(
        "Of the first {}, the mean spent without the outcome differs by {}, the first strategy less the second."
    ).format(level, _with_interval(numbers, "mean_days_difference", level, None))
    if level != levels[-1]:
        days += Markup(" By {} there is no estimate: {}.").format(levels[-1], reason)
    return paragraph(said + days)


def _elements(numbers: Numbers, protocol: Protocol, asked: TargetTrial) -> Markup:
    columns = ("The trial that would answer it", "Its emulation")
    return tables.block("table-target-trial", "The target trial", columns, elements(numbers, protocol, asked))


def _estimates(numbers: Numbers, protocol: Protocol, asked: TargetTrial) -> Markup:
    rows = []
    for day in asked.days:
        level = time_point(day, "days")
        arms = [_with_interval(numbers, asked.outcome, level, group) for group in strategies(protocol)]
        effects = [_with_interval(numbers, f"risk_{kind}", level, None) for kind in ("difference", "ratio")]
        rows.append(Row(f"By {level}", (*arms, *effects)))
        plain = f"{asked.outcome}_without_weights"
        bare = [_with_interval(numbers, plain, level, group) for group in strategies(protocol)]
        gap = _with_interval(numbers, "risk_difference_without_weights", level, None)
        rows.append(Row("without weights", (*bare, gap, Markup("")), indented=True))
    if asked.outcome != "death":
        level = time_point(asked.days[-1], "days")
        arms = [_with_interval(numbers, "death", level, group) for group in strategies(protocol)]
        rows.append(Row(f"Dead without it by {level}", (*arms, Markup(""), Markup(""))))
    columns = (*(name[:1].upper() + name[1:] for name in strategies(protocol).values()), "Difference, points", "Ratio")
    note = (
        "Weighted cumulative incidence of the outcome with 95% bootstrap intervals over patients. Without weights: the "
        "clones as they are, which still carries the choice of whom to treat."
    )
    shown = (asked.outcome, f"{asked.outcome}_without_weights", "risk_difference", "risk_ratio", "death")
    reasons = [row.reason for variable in shown for row in numbers.matching(ANALYSIS, variable) if row.reason]
    note += "".join(f" Not to be had: {reason}." for reason in dict.fromkeys(reasons))
    return tables.block("table-target-trial-estimates", "The outcome under each strategy", columns, rows, note)


def _behind(numbers: Numbers, protocol: Protocol) -> Markup:
    return _treated(numbers) + _strategies(numbers, protocol) + _weights(numbers, protocol) + _model(numbers)


def _treated(numbers: Numbers) -> Markup:
    levels = dict.fromkeys(row.level or "" for row in numbers.matching(ANALYSIS, "positivity"))
    rows = []
    for level in levels:
        found = {
            name: numbers.find(ANALYSIS, "positivity", name, level=level)
            for name in ("patient_days", "treated", "percent")
        }
        share = found["percent"]
        percent = numbers.one(share) if share is None or share.value is None else _shown(numbers, share, 1, "%")
        cells = (numbers.one(found["patient_days"]), numbers.one(found["treated"]), percent)
        rows.append(Row(level[:1].upper() + level[1:], cells))
    columns = ("Untreated patient-days", "Treated on them", "Percent")
    return tables.block("table-positivity", "Who could be treated in the grace period, and who was", columns, rows)


def _strategies(numbers: Numbers, protocol: Protocol) -> Markup:
    names = strategies(protocol)
    words = {
        "clones": "Clones",
        "departed": "censored where the records depart from the strategy",
        "kept": "kept to the strategy",
        "events": "with the outcome",
        "competing": "died without it",
    }
    rows = [
        Row(
            text,
            tuple(numbers.one(numbers.find(ANALYSIS, "strategy", name, group=group)) for group in names),
            indented=name != "clones",
        )
        for name, text in words.items()
    ]
    return tables.block("table-strategies", "What became of the clones", tuple(names.values()), rows)


def _weights(numbers: Numbers, protocol: Protocol) -> Markup:
    rows = []
    for group, name in strategies(protocol).items():
        own = [row for row in numbers.matching(ANALYSIS, "weights") if row.group == group]
        levels = list(dict.fromkeys(row.level for row in own if row.level))
        rows.append(Row(name[:1].upper() + name[1:]))
        for level in levels:
            found = [
                numbers.find(ANALYSIS, "weights", s, group=group, level=level)
                for s in ("n", "mean", "min", "max", "effective_n")
            ]
            cells = [_shown(numbers, row, digits) for row, digits in zip(found, (0, 2, 2, 2, 1), strict=True)]
            rows.append(Row(f"after {level}", tuple(cells), indented=True))
        cut = numbers.find(ANALYSIS, "weights", "truncated", group=group)
        largest = numbers.find(ANALYSIS, "weights", "largest", group=group)
        if cut is not None:
            cells = [_shown(numbers, cut, 0), Markup(""), Markup(""), _shown(numbers, largest, 2), Markup("")]
            rows.append(Row("truncated, and largest before", tuple(cells), indented=True))
    columns = ("Clones left", "Mean weight", "Smallest", "Largest", "Effective number")
    note = "Effective number: how many clones of equal weight would be as precise."
    return tables.block("table-weights", "Weights", columns, rows, note)


def _model(numbers: Numbers) -> Markup:
    rows = []
    for row in numbers.matching(ANALYSIS, "odds_of_treatment"):
        balance = [
            numbers.find(ANALYSIS, "balance", "standardised_difference", group=group, level=row.level)
            for group in ("unweighted", "weighted")
        ]
        cells = [_shown(numbers, one, 2) for one in (row, *balance)]
        rows.append(Row(label(row.level or ""), tuple(cells)))
    columns = ("Odds of treatment, times", "Difference before weighting", "after weighting")
    note = (
        "Odds of being treated on a day for one more of it (for yes against no), the others equal. Differences at "
        "eligibility, in standard deviations, between those who kept to each strategy."
    )
    return tables.block("table-treatment-model", "The model of treatment, and balance", columns, rows, note)


def _with_interval(numbers: Numbers, variable: str, level: str, group: str | None) -> Markup:
    value = numbers.find(ANALYSIS, variable, "estimate", group=group, level=level)
    value = value or numbers.find(ANALYSIS, variable, "incidence", group=group, level=level)
    low, high = (numbers.find(ANALYSIS, variable, name, group=group, level=level) for name in ("ci_low", "ci_high"))
    if value is None:
        return Markup("")
    if value.value is None:
        return numbers.show("no estimate", [value])
    digits = 2 if variable in {"risk_ratio", "mean_days_difference"} else 1
    unit = {"%": "%", "days": " days"}.get(value.unit, "")
    text = f"{display.number(value.value, digits)}{unit}"
    if low is None or high is None:
        return numbers.show(text, [value])
    if low.value is None or high.value is None:
        return Markup("{} ({})").format(numbers.show(text, [value]), numbers.show("no interval", [low]))
    limits = f"{display.number(low.value, digits)} to {display.number(high.value, digits)}"
    return Markup("{} ({})").format(numbers.show(text, [value]), numbers.show(limits, [low, high]))


def _shown(numbers: Numbers, row: Result | None, digits: int, unit: str = "") -> Markup:
    if row is None or row.value is None:
        return numbers.one(row)
    return numbers.show(f"{display.number(row.value, digits)}{unit}", [row])
