"""Messages on a day: sent, delivered, opened, and what an opened one does."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sim.engine.compiled import compiled
from sim.engine.daily import split
from sim.engine.draws import purpose
from sim.engine.effects import target_of_activity
from sim.engine.ledger import round_micro
from sim.engine.lifts import ORDERS, odds_multiplied
from sim.engine.people import NEVER
from sim.systems.books.accounts import MESSAGES
from sim.systems.messages.consent import opt_out
from sim.systems.messages.fatigue import chance_to_opt_out, fatigue_of, tire
from sim.systems.messages.luck import luck_of_message
from sim.systems.messages.opening import chance_to_open, timing_of
from sim.systems.presence import take_up_habit
from sim.systems.rules.plan import CouponPlan, RulePlan
from sim.systems.strength import strength
from sim.systems.world import DELIVERED, INCREMENTAL, OPENED, OPT_OUTS, RETURNED, SENT, World

U32 = npt.NDArray[np.uint32]
I64 = npt.NDArray[np.int64]
F64 = npt.NDArray[np.float64]

RETURN = purpose("return after message")
ORDER = purpose("order when prompted")
TEN_PERCENT = 0.1
FOLLOW_UP_DAYS = 30
"""So long a return is waited for, whether a message or nothing is to bring it."""


@compiled
def _count_sent(  # type: ignore[no-untyped-def]
    rows, micro, day, signup_day, cell, messages, last_message, messages_today, by_cell, cohort_of_day,
    channel_of_cell, cohort_micro, may_repeat,
):  # fmt: skip
    """Count a message to each row, and take its price off the contribution of the row's cohort.

    Which of the day's messages it is matters only where several rules `may_repeat` them.
    """
    for i in range(rows.size):
        row = rows[i]
        c = cell[row]
        by_cell[c] += 1
        messages[row] += 1
        if may_repeat:
            messages_today[row] = messages_today[row] + 1 if last_message[row] == day else 0
            last_message[row] = day
        if micro != 0:
            signup = signup_day[row]
            cohort_micro[cohort_of_day[signup], day - signup, channel_of_cell[c]] -= micro


def send(world: World, day: int, rule: RulePlan, rows: U32) -> U32:
    """Send the rule's message to these users, book its price, let those who open it respond; returns who opened it.

    Draws: per user, day and message of that day (k = 0, 1, …) one uniform each for delivery, opening and opting out
    (by medium), for the return and for the order.
    """
    people, plan, medium = world.people, world.plan, rule.medium
    counts = world.tallies.rules[rule.index, day]
    price = int(medium.price_micro[day])
    by_cell = np.zeros(plan.n_cells, np.int64)
    _count_sent(
        rows, price, day, people.signup_day, people.cell, people.messages, people.last_message,
        people.messages_today, by_cell, plan.cohort_of_day, plan.channel_of_cell, world.tallies.cohort_micro,
        len(plan.rules) > 1,
    )  # fmt: skip
    world.tallies.messages[day] += by_cell
    world.note(day, "messages", rows)
    counts[SENT] += rows.size
    if price:
        world.ledger.book(day, MESSAGES, rule.index, -round_micro(world.scaled(by_cell) * price))
    return _deliver(world, day, rule, rows)


def _deliver(world: World, day: int, rule: RulePlan, rows: U32) -> U32:
    """Let those whom the message reaches open it, tire of it, opt out after it, and respond to it."""
    medium, counts = rule.medium, world.tallies.rules[rule.index, day]
    if medium.delivery[day] < 1:
        rows = rows[luck_of_message(world, rows, day, medium.delivery_purpose) < medium.delivery[day]]
    counts[DELIVERED] += rows.size
    world.today.messaged_rows.append(rows)
    timing, fatigue = timing_of(world, rule, rows), fatigue_of(world, rows, day)
    chance = chance_to_open(world, day, rule, rows, timing, fatigue)
    is_opened = np.ones(rows.size, np.bool_)
    if np.min(chance, initial=1.0) < 1:
        is_opened = luck_of_message(world, rows, day, medium.open_purpose) < chance
    opened = rows[is_opened]
    counts[OPENED] += opened.size
    world.note(day, "opened", opened)
    _opt_out(world, day, rule, rows, fatigue)
    tire(world, day, medium, rows, fatigue)
    if opened.size:
        returned = _respond(world, day, rule, opened)
        counts[RETURNED] += returned.size
        counts[INCREMENTAL] += _count_incremental(world, day, returned)
        _prompt(world, day, rule, opened, None if timing is None else timing.hours[is_opened])
    return opened


def _opt_out(world: World, day: int, rule: RulePlan, rows: U32, fatigue: F64) -> None:
    """Those of the users who got the message who want no other by its medium."""
    plan, medium = world.plan.response.fatigue, rule.medium
    if plan is None or plan.opt_out == 0 or not rows.size:
        return
    leaving = rows[luck_of_message(world, rows, day, medium.opt_out_purpose) < chance_to_opt_out(plan, fatigue)]
    opt_out(world, leaving, medium)
    world.tallies.rules[rule.index, day, OPT_OUTS] += leaving.size
    world.tallies.opt_outs[day] += np.bincount(world.people.cell[leaving], minlength=world.plan.n_cells)


def _prompt(world: World, day: int, rule: RulePlan, rows: U32, hours: I64 | None) -> None:
    """Note who of those who opened the message would order because of it: the orders room settles who does."""
    topic = rule.topic
    if topic is None or topic.order[day] == 0 or not world.plan.orders.exist:
        return
    chance = topic.order[day] * (1.0 if hours is None else topic.by_hour[hours])
    would = (luck_of_message(world, rows, day, ORDER) < chance) & world.people.engaged[rows]
    world.today.prompted.append((rule.index, rows[would]))


def _count_incremental(world: World, day: int, returned: U32) -> int:
    """How many of those whom a message brings back would not have returned by themselves, in 30 days or the horizon.

    The same days for which both arms of a holdout are followed.
    """
    if world.natural_return is None:
        return returned.size
    last_day = min(day + FOLLOW_UP_DAYS, world.plan.n_days - 1)
    return int(np.count_nonzero(world.natural_return[returned] > last_day))


def _respond(world: World, day: int, rule: RulePlan, rows: U32) -> U32:
    """Bring lapsed users back, wake those who still have the habit; returns who came back."""
    people, response = world.people, world.plan.response
    awake, lapsed = split(rows, people.engaged)
    returned: U32 = lapsed
    if lapsed.size:
        chance = _return_chance(world, day, rule.coupon, lapsed)
        returned = lapsed[luck_of_message(world, lapsed, day, RETURN) < chance]
    if response.wakes != 1.0 and awake.size:
        lifts = np.log(response.wakes) * strength(world, awake, effect="message", habituation=response.habituation)
        target = target_of_activity(world.plan.retention.clock)
        world.effects.fade(awake, target, lifts, day=day, half_life_days=response.wakes_half_life_days)
    give_coupon(world, day, rule, np.concatenate([awake, returned]))
    take_up_habit(world, day, returned)
    return returned


def _return_chance(world: World, day: int, coupon: CouponPlan | None, rows: U32) -> F64 | float:
    """The probability that each of these lapsed users returns; one for all where nothing tells them apart."""
    response, brings_back = world.plan.response, float(world.plan.response.brings_back[day])
    if coupon is None and response.halves_every_days == np.inf:
        return brings_back
    days_away = day - world.people.last_active[rows].astype(np.int32)
    lift = _coupon_lift(world, day, coupon, rows)
    return return_probability(brings_back, response.halves_every_days, days_away, lift)


def return_probability(
    brings_back: float, halves_every_days: float, days_away: npt.NDArray[np.int32], lift: F64
) -> F64:
    """Probability that an opened message brings a lapsed user back.

    brings_back x 2^(-(days away - 1) / half), its odds then multiplied by the coupon's lift.
    """
    return odds_multiplied(brings_back * 0.5 ** (np.maximum(days_away - 1, 0) / halves_every_days), lift)


def _coupon_lift(world: World, day: int, coupon: CouponPlan | None, rows: U32) -> F64:
    """Factor on the odds of returning: per 10% off the user's own mean basket, to the power of the segment's gain."""
    response = world.plan.response
    if coupon is None or response.coupon_lift[day] == 1.0:
        return np.ones(rows.size)
    basket = np.maximum(world.people.basket[rows].astype(np.float64), 1.0)
    off = np.maximum(coupon.cents_off, basket * coupon.share_off)
    off = np.minimum(np.minimum(off, coupon.up_to_cents), basket)
    gain = response.gain[world.people.cell[rows] % world.plan.n_segments]
    lift: F64 = response.coupon_lift[day] ** (off / basket / TEN_PERCENT * gain)
    return lift


def give_coupon(world: World, day: int, rule: RulePlan, rows: U32) -> None:
    """Give the rule's coupon from tomorrow on; a new coupon replaces one that is held."""
    coupon, people = rule.coupon, world.people
    if coupon is None or not rows.size:
        return
    people.coupon_rule[rows] = rule.index
    people.coupon_until[rows] = min(day + coupon.valid_days, NEVER - 1)
    factor = world.plan.response.coupon_orders
    if factor != 1.0:
        lifts = np.full(rows.size, np.log(factor))
        world.effects.hold(rows, ORDERS, lifts, day=day, days=coupon.valid_days)
