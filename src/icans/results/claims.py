"""What a manuscript states (`claims.toml`), recomputed: each claim against the one row of results it speaks of."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

from icans.errors import CallError, ClaimsError, nearest
from icans.results.display import NOT_REACHED, exact, quantised, scientific
from icans.results.rows import Result
from icans.results.stated import Agreement, Stated, compare, parse

REQUIRED = ("id", "analysis", "statistic", "stated")
OPTIONAL = ("variable", "group", "level", "source", "note", "disputed")
KEYS = REQUIRED + OPTIONAL
FORMS = (
    'A figure is text, so that its last digit counts: "92.3", "2.0e6", "<0.05", "12 of 13" or "not reached". '
    "An interval or a range is two claims; a unit is left out."
)
COUNTED = frozenset({"", "%", "rows"})
"""Units of numbers that ``12 of 13`` can be held against."""
NOISE = Decimal("1e-6")
"""Most by which a count that was had from a percentage is not whole."""
LANDMARKS = {"survival": "[survival] landmarks_months", "time_to_remission": "[remission] landmarks_days"}
"""Where study.toml names the levels of an analysis."""


@dataclass(frozen=True)
class Claim:
    """A figure that a manuscript states.

    Parameters
    ----------
    id
        Name of the claim.
    analysis, statistic
        Which row of results it speaks of.
    stated
        The figure.
    variable, group, level
        Further names of the row; None: the row that has none, or the only one there is.
    source, note
        Where it is stated, and what a reader should know.
    disputed
        Why the statement is in doubt in its own source (another text of the authors says otherwise); its verdict is
        shown and does not fail the run.
    """

    id: str
    analysis: str
    statistic: str
    stated: Stated
    variable: str | None = None
    group: str | None = None
    level: str | None = None
    source: str = ""
    note: str = ""
    disputed: str = ""


@dataclass(frozen=True)
class Verdict:
    """A claim and what came of recomputing it.

    Parameters
    ----------
    claim, result
        The claim and the row of results it speaks of.
    verdict
        ``agrees``, ``compatible with rounding``, ``contradicts``, or ``not available`` where the row has no value.
    explanation
        The way of rounding that explains the figure, or why there is no value.
    ours
        Our number at the precision stated; empty where there is none.
    """

    claim: Claim
    result: Result
    verdict: Agreement | Literal["not available"]
    explanation: str = ""
    ours: str = ""

    @property
    def fails(self) -> bool:
        """Whether the claim fails the run: contradicted or not available, and not disputed by its own source."""
        return self.verdict in {"contradicts", "not available"} and not self.claim.disputed


def read_claims(path: Path) -> list[Claim]:
    """Read `claims.toml`, the file or the study folder that holds it.

    Raises
    ------
    CallError
        There is no such file.
    ClaimsError
        The file is not TOML, or some claims cannot be understood: all of them are named.
    """
    file = path / "claims.toml" if path.is_dir() else path
    if not file.is_file():
        raise CallError(
            f"{file}: there are no claims here.",
            "Write a [[claim]] with id, analysis, statistic and stated for each figure; or name a file with --claims.",
        )
    try:
        content = tomllib.loads(file.read_bytes().decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise ClaimsError(f"{file.name}: byte {error.start + 1} is not UTF-8.", "Save the file as UTF-8.") from None
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ClaimsError(f"{file.name}: not TOML: {str(error) or 'nested too deeply'}.") from None
    return _claims(content, file.name)


def claims_of(folder: Path) -> list[Claim]:
    """Give what the manuscript of a study states; nothing where the study has no claims.toml."""
    return read_claims(folder) if (folder / "claims.toml").is_file() else []


def verify(results: Sequence[Result], claims: Sequence[Claim]) -> list[Verdict]:
    """Recompute every claim: one verdict a claim, in their order.

    Raises
    ------
    ClaimsError
        A claim speaks of no row of results, or of more than one: all such claims are named.
    """
    found = [_row(claim, results) for claim in claims]
    problems = [row for row in found if isinstance(row, str)]
    if problems:
        raise ClaimsError("\n".join(problems))
    return [_verdict(claim, row) for claim, row in zip(claims, found, strict=True) if isinstance(row, Result)]


def failed(verdicts: Sequence[Verdict]) -> bool:
    """Whether any claim fails the run."""
    return any(verdict.fails for verdict in verdicts)


def _claims(content: dict[str, Any], name: str) -> list[Claim]:
    entries = content.get("claim")
    if set(content) != {"claim"} or not isinstance(entries, list) or not all(isinstance(one, dict) for one in entries):
        raise ClaimsError(f"{name}: claims stand under [[claim]], one a figure, and nothing else is expected.")
    problems: list[str] = []
    claims: dict[str, Claim] = {}
    for place, entry in enumerate(entries, start=1):
        where = f"{name}, claim {place}" + (f" ({entry['id']})" if isinstance(entry.get("id"), str) else "")
        mistakes = _mistakes(entry)
        if not mistakes and entry["id"] in claims:
            mistakes = ["the id is there twice"]
        if mistakes:
            problems += [f"{where}: {mistake}" + ("" if mistake[-1] in ".?" else ".") for mistake in mistakes]
        else:
            claims[entry["id"]] = _claim(entry)
    if problems:
        raise ClaimsError("\n".join(problems), FORMS if any(": stated" in problem for problem in problems) else "")
    return list(claims.values())


def _mistakes(entry: dict[str, Any]) -> list[str]:
    unknown = [f"{key} is not a key of a claim. {nearest(key, KEYS)}" for key in entry if key not in KEYS]
    missing = [f"{key} is missing" for key in REQUIRED if key not in entry]
    wrong = [
        f"{key} should be text, and is {value!r}"
        for key, value in entry.items()
        if key in KEYS and not (isinstance(value, str) and value.strip()) and not _is_level(key, value)
    ]
    if not wrong and "stated" in entry and parse(entry["stated"]) is None:
        wrong = [f'stated "{entry["stated"]}" is not a figure that can be compared']
    return unknown + missing + wrong


def _is_level(key: str, value: object) -> bool:
    return key == "level" and isinstance(value, int) and not isinstance(value, bool)


def _claim(entry: dict[str, Any]) -> Claim:
    stated = parse(entry["stated"])
    if stated is None:
        raise ClaimsError(f"{entry['stated']} is not a figure.")
    texts = {key: str(value) for key, value in entry.items() if key != "stated"}
    return Claim(stated=stated, **texts)


def _row(claim: Claim, results: Sequence[Result]) -> Result | str:
    """Find the row a claim speaks of, or say why there is not exactly one."""
    rows = list(results)
    for key in ("analysis", "variable", "statistic", "level", "group"):
        wanted = getattr(claim, key)
        if wanted is None:
            continue
        known = {str(getattr(row, key)) for row in rows if getattr(row, key) is not None}
        like, rows = rows, [row for row in rows if getattr(row, key) == wanted]
        if not rows and key == "level" and known:
            return _nobody(claim, like[0], wanted, known)
        if not rows:
            advice = nearest(wanted, known) if known else f"These rows have no {key}."
            return f'claim {claim.id}: no row of results has the {key} "{wanted}" there. {advice}'
    rows = _plainest(claim, rows)
    if len(rows) == 1:
        return rows[0]
    if not rows:
        return f"claim {claim.id}: there are no results."
    choices = "; ".join(
        f"{key}: {', '.join(values)}"
        for key in ("variable", "level", "group")
        if len(values := sorted({str(getattr(row, key) or "none") for row in rows})) > 1
    )
    return f"claim {claim.id}: {len(rows)} rows of results are meant. Say which, by {choices}."


def _nobody(claim: Claim, like: Result, level: str, known: set[str]) -> Result:
    """Give the row of a level that the records do not have, by a slip of the claim or a change of the records."""
    if like.analysis in LANDMARKS:
        reason = f'{LANDMARKS[like.analysis]} of study.toml does not name "{level}". {nearest(level, known)}'
    else:
        reason = f'nothing in the records is "{level}". {nearest(level, known)}'
    return replace(like, level=level, group=claim.group, value=None, reason=reason, patients=())


def _plainest(claim: Claim, rows: list[Result]) -> list[Result]:
    """Of the rows a claim may mean, keep those without what it does not name: about everyone, and of no level."""
    for key in ("variable", "level", "group"):
        if getattr(claim, key) is None:
            plain = [row for row in rows if getattr(row, key) == (claim.analysis if key == "variable" else None)]
            rows = plain or rows
    return rows


def _verdict(claim: Claim, row: Result) -> Verdict:
    if row.value is None:
        reason = row.reason or ""
        if claim.stated.value is None and reason.startswith(NOT_REACHED):
            return Verdict(claim, row, "agrees", reason, NOT_REACHED)
        return Verdict(claim, row, "not available", reason)
    if claim.stated.total is not None:
        return _count_verdict(claim, row, row.value, claim.stated.total)
    agreement, explanation = compare(claim.stated, row.value, row.statistic)
    is_number = claim.stated.value is not None and not claim.stated.relation
    ours = _at_precision(row.value, claim.stated.step) if is_number else f"{row.value:.10g}"
    return Verdict(claim, row, agreement, explanation, ours)


def _at_precision(value: float, step: Decimal) -> str:
    ours = quantised(exact(value), step)
    return scientific(float(ours), max(0, ours.adjusted() - step.adjusted())) if step > 1 else f"{ours:f}"


def _count_verdict(claim: Claim, row: Result, value: float, total: int) -> Verdict:
    """Compare ``12 of 13`` with a count, or with a percentage of the row's n."""
    number = exact(value * row.n / 100 if row.unit == "%" else value)
    count = quantised(number, Decimal(1))
    if row.unit not in COUNTED or abs(number - count) > NOISE:
        return Verdict(claim, row, "contradicts", f"it is no count of {row.n}", f"{value:.10g}")
    agrees = count == claim.stated.value and row.n == total
    return Verdict(claim, row, "agrees" if agrees else "contradicts", "", f"{count:f} of {row.n}")
