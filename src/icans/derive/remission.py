"""Remission: the finish line that a patient's baseline grade sets, and when it was reached."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import ibis

from icans.derive.elapsed import Duration, elapsed, in_hours
from icans.protocols.remission import RemissionRule


@dataclass(frozen=True)
class RuleSets:
    """Sets of rules, and an expression on ``patient_id`` that gives the number of the one that holds, from 0."""

    sets: tuple[Sequence[RemissionRule], ...]
    which: ibis.Deferred


def remissions(
    baselines: ibis.Table, moments: ibis.Table, *, rules: Sequence[RemissionRule] | RuleSets, hold: Duration
) -> ibis.Table:
    """Find when each treated episode reached its finish line.

    The rule that names the baseline grade sets the line. A line of a grade is met at that grade or lower. A line of an
    ICE score is met at that score or higher, where a score was taken and the grade, if settled, is below the baseline
    grade (an ICE score of 10 during a seizure is no remission); where no score was taken, at the rule's
    ``grade_without_ice`` or lower. Remission is the first assessment after the first course that meets the line and
    keeps it: for `hold` no assessment fails it, and assessments go on for at least that long
    (docs/decisions/0024-remission.md).

    Parameters
    ----------
    baselines
        One row a treated episode: ``case`` (int64, its number), ``patient_id``, ``first_course_hour``,
        ``baseline_grade``.
    moments
        As `icans.derive.moments.moments` gives them.
    rules
        Finish line by baseline grade; or several sets of such rules, and which of them holds for whom.
    hold
        How long the line must hold; zero: reaching it once is enough. It may be an expression on ``patient_id``.

    Returns
    -------
    ibis.Table
        One row a treated episode whose baseline grade a rule names: ``case``, ``remission_hour`` (null where it was not
        reached) and ``recurrence`` (a later grade above the line, above 0 where the line is an ICE score; null without
        remission).
    """
    lines = _lines(baselines, rules)
    after = lines.left_join(moments, ["case", moments.hour > lines.first_course_hour])
    judged = after.select("case", "patient_id", "hour", "grade", "line_grade", met=_met(after))
    if isinstance(hold, ibis.Deferred) or hold:
        judged = judged.mutate(met=_held(judged, in_hours(hold)))
    above = judged.grade > judged.line_grade.fill_null(0)
    found = judged.group_by("case").agg(
        remission_hour=judged.hour.min(where=judged.met), last_above=judged.hour.max(where=above)
    )
    back = (found.last_above > found.remission_hour).fill_null(False)
    return found.select(
        "case", "remission_hour", recurrence=ibis.ifelse(found.remission_hour.notnull(), back, ibis.null("boolean"))
    )


def _lines(baselines: ibis.Table, rules: Sequence[RemissionRule] | RuleSets) -> ibis.Table:
    """Put the finish line beside each treated episode; leave out those without one."""

    def of_rule(name: str) -> ibis.Value:
        lines = [(applies, getattr(rule, name)) for applies, rule in _applying(baselines.baseline_grade, rules)]
        named = [(applies, line) for applies, line in lines if line is not None]
        none = ibis.null("int64")
        return ibis.cases(*named, else_=none) if named else none

    lined = baselines.select(
        "case",
        "patient_id",
        "first_course_hour",
        "baseline_grade",
        line_grade=of_rule("grade"),
        line_ice=of_rule("ice"),
        line_without_ice=of_rule("grade_without_ice"),
    )
    return lined.filter(lined.line_grade.notnull() | lined.line_ice.notnull())


def _applying(
    grade: ibis.Value, rules: Sequence[RemissionRule] | RuleSets
) -> Iterator[tuple[ibis.Value, RemissionRule]]:
    """Give each rule with the condition under which it names the baseline grade."""
    if not isinstance(rules, RuleSets):
        yield from ((grade.isin(rule.baseline), rule) for rule in rules)
        return
    for number, own in enumerate(rules.sets):
        yield from (((rules.which == number) & grade.isin(rule.baseline), rule) for rule in own)


def _met(after: ibis.Table) -> ibis.Value:
    """Tell whether an assessment meets the line; null where it cannot be judged."""
    better = (after.grade < after.baseline_grade).fill_null(True)
    return ibis.cases(
        (after.line_grade.notnull(), after.grade <= after.line_grade),
        (after.ice.notnull(), (after.ice >= after.line_ice) & better),
        else_=after.grade <= after.line_without_ice,
    )


def _held(judged: ibis.Table, hold: float | ibis.Deferred) -> ibis.Value:
    """Tell whether the line is met, fails at no assessment for `hold`, and assessments go on for that long."""
    from_now = ibis.window(group_by="case", order_by="hour", preceding=0, following=None)
    fails = ibis.ifelse(judged.met, ibis.null("float64"), judged.hour)
    failing = ibis.ifelse(judged.met.isnull(), ibis.null("float64"), fails).min().over(from_now)
    judged_hour = ibis.ifelse(judged.met.isnull(), ibis.null("float64"), judged.hour)
    last = judged_hour.max().over(ibis.window(group_by="case"))
    return (
        judged.met & (failing.isnull() | (elapsed(judged.hour, failing) > hold)) & (elapsed(judged.hour, last) >= hold)
    )
