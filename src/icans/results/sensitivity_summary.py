"""What `icans sensitivity` prints: a few lines that answer the question, and a table of what moves the answer."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from icans.results import display
from icans.results.claims import Claim
from icans.results.rows import Result
from icans.results.sensitivity import ANALYSIS, DAYS, REMISSION
from icans.results.specified import Outcome, Specified

if TYPE_CHECKING:
    from rich.table import Table

STANDARD = (
    "study.toml has no [alternatives]; these are the standard ones (docs/sensitivity.md says how to give your own)."
)
WIDTH_OF_A_FILE = 120
NAMED = 8
"""Most specifications named for one reason."""

Rows = dict[tuple[str, str | None, str], Result]


def summary(study: Specified, results: Sequence[Result], claims: Sequence[Claim] = ()) -> list[str]:
    """Write the answer as lines of text.

    Parameters
    ----------
    study
        The study under every specification.
    results
        Its rows of results.
    claims
        What a manuscript states of remission.
    """
    rows = {(row.variable, row.level, row.statistic): row for row in results if row.analysis == ANALYSIS}
    lines = [STANDARD] if study.standard else []
    lines.append(_counted(rows, study))
    lines.append(f"The study's own, {_answer(study.own)}")
    if study.applicable:
        lowest, highest = study.extremes
        lines += [f"Lowest rate,  {_answer(lowest)}", f"Highest rate, {_answer(highest)}"]
        least, most = (rows[DAYS, None, end].value for end in ("min", "max"))
        if least is not None and most is not None:
            lines.append(f"Median time to remission among responders: {display.interval(least, most, 'days')}.")
    return [*lines, *_claims(rows, claims), *_left_out(study), *study.notes]


def changes(study: Specified, results: Sequence[Result]) -> Table:
    """Make the table of what each definition, changed alone, does to the answer."""
    from rich.box import SIMPLE_HEAD  # noqa: PLC0415  # start-up counts
    from rich.table import Table  # noqa: PLC0415

    rows = {(row.variable, row.level, row.statistic): row for row in results if row.analysis == ANALYSIS}
    made = Table(box=SIMPLE_HEAD, pad_edge=False, title="Changed alone: mean change (largest)", title_justify="left")
    made.add_column("definition, and its values")
    made.add_column("remission rate, points", justify="right")
    made.add_column("median days", justify="right")
    order = sorted(
        study.alternatives, key=lambda one: -(rows[REMISSION, one.definition.name, "mean_change"].value or 0.0)
    )
    for one in order:
        values = ", ".join(f"{choice.label}{'*' if choice.own else ''}" for choice in one.choices)
        cells = (_change(rows, variable, one.definition.name) for variable in (REMISSION, DAYS))
        made.add_row(f"{one.definition.title}: {values}", *cells)
    return made


def print_summary(study: Specified, results: Sequence[Result], claims: Sequence[Claim] = ()) -> None:
    """Print the answer and the table."""
    from rich.console import Console  # noqa: PLC0415  # start-up counts

    watched = sys.stdout.isatty() or "COLUMNS" in os.environ
    console = Console(width=None if watched else WIDTH_OF_A_FILE, markup=False, highlight=False)
    for line in summary(study, results, claims):
        console.print(line)
    if study.applicable:
        console.print(changes(study, results))
        console.print("* the study's own. No specification is recommended.")


def _counted(rows: Rows, study: Specified) -> str:
    every, applicable = (rows["specifications", None, name].value or 0.0 for name in ("n", "applicable"))
    varied = len(study.alternatives)
    definitions = "one definition" if varied == 1 else f"{varied} definitions"
    return f"{every:,.0f} specifications, by {definitions}; {applicable:,.0f} can be applied."


def _answer(outcome: Outcome) -> str:
    rate, name = outcome.rate, outcome.specification.id
    if rate is None or rate.low is None or rate.high is None or outcome.percent is None:
        return f"{name}: {outcome.reason}."
    _, n, events = outcome.counts
    interval = display.interval(100 * rate.low, 100 * rate.high, "%")
    days = "" if outcome.median_days is None else f", median {display.measured(outcome.median_days, 'days')}"
    return f"{name}: {events} of {n} in remission, {display.percent(outcome.percent)} ({interval}){days}."


def _change(rows: Rows, variable: str, name: str) -> str:
    mean, largest = (rows[variable, name, which].value for which in ("mean_change", "largest_change"))
    if mean is None or largest is None:
        return "not comparable"
    return f"{display.number(mean, 1)} ({display.number(largest, 1)})"


def _claims(rows: Rows, claims: Sequence[Claim]) -> list[str]:
    lines = []
    for claim in claims:
        row = rows.get(("claims", claim.id, "holds"))
        if row is None:
            continue
        held = f"not recomputed: {row.reason}" if row.value is None else f"holds in {row.value:,.0f} of {row.n:,}"
        lines.append(f"Claim {claim.id} ({claim.statistic.replace('_', ' ')} {claim.stated.text}) {held}.")
    return lines


def _left_out(study: Specified) -> list[str]:
    reasons: dict[str, list[str]] = {}
    for outcome in study.outcomes:
        if outcome.reason:
            reasons.setdefault(outcome.reason, []).append(outcome.specification.id)
    lines = []
    for reason, names in reasons.items():
        more = f" and {len(names) - NAMED:,} more" if len(names) > NAMED else ""
        lines.append(f"Cannot be applied: {', '.join(names[:NAMED])}{more}: {reason}.")
    return lines
