"""Measure how often intervals cover and tests err: `python -m bench.validity [--quick] [--write]`."""

from __future__ import annotations

import argparse
import sys
import time

from bench.validity.pages import PAGE, TABLE, packaged_table, page
from bench.validity.run import FULL, QUICK, measure


def main() -> None:
    """Measure, print the page, and with `--write` keep it and the table that the report reads."""
    parser = argparse.ArgumentParser(prog="python -m bench.validity", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a minute's worth, to see that it works")
    parser.add_argument("--write", action="store_true", help=f"write docs/{PAGE.name} and report/{TABLE.name}")
    chosen = parser.parse_args()
    start = time.perf_counter()
    measured = measure(QUICK if chosen.quick else FULL, _told(start))
    print(file=sys.stderr)
    minutes = (time.perf_counter() - start) / 60
    text = page(measured, minutes)
    print(text)
    if chosen.write:
        PAGE.write_text(text, encoding="utf-8")
        TABLE.write_text(packaged_table(measured), encoding="utf-8")


def _told(start: float):  # noqa: ANN202
    def told(what: str) -> None:
        print(f"\r{time.perf_counter() - start:6.0f} s  {what:<40}", end="", file=sys.stderr, flush=True)

    return told


if __name__ == "__main__":
    main()
