from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from icans.stats.cloning import DAY, NEVER, NONE, TREAT, Eligible, share_left, weights
from icans.stats.competing_risks import aalen_johansen, incidence_at
from icans.stats.target_trial import Emulation, Truncation, emulate
from icans.stats.time_to_event import kaplan_meier, survival_at
from icans.stats.trial_effects import COMPETING, mean_days_difference, risk, risk_difference, risk_ratio
from icans.stats.weighted_incidence import weighted_incidence

CASES = json.loads((Path(__file__).parents[1] / "oracles" / "target_trial.json").read_text())["cases"]
PROBABILITY = 1e-8  # R's glm stops by the deviance, which leaves the coefficients their square root
CURVE = 1e-8  # the same through products of weights
SUM = 1e-12  # running sums in another order

WHOLE = Truncation(percentile=100.0, largest=1e6)


def once(eligible: Eligible, truncation: Truncation = WHOLE, samples: int = 1) -> Emulation:
    return emulate(eligible, truncation=truncation, samples=samples, seed=1)


def of_case(case: dict) -> Eligible:
    severity = np.array(case["severity"], dtype=float).reshape(len(case["end"]), -1)
    age = np.repeat(np.array(case["age"], dtype=float)[:, None], severity.shape[1], axis=1)
    return Eligible(
        patient=np.arange(len(case["end"])),
        end_hour=np.array(case["end"]),
        event=np.array(case["event"]),
        treated_hour=np.array([NEVER if hour is None else hour for hour in case["treated"]]),
        covariates=np.stack([severity, age], axis=2),
        names=("severity", "age"),
        grace_days=case["grace"],
        follow_up_days=case["follow_up"],
    )


def ward(
    patients: int,
    *,
    seed: int,
    grace_days: int = 3,
    follow_up_days: int = 10,
    effect: float = 0.0,
    lost: float = 0.03,
    every: int = 24,
) -> Eligible:
    """Give a cohort in which the sicker are treated, and remit later.

    Severity (0 to 3) wanders from day to day. The chance of remission falls with it, that of death and that of being
    treated rise with it; treatment adds `effect` to the logit of remission at later assessments. An assessment every
    so many hours comes before a treatment of the same hour.
    """
    chance = np.random.default_rng(seed)
    days = follow_up_days + 1
    severity = np.zeros((patients, days))
    severity[:, 0] = chance.integers(0, 4, patients)
    for day in range(1, days):
        step = chance.choice([-1, 0, 1], patients, p=[0.35, 0.4, 0.25])
        severity[:, day] = np.clip(severity[:, day - 1] + step, 0, 3)
    end, event = np.full(patients, DAY * follow_up_days + 1), np.zeros(patients, dtype=np.int64)
    treated = np.full(patients, NEVER)
    there = np.ones(patients, dtype=bool)

    def of_part(a_day: np.ndarray) -> np.ndarray:
        return there & (chance.random(patients) < 1 - (1 - a_day) ** (every / DAY))

    for hour in range(0, DAY * follow_up_days + 1, every):
        ill = severity[:, hour // DAY]
        if hour:
            remits = of_part(expit(-0.6 - 1.1 * ill + effect * (treated < hour)))
            there = there & ~remits
            dies = of_part(0.01 * ill)
            there = there & ~dies
            leaves = of_part(np.full(patients, lost))
            there = there & ~leaves
            for who, code in ((remits, 1), (dies, 2), (leaves, 0)):
                end[who], event[who] = hour + (code == 0), code
        begins = of_part(expit(-3.2 + 1.2 * ill)) & (treated == NEVER) & (hour < DAY * (grace_days + 2))
        treated[begins] = hour
    return Eligible(
        patient=np.arange(patients),
        end_hour=end,
        event=event,
        treated_hour=treated,
        covariates=severity[:, :grace_days, None],
        names=("severity",),
        grace_days=grace_days,
        follow_up_days=follow_up_days,
    )


def expit(value: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-value))


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_weights_and_curves_agree_with_glm_and_survfit_on_cloned_rows(case):
    eligible = of_case(case)
    emulation, every = once(eligible), np.ones(eligible.size)
    assert eligible.deciding.sum() == case["days"]
    np.testing.assert_allclose(emulation.probability[eligible.deciding], case["probability"], rtol=PROBABILITY)
    for name, strategy in (("treat", TREAT), ("none", NONE)):
        theirs, arm = case["arms"][name], emulation.arms[strategy]
        plain = weights(eligible, strategy, emulation.probability)
        days = {"follow_up_days": case["follow_up"]}
        for curve, expected in (
            (arm.curve, theirs),
            (arm.plain, theirs["plain"]),
            (weighted_incidence(arm.clones, plain, every, bound=case["cut"], **days), theirs["truncated"]),
        ):
            np.testing.assert_allclose(curve.outcome, expected["outcome"], rtol=CURVE, atol=1e-14)
            np.testing.assert_allclose(curve.competing, expected["competing"], rtol=CURVE, atol=1e-14)
        assert arm.clones.departed.sum() == theirs["left"]
        total = weighted_incidence(arm.clones, plain, every, **days).at_risk.sum()
        np.testing.assert_allclose(total, theirs["total"], rtol=CURVE)


def weight_by_hand(eligible: Eligible, emulation: Emulation, strategy: int, one: int, hour: int) -> float:
    """Weight of one clone at an hour it has reached; 0 where it was censored by departure before."""
    treated, deadline = int(eligible.treated_hour[one]), 24 * eligible.grace_days
    if strategy == TREAT:
        if hour < deadline:
            return 1.0
        if treated >= deadline:
            return 0.0
        return 1 / emulation.probability[one, -1] if treated >= deadline - 24 else 1.0
    if treated < min(hour, deadline):
        return 0.0
    weight = 1.0
    for day in range(eligible.grace_days):
        passed = min(max(hour - 24 * day, 0), 24) / 24
        if passed:
            weight *= (1 - emulation.probability[one, day]) ** -passed
    return weight


def by_hand(eligible: Eligible, emulation: Emulation, strategy: int) -> list[float]:
    """Incidence of the outcome by each day: every clone walked through every hour, a plain product over them."""
    free, incidence, by_day = 1.0, 0.0, []
    for hour in range(24 * eligible.follow_up_days + 1):
        at_risk, events = 0.0, [0.0, 0.0, 0.0]
        for one in range(eligible.size):
            end, event = int(eligible.end_hour[one]), int(eligible.event[one])
            if hour > end or (hour == end and event == 0):
                continue
            weight = weight_by_hand(eligible, emulation, strategy, one, hour)
            at_risk += weight
            if hour == end:
                events[event] += weight
        if at_risk:
            incidence += free * events[1] / at_risk
            free *= 1 - (events[1] + events[2]) / at_risk
        if hour % 24 == 0:
            by_day.append(incidence)
    return by_day


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("strategy", [TREAT, NONE])
def test_the_curve_is_what_walking_through_every_clone_gives(seed, strategy):
    eligible = ward(40, seed=seed, grace_days=1 + seed % 3, follow_up_days=5, every=(24, 6)[seed % 2])
    emulation = once(eligible)
    curve = emulation.arms[strategy].curve
    assert curve is not None, emulation.arms[strategy].reason
    np.testing.assert_allclose(curve.outcome, by_hand(eligible, emulation, strategy), rtol=SUM)


def plain_incidence(eligible: Eligible, who: np.ndarray, day: int) -> float:
    """Aalen-Johansen of some patients by a day; who was lost leaves before the hour in which nobody looked."""
    end = np.where(eligible.event > 0, eligible.end_hour, eligible.end_hour - 1)
    found = incidence_at(aalen_johansen(end[who], eligible.event[who]), [24 * day])[0].value
    return found or 0.0


def test_without_censoring_by_departure_it_is_the_plain_estimate():
    eligible = replace(ward(200, seed=3, every=6), treated_hour=np.full(200, NEVER))
    emulation = once(eligible, samples=50)
    everyone = np.ones(200, dtype=bool)
    for day in range(eligible.follow_up_days + 1):
        expected = plain_incidence(eligible, everyone, day)
        assert risk(emulation, NONE, day).value == pytest.approx(expected, rel=SUM, abs=SUM)
    one_event = replace(eligible, event=np.minimum(eligible.event, 1))
    end = np.where(one_event.event > 0, one_event.end_hour, one_event.end_hour - 1)
    survival = survival_at(kaplan_meier(end, one_event.event), [24 * 7])[0].value
    assert risk(once(one_event), NONE, 7).value == pytest.approx(1 - survival, rel=SUM)
    assert "nobody follows" in risk(emulation, TREAT, 7).reason
    assert "nobody follows" in risk_difference(emulation, 7).reason


@pytest.mark.parametrize("every", [24, 4])
def test_a_treatment_that_does_nothing_but_is_given_to_the_sicker_shows_no_effect(every):
    eligible = ward(1500, seed=11, every=every)
    emulation = once(eligible, samples=200)
    treated = eligible.begun.any(axis=1)
    naive = [plain_incidence(eligible, who, 7) for who in (treated, ~treated)]
    assert naive[0] - naive[1] < -0.15
    without = [arm.plain.outcome[7] for arm in emulation.arms]
    assert without[0] - without[1] < -0.08
    difference = risk_difference(emulation, 7)
    assert difference.low < 0 < difference.high
    assert abs(difference.value) < 0.06  # two standard errors of a cohort this size
    ratio, days = risk_ratio(emulation, 7), mean_days_difference(emulation, 10)
    assert ratio.low < 1 < ratio.high
    assert days.low < 0 < days.high


def test_the_mean_days_are_the_area_under_the_curve():
    eligible = ward(100, seed=1, every=6)
    emulation = once(eligible)
    areas = []
    for arm in emulation.arms:
        hours = np.unique(np.concatenate([[0, 120], arm.clones.last[(arm.clones.event > 0) & (arm.clones.last < 120)]]))
        by_hour = [sum(by_then(eligible, emulation, arm.clones.strategy, int(hour))) for hour in hours[:-1].tolist()]
        areas.append(float(np.diff(hours) @ by_hour) / 24)
    assert mean_days_difference(emulation, 5).value == pytest.approx(areas[NONE] - areas[TREAT], rel=1e-9)


def by_then(eligible: Eligible, emulation: Emulation, strategy: int, until: int) -> list[float]:
    """Steps of the incidence up to an hour."""
    free, steps = 1.0, []
    clones = emulation.arms[strategy].clones
    for hour in np.unique(clones.last[(clones.event > 0) & (clones.last <= until)]).tolist():
        weight = emulation.arms[strategy].weight.at(np.array([hour]))[:, 0] * (clones.last >= hour)
        events = [float(weight @ ((clones.last == hour) & (clones.event == kind))) for kind in (1, 2)]
        steps.append(free * events[0] / weight.sum())
        free *= 1 - sum(events) / weight.sum()
    return steps


def test_a_treatment_that_works_shows_it():
    difference = risk_difference(once(ward(1500, seed=11, effect=1.5, every=6), samples=100), 7)
    assert difference.low > 0.05


def test_stabilised_weights_average_one_among_those_left():
    eligible = ward(4000, seed=5, every=6)
    emulation = once(eligible)
    for arm in emulation.arms:
        left = arm.clones.last >= eligible.deadline
        assert arm.weight.last[left].mean() == pytest.approx(1.0, abs=0.2)  # the sick, who weigh more, stay longer


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


FIELDS = ("patient", "end_hour", "event", "treated_hour", "covariates")


def test_the_order_of_the_episodes_does_not_matter():
    eligible = ward(60, seed=4)
    order = np.random.default_rng(1).permutation(60)
    shuffled = replace(eligible, **{name: getattr(eligible, name)[order] for name in FIELDS})
    np.testing.assert_allclose(once(eligible, samples=20).samples, once(shuffled, samples=20).samples, rtol=1e-9)


def test_the_interval_resamples_patients_and_not_their_episodes():
    eligible = ward(300, seed=9)
    doubled = replace(eligible, **{name: np.concatenate([getattr(eligible, name)] * 2) for name in FIELDS})
    one, two = (risk(once(e, samples=100), NONE, 7) for e in (eligible, doubled))
    assert two.value == pytest.approx(one.value, rel=1e-9)
    assert (two.low, two.high) == pytest.approx((one.low, one.high), rel=1e-9)


def told_apart(eligible: Eligible) -> np.ndarray:
    at_once = (eligible.treated_hour == 0)[:, None, None]
    return np.where(at_once, 5.0, 1.0) * np.ones((1, eligible.grace_days, 1))


@pytest.mark.parametrize(
    ("changed", "strategy", "reason"),
    [
        (lambda e: {"treated_hour": np.zeros(e.size, dtype=int)}, NONE, "nobody follows"),
        (lambda e: {"treated_hour": np.full(e.size, NEVER)}, TREAT, "nobody follows"),
        (lambda e: {"treated_hour": np.where(e.treated_hour >= 48, NEVER, e.treated_hour)}, TREAT, "last day of the"),
        (lambda e: {"event": np.zeros(e.size, dtype=int)}, NONE, "no clone had the outcome"),
        (lambda e: {"covariates": told_apart(e)}, NONE, "separation"),
        (lambda e: {"treated_hour": np.where(e.covariates[:, 0, 0] == 3, 0, NEVER)}, NONE, "separation"),
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
    arm = once(eligible, Truncation(percentile=90.0)).arms[TREAT]
    assert arm.truncated.max() == arm.bound < arm.weight.last.max()
    last = arm.weight.last[~arm.clones.departed]
    assert 0.02 < (last > arm.bound).mean() <= 0.1
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
    assert emulation.odds_ratios.keys() == {"severity"}
    np.testing.assert_allclose(emulation.arms[NONE].curve.outcome, once(eligible).arms[NONE].curve.outcome, rtol=1e-9)


def test_the_competing_event_and_the_end_of_follow_up_are_reported():
    eligible = ward(300, seed=2)
    emulation = once(eligible, samples=50)
    dead = risk(emulation, NONE, 10, kind=COMPETING)
    assert 0 < dead.low < dead.value < dead.high < 0.3
    late = eligible.end_hour > 24 * 4
    short = replace(
        eligible, end_hour=np.minimum(eligible.end_hour, 24 * 4 + 1), event=np.where(late, 0, eligible.event)
    )
    assert risk(once(short), NONE, 4).value is not None
    assert risk(once(short), NONE, 7).reason == "nobody was followed so long"
    # on day 0 nobody has had the outcome: a risk, and nothing to divide by
    assert risk(emulation, NONE, 0).value == 0
    assert risk_ratio(emulation, 0).reason.endswith("so that there is nothing to divide by")


def test_a_patient_treated_on_the_last_day_stands_for_those_left_untreated():
    # grace period of two days; four untreated patients come to the second, two are treated on it, all with chance 1/2
    eligible = Eligible(
        patient=np.arange(6),
        end_hour=np.array([121, 121, 72, 96, 121, 50]),
        event=np.array([0, 0, 1, 1, 0, 1]),
        treated_hour=np.array([0, 5, 24, 36, NEVER, NEVER]),
        covariates=np.zeros((6, 2, 0)),
        names=(),
        grace_days=2,
        follow_up_days=5,
    )
    probability = np.full((6, 2), 0.5)
    np.testing.assert_allclose(weights(eligible, TREAT, probability).last[:4], [1, 1, 2, 2])
    np.testing.assert_allclose(share_left(eligible, TREAT, np.ones(6)), [1, 4 / 6])
    # left untreated through both days: twice two; half-way through the second, two and its square root
    none = weights(eligible, NONE, probability)
    np.testing.assert_allclose(none.at(np.array([0, 24, 36, 48]))[4], [1, 2, 2 * 2**0.5, 4])
    np.testing.assert_allclose(share_left(eligible, NONE, np.ones(6)), [4 / 6, 2 / 6])


def test_who_leaves_untreated_within_a_day_counts_for_the_part_of_it():
    eligible = Eligible(
        patient=np.arange(4),
        end_hour=np.array([12, 30, 6, 100]),
        event=np.array([1, 1, 1, 0]),
        treated_hour=np.array([NEVER, 20, 6, 50]),
        covariates=np.zeros((4, 2, 0)),
        names=(),
        grace_days=2,
        follow_up_days=5,
    )
    # untreated for half of the first day; treated on it; event first at the hour of treatment; untreated on both
    np.testing.assert_allclose(eligible.exposure, [[0.5, 0], [1, 0], [0.25, 0], [1, 1]])
    np.testing.assert_array_equal(eligible.begun, [[0, 0], [1, 0], [0, 0], [0, 0]])


def test_a_day_on_which_everyone_left_is_treated_leaves_the_days_before_it():
    eligible = Eligible(
        patient=np.arange(4),
        end_hour=np.array([5, 121, 121, 121]),
        event=np.array([1, 0, 0, 0]),
        treated_hour=np.array([NEVER, 2, 30, 40]),
        covariates=np.zeros((4, 2, 0)),
        names=(),
        grace_days=2,
        follow_up_days=5,
    )
    cut = once(eligible, Truncation()).arms[NONE]
    # at hour 5 three of four are untreated, all with the same weight
    np.testing.assert_allclose(cut.curve.outcome[:2], [0, 1 / 3])
    np.testing.assert_array_equal(cut.curve.outcome, once(eligible).arms[NONE].curve.outcome)
    assert cut.share.min() > 0
