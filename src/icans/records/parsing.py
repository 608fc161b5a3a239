"""What a text of the records means: one grammar for each kind of column.

Every function takes the different texts of one column, so that a text is read once however many rows have it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from math import isfinite
from typing import Any

from icans.records.schema import Column

BLANKS = " \t\r\n\v\f\xa0\u2007\u202f\u200b\ufeff"
"""What is taken off both ends of a text, with the blanks that do not break and those that have no width."""

NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)
COMMA_NUMBER = re.compile(r"[+-]?\d*,\d+(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)
THOUSANDS_COMMA = re.compile(r"[+-]?[1-9]\d{0,2},\d{3}", re.ASCII)
THOUSANDS_POINT = re.compile(r"[+-]?[1-9]\d{0,2}\.\d{3}", re.ASCII)
SEPARATED = re.compile(r"[+-]?\d{1,3}([., '’]\d{3})+([.,]\d+)?", re.ASCII)
PARTED_BY_POINTS = re.compile(r"[+-]?\d{1,3}((\.\d{3}){2,}|(\.\d{3})+,\d+)", re.ASCII)
PARTED_BY_COMMAS = re.compile(r"[+-]?\d{1,3}((,\d{3}){2,}|(,\d{3})+\.\d+)", re.ASCII)
"""Numbers that leave no doubt what parts thousands."""

TRUE = frozenset({"yes", "y", "true", "1", "1.0"})
FALSE = frozenset({"no", "n", "false", "0", "0.0"})
SPREADSHEET_ERRORS = frozenset(
    {
        *("#n/a", "#ref!", "#value!", "#div/0!", "#name?", "#num!", "#null!", "#spill!", "#calc!", "#field!"),
        *("#nv", "#bezug!", "#wert!", "#zahl!", "#valeur!", "#nom?", "#nombre!", "#nul!"),
        *("#n/d", "#rif!", "#valore!", "#nome?", "#¡ref!", "#¡valor!", "#¡div/0!", "#¿nombre?", "#¡num!", "#¡nulo!"),
    }
)
"""In English, German, French, Italian and Spanish."""
NOBODY = frozenset({"nan", "<na>", "null", "none", "n/a"})
"""What programs write for an id that is not there."""
SHORTENED = re.compile(r"\d[.,]\d+e\+\d{2,}", re.ASCII | re.IGNORECASE)
"""A long number as a spreadsheet shows it in a narrow column."""

LONGEST = 10_000
"""Characters of the longest cell that is taken for a value."""

EMPTY = "there is no value, and the row cannot be used without one"
ERROR = "is an error of the spreadsheet"
NO_ID = "names nobody"
SHORTENED_ID = "is a long number that lost its last digits, so that several patients may have it"
AMBIGUOUS = "may be a number with three decimals or one with thousands"


@dataclass
class Parsed:
    """What the different texts of a column mean.

    Parameters
    ----------
    values
        Value of each text; None where it is missing or cannot be used.
    faults
        For a text that cannot be used, what was expected.
    commas
        Texts read with a decimal comma.
    """

    values: list[Any] = field(default_factory=list)
    faults: dict[int, str] = field(default_factory=dict)
    commas: list[int] = field(default_factory=list)


def trimmed(text: str | None) -> str:
    """Take the blanks off both ends."""
    return (text or "").strip(BLANKS)


def missing_texts(texts: Collection[str]) -> frozenset[str]:
    """Give the forms in which a text is compared to those that mean: not recorded; an empty cell always does."""
    return frozenset({"", *(trimmed(text).casefold() for text in texts)})


def unreadable(texts: Sequence[str | None]) -> dict[int, str]:
    """Give the faults of texts that are no value of any kind: too long, or damaged."""
    faults = {}
    for place, text in enumerate(texts):
        if text is not None and len(text) > LONGEST:
            faults[place] = f"is longer than {LONGEST:,} characters"
        elif text is not None and "\0" in text:
            faults[place] = "has a NUL character in it: the file is damaged"
    return faults


def parse(column: Column, texts: Sequence[str | None], missing: Collection[str]) -> Parsed:
    """Read the different texts of a column by its declaration (times: see `icans.records.time`)."""
    words = [trimmed(text) for text in texts]
    words = ["" if word.casefold() in missing else word for word in words]
    match column.kind:
        case "integer" | "number":
            words = [word.removesuffix("%").rstrip() for word in words] if column.unit == "%" else words
            parsed = _numbers(words, whole=column.kind == "integer")
            _check_range(column, parsed)
        case "boolean":
            parsed = _each(words, "is not yes or no", _boolean)
        case "category":
            expected = f"is not {one_of(column.allowed)}"
            parsed = _each(words, expected, lambda word: _category(word, column.allowed))
        case "categories":
            expected = f"names something other than {', '.join(column.allowed)} (; between)"
            parsed = _each(words, expected, lambda word: _categories(word, column.allowed))
        case _:
            parsed = _each(words, ERROR, _text)
    if column.kind == "id":
        parsed.faults |= {place: fault for place, word in enumerate(words) if (fault := _no_id(word))}
    if column.required:
        parsed.faults |= {place: EMPTY for place, word in enumerate(words) if not word}
    return parsed


def _each(words: Sequence[str], expected: str, read: Any) -> Parsed:  # noqa: ANN401  # str -> value or None
    parsed = Parsed()
    for place, word in enumerate(words):
        value = read(word) if word else None
        parsed.values.append(value)
        if word and value is None:
            parsed.faults[place] = expected
    return parsed


def _text(word: str) -> str | None:
    return None if word.casefold() in SPREADSHEET_ERRORS or re.fullmatch("##+", word) else word


def _no_id(word: str) -> str:
    return NO_ID if word.casefold() in NOBODY else SHORTENED_ID if SHORTENED.fullmatch(word) else ""


def _boolean(word: str) -> bool | None:
    folded = word.casefold()
    return True if folded in TRUE else False if folded in FALSE else None


def _category(word: str, allowed: Collection[str]) -> str | None:
    folded = re.sub(r"[\s\-_]+", "_", word.casefold())
    return folded if folded in allowed else None


def _categories(word: str, allowed: Sequence[str]) -> str | None:
    named = {_category(part.strip(), allowed) for part in re.split("[;,]", word) if part.strip()}
    return None if None in named or not named else ";".join(name for name in allowed if name in named)


def _numbers(words: Sequence[str], *, whole: bool = False) -> Parsed:
    """Read numbers with a decimal point or comma.

    ``1,234`` may be a decimal or a thousand. It is a decimal only where the column writes other numbers with a comma
    that cannot part thousands (``12,5``) and none with a point. ``1.234`` is a decimal unless the column writes others
    with a comma, or with points that can only part thousands (``1.234.567``).
    """
    words = [word.replace("−", "-") for word in words]
    clear = {word for word in words if COMMA_NUMBER.fullmatch(word) and not THOUSANDS_COMMA.fullmatch(word)}
    commas = bool(clear) or any(map(PARTED_BY_POINTS.fullmatch, words))
    points = any(PARTED_BY_COMMAS.fullmatch(word) or ("." in word and NUMBER.fullmatch(word)) for word in words)
    expected = "is not a whole number" if whole else "is not a number"
    parsed = Parsed()
    for place, word in enumerate(words):
        value = None
        if not word:
            pass
        elif NUMBER.fullmatch(word):
            if commas and THOUSANDS_POINT.fullmatch(word):
                parsed.faults[place] = AMBIGUOUS
            else:
                value = float(word)
        elif word in clear or (THOUSANDS_COMMA.fullmatch(word) and clear and not points and not whole):
            value = float(word.replace(",", "."))
            parsed.commas.append(place)
        else:
            parsed.faults[place] = AMBIGUOUS if THOUSANDS_COMMA.fullmatch(word) else expected
        if value is not None and (not isfinite(value) or (whole and not value.is_integer())):
            parsed.faults[place], value = expected, None
        parsed.values.append(int(value) if whole and value is not None else value)
    return parsed


def may_part_thousands(texts: Sequence[str | None], parsed: Parsed) -> list[int]:
    """Give the numbers with a point where it may part thousands.

    That is where two or more of a column have a point, all of them with three digits behind it and more than a zero
    before, and others have none and lie below 1,000.
    """
    read = {place: trimmed(text) for place, text in enumerate(texts) if parsed.values[place] is not None}
    pointed = [place for place, word in read.items() if "." in word]
    if len(pointed) < 2 or not all(THOUSANDS_POINT.fullmatch(read[place]) for place in pointed):
        return []
    whole = [abs(parsed.values[place]) for place, word in read.items() if "." not in word]
    return pointed if whole and max(whole) < 1000 else []


def _check_range(column: Column, parsed: Parsed) -> None:
    for place, value in enumerate(parsed.values):
        if value is not None and not in_range(column, value):
            parsed.faults[place] = f"is not {range_of(column)}"
            parsed.values[place] = None


def in_range(column: Column, value: float) -> bool:
    """Tell whether a number is possible in a column."""
    return (column.least is None or value >= column.least) and (column.most is None or value <= column.most)


def range_of(column: Column) -> str:
    """Give the possible numbers of a column in words."""
    unit = f" ({column.unit})" if column.unit else ""
    return f"from {column.least:g} to {column.most:g}{unit}"


def one_of(allowed: Sequence[str]) -> str:
    """Give the allowed values in words."""
    return f"{' or '.join(allowed)}" if len(allowed) <= 2 else f"one of {', '.join(allowed)}"


def advice(column: Column, text: str, problem: str) -> str:
    """Say what to do about a text that cannot be used."""
    word = trimmed(text)
    if column.advice or problem == SHORTENED_ID:
        return column.advice or "Export the ids as texts, with all their digits."
    if problem == AMBIGUOUS or SEPARATED.fullmatch(word):
        return "Write it without a separator of thousands, and decimals after a point."
    if column.kind in ("integer", "number") and word.endswith("%"):
        return "Write the number without the sign."
    if column.name == "value" and word[:1] in ("<", ">"):
        return f"Put {word[0]} into the column limit, and the number here."
    if column.kind in ("category", "categories"):
        close = get_close_matches(word.casefold(), column.allowed, n=1, cutoff=0.6)
        if close and column.kind == "category":
            return f"Did you mean {close[0]}?"
    return "" if column.required else "Correct it, or leave the cell empty if it was not recorded."


def inferred(texts: Sequence[str | None], missing: Collection[str]) -> Column:
    """Tell what kind of column one of the study's own is: whole numbers, numbers or text.

    A number with zeros before it (``007``) is a name, not a number.
    """
    words = [word for word in map(trimmed, texts) if word.casefold() not in missing]
    if not words or any(re.match(r"[+-]?0\d", word) for word in words):
        return Column("", "text", "")
    if all(re.fullmatch(r"[+-]?\d{1,15}", word, re.ASCII) for word in words):
        return Column("", "integer", "")
    if all(word.endswith("%") for word in words):
        return replace(inferred([word[:-1] for word in words], missing), unit="%")
    return Column("", "text" if _numbers(words).faults else "number", "")
