"""The page that lists the parameters of simulated cohorts, from their declaration."""

from __future__ import annotations

import inspect
import re

from icans.records.dictionary import markdown_table
from icans.simulate.parameters import Parameters

OPENING = """\
# Simulated cohorts

What `icans simulate --parameters FILE` and `icans power --parameters FILE` read from a TOML file, one line a parameter,
such as `icans_probability = 0.4` or `treated = [0.05, 0.15, 0.6, 0.8]`; the rest keeps its default. The
`simulation.json` of a simulated study can be given as well. The defaults are plausible and estimated from nothing.

Treatment comes in two ways. By default it follows the highest grade that a patient will reach (`treated`). With
`treatment_hazard` it depends on the grade of the moment and, with `treatment_hazard_growth`, on the day: a cohort in
which treatment is given late and to the sicker, whether it works (`treatment_effect`) or not.
"""


def parameters_page() -> str:
    """Write the page."""
    defaults = Parameters()
    section = (inspect.getdoc(Parameters) or "").partition("Parameters\n----------\n")[2]
    rows = []
    for names, meaning in re.findall(r"^(\S.*)\n((?:    .*\n?)+)", section, flags=re.MULTILINE):
        listed = names.split(", ")
        values = "; ".join(f"`{_written(getattr(defaults, name))}`" for name in listed)
        rows.append((", ".join(f"`{name}`" for name in listed), values, " ".join(meaning.split())))
    return f"{OPENING}\n{markdown_table(('parameter', 'default', 'meaning'), rows)}"


def _written(value: object) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(f'{number:g}' for number in value)}]"
    return f"{value:g}"
