"""The evaluable patients of a study under each specification, by the derivations of the study itself.

Each step is computed once for each distinct setting of the definitions it rests on: grades, episodes, then all that
follows from the courses on. What is a number, a word or a set of rules becomes a value of the setting and shares one
query; what is a list of names (drugs, routes) is a query of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

import ibis
import pyarrow as pa

from icans.derive.corticosteroids import plain
from icans.derive.endpoints import endpoints, evaluable
from icans.derive.episodes import episodes
from icans.derive.exposure import courses
from icans.derive.grades import grades
from icans.derive.remission import RuleSets
from icans.protocol import Protocol
from icans.protocols.remission import RemissionRule
from icans.specifications.settings import by_setting, parted, under

if TYPE_CHECKING:
    from icans.engines import Engine
    from icans.records.tables import Records
    from icans.scales.model import Scale

AT_ONCE = 20_000_000
"""Most assessments, repeated under each setting, that one query takes."""

OUTCOME = ("specification", "patient_id", "indication", "remission", "hours_to_remission", "recurrence")

T = TypeVar("T")
Grading = tuple[str, str, str]
"""Scale, instrument, and what an unrecorded sign means."""


def grading(protocol: Protocol) -> Grading:
    """Give the definitions that grades rest on."""
    return protocol.scales.icans, protocol.grading.instrument, protocol.grading.unrecorded


@dataclass(frozen=True)
class _Spell:
    """The definitions that episodes rest on."""

    grading: int
    quiet: float
    onset_grade: int


@dataclass(frozen=True)
class _Setting:
    """The definitions that share one query from the courses on."""

    spell: int
    together: float
    severe_grade: int
    refractory: float
    baseline: str
    hold: float
    rules: int


def outcomes(
    records: Records,
    assessed: ibis.Table,
    protocols: Mapping[int, Protocol],
    scales: Mapping[Grading, Scale],
    engine: Engine,
    *,
    step: Callable[[str], None],
) -> ibis.Table:
    """Derive the evaluable patients and their outcomes under each of some protocols.

    Parameters
    ----------
    records
        Records of the study.
    assessed
        Its bedside assessments, without the columns that the study lacks.
    protocols
        The protocols by number; they differ in definitions of `icans.specifications.declared`.
    scales
        The scale for ICANS of every grading that they name.
    engine
        Where the tables live.
    step
        Told what is derived as it begins.

    Returns
    -------
    ibis.Table
        One row a protocol and evaluable patient: ``specification`` (int64, the protocol's number), ``patient_id``,
        ``indication`` (string), ``remission`` (boolean, null where no finish line applies), ``hours_to_remission``
        (float64), ``recurrence`` (boolean). Unordered.
    """
    given = _Given.of(records, assessed, protocols.values())
    gradings = {each: number for number, each in enumerate(dict.fromkeys(map(grading, protocols.values())))}
    step(f"grades, {len(gradings)} ways")
    graded = _graded(given, {number: (scales[each], each[2]) for each, number in gradings.items()}, engine)
    spells: dict[_Spell, int] = {}
    rules: list[Sequence[RemissionRule]] = []
    parts: dict[tuple[str, ...], _Part] = {}
    for number, protocol in protocols.items():
        spell = _Spell(gradings[grading(protocol)], protocol.episodes.quiet_hours, protocol.episodes.onset_grade)
        place = _place(rules, protocol.remission.rules)
        setting = _setting(protocol, spells.setdefault(spell, len(spells)), place)
        part = parts.setdefault(_lists(protocol), _Part(protocol))
        part.settings.setdefault(setting, {})[number] = tuple(sorted(protocol.population.indications))
    step(f"episodes, {len(spells)} ways")
    derived = _Derived(graded, _episodes(graded, spells, engine), tuple(spells), tuple(rules))
    rows = engine.rows(graded.agg(rows=graded.count()))[0]["rows"] / max(1, len(gradings))
    at_once = max(1, int(AT_ONCE // max(1.0, rows)))
    found = []
    for part in parts.values():
        for chunk in _chunks(part.settings.items(), at_once):
            step(f"remission, {sum(map(len, part.settings.values()))} of {len(protocols)} specifications")
            found.append(_evaluated(given, derived, part.protocol, dict(chunk), engine=engine))
    return reduce(lambda one, other: one.union(other), found)


@dataclass(frozen=True)
class _Part:
    """The settings that share every definition that is a list; `protocol` is one of theirs.

    A setting has the specifications that differ in nothing else than the indications they ask for.
    """

    protocol: Protocol
    settings: dict[_Setting, dict[int, tuple[str, ...]]] = field(default_factory=dict)


@dataclass(frozen=True)
class _Derived:
    """Grades by grading, episodes by spell; the spells and the sets of rules by number."""

    grades: ibis.Table
    episodes: ibis.Table
    spells: tuple[_Spell, ...]
    rules: tuple[Sequence[RemissionRule], ...]


@dataclass(frozen=True)
class _Given:
    """The records of those who were given any drug of the intervention: nobody else can be evaluable."""

    neuro: ibis.Table
    assessed: ibis.Table
    crs: ibis.Table
    patients: ibis.Table
    events: ibis.Table
    treatments: ibis.Table

    @classmethod
    def of(cls, records: Records, assessed: ibis.Table, protocols: Collection[Protocol]) -> _Given:
        doses = records.treatments
        names = {drug.strip().lower() for one in protocols for drug in one.intervention.drugs}
        counted = doses.filter(plain(doses.drug).isin(sorted(names)))
        if all(one.intervention.routes for one in protocols):
            routes = {route.strip().lower() for one in protocols for route in one.intervention.routes}
            counted = counted.filter(plain(counted.route).isin(sorted(routes)))
        treated = counted.select("patient_id").distinct()
        tables = (records.neuro, assessed, records.crs, records.patients, records.events, doses)
        return cls(*(table.semi_join(treated, "patient_id") for table in tables))


def _graded(given: _Given, gradings: Mapping[int, tuple[Scale, Any]], engine: Engine) -> ibis.Table:
    """Grade ICANS by each grading; ``grading`` is its number."""
    found = []
    for number, (scale, unrecorded) in gradings.items():
        one = grades(
            given.assessed, given.crs, given.patients, given.events, scales={"icans": scale}, unrecorded=unrecorded
        )
        numbers = {"toxicity": ibis.literal("icans"), "grading": ibis.literal(number, "int64")}
        found.append(engine.keep(one.table.select("patient_id", "infusion", "hour", "grade", **numbers)))
    return reduce(lambda one, other: one.union(other), found)


def _episodes(graded: ibis.Table, spells: Mapping[_Spell, int], engine: Engine) -> ibis.Table:
    """Join assessments into episodes under each setting of the episode; ``spell`` is its number."""
    toxic = episodes(
        under(graded, {number: spell.grading for spell, number in spells.items()}, "grading"),
        quiet=by_setting([spell.quiet for spell in spells]),
        onset_grade=by_setting([spell.onset_grade for spell in spells]),
    )
    return engine.keep(parted(toxic, "spell"))


def _evaluated(
    given: _Given,
    derived: _Derived,
    shared: Protocol,
    settings: Mapping[_Setting, Mapping[int, tuple[str, ...]]],
    *,
    engine: Engine,
) -> ibis.Table:
    """Derive courses and endpoints under some settings that share their lists; keep the evaluable."""
    every = range(len(settings))
    spells = {number: derived.spells[setting.spell] for number, setting in enumerate(settings)}
    treatments = engine.keep(under(given.treatments, every))
    toxic = under(derived.episodes, {number: setting.spell for number, setting in enumerate(settings)}, "spell")
    doses = courses(
        treatments,
        toxic,
        drugs=shared.intervention.drugs,
        routes=shared.intervention.routes,
        together=by_setting([setting.together for setting in settings]),
        quiet=by_setting([spell.quiet for spell in spells.values()]),
    )
    reached = endpoints(
        toxic,
        under(derived.grades, {number: spell.grading for number, spell in spells.items()}, "grading"),
        engine.keep(doses),
        treatments,
        under(given.neuro, every),
        rules=RuleSets(derived.rules, by_setting([setting.rules for setting in settings])),
        severe_grade=by_setting([setting.severe_grade for setting in settings]),
        refractory=by_setting([setting.refractory for setting in settings]),
        steroid_routes=shared.steroids.routes,
        baseline=by_setting([setting.baseline for setting in settings]),
        hold=by_setting([setting.hold for setting in settings]),
    )
    reached = engine.keep(reached)
    numbers: dict[tuple[str, ...], dict[int, int]] = {}
    for place, specifications in enumerate(settings.values()):
        for number, indications in specifications.items():
            numbers.setdefault(indications, {})[number] = place
    found = [_numbered(evaluable(reached, indications=asked), places) for asked, places in numbers.items()]
    return engine.keep(reduce(lambda one, other: one.union(other), found))


def _numbered(asked: ibis.Table, places: Mapping[int, int]) -> ibis.Table:
    """Put the number of the specification in place of the setting's, and leave out settings that none has."""
    content = {"specification": list(places), "place": list(places.values())}
    numbers = ibis.memtable(pa.table(content))
    return parted(asked, "place").inner_join(numbers, "place").select(*OUTCOME)


def _setting(protocol: Protocol, spell: int, rules: int) -> _Setting:
    population, remission = protocol.population, protocol.remission
    return _Setting(
        spell,
        protocol.intervention.together_hours,
        population.severe_grade,
        population.refractory_hours,
        remission.baseline,
        remission.hold_hours,
        rules,
    )


def _place(rules: list[Sequence[RemissionRule]], own: Sequence[RemissionRule]) -> int:
    """Give the number of a set of rules, a new one where it is not among them."""
    if own not in rules:
        rules.append(own)
    return rules.index(own)


def _lists(protocol: Protocol) -> tuple[str, ...]:
    intervention = protocol.intervention
    lists = (intervention.drugs, intervention.routes, protocol.steroids.routes)
    return tuple(map(repr, lists))


def _chunks(items: Iterable[T], size: int) -> Iterator[list[T]]:
    left = iter(items)
    while chunk := list(islice(left, size)):
        yield chunk
