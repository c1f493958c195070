"""Orders on a day: who orders, for how much, with which coupon, and what it leaves."""

from __future__ import annotations

from functools import partial

import numpy as np
import numpy.typing as npt

from sim.engine.compiled import compiled
from sim.engine.counts import poisson
from sim.engine.daily import CLOCK_ORDERS
from sim.engine.draws import philox, purpose, to_uniform
from sim.engine.ledger import MICRO
from sim.engine.lifts import ORDERS
from sim.engine.people import NO_RULE, gather, scatter
from sim.engine.quantiles import positive_quantile
from sim.engine.threads import WORTH_A_THREAD, beside
from sim.systems.books.accounts import COMMISSION, COUPONS, DISCOUNTS, GOODS, SALES
from sim.systems.presence import record_active
from sim.systems.world import COUPONS_USED, PROMPTED_ORDERS, World

u32, u64 = np.uint32, np.uint64
U32 = npt.NDArray[np.uint32]
I32 = npt.NDArray[np.int32]
F64 = npt.NDArray[np.float64]

BASKET = purpose("basket")
"""k: which order of the day."""

MOST_EXPECTED = 700.0
"""Expected orders of one user on one day: beyond, exp(-mean) is 0 and nobody would order at all."""

GROSS, DISCOUNT, COUPON, GOODS_COST, FEE, N_AMOUNTS = 0, 1, 2, 3, 4, 5


@compiled
def _find_candidates(rows, words, highest, out_rows, out_uniforms):  # type: ignore[no-untyped-def]
    """Who may order if no mean is above `highest`, and their uniforms; returns how many they are.

    1 - exp(-mean) <= mean: many users are settled without a look at their own rate.
    """
    n = u64(0)
    for i in range(rows.size):
        u = to_uniform(words[i])
        out_rows[n] = rows[i]
        out_uniforms[n] = u
        n += u64(1.0 - u <= highest)
    return np.int64(n)


@compiled
def _count_orders(rows, uniforms, rates, cell, day_rate, at_most, out_counts):  # type: ignore[no-untyped-def]
    """Poisson counts by inversion: the smallest n whose distribution function reaches the uniform.

    Who orders moves to the start of `rows`; returns how many they are. The means are made in a loop of their own, which
    hides the waiting for memory, and most users are settled by them without an exponential.
    """
    means = np.empty(rows.size)
    for i in range(rows.size):
        means[i] = rates[i] * day_rate[cell[rows[i]]]
    n_buyers = u64(0)
    for i in range(rows.size):
        count = poisson(uniforms[i], min(means[i], MOST_EXPECTED), at_most)
        if count > 0:
            rows[n_buyers] = rows[i]
            out_counts[n_buyers] = count
            n_buyers += u64(1)
    return np.int64(n_buyers)


@compiled
def _settle(  # type: ignore[no-untyped-def]
    counts, first_uniforms, day, draw_day, person, cell, signup_day, account, address_of_cell, key_low, key_high,
    order_table, discount, margin, sells_itself, commission, coupon_off, coupon_share, coupon_up_to, coupon_over,
    amounts, coupon_cents, coupons_used, day_orders, buyers, first_buyers, cohort_micro, cohort_of_day, channel_of_cell,
    used_coupon,
):  # fmt: skip
    """Settle each buyer's orders, with int64 amounts (N_AMOUNTS, n_cells) in cents.

    The columns hold the buyers only, side by side: gathering them first hides the waiting for memory.
    """
    for i in range(counts.size):
        c = cell[i]
        user = account[i]
        contribution = np.int64(0)
        buyers[c] += 1
        first_buyers[c] += user.orders == 0
        for k in range(counts[i]):
            u = first_uniforms[i]
            if k > 0:
                third = u32(draw_day | (k // 4) << 16)
                words = philox(person[i], address_of_cell[c], third, u32(BASKET), key_low, key_high)
                u = to_uniform(words[k % 4])
            factor = positive_quantile(order_table, u)
            gross = np.int64(max(np.rint(user.basket * factor), 1.0))
            off = np.int64(np.rint(gross * discount[c]))
            coupon = np.int64(0)
            rule = user.coupon_rule
            if rule >= 0 and day <= user.coupon_until and gross - off >= coupon_over[rule]:
                coupon = max(coupon_off[rule], np.int64(np.rint((gross - off) * coupon_share[rule])))
                coupon = min(coupon, coupon_up_to[rule], gross - off)
                coupon_cents[rule, c] += coupon
                coupons_used[rule] += 1
                user.coupon_rule = NO_RULE
                used_coupon[i] = True
            paid = gross - off - coupon
            goods = np.int64(np.rint(gross * (1.0 - margin))) if sells_itself else np.int64(0)
            fee = np.int64(np.rint(paid * commission))
            amounts[GROSS, c] += gross
            amounts[DISCOUNT, c] += off
            amounts[COUPON, c] += coupon
            amounts[GOODS_COST, c] += goods
            amounts[FEE, c] += fee
            contribution += (gross if sells_itself else 0) - off - coupon - goods + fee
            user.spend += paid
        user.orders += counts[i]
        user.last_order = day
        day_orders[c] += counts[i]
        signup = signup_day[i]
        cohort_micro[cohort_of_day[signup], day - signup, channel_of_cell[c]] += contribution * MICRO


def order_today(world: World, day: int) -> None:
    """The first orders of newcomers and the orders of today's active users.

    Where orders are the only activity, they also make users active.
    """
    first = world.today.first_order_rows
    _settle_all(world, day, first, np.ones(first.size, np.int32))
    active = world.today.active_rows
    if world.plan.retention.clock == CLOCK_ORDERS:
        rows, counts = _orders_of(world, day, active)
        record_active(world, day, rows)
        _settle_all(world, day, rows, counts)
    elif world.n_threads > 1 and active.size > WORTH_A_THREAD:
        # Ordering reads and writes nothing that recording activity does.
        beside(partial(_order, world, day, active), partial(record_active, world, day, active))
    else:
        record_active(world, day, active)
        _order(world, day, active)


def _order(world: World, day: int, active: U32) -> None:
    rows, counts = _orders_of(world, day, active)
    _settle_all(world, day, rows, counts)


def _orders_of(world: World, day: int, active: U32) -> tuple[U32, I32]:
    """Who of the active users orders, and how often.

    Draws: the word that the daily pass has drawn, purpose "day", k = 2.
    """
    if not world.plan.orders.exist:
        return np.empty(0, np.uint32), np.empty(0, np.int32)
    people, day_rate, effects = world.people, world.today.orders, world.effects
    is_moved = effects.act_on(ORDERS, day)
    # The product with the day's rate is rounded to float32.
    highest = np.inf if is_moved else world.highest_order_rate * float(day_rate.max()) * 1.000001
    rows, uniforms = np.empty(active.size, np.uint32), np.empty(active.size)
    n = _find_candidates(active, world.today.active_words, highest, rows, uniforms)
    rows = rows[:n]
    rates = effects.order_rates(people, rows, day) if is_moved else gather(people.steady_order_rate, rows)
    counts = np.empty(n, np.int32)
    n = _count_orders(rows, uniforms, rates, people.cell, day_rate, world.plan.orders.at_most_per_day, counts)
    return rows[:n], counts[:n]


def order_when_prompted(world: World, day: int) -> None:
    """The orders to which messages have led: one each, of those who have not ordered today.

    Their luck is drawn when the message is opened (purpose "order when prompted").
    """
    people = world.people
    for rule, rows in world.today.prompted:
        rows = rows[people.last_order[rows] != day]
        record_active(world, day, rows[people.last_active[rows] != day])
        _settle_all(world, day, rows, np.ones(rows.size, np.int32))
        world.tallies.rules[rule, day, PROMPTED_ORDERS] += rows.size
    world.today.prompted.clear()


def _settle_all(world: World, day: int, rows: U32, counts: I32) -> None:
    """Settle and book these users' orders.

    Draws: one uniform per order, purpose "basket", k = which order of the user's day.
    """
    if not rows.size:
        return
    plan, people, tallies, coupons = world.plan, world.people, world.tallies, world.coupons
    amounts = np.zeros((N_AMOUNTS, plan.n_cells), np.int64)
    coupon_cents = np.zeros((len(plan.rule_names), plan.n_cells), np.int64)
    used_coupon = np.zeros(rows.size, np.bool_)
    account = gather(people.account, rows)
    spent_before = account["spend"].copy() if world.windows or plan.serves_active_users else account["spend"]
    _settle(
        counts, world.uniforms(rows, day, BASKET), day, world.draw_day(day), gather(people.person, rows),
        gather(people.cell, rows), gather(people.signup_day, rows), account, plan.address_of_cell, world.key.low,
        world.key.high,
        plan.orders.order_table, world.today.discount, plan.orders.margin[day], plan.orders.sells_itself,
        world.income.commission[day], coupons.off, coupons.share, coupons.up_to, coupons.over, amounts, coupon_cents,
        tallies.rules[:, day, COUPONS_USED], tallies.orders[day], tallies.buyers[day], tallies.first_buyers[day],
        tallies.cohort_order_micro, plan.cohort_of_day, plan.channel_of_cell, used_coupon,
    )  # fmt: skip
    scatter(account, rows, people.account)
    world.events.note("order", rows)
    if "first_order" in world.events:
        world.events.note("first_order", rows[account["orders"] == counts])
    if world.windows:
        world.note(day, "orders", rows, counts.astype(np.int64))
        world.note(day, "spend", rows, account["spend"] - spent_before)
    if plan.serves_active_users:
        world.today.paid.append((rows, counts.astype(np.int64), account["spend"] - spent_before))
    tallies.gmv[day] += amounts[GROSS]
    if used_coupon.any():
        world.effects.end(rows[used_coupon], ORDERS)
    _book(world, day, amounts, coupon_cents)


def _book(world: World, day: int, amounts: npt.NDArray[np.int64], coupon_cents: npt.NDArray[np.int64]) -> None:
    """Book the day's orders: discounts to the campaign that gave them, coupons to the rule."""
    ledger = world.ledger
    if world.plan.orders.sells_itself:
        ledger.book(day, SALES, 0, world.scaled(amounts[GROSS]))
        ledger.book(day, GOODS, 0, -world.scaled(amounts[GOODS_COST]))
    ledger.book(day, COMMISSION, 0, world.scaled(amounts[FEE]))
    if amounts[DISCOUNT].any():
        for rule in np.unique(world.today.discount_rule):
            of_rule = np.where(world.today.discount_rule == rule, amounts[DISCOUNT], 0)
            ledger.book(day, DISCOUNTS, int(rule), -world.scaled(of_rule))
    for rule in np.flatnonzero(coupon_cents.any(axis=1)) if coupon_cents.any() else ():
        ledger.book(day, COUPONS, int(rule), -world.scaled(coupon_cents[rule]))
