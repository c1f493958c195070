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


# --- habituation

F, LEFT, HALF_LIFE = 3.0, 0.6, 10.0


def lift_after(n: int, habituation: float = LEFT) -> float:
    """The log-lift that is left on the day of the n-th of daily effects: Σ h^i d^(n-1-i), a geometric sum."""
    fades = 0.5 ** (1 / HALF_LIFE)
    return float(np.log(F) * (fades**n - habituation**n) / (fades - habituation))


def rewarded_plan(days: int, habituation: float = LEFT) -> Plan:
    """Everybody is active and takes a reward every day."""
    response = {"activity": F, "half_life": f"{HALF_LIFE:.0f} days", "habituation": habituation}
    shop = {"rewards": {"r": {"price": 10, "appeal": 1e6}}}
    always = {"default": {"visits": {"a": 1e6, "b": 1e-6}, "lapse": {"a": 1e-6, "b": 1e6}}}
    return growth_plan(
        {"points": {"xp": XP | shop}},
        days=days,
        n=50,
        retention=always,
        response={"points": {"looks": 1.0, "reward": response}},
    )


@pytest.mark.parametrize("n", [1, 2, 7])
def test_an_effect_fades_geometrically_with_its_repetitions(n: int) -> None:
    lifts = finished(rewarded_plan(n)).effects.live["lift"]
    assert lifts.size == 50
    assert np.allclose(lifts, lift_after(n))
    assert n == 1 or not np.allclose(lifts, lift_after(n, 0.62))
    assert n == 1 or not np.allclose(finished(rewarded_plan(n, 1.0)).effects.live["lift"], lift_after(n))


def woken_zs(habituation: float, expected: float) -> list[float]:
    """Distances of the active users on the day after each of four messages from odds x F^(expected^k)."""
    rule = {"when": {"every": "10 days", "from": "2026-01-11"}, "do": {"message": "push"}}
    message = {"wakes": F, "wakes_half_life": "1 day", "habituation": habituation}
    plan = growth_plan(
        {"rules": {"remind": rule}}, days=45, media={"push": {"open": "100%"}}, response={"message": message}
    )
    dau = finished(plan).tallies.dau.sum(axis=1)
    odds = [P / (1 - P) * F ** (expected**k) for k in range(4)]
    return [z_of_count(float(dau[11 + 10 * k]), N, odds[k] / (1 + odds[k])) for k in range(4)]


def test_messages_wake_less_and_less() -> None:
    assert abs(largest(woken_zs(LEFT, LEFT))) < LIMIT
    assert abs(largest(woken_zs(1.0, 1.0))) < LIMIT
    assert abs(largest(woken_zs(1.0, LEFT))) > LIMIT


# --- motives

SEGMENTS = {
    "plain": {"share": 0.5},
    "proud": {"share": 0.5, "motives": {"status": 2}},
}


def active_by_segment(privilege: Document, segments: Document = SEGMENTS) -> I64:
    """Active users on the days on which everybody holds the privilege, by segment."""
    policy = {"statuses": {"all": {"enters": "days_since_signup >= 0", "review": "100 days", "privileges": ["badge"]}}}
    plan = growth_plan(
        policy, days=21, market={"size": N, "segments": segments}, privileges={"badge": {"activity": 1.6} | privilege}
    )
    return finished(plan).tallies.dau[1:].sum(axis=0)


def motive_zs(active: I64, weights: tuple[float, float]) -> list[float]:
    """Distances from odds x 1.6^weight, over 20 days."""
    odds = [P / (1 - P) * 1.6**weight for weight in weights]
    return [z_of_count(float(n), 20 * N / 2, each / (1 + each)) for n, each in zip(active, odds, strict=True)]


def test_twice_the_weight_is_the_square_of_the_multiplier() -> None:
    active = active_by_segment({"motive": "status"})
    assert abs(largest(motive_zs(active, (1, 2)))) < LIMIT
    assert abs(largest(motive_zs(active, (1, 1)))) > LIMIT
    assert abs(largest(motive_zs(active_by_segment({"motive": "gain"}), (1, 1)))) < LIMIT
    assert abs(largest(motive_zs(active_by_segment({}), (1, 1)))) < LIMIT


def test_a_weight_of_nothing_moves_nobody() -> None:
    unmoved = SEGMENTS | {"proud": {"share": 0.5, "motives": {"status": 0}}}
    assert abs(largest(motive_zs(active_by_segment({"motive": "status"}, unmoved), (1, 0)))) < LIMIT


def taken_by_segment(motive: str) -> list[list[int]]:
    """What half a market each takes of a reward of appeal 1 and one of appeal 1 that appeals to a motive."""
    shop = {
        "earns": {"gift": {"for": "sign up", "gives": 100}},
        "rewards": {"plain": {"price": 100}, "crown": {"price": 100, "motive": motive}},
    }
    found = []
    for name in SEGMENTS:
        plan = growth_plan(
            {"points": {"p": shop}},
            days=1,
            market={"size": N, "segments": {name: SEGMENTS[name] | {"share": 1}}},
            response={"points": {"looks": 1.0}},
        )
        found.append(finished(plan).wallets["p"].taken[0].tolist())
    return found


def test_a_rewards_appeal_is_multiplied_by_the_weight() -> None:
    """Luce: 1 / 3 each of the plain; of the proud 1 / 4 and 2 / 4."""
    shares = ((1 / 3, 1 / 3), (1 / 4, 2 / 4))
    zs = [
        z_of_count(float(n), N, share)
        for taken, expected in zip(taken_by_segment("status"), shares, strict=True)
        for n, share in zip(taken, expected, strict=True)
    ]
    assert abs(largest(zs)) < LIMIT
    assert abs(z_of_count(float(taken_by_segment("ease")[1][1]), N, 2 / 4)) > LIMIT


def test_what_a_reward_does_is_weighted_too() -> None:
    shop = {"earns": {"gift": {"for": "sign up", "gives": 10}}, "rewards": {"r": {"price": 10, "appeal": 1e6}}}

    def lifts(motive: Document) -> list[float]:
        points = shop | {"rewards": {"r": {"price": 10, "appeal": 1e6} | motive}}
        response = {"points": {"looks": 1.0, "reward": {"activity": 2.0, "lapse": 0.5}}}
        plan = growth_plan(
            {"points": {"p": points}}, days=1, n=1_000, market={"size": 1_000, "segments": SEGMENTS}, response=response
        )
        return sorted(set(np.round(finished(plan).effects.live["lift"] / np.log(2.0), 9).tolist()))

    assert lifts({}) == [-1.0, 1.0]
    assert lifts({"motive": "status"}) == [-2.0, -1.0, 1.0, 2.0]


def test_gain_is_the_motive_of_coupons() -> None:
    def gains(segment: Document) -> list[float]:
        plan = growth_plan({}, n=10, market={"size": 10, "segments": {"hunters": {"share": 1} | segment}})
        assert plan.response.gain.tolist() == plan.market.weights["gain"].tolist()
        return plan.response.gain.tolist()

    assert gains({"gain": 3}) == gains({"motives": {"gain": 3}}) == [3.0]
    assert gains({"motives": {"status": 3}}) == [1.0]


def test_motives_that_weigh_one_and_no_habituation_move_nobody() -> None:
    def fate(privilege: Document, reward: Document, habituation: Document) -> list[bytes]:
        policy = {
            "points": {"xp": XP | {"rewards": {"r": {"price": 50} | reward}}},
            "statuses": {"gold": GOLD | {"privileges": ["badge"]}},
        }
        response = {"points": {"looks": 0.5, "reward": {"activity": 1.3, "lapse": 0.9} | habituation}}
        world = finished(
            growth_plan(policy, n=2_000, privileges={"badge": {"activity": 1.5} | privilege}, response=response)
        )
        people = world.people
        return [people.last_active[:2_000].tobytes(), people.active_days[:2_000].tobytes(), world.tallies.dau.tobytes()]

    plain = fate({}, {}, {})
    assert fate({"motive": "status"}, {"motive": "belonging"}, {"habituation": 1}) == plain
    assert fate({}, {}, {"habituation": 0.9}) != plain
