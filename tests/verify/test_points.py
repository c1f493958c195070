"""Points against closed forms: breakage, streaks, limits, what changes nothing; each with a sabotaged twin."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from sim.engine.lots import Lots
from sim.systems.plan import Plan
from sim.systems.points.wallets import EXPIRED, ISSUED, REDEEMED, Wallet
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
