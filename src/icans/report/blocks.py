"""Pieces of a page: paragraphs, definitions, figures, lists."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from markupsafe import Markup

from icans.figures.labels import capitalised
from icans.report.definitions import Definition


@dataclass(frozen=True)
class Section:
    """A section of the page: its anchor, its heading and what stands in it."""

    id: str
    title: str
    blocks: tuple[Markup, ...]


def section(identity: str, title: str, *blocks: Markup) -> Section:
    """Give a section of the blocks that hold something."""
    return Section(identity, title, tuple(block for block in blocks if block))


def paragraph(text: str | Markup) -> Markup:
    """Write a paragraph."""
    return Markup("<p>{}</p>").format(text)


def nothing(reason: str) -> Markup:
    """Say in a sentence why something is not shown."""
    return Markup('<p class="missing">{}.</p>').format(capitalised(reason.removesuffix(".")))


def bullets(sentences: Iterable[str | Markup]) -> Markup:
    """Write sentences as a list."""
    items = Markup("").join(Markup("<li>{}</li>").format(sentence) for sentence in sentences)
    return Markup('<ul class="limits">{}</ul>').format(items)


def definition_list(definitions: Iterable[Definition]) -> Markup:
    """Write definitions, each with its source."""
    items = Markup("").join(
        Markup("<dt>{}</dt><dd>{}<small>{}</small></dd>").format(d.term, d.sentence, d.source) for d in definitions
    )
    return Markup('<dl class="definitions">{}</dl>').format(items)


def details(summary: str, content: Markup) -> Markup:
    """Write what opens on demand."""
    return Markup("<details><summary>{}</summary>{}</details>").format(summary, content)
