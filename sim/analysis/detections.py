"""Rules against who earns without use: how many of those they hit farm, and how many do not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sim.analysis.columns import Ints, by_name_and_day, n_days, replicate_axis, totals
from sim.analysis.intervals import Interval, ratio_interval, student_interval
from sim.analysis.rules import rules_of

if TYPE_CHECKING:
    from sim.store import StoredRun


@dataclass(frozen=True)
class Detection:
    """A rule that takes units away or blocks users; each user counts once.

    Args:
        rule: its name.
        caught: users hit who are of a segment that farms.
        false_alarms: users hit who are not.
        precision: caught / all who were hit.
        recall: caught / users of the segments that farm, at the end.
        false_alarm_rate: false alarms / users of the other segments, at the end.
    """

    rule: str
    caught: Interval
    false_alarms: Interval
    precision: Interval
    recall: Interval
    false_alarm_rate: Interval


def detections(run: StoredRun) -> tuple[Detection, ...]:
    """The rules that take units away or block users, in the policy's order."""
    shown = run.facts.get("detections", ())
    if not shown or n_days(run) == 0:
        return ()
    codes, names = rules_of(run)
    groups = ((codes, len(names)), replicate_axis(run, "rules"))
    caught, false_alarms = (totals(run.numbers("rules", column), *groups) for column in ("caught", "false_alarms"))
    farming, others = _users(run)
    return tuple(
        Detection(
            rule=name,
            caught=student_interval(caught[at].astype(np.float64)),
            false_alarms=student_interval(false_alarms[at].astype(np.float64)),
            precision=ratio_interval(caught[at], caught[at] + false_alarms[at]),
            recall=ratio_interval(caught[at], farming),
            false_alarm_rate=ratio_interval(false_alarms[at], others),
        )
        for at, name in enumerate(names)
        if name in shown
    )


def _users(run: StoredRun) -> tuple[Ints, Ints]:
    """Users at the end in the segments that farm, and in the others, int64 (n_replicates,) each."""
    names, (users,) = by_name_and_day(run, "by_segment", "segment", ["users"])
    is_farming = np.isin(names, run.facts.get("farming", ()))
    return users[is_farming, :, -1].sum(axis=0), users[~is_farming, :, -1].sum(axis=0)
