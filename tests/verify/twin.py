"""The slow twin: the same world in plain Python, one SimPy process per person.

It shares with the engine the address of each draw (`draw`, in its plain form) and the numbers of the frozen plan, and
nothing else: no columns, no compiled code, no sorted thresholds, no lists of live effects. Scalars of NumPy's float32
stand where the engine keeps float32, so that comparisons of a probability with a uniform agree to the last bit.

Budgets and capacities compare users with each other and are left out; all that concerns one person is here.
"""

from __future__ import annotations

import math
from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import simpy

from sim.engine.draws import ReplicateKey, draw, person_address, purpose
from sim.systems.plan import Plan
from sim.systems.rules.plan import NO_LIMIT, CouponPlan, RulePlan

f32 = np.float32
F32 = np.float32
Process = Generator[simpy.Event, None, None]

Z_MAX = 23.0
ENGAGED_DAYS, ACTIVE_DAYS, ORDERS_ARE_ACTIVITY = 0, 1, 2
ACTIVITY, ORDER_RATE = "activity", "orders"


def table_value(table: npt.NDArray[np.float64], u: float) -> float:
    """The cubic through the four knots around logit(u), knots being evenly spaced from -23 to 23."""
    n = len(table)
    position = (math.log(u / (1 - u)) + Z_MAX) / (2 * Z_MAX / (n - 1))
    i = min(max(int(position), 1), n - 3)
    t = position - i
    before, left, right, after = (float(table[i + d]) for d in (-1, 0, 1, 2))
    slope_left, slope_right = (right - before) * 0.5, (after - left) * 0.5
    a = 2 * (left - right) + slope_left + slope_right
    b = 3 * (right - left) - 2 * slope_left - slope_right
    return ((a * t + b) * t + slope_left) * t + left


def with_odds(p: F32, factor: F32) -> F32:
    """The probability whose odds are `factor` times those of `p`."""
    raised = factor * p
    below = (f32(1) - p) + raised
    return raised / below if below > 0 else f32(0)


@dataclass
class Lift:
    """An effect on one user."""

    target: str
    log_factor: float
    half_life_days: float
    given_on: int
    last_day: int

    def factor(self, day: int) -> F32:
        """What it multiplies on `day`; 1 when it is over."""
        if not self.given_on < day <= self.last_day:
            return f32(1)
        left = (0.5 ** (1 / self.half_life_days)) ** (day - self.given_on - 1) if self.half_life_days else 1.0
        return f32(math.exp(self.log_factor * left))


@dataclass
class Person:
    """One person: first a threshold, later a user."""

    segment: int
    index: int
    threshold: float
    signup_day: int = -1
    channel: int = -1
    engaged: bool = False
    engaged_since: int = -1
    lapse_day: int = -1
    last_active: int = -1
    active_days: int = 0
    orders: int = 0
    spend: int = 0
    last_order: int = -1
    messages: int = 0
    activity: F32 = field(default_factory=lambda: f32(0))
    lapse: F32 = field(default_factory=lambda: f32(0))
    order_rate: F32 = field(default_factory=lambda: f32(0))
    basket: F32 = field(default_factory=lambda: f32(0))
    coupon: RulePlan | None = None
    coupon_until: int = -1
    lifts: list[Lift] = field(default_factory=list)
    returns: list[tuple[int, int]] = field(default_factory=list)
    message_days: dict[str, list[int]] = field(default_factory=dict)
    attempts: dict[tuple[str, int], int] = field(default_factory=dict)
    diary: dict[int, tuple[int, ...]] = field(default_factory=dict)


class Twin:
    """One replicate of a plan, told person by person."""

    def __init__(self, plan: Plan, seed: int, replicate: int) -> None:
        self.plan, self.key = plan, ReplicateKey.of(seed, replicate)
        self.pressure = [0.0] * plan.n_segments
        self.hazards: list[list[float]] = []
        self.active_on = [0] * plan.n_days
        self.n_users = 0
        self.books: dict[str, int] = {}
        self.steps = {name: [0, 0] for name in plan.onboarding.names}
        self.persons = [
            Person(segment, index, self._threshold(segment, index))
            for segment, n in enumerate(plan.market.agents)
            for index in range(int(n))
        ]

    def run(self) -> Twin:
        """Live through all days."""
        environment = simpy.Environment()
        environment.process(self._press(environment))
        for person in self.persons:
            environment.process(self._live(environment, person))
        environment.run(until=self.plan.n_days)
        return self

    # --- draws

    def luck(self, person: Person, day: int, name: str, k: int = 0) -> float:
        """The person's uniform for a purpose given by name."""
        return self.luck_at(person, day, purpose(name), k)

    def luck_at(self, person: Person, day: int, code: int, k: int = 0) -> float:
        """The person's uniform for a purpose given by its address."""
        address = person_address(int(self.plan.market.addresses[person.segment]), person.index)
        return draw(self.key, address, day, int(code), k)

    def _threshold(self, segment: int, index: int) -> float:
        market, nobody = self.plan.market, Person(segment, index, 0.0)
        u = self.luck(nobody, 0, "adoption")
        category = next((i for i, edge in enumerate(market.category_edges) if u <= edge), -1)
        strength = float(market.susceptibility[category])
        high, low = (int(self.luck(nobody, 0, "adoption", k) * 2**32) for k in (1, 2))
        fine = (high * 2**21 + (low >> 11) + 0.5) * 2.0**-53
        return -math.log(fine) / strength if strength > 0 else math.inf

    # --- the market

    def _press(self, environment: simpy.Environment) -> Process:
        """Each morning: what every channel presses with on every segment."""
        channels = self.plan.channels
        while True:
            day = int(environment.now)
            expected = channels.signups[day]
            if day > 0:
                expected = expected + channels.per_active[day] * float(self.active_on[day - 1])
                expected = expected + channels.per_user[day] * float(self.n_users)
            self.hazards = [
                [float(expected[c] * channels.reach_of_person[c, s]) for c in range(self.plan.n_channels)]
                for s in range(self.plan.n_segments)
            ]
            for segment, hazards in enumerate(self.hazards):
                self.pressure[segment] += sum(hazards)
            yield environment.timeout(1)

    def _live(self, environment: simpy.Environment, person: Person) -> Process:
        """A person's days: waiting, the first day, and all others."""
        while self.pressure[person.segment] < person.threshold:
            yield environment.timeout(1)
        self._sign_up(person, int(environment.now))
        while True:
            self._obey_rules(person, int(environment.now))
            self._write_diary(person, int(environment.now))
            yield environment.timeout(1)
            self._spend_day(person, int(environment.now))

    # --- the first day

    def _sign_up(self, person: Person, day: int) -> None:
        plan = self.plan
        names, hazards = plan.channels.names, self.hazards[person.segment]
        times = [
            -math.log(self.luck(person, 0, f"channel:{name}")) / hazard if hazard > 0 else math.inf
            for name, hazard in zip(names, hazards, strict=True)
        ]
        person.channel = times.index(min(times))
        person.signup_day = day
        person.engaged, person.engaged_since = True, day
        self.n_users += 1
        self._be_active(person, day)
        self._draw_traits(person)
        for s, name in enumerate(plan.onboarding.names):
            self.steps[name][0] += 1
            if self.luck(person, 0, f"onboarding:{name}") >= plan.onboarding.pass_rates[s, person.channel, day]:
                factor = float(plan.onboarding.lapse_if_failed[s])
                if factor != 1:
                    person.lapse = f32(1 - (1 - float(person.lapse)) ** factor)
                return
            self.steps[name][1] += 1
            if name == "first order":
                self._order(person, day, 1)

    def _cell(self, person: Person) -> int:
        return person.channel * self.plan.n_segments + person.segment

    def _draw_traits(self, person: Person) -> None:
        plan, cell = self.plan, self._cell(person)
        retention, curve = plan.retention, int(plan.retention.curve_of_cell[cell])
        u = [self.luck(person, 0, "traits", k) for k in range(4)]
        p = 1 / (1 + math.exp(-table_value(retention.activity_tables[curve], u[0])))
        d = 1 / (1 + math.exp(-table_value(retention.lapse_tables[curve], u[1])))
        quality = float(plan.channels.quality[person.channel])
        person.activity = f32(quality * p / (1 - p + quality * p))
        person.lapse = f32(d if quality == 1 else 1 - (1 - d) ** (1 / quality))
        orders, segment = plan.orders, person.segment
        person.order_rate = f32(math.exp(table_value(orders.rate_table, u[2])) * orders.rate_factor[segment])
        person.basket = f32(math.exp(table_value(orders.basket_table, u[3])) * orders.basket_factor[segment])

    # --- any other day

    def _spend_day(self, person: Person, day: int) -> None:
        if person.engaged and person.engaged_since < day:
            self._engaged_day(person, day)
        for due, lapse_day in person.returns:
            if due == day and not person.engaged and person.lapse_day == lapse_day:
                self._take_up(person, day)

    def _lifted(self, person: Person, target: str, value: F32, day: int) -> F32:
        for lift in person.lifts:
            factor = lift.factor(day)
            if lift.target == target and factor != 1:
                value = with_odds(value, factor) if target == ACTIVITY else f32(value * factor)
        return value

    def _engaged_day(self, person: Person, day: int) -> None:
        clock = self.plan.retention.clock
        activity, orders = self._factors(person, day)
        lapses = self.luck(person, day, "day", 1) < float(person.lapse)
        p = with_odds(self._lifted(person, ACTIVITY, person.activity, day), activity)
        active = self.luck(person, day, "day", 0) < float(p)
        if clock == ACTIVE_DAYS:
            lapses = lapses and active
        else:
            active = active and not lapses
        if clock == ORDERS_ARE_ACTIVITY:
            active = not lapses
        if lapses:
            self._lapse(person, day)
        if not active:
            return
        rate = self._lifted(person, ORDER_RATE, person.order_rate, day)
        n = self._count_orders(float(f32(rate * orders)), self.luck(person, day, "day", 2))
        if clock != ORDERS_ARE_ACTIVITY or n > 0:
            self._be_active(person, day)
        if self.plan.orders.exist and n > 0:
            self._order(person, day, n)

    def _factors(self, person: Person, day: int) -> tuple[F32, F32]:
        """Season times the campaigns of the day, on the odds of activity and on the order rate."""
        seasons = self.plan.seasons
        activity = float(f32(seasons.activity[day]))
        orders = float(f32(seasons.orders[day] * self.plan.orders.rate[day]))
        for campaign in seasons.campaigns:
            if campaign.segments[person.segment] and 0 <= day - campaign.first_day < campaign.n_days:
                activity *= campaign.activity
                orders *= campaign.orders
        for campaign in seasons.campaigns:
            after = day - campaign.first_day - campaign.n_days
            if campaign.segments[person.segment] and 0 <= after < campaign.after_days:
                orders *= campaign.after_factor
        return f32(activity), f32(orders)

    def _count_orders(self, mean: float, u: float) -> int:
        """The smallest n whose Poisson distribution function reaches u."""
        term = math.exp(-mean)
        reached, n = term, 0
        while u > reached and n < self.plan.orders.at_most_per_day:
            n += 1
            term *= mean / n
            reached += term
        return n

    def _lapse(self, person: Person, day: int) -> None:
        person.engaged, person.lapse_day = False, day
        chance = self.plan.retention.return_per_day
        if chance > 0:
            wait = math.ceil(math.log(self.luck(person, day, "natural return")) / math.log1p(-chance))
            person.returns.append((day + wait, day))

    def _be_active(self, person: Person, day: int) -> None:
        if person.last_active < day:
            person.last_active = day
            person.active_days += 1
            self.active_on[day] += 1

    def _take_up(self, person: Person, day: int) -> None:
        self._be_active(person, day)
        person.engaged, person.engaged_since = True, day

    # --- orders

    def _order(self, person: Person, day: int, n: int) -> None:
        for k in range(n):
            factor = math.exp(table_value(self.plan.orders.order_table, self.luck(person, day, "basket", k)))
            gross = max(round(float(person.basket) * factor), 1)
            off = round(gross * self._discount(person, day))
            coupon = self._redeem(person, day, gross - off)
            paid = gross - off - coupon
            person.spend += paid
            self._book(gross, off, coupon, paid, day)
        person.orders += n
        person.last_order = day

    def _discount(self, person: Person, day: int) -> float:
        return max(
            (
                campaign.discount
                for campaign in self.plan.seasons.campaigns
                if campaign.segments[person.segment] and 0 <= day - campaign.first_day < campaign.n_days
            ),
            default=0.0,
        )

    def _redeem(self, person: Person, day: int, left: int) -> int:
        """Cents that the coupon takes off, if one is held that is valid for this basket."""
        rule = person.coupon
        if rule is None or rule.coupon is None or day > person.coupon_until or left < rule.coupon.over_cents:
            return 0
        person.coupon = None
        self._end_held_lifts(person, day)
        off = max(rule.coupon.cents_off, round(left * rule.coupon.share_off))
        return min(off, rule.coupon.up_to_cents, left)

    def _book(self, gross: int, off: int, coupon: int, paid: int, day: int) -> None:
        goods = round(gross * (1 - float(self.plan.orders.margin[day])))
        amounts = {"discounts": -off, "coupons": -coupon}
        if self.plan.orders.sells_itself:
            amounts |= {"sales": gross, "goods": -goods}
        amounts["commission"] = round(paid * float(self.plan.income.commission[day]))
        for account, cents in amounts.items():
            self.books[account] = self.books.get(account, 0) + cents

    def _end_held_lifts(self, person: Person, day: int) -> None:
        for lift in person.lifts:
            if lift.target == ORDER_RATE and not lift.half_life_days:
                lift.last_day = min(lift.last_day, day)

    # --- rules

    def _obey_rules(self, person: Person, day: int) -> None:
        for rule in self.plan.rules:
            if (
                day in rule.when.acts_on
                and self._is_selected(person, day, rule)
                and self._is_allowed(person, day, rule)
            ):
                person.message_days.setdefault(rule.name, []).append(day)
                attempt = (rule.name, person.last_active)
                person.attempts[attempt] = person.attempts.get(attempt, 0) + 1
                person.messages += 1
                self._receive(person, day, rule)

    def _is_selected(self, person: Person, day: int, rule: RulePlan) -> bool:
        if rule.when.waves and day - person.last_active not in rule.when.waves:
            return False
        return rule.who is None or bool(eval(rule.who.text, {}, self._attributes(person, day)))  # noqa: S307

    def _attributes(self, person: Person, day: int) -> dict[str, Any]:
        return {
            "days_inactive": day - person.last_active,
            "days_since_signup": day - person.signup_day,
            "active_days": person.active_days,
            "orders": person.orders,
            "spend": person.spend / 100,
            "days_since_order": day - (person.last_order if person.last_order >= 0 else person.signup_day),
            "messages": person.messages,
            "has_coupon": int(person.coupon is not None and day <= person.coupon_until),
            "segment": self.plan.market.segments[person.segment],
            "channel": self.plan.channels.names[person.channel],
        }

    def _is_allowed(self, person: Person, day: int, rule: RulePlan) -> bool:
        if self.luck_at(person, 0, rule.holdout_purpose) < rule.holdout:
            return False
        if self.luck_at(person, 0, rule.medium.opt_in_purpose) >= rule.medium.opt_in:
            return False
        everything = [sent for days in person.message_days.values() for sent in days]
        own = person.message_days.get(rule.name, [])
        for cap, sent_on in ((self.plan.contact, everything), (rule.per_user, own)):
            if cap is not None and sum(day - cap.days < sent for sent in sent_on) >= cap.messages:
                return False
        return rule.attempts == NO_LIMIT or person.attempts.get((rule.name, person.last_active), 0) < rule.attempts

    def _receive(self, person: Person, day: int, rule: RulePlan) -> None:
        medium, response = rule.medium, self.plan.response
        turn = sum(sent == day for days in person.message_days.values() for sent in days) - 1
        if self.luck_at(person, day, medium.delivery_purpose, turn) >= medium.delivery[day]:
            return
        if self.luck_at(person, day, medium.open_purpose, turn) >= medium.open[day]:
            return
        was_engaged = person.engaged
        if was_engaged and response.wakes != 1:
            half = response.wakes_half_life_days
            last = day + math.ceil(half * math.log2(100))
            target = ORDER_RATE if self.plan.retention.clock == ORDERS_ARE_ACTIVITY else ACTIVITY
            live = next((one for one in person.lifts if one.target == target and one.half_life_days), None)
            left = 0.0
            if live is not None:
                person.lifts.remove(live)
                decay = 0.5 ** (1 / half)
                left = live.log_factor * decay ** (day - live.given_on) if live.last_day > day else 0.0
            person.lifts.append(Lift(target, left + math.log(response.wakes), half, day, last))
        returns = False
        if not was_engaged:
            returns = self.luck(person, day, "return after message", turn) < self._chance(person, day, rule)
        if rule.coupon is not None and (was_engaged or returns):
            self._give_coupon(person, day, rule, rule.coupon)
        if returns:
            self._take_up(person, day)

    def _chance(self, person: Person, day: int, rule: RulePlan) -> float:
        response, coupon = self.plan.response, rule.coupon
        away = max(day - person.last_active - 1, 0)
        p = float(response.brings_back[day]) * 0.5 ** (away / response.halves_every_days)
        if coupon is None or p >= 1:
            return p
        basket = float(person.basket)
        off = min(max(coupon.cents_off, basket * coupon.share_off), coupon.up_to_cents, basket)
        lift = float(response.coupon_lift[day]) ** (off / basket / 0.1 * float(response.gain[person.segment]))
        return p / (1 - p) * lift / (1 + p / (1 - p) * lift)

    def _give_coupon(self, person: Person, day: int, rule: RulePlan, coupon: CouponPlan) -> None:
        self._end_held_lifts(person, day)
        person.coupon, person.coupon_until = rule, day + coupon.valid_days
        if self.plan.response.coupon_orders != 1:
            log_factor = math.log(self.plan.response.coupon_orders)
            person.lifts.append(Lift(ORDER_RATE, log_factor, 0.0, day, day + coupon.valid_days))

    def _write_diary(self, person: Person, day: int) -> None:
        person.diary[day] = (
            int(person.last_active == day),
            person.active_days,
            int(person.engaged),
            person.orders,
            person.spend,
            person.messages,
            -1 if person.coupon is None else person.coupon.index,
        )
