"""What a derivation's table is asked of the place where it lives; each engine answers in its own way."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

if TYPE_CHECKING:
    import ibis
    import pyarrow as pa

    from icans.numbered import Numbered


class Engine(Protocol):
    """Where tables live: an Ibis backend, and what Ibis has no word for.

    Derivations are expressions and know no engine. Only small tables come back to Python. An engine serves one study:
    it goes on with none once a file that it opened has changed.
    """

    name: str
    """Name of the engine: ``duckdb``, ``spark`` or ``postgres``."""

    backend: Any
    """The Ibis backend."""

    def read_parquet(
        self,
        path: Path | str | Sequence[Path],
        *,
        numbered: bool = False,
        by_file: Mapping[str, Sequence[str | None]] | None = None,
    ) -> ibis.Table:
        """Open a Parquet file, or a folder of them that this engine wrote, as a table; nothing is read yet.

        A list of paths is the files of one table: columns are matched by name, and one that a file lacks is null there.
        The caller has seen to it that a column has the same type wherever it stands, and names are as they are: no
        sign in a path stands for others, and no folder's name becomes a column.

        Parameters
        ----------
        path
            A file; or the files of one table, at least one.
        numbered
            Add the column ``file_row_number`` (int64, from 0, anew in each file) and, where `path` is a list,
            ``file_number`` (int64, the file's place in the list, from 0).
        by_file
            Columns (string) that are not in the files: for each its value in each file, in the order of the list.
        """

    def keep(self, table: ibis.Table) -> ibis.Table:
        """Compute a table once and keep it for the steps that follow."""

    def write(self, table: ibis.Table | Numbered, path: Path) -> ibis.Table:
        """Compute a table, write it as Parquet and give the table as read from there, in words.

        Parameters
        ----------
        table
            Any table.
        path
            What to write: a file, or on a cluster a folder of files.
        """

    def collect(self, table: ibis.Table) -> pa.Table:
        """Bring a small table to Python."""

    def rows(self, table: ibis.Table) -> list[dict[str, Any]]:
        """Bring a small table to Python as a list of rows."""

    def close(self) -> None:
        """Let go of the tables, and of what was made for them."""


@runtime_checkable
class Watchable(Protocol):
    """An engine that can tell how far it is."""

    def watch(self) -> Callable[[], float | None]:
        """Give what tells, from another thread, how much of the query that runs is done: 0 to 1, None: not known."""
