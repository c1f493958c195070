"""Who is in each audience and layer: by segment, by channel, by declared attribute."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sim.analysis.audiences import audience_sizes
from sim.analysis.columns import Ints, names_of, totals
from sim.analysis.intervals import Floats
from sim.analysis.summary import ratio

if TYPE_CHECKING:
    from sim.store import StoredRun

MOST_VALUES = 12
REST = "(others)"


@dataclass(frozen=True)
class Portrait:
    """The users of each audience and layer on the last measured day, by one attribute.

    Args:
        attribute: `segment`, `channel` or a declared attribute.
        values: what it may be, a dozen at most.
        labels: the audiences and layers with users, in the order of the file; the partition is told where names repeat.
        shares: float64 (n_labels, n_values), of the users of the audience or layer, over all replicates.
        of_all: float64 (n_values,), of all users; nan where the policy has no layers, which would add up to them.
    """

    attribute: str
    values: tuple[str, ...]
    labels: tuple[str, ...]
    shares: Floats
    of_all: Floats


def audience_portraits(run: StoredRun) -> tuple[Portrait, ...]:
    """By segment, by channel, then by each declared attribute; nothing where nobody is in an audience or layer."""
    if "audiences" not in run.tables:
        return ()
    columns = ("segment", "channel")
    found = [_portrait(run, "audiences", column, *names_of(run, "audiences", column)) for column in columns]
    if "portraits" in run.tables:
        codes, attributes = names_of(run, "portraits", "attribute")
        values = names_of(run, "portraits", "value")
        found += [_portrait(run, "portraits", name, *values, codes == i) for i, name in enumerate(attributes)]
    return tuple(portrait for portrait in found if portrait.labels)


def _portrait(
    run: StoredRun, table: str, attribute: str, codes: Ints, values: tuple[str, ...], is_wanted: Ints | bool = True
) -> Portrait:
    days = run.numbers(table, "day")
    chosen = np.flatnonzero((days == days.max(initial=0)) & is_wanted)
    (set_codes, sets), (label_codes, labels) = names_of(run, table, "set"), names_of(run, table, "audience")
    axes = ((set_codes, len(sets)), (label_codes, len(labels)), (codes, len(values)))
    users = totals(run.numbers(table, "users").astype(np.int64)[chosen], *((own[chosen], n) for own, n in axes))
    groups = _groups(values, users.sum(axis=(0, 1)))
    users = np.stack([users[:, :, own].sum(axis=2) for own in groups.values()], axis=2) if groups else users
    of_set = {name: users[i] for i, name in enumerate(sets)}
    ordered = [(each.name, label) for each in audience_sizes(run) for label in each.labels if each.name in of_set]
    rows = [(of, label) for of, label in ordered if label in labels and of_set[of][labels.index(label)].any()]
    counts = np.array([of_set[of][labels.index(label)] for of, label in rows]).reshape(len(rows), users.shape[2])
    of_all = next((users[i].sum(axis=0) for i, name in enumerate(sets) if name), np.zeros(users.shape[2], np.int64))
    shares, share_of_all = (ratio(each, each.sum(axis=-1, keepdims=True)) for each in (counts, of_all))
    written = [label for _, label in rows]
    named = tuple(f"{label} ({of})" if of and written.count(label) > 1 else label for of, label in rows)
    return Portrait(attribute, tuple(groups), named, shares, share_of_all)


def _groups(values: tuple[str, ...], users: Ints) -> dict[str, list[int]]:
    """Positions of the values that any user has: neighbouring numbers put together, and names but the most frequent."""
    known = [k for k in range(len(values)) if users[k]]
    if all(values[k].split("-")[0].isdecimal() for k in known):
        known.sort(key=lambda k: int(values[k].split("-")[0]))
        size = -(-len(known) // MOST_VALUES)
        parts = [known[i : i + size] for i in range(0, len(known), size or 1)]
        return {_span(values[part[0]], values[part[-1]]): part for part in parts}
    first = known if len(known) <= MOST_VALUES else sorted(known, key=lambda k: -users[k])[: MOST_VALUES - 1]
    groups = {values[k]: [k] for k in known if k in first}
    return groups | ({REST: rest} if (rest := [k for k in known if k not in first]) else {})


def _span(first: str, last: str) -> str:
    return first if first == last else f"{first.split('-')[0]}-{last.split('-')[-1]}"
