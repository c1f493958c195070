"""Levels, badges, tasks and leaderboards against closed forms and independent counts; each with a sabotaged twin."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from scipy.stats import binom

from sim.systems import day as steps
from sim.systems.day import open_world, run_world
from sim.systems.plan import Plan
from sim.systems.points import day as points_day
from sim.systems.windows.names import EVER
from sim.systems.world import World
from tests.verify.measuring import LIMIT, largest, z_of_count
from tests.verify.test_statuses import of_status
from tests.verify.worlds import finished, plan_for

Document = dict[str, Any]
I64 = npt.NDArray[np.int64]

N, P = 20_000, 0.3
SOMETIMES = {"default": {"visits": {"a": P * 1e6, "b": (1 - P) * 1e6}, "lapse": {"a": 1e-6, "b": 1e6}}}
"""Everybody is active on a day with probability P, and nobody loses the habit."""
XP = {"earns": {"a visit": {"for": "active day", "gives": 10}}}


def growth_plan(policy: Document, days: int = 100, n: int = N, **sections: Any) -> Plan:
    """n users of the first day, who earn 10 xp on each active day."""
    return plan_for(
        **(
            {
                "market": {"size": n},
                "channels": {"past": {"kind": "history", "signups": {"2026-01-01": n}}},
                "retention": SOMETIMES,
                "horizon": f"{days} days",
                "policy": {"points": {"xp": XP}} | policy,
            }
            | sections
        )
    )


def stays_open(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sabotage of windows: nothing ever leaves them."""
    monkeypatch.setattr(points_day, "forget_earned", lambda world, day, wallet: None)


# --- levels

LEVELS = {
    "silver": {"enters": '60 <= earned_30d("xp") < 100', "review": "1 day"},
    "gold": {"enters": 'earned_30d("xp") >= 100', "review": "1 day"},
}


def level_zs(plan: Plan, days: int = 30) -> list[float]:
    """Distances of the levels' holders on the last day from the binomial of as many active days."""
    world = finished(plan)
    gold = float(binom.sf(9, days, P))
    shares = {"silver": float(binom.sf(5, days, P)) - gold, "gold": gold}
    return [z_of_count(float(of_status(world, name)["holders"][-1]), N, share) for name, share in shares.items()]


def test_level_shares_in_a_stationary_base_are_binomial() -> None:
    plan = growth_plan({"statuses": LEVELS})
    assert abs(largest(level_zs(plan))) < LIMIT
    assert abs(largest(level_zs(plan, days=29))) > LIMIT


def test_windows_that_nothing_leaves_are_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    stays_open(monkeypatch)
    assert abs(largest(level_zs(growth_plan({"statuses": LEVELS})))) > LIMIT


def demotion_zs(plan: Plan) -> list[float]:
    """Distances of holders, and of those who are demoted, from the two-state chain, review by review.

    A review every 30 days over windows of 30 days sees independent binomials: who enters has 10 active days, who
    stays 5.
    """
    enters, stays = float(binom.sf(9, 30, P)), float(binom.sf(4, 30, P))
    found, held, zs = of_status(finished(plan), "gold"), 0.0, []
    for review in (30, 60, 90):
        before, held = held, held * stays + (1 - held) * enters
        zs.append(z_of_count(float(found["holders"][review + 1]), N, held))
        if before:
            zs.append(z_of_count(float(found["left"][review]), N, before * (1 - stays)))
    return zs


GOLD = {"enters": 'earned_30d("xp") >= 100', "stays": 'earned_30d("xp") >= 50', "review": "30 days"}


def test_demotion_follows_the_window() -> None:
    assert abs(largest(demotion_zs(growth_plan({"statuses": {"gold": GOLD}})))) < LIMIT
    strict = growth_plan({"statuses": {"gold": GOLD | {"stays": 'earned_30d("xp") >= 60'}}})
    assert abs(largest(demotion_zs(strict))) > LIMIT


def test_what_is_spent_still_counts_as_earned() -> None:
    """Levels read what was earned, balances what is held."""
    shop = {"rewards": {"r": {"price": 10, "appeal": 1e6}}}
    statuses = {
        "rich": {"enters": 'balance("xp") >= 200', "review": "1 day"},
        "seasoned": {"enters": 'earned("xp") >= 200', "review": "1 day"},
    }

    def holders(points: Document) -> list[int]:
        plan = growth_plan({"points": {"xp": points}, "statuses": statuses}, response={"points": {"looks": 0.9}})
        world = finished(plan)
        return [int(of_status(world, name)["holders"][-1]) for name in statuses]

    saved, spent = holders(XP), holders(XP | shop)
    assert saved[0] == saved[1] == spent[1]
    assert spent[0] < 0.1 * spent[1]


def test_what_was_earned_stops_at_what_a_column_holds() -> None:
    """Three thousand million earned and spent in three days: the column stays at its largest number."""
    rich = {
        "earns": {"visit": {"for": "active day", "gives": 1_000_000_000}},
        "rewards": {"r": {"price": 1_000_000_000, "appeal": 1e6}},
    }
    always = {"default": {"visits": {"a": 1e6, "b": 1e-6}, "lapse": {"a": 1e-6, "b": 1e6}}}
    audiences = {"ever": 'earned("xp") >= 0', "lately": 'earned_2d("xp") >= 0'}

    def sums(days: int) -> tuple[list[int], list[int]]:
        plan = growth_plan(
            {"points": {"xp": rich}, "audiences": audiences},
            days=days, n=20, retention=always, response={"points": {"looks": 1.0}},
        )  # fmt: skip
        world = finished(plan)
        assert world.wallets["xp"].counts[:, 0].sum() == 20 * days * 1_000_000_000
        found = world.windows["earned:xp"].sums
        return np.unique(found[EVER][:20]).tolist(), np.unique(found[2][:20]).tolist()

    assert sums(2) == ([2_000_000_000], [2_000_000_000])
    assert sums(3)[0] == [2**31 - 1]
    assert sums(6) == ([2**31 - 1], [0])


# --- badges

BADGE = {"enters": 'earned_7d("xp") >= 60', "stays": "true", "review": "1 day"}


def test_a_badge_is_never_lost_and_its_prize_is_given_once() -> None:
    policy: Document = {
        "points": {"xp": XP, "coins": {}},
        "statuses": {"six of seven": BADGE},
        "rules": {"prize": {"when": {"enters": "six of seven"}, "do": {"points": {"coins": 5}}}},
    }
    world = finished(growth_plan(policy))
    found = of_status(world, "six of seven")
    assert (found["left"] == 0).all()
    coins = world.wallets["coins"].lots.balance[:N]
    assert set(np.unique(coins)) == {0, 5}
    holders = world.holdings.rows(0, world.people.n)
    assert (coins[holders] == 5).sum() == found["holders"][-1] > 0.1 * N  # who entered today is told tomorrow
    lost = BADGE | {"stays": 'earned_7d("xp") >= 60'}
    world = finished(growth_plan(policy | {"statuses": {"six of seven": lost}}))
    assert world.wallets["coins"].lots.balance[:N].max() > 5


# --- tasks


def test_a_task_is_done_once() -> None:
    orders = {"per_active_day": 0.3, "basket": {"mean": "80 CNY", "spread": 0.6}, "margin": 0.2}
    first = {"earns": {"first order": {"for": "order", "gives": 7, "at_most": 7}}}
    world = finished(growth_plan({"points": {"xp": first}}, orders=orders))
    given, n_orders = world.wallets["xp"].lots.balance[:N], world.people.orders[:N]
    assert (given == 7 * (n_orders > 0)).all()
    endless = {"earns": {"first order": {"for": "order", "gives": 7}}}
    given_anew = finished(growth_plan({"points": {"xp": endless}}, orders=orders)).wallets["xp"].lots.balance[:N]
    assert not (given_anew == given).all()
    three = {"earns": {"orders": {"for": "order", "gives": 7, "at_most": 20}}}
    given = finished(growth_plan({"points": {"xp": three}}, orders=orders)).wallets["xp"].lots.balance[:N]
    assert (given == np.minimum(7 * n_orders, 20)).all()


def test_a_limit_of_the_day_holds_every_day() -> None:
    """At most one order counts on a day: the days with orders, not the orders."""
    orders = {"per_active_day": 2.0, "basket": {"mean": "80 CNY", "spread": 0.6}, "margin": 0.2}
    capped = {"earns": {"order today": {"for": "order", "gives": 7, "at_most_per_day": 7}}}
    plan = growth_plan({"points": {"xp": capped}}, days=40, n=2_000, orders=orders)
    days_with_orders, before = np.zeros(2_000, np.int64), np.zeros(2_000, np.int64)

    def watch(world: World, day: int) -> None:
        nonlocal before
        now = world.people.orders[:2_000].astype(np.int64)
        days_with_orders[:] += now > before
        before = now

    world = run_world(open_world(plan, 1, 0), watch=watch)
    assert (world.wallets["xp"].lots.balance[:2_000] == 7 * days_with_orders).all()
    assert days_with_orders.sum() < before.sum()


# --- leaderboards

PRIZES, PERIOD = 500, 30


def leaderboard(period: str = "30") -> tuple[I64, npt.NDArray[np.bool_]]:
    """What everybody has earned in the second 30 days, counted from active days, and who has won on day 60."""
    policy = {
        "points": {"xp": XP, "coins": {}},
        "measures": {"this month": f'earned_{period}d("xp")'},
        "rules": {
            "top": {
                "when": {"every": f"{PERIOD} days", "from": "2026-03-02"},
                "do": {"points": {"coins": 1}},
                "limits": {"capacity": PRIZES, "choose_by": "this month"},
            }
        },
    }
    counted: list[I64] = []

    def watch(world: World, day: int) -> None:
        if day in (PERIOD - 1, 2 * PERIOD - 1):
            counted.append(10 * world.people.active_days[:N].astype(np.int64))

    world = run_world(open_world(growth_plan(policy, days=2 * PERIOD + 1), 1, 0), watch=watch)
    return counted[1] - counted[0], world.wallets["coins"].lots.balance[:N] == 1


def is_exact_top(earned: I64, has_won: npt.NDArray[np.bool_]) -> bool:
    return bool(has_won.sum() == PRIZES and earned[has_won].min() >= earned[~has_won].max())


def test_a_leaderboard_is_the_exact_top_with_ties_by_chance() -> None:
    earned, has_won = leaderboard()
    assert is_exact_top(earned, has_won)
    tied = np.flatnonzero(earned == earned[has_won].min())
    share = has_won[tied].mean()
    assert 0.05 < share < 0.95
    half = tied.size // 2
    assert abs(largest([z_of_count(float(has_won[tied[:half]].sum()), half, share)])) < LIMIT
    assert abs(z_of_count(float(has_won[tied].sum()), half, share)) > LIMIT  # were the first rows to win
    assert not is_exact_top(*leaderboard("29"))


def test_a_leaderboard_that_loses_a_day_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Were windows to slide in the morning, as others do, rules would see 29 of 30 days."""
    monkeypatch.setattr(steps, "is_of_units", lambda kind: False)
    assert not is_exact_top(*leaderboard())
