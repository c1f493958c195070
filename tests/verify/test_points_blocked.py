"""Who is blocked neither earns nor redeems nor gives, until the longest of its blocks is over; each with a twin."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from sim.systems.day import open_world, run_world
from sim.systems.plan import Plan
from sim.systems.points.wallets import ISSUED, REDEEMED, TRANSFERRED
from sim.systems.world import World
from tests.verify.test_points import DAILY, points_plan, wallet_of

RICH = {"gift": {"for": "sign up", "gives": 100_000}}
"""More than anybody can spend: a balance that runs dry would hide who still redeems or gives."""
CHEAP = {"r": {"price": 10, "appeal": 1e6}}
FIRST, LAST = 9, 18
"""The days of a block of ten days, from 2026-01-10 on."""


def blocking_plan(blocks: dict[str, int], **sections: Any) -> Plan:
    """Everybody earns, takes a reward and gives to others every day; rules block everybody, by date and days."""
    programme = {"earns": RICH | DAILY, "rewards": CHEAP, "transfers": {}}
    rules = {
        f"from {date}": {"when": {"on": date}, "do": {"block": {"p": f"{days} days"}}} for date, days in blocks.items()
    }
    response = {"looks": 1.0, "transfers": {"of_active_days": 1.0, "of_balance": 0.001}}
    return points_plan(
        programme,
        days=40,
        n=500,
        **({"policy": {"points": {"p": programme}, "rules": rules}, "response": {"points": response}} | sections),
    )


def idle_days(plan: Plan, count: int) -> list[int]:
    """The days on which nobody did it, though everybody holds plenty."""
    wallet = wallet_of(plan)
    assert wallet.lots.balance[:500].min() > 10_000
    return np.flatnonzero(wallet.counts[:, count] == 0).tolist()


@pytest.mark.parametrize("count", [ISSUED, REDEEMED, TRANSFERRED])
def test_who_holds_plenty_and_is_blocked_does_nothing_with_it(count: int) -> None:
    plan = blocking_plan({"2026-01-10": 10})
    blocked = list(range(FIRST, LAST + 1))
    assert idle_days(plan, count) == blocked
    assert idle_days(replace(plan, rules=(replace(plan.rules[0], blocks={"p": 11}),)), count) != blocked
    assert idle_days(blocking_plan({}), count) == []


@pytest.mark.parametrize("count", [ISSUED, REDEEMED, TRANSFERRED])
def test_the_longer_of_two_blocks_holds(count: int) -> None:
    """Three days from the 13th on end within the first block; nine outlast it by two."""
    assert idle_days(blocking_plan({"2026-01-10": 10, "2026-01-13": 3}), count) == list(range(FIRST, LAST + 1))
    assert idle_days(blocking_plan({"2026-01-10": 10, "2026-01-13": 9}), count) == list(range(FIRST, LAST + 3))


def test_a_message_that_shows_rewards_does_not_lift_a_block() -> None:
    """Nobody looks unasked; a message shows the rewards to everybody on the 12th and on the 22nd."""
    shown = {"when": {"on": ["2026-01-12", "2026-01-22"]}, "do": {"message": "m", "show_rewards": "p"}}
    catch = {"when": {"on": "2026-01-10"}, "do": {"block": {"p": "10 days"}}}
    programme = {"earns": RICH, "rewards": CHEAP}

    def taken(rules: dict[str, Any]) -> list[int]:
        plan = blocking_plan(
            {},
            policy={"points": {"p": programme}, "rules": rules},
            media={"m": {"open": "100%"}},
            response={"points": {"looks": 0.0}},
        )
        return np.flatnonzero(wallet_of(plan).counts[:, REDEEMED]).tolist()

    assert taken({"catch": catch, "shown": shown}) == [21]
    assert taken({"shown": shown}) == [11, 21]


def idle_days_of_caught(rules: dict[str, Any]) -> list[list[int]]:
    """The days on which nobody of a quarter of the users gave, and those on which nobody of it received."""
    programme = {"earns": RICH, "transfers": {}}
    market = {"size": 500, "segments": {"caught": {"share": 0.25}, "others": {"share": 0.75}}}
    plan = blocking_plan({}, market=market, policy={"points": {"p": programme}, "rules": rules})
    n_caught = []

    def note(world: World, day: int) -> None:
        gave = world.wallets["p"].gave
        rows = [np.concatenate([each[i] for each in gave]) for i in (0, 1)]
        n_caught.append([(plan.segment_of_cell[world.people.cell[of]] == 0).sum() for of in rows])

    run_world(open_world(plan, 1, 0), note)
    return [np.flatnonzero(counts == 0).tolist() for counts in np.transpose(n_caught)]


def test_who_is_blocked_neither_gives_to_the_others_nor_receives_of_them() -> None:
    catch = {"when": {"on": "2026-01-10"}, "who": 'segment == "caught"', "do": {"block": {"p": "10 days"}}}
    assert idle_days_of_caught({"catch": catch}) == [list(range(FIRST, LAST + 1))] * 2
    assert idle_days_of_caught({}) == [[], []]
