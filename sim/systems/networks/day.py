"""Talk along ties: today's users tell those whom they are tied to, which presses on these tomorrow."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sim.engine.compiled import compiled
from sim.systems.networks.ties import Networks, Ties, persons_of
from sim.systems.satisfaction.mood import satisfaction_of
from sim.systems.world import World

U32 = npt.NDArray[np.uint32]
F64 = npt.NDArray[np.float64]

QUANTA = 2.0**36
"""Parts of a contact: sums of whole parts do not depend on the order in which talkers are taken."""
MOST = 1024.0
"""Contacts of one talker with one listener on one day, at most: 100,000 such talkers still fit."""


def press_by_network(world: World, day: int) -> None:
    """The pressure of yesterday's talk on each person today; who heard more against than for it, hears nothing."""
    networks = world.networks
    if networks is None:
        return
    for ties in networks.ties:
        contacts = ties.plan.per_active[day] + ties.plan.per_user[day]
        np.multiply(np.maximum(ties.heard, 0), contacts / QUANTA, out=ties.hazard)
        networks.exposure += ties.hazard


def talk(world: World, day: int) -> None:
    """What today's users tell those whom they are tied to, for tomorrow."""
    networks = world.networks
    if networks is None or day + 1 >= world.plan.n_days:
        return
    _know_newcomers(world, networks)
    for ties in networks.ties:
        ties.heard[:] = 0
        if ties.plan.per_active[day + 1] > 0:
            _tell(world, day, ties, np.flatnonzero(world.people.last_active[: world.people.n] == day))
        elif ties.plan.per_user[day + 1] > 0:
            _tell(world, day, ties, np.arange(world.people.n))


def _know_newcomers(world: World, networks: Networks) -> None:
    """Nobody talks those into it who have signed up."""
    new = slice(networks.n_known, world.people.n)
    networks.persons[new] = persons_of(world, new)
    networks.is_user[networks.persons[new]] = True
    networks.n_known = world.people.n


def _tell(world: World, day: int, ties: Ties, talkers: npt.NDArray[np.int64]) -> None:
    networks, rows = world.networks, talkers.astype(np.uint32)
    assert networks is not None
    said = _eagerness(world, day, ties, rows)
    persons = networks.persons[rows]
    _spread(
        persons, said * ties.loudness[persons], ties.starts, ties.n_open, ties.others, networks.is_user, ties.weight,
        ties.heard,
    )  # fmt: skip


def _eagerness(world: World, day: int, ties: Ties, rows: U32) -> F64:
    """How much each of these talks: 1, more or less by its satisfaction, and more as an advocate; float64 (n_rows,)."""
    said = np.ones(rows.size)
    glad, sad = ties.plan.moods
    if glad or sad:
        level = satisfaction_of(world, rows, day).astype(np.float64)
        said += np.where(level > 0, glad, sad) * level
    for position, giver in enumerate(world.plan.holdings.givers):
        if giver.advocacy != 1.0:
            said += (giver.advocacy - 1.0) * world.holdings.holds(position, rows)
    return said


@compiled
def _spread(persons, said, starts, n_open, others, is_user, weight, heard):  # type: ignore[no-untyped-def]
    """Add what these persons say to what each of their ties hears that leads to nobody who has signed up.

    A tie that does is moved behind the open ones: it is met once.
    """
    for i in range(persons.size):
        person = persons[i]
        at = starts[person]
        last = at + n_open[person]
        while at < last:
            other = others[at]
            if is_user[other]:
                last -= 1
                others[at] = others[last]
                others[last] = other
            else:
                contacts = min(max(said[i] * weight[other], -MOST), MOST)
                heard[other] += np.int64(np.rint(contacts * QUANTA))
                at += 1
        n_open[person] = last - starts[person]
