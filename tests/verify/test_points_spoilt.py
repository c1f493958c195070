"""What spoils a programme, against closed forms: rush and farming; each with a sabotaged twin."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from sim.engine.lots import MOST_UNITS
from sim.errors import ScenarioError
from sim.systems.plan import Plan
from sim.systems.points.schema import LARGEST_AMOUNT, MOST_ACCOUNTS
from sim.systems.points.wallets import EXPIRED, FARMED, FORFEITED, ISSUED, REDEEMED, Wallet
from sim.systems.world import CAUGHT, FALSE_ALARMS, World
from tests.verify.measuring import LIMIT, largest, z_of_count, z_of_sample
from tests.verify.test_points import DAILY, SOMETIMES, N, points_plan, wallet_of
from tests.verify.test_points_transfers import is_the_same
from tests.verify.worlds import finished

RICH = {"gift": {"for": "sign up", "gives": 1_000_000}}
LOOKS, APPEAL, RUSH = 0.2, 0.5, 3.0


def odds_times(probability: float, factor: float) -> float:
    return factor * probability / (1 - probability + factor * probability)


# --- a price that changes, and is announced


def announced_plan(before: int, after: int, rush: float = RUSH, **fields: object) -> Plan:
    """Everybody holds plenty; the price changes on day 40, which is told from day 30 on."""
    price = {"2026-01-01": before, "2026-02-10": after}
    programme = {"earns": RICH, "rewards": {"r": {"price": price, "appeal": APPEAL}}, "announced": "10 days"}
    response = {"points": {"looks": LOOKS, "rush": rush}}
    written = {key: value for key, value in (programme | fields).items() if value is not None}
    return points_plan(written, days=60, response=response)


def rush_zs(plan: Plan, rush: float) -> list[float]:
    """Distances of the rewards taken before, while it is told, and after the change from their closed form.

    Who looks, with odds times the rush, takes with a·rush / (1 + a·rush).
    """
    taken = wallet_of(plan).taken[:, 0]
    plain = LOOKS * APPEAL / (1 + APPEAL)
    hasty = odds_times(LOOKS, rush) * APPEAL * rush / (1 + APPEAL * rush)
    spans = (slice(1, 30), plain), (slice(30, 40), hasty), (slice(40, 60), plain)
    return [z_of_count(taken[days].sum(), N * taken[days].size, p) for days, p in spans]


def test_a_rise_that_is_announced_is_rushed_ahead_of() -> None:
    assert abs(largest(rush_zs(announced_plan(100, 200), RUSH))) < LIMIT


def test_a_fall_that_is_announced_is_waited_for() -> None:
    assert abs(largest(rush_zs(announced_plan(200, 100), 1 / RUSH))) < LIMIT


def test_a_rush_that_is_weaker_earlier_or_the_wrong_way_is_seen() -> None:
    """The twins: a weaker rush, a change that nobody is told of, a rise that is waited for, a day too many."""
    before, within, _ = (abs(z) for z in rush_zs(announced_plan(100, 200, rush=2.5), RUSH))
    assert within > LIMIT > before
    assert abs(rush_zs(announced_plan(100, 200), 1.0)[1]) > LIMIT
    assert abs(rush_zs(announced_plan(200, 100), RUSH)[1]) > LIMIT
    assert abs(rush_zs(announced_plan(100, 200, announced="20 days"), RUSH)[0]) > LIMIT


def test_who_can_pay_for_what_does_not_change_hastens_by_what_does() -> None:
    """Looking follows the reward that is to rise, taking each reward by its own."""
    rewards = {"r": {"price": {"2026-01-01": 100, "2026-02-10": 200}}, "calm": {"price": 100}}
    taken = wallet_of(announced_plan(100, 200, rewards=rewards)).taken[30:40].sum(axis=0)
    looks = odds_times(LOOKS, RUSH)
    shares = (looks * RUSH / (2 + RUSH), looks / (2 + RUSH))
    assert abs(largest(z_of_count(float(taken[i]), N * 10, shares[i]) for i in (0, 1))) < LIMIT
    assert abs(z_of_count(float(taken[1]), N * 10, LOOKS / (2 + RUSH))) > LIMIT


def test_what_is_not_told_or_not_minded_moves_nobody() -> None:
    still = wallet_of(announced_plan(100, 200, rush=1.0, announced=None)).taken
    assert (wallet_of(announced_plan(100, 200, announced=None)).taken == still).all()
    assert (wallet_of(announced_plan(100, 200, rush=1.0)).taken == still).all()
    assert (wallet_of(announced_plan(100, 200)).taken != still).any()


# --- earning without use

ACTIVE, IDLE, ACCOUNTS = 0.6, 0.5, 3
HALVES = {"size": N, "segments": {"genuine": {"share": 0.5}, "hunters": {"share": 0.5}}}


def farming_plan(programme: dict[str, Any] | None = None, **sections: Any) -> Plan:
    """Everybody is active with 0.6 a day; half of them also come to earn on half of the other days, on 3 accounts."""
    farming = {"hunters": {"per_idle_day": IDLE, "accounts": ACCOUNTS}}
    return points_plan(
        programme or {"earns": DAILY},
        days=101,
        market=HALVES,
        **({"retention": SOMETIMES, "response": {"points": {"looks": 0.0, "farming": farming}}} | sections),
    )


def is_hunter(world: World) -> np.ndarray:
    return world.plan.segment_of_cell[world.people.cell[: world.people.n]] == 1


def farming_z(plan: Plan, units_per_day: float) -> float:
    """Distance of what hunters earn on the 100 days after the day of sign-up."""
    world = finished(plan)
    earned = world.wallets["p"].lots.balance[: world.people.n][is_hunter(world)].astype(np.float64)
    return z_of_sample(earned - 10 * ACCOUNTS, 100 * units_per_day)


def test_who_farms_earns_on_days_without_use_and_on_every_account() -> None:
    expected = 10 * ACCOUNTS * (ACTIVE + (1 - ACTIVE) * IDLE)
    assert abs(largest([farming_z(farming_plan(), expected)])) < LIMIT
    assert abs(farming_z(farming_plan(), 10 * ACCOUNTS * ACTIVE)) > LIMIT
    assert abs(farming_z(farming_plan(), expected / ACCOUNTS)) > LIMIT


def test_farming_is_no_use_and_genuine_users_are_left_alone() -> None:
    """The same days of activity and orders, and the same units of the others; the farmed units are the hunters'."""
    orders = {"per_active_day": 0.2, "basket": {"mean": "50 CNY", "spread": 0.5}}
    earns = DAILY | {"order": {"for": "order", "gives": 7}}
    without = finished(farming_plan({"earns": earns}, orders=orders, response={"points": {"looks": 0.0}}))
    farmed = finished(farming_plan({"earns": earns}, orders=orders))
    for column in ("active_days", "last_active", "orders", "spend"):
        assert (getattr(farmed.people, column) == getattr(without.people, column)).all()
    assert (farmed.tallies.dau == without.tallies.dau).all()
    before, after = (world.wallets["p"].lots.balance[:N] for world in (without, farmed))
    hunters = is_hunter(farmed)
    assert (before[~hunters] == after[~hunters]).all()
    assert (before[hunters] < after[hunters]).all()
    assert farmed.wallets["p"].counts[:, FARMED].sum() == after[hunters].sum(dtype=np.int64)
    assert without.wallets["p"].counts[:, FARMED].sum() == 0


def test_streaks_and_limits_of_who_farms() -> None:
    """Active or there to earn on every day: a streak of 101 days; a monthly limit holds for each account."""
    always = {"hunters": {"per_idle_day": 1.0, "accounts": ACCOUNTS}}
    earns = {
        "run": {"for": "streak", "days": 7, "gives": 1},
        "day": {"for": "active day", "gives": 10, "at_most_per_month": 50},
    }
    world = finished(farming_plan({"earns": earns}, response={"points": {"looks": 0.0, "farming": always}}))
    balance = world.wallets["p"].lots.balance[:N][is_hunter(world)]
    assert (balance == ACCOUNTS * (101 // 7 + 50 * 4)).all()


def test_who_only_comes_to_earn_takes_rewards_and_does_not_lose_by_absence() -> None:
    always = {"hunters": {"per_idle_day": 1.0}}
    programme = {"earns": DAILY, "rewards": {"r": {"price": 100, "appeal": 1e6}}, "expires": {"inactive_for": "2 days"}}
    world = finished(farming_plan(programme, response={"points": {"looks": 0.0, "farming": always}}))
    wallet, hunters = world.wallets["p"], is_hunter(world)
    assert wallet.counts[:, EXPIRED].sum() > 0
    assert wallet.counts[:, REDEEMED].sum() > 100 * hunters.sum()
    idle = world.people.last_active[:N] < world.plan.n_days - 3
    assert (wallet.lots.balance[:N][idle & ~hunters] == 0).all()
    assert (wallet.lots.balance[:N][idle & hunters] > 0).any()


def test_farming_of_no_strength_moves_no_byte() -> None:
    """Neither a table nor what expires by absence, and nobody is told to farm."""
    programme = {"earns": DAILY, "expires": {"inactive_for": "4 days"}, "rewards": {"r": {"price": 100}}}

    def lived(**farming: float) -> World:
        response = {"points": {"looks": 0.2} | ({"farming": {"hunters": farming}} if farming else {})}
        return finished(farming_plan(programme, response=response))

    without = lived()
    assert is_the_same(without, lived(per_idle_day=0.0, accounts=1))
    assert not is_the_same(without, lived(per_idle_day=0.01, accounts=1))
    assert not is_the_same(without, lived(per_idle_day=0.0, accounts=2))


def test_further_accounts_alone_keep_nothing_from_expiring() -> None:
    """Everybody signs up, is given 100 units on each account, and never comes again."""
    once = {"default": {"visits": {"a": 1e6, "b": 1e-6}, "lapse": {"a": 1e6, "b": 1e-6}}}
    programme = {"earns": {"hello": {"for": "sign up", "gives": 100}}, "expires": {"inactive_for": "10 days"}}

    def left(per_idle_day: float) -> int:
        farming = {"hunters": {"per_idle_day": per_idle_day, "accounts": ACCOUNTS}}
        plan = farming_plan(programme, retention=once, response={"points": {"looks": 0.0, "farming": farming}})
        wallet = finished(plan).wallets["p"]
        assert wallet.counts[:, FARMED].sum() == N // 2 * 100 * ACCOUNTS
        return int(wallet.lots.balance.sum())

    assert left(0.0) == 0
    assert left(0.02) == N // 2 * 100 * ACCOUNTS


def test_no_number_of_accounts_lets_a_sum_wrap() -> None:
    """The largest gift on as many accounts as there may be: everybody holds the most, and the book closes."""
    programme = {"earns": {"hello": {"for": "sign up", "gives": LARGEST_AMOUNT}}}

    def issued(accounts: int) -> tuple[int, Wallet]:
        farming = {"hunters": {"per_idle_day": 0.1, "accounts": accounts}}
        wallet = finished(farming_plan(programme, response={"points": {"farming": farming}})).wallets["p"]
        return int(wallet.counts[:, ISSUED].sum()), wallet

    total, wallet = issued(MOST_ACCOUNTS)
    assert total == N // 2 * (LARGEST_AMOUNT + MOST_UNITS) == wallet.lots.balance.sum(dtype=np.int64)
    assert wallet.lots.refused == 0
    with pytest.raises(ScenarioError, match="is more than 10,000 accounts"):
        issued(MOST_ACCOUNTS + 1)


# --- what a team does about it


def detecting_plan(do: dict[str, Any] | None = None, most: int = 600, **fields: Any) -> Plan:
    """From day 40 on, whom 30 days have given more than so many units is blocked for 10 days and loses them."""
    rule = {
        "when": {"every": "1 day", "from": "2026-02-10"},
        "who": f'earned_30d("p") > {most}',
        "do": do or {"forfeit": ["p"], "block": {"p": "10 days"}},
    }
    programme = {"earns": DAILY} | fields
    return farming_plan(programme, policy={"points": {"p": programme}, "rules": {"catch": rule}})


def hits(plan: Plan) -> tuple[int, int, Wallet]:
    world = finished(plan)
    counts = world.tallies.rules[plan.rules[0].index]
    return int(counts[:, CAUGHT].sum()), int(counts[:, FALSE_ALARMS].sum()), world.wallets["p"]


def test_a_rule_catches_who_farms_and_its_false_alarms_follow_its_threshold() -> None:
    """30 days give 180 to a genuine user (binomial) and 720 to a hunter: a threshold between them errs in nothing."""
    assert hits(detecting_plan(most=400))[:2] == (N // 2, 0)
    assert hits(detecting_plan(most=0))[:2] == (N // 2, N // 2)
    caught, wrong, _ = hits(detecting_plan(most=230))
    assert caught == N // 2
    assert 0 < wrong < N // 2
    assert wrong > hits(detecting_plan(most=240))[1]


def test_the_book_closes_with_what_is_forfeited() -> None:
    _, _, wallet = hits(detecting_plan(expires={"after": "1 months"}, rewards={"r": {"price": 100}}))
    issued, redeemed, expired, forfeited = (wallet.counts[:, i].sum() for i in (ISSUED, REDEEMED, EXPIRED, FORFEITED))
    assert min(redeemed, expired, forfeited) > 0
    assert issued == redeemed + expired + forfeited + wallet.lots.balance.sum(dtype=np.int64)
    for total, name in ((issued, "issued"), (redeemed, "redeemed"), (expired, "expired"), (forfeited, "forfeited")):
        assert getattr(wallet.lots, name).sum() == total


def test_who_is_blocked_neither_earns_nor_redeems_until_it_is_over() -> None:
    """Everybody is active every day, and blocked from day 9 for ten days."""
    rule = {"when": {"on": "2026-01-10"}, "do": {"block": {"p": "10 days"}}}
    gift = {"when": {"on": "2026-01-12"}, "do": {"points": {"p": 5}}}
    programme = {"earns": DAILY, "rewards": {"r": {"price": 10, "appeal": 1e6}}}
    plan = points_plan(
        programme,
        days=40,
        policy={"points": {"p": programme}, "rules": {"catch": rule, "gift": gift}},
        response={"points": {"looks": 1.0}},
    )
    counts = wallet_of(plan).counts
    for column in (ISSUED, REDEEMED):
        assert np.flatnonzero(counts[:, column] == 0).tolist() == list(range(9, 19))
    longer = replace(plan.rules[0], blocks={"p": 11})
    assert (wallet_of(replace(plan, rules=(longer, plan.rules[1]))).counts[19] == 0).all()


def test_what_is_refused_to_who_is_blocked_uses_up_no_limit() -> None:
    """Blocked in the first ten days of February: the task and the month's limit are open to all when it is over."""
    earns = {
        "task": {"for": "active day", "gives": {"2026-01-01": 0, "2026-02-01": 50}, "at_most": 50},
        "visit": {"for": "active day", "gives": 10, "at_most_per_month": 100},
        "run": {"for": "streak", "days": 59, "gives": 1, "at_most": 1},
    }
    rule = {"when": {"on": "2026-02-01"}, "do": {"block": {"p": "10 days"}}}
    plan = points_plan({"earns": earns}, days=59, policy={"points": {"p": {"earns": earns}}, "rules": {"catch": rule}})
    issued = wallet_of(plan).counts[:, ISSUED]
    assert np.flatnonzero(issued[31:]).tolist() == [*range(10, 20), 27]
    assert (issued[:31].sum(), issued[31:].sum()) == (N * 100, N * 151)


def test_a_false_alarm_is_a_loss_to_a_genuine_user() -> None:
    """A forfeited reward's worth halves the odds of coming, as the aftermath of a loss says."""
    rule = {"when": {"on": "2026-02-01"}, "do": {"forfeit": ["p"]}}
    programme = {"earns": DAILY, "rewards": {"r": {"price": 10}}}

    def z(loss: float, p: float) -> float:
        plan = points_plan(
            programme,
            days=40,
            retention=SOMETIMES,
            policy={"points": {"p": programme}, "rules": {"catch": rule}},
            response={"points": {"looks": 0.0, "loss": {"activity": loss, "half_life": "3650 days"}}},
        )
        return z_of_count(float(finished(plan).tallies.dau[32].sum()), N, p)

    assert abs(largest([z(0.5, odds_times(ACTIVE, 0.5))])) < LIMIT
    assert abs(z(1.0, odds_times(ACTIVE, 0.5))) > LIMIT
