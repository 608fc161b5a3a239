"""Sections that a report has where its protocol asks for them; each is imported only then."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from markupsafe import Markup

from icans.report.blocks import Section, section

if TYPE_CHECKING:
    from icans.report.document import Content
    from icans.report.numbers import Numbers

AGREEMENT = ("agreement_icans", "agreement_crs")
"""Figures of the section on agreement between scales."""

Draw = Callable[[str], Markup]
"""Gives a figure by its id, or says why there is none."""


def asked_sections(numbers: Numbers, content: Content, draw: Draw) -> Iterator[Section]:
    """Give the sections of the analyses that the protocol asks for, in the order of the page.

    Parameters
    ----------
    numbers
        Rows of results as they are printed.
    content
        Everything the report says.
    draw
        Gives a figure.
    """
    protocol = content.protocol
    if protocol.small_samples:
        from icans.report import small_samples  # noqa: PLC0415  # only where it is asked for, as all below

        blocks = small_samples.small_samples(numbers, protocol, [draw("small_samples")])
        yield section(small_samples.SECTION, small_samples.TITLE, *blocks)
    if content.between:
        from icans.report import comparisons  # noqa: PLC0415

        blocks = comparisons.comparisons(numbers, content.between, draw)
        yield section(comparisons.SECTION, comparisons.TITLE, *blocks)
    if protocol.target_trial:
        from icans.report import target_trial  # noqa: PLC0415

        drawn = [draw(name) for name in target_trial.FIGURES]
        blocks = target_trial.target_trial(numbers, protocol, drawn)
        yield section(target_trial.SECTION, target_trial.TITLE, *blocks)
    if protocol.natural_history:
        from icans.report import natural_history  # noqa: PLC0415

        blocks = natural_history.natural_history(numbers, protocol, [draw("natural_history")])
        yield section(natural_history.SECTION, natural_history.TITLE, *blocks)
    if protocol.agreement.scales:
        from icans.report import agreement  # noqa: PLC0415

        have = {figure.id for figure in content.figures}
        blocks = agreement.between_scales(numbers, [draw(name) for name in AGREEMENT if name in have])
        yield section("agreement", "Agreement between scales", *blocks)
    if content.specified:
        from icans.report import sensitivity  # noqa: PLC0415

        blocks = sensitivity.blocks(numbers, content.specified, [draw(sensitivity.FIGURE)], content.claims)
        yield section(sensitivity.SECTION, sensitivity.TITLE, *blocks)
