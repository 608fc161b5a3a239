"""The study's definitions: `study.toml`, typed, each default with its source."""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin

from pydantic import BaseModel, Field, ValidationError, field_validator, model_validator

from icans.errors import CallError, ProtocolError, nearest
from icans.protocols.compare import Compare
from icans.protocols.faults import brackets, said
from icans.protocols.natural_history import NaturalHistory
from icans.protocols.remission import Remission
from icans.protocols.section import (
    ASTCT_2019,
    CONVENTION,
    IDM_2025,
    Hours,
    Moment,
    Months,
    Name,
    Section,
    once,
    source,
    without_none,
)
from icans.protocols.small_samples import SmallSamples
from icans.protocols.target_trial import TargetTrial


class Title(Section):
    """`[study]`: what the study is called and asks."""

    title: Name = Field(description="Title of the study")
    question: str = Field("", description="The question the study asks, in a sentence")
    synthetic: bool = Field(False, description="The records are made, not observed; every page then says so")


class RecordsSection(Section):
    """`[records]`: where the tables are and how their times and blanks are written."""

    source: str = Field(
        "",
        description="A workbook, an SQLite or DuckDB file, another folder, or a URL such as "
        "postgresql://USER@HOST/DATABASE, that holds the tables; empty: files in the study folder",
    )
    time: Literal["dates", "hours", "days"] = Field(
        "dates",
        description="How times are written: ISO 8601 dates and date-times, or hours or days from infusion",
    )
    files: dict[str, Name] = Field(
        default_factory=dict,
        description="Tables that lie elsewhere, each a file, a folder (of CSV or Parquet files; Delta; Iceberg) or a "
        "pattern such as exports/2024-*/neuro_*.parquet",
    )
    missing: list[str] = Field(
        default_factory=lambda: ["", "NA"],
        description="Cell texts that mean: not recorded (compared without case)",
    )


class ScalesSection(Section):
    """`[scales]`: which published scale grades each toxicity."""

    icans: Name = Field("astct-2019-icans", description="Scale for ICANS", json_schema_extra=source(ASTCT_2019))
    crs: Name = Field("astct-2019-crs", description="Scale for CRS", json_schema_extra=source(ASTCT_2019))


class Grading(Section):
    """`[grading]`: what a sign that nobody recorded means, and which instrument grades whom."""

    unrecorded: Literal["absent", "unknown"] = Field(
        "absent",
        description="Read an unrecorded sign as absent (the usual charting convention) or keep the grade open",
        json_schema_extra=source(CONVENTION),
    )
    instrument: Literal["by_age", "ice", "capd"] = Field(
        "by_age",
        description="ICE score or CAPD: by age and developmental delay as the scale says, or one of them for everyone",
        json_schema_extra=source(ASTCT_2019),
    )


class EpisodesSection(Section):
    """`[episodes]`: when toxicity that comes back is a new episode."""

    quiet_hours: Hours = Field(
        72.0,
        description="Longest time from one toxic assessment to the next inside one episode, in hours",
        json_schema_extra=source(CONVENTION),
    )
    onset_grade: Annotated[int, Field(ge=1, le=4)] = Field(
        1, description="Lowest grade that counts as toxicity", json_schema_extra=source(ASTCT_2019)
    )


class Population(Section):
    """`[population]`: which treated patients the study is about."""

    indications: list[Literal["severe", "steroid_refractory"]] = Field(
        default=["severe", "steroid_refractory"],
        min_length=1,
        description="Indications that make a treated patient evaluable",
        json_schema_extra=source(IDM_2025),
    )
    severe_grade: Annotated[int, Field(ge=1, le=4)] = Field(
        3,
        description="Lowest ICANS grade called severe",
        json_schema_extra=source("Pennisi et al. 2021, doi:10.1182/bloodadvances.2020003885; Zurko et al. 2022"),
    )
    refractory_hours: Hours = Field(
        24.0,
        description="Hours of systemic corticosteroid without improvement that make ICANS steroid-refractory",
        json_schema_extra=source(f"{CONVENTION}; {IDM_2025} does not state its window"),
    )

    _each_once = field_validator("indications")(once)


class Intervention(Section):
    """`[intervention]`: the treatment whose effect the study describes."""

    name: Name = Field(
        "intrathecal dexamethasone and methotrexate",
        description="Name in text",
        json_schema_extra=source(IDM_2025),
    )
    short: Name = Field("IDM", description="Name in figures", json_schema_extra=source(IDM_2025))
    drugs: list[Name] = Field(
        default_factory=lambda: ["dexamethasone", "methotrexate"],
        min_length=1,
        description="Drugs of the intervention; a dose of any of them belongs to a course",
        json_schema_extra=source(IDM_2025),
    )
    routes: list[Name] = Field(
        default_factory=lambda: ["intrathecal"],
        description="Routes that count; empty: any route, an unrecorded one included",
        json_schema_extra=source(IDM_2025),
    )
    together_hours: Hours = Field(
        12.0,
        description="Longest time between two doses of one course, in hours",
        json_schema_extra=source(CONVENTION),
    )


class Survival(Section):
    """`[survival]`: from when, until when, and how survival is counted."""

    origin: Literal["infusion", "onset", "first_course"] = Field(
        "infusion", description="Time zero", json_schema_extra=source(CONVENTION)
    )
    cutoff: Annotated[date, Field(ge=date(1900, 1, 1), lt=date(3000, 1, 1))] | None = Field(
        None,
        description="Date of data cutoff for survival and time to remission; there, what came later is not counted; "
        "the rate of remission, exposure and biomarkers are of all records (needs times in dates)",
    )
    landmarks_months: list[Months] = Field(
        default_factory=lambda: [3.0, 6.0, 12.0],
        description="Months at which survival is given",
        json_schema_extra=source(CONVENTION),
    )
    progression: list[Literal["progression", "relapse", "next_therapy"]] = Field(
        default_factory=lambda: ["progression", "relapse"],  # type: ignore[arg-type]
        min_length=1,
        description="Events that, with death, end progression-free survival",
        json_schema_extra=source(CONVENTION),
    )
    interval: Literal["log-log", "log", "plain"] = Field(
        "log-log",
        description="Transform of the pointwise confidence interval of survival",
        json_schema_extra=source("SAS PROC LIFETEST's default; R's survfit defaults to log"),
    )

    _each_once = field_validator("landmarks_months", "progression")(once)

    @field_validator("cutoff", mode="before")
    @classmethod
    def _no_number(cls, cutoff: object) -> object:
        if isinstance(cutoff, int | float):
            raise ValueError("should be a date, such as 2025-12-31")
        return cutoff


class Biomarker(Section):
    """`[[biomarkers]]`: a measurement compared before and after the first course."""

    analyte: Name = Field(description="Analyte, as written in labs")
    specimen: Name = Field(description="Specimen, as written in labs")
    before_hours: tuple[Moment, Moment] = Field(
        (-168.0, 0.0),
        description="Window before the first course, in hours from it; the last measurement in it counts",
        json_schema_extra=source(CONVENTION),
    )
    after_hours: tuple[Moment, Moment] = Field(
        (0.0, 336.0),
        description="Window after the first course, in hours from it; the last measurement in it counts",
        json_schema_extra=source(CONVENTION),
    )

    @model_validator(mode="after")
    def _windows_in_order(self) -> Biomarker:
        for name, (start, end) in (("before_hours", self.before_hours), ("after_hours", self.after_hours)):
            if start >= end:
                raise ValueError(f"{name} ends before it starts")
        if self.before_hours[1] > self.after_hours[0]:
            raise ValueError("after_hours starts before before_hours ends")
        return self


class Steroids(Section):
    """`[steroids]`: which corticosteroids count as systemic."""

    routes: list[Name] = Field(
        default_factory=lambda: ["intravenous", "oral", "intramuscular", "subcutaneous"],
        min_length=1,
        description="Routes that are systemic; a dose without a route counts",
        json_schema_extra=source(CONVENTION),
    )


class AgreementSection(Section):
    """`[agreement]`: which scales the report compares, beside those that grade the study."""

    scales: list[Name] = Field(
        default_factory=list,
        description="Scales compared with each other on the same assessments; empty: no comparison in the report",
    )


class Protocol(Section):
    """All definitions of a study. Only `[study] title` is required.

    Raises
    ------
    ProtocolError
        From `read`: study.toml is not TOML, has a key nobody knows, or a value that cannot be meant.
    """

    study: Title
    records: RecordsSection = RecordsSection()
    scales: ScalesSection = ScalesSection()
    grading: Grading = Grading()
    episodes: EpisodesSection = EpisodesSection()
    population: Population = Population()
    intervention: Intervention = Intervention()
    remission: Remission = Remission()
    survival: Survival = Survival()
    steroids: Steroids = Steroids()
    agreement: AgreementSection = AgreementSection()
    biomarkers: list[Biomarker] = Field(
        default_factory=list, description="Measurements compared before and after; empty: every one in labs"
    )
    compare: list[Compare] = Field(
        default_factory=list, description="Groups of patients that are compared; empty: none are"
    )
    target_trial: TargetTrial | None = None
    natural_history: NaturalHistory | None = None
    small_samples: SmallSamples | None = None
    alternatives: dict[str, dict[str, Any]] = Field(
        default_factory=dict,
        description="Other values of these definitions, as written; `icans.specifications.reading` checks them",
    )

    @field_validator("biomarkers")
    @classmethod
    def _each_marker_once(cls, markers: list[Biomarker]) -> list[Biomarker]:
        names = [(marker.specimen.strip().lower(), marker.analyte.strip().lower()) for marker in markers]
        for marker, name in zip(markers, names, strict=True):
            if names.count(name) > 1:
                raise ValueError(f"{marker.analyte} in {marker.specimen} stands twice; give it one pair of windows")
        return markers


def read(path: Path) -> Protocol:
    """Read `study.toml`, the file or the folder that holds it.

    Raises
    ------
    CallError
        There is no such file or folder.
    ProtocolError
        The file is not TOML, has a key nobody knows, or a value that cannot be meant.
    """
    file = path / "study.toml" if path.is_dir() else path
    if not file.is_file():
        raise CallError(
            f"{path}: there is no study here; a study is a folder with a study.toml.",
            f"To start one: icans new {path}",
        )
    return parse(file.read_bytes(), file.name)


def parse(text: bytes, name: str = "study.toml") -> Protocol:
    """Check the text of a protocol; `name` is the file that an error speaks of.

    Raises
    ------
    ProtocolError
        It is not UTF-8 or not TOML, has a key nobody knows, or a value that cannot be meant.
    """
    try:
        content = tomllib.loads(text.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise ProtocolError(f"{name}: byte {error.start + 1} is not UTF-8.", "Save the file as UTF-8.") from None
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ProtocolError(f"{name}: not TOML: {str(error) or 'nested too deeply'}.") from None
    _refuse_unknown_keys(content, Protocol, name, ())
    try:
        return Protocol.model_validate(content)
    except ValidationError as error:
        raise ProtocolError("\n".join(f"{name}: {_sentence(problem)}" for problem in error.errors())) from None


def _refuse_unknown_keys(content: dict[str, Any], model: type[BaseModel], name: str, path: tuple[str, ...]) -> None:
    for key, value in content.items():
        if key not in model.model_fields:
            where = f"[{'.'.join(path)}] {key}" if path else f"[{key}]"
            raise ProtocolError(f"{name}: {where} is not a definition.", nearest(key, model.model_fields))
        inner = _section_of(model.model_fields[key].annotation)
        if inner is None:
            continue
        for entry in value if isinstance(value, list) else [value]:
            if isinstance(entry, dict):
                _refuse_unknown_keys(entry, inner, name, (*path, key))


def _section_of(annotation: Any) -> type[BaseModel] | None:  # noqa: ANN401  # an annotation can be anything
    if get_origin(annotation) is list:
        (annotation,) = get_args(annotation)
    annotation = without_none(annotation)
    return annotation if isinstance(annotation, type) and issubclass(annotation, BaseModel) else None


def _sentence(problem: Any) -> str:  # noqa: ANN401  # Pydantic's ErrorDetails
    *sections, key = [str(part) if isinstance(part, str) else f"#{part + 1}" for part in problem["loc"]] or ["study"]
    where = f"[{'.'.join(sections)}] {key}" if sections else f"[{key}]"
    if problem["type"] == "missing":
        return f"{where} is missing: {_meaning(problem['loc'])}."
    sentence = f"{where}: {brackets(problem) or said(problem)}"
    return sentence if sentence.endswith("?") else f"{sentence}."


def _meaning(location: tuple[Any, ...]) -> str:
    model: type[BaseModel] = Protocol
    meaning = "required"
    for part in location:
        if isinstance(part, str) and part in model.model_fields:
            field = model.model_fields[part]
            meaning = field.description or (field.annotation.__doc__ or "required" if field.annotation else "required")
            model = _section_of(field.annotation) or model
    return meaning.splitlines()[0].rstrip(".")
