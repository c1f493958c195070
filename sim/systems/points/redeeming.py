"""Redeeming: who looks at the rewards takes one, or keeps the units for something better."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sim.engine.compiled import compiled
from sim.engine.ledger import round_micro
from sim.engine.lifts import odds_multiplied
from sim.systems.books.accounts import REWARDS, SHOP
from sim.systems.messages.luck import luck_of_message
from sim.systems.points.wallets import REDEEMED, REWARDS_TAKEN, Wallet, move_by, pull
from sim.systems.pulls import NOTHING, pulls_of
from sim.systems.ranking import first_rows
from sim.systems.rules.choice import CHANCE
from sim.systems.world import World

U32 = npt.NDArray[np.uint32]
F64 = npt.NDArray[np.float64]

LOOK, CHOOSE, CHOOSE_WHEN_SHOWN = range(3)
"""The k of the draws of one programme; the last by message of the day: the second shows them at k = 3."""


@compiled
def _who_can_pay(rows, balance, price, out):  # type: ignore[no-untyped-def]
    n = np.uint64(0)
    for i in range(rows.size):
        out[n] = rows[i]
        n += np.uint64(balance[rows[i]] >= price)
    return np.int64(n)


def who_can_pay(wallet: Wallet, rows: U32, price: int) -> U32:
    """Those of these users who hold so many units."""
    found = np.empty(rows.size, np.uint32)
    return found[: _who_can_pay(rows, wallet.lots.balance, price, found)]


def _warns(wallet: Wallet, day: int) -> bool:
    """Whether the product shows today that units are about to expire, and that moves anybody."""
    plan = wallet.plan
    return plan.habits.expiring != 1.0 and plan.batches.are_dated and 0 <= wallet.days_left(day) < plan.notice_days


def is_warned(wallet: Wallet, day: int, rows: U32) -> npt.NDArray[np.bool_]:
    """Whether each of these users knows that units of its own are about to expire."""
    if not _warns(wallet, day):
        return np.zeros(rows.size, np.bool_)
    return wallet.expiring(day, rows) > 0


def chance_to_look(wallet: Wallet, day: int, rows: U32) -> F64 | float:
    """The probability that each of these users, who can pay for a reward, looks at them today: one for all, or each's.

    What is announced counts by the reward that lets the user hasten most.
    """
    plan = wallet.plan
    rush, prices = plan.rewards.rush[day], plan.rewards.price[day]
    if not _warns(wallet, day) and (rush == 1.0).all():
        return plan.habits.looks
    balance = wallet.lots.balance[rows]
    factor = np.where(is_warned(wallet, day, rows), plan.habits.expiring, 1.0)
    if (rush != 1.0).any():
        affordable = balance[:, None] >= prices
        factor = factor * np.where(affordable, rush, 0.0).max(axis=1)
    return odds_multiplied(np.full(rows.size, plan.habits.looks), factor)


@compiled
def _choose(segments, balance, urgency, luck, prices, appeal, rush, keeps, keeping, out_choices):  # type: ignore[no-untyped-def]
    """What each user who looks takes, -1 for nothing.

    Each reward pulls by its appeal; one out of reach by the saved share of its price, to the power `keeps`, towards
    saving on. Keeping the units as they are pulls by `keeping` (Luce's choice axiom).
    """
    n_rewards = prices.size
    pulls = np.empty(n_rewards)
    for i in range(segments.size):
        against = keeping
        taking = 0.0
        for r in range(n_rewards):
            pulls[r] = 0.0
            pull = appeal[r, segments[i]]
            if balance[i] >= prices[r]:
                pulls[r] = pull * urgency[i] * rush[r]
                taking += pulls[r]
            else:
                against += pull * (balance[i] / prices[r]) ** keeps
        left = luck[i] * (against + taking)
        out_choices[i] = -1
        for r in range(n_rewards):
            if pulls[r] > 0.0:
                if left < pulls[r]:
                    out_choices[i] = r
                    break
                left -= pulls[r]


def show_rewards(world: World, day: int, programme: str, rows: U32) -> None:
    """A message has shown these users the rewards: who can pay for one chooses."""
    wallet = world.wallets[programme]
    wallet.open_day(day)
    prices = wallet.plan.rewards.price[day]
    if prices.size:
        redeem(world, day, wallet, rows[wallet.lots.balance[rows] >= prices.min()], is_shown=True)


def redeem(world: World, day: int, wallet: Wallet, rows: U32, *, is_shown: bool = False) -> None:
    """Let these users, who look at the rewards, take one each, or none.

    Draws: one uniform per user and day, purpose "rewards:NAME", k = CHOOSE, or of the message that has just shown the
    rewards, k = CHOOSE_WHEN_SHOWN and up; where stock runs out, two more, purpose "stock:NAME".

    Args:
        is_shown: a message has shown them the rewards.
    """
    plan, rewards = wallet.plan, wallet.plan.rewards
    rows = wallet.unblocked(day, rows)
    if not rows.size:
        return
    choices = np.empty(rows.size, np.int64)
    balance = wallet.lots.balance[rows]
    urgency = np.where(is_warned(wallet, day, rows), plan.habits.expiring, 1.0)
    by_price, keeping = pulls_of(np.where(wallet.left > 0, rewards.log_by_price[day], NOTHING))
    _choose(
        world.plan.segment_of_cell[world.people.cell[rows]], balance, urgency,
        _luck(world, wallet, day, rows, is_shown=is_shown), rewards.price[day],
        rewards.appeal * by_price[:, None], rewards.rush[day], plan.habits.keeps[day], float(keeping), choices,
    )  # fmt: skip
    for reward in range(len(rewards.names)):
        takers = rows[choices == reward]
        if takers.size:
            takers = first_rows(
                world, day, takers, int(wallet.left[reward]), choose_by=CHANCE, purpose=plan.stock_purpose
            )
            _hand_out(world, day, wallet, reward, takers)


def _luck(world: World, wallet: Wallet, day: int, rows: U32, *, is_shown: bool) -> F64:
    """A uniform for what each of these users chooses: of the day, or of the message that has shown the rewards."""
    purpose = wallet.plan.look_purpose
    if is_shown:
        return luck_of_message(world, rows, day, purpose, CHOOSE_WHEN_SHOWN)
    return world.uniforms(rows, day, purpose, CHOOSE)


def _hand_out(world: World, day: int, wallet: Wallet, reward: int, rows: U32) -> None:
    """Take the price, book cost and payment, count, and let the reward act."""
    plan = wallet.plan
    price = int(plan.rewards.price[day, reward])
    wallet.lots.spend(rows, np.full(rows.size, price, np.int64), *wallet.live(day))
    wallet.left[reward] -= rows.size
    wallet.taken[day, reward] += rows.size
    wallet.took.append((reward, rows))
    wallet.counts[day, REDEEMED] += price * rows.size
    wallet.counts[day, REWARDS_TAKEN] += rows.size
    _count_first(world, day, wallet, rows)
    _book(world, day, wallet, reward, rows)
    pull(world, day, wallet, rows)
    move_by(world, day, plan.habits.reward, rows, f"reward:{plan.name}", plan.rewards.motives[reward])
    world.events.note("reward", rows)


def _count_first(world: World, day: int, wallet: Wallet, rows: U32) -> None:
    """For whom it is the first reward: count the days since sign-up, or since the run began."""
    first = rows[~wallet.has_taken[rows]]
    wallet.has_taken[first] = True
    since = np.maximum(world.people.signup_day[first], world.plan.first_day).astype(np.int64)
    wallet.first_rewards += np.bincount(day - since, minlength=wallet.first_rewards.size)


def _book(world: World, day: int, wallet: Wallet, reward: int, rows: U32) -> None:
    """Book what one reward costs, and what is paid for it in money, for each of these users."""
    plan, people = wallet.plan, world.people
    cost, paid = int(plan.rewards.cost_micro[day, reward]), int(plan.rewards.paid_micro[day, reward])
    if not cost and not paid:
        return
    persons = world.scaled(np.bincount(people.cell[rows], minlength=world.plan.n_cells))
    for account, micro, booked in ((REWARDS, -cost, wallet.cost_cents), (SHOP, paid, wallet.paid_cents)):
        if micro:
            cents = round_micro(persons * micro)
            world.ledger.book(day, account, plan.index, cents)
            booked[day] += np.abs(cents.sum())
    _charge_cohorts(world, day, rows, cost - paid)


def _charge_cohorts(world: World, day: int, rows: U32, micro: int) -> None:
    """Take the cost, less what is paid, off the contribution of the users' cohorts."""
    signup = world.people.signup_day[rows].astype(np.int64)
    channel = world.plan.channel_of_cell[world.people.cell[rows]]
    np.subtract.at(world.tallies.cohort_micro, (world.plan.cohort_of_day[signup], day - signup, channel), micro)
