"""Sites together: sums, pooled means, combined effects, bounds, and what is refused."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from math import log

import numpy as np
import pytest
from tests.results.network.conftest import PLANTED

from icans.cli import main
from icans.errors import StudyError
from icans.network import Sharing, merge_sites, share_site
from icans.results import store
from icans.results.cohort import Cohort
from icans.results.network.effects import LOG, LOG_LOG, estimate_of
from icans.results.network.merging import merge
from icans.results.network.site import Site, key_of
from icans.results.rows import Result, Subject
from icans.results.summaries import described, estimated, rate
from icans.stats.meta_analysis import logit_proportions, meta_analysis
from icans.stats.proportions import clopper_pearson
from icans.stats.time_to_event import kaplan_meier, survival_at

AGES = {"north": [61.0, 44.0, 70.5, 12.0, 33.0], "south": [55.0, 58.0], "west": [71.0], "east": [np.nan, np.nan]}


def site_of(name, *rows, held=(), smallest=1):
    infused = Subject("population", "infused", method="patients with an infusion", n=len(name)).row("n", len(name))
    table = {key_of(row): row for row in (infused, *rows)}
    return Site(name, table, frozenset(held), smallest)


def ages(values):
    values = np.array(values)
    cohort = Cohort(
        np.array([f"P{i}" for i in range(values.size)]), np.ones(values.size, bool), np.ones(values.size, bool)
    )
    return described(Subject("baseline", "age_years", unit="years"), cohort, np.arange(values.size), values)


def levels(counts, n):
    yield Subject("baseline", "diagnosis", n=n).row("n", n, method="values recorded")
    for level, count in counts.items():
        subject = Subject("baseline", "diagnosis", level=level, n=n, method="patients with this value")
        yield subject.row("n", count)
        yield subject.row("percent", 100 * count / n, unit="%")


def remission(events, n):
    subject = Subject("remission", "remission", method="evaluable patients who reached the finish line", n=n)
    return [*rate(subject, events, ()), subject.row("missing", 0)]


def found(merged, *name):
    rows = {key_of(row)[2:]: row for row in merged.results}
    return rows[name]


def test_numbers_of_all_patients_are_those_of_one_cohort():
    merged = merge([site_of(name, *ages(values)) for name, values in AGES.items()])
    every = {row.statistic: row for row in ages([age for values in AGES.values() for age in values])}
    for statistic in ("n", "missing", "mean", "sd", "min", "max"):
        row = found(merged, "age_years", None, statistic)
        assert row.value == pytest.approx(every[statistic].value, rel=1e-12), statistic
        assert row.n == every[statistic].n
        assert row.patients == ()
    median = found(merged, "age_years", None, "median")
    assert median.value is None
    assert "cannot be had" in median.reason


def test_the_median_of_the_only_site_with_values_is_that_of_all():
    merged = merge([site_of("north", *ages(AGES["north"])), site_of("east", *ages(AGES["east"]))])
    assert found(merged, "age_years", None, "median").value == 44
    assert "only site" in found(merged, "age_years", None, "q1").method


def test_units_that_differ_are_not_pooled():
    other = [replace(row, unit="months") if row.unit else row for row in ages(AGES["south"])]
    merged = merge([site_of("north", *ages(AGES["north"])), site_of("south", *other)])
    assert found(merged, "age_years", None, "mean").reason == "sites measure in months and years"


def test_levels_are_added_up_and_their_percentages_recomputed():
    merged = merge(
        [site_of("north", *levels({"ALL": 12, "AML": 8}, 20)), site_of("south", *levels({"ALL": 5, "MM": 25}, 30))]
    )
    assert [found(merged, "diagnosis", level, "n").value for level in ("ALL", "AML", "MM")] == [17, 8, 25]
    exact = clopper_pearson(8, 50)
    row = {name: found(merged, "diagnosis", "AML", name) for name in ("percent", "ci_low", "ci_high")}
    assert [one.value for one in row.values()] == pytest.approx([16, 100 * exact.low, 100 * exact.high])
    assert row["percent"].n == 50


def test_remission_is_added_up_and_combined_on_the_logit_scale():
    merged = merge(
        [site_of("north", *remission(12, 13)), site_of("south", *remission(8, 20)), site_of("w", *remission(0, 4))]
    )
    exact = clopper_pearson(20, 37)
    assert found(merged, "remission", None, "percent").value == pytest.approx(100 * 20 / 37)
    assert found(merged, "remission", None, "ci_low").value == pytest.approx(100 * exact.low)
    expected = meta_analysis(*logit_proportions([12, 8, 0], [13, 20, 4]))
    share = 1 / (1 + np.exp(-expected.random.value))
    assert found(merged, "remission", None, "random").value == pytest.approx(100 * share)
    assert found(merged, "remission", None, "i2").value == pytest.approx(expected.i2)
    assert found(merged, "remission", None, "random").n == 37


def test_a_count_held_back_gives_bounds_and_never_a_sum():
    small = list(levels({"ALL": 3, "AML": 27}, 30))
    held = [key_of(row) for row in small if row.level == "ALL"]
    hidden = [replace(row, value=None, n=0, reason="held back") if key_of(row) in held else row for row in small]
    merged = merge([site_of("north", *levels({"ALL": 12}, 20)), site_of("south", *hidden, held=held, smallest=5)])
    row = found(merged, "diagnosis", "ALL", "n")
    assert (row.value, row.reason) == (None, "at least 12 and at most 15: held back by south")
    assert found(merged, "diagnosis", "ALL", "n_at_least").value == 12
    assert found(merged, "diagnosis", "ALL", "n_at_most").value == 15
    assert found(merged, "diagnosis", "ALL", "percent").value is None
    assert found(merged, "diagnosis", "AML", "n").value == 27


def test_reasons_of_a_step_bound_no_other_reason():
    reasons = [
        Subject("population", "not_treated", level=name, n=n).row("n", n) for name, n in (("no", 9), ("late", 0))
    ]
    hidden = replace(reasons[0], value=None, n=0, reason="held back")
    merged = merge([site_of("a", *reasons), site_of("bb", hidden, reasons[1], held=[key_of(hidden)], smallest=5)])
    assert found(merged, "not_treated", "no", "n").reason == "at least 9: held back by bb"


def test_a_site_where_nobody_died_is_named_where_curves_are_combined():
    time = np.arange(1, 41) / 3
    curves = [curve_rows(time, np.arange(40) % 3 < most, "log-log") for most in (1, 0)]
    merged = merge([site_of(name, *rows) for name, rows in zip(("a", "bb"), curves, strict=True)])
    assert any("a curve of bb is there" in sentence for sentence in merged.cautions)
    assert not any("is there" in one for one in merge([site_of("a", *curves[0])]).cautions)


def curve_rows(time, event, transform):
    curve = kaplan_meier(time, event, transform=transform)
    subject = Subject("survival", "os", level="6 months", unit="%", n=curve.n)
    return estimated(subject, survival_at(curve, [6.0])[0], ("survival", "ci_low", "ci_high"), 100)


@pytest.mark.parametrize("transform", ["log-log", "log", "plain"])
def test_survival_has_the_same_standard_error_whatever_its_interval(transform):
    time, event = np.arange(1, 41) / 3, np.arange(40) % 3 != 0
    survival = kaplan_meier(time, event)
    one = estimate_of(site_of("a"), LOG_LOG, *curve_rows(time, event, transform))
    at = np.searchsorted(survival.time, 6.0, side="right") - 1
    share = float(survival.survival[at])
    at_risk, died = survival.at_risk[: at + 1], survival.events[: at + 1]
    greenwood = float((died / (at_risk * (at_risk - died))).sum())
    assert one.effect == pytest.approx(log(-log(share)))
    assert one.variance == pytest.approx(greenwood / log(share) ** 2, rel=1e-9)


def effect(value, low, high, level="hazard ratio", unit=""):
    subject = Subject("comparison", "os", "Early", level, unit, "Cox proportional hazards", 40)
    values = zip(("estimate", "ci_low", "ci_high"), (value, low, high), strict=True)
    return [subject.row(name, one, "no event in one group") for name, one in values]


def test_an_effect_held_back_at_the_first_site_hides_no_method_of_the_others():
    stated = [replace(row, level="restricted mean difference", method="mean; to 12 months") for row in effect(1, 0, 2)]
    hidden = [replace(row, value=None, n=0, method="", reason="held back") for row in stated]
    sites = [
        site_of("a", *hidden, held=[key_of(row) for row in hidden], smallest=5),
        site_of("bb", *stated),
        site_of("ccc", *stated),
    ]
    merged = merge(sites)
    combined = next(row for row in merged.results if row.statistic == "sites")
    assert (combined.value, combined.method) == (2, "2 of 3 sites (a: held back)")


def test_a_ratio_is_combined_by_the_interval_it_is_stated_with():
    rows = effect(0.5, 0.5 / np.exp(1.959963984540054 * 0.4), 0.5 * np.exp(1.959963984540054 * 0.4))
    one = estimate_of(site_of("a"), LOG, *rows)
    assert (one.effect, one.variance) == (pytest.approx(log(0.5)), pytest.approx(0.16))
    merged = merge(
        [site_of("a", *rows), site_of("bb", *effect(2.0, 1.0, 4.0)), site_of("ccc", *effect(0.1, 0.0, None))]
    )
    assert found(merged, "os", "hazard ratio", "sites").value == 2
    assert "ccc: no interval" in found(merged, "os", "hazard ratio", "fixed").method
    lopsided = merge([site_of("a", *rows), site_of("bb", *effect(2.0, 1.9, 9.0))])
    assert "not symmetric" in found(lopsided, "os", "hazard ratio", "random").method
    assert ("os", "hazard ratio", "estimate") not in {key_of(row)[2:] for row in merged.results}


def test_an_effect_no_site_states_is_a_row_with_the_reason():
    merged = merge([site_of("a", *effect(None, None, None)), site_of("bb", *effect(None, None, None))])
    row = found(merged, "os", "hazard ratio", "random")
    assert (row.value, row.reason) == (None, "no site can be used")


def test_definitions_that_differ_are_named_and_refused_unless_asked():
    one, other = (
        replace(site_of(name, *remission(n, 9)), definitions={"episodes.quiet_hours": hours, "scales.icans": "x"})
        for name, hours, n in (("north", 72.0, 3), ("south", 48.0, 4))
    )
    with pytest.raises(StudyError, match=r"episodes.quiet_hours: 72.0 \(north\); 48.0 \(south\)"):
        merge([one, other])
    merged = merge([one, other], mixed=True)
    assert any("quiet_hours" in sentence for sentence in merged.cautions)
    assert all("definitions differ" in row.method for row in merged.results)


def test_without_protocols_the_methods_tell_definitions_apart():
    other = [replace(row, method=row.method.replace("finish line", "grade 0")) for row in remission(4, 9)]
    with pytest.raises(StudyError, match="remission remission"):
        merge([site_of("north", *remission(3, 9)), site_of("south", *other)])


def test_a_site_is_not_merged_with_itself_nor_with_what_it_shared(outputs, tmp_path):
    copied = shutil.copytree(outputs["south"], tmp_path / "copy")
    (tmp_path / "shared").mkdir()
    share_site(outputs["south"], tmp_path / "shared", Sharing())
    for other in (copied, tmp_path / "shared"):
        with pytest.raises(StudyError, match="same patients"):
            merge_sites([outputs["south"], other])


def test_sites_share_first_and_nothing_of_a_patient_is_in_what_they_have_together(outputs, tmp_path, capsys):
    out = tmp_path / "out"
    run("results", "merge", outputs["south"], outputs["Wexcombe"], "--share", "--out", out)
    said = capsys.readouterr().out
    assert "site 1" in said
    files = [file for file in out.rglob("*") if file.is_file()]
    names = {file.name for file in files}
    assert {"results.json", "sites.parquet", "merged.json", "merge.html", "network_survival.svg"} <= names
    for file in files:
        content = file.read_bytes()
        assert not [word for word in PLANTED if word.encode() in content], file
    rows = store.read(out)
    assert all(row.patients == () for row in rows)
    by_name = {key_of(row): row for row in rows}
    assert by_name["population", None, "infused", None, "n"].value == 230
    assert by_name["survival", None, "os", "6 months", "random"].n == 230
    with pytest.raises(SystemExit) as ended:
        run("results", "merge", out, outputs["south"])
    assert ended.value.code == 2
    assert "could be counted twice" in capsys.readouterr().err


def run(*words):
    import sys

    sys.argv = ["icans", *map(str, words)]
    try:
        main()
    except SystemExit as ended:
        if ended.code:
            raise


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("nowhere", "nothing"), "nowhere: there is no such folder"),
        (("SOUTH",), "One site has nothing to merge"),
        (("SOUTH", "--share"), "Name it with --out"),
        (("SOUTH", "SOUTH"), "was given twice"),
        (("SOUTH", "EMPTY"), "there are no results here"),
        (("SOUTH", "ODD"), "is not the result of a study"),
        (("SOUTH", "BROKEN"), "is not a table of results"),
        (("SOUTH", "LATER"), "is of format 99"),
        (("SOUTH", "ALONE"), "no shared.json stands beside it"),
        (("SOUTH", "WEXCOMBE", "--smallest", "9"), "Add --share"),
        (("SOUTH", "WEXCOMBE", "--out", "SOUTH"), "output there would replace it"),
    ],
)
def test_what_cannot_be_merged_is_said_in_a_sentence(outputs, tmp_path, capsys, words, said):
    for name in ("EMPTY", "ODD", "BROKEN", "LATER", "ALONE"):
        (tmp_path / name).mkdir()
    share_site(outputs["Wexcombe"], tmp_path / "ALONE", Sharing())
    (tmp_path / "ALONE" / "shared.json").unlink()
    store.write([Result("power", "single_arm", "n", 5.0)], tmp_path / "ODD")
    (tmp_path / "BROKEN" / "results.json").write_text('[{"analysis": 5}]')
    shutil.copy(outputs["south"] / "results.json", tmp_path / "LATER")
    (tmp_path / "LATER" / "shared.json").write_text(json.dumps({"format": 99, "smallest": 5}))
    places = {"SOUTH": outputs["south"], "WEXCOMBE": outputs["Wexcombe"]}
    with pytest.raises(SystemExit) as ended:
        run(
            "results",
            "merge",
            *(places.get(w, tmp_path / w if w.isupper() or w.startswith("no") else w) for w in words),
        )
    assert ended.value.code in {1, 2}
    printed = " ".join(capsys.readouterr().err.split())
    assert said in printed
    assert "Traceback" not in printed
