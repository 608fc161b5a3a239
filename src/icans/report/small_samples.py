"""The remission rate of few patients: against a natural rate, and with missing outcomes counted either way."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from icans.protocol import Protocol
from icans.report import tables
from icans.report.blocks import bullets, paragraph
from icans.report.numbers import Numbers
from icans.report.tables import Row
from icans.results import display
from icans.results.rows import Result

ANALYSIS = "small_samples"
SECTION = "small-samples"
TITLE = "Remission against a stated natural rate"
MADE_UP = "These records are synthetic: the numbers below show how the software works and are no evidence."
STATED = Markup(
    "The protocol states that {} of such patients would reach remission without the intervention ({}). Nothing in this "
    "study checks that rate, and everything below rests on it and takes it as certain."
)
CONFOUNDED = Markup(
    "The rate seen is {} times the stated one ({}). For the patients treated here to have done so well without the "
    "intervention, something not measured (that they were chosen because they were getting better, say) would have to "
    "make remission at least {} times as likely and be at least {} times as common among them; to bring the nearer "
    "limit of the interval to the stated rate, {} times."
)
NO_DIFFERENCE = Markup("The rate seen is {} times the stated one ({}): there is no difference to explain.")
WITHOUT_MISSING = Markup(
    "No outcome is missing: all of the {} evaluable had a finish line and an assessment after the first course."
)
MISSING = Markup(
    "The outcome of {} is missing. The table counts more and more of them as remissions; a conclusion that depends on "
    "how they are counted is not one."
)
TIPS = Markup("The interval comes to say something else once {} of them are counted as remissions.")
VERDICTS = {1: "above the natural rate", 0: "does not exclude it", -1: "below the natural rate"}


def small_samples(numbers: Numbers, protocol: Protocol, figures: Sequence[Markup]) -> list[Markup]:
    """Write the section; nothing where the protocol states no natural rate.

    Parameters
    ----------
    numbers
        The results.
    protocol
        Definitions of the study.
    figures
        The figure of this section, ready to be set, or why there is none.
    """
    asked = protocol.small_samples
    if asked is None:
        return []
    rate = numbers.share(numbers.find(ANALYSIS, "natural_rate", "percent"))
    blocks = [
        paragraph(Markup("<strong>{}</strong>").format(MADE_UP)) if protocol.study.synthetic else Markup(""),
        paragraph(STATED.format(rate, asked.natural_rate_source)),
        *figures,
        _rates(numbers),
        bullets([_confounding(numbers), *_missing(numbers)]),
        _counted(numbers),
    ]
    return [block for block in blocks if block]


def _limits(numbers: Numbers, low: Result | None, high: Result | None) -> Markup:
    if low is None or high is None or low.value is None or high.value is None:
        return numbers.one(low)
    digits = 1 if low.unit == "%" else 2
    return numbers.show(display.interval(low.value, high.value, low.unit, digits), [low, high])


def _rates(numbers: Numbers) -> Markup:
    parts = ("percent", "ci_low", "ci_high")
    value, low, high = (numbers.find("remission", "remission", part) for part in parts)
    rows = [Row("Without a prior, exact interval", (numbers.share(value), _limits(numbers, low, high), Markup("")))]
    levels = dict.fromkeys(row.level for row in numbers.matching(ANALYSIS, "remission"))
    for level in levels:
        mean, low, high = (numbers.find(ANALYSIS, "remission", part, level=level) for part in parts)
        above = numbers.find(ANALYSIS, "remission", "above_natural", level=level)
        cells = (numbers.share(mean), _limits(numbers, low, high), numbers.share(above))
        rows.append(Row(f"{level}".capitalize(), cells))
    columns = ("Remission rate", "95% interval", "Probability that it exceeds the natural rate")
    note = "With a prior: posterior mean and equal-tailed credible interval. A prior weighs as much as its two numbers."
    return tables.block("table-small-samples", "The remission rate, with and without a prior", columns, rows, note)


def _confounding(numbers: Numbers) -> Markup:
    names = ("ratio", "ci_low", "ci_high", "e_value", "e_value_limit")
    ratio, low, high, needed, limit = (numbers.find(ANALYSIS, "ratio_to_natural", name) for name in names)
    if ratio is None or ratio.value is None or needed is None or needed.value is None:
        return numbers.one(ratio if ratio is None or ratio.value is None else needed)
    shown = numbers.show(display.number(ratio.value, 2), [ratio])
    if needed.value == 1 or ratio.value < 1:
        return NO_DIFFERENCE.format(shown, _limits(numbers, low, high))
    strength = numbers.show(display.number(needed.value, 1), [needed])
    nearer = (
        Markup("") if limit is None or limit.value is None else numbers.show(display.number(limit.value, 1), [limit])
    )
    return CONFOUNDED.format(shown, _limits(numbers, low, high), strength, strength, nearer)


def _missing(numbers: Numbers) -> list[Markup]:
    known, missing, tips = (numbers.find(ANALYSIS, "missing_outcome", name) for name in ("n", "missing", "tips"))
    if missing is None or not missing.value:
        return [WITHOUT_MISSING.format(numbers.one(known))]
    said = [MISSING.format(numbers.one(missing))]
    if tips is not None and tips.value is not None:
        return [*said, TIPS.format(numbers.one(tips))]
    return (
        said if tips is None else [*said, numbers.show(f"{tips.reason}."[:1].upper() + f"{tips.reason}."[1:], [tips])]
    )


def _counted(numbers: Numbers) -> Markup:
    rows = []
    own = numbers.matching(ANALYSIS, "missing_outcome")
    for level in dict.fromkeys(row.level for row in own if row.level):
        value, low, high, verdict = (
            numbers.find(ANALYSIS, "missing_outcome", name, level=level)
            for name in ("percent", "ci_low", "ci_high", "verdict")
        )
        if verdict is not None and verdict.value is not None:
            words = numbers.show(VERDICTS[int(verdict.value)], [verdict])
            rows.append(Row(f"{level} in remission", (numbers.share(value), _limits(numbers, low, high), words)))
    columns = ("Remission rate", "Exact 95% interval", "The interval")
    return tables.block("table-missing", "Missing outcomes counted as remissions", columns, rows)
