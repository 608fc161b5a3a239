"""A scale as the table a clinician knows: on the screen, and as a page of the documentation."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from icans.scales import catalogue
from icans.scales.conditions import Answer, Interval, OneOf
from icans.scales.model import Category, Domain, Exclusion, Reading, Scale, Score, columns

if TYPE_CHECKING:
    from rich.console import Console

PIPE_WIDTH = 120
"""Characters a line may have where the output is no terminal."""


class Described(NamedTuple):
    """A table in words.

    Parameters
    ----------
    title
        What it shows.
    header
        Its columns.
    rows
        Its cells, empty where the publication has none.
    notes
        What stands below it.
    """

    title: str
    header: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    notes: Sequence[str]


def scale_table(scale: Scale) -> Described:
    """Describe a scale as published: a row for each domain, a column for each grade.

    In brackets stands what the publication prints at a grade that no value of that row alone earns. A scale whose
    result is a score is its items and the categories of the score.
    """
    if scale.result == "score":
        total = total_table(scale.scores[0])
        notes = [_category(one) for one in scale.scores[0].categories]
        return Described(f"{scale.name} ({scale.id})", total.header, total.rows, [*notes, *_published(scale)])
    header = ("", *(f"Grade {grade}" for grade in range(5)))
    rows = [(domain.label, *(_cell(domain, grade) for grade in range(5))) for domain in scale.domains]
    return Described(f"{scale.name} ({scale.id})", header, rows, [*_readings(scale), *_published(scale)])


def total_table(score: Score) -> Described:
    """Describe how a total is made: a row for each item, its points."""
    answers = tuple(dict.fromkeys(answer for item in score.items for answer, _ in item.points))
    if not answers:
        rows = [(item.label, f"0-{item.most}" if item.most > 1 else "0 or 1") for item in score.items]
        return Described(f"{score.label}, 0-{score.most}", ("Item", "Points"), rows, [])
    by_answer = [(item.label, *(str(dict(item.points).get(answer, "")) for answer in answers)) for item in score.items]
    return Described(f"{score.label}, 0-{score.most}", ("Item", *answers), by_answer, [])


def total_tables(scale: Scale) -> list[Described]:
    """Describe the totals that domains of a scale read."""
    return [] if scale.result == "score" else [total_table(score) for score in scale.scores]


def catalogue_table() -> Described:
    """Describe the catalogue: a row for each scale."""
    scales = [catalogue.load(scale_id) for scale_id in catalogue.ids()]
    rows = [(scale.id, scale.toxicity.upper(), scale.name, scale.population, str(scale.status)) for scale in scales]
    return Described("Scales", ("Id", "Grades", "Name", "Population", "Status"), rows, [])


def show(scale_id: str) -> None:
    """Print a scale.

    Raises
    ------
    CallError
        No scale has that id.
    """
    scale = catalogue.load(scale_id)
    console = _console()
    for described in (scale_table(scale), *total_tables(scale)):
        _print(console, described)


def show_catalogue() -> None:
    """Print the catalogue."""
    _print(_console(), catalogue_table())


def markdown(scale: Scale) -> str:
    """Write the page of the documentation about a scale."""
    described = scale_table(scale)
    parts = [
        f"# {described.title}",
        _markdown_table(described.header, described.rows),
        "\n".join(f"- {_linked(note)}" for note in described.notes),
        *(f"## {total.title}\n\n{_markdown_table(total.header, total.rows)}" for total in total_tables(scale)),
        "## Read in\n\n" + "\n".join(f"- <{source}>" for source in scale.sources),
    ]
    return "\n\n".join(parts) + "\n"


def _cell(domain: Domain, grade: int) -> str:
    earned = [cell.label or _words(cell.earned_by) for cell in domain.cells if cell.grade == grade]
    printed = [f"({text})" for at, text in domain.printed if at == grade]
    return "; ".join([*earned, *printed])


def _category(category: Category) -> str:
    label = f", {category.label}" if category.label else ""
    return f"{_word(category.name).capitalize()}: {_words(category.holds)}{label}."


def _words(earned_by: Interval | OneOf) -> str:
    if isinstance(earned_by, OneOf):
        return ", ".join(_word(answer) for answer in earned_by.answers)
    least, most = f"{earned_by.least:g}", f"{earned_by.most:g}"
    if earned_by.least_counts and earned_by.most_counts:
        return least if least == most else f"{least}-{most}"
    return (
        f"{'from' if earned_by.least_counts else 'above'} {least}, {'to' if earned_by.most_counts else 'below'} {most}"
    )


def _word(answer: Answer) -> str:
    if isinstance(answer, bool):
        return "yes" if answer else "no"
    return str(answer).replace("_", " ")


def _readings(scale: Scale) -> list[str]:
    """Say how the software reads the table: what counts when, what stays open, what a missing value means."""
    notes = ["The grade is the highest of all rows."]
    if any(domain.printed for domain in scale.domains):
        notes.append("In brackets: printed at that grade, but not earned by the row alone.")
    if scale.fatal:
        notes.append(f"Grade 5: {scale.fatal.label}.")
    counting = ((f"where {scale.condition(name).label}", domain) for domain in scale.domains for name in domain.applies)
    notes += [f"{_names(domains)}: counts only {when}." for when, domains in _grouped(counting)]
    excluding = ((_excluding(domain.excluded_by), domain) for domain in scale.domains if domain.excluded_by)
    notes += [f"{_names(domains)}: does not count where {when}." for when, domains in _grouped(excluding)]
    reading = ((_reading(scale, one), domain) for domain in scale.domains for one in domain.unrecorded)
    notes += [f"{_names(domains)}: if not recorded, read as {what}." for what, domains in _grouped(reading)]
    untested = ((_word(answer), domain) for domain in scale.domains for answer in domain.open_answers)
    notes += [f"{_names(domains)}: every grade stays open where it is {word}." for word, domains in _grouped(untested)]
    return notes


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


def _reading(scale: Scale, reading: Reading) -> str:
    conditions = [
        *(() if reading.always else ("the study reads unrecorded signs as absent",)),
        *((scale.condition(reading.when).label,) if reading.when else ()),
    ]
    return f"{_word(reading.answer)} where {' and '.join(conditions)}"


def _published(scale: Scale) -> list[str]:
    notes = [f"{note.text}{f' ({note.source})' if note.source else ''}" for note in scale.notes]
    if scale.status == "unconfirmed":
        notes.insert(0, "Unconfirmed: this table could not be checked against its publication.")
    read = ", ".join(f"`{column}`" for column in columns(scale))
    return [
        *notes,
        f"Columns it reads: {read}.",
        f"For: {scale.population}.",
        f"Source: {scale.citation}. doi:{scale.doi}",
    ]


def _console() -> Console:
    from rich.console import Console  # noqa: PLC0415  # start-up counts

    console = Console(markup=False, highlight=False)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = PIPE_WIDTH
    return console


def _print(console: Console, described: Described) -> None:
    from rich.table import Table  # noqa: PLC0415  # start-up counts

    table = Table(title=described.title, title_justify="left", show_lines=True)
    for column in described.header:
        table.add_column(column, overflow="fold")
    for row in described.rows:
        table.add_row(*row)
    console.print(table)
    for note in described.notes:
        console.print(f"- {note}")
    console.print()


def _markdown_table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines)


def _linked(note: str) -> str:
    """Make links of the addresses in a note."""
    words = (
        f"({_link(word[1:-1])})" if word.startswith("(https://") and word.endswith(")") else _link(word)
        for word in note.split(" ")
    )
    return " ".join(words)


def _link(word: str) -> str:
    if word.startswith("https://"):
        return f"<{word}>"
    if word.startswith("doi:"):
        return f"[{word}](https://doi.org/{word.removeprefix('doi:')})"
    return word
