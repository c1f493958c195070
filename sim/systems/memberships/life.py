"""One user's membership from day to day, in words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sim.systems.memberships.roll import ASKING, NO_PLAN, ON_TRIAL, OWING, PAUSED
from sim.systems.world import World


@dataclass(frozen=True)
class Standing:
    """What the roll says of a user on an evening."""

    plan: int = NO_PLAN
    standing: int = 0
    since: int = 0
    periods: int = 0


def standing_of(world: World, row: int) -> Standing:
    """Today's; without a membership where the policy has none."""
    roll = world.roll
    if not roll.capacity or roll.plan[row] == NO_PLAN:
        return Standing()
    return Standing(int(roll.plan[row]), int(roll.standing[row]), int(roll.since[row]), int(roll.periods[row]))


def membership_events(world: World, before: Standing, after: Standing) -> Iterator[tuple[str, str]]:
    """(what, detail) of what has changed since the evening before."""
    if after == before:
        return
    plans = world.plan.memberships.plans
    name = plans[(after.plan or before.plan) - 1].name
    if after.plan == NO_PLAN:
        how = {
            ON_TRIAL: "at the end of the trial", OWING: "after the last try of a payment",
            PAUSED: "at the end of a pause", ASKING: "and got the money back",
        }  # fmt: skip
        yield "left the membership", f"{name}, {how.get(before.standing, 'cancelled')}"
    elif after.standing == ON_TRIAL:
        yield "began a trial", f"of {name}"
    elif after.standing == OWING:
        yield "payment failed", f"for {name}"
    elif after.standing == PAUSED:
        yield "paused the membership", f"of {name}"
    elif before.standing == PAUSED:
        yield "resumed the membership", f"of {name}"
    elif before.plan == NO_PLAN:
        yield "became a member", f"of {name}"
    elif before.standing == ON_TRIAL:
        yield "became a member", f"of {name}, after the trial"
    elif before.plan != after.plan:
        yield "switched membership", f"to {name}"
    else:
        yield "renewed", name + (", after a failed payment" if before.standing == OWING else "")
