"""Ask every row of a table what no row should answer yes to, and say in a sentence where one does."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from string import Formatter
from typing import TYPE_CHECKING, Any

import ibis

from icans.records.findings import Finding, Severity, shown

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from icans.engines import Engine

MOST = 1000
"""Findings of one kind that are listed; the rest is counted."""

ENOUGH = 5 * MOST
"""Doubtful rows of a table that are brought to Python as they come; more are counted where they are."""

PLACE = ("patient_id", "infusion", "hour", "row")
"""Columns that say where a row is, as far as a table has them."""


@dataclass(frozen=True)
class Check:
    """A question to every row of one table.

    Parameters
    ----------
    asks
        Takes the table, gives a boolean column: true where the row is doubtful. Its docstring says what is expected.
    problem
        What was expected, as the end of a sentence; columns of the row stand in braces: ``{ice}``.
    value
        What was there, likewise.
    column
        Column the finding is about, likewise; empty where it is about the row.
    advice
        What to do next.
    severity
        ``warning``: implausible; ``note``: worth knowing.
    file
        Table the finding is about, likewise; empty where it is the one asked.
    name
        Name of the question where one function asks several; empty: the function's own.
    """

    asks: Callable[[ibis.Table], ir.BooleanValue]
    problem: str
    value: str = ""
    column: str = ""
    advice: str = ""
    severity: Severity = "warning"
    file: str = ""
    name: str = ""

    @property
    def kind(self) -> str:
        """Name of the question."""
        return self.name or self.asks.__name__

    @property
    def shown(self) -> set[str]:
        """Columns that the sentence shows."""
        names = {
            name
            for text in (self.problem, self.value, self.column, self.file)
            for _, name, _, _ in Formatter().parse(text)
        }
        return {name for name in names if name}

    def finding(self, row: Mapping[str, Any], file: str) -> Finding:
        """Say what is doubtful about a row."""
        said = {column: words(value) for column, value in row.items()}
        return Finding(
            severity=self.severity,
            file=self.file.format_map(said) or file,
            row=row.get("row"),
            column=self.column.format_map(said),
            value=self.value.format_map(said),
            problem=self.problem.format_map(said) + at(row),
            advice=self.advice,
            patient_id=row["patient_id"],
        )


def doubtful_rows(table: ibis.Table, checks: Sequence[Check], *, file: str, engine: Engine) -> list[Finding]:
    """Put all checks to a table in one query and give a finding for each doubtful row.

    Parameters
    ----------
    table
        ``patient_id`` and the columns the checks read; ``infusion``, ``hour`` and ``row`` say where a row is, if there.
    checks
        Questions to its rows.
    file
        Name of the table for the findings.
    engine
        Where the table lives; only doubtful rows leave it, at most `MOST` of a kind.
    """
    answers = {check.kind: check.asks(table) for check in checks}
    shown_columns = sorted(set().union(*(check.shown for check in checks)) - set(place(table)))
    answered = table.select(*place(table), *shown_columns, **answers)
    doubtful = answered.filter(ibis.or_(*(answered[kind] for kind in answers)))
    rows = sorted(engine.rows(doubtful.limit(ENOUGH)), key=_place_of)
    if len(rows) == ENOUGH:
        return [finding for check in checks for finding in _first_of_many(doubtful, check, file, engine)]
    found = []
    for check in checks:
        mine = [check.finding(row, file) for row in rows if row[check.kind]]
        found += capped(mine[:MOST], len(mine))
    return found


def _first_of_many(doubtful: ibis.Table, check: Check, file: str, engine: Engine) -> list[Finding]:
    mine = doubtful.filter(doubtful[check.kind])
    first = engine.rows(mine.order_by(*place(mine)).limit(MOST))
    total = engine.rows(mine.agg(total=mine.count()))[0]["total"]
    return capped([check.finding(row, file) for row in first], total)


def capped(findings: list[Finding], total: int) -> list[Finding]:
    """Close a list that was cut with a finding that counts the rest."""
    if total <= len(findings):
        return findings
    last = findings[-1]
    rest = Finding(
        severity=last.severity,
        file=last.file,
        column=last.column,
        problem=f"{total - len(findings):,} more rows are like the {len(findings):,} listed",
        advice=last.advice,
    )
    return [*findings, rest]


def place(table: ibis.Table) -> list[str]:
    """Give the columns that say where a row is.

    Tables read from text carry ``row`` (int64, as a spreadsheet numbers it); others have none.
    """
    return [name for name in PLACE if name in table.columns and (name != "row" or table[name].type().is_integer())]


def _place_of(row: Mapping[str, Any]) -> tuple[Any, ...]:
    return (row["patient_id"], *(row.get(name) or 0 for name in PLACE[1:]))


def at(row: Mapping[str, Any]) -> str:
    """Say when a row was, so that it can be found in a table without row numbers."""
    if row.get("hour") is None:
        return ""
    after = f" after infusion {row['infusion']}" if (row.get("infusion") or 1) > 1 else ""
    return f" (hour {row['hour']:.1f}{after})"


def literal(text: str) -> str:
    """Write a text from records into a sentence with braces, so that it stands there as it is."""
    return shown(text).replace("{", "{{").replace("}", "}}")


def words(value: object) -> str:
    """Write a value of a row as a clinician would."""
    match value:
        case None:
            return "not recorded"
        case bool():
            return "yes" if value else "no"
        case float():
            return f"{value:.10g}"
        case _:
            return shown(str(value))
