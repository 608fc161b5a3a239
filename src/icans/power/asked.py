"""What a user asks of `icans power`, and what of it cannot be meant."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from icans.errors import CallError, nearest
from icans.simulate.parameters import Parameters
from icans.simulate.parameters_file import read_parameters

DESIGNS = ("single-arm", "simon", "two-arm")
ENDPOINTS = ("remission", "time")
MOST_PATIENTS = 1000
"""Largest trial, or arm, that is described."""
MOST_AN_ARM = 400
"""Largest arm for which every table of two arms is counted."""
MOST_REPLICATES = 20_000
LONGEST_MEDIAN = 20.0
"""Longest median time to remission in days: simulated patients are followed for 30."""


@dataclass(frozen=True)
class Asked:
    """A trial whose chances are asked for.

    Parameters
    ----------
    design
        ``single-arm``, ``simon`` or ``two-arm``.
    lower, upper
        The remission rates (0 to 1) that the trial is to tell apart: null and alternative of one arm, control and
        treated of two. For ``endpoint`` time the medians in days of the control and of the treated arm.
    endpoint
        ``remission``, or with two arms ``time`` to remission.
    alpha
        Chance of a false positive result that is allowed: one-sided with one arm, two-sided with two.
    power
        Chance of a positive result that is asked for.
    patients
        Patients in all with one arm, an arm with two; None: as few as give the power.
    replicates
        Simulated trials; 0: exact chances alone.
    seed
        Seed of the simulation.
    parameters
        The truth behind the simulated patients, but for what the trial fixes.
    """

    design: str
    lower: float
    upper: float
    endpoint: str = "remission"
    alpha: float = 0.05
    power: float = 0.8
    patients: int | None = None
    replicates: int = 1000
    seed: int = 1
    parameters: Parameters = field(default_factory=Parameters)

    @property
    def two_arms(self) -> bool:
        """There is a control arm."""
        return self.design == "two-arm"

    @property
    def by_time(self) -> bool:
        """The endpoint is time to remission."""
        return self.endpoint == "time"


def asked(
    design: str,
    *,
    null: float | None,
    alternative: float | None,
    control: float | None,
    treated: float | None,
    endpoint: str,
    alpha: float,
    power: float,
    patients: int | None,
    replicates: int,
    seed: int,
    parameters: Path | None,
) -> Asked:
    """Check what was asked.

    Raises
    ------
    CallError
        Something is missing, does not go with the design, or cannot be meant.
    """
    two_arms, by_time = design == "two-arm", endpoint == "time"
    _check_design(design, endpoint, patients)
    names, values = (("--control", "--treated"), (control, treated)) if two_arms else _single(null, alternative)
    others = (null, alternative) if two_arms else (control, treated)
    if any(other is not None for other in others):
        raise CallError(f"--design {design} takes {names[0]} and {names[1]} alone.")
    lower, upper = values
    if lower is None or upper is None:
        example = "--control 0.6 --treated 0.85" if two_arms else "--null 0.6 --alternative 0.9"
        raise CallError(f"--design {design} needs {names[0]} and {names[1]}.", f"For example: {example}")
    (_check_days if by_time else _check_rates)(lower, upper, names)
    _check_chances(alpha, power)
    if not (replicates == 0 or 100 <= replicates <= MOST_REPLICATES):
        raise CallError(f"--replicates is 0, or between 100 and {MOST_REPLICATES:,} (it is {replicates}).")
    if by_time and replicates == 0:
        raise CallError("The power of a comparison of times has no exact formula here.", "Leave out --replicates 0.")
    if seed < 0:
        raise CallError(f"A seed is 0 or more (it is {seed}).")
    truth = read_parameters(parameters) if parameters else Parameters()
    return Asked(design, lower, upper, endpoint, alpha, power, patients, replicates, seed, truth)


def _check_design(design: str, endpoint: str, patients: int | None) -> None:
    if design not in DESIGNS:
        raise CallError(f"There is no design {design}.", nearest(design, DESIGNS))
    if endpoint not in ENDPOINTS:
        raise CallError(f"There is no endpoint {endpoint}.", nearest(endpoint, ENDPOINTS))
    if endpoint == "time" and design != "two-arm":
        raise CallError("Time to remission is compared between two arms.", "Use --design two-arm, or leave --endpoint.")
    if design == "simon" and patients is not None:
        raise CallError(
            "A two-stage design is searched for; its patients cannot be given.",
            "Leave out --patients, or use --design single-arm.",
        )
    most = MOST_PATIENTS if design == "single-arm" or endpoint == "time" else MOST_AN_ARM
    if patients is not None and not 2 <= patients <= most:
        raise CallError(f"--patients lies between 2 and {most:,} (it is {patients}).")


def _single(null: float | None, alternative: float | None) -> tuple[tuple[str, str], tuple[float | None, float | None]]:
    return ("--null", "--alternative"), (null, alternative)


def _check_rates(lower: float, upper: float, names: tuple[str, str]) -> None:
    for name, rate in zip(names, (lower, upper), strict=True):
        if not 0 < rate < 1:
            hint = f" Write {rate / 100:g} for {rate:g}%." if 1 < rate < 100 else ""
            raise CallError(f"{name} is a remission rate between 0 and 1 (it is {rate:g}).{hint}")
    if lower == upper:
        raise CallError(
            f"{names[0]} and {names[1]} are both {lower:g}: no trial can tell a rate from itself.",
            "Give the rate of no interest, and a higher one that the trial is to find.",
        )
    if lower > upper:
        raise CallError(
            f"{names[1]} ({upper:g}) should be above {names[0]} ({lower:g}): remission is what is hoped for."
        )


def _check_days(control: float, treated: float, names: tuple[str, str]) -> None:
    for name, days in zip(names, (control, treated), strict=True):
        if not 0 < days <= LONGEST_MEDIAN:
            raise CallError(
                f"{name} is a median time to remission of at most {LONGEST_MEDIAN:g} days (it is {days:g}).",
                "With --endpoint remission it is a rate between 0 and 1.",
            )
    if treated >= control:
        raise CallError(
            f"{names[1]} ({treated:g} days) should be below {names[0]} ({control:g} days): sooner is what is hoped for."
        )


def _check_chances(alpha: float, power: float) -> None:
    for name, chance in (("--alpha", alpha), ("--power", power)):
        if not 0 < chance < 1:
            raise CallError(f"{name} lies between 0 and 1 (it is {chance:g}).")
    if power <= alpha:
        raise CallError(f"--power ({power:g}) should be above --alpha ({alpha:g}).", "Usual are 0.8 and 0.05.")
