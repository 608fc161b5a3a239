"""Everything that can go wrong for a user, as one tree.

    IcansError                 what every command prints in one or two lines
    ├── CallError              the command was called wrongly (exit 2)
    └── StudyError             the study cannot give what was asked (exit 1)
        ├── ProtocolError      study.toml says something that cannot be meant
        ├── RecordsError       a table cannot be read at all
        ├── ScaleError         a scale file is wrong, or needs columns that are not there
        ├── ClaimsError        claims.toml cannot be read
        └── EngineError        the place where tables live refused

A row that cannot be used is not an error but a finding: see `icans.records.findings`.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class IcansError(Exception):
    """An error a user can act on.

    Parameters
    ----------
    what
        Where it happened, what was there and what was expected: one sentence.
    do
        What to do next: one sentence, empty where the first one already says it.
    """

    exit_code = 1

    def __init__(self, what: str, do: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.do = do

    def __str__(self) -> str:
        return f"{self.what}\n  {self.do}" if self.do else self.what


class CallError(IcansError):
    """The command was called wrongly."""

    exit_code = 2


class StudyError(IcansError):
    """The study cannot give what was asked."""


class ProtocolError(StudyError):
    """study.toml says something that cannot be meant."""


class RecordsError(StudyError):
    """A table of records cannot be read at all."""


class ScaleError(StudyError):
    """A scale file is wrong, or needs columns that are not there."""


class ClaimsError(StudyError):
    """claims.toml cannot be read."""


class EngineError(StudyError):
    """The engine that holds the tables refused."""


def nearest(word: str, known: Iterable[str]) -> str:
    """Give the advice that follows an unknown name: the nearest known one, or all of them."""
    names = sorted(known)
    close = get_close_matches(word, names, n=1, cutoff=0.6)
    return f"Did you mean {close[0]}?" if close else f"Known are: {', '.join(names)}."
