"""An engine on record: it knows what its tables are made of, and takes from an earlier output what still holds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from icans.numbered import Numbered, in_words
from icans.runs.files import Digests, FileDigest, linked
from icans.runs.keys import digest, key
from icans.runs.software import EngineFacts

if TYPE_CHECKING:
    import ibis
    import pyarrow as pa

    from icans.engines import Engine


@dataclass(frozen=True)
class Earlier:
    """A derived table of an earlier output.

    Parameters
    ----------
    path
        Its file or folder.
    sha256
        What that held when it was written.
    """

    path: Path
    sha256: str


@dataclass(frozen=True)
class Written:
    """A table that was written, or taken over from an earlier output.

    Parameters
    ----------
    path
        Its file or folder.
    key
        What it is made of (`icans.runs.keys`); None where that is not known.
    content
        Its digest, once it is there.
    reused
        It was taken over.
    """

    path: Path
    key: str | None
    content: Future[FileDigest]
    reused: bool


class RecordedEngine:
    """An engine whose tables are known by what they are made of.

    Parameters
    ----------
    engine
        The engine that computes.
    digests
        Reads the files.
    earlier
        Tables of an earlier output by their key.
    folder
        Where tables are written that are on record; those written elsewhere are only passing.
    """

    def __init__(self, engine: Engine, digests: Digests, earlier: Mapping[str, Earlier], folder: Path) -> None:
        self.name = engine.name
        self.backend = engine.backend
        self.facts = EngineFacts.of(engine)
        self.written: list[Written] = []
        self._engine = engine
        self._digests = digests
        self._earlier = earlier
        self._folder = folder
        self._content: dict[Any, Callable[[], str | None]] = {}
        self._known: dict[Any, str | None] = {}

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  # what only one engine has
        return getattr(self._engine, name)

    def read_parquet(
        self,
        path: Path | str | Sequence[Path],
        *,
        numbered: bool = False,
        by_file: Mapping[str, Sequence[str | None]] | None = None,
    ) -> ibis.Table:
        """Open a Parquet file, or the files of one table, as a table, and begin to read what they hold."""
        table = self._engine.read_parquet(path, numbered=numbered, by_file=by_file)
        paths = [Path(path)] if isinstance(path, Path | str) else path
        held = [self._digests.ask(one) for one in paths]
        how = f"numbered {numbered} by_file {sorted((by_file or {}).items())!r}"
        self._content[table.op()] = lambda: digest("\n".join([how, *(one.result().sha256 for one in held)]))
        return table

    def keep(self, table: ibis.Table) -> ibis.Table:
        """Compute a table once and keep it for the steps that follow."""
        kept = self._engine.keep(table)
        if kept.op() != table.op():
            self._content[kept.op()] = lambda: self._key(table)
        return kept

    def write(self, table: ibis.Table | Numbered, path: Path) -> ibis.Table:
        """Compute a table into Parquet, unless an earlier output has it, and give the table as read from there."""
        if path.parent != self._folder:
            return self._engine.write(table, path)
        made_of = self._key(in_words(table))
        earlier = self._earlier.get(made_of) if made_of else None
        if earlier and self._holds(earlier):
            linked(earlier.path, path)
            found = self._engine.read_parquet(path)
        else:
            earlier = None
            found = self._engine.write(table, path)
        self._content[found.op()] = lambda: made_of
        self.written.append(Written(path, made_of, self._digests.ask(path), earlier is not None))
        return found

    def collect(self, table: ibis.Table) -> pa.Table:
        """Bring a small table to Python."""
        return self._engine.collect(table)

    def rows(self, table: ibis.Table) -> list[dict[str, Any]]:
        """Bring a small table to Python as a list of rows."""
        return self._engine.rows(table)

    def close(self) -> None:
        """Let go of the tables."""
        self._engine.close()

    def _key(self, table: ibis.Table) -> str | None:
        found = key(table, self._digest_of)
        return found and digest(f"{self.facts.identity}\n{found}")

    def _digest_of(self, node: Any) -> str | None:  # noqa: ANN401  # a node of Ibis
        if node not in self._known:
            made = self._content.get(node) or self._attached(node)
            if made is None:
                return None
            self._known[node] = made()
        return self._known[node]

    def _attached(self, node: Any) -> Callable[[], str | None] | None:  # noqa: ANN401  # a node of Ibis
        """Tell what a table of an attached database file holds, known by the file; a view can look elsewhere."""
        from ibis.expr.operations import DatabaseTable  # noqa: PLC0415  # start-up counts

        if self.name != "duckdb" or not isinstance(node, DatabaseTable) or not node.namespace.catalog:
            return None
        found = self.backend.con.execute(
            "SELECT path FROM duckdb_databases() JOIN duckdb_tables() USING (database_name) "
            "WHERE database_name = ? AND schema_name = ? AND table_name = ? AND path IS NOT NULL",
            [node.namespace.catalog, node.namespace.database, node.name],
        ).fetchone()
        if not found:
            return None
        held = self._digests.ask(Path(found[0]))
        return lambda: digest(f"table {node.name} of {held.result().sha256}")

    def _holds(self, earlier: Earlier) -> bool:
        """Tell whether a table of the earlier output is what was written there; one that cannot be read is not."""
        try:
            return earlier.path.exists() and self._digests.ask(earlier.path).result().sha256 == earlier.sha256
        except OSError:
            return False
