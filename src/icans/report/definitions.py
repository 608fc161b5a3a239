"""The definitions a study used, as sentences a clinician can check against the protocol."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pydantic import BaseModel

from icans.protocol import Biomarker, Protocol
from icans.protocols.remission import RemissionRule
from icans.results.display import number, time_point
from icans.scales.model import Scale


@dataclass(frozen=True)
class Definition:
    """A definition in words.

    Parameters
    ----------
    term
        What is defined.
    sentence
        The definition.
    source
        Where it comes from: the protocol of this study, or the source of the default.
    """

    term: str
    sentence: str
    source: str


def definitions(protocol: Protocol, scales: Sequence[Scale]) -> list[Definition]:
    """Give every definition the protocol makes, in the order of the report.

    Parameters
    ----------
    protocol
        Definitions of the study.
    scales
        The scales: of each toxicity the first graded the study, and the others are compared with it.
    """
    own: dict[str, Scale] = {}
    for scale in scales:
        own.setdefault(scale.toxicity, scale)
    compared = [scale for scale in scales if scale is not own[scale.toxicity]]
    return [
        *(_graded(protocol, scale) for scale in own.values()),
        *(_used(scale, f"Compared: {scale.name}") for scale in compared),
        Definition("Unrecorded signs", _unrecorded(protocol), _origin(protocol.grading, "unrecorded")),
        Definition("Episode", _episode(protocol), _origin(protocol.episodes, "quiet_hours")),
        Definition(
            "Severe ICANS",
            f"ICANS of grade {protocol.population.severe_grade} or more.",
            _origin(protocol.population, "severe_grade"),
        ),
        Definition("Steroid-refractory ICANS", _refractory(protocol), _origin(protocol.population, "refractory_hours")),
        Definition("Evaluable patients", _evaluable(protocol), _origin(protocol.population, "indications")),
        Definition(
            f"Course of {protocol.intervention.short}", _course(protocol), _origin(protocol.intervention, "drugs")
        ),
        Definition("Baseline grade", _baseline(protocol), _origin(protocol.remission, "baseline")),
        Definition("Remission", _remission(protocol), _origin(protocol.remission, "rules")),
        Definition("Survival", _survival(protocol), _origin(protocol.survival, "origin")),
        Definition("Progression-free survival", _progression(protocol), _origin(protocol.survival, "progression")),
        Definition(
            "Before and after", _biomarkers(protocol), "study.toml" if protocol.biomarkers else "Default windows"
        ),
    ]


def used_scales(scales: Sequence[Scale]) -> list[Definition]:
    """Give the scales, each with its source and the version of its file."""
    return [_used(scale, scale.name) for scale in scales]


def _graded(protocol: Protocol, scale: Scale) -> Definition:
    used = _used(scale, f"{scale.toxicity.upper()} grade")
    return replace(used, source=f"{_origin(protocol.scales, scale.toxicity)}; {used.source}")


def _used(scale: Scale, term: str) -> Definition:
    sentence = f"{scale.name}, version {scale.version} ({scale.id}). {scale.citation}"
    file = "the study's own scale" if scale.own else f"{scale.status} scale of the catalogue"
    return Definition(term, sentence, f"{file}; SHA-256 of its file {scale.digest}…")


def _origin(section: BaseModel, key: str) -> str:
    if key in section.model_fields_set:
        return "study.toml"
    extra = type(section).model_fields[key].json_schema_extra
    return f"Default: {extra['source']}" if isinstance(extra, dict) and "source" in extra else "Default"


def _unrecorded(protocol: Protocol) -> str:
    if protocol.grading.unrecorded == "unknown":
        return "A sign that nobody recorded is unknown: the grade stays open wherever it could matter."
    return (
        "A seizure, motor weakness or raised intracranial pressure that nobody recorded is read as absent, and "
        "unrecorded consciousness as awake where an ICE score above 0 or a CAPD score was obtained at the same "
        "assessment. A missing ICE or CAPD score is never assumed."
    )


def _episode(protocol: Protocol) -> str:
    return (
        f"Assessments of grade {protocol.episodes.onset_grade} or more belong to one episode while the next comes "
        f"at most {time_point(protocol.episodes.quiet_hours, 'hours')} after the one before. An open grade neither "
        "opens nor ends an episode."
    )


def _refractory(protocol: Protocol) -> str:
    return (
        "ICANS present and not improved at the first course although a systemic corticosteroid had been started at "
        f"least {time_point(protocol.population.refractory_hours, 'hours')} before."
    )


def _evaluable(protocol: Protocol) -> str:
    words = " or ".join(indication.replace("_", "-") for indication in protocol.population.indications)
    given = f"Patients given {protocol.intervention.name} during an episode of {words} ICANS"
    return f"{given}; the first such episode counts."


def _course(protocol: Protocol) -> str:
    drugs = " or ".join(protocol.intervention.drugs)
    routes = " or ".join(protocol.intervention.routes) if protocol.intervention.routes else "any"
    return (
        f"Doses of {drugs} by {routes} route; doses at most "
        f"{time_point(protocol.intervention.together_hours, 'hours')} apart are one course."
    )


def _baseline(protocol: Protocol) -> str:
    if protocol.remission.baseline == "peak":
        return "The highest grade of the episode up to the first course."
    return "The last grade at or before the first course."


def _remission(protocol: Protocol) -> str:
    lines = "; ".join(_finish_line(rule) for rule in protocol.remission.rules)
    hold = protocol.remission.hold_hours
    held = f"It must hold for {time_point(hold, 'hours')}." if hold else "Reaching it once is enough."
    return f"After the first course: {lines}. {held}"


def _finish_line(rule: RemissionRule) -> str:
    grades = " or ".join(str(grade) for grade in sorted(rule.baseline))
    if rule.grade is not None:
        goal = _at_most(rule.grade)
    else:
        goal = f"an ICE score of {rule.ice}" + (" or more" if rule.ice != 10 else "")
        if rule.grade_without_ice is not None:
            goal += f" ({_at_most(rule.grade_without_ice)} where no ICE score was taken)"
    return f"from grade {grades}, {goal}"


def _at_most(grade: int) -> str:
    return f"grade {grade} or less" if grade else "grade 0"


def _survival(protocol: Protocol) -> str:
    origin = {"infusion": "infusion", "onset": "onset of ICANS", "first_course": "the first course"}
    cutoff = protocol.survival.cutoff
    until = f"; observation ends at the data cutoff, {cutoff:%d %B %Y}" if cutoff else ""
    return (
        f"Time from {origin[protocol.survival.origin]} to death from any cause{until}. Kaplan-Meier estimate; "
        f"confidence intervals on the {protocol.survival.interval} scale. A month is 30.4375 days."
    )


def _progression(protocol: Protocol) -> str:
    events = ", ".join(event.replace("_", " ") for event in protocol.survival.progression)
    return f"As survival, ended by {events} or death, whichever is first."


def _biomarkers(protocol: Protocol) -> str:
    markers = protocol.biomarkers or [Biomarker(analyte="every analyte", specimen="labs")]
    windows = "; ".join(
        f"{marker.analyte} in {marker.specimen}, "
        f"hours {_window(marker.before_hours)} against {_window(marker.after_hours)}"
        for marker in markers
    )
    return f"The last measurement in each window, in hours from the first course: {windows}."


def _window(hours: tuple[float, float]) -> str:
    return f"{number(hours[0])} to {number(hours[1])}"
