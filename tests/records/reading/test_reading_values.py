"""What the cells of each kind of column may say."""

import pytest

CORRECT = "\n  Correct it, or leave the cell empty if it was not recorded."


def neuro(folder, column, *cells):
    rows = "".join(f'P01,{hour},"{cell}",0\n' for hour, cell in enumerate(cells))
    return folder.write("neuro.csv", f"patient_id,time,{column},icans_grade\n{rows}").read()


def read(outcome, column):
    return [value for _, value in outcome.rows("neuro", "hour", column)]


def test_categories_are_read_without_case_and_with_blanks_or_hyphens(folder):
    outcome = neuro(folder, "consciousness", " Not assessable", "NOT-ASSESSABLE", "Awake", "")
    assert read(outcome, "consciousness") == ["not_assessable", "not_assessable", "awake", None]
    assert outcome.said() == []


def test_an_unknown_category_is_an_error_with_the_advice_of_its_column(folder):
    assert neuro(folder, "consciousness", "drowsy").errors == [
        (
            'neuro.csv, row 2, column consciousness: "drowsy" is not one of awake, voice, touch, '
            "unarousable, not_assessable.\n"
            "  Give the response that woke the patient, or leave the cell empty if it was not recorded."
        )
    ]


def test_an_unknown_category_names_the_nearest(folder):
    assert neuro(folder, "motor", "mild weaknes").errors == [
        (
            'neuro.csv, row 2, column motor: "mild weaknes" is not one of none, mild_weakness, deep_focal_weakness.\n'
            "  Did you mean mild_weakness?"
        )
    ]


def test_several_categories_are_parted_by_semicolons_or_commas_and_put_in_order(folder):
    outcome = neuro(folder, "other_cause", "Seizure; ice", "motor,ice,ice", "consciousness;fatigue")
    assert read(outcome, "other_cause") == ["ice;seizure", "ice;motor"]
    assert outcome.errors == [
        (
            'neuro.csv, row 4, column other_cause: "consciousness;fatigue" names something other than '
            f"ice, capd, consciousness, seizure, motor, icp_edema (; between).{CORRECT}"
        )
    ]


def test_whole_numbers_may_have_a_zero_after_the_point(folder):
    outcome = neuro(folder, "ice", "8", "8.0", "8,0", "+8", "0")
    assert read(outcome, "ice") == [8, 8, 8, 8, 0]


@pytest.mark.parametrize(
    "cell", ["7.5", "nan", "inf", "-Infinity", "1_0", "٣", "ten", "8 points", "1e400", "#N/A", "0x8"]
)
def test_what_is_no_whole_number_is_an_error(folder, cell):
    assert neuro(folder, "ice", cell).errors == [
        f'neuro.csv, row 2, column ice: "{cell}" is not a whole number.{CORRECT}'
    ]


def test_numbers_out_of_range_are_errors_with_their_unit(folder):
    folder.write("crs.csv", "patient_id,time,temperature_c\nP01,1,386\nP01,2,38.6\n")
    assert folder.read().errors == [f'crs.csv, row 2, column temperature_c: "386" is not from 25 to 45 (°C).{CORRECT}']


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("1.23457E+11", "is a long number that lost its last digits, so that several patients may have it"),
        ("1,23457E+11", "is a long number that lost its last digits, so that several patients may have it"),
        ("NaN", "names nobody"),
        ("NULL", "names nobody"),
        ("########", "is an error of the spreadsheet"),
        ("#NV", "is an error of the spreadsheet"),
    ],
)
def test_an_id_that_several_patients_may_have_is_an_error(folder, text, problem):
    folder.write("patients.csv", f"patient_id;x\nP01;1\n{text};2\n").write(
        "neuro.csv", f"patient_id;time;icans_grade\nP01;1;1\n{text};2;2\n"
    )
    outcome = folder.read()
    assert outcome.rows("neuro", "patient_id") == [("P01",)]
    for file, error in zip(("patients", "neuro"), outcome.errors, strict=True):
        assert error.startswith(f'{file}.csv, row 3, column patient_id: "{text}" {problem}.')


def test_a_percentage_is_a_number_where_the_unit_is_one(folder):
    folder.write("patients.csv", "patient_id,marrow_blast_pct,ki67\nP01,45%,30%\nP02,12.5 %,7.5%\n").write(
        "treatments.csv", "patient_id,time,drug,dose\nP01,1,dexamethasone,50%\n"
    )
    outcome = folder.read()
    assert outcome.rows("patients", "marrow_blast_pct", "ki67") == [(12.5, 7.5), (45.0, 30.0)]
    assert outcome.errors == [
        'treatments.csv, row 2, column dose: "50%" is not a number.\n  Write the number without the sign.'
    ]


def test_yes_and_no_have_several_forms(folder):
    cells = ["yes", "No", "TRUE", "false", "1", "0", "Y", "n", "", "maybe"]
    rows = "".join(f"P01,{hour},{cell},1\n" for hour, cell in enumerate(cells))
    folder.write("crs.csv", f"patient_id,time,vasopressin,crs_grade\n{rows}")
    outcome = folder.read()
    values = [value for _, value in outcome.rows("crs", "hour", "vasopressin")]
    assert values == [True, False, True, False, True, False, True, False, None]
    assert outcome.errors == [f'crs.csv, row 11, column vasopressin: "maybe" is not yes or no.{CORRECT}']


def test_a_detection_limit_in_the_value_is_sent_to_its_column(folder):
    folder.write("labs.csv", "patient_id,time,specimen,analyte,value,limit\nP01,1,csf,IL-6,<5,\nP01,2,csf,IL-6,5,<\n")
    outcome = folder.read()
    assert outcome.rows("labs", "value", "limit") == [(5.0, "<")]
    assert outcome.errors == [
        'labs.csv, row 2, column value: "<5" is not a number.\n  Put < into the column limit, and the number here.'
    ]


def test_an_empty_cell_where_every_row_needs_a_value_is_an_error(folder):
    folder.write("neuro.csv", "patient_id,time,icans_grade\n,1,1\nP01,NA,1\nP01,3,1\n")
    assert folder.read().errors == [
        "neuro.csv, row 2, column patient_id: there is no value, and the row cannot be used without one.",
        "neuro.csv, row 3, column time: there is no value, and the row cannot be used without one.",
    ]


def test_every_fault_of_a_row_is_found_at_once(folder):
    folder.write("neuro.csv", "patient_id,time,ice,motor\nP01,x,11,weak\n")
    assert len(folder.read().errors) == 3


def test_errors_name_the_patient(folder):
    outcome = neuro(folder, "ice", "11")
    assert [finding.patient_id for finding in outcome.records.findings] == ["P01"]


def test_columns_of_the_study_are_numbers_where_all_their_cells_are(folder):
    folder.write("patients.csv", 'patient_id,ecog,ldh,bed,site\nP01,1,210.5,007,A\nP02,NA,"300,5",008,\n')
    outcome = folder.read()
    assert outcome.rows("patients", "ecog", "ldh", "bed", "site") == [
        (1, 210.5, "007", "A"),
        (None, 300.5, "008", None),
    ]
    assert outcome.records.columns["patients"] == {"patient_id", "ecog", "ldh", "bed", "site"}


def test_every_canonical_table_has_every_declared_column(folder):
    records = folder.read().records
    assert {name: str(kind) for name, kind in records.crs.schema().items()} == {
        "patient_id": "string",
        "infusion": "int64",
        "hour": "float64",
        "temperature_c": "float64",
        "fever_other_cause": "boolean",
        "antipyretic_or_anticytokine": "boolean",
        "hypotension": "string",
        "vasopressors": "int64",
        "vasopressin": "boolean",
        "oxygen": "string",
        "oxygen_flow_l_min": "float64",
        "crs_grade": "int64",
    }
