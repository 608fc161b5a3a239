"""Rows that stand twice where a row names a patient or an infusion."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING, Any

import ibis

from icans.records.findings import MOST_ROWS, Finding, Tally, more_rows, shown
from icans.records.parts import named_row
from icans.records.rows import ROW
from icans.records.usable import Usable

if TYPE_CHECKING:
    from icans.engines import Engine

PLACE = "_place"


def without_repeats(table: Usable, key: Sequence[str], what: str, engine: Engine) -> Usable:
    """Keep the first row of each key.

    A later row that says the same again is left out with a warning; one that differs is an error.

    Parameters
    ----------
    table
        Usable rows.
    key
        Columns that name a row.
    what
        What the key names, in a sentence.
    engine
        Where the rows live.
    """
    distinct = table.table.select(*key).distinct()
    if not table.used or engine.rows(distinct.aggregate(n=distinct.count()))[0]["n"] == table.used:
        return table
    numbered = table.numbered()
    others = [name for name in numbered.columns if name not in {*key, ROW}]
    window = ibis.window(group_by=list(key), order_by=[ROW, *others])
    ranked = engine.keep(numbered.mutate(**{PLACE: ibis.row_number().over(window)}))
    kept = ranked.filter(ranked[PLACE] == 0).drop(PLACE)
    repeated = ranked.semi_join(ranked.filter(ranked[PLACE] > 0).select(*key), list(key)).order_by([*key, PLACE])
    rows = engine.rows(repeated.limit(2 * MOST_ROWS))
    findings = Tally(_repeats(rows, key, table, what)).findings()
    used = engine.rows(kept.aggregate(n=kept.count()))[0]["n"]
    if table.used - used > len(findings):
        findings.append(more_rows(findings[-1], table.used - used - len(findings), findings[-1].problem))
    return replace(
        table,
        table=kept if ROW in table.table.columns else kept.drop(ROW),
        numbered=lambda: kept,
        used=used,
        findings=(*table.findings, *findings),
    )


def _repeats(rows: list[dict[str, Any]], key: Sequence[str], table: Usable, what: str) -> Iterator[Finding]:
    file = table.file
    for _, group in groupby(rows, lambda row: [row[name] for name in key]):
        first, *later = group
        for row in later:
            same = all(row[name] == first[name] for name in row if name not in (ROW, PLACE))
            where = named_row(first[ROW], table.parts) if first[ROW] else "another row"
            patient = shown(row["patient_id"])
            if same:
                problem = f"is the same {what} as {where}, word for word, and is used once"
                yield Finding("warning", file, row[ROW], "patient_id", patient, problem, patient_id=patient)
            else:
                problem = f"is the same {what} as {where}, but the rows differ; only {where} is used"
                advice = "Keep the row that is right."
                yield Finding("error", file, row[ROW], "patient_id", patient, problem, advice, patient)
