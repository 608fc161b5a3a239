"""Biomarkers: the last measurement before the first course beside the last one after it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

import ibis

from icans.derive.corticosteroids import plain
from icans.derive.elapsed import elapsed
from icans.derive.endpoints import first
from icans.derive.schema import conformed
from icans.protocol import Biomarker

MARKER = ("patient_id", "infusion", "specimen", "analyte")
BEFORE, AFTER = "before", "after"


def biomarkers(labs: ibis.Table, endpoints: ibis.Table, *, markers: Sequence[Biomarker]) -> ibis.Table:
    """Pair each patient's measurements before and after the first course of the first treated episode.

    The last measurement in each window counts; both ends belong to a window, but where the window after starts when the
    window before ends, that hour belongs to the one before (a sample taken as the course was given is untouched by it).
    Of several at one hour the highest counts. Two values in different units are no pair
    (docs/decisions/0027-biomarkers.md).

    Parameters
    ----------
    labs
        One row a measurement: ``patient_id`` (string), ``infusion`` (int64), ``hour`` (float64, hours from infusion),
        ``specimen``, ``analyte``, ``unit``, ``limit`` (string), ``value`` (float64).
    endpoints
        As `icans.derive.endpoints.endpoints` gives them; only those the study is about, or all.
    markers
        Measurements compared, with their windows in hours from the first course; specimen and analyte are compared
        without case and without spaces around them. Empty: every one in `labs`, in the default windows.

    Returns
    -------
    ibis.Table
        One row a patient and marker with a value in either window, columns as `icans.derive.schema.DERIVED`; only rows
        with both values are pairs. Without a pair the other value is null; where the units differ, the one after.
        Unordered.
    """
    treated = first(endpoints, ("patient_id",)).select("patient_id", "infusion", "first_course_hour")
    measured = labs.inner_join(treated, ("patient_id", "infusion"))
    found = _in_windows(measured.filter(measured.value.notnull()), markers)
    latest = _latest(found)
    sides = {BEFORE: latest.window == BEFORE, AFTER: latest.window == AFTER}
    pairs = latest.group_by(*MARKER).agg(
        **{
            f"{side}_{name}": latest[name].min(where=there)
            for side, there in sides.items()
            for name in ("value", "hour", "limit", "unit")
        }
    )
    two_units = (
        pairs.before_hour.notnull() & pairs.after_hour.notnull() & ~pairs.before_unit.identical_to(pairs.after_unit)
    )
    return conformed(
        pairs.select(
            *MARKER,
            unit=ibis.ifelse(pairs.before_hour.notnull(), pairs.before_unit, pairs.after_unit),
            before=pairs.before_value,
            before_hour=pairs.before_hour,
            before_limit=pairs.before_limit,
            after=_unless(two_units, pairs.after_value),
            after_hour=_unless(two_units, pairs.after_hour),
            after_limit=_unless(two_units, pairs.after_limit),
        ),
        "biomarkers",
    )


def _unless(condition: ibis.Value, column: ibis.Value) -> ibis.Value:
    return ibis.ifelse(condition, ibis.null(column.type()), column)


def _in_windows(measured: ibis.Table, markers: Sequence[Biomarker]) -> ibis.Table:
    """Keep the measurements in a window, named as the protocol names them, with the ``window`` each lies in."""
    if not markers:
        default = Biomarker(specimen="every", analyte="every")
        found = measured.mutate(specimen=measured.specimen.strip(), analyte=measured.analyte.strip())
        return _placed(found, default)
    return reduce(lambda one, other: one.union(other), [_placed(_of(measured, marker), marker) for marker in markers])


def _of(measured: ibis.Table, marker: Biomarker) -> ibis.Table:
    specimen, analyte = marker.specimen.strip(), marker.analyte.strip()
    named = measured.filter(plain(measured.specimen) == specimen.lower(), plain(measured.analyte) == analyte.lower())
    return named.mutate(specimen=ibis.literal(specimen), analyte=ibis.literal(analyte))


def _placed(measured: ibis.Table, marker: Biomarker) -> ibis.Table:
    since = elapsed(measured.first_course_hour, measured.hour)
    (before_from, before_to), (after_from, after_to) = marker.before_hours, marker.after_hours
    # the hour at which both windows meet belongs to the one before
    window = ibis.cases(
        (since.between(before_from, before_to), BEFORE),
        (since.between(after_from, after_to), AFTER),
        else_=ibis.null("string"),
    )
    found = measured.select(*MARKER, "hour", "value", "limit", unit=measured.unit.strip(), window=window)
    return found.filter(found.window.notnull())


def _latest(found: ibis.Table) -> ibis.Table:
    """Keep the last measurement of each window; of several at its hour the highest, a result before a ``<`` limit."""
    rank = ibis.cases((found["limit"] == ">", 0), (found["limit"] == "<", 2), else_=1)
    last_first = ibis.window(
        group_by=[*MARKER, "window"], order_by=[found.hour.desc(), found.value.desc(), rank, found.unit]
    )
    numbered = found.mutate(place=ibis.row_number().over(last_first))
    return numbered.filter(numbered.place == 0)
