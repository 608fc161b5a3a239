"""Doubtful measurements: units, slips of a factor of a thousand, and biomarkers of which there is none."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from icans.records.checks.names import folded, nearest_name, plain, spelling_twins
from icans.records.checks.rows import Check, doubtful_rows, literal
from icans.records.checks.units import unit_counts, unlike_the_rest, usual_unit
from icans.records.findings import Finding, shown

if TYPE_CHECKING:
    import ibis
    import ibis.expr.types as ir

    from icans.engines import Engine
    from icans.protocol import Biomarker, Protocol
    from icans.records.tables import Records

FEWEST = 5
"""Measurements of a kind needed before one of them can be called far off."""

DECADES = 3.0
"""Powers of ten from the median to a value that is likely in another unit."""

SPREADS = 3.5 * 1.4826
"""Median deviations, on a log scale, beyond which a value is an outlier (Iglewicz and Hoaglin 1993); half the
interquartile range stands for the median deviation."""

KIND = ("analyte", "specimen")


def lab_findings(records: Records, protocol: Protocol, engine: Engine) -> list[Finding]:
    """Find doubtful measurements, and biomarkers of the protocol that were never measured."""
    if "labs" not in records.present:
        return [_no_labs(protocol.biomarkers)] if protocol.biomarkers else []
    labs = records.labs
    counts = engine.rows(unit_counts(labs, KIND, "unit", "value", **_spread(labs)))
    slips = [_thousand_times_off(count) for count in counts if _far(count)]
    return [
        *doubtful_rows(labs, [*CHECKS, *slips], file="labs", engine=engine),
        *unlike_the_rest(counts, KIND, file="labs", column="unit"),
        *_several_units(counts),
        *_twins(counts),
        *biomarker_findings(counts, protocol.biomarkers),
    ]


def negative_result(labs: ibis.Table) -> ir.BooleanValue:
    """Expect no negative result; a base excess may be one."""
    return (labs.value < 0) & ~labs.analyte.lower().contains("excess")


def limit_of_zero(labs: ibis.Table) -> ir.BooleanValue:
    """Expect a detection limit above 0: nothing is measured down to nothing."""
    return labs["limit"].notnull() & (labs.value == 0)


CHECKS = (
    Check(
        negative_result,
        column="value",
        value="{value}",
        problem="is negative ({analyte} in {specimen})",
        advice="Correct the value; where it is below the detection limit, give the limit and < in limit.",
    ),
    Check(
        limit_of_zero,
        column="value",
        value="{value}",
        problem="is no detection limit ({limit} in limit, {analyte} in {specimen})",
        advice="Give the detection limit as value.",
    ),
)


def _spread(labs: ibis.Table) -> dict[str, ir.Scalar]:
    """Measure, in powers of ten, how the results of a kind lie: limits and what is not above 0 left out."""
    result = labs["limit"].isnull() & (labs.value > 0)
    log = result.ifelse(labs.value, None).log10()
    return {
        "results": log.count(),
        "least": log.min(),
        "lower": log.quantile(0.25),
        "middle": log.median(),
        "upper": log.quantile(0.75),
        "greatest": log.max(),
    }


def _far(count: Mapping[str, Any]) -> bool:
    """Say whether a result is a thousand times off the median, and far outside the spread of its kind."""
    if count["results"] < FEWEST:
        return False
    furthest: float = max(count["greatest"] - count["middle"], count["middle"] - count["least"])
    return furthest >= _away(count)


def _away(count: Mapping[str, Any]) -> float:
    return max(DECADES, SPREADS * float(count["upper"] - count["lower"]) / 2)


def _thousand_times_off(count: Mapping[str, Any]) -> Check:
    """Ask for the results of a kind that are a thousand times off its median: they are likely in another unit."""
    low, high = (10 ** (count["middle"] + sign * _away(count)) for sign in (-1, 1))

    def far_off(labs: ibis.Table) -> ir.BooleanValue:
        unit = labs.unit == count["unit"] if count["unit"] else labs.unit.isnull()
        of_kind = (labs.analyte == count["analyte"]) & (labs.specimen == count["specimen"]) & unit
        value = labs.value
        return of_kind & labs["limit"].isnull() & (value > 0) & ((value <= low) | (value >= high))

    thing = literal(f"{count['analyte']} in {count['specimen']}")
    median = literal(f"{10 ** count['middle']:.3g} {count['unit'] or ''}".rstrip())
    return Check(
        far_off,
        column="value",
        value="{value}",
        problem=f"is a thousand times or more off the median of {thing}, {median}",
        advice="Check the unit; leave the value if it was measured so.",
        name=f"far_off {count['analyte']} {count['specimen']} {count['unit']}",
    )


def _several_units(counts: Iterable[Mapping[str, Any]]) -> list[Finding]:
    """Find measurements in several units of which none is the usual one; else the unusual ones are found."""
    kinds = defaultdict(list)
    for count in counts:
        kinds[count["analyte"], count["specimen"]].append(count)
    return [
        Finding(
            severity="warning",
            file="labs",
            column="unit",
            problem=f"{shown(analyte)} in {specimen} is in several units "
            f"({', '.join(sorted(shown(unit['unit'] or 'none') for unit in units))}): two values in different units "
            "are no pair",
            advice="Convert the numbers to one unit, and write it one way.",
        )
        for (analyte, specimen), units in kinds.items()
        if len(units) > 1 and usual_unit(units) is None
    ]


def _twins(counts: Iterable[Mapping[str, Any]]) -> list[Finding]:
    analytes: Counter[str] = Counter()
    for count in counts:
        analytes[count["analyte"]] += count["rows"]
    return [
        Finding(
            severity="warning",
            file="labs",
            column="analyte",
            value=shown(rare),
            problem=f"differs from {shown(common)} only in case, spaces or hyphens",
            advice="If they are one analyte, write it one way.",
        )
        for rare, common in spelling_twins(analytes, one_letter=False)
    ]


def biomarker_findings(counts: Iterable[Mapping[str, Any]], biomarkers: Sequence[Biomarker]) -> list[Finding]:
    """Find biomarkers of the protocol that labs does not have.

    Parameters
    ----------
    counts
        Rows with ``analyte`` and ``specimen``.
    biomarkers
        The protocol's biomarkers.
    """
    measured = {(count["analyte"], count["specimen"]) for count in counts}
    known = {(folded(analyte), folded(specimen)) for analyte, specimen in measured}
    return [
        Finding(
            severity="warning",
            file="labs",
            column="analyte",
            value=shown(marker.analyte),
            problem=f"in {shown(marker.specimen)} is a biomarker of the protocol, but was never measured",
            advice=_what_is_there(marker, measured),
        )
        for marker in biomarkers
        if (folded(marker.analyte), folded(marker.specimen)) not in known
    ]


def _what_is_there(marker: Biomarker, measured: set[tuple[str, str]]) -> str:
    specimens = sorted({specimen for analyte, specimen in measured if folded(analyte) == folded(marker.analyte)})
    if specimens:
        return f"It was measured in {', '.join(specimens)}: correct [[biomarkers]] specimen in study.toml."
    names = {analyte for analyte, _ in measured}
    twin = next((name for name in sorted(names) if plain(name) == plain(marker.analyte)), "")
    twin = twin or nearest_name(marker.analyte, names)
    if twin:
        return f"Is {shown(twin)} meant? Write [[biomarkers]] analyte in study.toml as labs does."
    return "Correct [[biomarkers]] in study.toml, or add the measurements."


def _no_labs(biomarkers: Sequence[Biomarker]) -> Finding:
    names = ", ".join(shown(marker.analyte) for marker in biomarkers)
    return Finding(
        severity="warning",
        file="labs",
        problem=f"the study has no such table, but its protocol compares {names}",
        advice="Add labs, or take [[biomarkers]] out of study.toml.",
    )
