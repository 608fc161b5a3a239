"""What `icans power` prints: what the trial would show, in sentences, and a table over the number of patients."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from icans.power.answer import Answer
from icans.power.asked import Asked
from icans.results import display
from icans.results.rows import Result

if TYPE_CHECKING:
    from rich.table import Table

WIDTH_OF_A_FILE = 100
NAMES = {
    "single_arm": "Single arm",
    "simon_optimal": "Simon, optimal",
    "simon_minimax": "Simon, minimax",
    "fisher": "Fisher's exact test",
    "miettinen_nurminen": "Miettinen-Nurminen interval",
    "log_rank": "Log-rank test",
}
CLOSING = "These are characteristics of designs under stated assumptions; no design is recommended."

Found = dict[tuple[str, str | None, str], Result]


def summary(answer: Answer) -> list[str]:
    """Write what the trial would show as lines of text."""
    asked, rows = answer.asked, by_place(answer.rows)
    lines = [_question(asked)]
    for name in dict.fromkeys(row.variable for row in answer.rows if row.variable in NAMES):
        lines += [*_design(name, asked, rows), ""]
    return [*lines[:-1], *_simulated(asked, answer.rows)]


def by_place(rows: Sequence[Result]) -> Found:
    """Give the rows by variable, level and statistic; of a cohort the group stands in place of the level."""
    return {(row.variable, row.level or row.group, row.statistic): row for row in rows}


def table(answer: Answer, name: str) -> Table | None:
    """Make the table of chances over the number of patients; None where the design has one size."""
    from rich.box import SIMPLE_HEAD  # noqa: PLC0415  # start-up counts
    from rich.table import Table  # noqa: PLC0415

    rows = by_place(answer.rows)
    sizes = sizes_of(answer.rows, name)
    if not sizes:
        return None
    each = "patients an arm" if answer.asked.two_arms else "patients"
    made = Table(box=SIMPLE_HEAD, pad_edge=False, title=NAMES[name], title_justify="left")
    made.add_column(each, justify="right")
    exact = (name, f"{sizes[0]} patients", "power") in rows
    columns = [("false positive", "alpha"), ("power", "power")] if exact else []
    if answer.asked.replicates:
        columns += [("false positive, simulated", "simulated_alpha"), ("power, simulated", "simulated_power")]
    for title, _ in columns:
        made.add_column(title, justify="right")
    for n in sizes:
        made.add_row(str(n), *(chance(rows, name, f"{n} patients", statistic) for _, statistic in columns))
    return made


def sizes_of(rows: Sequence[Result], name: str) -> list[int]:
    """Give the sizes of a table: those simulated, or about ten of those computed."""
    levels = {row.level for row in rows if row.variable == name and row.statistic == "simulated_power" and row.level}
    if levels:
        return sorted(int(level.split()[0]) for level in levels)
    computed = [
        int(row.level.split()[0])
        for row in rows
        if row.variable == name and row.statistic == "power" and row.level is not None
    ]
    return computed[:: max(1, len(computed) // 10)]


def chance(rows: Found, name: str, level: str | None, statistic: str) -> str:
    """Write a chance, with its Monte Carlo error where it was simulated."""
    row = rows.get((name, level, statistic))
    if row is None or row.value is None:
        return ""
    error = rows.get((name, level, f"{statistic}_error"))
    said = display.percent(row.value)
    return f"{said} ± {display.number(error.value, 1)}" if error is not None and error.value is not None else said


def print_answer(answer: Answer) -> None:
    """Print sentences and tables."""
    from rich.console import Console  # noqa: PLC0415  # start-up counts

    watched = sys.stdout.isatty() or "COLUMNS" in os.environ
    console = Console(width=None if watched else WIDTH_OF_A_FILE, markup=False, highlight=False)
    for line in summary(answer):
        console.print(line)
    for name in NAMES:
        made = table(answer, name)
        if made is not None:
            console.print(made)
    console.print(CLOSING)


def _question(asked: Asked) -> str:
    if asked.by_time:
        return (
            f"Two arms, time to remission: median {days(asked.lower)} in the control arm, {days(asked.upper)} in the "
            f"treated arm; two-sided alpha {asked.alpha:g}, power {asked.power:g}."
        )
    rates = f"{rate(asked.lower)} or {rate(asked.upper)}"
    if asked.two_arms:
        return (
            f"Two arms, remission: {rate(asked.lower)} in the control arm, {rate(asked.upper)} in the treated arm; "
            f"two-sided alpha {asked.alpha:g}, power {asked.power:g}."
        )
    return f"One arm, remission: is the true rate {rates}? One-sided alpha {asked.alpha:g}, power {asked.power:g}."


def _design(name: str, asked: Asked, rows: Found) -> list[str]:
    n = rows.get((name, None, "n"))
    if n is None or n.value is None:
        return [f"{NAMES[name]}: {n.reason if n else 'nothing was simulated'}."]
    if asked.two_arms:
        fewest = ", the fewest simulated that have the power" if asked.by_time and asked.patients is None else ""
        return [
            f"{NAMES[name]}, {n.value:.0f} patients an arm ({2 * n.value:.0f} in all){fewest}:",
            f"  without a difference {_both(rows, name, 'alpha')} of trials are positive,",
            f"  with it {_both(rows, name, 'power')}.",
        ]
    return [*_stages(name, rows), *_at_both(name, asked, rows)]


def _stages(name: str, rows: Found) -> list[str]:
    n, successes, first_n, stop = (
        rows.get((name, None, statistic)) for statistic in ("n", "successes", "first_n", "first_stop")
    )
    if n is None or successes is None or n.value is None or successes.value is None:
        return []
    if first_n is None or stop is None or first_n.value is None or stop.value is None:
        return [f"{NAMES[name]}, {n.value:.0f} patients: positive with {successes.value:.0f} or more in remission."]
    return [
        f"{NAMES[name]}, at most {n.value:.0f} patients:",
        f"  ends after {first_n.value:.0f} where {stop.value:.0f} or fewer of them are in remission;",
        f"  otherwise positive with {successes.value:.0f} or more of {n.value:.0f}.",
    ]


def _at_both(name: str, asked: Asked, rows: Found) -> list[str]:
    lines = []
    for true, statistic, patients in (
        (asked.lower, "alpha", "expected_n_null"),
        (asked.upper, "power", "expected_n_alternative"),
    ):
        expected = rows.get((name, None, patients))
        said = "" if expected is None or expected.value is None else f"; {expected.value:.1f} patients expected"
        lines.append(f"  True rate {rate(true)}: {_both(rows, name, statistic)} of trials are positive{said}.")
    early = rows.get((name, None, "early_stop"))
    if early is not None and early.value is not None:
        lines.append(f"  True rate {rate(asked.lower)}: {_both(rows, name, 'early_stop')} end after the first stage.")
    return lines


def _both(rows: Found, name: str, statistic: str) -> str:
    """Write the exact chance with the simulated one behind it."""
    exact = chance(rows, name, None, statistic)
    n = rows.get((name, None, "n"))
    level = None if n is None or n.value is None else f"{n.value:.0f} patients"
    simulated = chance(rows, name, None, f"simulated_{statistic}") or chance(
        rows, name, level, f"simulated_{statistic}"
    )
    if not simulated:
        return exact
    return f"{exact} (simulated {simulated})" if exact else f"{simulated} (simulated)"


def _simulated(asked: Asked, rows: Sequence[Result]) -> list[str]:
    if not asked.replicates:
        return []
    place = by_place(rows)
    names = ("control", "treated") if asked.two_arms else ("null", "alternative")
    parts = []
    for name in names:
        patients, seen, median = (place[("cohort", name, what)] for what in ("evaluable", "percent", "median_days"))
        shown = display.shown(median) if asked.by_time else display.percent(seen.value or 0.0)
        parts.append(f"{patients.value or 0:,.0f} ({name}: {shown})")
    who = " and ".join(parts)
    told = f"Simulated: {asked.replicates:,} trials each, seed {asked.seed}, from the bedside records of {who} patients"
    return ["", f"{told}, through the pipeline of a study; ± Monte Carlo standard error."]


def rate(share: float) -> str:
    """Write a rate as a percentage."""
    return display.with_unit(display.number(100 * share), "%")


def days(value: float) -> str:
    """Write days."""
    return display.measured(value, "days")
