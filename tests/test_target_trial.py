"""A target trial from a study folder to its report: wards small enough to work out by hand.

A day is 24 hours; the ICANS grades of a patient are a string, a character a day from day 0, a dot where nobody looked.
"""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from icans.analyses.target_trial import emulated_trial
from icans.engines import Engine, connect
from icans.errors import ProtocolError
from icans.figures.figure import Figure, LeftOut
from icans.figures.forest import trial_effects
from icans.figures.render import Renderer
from icans.figures.stated import Stated
from icans.figures.target_trial import trial_curves, trial_diagnostics
from icans.protocol import parse
from icans.results.emulated import Emulated, follow
from icans.results.gathered import gather
from icans.results.rows import Result
from icans.results.trial_names import ANALYSIS
from icans.stats.cloning import NEVER
from icans.study import Study

PROTOCOL = """
[study]
title = "A ward"

[records]
time = "days"

[intervention]
name = "spinal treatment"
short = "spinal"
drugs = ["steroids"]
routes = []

[target_trial]
grace_days = 1
outcome = "grade"
outcome_grade = 1
follow_up_days = 5
days = [1, 3, 5]
time_varying = ["grade"]
samples = 50
"""

# At grade 2 one of four is treated on the day, at grade 3 three of four: weights 4 and 4/3, and the other way round.
WARD = {
    "A": ("0210000", 1),
    "B": ("0310000", 1),
    "C": ("0331000", 1),
    "D": ("0333333", 1),
    "E": ("0210000", None),
    "F": ("0221000", None),
    "G": ("0222222", 5),
    "H": ("0333333", None),
    "never": ("0000000", None),
    "mild": ("0111110", 2),
    "earlier": ("0210000", 0),
}
Ward = dict[str, tuple[str, int | None]]
Make = Callable[..., Study]


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    opened = connect()
    yield opened
    opened.close()


@pytest.fixture
def make(tmp_path: Path, engine: Engine) -> Make:
    def study(ward: Ward, protocol: str = PROTOCOL, deaths: dict[str, float] | None = None) -> Study:
        folder = tmp_path / "ward"
        folder.mkdir()
        (folder / "study.toml").write_text(protocol)
        lines = {
            "patients": [
                "patient_id,sex,age_years",
                *(f"{name},{'female' if name < 'C' else 'male'}," for name in ward),
            ],
            "neuro": ["patient_id,time,icans_grade"]
            + [f"{p},{day},{g}" for p, (course, _) in ward.items() for day, g in enumerate(course) if g != "."],
            "treatments": [
                "patient_id,time,drug",
                *(f"{p},{d},steroids" for p, (_, d) in ward.items() if d is not None),
            ],
            "events": ["patient_id,time,event", *(f"{p},{day},death" for p, day in (deaths or {}).items())],
        }
        for name, content in lines.items():
            (folder / f"{name}.csv").write_text("\n".join(content) + "\n")
        return Study.read(folder, engine)

    return study


def rows_of(study: Study) -> list[Result]:
    return [row for row in study.results(lambda _step: None) if row.analysis == ANALYSIS]


def value(rows: list[Result], variable: str, statistic: str, **named: Any) -> float | None:
    (row,) = [
        row
        for row in rows
        if (row.variable, row.statistic) == (variable, statistic)
        and (row.group, row.level) == (named.get("group"), named.get("level"))
    ]
    return row.value


def followed(study: Study, tmp_path: Path) -> Emulated:
    derived = study.derive(tmp_path / "derived", lambda _step: None)
    gathered = gather(study.records, derived, study.protocol, study.engine)
    return follow(gathered, derived, study.engine, study.protocol.target_trial)


def test_its_numbers_are_those_worked_out_by_hand(make: Make) -> None:
    rows = rows_of(make(WARD))
    counts = {name: value(rows, name, "n") for name in ("with_icans", "reached_grade", "eligible", "gap")}
    assert counts == {"with_icans": 10, "reached_grade": 9, "eligible": 8, "gap": 0}
    # of a weight of 8, 4 + 4/3 remit on day 1 and 4/3 on day 2; without treatment 4/3 on each
    by_day = {"1 day": (200 / 3, 50 / 3), "3 days": (250 / 3, 100 / 3), "5 days": (250 / 3, 100 / 3)}
    for level, (treat, none) in by_day.items():
        assert value(rows, "grade", "incidence", group="intervention", level=level) == pytest.approx(treat)
        assert value(rows, "grade", "incidence", group="no_intervention", level=level) == pytest.approx(none)
        assert value(rows, "risk_difference", "estimate", level=level) == pytest.approx(treat - none)
        assert value(rows, "risk_ratio", "estimate", level=level) == pytest.approx(treat / none)
    # without weights: two, then three of four; one, then two of four
    plain = [value(rows, "grade_without_weights", "incidence", group="intervention", level=day) for day in by_day]
    assert plain == pytest.approx([50, 75, 75])
    # days 1 to 5 in remission: 2/3, 5/6, 5/6, 5/6; and 1/6, 1/3, 1/3, 1/3
    assert value(rows, "mean_days_difference", "estimate", level="5 days") == pytest.approx(7 / 6 - 19 / 6)
    assert value(rows, "odds_of_treatment", "odds_ratio", level="grade") == pytest.approx(9)
    assert value(rows, "balance", "standardised_difference", group="weighted", level="grade") == pytest.approx(0)
    assert value(rows, "positivity", "treated", level="grade 3") == 3
    page = (Path(__file__).parents[1] / "docs" / "target-trial.md").read_text(encoding="utf-8")
    words = set(re.findall(r"[a-z_]+", page))
    assert {row.statistic for row in rows} <= words
    assert {row.variable.removesuffix("_without_weights") for row in rows} <= words


def test_gaps_and_deaths_end_a_course_where_the_protocol_says(make: Make, tmp_path: Path) -> None:
    ward = {
        "alive": ("0333333", None),
        "gap": ("03...00", None),  # day 2 carried, day 3 not observed
        "dead": ("033", None),  # on day 3, to which the grade of day 2 is carried
        "dead at once": ("033", None),  # on day 4, the first not observed
        "dead later": ("033", None),  # on day 5: nobody had seen the patient the day before
        "remits": ("031", None),  # and dies afterwards
        "treated": ("0331", 2),
    }
    deaths = {"dead": 3, "dead at once": 4, "dead later": 5, "remits": 4}
    found = followed(make(ward, deaths=deaths), tmp_path)
    names = found.cohort.ids[found.position].tolist()
    eligible = found.eligible
    ends = dict(zip(names, zip(eligible.end_hour.tolist(), eligible.event.tolist(), strict=True), strict=True))
    assert ends == {
        "alive": (121, 0),
        "gap": (48, 0),
        "dead": (48, 2),
        "dead at once": (72, 2),
        "dead later": (72, 0),
        "remits": (24, 1),
        "treated": (48, 1),
    }
    assert [names[place] for place in np.flatnonzero(found.gap)] == ["dead later", "gap"]
    treated = dict(zip(names, eligible.treated_hour.tolist(), strict=True))
    assert treated.pop("treated") == 24
    assert set(treated.values()) == {NEVER}


def test_nobody_becomes_eligible_after_the_day_of_death(make: Make, tmp_path: Path) -> None:
    ward = {"after": ("000033", None), "that day": ("0033", None), "alive": ("0333333", None)}
    # an infusion at 12:00 and a death of which only the date is known: an assessment in the evening is later
    study = make(ward, PROTOCOL.replace('"days"', '"hours"').replace("grace_days = 1", "grace_days = 2"))
    (study.folder / "neuro.csv").write_text(
        "patient_id,time,icans_grade\n"
        + "".join(f"{p},{24 * day + 6},{g}\n" for p, (course, _) in ward.items() for day, g in enumerate(course))
    )
    (study.folder / "events.csv").write_text("patient_id,time,event\nafter,72,death\nthat day,48,death\n")
    found = followed(Study.read(study.folder, study.engine), tmp_path)
    assert found.cohort.ids[found.position].tolist() == ["alive", "that day"]
    assert found.eligible.end_hour.tolist() == [121, 0]
    assert found.eligible.event.tolist() == [0, 2]


def test_a_day_on_which_nobody_saw_the_dying_has_no_grade(make: Make) -> None:
    ward = {**WARD, "dies": ("03", None)}  # on day 3, the first not observed: hour 60 from eligibility
    rows = rows_of(make(ward, PROTOCOL.replace("grace_days = 1", "grace_days = 3"), deaths={"dies": 3.5}))
    levels = {row.level for row in rows if row.variable == "positivity"}
    assert levels == {"day 1", "day 2", "day 3", "grade 2", "grade 3"}


def test_where_death_is_the_outcome_a_gap_after_the_grace_period_does_not_matter(make: Make, tmp_path: Path) -> None:
    protocol = PROTOCOL.replace('outcome = "grade"', 'outcome = "death"')
    ward = {"late": ("033", None), "other": ("0333333", 1)}
    found = followed(make(ward, protocol, deaths={"late": 5.5}), tmp_path)
    assert found.eligible.event.tolist() == [1, 0]
    assert found.eligible.end_hour.tolist() == [108, 121]


def test_confounders_are_known_when_the_decision_is_made(make: Make, tmp_path: Path) -> None:
    protocol = PROTOCOL.replace(
        'time_varying = ["grade"]',
        'grace_days = 2\nbaseline = ["sex", "age_years"]\n'
        'time_varying = ["grade", "ice", "on_steroid", "steroid_mg", "days_since_onset"]',
    ).replace("grace_days = 1\n", "")
    found = followed(make({"A": ("0123", 2), "C": ("0..3", None), "D": ("03333", None)}, protocol), tmp_path)
    columns = {one.name: one.values.tolist() for one in found.confounders}
    assert columns["sex: female"] == [[1, 1], [0, 0], [0, 0]]
    # what is not known of a day that C did not see is filled and never used
    assert [columns["grade"][0], columns["grade"][1][0], columns["grade"][2]] == [[2, 3], 3, [3, 3]]
    assert columns["days_since_onset"][0] == [1, 2]
    # given on the day of eligibility, in an unknown amount
    assert columns["on_steroid"][0] == [0, 1]
    assert columns["steroid_mg: not recorded"] == [[0, 1], [0, 0], [0, 0]]
    assert found.unknown.keys() == {"age_years", "ice"}


def test_an_unknown_confounder_names_the_nearest_column(make: Make, tmp_path: Path) -> None:
    study = make(WARD, PROTOCOL + 'baseline = ["sexx"]\n')
    with pytest.raises(ProtocolError, match=r"no column sexx in patients or infusions.\n  Did you mean sex\?"):
        followed(study, tmp_path)


@pytest.mark.parametrize(
    ("ward", "reason"),
    [
        ({"mild": ("0111110", 2)}, "nobody was eligible"),
        ({name: (course, None) for name, (course, _) in WARD.items()}, "nobody follows this strategy"),
        ({**WARD, "A": ("0210000", None)}, "separation"),
    ],
)
def test_a_trial_that_cannot_be_emulated_gives_the_reason(make: Make, ward: Ward, reason: str) -> None:
    study = make(ward)
    rows = rows_of(study)
    estimates = [row for row in rows if row.variable == "risk_difference"]
    assert estimates
    assert all(row.value is None and reason in (row.reason or "") for row in estimates)
    drawn = trial_curves(_as_results(rows), Stated(rows), study.protocol)
    assert isinstance(drawn, LeftOut)
    assert reason in drawn.reason


def _as_results(rows: list[Result]) -> Any:
    from icans.results.target_trial import TrialResults

    return TrialResults(tuple(rows), (), ())


def test_the_report_has_the_section_and_its_figures(make: Make, tmp_path: Path) -> None:
    study, out = make(WARD), tmp_path / "out"
    out.mkdir()
    with Renderer() as renderer:
        study.report(out, renderer, lambda _step: None)
    page = (out / "report.html").read_text(encoding="utf-8")
    section = page.partition('id="target-trial"')[2].partition("</section>")[0]
    for words in ("The target trial", "Start of follow-up", "No confounding beyond what is named", "E-value", "83.3%"):
        assert words in section
    assert "is effective" not in section
    for name in ("target_trial", "target_trial_diagnostics"):
        assert (out / "figures" / f"{name}.svg").stat().st_size
        assert f'id="figure-{name}"' in section
    assert {"panel.parquet", "eligible.parquet"} <= {file.name for file in (out / "derived").iterdir()}


def test_the_report_speaks_of_the_last_day_that_has_an_estimate(make: Make, tmp_path: Path) -> None:
    short = {name: (course[:5], None if day is None or day > 4 else day) for name, (course, day) in WARD.items()}
    study, out = make(short), tmp_path / "out"
    out.mkdir()
    with Renderer() as renderer:
        study.report(out, renderer, lambda _step: None)
    page = re.sub(r"<[^>]+>", "", (out / "report.html").read_text(encoding="utf-8"))
    assert "By 3 days, from " in page
    assert "By 5 days there is no estimate: nobody was followed so long." in page
    assert "could not be emulated" not in page


def test_a_forest_plot_of_the_treated_has_its_effects_beside_the_others(make: Make, tmp_path: Path) -> None:
    compared = '\n[[compare]]\nname = "Treated"\nby = "treated"\npopulation = "with_icans"\nendpoints = ["duration"]\n'
    study, out = make(WARD, PROTOCOL + compared), tmp_path / "out"
    out.mkdir()
    with Renderer() as renderer:
        results = study.report(out, renderer, lambda _step: None)
    drawn = trial_effects(results)
    assert [one.label for one in drawn if one.scale == "%"] == [
        f"Target trial: risk difference, {days}" for days in ("1 day", "3 days", "5 days")
    ]
    plot = (out / "figures" / "comparison_1_effects.svg").read_text(encoding="utf-8")
    assert "group as known at each moment" in plot
    assert "Target trial: risk difference, 3 days" in plot


def test_a_study_without_the_section_has_nothing_of_it(make: Make, tmp_path: Path) -> None:
    study = make(WARD, PROTOCOL.partition("[target_trial]")[0])
    assert rows_of(study) == []
    assert not {"panel", "eligible"} & study.derive(tmp_path / "derived", lambda _step: None).keys()


def test_its_figures_are_valid(make: Make, tmp_path: Path) -> None:
    study = make(WARD)
    derived = study.derive(tmp_path / "derived", lambda _step: None)
    gathered = gather(study.records, derived, study.protocol, study.engine)
    trial = emulated_trial(study, gathered, derived, study.protocol.target_trial, lambda _step: None)
    for figure in (trial_curves(trial, Stated(trial.rows), study.protocol), trial_diagnostics(trial, study.protocol)):
        assert isinstance(figure, Figure)
        figure.specification(validate=True)
        assert figure.alt
    assert "83% at grade 1 or less" in trial_curves(trial, Stated(trial.rows), study.protocol).alt


def test_80_real_patients_show_what_eight_treated_can(cart80: Path, tmp_path: Path, engine: Engine) -> None:
    folder = tmp_path / "cart80"
    folder.mkdir()
    for file in cart80.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    trial = PROTOCOL.partition("[target_trial]")[2]
    with (folder / "study.toml").open("a") as protocol:
        protocol.write(f"\n[target_trial]{trial}")
    rows = rows_of(Study.read(folder, engine))
    assert value(rows, "eligible", "episodes") == 13
    # at grade 2 two of six were treated on the day, at grade 3 six of seven
    assert [value(rows, "positivity", "treated", level=f"grade {grade}") for grade in (2, 3)] == [2, 6]
    assert value(rows, "odds_of_treatment", "odds_ratio", level="grade") == pytest.approx((6 / 1) / (2 / 4))
    assert value(rows, "risk_difference", "estimate", level="3 days") is not None
    assert value(rows, "risk_difference", "ci_low", level="3 days") is None


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ('time_varying = ["grde"]', "grde does not change from day to day. Did you mean grade?"),
        ("grce_days = 2", "Did you mean grace_days?"),
        ("days = [3, 20]", "days rise, to follow_up_days (14) at most"),
        ('outcome = "grade"\noutcome_grade = 2', "outcome_grade is not below the grade of eligibility, 2"),
        ("grace_days = 14", "grace_days is not below follow_up_days"),
        ('baseline = ["sex", "sex"]', "sex stands twice"),
    ],
)
def test_what_the_protocol_cannot_mean_is_said(lines: str, said: str) -> None:
    with pytest.raises(ProtocolError) as error:
        parse(f'[study]\ntitle = "T"\n[target_trial]\n{lines}\n'.encode())
    assert said in str(error.value)
