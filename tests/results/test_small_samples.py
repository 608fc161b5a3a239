"""The rate of few patients against a natural rate, on counts worked out by hand."""

import pytest

from icans.errors import ProtocolError
from icans.figures.figure import Figure, LeftOut
from icans.figures.small_samples import small_samples as drawn
from icans.figures.stated import Stated
from icans.protocol import Protocol, parse
from icans.protocols.small_samples import SmallSamples
from icans.report.numbers import Numbers
from icans.report.small_samples import small_samples as written

UNIFORM = "uniform prior beta(1, 1)"
ASKED = {"natural_rate": 0.5, "natural_rate_source": "a cohort"}


def protocol(**more):
    return Protocol(study={"title": "Worked"}, small_samples=SmallSamples(**ASKED | more))


def of(study, outcomes):
    """Give the study patients with these outcomes: True or False, None without a line, 'lost' never seen again."""
    study.protocol = protocol()
    study.patients = [{"patient_id": f"Q{place}"} for place in range(len(outcomes))]
    study.infusions = [{"patient_id": f"Q{place}", "infusion": 1} for place in range(len(outcomes))]
    study.derived = {name: [] for name in study.derived}
    study.derived["endpoints"] = [
        {
            "patient_id": f"Q{place}",
            "infusion": 1,
            "episode": 1,
            "indication": "severe",
            "first_course_hour": 10.0,
            "remission": False if outcome == "lost" else outcome,
            "last_hour": 10.0 if outcome == "lost" else 90.0,
        }
        for place, outcome in enumerate(outcomes)
    ]
    return study


def rows(study):
    return {(r.variable, r.level, r.statistic): r for r in study.results() if r.analysis == "small_samples"}


def test_a_protocol_without_it_has_no_rows(worked):
    assert not rows(worked)


def test_three_of_four_under_a_uniform_prior(worked):
    found = rows(of(worked, [True, True, True, False]))
    # posterior beta(4, 2): mean 4/6; above 1/2 with 1 - (5 x 1/16 - 4 x 1/32) = 13/16
    assert found["remission", UNIFORM, "percent"].value == pytest.approx(100 * 4 / 6)
    assert found["remission", UNIFORM, "above_natural"].value == pytest.approx(100 * 13 / 16)
    assert found["ratio_to_natural", None, "ratio"].value == pytest.approx(1.5)
    assert found["ratio_to_natural", None, "e_value"].value == pytest.approx(1.5 + (1.5 * 0.5) ** 0.5)
    assert found["ratio_to_natural", None, "e_value_limit"].value == 1
    assert found["natural_rate", None, "percent"].value == 50
    assert found["missing_outcome", None, "tips"].reason == "no outcome is missing"


def test_missing_outcomes_are_counted_one_after_the_other(worked):
    found = rows(of(worked, [True] * 9 + [None, "lost"]))
    assert (found["missing_outcome", None, "n"].value, found["missing_outcome", None, "missing"].value) == (9, 2)
    assert found["missing_outcome", None, "missing"].patients == ("Q10", "Q9")
    # exact lower limits of 9, 10 and 11 of 11: 48.2%, 58.7%, 71.5%
    limits = [found["missing_outcome", f"{k} of 2", "ci_low"].value for k in (0, 1, 2)]
    assert limits == pytest.approx([48.22, 58.72, 71.51], abs=0.01)
    assert [found["missing_outcome", f"{k} of 2", "verdict"].value for k in (0, 1, 2)] == [0, 1, 1]
    assert found["missing_outcome", None, "tips"].value == 0


def test_nobody_is_no_rate_but_reasons(worked):
    found = rows(of(worked, []))
    assert found["remission", UNIFORM, "above_natural"].reason == "there is no patient"
    assert found["ratio_to_natural", None, "ratio"].value is None
    study = of(worked, [])
    assert isinstance(drawn(Stated(study.results()), study.protocol.small_samples, synthetic=False), LeftOut)
    assert written(Numbers(study.results()), study.protocol, [])


def test_the_section_and_the_figure_say_what_they_rest_on(worked):
    study = of(worked, [True] * 9 + [None, "lost"])
    results = study.results()
    figure = drawn(Stated(results), study.protocol.small_samples, synthetic=True)
    assert isinstance(figure, Figure)
    assert "as stated (a cohort)" in figure.caption
    assert "Synthetic" in str(figure.specification(validate=True))
    page = " ".join(map(str, written(Numbers(results), study.protocol, [])))
    assert "Nothing in this study checks that rate" in page
    assert "once <button" in page


def test_a_density_that_grows_without_end_leaves_the_others_readable(worked):
    figure = drawn(Stated(of(worked, [True] * 15).results()), protocol().small_samples, synthetic=False)
    uniform, jeffreys = (max(row["y"] for row in figure.rows[f"after_{place}"]) for place in (0, 1))
    assert uniform == pytest.approx(16, rel=0.05)  # beta(16, 1) at 100%
    assert jeffreys < 2 * uniform


def test_numbers_of_made_up_records_say_so(worked):
    study = of(worked, [True, False])
    study.protocol = Protocol(study={"title": "Worked", "synthetic": True}, small_samples=SmallSamples(**ASKED))
    assert all("is no evidence" in row.method for row in rows(study).values())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("natural_rate = 60\nnatural_rate_source = 'x'", "less than 1"),
        ("natural_rate = 0.6", "natural_rate_source is missing"),
        ("natural_rate = 0.6\nnatural_rate_source = 'x'\npriors = [[0, 1]]", "greater than 0"),
        ("natural_rate = 0.6\nnatural_rate_source = 'x'\nprior = [[1, 1]]", "Did you mean priors"),
    ],
)
def test_a_rate_that_cannot_be_meant_is_refused(text, said):
    with pytest.raises(ProtocolError) as refused:
        parse(f"[study]\ntitle = 't'\n[small_samples]\n{text}\n".encode())
    assert said in str(refused.value)
