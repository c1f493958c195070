"""Points against closed forms: breakage, choice among rewards, streaks, limits, expiry; each with a sabotaged twin."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from sim.engine.lots import Lots
from sim.systems.books.accounts import REWARDS, SHOP
from sim.systems.plan import Plan
from sim.systems.points import redeeming
from sim.systems.points.liability import unit_costs
from sim.systems.points.wallets import EXPIRED, ISSUED, REDEEMED, Wallet
from sim.systems.statuses.holders import HOLDERS
from sim.systems.world import World
from tests.verify.measuring import LIMIT, altered, largest, z_of_count, z_of_sample
from tests.verify.worlds import finished, plan_for

N = 4_000
ALWAYS = {"default": {"visits": {"a": 1e6, "b": 1e-6}, "lapse": {"a": 1e-6, "b": 1e6}}}
TAKEN_BY_ALL = {"price": 10, "appeal": 1e6}
DAILY = {"check-in": {"for": "active day", "gives": 10}}


def points_plan(programme: dict[str, Any], days: int = 400, n: int = N, **sections: Any) -> Plan:
    """n users who sign up on the first day, with one points programme."""
    return plan_for(
        **(
            {
                "market": {"size": n},
                "channels": {"past": {"kind": "history", "signups": {"2026-01-01": n}}},
                "retention": ALWAYS,
                "horizon": f"{days} days",
                "policy": {"points": {"p": programme}},
            }
            | sections
        )
    )


def with_programme(plan: Plan, **fields: Any) -> Plan:
    """The plan with fields of its programme replaced."""
    (programme,) = plan.points
    return replace(plan, points=(replace(programme, **fields),))


def wallet_of(plan: Plan) -> Wallet:
    return finished(plan).wallets["p"]


# --- breakage


def breakage_plan(looks: float = 0.7) -> Plan:
    """Each day everybody earns a reward's price, and takes one with probability `looks`: 1 - looks must expire."""
    return points_plan(
        {"earns": DAILY, "expires": {"after": "3 months"}, "rewards": {"r": TAKEN_BY_ALL}},
        days=730,
        n=1_000,
        response={"points": {"looks": looks}},
    )


def breakage_z(plan: Plan, looks: float) -> float:
    """Distance of the breakage of settled batches, expired / issued, from 1 - looks.

    Balances never run dry, so that each user and day redeems with one and the same probability. First in, first out
    shifts what is redeemed between neighbouring batches; over many batches the ends hardly count.
    """
    wallet = wallet_of(plan)
    settled = slice(12, 24)  # the last year of those that have ended
    issued, expired = wallet.lots.issued[settled].sum(), wallet.lots.expired[settled].sum()
    return z_of_count(expired / 10, issued / 10, 1 - looks)


def test_breakage_under_constant_earning_and_redemption() -> None:
    assert abs(largest([breakage_z(breakage_plan(0.7), 0.7), breakage_z(breakage_plan(0.4), 0.4)])) < LIMIT
    assert abs(breakage_z(breakage_plan(0.7), 0.71)) > LIMIT


def test_lots_that_never_expire_are_seen() -> None:
    plan = breakage_plan()
    forever = altered(plan.points[0], "batches.last_day", lambda last_day: last_day + 10_000)
    assert abs(breakage_z(replace(plan, points=(forever,)), 0.7)) > LIMIT


def book_closes(wallet: Wallet) -> None:
    issued, redeemed, expired = (wallet.counts[:, i].sum() for i in (ISSUED, REDEEMED, EXPIRED))
    assert issued == 1_000 * 10 * 730
    assert issued == redeemed + expired + wallet.lots.balance.sum(dtype=np.int64)
    for total, by_batch in ((issued, "issued"), (redeemed, "redeemed"), (expired, "expired")):
        assert total == getattr(wallet.lots, by_batch).sum()


def test_the_book_closes_day_by_day_and_by_batch() -> None:
    wallet = wallet_of(breakage_plan())
    book_closes(wallet)
    for spoilt in (wallet.lots.balance, wallet.lots.expired, wallet.counts[:, REDEEMED]):
        spoilt[7] += 1
        with pytest.raises(AssertionError):
            book_closes(wallet)
        spoilt[7] -= 1
    book_closes(wallet)


# --- choice


def choice_plan(**fields: Any) -> Plan:
    """A rich gift on the first day; whoever looks on a day chooses among two rewards and keeping the units."""
    return points_plan(
        {
            "earns": {"gift": {"for": "sign up", "gives": 100}},
            "rewards": {"a": {"price": 100, "appeal": 0.5}, "b": {"price": 100, "appeal": 1.5}} | fields,
        },
        days=1,
        n=20_000,
        response={"points": {"looks": 1.0}},
    )


def test_who_looks_chooses_by_appeal() -> None:
    """Luce: a with 0.5 / (1 + 0.5 + 1.5), b with 1.5 / 3."""
    taken = wallet_of(choice_plan()).taken[0]
    assert (
        abs(largest(z_of_count(float(count), 20_000, p) for count, p in zip(taken, (1 / 6, 1 / 2), strict=True)))
        < LIMIT
    )
    assert abs(z_of_count(float(taken[1]), 20_000, 1.5 / 2.8)) > LIMIT


def test_a_reward_out_of_reach_pulls_towards_saving() -> None:
    """A third reward of appeal 4 at double the price: the saved half, squared, pulls with 4 · 1/4 = 1."""
    taken = wallet_of(choice_plan(c={"price": 200, "appeal": 4})).taken[0]
    shares = (0.5 / 4, 1.5 / 4, 0.0)
    assert taken[2] == 0
    assert abs(largest(z_of_count(float(taken[i]), 20_000, shares[i]) for i in (0, 1))) < LIMIT
    nearer = wallet_of(choice_plan(c={"price": 150, "appeal": 4})).taken[0]
    assert abs(z_of_count(float(nearer[1]), 20_000, shares[1])) > LIMIT


def test_how_steeply_it_pulls_goes_by_the_day() -> None:
    """From the day of the run on the saved half pulls with 4 · 1/2 = 2, no longer with 4 · 1/4."""
    rewards = {"a": {"price": 100, "appeal": 1.5}, "c": {"price": 200, "appeal": 4}}
    powers = {"looks": 1.0, "nearness_power": {"2025-12-01": 2, "2026-01-01": 1}}
    programme = {"earns": {"gift": {"for": "sign up", "gives": 100}}, "rewards": rewards}
    taken = wallet_of(points_plan(programme, days=1, n=20_000, response={"points": powers})).taken[0]
    assert abs(z_of_count(float(taken[0]), 20_000, 1.5 / 4.5)) < LIMIT
    assert abs(z_of_count(float(taken[0]), 20_000, 1.5 / 3.5)) > LIMIT


def test_nobody_takes_what_nobody_wants_and_stock_holds() -> None:
    taken = wallet_of(choice_plan(b={"price": 100, "appeal": 0}, a={"price": 100, "appeal": 1e6, "stock": 77})).taken[0]
    assert taken.tolist() == [77, 0]
    plan = choice_plan(a={"price": 100, "appeal": 1e6, "stock": 77})
    (programme,) = plan.points
    loose = replace(programme.rewards, stock=programme.rewards.stock + 1)
    assert wallet_of(with_programme(plan, rewards=loose)).taken[0, 0] == 78


def test_steps_hide_rewards() -> None:
    def took(steps: int) -> float:
        plan = points_plan(
            {"earns": DAILY, "rewards": {"r": TAKEN_BY_ALL}, "steps": steps},
            days=30,
            response={"points": {"looks": 0.5, "per_step": 0.6}},
        )
        return float(wallet_of(plan).taken.sum())

    assert abs(largest([z_of_count(took(3), N * 30, 0.5 * 0.6**2)])) < LIMIT
    assert abs(z_of_count(took(3), N * 30, 0.5 * 0.6**3)) > LIMIT


# --- earning


SOMETIMES = {"default": {"visits": {"a": 6e6, "b": 4e6}, "lapse": {"a": 1e-6, "b": 1e6}}}
"""Everybody is active on a day with probability 0.6."""


def test_streaks_are_runs_of_active_days() -> None:
    """Runs of every 3 active days in a row, beginning anew after each gap: p³(1 - p) / (1 - p³) a day."""
    p, d, days = 0.6, 3, 400
    plan = points_plan({"earns": {"run": {"for": "streak", "days": d, "gives": 1}}}, retention=SOMETIMES, days=days + 1)
    per_user = wallet_of(plan).lots.balance[:N].astype(np.float64)
    expected = days * p**d * (1 - p) / (1 - p**d)
    assert abs(per_user.mean() - expected) < LIMIT * per_user.std() / np.sqrt(N) + 0.5  # the first run began on day 0
    assert abs(z_of_sample(per_user, days * p**d)) > LIMIT


def test_a_limit_of_a_month_holds_and_begins_anew() -> None:
    capped = {"check-in": {"for": "active day", "gives": 10, "at_most_per_month": 95}}
    wallet = wallet_of(points_plan({"earns": capped}, days=59))
    assert wallet.lots.balance[:N].tolist() == [190] * N
    free = wallet_of(points_plan({"earns": DAILY}, days=59))
    assert free.lots.balance[:N].tolist() == [590] * N


def test_money_and_orders_earn_what_the_ledger_says() -> None:
    orders = {"per_active_day": 0.3, "basket": {"mean": "80 CNY", "spread": 0.6}, "margin": 0.2}
    plan = points_plan({"earns": {"buy": {"for": "money", "gives": 2}}}, days=40, orders=orders)
    world = finished(plan)
    spend = world.people.spend[:N]
    balance = world.wallets["p"].lots.balance[:N]
    n_orders = world.people.orders[:N]
    assert balance.sum() > 0
    assert (balance <= spend * 2 // 100).all()
    assert (balance > spend * 2 // 100 - n_orders - 1).all()  # at most one unit is dropped on a day with orders
    by_order = finished(points_plan({"earns": {"buy": {"for": "order", "gives": 7}}}, days=40, orders=orders))
    assert (by_order.wallets["p"].lots.balance[:N] == 7 * by_order.people.orders[:N]).all()


# --- expiry


def expired_by_day(plan: Plan) -> dict[int, int]:
    expired = wallet_of(plan).counts[:, EXPIRED]
    return {int(day): int(expired[day]) for day in np.flatnonzero(expired)}


def test_rolling_months_expire_at_the_end_of_the_month() -> None:
    plan = points_plan({"earns": DAILY, "expires": {"after": "1 months"}}, days=90)
    assert expired_by_day(plan) == {58: N * 310, 89: N * 280}  # February 28th and March 31st
    late = altered(plan.points[0], "batches.last_day", lambda last_day: last_day - 1)
    assert set(expired_by_day(replace(plan, points=(late,)))) == {57, 88}


def test_a_yearly_date_takes_all_but_what_is_in_grace() -> None:
    expires = {"every_year_on": "03-31", "grace": "30 days"}
    counts = wallet_of(points_plan({"earns": DAILY, "expires": expires}, days=120)).counts
    assert np.flatnonzero(counts[:, EXPIRED]).tolist() == [89]
    assert counts[89, EXPIRED] == N * 10 * 60  # earned until March 1st
    without = wallet_of(points_plan({"earns": DAILY, "expires": {"every_year_on": "03-31"}}, days=120)).counts
    assert without[89, EXPIRED] == N * 10 * 90


def gone_for(world: World, days: int) -> np.ndarray:
    return world.plan.n_days - 1 - world.people.last_active[: world.people.n].astype(np.int64) >= days


def test_who_is_away_loses_all() -> None:
    leaving = {"default": {"visits": {"a": 1.0, "b": 1.0}, "lapse": {"a": 1.0, "b": 20.0}}}
    programme = {"earns": DAILY, "expires": {"inactive_for": "20 days"}}
    world = finished(points_plan(programme, retention=leaving, days=100))
    balance = world.wallets["p"].lots.balance[: world.people.n]
    assert gone_for(world, 20).any()
    assert (balance[gone_for(world, 20)] == 0).all()
    assert (balance[~gone_for(world, 20)] > 0).all()
    assert (balance[gone_for(world, 19)] > 0).any()  # the twins: a day too early, a day too late
    assert (balance[~gone_for(world, 21)] == 0).any()


def test_a_rule_gives_and_postpones() -> None:
    rules = {
        "gift": {"when": {"on": "2026-01-05"}, "do": {"points": {"p": 500}}},
        "a month more": {
            "when": {"on": "2026-02-20"},
            "who": 'expiring("p") >= 500',
            "do": {"postpone_expiry": {"p": 1}},
        },
    }
    programme = {"expires": {"after": "1 months"}}
    plan = points_plan(programme, days=95, policy={"points": {"p": programme}, "rules": rules})
    counts = wallet_of(plan).counts
    assert (np.flatnonzero(counts[:, EXPIRED]).tolist(), counts[89, EXPIRED]) == ([89], N * 500)
    plan = points_plan(programme, days=95, policy={"points": {"p": programme}, "rules": {"gift": rules["gift"]}})
    assert np.flatnonzero(wallet_of(plan).counts[:, EXPIRED]).tolist() == [58]


def test_a_gift_may_expire_sooner_and_goes_first() -> None:
    rules = {
        "long": {"when": {"on": "2026-01-05"}, "do": {"points": {"p": 100}}},
        "short": {"when": {"on": "2026-01-06"}, "do": {"points": {"p": {"units": 40, "expire_after": "1 month"}}}},
    }
    programme = {"expires": {"after": "2 months"}, "rewards": {"r": {"price": 30, "appeal": 1e6}}}
    policy = {"points": {"p": programme}, "rules": rules}
    counts = wallet_of(points_plan(programme, days=95, policy=policy, response={"points": {"looks": 0.0}})).counts
    assert counts[58, EXPIRED] == N * 40
    assert counts[89, EXPIRED] == N * 100
    shown = {"shown": {"when": {"on": "2026-01-07"}, "do": {"message": "m", "show_rewards": "p"}}}
    plan = points_plan(
        programme,
        days=95,
        policy={"points": {"p": programme}, "rules": rules | shown},
        media={"m": {"open": "100%"}},
        response={"points": {"looks": 0.0}},
    )
    counts = wallet_of(plan).counts
    assert counts[6, REDEEMED] == N * 30
    assert counts[58, EXPIRED] == N * 10  # thirty of the forty that would expire first were spent


def test_a_reminder_shows_rewards_to_who_opens_it() -> None:
    def taken(share_opened: str, shows: bool) -> float:
        reminder = {"message": "m"} | ({"show_rewards": "p"} if shows else {})
        rules = {
            "gift": {"when": {"on": "2026-01-02"}, "do": {"points": {"p": 30}}},
            "reminder": {"when": {"on": "2026-01-03"}, "do": reminder},
        }
        programme = {"rewards": {"r": {"price": 30, "appeal": 3}}}
        plan = points_plan(
            programme,
            days=10,
            policy={"points": {"p": programme}, "rules": rules},
            media={"m": {"open": share_opened}},
            response={"points": {"looks": 0.0}},
        )
        return float(wallet_of(plan).taken.sum())

    assert abs(largest([z_of_count(taken("40%", True), N, 0.4 * 0.75)])) < LIMIT
    assert abs(z_of_count(taken("46%", True), N, 0.4 * 0.75)) > LIMIT
    assert taken("40%", False) == 0


def shown_plan(*dates: str) -> Plan:
    """A message on each of these dates shows everybody the rewards; who has not taken one yet does with a half."""
    programme = {"earns": {"gift": {"for": "sign up", "gives": 30}}, "rewards": {"r": {"price": 30}}}
    shown = {"message": "m", "show_rewards": "p"}
    rules = {f"shown {i}": {"when": {"on": day}, "do": shown} for i, day in enumerate(dates)}
    return points_plan(
        programme,
        days=10,
        policy={"points": {"p": programme}, "rules": rules},
        media={"m": {"open": "100%"}},
        response={"points": {"looks": 0.0}},
    )


def test_each_message_of_a_day_shows_the_rewards_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    def taken(*dates: str) -> float:
        return float(wallet_of(shown_plan(*dates)).taken.sum())

    twice, thrice = ("2026-01-03",) * 2, ("2026-01-03",) * 3
    expected = [(taken("2026-01-03"), 1 / 2), (taken(*twice), 3 / 4), (taken(*thrice), 7 / 8)]
    assert abs(largest([z_of_count(n, N, p) for n, p in expected])) < LIMIT
    assert taken("2026-01-03", "2026-01-04") == pytest.approx(taken(*twice), rel=0.05)
    monkeypatch.setattr(redeeming, "luck_of_message", lambda world, rows, day, *_: world.uniforms(rows, day, 1))
    assert taken(*twice) == taken("2026-01-03")


# --- notice


def noticed_plan(expires: dict[str, Any] | None, days: int = 59) -> Plan:
    programme = {"earns": DAILY, "rewards": {"r": {"price": 10, "appeal": 0.3}}, "notice": "20 days"}
    return points_plan(
        programme | ({"expires": expires} if expires else {}),
        days=days,
        n=500,
        response={"points": {"looks": 0.1, "expiring": 10}},
    )


@pytest.mark.parametrize("expires", [None, {"inactive_for": "100 days"}])
def test_nobody_is_warned_of_what_has_no_date(expires: dict[str, Any] | None) -> None:
    """Neither at the end of the horizon: a longer one begins with the same days."""
    taken, longer = (wallet_of(noticed_plan(expires, days)).taken for days in (59, 90))
    assert (taken == longer[:59]).all()
    warned, unwarned = (wallet_of(noticed_plan({"after": after})).taken for after in ("1 month", "3 months"))
    assert warned[40:].sum() > 2 * unwarned[40:].sum()
    assert (taken == unwarned).all()


@pytest.mark.parametrize("expires", [{}, {"expires": {"inactive_for": "900 days"}}])
def test_nothing_is_about_to_expire_where_there_is_no_date(expires: dict[str, Any]) -> None:
    def holders(level: str, programme: dict[str, Any]) -> int:
        policy = {"points": {"p": programme}, "statuses": {"soon": {"enters": level, "review": "1 day"}}}
        return int(finished(points_plan(programme, days=20, n=100, policy=policy)).tallies.statuses[0, -1, HOLDERS])

    dated = {"expires": {"every_year_on": "12-31"}}
    assert holders('expiring("p") >= 50', {"earns": DAILY} | expires) == 0
    assert holders('expiring("p") == 0', {"earns": DAILY} | expires) == 100
    assert holders('expiring("p") >= 50', {"earns": DAILY} | dated) == 100


# --- nearness


def pulled_plan(factor: float = 1.6) -> Plan:
    """Everybody is active on a day with 0.6, gets a unit on each of 30 days, and so has a reward's price from day 9 on.

    On days 40 to 42 a message lets everybody take a reward, and nothing is left.
    """
    rules = {
        "gift": {"when": {"every": "1 day", "until": "2026-01-30"}, "do": {"points": {"p": 1}}},
        "shown": {
            "when": {"on": ["2026-02-10", "2026-02-11", "2026-02-12"]},
            "do": {"message": "m", "show_rewards": "p"},
        },
    }
    programme = {"rewards": {"r": TAKEN_BY_ALL}}
    return points_plan(
        programme,
        days=60,
        n=20_000,
        retention=SOMETIMES,
        media={"m": {"open": "100%"}},
        response={"points": {"looks": 0.0, "nearness": {"activity": factor, "half_life": "7 days"}}},
        policy={"points": {"p": programme}, "rules": rules},
    )


def pulled_z(plan: Plan, day: int, log_lift: float) -> float:
    """Distance of the day's active users from 0.6 with its odds lifted so much."""
    odds = 1.5 * np.exp(log_lift)
    return z_of_count(float(finished(plan).tallies.dau[day].sum()), 20_000, odds / (1 + odds))


def test_a_near_reward_pulls_as_its_formula_says() -> None:
    """Half the price lifts by a quarter, all of it in full while units come; then it fades; a reward resets it."""
    plan, full = pulled_plan(), float(np.log(1.6))
    expected = {5: full / 4, 25: full, 30: full, 37: full / 2, 45: 0.0}
    assert abs(largest([pulled_z(plan, day, lift) for day, lift in expected.items()])) < LIMIT


def test_a_pull_that_adds_up_or_falls_below_nothing_is_seen() -> None:
    """The twins: a pull that fades while units come, one that never fades, a reward that takes more than is left."""
    plan, full = pulled_plan(), float(np.log(1.6))
    wrong = {25: full * 0.5 ** (16 / 7), 37: full, 45: -full * (1 - 0.5 ** (11 / 7)) * 0.5 ** (4 / 7)}
    assert min(abs(pulled_z(plan, day, lift)) for day, lift in wrong.items()) > LIMIT


# --- what does nothing changes nothing


def test_a_programme_without_effects_moves_nobody() -> None:
    def fate(programme: dict[str, Any] | None, **points: float) -> list[bytes]:
        world = finished(
            points_plan(
                programme or {},
                days=120,
                retention=SOMETIMES,
                orders={"per_active_day": 0.2, "basket": {"mean": "50 CNY", "spread": 0.5}},
                response={"points": {"looks": 0.4} | points},
            )
        )
        people = world.people
        return [people.last_active[:N].tobytes(), people.spend[:N].tobytes(), people.engaged[:N].tobytes()]

    programme = {"earns": DAILY, "rewards": {"r": {"price": 50, "cost": "1 CNY"}}, "expires": {"after": "2 months"}}
    nothing = fate(None)
    assert fate(programme) == nothing
    assert fate(programme, nearness={"activity": 1.3}) != nothing


def test_persons_per_agent_scale_the_tables_and_nothing_else() -> None:
    from sim.systems.points.tables import points_tables

    programme = {"earns": DAILY, "rewards": {"r": {"price": 50, "cost": "1.30 CNY"}}, "expires": {"after": "2 months"}}
    one = finished(points_plan(programme, n=300, market={"size": 300}, response={"points": {"looks": 0.4}}))
    many = finished(
        points_plan(
            programme,
            n=3_000,
            market={"size": 3_000, "people_per_agent": 10},
            channels={"past": {"kind": "history", "signups": {"2026-01-01": 3_000}}},
            response={"points": {"looks": 0.4}},
        )
    )
    for table, columns in points_tables(one).items():
        for name, values in columns.items():
            other = points_tables(many)[table][name]
            if name in ("day", "days", "last_day") or isinstance(values, tuple):
                continue
            rounded = 5.1 if name == "liability" else 0  # half a cent of each of ten
            assert np.abs(np.asarray(other) - 10 * np.asarray(values)).max() <= rounded, (table, name)
    cost = many.ledger.rows()["amount"].sum()
    assert -cost == 130 * points_tables(many)["rewards"]["taken"].sum()


@pytest.mark.parametrize("n_columns", [1, 2])
def test_too_few_columns_would_mix_batches(n_columns: int) -> None:
    """The twin of the ring of columns: with one fewer than are live at once, a batch takes another's units along."""

    def expired(columns: int) -> list[int]:
        lots = Lots(10, columns, n_columns + 1)
        lots.earn(np.array([0], np.uint32), np.array([5]), 0)
        lots.earn(np.array([0], np.uint32), np.array([7]), n_columns)
        return lots.expire(0, 10)[1].tolist()

    assert expired(n_columns + 1) == [5]
    assert expired(n_columns) != [5]


# --- goods for money


def money_plan(sensitivity: float = 2.0, **fields: Any) -> Plan:
    """Everybody looks once; a good for money alone, and one for units and money."""
    return points_plan(
        {
            "earns": {"gift": {"for": "sign up", "gives": 100}},
            "rewards": {
                "print": {"price": 0, "price_in_money": "20 CNY", "worth": "10 CNY", "cost": "6 CNY", "appeal": 2},
                "mug": {"price": 40, "price_in_money": "15.5 CNY", "cost": "30 CNY", "appeal": 1.5} | fields,
            },
        },
        days=1,
        n=20_000,
        response={"points": {"looks": 1.0, "price_sensitivity": sensitivity}},
    )


def test_a_price_in_money_moves_the_appeal_as_it_says() -> None:
    """At twice its worth and a sensitivity of 2 the print's appeal of 2 is 0.5: 0.5 / (1 + 0.5 + 1.5)."""
    shares = (1 / 6, 1 / 2)
    taken = wallet_of(money_plan()).taken[0]
    assert abs(largest(z_of_count(float(taken[i]), 20_000, shares[i]) for i in (0, 1))) < LIMIT
    indifferent = wallet_of(money_plan(sensitivity=0.0)).taken[0]
    assert abs(z_of_count(float(indifferent[0]), 20_000, shares[0])) > LIMIT


def money_of(plan: Plan) -> tuple[list[int], list[int]]:
    """Cents paid and cost, by the ledger; and what the goods that were taken come to."""
    world = finished(plan)
    rows, taken = world.ledger.rows(), world.wallets["p"].taken.sum(axis=0)
    booked = [int(rows["amount"][rows["account"] == account].sum()) for account in (SHOP, REWARDS)]
    return booked, [int(taken @ [2_000, 1_550]), -int(taken @ [600, 3_000])]


def test_what_is_paid_is_revenue_and_what_it_costs_is_cost_to_the_cent() -> None:
    booked, expected = money_of(money_plan())
    assert booked == expected
    booked, expected = money_of(money_plan(price_in_money="15.51 CNY"))
    assert booked != expected


def test_a_good_for_money_alone_takes_no_units_and_owes_none() -> None:
    """The mug costs 30 - 15.5 CNY beyond what is paid, for 40 units; the print is not paid for with units."""
    wallet = wallet_of(money_plan())
    assert wallet.counts[0, REDEEMED] == 40 * wallet.taken[0, 1]
    assert unit_costs(wallet)[0] == pytest.approx((3_000 - 1_550) / 40)
    assert unit_costs(wallet_of(money_plan(price_in_money="31 CNY")))[0] == 0


def test_what_is_limited_is_handed_out_so_often_and_never_again() -> None:
    def taken(limits: dict[str, int]) -> list[int]:
        reward = {"price": 10, "appeal": 1e6, **limits}
        plan = points_plan({"earns": DAILY, "rewards": {"r": reward}}, days=90, response={"points": {"looks": 0.1}})
        wallet = wallet_of(plan)
        return [int(wallet.taken[wallet.plan.month == month].sum()) for month in np.unique(wallet.plan.month)]

    assert taken({"limited": 500, "stock": 300}) == [300, 200, 0]
    assert taken({"limited": 500}) == [500, 0, 0]
    assert taken({"stock": 300}) == [300, 300, 300]
