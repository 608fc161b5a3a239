"""The warning that goes with every use of a scale whose table could not be checked against its publication."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from icans.scales.model import Scale


def unconfirmed(scales: Iterable[Scale]) -> list[str]:
    """Give a sentence for each scale of status unconfirmed, once each, in their order; none for the others."""
    return [_sentence(scale) for scale in dict.fromkeys(scales) if scale.status == "unconfirmed"]


def _sentence(scale: Scale) -> str:
    return (
        f"The scale {scale.id} ({scale.name}) is unconfirmed: its table could not be checked against the publication. "
        "Check it there before publishing a grade made with it."
    )
