"""The same assessments by several scales of one toxicity, and the assessments on which two grades differ."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import reduce
from operator import or_

import ibis
from ibis import _

from icans.derive.grades import FATAL_GRADE, PLACE, RECORDED
from icans.records.schema import PATIENTS
from icans.scales.engine import RESULT, graded
from icans.scales.model import DEATH, Convention, Scale, columns, signs

OPEN = -1
"""Stands for a grade that the signs leave open."""


def compared(
    table: ibis.Table,
    patients: ibis.Table,
    events: ibis.Table,
    *,
    scales: Sequence[Scale],
    unrecorded: Convention,
) -> ibis.Table:
    """Grade every assessment of a toxicity by several scales.

    A scale gives a grade where an assessment has a sign of that scale; the grade stays open where the signs leave it
    open, and the grade the clinic recorded never settles it. The scale's fatal event is an assessment of grade 5.

    Parameters
    ----------
    table
        Assessments as in `icans.records.tables.Records`, without the columns the study lacks.
    patients, events
        Canonical tables of the records.
    scales
        Scales of one toxicity, each with a sign in the table.
    unrecorded
        What a sign that nobody recorded means, as for `icans.scales.engine.graded`.

    Returns
    -------
    ibis.Table
        One row an assessment with a sign of any of the scales: ``patient_id``, ``infusion``, ``hour``, and for the
        nth scale, from 0: ``state_n`` (int8, the grade 0-5; -1 where it is open; null where the scale has no sign),
        ``least_n`` (int8, the grade, or where it is open the lowest it can be), ``driver_n`` (string, the domains that
        earn it, ``;`` between). Unordered.

    Raises
    ------
    ScaleError
        A scale cannot read a column.
    """
    rows = _readable(table, patients, scales)
    kept = list(PLACE)
    for number, scale in enumerate(scales):
        found = graded(rows, scale, unrecorded=unrecorded)
        signed = _signed(found, scale)
        own = [name for name in found.columns if name not in RESULT]
        rows = found.select(
            *own,
            **{
                f"state_{number}": ibis.ifelse(signed, found.grade.fill_null(OPEN), ibis.null("int8")).cast("int8"),
                f"least_{number}": ibis.ifelse(
                    signed, ibis.coalesce(found.grade, found.grade_low), ibis.null("int8")
                ).cast("int8"),
                f"driver_{number}": ibis.ifelse(signed, found.driver, ""),
            },
        )
        kept += [f"{column}_{number}" for column in ("state", "least", "driver")]
    return reduce(lambda one, other: other.union(one), [*_deaths(events, scales, kept), rows.select(*kept)])


def peaks(compared: ibis.Table, *, scales: int) -> ibis.Table:
    """Give each patient's highest grade after infusion by each scale.

    Parameters
    ----------
    compared
        As `compared` gives it.
    scales
        How many scales there are.

    Returns
    -------
    ibis.Table
        One row a patient assessed after infusion: ``patient_id``, and for the nth scale ``highest_n`` (int8, highest
        settled grade), ``at_least_n`` (int8, highest lower bound of an open grade), and of the first assessment with
        the highest grade known to be reached ``infusion_n``, ``hour_n`` and ``driver_n``. Unordered.
    """
    found = {}
    for number in range(scales):
        state, least, driver = (_[f"{column}_{number}"] for column in ("state", "least", "driver"))
        found[f"highest_{number}"] = state.max(where=state >= 0)
        found[f"at_least_{number}"] = least.max(where=state == OPEN)
        first = ibis.struct({"grade": least, "infusion": -_.infusion, "hour": -_.hour, "driver": driver})
        found[f"first_{number}"] = first.max(where=least.notnull())
    table = compared.filter(_.hour >= 0).group_by("patient_id").agg(**found)
    firsts = {number: table[f"first_{number}"] for number in range(scales)}
    return table.select(
        "patient_id",
        *(f"{name}_{number}" for number in firsts for name in ("highest", "at_least")),
        **{f"infusion_{number}": -first["infusion"] for number, first in firsts.items()},
        **{f"hour_{number}": -first["hour"] for number, first in firsts.items()},
        **{f"driver_{number}": first["driver"] for number, first in firsts.items()},
    )


def discordant(grades: ibis.Table, infusions: ibis.Table) -> ibis.Table:
    """Find the assessments whose recorded grade is not the derived one: a work list for chart review.

    Where the derived grade is open, the recorded one differs if it lies outside its bounds.

    Parameters
    ----------
    grades
        Derived grades, as in `icans.derive.schema.DERIVED`.
    infusions
        Canonical table of infusions.

    Returns
    -------
    ibis.Table
        ``patient_id``, ``infusion``, ``clock_hour`` (float64, hours from 1970-01-01T00:00 on the clock where it was
        written; null in a study of relative times), ``hour`` (float64, from that infusion), ``toxicity``,
        ``recorded_grade``, ``grade`` (null where open), ``grade_low``, ``grade_high``, ``difference`` (int8, recorded
        less derived grade, or less the nearer bound), ``driver``, ``missing``. Unordered.
    """
    apart = grades.filter(_.scale != RECORDED, _.recorded_grade.notnull()).mutate(
        lowest=ibis.coalesce(_.grade, _.grade_low), highest=ibis.coalesce(_.grade, _.grade_high)
    )
    apart = apart.filter((_.recorded_grade < _.lowest) | (_.recorded_grade > _.highest))
    nearer = ibis.ifelse(apart.recorded_grade < apart.lowest, apart.lowest, apart.highest)
    apart = apart.mutate(difference=(apart.recorded_grade - nearer).cast("int8"))
    starts = infusions.select("patient_id", "infusion", "infused_epoch_hour")
    joined = apart.left_join(starts, ["patient_id", "infusion"])
    return joined.select(
        *(apart[name] for name in PLACE),
        *(apart[name] for name in ("toxicity", "recorded_grade", "grade", "grade_low", "grade_high", "difference")),
        *(apart[name] for name in ("driver", "missing")),
        clock_hour=starts.infused_epoch_hour + apart.hour,
    )


def lacking(scale: Scale, found: Collection[str], *, if_absent: bool = False) -> tuple[str, ...]:
    """Name the columns that hold a scale's signs and that a table lacks; a total is there where any item of it is.

    With `if_absent` only those whose signs are read as absent where nobody recorded them.
    """
    named = []
    for domain in scale.domains:
        if if_absent and not any(not reading.always for reading in domain.unrecorded):
            continue
        score = scale.score(domain.reads)
        ways = [score.total, *(item.column for item in score.items)] if score else [domain.reads]
        if not set(ways) & set(found):
            named.append(ways[0])
    return tuple(dict.fromkeys(named))


def _readable(table: ibis.Table, patients: ibis.Table, scales: Sequence[Scale]) -> ibis.Table:
    """Give the columns any of the scales reads; what is a patient's own always comes from `patients`."""
    every = dict.fromkeys(name for scale in scales for name in columns(scale))
    own = [name for name in every if name in PATIENTS.names and name in patients.columns]
    read = [name for name in every if name in table.columns and name not in own]
    signed = reduce(or_, (_signed(table, scale) for scale in scales))
    rows = table.filter(signed).select(*PLACE, *read)
    if not own:
        return rows
    joined = rows.left_join(patients, rows.patient_id == patients.patient_id)
    return joined.select(*(rows[name] for name in (*PLACE, *read)), *(patients[name] for name in own))


def _signed(table: ibis.Table, scale: Scale) -> ibis.Value:
    """Tell whether an assessment has any sign of the scale."""
    fatal = {scale.fatal.column} if scale.fatal else set()
    read = [name for name in signs(scale) if name in table.columns and name not in fatal]
    return reduce(or_, (table[name].notnull() for name in read), ibis.literal(False))


def _deaths(events: ibis.Table, scales: Sequence[Scale], names: Sequence[str]) -> list[ibis.Table]:
    """Give the fatal events as assessments of grade 5 by the scales that have such a grade."""
    happened = {_event(scale) for scale in scales} - {None}
    five, no_grade = ibis.literal(FATAL_GRADE, "int8"), ibis.null("int8")
    tables = []
    for column, event in sorted(pair for pair in happened if pair and pair[0] in events.columns):
        given: dict[str, ibis.Value] = {}
        for number, scale in enumerate(scales):
            died = _event(scale) == (column, event)
            given |= {f"{name}_{number}": five if died else no_grade for name in ("state", "least")}
            given[f"driver_{number}"] = ibis.literal(DEATH if died else "")
        rows = events.filter(events[column] == event).select(*PLACE).distinct()
        tables.append(rows.mutate(**given).select(*names))
    return tables


def _event(scale: Scale) -> tuple[str, str] | None:
    return (scale.fatal.column, scale.fatal.event) if scale.fatal else None
