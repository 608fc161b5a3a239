"""A scale as a page: its table, how it is read where something is missing, its traps, columns and sources."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from icans.scales.measured_words import measurement_sentences
from icans.scales.model import Domain, Exclusion, Reading, Scale
from icans.scales.table import Described, columns_table, scale_table, total_tables, word
from icans.scales.unconfirmed import unconfirmed


class Page(NamedTuple):
    """A page about a scale.

    Parameters
    ----------
    title
        Its name and id.
    about
        Status where it is unconfirmed, whom it is for, where it was published.
    parts
        What follows, each with a heading (empty above the first).
    sources
        Pages it was read in.
    """

    title: str
    about: Sequence[str]
    parts: Sequence[Part]
    sources: Sequence[str]


class Part(NamedTuple):
    """A table, or sentences alone where it has no rows."""

    heading: str
    described: Described


def page(scale: Scale) -> Page:
    """Give the page about a scale."""
    parts = [
        Part("", scale_table(scale)),
        *(Part(total.title, total) for total in total_tables(scale)),
        Part("What is measured", _sentences(measurement_sentences(scale))),
        Part("Which rows count", _sentences(_counting(scale))),
        Part("Where something is not recorded", _sentences(_unrecorded(scale))),
        Part("Traps and choices", _sentences(_notes(scale))),
        Part("Columns", columns_table(scale)),
    ]
    return Page(
        f"{scale.name} ({scale.id})",
        _about(scale),
        [part for part in parts if part.described.rows or part.described.notes],
        scale.sources,
    )


def _sentences(notes: Sequence[str]) -> Described:
    return Described("", (), (), notes)


def _about(scale: Scale) -> list[str]:
    doi = f" doi:{scale.doi}" if scale.doi else ""
    return [
        *unconfirmed([scale]),
        f"For: {scale.population}.",
        f"Grades: {scale.toxicity}, version {scale.version}."
        if scale.result == "grade"
        else f"Gives a score and no grade, version {scale.version}.",
        f"Source: {scale.citation}.{doi}",
    ]


def _counting(scale: Scale) -> list[str]:
    """Say which rows count when, and which answers leave them open."""
    counting = ((scale.condition(name).label, domain) for domain in scale.domains for name in domain.applies)
    excluding = ((_excluding(domain.excluded_by), domain) for domain in scale.domains if domain.excluded_by)
    untested = ((word(answer), domain) for domain in scale.domains for answer in domain.open_answers)
    return [
        *(f"{_names(domains)}: only where {when}." for when, domains in _grouped(counting)),
        *(f"{_names(domains)}: not where {when}." for when, domains in _grouped(excluding)),
        *(
            f"{_names(domains)}: recorded as {answer}, every grade of the row stays possible."
            for answer, domains in _grouped(untested)
        ),
    ]


def _unrecorded(scale: Scale) -> list[str]:
    """Say what a missing value means, first under any convention, then where unrecorded signs are read as absent."""
    if scale.result == "score":
        return []
    always, absent = (
        [
            f"{_names(domains)}: {what}."
            for what, domains in _grouped(
                (_reading(scale, one), domain)
                for domain in scale.domains
                for one in domain.unrecorded
                if one.always is kind
            )
        ]
        for kind in (True, False)
    )
    return [
        "Every grade of the row stays possible, and the grade lies between two bounds, unless it is read as follows.",
        *always,
        *(f"If the study reads unrecorded signs as absent: {sentence}" for sentence in absent),
    ]


def _reading(scale: Scale, reading: Reading) -> str:
    when = f" where {scale.condition(reading.when).label}" if reading.when else ""
    return f"read as {word(reading.answer)}{when}"


def _notes(scale: Scale) -> list[str]:
    return [f"{note.text}{f' ({note.source})' if note.source else ''}" for note in scale.notes]


def _grouped(said: Iterable[tuple[str, Domain]]) -> Iterable[tuple[str, list[Domain]]]:
    """Put together the domains of which the same is said."""
    groups: dict[str, list[Domain]] = {}
    for words, domain in said:
        groups.setdefault(words, []).append(domain)
    return groups.items()


def _names(domains: Sequence[Domain]) -> str:
    return "; ".join(domain.label for domain in domains)


def _excluding(by: Exclusion) -> str:
    return f"`{by.column}` names it" if by.names else f"`{by.column}` says yes"
