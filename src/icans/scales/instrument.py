"""Which instrument grades whom: a scale that chooses between scores by age, or one of its scores for everyone."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from icans.errors import ScaleError
from icans.scales.conditions import AllOf, AnyOf, Condition
from icans.scales.model import Domain, Scale

Instrument = Literal["by_age", "ice", "capd"]
NAMES = {"ice": "the ICE score", "capd": "CAPD"}


def graded_by(scale: Scale, instrument: Instrument) -> Scale:
    """Give a scale that grades everyone by one of its instruments.

    The conditions under which the scale takes one score or the other no longer ask for age or developmental delay: the
    chosen score counts for everyone, the other for no one. Where the chosen score was not taken the grade stays open; a
    score of the other instrument does not stand in for it (docs/decisions/0071-instrument.md).

    Parameters
    ----------
    scale
        The scale.
    instrument
        ``by_age`` leaves the scale as it is published; ``ice`` or ``capd`` is the score for everyone.

    Returns
    -------
    Scale
        The scale itself, or a variant whose id and name say so.

    Raises
    ------
    ScaleError
        The scale does not choose between instruments.
    """
    if instrument == "by_age":
        return scale
    choosing = {domain.reads: domain for domain in scale.domains if domain.reads in NAMES and domain.applies}
    if set(choosing) != set(NAMES):
        raise ScaleError(
            f"{scale.id} does not choose between the ICE score and CAPD, so there is no instrument to set.",
            'Leave [grading] instrument at "by_age".',
        )
    conditions = tuple(_settled(condition, choosing, instrument) for condition in scale.conditions)
    return replace(
        scale,
        id=f"{scale.id}-by-{instrument}",
        name=f"{scale.name}, {NAMES[instrument]} for everyone",
        conditions=conditions,
    )


def _settled(condition: Condition, choosing: dict[str, Domain], instrument: Instrument) -> Condition:
    """Give a condition of the choice its answer: met for the instrument, not met for the other."""
    for name, domain in choosing.items():
        if condition.name in domain.applies:
            chosen = name == instrument
            test = AllOf(()) if chosen else AnyOf(())
            words = f"always: {NAMES[instrument]} grades everyone" if chosen else "never"
            return replace(condition, test=test, label=words)
    return condition
