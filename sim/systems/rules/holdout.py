"""The test that a holdout makes: users whom the rule may message, against users whom it would have and never does.

A user is enrolled at the first selection of each absence, whichever arm it is in, and is followed for 30 days, or to
the end of the horizon. Both arms hold only users who opted in at sign-up; limits do not matter, since those who are
held out meet none. So until the rule's first message to anybody of them, the arms differ by the holdout's draw alone.
Whoever comes back may be enrolled again in the next absence; returns are therefore told per user, not per absence: who
is there a second time is no longer alike in the two arms.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sim.engine.people import NEVER
from sim.systems.messages.day import FOLLOW_UP_DAYS
from sim.systems.rules.plan import RulePlan
from sim.systems.world import CONTROL, CONTROL_RETURNS, TREATED, TREATED_RETURNS, Followed, RuleState, World

U32 = npt.NDArray[np.uint32]


def enrol(world: World, day: int, rule: RulePlan, treated: U32, control: U32) -> None:
    """Enrol those whom the rule means for the first time in their absence, and count users who are new to the test."""
    state, counts = world.rules[rule.name], world.tallies.rules[rule.index, day]
    arms = []
    for rows, count, is_control in ((treated, TREATED, False), (control, CONTROL, True)):
        absence = world.people.last_active[rows]
        is_new = state.enrolled[rows] != absence
        rows, absence = rows[is_new], absence[is_new]
        counts[count] += np.count_nonzero(state.enrolled[rows] == NEVER)
        state.enrolled[rows] = absence
        arms.append(Followed(is_control, rows, absence))
    state.followed[day] = tuple(arms)


def follow_up(world: World, day: int, rule: RulePlan) -> None:
    """Count the returns of those whose 30 days end today, on the day of their enrolment; all on the last day."""
    state = world.rules[rule.name]
    ends = list(state.followed) if day == world.plan.n_days - 1 else [day - FOLLOW_UP_DAYS]
    for enrolled_on in ends:
        _count_returns(world, rule, state, enrolled_on)


def _count_returns(world: World, rule: RulePlan, state: RuleState, enrolled_on: int) -> None:
    for arm in state.followed.pop(enrolled_on, ()):
        n_back = np.count_nonzero(world.people.last_active[arm.rows] != arm.absence)
        column = CONTROL_RETURNS if arm.is_control else TREATED_RETURNS
        world.tallies.rules[rule.index, enrolled_on, column] += n_back
