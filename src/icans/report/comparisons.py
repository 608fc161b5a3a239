"""Groups of patients compared: the question, what was refused and why, effects, curves, and what they rest on."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from markupsafe import Markup

from icans.counts import counted
from icans.figures.comparisons import curves_id, forest_id
from icans.figures.labels import capitalised, listed, uncapitalised
from icans.report.blocks import bullets, details, paragraph
from icans.report.cautions import caution
from icans.report.comparison_tables import (
    EVALUE,
    baseline_table,
    effects_table,
    groups_table,
    immortal_patients,
    immortal_table,
    with_interval,
)
from icans.report.numbers import Numbers
from icans.report.words import label as words_for
from icans.report.words import level as words_of
from icans.results import display
from icans.results.groups.between import BetweenGroups
from icans.results.groups.characteristics import ANALYSIS as BASELINE
from icans.results.groups.grouping import Grouping
from icans.results.groups.outcomes import TITLES
from icans.results.groups.pairs import group_name, pair_name
from icans.results.groups.refusals import ANALYSIS, NAIVE, NOT_COMPARED
from icans.results.rows import Result

SECTION = "comparisons"
TITLE = "Comparisons between groups"
OPENING = (
    "Nobody was assigned to a group by chance. A difference between groups can come from what they are named for, from "
    "anything else in which they differ, or from chance. What follows are estimates and what they rest on."
)
IMMORTAL = (
    "From time zero such a group would be credited with time in which nobody in it could have had the event, or the "
    "patient would not be in it: immortal time. It makes that group look better than it is and the others worse. So no "
    "curve and no effect from time zero is given. In its place stand landmark analyses, which compare those still at "
    "risk on a stated day by what was known of them then, and a time-dependent analysis, which counts each patient in "
    "a group from the moment it was known."
)
E_VALUES = (
    "E-values: how strongly something unmeasured would have to go with both the group and the outcome, as a risk "
    "ratio, to account for a difference by itself."
)
STATUSES = {"treated": "whether they were treated", "responder": "whether they reached remission"}
INTERVALS = {"time_to_remission", "os", "pfs", "duration"}
"""Endpoints that are a time to an event."""

COMPETED = {"time_to_remission": "remission", "duration": "the end of ICANS"}
"""Of them, those that death prevents."""


def comparisons(numbers: Numbers, found: BetweenGroups, figure: Callable[[str], Markup]) -> list[Markup]:
    """Write the section.

    Parameters
    ----------
    numbers
        The results.
    found
        Who was compared with whom.
    figure
        Gives the figure of that id ready to be set, or why there is none.
    """
    blocks = [paragraph(OPENING)]
    for number, grouping in enumerate(found.groupings):
        identity = f"comparison-{number + 1}"
        blocks.append(Markup('<h3 id="{}">{}</h3>').format(identity, grouping.comparison.name))
        blocks.append(paragraph(_question(numbers, grouping)))
        blocks += _refused(numbers, grouping, identity)
        blocks += [figure(forest_id(number, place)) for place in range(max(1, len(grouping.labels) - 1))]
        blocks.append(figure(curves_id(number)))
        blocks.append(groups_table(numbers, grouping, f"{identity}-groups"))
        blocks.append(effects_table(numbers, grouping, f"{identity}-effects"))
        blocks.append(paragraph(Markup("<b>What this rests on.</b>")))
        blocks.append(bullets(_assumptions(numbers, grouping)))
        if changed := list(_confounding(numbers, grouping)):
            blocks += [paragraph(Markup("<b>What would change the conclusion.</b>")), paragraph(E_VALUES)]
            blocks.append(bullets(changed))
        table = baseline_table(numbers, grouping, f"{identity}-baseline")
        blocks.append(details("The groups at baseline", table) if table else Markup(""))
    return [block for block in blocks if block]


def _question(numbers: Numbers, grouping: Grouping) -> Markup:
    """Say who is compared with whom, by what and in which endpoints."""
    comparison = grouping.comparison
    sizes = [
        Markup("{} ({})").format(
            _meaning(grouping, place),
            numbers.one(numbers.find(ANALYSIS, "patients", "n", group=group_name(grouping, place))),
        )
        for place in range(len(grouping.labels))
    ]
    left = numbers.find(ANALYSIS, "patients", "left_out", group=comparison.name)
    aside = Markup("; {} in none of them").format(numbers.one(left)) if left is not None and left.value else ""
    endpoints = listed(uncapitalised(TITLES[name]) for name in comparison.endpoints)
    who = {"with_icans": "patients with ICANS"}.get(comparison.population, f"{comparison.population} patients")
    note = f" {capitalised(grouping.note)}" if grouping.note else ""
    return Markup("Do these groups differ in {}? Compared are {} by {}: {}{}.{}").format(
        endpoints, who, _by(grouping), Markup("; ").join(sizes), aside, note
    )


def _meaning(grouping: Grouping, place: int) -> str:
    """Name a group, with what its name stands for where the protocol chose it."""
    label = words_of(grouping.labels[place])
    return f"{label}, {words_of(grouping.meanings[place])}" if grouping.meanings else label


def _by(grouping: Grouping) -> str:
    words = STATUSES.get(grouping.comparison.by) or uncapitalised(words_for(grouping.comparison.by))
    return f"{words} as {grouping.comparison.scale} grades it" if grouping.comparison.scale else words


def _refused(numbers: Numbers, grouping: Grouping, identity: str) -> Iterator[Markup]:
    """Say which endpoints are not compared at all, or not naively, and how much immortal time there is."""
    name = grouping.comparison.name
    for endpoint in grouping.comparison.endpoints:
        row = numbers.find(ANALYSIS, endpoint, "estimate", group=name, level=NOT_COMPARED)
        if row is not None:
            yield paragraph(
                Markup("{} is not compared, as {}.").format(numbers.show(TITLES[endpoint], [row]), row.reason)
            )
    late = {
        endpoint: row
        for endpoint in grouping.comparison.endpoints
        if (row := numbers.find(ANALYSIS, endpoint, "estimate", group=name, level=NAIVE)) is not None
    }
    if not late:
        return
    reasons = [
        Markup("{} {}").format(numbers.show(TITLES[endpoint], [row]), f"is {row.reason}.")
        for endpoint, row in late.items()
    ]
    yield paragraph(Markup("<b>Not compared from time zero.</b>"))
    yield bullets(reasons)
    timed = [endpoint for endpoint in late if endpoint in INTERVALS]
    if not timed:
        return
    yield paragraph(IMMORTAL)
    yield immortal_table(numbers, grouping, timed, f"{identity}-immortal")
    groups = [group_name(grouping, place) for place in range(len(grouping.labels))]
    for endpoint in timed:
        carriers = immortal_patients(numbers, endpoint, groups)
        if carriers:
            of = uncapitalised(TITLES[endpoint])
            title = f"Immortal time of patients, {of} (longest first; immortal_time.csv has everyone)"
            yield details(title, bullets(carriers))


def _assumptions(numbers: Numbers, grouping: Grouping) -> Iterator[str | Markup]:
    own = _own(numbers, grouping)
    levels = [row.level or "" for row in own]
    endpoints = {row.variable for row in own if row.value is not None}
    recorded = any(row.group in _names(grouping) for row in numbers.matching(BASELINE))
    yield (
        "The groups may differ in more than their name. "
        + (
            "The table of the groups at baseline shows what was recorded"
            if recorded
            else "Nothing was recorded of them"
        )
        + "; what was not recorded, such as why a patient was treated when, no method here takes into account."
    )
    if endpoints & INTERVALS:
        yield (
            "Patients whose observation ended are taken to have fared on as those still observed. A hazard ratio takes "
            "the groups' hazards to keep the same ratio at all times; where curves cross it is an average that "
            "describes no time."
        )
    for endpoint in sorted(endpoints & set(COMPETED)):
        yield (
            f"{TITLES[endpoint]}: who dies before {COMPETED[endpoint]} can no longer reach it. Cumulative incidence "
            "and Gray's test count that; the hazard ratio compares those still alive without it (cause-specific)."
        )
    if any(level.startswith("landmark") for level in levels):
        yield (
            "A landmark analysis says nothing of those who had the event before the landmark, and leaves patients in "
            "the group of the landmark whatever happens later. Landmarks belong into the protocol before anyone has "
            "seen the data."
        )
    if any(level.startswith("time-dependent") for level in levels):
        yield (
            "The time-dependent analysis takes immortal time out. It does not ask why a patient came into a group: "
            "patients who are treated because they get worse make treatment look harmful."
        )
    if any("Firth" in row.method for row in own):
        yield (
            "Where events are few, or all lie on one side, hazard ratios carry Firth's penalty, which keeps them "
            "finite and takes most of their small-sample bias away; the method behind each number says why."
        )
    tests = sum(row.statistic == "p_value" and row.value is not None for row in own)
    if tests > 1:
        yield (
            f"{tests} p-values stand in this comparison. They are not adjusted for their number: some small one is to "
            "be expected even if the groups differ in nothing."
        )
    yield from _cautions(numbers, grouping, own)


def _cautions(numbers: Numbers, grouping: Grouping, own: list[Result]) -> Iterator[str]:
    """Say of each method used what is known of it in groups as small as these."""
    sizes = [
        int(row.value)
        for place in range(len(grouping.labels))
        if (row := numbers.find(ANALYSIS, "patients", "n", group=group_name(grouping, place))) is not None and row.value
    ]
    if not sizes:
        return
    found = {
        one.method: one
        for row in own
        if row.value is not None and (one := caution(row.level or "", min(sizes))) is not None
    }
    for method, one in found.items():
        measured = f" {one.measured}" if one.measured else ""
        size = counted(min(sizes), "patient")
        yield f"{capitalised(method)}, with {size} in the smaller group: it {one.sentence} ({one.source}).{measured}"


def _confounding(numbers: Numbers, grouping: Grouping) -> Iterator[Markup]:
    """Say how strong unmeasured confounding would have to be."""
    own = {(row.variable, row.group, row.level, row.statistic): row for row in _own(numbers, grouping)}
    for (variable, group, level, statistic), row in own.items():
        design, _, measure = (level or "").rpartition(": ")
        if statistic != "estimate" or not measure.startswith(EVALUE) or row.value is None:
            continue
        of = measure.removeprefix(f"{EVALUE} of the ")
        prefix = f"{design}: " if design else ""
        effect, low, high = (
            own.get((variable, group, f"{prefix}{of}", end)) for end in ("estimate", "ci_low", "ci_high")
        )
        limit = own.get((variable, group, level, "limit"))
        if effect is None or limit is None:
            continue
        about = (TITLES[variable], f"{prefix}{of}", with_interval(numbers, effect, low, high))
        if limit.value == 1:
            yield Markup(
                "{}, {} {}: the interval {} no difference as it stands; the estimate alone would need {}."
            ).format(*about, numbers.show("holds", [limit]), _ratio(numbers, row))
        else:
            yield Markup(
                "{}, {} {}: to explain the estimate away, something unmeasured would need a risk ratio of at least {} "
                "with both the group and the outcome, beyond all else; to bring the interval to no difference, {}."
            ).format(*about, _ratio(numbers, row), _ratio(numbers, limit))


def _ratio(numbers: Numbers, row: Result) -> Markup:
    return numbers.one(row) if row.value is None else numbers.show(display.number(row.value, 2), [row])


def _own(numbers: Numbers, grouping: Grouping) -> list[Result]:
    """Give the rows about groups against each other."""
    names = _names(grouping)
    return [row for row in numbers.matching(ANALYSIS) if row.group in names and row.level is not None]


def _names(grouping: Grouping) -> set[str]:
    """Name the comparison and each group against the reference, as rows have it."""
    return {grouping.comparison.name, *(pair_name(grouping, place) for place in range(len(grouping.labels)))}
