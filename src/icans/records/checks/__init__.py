"""What is implausible or worth knowing in the records, before anything is graded.

Reading leaves out what cannot be used; what is checked here is used as it stands. Each module asks about one thing,
each check is one function whose docstring says what a clinician expects.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from icans.records.checks.blocks import block_findings
from icans.records.checks.crs import crs_findings
from icans.records.checks.doses import dose_findings
from icans.records.checks.events import event_findings
from icans.records.checks.forms import form_findings
from icans.records.checks.labs import lab_findings
from icans.records.checks.neuro import neuro_findings
from icans.records.checks.patients import patient_findings
from icans.records.checks.repeats import repeat_findings
from icans.records.checks.study import study_findings
from icans.records.checks.times import later_infusions
from icans.records.findings import Finding
from icans.records.parts import located

if TYPE_CHECKING:
    from icans.engines import Engine
    from icans.protocol import Protocol
    from icans.records.tables import Records


def check(records: Records, protocol: Protocol, engine: Engine) -> list[Finding]:
    """Find what is implausible (warnings) or worth knowing (notes) in the records, all at once.

    Nothing here needs a derived grade; `icans.derive.contradictions` finds the recorded grades that their own signs
    contradict. Only doubtful rows leave the engine, at most 1,000 of a kind; the rest is counted.

    Parameters
    ----------
    records
        The canonical tables.
    protocol
        The study's definitions: its intervention, biomarkers, times and cutoff.
    engine
        Where the tables live.

    Returns
    -------
    list of Finding
        Warnings and notes. ``row`` is given where the table has a column ``row`` (int64); the hour always is.
    """
    infusions = later_infusions(records, engine)
    found = [
        *study_findings(records, protocol, engine),
        *patient_findings(records, engine),
        *form_findings(records, engine),
        *neuro_findings(records, engine),
        *crs_findings(records, engine),
        *dose_findings(records, infusions, protocol, engine),
        *lab_findings(records, protocol, engine),
        *event_findings(records, infusions, engine),
        *repeat_findings(records, engine),
        *block_findings(records, engine),
    ]
    named = [replace(finding, file=records.files.get(finding.file, finding.file)) for finding in found]
    return located(named, records.parts)
