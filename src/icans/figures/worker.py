"""The process that draws: specifications in, SVG and PNG out, a line of JSON each.

Vega runs in V8, which takes half a second to start and holds Python's lock while it works. In a process of its own it
starts while the study is read, and draws while the report is written.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from icans.figures.svg import finished

DPI = 300
CSS_DPI = 96
POINTS_DPI = 72
MARKS = ("rect", "rule", "line", "area", "point", "text")


def done(job: dict[str, Any]) -> dict[str, Any]:
    """Do one job.

    Parameters
    ----------
    job
        ``do`` and what it needs: ``warm`` nothing; ``svg`` a ``specification``, the ``figure``'s id, its ``words`` and
        the ``path`` to write; ``png`` the ``path`` of the SVG and ``png`` to write.

    Returns
    -------
    dict
        For an SVG its text as ``svg``.
    """
    import vl_convert  # noqa: PLC0415  # loaded by the process that draws, not by the one that asks

    match job["do"]:
        case "warm":
            vl_convert.vegalite_to_svg(_warming())
            return {}
        case "svg":
            drawn = vl_convert.vegalite_to_svg(job["specification"], allowed_base_urls=[])
            svg = finished(drawn, job["figure"], job["words"])
            Path(job["path"]).write_text(svg, encoding="utf-8")
            return {"svg": svg}
        case _:
            svg = Path(job["path"]).read_text(encoding="utf-8")
            Path(job["png"]).write_bytes(vl_convert.svg_to_png(svg, scale=POINTS_DPI / CSS_DPI, ppi=DPI))
            return {}


def _warming() -> dict[str, Any]:
    """Give a chart of every mark the figures use: V8 compiles what it runs, and the first chart is the slowest."""
    number = {"field": "n", "type": "quantitative"}
    told = {"description": {"field": "t"}, "text": {"field": "t"}}
    panel = {
        "title": {"text": "panel", "subtitle": "of marks"},
        "layer": [{"mark": mark, "encoding": {"x": number, "y": number, **told}} for mark in MARKS],
    }
    values = [{"n": number, "t": f"{number}"} for number in range(30)]
    return {"data": {"values": values}, "vconcat": [{"hconcat": [panel, panel]}, panel]}


def main() -> None:
    """Answer each line of standard input with a line on standard output, until there is no more."""
    for line in sys.stdin.buffer:
        try:
            answer = done(json.loads(line))
        except Exception as error:  # noqa: BLE001  # whatever it is, the asking process says so
            answer = {"error": " ".join(f"{type(error).__name__}: {error}".partition("\n    at ")[0].split())}
            answer |= {"errno": error.errno} if isinstance(error, OSError) else {}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
