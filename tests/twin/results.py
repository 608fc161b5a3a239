"""Every row of results that a study has without asking, from the documentation alone: docs/results.md."""

from __future__ import annotations

from collections.abc import Collection

from tests.twin.results_agreement import agreement, records
from tests.twin.results_endpoints import biomarkers, remission, survival, time_to_remission
from tests.twin.results_patients import baseline, population
from tests.twin.results_rows import Key, Rows
from tests.twin.results_study import Made
from tests.twin.results_toxicity import exposure, toxicity


def results(study: Made, found: Collection[Key]) -> Rows:
    rows: Rows = {}
    for analysis in (population, baseline, toxicity, exposure, remission, time_to_remission, biomarkers):
        rows |= analysis(study)
    return rows | survival(study, found) | agreement(study) | records(study)
