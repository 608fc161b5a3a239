"""The software of a run: versions of what computes, and what of an engine decides on the rows it gives."""

from __future__ import annotations

import platform
import sys
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, cached_property
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

from icans import __version__, engines

if TYPE_CHECKING:
    from icans.engines import Engine

COMPUTE = ("ibis-framework", "sqlglot", "pyarrow", "numpy", "scipy")
DRIVERS = {"duckdb": "duckdb", "spark": "pyspark", "postgres": "psycopg"}
SETTINGS = {
    "duckdb": "SELECT name, value FROM duckdb_settings() WHERE name IN ('TimeZone', 'memory_limit', 'threads')",
    "spark": "SET",
    "postgres": "SELECT name, setting FROM pg_settings WHERE name IN ('TimeZone', 'lc_collate', 'work_mem')",
}
"""Query for the settings of each engine: rows of name and value."""
SPARK_SETTINGS = ("spark.master", "spark.driver.memory", "spark.sql.session.timeZone", "spark.sql.shuffle.partitions")
DECIDES = frozenset({"TimeZone", "spark.sql.session.timeZone", "lc_collate"})
"""Settings that decide on rows; the others decide on time and memory."""


@dataclass(frozen=True)
class EngineFacts:
    """What is known of an engine.

    Parameters
    ----------
    name, version
        The engine.
    settings
        What of its settings is in force.
    """

    name: str
    version: str
    settings: dict[str, str]

    @classmethod
    def of(cls, engine: Engine) -> EngineFacts:
        """Ask an engine."""
        return cls(engine.name, str(engine.backend.version), _settings(engine))

    @cached_property
    def identity(self) -> str:
        """Everything about the engine that decides on the rows it gives for an expression."""
        deciding = sorted((name, value) for name, value in self.settings.items() if name in DECIDES)
        return repr((self.name, self.version, version("ibis-framework"), _engines_digest(), deciding))


def software(engine: str) -> dict[str, str]:
    """Give the versions of icans, Python and the libraries that compute on an engine."""
    found = {"icans": __version__, "python": platform.python_version()}
    for name in (*COMPUTE, DRIVERS[engine]):
        with suppress(PackageNotFoundError):
            found[name] = _version(name)
    return found


def _version(name: str) -> str:
    loaded = getattr(sys.modules.get(name), "__version__", None)  # quicker than its file of metadata
    return loaded if isinstance(loaded, str) else version(name)


def _settings(engine: Engine) -> dict[str, str]:
    query = SETTINGS[engine.name]
    if engine.name == "duckdb":
        return dict(map(_texts, engine.backend.con.execute(query).fetchall()))
    if engine.name == "spark":
        rows = engine.backend._session.sql(query).collect()  # noqa: SLF001  # Ibis has no word for a query of settings
        return {name: value for name, value in map(_texts, rows) if name in SPARK_SETTINGS}
    with engine.backend.raw_sql(query) as cursor:
        return dict(map(_texts, cursor.fetchall()))


def _texts(row: tuple[object, object]) -> tuple[str, str]:
    name, value = row
    return f"{name}", f"{value}"


@cache
def _engines_digest() -> str:
    """Give the digest of the modules that turn an expression into an engine's query."""
    folder = Path(engines.__file__).parent
    return sha256(b"".join(file.read_bytes() for file in sorted(folder.glob("*.py")))).hexdigest()
