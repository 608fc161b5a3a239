"""What a reader can work out of counts held back, if every cohort that agrees with what is shared is possible."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product
from random import Random
from typing import NamedTuple

import numpy as np
import pytest
from scipy.optimize import linprog
from scipy.sparse import csr_array

from icans.results.network.sharing import share
from icans.results.network.site import Site, key_of
from icans.results.rows import Subject


class Kind(NamedTuple):
    """All that a count may ask of a patient."""

    grade: int
    treated: bool
    remission: bool
    sample: str  # none, rose, fell
    survival: str  # alive, progressed, dead
    sex: str  # female, male, missing
    old: bool

    @property
    def evaluable(self) -> bool:
        return self.treated and self.grade >= 2

    @property
    def possible(self) -> bool:
        return (self.grade > 0 or not self.treated) and (
            self.evaluable or (not self.remission and self.sample == "none")
        )


KINDS = [
    kind
    for kind in map(
        Kind._make,
        product(
            range(5),
            (False, True),
            (False, True),
            ("none", "rose", "fell"),
            ("alive", "progressed", "dead"),
            ("female", "male", "missing"),
            (False, True),
        ),
    )
    if kind.possible
]


class Counted(NamedTuple):
    """A row of a count: what names it, who is asked, and what they are asked."""

    analysis: str
    group: str | None
    variable: str
    level: str | None
    statistic: str
    of: Callable[[Kind], bool]
    has: Callable[[Kind], bool]


def everyone(_kind: Kind) -> bool:
    return True


def count(name, of, has=everyone, *, level=None, statistic="n"):
    analysis, group, variable = name
    return Counted(analysis, group, variable, level, statistic, of, has)


def steps() -> Iterator[Counted]:
    for variable, level, has in (
        ("screened", None, everyone),
        ("infused", None, everyone),
        ("with_icans", None, lambda kind: kind.grade > 0),
        ("without_icans", "no ICANS observed", lambda kind: kind.grade == 0),
        ("severe", None, lambda kind: kind.grade > 2),
        ("treated", None, lambda kind: kind.treated),
        ("not_treated", "not given", lambda kind: kind.grade > 0 and not kind.treated),
        ("evaluable", None, lambda kind: kind.evaluable),
        ("not_evaluable", "neither", lambda kind: kind.treated and not kind.evaluable),
        ("steroid_refractory", None, lambda kind: kind.evaluable and kind.grade == 2),
    ):
        yield count(("population", None, variable), everyone, has, level=level)


def described(group, of) -> Iterator[Counted]:
    yield count(("baseline", group, "sex"), of, lambda kind: kind.sex != "missing")
    yield count(("baseline", group, "sex"), of, lambda kind: kind.sex == "missing", statistic="missing")
    for sex in ("female", "male"):
        yield count(("baseline", group, "sex"), of, lambda kind, sex=sex: kind.sex == sex, level=sex)
    yield count(("toxicity", group, "icans_max_grade"), of)
    yield count(("toxicity", group, "icans_max_grade"), of, lambda _: False, statistic="open")
    for g in range(6):
        yield count(("toxicity", group, "icans_max_grade"), of, lambda kind, g=g: kind.grade == g, level=str(g))
        yield count(("toxicity", group, "icans_max_grade"), of, lambda kind, g=g: kind.grade >= g, level=f">={g}")
    yield count(("toxicity", group, "icans_onset_days"), of, lambda kind: kind.grade > 0)
    for variable, ends in (("os", ("dead",)), ("pfs", ("dead", "progressed"))):
        yield count(("survival", group, variable), of)
        yield count(("survival", group, variable), of, lambda kind, e=ends: kind.survival in e, statistic="events")


def outcomes() -> Iterator[Counted]:
    for group, grades in ((None, (2, 3, 4)), ("severe", (3, 4)), ("steroid_refractory", (2,))):
        of = lambda kind, grades=grades: kind.evaluable and kind.grade in grades  # noqa: E731
        yield count(("remission", group, "remission"), of)
        yield count(("remission", group, "remission"), of, lambda kind: kind.remission, statistic="events")
    sampled = lambda kind: kind.sample != "none"  # noqa: E731
    yield count(("biomarkers", "csf", "protein"), sampled)
    for way in ("rose", "fell"):
        yield count(("biomarkers", "csf", "protein"), sampled, lambda kind, w=way: kind.sample == w, statistic=way)


def compared(name, labels) -> Iterator[Counted]:
    for label, of in labels.items():
        yield count(("comparison", f"{name}: {label}", "patients"), of)
        for variable, has in (
            ("os", lambda kind: kind.survival == "dead"),
            ("severe_icans", lambda kind: kind.grade > 2),
        ):
            yield count(("comparison", f"{name}: {label}", variable), of)
            yield count(("comparison", f"{name}: {label}", variable), of, has, statistic="events")
    out = lambda kind: not any(is_in(kind) for is_in in labels.values())  # noqa: E731
    yield count(("comparison", name, "patients"), everyone, out, statistic="left_out")


COUNTED = [
    *steps(),
    *described(None, everyone),
    *described("evaluable", lambda kind: kind.evaluable),
    *outcomes(),
    *compared("Sex", {sex: lambda kind, sex=sex: kind.sex == sex for sex in ("female", "male")}),
    *compared("Age", {"old": lambda kind: kind.old, "young": lambda kind: not kind.old}),
]
"""The counts of a study, as `icans report` has them."""

BEHIND = np.array([[one.of(kind) and one.has(kind) for kind in KINDS] for one in COUNTED])


def cohort(size: int, seed: int) -> list[Kind]:
    draw = Random(seed)
    missing = draw.choice((0.0, 0.04))
    shares = [(4 - kind.grade) ** 1.5 + 1 for kind in KINDS]
    for number, kind in enumerate(KINDS):
        shares[number] *= missing if kind.sex == "missing" else 1.0
        shares[number] *= (3.0 if kind.treated == (kind.grade > 2) else 1.0) * (4.0 if kind.remission else 1.0)
        shares[number] *= {"none": 0.4, "rose": 0.5}.get(kind.sample, 2.0) if kind.evaluable else 18.0
    return draw.choices(KINDS, shares, k=size)


def site_of(patients: list[Kind]) -> Site:
    rows = []
    for one in COUNTED:
        of = sum(map(one.of, patients))
        ids = tuple(f"N-{number:03}" for number, kind in enumerate(patients) if one.of(kind) and one.has(kind))
        about = Subject(one.analysis, one.variable, one.group, one.level, n=of, patients=ids)
        rows.append(about.row(one.statistic, len(ids)))
    return Site("north", {key_of(row): row for row in rows})


def narrow(patients: list[Kind], smallest: int) -> list[str]:
    """Name what is told to be of fewer than the smallest number of patients: a count, or those between two."""
    safe = share(site_of(patients), smallest=smallest).site
    true = np.array([patients.count(kind) for kind in KINDS])
    rows = [safe.rows.get(tuple(one[:5])) for one in COUNTED]
    told = [number for number, row in enumerate(rows) if row is not None and row.value is not None]
    aims = {" / ".join(filter(None, one[:5])): line for one, line in zip(COUNTED, BEHIND, strict=True)}
    names = list(aims)
    for one, other in product(range(len(names)), repeat=2):
        if not (BEHIND[one] & ~BEHIND[other]).any():
            aims[f"{names[other]} but not {names[one]}"] = BEHIND[other] & ~BEHIND[one]
    left = {name: line for name, line in aims.items() if 0 < true @ line < smallest}
    system = {"A_eq": csr_array(BEHIND[told].astype(float)), "b_eq": BEHIND[told] @ true, "bounds": (0, len(patients))}
    found = []
    while left:
        at_once = linprog(-sum(line.astype(float) for line in left.values()), **system)
        free = [name for name, line in left.items() if at_once.x @ line > smallest - 1e-6]
        if not free:
            name = next(iter(left))
            if -linprog(-left[name].astype(float), **system).fun < smallest - 1e-6:
                found.append(name)
            free = [name]
        for name in free:
            del left[name]
    return found


@pytest.mark.parametrize(("size", "seed"), [(25, 2), (40, 3), (60, 4), (200, 6)])
@pytest.mark.parametrize("smallest", [3, 5, 11])
def test_no_reader_can_tell_a_count_held_back_to_be_small(size, seed, smallest):
    assert narrow(cohort(size, seed), smallest) == []
