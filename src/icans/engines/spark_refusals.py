"""What Spark refuses, as sentences."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from icans.errors import EngineError

INSTALL_JAVA = "Install Java 17 or later, and set JAVA_HOME if it is not on the PATH."
TOO_OLD = r"UnsupportedClassVersionError|Unrecognized VM option|Unrecognized option|JNI error"
NO_JAVA = r"JAVA_HOME is not set|java: (command )?not found|No such file or directory"

KNOWN = (
    (r"No space left on device", "the disk is full.", "Make room, or set TMPDIR to a folder with more of it."),
    (
        r"OutOfMemoryError|Java heap space|GC overhead",
        "Spark has too little memory.",
        "Give it more: spark.driver.memory, and spark.executor.memory on a cluster.",
    ),
    (
        r"ExecutorLostFailure|Lost executor|Master removed our application|MetadataFetchFailed",
        "a worker of Spark was lost.",
        "See the cluster's log for the reason, and run it again.",
    ),
    (
        r"All masters are unresponsive|Failed to connect to master",
        "Spark's cluster does not answer.",
        "See spark.master.",
    ),
    (
        r"Permission denied|Mkdirs failed|Read-only file system|ParentNotDirectoryException",
        "Spark may not write there.",
        "Name another folder.",
    ),
)
"""What the text of a refusal contains, what happened, what to do."""

GONE = r"Answer from Java side is empty|Error while sending or receiving|An error occurred while trying to connect"
FILE_FAULTS = ("PATH_NOT_FOUND", "PARQUET", "UNABLE_TO_INFER_SCHEMA", "FAILED_READ_FILE", "CANNOT_MERGE_SCHEMAS")
"""Beginnings of what Spark calls a fault of a file; its other refusals to analyse a query are faults of the query."""


def not_started(log: str) -> EngineError:
    """Say why Java or Spark did not start, from what was written on the way."""
    if re.search(TOO_OLD, log):
        return EngineError("Java is too old for Spark 4, which needs 17 or later.", INSTALL_JAVA)
    if not log.strip() or re.search(NO_JAVA, log):
        return EngineError("Spark needs Java, and there is none.", INSTALL_JAVA)
    return EngineError(f"Spark did not start: {_reason(log)}", "Correct the configuration of Spark.")


@contextmanager
def refusals(what: str) -> Iterator[None]:
    """Turn a refusal of Spark into a sentence; a query that is wrong in itself is a fault of this software."""
    from py4j.protocol import Py4JError  # type: ignore[import-untyped]  # noqa: PLC0415  # start-up counts
    from pyspark.errors import AnalysisException, PySparkException  # noqa: PLC0415  # as above

    try:
        yield
    except AnalysisException as error:
        if not (error.getCondition() or "").startswith(FILE_FAULTS):
            raise
        raise EngineError(f"{what}: Spark refused: {_reason(str(error))}") from None
    except (PySparkException, Py4JError, ConnectionError, EOFError) as error:
        raise _sentence(what, error) from None


def _sentence(what: str, error: Exception) -> EngineError:
    text = _whole(error)
    if isinstance(error, ConnectionError | EOFError) or re.search(GONE, text):
        return EngineError(f"{what}: Spark has stopped.", "See its log for the reason, often too little memory.")
    for pattern, happened, do in KNOWN:
        if re.search(pattern, text):
            return EngineError(f"{what}: {happened}", do)
    return EngineError(f"{what}: Spark refused: {_reason(text)}")


def _whole(error: Exception) -> str:
    """Give the text of an error with those of its causes, which tell more than it does."""
    if stack := getattr(error, "_stackTrace", None):
        return f"{error}\n{stack}"
    return str(error)


def _reason(text: str) -> str:
    """Give the innermost cause in the text of an error, without the name of its class."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    causes = [line.partition(": ")[2] for line in lines if line.startswith(("Caused by: ", ": "))]
    chosen = causes[-1] if causes else next(iter(lines), "")
    return re.sub(r"^([\w$]+\.)+\w+(Exception|Error): ", "", chosen)
