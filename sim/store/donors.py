"""Replicates of a stored run, taken over by a run of the same scenario with another number of them.

Replicate k is the same in every run of one scenario, seed, horizon and version, however many replicates there are.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from sim.errors import ResultsError
from sim.metrics import TableSchema
from sim.store.identity import RunIdentity
from sim.store.manifest import read_manifest
from sim.store.runs import StoredRun

if TYPE_CHECKING:
    from sim.store.columns import Columns


def find_donor(
    roots: Sequence[Path],
    identity: RunIdentity,
    *,
    wants_users: bool = False,
    warn: Callable[[str], None] | None = None,
) -> StoredRun | None:
    """The undamaged stored run from which a run of this identity can take over the most replicates; None if none can.

    Args:
        roots: the results folders to look in.
        identity: what would be run.
        wants_users: the run stores users: a donor without them does not give replicate 0.
        warn: called with a text for each run that could have given replicates and is damaged.
    """
    runs = [run for root in roots for run in _runs_in(identity.folder(root).parent)]
    kin = [run for run in runs if replace(run.identity, replicates=identity.replicates) == identity]
    given = {id(run): len(taken_over(run, identity.replicates, wants_users=wants_users)) for run in kin}
    for run in sorted(kin, key=lambda run: (-given[id(run)], run.identity.replicates)):
        if not given[id(run)]:
            return None
        try:
            run.verify()
        except ResultsError as error:
            if warn is not None and run.identity != identity:  # of that one itself `find_run` has told
                warn(f"{error}".partition("; ")[0] + "; its replicates are run again")
        else:
            return run
    return None


def taken_over(donor: StoredRun, n_replicates: int, *, wants_users: bool) -> range:
    """The replicates that a run of so many takes over."""
    first = 1 if wants_users and "users" not in donor.tables else 0
    return range(first, max(min(donor.identity.replicates, n_replicates), first))


def parts_of(run: StoredRun, schema: TableSchema, n_replicates: int) -> list[Columns]:
    """The columns of each of the first replicates, as `encode_table` takes them.

    Raises:
        ResultsError: the table is damaged, or not stored.
    """
    from sim.store.columns import names_of, numbers_of

    table = run.table(schema.name)
    ends = np.searchsorted(numbers_of(table.column("replicate")), np.arange(n_replicates + 1))
    parts: list[dict[str, object]] = [{} for _ in range(n_replicates)]
    for name in (*schema.keys, *schema.dates, *schema.counts, *schema.money):
        numbers = numbers_of(table.column(name)).astype(np.int64, copy=False)
        for part, (start, end) in zip(parts, pairwise(ends), strict=True):
            part[name] = numbers[start:end]
    for name in schema.texts:
        codes, labels = names_of(table.column(name))
        for part, (start, end) in zip(parts, pairwise(ends), strict=True):
            part[name] = codes[start:end], labels
    return list(parts)


def _runs_in(folder: Path) -> Iterator[StoredRun]:
    """The runs in a scenario's folder, in the order of their names; what is no readable run is left out."""
    try:
        names = sorted(entry.name for entry in os.scandir(folder) if not entry.name.startswith("."))
    except OSError:
        return
    for name in names:
        try:
            yield StoredRun(folder / name, read_manifest(folder / name))
        except ResultsError:
            continue
