"""What was measured at each size, as Markdown: the costs, where the time goes, and what follows for larger ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from bench.derive import DERIVED, Step
from bench.markdown import table
from bench.processes import Run
from bench.scale import LIMITED, ORDERS, Program, Size

BILLIONS = 100
SPARK_FACTORS = (2, 5, 10)
"""What a cluster may take in processor time beside DuckDB on the same rows; assumed, not measured."""
SHUFFLED_BYTES = 150
"""Bytes that an assessment moves between machines, all shuffles together; assumed, not measured."""
CORES = (64, 256, 1024)


def measured_tables(measured: Mapping[str, Sequence[Size]]) -> str:
    """Give the costs of every size, what they say of the targets, and where the time goes."""
    sizes = [size for those in measured.values() for size in those]
    return "\n".join([_days(sizes), _costs(sizes), _targets(measured), _steps(sizes)])


def _days(sizes: Sequence[Size]) -> str:
    days = sorted({size.on for size in sizes})
    busiest = max(size.load for size in sizes)
    busy = f" Other programs were running (load up to {busiest:.0f} on two cores)." if busiest > 1 else ""
    return f"Measured on {' and '.join(days)}, two cores.{busy}\n"


def _costs(sizes: Sequence[Size]) -> str:
    header = ("assessments", "rows", "program", "seconds", "processor", "peak memory", "scans", "ours = 1")
    rows = [(f"{size.assessments:,}", size.order, *cells) for size in sizes for cells in _programs(size)]
    return (
        f"{table(header, rows)}\n"
        "- Each is a process of its own, start-up included, on the same files, which the machine had read before.\n"
        "- *Scan*: DuckDB, two threads, `max` of every column; *to remission*: of the columns that lead to remission. "
        "*Scans* are multiples of that.\n"
        "- *icans*: from records to remission, the records checked; *grades to remission*: without reading and "
        "checking them. `icans derive` writes every derived table.\n"
        "- *Polars, pandas, data.table*: the scripts in `bench/peers`, which write the same grades, episodes, courses "
        "and endpoints, held against ours before any time counts. They check no records and know what a simulated "
        "cohort lacks. R reads and writes CSV, made beforehand; *no CSV* leaves that out.\n"
    )


def _programs(size: Size) -> Iterator[tuple[str, ...]]:
    unit, ours = size.scan_to_remission.seconds, size.ours

    def line(name: str, cost: Run | Step, *, beside: bool = True) -> tuple[str, ...]:
        memory = f"{cost.megabytes:,.0f} MB" if isinstance(cost, Run) else ""
        processor = f"{cost.cpu:.1f} s" if cost.cpu else ""
        ratio = f"{cost.seconds / ours.whole.seconds:.1f}" if beside and ours.whole else ""
        return (name, f"{cost.seconds:.1f} s", processor, memory, f"{cost.seconds / unit:.1f}", ratio)

    yield line("scan", size.scan, beside=False)
    yield line("scan, to remission", size.scan_to_remission, beside=False)
    for program in (ours, size.ours_limited):
        if program.whole:
            yield line(program.name, program.whole)
    yield line("icans, grades to remission", ours.to_remission, beside=False)
    yield line("`icans derive`, every table", size.command, beside=False)
    for program in size.others:
        if program.whole:
            yield line(program.name, program.whole)
        else:
            yield (program.name, program.problem, "", "", "", "")
        if "reading" in program.steps:
            yield line(f"{program.name}, no CSV", program.steps["deriving"])


def _targets(measured: Mapping[str, Sequence[Size]]) -> str:
    rows = [
        (f"{size.assessments:,}", size.order, asked, found, met)
        for those in measured.values()
        for size in those
        for asked, found, met in _asked(size)
    ]
    rows += [growth for order in ORDERS if (growth := _growth(measured, order))]
    return f"{table(('assessments', 'rows', 'asked', 'measured', 'met'), rows)}\n"


def _asked(size: Size) -> Iterator[tuple[str, str, str]]:
    scans = size.ours.to_remission.seconds / size.scan_to_remission.seconds
    yield "grades to remission: at most 4 scans", f"{scans:.1f}", _met(scans <= 4)
    if size.order == ORDERS[0] or size.ours.whole is None:
        return
    ours = size.ours.whole.seconds
    for name, least in (("Polars", 1), ("pandas", 20), ("data.table", 4)):
        other = next((one for one in size.others if one.name == name), None)
        if other and other.whole:
            times = other.whole.seconds / ours
            yield f"{name}: at least {least} times ours", f"{times:.1f}", _met(times >= least)
        elif other:
            yield f"{name}: at least {least} times ours", other.problem, ""


def _growth(measured: Mapping[str, Sequence[Size]], order: str) -> tuple[str, ...] | None:
    """Say how much faster than the rows the cost grew from the middle size to the largest."""
    if not {"11m", "112m"} <= measured.keys():
        return None
    small, large = (next(size for size in measured[name] if size.order == order) for name in ("11m", "112m"))
    if not small.ours.whole or not large.ours.whole:
        return None
    rows = large.assessments / small.assessments
    seconds = large.ours.whole.seconds / small.ours.whole.seconds / rows
    processor = large.ours.whole.cpu / small.ours.whole.cpu / rows
    found = f"{seconds:.2f} (processor {processor:.2f})"
    return (
        f"{large.assessments:,}",
        order,
        "cost over rows, from the size before: at most 1.1",
        found,
        _met(seconds <= 1.1),
    )


def _met(yes: bool) -> str:
    return "yes" if yes else "no"


def _steps(sizes: Sequence[Size]) -> str:
    names = [name for name in sizes[0].ours.steps if name in {"reading", *DERIVED}]
    header = ("assessments", "rows", *(f"{name}" for name in names), f"peak memory, limit {LIMITED}")
    rows = [
        (
            f"{size.assessments:,}",
            size.order,
            *(_both(size.ours, name) for name in names),
            f"{size.ours_limited.whole.megabytes:,.0f} MB" if size.ours_limited.whole else size.ours_limited.problem,
        )
        for size in sizes
    ]
    return (
        "Where the time goes, in seconds (and seconds of processor):\n\n"
        f"{table(header, rows)}\n"
        "*Reading* checks every value of every table; the others compute a derived table and write it.\n"
    )


def _both(program: Program, name: str) -> str:
    step = program.steps[name]
    return f"{step.seconds:.1f} ({step.cpu:.1f})"


def arithmetic(size: Size) -> str:
    """Say what 100 billion assessments would take, by arithmetic from a measured size."""
    times = BILLIONS * 1e9 / size.assessments
    hours = size.command.cpu * times / 3600
    rows = [(f"{cores:,}", *(f"{hours * factor / cores:.1f} h" for factor in (1, *SPARK_FACTORS))) for cores in CORES]
    header = ("cores", "as DuckDB here", *(f"{factor} times that" for factor in SPARK_FACTORS))
    return (
        f"Measured ({size.on}): {size.assessments:,} assessments {size.order}, all of `icans derive`: "
        f"{size.command.cpu:,.0f} s of processor time, {size.command.cpu / size.assessments * 1e6:.2f} s a million. "
        f"{BILLIONS} billion are {times:,.0f} times as many:\n\n"
        f"- **Processor**: {hours:,.0f} core hours at DuckDB's cost here.\n"
        f"- **Storage**: records {size.megabytes * times / 1e6:.1f} TB, derived tables "
        f"{size.derived_megabytes * times / 1e6:.1f} TB, as Parquet.\n"
        f"- **Shuffle**: {SHUFFLED_BYTES * BILLIONS * 1e9 / 1e12:.0f} TB at {SHUFFLED_BYTES} bytes an assessment.\n\n"
        f"{table(header, rows)}\n"
    )
