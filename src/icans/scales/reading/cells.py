"""The cells of a domain, checked to hold every value once."""

from __future__ import annotations

from itertools import pairwise

from icans.scales.conditions import Answer, Interval, Limits, OneOf, Values
from icans.scales.model import Category, Cell
from icans.scales.reading.entries import Entry
from icans.scales.reading.vocabulary import answers, word


def cells(domain: Entry, held: Values) -> tuple[Cell, ...]:
    """Read the cells of a domain.

    Parameters
    ----------
    domain
        The domain's section.
    held
        What the column or score it reads can hold.

    Raises
    ------
    ScaleError
        A cell holds what the column cannot, two cells hold the same value, a value has no cell, or there is one grade
        only.
    """
    entries = domain.inner("cells", marker="grade")
    grades = [entry.whole("grade", 0, 5) for entry in entries]
    if len(set(grades)) < 2:
        domain.refuse("its cells earn fewer than two grades, so it could not change any", key="cells")
    earned_by: list[Interval | OneOf]
    if isinstance(held, Limits):
        intervals = [interval(entry, held) for entry in entries]
        words = [f"grade {grade}" for grade in grades]
        _check_intervals(domain, list(zip(entries, words, intervals, strict=True)), held, key="cells")
        earned_by = [*intervals]
    else:
        choices = [OneOf(answers(entry, "values", held)) for entry in entries]
        _check_answers(domain, list(zip(entries, grades, choices, strict=True)), held)
        earned_by = [*choices]
    labels = [entry.text("label", "") for entry in entries]
    for entry in entries:
        entry.close()
    return tuple(Cell(*cell) for cell in zip(grades, earned_by, labels, strict=True))


def categories(score: Entry, limits: Limits) -> tuple[Category, ...]:
    """Read what the publication calls the values of a score; none where it states no cut-off.

    Raises
    ------
    ScaleError
        Two categories hold the same value, or a value has none.
    """
    entries = score.inner("categories", marker="category")
    read = [Category(part.text("category"), interval(part, limits), part.text("label", "")) for part in entries]
    for part in entries:
        part.close()
    if read:
        words = [f"the category {one.name}" for one in read]
        held = [one.holds for one in read]
        _check_intervals(score, list(zip(entries, words, held, strict=True)), limits, key="categories")
    return tuple(read)


def point_cells(item: Entry, limits: Limits) -> tuple[tuple[int, Interval], ...]:
    """Read the points that an item gives for the numbers of a quantity.

    Raises
    ------
    ScaleError
        Two cells hold the same number, or a number has none.
    """
    entries = item.inner("cells", marker="points")
    read = [(part.whole("points", 0, 1000), interval(part, limits)) for part in entries]
    for part in entries:
        part.close()
    if len({points for points, _ in read}) < 2:
        item.refuse("its cells give fewer than two numbers of points, so it could not change any")
    words = [f"{points} points" for points, _ in read]
    held = [one for _, one in read]
    _check_intervals(item, list(zip(entries, words, held, strict=True)), limits, key="cells")
    return tuple(read)


def interval(entry: Entry, limits: Limits) -> Interval:
    """Read the numbers an entry speaks of: `range`, or one or two of `at_least`, `above`, `at_most`, `below`.

    Raises
    ------
    ScaleError
        There is none, or they hold no number that the column can.
    """
    ends = _ends(entry)
    for number in ends.values():
        if isinstance(number, bool) or not isinstance(number, int if limits.whole else int | float):
            entry.refuse(f"{number!r} is not a {'whole number' if limits.whole else 'number'}")
        if number not in limits:
            entry.refuse(f"{number} is outside what the column can hold, {limits.least:g} to {limits.most:g}")
    least = ends.get("at_least", ends.get("above", limits.least))
    most = ends.get("at_most", ends.get("below", limits.most))
    given = Interval(least, most, "above" not in ends, "below" not in ends)
    if limits.whole:
        given = Interval(least + (not given.least_counts), most - (not given.most_counts))
    if given.least > given.most or (given.least == given.most and given.least not in given):
        entry.refuse(f"no number lies between {least:g} and {most:g}")
    return given


def _ends(entry: Entry) -> dict[str, float]:
    ends = {key: entry.take(key) for key in ("at_least", "above", "at_most", "below") if entry.has(key)}
    if entry.has("range"):
        both = entry.listing("range")
        if len(both) != 2 or ends:
            entry.refuse("range takes two numbers, and no other end beside it")
        return {"at_least": both[0], "at_most": both[1]}
    if not ends or ends.keys() >= {"at_least", "above"} or ends.keys() >= {"at_most", "below"}:
        entry.refuse("it needs a range, or one of at_least and above, or one of at_most and below")
    return ends


def _check_answers(domain: Entry, read: list[tuple[Entry, int, OneOf]], allowed: tuple[Answer, ...]) -> None:
    earned: dict[Answer, int] = {}
    for entry, grade, one_of in read:
        if not one_of.answers:
            entry.refuse("it has no values")
        for answer in one_of.answers:
            if answer in earned:
                entry.refuse(f"{word(answer)} stands twice, for grade {earned[answer]} and for grade {grade}")
            earned[answer] = grade
    untested = answers(domain, "open", allowed)
    for answer in untested:
        if answer in earned:
            domain.refuse(f"{word(answer)} is open and earns grade {earned[answer]}", key="open")
    if left := [word(answer) for answer in allowed if answer not in earned and answer not in untested]:
        domain.refuse(f"no cell holds {', '.join(left)}", "Give each a grade, or list it under open.", key="cells")


def _check_intervals(part: Entry, read: list[tuple[Entry, str, Interval]], limits: Limits, *, key: str) -> None:
    """Refuse intervals, each with the words for what it earns, that hold a number twice or leave one out."""
    one_of = {"cells": "cell", "categories": "category"}[key]
    order = sorted(read, key=lambda one: (one[2].least, not one[2].least_counts))
    first, last = order[0][2], order[-1][2]
    if limits.least not in first:
        part.refuse(f"no {one_of} holds the numbers from {limits.least:g} to {first.least:g}", key=key)
    for (_, word_before, before), (entry, this_word, after) in pairwise(order):
        apart = after.least - before.most
        touch = before.most_counts and after.least_counts
        if apart < 0 or (apart == 0 and touch):
            entry.refuse(f"{after.least:g} stands twice, for {word_before} and for {this_word}")
        if apart > limits.whole or (apart == 0 and not before.most_counts and not after.least_counts):
            entry.refuse(f"no {one_of} holds the numbers between {before.most:g} and {after.least:g}")
    if limits.most not in last:
        part.refuse(f"no {one_of} holds the numbers from {last.most:g} to {limits.most:g}", key=key)
