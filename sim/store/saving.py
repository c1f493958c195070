"""A finished run → its folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.errors import ResultsError
from sim.metrics import TableSchema
from sim.store.folders import publish, remove_leftovers
from sim.store.identity import RunIdentity
from sim.store.manifest import MANIFEST, describe, write_manifest
from sim.store.runs import StoredRun, open_run

if TYPE_CHECKING:
    from sim.store.columns import Columns


def save_run(
    root: Path,
    identity: RunIdentity,
    *,
    tables: Sequence[Mapping[str, Columns]],
    schemas: Sequence[TableSchema],
    scenario_yaml: str,
    facts: Mapping[str, Any],
    beside: Mapping[str, bytes] | None = None,
) -> Path:
    """Store a run under `root`, whole or not at all, and return its folder.

    A run of the same identity and the same data that is there already stays, with the new facts; so of two processes
    that store the same run at once both succeed. One that is damaged, or whose data differ, is replaced.

    Args:
        root: the results folder; made if it is missing.
        identity: what was run.
        tables: the tables of each replicate; a table that a replicate lacks has no rows there.
        schemas: the tables to store, with their columns by kind.
        scenario_yaml: the resolved scenario.
        beside: files that the scenario names, by name.
        facts: what else run.json tells (metrics, accounts, versions, times).
    Raises:
        ResultsError: it cannot be stored; says what to do.
    """
    if len(tables) != identity.replicates:
        raise ValueError(f"{len(tables)} replicates were given; the run has {identity.replicates}")
    files = _data_files(tables, schemas, scenario_yaml) | dict(beside or {})
    manifest = write_manifest(identity, facts, files)
    data = {name: describe(content) for name, content in files.items()}
    target = identity.folder(root)
    remove_leftovers(root)
    publish(
        target,
        {**files, MANIFEST: manifest},
        is_same=lambda folder: _holds(folder, identity, data),
        refresh=MANIFEST,
    )
    return target


def keep_run(root: Path, run: StoredRun) -> StoredRun:
    """The run, stored under `root` as it is; itself where it is stored there already.

    Raises:
        ResultsError: it is damaged, or cannot be stored.
    """
    target = run.identity.folder(root)
    if run.path != target:
        files, data = run.contents(), run.facts["files"]
        manifest = (run.path / MANIFEST).read_bytes()
        publish(
            target,
            {**files, MANIFEST: manifest},
            is_same=lambda folder: _holds(folder, run.identity, data),
            refresh=MANIFEST,
        )
    return open_run(target)


def _data_files(
    tables: Sequence[Mapping[str, Columns]], schemas: Sequence[TableSchema], scenario_yaml: str
) -> dict[str, bytes | memoryview]:
    """The content of each data file, by file name."""
    from sim.store.columns import encode_table

    files: dict[str, bytes | memoryview] = {"scenario.yaml": scenario_yaml.encode()}
    for schema in schemas:
        files[f"{schema.name}.parquet"] = encode_table(schema, [tables_of.get(schema.name) for tables_of in tables])
    return files


def _holds(folder: Path, identity: RunIdentity, data: Mapping[str, object]) -> bool:
    """True if the folder holds this run with just these data, undamaged."""
    try:
        run = open_run(folder)
        run.verify()
    except ResultsError:
        return False
    return run.identity == identity and run.facts["files"] == data
