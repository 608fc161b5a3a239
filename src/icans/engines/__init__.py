"""Where tables live: one module an engine, and what each does differently from the others named in it."""

from __future__ import annotations

import re
from pathlib import Path

from icans.engines.engine import Engine
from icans.engines.limits import NO_LIMITS, Limits
from icans.errors import CallError, nearest

__all__ = ["ENGINES", "SCHEMES", "Engine", "connect", "is_misspelt_url"]

ENGINES = ("duckdb", "spark", "postgres")
SCHEMES = ("postgres", "postgresql")
"""Beginnings of the URL of a database that computes where the records lie."""


def connect(
    name: str = "duckdb", *, scratch: Path | None = None, source: str = "", limits: Limits = NO_LIMITS
) -> Engine:
    """Open an engine.

    Parameters
    ----------
    name
        Name of an engine, or the URL of a PostgreSQL database.
    scratch
        Folder for what does not fit in memory and for tables on their way; None: the engine's own choice.
    source
        Where the records lie; ``postgres`` alone means the database that holds them.
    limits
        What DuckDB may take of memory and threads; the others have settings of their own.

    Raises
    ------
    CallError
        No engine has that name, or ``postgres`` was asked for and the records lie elsewhere; limits for another engine
        than DuckDB.
    EngineError
        What the engine needs is not installed, or it refused.
    """
    scheme = name.partition("://")[0]
    if name == "duckdb":
        from icans.engines.duckdb import DuckDBEngine  # noqa: PLC0415  # only the engine that is asked for

        return DuckDBEngine(scratch, limits)
    if limits != NO_LIMITS:
        raise CallError(
            f"--memory and --threads limit DuckDB, and the engine is {name.partition(':')[0]}.",
            "Limit Spark with spark.driver.memory and spark.executor.memory, PostgreSQL in its own configuration.",
        )
    if name == "spark":
        from icans.engines.spark import SparkEngine  # noqa: PLC0415  # as above

        return SparkEngine(scratch)
    if scheme in SCHEMES:
        from icans.engines.postgres import PostgresEngine  # noqa: PLC0415  # as above

        url = name if "://" in name else source
        if url.partition("://")[0] not in SCHEMES:
            raise CallError(
                "--engine postgres computes in the database of the records, and study.toml names none.",
                'Set [records] source = "postgresql://…", or give the URL itself: --engine postgresql://…',
            )
        return PostgresEngine(url)
    if is_misspelt_url(scheme):
        raise CallError(
            "There is no such engine.", f"Write {' or '.join(ENGINES)}, or postgresql://USER@HOST/DATABASE."
        )
    raise CallError(f"There is no engine {scheme}.", nearest(scheme, ENGINES))


def is_misspelt_url(text: str) -> bool:
    """Tell a URL of a database without the colon after its scheme: a password may stand in it, and is not repeated."""
    return bool(re.search(":.*@", text))
