"""`icans agree`: the worked example of docs/own-scales.md by hand, real records, and what cannot be compared."""

from __future__ import annotations

import csv
import json
import re
import shutil
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import pytest

from icans.agreement import agree, print_agreement
from icans.engines import connect
from icans.errors import ProtocolError, ScaleError, StudyError
from icans.figures.render import Renderer
from icans.study import Study

PAGE = (Path(__file__).parents[1] / "docs" / "own-scales.md").read_text(encoding="utf-8")
PACKAGED = Path(str(files("icans.packaged") / "idm13"))
MINE, ASTCT = "mycentre-2024-icans", "astct-2019-icans"
PAIR = f"{ASTCT} / {MINE}"


def quiet(_step: str) -> None:
    pass


def write_example(folder: Path) -> Path:
    for name, text in re.findall(r"`([\w./-]+)`:\n\n```\w+\n(.*?)```", PAGE, re.DOTALL):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def example(tmp_path: Path) -> Path:
    (tmp_path / "study").mkdir()
    return write_example(tmp_path / "study")


def compared(folder: Path, *scales: str, out: Path | None = None):
    engine = connect()
    try:
        study = Study.read(folder, engine, compared=scales)
        if out is None:
            return agree(study, None, None, quiet)
        out.mkdir()
        with Renderer() as renderer:
            return agree(study, out, renderer, quiet)
    finally:
        engine.close()


def listed(file: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(file.read_text(encoding="utf-8").splitlines()))


def finder(results):
    rows = {(r.variable, r.statistic, r.group, r.level): r for r in results}
    return lambda variable, statistic="n", group=PAIR, level=None: rows[variable, statistic, group, level]


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """The worked example. By the published scale and the centre's:

    P1 10 -> 0, 0; 9 -> 1, 1.    P2 10 with impaired handwriting -> 0, 1; 7 -> 1, 2.    P3 4 -> 2, 3.
    P4 no ICE score -> open, open; 10 -> 0, 0.
    """
    return finder(compared(write_example(tmp_path_factory.mktemp("example"))).results)


@pytest.mark.parametrize(
    ("variable", "statistic", "value"),
    [
        ("icans_grade", "n", 6),
        ("icans_grade", "open", 1),
        ("icans_grade", "agree", 3),
        ("icans_grade", "disagree", 3),
        ("icans_grade", "percent", 50),
        # squares of differences: 3 of 6 observed, 70 of 36 by chance; differences: 3 of 6, 38 of 36
        ("icans_grade", "weighted_kappa", 1 - (3 / 6) / (70 / 36)),
        ("icans_grade", "linear_kappa", 1 - (3 / 6) / (38 / 36)),
        # equal: 3 of 6 observed, 11 of 36 by chance
        ("icans_grade", "kappa", (3 / 6 - 11 / 36) / (1 - 11 / 36)),
        ("icans_max_grade", "n", 4),
        ("icans_max_grade", "open", 0),
        ("icans_max_grade", "agree", 2),
        ("icans_max_grade", "weighted_kappa", 1 - (2 / 4) / (32 / 16)),
        ("icans_severity", "n", 4),
        ("icans_severity", "disagree", 1),
    ],
)
def test_the_agreement_is_what_a_reader_counts(found, variable, statistic, value):
    assert found(variable, statistic).value == pytest.approx(value, rel=1e-12)


def test_every_cell_of_the_cross_table_is_a_row_with_its_patients(found):
    cells = {(0, 0): ("P1", "P4"), (1, 1): ("P1",), (0, 1): ("P2",), (1, 2): ("P2",), (2, 3): ("P3",)}
    for one in range(4):
        for other in range(4):
            row = found("icans_grade", level=f"{one} x {other}")
            assert (row.value, row.patients) == (len(cells.get((one, other), ())), cells.get((one, other), ()))
    assert found("icans_max_grade", level="2 x 3").patients == ("P3",)


def test_who_changes_severity_group_and_which_domain_did_it(found):
    assert found("icans_severity", "disagree").patients == ("P3",)
    assert found("icans_severity", level="mild x severe").patients == ("P3",)
    assert found("icans_severity_domain", level=f"ice ({MINE})").patients == ("P3",)
    assert "none (grade 0), mild (grade 1 to 2), severe (grade 3 or more)" in found("icans_severity", "disagree").method


def test_intervals_say_whether_they_take_assessments_as_independent(found):
    assert "each assessment taken as independent" in found("icans_grade", "ci_low").method
    assert "independent" not in found("icans_max_grade", "ci_low").method


def test_the_recorded_grade_is_compared_with_the_derived_one(found):
    assert found("icans_grade", "agree", None).value == 3
    assert found("icans_grade", "disagree", None).patients == ("P2", "P3")
    assert found("icans_max_grade", "disagree", None).patients == ("P2", "P3")
    assert found("icans_severity", "disagree", None).patients == ("P3",)


def test_the_results_name_the_version_of_every_scale_file(found, example):
    mine = found("icans", "n", None, MINE)
    assert "version 2024, the study's own file, confirmed, SHA-256 " in mine.method
    assert "version 2019, published scale, confirmed, SHA-256 " in found("icans", "n", None, ASTCT).method
    scale = example / "scales" / f"{MINE}.toml"
    scale.write_text(scale.read_text().replace("Standard operating procedure 17", "Standard operating procedure 18"))
    assert finder(compared(example).results)("icans", "n", None, MINE).method != mine.method


def test_the_page_of_the_documentation_prints_what_it_shows(example):
    (shown,) = re.findall(r"```console\n\$ icans (agree \.)\n(.*?)```", PAGE, re.DOTALL)
    command = [sys.executable, "-c", "from icans.cli import main; main()", *shown[0].split()]
    ran = subprocess.run(command, capture_output=True, text=True, cwd=example, timeout=120, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")
    lines = [line.rstrip() for line in ran.stdout.splitlines()]
    assert "\n".join(lines).rstrip() == shown[1].rstrip()


def test_everything_is_written_beside_the_page(example, tmp_path):
    out = tmp_path / "out"
    neuro = example / "neuro.csv"
    neuro.write_text(neuro.read_text().replace("P3,", "=P3,"))
    (example / "patients.csv").write_text("patient_id\nP1\nP2\n=P3\nP4\n")
    compared(example, out=out)
    assert {path.name for path in out.iterdir()} == {
        "agreement.html",
        "discordant.csv",
        "figures",
        "results.json",
        "results.parquet",
        "severity_changes.csv",
    }
    assert {path.name for path in (out / "figures").iterdir()} == {"agreement_icans.svg", "agreement_icans.png"}
    first, *rest = listed(out / "discordant.csv")
    assert len(rest) == 2
    assert (first["patient_id"], first["hour"], first["driver"]) == ("'=P3", "24.0", "ice")
    assert (first["recorded_grade"], first["grade"], first["difference"]) == ("2", "3", "-1")
    (change,) = listed(out / "severity_changes.csv")
    assert (change["patient_id"], change["group_1"], change["group_2"]) == ("'=P3", "mild", "severe")
    assert (change["grade_2"], change["driver_2"]) == ("3", "ice")
    page = (out / "agreement.html").read_text(encoding="utf-8")
    assert "the study&#39;s own scale" in page
    assert set(re.findall(r"https?://[\w.]+", page)) <= {"http://www.w3.org"}


def test_the_largest_differences_stand_first(example, tmp_path):
    neuro = example / "neuro.csv"
    neuro.write_text(neuro.read_text().replace("impaired,0", "impaired,4"))
    out = tmp_path / "out"
    compared(example, out=out)
    rows = listed(out / "discordant.csv")
    assert [row["difference"] for row in rows] == ["3", "-1", "-1"]
    assert [row["patient_id"] for row in rows] == ["P2", "P2", "P3"]


def test_a_recorded_grade_is_listed_although_every_derived_one_is_open(example, tmp_path):
    (example / "study.toml").write_text(
        '[study]\ntitle = "Open"\n[records]\ntime = "hours"\n[grading]\nunrecorded = "unknown"\n'
    )
    (example / "neuro.csv").write_text(
        "patient_id,time,consciousness,motor,icans_grade\nP1,24,touch,none,1\nP2,24,touch,none,3\n"
    )
    (example / "events.csv").unlink(missing_ok=True)
    out = tmp_path / "out"
    compared(example, ASTCT, "cartox-2018-cres", out=out)
    (row,) = listed(out / "discordant.csv")
    assert (row["patient_id"], row["grade"], row["grade_low"], row["difference"]) == ("P1", "", "3", "-2")


def test_nothing_is_listed_where_nothing_differs(example, tmp_path):
    (example / "study.toml").write_text('[study]\ntitle = "Alike"\n[records]\ntime = "hours"\n')
    neuro = example / "neuro.csv"
    neuro.write_text("\n".join(line for line in neuro.read_text().splitlines() if not line.startswith("P2,24")) + "\n")
    out = tmp_path / "out"
    compared(example, out=out)
    assert not (out / "discordant.csv").exists()
    assert not (out / "severity_changes.csv").exists()


def test_kappa_of_one_grade_alone_is_a_row_with_the_reason(example):
    header, *_ = (example / "neuro.csv").read_text().splitlines()
    (example / "neuro.csv").write_text(f"{header}\nP1,24,10,awake,none,none,none,unchanged,0\n")
    kappa = finder(compared(example).results)("icans_grade", "weighted_kappa")
    assert kappa.value is None
    assert kappa.reason == "every grade is the same, so agreement beyond chance is not defined"


def test_the_report_has_a_section_where_the_protocol_names_scales(example, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    engine = connect()
    with Renderer() as renderer:
        results = Study.read(example, engine).report(out, renderer, quiet)
    engine.close()
    page = (out / "report.html").read_text(encoding="utf-8")
    assert '<section id="agreement">' in page
    assert "Standard operating procedure 17" in page
    assert (out / "discordant.csv").is_file()
    assert (out / "figures" / "agreement_icans.svg").is_file()
    assert finder(results)("icans_severity", "disagree").value == 1
    written = json.loads((out / "results.json").read_text(encoding="utf-8"))
    assert len({(r["analysis"], r["group"], r["variable"], r["level"], r["statistic"]) for r in written}) == len(
        written
    )


def test_a_scale_that_lacks_columns_is_named_with_them_and_the_others_go_on():
    found = compared(PACKAGED, ASTCT, "mskcc-2018-neurotoxicity", "penn-2018-crs", "ice", "icaht-2023-early")
    group = f"{ASTCT} / mskcc-2018-neurotoxicity"
    assert finder(found.results)("icans_grade", "n", group).value == 859
    lacks = finder(found.results)("icans", "columns_lacking", None, "mskcc-2018-neurotoxicity")
    assert "disorientation, dysgraphia, aphasia" in lacks.method
    assert "read as absent, so that its grades can be too low" in lacks.method
    assert "penn-2018-crs stands alone: there is no other scale of CRS to compare it with." in found.said
    assert "ice gives a score and no grade, and is not compared." in found.said
    assert any(sentence.startswith("icaht-2023-early grades icaht; only scales of") for sentence in found.said)


def test_a_scale_without_any_of_its_columns_is_left_out_with_the_reason(example):
    other = (example / "scales" / f"{MINE}.toml").read_text().replace(MINE, "hand").partition("[[domain]]")[0]
    domain = '[[domain]]\nname = "tremor"\nlabel = "Tremor"\nreads = "tremor"\ncells = [\n'
    domain += "  { grade = 0, values = [false] },\n  { grade = 1, values = [true] },\n]\n"
    column = '[column.tremor]\ntable = "neuro"\nlabel = "Tremor"\ntype = "boolean"\n'
    (example / "hand.toml").write_text(other + column + domain)
    found = compared(example, ASTCT, "hand", MINE)
    said = "hand cannot grade this study: neuro has none of its columns (tremor)."
    assert found.said == (said,)
    assert finder(found.results)("icans_grade", "n", f"{ASTCT} / hand").reason == said
    assert finder(found.results)("icans_grade").value == 6


def test_the_scale_that_grades_the_study_gives_the_same_highest_grades_when_it_is_compared(tmp_path):
    engine = connect()
    study = Study.read(PACKAGED, engine, compared=(ASTCT, "mskcc-2018-neurotoxicity"))
    rows = study.results(quiet)
    engine.close()
    group = f"{ASTCT} / mskcc-2018-neurotoxicity"
    cells = [r for r in rows if (r.variable, r.group, r.statistic) == ("icans_max_grade", group, "n") and r.level]
    for grade in range(1, 5):
        (own,) = [r for r in rows if r.name == f"toxicity / icans_max_grade / {grade} / n"]
        across = [cell for cell in cells if cell.level.startswith(f"{grade} x ")]
        assert sum(cell.value for cell in across) == own.value > 0
        assert tuple(sorted(name for cell in across for name in cell.patients)) == own.patients


def test_a_study_of_recorded_grades_has_a_report_that_says_why_no_scales_agree(cart80, tmp_path):
    folder = Path(shutil.copytree(cart80, tmp_path / "study"))
    with (folder / "study.toml").open("a") as file:
        file.write(f'\n[agreement]\nscales = ["{ASTCT}", "mskcc-2018-neurotoxicity"]\n')
    out = tmp_path / "out"
    out.mkdir()
    engine = connect()
    with Renderer() as renderer:
        Study.read(folder, engine).report(out, renderer, quiet)
    engine.close()
    page = (out / "report.html").read_text(encoding="utf-8")
    assert f"{ASTCT} cannot grade this study: neuro has none of its columns" in page
    assert not (out / "discordant.csv").exists()


def test_recorded_grades_alone_compare_no_scales(cart80: Path) -> None:
    with pytest.raises(StudyError, match="Fewer than two scales of one toxicity") as error:
        compared(cart80, ASTCT, "mskcc-2018-neurotoxicity")
    assert "neuro has none of its columns (ice, capd, consciousness, seizure, motor, icp_edema)" in str(error.value)
    with pytest.raises(StudyError, match="no assessment has both signs and a recorded grade"):
        compared(cart80)


@pytest.mark.parametrize(
    ("change", "error", "said"),
    [
        (
            ('icans = "mycentre', 'icans = "mycenter'),
            ProtocolError,
            r"\[scales\] icans: .*\n  Did you mean mycentre-2024",
        ),
        (('"astct-2019-icans", ', '"astct-2019", '), ProtocolError, r"\[agreement\] scales: there is no scale"),
        (('icans = "mycentre-2024-icans"', 'icans = "penn-2018-crs"'), ProtocolError, "grades crs, not icans"),
    ],
)
def test_a_protocol_that_names_the_wrong_scale_is_a_sentence(example, change, error, said):
    protocol = example / "study.toml"
    protocol.write_text(protocol.read_text().replace(*change))
    with pytest.raises(error, match=re.compile(said, re.IGNORECASE)):
        compared(example)


def test_a_wrong_scale_file_stops_the_study_with_its_line(example):
    scale = example / "scales" / f"{MINE}.toml"
    scale.write_text(scale.read_text().replace("range = [8, 9]", "range = [8, 10]"))
    with pytest.raises(ScaleError, match=f"{MINE}.toml, line .*10 stands twice, for grade 1 and for grade 0"):
        compared(example)


def test_the_terminal_says_why_there_is_no_kappa(example, capsys):
    shutil.copy(example / "neuro.csv", example / "all.csv")
    header, *_ = (example / "neuro.csv").read_text().splitlines()
    (example / "neuro.csv").write_text(f"{header}\nP1,24,10,awake,none,none,none,unchanged,0\n")
    print_agreement(compared(example))
    assert "kappa not defined: every grade is the same" in capsys.readouterr().out
