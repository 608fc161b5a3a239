"""A Spark session: the one that is there, or one made from the ordinary configuration and quiet."""

from __future__ import annotations

import atexit
import logging
import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from icans.engines.spark_refusals import not_started, refusals
from icans.errors import EngineError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

LOG = "spark.log"
MASTER = "spark.master"

EVERYWHERE = {
    "spark.app.name": "icans",
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.adaptive.enabled": "true",
}
"""What a session made here is told, unless the ordinary configuration says something else."""

ALONE = {
    MASTER: "local[*]",
    "spark.ui.enabled": "false",
    "spark.driver.host": "localhost",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.sql.shuffle.partitions": str(os.cpu_count() or 1),
    "spark.default.parallelism": str(os.cpu_count() or 1),
}
"""And what it is told where it is to run on this machine."""

SEMANTICS = {
    "spark.sql.ansi.enabled": "true",
    "spark.sql.caseSensitive": "true",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.timestampType": "TIMESTAMP_LTZ",
    "spark.sql.parquet.inferTimestampNTZ.enabled": "true",
    "spark.sql.legacy.parquet.nanosAsLong": "true",
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
    "spark.sql.parser.escapedStringLiterals": "false",
}
"""What the numbers depend on: the same in every session."""


class Session:
    """A Spark session, and the folder its tables are put into on their way.

    Parameters
    ----------
    scratch
        That folder; None: one of its own.

    Raises
    ------
    EngineError
        PySpark or Java is not there, or Spark does not start.
    """

    def __init__(self, scratch: Path | None) -> None:
        try:
            from pyspark import SparkContext  # noqa: PLC0415  # may be missing
            from pyspark.sql import SparkSession  # noqa: PLC0415  # as above
        except ImportError:
            raise EngineError("PySpark is not installed.", "Install it: pip install 'icans[spark]'") from None
        if os.environ.get("SPARK_REMOTE"):
            raise EngineError(
                "SPARK_REMOTE names a Spark Connect server, which does not see this machine's files.",
                "Unset it, and run on the cluster itself (spark-submit), or set spark.master.",
            )
        for name in ("py4j", "SQLQueryContextLogger", "DataFrameQueryContextLogger"):
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)  # what went wrong is said once, in a sentence
        self._own = None if scratch else Path(tempfile.mkdtemp(prefix="icans-spark-"))
        self.scratch = scratch or self._own or Path()
        atexit.register(self._remove)  # also where nobody closes the session
        self._started = SparkContext._active_spark_context is None  # noqa: SLF001  # the only way to ask
        try:
            with refusals("Spark"):
                session = self._start() if self._started else SparkSession.builder.getOrCreate()
                self.spark: SparkSession = session.newSession()
                for name, value in SEMANTICS.items():
                    self.spark.conf.set(name, value)
        except BaseException:
            self._remove()
            raise
        self.is_local = _is_local(str(session.sparkContext.master))

    def _start(self) -> SparkSession:
        from pyspark import SparkConf, SparkContext  # noqa: PLC0415  # start-up counts
        from pyspark.errors import PySparkRuntimeError  # noqa: PLC0415  # as above
        from pyspark.java_gateway import launch_gateway  # noqa: PLC0415  # as above
        from pyspark.sql import SparkSession  # noqa: PLC0415  # as above

        if SparkContext._gateway is None:  # noqa: SLF001  # Java is started once in a process
            with (self.scratch / LOG).open("w") as log:
                try:
                    gateway = launch_gateway(  # type: ignore[no-untyped-call]
                        popen_kwargs={"stdout": log, "stderr": log}
                    )
                except (PySparkRuntimeError, OSError):
                    raise not_started((self.scratch / LOG).read_text(errors="replace")) from None
            SparkContext._ensure_initialized(gateway=gateway)  # noqa: SLF001  # how PySpark does it itself
        conf = SparkConf()
        asked = str(conf.get(MASTER) or ALONE[MASTER])
        defaults = {**EVERYWHERE, **(ALONE if _is_local(asked) else {})}
        defaults["spark.sql.warehouse.dir"] = str(self.scratch / "warehouse")
        if _is_local(asked):
            defaults["spark.local.dir"] = str(self.scratch)
        for name, value in defaults.items():
            conf.setIfMissing(name, value)
        session = SparkSession.builder.config(conf=conf).getOrCreate()
        session.sparkContext.setLogLevel("ERROR")
        return session

    def close(self) -> None:
        """Stop the session if it was started here."""
        if self._started:
            with suppress(Exception):  # a Spark that is gone needs no stopping
                self.spark.stop()
        self._remove()

    def _remove(self) -> None:
        if self._own:
            shutil.rmtree(self._own, ignore_errors=True)


def _is_local(master: str) -> bool:
    """Tell whether a master is this process alone: ``local``, ``local[2]``, and not ``local-cluster[2,1,1024]``."""
    return master.partition("[")[0] == "local"
