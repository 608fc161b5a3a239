"""Where each patient and day of a patient-by-day figure stands."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from icans.figures.data import FigureData, Row
from icans.figures.days import worth_drawing
from icans.figures.labels import short_names
from icans.figures.marks import Plane, linear
from icans.figures.theme import SMALL, WIDTH, text_width

GROUP_GAP = 0.45
TALLEST = 18.0
SHORTEST = 7.0
HEIGHT = 720.0
WIDEST_DAY = 34.0


class PatientRows:
    """Rows of patients in groups of the same highest ICANS grade, and days as columns.

    Rows are as high as fit the page, between `SHORTEST` and `TALLEST` px; a row is one unit of the vertical scale, a
    day one unit of the horizontal.

    Parameters
    ----------
    data
        What is drawn; its patients in the order of rows.
    toxicities
        A panel each.
    """

    between = 18.0

    def __init__(self, data: FigureData, toxicities: Sequence[str]) -> None:
        short = short_names([row["name"] for row in data.patients])
        self.named = {row["key"]: row["name"] for row in data.patients}
        self.row = max(SHORTEST, min(TALLEST, HEIGHT / max(len(data.patients), 1)))
        self.letters = min(10.0, max(6.5, self.row * 0.92))
        self._short = {row["key"]: short[row["name"]] for row in data.patients}
        self._group(data.patients)
        self.days = worth_drawing(data, self.top, toxicities)
        self.later = sum(row["day"] >= self.days for row in data.days)
        self.lane = 0.74 if data.steroids else 0.94
        self.label = max((text_width(name, self.letters) for name in self._short.values()), default=0.0) + 6
        widest = max((text_width(group["text"], SMALL) for group in self.groups()), default=0.0)
        self.margin = self.label + 12 + max(widest, text_width("Highest", SMALL))
        room = (WIDTH - self.margin - (len(toxicities) - 1) * self.between) / len(toxicities)
        self.width = min(room, WIDEST_DAY * self.days)
        self.day = self.width / self.days
        self.symbol = max(11.0, min(46.0, (min(self.day, self.row * 0.8) * 0.75) ** 2))

    def _group(self, patients: Sequence[Row]) -> None:
        self.top: dict[str, float] = {}
        self.sizes: list[tuple[int | None, int]] = []
        self._edges: list[tuple[float, float]] = []
        at = 0.0
        for peak, grouped in groupby(patients, key=lambda row: row["icans"]):
            members = list(grouped)
            self.top |= {row["key"]: at + place for place, row in enumerate(members)}
            self.sizes.append((peak, len(members)))
            self._edges.append((at, at + len(members)))
            at += len(members) + GROUP_GAP
        self.units = max(at - GROUP_GAP, 1.0)
        self.height = self.units * self.row

    def holds(self, key: str, day: float) -> bool:
        """Whether a patient and day are drawn."""
        return key in self.top and 0 <= day < self.days

    def cell(self, key: str) -> tuple[float, float]:
        """Give the upper and lower edge of a patient's cells; below them is the lane of corticosteroids."""
        return self.top[key] + 0.06, self.top[key] + self.lane

    def middle(self, key: str) -> float:
        """Give the middle of a patient's cells."""
        return self.top[key] + (0.06 + self.lane) / 2

    def names(self) -> list[Row]:
        """Give the rows that write the patients' names."""
        return [{"y": self.top[key] + (0.06 + self.lane) / 2, "name": name} for key, name in self._short.items()]

    def groups(self) -> list[Row]:
        """Give the rows that mark the groups and write their highest grade and size."""
        return [
            {
                "y": (top + bottom) / 2,
                "top": top + 0.1,
                "bottom": bottom - 0.1,
                "text": f"{'not assessed' if peak is None else peak} (n={count})",
            }
            for (peak, count), (top, bottom) in zip(self.sizes, self._edges, strict=True)
        ]

    def plane(self) -> Plane:
        """Give the plane of a panel, with an axis of days."""
        step = next((step for step in (1, 2, 5, 7, 10, 14, 20) if step * self.day >= 20), 30)
        return Plane(
            x=linear(0, self.days),
            y=linear(0, self.units, reverse=True),
            x_axis={
                "values": [day + 0.5 for day in range(0, self.days, step)],
                "labelExpr": "floor(datum.value)",
                "labelFontSize": min(10.0, max(8.0, self.day * 0.75)),
                "title": "Day after infusion",
                "domain": False,
                "ticks": False,
                "grid": False,
            },
        )
