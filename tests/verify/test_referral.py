"""Referral against closed forms: the K-factor's series, depths, limits and books; each with a sabotaged twin."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from sim.systems.books.accounts import ACQUISITION
from sim.systems.books.tables import tables_of
from sim.systems.day import open_world, run_world
from sim.systems.plan import Plan
from sim.systems.referral.chains import BROUGHT, CAPPED, FAKED, REWARDED, SHARERS, WELCOMED, depths_of
from sim.systems.world import ACTED, World
from tests.verify.measuring import LIMIT, altered, largest, replicates, z_of_count, z_of_sample
from tests.verify.test_satisfaction import ALWAYS, is_same, without
from tests.verify.worlds import finished, plan_for

Document = dict[str, Any]
F64 = npt.NDArray[np.float64]

SEEDS, K = 400, 0.5
SHARES, INVITES, ACCEPTS = 0.5, 4, 0.25
"""Half of all users invite four on the day after they came, and one in four of these comes: K = 0.5."""


def referral_plan(
    programme: Document | None = None, *, size: int = 2_000_000, days: int = 40, seeds: int = SEEDS, **sections: Any
) -> Plan:
    """Users of the first day, each of whom may invite once; in a market that is too large to be felt."""
    channel = {"kind": "referral", "for": "sign up", "shares": SHARES, "invites": INVITES, "accepts": ACCEPTS}
    channel |= sections.pop("channel", {})
    return plan_for(
        **(
            {
                "market": {"size": size},
                "channels": {"past": {"kind": "history", "signups": {"2026-01-01": seeds}}, "friends": channel},
                "horizon": f"{days} days",
                "policy": {"referrals": {"friends": programme or {}}},
            }
            | sections
        )
    )


def altered_referral(plan: Plan, path: str, change: Any) -> Plan:
    """The plan with a field of its first programme changed."""
    return altered(plan, "referrals", lambda referrals: (altered(referrals[0], path, change),))


def depths(world: World) -> F64:
    """Users by depth, up to the fourth."""
    assert world.chains is not None
    return np.bincount(depths_of(world.chains.referrer[: world.people.n]), minlength=20)[:5].astype(np.float64)


# --- how many come


def brought(world: World) -> float:
    return float(world.people.n - SEEDS)


def series_z(plan: Plan) -> float:
    """Distance of all who were brought from seeds · K / (1 − K)."""
    return largest([z_of_sample(replicates(plan, 16, brought), SEEDS * K / (1 - K))])


def test_below_one_the_series_adds_up() -> None:
    plan = referral_plan(size=400_000)
    assert abs(series_z(plan)) < LIMIT
    assert abs(series_z(altered_referral(plan, "signups", lambda signups: signups * 1.15))) > LIMIT
    assert abs(series_z(altered_referral(plan, "shares", lambda shares: shares * 0.85))) > LIMIT


def test_depths_are_geometric() -> None:
    """Of generation g there are seeds · K^g; a chain that begins anew at each user would have no third."""
    found = replicates(referral_plan(size=400_000), 16, depths)
    zs = [z_of_sample(found[:, g], SEEDS * K**g) for g in (1, 2, 3, 4)]
    assert abs(largest(zs)) < LIMIT
    assert abs(largest(z_of_sample(found[:, g], SEEDS * 0.6**g) for g in (1, 2, 3, 4))) > LIMIT
    assert np.all(found[:, 0] == SEEDS)


def test_a_full_market_takes_no_more() -> None:
    """K above 1 in a small market: as the market fills, 1 − F = exp(−(seeds + F · M) K / M) of those who are left."""
    size, k = 20_000, 1.5
    plan = referral_plan(size=size, days=90, channel={"shares": 1, "invites": 6, "accepts": 0.25})
    found = replicates(plan, 8, lambda world: 1 - (world.people.n - SEEDS) / (size - SEEDS))
    left = 0.5
    for _ in range(200):  # pressure reaches everybody, users too: n · K / M in all
        left = float(np.exp(-k * (SEEDS + (1 - left) * (size - SEEDS)) / size))
    assert abs(largest([z_of_sample(found, left)])) < LIMIT
    assert abs(z_of_sample(found, left * 1.1)) > LIMIT


def test_sharers_are_binomial_on_each_occasion() -> None:
    for occasion, times in (("sign up", 1), ("active day", 20)):
        plan = referral_plan(
            channel={"for": occasion, "shares": 0.3, "accepts": 0}, size=10_000, days=20, seeds=5000, retention=ALWAYS
        )
        world = finished(plan)
        assert world.chains is not None
        found = float(world.chains.counts[0, :, SHARERS].sum())
        assert abs(largest([z_of_count(found, 5000 * times, 0.3)])) < LIMIT
        assert abs(z_of_count(found, 5000 * times, 0.34)) > LIMIT


def test_orders_are_occasions() -> None:
    """Of users with an order on a day so many share."""
    plan = referral_plan(
        channel={"for": "order", "shares": 0.3, "accepts": 0}, size=10_000, days=20, seeds=5000,
        retention=ALWAYS, orders={"per_active_day": "40%", "basket": {"mean": "100 CNY"}},
    )  # fmt: skip
    world = finished(plan)
    assert world.chains is not None
    buyers, found = float(world.tallies.buyers.sum()), float(world.chains.counts[0, :, SHARERS].sum())
    assert abs(largest([z_of_count(found, buyers, 0.3)])) < LIMIT
    assert abs(z_of_count(found, buyers, 0.32)) > LIMIT


# --- what rewards do


def test_rewards_move_sharing_and_accepting_as_written() -> None:
    """1 + (most − 1) · worth / (worth + half), to the power of each segment's `gain`."""
    moved = {"reward": {"shares": 3, "accepts": 1.8, "half_at": "20 CNY"}, "shares": 0.1, "accepts": 0.05}
    plan = referral_plan(
        {"referrer": {"money": "20 CNY"}, "referred": {"money": "5 CNY", "worth": "60 CNY"}},
        channel=moved,
        market={"size": 1000, "segments": {"a": {"share": 0.5}, "b": {"share": 0.5, "motives": {"gain": 2}}}},
    )
    assert np.allclose(plan.referrals[0].shares[0], [0.1 * 2, 0.1 * 4])
    assert np.allclose(plan.referrals[0].signups[0], [4 * 0.05 * 1.6, 4 * 0.05 * 1.6**2])
    assert not np.allclose(plan.referrals[0].shares[0], [0.1 * 2, 0.1 * 2])


# --- who gets what


REWARDS = {
    "referrer": {"money": "20 CNY", "points": {"coins": 70}},
    "referred": {"money": "7.50 CNY", "points": {"coins": 30}},
}
COINS = {"points": {"coins": {}}}


def paid_world(programme: Document, **sections: Any) -> World:
    """A world in which many are brought by few."""
    policy = {"referrals": {"friends": REWARDS | programme}} | COINS
    channel = {"for": "active day", "shares": 0.02, "invites": 20}
    return finished(
        referral_plan(channel=channel, size=30_000, days=30, seeds=50, retention=ALWAYS, policy=policy, **sections)
    )


def by_hand(world: World, limit: float = np.inf) -> tuple[int, int]:
    """Rewards of referrers and of the referred, from who brought whom."""
    assert world.chains is not None
    referrer = world.chains.referrer[: world.people.n]
    times = np.bincount(referrer[referrer > 0])
    return int(np.minimum(times, limit).sum()), int(np.count_nonzero(referrer))


@pytest.mark.parametrize("limit", [None, 1, 3])
def test_both_sides_are_paid_and_the_limit_holds_exactly(limit: int | None) -> None:
    world = paid_world({} if limit is None else {"at_most": limit})
    assert world.chains is not None
    counts = world.chains.counts[0].sum(axis=0)
    rewarded, referred = by_hand(world, np.inf if limit is None else limit)
    assert referred == counts[BROUGHT] == counts[WELCOMED] > 500
    assert (counts[REWARDED], counts[CAPPED]) == (rewarded, referred - rewarded)
    assert (counts[CAPPED] > 100) == (limit is not None)
    assert counts[REWARDED] != by_hand(world, 2)[0]


def test_the_books_hold_every_cent_and_every_unit() -> None:
    world = paid_world({"at_most": 3})
    rewarded, referred = by_hand(world, 3)
    cents = 2000 * rewarded + 750 * referred
    booked = -int(world.ledger.by_account[ACQUISITION].sum())
    assert booked == cents == int(tables_of(world)["referrals"]["cost"].sum())
    rows = world.ledger.rows()
    assert {world.plan.rule_names[rule] for rule in rows["rule"]} == {"friends"}
    assert int(world.wallets["coins"].lots.balance[: world.people.n].sum()) == 70 * rewarded + 30 * referred
    assert booked != 2000 * by_hand(world)[0] + 750 * referred, "the limit is felt"


def test_first_orders_are_paid_for_once() -> None:
    orders = {"per_active_day": "3%", "basket": {"mean": "100 CNY"}}
    world = paid_world({"pays": "first order"}, orders=orders)
    assert world.chains is not None
    n = world.people.n
    is_due = (world.chains.referrer[:n] > 0) & (world.people.orders[:n] > 0)
    counts = world.chains.counts[0].sum(axis=0)
    assert counts[REWARDED] == counts[WELCOMED] == np.count_nonzero(is_due)
    assert 100 < counts[WELCOMED] < 0.8 * counts[BROUGHT]


FARMERS = {
    "market": {"size": 30_000, "segments": {"plain": {"share": 0.8}, "farmers": {"share": 0.2}}},
    "response": {"points": {"farming": {"farmers": {"per_idle_day": 0.1, "accounts": 4}}}},
}


def test_who_farms_brings_itself_unless_orders_are_asked_for() -> None:
    world = paid_world({}, **FARMERS)
    assert world.chains is not None
    counts, n = world.chains.counts[0].sum(axis=0), world.people.n
    farmers = int(np.count_nonzero(world.plan.segment_of_cell[world.people.cell[:n]] == 1))
    assert counts[FAKED] == 3 * farmers > 0
    assert (counts[REWARDED], counts[WELCOMED]) == tuple(side + 3 * farmers for side in by_hand(world))
    limited = paid_world({"at_most": 2}, **FARMERS)
    assert limited.chains is not None
    assert max(limited.chains.rewarded[0]) == 2
    orders = {"per_active_day": "3%", "basket": {"mean": "100 CNY"}}
    strict = paid_world({"pays": "first order"}, orders=orders, **FARMERS)
    assert strict.chains is not None
    assert strict.chains.counts[0, :, FAKED].sum() == 0


# --- chains


def test_who_brings_was_a_user_before_and_shared_yesterday() -> None:
    plan = referral_plan(
        channel={"for": "active day", "shares": 0.05}, size=20_000, days=20, seeds=200, retention=ALWAYS
    )
    world, seen = open_world(plan, 1, 0), list[int]()
    shared: list[npt.NDArray[np.uint32]] = [np.empty(0, np.uint32)]

    def watch(world: World, day: int) -> None:
        assert world.chains is not None
        new = world.today.new_rows
        referrers = world.chains.referrer[new]
        assert np.isin(referrers[referrers > 0] - 1, shared[-1]).all()
        seen.append(int(np.count_nonzero(referrers)))
        shared.append(world.chains.sharers[0].copy())

    run_world(world, watch)
    assert sum(seen) > 200
    table = tables_of(world)["chains"]
    assert int(table["users"].sum()) == world.people.n
    assert int(table["brought"].sum()) == sum(seen) == int(table["users"][1:].sum())
    assert np.array_equal(table["brought"][:-1], table["users"][1:]), "each depth is brought by the one above"


def test_all_who_share_are_equally_likely() -> None:
    """Of two thousand who share on one day each brings a mean of a half, the first as the last."""
    plan = referral_plan(channel={"shares": 1, "invites": 1, "accepts": 0.5}, size=200_000, days=2, seeds=20_000)
    world = finished(plan)
    assert world.chains is not None
    referrer = world.chains.referrer[: world.people.n]
    rows = referrer[referrer > 0] - 1
    assert abs(largest([z_of_sample(rows, (20_000 - 1) / 2)])) < LIMIT
    assert abs(z_of_sample(rows, 0.97 * 20_000 / 2)) > LIMIT


def _bringers(world: World) -> dict[int, int]:
    """By person who was brought, the person who did."""
    assert world.chains is not None
    referrer, person = world.chains.referrer[: world.people.n], world.people.person
    rows = np.flatnonzero(referrer)
    return dict(zip(person[rows].tolist(), person[referrer[rows] - 1].tolist(), strict=True))


def test_one_invitation_more_leaves_the_others_where_they_are() -> None:
    """Where one user more shares, only those newcomers change hands who come to it."""
    few = referral_plan(channel={"shares": 0.5, "invites": 1, "accepts": 0.5}, size=100_000, days=2, seeds=2000)
    one, other = (finished(plan) for plan in (few, altered_referral(few, "shares", lambda shares: shares * 1.004)))
    before, after = _bringers(one), _bringers(other)
    both = before.keys() & after.keys()
    assert len(both) > 400
    assert 0 < sum(before[person] != after[person] for person in both) < 0.01 * len(both)


# --- what it must not do


def told(world: World) -> dict[str, Any]:
    """All tables but referral's own, with names where they stand: a programme without anything to tell has a name."""
    tables = without(tables_of(world), "referrals", "chains")
    return {
        name: {key: np.array(of[1])[of[0]] if isinstance(of, tuple) else of for key, of in table.items()}
        for name, table in tables.items()
        if all(np.size(of[0] if isinstance(of, tuple) else of) for of in table.values())
    }


def test_without_a_programme_or_without_strength_not_a_byte_changes() -> None:
    nothing = finished(referral_plan(size=20_000, policy={}))
    plain = told(nothing)
    assert is_same(told(finished(referral_plan(channel={"shares": 0}, size=20_000))), plain)
    assert is_same(told(finished(referral_plan(channel={"accepts": 0}, size=20_000))), plain)
    assert not is_same(told(finished(referral_plan(size=20_000))), plain)
    assert tables_of(nothing)["chains"]["depth"].size == tables_of(nothing)["referrals"]["cost"].size == 0


def test_memory_is_kept_only_where_there_is_a_programme() -> None:
    with_one, limited = (referral_plan(each, size=20_000) for each in ({}, {"at_most": 2}))
    without_any = referral_plan(size=20_000, policy={})
    assert with_one.people_bytes - without_any.people_bytes == 8 * 20_000
    assert limited.people_bytes - with_one.people_bytes == 4 * 20_000
    assert finished(without_any).chains is None


# --- rules that reward


def thanked(who: str) -> World:
    """Coupons to who was brought, and to who brings; the rules go by what the team can see."""
    coupon = {"off": "20 CNY", "orders_over": "100 CNY", "valid_for": "9 days"}
    rules = {
        "welcome": {"when": {"event": "sign_up"}, "who": 'channel == "friends"', "do": {"coupon": coupon}},
        "thanks": {"when": {"enters": "bringers"}, "do": {"coupon": coupon}},
    }
    policy = {"referrals": {"friends": {}}, "audiences": {"bringers": who}, "rules": rules}
    orders = {"per_active_day": 0.0, "basket": {"mean": "100 CNY"}}
    response = {"coupon": {"lift_per_10_percent": 1.3}}
    return finished(
        referral_plan(size=50_000, policy=policy, retention=ALWAYS, orders=orders, response=response, days=30)
    )


@pytest.mark.parametrize("least", [1, 2])
def test_rules_reward_who_brings_and_who_was_brought(least: int) -> None:
    """As often as who brought whom says; who brings for the first time is thanked when it has brought so many."""
    world = thanked(f"brought >= {least}")
    assert world.chains is not None
    n = world.people.n
    referrer = world.chains.referrer[:n]
    brought = np.bincount(referrer[referrer > 0] - 1, minlength=n)
    assert np.array_equal(world.chains.brought[:n], brought)
    acted = dict(zip(world.plan.rule_names, world.tallies.rules.sum(axis=1)[:, ACTED].tolist(), strict=True))
    assert acted["welcome"] == np.count_nonzero(referrer) > 300
    assert acted["thanks"] == np.count_nonzero(brought >= least) > 40
    assert acted["thanks"] != np.count_nonzero(brought >= least + 1)
