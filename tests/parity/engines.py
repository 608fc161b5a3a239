"""The engines of the suite: opened once or for each run, and skipped, or refused, where what they need is absent."""

import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from tests.parity import server

from icans.engines import connect

REFERENCE = "duckdb"
OTHERS = ("postgres", "spark")
REQUIRED = os.environ.get("ICANS_REQUIRE_ENGINES") == "1"
"""In CI an engine that is absent is a failure."""


def absent(reason: str) -> None:
    """Skip, or fail where every engine must be there."""
    if REQUIRED:
        pytest.fail(f"{reason}, and ICANS_REQUIRE_ENGINES=1 asks for every engine", pytrace=False)
    pytest.skip(reason)


class Engines:
    """What the suite runs on; one server and one Spark session for all of it."""

    def __init__(self, scratch: Path) -> None:
        self._scratch = scratch
        self._stack = ExitStack()
        self._url = ""
        self._spark: Any = None

    @property
    def postgres_url(self) -> str:
        """URL of the private server, started when first asked for."""
        if not self._url:
            if not find_spec("psycopg"):
                absent("the driver of PostgreSQL (psycopg) is not installed")
            binaries = server.binaries()
            if binaries is None:
                absent("there is no PostgreSQL server on this machine (Debian's package postgresql)")
            else:
                self._url = self._stack.enter_context(server.postgres(binaries))
        return self._url

    @contextmanager
    def opened(self, name: str) -> Iterator[Any]:
        """Open an engine for a run; Spark stays open for the next one."""
        if name == "spark":
            yield self._spark_session()
            return
        engine = connect(self.postgres_url if name == "postgres" else name, scratch=self._scratch)
        try:
            yield engine
        finally:
            engine.close()

    def _spark_session(self) -> Any:
        if self._spark is None:
            if not find_spec("pyspark"):
                absent("pyspark is not installed")
            if not (shutil.which("java") or os.environ.get("JAVA_HOME")):
                absent("there is no Java on this machine (Debian's package openjdk-17-jre-headless)")
            self._spark = connect("spark", scratch=self._scratch)
            self._stack.callback(self._spark.close)
        return self._spark

    def close(self) -> None:
        """Stop what was started."""
        self._stack.close()
