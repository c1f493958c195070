"""What was measured of audiences as tables: one row for each count above zero."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from sim.systems.attributes import SIGN_UP
from sim.systems.audiences.day import groups_of
from sim.systems.audiences.plan import SetPlan
from sim.systems.world import World

I64 = npt.NDArray[np.int64]
Table = dict[str, I64 | tuple[I64, tuple[str, ...]]]


class _Names:
    """Texts as codes, numbered as they come."""

    def __init__(self) -> None:
        self._codes: dict[str, int] = {}

    def of(self, names: Iterable[str]) -> I64:
        return np.array([self._codes.setdefault(name, len(self._codes)) for name in names], np.int64)

    def column(self, codes: Sequence[I64]) -> tuple[I64, tuple[str, ...]]:
        return _joined(codes), tuple(self._codes)


def _joined(parts: Sequence[I64]) -> I64:
    return np.concatenate(parts).astype(np.int64) if parts else np.zeros(0, np.int64)


def audience_tables(world: World) -> dict[str, Table]:
    """The tables `audiences`, `portraits`, `flows` and `warnings`, in persons."""
    return {
        "audiences": _audiences(world),
        "portraits": _portraits(world),
        "flows": _flows(world),
        "warnings": _warnings(world),
    }


def _audiences(world: World) -> Table:
    """Each audience and layer has a row on each measured day, if only one that says 0."""
    plan, names, of_sets = world.plan, _Names(), _Names()
    days, sets, labels, cells, users, lapsed = [], [], [], [], [], []
    for (day, position), counts in world.audiences.sizes.items():
        each = plan.audiences.sets[position]
        total = counts.sum(axis=2)
        total_or_empty = total > 0
        total_or_empty[:, 0] |= total.sum(axis=1) == 0
        label, cell = np.nonzero(total_or_empty)
        days.append(np.full(label.size, day))
        sets.append(np.repeat(of_sets.of([each.name]), label.size))
        labels.append(names.of(each.labels)[label])
        cells.append(cell)
        users.append(total[label, cell])
        lapsed.append(counts[label, cell, 1])
    cell = _joined(cells)
    return {
        "day": _joined(days) - plan.first_day,
        "set": of_sets.column(sets),
        "audience": names.column(labels),
        "channel": (cell // plan.n_segments, plan.channels.names),
        "segment": (cell % plan.n_segments, plan.market.segments),
        "users": world.scaled(_joined(users)),
        "latent_lapsed": world.scaled(_joined(lapsed)),
    }


def _portraits(world: World) -> Table:
    plan, of_sets, names, attributes, values = world.plan, _Names(), _Names(), _Names(), _Names()
    rows: list[tuple[I64, I64, I64, I64, I64, I64]] = []
    for (day, position, j), counts in world.audiences.portraits.items():
        each: SetPlan = plan.audiences.sets[position]
        label, group = np.nonzero(counts)
        rows.append((
            np.full(label.size, day),
            np.repeat(of_sets.of([each.name]), label.size),
            names.of(each.labels)[label],
            np.repeat(attributes.of([plan.attributes[j].name]), label.size),
            values.of(groups_of(plan.attributes[j]))[group],
            counts[label, group],
        ))  # fmt: skip
    columns = [_joined(part) for part in zip(*rows, strict=True)] or [np.zeros(0, np.int64)] * 6
    return {
        "day": columns[0] - plan.first_day,
        "set": of_sets.column([columns[1]]),
        "audience": names.column([columns[2]]),
        "attribute": attributes.column([columns[3]]),
        "value": values.column([columns[4]]),
        "users": world.scaled(columns[5]),
    }


def _flows(world: World) -> Table:
    plan, of_sets, names = world.plan, _Names(), _Names()
    days, sets, sources, targets, users = [], [], [], [], []
    for (day, position), counts in world.audiences.flows.items():
        each = plan.audiences.sets[position]
        source, target = np.nonzero(counts)
        days.append(np.full(source.size, day))
        sets.append(np.repeat(of_sets.of([each.name]), source.size))
        sources.append(names.of((*each.labels, SIGN_UP))[source])
        targets.append(names.of(each.labels)[target])
        users.append(counts[source, target])
    return {
        "day": _joined(days) - plan.first_day,
        "layers": of_sets.column(sets),
        "from": names.column(sources),
        "to": names.column(targets),
        "users": world.scaled(_joined(users)),
    }


def _warnings(world: World) -> Table:
    outcomes = world.audiences.outcomes
    keys = np.array(list(outcomes), np.int64).reshape(-1, 2)
    counts = world.scaled(np.array(list(outcomes.values()), np.int64).reshape(-1, 4))
    table: Table = {
        "day": keys[:, 0] - world.plan.first_day,
        "warning": (keys[:, 1], tuple(warning.name for warning in world.plan.audiences.warnings)),
    }
    for i, name in enumerate(("active", "flagged", "lost", "flagged_lost")):
        table[name] = np.ascontiguousarray(counts[:, i])
    return table
