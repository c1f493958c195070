"""Random points programmes over random scenarios: the book closes to the unit and to the cent, and stock holds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.systems.books.accounts import REWARDS, SHOP
from sim.systems.books.tables import tables_of
from sim.systems.plan import compile_plan
from sim.systems.points.wallets import FEES, REDEEMED, TRANSFERRED
from sim.systems.world import World
from tests.property.scenarios import QUICKLY, Document, documents, load_or_pass_over
from tests.verify.worlds import finished

amounts = st.sampled_from([1, 7, 50, 900])


@st.composite
def programmes(draw: st.DrawFn, segments: list[str], has_orders: bool) -> Document:
    """Some ways to earn, one way to expire or none, some rewards."""
    ways: Document = {
        "visit": {"for": "active day", "gives": draw(amounts), "at_most_per_month": draw(st.sampled_from([60, 5000]))},
        "run": {"for": "streak", "days": draw(st.integers(2, 4)), "gives": draw(amounts)},
        "hello": {"for": "sign up", "gives": draw(amounts)},
    }
    if has_orders:
        ways |= {
            "order": {"for": "order", "gives": 30},
            "money": {"for": "money", "gives": draw(st.sampled_from([0.3, 2]))},
        }
    chosen = draw(st.lists(st.sampled_from(sorted(ways)), min_size=1, unique=True))
    rewards: Document = {
        "cup": {"price": draw(amounts), "cost": "1.37 CNY", "appeal": draw(st.sampled_from([0, 0.5, 1e5]))},
        "print": {"price": draw(st.sampled_from([0, 30])), "price_in_money": "0.77 CNY", "cost": "0.3 CNY"},
        "crown": {"price": 7, "price_in_money": "3.013 CNY", "limited": draw(st.integers(1, 90))},
        "bag": {"price": 60, "cost": "0.013 CNY", "stock": draw(st.integers(1, 90)), "by_segment": {segments[0]: 3}},
    }
    expires = draw(
        st.sampled_from(
            [None, {"after": "1 month"}, {"every_year_on": "01-20", "grace": "5 days"}, {"inactive_for": "4 days"}]
        )
    )
    programme: Document = {
        "earns": {way: ways[way] for way in chosen},
        "rewards": {name: rewards[name] for name in draw(st.lists(st.sampled_from(sorted(rewards)), unique=True))},
        "notice": "10 days",
        "expected_redemption": 0.8,
    }
    programme |= {"expires": expires} if expires else {}
    limit = {"at_most_per_month": draw(amounts)} if draw(st.booleans()) else {}
    return programme | (
        {"transfers": {"fee": draw(st.sampled_from([0, 0.07, 0.9]))} | limit} if draw(st.booleans()) else {}
    )


@st.composite
def with_points(draw: st.DrawFn) -> Document:
    """A whole scenario with one or two programmes, and rules that give and postpone."""
    found = draw(documents())
    segments = list(found["market"]["segments"])
    names = ["積分", "coins"][: draw(st.integers(1, 2))]
    points = {name: draw(programmes(segments, "orders" in found)) for name in names}
    found["response"]["points"] = {
        "looks": draw(st.sampled_from([0.0, 0.5, 1.0])),
        "expiring": 4,
        "transfers": {
            "of_active_days": draw(st.sampled_from([0.1, 1.0])),
            "of_balance": draw(st.sampled_from([0.3, 1.0])),
        },
        "nearness": {"activity": 1.5},
        "reward": {"activity": 1.2, "lapse": 0.8},
        "loss": {"lapse": 1.5},
    }
    found["policy"]["points"] = points
    gives: Document = {"points": {names[0]: draw(amounts)}}
    dated = [name for name in names if {"after", "every_year_on"} & set(points[name].get("expires", {}))]
    if dated:
        gives["postpone_expiry"] = {dated[0]: draw(st.integers(1, 2))}
    found["policy"]["rules"]["a gift"] = {
        "when": {"every": "6 days"}, "who": f'balance("{names[0]}") < 200', "do": gives,
    }  # fmt: skip
    return found


def book_closes_each_day(world: World, tables: dict[str, Any]) -> None:
    table = tables["points"]
    for code, wallet in enumerate(world.wallets.values()):
        mine = {
            name: np.asarray(values)[table["programme"][0] == code]
            for name, values in table.items()
            if name != "programme"
        }
        assert (mine["outstanding"] == np.cumsum(mine["issued"] - mine["redeemed"] - mine["expired"])).all()
        assert mine["outstanding"][-1] == world.scaled(
            np.int64(wallet.lots.balance[: world.people.n].sum(dtype=np.int64))
        )
        assert min(mine[name].min() for name in ("issued", "redeemed", "expired", "outstanding", "liability")) >= 0


def book_closes_by_user_and_batch(world: World, tables: dict[str, Any]) -> None:
    n, day = world.people.n, world.plan.n_days - 1
    for code, wallet in enumerate(world.wallets.values()):
        live = range(wallet.live(day)[0], wallet.live(day)[1] + 1)
        lots = np.stack([wallet.lots.lot(batch)[:n] for batch in live])
        assert (lots >= 0).all()
        assert (lots.sum(axis=0) == wallet.lots.balance[:n]).all()
        batches = tables["batches"]
        mine = batches["programme"][0] == code
        held = world.scaled(np.int64(wallet.lots.balance[:n].sum(dtype=np.int64)))
        assert batches["outstanding"][mine].sum() == held
        assert (batches["outstanding"][mine] >= 0).all()


def cents_are_the_ledgers(world: World, tables: dict[str, Any]) -> None:
    rows = world.ledger.rows()
    of_rewards = np.isin(rows["account"], (REWARDS, SHOP))
    assert -rows["amount"][rows["account"] == REWARDS].sum() == tables["points"]["cost"].sum()
    assert rows["amount"][rows["account"] == SHOP].sum() == tables["points"]["paid"].sum()
    names = [world.plan.rule_names[rule] for rule in rows["rule"][of_rewards]]
    assert set(names) <= set(world.wallets)


def stock_holds(world: World, _: dict[str, Any]) -> None:
    for wallet in world.wallets.values():
        for month in np.unique(wallet.plan.month):
            assert (wallet.taken[wallet.plan.month == month].sum(axis=0) <= wallet.plan.rewards.stock).all()
        assert (wallet.taken.sum(axis=0) <= wallet.plan.rewards.limited).all()


def rewards_are_what_was_paid_for(world: World, _: dict[str, Any]) -> None:
    for wallet in world.wallets.values():
        spent = (wallet.taken * wallet.plan.rewards.price).sum() + wallet.counts[:, FEES].sum()
        assert spent == wallet.counts[:, REDEEMED].sum() == wallet.lots.redeemed.sum()


def fees_are_what_they_should_be(world: World, _: dict[str, Any]) -> None:
    """Rounded up, transfer by transfer: between the share of what was given and a unit more for each active day."""
    for wallet in world.wallets.values():
        transferred, fees = wallet.counts[:, TRANSFERRED].sum(), wallet.counts[:, FEES].sum()
        plan = wallet.plan.transfers
        if plan is None:
            assert transferred == fees == 0
        else:
            assert fees >= plan.fee * (transferred + fees) - 1e-6
            assert fees <= plan.fee * (transferred + fees) + world.tallies.dau.sum()
            assert plan.fee > 0 or fees == 0
            assert (wallet.given <= plan.per_month).all()


def holders_hold_what_is_outstanding(world: World, tables: dict[str, Any]) -> None:
    table = tables["holders"]
    for code, wallet in enumerate(world.wallets.values()):
        mine = table["programme"][0] == code
        balance = wallet.lots.balance[: world.people.n]
        assert table["held"][mine].sum() == world.scaled(np.int64(balance.sum(dtype=np.int64)))
        assert table["holders"][mine].sum() == world.scaled(np.int64((balance > 0).sum()))
        is_away = world.people.last_active[: world.people.n] < world.plan.n_days - 30
        assert table["away_held"][mine].sum() == world.scaled(np.int64(balance[is_away].sum(dtype=np.int64)))
        assert table["away_holders"][mine].sum() == world.scaled(np.int64((balance[is_away] > 0).sum()))
        n_top = -(-int((balance > 0).sum()) // 20)
        assert table["top_holders"][mine].sum() == world.scaled(np.int64(n_top))
        top = np.sort(balance)[::-1][:n_top].sum(dtype=np.int64)
        assert table["top_held"][mine].sum() == world.scaled(np.int64(top))


CHECKS = (
    book_closes_each_day,
    book_closes_by_user_and_batch,
    cents_are_the_ledgers,
    stock_holds,
    rewards_are_what_was_paid_for,
    fees_are_what_they_should_be,
    holders_hold_what_is_outstanding,
)


def lived(document: Document) -> World:
    return finished(compile_plan(load_or_pass_over(document).scenario))


@QUICKLY
@given(with_points())
def test_the_book_closes(document: Document) -> None:
    world = lived(document)
    tables = tables_of(world)
    for check in CHECKS:
        check(world, tables)


def a_world() -> World:
    return lived(
        {
            "name": "small",
            "start": "2026-01-01",
            "horizon": "70 days",
            "currency": "CNY",
            "market": {"size": 900, "people_per_agent": 3},
            "channels": {"organic": {"kind": "organic", "signups": "30 / day"}},
            "retention": {"default": {"visits": {"a": 2.0, "b": 2.0}, "lapse": {"a": 1.0, "b": 60.0}}},
            "response": {"points": {"looks": 0.5, "transfers": {"of_active_days": 0.2, "of_balance": 0.5}}},
            "policy": {
                "points": {
                    "p": {
                        "earns": {"visit": {"for": "active day", "gives": 1_000}},
                        "expires": {"after": "1 month"},
                        "transfers": {"at_most_per_month": 5_000, "fee": 0.1},
                        "rewards": {
                            "cup": {
                                "price": 6_000,
                                "price_in_money": "0.5 CNY",
                                "cost": "1.37 CNY",
                                "stock": 300,
                                "limited": 400,
                            }
                        },
                    }
                }
            },
        }
    )


def lose_a_unit(world: World) -> None:
    world.wallets["p"].lots.balance[0] += 1


def forget_an_issue(world: World) -> None:
    world.wallets["p"].lots.issued[-2:] -= 10_000


def forget_a_days_issue(world: World) -> None:
    world.wallets["p"].counts[0, 0] = 0


def book_a_cent_too_much(world: World) -> None:
    world.wallets["p"].cost_cents[-1] += 1


def forget_a_payment(world: World) -> None:
    world.wallets["p"].paid_cents[-1] -= 1


def hand_out_more_than_there_are(world: World) -> None:
    world.wallets["p"].taken[[2, 40]] += 150


def hand_out_too_many(world: World) -> None:
    world.wallets["p"].taken[5] += 200


def keep_no_fee(world: World) -> None:
    world.wallets["p"].counts[:, FEES] //= 2


def keep_three_fees(world: World) -> None:
    world.wallets["p"].counts[:, FEES] *= 3


def give_beyond_the_limit(world: World) -> None:
    world.wallets["p"].given[0] = 5_001


def leave_out_a_holder(world: World) -> None:
    world.wallets["p"].lots.balance[np.argmax(world.wallets["p"].lots.balance)] = 0


@pytest.mark.parametrize(
    ("check", "spoil"),
    [
        (book_closes_by_user_and_batch, lose_a_unit),
        (book_closes_by_user_and_batch, forget_an_issue),
        (book_closes_each_day, forget_a_days_issue),
        (cents_are_the_ledgers, book_a_cent_too_much),
        (cents_are_the_ledgers, forget_a_payment),
        (stock_holds, hand_out_too_many),
        (stock_holds, hand_out_more_than_there_are),
        (rewards_are_what_was_paid_for, hand_out_too_many),
        (fees_are_what_they_should_be, keep_no_fee),
        (fees_are_what_they_should_be, keep_three_fees),
        (fees_are_what_they_should_be, give_beyond_the_limit),
    ],
)
def test_a_spoiled_book_is_seen(check: Callable[[World, dict[str, Any]], None], spoil: Callable[[World], None]) -> None:
    world = a_world()
    assert world.wallets["p"].counts[:, :3].any(axis=0).all()
    check(world, tables_of(world))
    spoil(world)
    with pytest.raises(AssertionError):
        check(world, tables_of(world))


def test_holders_of_other_tables_are_seen() -> None:
    world = a_world()
    tables = tables_of(world)
    leave_out_a_holder(world)
    with pytest.raises(AssertionError):
        holders_hold_what_is_outstanding(world, tables)
