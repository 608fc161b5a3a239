"""Groups compared, on a ward that a reader counts by hand.

A course is a string, a character a day from infusion: the recorded ICANS grade. From onset on day 1: A1 and A2 are
treated within 24 hours, B1 and B2 later, the others never; N1 never has ICANS.
"""

import csv
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from tests.conftest import write

from icans.cli import main
from icans.engines import connect
from icans.errors import ProtocolError
from icans.figures.comparisons import comparison_figures
from icans.figures.figure import Figure
from icans.figures.forest import effects, forest
from icans.figures.group_curves import group_curves
from icans.figures.render import Renderer
from icans.protocols.compare import Compare, refuse_unknown
from icans.report.cautions import caution
from icans.results.claims import read_claims, verify
from icans.results.curves import Curve
from icans.results.gathered import gather
from icans.results.groups.between import Drawn, between_groups
from icans.results.groups.grouping import Grouping
from icans.results.groups.late import Late
from icans.results.groups.outcomes import Outcome
from icans.results.groups.source import Source
from icans.stats.competing_risks import aalen_johansen
from icans.stats.firth import firth_cox
from icans.stats.incidence_difference import incidence_difference
from icans.stats.log_rank import log_rank
from icans.study import Study

WARD = {
    # course, day of treatment, day of death, site, score
    "A1": ("0333310", 2, None, "north", "1"),
    "A2": ("03310", 1, None, "south", "2"),
    "B1": ("0333331", 4, None, "north", "3"),
    "B2": ("03333", 3, 10, "south", "x"),
    "U1": ("03310", None, None, "north", "5"),
    "U2": ("0333", None, 4, "south", "6"),
    "M1": ("0110", None, None, "north", "7"),
    "N1": ("0000", None, 50, "", "8"),
}
TITLE = '[study]\ntitle = "Ward"\n[records]\ntime = "days"\n'
EARLY = """
[[compare]]
name = "Early"
by = "hours_onset_to_first_course"
at_most = 24
labels = ["early", "late"]
endpoints = ["remission", "time_to_remission", "courses", "os"]
landmarks_days = [5]
"""
TREATED = """
[[compare]]
name = "Treated"
by = "treated"
population = "with_icans"
endpoints = ["duration", "severe_icans"]
landmarks_days = [2]
"""
SITE = """
[[compare]]
name = "Site"
by = "site"
values = ["north", "south"]
population = "infused"
endpoints = ["os", "icans", "peak_grade"]
"""


def ward(folder: Path, asked: str, patients=WARD) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "study.toml").write_text(TITLE + asked, encoding="utf-8")
    rows = [[name, site, score] for name, (_, _, _, site, score) in patients.items()]
    write(folder / "patients.csv", ["patient_id", "site", "score"], rows)
    graded = [[name, day, mark] for name, (course, *_) in patients.items() for day, mark in enumerate(course)]
    write(folder / "neuro.csv", ["patient_id", "time", "icans_grade"], graded)
    doses = [[name, day, "dexamethasone", "intrathecal"] for name, (_, day, *_) in patients.items() if day is not None]
    write(folder / "treatments.csv", ["patient_id", "time", "drug", "route"], doses)
    ends = [[name, died or 100, "death" if died else "last_contact"] for name, (_, _, died, *_) in patients.items()]
    write(folder / "events.csv", ["patient_id", "time", "event"], ends)
    return folder


def compared(folder: Path):
    engine = connect()
    try:
        study = Study.read(folder, engine)
        derived = study.derive(folder.parent / f"{folder.name}-derived", lambda _step: None)
        gathered = gather(study.records, derived, study.protocol, engine)
        return between_groups(Source(gathered, study.records, derived, study.protocol, engine, study.compared))
    finally:
        engine.close()


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    return compared(ward(tmp_path_factory.mktemp("ward") / "study", EARLY + TREATED + SITE))


def row(found, group, variable, level, statistic):
    key = (group, variable, level, statistic)
    (one,) = [r for r in found.results if (r.group, r.variable, r.level, r.statistic) == key]
    return one


def value(found, group, variable, level, statistic):
    return row(found, group, variable, level, statistic).value


def test_groups_known_at_time_zero_are_compared_by_counts_worked_out_by_hand(found):
    assert value(found, "Early: early", "remission", None, "events") == 2  # A1 after 3 days, A2 after 2
    assert value(found, "Early: late", "remission", None, "events") == 1  # B1 after 2 days, B2 never
    assert value(found, "Early", "remission", "risk difference", "estimate") == 50
    assert value(found, "Early", "remission", "risk ratio", "estimate") == 2
    # of 3 events among 4 patients, either group has one or two: both tables are equally likely
    assert value(found, "Early", "remission", "Fisher's exact test", "p_value") == 1
    assert row(found, "Early", "remission", "risk difference", "ci_low").patients == ("A1", "A2", "B1", "B2")
    assert value(found, "Early", "courses", "shift", "estimate") == 0
    # by day 3 of early 2 of 2, of late 1 of 2; B2 dies without remission on day 7 after the course
    difference = value(found, "Early", "time_to_remission", "incidence difference at 3 days", "estimate")
    assert difference == pytest.approx(50)
    assert value(found, "Early: late", "time_to_remission", None, "competing") == 1


def test_treated_against_untreated_is_refused_and_says_who_carries_how_much_immortal_time(found):
    naive = row(found, "Treated", "duration", "naive comparison", "estimate")
    assert naive.value is None
    assert naive.reason == (
        "refused: that 3 of 7 patients are in their group became known only after onset of ICANS, time zero of the "
        "endpoint, up to 3.0 days after it; who had the event earlier could not have been counted there (immortal time)"
    )
    about = ("Treated: treated", "duration", "immortal time")
    assert row(found, *about, "patients").patients == ("A1", "B1", "B2")
    assert value(found, *about, "total") == 1 + 3 + 2
    assert value(found, *about, "longest") == 3
    # observed from onset: A1 5 days, A2 3, B1 5, B2 9 to death
    assert value(found, *about, "percent") == pytest.approx(100 * 6 / 22)
    assert value(found, "Treated: treated", "duration", "immortal time of B1", "days") == 3
    assert value(found, "Treated: untreated", "duration", "immortal time", "total") == 0
    assert [(one["patient_id"], one["immortal_days"]) for one in found.immortal if one["comparison"] == "Treated"] == [
        ("B1", 3),
        ("B2", 2),
        ("A1", 1),
    ]


def test_where_a_comparison_is_refused_no_naive_number_is_in_the_results(found):
    own = [r for r in found.results if r.variable == "duration" and r.value is not None and r.level is None]
    assert {r.statistic for r in own} == {"left_out"}
    assert not [one for one in found.drawn if one.comparison == "Treated" and not one.design]


def test_what_is_no_time_has_no_analysis_in_its_place(found):
    (naive,) = [
        r for r in found.results if r.group == "Treated" and r.variable == "severe_icans" and r.statistic != "left_out"
    ]
    assert naive.reason.endswith("a time to event can be compared by landmark and time-dependent analyses")


def test_a_landmark_counts_who_was_still_at_risk_by_what_was_known_then(found):
    # on day 2 from onset M1 is well; B1 is treated only on day 3
    treated, untreated = (
        row(found, f"Treated: {group}", "duration", "landmark 2 days", "n") for group in ("treated", "untreated")
    )
    assert treated.patients == ("A1", "A2", "B2")
    assert untreated.patients == ("B1", "U1", "U2")
    assert "1 with an event and 0 lost by then left out" in treated.method
    ratio = row(found, "Treated", "duration", "landmark 2 days: hazard ratio", "estimate")
    # from the landmark: A1 3 days, A2 1, B2 7 (dies), B1 3 (lost), U1 1, U2 1 (dies)
    expected = firth_cox([3, 1, 7, 3, 1, 1], [1, 1, 0, 0, 1, 0], [1, 1, 1, 0, 0, 0])
    assert ratio.value == pytest.approx(expected.hazard_ratios[0].value)
    assert "Firth's penalty is used, as 3 events" in ratio.method


def test_who_is_treated_in_an_episode_from_before_the_infusion_has_icans_from_then_on(tmp_path):
    asked = EARLY.replace('"remission", "time_to_remission", "courses", "os"', '"time_to_remission"')
    folder = ward(tmp_path / "before", asked + 'population = "with_icans"\n')
    with (folder / "neuro.csv").open("a") as neuro:
        neuro.write("".join(f"B0,{day},{grade}\n" for day, grade in ((-1, 3), (3, 3), (4, 1))))
    with (folder / "patients.csv").open("a") as patients:
        patients.write("B0,north,9\n")
    with (folder / "treatments.csv").open("a") as treatments:
        treatments.write("B0,1,dexamethasone,intrathecal\n")
    found = compared(folder)
    assert [r.reason for r in found.results if r.level == "naive comparison"] == []
    assert row(found, "Early: late", "time_to_remission", None, "n").patients == ("B0", "B1", "B2")


def test_a_group_known_exactly_at_a_landmark_is_known_by_it():
    zero, moment = np.array([159.6]), np.array([327.6])
    assert (moment - zero)[0] > 168  # as floats
    outcome = Outcome("os", "survival", "death", "onset", zero, np.array([20.0]), np.array([0]), "months")
    asked = Compare(name="Treated", by="treated")
    groups = Grouping(asked, ("treated", "untreated"), np.array([0]), moment, waits=1)
    assert Late(groups, outcome, np.array([-np.inf]), np.array([True])).change.tolist() == [7.0]


def test_the_time_dependent_model_counts_patients_where_they_were_known_to_be(found):
    rows = [  # start, stop, end of ICANS, treated
        (0, 1, 0, 0),  # A1
        (1, 5, 1, 1),
        (0, 3, 1, 1),  # A2
        (0, 3, 0, 0),  # B1
        (3, 5, 0, 1),
        (0, 2, 0, 0),  # B2, dies
        (2, 9, 0, 1),
        (0, 3, 1, 0),  # U1
        (0, 3, 0, 0),  # U2, dies
        (0, 2, 1, 0),  # M1
    ]
    start, stop, event, treated = np.array(rows, dtype=float).T
    expected = firth_cox(stop, event, treated, start=start)
    ratio = row(found, "Treated", "duration", "time-dependent: hazard ratio", "estimate")
    assert ratio.value == pytest.approx(expected.hazard_ratios[0].value)
    assert ratio.n == 7
    test = value(found, "Treated", "duration", "time-dependent: Mantel-Byar test", "p_value")
    assert test == pytest.approx(log_rank(stop, event, treated, start=start).test.p_value)


def test_who_must_first_be_treated_enters_only_then(found):
    naive = row(found, "Early", "os", "naive comparison", "estimate")
    assert naive.reason.startswith("refused: that 4 of 4 patients are in their group became known only after infusion")
    # alive 5 days after infusion and treated by then: all four
    assert value(found, "Early: early", "os", "landmark 5 days", "n") == 2
    drawn = next(one for one in found.drawn if one.comparison == "Early" and one.endpoint == "os")
    early = next(curve for curve in drawn.curves if curve.group == "early")
    assert early.steps[0]["time"] == pytest.approx(1 / 30.4375)  # A2 enters on day 1


def test_a_column_known_from_the_start_is_compared_from_the_infusion(found):
    assert value(found, "Site: north", "os", None, "events") == 0
    assert value(found, "Site: south", "os", None, "events") == 2
    ratio = row(found, "Site", "os", "hazard ratio", "estimate")
    assert 0 < ratio.value < 1
    assert "all events lie on one side of north" in ratio.method
    # the two deaths are south's, whose three patients can fall on two deaths of seven in 3 of 21 ways
    assert "exact permutation" in row(found, "Site", "os", "permutation log-rank test", "p_value").method
    assert row(found, "Site", "patients", None, "left_out").patients == ("N1",)


def test_every_row_has_a_name_of_its_own_a_method_and_patients(found):
    names = [(r.analysis, r.group, r.variable, r.level, r.statistic) for r in found.results]
    assert len(names) == len(set(names))
    assert all(r.method for r in found.results if r.value is not None)
    assert all(
        r.patients
        for r in found.results
        if r.value is not None and r.n and r.statistic in {"estimate", "n"} and r.value
    )


def test_the_numbers_do_not_depend_on_the_order_of_the_records(found, tmp_path):
    reverse = dict(reversed(WARD.items()))
    again = compared(ward(tmp_path / "reverse", EARLY + TREATED + SITE, reverse))
    assert again.results == found.results


def test_a_population_known_late_is_not_followed_from_the_infusion_whatever_the_groups(tmp_path):
    asked = SITE.replace('"infused"', '"with_icans"').replace('["os", "icans", "peak_grade"]', '["os"]')
    late = compared(ward(tmp_path / "late", asked))
    assert row(late, "Site", "os", "naive comparison", "estimate").reason.startswith("refused: that 7 of 7 patients")


def test_a_column_that_was_known_later_says_when(tmp_path):
    late = compared(ward(tmp_path / "later", SITE + "known_days = 28\n"))
    reason = row(late, "Site", "os", "naive comparison", "estimate").reason
    # U2 dies on day 4 and is in a group all the same: its time is immortal as far as it goes
    assert "up to 28.0 days after it" in reason
    assert value(late, "Site: south", "os", "immortal time", "longest") == 28


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (
            'by = "sitee"',
            "by: patients and infusions have no column sitee, nor is it a derived value. Did you mean site?",
        ),
        ('by = "indicaton"', "nor is it a derived value. Did you mean indication?"),
        (
            'by = "indication"\nvalues = ["sever", "steroid_refractory"]',
            'indication is never "sever". Did you mean severe?',
        ),
        ('by = "treated"\nat_least = 1', "treated is yes or no and takes no at_least"),
        ('by = "peak_grade"\nat_most = 2', "peak_grade grows with time: give one number as at_least"),
        ('by = "baseline_grade"', "baseline_grade is a number: give at_most, at_least or values"),
        ('by = "site"\nat_most = 2', "site is no number, so at_most cannot part it.\n  Name the groups as values."),
        ('by = "site"\nvalues = ["north"]', "one value is no comparison"),
        ('by = "site"\nlabels = ["a", "b", "c"]\npopulation = "infused"', "3 labels were given for 2 groups"),
        ('by = "site"\nvalues = ["a", "b"]\nlabels = ["x"]', "1 labels were given for 2 groups"),
        ('by = "site"\nendpoints = ["remision"]', "remision is no endpoint. Did you mean remission?"),
        ('by = "site"\nknown_day = 3', "known_day is not a definition.\n  Did you mean known_days?"),
        ('by = "treated"\nknown_days = 3', "known_days goes with a column"),
        ('by = "peak_grade"\nat_least = 3\nscale = "x"', "scale: x is not one of the scales of [agreement]"),
        ('by = "site"\nat_least = [3, 2]', "the cuts rise"),
    ],
)
def test_what_cannot_be_meant_is_a_sentence(tmp_path, asked, words):
    with pytest.raises(ProtocolError) as caught:
        compared(ward(tmp_path / "wrong", f'[[compare]]\nname = "Wrong"\n{asked}\n'))
    assert words in str(caught.value)


def test_single_brackets_and_a_name_used_twice_are_sentences(tmp_path):
    with pytest.raises(ProtocolError, match=r"stands in double brackets, once for each: \[\[compare\]\]"):
        compared(ward(tmp_path / "single", '[compare]\nname = "x"\nby = "site"\n'))
    with pytest.raises(ProtocolError, match="the name is there twice"):
        compared(ward(tmp_path / "twice", SITE + SITE))


def test_each_problem_of_several_comparisons_has_its_own_advice():
    with pytest.raises(ProtocolError) as caught:
        refuse_unknown(
            [Compare(name="A", by="sitee"), Compare(name="A", by="wrad")], {"patients": ["site", "ward"]}, []
        )
    first, second, third = str(caught.value).splitlines()
    assert first.endswith("Did you mean site?")
    assert second.endswith("Did you mean ward?")
    assert third.endswith("the name is there twice.")


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        (
            SITE.replace('"north"', '"nort"'),
            'the group "nort" has no patient; nobody has the value "nort" of site. Did you mean north?',
        ),
        (TREATED.replace("with_icans", "treated"), 'the group "untreated" has no patient'),
        (
            TREATED.replace('"duration", "severe_icans"', '"remission"'),
            'the group "untreated" has no patient with this endpoint (remission from the first course)',
        ),
    ],
)
def test_an_empty_group_is_a_row_with_the_reason(tmp_path, asked, reason):
    found = compared(ward(tmp_path / "empty", asked))
    said = [r for r in found.results if r.level == "comparison"]
    assert said
    assert {r.reason for r in said} == {reason}
    assert not [r for r in found.results if r.statistic == "p_value"]


def test_nobody_who_dies_gives_reasons_and_no_number(tmp_path):
    alive = {name: (course, day, None, site, score) for name, (course, day, _, site, score) in WARD.items()}
    found = compared(ward(tmp_path / "alive", SITE, alive))
    assert row(found, "Site", "os", "hazard ratio", "estimate").reason == "no event was observed"
    assert row(found, "Site", "os", "log-rank test", "p_value").reason == "no event was observed"


def test_claims_can_speak_of_a_comparison(tmp_path):
    folder = ward(tmp_path / "claims", EARLY)
    (folder / "claims.toml").write_text(
        '[[claim]]\nid = "difference"\nanalysis = "comparison"\ngroup = "Early"\nvariable = "remission"\n'
        'level = "risk difference"\nstatistic = "estimate"\nstated = "50"\n'
        '[[claim]]\nid = "p"\nanalysis = "comparison"\ngroup = "Early"\nvariable = "remission"\n'
        'level = "Fisher\'s exact test"\nstatistic = "p_value"\nstated = "<0.05"\n'
    )
    engine = connect()
    try:
        verdicts = verify(Study.read(folder, engine).results(lambda _step: None), read_claims(folder))
    finally:
        engine.close()
    assert [one.verdict for one in verdicts] == ["agrees", "contradicts"]


def test_the_command_says_on_standard_error_what_it_refuses_and_the_page_says_why(tmp_path, capsys, monkeypatch):
    folder, out = ward(tmp_path / "study", EARLY + TREATED), tmp_path / "report"
    monkeypatch.setattr("sys.argv", ["icans", "report", str(folder), "--out", str(out)])
    with pytest.raises(SystemExit) as ended:
        main()
    assert not ended.value.code
    said = capsys.readouterr().err
    assert "Comparison Treated, duration: refused: that 3 of 7 patients" in said
    assert "Immortal time: who is in a group for something that happened later" in said
    page = (out / "report.html").read_text()
    section = page[page.index('<section id="comparisons">') :].partition("</section>")[0]
    for words in (
        "Not compared from time zero",
        "time-dependent analysis",
        "E-value",
        "doi:10.1093/biostatistics/kxq021",
    ):
        assert words in section
    for word in ("effective", "significant", "None", ">nan"):
        assert word not in section
    with (out / "immortal_time.csv").open() as file:
        first = next(csv.DictReader(file))
    assert first["immortal_days"]
    assert {path.stem for path in (out / "figures").glob("comparison_*.svg")} >= {
        "comparison_1_effects",
        "comparison_1_curves",
        "comparison_2_effects",
    }


def test_a_study_that_compares_nobody_has_no_section(tmp_path):
    folder = ward(tmp_path / "plain", "")
    engine = connect()
    try:
        with Renderer() as renderer:
            (tmp_path / "out").mkdir()
            Study.read(folder, engine).report(tmp_path / "out", renderer, lambda _step: None)
    finally:
        engine.close()
    assert 'id="comparisons"' not in (tmp_path / "out" / "report.html").read_text()


def test_figures_are_valid_with_few_and_with_many_lines(found):
    for figure in comparison_figures(found, found.results):
        assert isinstance(figure, Figure), figure
        figure.specification(validate=True)
    few = effects(found.results, "Treated")
    many = [one for group in ("Early", "Treated", "Site") for one in effects(found.results, group)] * 3
    assert len([one for one in few if one.drawn]) == 2
    drawn = forest("many", "Many", many, ("a", "b"))
    assert isinstance(drawn, Figure)
    drawn.specification(validate=True)
    assert sum(len(rows) for name, rows in drawn.rows.items() if name.endswith("_points")) >= 30


def test_a_curve_that_begins_after_the_last_event_is_drawn():
    def curve(label, *steps):
        rows = [{"time": t, "percent": 100.0, "low": None, "high": None} for t in steps]
        rows = [row | {"at_risk": 1.0, "events": float(row["time"] == 2), "censored": 0.0} for row in rows]
        return Curve("duration", label, "days", "Simon-Makuch", rows, [{"time": 0.0, "at_risk": 1.0}])

    curves = (curve("late", 150.0, 160.0), curve("reference", 0.0, 2.0, 160.0))
    drawn = Drawn("Late", "duration", "end of ICANS", "onset", "incidence", curves, "Simon-Makuch")
    figure = group_curves("curves", "Late", [drawn])
    assert isinstance(figure, Figure), figure
    figure.specification(validate=True)


def test_every_caution_is_about_a_method_in_use(found):
    used = {(r.level or "").rpartition(": ")[2].partition(" at ")[0] for r in found.results}
    used |= {"restricted mean difference"}
    methods = {one.method for level in used if (one := caution(level, 5)) is not None}
    assert {"log-rank test", "Gray's test", "Mantel-Byar test", "hazard ratio"} <= methods
    assert caution("log-rank test", 200) is None
    assert caution("landmark 7 days: log-rank test", 13).source.startswith("Wang")


def test_every_effect_test_and_statistic_is_on_the_page_about_results(found):
    page = (Path(__file__).parents[1] / "docs" / "results.md").read_text(encoding="utf-8")
    levels = {
        (r.level or "").rpartition(": ")[2].partition(" at ")[0] for r in found.results if r.analysis == "comparison"
    }
    landmarks = {level for level in levels if level[:1].isdigit()}
    patients = {level for level in levels if level.startswith("immortal time of")}
    named = levels - landmarks - patients - {"", "no", "yes", "landmark 2 days", "landmark 5 days"}
    assert {level for level in named if f"`{level}`" not in page and f"`{level} at" not in page} == set()
    statistics = {r.statistic for r in found.results}
    assert {name for name in statistics if not re.search(rf"\b{name}\b", page)} == set()


def test_the_difference_of_two_incidences_adds_their_variances():
    one = aalen_johansen([1, 2, 3, 4], [1, 1, 2, 0])
    other = aalen_johansen([1, 2, 3, 4], [2, 1, 0, 0])
    (found,) = incidence_difference(one, other, [2])
    # without censoring by day 2 both are proportions of 4: 2/4 and 1/4, with variances p (1 - p) / 4
    error = 1.959963984540054 * np.sqrt(0.5 * 0.5 / 4 + 0.25 * 0.75 / 4)
    assert (found.value, found.low, found.high) == pytest.approx((0.25, 0.25 - error, 0.25 + error))
    early, late = incidence_difference(one, other, [0.5, 9])
    assert early.value == 0
    assert "no variance" in early.low_reason
    assert late.reason == "no patient was observed for so long"


def test_steroids_given_or_not_are_not_compared_from_onset_in_eighty_real_patients(cart80, tmp_path):
    folder = tmp_path / "cart80"
    shutil.copytree(cart80, folder)
    with (folder / "study.toml").open("a", encoding="utf-8") as protocol:
        protocol.write(TREATED.replace("[2]", "[1, 2]"))
    found = compared(folder)
    assert "13 of 33 patients" in row(found, "Treated", "duration", "naive comparison", "estimate").reason
    # 000111111011101: onset on day 3, steroids first on day 12
    assert value(found, "Treated: treated", "duration", "immortal time of Kym P12", "days") == 9
    ratio = row(found, "Treated", "duration", "time-dependent: hazard ratio", "estimate")
    assert ratio.value is not None
    assert ratio.n == 33
