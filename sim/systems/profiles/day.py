"""Profiles on a day: newcomers say who they are."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sim.systems.profiles.plan import DeclaredPlan
from sim.systems.world import World

U32 = npt.NDArray[np.uint32]
Column = npt.NDArray[np.unsignedinteger]


def open_profiles(world: World) -> None:
    """A column for each declared attribute; untouched memory costs nothing."""
    for attribute in world.plan.attributes:
        world.declared[attribute.name] = np.zeros(world.people.capacity, attribute.kind)


def introduce(world: World, day: int) -> None:
    """Give today's newcomers their declared attributes.

    Draws: one uniform per person and attribute, purpose "attribute:<name>", day 0.
    """
    rows = world.today.new_rows
    for attribute in world.plan.attributes if rows.size else ():
        world.declared[attribute.name][rows] = drawn(world, rows, attribute)


def drawn(world: World, rows: U32, attribute: DeclaredPlan) -> Column:
    """The attribute of each of these users: the position of its text, or its number."""
    uniform = world.uniforms(rows, 0, attribute.purpose)
    segment = world.people.cell[rows] % world.plan.n_segments
    if not attribute.labels:
        first, n_numbers = attribute.first[segment], (attribute.last - attribute.first + 1)[segment]
        return (first + np.floor(uniform * n_numbers).astype(np.int64)).astype(attribute.kind)
    codes = np.empty(rows.size, attribute.kind)
    for s in np.unique(segment):
        of_segment = segment == s
        codes[of_segment] = np.searchsorted(attribute.edges[s], uniform[of_segment], side="right")
    return codes
