"""Simulated trial patients, brought through the pipeline once: from bedside records to remission and its time."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from icans.derive.endpoints import evaluable
from icans.engines import connect
from icans.errors import CallError
from icans.results.columns import collected
from icans.simulate import simulate
from icans.simulate.parameters import Parameters
from icans.stats.arrays import Counts, Floats
from icans.stats.competing_risks import aalen_johansen, median_incidence
from icans.study import Study

PILOT = 8_192
"""Patients behind each step towards the stated rate or median: two blocks."""
ENROLMENT_HOURS = 8.0
"""From reaching grade 3 to the first course: an assessment lies between."""

Step = Callable[[str], None]


@dataclass(frozen=True)
class Outcomes:
    """The evaluable patients of a cohort as arrays, one entry each, in the order they were simulated.

    Parameters
    ----------
    remission
        Whether remission was seen; false also where no finish line applies.
    days, event
        From the first course to remission (1), death without it (2) or the last assessment (0); NaN and 0 where
        nothing was assessed.
    simulated
        Patients simulated, evaluable or not.
    """

    remission: NDArray[np.bool_]
    days: Floats
    event: Counts
    simulated: int

    @property
    def size(self) -> int:
        """Evaluable patients."""
        return int(self.remission.size)

    @property
    def rate(self) -> float:
        """Share of the evaluable patients in remission."""
        return float(self.remission.mean())

    @property
    def median_days(self) -> float | None:
        """Median days to remission of all evaluable patients, death competing."""
        known = ~np.isnan(self.days)
        return median_incidence(aalen_johansen(self.days[known], self.event[known])).value


def trial_parameters(base: Parameters) -> Parameters:
    """Give the parameters of patients who enter a trial: severe ICANS, a first course some hours after grade 3.

    A patient of a control arm has a first course too, without effect, so that both arms are counted from the same hour
    by the same rules (docs/decisions/0120-power-by-the-pipeline.md).

    Raises
    ------
    CallError
        With these parameters nobody has severe ICANS.
    """
    severe = sum(base.icans_peak_grades[2:])
    if severe <= 0:
        raise CallError("With these parameters nobody has ICANS of grade 3 or 4.", "Change icans_peak_grades.")
    third, fourth = (share / severe for share in base.icans_peak_grades[2:])
    return replace(
        base,
        crs_probability=0.0,
        icans_probability=1.0,
        icans_peak_grades=(0.0, 0.0, third, fourth),
        treatment_hazard=(0.0, 0.0, 0.0, 0.0),
        treatment_by_hours=ENROLMENT_HOURS,
        treatment_by_grade=3,
        untreated_arm=0.0,
        csf_probability=0.0,
        observed_days=0.5,
    )


def outcomes(truth: Parameters, patients: int, seed: int, step: Step = lambda _: None) -> Outcomes:
    """Simulate a cohort, derive it once by the study pipeline, and give what became of its evaluable patients."""
    with tempfile.TemporaryDirectory(prefix="icans-power-") as scratch:
        place = Path(scratch)
        simulate(place / "cohort", patients=patients, seed=seed, parameters=truth, step=step)
        engine = connect(scratch=place)
        try:
            study = Study.read(place / "cohort", engine)
            derived = study.derive(place / "derived", step)
            treated = evaluable(derived["endpoints"], indications=study.protocol.population.indications)
            times = derived["survival"]
            times = times.filter(times.endpoint == "remission")
            joined = treated.left_join(times, ["patient_id", "infusion"])
            table = joined.select("patient_id", "remission", "time_days", "event")
            columns = collected(engine, table, order=("patient_id",))
        finally:
            engine.close()
    event = np.nan_to_num(columns["event"], nan=0.0).astype(np.int64)
    return Outcomes(columns["remission"] == 1, columns["time_days"], event, patients)


class Calibration:
    """Finds parameters under which the pipeline sees a stated remission rate or median time.

    Parameters
    ----------
    base
        Parameters of trial patients.
    seed
        Seed of the cohorts it tries.
    step
        Told what is tried.
    pilot
        Patients of each cohort it tries.
    """

    def __init__(self, base: Parameters, seed: int, step: Step, *, pilot: int = PILOT) -> None:
        self._pilot = pilot
        self._base = base
        self._seed = seed
        self._step = step
        self._highest: float | None = None

    def for_rate(self, rate: float) -> Parameters:
        """Let so many patients never recover that the pipeline sees the stated share in remission.

        Raises
        ------
        CallError
            Even where everyone recovers fewer are seen in remission.
        """
        if self._highest is None:
            self._highest = self._tried(self._persistent(0.0)).rate
        highest = self._highest
        if rate > highest:
            raise CallError(
                f"A remission rate of {rate:g} cannot be simulated with these parameters: where everybody recovers, "
                f"{highest:.3f} are seen in remission, the others die or are lost first.",
                "Change the parameters (os_median_months, icans_death), or use --replicates 0.",
            )
        first = 1 - rate / highest
        seen = self._tried(self._persistent(first)).rate
        slope = (highest - seen) / first if first > 0 else 0.0
        share = first + (seen - rate) / slope if slope > 0 else 0.0
        return self._persistent(float(np.clip(share, 0.0, 1.0)))

    def for_medians(self, control: float, treated: float) -> tuple[Parameters, Parameters]:
        """Slow recovery down or speed it up until the pipeline sees the median of the control arm, then of the other.

        Raises
        ------
        CallError
            Fewer than half ever reach remission with these parameters.
        """

        def slowed(factor: float) -> Parameters:
            return replace(
                self._base,
                treatment_effect=0.0,
                plateau_hours=self._base.plateau_hours * factor,
                recovery_hours=self._base.recovery_hours * factor,
            )

        def sped(factor: float) -> Parameters:
            return replace(slow, treatment_effect=1 / factor - 1)

        slow = slowed(self._factor(slowed, control, control / self._median(slowed(1.0)), 1.0))
        return slow, sped(min(self._factor(sped, treated, treated / control, 1.0), 1.0))

    def _factor(self, truth: Callable[[float], Parameters], wanted: float, guess: float, first: float) -> float:
        """Find by two steps on logarithms the factor under which the median is as wanted."""
        factors, medians = [first], [self._median(truth(first))]
        for _ in range(3):
            factors.append(guess)
            medians.append(self._median(truth(guess)))
            run = np.log(factors[-1] / factors[-2])
            rise = np.log(medians[-1] / medians[-2])
            if abs(rise) < 1e-9 or abs(np.log(wanted / medians[-1])) < 0.01:
                break
            guess = float(guess * np.exp(np.log(wanted / medians[-1]) * run / rise))
        return guess

    def _median(self, truth: Parameters) -> float:
        median = self._tried(truth).median_days
        if median is None:
            raise CallError(
                "With these parameters fewer than half of the patients reach remission, so there is no median time.",
                "Lower persistent_probability.",
            )
        return median

    def _persistent(self, share: float) -> Parameters:
        return replace(self._base, persistent_probability=share)

    def _tried(self, truth: Parameters) -> Outcomes:
        return outcomes(truth, self._pilot, self._seed, lambda _: self._step("finding parameters"))
