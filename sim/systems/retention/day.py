"""Who is active today, who loses the habit, who takes it up again by itself."""

from __future__ import annotations

from functools import partial

import numpy as np
import numpy.typing as npt

from sim.engine.compiled import compiled
from sim.engine.daily import CLOCK_ORDERS, daily_pass, squeeze
from sim.engine.draws import philox, purpose, to_uniform
from sim.engine.lifts import ACTIVITY, LAPSE
from sim.engine.quantiles import positive_quantile, probability_quantile
from sim.engine.threads import parts, side_by_side
from sim.systems.presence import return_later, take_up_habit
from sim.systems.world import World

u32, f32 = np.uint32, np.float32
U32 = npt.NDArray[np.uint32]

TRAITS = purpose("traits")
"""k = 0: activity; k = 1: lapse; k = 2: order rate; k = 3: mean basket."""
NATURAL_RETURN = purpose("natural return")
VOID_AT_MOST = 8
"""The engaged list is squeezed when more than one in so many of its entries is void."""


@compiled
def _draw_traits(  # type: ignore[no-untyped-def]
    rows, person, cell, address_of_cell, curve_of_cell, activity_tables, lapse_tables, quality, rate_table, rate_factor,
    basket_table, basket_factor, key_low, key_high, activity, lapse, order_rate, basket,
):  # fmt: skip
    """Write each newcomer's own activity, lapse, order rate and mean basket; returns the highest order rate."""
    highest = f32(0.0)
    for i in range(rows.size):
        row = rows[i]
        c = cell[row]
        curve = curve_of_cell[c]
        words = philox(person[row], address_of_cell[c], u32(0), u32(TRAITS), key_low, key_high)
        p = probability_quantile(activity_tables[curve], to_uniform(words[0]))
        d = probability_quantile(lapse_tables[curve], to_uniform(words[1]))
        q = quality[c]
        activity[row] = f32(q * p / (1.0 - p + q * p))
        lapse[row] = f32(d if q == 1.0 else 1.0 - (1.0 - d) ** (1.0 / q))
        order_rate[row] = f32(positive_quantile(rate_table, to_uniform(words[2])) * rate_factor[c])
        highest = max(highest, order_rate[row])
        basket[row] = f32(positive_quantile(basket_table, to_uniform(words[3])) * basket_factor[c])
    return highest


def begin_lives(world: World, day: int) -> None:
    """Give today's newcomers their own traits; they take part in the daily pass from tomorrow on.

    Draws: four uniforms per person, purpose "traits", day 0.
    """
    plan, people, rows = world.plan, world.people, world.today.new_rows
    if not rows.size:
        return
    retention, orders = plan.retention, plan.orders
    highest = _draw_traits(
        rows, people.person, people.cell, plan.address_of_cell, retention.curve_of_cell, retention.activity_tables,
        retention.lapse_tables, plan.quality, orders.rate_table, plan.rate_factor, orders.basket_table,
        plan.basket_factor, world.key.low, world.key.high, people.activity, people.lapse, people.order_rate,
        people.basket,
    )  # fmt: skip
    if any(attribute.moves_users for attribute in plan.attributes):
        highest = _multiply_by_attributes(world, rows)
    world.highest_order_rate = max(world.highest_order_rate, float(highest))
    world.engage_tonight.append(rows)


def _multiply_by_attributes(world: World, rows: U32) -> float:
    """What declared attributes make of these users' order rates and baskets; returns the highest order rate."""
    people = world.people
    for attribute in world.plan.attributes:
        if attribute.moves_users:
            value = world.declared[attribute.name][rows]
            people.order_rate[rows] *= attribute.orders[value]
            people.basket[rows] *= attribute.basket[value]
    return float(people.order_rate[rows].max())


def be_active(world: World, day: int) -> None:
    """The daily pass: each engaged user's activity and lapse.

    Where orders are the only activity, `today.active_rows` are those who may order; the orders step settles who does.
    """
    people, today, plan, buffers = world.people, world.today, world.plan, world.buffers
    listed, clock = people.engaged_list, plan.retention.clock
    day_factor = today.orders if clock == CLOCK_ORDERS else today.activity
    moved_activity, moved_lapse = (world.effects.moved(people, target) for target in (ACTIVITY, LAPSE))

    def walk(part: slice) -> tuple[int, int]:
        n_active, n_lapsed = daily_pass(
            listed.rows[part], listed.person[part], listed.cell[part], listed.activity[part], listed.lapse[part],
            people.engaged, people.lapse_day, plan.address_of_cell, day_factor, today.lapse, day,
            world.draw_day(day), world.key.low, world.key.high, clock, moved_activity, moved_lapse,
            buffers.active_rows[part], buffers.active_words[part], buffers.lapsed_rows[part],
        )  # fmt: skip
        return n_active, n_lapsed

    n = listed.n
    slices = parts(n, world.n_threads)
    counts = side_by_side([partial(walk, part) for part in slices])
    n_active = _join(slices, [active for active, _ in counts], (buffers.active_rows, buffers.active_words))
    n_lapsed = _join(slices, [lapsed for _, lapsed in counts], (buffers.lapsed_rows,))
    today.active_rows, today.active_words = buffers.active_rows[:n_active], buffers.active_words[:n_active]
    _schedule_returns(world, day, buffers.lapsed_rows[:n_lapsed])
    listed.n_gone += n_lapsed
    if listed.n_gone * VOID_AT_MOST > n:
        listed.n = squeeze(
            listed.rows[:n], listed.person[:n], listed.cell[:n], listed.activity[:n], listed.lapse[:n],
            people.engaged, people.place,
        )  # fmt: skip
        listed.n_gone = 0


def _join(slices: list[slice], counts: list[int], buffers: tuple[U32, ...]) -> int:
    """Close the gaps between what each part wrote to the start of its slice; returns how many entries there are."""
    total = counts[0]
    for part, count in zip(slices[1:], counts[1:], strict=True):
        for buffer in buffers:
            buffer[total : total + count] = buffer[part.start : part.start + count]
        total += count
    return total


def _schedule_returns(world: World, day: int, rows: U32) -> None:
    """Draw, for users who lapse today, the day on which they return by themselves: geometric, by inversion.

    Draws: one uniform per lapse, purpose "natural return".
    """
    chance = world.plan.retention.return_per_day
    if chance <= 0 or not rows.size:
        return
    uniform = world.uniforms(rows, day, NATURAL_RETURN)
    waits = np.ceil(np.log(uniform) / np.log1p(-chance)) if chance < 1 else np.ones(rows.size)
    days = day + np.minimum(waits, world.plan.n_days).astype(np.int64)
    return_later(world, rows, days, day)


def return_by_themselves(world: World, day: int) -> None:
    """Whose natural return is due, unless something else has brought them back since."""
    rows, lapse_days = world.returns.due(day)
    if rows.size:
        people = world.people
        is_still = ~people.engaged[rows] & (people.lapse_day[rows] == lapse_days)
        take_up_habit(world, day, rows[is_still])
