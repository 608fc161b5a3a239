"""What the data cannot say, in sentences with their numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from markupsafe import Markup

from icans.counts import counted
from icans.protocol import Protocol
from icans.report.numbers import Numbers
from icans.report.validity import coverage
from icans.report.words import SHORT
from icans.results import display
from icans.results.survival import ORIGINS
from icans.scales.model import Scale
from icans.scales.unconfirmed import unconfirmed

SMALL = 30
"""Below this many patients the report says that the interval is wide."""


def limits(numbers: Numbers, protocol: Protocol, scales: Sequence[Scale]) -> list[str | Markup]:
    """Give the limits of the study: design, sample, finish lines, what was missing, scales nobody could check."""
    sentences = [
        _one_arm(numbers, protocol),
        _small(numbers),
        _coverage(numbers, protocol),
        _finish_lines(numbers, protocol),
        _responders(numbers),
        _unusable(numbers),
        _recorded_only(numbers),
        _open_grades(numbers),
        _convention(numbers),
        _unpaired(numbers),
        _many_tests(numbers),
        *_survival(numbers, protocol),
        *unconfirmed(scales),
    ]
    if protocol.study.synthetic:
        sentences.insert(0, "The study is synthetic: it shows how the software works and is evidence of nothing.")
    return [sentence for sentence in sentences if sentence]


def _one_arm(numbers: Numbers, protocol: Protocol) -> str:
    if numbers.nobody_evaluable:
        return "No patient is evaluable: nothing here is about the intervention."
    compared = protocol.target_trial or protocol.natural_history or any(one.by == "treated" for one in protocol.compare)
    nobody = "the remission rate is not compared" if compared else "nobody here is compared"
    return (
        f"One arm: {nobody} with patients who were not given the intervention. ICANS also resolves by itself, so a "
        "rate of remission describes what happened and does not say what the intervention did."
    )


def _small(numbers: Numbers) -> Markup | str:
    n, low, high = (numbers.find("remission", "remission", s) for s in ("n", "ci_low", "ci_high"))
    if n is None or n.value is None or n.value >= SMALL or low is None or high is None or low.value is None:
        return ""
    return Markup(
        "Few patients: with {} evaluable, the exact 95% interval of the remission rate runs from {} to {}."
    ).format(numbers.one(n), numbers.one(low), numbers.one(high))


def _coverage(numbers: Numbers, protocol: Protocol) -> Markup | str:
    """Say how often intervals as given here held the true value in simulated studies of as few patients."""
    n = numbers.find("remission", "remission", "n")
    if n is None or n.value is None or n.value >= SMALL:
        return ""
    transform = protocol.survival.interval
    shown = {
        "remission rate, Clopper-Pearson": "the remission rate (exact)",
        "remission rate, Wilson": "the remission rate (Wilson)",
        f"incidence of remission at 3 days, {transform}": "the cumulative incidence of remission",
        f"median days to remission, {transform}": "the median time to remission",
        f"survival at 12 months, {transform}": "survival at a landmark",
        f"median survival, {transform}": "median survival",
        "paired change, Hodges-Lehmann": "changes of biomarkers",
    }
    found = coverage(list(shown), round(n.value))
    percents = [one.percent for one in found if one.percent is not None]
    if not percents:
        return ""
    narrow = [f"of {shown[one.method]} {display.percent(one.percent or 0.0)}" for one in found if not one.holds]
    said = (
        f"some are narrower than they say, and held it in fewer: {', '.join(narrow)}"
        if narrow
        else f"they held it in {display.percent(min(percents))} to {display.percent(max(percents))} of samples"
    )
    return Markup(
        "95% intervals should hold the true value in 95% of studies. In samples of {} simulated patients, analysed as "
        "here, {} (docs/validity.md)."
    ).format(found[0].n, said)


def _finish_lines(numbers: Numbers, protocol: Protocol) -> Markup | str:
    if len(protocol.remission.rules) < 2:
        return ""
    severe, refractory = (
        numbers.find("remission", "remission", "n", group=g) for g in ("severe", "steroid_refractory")
    )
    if severe is None or refractory is None or not severe.value or not refractory.value:
        return ""
    return Markup(
        "{} finish lines: what counts as remission depends on the baseline grade, so the rate mixes patients who had "
        "different distances to go. Treated for severe ICANS: {}; for steroid-refractory ICANS: {}."
    ).format(
        "Two" if len(protocol.remission.rules) == 2 else len(protocol.remission.rules),
        numbers.one(severe),
        numbers.one(refractory),
    )


def _responders(numbers: Numbers) -> Markup | str:
    n = numbers.find("remission", "remission", "n")
    events = numbers.find("remission", "remission", "events")
    if n is None or events is None or n.value is None or events.value is None or n.value == events.value:
        return ""
    return Markup(
        "Times among responders leave out the {} without remission; the cumulative incidence keeps everyone."
    ).format(numbers.show(f"{n.value - events.value:.0f}", [n, events]))


def _unusable(numbers: Numbers) -> Markup | str:
    rows = [row for row in numbers.matching("data") if row.statistic == "rows_unusable" and row.value]
    if not rows:
        return ""
    said = Markup("Rows that cannot be used, or repeat another, are left out: {}.").format(
        Markup(", ").join(
            Markup("{} in {}").format(
                numbers.show(f"{display.number(row.value or 0, 0)} of {display.number(row.n, 0)}", [row]), row.variable
            )
            for row in rows
        )
    )
    if any(row.variable == "patients" for row in rows):
        said += " A patient whose row in patients cannot be used is in none of the numbers."
    return said


def _recorded_only(numbers: Numbers) -> Markup | str:
    return _of_assessments(
        numbers,
        "recorded_only",
        "assessments have the clinic's grade alone: no signs were recorded to check it against.",
    )


def _open_grades(numbers: Numbers) -> Markup | str:
    return _of_assessments(
        numbers, "open", "assessments have signs that leave the grade open; they neither open nor end an episode."
    )


def _convention(numbers: Numbers) -> Markup | str:
    return _of_assessments(
        numbers, "settled_by_convention", "assessments have a grade only because unrecorded signs are read as absent."
    )


def _of_assessments(numbers: Numbers, statistic: str, words: str) -> Markup | str:
    parts = []
    for name, variable in (("ICANS", "icans_assessments"), ("CRS", "crs_assessments")):
        some, n = (numbers.find("data", variable, s) for s in (statistic, "n"))
        if some is not None and n is not None and some.value:
            parts.append(Markup("{} of {} {}").format(numbers.one(some), numbers.one(n), name))
    return Markup(" and ").join(parts) + Markup(" ") + words if parts else ""


def _unpaired(numbers: Numbers) -> Markup | str:
    parts = [
        Markup("{} in {} {}").format(
            row.variable, SHORT.get(row.group or "", row.group), numbers.show(f"({display.shown(row)})", [row])
        )
        for row in numbers.matching("biomarkers")
        if row.statistic == "unpaired" and row.value
    ]
    if not parts:
        return ""
    return Markup(
        "Patients without a measurement in one unit on both sides of the first course are left out of the pairs: "
    ) + (Markup(", ").join(parts) + ".")


def _many_tests(numbers: Numbers) -> str:
    tests = [row for row in numbers.matching("biomarkers") if row.statistic == "p_value" and row.value is not None]
    if len(tests) < 2:
        return ""
    return f"The p-values of the {len(tests)} paired comparisons are not adjusted for their number."


def _survival(numbers: Numbers, protocol: Protocol) -> Iterator[Markup | str]:
    """Say who has no time, where no deaths were recorded, and that the evaluable lived to be treated."""
    missing = numbers.find("survival", "os", "missing")
    if missing is not None and missing.value:
        yield Markup("Survival leaves out {} without a time zero, or whom nobody saw after it.").format(
            numbers.show(counted(int(missing.value), "patient"), [missing])
        )
    if numbers.find("data", "events", "rows_read") is None:
        yield (
            "There is no table events: deaths and progressions are not recorded, so survival says only until when "
            "patients were seen."
        )
    infused, evaluable = (numbers.find("population", step, "n") for step in ("infused", "evaluable"))
    if infused is None or evaluable is None or not evaluable.value or infused.value == evaluable.value:
        return
    if protocol.survival.origin != "first_course":
        yield (
            "Evaluable patients lived until their first course: their survival from "
            f"{ORIGINS[protocol.survival.origin]} cannot be compared with that of all infused."
        )
