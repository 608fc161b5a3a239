"""Rows that stand among those of another patient."""

from icans.records.checks.blocks import block_findings

PATIENTS = [f"P{number:02}" for number in range(1, 13)]


def find(records, protocol, engine):
    return block_findings(records, engine)


def rows(*order):
    return [{"patient_id": patient, "hour": 24.0 * row, "ice": 10, "row": row} for row, patient in enumerate(order, 2)]


def in_blocks():
    return [patient for patient in PATIENTS for _ in range(3)]


def test_a_row_inside_another_patient_s_block_is_doubtful(checked):
    order = in_blocks()
    order[1] = "P12"
    (finding,) = checked(neuro=rows(*order))
    assert str(finding) == (
        'neuro, row 3, column patient_id: "P12" stands between rows of P01 (hour 72.0).\n'
        "  Correct the patient if the row belongs to the block around it."
    )
    assert finding.patient_id == "P12"


def test_blocks_are_not_doubtful(checked):
    assert not checked(neuro=rows(*in_blocks()))


def test_a_table_kept_by_time_is_not_doubtful(checked):
    assert not checked(neuro=rows(*PATIENTS * 3))
    assert not checked(neuro=rows(*["P01", "P02"] * 6))


def test_a_patient_with_one_row_between_two_others_is_not_doubtful(checked):
    assert not checked(neuro=rows(*PATIENTS))


def test_a_table_without_row_numbers_is_not_asked(checked):
    order = in_blocks()
    order[1] = "P12"
    assert not checked(neuro=[{name: row[name] for name in ("patient_id", "hour", "ice")} for row in rows(*order)])
