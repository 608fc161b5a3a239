"""The one declaration of the tables of records.

Reading, checking, the templates of `icans new` and the data dictionary are all made from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["id", "text", "category", "categories", "integer", "number", "boolean", "time"]


@dataclass(frozen=True)
class Column:
    """A column of records.

    Parameters
    ----------
    name
        Name in the file and in the canonical table.
    kind
        ``id`` and ``text`` (string), ``category`` (one of `allowed`), ``categories`` (some of
        `allowed`, ``;`` between), ``integer`` (int64), ``number`` (float64), ``boolean``,
        ``time`` (as the protocol's ``[records] time`` says).
    meaning
        What it holds, for a data manager.
    unit
        Unit, empty where there is none.
    least, most
        Smallest and largest possible value; outside it the row cannot be used.
    allowed
        Values of a category.
    required
        A row without it cannot be used.
    advice
        What to do where the value is none of the allowed ones.
    example
        A value for the template.
    """

    name: str
    kind: Kind
    meaning: str
    unit: str = ""
    least: float | None = None
    most: float | None = None
    allowed: tuple[str, ...] = ()
    required: bool = False
    advice: str = ""
    example: str = ""


@dataclass(frozen=True)
class Table:
    """A table of records.

    Parameters
    ----------
    name
        Name of the file, sheet or database table.
    row
        What one row is.
    columns
        The declared columns, key first; others are kept as covariates.
    key
        Columns that name a row; empty where rows may repeat.
    """

    name: str
    row: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()

    def column(self, name: str) -> Column:
        """Give the declaration of a column.

        Raises
        ------
        KeyError
            The table declares no such column.
        """
        return {column.name: column for column in self.columns}[name]

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the declared columns."""
        return tuple(column.name for column in self.columns)


PATIENT = Column("patient_id", "id", "Pseudonym of the patient, the same in every table", required=True, example="P01")
TIME = Column(
    "time",
    "time",
    "When: ISO 8601 date-time or date, or hours or days from infusion (the protocol says which)",
    required=True,
    example="2024-03-05T08:00",
)
FREQUENCIES = ("never", "rarely", "sometimes", "often", "always")
CAPD_ITEMS = (
    "makes eye contact with the caregiver",
    "acts with purpose",
    "is aware of the surroundings",
    "communicates needs and wants",
    "is restless",
    "is inconsolable",
    "is underactive while awake",
    "is slow to respond to interactions",
)
NEURO_DOMAINS = ("ice", "capd", "consciousness", "seizure", "motor", "icp_edema")
SPECIMENS = ("blood", "serum", "plasma", "csf", "marrow")


def _ice_item(name: str, most: int, meaning: str) -> Column:
    return Column(f"ice_{name}", "integer", f"ICE: {meaning}", "points", 0, most, example=str(most))


PATIENTS = Table(
    "patients",
    "a patient",
    (
        PATIENT,
        Column("age_years", "number", "Age at infusion", "years", 0, 120, example="54"),
        Column("sex", "category", "Sex", allowed=("female", "male"), example="female"),
        Column("diagnosis", "text", "Disease for which CAR-T cells were given", example="B-cell lymphoma"),
        Column("prior_lines", "integer", "Earlier lines of therapy", "lines", 0, 50, example="3"),
        Column(
            "marrow_blast_pct",
            "number",
            "Blasts in marrow before lymphodepletion",
            "%",
            0,
            100,
            example="12.5",
        ),
        Column("cns_involvement", "boolean", "Disease in the central nervous system", example="no"),
        Column(
            "developmental_delay",
            "boolean",
            "Developmental delay before infusion: CAPD is then used at any age",
            example="no",
        ),
    ),
    key=("patient_id",),
)
INFUSIONS = Table(
    "infusions",
    "an infusion",
    (
        PATIENT,
        Column(
            "infused_at",
            "time",
            "When the cells were infused; with times in hours or days 0, or the offset of a later infusion",
            required=True,
            example="2024-03-01T10:00",
        ),
        Column("product", "text", "CAR-T product", example="axi-cel"),
        Column("target", "text", "Antigen the cells recognise", example="CD19"),
        Column("dose_cells_per_kg", "number", "CAR-T cells given", "cells/kg", 0, 1e12, example="2e6"),
    ),
    key=("patient_id", "infused_at"),
)
NEURO = Table(
    "neuro",
    "a bedside neurological assessment",
    (
        PATIENT,
        TIME,
        Column("ice", "integer", "ICE score, total; empty where it was not taken", "points", 0, 10, example="8"),
        _ice_item("orientation", 4, "orientation to year, month, city and hospital, a point each"),
        _ice_item("naming", 3, "three objects named, a point each"),
        _ice_item("commands", 1, "follows a simple command"),
        _ice_item("writing", 1, "writes a standard sentence"),
        _ice_item("attention", 1, "counts back from 100 by tens"),
        Column("capd", "integer", "CAPD score, total; under 12 years or developmental delay", "points", 0, 32),
        *(
            Column(
                f"capd_{number}",
                "category",
                f"CAPD: the child {item}, as ticked on the form",
                allowed=FREQUENCIES,
            )
            for number, item in enumerate(CAPD_ITEMS, start=1)
        ),
        Column(
            "consciousness",
            "category",
            "What woke the patient",
            allowed=("awake", "voice", "touch", "unarousable", "not_assessable"),
            advice="Give the response that woke the patient, or leave the cell empty if it was not recorded.",
            example="awake",
        ),
        Column(
            "seizure",
            "category",
            "Seizures since the last assessment; prolonged is longer than 5 minutes, "
            "repetitive is without return to baseline in between",
            allowed=("none", "resolves_rapidly", "nonconvulsive_resolves", "prolonged", "repetitive"),
            example="none",
        ),
        Column(
            "motor",
            "category",
            "Motor weakness",
            allowed=("none", "mild_weakness", "deep_focal_weakness"),
            example="none",
        ),
        Column(
            "icp_edema",
            "category",
            "Raised intracranial pressure or brain oedema",
            allowed=(
                "none",
                "focal_edema",
                "diffuse_edema",
                "posturing",
                "sixth_nerve_palsy",
                "papilledema",
                "cushing_triad",
            ),
            example="none",
        ),
        Column(
            "other_cause",
            "categories",
            "Domains explained by another cause, such as sedation or haemorrhage",
            allowed=NEURO_DOMAINS,
        ),
        Column("icans_grade", "integer", "ICANS grade as the clinic recorded it", "grade", 0, 5, example="1"),
    ),
    key=("patient_id", "time"),
)
CRS = Table(
    "crs",
    "an observation of signs of cytokine release syndrome",
    (
        PATIENT,
        TIME,
        Column("temperature_c", "number", "Highest body temperature", "°C", 25, 45, example="38.4"),
        Column("fever_other_cause", "boolean", "The fever has another cause", example="no"),
        Column(
            "antipyretic_or_anticytokine",
            "boolean",
            "Antipyretic or anticytokine therapy (tocilizumab, steroids) was given before: fever may be masked",
            example="no",
        ),
        Column(
            "hypotension",
            "category",
            "Hypotension, by what it needed",
            allowed=("none", "fluids_only", "vasopressor"),
            example="none",
        ),
        Column("vasopressors", "integer", "Vasopressors other than vasopressin", "agents", 0, 10, example="0"),
        Column("vasopressin", "boolean", "Vasopressin is given", example="no"),
        Column(
            "oxygen",
            "category",
            "Oxygen, by device",
            allowed=(
                "none",
                "comfort_only",
                "nasal_cannula",
                "blow_by",
                "high_flow",
                "face_mask",
                "venturi",
                "nonrebreather",
                "cpap",
                "bipap",
                "invasive_ventilation",
            ),
            example="none",
        ),
        Column("oxygen_flow_l_min", "number", "Flow of oxygen", "L/min", 0, 100, example="2"),
        Column("crs_grade", "integer", "CRS grade as the clinic recorded it", "grade", 0, 5, example="1"),
    ),
    key=("patient_id", "time"),
)
TREATMENTS = Table(
    "treatments",
    "a dose",
    (
        PATIENT,
        TIME,
        Column("drug", "text", "Drug, by its generic name", required=True, example="dexamethasone"),
        Column("dose", "number", "Amount given; empty where it is not known", least=0, most=1e9, example="10"),
        Column("dose_unit", "text", "Unit of the amount", example="mg"),
        Column("route", "text", "Route: intravenous, oral, intrathecal, ...", example="intravenous"),
    ),
)
LABS = Table(
    "labs",
    "a measurement",
    (
        PATIENT,
        TIME,
        Column("specimen", "category", "What was measured in", allowed=SPECIMENS, required=True, example="csf"),
        Column("analyte", "text", "What was measured", required=True, example="IL-6"),
        Column("value", "number", "Result, or the detection limit", required=True, example="35"),
        Column("unit", "text", "Unit of the result", example="pg/mL"),
        Column(
            "limit",
            "category",
            "< or > where the value is a detection limit and not a result",
            allowed=("<", ">"),
            advice="Leave the cell empty where the value is a result.",
        ),
    ),
)
EVENTS = Table(
    "events",
    "something dated",
    (
        PATIENT,
        TIME,
        Column(
            "event",
            "category",
            "What happened",
            allowed=(
                "death",
                "death_due_to_icans",
                "progression",
                "relapse",
                "last_contact",
                "next_therapy",
            ),
            required=True,
            example="last_contact",
        ),
    ),
)

TABLES = {table.name: table for table in (PATIENTS, INFUSIONS, NEURO, CRS, TREATMENTS, LABS, EVENTS)}
"""Every table of records by name, in the order of the data dictionary."""
