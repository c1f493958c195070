"""What channels do on a day: the pressure on each segment, and the cost."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sim.systems.books.accounts import ACQUISITION
from sim.systems.satisfaction.mood import sums_of_active, sums_of_all
from sim.systems.world import World

F64 = npt.NDArray[np.float64]


def press(world: World, day: int) -> None:
    """The pressure of each channel on each segment today.

    Word of mouth is caused by yesterday's users, so that nobody brings anybody on the day of its own sign-up.
    """
    channels = world.channels
    expected = channels.signups[day]
    if channels.has_word_of_mouth and day > 0:
        expected = expected + _by_word_of_mouth(world, day)
    world.today.hazards = expected[:, None] * channels.reach_of_person


def _by_word_of_mouth(world: World, day: int) -> F64:
    """Sign-ups that yesterday's talk would bring in an untouched market, float64 (n_channels,).

    The dissatisfied may silence a channel, no more: nobody who has signed up is talked out of it.
    """
    channels, per_agent = world.channels, world.plan.market.people_per_agent
    active: F64 | float = float(world.tallies.dau[day - 1].sum()) + world.holdings.extra_active
    users: F64 | float = world.people.n + world.holdings.extra_users
    if world.mood is not None and channels.moods.any():
        glad, sad = channels.moods
        more, less = sums_of_active(world, day - 1)
        active = np.maximum(active + glad * more - sad * less, 0.0)
        more, less = sums_of_all(world.mood)
        users = np.maximum(users + glad * more - sad * less, 0.0)
    expected: F64 = channels.per_active[day] * (active * per_agent) + channels.per_user[day] * (users * per_agent)
    return expected


def book_acquisition(world: World, day: int) -> None:
    """Book what the channels cost today, with fees for today's sign-ups."""
    plan = world.plan
    cents = world.channels.cost_cents[day].ravel()
    per_signup = world.channels.cost_per_signup[day]
    if per_signup.any():
        persons = world.scaled(world.tallies.new[day])
        cents = cents + np.rint(np.repeat(per_signup * 100, plan.n_segments) * persons).astype(np.int64)
    world.ledger.book(day, ACQUISITION, 0, -cents)
