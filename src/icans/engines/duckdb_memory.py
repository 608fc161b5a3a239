# mypy: disable-error-code="misc"
"""How DuckDB is given the tables that Python holds."""

from __future__ import annotations

import ibis.expr.operations as ops
from ibis.backends.duckdb import Backend


class CopyingBackend(Backend):
    """Ibis's backend, its tables of memory copied into DuckDB.

    Where they lie DuckDB reads them by Arrow and hands it the conditions of a join to filter by, of which Arrow refuses
    one kind (https://github.com/duckdb/duckdb-python/issues/463); it also takes each of them for a table of one row.
    """

    def _register_in_memory_table(self, op: ops.InMemoryTable) -> None:
        arrow, copy = f"arrow_{op.name}", f"copy_{op.name}"
        self.con.register(arrow, op.data.to_pyarrow(op.schema))
        try:
            self.con.execute(f'CREATE TEMP TABLE "{copy}" AS FROM "{arrow}"')
        finally:
            self.con.unregister(arrow)
        # By the name that Ibis gives it stands a view, as Ibis expects where it drops it.
        self.con.execute(f'CREATE TEMP VIEW "{op.name}" AS FROM "{copy}"')
