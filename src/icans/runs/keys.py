"""What a table is made of, as one digest: the same key, the same rows.

A derived table is an Ibis expression over files, tables of memory and tables made before it. Its key is the digest of
that expression, the names that change from run to run left out and each table it reads replaced by the digest of its
content. So a key changes with a record, a definition or the software that reads them, and with nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from hashlib import sha256
from typing import TYPE_CHECKING, Any
from uuid import UUID

if TYPE_CHECKING:
    import ibis
    import pyarrow as pa

PLAIN = (str, int, float, bytes, bool, date, datetime, time, timedelta, Decimal, UUID, Enum, type(None))
"""Values that are told apart by how Python writes them."""

Lookup = Callable[[Any], str | None]
"""Gives the digest of a table that an expression reads; None where its content is not known."""


class UnknownContentError(Exception):
    """An expression reads something whose content no digest stands for: never shown to a user."""


def digest(text: str) -> str:
    """Give the SHA-256 of a text."""
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def key(table: ibis.Table, content: Lookup) -> str | None:
    """Give the key of a table.

    Parameters
    ----------
    table
        Any table.
    content
        Gives the digest of a node of its expression that stands for rows: a table of the engine. None where it is not
        known, or where the node is no such table.

    Returns
    -------
    str or None
        64 hexadecimal digits; None where the expression reads something whose content is not known, or gives another
        answer each time (the time of day, a random number, a function of Python).
    """
    try:
        return digest("\n".join(_Writing(content).lines(table.op())))
    except UnknownContentError:
        return None


def memory_digest(table: pa.Table) -> str:
    """Give the digest of a table of memory: the SHA-256 of its columns, types and values."""
    import pyarrow as pa  # noqa: PLC0415  # start-up counts

    sink = _Sink()
    with pa.PythonFile(sink, mode="w") as file, pa.ipc.new_stream(file, table.schema) as stream:
        stream.write_table(table)
    return sink.digest.hexdigest()


class _Writing:
    """An expression as it is written down, each node in a line after those it is made of."""

    def __init__(self, content: Lookup) -> None:
        from ibis.expr import datatypes, operations  # noqa: PLC0415  # start-up counts

        self._content = content
        self._ops = operations
        self._type = datatypes.DataType
        self._places: dict[Any, int] = {}

    def lines(self, root: Any) -> Iterator[str]:  # noqa: ANN401  # a node of Ibis
        """Write the lines; a node is known by the number of its line."""
        waiting: list[tuple[Any, bool]] = [(root, False)]
        while waiting:
            node, made = waiting.pop()
            if node in self._places:
                continue
            line = self._made(node) if made else self._leaf(node)
            if line is None:
                waiting.append((node, True))
                waiting += [(child, False) for child in reversed(node.__children__)]
                continue
            self._places[node] = len(self._places)
            yield line

    def _leaf(self, node: Any) -> str | None:  # noqa: ANN401  # a node of Ibis
        """Write a node that stands for rows; None where it is made of others."""
        ops = self._ops
        if not isinstance(node, ops.Relation):
            if isinstance(node, ops.Impure):
                raise UnknownContentError(type(node).__name__)
            return None
        if (known := self._content(node)) is not None:
            return f"rows {known}"
        if isinstance(node, ops.InMemoryTable):
            return f"rows {memory_digest(node.data.to_pyarrow(node.schema))}"
        if isinstance(node, (ops.PhysicalTable, ops.SQLQueryResult, ops.SQLStringView, ops.Sample)):
            raise UnknownContentError(type(node).__name__)
        return None

    def _made(self, node: Any) -> str:  # noqa: ANN401  # a node of Ibis
        """Write a node that is made of others."""
        # The number of a reference tells two uses of a table apart and counts on as long as the process lives.
        arguments = (node.parent,) if isinstance(node, self._ops.Reference) else node.args
        return f"{type(node).__name__}{self._written(arguments)}"

    def _written(self, value: Any) -> str:  # noqa: ANN401  # an argument of a node
        """Write an argument: a node by its line, lists part by part, sets in order."""
        if isinstance(value, self._ops.Node) and value in self._places:
            return f"#{self._places[value]}"
        if isinstance(value, PLAIN):
            return f"{type(value).__name__} {value!r}"
        if isinstance(value, self._type):
            return repr(value)
        return self._written_parts(value)

    def _written_parts(self, value: Any) -> str:  # noqa: ANN401  # an argument of a node
        if isinstance(value, Mapping):
            return "{" + ", ".join(f"{name!r}: {self._written(part)}" for name, part in value.items()) + "}"
        if isinstance(value, list | tuple):
            return "(" + ", ".join(map(self._written, value)) + ")"
        if isinstance(value, frozenset):
            return "{" + ", ".join(sorted(map(self._written, value))) + "}"
        raise UnknownContentError(type(value).__name__)


class _Sink:
    """A file that keeps only the digest of what is written to it."""

    closed = False

    def __init__(self) -> None:
        self.digest = sha256()

    def write(self, content: Any) -> int:  # noqa: ANN401  # bytes or a buffer
        self.digest.update(content)
        return len(content)

    def flush(self) -> None:
        """Keep nothing back."""

    def close(self) -> None:
        """Let nothing go."""
