"""What the strategies of a target trial are called, in rows of results and on pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from icans.counts import counted
from icans.stats.cloning import NONE, TREAT

if TYPE_CHECKING:
    from icans.protocol import Protocol

ANALYSIS = "target_trial"
GROUPS = {TREAT: "intervention", NONE: "no_intervention"}
"""Group of the rows about each strategy."""


def strategies(protocol: Protocol) -> dict[str, str]:
    """Name each group as a page does: ``IDM within 2 days``."""
    days = protocol.target_trial.grace_days if protocol.target_trial else 0
    within = f"{protocol.intervention.short} within {counted(days, 'day')}"
    return {GROUPS[TREAT]: within, GROUPS[NONE]: f"no {within}"}
