"""Sensitivity to definitions, the whole way: answers worked out by hand from the records, and what the command says."""

import csv
import json
import shutil
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import pytest

from icans.engines import connect
from icans.results.claims import read_claims
from icans.results.sensitivity import sensitivity
from icans.results.specified import Specified
from icans.study import Study

PACKAGED = Path(str(files("icans.packaged") / "idm13"))

GRADE_0 = '"grade 0" = [{ baseline = [1, 2, 3, 4], grade = 0 }]'
LOWER = """"one lower" = [
  { baseline = [4], grade = 3 }, { baseline = [3], grade = 2 },
  { baseline = [2], grade = 1 }, { baseline = [1], grade = 0 },
]"""


def icans(*words: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from icans.cli import main; main()", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def with_alternatives(folder: Path, text: str) -> Path:
    study = Path(shutil.copytree(PACKAGED, folder / "study"))
    with (study / "study.toml").open("a") as file:
        file.write(text)
    return study


def specified(folder: Path) -> Specified:
    engine = connect()
    try:
        return Study.read(folder, engine).specified(lambda _step: None)
    finally:
        engine.close()


def answer(study: Specified, **asked: str) -> tuple[int, int, int, float | None]:
    """Give evaluable, judged and remitted patients and the median hours of the specification with these labels."""
    places = {one.definition.key: place for place, one in enumerate(study.alternatives)}
    wanted = {place: asked.get(key) for key, place in places.items()}
    (found,) = [
        outcome
        for outcome in study.outcomes
        if all(
            study.label(outcome, place) == label if label else study.alternatives[place].choices[choice].own
            for place, label in wanted.items()
            for choice in [outcome.specification.choices[place]]
        )
    ]
    return (*found.counts, None if found.median_days is None else round(24 * found.median_days, 6))


@pytest.fixture(scope="module")
def packaged(tmp_path_factory) -> tuple[Path, Specified]:
    folder = with_alternatives(
        tmp_path_factory.mktemp("packaged"),
        f"""
[alternatives.episodes]
onset_grade = [2]
[alternatives.population]
indications = [["severe"]]
[alternatives.remission]
hold_hours = [24]
[alternatives.remission.rules]
{GRADE_0}
{LOWER}
""",
    )
    return folder, specified(folder)


# Hours from the first course to each finish line, read off the assessments of each patient:
#
#          baseline   own rules (grade 1; ICE 10)   grade 0   one grade lower
#   P01    3          24                            40        10
#   P02    4          72                            108       10
#   P03    2          24                            24        10
#   P04    2          23.5                          23.5      9.5
#   P05    2          36                            36        12
#   P06    4          never below grade 2           never     12
#   P07    1          22.5                          22.5      22.5
#   P08    3          24                            40        4
#   P09    1          24, grade 1 again at 40,      24, 64    24, 64
#                     grade 0 for good from 64
#   P10    2          168                           168       102
#   P11    1          23                            23        23
#   P12    3          47                            63        23.5
#   P13    2          28                            28        14
#
# Severe are P01, P02, P06, P08 and P12. Treated at grade 1, without ever having had grade 2, are P07, P09 and P11.
@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({}, (13, 13, 12, 24)),  # 22.5 23 23.5 24 24 24 | 24 28 36 47 72 168
        ({"rules": "grade 0"}, (13, 13, 12, 32)),  # 22.5 23 23.5 24 24 28 | 36 40 40 63 108 168
        ({"rules": "one lower"}, (13, 13, 13, 12)),  # 4 9.5 10 10 10 12 | 12 | 14 22.5 23 23.5 24 102
        ({"hold_hours": "24 h"}, (13, 13, 12, 26)),  # P09 at 64: 22.5 23 23.5 24 24 24 | 28 36 47 64 72 168
        ({"indications": "severe"}, (5, 5, 4, 35.5)),  # 24 24 | 47 72
        ({"indications": "severe", "rules": "grade 0"}, (5, 5, 4, 51.5)),  # 40 40 | 63 108
        ({"indications": "severe", "rules": "one lower"}, (5, 5, 5, 10)),  # 4 10 | 10 | 12 23.5
        ({"onset_grade": "grade 2"}, (10, 10, 9, 28)),  # without P07, P09, P11: 23.5 24 24 24 | 28 | 36 47 72 168
    ],
)
def test_a_specification_of_the_packaged_study_is_what_a_reader_counts(packaged, asked, expected):
    assert answer(packaged[1], **asked) == expected


def test_the_study_s_own_specification_is_the_study(packaged):
    assert answer(packaged[1])[:3] == (13, 13, 12)
    assert [one.specification.own for one in packaged[1].outcomes].count(True) == 1


def test_what_moves_the_answer_and_which_claims_hold(packaged):
    folder, study = packaged
    rows = {(r.variable, r.level, r.statistic): r for r in sensitivity(study, read_claims(folder))}
    assert rows["specifications", None, "n"].value == len(study.outcomes) == 24
    everyone = [one for one in study.outcomes if study.label(one, 1) != "severe"]
    # Holding for a day moves no rate: P09 remits later, and nobody else is worse within a day.
    assert rows["remission", "remission.hold_hours", "largest_change"].value == 0
    assert rows["remission", "remission.rules", "mean_change"].n == 8
    assert rows["claims", "response", "holds"].value == sum(one.counts == (13, 13, 12) for one in everyone)
    assert rows["claims", "response", "holds"].n == 24
    percents = [one.percent for one in study.outcomes]
    assert rows["remission", None, "min"].value == min(percents)
    assert rows["remission", None, "max"].value == max(percents) == 100


def test_a_combination_that_cannot_be_applied_is_listed_with_its_reason(tmp_path):
    folder = with_alternatives(
        tmp_path,
        """
[alternatives.grading]
instrument = ["capd"]
[alternatives.scales]
icans = ["mskcc-2018-neurotoxicity"]
[alternatives.population]
indications = [["severe"]]
[alternatives.remission.rules]
"from grade 1 alone" = [{ baseline = [1], grade = 0 }]
""",
    )
    out = tmp_path / "out"
    ran = icans("sensitivity", folder, "--out", out)
    assert ran.returncode == 0, ran.stderr
    with (out / "specifications.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 16
    scales = [row for row in rows if row["scales.icans"].startswith("mskcc") and row["grading.instrument"] != "by age"]
    assert len(scales) == 4
    assert all("does not choose between the ICE score and CAPD" in row["reason"] for row in scales)
    # Nobody severe starts from grade 1.
    (nobody,) = [
        row
        for row in rows
        if row["scales.icans"].startswith("astct")
        and row["grading.instrument"] == "by age"
        and row["population.indications"] == "severe"
        and row["remission.rules"] == "from grade 1 alone"
    ]
    assert nobody["reason"].startswith("no finish line applies to any evaluable patient")
    assert all((row["percent"] == "") == (row["reason"] != "") for row in rows)
    page = (out / "sensitivity.html").read_text(encoding="utf-8")
    assert "does not choose between the ICE score and CAPD" in page
    assert "the study lacks disorientation" in page
    assert "No specification is recommended here" in page


def test_the_report_has_the_section_only_where_the_protocol_has_alternatives(packaged, tmp_path):
    out = tmp_path / "out"
    ran = icans("report", packaged[0], "--out", out)
    assert ran.returncode == 0, ran.stderr
    page = (out / "report.html").read_text(encoding="utf-8")
    assert '<section id="sensitivity">' in page
    assert "figure-specification_curve" in page
    assert {row["analysis"] for row in json.loads((out / "results.json").read_text())} >= {"remission", "sensitivity"}
    assert (out / "figures" / "specification_curve.png").stat().st_size
    with (out / "specifications.csv").open() as file:
        assert len(list(csv.DictReader(file))) == 24


def test_without_alternatives_the_standard_set_is_tried_and_said_so():
    ran = icans("sensitivity", PACKAGED)
    assert ran.returncode == 0, ran.stderr
    said = " ".join(ran.stdout.split())
    assert said.startswith("study.toml has no [alternatives]; these are the standard ones")
    assert "144 specifications, by 6 definitions" in said
    assert "The study's own, S025: 12 of 13 in remission, 92.3% (64.0% to 99.8%), median 1 day." in said
    assert "Claim response (percent 92.3%) holds in " in said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[alternatives.episodes]\nquite_hours = [24]", "Did you mean quiet_hours?"),
        ('[alternatives.scales]\nicans = ["astct-2019-crs"]', "[alternatives.scales] icans: astct-2019-crs grades crs"),
        ('[alternatives.scales]\nicans = ["cartox-2018"]', 'there is no scale "cartox-2018"'),
    ],
)
def test_a_mistake_stops_every_command_with_a_sentence(tmp_path, text, said):
    folder = with_alternatives(tmp_path, f"\n{text}\n")
    ran = icans("sensitivity", folder)
    assert ran.returncode == 1
    assert said.lower() in ran.stderr.lower()
    assert "Traceback" not in ran.stderr


# Eighty real patients; evaluable are the eight below, treated at grade 3 or 4. Grades a character a day from day 0, a
# dot where nobody looked; then the day of the first course, and the day of remission under each specification.
#
#                              course   own   held 24 h   held 48 h   grade 0   grade 0 held 48 h
#   Yes P13  000013322222323    5       -     -           -           -         -
#   Yes P17  000010333333321    6       14    -           -           -         -
#   Yes P19  000000000310000    9       10    10          10          11        11
#   Yes P24  000000001131122   10       11    11          -           -         -
#   Yes P28  000002333211110    6       10    10          10          14        -
#   Yes P31  000000033000030    7        9     9           9           9         9
#   Bre P01  00000234.......    6       -     -           -           -         -
#   Kym P19  131111111111000    1        2     2           2          12        12
@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({}, (8, 8, 6, 36)),  # days 1 1 1 | 2 4 8
        ({"hold_hours": "24 h"}, (8, 8, 5, 24)),  # 1 1 | 1 | 2 4
        ({"hold_hours": "48 h"}, (8, 8, 4, 36)),  # 1 1 | 2 4
        ({"rules": "grade 0"}, (8, 8, 4, 120)),  # 2 2 | 8 11
        ({"rules": "grade 0", "hold_hours": "48 h"}, (8, 8, 3, 48)),  # 2 | 2 | 11
        # Patients of grade 4 alone: Bre P01, whose grade 4 came a day after the first course, is not among them.
        ({"severe_grade": "grade 4"}, (0, 0, 0, None)),
    ],
)
def test_a_specification_of_eighty_real_patients_is_what_a_reader_counts(cart80_specified, asked, expected):
    assert answer(cart80_specified, **asked) == expected


@pytest.fixture(scope="module")
def cart80_specified(cart80, tmp_path_factory) -> Specified:
    folder = Path(shutil.copytree(cart80, tmp_path_factory.mktemp("varied") / "study"))
    with (folder / "study.toml").open("a") as file:
        file.write("\n[alternatives.population]\nsevere_grade = [4]\n[alternatives.remission]\nhold_hours = [24, 48]\n")
        file.write(f"[alternatives.remission.rules]\n{GRADE_0}\n")
    return specified(folder)
