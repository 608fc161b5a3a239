"""What can go wrong with a PostgreSQL server, as sentences; no password is in any of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlsplit

from icans.errors import EngineError

WRITE_IT = "Write postgresql://USER@HOST:PORT/DATABASE; in a password write @ as %40, / as %2F, : as %3A, ? as %3F."
BY_STATE = {
    "25006": (
        "the database can only be read, and temporary tables are needed",
        "Ask for a database that is not a read-only copy, or use --engine duckdb, which only reads.",
    ),
    "42501": ("the user lacks a right", "Ask the administrator for it."),
    "53100": ("the disk of its server is full", "Make room there, or use --engine duckdb."),
    "53200": ("its server ran out of memory", "Lower its work_mem, or use --engine duckdb."),
    "53300": ("it takes no more connections", "Try again later."),
    "53400": ("a limit of its server was reached", "Ask the administrator to raise it, or use --engine duckdb."),
    "54011": ("a table would have more columns than it allows", "Leave out columns, or use --engine duckdb."),
    "57014": ("a query took longer than its server allows", "Ask the administrator to raise statement_timeout."),
    "22003": ("a number is too large or too small for it", "Round it in the records, or use --engine duckdb."),
    "22021": ("a text has a NUL character, which it cannot hold", "Mend the file, or use --engine duckdb."),
    "22P05": ("a text has a character that its encoding lacks", "Use a database in UTF-8, or --engine duckdb."),
}
"""What a state of SQL means here, and what to do."""
LOST = ("08", "57P")
"""Beginnings of the states in which the connection is gone."""
AGAIN = "Nothing was written; look after the server or the network, and run it again."


@dataclass(frozen=True)
class Place:
    """A PostgreSQL database by its URL.

    Parameters
    ----------
    url
        URL for the driver.
    schema
        Schema whose tables are meant; empty: the first one of the user's search path.
    shown
        The URL without its password.
    password
        What must not be in any message.
    """

    url: str = field(repr=False)
    schema: str
    shown: str
    password: str = field(repr=False)

    @classmethod
    def of(cls, url: str) -> Place:
        """Read a URL, ``postgresql://USER:PASSWORD@HOST:PORT/DATABASE/SCHEMA?SETTING=VALUE``.

        Raises
        ------
        EngineError
            It cannot be read; it is not shown, as its password may stand anywhere in it.
        """
        try:
            parts = urlsplit(url)
            host, port = parts.hostname or "", parts.port
        except ValueError:
            raise EngineError("The URL of the PostgreSQL database cannot be read.", WRITE_IT) from None
        if "@" in f"{parts.path}{parts.query}{parts.fragment}" or parts.netloc.count("@") > 1 or parts.fragment:
            raise EngineError("The URL of the PostgreSQL database cannot be read.", WRITE_IT)
        database, _, schema = parts.path.removeprefix("/").partition("/")
        user = f"{parts.username}@" if parts.username else ""
        where = f"[{host}]" if ":" in host else host
        shown = f"{parts.scheme}://{user}{where}{f':{port}' if port else ''}/{database}"
        whole = parts._replace(path=f"/{database}").geturl()
        return cls(whole, unquote(schema), shown, unquote(parts.password or ""))

    def said(self, error: Any) -> str:  # noqa: ANN401  # the driver is imported late
        """Give the first line of an error without the password."""
        lines = str(error).strip().splitlines()
        first = lines[0].removeprefix("ERROR:").strip() if lines else type(error).__name__
        return first.replace(self.password, "…") if self.password else first


def unreachable(place: Place, error: Any) -> EngineError:  # noqa: ANN401  # as above
    """Say why no connection was made."""
    said = place.said(error)
    if "password authentication failed" in said or "no password supplied" in said:
        return EngineError(
            f"{place.shown}: the user or the password was refused.", "Give both in the URL, or PGPASSWORD."
        )
    if "does not exist" in said and "FATAL" in said:
        return EngineError(f"{place.shown}: {said.rpartition('FATAL:')[2].strip()}.", "Correct the URL.")
    if "URI" in str(error) or "connection info string" in str(error):
        return EngineError("The URL of the PostgreSQL database cannot be read.", WRITE_IT)
    reason = said.rpartition("failed: ")[2] if "failed: " in said else said
    if "FATAL" in said:
        reason = reason.rpartition("FATAL:")[2].strip()
        return EngineError(
            f"{place.shown}: the server refused the connection ({reason}).",
            "Correct the URL, or ask its administrator.",
        )
    return EngineError(f"{place.shown}: no PostgreSQL server answers ({reason}).", "Look after host, port and network.")


@contextmanager
def refusals(place: Place, what: str) -> Iterator[None]:
    """Turn a refusal of the server into a sentence; a query that is wrong in itself is a fault of this software."""
    import psycopg  # noqa: PLC0415  # start-up counts

    try:
        yield
    except psycopg.Error as error:
        state, said = error.sqlstate or "", place.said(error)
        if state in BY_STATE:
            means, do = BY_STATE[state]
            raise EngineError(f"{what}: the database refused: {means} ({said}).", do) from None
        if not state or state.startswith(LOST):
            raise EngineError(f"{what}: the connection to {place.shown} was lost ({said}).", AGAIN) from None
        if isinstance(error, psycopg.ProgrammingError):
            raise
        raise EngineError(f"{what}: the database refused: {said}") from None
