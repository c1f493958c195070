"""Amounts that the books could not hold: money is counted in whole parts of a cent, and those have 63 bits."""

from __future__ import annotations

from collections.abc import Iterator

from sim.scenario.findings import Finding, Path
from sim.systems.channels.schema import Community, Offline, Paid, Partner
from sim.systems.content.schema import most_items
from sim.systems.messages.hours import HOURS_PER_DAY
from sim.systems.scenario import Scenario

MOST_ON_A_DAY = 1e12
"""Currency units of one kind that one day may see, where a millionth of a unit is counted."""
MOST_IN_BASKETS = 1e14
"""The same for baskets, of which whole cents are counted, over a decade of days."""


def check_magnitudes(scenario: Scenario) -> Iterator[Finding]:
    """Amounts that, for every person of the market on one day, are more than the books hold."""
    persons = max(scenario.market.size.value, 1)
    agents = max(persons / scenario.market.people_per_agent.value, 1)
    for path, amount in _amounts_per_person(scenario):
        yield from _too_large(path, amount, MOST_ON_A_DAY / persons, scenario)
    for path, amount, per_day in _items(scenario):
        yield from _too_large(path, amount, MOST_ON_A_DAY / persons / per_day, scenario)
    for path, mean in _baskets(scenario):
        # Cohorts count contributions in a millionth of a unit, of agents; the ledger in cents, of persons.
        yield from _too_large(path, mean, min(MOST_ON_A_DAY / agents, MOST_IN_BASKETS / persons), scenario)
    yield from _by_number(scenario)


def _by_number(scenario: Scenario) -> Iterator[Finding]:
    """Amounts of which one day has as many as the scenario says: hours of people, events, items."""
    for name, desk in scenario.policy.desks.items():
        people = sum(shift.staff.largest for shift in desk.shifts.values())
        if desk.cost_per_hour.largest * people * HOURS_PER_DAY > MOST_ON_A_DAY:
            message = f"is too large: with {people:,.0f} people it comes to more than {MOST_ON_A_DAY:,.0f} a day"
            yield Finding(
                ("policy", "desks", name, "cost_per_hour"), message, also=(("policy", "desks", name, "shifts"),)
            )
    for name, channel in scenario.channels.items():
        if isinstance(channel, Offline) and channel.events.largest * channel.event_cost.largest > MOST_ON_A_DAY:
            message = f"is too large: with so many events it comes to more than {MOST_ON_A_DAY:,.0f} a day"
            yield Finding(("channels", name, "event_cost"), message, also=(("channels", name, "events"),))
    for name, content in scenario.policy.content.items():
        seeds, seeds_path = content.seeds, ("policy", "content", name, "seeds")
        if seeds is not None and seeds.items.largest * seeds.cost.largest > MOST_ON_A_DAY:
            message = f"is too large: with so many items it comes to more than {MOST_ON_A_DAY:,.0f} a day"
            yield Finding((*seeds_path, "cost"), message, also=((*seeds_path, "items"),))


def _too_large(path: Path, amount: float, most: float, scenario: Scenario) -> Iterator[Finding]:
    if amount > most:
        persons = scenario.market.size.value
        yield Finding(
            path,
            f"is too large: from {persons:,.0f} persons it comes to more than the books can hold on one day",
            allowed=f"at most {f'{most:,.0f}' if most >= 1 else f'{most:g}'} {scenario.currency}",
            also=(("market", "size"),),
        )


def _amounts_per_person(scenario: Scenario) -> Iterator[tuple[Path, float]]:
    yield from _of_journeys(scenario)
    yield ("income", "advertising_per_active_day"), scenario.income.advertising_per_active_day.largest
    for name, stage in scenario.policy.stages.items():
        if stage.advertising_per_active_day is not None:
            path = ("policy", "stages", name, "advertising_per_active_day")
            yield path, stage.advertising_per_active_day.largest
    for name, privilege in scenario.privileges.items():
        yield ("privileges", name, "cost"), privilege.cost.largest
        yield ("privileges", name, "cost_per_order"), privilege.cost_per_order.largest
    for name, status in scenario.policy.statuses.items():
        if status.content is not None:
            yield ("policy", "statuses", name, "content"), status.content.largest
    for name, membership in scenario.policy.memberships.items():
        yield ("policy", "memberships", name, "price"), membership.price.largest
        if membership.trial is not None:
            yield ("policy", "memberships", name, "trial", "price"), membership.trial.price.largest
    for name, programme in scenario.policy.points.items():
        for reward, entry in programme.rewards.items():
            at = ("policy", "points", name, "rewards", reward)
            yield (*at, "price_in_money"), entry.price_in_money.largest
            yield (*at, "cost"), entry.cost.largest
    for name, referral in scenario.policy.referrals.items():
        for side, given in (("referrer", referral.referrer), ("referred", referral.referred)):
            yield ("policy", "referrals", name, side, "money"), given.money.largest
    for name, medium in scenario.media.items():
        yield ("media", name, "price"), medium.price.largest
    for name, channel in scenario.channels.items():
        if isinstance(channel, Partner):
            yield ("channels", name, "fee"), channel.fee.largest
        elif isinstance(channel, (Paid, Community)) and channel.price.per == "sign-up":
            yield ("channels", name, "price"), channel.price.largest


def _of_journeys(scenario: Scenario) -> Iterator[tuple[Path, float]]:
    for name, touchpoint in scenario.policy.touchpoints.items():
        yield ("policy", "touchpoints", name, "cost_per_visit"), touchpoint.cost_per_visit.largest
    for journey, steps in scenario.policy.journeys.items():
        for name, eased in steps.items():
            path = ("policy", "journeys", journey, name)
            yield (*path, "cost"), eased.cost.largest
            for channel, money in eased.commissions.items():
                yield (*path, "commissions", channel), money.largest


def _items(scenario: Scenario) -> Iterator[tuple[Path, float, float]]:
    """What is paid for each item, and how many of these one person makes on a day: one at least."""
    for name, policy in scenario.policy.content.items():
        kind, path = scenario.content.get(name), ("policy", "content", name)
        per_day = 1.0 if kind is None else max(most_items(kind, policy, scenario.market.segments), 1.0)
        yield (*path, "reward", "money"), policy.reward.money.largest, per_day
        if policy.moderation is not None:
            yield (*path, "moderation", "cost"), policy.moderation.cost.largest, per_day


def _baskets(scenario: Scenario) -> Iterator[tuple[Path, float]]:
    for journey, one in scenario.journeys.items():
        for name, step in one.steps.items():
            if step.order is not None:
                yield ("journeys", journey, "steps", name, "order", "price"), step.order.price.largest
    if scenario.orders is None:
        return
    basket = scenario.orders.basket
    largest = max(segment.basket.value for segment in scenario.market.segments.values())
    yield ("orders", "basket", "mean" if basket.gamma_gamma is None else "gamma_gamma"), basket.mean_of_all * largest
