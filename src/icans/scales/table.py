"""A scale as the table a clinician knows."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from typing import NamedTuple

from icans.scales import catalogue
from icans.scales.conditions import Answer, Interval, Limits, OneOf
from icans.scales.measured_words import amounts, formula_rows, formula_sentence, point_rows
from icans.scales.model import Category, Domain, Scale, Score, columns
from icans.scales.reading.vocabulary import COLUMNS, held

TOXICITIES = {
    "icans": "Neurotoxicity after immune effector cells (icans)",
    "crs": "Cytokine release syndrome (crs)",
    "tian": "Neurotoxicity around tumours of the nervous system (tian)",
    "icaht": "Haematotoxicity after immune effector cells (icaht)",
}
"""What scales grade, in the order in which they are listed; any other follows by its own name."""


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
    if scale.formula:
        categories = [_category(one) for one in scale.formula.categories]
        notes = [formula_sentence(scale.formula, scale), *categories]
        return Described("", ("Quantity", "Unit", "In the formula"), formula_rows(scale.formula, scale), notes)
    if scale.result == "score":
        total = total_table(scale.scores[0])
        return Described("", total.header, total.rows, [_category(one) for one in scale.scores[0].categories])
    earned = {grade for domain in scale.domains for grade in domain.grades}
    grades = range(max(4, *earned) + 1)
    rows = [(domain.label, *(_cell(domain, grade) for grade in grades)) for domain in scale.domains]
    return Described("", ("", *(f"Grade {grade}" for grade in grades)), rows, _combined(scale))


def total_table(score: Score) -> Described:
    """Describe how a total is made: a row for each item, its points."""
    if any(item.cells for item in score.items):
        return Described(f"{score.label}, 0-{score.most}", *point_rows(score.items), [])
    answers = tuple(dict.fromkeys(answer for item in score.items for answer, _ in item.points))
    if not answers:
        rows = [(item.label, f"0-{item.most}" if item.most > 1 else "0 or 1") for item in score.items]
        return Described(f"{score.label}, 0-{score.most}", ("Item", "Points"), rows, [])
    by_answer = [(item.label, *(str(dict(item.points).get(answer, "")) for answer in answers)) for item in score.items]
    return Described(f"{score.label}, 0-{score.most}", ("Item", *answers), by_answer, [])


def total_tables(scale: Scale) -> list[Described]:
    """Describe the totals that domains of a scale read."""
    return [] if scale.result == "score" else [total_table(score) for score in scale.scores]


def columns_table(scale: Scale) -> Described:
    """Describe the columns that the scale declares, and name the others that it reads."""
    rows = [
        (f"`{one.name}`", one.table, _holds(one.column.unit, held(one.column)), one.column.meaning)
        for one in scale.columns_declared
    ]
    others = ", ".join(f"`{name}`" for name in columns(scale) if name in COLUMNS)
    notes = [f"{'It also reads' if rows else 'It reads'}, as the data dictionary has them: {others}."] if others else []
    return Described("", ("Column", "Table", "Holds", "Meaning"), rows, notes)


def catalogue_tables() -> list[Described]:
    """Describe the catalogue: a table for each toxicity, a row for each scale, by population."""
    scales = [catalogue.load(scale_id) for scale_id in catalogue.ids()]
    others = sorted({scale.toxicity for scale in scales} - set(TOXICITIES))
    groups = [(name, [scale for scale in scales if scale.toxicity == name]) for name in (*TOXICITIES, *others)]
    return [scales_table(TOXICITIES.get(name, name.capitalize()), those) for name, those in groups if those]


def scales_table(title: str, scales: Sequence[Scale]) -> Described:
    """Describe some scales: a row for each, by population."""
    ordered = sorted(scales, key=lambda one: (one.population, one.id))
    rows = [(one.id, one.population, one.name, one.result, str(one.status)) for one in ordered]
    return Described(title, ("Id", "For", "Name", "Gives", "Status"), rows, [])


def _cell(domain: Domain, grade: int) -> str:
    earned = [cell.label or _words(cell.earned_by) for cell in domain.cells if cell.grade == grade]
    printed = [f"({text})" for at, text in domain.printed if at == grade]
    return "; ".join([*earned, *printed])


def _category(category: Category) -> str:
    label = f", {category.label}" if category.label else ""
    return f"{word(category.name).capitalize()}: {_score(category.holds)}{label}."


def _score(held: Interval) -> str:
    return _words(held) if held.least_counts and held.most_counts and held.most < inf else amounts(held, inf)


def _words(earned_by: Interval | OneOf) -> str:
    if isinstance(earned_by, OneOf):
        return ", ".join(word(answer) for answer in earned_by.answers)
    least, most = f"{earned_by.least:g}", f"{earned_by.most:g}"
    if earned_by.least_counts and earned_by.most_counts:
        return least if least == most else f"{least}-{most}"
    return (
        f"{'from' if earned_by.least_counts else 'above'} {least}, {'to' if earned_by.most_counts else 'below'} {most}"
    )


def word(answer: Answer) -> str:
    """Write an answer in words."""
    if isinstance(answer, bool):
        return "yes" if answer else "no"
    return str(answer).replace("_", " ")


def _holds(unit: str, values: Limits | tuple[Answer, ...]) -> str:
    if not isinstance(values, Limits):
        return "yes, no" if values == (False, True) else ", ".join(f"`{value}`" for value in values)
    kind = "whole numbers" if values.whole else "numbers"
    return f"{kind} {values.least:g} to {values.most:g}{f' ({unit})' if unit else ''}"


def _combined(scale: Scale) -> list[str]:
    """Say how the rows become the grade."""
    notes = ["The grade is the highest of all rows."]
    if any(domain.printed for domain in scale.domains):
        notes.append("In brackets: printed at that grade, but not earned by the row alone.")
    if scale.fatal:
        notes.append(f"Grade 5: {scale.fatal.label}.")
    return notes
