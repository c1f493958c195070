"""What channels do on a day: the pressure on each segment, and the cost."""

from __future__ import annotations

import numpy as np

from sim.systems.books.accounts import ACQUISITION
from sim.systems.world import World


def press(world: World, day: int) -> None:
    """The pressure of each channel on each segment today.

    Word of mouth is caused by yesterday's users, so that nobody brings anybody on the day of its own sign-up.
    """
    channels = world.channels
    expected = channels.signups[day]
    if channels.has_word_of_mouth and day > 0:
        per_agent = world.plan.market.people_per_agent
        active = (float(world.tallies.dau[day - 1].sum()) + world.holdings.extra_active) * per_agent
        users = (world.people.n + world.holdings.extra_users) * per_agent
        expected = expected + channels.per_active[day] * active + channels.per_user[day] * users
    world.today.hazards = expected[:, None] * channels.reach_of_person


def book_acquisition(world: World, day: int) -> None:
    """Book what the channels cost today, with fees for today's sign-ups."""
    plan = world.plan
    cents = world.channels.cost_cents[day].ravel()
    per_signup = world.channels.cost_per_signup[day]
    if per_signup.any():
        persons = world.scaled(world.tallies.new[day])
        cents = cents + np.rint(np.repeat(per_signup * 100, plan.n_segments) * persons).astype(np.int64)
    world.ledger.book(day, ACQUISITION, 0, -cents)
