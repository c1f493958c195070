"""One person's life: what changes in its columns from day to day, with the messages it gets."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from sim.engine.people import NEVER
from sim.errors import UsageError
from sim.formats import format_money
from sim.systems.content.life import content_events
from sim.systems.day import open_world
from sim.systems.journeys.life import Steps, journey_events, steps_of
from sim.systems.memberships.life import Standing, membership_events, standing_of
from sim.systems.messages.consent import is_given_up
from sim.systems.plan import Plan
from sim.systems.points.wallets import POINTS_COUNTS
from sim.systems.referral.life import referral_events
from sim.systems.service.life import service_events
from sim.systems.totals import run_counted
from sim.systems.world import World


@dataclass(frozen=True)
class Event:
    """Something that happened to the person on a day."""

    day: int
    date: date
    what: str
    detail: str


Watched = dict[str, int]
WATCHED = ("last_active", "active_days", "orders", "spend", "messages", "engaged", "coupon_rule", "coupon_until")
GIVEN_UP = ""
"""Stands for all media; no medium has an empty name."""
AT_SIGN_UP: Watched = dict.fromkeys(WATCHED, 0) | {
    "active_days": 1, "engaged": 1, "coupon_rule": -1, "coupon_until": NEVER
}  # fmt: skip


def trace_person(plan: Plan, person: int, *, seed: int, replicate: int) -> list[Event]:
    """The events of agent `person` (numbered through the segments in their order) in one replicate.

    Raises:
        UsageError: there is no such person.
    """
    return trace_life(plan, person, seed=seed, replicate=replicate)[0]


def trace_life(plan: Plan, person: int, *, seed: int, replicate: int) -> tuple[list[Event], dict[str, int]]:
    """As `trace_person`, with what the person did within the horizon, as `run_counted` counts it.

    Raises:
        UsageError: there is no such person.
    """
    n = plan.market.n_agents
    if not 0 <= person < n:
        raise UsageError(f"there is no person {person:,}: the market has {n:,} agents, numbered from 0")
    edges = np.cumsum(plan.market.agents)
    segment = int(np.searchsorted(edges, person, side="right"))
    index = person - int(edges[segment] - plan.market.agents[segment])
    events: list[Event] = []
    world, watch = open_world(plan, seed, replicate), _watcher(plan, segment, index, events)
    if plan.first_users is not None:
        watch(world, plan.first_day - 1)
    totals = run_counted(world, watch)
    return events, {name: int(column[person]) for name, column in totals.items()}


def _watcher(plan: Plan, segment: int, index: int, events: list[Event]) -> Callable[[World, int], None]:
    """A step that compares the person's row at the end of each day with that of the day before."""
    before: Watched = {}
    row: list[int] = []
    left: set[str] = set()
    given: dict[int, int] = {}
    standing = Standing()
    steps: Steps = ()

    def watch(world: World, day: int) -> None:
        nonlocal before, standing, steps
        if not row:
            found = _find_row(world, segment, index)
            if found is None:
                return
            row.append(found)
        after = {name: int(getattr(world.people, name)[row[0]]) for name in WATCHED}
        when = plan.start + timedelta(days=day)
        was, standing = standing, standing_of(world, row[0])
        stood, steps = steps, steps_of(world, row[0])
        changes = [
            *_changes(world, row[0], before, after, day),
            *_points(world, row[0], day),
            *_given(world, row[0], given),
            *membership_events(world, was, standing),
            *service_events(world, row[0]),
            *referral_events(world, row[0], day),
            *journey_events(world, row[0], stood, steps),
            *content_events(world, row[0]),
        ]
        events.extend(Event(day - plan.first_day, when, what, detail) for what, detail in changes)
        gone = [name for name, out in world.consent.opted_out.items() if out[row[0]] and name not in left]
        events.extend(Event(day - plan.first_day, when, "opted out", f"of {name}") for name in gone)
        left.update(gone)
        if GIVEN_UP not in left and is_given_up(world, np.array(row, np.uint32))[0]:
            events.append(Event(day - plan.first_day, when, "no more messages", "by any medium"))
            left.add(GIVEN_UP)
        before = after

    return watch


def _find_row(world: World, segment: int, index: int) -> int | None:
    people = world.people
    is_segment = people.cell[: people.n] % world.plan.n_segments == segment
    found = np.flatnonzero(is_segment & (people.person[: people.n] == index))
    return int(found[0]) if found.size else None


def _changes(world: World, row: int, before: Watched, after: Watched, day: int) -> list[tuple[str, str]]:
    """(what, detail) of each event of the day, in the order in which a day happens."""
    plan, changes = world.plan, []
    if not before:
        cell = int(world.people.cell[row])
        channel, segment = plan.channels.names[cell // plan.n_segments], plan.market.segments[cell % plan.n_segments]
        is_first_user = world.people.signup_day[row] < plan.first_day
        described = ", ".join((f"by {channel}", f"segment {segment}", *_declared(world, row)))
        changes.append(("a user already" if is_first_user else "signed up", described))
        before = after if is_first_user else AT_SIGN_UP
    n_messages = after["messages"] - before["messages"]
    was_brought_back = n_messages > 0 and after["engaged"] > before["engaged"]
    if was_brought_back:
        changes.append(_messaged(n_messages))
    if after["active_days"] > before["active_days"]:
        away = day - before["last_active"]
        changes.append(("active", "" if away == 1 else f"after {away} days away"))
    if after["orders"] > before["orders"]:
        n = after["orders"] - before["orders"]
        paid = format_money(after["spend"] - before["spend"])
        changes.append(("ordered", f"{n} order{'s' if n > 1 else ''}, {paid} paid"))
    if before["coupon_rule"] >= 0 > after["coupon_rule"]:
        changes.append(("used coupon", f"of rule {plan.rule_names[before['coupon_rule']]}"))
    if n_messages > 0 and not was_brought_back:
        changes.append(_messaged(n_messages))
    terms = ("coupon_rule", "coupon_until")
    if after["coupon_rule"] >= 0 and any(after[term] != before[term] for term in terms):
        changes.append(("got coupon", f"of rule {plan.rule_names[after['coupon_rule']]}"))
    if after["engaged"] != before["engaged"]:
        changes.append(("took up the habit again", "latent") if after["engaged"] else ("lapsed", "latent"))
    return changes


def _given(world: World, row: int, given: dict[int, int]) -> Iterator[tuple[str, str]]:
    """What rules have given the user today; `given` holds, by the position of the giver, until when so far."""
    plan = world.plan
    for position, held in world.holdings.granted.items():
        giver = plan.holdings.givers[position]
        if not giver.is_rule:
            continue
        for until in held.until[held.rows == row].tolist():
            if until > given.get(position, plan.first_day - 1):
                given[position] = until
                names = ", ".join(plan.holdings.privileges[index].name for index in giver.privileges)
                last = plan.start + timedelta(days=until)
                yield "given the privilege", f"{names} until {last}, of rule {giver.name}"


def _points(world: World, row: int, day: int) -> Iterator[tuple[str, str]]:
    """Rewards that the user has taken today, what it gave and was given, and what has expired."""
    for wallet in world.wallets.values():
        if wallet.day != day:
            continue
        plan = wallet.plan
        for reward, rows in wallet.took:
            if row in rows:
                yield "took a reward", f"{plan.rewards.names[reward]}, {plan.rewards.price[day, reward]:,} {plan.name}"
        for givers, receivers, arriving, fees in wallet.gave:
            for arrived, fee in zip(arriving[givers == row].tolist(), fees[givers == row].tolist(), strict=True):
                yield "gave points", f"{arrived:,} {plan.name} to another user, fee {fee:,}"
            for arrived in arriving[receivers == row].tolist():
                yield "received points", f"{arrived:,} {plan.name} of another user"
        for rows, amounts, to in wallet.lost:
            for amount in amounts[rows == row].tolist():
                yield "lost points", f"{amount:,} {plan.name} {POINTS_COUNTS[to]}"


def _declared(world: World, row: int) -> Iterator[str]:
    """What the scenario declares of a user, such as "city 上海"."""
    for attribute in world.plan.attributes:
        value = int(world.declared[attribute.name][row])
        yield f"{attribute.name} {attribute.labels[value] if attribute.labels else value}"


def _messaged(n: int) -> tuple[str, str]:
    return "messaged", "" if n == 1 else f"{n} messages"
