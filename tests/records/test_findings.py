"""Findings as sentences, as a file for a spreadsheet and as a table on a terminal."""

import csv
import io

import pytest
from rich.console import Console

from icans.records.findings import Finding, write_csv
from icans.records.findings_table import findings_table, print_findings, summary

DROWSY = Finding(
    "error",
    "neuro.csv",
    41,
    "consciousness",
    "drowsy",
    "is not one of awake, voice, touch, unarousable, not_assessable",
    "Give the response that woke the patient, or leave the cell empty if it was not recorded.",
    "P01",
)
UNLIKE = Finding("warning", "labs.parquet", None, "unit", "ng/L", "is the unit of 1 of 9 rows", patient_id="P02")
NO_TABLE = Finding("note", "treatments", problem="the study has no such table")


def printed(*findings, width=100, **how):
    stream = io.StringIO()
    Console(file=stream, width=width, **how).print(findings_table(findings))
    return stream.getvalue()


def test_a_finding_says_where_what_and_what_to_do():
    assert str(DROWSY) == (
        'neuro.csv, row 41, column consciousness: "drowsy" is not one of awake, voice, touch, unarousable, '
        "not_assessable.\n"
        "  Give the response that woke the patient, or leave the cell empty if it was not recorded."
    )


def test_without_a_row_number_the_patient_says_where():
    assert str(UNLIKE) == 'labs.parquet, patient P02, column unit: "ng/L" is the unit of 1 of 9 rows.'
    assert str(NO_TABLE) == "treatments: the study has no such table."


def test_the_table_groups_findings_by_severity_errors_first():
    lines = printed(NO_TABLE, UNLIKE, DROWSY, width=80).splitlines()
    assert [line.rstrip() for line in lines] == [
        "1 error",
        "",
        "  Where       Column          Value    What was expected",
        " " + "─" * 78,
        "  neuro.csv   consciousness   drowsy   is not one of awake, voice, touch,",
        "  row 41                               unarousable, not_assessable.",
        "  P01                                  Give the response that woke the",
        "                                       patient, or leave the cell empty if it",
        "                                       was not recorded.",
        "",
        "1 warning",
        "",
        "  Where          Column   Value   What was expected",
        " " + "─" * 61,
        "  labs.parquet   unit     ng/L    is the unit of 1 of 9 rows.",
        "  P02",
        "",
        "1 note",
        "",
        "  Where        Column   Value   What was expected",
        " " + "─" * 60,
        "  treatments                    the study has no such table.",
        "",
        "1 error, 1 warning, 1 note",
    ]


def test_where_there_is_no_terminal_lines_are_wide_and_plain(capsys):
    print_findings([DROWSY])
    text = capsys.readouterr().out
    assert "is not one of awake, voice, touch, unarousable, not_assessable." in text
    assert "\x1b" not in text
    assert max(len(line.rstrip()) for line in text.splitlines()) <= 140


def test_no_findings_are_a_line():
    assert printed() == "no findings\n"


def test_the_summary_counts_each_severity_that_occurs():
    assert summary([DROWSY] * 1200 + [NO_TABLE] * 2) == "1,200 errors, 2 notes"
    assert summary([UNLIKE]) == "1 warning"


def test_findings_of_a_severity_stand_by_file_and_row():
    rows = [Finding("error", file, row, "c", "v", "p") for file, row in (("b", 1), ("a", 10), ("a", 9), ("a", None))]
    text = printed(*rows)
    places = [text.index(where) for where in ("a ", "row 9", "row 10", "b ")]
    assert places == sorted(places)


@pytest.mark.parametrize("column", ["file", "column", "value", "problem", "advice", "patient_id"])
def test_markup_and_escapes_of_records_have_no_effect(column):
    hostile = "[red]x[/red] \x1b[2J\x1b]0;title\x07 \u202egpj.exe \x00\x9b31m [link=file:///]"
    told = {"file": "neuro.csv", column: hostile}
    text = printed(Finding("error", row=2, **told), width=200, force_terminal=True, color_system="truecolor")
    assert "[red]x[/red]" in text
    assert "[link=file:///]" in text
    assert not {"\x07", "\x00", "\x9b", "\u202e"} & set(text)
    assert "\x1b[2J" not in text
    assert "\x1b]" not in text


def test_a_line_break_of_records_makes_no_line_of_its_own():
    text = printed(Finding("error", "neuro.csv", 2, "consciousness", "awake\n  0 errors", "is wrong"))
    assert "awake   0 errors" in text


@pytest.mark.parametrize(
    "formula",
    [
        '=HYPERLINK("http://x","y")',
        "+cmd|' /C calc'!A0",
        "-2+3+cmd|' /C calc'!A0",
        "@SUM(1)",
        "\t=1+1",
        "\r=1+1",
        "  =1+1",
        "\n=1+1",
        "\x00=1+1",
        "\ufeff=1+1",
        "＝1+1",
        "-",
        "-1;=2",
        "x;=1+1",
        "x; @SUM(1)",
        "x\n=1+1",
    ],
)
@pytest.mark.parametrize("column", ["file", "value", "patient_id"])
def test_no_cell_of_the_file_begins_a_formula(tmp_path, formula, column):
    file = tmp_path / "findings.csv"
    write_csv([Finding("error", **{"file": "neuro.csv", column: formula})], file)
    with file.open(encoding="utf-8", newline="") as stream:
        (row,) = csv.DictReader(stream)
    for cell in row[column].replace("\n", ";").split(";"):
        assert cell.strip(" \t\r\x00\ufeff")[:1] not in tuple("=+-@＝")
        assert cell[:1] not in ("\t", "\r", "\x00")
    assert row[column].replace("'", "") == formula.replace("'", "")


@pytest.mark.parametrize("number", ["-12.5", "+3", "-1,5", "-2e-3", " -7 ", "12", "P-01", "2024-03-05", "a=b", "x@y"])
def test_numbers_and_ordinary_texts_stay_as_they_are(tmp_path, number):
    file = tmp_path / "findings.csv"
    write_csv([Finding("error", "labs.csv", 3, "value", number)], file)
    with file.open(encoding="utf-8", newline="") as stream:
        (row,) = csv.DictReader(stream)
    assert (row["value"], row["row"], row["severity"]) == (number, "3", "error")
