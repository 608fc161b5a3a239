"""The scales that a study's protocol names: those that grade it, those compared, those its alternatives would take."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from icans.errors import CallError, ProtocolError
from icans.protocol import Grading
from icans.scales import catalogue
from icans.scales.instrument import graded_by
from icans.specifications.reading import scales_named

if TYPE_CHECKING:
    from icans.protocol import Protocol
    from icans.scales.model import Scale

ALTERNATIVES = "[alternatives.scales]"


def grading_scale(protocol: Protocol, toxicity: str, folder: Path, where: str = "[scales]") -> Scale:
    """Give the scale that grades a toxicity.

    Parameters
    ----------
    protocol
        Definitions of the study.
    toxicity
        ``icans`` or ``crs``.
    folder
        The study folder, which may hold scales of its own.
    where
        The section of study.toml that an error speaks of.

    Raises
    ------
    ProtocolError
        There is no such scale, or it gives no grade of this toxicity.
    """
    scale = _named(f"{where} {toxicity}", getattr(protocol.scales, toxicity), folder)
    if scale.result != "grade":
        raise ProtocolError(f"study.toml: {where} {toxicity}: {scale.id} gives a score and no grade.")
    if scale.toxicity != toxicity:
        raise ProtocolError(
            f"study.toml: {where} {toxicity}: {scale.id} grades {scale.toxicity}, not {toxicity}.",
            "icans scales lists what each grades.",
        )
    return graded_by(scale, protocol.grading.instrument) if toxicity == "icans" else scale


def alternative_scales(protocol: Protocol, folder: Path) -> tuple[Scale, ...]:
    """Give the scales that the protocol's alternatives would have ICANS graded by; errors as `grading_scale`."""
    return tuple(
        grading_scale(
            protocol.model_copy(update={"scales": scales, "grading": Grading()}), "icans", folder, ALTERNATIVES
        )
        for scales in scales_named(protocol)
    )


def compared_scales(protocol: Protocol, asked: Sequence[str], folder: Path) -> tuple[Scale, ...]:
    """Give the scales to compare, each once: those asked for, or else those of the protocol.

    Raises
    ------
    CallError, ProtocolError
        There is no scale of an id that was asked for, or that the protocol names.
    """
    if asked:
        return tuple(catalogue.find(scale_id, folder) for scale_id in dict.fromkeys(asked))
    return tuple(
        _named("[agreement] scales", scale_id, folder) for scale_id in dict.fromkeys(protocol.agreement.scales)
    )


def _named(where: str, scale_id: str, folder: Path) -> Scale:
    try:
        return catalogue.find(scale_id, folder)
    except CallError as error:
        raise ProtocolError(f"study.toml: {where}: {error.what}", error.do) from None
