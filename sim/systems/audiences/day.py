"""Audiences on a day: every week the team looks at their sizes, at who they are, and at who has moved."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
import numpy.typing as npt

from sim.scenario.expressions import Coded
from sim.systems.audiences.columns import AttributeColumns, Base, select
from sim.systems.audiences.plan import SetPlan
from sim.systems.audiences.tallies import Flagged
from sim.systems.presence import WINDOW_DAYS
from sim.systems.profiles.plan import DeclaredPlan
from sim.systems.world import World

I64 = npt.NDArray[np.int64]
Key = TypeVar("Key")

EVERY_DAYS = 7
"""Audiences are measured on the first day, every so many days from then on, and on the last day."""
MOST_GROUPS = 50
"""A declared number that may have more values than this is counted in ten groups."""


def measure_audiences(world: World, day: int) -> None:
    """Sizes, portraits and flows of audiences and layers, and the warnings of today; on days that are measured."""
    plan = world.plan
    _hold_against_the_truth(world, day)
    if (day - plan.first_day) % EVERY_DAYS and day != plan.n_days - 1:
        return
    if plan.audiences.sets:
        _count(world, day)
    for position, warning in enumerate(plan.audiences.warnings):
        if day + warning.within_days < plan.n_days:
            last_active = world.people.last_active[: world.people.n]
            rows = np.flatnonzero(day - last_active.astype(np.int32) < WINDOW_DAYS).astype(np.uint32)
            is_flagged = select(world, warning.who, day, rows)
            world.audiences.waiting.append(Flagged(position, day, day + warning.within_days, rows, is_flagged))


def _hold_against_the_truth(world: World, day: int) -> None:
    """Who has lost the habit by now, of those who were warned of and of the others."""
    found = world.audiences
    for given in found.waiting:
        if given.due == day:
            is_lost = ~world.people.engaged[given.rows]
            n_both = int(np.count_nonzero(is_lost & given.is_flagged))
            counts = (is_lost.size, int(given.is_flagged.sum()), int(is_lost.sum()), n_both)
            found.outcomes[given.day, given.warning] = counts
    found.waiting = [given for given in found.waiting if given.due > day]


def _count(world: World, day: int) -> None:
    plan, people, found = world.plan, world.people, world.audiences
    groups = [groups_of(attribute) for attribute in plan.attributes]
    layers = {i: np.empty(people.n, np.int8) for i, each in enumerate(plan.audiences.sets) if each.name}
    for block, columns in Base(world, day).blocks():
        cells = people.cell[block].astype(np.int64) * 2 + ~people.engaged[block]
        for i, each in enumerate(plan.audiences.sets):
            members, codes = _members(each, columns)
            if each.name:
                layers[i][block] = codes
            sizes = _crossed(codes, len(each.labels), cells[members], 2 * plan.n_cells)
            _add(found.sizes, (day, i), sizes.reshape(len(each.labels), plan.n_cells, 2))
            for j, attribute in enumerate(plan.attributes):
                group = group_of(attribute, world.declared[attribute.name][block])
                crossed = _crossed(codes, len(each.labels), group[members], len(groups[j]))
                _add(found.portraits, (day, i, j), crossed)
    for i, layer in layers.items():
        _count_flow(world, day, i, layer)
    found.n_before = people.n


def _members(each: SetPlan, columns: AttributeColumns) -> tuple[npt.NDArray[np.int64], I64]:
    """Positions of those who are in the set, and the label of each."""
    column = columns[each.column]
    if isinstance(column, Coded):
        return np.arange(column.codes.size), column.codes.astype(np.int64)
    members = np.flatnonzero(column)
    return members, np.zeros(members.size, np.int64)


def _crossed(codes: I64, n_codes: int, keys: I64, n_keys: int) -> I64:
    """How many have each code and key, int64 (n_codes, n_keys)."""
    return np.bincount(codes * n_keys + keys, minlength=n_codes * n_keys).reshape(n_codes, n_keys)


def _add(tallies: dict[Key, I64], key: Key, counts: I64) -> None:
    tallies[key] = tallies[key] + counts if key in tallies else counts


def _count_flow(world: World, day: int, position: int, codes: npt.NDArray[np.int8]) -> None:
    """From which layer into which users have moved since layers were measured before; newcomers come last."""
    found = world.audiences
    n_labels, n_before = len(world.plan.audiences.sets[position].labels), found.n_before
    before = np.full(codes.size, n_labels, np.int64)
    if n_before:
        before[:n_before] = found.layer_before[position]
    found.flows[day, position] = _crossed(before, n_labels + 1, codes.astype(np.int64), n_labels)
    found.layer_before[position] = codes


def groups_of(attribute: DeclaredPlan) -> tuple[str, ...]:
    """What a declared attribute is counted by: its texts, its numbers, or ten groups of many numbers."""
    if attribute.labels:
        return attribute.labels
    low, width = _grouping(attribute)
    n_groups = (int(attribute.last.max()) - low) // width + 1
    starts = [low + width * i for i in range(n_groups)]
    return tuple(str(start) if width == 1 else f"{start}-{start + width - 1}" for start in starts)


def group_of(attribute: DeclaredPlan, values: npt.NDArray[np.unsignedinteger]) -> I64:
    """The position among `groups_of` of each value."""
    if attribute.labels:
        return values.astype(np.int64)
    low, width = _grouping(attribute)
    grouped: I64 = (values.astype(np.int64) - low) // width
    return grouped


def _grouping(attribute: DeclaredPlan) -> tuple[int, int]:
    """The smallest number, and how many numbers a group holds."""
    low, high = int(attribute.first.min()), int(attribute.last.max())
    n_values = high - low + 1
    return low, 1 if n_values <= MOST_GROUPS else -(-n_values // 10)
