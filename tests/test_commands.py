"""The commands as a user calls them: what they print, what they write, how they end."""

import json
import shutil
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import pytest

from icans import cli
from icans.commands.opened import refuse_study_as_output
from icans.commands.progress import counted
from icans.errors import CallError

PACKAGED = Path(str(files("icans.packaged") / "idm13"))


def icans(*words: object, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from icans.cli import main; main()", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, cwd=folder, timeout=120, check=False)


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """A copy of the packaged study that a test may spoil."""
    return Path(shutil.copytree(PACKAGED, tmp_path / "study"))


def test_help_imports_nothing_heavier_than_typer() -> None:
    code = (
        "import sys; sys.argv = ['icans', '--help']\n"
        "import typer.main\nbefore = set(sys.modules)\n"
        "from icans.cli import main\n"
        "try: main()\nexcept SystemExit: pass\n"
        "print(sorted({m.partition('.')[0] for m in set(sys.modules) - before} - set(sys.stdlib_module_names)))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy = {"ibis", "duckdb", "pandas", "numpy", "scipy", "altair", "pyarrow", "great_tables", "pydantic", "jinja2"}
    imported = set(json.loads(ran.stdout.splitlines()[-1].replace("'", '"')))
    assert "icans" in imported
    assert not imported & heavy


@pytest.mark.parametrize(
    ("words", "exit_code", "said"),
    [
        (("report", "nowhere", "--out", "out"), 2, "nowhere: there is no study here"),
        (("check", "nowhere"), 2, "icans new nowhere"),
        (("grade", "nowhere.csv", "--scale", "astct-2019-icans"), 2, "nowhere.csv"),
        (("grade", "table.csv", "--scale", "astct-2019-ican"), 2, "Did you mean astct-2019-icans?"),
        (
            ("grade", "table.csv", "--scale", "astct-2019-icans", "--unrecorded", "maybe"),
            2,
            "maybe",
        ),
        (("scales", "astct-2019-cr"), 2, "Did you mean astct-2019-crs?"),
        (("derive", str(PACKAGED), "--out", "out", "--engine", "spork"), 2, "There is no engine spork"),
        (("report", str(PACKAGED)), 2, "--out"),
        (("reprot",), 2, "reprot"),
        (("verify", str(PACKAGED), "--claims", "nothing.toml"), 2, "nothing.toml"),
    ],
)
def test_a_wrong_call_is_a_sentence(tmp_path: Path, words: tuple[str, ...], exit_code: int, said: str) -> None:
    ran = icans(*words, folder=tmp_path)
    assert ran.returncode == exit_code
    assert said in ran.stderr
    assert "Traceback" not in ran.stderr
    assert not list(tmp_path.iterdir())


def spoil(study: Path, fault: str) -> None:
    protocol = study / "study.toml"
    if fault == "typo":
        protocol.write_text(protocol.read_text() + "\n[episodes]\nquite_hours = 24\n")
    elif fault == "dates without infusions":
        (study / "infusions.csv").unlink()
    elif fault == "damaged table":
        (study / "events.csv").unlink()
        (study / "events.parquet").write_bytes(b"PAR1 this is no table")
    elif fault == "unreadable workbook":
        for table in study.glob("*.csv"):
            table.unlink()
        (study / "records.xlsx").write_bytes(b"PK\x03\x04 this is no workbook")


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("typo", "Did you mean quiet_hours?"),
        ("dates without infusions", "infusions"),
        ("damaged table", "No row of events can be used."),
        ("unreadable workbook", "records.xlsx"),
    ],
)
def test_a_study_that_cannot_be_read_is_a_sentence(study: Path, fault: str, said: str) -> None:
    spoil(study, fault)
    ran = icans("report", study, "--out", study.parent / "out")
    assert ran.returncode == 1
    assert said in ran.stderr
    assert len(ran.stderr.strip().splitlines()) <= 2
    assert not (study.parent / "out").exists()


def test_the_demo_makes_a_whole_report(tmp_path: Path) -> None:
    ran = icans("demo", "--out", "here", folder=tmp_path)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "here/report.html" in ran.stdout
    out = tmp_path / "here"
    assert {path.name for path in out.iterdir()} >= {
        "derived",
        "figures",
        "report.html",
        "results.json",
        "results.parquet",
    }
    assert "Synthetic study" in (out / "report.html").read_text(encoding="utf-8")
    assert len(list((out / "derived").glob("*.parquet"))) == 7


def test_output_never_replaces_the_study(study: Path) -> None:
    (study / ".icans-output").touch()
    before = sorted(path.name for path in study.iterdir())
    ran = icans("derive", study, "--out", study)
    assert ran.returncode == 2
    assert "is the study itself" in ran.stderr
    with pytest.raises(CallError, match="where the table labs is looked for"):
        refuse_study_as_output(study, study / "labs" / "out")
    assert sorted(path.name for path in study.iterdir()) == before


def test_every_published_figure_is_reproduced() -> None:
    ran = icans("verify", PACKAGED)
    assert ran.returncode == 0, ran.stdout
    assert "response" in ran.stdout


def test_verify_fails_where_a_record_was_changed(study: Path) -> None:
    patients = (study / "patients.csv").read_text().splitlines()
    header = patients[0].split(",")
    column = header.index("age_years")
    for number, line in enumerate(patients[1:], start=1):
        cells = line.split(",")
        cells[column] = str(float(cells[column]) + 1)
        patients[number] = ",".join(cells)
    (study / "patients.csv").write_text("\n".join(patients) + "\n")
    ran = icans("verify", study)
    assert ran.returncode == 1
    (line,) = [line for line in ran.stdout.splitlines() if "age" in line and "median" in line][:1]
    assert "contradicts" in line


def test_check_writes_its_findings_beside_the_records(study: Path) -> None:
    neuro = study / "neuro.csv"
    lines = neuro.read_text().splitlines()
    column = lines[0].split(",").index("consciousness")
    cells = lines[1].split(",")
    cells[column] = "drowsy"
    lines[1] = ",".join(cells)
    neuro.write_text("\n".join(lines) + "\n")
    ran = icans("check", study)
    assert ran.returncode == 1
    written = (study / "findings.csv").read_text(encoding="utf-8")
    assert "error,neuro.csv,2,consciousness,drowsy," in written
    assert icans("check", study).returncode == 1


def test_no_record_is_replaced_by_what_is_found_in_it(tmp_path: Path) -> None:
    (tmp_path / "study.toml").write_text('[study]\ntitle = "T"\n[records]\ntime = "hours"\n')
    (tmp_path / "patients.csv").write_text("patient_id\nP1\n")
    neuro = tmp_path / "neuro.csv"
    neuro.write_text("patient_id,time,ice,icans_grade\nP1,24,2,1\n")
    cli.check(tmp_path)
    assert "warning,neuro.csv,,icans_grade,1," in (tmp_path / "findings.csv").read_text(encoding="utf-8")
    with pytest.raises(CallError, match=r"neuro\.csv is read"):
        cli.check(tmp_path, neuro)
    with pytest.raises(CallError, match=r"neuro\.csv is read"):
        cli.grade(neuro, "astct-2019-icans", neuro)
    assert neuro.read_text().endswith("P1,24,2,1\n")


@pytest.mark.parametrize(("cause", "code"), [(KeyboardInterrupt(), 130), (SystemExit(143), 143)])
def test_a_stop_that_python_wraps_is_no_fault(cause, code, monkeypatch, capsys) -> None:
    def stopped() -> None:
        raise RuntimeError("Error calling __set_name__") from cause

    monkeypatch.setattr(cli, "app", stopped)
    monkeypatch.setattr(cli.signal, "signal", lambda *_: None)
    monkeypatch.setattr(cli.gc, "set_threshold", lambda *_: None)
    monkeypatch.setattr(cli.gc, "freeze", lambda: None)
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == code
    assert capsys.readouterr().err == ""


def test_new_makes_a_study_that_can_be_checked(tmp_path: Path) -> None:
    made = icans("new", "mine", folder=tmp_path)
    assert made.returncode == 0
    assert (tmp_path / "mine" / "study.toml").is_file()
    again = icans("new", "mine", folder=tmp_path)
    assert again.returncode == 2


def test_grade_prints_a_table_with_grades(tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_text("bed,ice,consciousness\nA,8,awake\nB,,touch\n")
    ran = icans("grade", "mine.csv", "--scale", "astct-2019-icans", "--unrecorded", "absent", folder=tmp_path)
    assert ran.returncode == 0, ran.stderr
    header, first, second = (line.replace('"', "").split(",") for line in ran.stdout.splitlines())
    assert header[:3] == ["bed", "ice", "consciousness"]
    assert first[header.index("grade")] == "1"
    assert second[header.index("grade")] == "3"
    assert second[header.index("missing")] == "ice;seizure;motor;icp_edema"


def test_scales_lists_the_catalogue_and_prints_one() -> None:
    assert "astct-2019-icans" in icans("scales").stdout
    one = icans("scales", "astct-2019-crs").stdout
    assert "10.1016/j.bbmt.2018.12.758" in one
    assert "vasopressor" in one.lower()


def test_a_simulated_cohort_goes_the_whole_way(tmp_path: Path) -> None:
    assert icans("simulate", "--patients", 300, "--seed", 7, "--out", tmp_path / "many").returncode == 0
    ran = icans("report", tmp_path / "many", "--out", tmp_path / "out")
    assert ran.returncode == 0, ran.stderr
    assert (tmp_path / "out" / "report.html").is_file()


@pytest.mark.parametrize(
    ("step", "shown"),
    [
        ("grades", (0, None)),
        ("target trial, 120 of 500 samples", (120, 500)),
        ("remission, 9,600 of 9,600 specifications", (9600, 9600)),
    ],
)
def test_a_step_that_says_how_much_is_done_is_shown_with_a_bar(step, shown):
    assert counted(step) == shown
