"""Small tables brought from the engine to Python: a column is an array."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from icans.errors import StudyError

if TYPE_CHECKING:
    import ibis

    from icans.engines import Engine

Columns = dict[str, NDArray[Any]]
"""Columns of a table by name, all of one length. Numbers and booleans are float64, NaN where null; text is an array of
objects, None where null."""


def collected(
    engine: Engine, table: ibis.Table, *, order: tuple[str, ...], patients: pa.Array | None = None
) -> Columns:
    """Bring a table to Python, its rows in the order of some columns.

    Parameters
    ----------
    engine
        Where the table lives.
    table
        A table small enough.
    order
        Columns that order its rows.
    patients
        Ids of the patients of the study: column ``patient`` (int64) then says where each row's patient stands among
        them, in place of ``patient_id``.

    Raises
    ------
    StudyError
        A row is about a patient who is none of them.
    """
    arrow = engine.collect(table.order_by(list(order)))
    columns = {
        name: _array(arrow.column(name)) for name in arrow.column_names if patients is None or name != "patient_id"
    }
    if patients is None:
        return columns
    found = pc.index_in(arrow.column("patient_id"), value_set=patients)
    if found.null_count:
        stranger = arrow.column("patient_id").filter(found.is_null())[0]
        raise StudyError(f"Patient {stranger} is in a derived table and not in patients.", "Derive the study anew.")
    return {"patient": np.asarray(found.cast(pa.int64()).to_numpy(), dtype=np.int64), **columns}


def kept(columns: Columns, which: NDArray[Any]) -> Columns:
    """Keep some rows, by mask or position."""
    return {name: values[which] for name, values in columns.items()}


def firsts(columns: Columns, *key: str) -> Columns:
    """Keep the first row of each run of rows that share their key; the rows are in the order of the key."""
    size = columns[key[0]].size
    if size == 0:
        return columns
    starts = np.zeros(size, dtype=np.bool_)
    starts[0] = True
    for name in key:
        starts[1:] |= columns[name][1:] != columns[name][:-1]
    return kept(columns, starts)


def _array(column: pa.ChunkedArray) -> NDArray[Any]:
    kind = column.type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return np.asarray(column.to_numpy(), dtype=object)
    return np.asarray(column.cast(pa.float64(), safe=False).to_numpy(), dtype=np.float64)
