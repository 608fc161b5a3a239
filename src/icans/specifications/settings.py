"""Many settings of the definitions in one query: under each setting a patient is another patient.

Derivations keep patients apart. A table whose ``patient_id`` begins with the number of a setting therefore goes through
the same derivation as any other, once for all settings, and a definition is looked up by that number.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import ibis
import pyarrow as pa
from ibis import _

DIGITS = 6
"""Length of the number before the patient's own id."""


def by_setting(values: Sequence[Any]) -> ibis.Deferred:
    """Give, for the patient of a row, the value of a definition under the patient's setting."""
    array = ibis.array(list(values))
    return _.patient_id.substr(0, DIGITS).cast("int64").pipe(lambda number: array[number])


def under(table: ibis.Table, numbers: Mapping[int, int] | Sequence[int], by: str = "") -> ibis.Table:
    """Repeat a table under each of some settings.

    Parameters
    ----------
    table
        Any table with ``patient_id``.
    numbers
        The settings; a mapping from a setting to the value of `by` whose rows it takes.
    by
        Column of the table that says which settings a row belongs to; empty: all of them. It is dropped.

    Returns
    -------
    ibis.Table
        The table's other columns, ``patient_id`` with the number of the setting before it.
    """
    content: dict[str, Any] = {"setting_prefix": [f"{number:0{DIGITS}d}" for number in numbers]}
    if isinstance(numbers, Mapping):
        content["setting_of"] = list(numbers.values())
    settings = ibis.memtable(pa.table(content))
    repeated = table.inner_join(settings, table[by] == settings.setting_of) if by else table.cross_join(settings)
    kept = [column for column in table.columns if column not in {"patient_id", by}]
    return repeated.select(*kept, patient_id=repeated.setting_prefix + repeated.patient_id)


def parted(table: ibis.Table, name: str) -> ibis.Table:
    """Take the number of the setting off ``patient_id`` again and give it as a column (int64) of its own."""
    number = table.patient_id.substr(0, DIGITS).cast("int64")
    own = table.patient_id.substr(DIGITS)
    return table.mutate(**{name: number, "patient_id": own})
