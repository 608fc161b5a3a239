from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from icans.stats.cloning import NEVER, NONE, TREAT, Eligible, share_left, weights
from icans.stats.competing_risks import aalen_johansen, incidence_at
from icans.stats.target_trial import Emulation, Truncation, emulate
from icans.stats.time_to_event import kaplan_meier, survival_at
from icans.stats.trial_effects import COMPETING, mean_days_difference, risk, risk_difference, risk_ratio

CASES = json.loads((Path(__file__).parents[1] / "oracles" / "target_trial.json").read_text())["cases"]
PROBABILITY = 1e-8  # R's glm stops by the deviance, which leaves the coefficients their square root
CURVE = 1e-8  # the same through products of weights
SUM = 1e-12  # running sums in another order

WHOLE = Truncation(percentile=100.0, largest=1e6)


def once(eligible: Eligible, truncation: Truncation = WHOLE, samples: int = 1) -> Emulation:
    return emulate(eligible, truncation=truncation, samples=samples, seed=1)


def of_case(case: dict) -> Eligible:
    severity = np.array(case["severity"], dtype=float)
    age = np.repeat(np.array(case["age"], dtype=float)[:, None], severity.shape[1], axis=1)
    treated = [NEVER if day is None else day for day in case["treated"]]
    return Eligible(
        patient=np.arange(len(case["end"])),
        end_day=np.array(case["end"]),
        event=np.array(case["event"]),
        treated_day=np.array(treated),
        treated_first=np.array(case["first"], dtype=bool),
        covariates=np.stack([severity, age], axis=2),
        names=("severity", "age"),
        grace_days=case["grace"],
        follow_up_days=case["follow_up"],
    )


def ward(
    patients: int, *, seed: int, grace_days: int = 2, follow_up_days: int = 10, effect: float = 0.0, lost: float = 0.03
) -> Eligible:
    """Give a cohort in which the sicker are treated, and remit later.

    Severity (0 to 3) wanders from day to day. The chance of remission on a day falls with it, that of death and that of
    being treated rise with it; treatment adds `effect` to the logit of remission from the next day on. The treatment
    never works on the day it is given, and an assessment comes before it.
    """
    chance = np.random.default_rng(seed)
    days = follow_up_days + 1
    severity = np.zeros((patients, days))
    severity[:, 0] = chance.integers(0, 4, patients)
    end, event = np.full(patients, follow_up_days), np.zeros(patients, dtype=np.int64)
    treated = np.full(patients, NEVER)
    there = np.ones(patients, dtype=bool)
    for day in range(days):
        if day:
            step = chance.choice([-1, 0, 1], patients, p=[0.35, 0.4, 0.25])
            severity[:, day] = np.clip(severity[:, day - 1] + step, 0, 3)
            given = treated < day
            remits = there & (chance.random(patients) < expit(-0.6 - 1.1 * severity[:, day] + effect * given))
            dies = there & ~remits & (chance.random(patients) < 0.01 * severity[:, day])
            for who, code in ((remits, 1), (dies, 2)):
                end[who], event[who] = day, code
                there &= ~who
        if day <= grace_days + 2:
            begins = there & (treated == NEVER) & (chance.random(patients) < expit(-3.2 + 1.2 * severity[:, day]))
            treated[begins] = day
        if day:
            leaves = there & (chance.random(patients) < lost)
            end[leaves] = day
            there &= ~leaves
    return Eligible(
        patient=np.arange(patients),
        end_day=end,
        event=event,
        treated_day=treated,
        treated_first=np.zeros(patients, dtype=bool),
        covariates=severity[:, : grace_days + 1, None],
        names=("severity",),
        grace_days=grace_days,
        follow_up_days=follow_up_days,
    )


def expit(value: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-value))


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_weights_and_curves_agree_with_glm_and_survfit_on_cloned_rows(case):
    eligible = of_case(case)
    emulation, cut = once(eligible), once(eligible, Truncation(at=1.5))
    assert eligible.deciding.sum() == case["decisions"]
    np.testing.assert_allclose(emulation.probability[eligible.deciding], case["probability"], rtol=PROBABILITY)
    for name, strategy in (("treat", TREAT), ("none", NONE)):
        theirs, arm = case["arms"][name], emulation.arms[strategy]
        for curve, expected in (
            (arm.curve, theirs),
            (arm.unweighted, theirs["unweighted"]),
            (cut.arms[strategy].curve, theirs["truncated"]),
        ):
            np.testing.assert_allclose(curve.outcome, expected["outcome"], rtol=CURVE, atol=1e-14)
            np.testing.assert_allclose(curve.competing, expected["competing"], rtol=CURVE, atol=1e-14)
        assert int((arm.clones.last + 1).sum()) == theirs["rows"]
        np.testing.assert_allclose(total_weight(arm), theirs["stable"], rtol=CURVE)


def total_weight(arm) -> float:
    """Sum the weights of every clone over the moments at which it is at risk."""
    total, days = 0.0, arm.weight.shape[1]
    for clone, last in enumerate(arm.clones.last.tolist()):
        total += 1 + sum(arm.weight[clone, min((moment - 1) // 2, days - 1)] for moment in range(1, last + 1))
    return total


def weight_by_hand(eligible: Eligible, emulation: Emulation, strategy: int, one: int, moment: int) -> float:
    """Weight of one clone at a moment it has reached; 0 where it was censored by departure before."""
    weight, treated = 1.0, int(eligible.treated_day[one])
    for day in range(min((moment + 1) // 2, eligible.grace_days + 1)):
        p = emulation.probability[one, day]
        if treated < day:
            continue
        if strategy == NONE:
            weight = 0.0 if treated == day else weight / (1 - p)
        elif day == eligible.grace_days:
            weight = weight / p if treated == day else 0.0
        if weight == 0:
            break
    return weight


def by_hand(eligible: Eligible, emulation: Emulation, strategy: int) -> list[float]:
    """Incidence of the outcome by each day: every clone walked through every moment, a plain product over them."""
    free, incidence, by_day = 1.0, 0.0, []
    for moment in range(2 * eligible.follow_up_days + 2):
        at_risk, events = 0.0, [0.0, 0.0, 0.0]
        for one in range(eligible.size):
            treated, end, event = (int(a[one]) for a in (eligible.treated_day, eligible.end_day, eligible.event))
            after = event == 0 or (treated == end and bool(eligible.treated_first[one]))
            last = 2 * end + (1 if after else 0)
            if last < moment:
                continue
            weight = weight_by_hand(eligible, emulation, strategy, one, moment)
            at_risk += weight
            if last == moment:
                events[event] += weight
        if at_risk:
            incidence += free * events[1] / at_risk
            free *= 1 - (events[1] + events[2]) / at_risk
        if moment % 2:
            by_day.append(incidence)
    return by_day


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("strategy", [TREAT, NONE])
def test_the_curve_is_what_walking_through_every_clone_gives(seed, strategy):
    eligible = ward(40, seed=seed, grace_days=seed % 3, follow_up_days=6)
    rng = np.random.default_rng(seed)
    eligible = replace(eligible, treated_first=rng.random(40) < 0.5)
    emulation = once(eligible)
    curve = emulation.arms[strategy].curve
    assert curve is not None, emulation.arms[strategy].reason
    np.testing.assert_allclose(curve.outcome, by_hand(eligible, emulation, strategy), rtol=SUM)


def test_without_censoring_by_departure_it_is_the_plain_estimate():
    eligible = replace(ward(200, seed=3), treated_day=np.full(200, NEVER))
    emulation = once(eligible, samples=50)
    plain = aalen_johansen(eligible.end_day, eligible.event)
    for day in range(eligible.follow_up_days + 1):
        expected = incidence_at(plain, [day])[0].value or 0.0
        assert risk(emulation, NONE, day).value == pytest.approx(expected, rel=SUM, abs=SUM)
    one_event = replace(eligible, event=np.minimum(eligible.event, 1))
    survival = survival_at(kaplan_meier(one_event.end_day, one_event.event), [7])[0].value
    assert risk(once(one_event), NONE, 7).value == pytest.approx(1 - survival, rel=SUM)
    assert "nobody follows" in risk(emulation, TREAT, 7).reason
    assert "nobody follows" in risk_difference(emulation, 7).reason


def test_a_treatment_that_does_nothing_but_is_given_to_the_sicker_shows_no_effect():
    eligible = ward(1500, seed=11)
    emulation = once(eligible, samples=200)
    treated = eligible.treated_day <= eligible.grace_days
    naive = [
        incidence_at(aalen_johansen(eligible.end_day[w], eligible.event[w]), [7])[0].value for w in (treated, ~treated)
    ]
    assert naive[0] - naive[1] < -0.15
    unweighted = [arm.unweighted.outcome[7] for arm in emulation.arms]
    assert unweighted[0] - unweighted[1] < -0.08
    difference = risk_difference(emulation, 7)
    assert difference.low < 0 < difference.high
    assert abs(difference.value) < 0.06  # three standard errors of a cohort this size
    ratio, days = risk_ratio(emulation, 7), mean_days_difference(emulation, 10)
    assert ratio.low < 1 < ratio.high
    assert days.low < 0 < days.high


def test_a_treatment_that_works_shows_it():
    difference = risk_difference(once(ward(1500, seed=11, effect=1.5), samples=100), 7)
    assert difference.low > 0.05


def test_stabilised_weights_average_one_among_those_left():
    eligible = ward(4000, seed=5)
    emulation = once(eligible)
    for arm in emulation.arms:
        left = ~arm.clones.departed & eligible.present[:, -1]
        assert arm.weight[left, -1].mean() == pytest.approx(1.0, abs=0.08)  # 4,000 patients, weights to about 15


def test_the_same_seed_gives_the_same_samples_whatever_the_processes(monkeypatch):
    monkeypatch.setattr("icans.stats.target_trial.MANY_DECISIONS", 0)
    eligible, told = ward(80, seed=2), []
    alone, shared = (
        emulate(eligible, truncation=WHOLE, samples=24, seed=7, processes=n, progress=told.append) for n in (1, 2)
    )
    np.testing.assert_array_equal(alone.samples, shared.samples)
    assert told[:24] == list(range(1, 25))
    assert told[-1] == 24
    other = emulate(eligible, truncation=WHOLE, samples=24, seed=8)
    assert not np.array_equal(alone.samples, other.samples, equal_nan=True)


def test_the_order_of_the_episodes_does_not_matter():
    eligible = ward(60, seed=4)
    order = np.random.default_rng(1).permutation(60)
    fields = ("patient", "end_day", "event", "treated_day", "treated_first", "covariates")
    shuffled = replace(eligible, **{name: getattr(eligible, name)[order] for name in fields})
    np.testing.assert_allclose(once(eligible, samples=20).samples, once(shuffled, samples=20).samples, rtol=1e-9)


def test_the_interval_resamples_patients_and_not_their_episodes():
    eligible = ward(300, seed=9)
    fields = ("end_day", "event", "treated_day", "treated_first", "covariates", "patient")
    doubled = replace(eligible, **{name: np.concatenate([getattr(eligible, name)] * 2) for name in fields})
    one, two = (risk(once(e, samples=100), NONE, 7) for e in (eligible, doubled))
    assert two.value == pytest.approx(one.value, rel=1e-9)
    assert (two.low, two.high) == pytest.approx((one.low, one.high), rel=1e-9)


@pytest.mark.parametrize(
    ("changed", "strategy", "reason"),
    [
        (lambda e: {"treated_day": np.zeros(e.size, dtype=int)}, NONE, "nobody follows"),
        (lambda e: {"treated_day": np.full(e.size, NEVER)}, TREAT, "nobody follows"),
        (lambda e: {"treated_day": np.where(e.treated_day == 2, NEVER, e.treated_day)}, TREAT, "last day of the grace"),
        (lambda e: {"event": np.zeros(e.size, dtype=int)}, NONE, "no clone had the outcome"),
        (
            lambda e: {"covariates": np.where(e.treated_day == 0, 5.0, 1.0)[:, None, None] * np.ones((1, 3, 1))},
            NONE,
            "",
        ),
        (lambda e: {"treated_day": np.where(e.covariates[:, 0, 0] == 3, 0, NEVER)}, NONE, "separation"),
    ],
    ids=["all treated", "none treated", "none on the last day", "no event", "told apart", "perfectly separated"],
)
def test_what_has_broken_down_gives_a_reason_and_no_number(changed, strategy, reason):
    eligible = ward(120, seed=6)
    emulation = once(replace(eligible, **changed(eligible)))
    estimate = risk(emulation, strategy, 7)
    assert estimate.value is None
    assert reason in estimate.reason


def test_weights_above_the_bound_are_refused_and_above_the_percentile_cut():
    eligible = ward(300, seed=8)
    refused = once(eligible, Truncation(percentile=100.0, largest=2.0))
    assert "the largest weight is" in risk(refused, TREAT, 7).reason
    cut = once(eligible, Truncation(percentile=90.0))
    arm = cut.arms[TREAT]
    assert arm.truncated.max() == arm.bound < arm.weight.max()
    last = arm.weight[~arm.clones.departed, -1]
    assert 0.05 < (last > arm.bound).mean() <= 0.1
    stated = once(eligible, Truncation(at=1.2))
    assert stated.arms[TREAT].truncated.max() == 1.2


def test_a_covariate_without_variation_is_left_out_and_named():
    eligible = ward(150, seed=1)
    constant = np.full((150, 3, 1), 4.0)
    again = 2 * eligible.covariates + 1
    wide = replace(
        eligible,
        covariates=np.concatenate([eligible.covariates, constant, again], axis=2),
        names=("severity", "constant", "again"),
    )
    emulation = once(wide)
    assert emulation.left_out == {
        "constant": "it is the same for everyone on every day",
        "again": "it says nothing that is not known from day of the grace period, its square, severity, constant",
    }
    np.testing.assert_allclose(emulation.arms[NONE].curve.outcome, once(eligible).arms[NONE].curve.outcome, rtol=1e-9)


def test_the_competing_event_and_the_end_of_follow_up_are_reported():
    eligible = ward(300, seed=2)
    emulation = once(eligible, samples=50)
    dead = risk(emulation, NONE, 10, kind=COMPETING)
    assert 0 < dead.low < dead.value < dead.high < 0.3
    short = replace(
        eligible, end_day=np.minimum(eligible.end_day, 4), event=np.where(eligible.end_day <= 4, eligible.event, 0)
    )
    assert risk(once(short), NONE, 4).value is not None
    assert risk(once(short), NONE, 7).reason == "nobody was followed so long"


def test_a_patient_treated_on_the_last_day_stands_for_those_left_untreated():
    # grace period of one day; four patients decide on day 1 with probability one half, two are treated
    eligible = Eligible(
        patient=np.arange(6),
        end_day=np.array([5, 5, 3, 4, 5, 2]),
        event=np.array([0, 0, 1, 1, 0, 1]),
        treated_day=np.array([0, 0, 1, 1, NEVER, NEVER]),
        treated_first=np.zeros(6, dtype=bool),
        covariates=np.zeros((6, 2, 0)),
        names=(),
        grace_days=1,
        follow_up_days=5,
    )
    probability = np.full((6, 2), 0.5)
    np.testing.assert_allclose(weights(eligible, TREAT, probability)[:4, 1], [1, 1, 2, 2])
    np.testing.assert_allclose(share_left(eligible, TREAT, np.ones(6)), [1, 4 / 6])
    # left untreated on both days: twice two
    np.testing.assert_allclose(weights(eligible, NONE, probability)[4:, 1], [4, 4])
    np.testing.assert_allclose(share_left(eligible, NONE, np.ones(6)), [4 / 6, 2 / 6])
