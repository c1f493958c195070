"""Units given to other users, against closed forms: how many, to whom, until when; each with a sabotaged twin."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from sim.engine.lots import Lots
from sim.systems.books.tables import tables_of
from sim.systems.day import open_world, run_world
from sim.systems.plan import Plan
from sim.systems.points import day as day_of_points
from sim.systems.points import transfers
from sim.systems.points.wallets import FEES, TRANSFERRED
from sim.systems.statuses.holders import HOLDERS
from sim.systems.trace import trace_person
from sim.systems.world import World
from tests.verify.measuring import LIMIT, z_of_count, z_of_sample
from tests.verify.test_points import DAILY, N, points_plan
from tests.verify.worlds import finished


def giving_plan(
    of_active_days: float = 0.3,
    of_balance: float = 0.1,
    days: int = 1,
    n: int = N,
    transferable: bool = True,
    **programme: Any,
) -> Plan:
    """Everybody is given 1,000 units at sign-up, comes every day, and may give to others."""
    return points_plan(
        {"earns": {"gift": {"for": "sign up", "gives": 1_000}}}
        | ({"transfers": {}} if transferable else {})
        | programme,
        days=days,
        n=n,
        response={"points": {"transfers": {"of_active_days": of_active_days, "of_balance": of_balance}}},
    )


def test_so_many_give_so_much_and_the_fee_is_kept() -> None:
    """A tenth of 1,000 units, of which 7% rounded up are kept."""
    counts = finished(giving_plan(transfers={"fee": 0.07})).wallets["p"].counts[0]
    assert (counts[TRANSFERRED] % 93, counts[FEES] % 7) == (0, 0)
    assert counts[FEES] // 7 == counts[TRANSFERRED] // 93
    assert abs(z_of_count(counts[TRANSFERRED] / 93, N, 0.3)) < LIMIT
    assert abs(z_of_count(counts[TRANSFERRED] / 93, N, 0.34)) > LIMIT


def received_by_the_first_quarter(n_days: int = 150) -> np.ndarray:
    """The share of each day's transfers that goes to a quarter of the users, where everybody gives one unit a day."""
    plan = giving_plan(of_active_days=1.0, of_balance=0.0011, days=n_days, n=400)
    shares = []

    def note(world: World, day: int) -> None:
        ((givers, receivers, arriving, _),) = world.wallets["p"].gave
        assert (givers != receivers).all()
        shares.append(arriving[receivers < 100].sum() / arriving.sum())

    run_world(open_world(plan, 1, 0), note)
    return np.array(shares)


def test_every_other_active_user_receives_alike() -> None:
    shares = received_by_the_first_quarter()
    assert abs(z_of_sample(shares, 0.25)) < LIMIT
    assert abs(z_of_sample(shares, 0.27)) > LIMIT


def held_in_march() -> int:
    """Units of January that are held on 1 March, where much is given in February."""
    wallet = finished(giving_plan(days=60, expires={"after": "1 month"})).wallets["p"]
    assert wallet.counts[31:59, TRANSFERRED].all()
    return int(wallet.lots.balance.sum())


def test_given_units_expire_when_they_would_have(monkeypatch: pytest.MonkeyPatch) -> None:
    assert held_in_march() == 0

    def into_the_newest(
        self: Lots, givers: np.ndarray, receivers: np.ndarray, amounts: np.ndarray, fees: np.ndarray, *live: int
    ) -> np.ndarray:
        self.spend(givers, amounts, *live)
        for receiver, amount in zip(receivers, amounts, strict=True):
            self.earn(np.array([receiver], np.uint32), np.array([amount]), live[1])
        return np.ones(givers.size, np.bool_)

    monkeypatch.setattr(Lots, "transfer", into_the_newest)
    assert held_in_march() > 0


def given_in_two_months(limit: dict[str, int]) -> int:
    plan = giving_plan(of_active_days=1.0, of_balance=1.0, days=59, n=500, earns=DAILY, transfers=limit)
    return int(finished(plan).wallets["p"].counts[:, TRANSFERRED].sum())


def test_the_limit_of_a_month_holds_and_begins_anew() -> None:
    """Who has at least ten units a day has given 95 before the month is over."""
    assert given_in_two_months({"at_most_per_month": 95}) == 500 * 2 * 95
    assert given_in_two_months({}) > 500 * 2 * 95


def test_what_others_give_is_held_but_not_earned() -> None:
    def reach(level: str) -> int:
        plan = points_plan(
            {"earns": {"gift": {"for": "sign up", "gives": 100}}, "transfers": {}},
            days=20,
            response={"points": {"transfers": {"of_active_days": 0.5, "of_balance": 0.5}}},
            policy={
                "points": {"p": {"earns": {"gift": {"for": "sign up", "gives": 100}}, "transfers": {}}},
                "statuses": {"rich": {"enters": f"{level} >= 150", "review": "1 day"}},
            },
        )
        return int(finished(plan).tallies.statuses[0, -1, HOLDERS])

    assert reach('earned("p")') == 0
    assert reach('balance("p")') > N / 20


def is_the_same(one: World, other: World) -> bool:
    left, right = tables_of(one), tables_of(other)
    assert left.keys() == right.keys()
    return all(
        np.array_equal(part, right[table][name][0] if isinstance(values, tuple) else right[table][name])
        for table, columns in left.items()
        for name, values in columns.items()
        for part in [values[0] if isinstance(values, tuple) else values]
    )


def test_transfers_that_are_off_or_that_nobody_makes_leave_every_byte() -> None:
    def lived(of_active_days: float, transferable: bool = True) -> World:
        programme = {"earns": DAILY, "rewards": {"r": {"price": 100, "cost": "1 CNY"}}}
        return finished(giving_plan(of_active_days, days=90, n=500, transferable=transferable, **programme))

    without = lived(0.2, transferable=False)
    assert is_the_same(without, lived(0.0))
    assert not is_the_same(without, lived(0.2))


TOLD = ("gave points", "received points")


def test_a_life_tells_what_was_given_and_received() -> None:
    plan = giving_plan(days=30, n=60, transfers={"fee": 0.1})
    world = finished(plan)
    for person in range(5):
        told = [event for event in trace_person(plan, person, seed=1, replicate=0) if event.what in TOLD]
        amounts = [[int(found) for found in re.findall(r"\d+", event.detail.replace(",", ""))] for event in told]
        assert {len(each) for each in amounts} <= {1, 2}
        received = sum(each[0] for each in amounts if len(each) == 1)
        given = [each for each in amounts if len(each) == 2]
        (balance,) = world.wallets["p"].lots.balance[:60][world.people.person[:60] == person]
        assert balance == 1_000 + received - sum(map(sum, given))


def lived_in_order(monkeypatch: pytest.MonkeyPatch, backwards: bool) -> World:
    """Users hold units of several months, and pass them on; who is active is listed forwards or backwards."""
    plan = giving_plan(0.8, 0.9, days=100, n=60, earns=DAILY, expires={"after": "2 months"}, transfers={"fee": 0.2})
    right = transfers.transfer
    with monkeypatch.context() as patch:
        step = -1 if backwards else 1
        patch.setattr(
            day_of_points, "transfer", lambda world, day, wallet, rows: right(world, day, wallet, rows[::step])
        )
        return finished(plan)


def test_the_order_in_which_active_users_are_listed_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    forwards = lived_in_order(monkeypatch, backwards=False)
    assert is_the_same(forwards, lived_in_order(monkeypatch, backwards=True))


def test_giving_one_after_the_other_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    right = Lots.transfer

    def one_after_the_other(
        self: Lots, givers: np.ndarray, receivers: np.ndarray, amounts: np.ndarray, fees: np.ndarray, *live: int
    ) -> np.ndarray:
        each = [slice(i, i + 1) for i in range(givers.size)]
        return np.array([right(self, givers[i], receivers[i], amounts[i], fees[i], *live)[0] for i in each])

    monkeypatch.setattr(Lots, "transfer", one_after_the_other)
    forwards = lived_in_order(monkeypatch, backwards=False)
    assert not is_the_same(forwards, lived_in_order(monkeypatch, backwards=True))


def test_who_is_blocked_neither_gives_nor_receives(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everybody is blocked from day 9 for ten days; were it not for that, they would give every day."""
    programme = {"earns": DAILY, "transfers": {}}
    plan = points_plan(
        programme,
        days=30,
        n=200,
        policy={
            "points": {"p": programme},
            "rules": {"catch": {"when": {"on": "2026-01-10"}, "do": {"block": {"p": "10 days"}}}},
        },
        response={"points": {"transfers": {"of_active_days": 0.5, "of_balance": 0.5}}},
    )

    def still_days() -> list[int]:
        return np.flatnonzero(finished(plan).wallets["p"].counts[:, TRANSFERRED] == 0).tolist()

    assert still_days() == list(range(9, 19))
    right = transfers.transfer
    monkeypatch.setattr(
        day_of_points, "transfer", lambda world, day, wallet, _: right(world, day, wallet, world.today.present)
    )
    assert still_days() == []
