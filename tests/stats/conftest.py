from __future__ import annotations

from hypothesis import settings

# the same examples on every run, however busy the machine
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.load_profile("repeatable")
