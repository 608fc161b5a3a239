"""The page of `icans results merge`: several sites together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from markupsafe import Markup

from icans.figures.figure import Figure
from icans.figures.network import name_of
from icans.protocol import Protocol, Title
from icans.report import tables
from icans.report.blocks import Section, bullets, paragraph, section
from icans.report.document import figure_block, page
from icans.report.numbers import Numbers
from icans.report.words import label, level
from icans.results import display
from icans.results.network.definitions import SYNTHETIC
from icans.results.network.effects import Effect
from icans.results.network.merging import Merged
from icans.results.network.tables import STEPS, interval
from icans.results.rows import Result

TITLE = "Several sites together"
NOTES = (
    "Counts are added up; percentages are of the sums, with exact intervals, as if all patients were of one cohort.",
    "Means and standard deviations are those of all patients, from the n, mean and standard deviation of each site.",
    "Medians and quartiles of all patients cannot be had from those of the sites, and are not given.",
    "Proportions are combined on the logit scale and transformed back.",
    "Half a patient is added on either side at a site where nobody or everybody had the event.",
    "That draws the rate towards a half; where it is done at many sites, the exact interval of the sums says more.",
    "Ratios are combined as logarithms, survival and incidence as log(-log), differences as they are.",
    "Where a site states an effect with an interval, its standard error is recovered from that interval.",
    "No patient was moved: this page, and the tables beside it, name none.",
)


def write_page(path: Path, merged: Merged, *, figures: Sequence[Figure], drawn: Mapping[str, str]) -> None:
    """Write one HTML file that needs nothing else.

    Parameters
    ----------
    path
        The file.
    merged
        The merged results.
    figures, drawn
        The forest plots, and the SVG of each by its id.
    """
    numbers = Numbers(merged.results)
    sections = [
        section("sites", "Who is in the sites", _patients(numbers, merged)),
        section("baseline", "Patients", _characteristics(numbers, "baseline", "Patients and their CAR-T cells")),
        section("toxicity", "Toxicity", _characteristics(numbers, "toxicity", "Toxicity")),
        section("forest", "Effects by site", *(figure_block(numbers, figure, drawn) for figure in figures)),
        section("effects", "Effects combined", _effects(numbers, merged.effects), _left_out(merged.effects)),
        section("limits", "How sites were combined", bullets([*merged.cautions, *NOTES])),
    ]
    synthetic = all(site.definitions.get(SYNTHETIC) for site in merged.sites)
    protocol = Protocol(study=Title(title=TITLE, synthetic=synthetic))
    title = f"{len(merged.sites)} sites together"
    kept: list[Section] = [one for one in sections if one.blocks]
    path.write_text(page(protocol, numbers, kept, title=title), encoding="utf-8")


def _patients(numbers: Numbers, merged: Merged) -> Markup:
    rows = []
    for step in STEPS:
        together = numbers.find("population", step, "n")
        cells = [_plain(site.rows.get(("population", None, step, None, "n"))) for site in merged.sites]
        rows.append(tables.Row(label(step), (*cells, numbers.one(together))))
    columns = [*(site.name for site in merged.sites), "Together"]
    return tables.block("table-sites", "Patients by site", columns, rows)


def _plain(row: Result | None) -> Markup:
    if row is None or row.value is None:
        return Markup('<span class="missing">{}</span>').format("not stated" if row is None else "held back")
    return Markup("{}").format(display.number(row.value, 0))


def _characteristics(numbers: Numbers, analysis: str, title: str) -> Markup:
    """Give counts by level, and mean with standard deviation."""
    rows: list[tables.Row] = []
    for variable in dict.fromkeys(row.variable for row in numbers.matching(analysis)):
        mean, sd = (numbers.find(analysis, variable, name) for name in ("mean", "sd"))
        own = [row for row in numbers.matching(analysis, variable) if row.group is None]
        levels = [one for one in dict.fromkeys(row.level for row in own if row.statistic == "n") if one]
        if levels:
            rows.append(tables.Row(label(variable)))
            rows += [
                tables.Row(level(of), (tables.counted(numbers, analysis, variable, None, of),), indented=True)
                for of in levels
            ]
        elif mean is not None and mean.value is not None and sd is not None and sd.value is not None:
            said = display.with_unit(f"{display.number(mean.value)} ± {display.number(sd.value)}", mean.unit)
            rows.append(tables.Row(f"{label(variable)}, mean ± sd", (numbers.show(said, (mean, sd)),)))
        elif mean is not None:
            rows.append(tables.Row(f"{label(variable)}, mean ± sd", (numbers.one(mean),)))
    return tables.block(f"table-{analysis}", title, ["Everyone infused"], rows)


def _effects(numbers: Numbers, effects: Sequence[Effect]) -> Markup:
    names = ("sites", "fixed", "random", "prediction", "q_p_value", "i2", "tau2")
    rows = [
        tables.Row(name_of(one), tuple(_cell(numbers, one, name) for name in names))
        for one in effects
        if one.found is not None
    ]
    columns = ("Sites", "Fixed effect", "Random effects", "At a further site", "p of Q", "I²", "τ²")
    note = (
        "95% intervals. A p-value of Q above 0.05 does not show that the sites are alike: with few sites Q sees little."
    )
    return tables.block("table-effects", "Effects over sites", columns, rows, note)


def _cell(numbers: Numbers, effect: Effect, name: str) -> Markup:
    about = effect.subject

    def find(statistic: str) -> Result | None:
        return numbers.find(about.analysis, about.variable, statistic, group=about.group, level=about.level)

    if name in {"fixed", "random"}:
        three = (find(name), find(f"{name}_low"), find(f"{name}_high"))
        return numbers.show(interval(*three), three)
    if name == "prediction":
        low, high = find("prediction_low"), find("prediction_high")
        if low is None or high is None or low.value is None or high.value is None:
            return Markup("–")
        digits = 1 if about.unit == "%" else 2
        return numbers.show(f"{display.number(low.value, digits)} to {display.number(high.value, digits)}", (low, high))
    row = find(name)
    if row is None or row.value is None:
        return Markup("–")
    return numbers.show(display.p_value(row.value) if name == "q_p_value" else display.shown(row), [row])


def _left_out(effects: Sequence[Effect]) -> Markup:
    said = [
        f"{name_of(one)}: {each.site} ({each.reason})"
        for one in effects
        for each in one.sites
        if each.reason is not None
    ]
    if not said:
        return Markup("")
    return Markup("{}{}").format(paragraph("Sites left out of an effect, each with its reason:"), bullets(said))
