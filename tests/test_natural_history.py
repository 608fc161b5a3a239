"""The treated against a reference cohort, on courses a reader counts by hand.

A course is a string, a character a day from infusion: the recorded grade, or a dot where nothing was observed.
"""

import json
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from tests.conftest import write

from icans.analyses.natural_history import against_reference
from icans.engines import connect
from icans.errors import CallError, IcansError, ProtocolError, StudyError
from icans.figures.figure import Figure, LeftOut
from icans.figures.natural_history import natural_course
from icans.figures.render import Renderer
from icans.packaged import folder as packaged
from icans.protocols.natural_history import NaturalHistory
from icans.results.gathered import gather
from icans.results.reference import load
from icans.study import Study

REFERENCE = {"R1": "0331100", "R2": "3332", "R3": "0", "R4": "2210", "R5": "33.1", "R6": "1..3"}
# From onset, gaps of a day bridged: 3 to 3: R1 1, R2 2, R5 2; 3 to 1: R1 1, R5 1; 3 to 2: R2 1.
# 1 to 1: R1 1; 1 to 0: R1 1, R4 1; 0 to 0: R1 1; 2 to 2: R4 1; 2 to 1: R4 1. R6 ends with its gap of two days.
TREATED = {"T1": ("0331", 1), "T2": ("33321", 0), "T3": ("0033332", 2), "T4": ("22100", 1)}
"""Each with the day of the first course: T1 reaches grade 1 after 2 days, T2 after 4, T3 never, T4 grade 0 after 2."""
PROTOCOL = """
[study]
title = "{title}"
synthetic = {synthetic}
[records]
time = "days"
"""
ASKED = """
[natural_history]
reference = "{reference}"
horizon_days = 3
smoothing = 0
samples = 200
"""


def study_folder(
    folder: Path, courses: dict[str, str], more: str = "", *, title: str = "Made", synthetic: bool = False
):
    folder.mkdir(exist_ok=True)
    text = PROTOCOL.format(title=title, synthetic=str(synthetic).lower()) + more
    (folder / "study.toml").write_text(text, encoding="utf-8")
    write(folder / "patients.csv", ["patient_id"], [[patient] for patient in courses])
    graded = [
        [patient, day + 0.5, mark]
        for patient, course in courses.items()
        for day, mark in enumerate(course)
        if mark != "."
    ]
    write(folder / "neuro.csv", ["patient_id", "time", "icans_grade"], graded)
    return folder


@pytest.fixture
def reference(tmp_path: Path) -> Path:
    return study_folder(tmp_path / "reference", REFERENCE, title="Reference")


def treated_folder(
    folder: Path, more: str = ASKED.format(reference="../reference"), treated=TREATED, *, synthetic: bool = False
) -> Path:
    study_folder(folder, {patient: course for patient, (course, _) in treated.items()}, more, synthetic=synthetic)
    doses = [[patient, day + 0.75, "dexamethasone", "intrathecal"] for patient, (_, day) in treated.items()]
    # a corticosteroid without improvement makes a lower grade evaluable
    doses += [["T4", 0.01, "methylprednisolone", "intravenous"]] if "T4" in treated else []
    write(folder / "treatments.csv", ["patient_id", "time", "drug", "route"], doses)
    return folder


def computed(folder: Path):
    engine = connect()
    try:
        study = Study.read(folder, engine)
        with tempfile.TemporaryDirectory() as place:
            derived = study.derive(Path(place) / "derived", lambda _: None)
            gathered = gather(study.records, derived, study.protocol, engine)
            natural = against_reference(study, gathered, derived, study.protocol.natural_history)
        assert natural is not None
        return natural
    finally:
        engine.close()


def results(folder: Path):
    return computed(folder).rows


@pytest.fixture(scope="module")
def natural(tmp_path_factory):
    """The treated above against the reference above."""
    folder = tmp_path_factory.mktemp("natural")
    study_folder(folder / "reference", REFERENCE, title="Reference")
    return computed(treated_folder(folder / "own"))


@pytest.fixture(scope="module")
def rows(natural):
    return natural.rows


def find(rows, variable, statistic, level=None, group="treated"):
    (row,) = [r for r in rows if (r.variable, r.statistic, r.level, r.group) == (variable, statistic, level, group)]
    return row


def transition(rows, where):
    return find(rows, "transition", "n", where, "reference").value, find(
        rows, "transition", "percent", where, "reference"
    ).value


def test_the_model_counts_the_steps_a_reader_counts(rows):
    assert transition(rows, "3 to 3") == (5, pytest.approx(100 * 5 / 8))
    assert transition(rows, "3 to 2") == (1, pytest.approx(100 / 8))
    assert transition(rows, "3 to 1") == (2, pytest.approx(100 * 2 / 8))
    assert transition(rows, "1 to 0") == (2, pytest.approx(100 * 2 / 3))
    assert transition(rows, "4 to 0") == (0, None)
    steps = {
        statistic: find(rows, "steps", statistic, group="reference").value for statistic in ("n", "bridged", "cut")
    }
    assert steps == {"n": 14, "bridged": 1, "cut": 1}
    assert find(rows, "patients", "n", "described", "reference").value == 5


def test_what_is_expected_is_worked_out_from_the_steps(rows):
    # From grade 3 to grade 1 or 0: a day later 2/8; two days later 1/4 + 5/8 x 1/4 + 1/8 x 1/2.
    one, two = 1 / 4, 1 / 4 + 5 / 8 * 1 / 4 + 1 / 8 * 1 / 2
    # after three days: from grade 2 the line is reached with 1/2, then 1/2 + 1/4
    three = 1 / 4 + 5 / 8 * two + 1 / 8 * (1 / 2 + 1 / 4)
    # From grade 2 to grade 0 in three days: 2 1 0 in two steps 1/2 x 2/3, and 2 2 1 0, 2 1 1 0 in three.
    zero = 1 / 2 * 2 / 3 + 1 / 2 * 1 / 2 * 2 / 3 + 1 / 2 * 1 / 3 * 2 / 3
    for patient in ("T1", "T2", "T3"):
        assert find(rows, "patient", "expected_percent", patient).value == pytest.approx(100 * three)
    assert find(rows, "patient", "expected_percent", "T4").value == pytest.approx(100 * zero)
    assert find(rows, "remission", "expected", "1 day").value == pytest.approx(3 * one)
    assert find(rows, "remission", "expected", "3 days").value == pytest.approx(3 * three + zero)
    assert find(rows, "remission_from", "expected", "grade 3").value == pytest.approx(3 * three)


def test_what_was_observed_is_the_first_day_at_the_line(rows):
    assert [find(rows, "patient", "observed", patient).value for patient in TREATED] == [2, 4, None, 2]
    assert find(rows, "patient", "observed", "T3").reason == "not reached: last seen 4 days after the first course"
    three = {name: find(rows, "remission", name, "3 days").value for name in ("n", "events", "lost", "percent")}
    assert three == {"n": 4, "events": 2, "lost": 0, "percent": 50}
    difference, ratio = (find(rows, "remission", name, "3 days").value for name in ("difference", "ratio"))
    expected = find(rows, "remission", "expected_percent", "3 days").value
    assert (difference, ratio) == (pytest.approx(50 - expected), pytest.approx(50 / expected))
    low, high = (find(rows, "remission", f"difference_{end}", "3 days").value for end in ("low", "high"))
    assert (low, high) == (None, None)  # too many samples of five patients never leave a state


def test_the_figure_draws_what_was_expected_beside_what_was_observed(natural):
    figure = natural_course(natural, intervention="IDM")
    assert isinstance(figure, Figure)
    figure.specification(validate=True)
    of_day = [row for row in figure.rows["observed"] if row["x"] == 1.52]  # the day after the first course
    assert [(row["y"], row["y2"]) for row in of_day] == [(0, 75), (75, 100)]  # three at grade 3, one at grade 1
    assert figure.rows["observed_line"][-1]["y"] == 50
    assert figure.rows["expected_line"][-1]["y"] == pytest.approx(
        find(natural.rows, "remission", "expected_percent", "3 days").value
    )
    assert "Synthetic" not in figure.caption
    nobody = natural_course(replace(natural, judged=0), intervention="IDM")
    assert isinstance(nobody, LeftOut)


def test_whoever_is_not_followed_is_censored(tmp_path, reference):
    treated = {**TREATED, "T5": ("033....0", 1)}
    rows = results(treated_folder(tmp_path / "own", treated=treated))
    assert find(rows, "patient", "observed", "T5").reason == "not reached: last seen 1 day after the first course"
    # On day 2 two of the four still followed reach the line; on day 3 none.
    assert find(rows, "remission", "percent", "3 days").value == pytest.approx(50)
    assert find(rows, "remission", "lost", "3 days").patients == ("T5",)
    assert (
        find(rows, "remission", "as_many_or_more", "3 days").reason == "1 of the patients were not followed to the day"
    )


def test_a_grade_the_reference_never_left_expects_nothing(tmp_path, reference):
    treated = {**TREATED, "T6": ("0441", 1)}
    rows = results(treated_folder(tmp_path / "own", treated=treated))
    left = find(rows, "not_judged", "n", "the reference has no day from which to go on")
    assert (left.value, left.patients) == (1, ("T6",))
    assert find(rows, "remission", "n", "3 days").value == 4


def test_a_study_in_which_nobody_can_be_judged_has_reasons_and_no_numbers(tmp_path, reference):
    own = treated_folder(tmp_path / "own", treated={"T6": ("0441", 1)})
    untreated = tmp_path / "untreated"
    shutil.copytree(own, untreated)
    (untreated / "treatments.csv").unlink()
    for folder in (own, untreated):
        rows = results(folder)
        assert find(rows, "remission", "n", "3 days").value == 0
        assert find(rows, "remission", "ratio", "3 days").reason == "there is no patient"


def test_numbers_of_made_up_records_say_so(tmp_path, reference):
    own = results(treated_folder(tmp_path / "own", synthetic=True))
    assert all("is no evidence" in row.method for row in own if row.group == "treated")
    assert not any("is no evidence" in row.method for row in own if row.group == "reference")
    study_folder(reference, REFERENCE, title="Reference", synthetic=True)
    assert all("is no evidence" in row.method for row in results(treated_folder(tmp_path / "own")))


def test_any_order_gives_the_same_rows_and_another_seed_another_interval(tmp_path, reference, rows):
    own = treated_folder(tmp_path / "own")
    for name in (reference, own):
        head, *lines = (name / "neuro.csv").read_text().splitlines()
        (name / "neuro.csv").write_text("\n".join([head, *lines[::-1]]) + "\n")
    assert results(own) == rows
    asked = ASKED.format(reference="../reference").replace("smoothing = 0", "smoothing = 1\nseed = {}")
    one, other = (results(treated_folder(own, asked.format(seed))) for seed in (1, 2))
    low, difference, high = (
        find(one, "remission", f"difference{end}", "3 days").value for end in ("_low", "", "_high")
    )
    assert low < difference < high
    assert find(other, "remission", "difference", "3 days").value == difference
    assert find(other, "remission", "difference_high", "3 days").value != high


def test_states_can_join_grades(tmp_path, reference):
    own = treated_folder(tmp_path / "own", ASKED.format(reference="../reference") + "states = [0, 1, 2]\n")
    rows = results(own)
    # Grades 2 and up are one state: 2-4 to 2-4 5 + 1 + 1, to 1 three times.
    assert transition(rows, "2-4 to 2-4") == (7, pytest.approx(70))
    assert transition(rows, "2-4 to 1") == (3, pytest.approx(30))


def test_a_saved_model_expects_the_same_and_names_no_patient(tmp_path, reference):
    own = treated_folder(tmp_path / "own", synthetic=True)
    engine = connect()
    out = tmp_path / "out"
    out.mkdir()
    with Renderer() as renderer:
        rows = Study.read(own, engine).report(out, renderer, lambda _: None)
    engine.close()
    text = (out / "natural_history.json").read_text()
    assert not any(patient in text for patient in (*REFERENCE, *TREATED))
    page = (out / "report.html").read_text()
    assert "Against the course of a reference cohort" in page
    assert "are no evidence for or against any treatment" in page
    assert "Synthetic: shows the mechanics, is no evidence" in (out / "figures" / "natural_history.svg").read_text()
    shutil.copy(out / "natural_history.json", own / "model.json")
    saved = results(treated_folder(own, ASKED.format(reference="model.json")))
    for statistic in ("expected", "events", "ratio"):
        again = find(saved, "remission", statistic, "3 days").value
        assert again == pytest.approx(find(rows, "remission", statistic, "3 days").value)
    assert "posterior" in find(saved, "remission", "expected_low", "3 days").method


def refusal(folder: Path) -> str:
    with pytest.raises(IcansError) as refused:
        results(folder)
    assert isinstance(refused.value, (CallError, ProtocolError, StudyError))
    return str(refused.value)


@pytest.mark.parametrize(
    "text", ["[" * 100_000, '{"format": "icans natural history 1", "steps": [1' + "0" * 400 + "]}", "[1e400]", "\xff"]
)
def test_a_saved_model_that_no_number_can_hold_is_refused(tmp_path, text):
    (tmp_path / "model.json").write_text(text, encoding="latin-1")
    with pytest.raises(StudyError, match="is no saved model of the natural course"):
        load(tmp_path / "model.json", NaturalHistory(reference="model.json"))


def test_a_reference_that_cannot_be_one_is_refused(tmp_path, reference):
    own = tmp_path / "own"
    assert "there is no study here" in refusal(treated_folder(own, ASKED.format(reference="../nowhere")))
    assert "reference is this study" in refusal(treated_folder(own, ASKED.format(reference=".")))
    assert "model.json is not there" in refusal(treated_folder(own, ASKED.format(reference="model.json")))
    (own / "model.json").write_text('{"format": "another"}')
    assert "no saved model of the natural course" in refusal(treated_folder(own, ASKED.format(reference="model.json")))
    study_folder(tmp_path / "never", {"R1": "0000", "R2": "3"})
    assert "nobody with ICANS has grades two days running" in refusal(
        treated_folder(own, ASKED.format(reference="../never"))
    )


def test_a_finish_line_inside_a_state_is_refused(tmp_path, reference):
    own = treated_folder(tmp_path / "own", ASKED.format(reference="../reference") + "states = [0, 1]\n")
    assert "the finish line, grade 1 or less, lies inside a state" in refusal(own)


def test_a_model_counted_in_another_way_is_refused(tmp_path, reference):
    own = treated_folder(tmp_path / "own")
    model = {"format": "icans natural history 1", "rows": [], "steps": [], "states": [0, 1, 2, 3, 4], "bands_days": [3]}
    (own / "model.json").write_text(json.dumps(model | {"carry_days": 1, "title": "", "scales": {}}))
    said = refusal(treated_folder(own, ASKED.format(reference="model.json")))
    assert "[natural_history] bands_days is [], and model.json was counted with [3]" in said


def test_grades_of_two_published_scales_are_not_compared(tmp_path, reference):
    def signed(folder: Path, scale: str) -> None:
        text = (folder / "study.toml").read_text() + f'[scales]\nicans = "{scale}"\n'
        (folder / "study.toml").write_text(text)
        head, *lines = (folder / "neuro.csv").read_text().splitlines()
        rows = [f"{line},{10 - 3 * int(line.rsplit(',', 1)[1])},awake,none" for line in lines]
        (folder / "neuro.csv").write_text("\n".join([f"{head},ice,consciousness,motor", *rows]) + "\n")

    own = treated_folder(tmp_path / "own")
    signed(own, "astct-2019-icans")
    assert find(results(own), "scale", "n", "recorded", "reference").value
    signed(reference, "mskcc-2018-neurotoxicity")
    assert "a grade does not mean the same on both" in refusal(own)


def test_eighty_real_patients_are_a_reference_for_the_packaged_study(tmp_path, cart80):
    with packaged() as made:
        shutil.copytree(made, tmp_path / "own")
    protocol = tmp_path / "own" / "study.toml"
    protocol.write_text(
        protocol.read_text() + f'\n[natural_history]\nreference = "{cart80.as_posix()}"\nsmoothing = 0\n'
    )
    rows = results(tmp_path / "own")
    # Days of grade 4 with a next day: 4 3 and 4 4, in 343211110 and 2123344 (the second one the last day of all).
    assert transition(rows, "4 to 3") == (1, 50)
    assert transition(rows, "4 to 4") == (1, 50)
    # Of 21 days of grade 2 from onset with a next day, one led to grade 0 (01020000) and six to grade 2.
    assert transition(rows, "2 to 0") == (1, pytest.approx(100 / 21))
    assert transition(rows, "2 to 2") == (6, pytest.approx(600 / 21))
    assert transition(rows, "3 to death") == (0, 0)
    assert find(rows, "patients", "n", "described", "reference").value == 33
    assert find(rows, "corticosteroid", "n", group="reference").value == 24
    assert find(rows, "intervention", "n", group="reference").value == 0
    assert find(rows, "remission", "n", "7 days").value == 13
    assert find(rows, "remission", "events", "7 days").value == 12
    assert all("is no evidence" in row.method for row in rows if row.group == "treated")
