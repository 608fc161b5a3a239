"""Every derived table, from the documentation alone: lists, dictionaries and loops, plain rather than fast."""

from __future__ import annotations

from tests.twin.biomarkers import biomarkers
from tests.twin.endpoints import endpoints, evaluable
from tests.twin.episodes import episodes
from tests.twin.exposure import courses, steroids
from tests.twin.grades import grades
from tests.twin.records import Row, Tables, placed
from tests.twin.survival import survival


def derived(cohort: Tables, protocol: Row) -> Tables:
    records = placed(cohort)
    tables: Tables = {"grades": grades(records, protocol)}
    tables["episodes"] = episodes(tables["grades"], protocol)
    tables["courses"] = courses(records, tables["episodes"], protocol)
    tables["steroids"] = steroids(records, protocol)
    tables["endpoints"] = endpoints(records, tables, protocol)
    studied = evaluable(tables["endpoints"], protocol)
    tables["survival"] = survival(records, tables["episodes"], studied, protocol)
    tables["biomarkers"] = biomarkers(records, studied, protocol)
    return tables
