"""Who stands behind a count, and of how many it is a count."""

from tests.results.conftest import episode, grade, treated

from icans.protocol import Protocol


def index(results):
    return {
        (row.variable, row.statistic, row.level): row for row in results if row.analysis in {"population", "biomarkers"}
    }


def test_a_grade_from_before_infusion_makes_nobody_a_patient_with_icans(worked):
    worked.derived["grades"] += [grade("P4", -24, 2), grade("P5", -24, 2)]
    worked.derived["episodes"] += [episode(who, 1, -24, -24, 48, resolved=True) for who in ("P4", "P5")]
    found = index(worked.results())
    assert found["with_icans", "n", None].patients == ("P1", "P2", "P3")
    assert found["without_icans", "n", "no ICANS observed"].patients == ("P4",)
    assert found["without_icans", "n", "no ICANS assessment"].patients == ("P5",)


def test_who_was_treated_in_an_episode_from_before_infusion_is_in_every_step_up_to_treated(worked):
    worked.derived["grades"].append(grade("P5", -24, 2))
    worked.derived["episodes"].append(episode("P5", 1, -24, -24, 48, resolved=True))
    worked.derived["endpoints"].append(treated("P5", None, -12, 12, 1, remission=None, last=-24))
    found = index(worked.results())
    assert found["with_icans", "n", None].patients == found["treated", "n", None].patients == ("P1", "P2", "P3", "P5")


def test_the_severe_are_among_those_with_icans_where_less_is_called_severe_than_an_onset(worked):
    worked.protocol = Protocol(study={"title": "Worked"}, episodes={"onset_grade": 4}, population={"severe_grade": 1})
    worked.derived["grades"].append(grade("P4", 30, 2))
    found = index(worked.results())
    assert found["severe", "n", None].patients == found["with_icans", "n", None].patients == ("P1", "P2", "P3")


def test_open_grades_are_counted_of_all_that_were_compared(worked):
    worked.derived["grades"].append(grade("P6", 72, None, 2, 4, recorded=2))
    found = {row.statistic: row for row in worked.results() if row.variable == "icans_grade" and row.level is None}
    assert (found["n"].n, found["open"].value, found["open"].n) == (6, 1, 7)
