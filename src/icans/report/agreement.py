"""How far grades agree: the clinic's with the signs', and those of several scales with each other."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from icans.report import tables
from icans.report.blocks import bullets, paragraph
from icans.report.numbers import Numbers
from icans.report.tables import Row
from icans.results import display
from icans.results.rows import Result

ANALYSIS = "agreement"
TOXICITIES = {"icans": "ICANS", "crs": "CRS"}
MEANING = (
    "A grade is what a rule makes of the signs, so two scales can give one patient at one bedside two grades. Below, "
    "every assessment of this study was graded by each scale. The first comparison is of assessments; the second is of "
    "each patient's highest grade after infusion, which is what a trial reports and what a threshold for treatment or "
    "an endpoint such as severe ICANS is read from. A patient who changes severity group would be counted differently "
    "under the other scale although nothing about the patient is different."
)
KAPPA = (
    "Same grade: the exact agreement. Weighted kappa takes off what two scales would share by chance and counts a "
    "difference by the square of the grades between: 1 is full agreement, 0 is chance. Where nearly everyone has grade "
    "0, chance alone agrees often and kappa can be low beside a high percentage. The interval of assessments takes "
    "them as independent, which those of one patient are not, and is too narrow; that of patients is not. After the "
    "patients who change severity group: by the scale that moved them up, the signs that earned their grade; one "
    "patient can count under several."
)


def recorded(numbers: Numbers) -> Markup:
    """Give the table of recorded against derived grades; nothing where the study does not have both."""
    rows = [
        Row(words, _cells(numbers, toxicity, None))
        for toxicity, words in TOXICITIES.items()
        if numbers.find(ANALYSIS, f"{toxicity}_grade", "n") is not None
    ]
    title = "The clinic's grade against the grade of the recorded signs"
    differ = any(
        row.value
        for row in numbers.matching(ANALYSIS)
        if row.group is None and row.variable.endswith("_grade") and row.statistic in {"disagree", "outside"}
    )
    note = "discordant.csv lists the assessments on which they differ." if differ else ""
    return _table("table-agreement", title, rows, note)


def between_scales(numbers: Numbers, figures: Sequence[Markup]) -> list[Markup]:
    """Give the words, the figures, the table and what could not be compared, of scales against each other."""
    rows: list[Row] = []
    reasons: dict[str, Result] = {}
    for toxicity, words in TOXICITIES.items():
        own = [row for row in numbers.matching(ANALYSIS, f"{toxicity}_grade") if row.group]
        compared = [row for row in own if row.statistic == "n" and row.level is None]
        reasons |= {row.reason: row for row in compared if row.reason}
        groups = [row.group for row in compared if row.value is not None]
        if groups:
            rows.append(Row(words))
            rows += [Row(str(group), _cells(numbers, toxicity, group), indented=True) for group in groups]
    blocks = [paragraph(MEANING)] if rows else []
    table = _table("table-scales", "Agreement between scales", rows, KAPPA)
    lacks = [row for row in numbers.matching("scales") if row.statistic == "columns_lacking"]
    said = [numbers.show(reason, [row]) for reason, row in reasons.items()]
    said += [Markup("{}: {} {}.").format(row.level or "", numbers.one(row), row.method) for row in lacks]
    missing = bullets(said) if said else Markup("")
    return [*blocks, *figures, *(block for block in (table, missing) if block)]


def _table(identity: str, title: str, rows: Sequence[Row], note: str) -> Markup:
    columns = (
        "Assessments: same grade",
        "Weighted kappa (95% interval)",
        "Patients' highest grade: same",
        "Weighted kappa (95% interval)",
        "Patients who change severity group",
    )
    return tables.block(identity, title, columns, rows, note)


def _cells(numbers: Numbers, toxicity: str, group: str | None) -> tuple[Markup, ...]:
    cells: list[Markup] = []
    for variable in (f"{toxicity}_grade", f"{toxicity}_max_grade"):
        cells += (_same(numbers, variable, group), _kappa(numbers, variable, group))
    return (*cells, _moved(numbers, toxicity, group))


def _same(numbers: Numbers, variable: str, group: str | None) -> Markup:
    agree, n, share, left = (
        numbers.find(ANALYSIS, variable, statistic, group=group) for statistic in ("agree", "n", "percent", "open")
    )
    if agree is None or n is None or not n.value:
        return numbers.one(share)
    text = Markup("{} of {} ({})").format(numbers.one(agree), numbers.one(n), numbers.one(share))
    if left is None or not left.value:
        return text
    return Markup("{} {}").format(text, numbers.show(f"[{display.number(left.value, 0)} open]", [left]))


def _kappa(numbers: Numbers, variable: str, group: str | None) -> Markup:
    value, low, high = (
        numbers.find(ANALYSIS, variable, f"weighted_kappa{end}", group=group) for end in ("", "_low", "_high")
    )
    if value is None or value.value is None or low is None or high is None:
        return numbers.one(value)
    shown = numbers.show(display.number(value.value, 2), [value])
    if low.value is None or high.value is None:
        return Markup("{} ({})").format(shown, numbers.show("no interval", [low, high]))
    limits = f"{display.number(low.value, 2)} to {display.number(high.value, 2)}"
    return Markup("{} ({})").format(shown, numbers.show(limits, [low, high]))


def _moved(numbers: Numbers, toxicity: str, group: str | None) -> Markup:
    moved, n = (numbers.find(ANALYSIS, f"{toxicity}_severity", s, group=group) for s in ("disagree", "n"))
    if moved is None or n is None:
        return numbers.one(None)
    text = Markup("{} of {}").format(numbers.one(moved), numbers.one(n))
    domains = [
        Markup("{} {}").format(row.level or "", numbers.one(row))
        for row in numbers.matching(ANALYSIS, f"{toxicity}_severity_domain")
        if row.group == group
    ]
    return Markup("{}: {}").format(text, Markup(", ").join(domains)) if domains else text
