"""First users on the evening before the first day: they are there, with their history and their latent state."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sim.engine.daily import CLOCK_ORDERS
from sim.engine.draws import purpose
from sim.engine.quantiles import N_KNOTS, Z_MAX
from sim.systems.first_users.inference import (
    activity_candidates,
    amount_candidates,
    infer_habits,
    infer_purchases,
    lapse_candidates,
)
from sim.systems.first_users.plan import FirstUsersPlan
from sim.systems.plan import Plan
from sim.systems.presence import return_later
from sim.systems.world import World

U32 = npt.NDArray[np.uint32]
I64 = npt.NDArray[np.int64]
F64 = npt.NDArray[np.float64]
F32 = npt.NDArray[np.float32]

RETURN = purpose("natural return of a first user")


def admit(world: World) -> None:
    """Give each first user a row, with what the file says of it; `today.new_rows` are all of them."""
    plan, first, people = world.plan, world.plan.first_users, world.people
    assert first is not None
    person = np.empty(first.n, np.uint32)
    segment = first.cell % plan.n_segments
    for s, persons in enumerate(world.market.first):
        person[segment == s] = persons
    rows = people.add(person, first.cell, 0)
    for name in ("signup_day", "last_active", "last_order", "active_days", "orders", "spend"):
        getattr(people, name)[rows] = getattr(first, name)
    tallies = world.tallies
    np.add.at(tallies.new, (first.signup_day, first.cell), 1)
    np.add.at(tallies.last_active, (first.last_active, first.cell), 1)
    world.today.new_rows = rows


def live_on(world: World) -> None:
    """Draw the first users' latent state from their history; those still engaged take part from the first day on.

    Draws: eight uniforms per user, purpose "first user", day 0; one for each lapsed user's natural return.
    """
    people, rows, first = world.people, world.today.new_rows, world.plan.first_users
    assert first is not None
    for name, column in first.declared.items():
        world.declared[name][rows] = column.astype(world.declared[name].dtype)
    _infer(world, first)
    is_engaged = people.engaged[rows].copy()
    lapsed = rows[~is_engaged]
    people.lapse_day[lapsed] = world.plan.first_day - 1
    _return_later(world, lapsed)
    is_orders = world.plan.retention.clock == CLOCK_ORDERS
    people.engage(rows[is_engaged], people.order_rate if is_orders else people.activity)
    world.today.new_rows = rows[:0]


def _infer(world: World, first: FirstUsersPlan) -> None:
    plan, people, key, n = world.plan, world.people, world.key, first.n
    retention, orders, cell = plan.retention, plan.orders, first.cell
    rate_factor, basket_factor = _factors(world, first)
    per_day = plan.orders_factor[: plan.first_day].mean(axis=0, dtype=np.float64)
    is_orders = retention.clock == CLOCK_ORDERS
    rates, baskets = amount_candidates(orders.rate_table), amount_candidates(orders.basket_table)
    kinds, of_cell = np.unique(np.stack([retention.curve_of_cell, plan.quality]), axis=1, return_inverse=True)
    for kind, (curve, quality) in enumerate(kinds.T):
        which = np.flatnonzero((of_cell.ravel() == kind)[cell])
        visits = rates if is_orders else activity_candidates(retention.activity_tables[int(curve)], quality)
        infer_habits(
            which, people.person, plan.address_of_cell, visits,
            lapse_candidates(retention.lapse_tables[int(curve)], quality), per_day, cell, rate_factor, first.signup_day,
            first.last_active, first.active_days, plan.first_day - 1, retention.clock, key.low, key.high,
            people.activity, people.lapse, people.order_rate, people.engaged,
        )  # fmt: skip
    infer_purchases(
        people.person[:n], plan.address_of_cell, rates, baskets, per_day, cell, rate_factor, basket_factor,
        _spread(orders.order_table), _first_orders(plan), first.signup_day, first.active_days, first.orders,
        first.spend, is_orders, key.low, key.high, people.order_rate, people.basket,
    )  # fmt: skip
    world.highest_order_rate = float(people.order_rate[:n].max(initial=0.0))


def _factors(world: World, first: FirstUsersPlan) -> tuple[F32, F32]:
    """What multiplies each first user's own order rate and basket: its segment and its declared attributes."""
    plan = world.plan
    rate, basket = (factor.astype(np.float32)[first.cell] for factor in (plan.rate_factor, plan.basket_factor))
    for attribute in plan.attributes:
        if attribute.moves_users:
            value = world.declared[attribute.name][: first.n]
            rate *= attribute.orders[value]
            basket *= attribute.basket[value]
    return rate, basket


def _first_orders(plan: Plan) -> F64:
    """float64 (n_cells, n_days): the share of a day's newcomers who place a first order, the only one of that day."""
    steps = plan.onboarding
    share = steps.pass_rates[: steps.first_order + 1].prod(axis=0)
    return np.zeros((plan.n_cells, plan.n_days)) if steps.first_order < 0 else share[plan.channel_of_cell]


def _spread(order_table: F64) -> float:
    """Squared coefficient of variation of a variate, from its table of logarithms over logit(u)."""
    u = 1 / (1 + np.exp(-np.linspace(-Z_MAX, Z_MAX, N_KNOTS)))
    weights = u * (1 - u)  # du / dz
    weights /= weights.sum()
    mean, of_squares = float(weights @ np.exp(order_table)), float(weights @ np.exp(2 * order_table))
    return max(of_squares / mean**2 - 1, 0.0)


def _return_later(world: World, rows: U32) -> None:
    """When lapsed first users return by themselves: waiting has no memory, so from yesterday on."""
    chance, yesterday = world.plan.retention.return_per_day, world.plan.first_day - 1
    if chance <= 0 or not rows.size:
        return
    uniform = world.uniforms(rows, 0, RETURN)
    waits = np.ceil(np.log(uniform) / np.log1p(-chance)) if chance < 1 else np.ones(rows.size)
    return_later(world, rows, yesterday + np.minimum(waits, world.plan.n_days).astype(np.int64), yesterday)
