"""A scale nobody could check says so wherever it is used, and is never a default."""

import shutil

import pytest

from icans.cli import app
from icans.packaged import folder as packaged
from icans.protocol import Protocol, ScalesSection
from icans.report.limits import limits
from icans.report.numbers import Numbers
from icans.scales import catalogue
from icans.scales.unconfirmed import unconfirmed

CRES = "cartox-2018-cres"
SENTENCE = (
    "The scale cartox-2018-cres (CARTOX-10 and CRES 2018) is unconfirmed: its table could not be checked against the "
    "publication. Check it there before publishing a grade made with it."
)


def test_only_unconfirmed_scales_are_warned_of_and_once_each():
    scales = [catalogue.load(scale_id) for scale_id in catalogue.ids()]
    assert unconfirmed([scale for scale in scales if scale.status == "confirmed"]) == []
    assert unconfirmed([catalogue.load(CRES), catalogue.load("lee-2014-crs"), catalogue.load(CRES)]) == [SENTENCE]


def test_no_unconfirmed_scale_is_a_default_of_the_protocol():
    defaults = ScalesSection().model_dump().values()
    assert {catalogue.load(scale_id).status for scale_id in defaults} == {"confirmed"}
    protocol = Protocol.model_validate({"study": {"title": "T"}})
    assert all(catalogue.load(scale_id).status == "confirmed" for scale_id in protocol.agreement.scales)


def test_an_unconfirmed_scale_says_so_when_it_grades_a_table(tmp_path, runner):
    table = tmp_path / "table.csv"
    table.write_text("cartox_10\n7\n")
    result = runner.invoke(app, ["grade", str(table), "--scale", CRES])
    assert result.exit_code == 0
    assert result.stderr == f"{SENTENCE}\n"
    assert SENTENCE not in result.stdout


def test_a_confirmed_scale_says_nothing_when_it_grades_a_table(tmp_path, runner):
    table = tmp_path / "table.csv"
    table.write_text("motor_power\n3\n")
    result = runner.invoke(app, ["grade", str(table), "--scale", "mskcc-2018-neurotoxicity"])
    assert (result.exit_code, result.stderr) == (0, "")


def test_a_study_graded_by_an_unconfirmed_scale_says_so(tmp_path, runner):
    with packaged() as source:
        shutil.copytree(source, tmp_path / "study")
    with (tmp_path / "study" / "study.toml").open("a") as protocol:
        protocol.write(f'\n[scales]\nicans = "{CRES}"\n')
    result = runner.invoke(app, ["derive", str(tmp_path / "study"), "--out", str(tmp_path / "out")])
    assert (result.exit_code, result.stderr) == (0, f"{SENTENCE}\n")


def test_the_report_says_it_among_the_limits():
    protocol = Protocol.model_validate({"study": {"title": "T"}})
    assert limits(Numbers([]), protocol, [catalogue.load(CRES)])[-1] == SENTENCE
    assert SENTENCE not in limits(Numbers([]), protocol, [catalogue.load("astct-2019-icans")])


@pytest.mark.parametrize(
    ("scale_id", "said"),
    [
        ("ice", "study.toml: [scales] icans: ice gives a score and no grade."),
        ("lee-2014-crs", "study.toml: [scales] icans: lee-2014-crs grades crs, not icans."),
    ],
)
def test_a_scale_that_cannot_grade_the_toxicity_is_refused(tmp_path, runner, scale_id, said):
    (tmp_path / "study.toml").write_text(f'[study]\ntitle = "T"\n[scales]\nicans = "{scale_id}"\n')
    result = runner.invoke(app, ["check", str(tmp_path)])
    assert said in str(result.exception)
