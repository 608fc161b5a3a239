"""What is wrong with a value of study.toml, in words."""

from __future__ import annotations

from typing import Any

LONGEST = 100
"""Letters of a value that are shown."""


def said(problem: Any) -> str:  # noqa: ANN401  # Pydantic's ErrorDetails
    """Say what is wrong with a value, and what it is where it is no section; without the full stop."""
    written = problem["input"]
    message: str = problem["msg"].removeprefix("Value error, ")
    in_sections = isinstance(written, dict) or (isinstance(written, list) and dict in map(type, written))
    return message if in_sections else f"{message} (it is {_shortened(repr(written))})"


def brackets(problem: Any) -> str:  # noqa: ANN401  # Pydantic's ErrorDetails
    """Say with which brackets a section begins, where it was written with others; empty where that is not the fault."""
    *before, last = problem["loc"]
    name = ".".join(str(part) for part in (*before, last))
    if problem["type"] == "list_type" and isinstance(problem["input"], dict):
        return f"stands in double brackets, once for each: [[{name}]]"
    if problem["type"] in {"model_type", "dict_type"} and isinstance(last, str):
        return f"is a section, in single brackets: [{name}]"
    return ""


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]} ..."
