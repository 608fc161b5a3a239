"""The treated against the course of a reference cohort: the question, the numbers, and what they rest on."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from icans.counts import named
from icans.protocol import Protocol
from icans.protocols.natural_history import NaturalHistory
from icans.report import tables
from icans.report.blocks import bullets, details, paragraph
from icans.report.natural_history_limits import (
    ANALYSIS,
    RECORDED,
    REFERENCE,
    TREATED,
    assumptions,
    levels_of,
    row_of,
)
from icans.report.numbers import Numbers
from icans.report.tables import Row
from icans.results import display
from icans.results.display import time_point
from icans.results.rows import Result

SECTION = "natural-history"
TITLE = "Against the course of a reference cohort"
MADE_UP = (
    "This section is made from synthetic records. It shows how the comparison is done. Its numbers describe nobody and "
    "are no evidence for or against any treatment."
)


def natural_history(numbers: Numbers, protocol: Protocol, figures: Sequence[Markup]) -> list[Markup]:
    """Write the section; nothing where the protocol names no reference cohort.

    Parameters
    ----------
    numbers
        The results.
    protocol
        Definitions of the study.
    figures
        The figure of this section, ready to be set, or why there is none.
    """
    asked = protocol.natural_history
    if asked is None:
        return []
    made_up = protocol.study.synthetic
    blocks = [
        paragraph(Markup("<strong>{}</strong>").format(MADE_UP)) if made_up else Markup(""),
        paragraph(_question(numbers)),
        _summary(numbers, asked),
        *figures,
        _by_day(numbers),
        _by_start(numbers, asked),
        paragraph(Markup("<b>What the two cohorts share, and what they do not.</b>")),
        _cohorts(numbers),
        paragraph(Markup("<b>What this rests on.</b>")),
        bullets(assumptions(numbers, protocol, asked)),
        details("The model: steps of the reference cohort from one day to the next", _model(numbers)),
        details("Each treated patient", _each(numbers, asked)),
    ]
    return [block for block in blocks if block]


def _question(numbers: Numbers) -> Markup:
    title = next(iter(levels_of(numbers, "reference", "n", REFERENCE)), None)
    return Markup(
        "ICANS also resolves by itself and under systemic care. Here the treated are held against what their grades "
        "would have done had they gone on, from the grade of the day of the first course, as those of {} {} with "
        "ICANS of a reference cohort did ({}). A difference is the intervention, chance, or anything else in which the "
        "two cohorts differ."
    ).format(
        numbers.one(title),
        named(None if title is None else title.value, "patient"),
        "not available" if title is None else title.level,
    )


def _summary(numbers: Numbers, asked: NaturalHistory) -> Markup:
    level = time_point(asked.horizon_days, "days")

    def own(statistic: str) -> Result | None:
        return row_of(numbers, "remission", statistic, level=level)

    n = own("n")
    if n is None or not n.value:
        return paragraph("No treated patient can be held against the reference cohort: the reasons are given below.")
    seen = Markup("By {}, {} of {} had reached their finish line").format(
        level, numbers.one(own("events")), numbers.one(n)
    )
    lost = own("lost")
    if lost is not None and lost.value:
        seen += Markup(" ({} were not followed so long; allowing for that {})").format(
            numbers.one(lost), numbers.share(own("percent"))
        )
    expected = Markup(
        "; the reference cohort leads to expect {} ({}, {} for the uncertainty of the model). Observed minus expected "
        "is {} percentage points ({} for both uncertainties)."
    ).format(
        _count(numbers, own("expected")),
        numbers.share(own("expected_percent")),
        _interval(numbers, own("expected_low"), own("expected_high")),
        _count(numbers, own("difference")),
        _interval(numbers, own("difference_low"), own("difference_high"), 1),
    )
    return paragraph(
        seen + expected + _chance(numbers, own("predicted_low"), own("predicted_high"), own("as_many_or_more"))
    )


def _chance(numbers: Numbers, low: Result | None, high: Result | None, chance: Result | None) -> Markup:
    if low is None or high is None or chance is None or low.value is None:
        return Markup("")
    return Markup(
        " If the reference applied to them, {} to {} remissions would be expected 95 times in 100, and at least as "
        "many as were seen with a probability of {}."
    ).format(numbers.one(low), numbers.one(high), numbers.share(chance))


def _count(numbers: Numbers, row: Result | None) -> Markup:
    if row is None or row.value is None:
        return numbers.one(row)
    return numbers.show(display.number(row.value, 1), [row])


def _interval(numbers: Numbers, low: Result | None, high: Result | None, digits: int | None = None) -> Markup:
    if low is None or high is None:
        return Markup("")
    if low.value is None or high.value is None:
        return numbers.show("no interval", [low, high])
    unit = "" if low.unit == "percentage points" else low.unit
    return numbers.show(display.interval(low.value, high.value, unit, digits), [low, high])


def _with_interval(numbers: Numbers, level: str, value: str, limits: tuple[str, str], digits: int = 1) -> Markup:
    row, low, high = (row_of(numbers, "remission", name, level=level) for name in (value, *limits))
    if row is None or row.value is None:
        return numbers.one(row)
    written = display.number(row.value, digits) + ("%" if row.unit == "%" else "")
    return Markup("{} ({})").format(numbers.show(written, [row]), _interval(numbers, low, high, digits))


def _by_day(numbers: Numbers) -> Markup:
    rows = []
    for row in levels_of(numbers, "remission", "n", TREATED):
        level = row.level or ""
        low, high = (row_of(numbers, "remission", name, level=level) for name in ("predicted_low", "predicted_high"))
        events, expected = (row_of(numbers, "remission", name, level=level) for name in ("events", "expected"))
        cells = (
            Markup("{} of {}: {}").format(
                numbers.one(events), numbers.one(row), _with_interval(numbers, level, "percent", ("ci_low", "ci_high"))
            ),
            Markup("{}: {}").format(
                _count(numbers, expected),
                _with_interval(numbers, level, "expected_percent", ("expected_low", "expected_high")),
            ),
            _interval(numbers, low, high, 0),
            _with_interval(numbers, level, "difference", ("difference_low", "difference_high")),
            _with_interval(numbers, level, "ratio", ("ratio_low", "ratio_high"), 2),
        )
        rows.append(Row(f"By {level}", cells))
    columns = (
        "Observed (95% interval)",
        "Expected (95% interval of the model)",
        "Predicted number, 95 in 100",
        "Difference, percentage points (95% interval)",
        "Ratio (95% interval)",
    )
    note = (
        "Remission here is the first day after that of the first course whose worst grade is at or below the finish "
        "line, for both cohorts alike; elsewhere in this report it is the first such assessment and comes earlier. "
        "Difference and ratio carry the uncertainty of the model and of the treated."
    )
    return tables.block("table-natural-history", "Observed against expected remission", columns, rows, note)


def _by_start(numbers: Numbers, asked: NaturalHistory) -> Markup:
    rows = []
    for n in levels_of(numbers, "remission_from", "n", TREATED):
        events, expected = (row_of(numbers, "remission_from", s, level=n.level) for s in ("events", "expected"))
        rows.append(Row((n.level or "").capitalize(), (numbers.one(n), numbers.one(events), _count(numbers, expected))))
    left = [row for row in levels_of(numbers, "not_judged", "n", TREATED) if row.value]
    rows += [Row(f"Not judged: {row.level}", (numbers.one(row), Markup(""), Markup(""))) for row in left]
    title = f"By the grade of the day of the first course, within {time_point(asked.horizon_days, 'days')}"
    return tables.block("table-natural-start", title, ("Treated", "Remissions seen", "Expected"), rows)


def _cohorts(numbers: Numbers) -> Markup:
    groups = (TREATED, REFERENCE)
    described = tuple(
        numbers.one(row_of(numbers, "patients", "n", group, "described" if group == REFERENCE else None))
        for group in groups
    )
    rows = [Row("Patients", described), Row("Onset after infusion, median (range)", _onsets(numbers))]
    for variable, title in (
        ("highest_grade", "Highest grade of a day"),
        ("product", "Product"),
        ("scale", "Graded by"),
    ):
        levels = dict.fromkeys(row.level for group in groups for row in levels_of(numbers, variable, "n", group))
        rows.append(Row(title))
        for level in levels:
            cells = tuple(
                Markup("–")
                if row_of(numbers, variable, "n", group, level) is None
                else _shared(numbers, variable, group, level)
                for group in groups
            )
            words = "the clinic, scale not said" if level == RECORDED else str(level)
            rows.append(Row(words, cells, indented=True))
    for variable, title in (
        ("corticosteroid", "Systemic corticosteroid"),
        ("intervention", "Given the intervention"),
        ("death", "Died before observation ended"),
    ):
        rows.append(Row(title, tuple(_shared(numbers, variable, group, None) for group in groups)))
    note = "Of the reference, patients with ICANS, on whom the model rests. Nothing else is known to be alike."
    return tables.block("table-natural-cohorts", "The two cohorts", ("Treated", "Reference"), rows, note)


def _onsets(numbers: Numbers) -> tuple[Markup, ...]:
    return tuple(tables.described(numbers, ANALYSIS, "onset_day", group) for group in (TREATED, REFERENCE))


def _shared(numbers: Numbers, variable: str, group: str, level: str | None) -> Markup:
    count, share = (row_of(numbers, variable, statistic, group, level) for statistic in ("n", "percent"))
    if count is None or count.value is None:
        return numbers.one(count)
    if share is None:
        return Markup("{} {}").format(numbers.one(count), named(count.value, "assessment"))
    return numbers.show(display.count_percent(count.value, share.value), (count, share))


def _model(numbers: Numbers) -> Markup:
    cells: dict[str, dict[str, Markup]] = {}
    for share in levels_of(numbers, "transition", "percent", REFERENCE):
        origin, _, rest = (share.level or "").partition(" to ")
        destination, _, band = rest.partition(", ")
        count = row_of(numbers, "transition", "n", REFERENCE, share.level)
        name = f"{origin}{f' ({band})' if band else ''}"
        shown = Markup("–") if share.value is None else numbers.show(display.percent(share.value, 0), [share])
        cells.setdefault(name, {})[destination] = Markup("{} [{}]").format(shown, numbers.one(count))
    if not cells:
        return Markup("")
    columns = list(next(iter(cells.values())))
    rows = [Row(f"From {origin}", tuple(own[column] for column in columns)) for origin, own in cells.items()]
    note = "Probability of the next day's grade, and in brackets the steps seen. A few imagined steps keep it above 0."
    return tables.block(
        "table-natural-model", "From each grade to the next day's", [f"to {name}" for name in columns], rows, note
    )


def _each(numbers: Numbers, asked: NaturalHistory) -> Markup:
    rows = []
    for start in levels_of(numbers, "patient", "start_grade", TREATED):
        expected, seen = (
            row_of(numbers, "patient", name, level=start.level) for name in ("expected_percent", "observed")
        )
        cells = (
            numbers.show(display.number(start.value or 0.0, 0), [start]),
            numbers.show(display.percent(expected.value, 0), [expected])
            if expected and expected.value is not None
            else numbers.one(expected),
            numbers.one(seen) if seen is None or seen.value is not None else numbers.show(str(seen.reason), [seen]),
        )
        rows.append(Row(str(start.level), cells))
    columns = (
        "Grade of the day of the first course",
        f"Expected to reach the finish line by {time_point(asked.horizon_days, 'days')}",
        "Reached after",
    )
    return tables.block("table-natural-each", "Each treated patient", columns, rows) if rows else Markup("")
