"""What channels do on a day: the pressure on each segment, recorded sign-ups, the cost."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from sim.systems.books.accounts import ACQUISITION
from sim.systems.market.plan import split_whole
from sim.systems.world import World


def press(world: World, day: int) -> None:
    """The pressure of each channel on each segment today, and who is on record as having signed up.

    Word of mouth is caused by yesterday's users, so that nobody brings anybody on the day of its own sign-up.
    """
    channels = world.plan.channels
    expected = channels.signups[day]
    if channels.has_word_of_mouth and day > 0:
        per_agent = world.plan.market.people_per_agent
        active = float(world.tallies.dau[day - 1].sum()) * per_agent
        users = world.people.n * per_agent
        expected = expected + channels.per_active[day] * active + channels.per_user[day] * users
    world.today.hazards = expected[:, None] * channels.reach_of_person
    world.today.recorded = list(_recorded(world, day)) if channels.history else []


def _recorded(world: World, day: int) -> Iterator[tuple[int, int, int]]:
    """(channel, segment, agents) that history says signed up today, segments as the channel reaches them."""
    plan = world.plan
    for channel, persons in plan.channels.history:
        so_far, before = int(persons[: day + 1].sum()), int(persons[:day].sum())
        per_agent = plan.market.people_per_agent
        n = so_far // per_agent - before // per_agent
        if n == 0:
            continue
        shares = plan.channels.share_of_segment[channel]
        done = world.tallies.new[:day].sum(axis=0).reshape(plan.n_channels, plan.n_segments)[channel]
        wanted = np.maximum(shares * (so_far // per_agent) - done, 0.0)
        for segment, agents in enumerate(split_whole(n, wanted / wanted.sum())):
            if agents:
                yield channel, segment, int(agents)


def book_acquisition(world: World, day: int) -> None:
    """Book what the channels cost today, with fees for today's sign-ups."""
    plan = world.plan
    cents = plan.channels.cost_cents[day].ravel()
    per_signup = plan.channels.cost_per_signup[day]
    if per_signup.any():
        persons = world.scaled(world.tallies.new[day])
        cents = cents + np.rint(np.repeat(per_signup * 100, plan.n_segments) * persons).astype(np.int64)
    world.ledger.book(day, ACQUISITION, 0, -cents)
