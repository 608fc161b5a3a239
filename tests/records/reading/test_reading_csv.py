"""CSV files with the faults people's files have."""

import pytest

from icans.errors import RecordsError


def test_a_clean_study_has_no_findings(folder):
    outcome = folder.read()
    assert outcome.said() == []
    assert outcome.rows("neuro", "patient_id", "infusion", "hour", "icans_grade", "row") == [("P01", 1, 24.0, 1, 2)]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_comma_semicolon_and_tab_are_read(folder, delimiter):
    folder.write("neuro.csv", "patient_id,time,ice,motor\nP01,3,9,none\n".replace(",", delimiter))
    assert folder.read().rows("neuro", "hour", "ice", "motor") == [(3.0, 9, "none")]


def test_the_line_that_names_the_delimiter_is_not_a_row(folder):
    folder.write("neuro.csv", "sep=;\r\npatient_id;time;ice\r\nP01;3;9\r\n")
    assert folder.read().rows("neuro", "ice", "row") == [(9, 2)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_unicode_files_are_read_without_a_word(folder, encoding):
    folder.write("patients.csv", "patient_id,diagnosis\nP01,Morbus Hodgkin–Müller\nP02,\n", encoding)
    outcome = folder.read()
    assert outcome.said() == []
    assert outcome.rows("patients", "diagnosis") == [("Morbus Hodgkin–Müller",), (None,)]


def test_a_file_that_is_not_unicode_is_read_as_windows_1252_and_noted(folder):
    folder.write("patients.csv", "patient_id,diagnosis\nP01,Müller\nP02,\n", "cp1252")
    outcome = folder.read()
    assert outcome.rows("patients", "diagnosis") == [("Müller",), (None,)]
    assert outcome.notes == [
        (
            "patients.csv: is not UTF-8 (line 2) and was read as Windows-1252.\n"
            "  Check names with accents; save the file as UTF-8 to be sure."
        )
    ]


def test_a_mark_of_unicode_before_other_letters_makes_no_two_patients_one(folder):
    names = "patient_id\nMüller\nMöller\n".encode("cp1252")
    folder.write("patients.csv", b"\xef\xbb\xbf" + names).write(
        "neuro.csv", "patient_id,time,icans_grade\nMüller,1,4\nMöller,1,1\n"
    )
    outcome = folder.read()
    assert outcome.rows("neuro", "patient_id", "icans_grade") == [("Möller", 1), ("Müller", 4)]
    assert outcome.warnings + outcome.errors == []


def test_damage_in_utf_16_is_doubted(folder):
    folder.write(
        "patients.csv", "patient_id,diagnosis\nP01,a\n".encode("utf-16") + b"\x00\xd8P\x000\x002\x00,\x00\n\x00"
    )
    assert folder.read().warnings == [
        "patients.csv: is damaged: some of it is not UTF-16, and is read as �.\n  Export it again."
    ]


def test_a_file_in_two_encodings_is_read_line_by_line_and_doubted(folder):
    utf8, windows = "P01,Müller\n".encode(), "P02,Möller\n".encode("cp1252")
    folder.write("patients.csv", b"patient_id,diagnosis\n" + utf8 + windows)
    outcome = folder.read()
    assert outcome.rows("patients", "diagnosis") == [("Möller",), ("Müller",)]
    assert outcome.warnings == [
        (
            "patients.csv: mixes encodings: most of it is UTF-8, but line 3 not, read as Windows-1252.\n"
            "  Check names with accents; save the file as UTF-8 to be sure."
        )
    ]


def test_blanks_around_ids_are_taken_off_and_noted_with_their_rows(folder):
    folder.write("patients.csv", "patient_id\nYes P05\n")
    folder.write(
        "neuro.csv", "patient_id,time,icans_grade\nYes P05,0,0\nYes P05 ,24,1\n\xa0Yes P05,48,1\nYes P05 ,72,0\n"
    )
    outcome = folder.read()
    assert outcome.rows("neuro", "patient_id", "hour") == [("Yes P05", hour) for hour in (0.0, 24.0, 48.0, 72.0)]
    assert outcome.said() == [
        'neuro.csv, row 3, column patient_id: "Yes P05 " has blanks around it in rows 3, 5, and is read as Yes P05.',
        'neuro.csv, row 4, column patient_id: " Yes P05" has blanks around it in row 4, and is read as Yes P05.',
    ]


def test_decimal_commas_are_read_and_noted_once_a_column(folder):
    folder.write("treatments.csv", "patient_id;time;drug;dose\nP01;1,5;dexamethasone;12,5\nP01;2;dexamethasone;0,125\n")
    outcome = folder.read()
    assert outcome.rows("treatments", "hour", "dose") == [(1.5, 12.5), (2.0, 0.125)]
    assert outcome.said() == [
        'treatments.csv, row 2, column time: "1,5" has a decimal comma and is read as 1.5.',
        (
            'treatments.csv, row 2, column dose: "12,5" has a decimal comma and is read as 12.5, like 1 more of '
            "this column."
        ),
    ]


def test_a_thousand_is_never_guessed(folder):
    folder.write(
        "labs.csv", 'patient_id,time,specimen,analyte,value\nP01,1,serum,ferritin,"1,234"\nP01,2,serum,CRP,1.5\n'
    )
    assert folder.read().errors == [
        (
            'labs.csv, row 2, column value: "1,234" may be a number with three decimals or one with thousands.\n'
            "  Write it without a separator of thousands, and decimals after a point."
        )
    ]


def test_a_comma_that_other_numbers_show_to_be_decimal_is_no_doubt(folder):
    folder.write("labs.csv", "patient_id;time;specimen;analyte;value\nP01;1;serum;CRP;1,234\nP01;2;serum;CRP;1,5\n")
    assert folder.read().rows("labs", "value") == [(1.234,), (1.5,)]


def test_a_point_among_decimal_commas_may_part_thousands(folder):
    folder.write("labs.csv", "patient_id;time;specimen;analyte;value\nP01;1;serum;CRP;1.234\nP01;2;serum;CRP;1,5\n")
    (error,) = folder.read().errors
    assert error.startswith('labs.csv, row 2, column value: "1.234" may be a number with three decimals or one with')


@pytest.mark.parametrize(("texts", "used"), [(("1.234", "1.234.567"), []), (("1.234", "2.345,6"), [])])
def test_points_that_can_only_part_thousands_cast_doubt_on_others(folder, texts, used):
    rows = "".join(f"P01;{hour};serum;ferritin;{text}\n" for hour, text in enumerate(texts))
    folder.write("labs.csv", f"patient_id;time;specimen;analyte;value\n{rows}")
    outcome = folder.read()
    assert outcome.rows("labs", "value") == used
    assert outcome.errors[0].startswith('labs.csv, row 2, column value: "1.234" may be a number with three decimals or')


@pytest.mark.parametrize(
    ("texts", "doubted"),
    [
        (("850", "1.234", "12.345"), True),
        (("850", "1.234", "12.345", "0.567"), False),
        (("850", "1.234", "12.345", "1.5"), False),
        (("1850", "1.234", "12.345"), False),
        (("1.234", "12.345"), False),
        (("850", "1.234"), False),
    ],
)
def test_points_that_may_all_part_thousands_are_doubted(folder, texts, doubted):
    rows = "".join(f"P01;{hour};serum;ferritin;{text}\n" for hour, text in enumerate(texts))
    folder.write("labs.csv", f"patient_id;time;specimen;analyte;value\n{rows}")
    outcome = folder.read()
    assert outcome.rows("labs", "value") == sorted(((float(text),) for text in texts), key=repr)
    doubt = 'labs.csv, row 3, column value: "1.234" is read as a number with three decimals, but its point may part th'
    assert [warning.startswith(doubt) for warning in outcome.said()] == [True] * doubted


def test_commas_that_can_only_part_thousands_cast_doubt_on_others(folder):
    rows = "P01;1;serum;CRP;1,234\nP01;2;serum;CRP;1,234.5\nP01;3;serum;CRP;12,5\n"
    folder.write("labs.csv", f"patient_id;time;specimen;analyte;value\n{rows}")
    assert folder.read().rows("labs", "value") == [(12.5,)]


def test_rows_with_too_few_or_too_many_cells_are_left_out(folder):
    folder.write("neuro.csv", "patient_id,time,ice,motor\nP01,1,9\nP01,2,9,none\nP01,3,9,none,none\nP01,4,9,none,,\n")
    outcome = folder.read()
    assert outcome.rows("neuro", "hour", "row") == [(2.0, 3), (4.0, 5)]
    assert outcome.errors == [
        (
            'neuro.csv, row 2: "P01" begins a row of 3 cells where the header has 4.\n'
            "  Add the missing cells, or their delimiters."
        ),
        (
            'neuro.csv, row 4: "P01" begins a row of 5 cells where the header has 4.\n'
            "  A text with the delimiter in it belongs between quotation marks."
        ),
    ]
    assert outcome.records.rows["neuro"].read == 4
    assert outcome.records.rows["neuro"].used == 2


def test_rows_are_numbered_as_a_spreadsheet_shows_them(folder):
    folder.write("neuro.csv", 'patient_id,time,ice,comment\n\nP01,1,9,"two\nlines"\n\nP01,2,11,\n')
    outcome = folder.read()
    assert outcome.rows("neuro", "row", "comment") == [(3, "two\nlines")]
    assert outcome.errors == [
        (
            'neuro.csv, row 5, column ice: "11" is not from 0 to 10 (points).\n'
            "  Correct it, or leave the cell empty if it was not recorded."
        )
    ]


def test_an_unclosed_quotation_mark_does_not_swallow_rows_in_silence(folder):
    folder.write("neuro.csv", 'patient_id,time,ice,comment\nP01,1,9,fine\nP01,2,9,"tired\nP01,3,9,\nP01,4,9,\n')
    outcome = folder.read()
    assert outcome.rows("neuro", "hour") == [(1.0,)]
    assert outcome.errors == [
        (
            "neuro.csv, row 3: a quotation mark opened in this row is never closed, so that all that follows is one "
            "cell.\n"
            "  Close it, or remove it."
        )
    ]


@pytest.mark.parametrize(
    "rows",
    [
        'P01,2,"tired,4\nP01,3,"worse",4\n',
        'P01,2,"tired,4\nP01,3,fine,4\nP01,4,"worse",4\n',
        'P01,2,4,"tired\nP01,3,fine,4"\n',
    ],
)
def test_a_quotation_mark_that_closes_too_late_does_not_swallow_rows_in_silence(folder, rows):
    folder.write("neuro.csv", f"patient_id,time,comment,icans_grade\nP01,1,fine,1\n{rows}P02,5,,0\n")
    outcome = folder.read()
    assert outcome.rows("neuro", "patient_id", "hour") == [("P01", 1.0), ("P02", 5.0)]
    assert outcome.errors == [
        (
            "neuro.csv, row 3: a quotation mark opened in this row is closed too late: a cell of it has other rows "
            "of the table in it.\n"
            "  Close it, or remove it."
        )
    ]


def test_a_text_of_several_lines_is_no_doubt(folder):
    folder.write("neuro.csv", 'patient_id,time,comment,icans_grade\nP01,1,"said:\nP01, a, b, c, d\nx,y,z,1\nok",1\n')
    outcome = folder.read()
    assert outcome.said() == []
    assert outcome.rows("neuro", "hour", "icans_grade") == [(1.0, 1)]


def test_a_line_above_the_header_is_explained(folder):
    folder.write("crs.csv", "Export\npatient_id,time,crs_grade\nP01,1,1\n").write(
        "labs.csv", "patient_id|time\nP01|1\n"
    )
    errors = folder.read().errors
    assert "  The first row with something in it has to be the names of the columns." in errors[0]
    assert (
        '  The header is read as the one name "patient_id|time": it has to be the first row that is not' in errors[-3]
    )


def test_an_empty_file_is_an_error_and_the_study_goes_on(folder):
    folder.write("crs.csv", "")
    outcome = folder.read()
    assert outcome.errors == ["crs.csv: is empty.\n  A header row with the names of the columns was expected."]
    assert "crs" not in outcome.records.present


def test_a_file_with_only_a_header_counts_as_absent(folder):
    folder.write("crs.csv", "patient_id,time,crs_grade\n").write("infusions.csv", "patient_id,infused_at\n")
    outcome = folder.read()
    assert outcome.records.present == {"patients", "neuro"}
    assert "crs.csv: has a header and no rows, and counts as absent." in outcome.notes
    assert outcome.rows("infusions", "patient_id", "infusion", "start_hour") == [("P01", 1, 0.0), ("P02", 1, 0.0)]


def test_an_empty_file_of_patients_ends_in_a_sentence(folder):
    folder.write("patients.csv", "")
    with pytest.raises(RecordsError) as refused:
        folder.read()
    assert str(refused.value) == (
        "patients.csv: is empty. No study can be read without patients.\n"
        "  A header row with the names of the columns was expected."
    )


def test_a_column_twice_is_read_by_neither(folder):
    folder.write("neuro.csv", "patient_id,time,ICE,ice ,motor\nP01,1,9,3,none\n")
    outcome = folder.read()
    assert outcome.rows("neuro", "ice", "motor") == [(None, "none")]
    assert outcome.errors == [
        "neuro.csv, row 1, column ice: stands 2 times in the header, and none of them is read.\n  Keep one of them."
    ]


def test_names_of_columns_are_read_without_case_and_blanks_and_noted(folder):
    folder.write("neuro.csv", "Patient ID, time ,ICANS-grade\nP01,1,2\n")
    outcome = folder.read()
    assert outcome.rows("neuro", "patient_id", "hour", "icans_grade") == [("P01", 1.0, 2)]
    assert outcome.said() == [
        'neuro.csv, row 1, column patient_id: "Patient ID" is read as patient_id.',
        'neuro.csv, row 1, column time: " time " is read as time.',
        'neuro.csv, row 1, column icans_grade: "ICANS-grade" is read as icans_grade.',
    ]


def test_a_column_that_is_nearly_known_is_asked_about_and_kept(folder):
    folder.write("neuro.csv", "patient_id,time,icans_grade,icp_oedema,age_years,ward\nP01,1,2,none,54,7B\n")
    outcome = folder.read()
    assert outcome.rows("neuro", "icp_oedema", "age_years", "ward") == [("none", 54, "7B")]
    assert outcome.said() == [
        (
            "neuro.csv, row 1, column icp_oedema: is not a column of this table and is kept as the study's own.\n"
            "  Did you mean icp_edema?"
        ),
        (
            "neuro.csv, row 1, column age_years: is not a column of this table and is kept as the study's own.\n"
            "  It is read from patients."
        ),
    ]


def test_a_column_without_a_name_is_not_read_and_said_so_only_if_it_holds_something(folder):
    folder.write("neuro.csv", "patient_id,,time,,icans_grade,\nP01,x,1,,2,\n")
    assert folder.read().said() == [
        "neuro.csv, row 1: column 2 has no name, and what it holds is not read.\n  Give it a name in the header."
    ]


def test_a_column_with_a_name_of_the_software_is_not_read(folder):
    folder.write("neuro.csv", "patient_id,time,icans_grade,hour\nP01,1,2,77\n")
    outcome = folder.read()
    assert outcome.rows("neuro", "hour") == [(1.0,)]
    assert outcome.warnings == [
        (
            "neuro.csv, row 1, column hour: has a name this software uses itself, and is not read.\n"
            "  Give the column another name."
        )
    ]


def test_a_missing_column_with_nearly_that_name_is_asked_about(folder):
    folder.write("crs.csv", "patient,time,crs_grade\nP01,1,1\n")
    assert folder.read().errors == [
        (
            "crs.csv, column patient_id: the column is not there, and no row can be used without it.\n"
            "  Is it the column patient?"
        )
    ]


def test_a_header_with_a_damaged_name_is_not_read(folder):
    folder.write("neuro.csv", "patient_id,time,icans_grade,wa\0rd\nP01,1,2,7B\n")
    assert folder.read().warnings == [
        (
            "neuro.csv, row 1, column wa�rd: has a name with a character that cannot be shown, and is not read.\n"
            "  Give the column another name."
        )
    ]


def test_a_missing_column_that_every_row_needs_is_one_error(folder):
    folder.write("crs.csv", "patient_id,crs_grade\nP01,1\nP01,2\n")
    outcome = folder.read()
    assert outcome.errors == [
        (
            "crs.csv, column time: the column is not there, and no row can be used without it.\n"
            "  It holds: When: ISO 8601 date-time or date, or hours or days from infusion (the protocol says which)."
        )
    ]
    assert outcome.records.rows["crs"].used == 0


@pytest.mark.parametrize(
    "cell",
    [
        "=1+1",
        '=HYPERLINK("http://example.org";"x")',
        "@SUM(A1)",
        "\x1b[31mred",
        "a\u202eb",
        "<script>alert(1)</script>",
    ],
)
def test_a_cell_that_could_act_stays_text(folder, cell):
    folder.write("neuro.csv", 'patient_id,time,ice,ward\nP01,1,"{0}",\nP01,2,9,"{0}"\n'.format(cell.replace('"', '""')))
    outcome = folder.read()
    assert outcome.rows("neuro", "ward") == [(cell,)]
    (error,) = outcome.errors
    assert "is not a whole number" in error
    assert not {"\x1b", "\u202e"} & set(error)


def test_a_nul_and_a_cell_of_ten_megabytes_cost_their_row_only(folder):
    folder.write("neuro.csv", "patient_id,time,ice,ward\nP01,1,9,a\0b\nP01,2,9," + "x" * 10_000_000 + "\nP01,3,9,7B\n")
    outcome = folder.read()
    assert outcome.rows("neuro", "hour", "ward") == [(3.0, "7B")]
    assert outcome.errors == [
        (
            'neuro.csv, row 2, column ward: "a�b" has a NUL character in it: the file is damaged.\n'
            "  Correct it, or leave the cell empty if it was not recorded."
        ),
        'neuro.csv, row 3, column ward: "' + "x" * 39 + '…" is longer than 10,000 characters.\n'
        "  Correct it, or leave the cell empty if it was not recorded.",
    ]


@pytest.mark.parametrize(
    "content", [b"\0" * 100, b"\xff\xfe\0", b"\x89PNG\r\n\x1a\n\0\0", b'"', b"\r\r\r", b",,,\n,,,\n"]
)
def test_what_is_no_table_is_an_error_and_no_more(folder, content):
    outcome = folder.write("crs.csv", content).read()
    assert outcome.errors
    assert outcome.records.rows.get("crs") is None or outcome.records.rows["crs"].used == 0


def test_a_thousand_rows_of_a_fault_are_named_and_the_rest_counted(folder):
    folder.write("neuro.csv", "patient_id,time,ice\n" + "P01,1,99\n" * 1500)
    errors = folder.read().errors
    assert len(errors) == 1001
    assert (
        errors[-1] == "neuro.csv, column ice: 500 more rows have a fault in this column: is not from 0 to 10 (points)."
    )


def test_text_that_the_protocol_calls_missing_is_null(folder):
    folder.write("neuro.csv", "patient_id,time,ice,motor,ward\nP01,1,not done,-9,NOT DONE\nP01,2, ,none,7B\n")
    outcome = folder.read(missing=["not done", "-9"])
    assert outcome.errors == []
    assert outcome.rows("neuro", "ice", "motor", "ward") == [(None, "none", "7B"), (None, None, None)]
