"""What holds of every check, and of the list as a whole."""

import ibis
import pytest

from icans.records.checks import crs, doses, events, labs, neuro, patients
from icans.records.checks.rows import MOST, Check, doubtful_rows

CHECKS = [
    *neuro.CHECKS,
    *crs.CHECKS,
    doses.GIVEN_WITHOUT_CRS,
    *labs.CHECKS,
    *patients.CHECKS,
    patients.NEVER_OBSERVED,
    *(events.BEFORE_INFUSION, events.SEVERAL_DEATHS, events.AFTER_DEATH, events.AFTER_CONTACT),
]


def test_a_plausible_study_has_no_findings(checked):
    assert checked() == []


def test_a_study_of_grades_alone_has_a_note_on_what_it_cannot_give(checked):
    alone = checked(
        patients=[{}], neuro=[{"hour": 24.0, "icans_grade": 2}], crs=None, treatments=None, labs=None, events=None
    )
    assert [f"{finding.severity}: {finding}" for finding in alone] == [
        (
            "note: treatments: the study has no such table, so nothing about intrathecal dexamethasone and "
            "methotrexate can be derived.\n  Add treatments with the doses given, if there were any."
        )
    ]


def test_empty_tables_have_no_findings(checked):
    assert (
        checked(patients=[], neuro=[], crs=[], labs=[], events=[], treatments=None, definitions="")[0].severity
        == "note"
    )
    assert len(checked(patients=[], neuro=[], crs=[], labs=[], events=[], treatments=None)) == 1


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.kind)
def test_each_check_says_what_to_do_and_ends_no_sentence_twice(check):
    assert check.advice.endswith(".")
    assert not check.problem.endswith(".")
    assert check.asks.__doc__.startswith("Expect ")
    assert check.severity in ("warning", "note")


def test_no_two_checks_share_a_name():
    assert len({check.kind for check in CHECKS}) == len(CHECKS)


def test_rows_are_numbered_where_the_table_has_numbers_and_placed_by_the_hour_where_not(checked):
    numbered = {"hour": 31.0, "ice": 3, "consciousness": "unarousable", "row": 7}
    after_second = {"hour": 12.0, "infusion": 2, "ice": 3, "consciousness": "unarousable"}
    text = '"unarousable" stands beside an ICE score of 3'
    found = checked(neuro=[numbered, after_second])
    assert [(finding.row, finding.patient_id) for finding in found] == [(7, "P01"), (None, "P01")]
    assert [finding.problem for finding in found] == [
        "stands beside an ICE score of 3 (hour 31.0)",
        "stands beside an ICE score of 3 (hour 12.0 after infusion 2)",
    ]
    assert text in str(found[0])


def test_files_are_named_as_the_user_knows_them(checked):
    unarousable = [{"hour": 1.0, "ice": 3, "consciousness": "unarousable"}]
    (found,) = checked(neuro=unarousable, files={"neuro": "study.xlsx, sheet neuro"})
    assert found.file == "study.xlsx, sheet neuro"


def test_a_study_s_own_column_called_row_is_no_row_number(checked):
    (found,) = checked(neuro=[{"hour": 31.0, "ice": 3, "consciousness": "unarousable", "row": "bed 4"}])
    assert found.row is None


def test_a_study_s_own_columns_can_have_any_name(checked):
    names = ("of", "after", "start", "since", "kind", "rows", "copies", "different", "table", "death", "results")
    assert checked(own=dict.fromkeys(names, "x")) == []


def test_texts_of_records_are_quoted_as_they_are_and_cannot_break_a_sentence(checked):
    hostile = "{ice}\x1b[31m[red]Dexamethasone" + "x" * 100
    found = checked(treatments=[{"hour": 3.0, "drug": hostile}, {"hour": 9.0, "drug": f"{hostile}x"}])
    assert all("\x1b" not in str(finding) and len(finding.value) <= 40 for finding in found)
    assert any("{ice}�[31m[red]" in finding.value for finding in found)


@pytest.mark.parametrize(("rows", "listed"), [(MOST, MOST), (MOST + 1, MOST + 1), (6 * MOST, MOST + 1)])
def test_of_one_kind_the_first_thousand_are_listed_and_the_rest_counted(engine, rows, listed):
    table = ibis.range(rows).unnest().name("hour").as_table().mutate(patient_id=ibis.literal("P01"), infusion=1)

    def every_row(table):
        return table.hour >= 0

    found = doubtful_rows(table, [Check(every_row, problem="is there", advice="Look.")], file="neuro", engine=engine)
    assert len(found) == listed
    assert found[0].problem == "is there (hour 0.0)"
    assert found[MOST - 1].problem == "is there (hour 999.0)"
    if rows > MOST:
        assert str(found[-1]) == f"neuro: {rows - MOST:,} more rows are like the 1,000 listed.\n  Look."
