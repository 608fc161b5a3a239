"""What was measured, as Markdown that reads well on a screen."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version

from bench.markdown import table
from bench.specifications import Multiplied
from bench.startup import StartUp
from bench.survival import Survival

LIBRARIES = (
    "duckdb",
    "ibis-framework",
    "pyarrow",
    "altair",
    "vl-convert-python",
    "great-tables",
    "scipy",
    "pandas",
    "polars",
)


def heading() -> str:
    """Give the date, the class of machine and the versions."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1024**3
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    libraries = ", ".join(f"{name} {_version(name)}" for name in LIBRARIES)
    return (
        "# Measured by `python -m bench --write`\n\n"
        f"{cores} cores used, {memory:.0f} GB, {platform.system()} "
        f"{platform.machine()}, Python {platform.python_version()}; {libraries}.\n\n"
        "Times are medians. Seconds are this machine's; the ratios should hold on others. Each part says when it was "
        "measured; `--only NAME` measures it again and leaves the others.\n"
    )


def start_up_table(commands: Sequence[StartUp], help_alone: StartUp) -> str:
    """Give each command beside its imports, and the help beside Typer."""
    rows = [
        (
            f"`{one.command}`",
            f"{one.whole.seconds:.2f} s",
            f"{one.libraries.seconds:.2f} s",
            f"{one.packages.seconds:.2f} s",
            f"**{one.ratio:.2f}**",
            f"{one.packages_ratio:.2f}",
            f"{one.whole.megabytes:.0f} MB",
        )
        for one in commands
    ]
    beside = table(
        ("command", "wall time", "its imports", "top-level only", "ratio", "ratio to top-level", "peak memory"), rows
    )
    beyond = ", ".join(help_alone.imported) or "nothing"
    seconds = f"{help_alone.whole.seconds:.2f} s over {help_alone.libraries.seconds:.2f} s"
    return (
        "## The packaged study over its imports\n\n"
        f"{beside}\n"
        "*Its imports*: a process that imports the third-party modules the command and the processes that draw for "
        "it end with, and does nothing else; "
        "*top-level only*: `import altair` and so on, without the parts the command used.\n"
        f"Packages imported: {', '.join(commands[0].imported)}.\n\n"
        f"`icans --help` takes {help_alone.ratio:.2f} times a bare `import typer` "
        f"({seconds}) and imports {beyond} beyond it.\n"
    )


def specifications_table(studies: Sequence[Multiplied]) -> str:
    """Give the cost of many specifications in multiples of one, and of an ordinary derivation of one."""
    rows = []
    for study in studies:
        one = study.seconds[1]
        rows += [
            (
                f"{study.patients:,}",
                f"{count:,}",
                f"{seconds:.2f} s",
                f"**{seconds / one:.1f}**" if count > 1 else "1",
                f"{seconds / study.plain:.1f}",
            )
            for count, seconds in study.seconds.items()
        ]
    header = ("patients", "specifications", "seconds", "times one", "times a plain derivation")
    return (
        "## Many specifications over one\n\n"
        f"{table(header, rows)}\n"
        "Deriving and counting the specifications of `icans sensitivity` inside one process, the records read "
        "beforehand: 108 vary episodes and remission, the double number also the grades.\n"
        "*A plain derivation*: grades to endpoints of one specification, as `icans derive` writes them.\n"
        "The 13 patients are the packaged study, the others simulated.\n"
    )


def survival_table(measured: Survival) -> str:
    """Give each estimator of time to event in multiples of R's."""
    rows = []
    for name, seconds in measured.ours.items():
        estimator, times = name.rsplit(" ", 1)
        theirs = measured.theirs.get(name)
        beside = ("no R here", "") if theirs is None else (f"{theirs:.2f} s", f"**{seconds / theirs:.2f}**")
        rows.append((estimator, "all apart" if times == "apart" else "whole days", f"{seconds:.2f} s", *beside))
    return (
        f"## Time to event on {measured.patients:,} simulated patients\n\n"
        f"{table(('estimator', 'times', 'seconds', 'R survival', 'ratio'), rows)}\n"
        "R: `survfit` with log-log limits, `survdiff`, `coxph` with Efron's ties and one covariate. Before "
        "any time counts, survival and its limits, expected events and the statistic, coefficient and variance are "
        "held against R's: equal to 1e-9.\n"
        f"Peak memory of the process that ran ours, its data included: {measured.megabytes:.0f} MB.\n"
    )


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"
