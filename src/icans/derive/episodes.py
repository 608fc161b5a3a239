"""Episodes: runs of toxicity with an onset, a peak and an end."""

from __future__ import annotations

import ibis

from icans.derive.elapsed import Duration, elapsed, in_hours
from icans.derive.schema import conformed
from icans.units import HOURS_PER_DAY

SERIES = ("patient_id", "infusion", "toxicity")
"""Assessments are joined into episodes within a patient, an infusion and a toxicity."""

WORST = 5
NO_TIME = 1e-9


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
    placed = _placed(grades, spans)
    summed = spans.inner_join(_inside(placed), "span")
    ended = summed.left_join(_cleared(placed), "span")
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


def since_infusion(episodes: ibis.Table) -> ibis.Table:
    """Keep the episodes that began at their infusion or after it; what began before is not toxicity of the product."""
    return episodes.filter(episodes.onset_hour >= 0)


def _spans(grades: ibis.Table, *, longest: float | ibis.Deferred, onset_grade: int | ibis.Deferred) -> ibis.Table:
    """Give onset and last toxic assessment of every episode, from the toxic assessments alone, which are few."""
    toxic = grades.filter(grades.grade >= onset_grade).select(*SERIES, "hour", width=_width(longest))
    # Assessments closer than that are in one episode whatever lies between: sorting such stretches of time, in place of
    # all toxic assessments, takes half as long.
    stretch = (toxic.hour / toxic.width).floor().cast("int64")
    stretches = (
        toxic.mutate(stretch=stretch)
        .group_by(*SERIES, "stretch")
        .agg(first_hour=toxic.hour.min(), last_hour=toxic.hour.max())
    )
    series, by_hour = ibis.window(group_by=SERIES), ibis.window(group_by=SERIES, order_by="first_hour")
    chained = stretches.mutate(
        before=stretches.last_hour.lag().over(by_hour), final=stretches.last_hour.max().over(series)
    )
    starts = chained.filter(chained.before.isnull() | (elapsed(chained.before, chained.first_hour) > longest))
    return starts.select(
        *SERIES,
        # A number for each episode of the whole table: sorting and grouping by it costs a third of doing so by series.
        span=ibis.row_number().over(ibis.window(order_by=[*SERIES, "first_hour"])),
        episode=ibis.row_number().over(by_hour) + 1,
        onset_hour=starts.first_hour,
        last_toxic=ibis.coalesce(starts.before.lead().over(by_hour), starts.final),
        next_onset=starts.first_hour.lead().over(by_hour),
        onset_grade=onset_grade,
    )


def _width(longest: float | ibis.Deferred) -> float | ibis.Deferred:
    """Give the length of a stretch, hours; where it would be none, far below what is told apart."""
    return longest + NO_TIME if isinstance(longest, ibis.Deferred) else longest or NO_TIME


def _placed(grades: ibis.Table, spans: ibis.Table) -> ibis.Table:
    """Give the settled assessments from an episode's onset to the next one's, and where in the episode they lie.

    One row an assessment: ``span`` names the episode; ``inside`` is from onset to its last toxic assessment, ``last``
    at the hour of that one, ``clear`` after it and free of toxicity. What one number or flag can say is said here once:
    these are most of all assessments.
    """
    # No filter on the grade before this join: DuckDB takes any filter to keep a fifth of the rows, would then think
    # the assessments as few as the episodes, and build its hash table on them.
    joined = grades.select(*SERIES, "hour", "grade").inner_join(spans, SERIES)
    during = joined.filter(
        joined.hour >= joined.onset_hour, joined.next_onset.isnull() | (joined.hour < joined.next_onset)
    )
    settled, inside = during.grade.notnull(), during.hour <= during.last_toxic
    return during.select(
        "span",
        "hour",
        "grade",
        inside=ibis.ifelse(inside, settled, ibis.literal(False)),
        last=during.hour == during.last_toxic,
        clear=ibis.ifelse(inside, ibis.literal(False), during.grade < during.onset_grade),
    )


def _inside(placed: ibis.Table) -> ibis.Table:
    """Sum up the assessments from onset to the last toxic one of each episode."""
    inside = placed.filter(placed.inside).select("span", "hour", "grade", "last")
    # The worst of an hour comes after the others: an assessment is held for no time where another of the same hour
    # follows.
    in_order = ibis.window(group_by="span", order_by=["hour", "grade"])
    held = inside.mutate(until=inside.hour.lead().over(in_order))
    first_at = [held.hour.min(where=held.grade == grade) for grade in range(WORST, 0, -1)]
    return held.group_by("span").agg(
        peak_grade=held.grade.max(),
        peak_hour=ibis.coalesce(*first_at),
        last_grade=held.grade.max(where=held["last"]),
        grade_hours=(held.grade * (held.until - held.hour)).sum(),
        assessments=(held.until.isnull() | (held.until > held.hour)).sum(),
    )


def _cleared(placed: ibis.Table) -> ibis.Table:
    """Give the first assessment free of toxicity after each episode's last toxic one."""
    clear = placed.filter(placed.clear)
    return clear.group_by("span").agg(clear_hour=clear.hour.min())
