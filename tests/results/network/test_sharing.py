"""What may leave a site: nothing identifying, no small count, and nothing from which one can be computed."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.results.network.conftest import PLANTED

from icans.errors import StudyError
from icans.network import Sharing, share_site
from icans.results.network.cells import COUNTS
from icans.results.network.sharing import HELD_BACK, share
from icans.results.network.site import Site, key_of, read_sites
from icans.results.network.suppression import Cell, Sum, stated
from icans.results.rows import Subject


def one(path):
    (site,) = read_sites([path])
    return site


@pytest.fixture(scope="module")
def shared(outputs, tmp_path_factory):
    folder = tmp_path_factory.mktemp("shared")
    share_site(outputs["Wexcombe"], folder, Sharing())
    return folder


def test_nothing_identifying_is_in_any_byte_of_what_is_shared(outputs, shared):
    before = (outputs["Wexcombe"] / "results.json").read_text(encoding="utf-8")
    assert all(word in before for word in ("XQIDZ", "Zanzibar", "Pemberton", "1987-06-05", "Holloway"))
    files = [file for file in shared.rglob("*") if file.is_file()]
    assert {file.name for file in files} == {"results.json", "results.parquet", "shared.json"}
    table = pq.read_table(shared / "results.parquet")
    unpacked = json.dumps(table.to_pylist(), ensure_ascii=False).encode() + str(table.schema).encode()
    for content in (*(file.read_bytes() for file in files), unpacked):
        for word in PLANTED:
            assert word.encode() not in content, word
    assert not any(row["patients"] for row in table.to_pylist())


def test_columns_of_the_sites_own_are_shared_only_where_named(outputs, shared, rows_of):
    variables = {row["variable"] for row in rows_of(shared) if row["analysis"] == "baseline"}
    assert {"age_years", "sex", "product"} <= variables
    assert not variables & {"surname", "enrolled_on", "ward"}
    named = share(one(outputs["Wexcombe"]), smallest=5, columns=["ward"]).site
    levels = {row.level for row in named.rows.values() if row.variable == "ward" and row.group is None}
    assert "Holloway" not in levels
    assert HELD_BACK in levels
    with pytest.raises(StudyError, match="describe a column wrad"):
        share(one(outputs["Wexcombe"]), smallest=5, columns=["wrad"])


def test_every_stated_count_is_nobody_or_enough_and_what_is_held_back_is_flagged(shared, rows_of):
    held = 0
    for row in rows_of(shared):
        if row["suppressed"]:
            held += 1
            assert (row["value"], row["n"]) == (None, None)
            assert row["reason"].startswith("held back")
        else:
            assert row["n"] == 0 or row["n"] >= 5, row
            if row["statistic"] in COUNTS:
                assert row["value"] == 0 or row["value"] >= 5, row
        assert row["statistic"] not in {"min", "max"} or row["suppressed"] or row["value"] is None
    assert held > 50


@pytest.mark.parametrize("name", ["south", "Wexcombe"])
def test_sharing_what_was_shared_changes_nothing_and_holds_back_more_where_more_is_asked(outputs, name):
    first = share(one(outputs[name]), smallest=5).site
    again = share(first, smallest=3).site
    assert again.smallest == 5
    assert [(key, row.value, row.reason) for key, row in again.rows.items()] == [
        (key, row.value, row.reason) for key, row in first.rows.items()
    ]
    stricter = share(first, smallest=11).site
    assert stricter.held_back > first.held_back & stricter.rows.keys()


def test_a_threshold_of_one_holds_back_only_what_belongs_to_single_patients(outputs):
    site = one(outputs["south"])
    safe = share(site, smallest=1).site
    assert {key[4] for key in safe.held_back if site.rows[key].value is not None} == {"min", "max"}


def test_fewer_patients_than_the_threshold_share_nothing(outputs):
    with pytest.raises(StudyError, match="fewer than 131 patients were infused"):
        share(one(outputs["south"]), smallest=131)


def test_a_mean_does_not_tell_how_few_had_a_second_course(outputs):
    site = one(outputs["south"])
    safe = share(site, smallest=5).site
    keys = [
        key
        for key in site.rows
        if key[2] in {"courses", "doses", "icans_episodes"} and key[4] == "mean" and key[0] != "comparison"
    ]
    told = {
        key: round(site.rows[key].n * (site.rows[key].value - 1)) for key in keys if site.rows[key].value is not None
    }
    assert any(0 < more < 5 for more in told.values())
    assert not [key for key, more in told.items() if 0 < more < 5 and safe.rows[key].value is not None]


def test_no_time_of_a_single_patient_stands_in_a_method(shared):
    assert "longest observation" not in (shared / "results.json").read_text()


def test_ids_that_are_numbers_are_looked_for_in_texts_of_records_alone():
    months = Subject("survival", "os", n=60, method="months of 30.4375 days", patients=("4375", "2019"))
    levels = [counted("baseline", "diagnosis", 30, level=name, ids=range(30)) for name in ("ALL", "seen as 2019")]
    site = of_sixty(months.row("median", 7.0), *levels)
    rows = share(replace(site, patients=frozenset(months.patients)), smallest=5).site.rows
    assert ("survival", None, "os", None, "median") in rows
    assert [key[3] for key in rows if key[0] == "baseline"] == ["ALL"]


def test_the_order_of_levels_tells_nothing_of_their_counts():
    counts = {"MM": 28, "ALL": 17, "rare": 3, "AML": 12}
    rows = [counted("baseline", "diagnosis", value, level=name, ids=range(value)) for name, value in counts.items()]
    levels = [key[3] for key in share(of_sixty(*rows), smallest=5).site.rows if key[0] == "baseline"]
    assert levels == ["ALL", "AML", "MM", HELD_BACK]


def test_what_is_held_back_says_nothing_by_its_method_n_or_reason():
    effects = [
        Subject("comparison", "os", "Age", level, method=f"{how}, as 3 events", n=60).row(statistic, 0.7)
        for level, how, statistic in (("hazard ratio", "Cox", "estimate"), ("log-rank test", "all 34,220", "p_value"))
    ]
    deaths = [
        *(counted("comparison", "os", 30, group=f"Age: {label}", ids=range(30)) for label in ("old", "young")),
        counted("comparison", "os", 2, "events", group="Age: old", ids=range(2)),
        counted("comparison", "os", 1, "events", group="Age: young", ids=range(1)),
    ]
    units = Subject("biomarkers", "IL-6", "csf", n=40, patients=tuple(f"N-{one:02}" for one in range(40)))
    mixed = units.row("median_change", None, "the pairs are in different units: pg/mL, like Pemberton")
    safe = share(of_sixty(*AGE, *deaths, *effects, units.row("n", 40), mixed), smallest=5).site
    assert all((safe.rows[key_of(row)].method, safe.rows[key_of(row)].value) == ("", None) for row in effects)
    assert safe.rows[key_of(mixed)].reason == "the pairs are in different units"
    few = [replace(row, n=57) if row.statistic == "left_out" else row for row in AGE[:1]]
    others = [
        counted("comparison", "patients", value, group=f"Age: {label}", ids=range(value))
        for label, value in (("old", 54), ("young", 3))
    ]
    safe = share(of_sixty(*few, *others), smallest=5).site
    assert {row.n for row in safe.rows.values()} == {0, 60}


A, B, C, T = (("a", None, name, None, "n") for name in "abct")


@pytest.mark.parametrize(
    ("counts", "sums", "expected"),
    [
        ({A: 3, B: 40, T: 43}, [Sum((A, B), T)], {T}),  # the other level goes too: the total would tell
        ({A: 3, B: 40, C: 60, T: 103}, [Sum((A, B, C), T)], {C, T}),  # the smaller of the others goes
        ({A: 1, B: 1, C: 60, T: 62}, [Sum((A, B, C), T)], {T}),  # two of one would tell each
        ({A: 0, B: 40, T: 40}, [Sum((A, B), T)], {A, B, T}),  # nobody is no secret
        ({A: 58}, [Sum((A,), 60, rest=True)], set()),  # the two without it
        ({A: 55}, [Sum((A,), 60, rest=True)], {A}),
        ({A: 60}, [Sum((A,), 60, rest=True)], {A}),
        ({A: 4, B: 9}, [Sum((A, B), 13)], set()),  # a total anyone knows
        ({A: 20, B: 18}, [Sum((B,), A, rest=True)], {A}),  # some within others
    ],
)
def test_what_is_held_back_with_a_small_count(counts, sums, expected):
    cells = {key: Cell(value, weight=9 if key == T else 2) for key, value in counts.items()}
    assert stated(cells, sums, 5) == expected


def test_a_count_that_only_all_sums_together_tell_to_be_small_is_not_told():
    with_icans, none, not_seen, treated, spared, evaluable, other = (("a", None, name, None, "n") for name in "wnstpeo")
    counts = {with_icans: 20, none: 20, not_seen: 17, treated: 7, spared: 13, evaluable: 6, other: 1}
    cells = {key: Cell(value, weight=9 if key in {evaluable, not_seen} else 2) for key, value in counts.items()}
    sums = [
        *(Sum((with_icans, none), 40), Sum((not_seen,), none, rest=True)),
        *(Sum((treated, spared), with_icans), Sum((evaluable, other), treated)),
    ]
    shown = stated(cells, sums, 5)
    assert evaluable in shown  # else 13 + 6 of at most 23 leave at most 4 others
    assert not {not_seen, spared} <= shown


def test_levels_that_are_not_shared_are_no_reason_to_state_what_they_leave():
    cells = {key: Cell(value) for key, value in {A: 30, B: 66, T: 99}.items()}
    assert stated(cells, [Sum((A, B), T)], 5) != {A, B, T}


def test_a_count_of_many_assessments_of_few_patients_is_small():
    assert stated({A: Cell(120, patients=3), B: Cell(120, patients=30)}, [], 5) == {B}


@given(st.lists(st.integers(0, 30), min_size=2, max_size=6), st.integers(2, 8))
def test_levels_never_tell_a_small_one(values, smallest):
    parts = tuple(("a", None, "v", str(number), "n") for number in range(len(values)))
    cells = {key: Cell(value) for key, value in zip(parts, values, strict=True)} | {T: Cell(sum(values), weight=9)}
    shown = stated(cells, [Sum(parts, T)], smallest)
    hidden = [cells[key].value for key in parts if key not in shown]
    assert all(cells[key].value == 0 or cells[key].value >= smallest for key in shown)
    if T in shown and hidden and sum(hidden):
        assert sum(hidden) >= smallest
        assert len(hidden) > 1


def test_rows_are_named_once(shared):
    site = one(shared)
    assert len(site.rows) == len(json.loads((shared / "results.json").read_text()))
    assert all(key == key_of(row) for key, row in site.rows.items())
    assert site.shared
    assert site.smallest == 5


def of_sixty(*rows):
    steps = (Subject("population", step, n=60).row("n", 60) for step in ("screened", "infused"))
    return Site("north", {key_of(row): row for row in (*steps, *rows)})


def counted(analysis, variable, value, statistic="n", group=None, level=None, ids=range(60)):
    behind = tuple(f"N-{number:02}" for number in ids)
    return Subject(analysis, variable, group, level, n=60, patients=behind).row(statistic, value)


AGE = [
    counted("comparison", "patients", 0, "left_out", group="Age", ids=()),
    counted("comparison", "patients", 30, group="Age: old", ids=range(30)),
    counted("comparison", "patients", 30, group="Age: young", ids=range(30, 60)),
]


@pytest.mark.parametrize(
    "rows",
    [
        [
            counted("population", "severe", 9),
            counted("remission", "remission", 20),
            counted("remission", "remission", 13, group="steroid_refractory"),
            counted("remission", "remission", 7, group="severe"),
        ],
        [counted("survival", variable, events, "events") for variable, events in (("os", 22), ("pfs", 25))],
        [counted("survival", one, left, "at_risk", level="3 months") for one, left in (("os", 50), ("pfs", 47))],
        [
            *(counted("comparison", "os", 12, "events", group=f"Age: {label}") for label in ("old", "young")),
            counted("survival", "os", 27, "events"),
        ],
        [counted("baseline", "diagnosis", 31, level="ALL", ids=range(31))],
    ],
    ids=[
        "severe, not treated",
        "progressed, alive",
        "progressed, still followed",
        "deaths in no group",
        "not compared",
    ],
)
def test_no_few_patients_stand_between_two_counts_of_different_analyses(rows):
    site = of_sixty(*AGE, *rows)
    safe = share(site, smallest=5).site
    assert any(safe.rows[key_of(row)].value is None for row in rows)
    more = of_sixty(*AGE, *(rows[:-1]))
    assert all(share(more, smallest=5).site.rows[key_of(row)].value is not None for row in rows[:-1])


def test_no_few_lost_stand_between_a_curve_and_the_number_at_risk():
    def curve(lost, after):
        deaths, ids = 10 + after, range(10, 10 + after)
        yield counted("survival", "os", 60)
        yield counted("survival", "os", deaths, "events", ids=range(deaths))
        left = 50 - lost
        yield counted("survival", "os", left, "at_risk", level="6 months", ids=[*ids, *range(40, 40 + left - after)])
        yield counted("survival", "os", 82.9, "survival", level="6 months")

    for lost, after, both in ((0, 20, True), (2, 20, False), (8, 20, True), (8, 39, False)):
        safe = share(of_sixty(*curve(lost, after)), smallest=5).site
        stated_here = {key[4] for key, row in safe.rows.items() if key[3] and row.value is not None}
        assert (stated_here == {"at_risk", "survival"}) is both, (lost, after)


@pytest.mark.parametrize(("lost", "is_stated"), [(2, False), (6, True)])
def test_a_curve_tells_of_no_few_lost_where_the_number_at_risk_is_held_back(lost, is_stated):
    deaths = 57 - lost
    rows = [
        counted("survival", "os", 60),
        counted("survival", "os", deaths, "events", ids=range(deaths)),
        counted("survival", "os", 3, "at_risk", level="6 months", ids=range(57, 60)),
        counted("survival", "os", 4.9, "survival", level="6 months"),
    ]
    safe = share(of_sixty(*rows), smallest=4).site
    assert safe.rows[key_of(rows[2])].value is None
    assert (safe.rows[key_of(rows[3])].value is not None) is is_stated


@pytest.mark.parametrize(
    ("variable", "values", "expected"),
    [
        ("prior_lines", [1, 2, 2, 3, 3], {"mean"}),  # no five other numbers have this sum and spread
        ("prior_lines", list(range(1, 9)) * 3, {"mean", "sd"}),
        ("steroid_days", [0, 0, 0, 0, 3], set()),
        ("steroid_days", [0] * 19 + [8], {"mean"}),  # one patient has all of the days
        ("steroid_days", [2] * 27 + [3] * 3, {"mean"}),
        ("on_trial", [1] * 27 + [0] * 3, set()),  # a column of the site's own: three are 0
        ("weight_kg", [61.5, 70.25, 82.0, 55.0, 91.5], {"mean"}),
        ("weight_kg", [61.5, 70.25, 82.0, 55.0, 91.5] * 2, {"mean", "sd"}),
    ],
)
def test_mean_and_spread_do_not_tell_the_values_of_few(variable, values, expected):
    analysis = "exposure" if variable == "steroid_days" else "baseline"
    about = Subject(analysis, variable, n=len(values))
    site = of_sixty(
        about.row("n", len(values)), about.row("mean", np.mean(values)), about.row("sd", np.std(values, ddof=1))
    )
    safe = share(site, smallest=5, columns=[variable] if analysis == "baseline" else []).site
    again = share(safe, smallest=5, columns=[variable] if analysis == "baseline" else []).site
    for one in (safe, again):
        assert {row.statistic for row in one.rows.values() if row.value is not None} & {"mean", "sd"} == expected
