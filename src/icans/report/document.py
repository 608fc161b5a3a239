"""The report: one self-contained page, in the order a clinician reads a paper."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import jinja2
from markupsafe import Markup, escape

from icans import __version__
from icans.counts import counted, named
from icans.figures.figure import Figure, LeftOut
from icans.protocol import Protocol
from icans.records.findings import SEVERITIES, Finding
from icans.report import agreement, outcomes, tables
from icans.report.asked import asked_sections
from icans.report.blocks import Section, bullets, definition_list, details, nothing, paragraph, section
from icans.report.definitions import definitions
from icans.report.limits import limits
from icans.report.numbers import Numbers
from icans.results import display
from icans.results.rows import Result
from icans.scales.model import Scale

if TYPE_CHECKING:
    from icans.results.claims import Claim
    from icans.results.groups.between import BetweenGroups
    from icans.results.specified import Specified

FINDINGS_SHOWN = 50
"""Findings on the page; findings.csv has all of them."""


@dataclass(frozen=True)
class Content:
    """Everything a report says.

    Parameters
    ----------
    protocol
        Definitions of the study.
    scales
        The scales that graded it.
    results
        Every row of results.
    figures
        Figures, each with its caption and the text for those who cannot see it.
    left_out
        Figures a study has no data for, with the reason.
    drawn
        SVG of each figure by its id.
    findings
        What was found in the records.
    specified
        The study under every combination of its alternatives; None where its protocol has none.
    claims
        What the manuscript of the study states; used beside `specified`.
    between
        Who was compared with whom; None where the protocol compares nobody.
    """

    protocol: Protocol
    scales: Sequence[Scale]
    results: Sequence[Result]
    figures: Sequence[Figure]
    left_out: Sequence[LeftOut]
    drawn: Mapping[str, str]
    findings: Sequence[Finding]
    specified: Specified | None = None
    claims: Sequence[Claim] = ()
    between: BetweenGroups | None = None


def write_report(path: Path, content: Content) -> None:
    """Write the report as one HTML file that needs nothing else."""
    path.write_text(render(content), encoding="utf-8")


def render(content: Content) -> str:
    """Give the report as HTML."""
    numbers = Numbers(content.results)
    protocol = content.protocol
    groups = _groups(numbers)
    sections = [
        _question(content),
        section("flow", "Who is in the study", _figure(numbers, content, "flow")),
        section("baseline", "Table 1. Patients", _table_one(numbers, groups)),
        section(
            "course",
            "Toxicity day by day",
            _figure(numbers, content, "heatmap", "by_day"),
            _figure(numbers, content, "swimmer"),
        ),
        section(
            "toxicity",
            "Onset, peak and remission",
            _figure(numbers, content, "time_course"),
            _toxicity(numbers, groups),
        ),
        section(
            "treatment", _first_course_title(protocol), _figure(numbers, content, "first_course"), _exposure(numbers)
        ),
        section("remission", "Remission", _remission(numbers, protocol), _figure(numbers, content, "remission")),
        section("biomarkers", "Before and after", _figure(numbers, content, "biomarkers"), _biomarkers(numbers)),
        section("survival", "Survival", _figure(numbers, content, "survival"), _survival(numbers, groups)),
        *asked_sections(numbers, content, lambda identity: _figure(numbers, content, identity)),
        section("limits", "Findings and limits of the data", *_limits(numbers, content)),
    ]
    return page(protocol, numbers, [one for one in sections if one.blocks], headline=_headline(numbers))


def page(
    protocol: Protocol,
    numbers: Numbers,
    sections: Sequence[Section],
    *,
    title: str = "",
    headline: Sequence[Mapping[str, Markup]] = (),
) -> str:
    """Give a page that needs nothing else, its numbers leading back to their rows of results.

    Parameters
    ----------
    protocol
        Definitions of the study.
    numbers
        The results, and which of them the sections show.
    sections
        What stands on it.
    title
        Its title; by default that of the study.
    headline
        Numbers that stand above the sections, each with its words.
    """
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True)
    return environment.from_string(_asset("page.html.j2")).render(
        title=title or protocol.study.title,
        question=protocol.study.question,
        synthetic=protocol.study.synthetic,
        version=__version__,
        headline=headline,
        sections=sections,
        css=Markup(_asset("page.css")),  # noqa: S704
        script=Markup(_asset("page.js")),  # noqa: S704
        numbers=numbers.json(),
        pseudonyms=any(row.patients for row in numbers.results),
    )


def _asset(name: str) -> str:
    return files("icans.report").joinpath(name).read_text(encoding="utf-8")


def _groups(numbers: Numbers) -> tuple[str | None, ...]:
    """Give everyone, and the evaluable patients beside them where they are others."""
    everyone, evaluable = (numbers.find("population", variable, "n") for variable in ("infused", "evaluable"))
    same = everyone is None or evaluable is None or everyone.value == evaluable.value
    return (None,) if same or numbers.nobody_evaluable else (None, "evaluable")


def _columns(numbers: Numbers, groups: Sequence[str | None]) -> list[str]:
    names = {None: ("infused", "All infused"), "evaluable": ("evaluable", "Evaluable")}
    headings = []
    for group in groups:
        variable, words = names[group]
        row = numbers.find("population", variable, "n")
        headings.append(f"{words} (n = {display.number(row.value, 0)})" if row and row.value is not None else words)
    return headings


def _headline(numbers: Numbers) -> list[dict[str, Markup]]:
    cards = []
    evaluable = numbers.find("population", "evaluable", "n")
    rate, events, n, low, high = (
        numbers.find("remission", "remission", s) for s in ("percent", "events", "n", "ci_low", "ci_high")
    )
    if evaluable is not None and evaluable.value:
        cards.append({"number": numbers.one(evaluable), "words": escape(named(evaluable.value, "evaluable patient"))})
    if rate is not None and rate.value is not None:
        words = Markup("in remission: {} of {}, exact 95% interval {} to {}").format(
            *(numbers.one(row) for row in (events, n, low, high))
        )
        cards.append({"number": numbers.one(rate), "words": words})
    median = numbers.find("time_to_remission", "days_to_remission", "median")
    if median is not None and median.value is not None:
        words = Markup("from first course to remission among responders, median (range)")
        cards.append(
            {"number": tables.described(numbers, "time_to_remission", "days_to_remission", None), "words": words}
        )
    survival = numbers.find("survival", "os", "median", group=None)
    if survival is not None and survival.value is not None:
        of = "" if _groups(numbers) == (None,) else " of all infused"
        limits = outcomes.interval(numbers, survival)
        bounded = Markup(", 95% interval {}") if outcomes.bounded(numbers, survival) else Markup(" ({})")
        words = Markup("median overall survival{}").format(of) + bounded.format(limits)
        cards.append({"number": numbers.one(survival), "words": words})
    return cards


def _question(content: Content) -> Section:
    terms = definitions(content.protocol, content.scales)
    blocks = [paragraph(content.protocol.study.question)] if content.protocol.study.question else []
    blocks.append(definition_list(terms))
    return section("question", "What was asked, and the definitions used", *blocks)


def _figure(numbers: Numbers, content: Content, *identities: str) -> Markup:
    """Give the first of these figures that the study has, or say why it has none."""
    for figure in content.figures:
        if figure.id in identities:
            return figure_block(numbers, figure, content.drawn)
    reasons = [absent.reason for absent in content.left_out if absent.id in identities]
    return nothing(reasons[0]) if reasons else Markup("")


def figure_block(numbers: Numbers, figure: Figure, drawn: Mapping[str, str]) -> Markup:
    """Set a figure with its caption and the numbers that stand in it."""
    svg = drawn[figure.id]
    chart = Markup(svg)  # noqa: S704  # our own chart, its texts escaped when it was drawn
    return Markup(
        '<figure id="figure-{}"><div class="chart" role="group" aria-label="{}" tabindex="0" style="--on-paper: {}px">'
        "{}</div><figcaption><b>{}.</b> {}</figcaption>{}</figure>"
    ).format(figure.id, figure.title, _width(svg), chart, figure.title, figure.caption, _behind(numbers, figure))


def _width(svg: str) -> int:
    """Give the width of a figure on paper, in pixels."""
    natural = re.search(r'<svg[^>]*? width="([\d.]+)"', svg)
    return round(float(natural[1])) if natural else 680


def _behind(numbers: Numbers, figure: Figure) -> Markup:
    """List the numbers that stand in a figure, each leading back to its patients."""
    rows = [row for analysis, variable in figure.results for row in numbers.matching(analysis, variable)]
    shown = [Markup("{}: {}").format(row.name, numbers.one(row)) for row in dict.fromkeys(rows)]
    return details("Numbers in this figure", bullets(shown)) if shown else Markup("")


def _table_one(numbers: Numbers, groups: Sequence[str | None]) -> Markup:
    rows = tables.summary_rows(numbers, "baseline", groups)
    note = (
        "Median (range) or n (%); percentages are of patients with a value. In square brackets: patients without one."
    )
    return _table("table-1", "Patients and their CAR-T cells", _columns(numbers, groups), rows, note)


def _toxicity(numbers: Numbers, groups: Sequence[str | None]) -> Markup:
    rows = tables.summary_rows(numbers, "toxicity", groups, levels_left_out=(">=1", ">=2", ">=4", ">=5"))
    return _table("table-toxicity", "Toxicity", _columns(numbers, groups), rows)


def _first_course_title(protocol: Protocol) -> str:
    return f"Around the first course of {protocol.intervention.short}"


def _exposure(numbers: Numbers) -> Markup:
    rows = [] if numbers.nobody_evaluable else tables.summary_rows(numbers, "exposure", (None,))
    return tables.block("table-exposure", "Exposure of evaluable patients", _columns(numbers, ("evaluable",)), rows)


def _table(identity: str, title: str, columns: Sequence[str], rows: Sequence[tables.Row], note: str = "") -> Markup:
    if not rows:
        return nothing(f"{title}: nothing was recorded")
    return tables.block(identity, title, columns, rows, note)


def _remission(numbers: Numbers, protocol: Protocol) -> Markup:
    if numbers.nobody_evaluable:
        return Markup("")
    columns = ("In remission", "Exact 95% interval", "Wilson 95% interval")
    note = f"Remission after {protocol.intervention.name}, as defined above."
    return _table("table-remission", "Remission", columns, outcomes.remission_rows(numbers), note) + _table(
        "table-time", "First course to remission", ("Evaluable patients",), outcomes.time_rows(numbers)
    )


def _biomarkers(numbers: Numbers) -> Markup:
    columns = ("Pairs", "Before, median", "After, median", "Change (95% interval)", "p")
    note = (
        "Change: Hodges-Lehmann estimate and signed-rank test; where a value is a detection limit, which is never "
        "replaced by a number, the median change and sign test."
    )
    return tables.block(
        "table-biomarkers", "Before and after the first course", columns, outcomes.biomarker_rows(numbers), note
    )


def _survival(numbers: Numbers, groups: Sequence[str | None]) -> Markup:
    rows = outcomes.survival_rows(numbers, groups)
    return _table("table-survival", "Survival", _columns(numbers, groups), rows)


def _limits(numbers: Numbers, content: Content) -> list[Markup]:
    blocks = [bullets(limits(numbers, content.protocol, content.scales)), agreement.recorded(numbers)]
    if not content.findings:
        return [*blocks, paragraph("The checks of the records found nothing.")]
    shown = sorted(content.findings, key=lambda finding: SEVERITIES.index(finding.severity))[:FINDINGS_SHOWN]
    counts = ", ".join(
        counted(sum(f.severity == severity for f in content.findings), severity) for severity in SEVERITIES
    )
    rest = len(content.findings) - len(shown)
    sentences = [f"{finding.severity}: {finding}" for finding in shown]
    if rest:
        sentences.append(f"and {rest} more in findings.csv")
    blocks.append(paragraph(f"The checks of the records found {counts} (findings.csv has them all)."))
    return [*blocks, details("Show the findings", bullets(sentences))]
