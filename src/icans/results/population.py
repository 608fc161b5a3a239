"""Attrition: who was screened, infused, had ICANS, was treated, and is evaluable; and why the others are not."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from icans.protocol import Protocol
from icans.results.cohort import Cohort, Mask
from icans.results.gathered import Gathered
from icans.results.rows import Result, Subject

ANALYSIS = "population"


def population(study: Gathered, protocol: Protocol) -> list[Result]:
    """Count the patients of each step of the study and those each step leaves out.

    The steps screened, infused, with_icans, treated and evaluable each lie within the one before; severe lies within
    with_icans, steroid_refractory within treated. For each step but the first, the patients it leaves out are counted
    by reason (level), in variables named for what they lack: a step and those it leaves out add up to the step before.

    Parameters
    ----------
    study
        The study as arrays.
    protocol
        Its definitions.

    Returns
    -------
    list of Result
        Statistic ``n`` (patients).
    """
    cohort = study.cohort
    steps = steps_of(study, protocol)
    rows = [_count(cohort, name, who, method) for name, (who, method) in steps.items()]
    masks = {name: who for name, (who, _) in steps.items()}
    rows += [_count(cohort, name, who, "left out", level) for name, level, who in _left_out(study, protocol, masks)]
    return rows


def highest_known(study: Gathered, toxicity: str) -> np.ndarray:
    """Give for each patient the highest grade known to be reached: settled, or the least an open one can be."""
    grades = study.assessments[toxicity]
    return np.fmax(grades["highest"], grades["at_least"])


def steps_of(study: Gathered, protocol: Protocol) -> dict[str, tuple[Mask, str]]:
    """Give who is in each step of the study, and the step in words."""
    cohort, endpoints = study.cohort, study.endpoints
    onset, severe = protocol.episodes.onset_grade, protocol.population.severe_grade
    name = protocol.intervention.name
    highest = highest_known(study, "icans")
    treated = cohort.mask(endpoints["patient"])
    with_icans = cohort.infused & ((highest >= onset) | treated)
    refractory = endpoints["patient"][endpoints["indication"] == "steroid_refractory"]
    indications = " or ".join(word.replace("_", "-") for word in protocol.population.indications)
    return {
        "screened": (np.ones(cohort.ids.size, dtype=np.bool_), "patients with a row in patients"),
        "infused": (cohort.infused, "patients with an infusion"),
        "with_icans": (
            with_icans,
            f"patients with an assessment known to be of ICANS grade {onset} or more after infusion",
        ),
        "severe": (
            with_icans & (highest >= severe),
            f"patients whose highest ICANS grade is known to be {severe} or more",
        ),
        "steroid_refractory": (
            cohort.mask(refractory),
            f"patients given {name} during an episode of steroid-refractory ICANS",
        ),
        "treated": (treated, f"patients given {name} during an episode of ICANS"),
        "evaluable": (cohort.evaluable, f"patients given {name} during an episode of {indications} ICANS"),
    }


def _left_out(study: Gathered, protocol: Protocol, steps: dict[str, Mask]) -> Iterator[tuple[str, str, Mask]]:
    """Give variable, reason and patients for every way of leaving the study that a patient took."""
    cohort, grades, courses = study.cohort, study.assessments["icans"], study.courses
    yield "not_infused", "no infusion recorded", ~cohort.infused

    without = cohort.infused & ~steps["with_icans"]
    unassessed = grades["since_infusion"] == 0
    unsettled = ~unassessed & np.isnan(grades["highest"])
    yield "without_icans", "no ICANS observed", without & ~unassessed & ~unsettled
    yield "without_icans", "every ICANS grade open", without & unsettled
    yield "without_icans", "no ICANS assessment", without & unassessed

    untreated = steps["with_icans"] & ~steps["treated"]
    given = cohort.mask(courses["patient"])
    short = protocol.intervention.short
    yield "not_treated", f"{short} not given", untreated & ~given
    yield "not_treated", f"{short} given outside an episode of ICANS", untreated & given

    dropped = steps["treated"] & ~cohort.evaluable
    indicated = {
        word: cohort.mask(study.endpoints["patient"][study.endpoints["indication"] == word])
        for word in ("severe", "steroid_refractory")
    }
    neither = np.ones(cohort.ids.size, dtype=np.bool_)
    for word, who in indicated.items():
        if word not in protocol.population.indications:
            words = word.replace("_", "-")
            yield "not_evaluable", f"{words} ICANS, which the study does not ask about", dropped & neither & who
        neither &= ~who
    yield "not_evaluable", "ICANS neither severe nor steroid-refractory", dropped & neither


def _count(cohort: Cohort, variable: str, who: Mask, method: str, level: str | None = None) -> Result:
    n = int(np.count_nonzero(who))
    return Subject(ANALYSIS, variable, level=level, method=method, n=n, patients=cohort.names(who)).row("n", n)
