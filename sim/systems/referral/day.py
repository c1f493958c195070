"""Referral on a day: yesterday's invitations press on the market, today's newcomers are paid for, users share."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sim.engine.draws import purpose
from sim.engine.ledger import round_micro
from sim.systems.books.accounts import ACQUISITION
from sim.systems.points.wallets import credit
from sim.systems.presence import with_occasion
from sim.systems.referral.chains import BROUGHT, CAPPED, FAKED, REWARDED, SHARERS, WELCOMED, Chains
from sim.systems.referral.plan import ReferralPlan, RewardPlan
from sim.systems.world import World

U32 = npt.NDArray[np.uint32]
I64 = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

REFERRER = purpose("referrer")
"""k = 0, day 0: where on the circle of invitations a newcomer stands."""
SHARE, PLACE = range(2)
"""k of the draws of a programme, each day: whether a user shares, and where on the circle its invitation lies."""


def press_by_referral(world: World, day: int) -> None:
    """The pressure of yesterday's invitations on each segment today."""
    chains, plan = world.chains, world.plan
    if chains is None:
        return
    for referral, sharers in zip(plan.referrals, chains.sharers, strict=True):
        if sharers.size:
            expected = sharers.size * plan.market.people_per_agent * referral.signups[day]
            world.today.hazards[referral.channel] += expected * world.channels.reach_of_person[referral.channel]


def bring(world: World, day: int) -> None:
    """Note who has brought each of today's newcomers: whose invitation comes next on the circle.

    So one more invitation takes newcomers from one other, and leaves all others where they are.

    Draws: one uniform per newcomer, purpose "referrer", day 0.
    """
    chains = world.chains
    if chains is None:
        return
    for position, referral in enumerate(world.plan.referrals):
        new = _by_channel(world, referral, world.today.new_rows)
        if new.size:
            at = np.searchsorted(chains.places[position], world.uniforms(new, 0, REFERRER))
            referrers = chains.sharers[position][at % chains.sharers[position].size]
            chains.referrer[new] = referrers + 1
            np.add.at(chains.brought, referrers, 1)
            chains.counts[position, day, BROUGHT] = new.size


def refer(world: World, day: int) -> None:
    """Pay for those who were brought, and note who shares today."""
    chains = world.chains
    if chains is None:
        return
    for position, referral in enumerate(world.plan.referrals):
        cents = _pay(world, day, position, chains) + _pay_the_faked(world, day, position, chains)
        world.ledger.book(day, ACQUISITION, referral.index, -cents)
        chains.cost_cents[position, day] = cents.sum()
        _share(world, day, position, chains)


def _by_channel(world: World, referral: ReferralPlan, rows: U32) -> U32:
    """Those of these users who came by the programme's channel."""
    came: U32 = rows[world.plan.channel_of_cell[world.people.cell[rows]] == referral.channel]
    return came


# --- sharing


def _share(world: World, day: int, position: int, chains: Chains) -> None:
    """Who of those with an occasion shares today: what comes of it comes tomorrow.

    Draws: two uniforms per user and occasion's day, purpose "referral:NAME", k = SHARE and PLACE.
    """
    referral, plan = world.plan.referrals[position], world.plan
    rows, _ = with_occasion(world, referral.occasion)
    chance = referral.shares[day][plan.segment_of_cell[world.people.cell[rows]]]
    rows = rows[world.uniforms(rows, day, referral.share_purpose, SHARE) < chance]
    places = world.uniforms(rows, day, referral.share_purpose, PLACE)
    order = np.argsort(places, kind="stable")
    chains.sharers[position], chains.places[position] = rows[order], places[order]
    chains.counts[position, day, SHARERS] = rows.size


# --- rewards


def _pay(world: World, day: int, position: int, chains: Chains) -> I64:
    """Reward both sides for those for whom it is due today; cents, int64 (n_cells,)."""
    referral = world.plan.referrals[position]
    rows = _due(world, referral, chains)
    referrers = chains.referrer[rows] - np.uint32(1)
    is_paid = _within_limit(referral, position, chains, referrers, np.ones(rows.size, np.int64)) > 0
    counts = chains.counts[position, day]
    counts[REWARDED] += np.count_nonzero(is_paid)
    counts[CAPPED] += np.count_nonzero(~is_paid)
    counts[WELCOMED] += rows.size
    rewarded, times = np.unique(referrers[is_paid], return_counts=True)
    _give(world, day, referral.referrer, rewarded, times)
    _give(world, day, referral.referred, rows, np.ones(rows.size, np.int64))
    return _cents(world, day, referral, rows, is_paid.astype(np.int64), np.ones(rows.size, np.int64))


def _due(world: World, referral: ReferralPlan, chains: Chains) -> U32:
    """Those who were brought and have signed up today, or ordered for the first time."""
    if not referral.pays_on_order:
        return _by_channel(world, referral, world.today.new_rows)
    buyers, orders = with_occasion(world, "order")
    rows = _by_channel(world, referral, buyers[world.people.orders[buyers] == orders])
    return rows[chains.referrer[rows] > 0]


def _pay_the_faked(world: World, day: int, position: int, chains: Chains) -> I64:
    """Reward newcomers who farm for each further account of their own; no such account ever orders."""
    referral, farming, new = world.plan.referrals[position], world.plan.farming, world.today.new_rows
    if farming is None or not referral.can_be_farmed:
        return np.zeros(world.plan.n_cells, np.int64)
    accounts = farming.accounts[world.plan.segment_of_cell[world.people.cell[new]]] - 1
    rows, faked = new[accounts > 0], accounts[accounts > 0]
    paid = _within_limit(referral, position, chains, rows, faked)
    counts = chains.counts[position, day]
    counts[REWARDED] += paid.sum()
    counts[CAPPED] += (faked - paid).sum()
    counts[WELCOMED] += faked.sum()
    counts[FAKED] += faked.sum()
    _give(world, day, referral.referrer, rows[paid > 0], paid[paid > 0])
    _give(world, day, referral.referred, rows, faked)
    return _cents(world, day, referral, rows, paid, faked)


def _within_limit(referral: ReferralPlan, position: int, chains: Chains, referrers: U32, wanted: I64) -> I64:
    """What the limit leaves of the rewards that each entry's referrer would get, in the order of the entries."""
    if not referral.at_most or not referrers.size:
        return wanted
    order = np.argsort(referrers, kind="stable")
    found, first, n = np.unique(referrers[order], return_index=True, return_counts=True)
    sums = np.cumsum(wanted[order])
    before = sums - wanted[order]
    left = referral.at_most - chains.rewarded[position][found].astype(np.int64)
    within = np.empty_like(wanted)
    within[order] = np.clip(np.repeat(left + before[first], n) - before, 0, wanted[order])
    chains.rewarded[position][found] += np.add.reduceat(within[order], first).astype(np.uint32)
    return within


def _give(world: World, day: int, reward: RewardPlan, rows: U32, times: I64) -> None:
    """Give these users (each once) units, so many times."""
    for programme, units in reward.units.items() if rows.size else ():
        credit(world, day, programme, rows, units * times)


def _cents(world: World, day: int, referral: ReferralPlan, rows: U32, paid: I64, welcomed: I64) -> I64:
    """Money of both sides by the cell of who was brought, int64 (n_cells,)."""
    micro = paid * referral.referrer.micro[day] + welcomed * referral.referred.micro[day]
    by_cell = np.zeros(world.plan.n_cells, np.int64)
    np.add.at(by_cell, world.people.cell[rows], micro)
    return round_micro(world.scaled(by_cell))
