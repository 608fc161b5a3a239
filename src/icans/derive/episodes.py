"""Episodes: runs of toxicity with an onset, a peak and an end."""

from __future__ import annotations

import ibis

from icans.derive.elapsed import Duration, elapsed, in_hours
from icans.derive.schema import conformed
from icans.units import HOURS_PER_DAY

SERIES = ("patient_id", "infusion", "toxicity")
"""Assessments are joined into episodes within a patient, an infusion and a toxicity."""

WORST = 5


def episodes(grades: ibis.Table, *, quiet: Duration, onset_grade: int | ibis.Deferred) -> ibis.Table:
    """Join graded assessments into episodes of toxicity.

    An assessment is toxic at `onset_grade` or above. Two toxic assessments belong to one episode when the later comes
    at most `quiet` after the earlier. An episode ends at the first assessment free of toxicity after its last toxic
    one, before any next episode; without one, or after grade 5, it is not resolved and ends at its last toxic
    assessment. Of several assessments at one hour the worst counts. An open grade (null) neither opens nor ends an
    episode.

    Parameters
    ----------
    grades
        One row an assessment and a toxicity: ``patient_id`` (string), ``infusion`` (int64), ``toxicity`` (string),
        ``hour`` (float64, hours from infusion), ``grade`` (int8, 0-5, null where open).
    quiet
        Longest time from one toxic assessment to the next inside one episode.
    onset_grade
        Lowest grade that counts as toxicity. Either definition may be an expression on ``patient_id``.

    Returns
    -------
    ibis.Table
        One row an episode, columns as `icans.derive.schema.DERIVED`. Unordered. ``grade_days`` holds each grade until
        the next assessment, the last one until the end (docs/decisions/0020-episodes.md).
    """
    spans = _spans(grades, longest=in_hours(quiet), onset_grade=onset_grade)
    summed = spans.inner_join(_inside(grades, spans), "span")
    ended = summed.left_join(_cleared(grades, spans), "span")
    resolved = ended.clear_hour.notnull() & (ended.peak_grade < WORST)
    end = ibis.ifelse(resolved, ended.clear_hour, ended.last_toxic)
    last_held = ended.last_grade * (end - ended.last_toxic)
    return conformed(
        ended.mutate(
            end_hour=end,
            resolved=resolved,
            duration_hours=end - ended.onset_hour,
            grade_days=(ended.grade_hours.fill_null(0.0) + last_held) / HOURS_PER_DAY,
        ),
        "episodes",
    )


def _spans(grades: ibis.Table, *, longest: float | ibis.Deferred, onset_grade: int | ibis.Deferred) -> ibis.Table:
    """Give onset and last toxic assessment of every episode, from the toxic assessments alone, which are few."""
    toxic = grades.filter(grades.grade >= onset_grade).select(*SERIES, "hour")
    series, by_hour = ibis.window(group_by=SERIES), ibis.window(group_by=SERIES, order_by="hour")
    chained = toxic.mutate(before=toxic.hour.lag().over(by_hour), final=toxic.hour.max().over(series))
    starts = chained.filter(chained.before.isnull() | (elapsed(chained.before, chained.hour) > longest))
    return starts.select(
        *SERIES,
        # A number for each episode of the whole table: sorting and grouping by it costs a third of doing so by series.
        span=ibis.row_number().over(ibis.window(order_by=[*SERIES, "hour"])),
        episode=ibis.row_number().over(by_hour) + 1,
        onset_hour=starts.hour,
        last_toxic=ibis.coalesce(starts.before.lead().over(by_hour), starts.final),
        next_onset=starts.hour.lead().over(by_hour),
        onset_grade=onset_grade,
    )


def _inside(grades: ibis.Table, spans: ibis.Table) -> ibis.Table:
    """Sum up the assessments from onset to the last toxic one of each episode; ``span`` names it."""
    placed = _placed(grades, spans)
    placed = placed.filter(placed.hour >= placed.onset_hour, placed.hour <= placed.last_toxic)
    settled_hour = ibis.ifelse(placed.grade.notnull(), placed.hour, ibis.null("float64"))
    placed = placed.select("span", "last_toxic", "grade", hour=settled_hour)
    # Nulls come last and the worst of an hour after the others: an assessment is held for no time where another of the
    # same hour follows.
    in_order = ibis.window(group_by="span", order_by=[placed.hour.asc(nulls_first=False), "grade"])
    held = placed.mutate(until=placed.hour.lead().over(in_order))
    first_at = [held.hour.min(where=held.grade == grade) for grade in range(WORST, 0, -1)]
    return held.group_by("span").agg(
        peak_grade=held.grade.max(),
        peak_hour=ibis.coalesce(*first_at),
        last_grade=held.grade.max(where=held.hour == held.last_toxic),
        grade_hours=(held.grade * (held.until - held.hour)).sum(),
        assessments=(held.until.isnull() | (held.until > held.hour)).sum(where=held.hour.notnull()),
    )


def _cleared(grades: ibis.Table, spans: ibis.Table) -> ibis.Table:
    """Give the first assessment free of toxicity after each episode's last toxic one."""
    placed = _placed(grades, spans)
    after = placed.filter(
        placed.hour > placed.last_toxic, placed.next_onset.isnull() | (placed.hour < placed.next_onset)
    )
    return after.group_by("span").agg(clear_hour=after.hour.min(where=after.grade < after.onset_grade))


def _placed(grades: ibis.Table, spans: ibis.Table) -> ibis.Table:
    # No filter on the grade before this join: DuckDB takes any filter to keep a fifth of the rows, would then think
    # the assessments as few as the episodes, and build its hash table on them.
    placed = grades.select(*SERIES, "hour", "grade").inner_join(spans, SERIES)
    return placed.select("span", "onset_hour", "last_toxic", "next_onset", "onset_grade", "hour", "grade")
