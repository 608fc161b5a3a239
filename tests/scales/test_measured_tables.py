"""Tables of measurements as users have them: units, times, what is wrong with them, and study folders."""

import csv
from pathlib import Path

import pytest
from openpyxl import Workbook

from icans.errors import CallError, ScaleError
from icans.grading import grade_table
from icans.scales import catalogue
from icans.scales.reading.file import parse
from icans.scales.table import scale_table

HEADER = "patient_id,time,analyte,value,unit"


@pytest.fixture
def graded(tmp_path):
    """Grade a table given as text; give its rows and what was said."""

    def graded(text, scale, name="labs.csv"):
        (tmp_path / name).write_text(text, encoding="utf-8")
        out = tmp_path / "out.csv"
        findings = grade_table(tmp_path / name, scale, out=out, unrecorded="unknown")
        return list(csv.DictReader(out.read_text(encoding="utf-8").splitlines())), [
            str(finding) for finding in findings
        ]

    return graded


def test_what_is_wrong_with_a_measurement_is_a_sentence_with_its_row(graded):
    rows, said = graded(
        "patient_id,ldh,ldh_unit,creatinine_umol_l,platelets_1e9_l\n"
        "p1,5,ukat/L,88.4,150\np2,-300,U/L,88.4,150\np3,300,furlong,88.4,150\n"
        "p4,300,,88.4,150\np5,300,U/L,88.4,0\np6,300,U/L,4420,150\n",
        "easix",
    )
    assert [one.splitlines()[0] for one in said] == [
        'labs.csv, row 3, column ldh: "-300" is no possible lactate dehydrogenase in U/L; not used.',
        'labs.csv, row 4, column ldh_unit: "furlong" is no known unit of lactate dehydrogenase; not used.',
        "labs.csv, row 5, column ldh_unit: a value of lactate dehydrogenase has no unit and is not used.",
        'labs.csv, row 6, column platelets_1e9_l: "0" is the platelet count: EASIX is not defined there.',
        'labs.csv, row 7, column creatinine_umol_l: "4420" is a doubtful creatinine in µmol/L; used as it stands.',
    ]
    assert said[1].endswith("\n  Known are: U/L, µkat/L.")
    assert [row["score"] for row in rows] == ["2", "", "", "", "", "100"]
    assert [row["missing"] for row in rows] == ["", "ldh", "ldh", "ldh", "", ""]
    assert {row["score_high"] for row in rows[1:5]} == {""}


def test_measurements_of_a_day_are_one_sample_and_two_values_of_one_quantity_leave_it_open(graded):
    sample = "p1,2024-03-0{day}T0{hour}:30,{analyte},{value},{unit}\n"
    lines = [
        *((1, 6, "LDH", 300, "U/L"), (1, 7, "Platelets", 150, "G/L"), (1, 8, "Creatinine", 88.4, "µmol/L")),
        *((2, 6, "LDH", 300, "U/L"), (2, 7, "PLT", 150, "G/L"), (2, 8, "PLT", 100, "G/L"), (2, 8, "crea", 1, "mg/dL")),
        *((3, 6, "LDH", 300, "U/L"), (3, 8, "sodium", 140, "mmol/L")),
    ]
    keys = ("day", "hour", "analyte", "value", "unit")
    rows, said = graded(
        f"{HEADER}\n" + "".join(sample.format(**dict(zip(keys, line, strict=True))) for line in lines), "easix"
    )
    assert said == []
    assert [(row["date"], row["score"], row["score_low"], row["score_high"], row["missing"]) for row in rows] == [
        ("2024-03-01", "2", "2", "2", ""),
        ("2024-03-02", "", "2", "3", "platelets"),
        ("2024-03-03", "", "", "", "creatinine;platelets"),
    ]


def test_points_lie_between_bounds_where_an_item_is_missing_or_a_limit(graded):
    rows, _ = graded(
        "patient_id,analyte,value,unit,limit\n"
        "p1,PLT,150,G/L,\np1,ANC,3,G/L,\np1,Hb,100,g/L,\np1,CRP,5,mg/L,<\n"
        "p2,PLT,70,G/L,\np2,ANC,3,G/L,\np2,Hb,100,g/L,\np2,CRP,5,mg/dL,<\np2,Ferritin,2500,ug/L,\n",
        "car-hematotox",
    )
    assert [(row["score"], row["score_low"], row["score_high"], row["category"], row["missing"]) for row in rows] == [
        ("", "1", "3", "", "ferritin"),
        ("", "4", "5", "high", "crp"),
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("patient_id,time,analyte,value,unit\np,2024-03-01,ANC,3,G/L\n", "no date of infusion to count days from"),
        ("patient_id,analyte,value,unit\np,ANC,3,G/L\n", "no column that says when something was measured"),
        ("day,analyte,value,unit\n1,ANC,3,G/L\n", "no column patient_id"),
        ("patient_id,day,anc\np,1,3\n", "The column anc does not say its unit"),
        ("patient_id,ice\np,3\n", "neither measurements for icaht-2023-early nor what is derived from them"),
    ],
)
def test_a_table_that_cannot_give_a_series_is_refused_with_what_it_lacks(text, said, graded):
    with pytest.raises(ScaleError, match=said):
        graded(text, "icaht-2023-early")


def test_a_quantity_nobody_measured_is_said_so_with_the_names_it_may_have(graded):
    rows, (said,) = graded(f"{HEADER}\np,3,NEUT#,3,G/L\np,x,sodium,1,mmol/L\n", "icaht-2023-early")
    assert said.startswith("labs.csv: no measurement of absolute neutrophil count was found.\n")
    assert "ANC, neutrophils" in said
    assert (rows[0]["grade"], rows[0]["grade_low"], rows[0]["grade_high"]) == ("", "0", "4")


def test_a_time_that_cannot_be_read_leaves_its_measurement_out(graded):
    rows, (said,) = graded(f"{HEADER}\np,3,ANC,3,G/L\np,soon,ANC,0,G/L\n", "icaht-2023-early")
    assert said.startswith("labs.csv, row 3, column time: is no time that can be read.")
    assert rows[0]["measured_days"] == "1"


def test_a_wide_table_of_days_and_one_of_hours_give_the_same(graded):
    days = {0: 3000, 3: 400, 5: 400, 6: 3000, 13: 3000, 20: 3000, 27: 3000}
    wide = "patient_id,day,anc_1e9_l\n" + "".join(f"p,{day},{count / 1000}\n" for day, count in days.items())
    long = "patient_id,hour,analyte,value,unit\n" + "".join(
        f"p,{24 * day + 23.5},neutrophils,{count},/µL\n" for day, count in days.items()
    )
    (one,), _ = graded(wide, "icaht-2023-early")
    (other,), _ = graded(long, "icaht-2023-early")
    assert one == other
    assert (one["grade"], one["anc_le_500_days"]) == ("1", "3")


STUDY = {
    "study.toml": '[study]\ntitle = "Two infusions"\n',
    "patients.csv": "patient_id\nP1\nP2\nP3\n",
    "infusions.csv": "patient_id,infused_at\nP1,2024-03-01T10:00\nP2,2024-03-01\nP2,2024-03-21\nP3,2024-01-01\n",
    "neuro.csv": "patient_id,time,ice\nP1,2024-03-02,10\n",
    "events.csv": "patient_id,time,event\nP1,2024-03-15,death\n",
    "labs.csv": "patient_id,time,specimen,analyte,value,unit\n"
    "P1,2024-03-02,blood,ANC,0.4,10^9/L\nP1,2024-03-08,blood,ANC,0.4,10^9/L\nP1,2024-03-14,blood,ANC,0.2,10^9/L\n"
    "P2,2024-03-02,blood,ANC,3,10^9/L\nP2,2024-03-09,blood,ANC,3,10^9/L\nP2,2024-03-15,blood,ANC,3,10^9/L\n"
    "P2,2024-03-22,blood,ANC,0.1,10^9/L\nP2,2024-03-24,blood,ANC,3,10^9/L\n",
}


def test_the_labs_of_a_study_are_graded_for_each_infusion_until_an_event_or_the_next(tmp_path):
    folder = tmp_path / "study"
    folder.mkdir()
    for name, text in STUDY.items():
        (folder / name).write_text(text, encoding="utf-8")
    out = tmp_path / "out.csv"
    assert grade_table(folder, "icaht-2023-early", out=out, unrecorded="unknown") == []
    rows = list(csv.DictReader(out.read_text(encoding="utf-8").splitlines()))
    assert [(row["patient_id"], row["infusion"], row["unknown_days"], row["grade"]) for row in rows] == [
        ("P1", "1", "0", "4"),
        ("P2", "1", "0", "0"),
        ("P2", "2", "27", ""),
        ("P3", "1", "31", ""),
    ]
    with pytest.raises(CallError, match="grades a table in it"):
        grade_table(folder, "astct-2019-icans", out=out, unrecorded="unknown")


PROBLEMS = {
    'unit = "/µL"': ('unit = "g/L"', '"g/L" is not one of /µL, 10^9/L'),
    "[quantity.neutrophils]": ("[quantity.lymphocytes]", "lymphocytes is no quantity that is known"),
    'quantity = "neutrophils"': ('quantity = "platelets"', "there is no [quantity.platelets]"),
    "days = [0, 30]": ("days = [30, 0]", "the first no later than the last"),
    "filled_days = 7": ("filled_days = -1", "a whole number from 0 to"),
    'gives = "unrecovered"': ('gives = "average"', '"average" is not one of longest_run'),
    "starts_by_day = 3": ("starts_by_day = 300", "a whole number from 0 to 30"),
    "at_most = 100": ("at_least = 100", "a measure counts what lies at_most or below"),
    'ends_at = ["last_contact"': ('ends_at = ["discharge"', '"discharge" is no event'),
    'name = "anc_le_100_days"': ('name = "ice"', "ice is a column of the table neuro already"),
}


@pytest.mark.parametrize("written", PROBLEMS)
def test_a_wrong_series_is_refused_with_its_line(written, tmp_path):
    text = (catalogue.FOLDER / "icaht-2023-early.toml").read_text(encoding="utf-8")
    wrong, said = PROBLEMS[written]
    assert written in text
    with pytest.raises(ScaleError) as refused:
        parse(text.replace(written, wrong, 1).encode(), "own.toml")
    assert said in str(refused.value)
    assert "own.toml, line " in str(refused.value)


@pytest.mark.parametrize(
    ("scale_id", "written", "wrong", "said"),
    [
        ("easix", "power = -1", "power = 2", "power = 2 is neither 1 nor -1"),
        ("easix", '{ quantity = "ldh" }', '{ quantity = "crp" }', "there is no [quantity.crp]"),
        ("easix", "above = 4.67", "above = 5", "no category holds the numbers between 4.67 and 5"),
        ("car-hematotox", "most = 7", "most = 8", "its items give at most 7 points, not 8"),
        ("car-hematotox", "above = 175", "at_least = 175", "175 stands twice"),
        ("car-hematotox", "below = 1200", "below = 1100", "no cell holds the numbers between 1100 and 1200"),
        ("car-hematotox", 'result = "score"', 'result = "grade"', "it has no [[domain]]"),
    ],
)
def test_a_wrong_formula_or_sum_of_points_is_refused(scale_id, written, wrong, said):
    text = (catalogue.FOLDER / f"{scale_id}.toml").read_text(encoding="utf-8")
    assert written in text
    with pytest.raises(ScaleError) as refused:
        parse(text.replace(written, wrong, 1).encode(), "own.toml")
    assert said in str(refused.value)


def test_the_worked_file_of_the_documentation_is_a_scale_that_can_be_read_and_shown():
    page = Path(__file__).parents[2] / "docs" / "measurements.md"
    (block,) = [part.split("```")[0] for part in page.read_text(encoding="utf-8").split("```toml\n")[1:]]
    scale = parse(block.encode(), "mine.toml")
    assert [measure.gives for measure in scale.measures] == ["days", "lowest"]
    assert scale.quantity("lymphocytes").unit == "/µL"
    assert len(scale_table(scale).rows) == len(scale.domains)


def test_a_workbook_is_graded_by_its_first_sheet_and_says_so(tmp_path):
    book = Workbook()
    book.active.append(["patient_id", "age_years"])
    book.active.append(["P01", 61])
    book.create_sheet("neuro").append(["patient_id", "ice"])
    book.save(tmp_path / "records.xlsx")
    with pytest.raises(ScaleError, match="It is the first sheet of records"):
        grade_table(tmp_path / "records.xlsx", "astct-2019-icans", out=None, unrecorded="unknown")
