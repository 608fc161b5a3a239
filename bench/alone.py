"""Run a program and write what it cost to a file: `python bench/alone.py REPORT MEMORY SECONDS PROGRAM [ARGUMENT ...]`.

A process of its own between the bench and the program, for Linux counts what a process held before it became another
program as memory of that program: a child of a large process looks large. This one stays small. MEMORY (bytes of
address space) and SECONDS are limits; 0 is none.
"""

import json
import os
import resource
import subprocess
import sys
import time
from threading import Timer


def main() -> None:
    report, memory, limit = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
    if memory:
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    start = time.perf_counter()
    with subprocess.Popen(sys.argv[4:]) as process:
        late = Timer(limit, process.kill)
        if limit:
            late.start()
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        late.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
    cost = {
        "seconds": seconds,
        "megabytes": usage.ru_maxrss / (1024 if sys.platform != "darwin" else 1024**2),
        "cpu": usage.ru_utime + usage.ru_stime,
    }
    with open(report, "w", encoding="utf-8") as file:  # noqa: PTH123  # pathlib takes as long to import as all else
        json.dump({"cost": cost, "code": process.returncode}, file)


if __name__ == "__main__":
    main()
