"""Whose record it is, and after which infusion."""

import pytest

from icans.errors import RecordsError

GRADES = "patient_id,time,icans_grade\n"
TWICE = (
    "patient_id,infused_at,product\n"
    "P01,2024-03-01T10:00,axi-cel\nP01,2024-06-01T09:00,cilta-cel\nP02,2024-03-01,axi-cel\n"
)


@pytest.fixture
def dated(folder):
    folder.settings = {"time": "dates"}
    return folder.write("infusions.csv", TWICE)


def test_infusions_are_numbered_in_order_of_time(dated):
    dated.write("infusions.csv", "patient_id,infused_at,product\nP01,2024-06-01T09:00,b\nP01,2024-03-01T10:00,a\n")
    dated.write("patients.csv", "patient_id\nP01\n").write("neuro.csv", GRADES + "P01,2024-03-02,1\n")
    assert dated.read().rows("infusions", "product", "infusion", "start_hour", "row") == [
        ("a", 1, 0.0, 3),
        ("b", 2, 2207.0, 2),
    ]


@pytest.mark.parametrize(
    ("written", "infusion", "hour"),
    [
        ("2024-02-28T10:00", 1, -48.0),
        ("2024-03-01T10:00", 1, 0.0),
        ("2024-06-01T08:59", 1, 2206.0 + 59 / 60),
        ("2024-06-01T09:00", 2, 0.0),
        ("2024-05-31", 1, 2184.0),
        ("2024-06-01", 2, 0.0),
        ("2024-06-03", 2, 48.0),
    ],
)
def test_a_record_belongs_to_the_last_infusion_at_or_before_it(dated, written, infusion, hour):
    dated.write("neuro.csv", f"{GRADES}P01,{written},1\nP02,2024-03-02T00:30,1\n")
    outcome = dated.read()
    (first, _) = outcome.rows("neuro", "patient_id", "infusion", "hour")
    assert first == ("P01", infusion, pytest.approx(hour))
    assert outcome.said() == []


def test_a_later_infusion_at_an_offset_takes_the_records_after_it(folder):
    folder.write("infusions.csv", "patient_id,infused_at\nP01,0\nP01,720\nP02,0\n")
    folder.write("neuro.csv", f"{GRADES}P01,-5,0\nP01,719,1\nP01,720,2\nP01,744,3\nP02,744,4\n")
    outcome = folder.read()
    assert outcome.rows("neuro", "icans_grade", "infusion", "hour") == [
        (0, 1, -5.0),
        (1, 1, 719.0),
        (2, 2, 0.0),
        (3, 2, 24.0),
        (4, 1, 744.0),
    ]
    assert outcome.rows("infusions", "patient_id", "infusion", "start_hour", "infused_epoch_hour") == [
        ("P01", 1, 0.0, None),
        ("P01", 2, 720.0, None),
        ("P02", 1, 0.0, None),
    ]


def test_no_record_is_lost_or_doubled_by_several_infusions(dated):
    times = [f"2024-{month:02}-{day:02}" for month in range(1, 8) for day in (1, 15)]
    rows = "".join(f"P01,{time}{clock},1\n" for time in times for clock in ("", "T09:00", "T10:00", "T23:59"))
    outcome = dated.write("neuro.csv", GRADES + rows).read()
    assert (
        len(outcome.rows("neuro", "row"))
        == len(set(outcome.rows("neuro", "row")))
        == outcome.records.rows["neuro"].used
    )


def test_a_patient_without_an_infusion_is_screened_and_noted(dated):
    dated.write("patients.csv", "patient_id\nP01\nP02\nP03\nP04\n").write("neuro.csv", f"{GRADES}P01,2024-03-02,1\n")
    outcome = dated.read()
    assert outcome.said() == ["infusions.csv: 2 patients have no infusion: screened, not infused."]
    assert len(outcome.rows("patients", "patient_id")) == 4


def test_a_record_of_a_patient_without_an_infusion_is_an_error(dated):
    dated.write("patients.csv", "patient_id\nP01\nP02\nP03\n")
    dated.write("neuro.csv", f"{GRADES}P01,2024-03-02,1\nP03,2024-03-02,1\n")
    outcome = dated.read()
    assert outcome.rows("neuro", "patient_id") == [("P01",)]
    assert outcome.errors == [
        (
            'neuro.csv, row 3, column patient_id: "P03" has no infusion, so that this row has no hour.\n'
            "  Add the infusion to the table infusions."
        )
    ]


@pytest.mark.parametrize("table", ["neuro", "infusions"])
def test_a_record_of_an_unknown_patient_is_an_error_with_the_nearest(folder, table):
    folder.write("neuro.csv", f"{GRADES}P01,1,1\nP-01,1,1\nQX,2,1\n")
    if table == "infusions":
        folder.write("neuro.csv", f"{GRADES}P01,1,1\n").write(
            "infusions.csv", "patient_id,infused_at\nP01,0\nP-01,0\nQX,0\nP02,0\n"
        )
    outcome = folder.read()
    assert outcome.errors == [
        f'{table}.csv, row 3, column patient_id: "P-01" is not a patient of the table patients.\n  Did you mean P01?',
        (
            f'{table}.csv, row 4, column patient_id: "QX" is not a patient of the table patients.\n'
            "  Add the patient to the table patients, or correct the id."
        ),
    ]
    assert outcome.rows("neuro", "patient_id") == [("P01",)]
    assert outcome.records.rows[table].used == outcome.records.rows[table].read - 2


def test_a_row_without_a_usable_patient_or_infusion_names_the_row_to_correct(folder):
    folder.write("patients.csv", "patient_id,sex\nP01,female\nP02,weiblich\nP03,male\n")
    folder.write("infusions.csv", "patient_id,infused_at\nP01,0\nP03,Monday\n")
    folder.write("neuro.csv", f"{GRADES}P01,1,1\nP02,1,1\nP03,1,1\n")
    outcome = folder.read()
    assert outcome.errors[-2:] == [
        (
            'neuro.csv, row 3, column patient_id: "P02" is a patient whose row in the table patients cannot be used.\n'
            "  Correct that row; this one then counts."
        ),
        (
            'neuro.csv, row 4, column patient_id: "P03" has no infusion that can be used, '
            "so that this row has no hour.\n"
            "  Correct the row in the table infusions; this one then counts."
        ),
    ]


def test_a_patient_who_stands_twice_alike_is_used_once_with_a_warning(folder):
    folder.write("patients.csv", "patient_id,sex\nP01,female\nP02,male\nP01 ,Female\n")
    outcome = folder.read()
    assert outcome.rows("patients", "patient_id", "sex") == [("P01", "female"), ("P02", "male")]
    assert outcome.warnings == [
        'patients.csv, row 4, column patient_id: "P01" is the same patient as row 2, word for word, and is used once.'
    ]
    assert outcome.records.rows["patients"].used == 2


def test_a_patient_who_stands_twice_unlike_is_an_error_in_the_later_row(folder):
    folder.write("patients.csv", "patient_id,sex\nP01,female\nP02,male\nP01,male\n")
    outcome = folder.read()
    assert outcome.rows("patients", "patient_id", "sex") == [("P01", "female"), ("P02", "male")]
    assert outcome.errors == [
        (
            'patients.csv, row 4, column patient_id: "P01" is the same patient as row 2, but the rows '
            "differ; only row 2 is "
            "used.\n  Keep the row that is right."
        )
    ]


def test_an_infusion_that_stands_twice_is_used_once(dated):
    dated.write("infusions.csv", TWICE + "P02,2024-03-01,axi-cel\nP01,2024-03-01T10:00,tisa-cel\n")
    dated.write("neuro.csv", f"{GRADES}P01,2024-03-02,1\n")
    outcome = dated.read()
    assert outcome.rows("infusions", "patient_id", "infusion", "product") == [
        ("P01", 1, "axi-cel"),
        ("P01", 2, "cilta-cel"),
        ("P02", 1, "axi-cel"),
    ]
    assert [finding.severity for finding in outcome.records.findings] == ["error", "warning"]


def test_infusions_that_cannot_be_used_end_in_a_sentence(dated):
    dated.write("infusions.csv", "patient_id,infused_at\nP01,yesterday\nP02,today\n")
    with pytest.raises(RecordsError) as refused:
        dated.read()
    assert str(refused.value) == (
        'infusions.csv, row 2, column infused_at: "yesterday" is not an ISO 8601 date or date-time such as '
        "2024-03-05T08:00. No study can be read without infusions.\n  Correct it."
    )


def test_columns_of_the_study_stay_with_infusions_and_records(dated):
    dated.write("infusions.csv", "patient_id,infused_at,site\nP01,2024-03-01,A\nP02,2024-03-01,B\n")
    dated.write("neuro.csv", "patient_id,time,icans_grade,nurse\nP01,2024-03-02,1,N7\n")
    outcome = dated.read()
    assert outcome.rows("infusions", "patient_id", "site") == [("P01", "A"), ("P02", "B")]
    assert outcome.rows("neuro", "nurse") == [("N7",)]
    assert outcome.records.columns["infusions"] == {"patient_id", "infused_at", "site"}
