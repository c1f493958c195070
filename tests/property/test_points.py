"""Random points programmes over random scenarios: the book closes to the unit and to the cent, and stock holds."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.systems.books.accounts import REWARDS, SHOP
from sim.systems.books.tables import tables_of
from sim.systems.day import open_world, run_world
from sim.systems.plan import compile_plan
from sim.systems.points.wallets import EXPIRED, FEES, FORFEITED, ISSUED, REDEEMED, TRANSFERRED
from sim.systems.world import World
from tests.property.scenarios import LATE, MIDDLE, QUICKLY, START, Document, documents
from tests.verify.worlds import load_text, text_of

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
            "money": {"for": "money", "gives": draw(st.sampled_from([1, 2]))},
        }
    chosen = draw(st.lists(st.sampled_from(sorted(ways)), min_size=1, unique=True))
    cups = draw(st.sampled_from([7, 50, {START: 30, MIDDLE: 60}, {START: 60, LATE: 30}]))
    rewards: Document = {
        "cup": {"price": cups, "cost": "1.37 CNY", "appeal": draw(st.sampled_from([0, 0.5, 1e5]))},
        "print": {"price": draw(st.sampled_from([0, 30])), "price_in_money": "0.77 CNY", "cost": "0.3 CNY"},
        "crown": {"price": 7, "price_in_money": "3.013 CNY", "limited": draw(st.integers(1, 90))},
        "bag": {"price": 60, "cost": "0.013 CNY", "stock": draw(st.integers(1, 90)), "by_segment": {segments[0]: 3}},
    }
    expires = draw(
        st.sampled_from(
            [
                None,
                {"after": "1 month"},
                {"after": "2 months"},
                {"every_year_on": "01-20", "grace": "5 days"},
                {"inactive_for": "4 days"},
            ]
        )
    )
    programme: Document = {
        "earns": {way: ways[way] for way in chosen},
        "rewards": {name: rewards[name] for name in draw(st.lists(st.sampled_from(sorted(rewards)), unique=True))},
        "notice": "10 days",
        "announced": "7 days",
        "expected_redemption": 0.8,
    }
    programme |= {"expires": expires} if expires else {}
    limit = {"at_most_per_month": draw(amounts)} if draw(st.booleans()) else {}
    return programme | (
        {"transfers": {"fee": draw(st.sampled_from([0, 0.07, 0.9]))} | limit} if draw(st.booleans()) else {}
    )


@st.composite
def rules_against(draw: st.DrawFn, programmes: list[str]) -> Document:
    """A rule that takes units away, blocks users, or both."""
    forfeit, block = {"forfeit": [programmes[-1]]}, {"block": {programmes[0]: "9 days"}}
    who = draw(st.sampled_from([f'earned_7d("{programmes[-1]}") > 60', "active_days_7d > 2"]))
    return {"when": {"every": "5 days"}, "who": who, "do": draw(st.sampled_from([block, forfeit, forfeit | block]))}


@st.composite
def with_points(draw: st.DrawFn) -> Document:
    """A whole scenario with one or two programmes, who farms them, and rules that give, postpone, forfeit and block."""
    found = draw(documents())
    found["horizon"] = f"{draw(st.sampled_from([1, 31, 65]))} days"
    found["market"]["size"] = max(found["market"]["size"], 60)  # as many as any history brings: all examples are valid
    segments = list(found["market"]["segments"])
    names = ["積分", "coins"][: draw(st.integers(1, 2))]
    points = {name: draw(programmes(segments, "orders" in found)) for name in names}
    found["response"]["points"] = {
        "looks": draw(st.sampled_from([0.0, 0.5, 1.0])),
        "expiring": 4,
        "rush": draw(st.sampled_from([1, 3])),
        "transfers": {
            "of_active_days": draw(st.sampled_from([0.1, 1.0])),
            "of_balance": draw(st.sampled_from([0.3, 1.0])),
        },
        "nearness": {"activity": 1.5},
        "reward": {"activity": 1.2, "lapse": 0.8},
        "loss": {"lapse": 1.5},
    }
    farming = {"per_idle_day": draw(st.sampled_from([0.0, 0.5, 1.0])), "accounts": draw(st.sampled_from([1, 3, 1000]))}
    found["response"]["points"] |= {"farming": {segments[-1]: farming}} if draw(st.booleans()) else {}
    found["policy"]["points"] = points
    gift: Document = {"units": draw(amounts)}
    if "after" in points[names[0]].get("expires", {}) and draw(st.booleans()):
        gift["expire_after"] = "1 month"
    gives: Document = {"points": {names[0]: gift}}
    dated = [name for name in names if {"after", "every_year_on"} & set(points[name].get("expires", {}))]
    if dated:
        gives["postpone_expiry"] = {dated[0]: draw(st.integers(1, 2))}
    found["policy"]["rules"]["a gift"] = {
        "when": {"every": "6 days"}, "who": f'balance("{names[0]}") < 200', "do": gives,
    }  # fmt: skip
    found["policy"]["rules"]["against"] = draw(rules_against(names))
    return found


def book_closes_each_day(world: World, tables: dict[str, Any]) -> None:
    table = tables["points"]
    for code, wallet in enumerate(world.wallets.values()):
        mine = {
            name: np.asarray(values)[table["programme"][0] == code]
            for name, values in table.items()
            if name != "programme"
        }
        gone = mine["redeemed"] + mine["expired"] + mine["forfeited"]
        assert (mine["issued"].cumsum() == gone.cumsum() + mine["outstanding"]).all()
        assert (mine["farmed"] <= mine["issued"]).all()
        assert mine["outstanding"][-1] == world.scaled(
            np.int64(wallet.lots.balance[: world.people.n].sum(dtype=np.int64))
        )
        assert min(values.min() for values in mine.values()) >= 0


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
        for name, count in (("issued", ISSUED), ("redeemed", REDEEMED), ("expired", EXPIRED), ("forfeited", FORFEITED)):
            assert batches[name][mine].sum() == world.scaled(wallet.counts[:, count].sum())


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


def transfers_hold(world: World, _: dict[str, Any]) -> None:
    for wallet in world.wallets.values():
        if wallet.plan.transfers is None:
            assert not wallet.counts[:, [TRANSFERRED, FEES]].any()
        else:
            assert (wallet.given <= wallet.plan.transfers.per_month).all()


def fees_are_rounded_up(world: World, day: int) -> None:
    """Of each transfer of the day, and the day's count is what they come to."""
    for wallet in world.wallets.values():
        transfers = wallet.gave if wallet.day == day else []
        for _, _, arriving, kept in transfers:
            assert wallet.plan.transfers is not None
            fee = Fraction(str(wallet.plan.transfers.fee))
            assert kept.tolist() == [math.ceil(fee * given) for given in (arriving + kept).tolist()]
        assert wallet.counts[day, FEES] == sum(kept.sum() for *_, kept in transfers)


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
    transfers_hold,
    holders_hold_what_is_outstanding,
)


def lived(document: Document) -> World:
    return run_world(open_world(compile_plan(load_text(text_of(document)).scenario), 1, 0), fees_are_rounded_up)


@settings(QUICKLY, max_examples=60)
@given(with_points())
def test_the_book_closes(document: Document) -> None:
    world = lived(document)
    tables = tables_of(world)
    for check in CHECKS:
        check(world, tables)


SMALL: Document = {
    "name": "small",
    "start": "2026-01-01",
    "horizon": "70 days",
    "currency": "CNY",
    "market": {"size": 900, "people_per_agent": 3},
    "channels": {"organic": {"kind": "organic", "signups": "30 / day"}},
    "retention": {"default": {"visits": {"a": 2.0, "b": 2.0}, "lapse": {"a": 1.0, "b": 60.0}}},
    "response": {"points": {"looks": 0.5, "transfers": {"of_active_days": 0.2, "of_balance": 0.5}}},
    "policy": {
        "rules": {
            "catch": {
                "when": {"every": "9 days"},
                "who": 'earned_7d("p") > 30',
                "do": {"forfeit": ["p"], "block": {"p": "3 days"}},
            }
        },
        "points": {
            "p": {
                "earns": {"visit": {"for": "active day", "gives": 10}},
                "expires": {"after": "1 month"},
                "transfers": {"at_most_per_month": 50, "fee": 0.1},
                "rewards": {
                    "cup": {
                        "price": 60,
                        "price_in_money": "0.5 CNY",
                        "cost": "1.37 CNY",
                        "stock": 300,
                        "limited": 400,
                    }
                },
            }
        },
    },
}


def a_world() -> World:
    return lived(SMALL)


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


def forget_what_is_forfeited(world: World) -> None:
    world.wallets["p"].counts[:, FORFEITED] = 0


def give_beyond_the_limit(world: World) -> None:
    world.wallets["p"].given[0] = 51


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
        (book_closes_each_day, forget_what_is_forfeited),
        (book_closes_by_user_and_batch, forget_what_is_forfeited),
        (transfers_hold, give_beyond_the_limit),
    ],
)
def test_a_spoiled_book_is_seen(check: Callable[[World, dict[str, Any]], None], spoil: Callable[[World], None]) -> None:
    world = a_world()
    assert world.wallets["p"].counts[:, : FORFEITED + 1].any(axis=0).all()
    check(world, tables_of(world))
    spoil(world)
    with pytest.raises(AssertionError):
        check(world, tables_of(world))


@pytest.mark.parametrize("times", [0, 3])
def test_other_fees_are_seen(times: int) -> None:
    def spoil(world: World, day: int) -> None:
        fees_are_rounded_up(world, day)
        wallet = world.wallets["p"]
        wallet.gave[:] = [(givers, receivers, n, kept * times) for givers, receivers, n, kept in wallet.gave]
        wallet.counts[day, FEES] *= times
        if wallet.gave:
            with pytest.raises(AssertionError):
                fees_are_rounded_up(world, day)
            seen.append(day)

    seen = list[int]()
    run_world(open_world(compile_plan(load_text(text_of(SMALL)).scenario), 1, 0), spoil)
    assert seen


def test_holders_of_other_tables_are_seen() -> None:
    world = a_world()
    tables = tables_of(world)
    leave_out_a_holder(world)
    with pytest.raises(AssertionError):
        holders_hold_what_is_outstanding(world, tables)
