"""Doubtful observations of cytokine release syndrome.

The boundaries are those of Lee et al. 2019, doi:10.1016/j.bbmt.2018.12.758.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from icans.records.checks.events import grade_5_alive
from icans.records.checks.rows import Check, doubtful_rows
from icans.records.findings import Finding

if TYPE_CHECKING:
    import ibis
    import ibis.expr.types as ir

    from icans.engines import Engine
    from icans.records.tables import Records

FEVER_C = 38.0
LOW_FLOW_L_MIN = 6.0


def crs_findings(records: Records, engine: Engine) -> list[Finding]:
    """Find doubtful observations of cytokine release syndrome."""
    if "crs" not in records.present:
        return []
    checks = (*CHECKS, grade_5_alive(records, "crs_grade", "CRS"))
    return doubtful_rows(records.crs, checks, file="crs", engine=engine)


def temperature_of_no_patient(crs: ibis.Table) -> ir.BooleanValue:
    """Expect 34 to 42 °C: beyond it a slip of the pen or the probe is likelier than the temperature."""
    return (crs.temperature_c < 34) | (crs.temperature_c > 42)


def vasopressors_without_hypotension(crs: ibis.Table) -> ir.BooleanValue:
    """Expect hypotension where vasopressors are given."""
    given = (crs.vasopressors > 0).fill_null(False) | crs.vasopressin.fill_null(False)
    return (crs.hypotension == "none") & given


def hypotension_without_its_vasopressor(crs: ibis.Table) -> ir.BooleanValue:
    """Expect at least one agent where hypotension needed a vasopressor."""
    return (crs.hypotension == "vasopressor") & (crs.vasopressors == 0) & ~crs.vasopressin.fill_null(False)


def flow_without_device(crs: ibis.Table) -> ir.BooleanValue:
    """Expect a device where oxygen flows."""
    return (crs.oxygen_flow_l_min > 0) & (crs.oxygen.fill_null("none") == "none")


def high_flow_at_low_flow(crs: ibis.Table) -> ir.BooleanValue:
    """Expect more than 6 L/min where flow is high."""
    return (crs.oxygen == "high_flow") & (crs.oxygen_flow_l_min <= LOW_FLOW_L_MIN)


def nasal_cannula_at_high_flow(crs: ibis.Table) -> ir.BooleanValue:
    """Expect at most 6 L/min from a low-flow nasal cannula."""
    return (crs.oxygen == "nasal_cannula") & (crs.oxygen_flow_l_min > LOW_FLOW_L_MIN)


def severity_without_fever(crs: ibis.Table) -> ir.BooleanValue:
    """Expect fever beside hypotension or hypoxia, unless antipyretic or anticytokine therapy can mask it."""
    severe = crs.hypotension.isin(["fluids_only", "vasopressor"]).fill_null(False) | crs.oxygen.notin(
        ["none", "comfort_only"]
    ).fill_null(False)
    return severe & (crs.temperature_c < FEVER_C) & ~crs.antipyretic_or_anticytokine.fill_null(False)


CHECKS = (
    Check(
        temperature_of_no_patient,
        column="temperature_c",
        value="{temperature_c}",
        problem="is outside 34 to 42 °C",
        advice="Correct the temperature, or leave it if it was measured again.",
    ),
    Check(
        vasopressors_without_hypotension,
        column="hypotension",
        value="{hypotension}",
        problem="stands beside vasopressors {vasopressors}, vasopressin {vasopressin}",
        advice="Record vasopressor as hypotension, or correct the agents.",
    ),
    Check(
        hypotension_without_its_vasopressor,
        column="hypotension",
        value="{hypotension}",
        problem="stands beside no agent (vasopressors 0, vasopressin {vasopressin})",
        advice="Count the agents given, or correct the hypotension.",
    ),
    Check(
        flow_without_device,
        column="oxygen_flow_l_min",
        value="{oxygen_flow_l_min}",
        problem="is a flow of oxygen without a device (oxygen {oxygen})",
        advice="Record the device, or clear the flow.",
    ),
    Check(
        high_flow_at_low_flow,
        column="oxygen",
        value="{oxygen}",
        problem="stands beside {oxygen_flow_l_min} L/min; high flow is more than 6 L/min",
        advice="Correct the device or the flow; at 6 L/min or less a nasal cannula is low flow.",
    ),
    Check(
        nasal_cannula_at_high_flow,
        column="oxygen",
        value="{oxygen}",
        problem="stands beside {oxygen_flow_l_min} L/min; a low-flow nasal cannula gives at most 6 L/min",
        advice="Correct the device or the flow; more than 6 L/min by nasal cannula is high_flow.",
    ),
    Check(
        severity_without_fever,
        column="temperature_c",
        value="{temperature_c}",
        problem="is no fever, beside hypotension {hypotension} and oxygen {oxygen}: without fever this is not CRS",
        advice="If fever may have been masked, record antipyretic_or_anticytokine as yes.",
    ),
)
