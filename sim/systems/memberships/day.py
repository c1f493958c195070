"""Memberships on a day: who joins, who tries, who pays again, who leaves."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sim.engine.compiled import compiled
from sim.engine.draws import purpose
from sim.engine.lifts import odds_multiplied
from sim.engine.quantiles import probability_quantile
from sim.systems.memberships.paying import (
    begin_membership,
    begin_periods,
    begin_trial,
    book_memberships,
    pause,
    pay_back,
    pay_period,
    price_now,
    try_again_later,
)
from sim.systems.memberships.roll import (
    ASKING,
    CANCELLED,
    CONVERTED,
    JOINED,
    NO_PLAN,
    NOT_CONVERTED,
    NOT_RESUMED,
    ON_TRIAL,
    OWING,
    PAID,
    PAUSED,
    PAUSES,
    PAYMENT_FAILED,
    RECOVERED,
    REFUNDED,
    RENEWED,
    RESUMED,
    SWITCHED_IN,
    SWITCHED_OUT,
    TRIALS_BEGUN,
    UNPAID,
)
from sim.systems.pulls import LARGEST_LOG, NOTHING, pulls_of
from sim.systems.world import World

U32 = npt.NDArray[np.uint32]
I64 = npt.NDArray[np.int64]
F64 = npt.NDArray[np.float64]

PLANS = purpose("memberships")
LOOK, CHOOSE, COMPARE, SWITCH = range(4)
"""The k of a user's day: whether it looks, what it joins; whether it compares at a renewal, what it goes on with."""
DECISIONS = purpose("membership is due")
CONVERT, CANCEL, PAY, TRY = range(4)
"""The k of a day on which something is due."""
PAUSING = purpose("pausing a membership")
PAUSE, RESUME = range(2)
"""The k of a day on which a member wants to cancel; on which a pause ends."""
CANCELLING = purpose("cancelling")
"""A user's own probability of cancelling: drawn once, k by the kind of period."""


def run_memberships(world: World, day: int) -> None:
    """Who joins, what is due today, and what of the payments is today's revenue."""
    if not world.plan.memberships.plans:
        return
    _join(world, day)
    rows = np.sort(world.roll.due.due(day)[0])
    held = world.roll.plan[rows]
    for position in range(len(world.plan.memberships.plans)):
        _settle_due(world, day, position, rows[held == position + 1])
    book_memberships(world, day)


def _count(world: World, day: int, position: int, what: int, rows: U32) -> None:
    world.roll.counts[position, day, what] += rows.size


# --- joining


def _join(world: World, day: int) -> None:
    """Let today's active users without a plan, who look at the plans, take one or none.

    Draws: two uniforms per user and day, purpose "memberships", k = LOOK and CHOOSE.
    """
    roll, plan = world.roll, world.plan.memberships
    active = world.today.present
    free = active[roll.plan[active] == NO_PLAN]
    rows = free[world.uniforms(free, day, PLANS, LOOK) < plan.looks]
    if not rows.size:
        return
    is_new = ~roll.was_member[rows]
    to_new = np.array([one.log_appeal_to_new(day) for one in plan.plans])
    logs = _log_pulls(world, day, rows) + np.where(is_new, to_new[:, None], plan.log_former_members)
    choices = _choose(*pulls_of(logs), world.uniforms(rows, day, PLANS, CHOOSE))
    for position, one in enumerate(plan.plans):
        is_taken = choices == position
        joining, trying = rows[is_taken], rows[is_taken & is_new & (one.trial is not None)]
        _count(world, day, position, JOINED, joining)
        _count(world, day, position, TRIALS_BEGUN, trying)
        if one.intro is not None:
            roll.intro_left[rows[is_taken & is_new]] = one.intro.n_periods
        if trying.size:
            begin_trial(world, day, position, trying)
        begin_membership(world, day, position, rows[is_taken & ~(is_new & (one.trial is not None))])
        roll.was_member[joining] = True


def _log_pulls(world: World, day: int, rows: U32) -> F64:
    """Logarithms of the odds of each plan for each of these users, float64 (n_plans, n_rows)."""
    segments = world.plan.segment_of_cell[world.people.cell[rows]]
    return np.stack([one.log_pull[day][segments] for one in world.plan.memberships.plans])


def _choose(pulls: F64, against: F64, luck: F64) -> I64:
    """Which plan each user takes, -1 for none: in proportion to the pulls, and to what pulls against all (Luce)."""
    so_far = np.cumsum(pulls, axis=0)
    taken = (so_far <= luck * (against + so_far[-1])).sum(axis=0)
    return np.where(taken < len(pulls), taken, -1)


# --- what is due


def _settle_due(world: World, day: int, position: int, rows: U32) -> None:
    """Trials, periods and pauses that end, and payments that are tried again or asked back, of one membership."""
    standing = world.roll.standing[rows]
    _end_trials(world, day, position, rows[standing == ON_TRIAL])
    _end_periods(world, day, position, rows[standing == PAID])
    _try_payments(world, day, position, rows[standing == OWING])
    _end_pauses(world, day, position, rows[standing == PAUSED])
    _refund(world, day, position, rows[standing == ASKING])


def _end_trials(world: World, day: int, position: int, rows: U32) -> None:
    """Draws: one uniform per trial, purpose "membership is due", k = CONVERT."""
    trial = world.plan.memberships.plans[position].trial
    if trial is None or not rows.size:
        return
    converts = world.uniforms(rows, day, DECISIONS, CONVERT) < trial.converts
    _count(world, day, position, CONVERTED, rows[converts])
    _count(world, day, position, NOT_CONVERTED, rows[~converts])
    begin_membership(world, day, position, rows[converts])
    _leave(world, rows[~converts])


def _end_periods(world: World, day: int, position: int, rows: U32) -> None:
    """Who does not want another period, or pauses, whose payment fails, who goes on with another plan.

    Draws: one uniform per person and kind of period, purpose "cancelling"; two per renewal, purpose "membership is
    due", k = CANCEL and PAY.
    """
    if not rows.size:
        return
    plan = world.plan.memberships
    cancels = world.uniforms(rows, day, DECISIONS, CANCEL) < _p_cancel(world, day, position, rows)
    _cancel_or_pause(world, day, position, rows[cancels])
    rows = rows[~cancels]
    fails = world.uniforms(rows, day, DECISIONS, PAY) < plan.payment_fails
    _count(world, day, position, PAYMENT_FAILED, rows[fails])
    world.roll.tries[rows[fails]] = plan.plans[position].tries
    _go_on_trying(world, day, position, rows[fails])
    _renew(world, day, position, rows[~fails])


@compiled
def _probabilities(table, luck, out):  # type: ignore[no-untyped-def]
    for i in range(luck.size):
        out[i] = probability_quantile(table, luck[i])


def _p_cancel(world: World, day: int, position: int, rows: U32) -> F64:
    """Each member's own probability of cancelling now."""
    plan, one = world.plan.memberships, world.plan.memberships.plans[position]
    p = np.empty(rows.size)
    _probabilities(one.cancels_table, world.uniforms(rows, 0, CANCELLING, one.cancels_k), p)
    factor = np.where(world.people.engaged[rows], 1.0, plan.lapsed_members)
    if plan.price_rise:
        rise = price_now(world, day, position, rows) / np.maximum(world.roll.paid[rows], 1)
        factor *= np.exp(np.minimum(plan.price_rise * np.log(np.maximum(rise, 1.0)), LARGEST_LOG))
    return odds_multiplied(p, factor)


def _cancel_or_pause(world: World, day: int, position: int, rows: U32) -> None:
    """These members want no further period; some of them pause instead, where that is offered.

    Draws: one uniform per member, purpose "pausing a membership", k = PAUSE, where it is.
    """
    pauses = np.zeros(rows.size, np.bool_)
    if world.plan.memberships.plans[position].pause_days and rows.size:
        pauses = world.uniforms(rows, day, PAUSING, PAUSE) < world.plan.memberships.pauses
    _count(world, day, position, PAUSES, rows[pauses])
    pause(world, day, position, rows[pauses])
    _count(world, day, position, CANCELLED, rows[~pauses])
    _leave(world, rows[~pauses])


def _end_pauses(world: World, day: int, position: int, rows: U32) -> None:
    """Draws: one uniform per pause, purpose "pausing a membership", k = RESUME."""
    if not rows.size:
        return
    resumes = world.uniforms(rows, day, PAUSING, RESUME) < world.plan.memberships.resumes
    _count(world, day, position, RESUMED, rows[resumes])
    begin_periods(world, day, position, rows[resumes])
    _count(world, day, position, NOT_RESUMED, rows[~resumes])
    _leave(world, rows[~resumes])


def _refund(world: World, day: int, position: int, rows: U32) -> None:
    """These users get their first payment back, and leave."""
    if not rows.size:
        return
    _count(world, day, position, REFUNDED, rows)
    pay_back(world, day, position, rows)
    _leave(world, rows)


def _renew(world: World, day: int, position: int, rows: U32) -> None:
    """These members pay for another period, some of them of another plan.

    Draws: two uniforms per renewal, purpose "memberships", k = COMPARE and SWITCH.
    """
    plan = world.plan.memberships
    choices = np.full(rows.size, position)
    compares = np.flatnonzero(world.uniforms(rows, day, PLANS, COMPARE) < plan.reconsiders)
    if compares.size:
        comparing = rows[compares]
        pulls = pulls_of(_log_pulls(world, day, comparing), NOTHING)
        found = _choose(*pulls, world.uniforms(comparing, day, PLANS, SWITCH))
        choices[compares] = np.where(found < 0, position, found)
    stays = choices == position
    _count(world, day, position, RENEWED, rows[stays])
    _count(world, day, position, SWITCHED_OUT, rows[~stays])
    world.roll.intro_left[rows[~stays]] = 0
    pay_period(world, day, position, rows[stays])
    for other in np.unique(choices[~stays]).tolist():
        _count(world, day, other, SWITCHED_IN, rows[choices == other])
        begin_membership(world, day, other, rows[choices == other])


def _try_payments(world: World, day: int, position: int, rows: U32) -> None:
    """Draws: one uniform per try, purpose "membership is due", k = TRY."""
    if not rows.size:
        return
    pays = world.uniforms(rows, day, DECISIONS, TRY) < world.plan.memberships.recovers
    _count(world, day, position, RECOVERED, rows[pays])
    begin_periods(world, day, position, rows[pays])
    world.roll.tries[rows[~pays]] -= 1
    _go_on_trying(world, day, position, rows[~pays])


def _go_on_trying(world: World, day: int, position: int, rows: U32) -> None:
    """Try the failed payments of these members again later; whose last try it was leaves."""
    has_tries = world.roll.tries[rows] > 0
    try_again_later(world, day, position, rows[has_tries])
    _count(world, day, position, UNPAID, rows[~has_tries])
    _leave(world, rows[~has_tries])


def _leave(world: World, rows: U32) -> None:
    """These users' memberships end today."""
    world.roll.plan[rows], world.roll.intro_left[rows] = NO_PLAN, 0
