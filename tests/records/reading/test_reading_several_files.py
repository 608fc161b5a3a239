"""A table in several files is one table: files in a folder, by a pattern, of a Delta or an Iceberg table."""

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from icans.errors import RecordsError


@pytest.fixture
def parts(folder):
    """Write files of the table neuro, in place of neuro.csv: text or Parquet by their name."""

    def write(files):
        (folder.path / "neuro.csv").unlink(missing_ok=True)
        for name, content in files.items():
            path = folder.path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(content, dict):
                pq.write_table(pa.table(content), path)
            else:
                path.write_text(content)
        return folder

    return write


def graded(patient, *grades, **columns):
    return {
        "patient_id": [patient] * len(grades),
        "time": list(map(float, range(len(grades)))),
        "icans_grade": list(grades),
        **columns,
    }


def refusal(folder, **settings):
    with pytest.raises(RecordsError) as refused:
        folder.read(**settings)
    return str(refused.value)


def test_the_files_of_a_folder_are_one_table_with_the_columns_of_its_folders(parts):
    folder = parts(
        {
            "neuro/site=A%2FB/part-0.parquet": graded("P01", 1, 2),
            "neuro/site=__HIVE_DEFAULT_PARTITION__/deep/part-0.parquet": graded("P02", 3, ward=["x"]),
            "neuro/_SUCCESS": "",
        }
    )
    outcome = folder.read()
    assert outcome.rows("neuro", "patient_id", "hour", "icans_grade", "site", "ward") == [
        ("P01", 0.0, 1, "A/B", None),
        ("P01", 1.0, 2, "A/B", None),
        ("P02", 0.0, 3, None, "x"),
    ]
    assert outcome.said() == []
    assert [path.name for path in outcome.records.paths["neuro"]] == ["part-0.parquet"] * 2


def test_folders_that_spell_a_column_differently_or_leave_it_empty_name_one_column(parts):
    folder = parts(
        {
            "neuro/Site=A/part-0.parquet": graded("P01", 1),
            "neuro/site=%00/part-0.parquet": graded("P01", 2),
            "neuro/site=/part-0.parquet": graded("P02", 3),
        }
    )
    assert folder.read().rows("neuro", "icans_grade", "Site") == [(1, "A"), (2, "%00"), (3, None)]
    parts({"neuro/site=A/SITE=B/part-0.parquet": graded("P01", 1)})
    assert "two of its folders name the column site" in refusal(folder)


def test_a_folder_cannot_name_a_column_as_engines_name_rows(parts):
    folder = parts({"neuro/File_Row_Number=A/part-0.parquet": graded("P01", 1)})
    folder.write("crs.csv", "patient_id,time,crs_grade\nP01,24,1\n")
    assert folder.read().errors == ["neuro/, column File_Row_Number: is a name that files cannot use for a column."]


def test_a_file_that_a_link_names_again_is_read_once(parts):
    folder = parts({"neuro/2024.parquet": graded("P01", 1)})
    (folder.path / "neuro" / "newest.parquet").symlink_to(folder.path / "neuro" / "2024.parquet")
    assert folder.read().rows("neuro", "icans_grade") == [(1,)]


def test_a_column_that_files_leave_empty_is_not_that_of_their_folder(parts):
    nothing = {"site": pa.array([None], pa.null())}
    folder = parts({f"neuro/site={name}/a.parquet": graded("P01", 1, **nothing) for name in "AB"})
    assert folder.read().rows("neuro", "site") == [(None,), (None,)]


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_column_of_some_files_that_for_others_only_a_folder_names_is_refused(parts, kind):
    text = "patient_id,time,icans_grade\nP01,0,1\n"
    having = "patient_id,time,icans_grade,site\nP01,0,1,A\n" if kind == "csv" else graded("P01", 1, site=["A"])
    files = {
        f"neuro/site=A/a.{kind}": having,
        f"neuro/site=B/b.{kind}": text if kind == "csv" else graded("P01", 1),
    }
    folder = parts(files).write("crs.csv", "patient_id,time,crs_grade\nP01,24,1\n")
    (said,) = folder.read().errors
    assert said.startswith(
        f"neuro/site=A/a.{kind}, column site: is a column of this file, and of other files of neuro/"
    )


def test_a_column_that_only_a_folder_names_is_read_by_its_declaration_and_what_a_file_says_counts(parts):
    without = {key: column for key, column in graded("P01", 1).items() if key != "icans_grade"}
    folder = parts({"neuro/patient_id=wrong/icans_grade=04/a.parquet": without})
    assert folder.read().rows("neuro", "patient_id", "icans_grade") == [("P01", 4)]


def test_a_finding_names_the_file_and_its_row(parts):
    folder = parts(
        {"neuro/2023.parquet": graded("P01", 1, 9), "neuro/2024.parquet": graded("P02", 1, 2) | {"time": [1.0, 1e9]}}
    )
    assert [line.partition(":")[0] for line in folder.read().errors] == [
        "neuro/2024.parquet, row 3, column time",
        "neuro/2023.parquet, row 3, column icans_grade",
    ]


def test_files_of_text_are_put_under_each_other_and_keep_their_rows(parts):
    folder = parts(
        {
            "neuro/2023.csv": "patient_id,time,icans_grade\nP01,1,1\nP01,2,x\n",
            "neuro/site=B/2024.csv": "time;patient id;ice\n3; P02;10\n4;P03;9\n5;P02\n",
            "neuro/notes.docx": "",
        }
    )
    outcome = folder.read()
    assert outcome.rows("neuro", "patient_id", "hour", "icans_grade", "ice", "site") == [
        ("P01", 1.0, 1, None, None),
        ("P02", 3.0, None, 10, "B"),
    ]
    assert [line.partition(":")[0] for line in outcome.errors] == [
        "neuro/site=B/2024.csv, row 4",
        "neuro/2023.csv, row 3, column icans_grade",
        "neuro/site=B/2024.csv, row 3, column patient_id",
    ]
    assert outcome.warnings == [
        "neuro/: holds 1 file that are not read (neuro/notes.docx).\n  A table's files are CSV, or Parquet."
    ]


def test_a_repeated_row_is_named_with_its_file(parts):
    folder = parts({"patients/a.csv": "patient_id\nP01\nP02\n", "patients/b.csv": "patient_id\nP01\n"})
    (folder.path / "patients.csv").unlink()
    folder.write("neuro.csv", "patient_id,time,icans_grade\nP01,24,1\n")
    (said,) = folder.read().warnings
    assert said.startswith("patients/b.csv, row 2")
    assert "is the same patient as row 2 of patients/a.csv" in said


def test_a_pattern_names_files_anywhere(parts):
    folder = parts({f"exports/2024-0{month}/neuro_{month}.parquet": graded(f"P0{month}", month) for month in (1, 2)})
    folder.write("neuro_old.parquet", b"")
    outcome = folder.read(files={"neuro": "exports/2024-*/neuro_*.parquet"})
    assert outcome.rows("neuro", "patient_id", "icans_grade") == [("P01", 1), ("P02", 2)]
    assert outcome.warnings == ["neuro_old.parquet: is not a table of records and is not read.\n  Did you mean neuro?"]


@pytest.mark.parametrize("pattern", ["exports/*/a.parquet", "exports/site=*"])
def test_the_one_file_of_a_pattern_has_the_columns_of_its_folders(parts, pattern):
    folder = parts({"exports/site=A/a.parquet": graded("P01", 1)})
    assert folder.read(files={"neuro": pattern}).rows("neuro", "site", "icans_grade") == [("A", 1)]


def test_lengths_of_time_in_any_file_are_no_hours(parts):
    hour = pa.array([3600], pa.duration("s"))
    folder = parts({"neuro/a.parquet": graded("P01", 1), "neuro/b.parquet": graded("P01", 2) | {"time": hour}})
    folder.write("crs.csv", "patient_id,time,crs_grade\nP01,24,1\n")
    parts({"neuro/a.parquet": graded("P01", 1) | {"time": [1]}})
    assert "time: is of type duration[s], and of type int64 in neuro/a.parquet" in folder.read().errors[0]
    parts({"neuro/a.parquet": graded("P01", 1) | {"time": pa.array([None], pa.null())}})
    assert "time: is of type duration[s], which cannot be read" in folder.read().errors[0]


@pytest.mark.parametrize(
    ("files", "said"),
    [
        (
            {"nuero": "x.csv"},
            "study.toml: [records.files] nuero is not a table.\n  Did you mean neuro?",
        ),
        (
            {"neuro": "exports/*.parquet"},
            "study.toml: [records.files] neuro names exports/*.parquet, and there is no such file.",
        ),
        (
            {"neuro": "study.*"},
            (
                "study.toml: [records.files] neuro names study.xlsx, which is neither a CSV nor a Parquet file.\n"
                "  A workbook or a database is named as [records] source."
            ),
        ),
        (
            {"neuro": "exports"},
            "The table neuro is in two places: neuro.csv and exports/.\n  Keep one of them.",
        ),
    ],
)
def test_a_place_that_cannot_be_meant_is_refused(folder, files, said):
    (folder.path / "exports").mkdir()
    if "study.*" in files.values():
        folder.write("study.xlsx", "")
    assert refusal(folder, files=files) == said


def test_files_that_do_not_agree_are_named(parts):
    folder = parts(
        {
            "neuro/a.parquet": graded("P01", 1),
            "neuro/b.parquet": graded("P02", 1.0),
            "neuro/c.parquet": graded("P02", None),
        }
    ).write("crs.csv", "patient_id,time,crs_grade\nP01,24,1\n")
    assert folder.read().errors == [
        (
            "neuro/b.parquet, column icans_grade: is of type double, and of type int64 in neuro/a.parquet, a file of "
            "the same table.\n  Export the files with the same types, or read them as CSV."
        )
    ]
    (folder.path / "neuro" / "b.parquet").write_bytes(b"PAR1, cut short")
    assert folder.read().errors[0].startswith("neuro/b.parquet: is not a Parquet file that can be read.")
    (folder.path / "neuro" / "b.parquet").rename(folder.path / "neuro" / "b.csv")
    assert refusal(folder).startswith("neuro/ holds CSV and Parquet files, such as neuro/b.csv and neuro/a.parquet.")


def test_a_delta_table_is_read_at_its_current_version(parts):
    deltalake = pytest.importorskip("deltalake")
    folder = parts({})
    place = folder.path / "neuro"
    site = {"site": ["it's, A"], "year": [2024]}
    for mode, grade in (("append", 1), ("overwrite", 2), ("append", 3)):
        deltalake.write_deltalake(place, pa.table(graded("P01", grade, **site)), mode=mode, partition_by=list(site))
    outcome = folder.read()
    assert outcome.rows("neuro", "icans_grade", "site", "year") == [(2, "it's, A", "2024"), (3, "it's, A", "2024")]
    _append(place, {"metaData": _column_mapping(deltalake, place)})
    assert "have other names in its files" in refusal(folder)
    _append(place, {"protocol": {"minReaderVersion": 3, "minWriterVersion": 7, "readerFeatures": ["rowPuzzles"]}})
    assert "the Delta table" in refusal(folder)
    (place / "_delta_log" / "00000000000000000001.json").write_text("{")
    assert refusal(folder).startswith("neuro/: the Delta table cannot be read (")


def test_a_delta_table_with_rows_deleted_by_a_mark_is_refused(parts):
    deltalake = pytest.importorskip("deltalake")
    folder = parts({})
    place = folder.path / "neuro"
    deltalake.write_deltalake(place, pa.table(graded("P01", 1, 2)))
    features = {"readerFeatures": ["deletionVectors"], "writerFeatures": ["deletionVectors"]}
    _append(place, {"protocol": {"minReaderVersion": 3, "minWriterVersion": 7, **features}})
    assert folder.read().rows("neuro", "icans_grade") == [(1,), (2,)]
    log = (place / "_delta_log" / "00000000000000000000.json").read_text().splitlines()
    action = next(json.loads(line) for line in log if '"add"' in line)["add"]
    mark = {"storageType": "i", "pathOrInlineDv": "^Bg9^0rr910000000000iXQKl0rr91000005c8Xg00000"}
    action["deletionVector"] = {**mark, "sizeInBytes": 34, "cardinality": 1}
    _append(place, {"remove": {"path": action["path"], "deletionTimestamp": 0, "dataChange": True}}, {"add": action})
    assert "deleted by a mark" in refusal(folder)


@pytest.mark.parametrize("place", ["lake/*.parquet", "lake/site=A", "lake/**/*.parquet"])
@pytest.mark.parametrize("log", ["lake/_delta_log/0.json", "lake/metadata/0.metadata.json"])
def test_files_inside_of_a_delta_or_iceberg_table_are_not_read_past_its_log(parts, place, log):
    folder = parts({log: "{}", "lake/a.parquet": graded("P01", 1), "lake/site=A/b.parquet": graded("P01", 1)})
    said = refusal(folder, files={"neuro": place})
    assert said.startswith(
        "study.toml: [records.files] neuro names what lies inside of lake, a Delta or an Iceberg table"
    )
    parts({f"neuro/{log}": "{}"})
    assert "inside of what is read as a folder of files" in refusal(folder)


def _append(place, *actions):
    """Write the next version of a Delta table's log."""
    log = place / "_delta_log"
    number = len(list(log.glob("*.json")))
    (log / f"{number:020}.json").write_text("\n".join(map(json.dumps, actions)))


def _column_mapping(deltalake, place):
    table = deltalake.DeltaTable(place)
    metadata = table.metadata()
    return {
        "id": metadata.id,
        "format": {"provider": "parquet", "options": {}},
        "schemaString": table.schema().to_json(),
        "partitionColumns": metadata.partition_columns,
        "configuration": {"delta.columnMapping.mode": "name"},
    }


def test_an_iceberg_table_is_read_at_its_current_snapshot(parts):
    pytest.importorskip("pyiceberg")
    folder = parts({})
    table = _iceberg(folder.path / "neuro")
    table.append(_typed(1, 2))
    table.overwrite(_typed(3, 4))
    table.append(_typed(2))
    assert folder.read().rows("neuro", "icans_grade") == [(2,), (3,), (4,)]
    with table.update_schema() as change:
        change.delete_column("ward")
    assert "ward" not in folder.read().records.neuro.columns
    with table.update_schema() as change:
        change.rename_column("icans_grade", "grade")
    assert "is called grade in the Iceberg table now" in refusal(folder)
    for path in (folder.path / "neuro" / "data").iterdir():
        path.unlink()
    assert "and it is not there" in refusal(folder)


def test_an_iceberg_table_whose_partitions_changed_is_read(parts):
    pytest.importorskip("pyiceberg")
    from pyiceberg.transforms import IdentityTransform

    folder = parts({})
    table = _iceberg(folder.path / "neuro")
    table.append(_typed(1))
    with table.update_spec() as change:
        change.add_field("icans_grade", IdentityTransform(), "by_grade")
        change.add_field("ward", IdentityTransform(), "by_ward")
    table.append(_typed(2))
    assert folder.read().rows("neuro", "icans_grade", "ward") == [(1, "P01"), (2, "P01")]
    assert folder.read().said() == []
    with table.update_spec() as change:
        change.remove_field("by_ward")
    with table.update_schema() as change:
        change.delete_column("ward")
    (folder.path / "neuro" / "metadata" / "version-hint.text").write_bytes(b"\xff")
    assert folder.read().rows("neuro", "icans_grade") == [(1,), (2,)]


def _typed(*grades):
    ids = pa.array(["P01"] * len(grades))
    return pa.table(
        {"patient_id": ids, "time": pa.array(map(float, range(len(grades)))), "icans_grade": grades, "ward": ids}
    )


def _iceberg(place):
    """Make an empty Iceberg table, whose catalogue is its folder."""
    from pyiceberg.catalog import MetastoreCatalog
    from pyiceberg.catalog.noop import NoopCatalog
    from pyiceberg.table import CommitTableResponse

    class Folder(NoopCatalog, MetastoreCatalog):
        def commit_table(self, table, requirements, updates):
            staged = self._update_and_stage_table(table, table.name(), requirements, updates)
            self._write_metadata(staged.metadata, staged.io, staged.metadata_location)
            return CommitTableResponse(metadata=staged.metadata, **{"metadata-location": staged.metadata_location})

    return Folder("test")._create_staged_table("n.neuro", _typed(1).schema, location=str(place))


def test_an_empty_file_of_several_is_an_error_and_the_others_are_read(parts):
    outcome = parts({"neuro/a.csv": "patient_id,time,icans_grade\nP01,1,1\n", "neuro/b.csv": ""}).read()
    assert outcome.rows("neuro", "hour") == [(1.0,)]
    assert outcome.records.lost == {}
    assert outcome.errors == ["neuro/b.csv: is empty.\n  A header row with the names of the columns was expected."]


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_file_that_names_another_patient_than_its_folder_is_doubted(parts, kind):
    text = "patient_id,time,icans_grade\nP01,0,1\n"
    content = text if kind == "csv" else graded("P01", 1)
    outcome = parts({f"neuro/patient_id={name}/a.{kind}": content for name in ("P01", "P02")}).read()
    assert outcome.rows("neuro", "patient_id") == [("P01",), ("P01",)]
    assert outcome.said() == [
        (
            f'neuro/patient_id=P02/a.{kind}, column patient_id: "P01" stands in this file, and its folder says P02; '
            "what the file says counts.\n"
            "  Correct the one that is wrong."
        )
    ]


def test_a_file_with_a_column_twice_is_refused(parts):
    (neuro, *_) = (
        parts({"neuro/a.parquet": graded("P01", 1, TIME=[5.0]), "neuro/b.parquet": graded("P02", 2)})
        .write("crs.csv", "patient_id,time,crs_grade\nP01,1,1\n")
        .read()
        .errors
    )
    assert neuro.endswith("Copy or export it again (the column time stands twice in it).")
