"""Runs that are measured and let go: many variants of a scenario, of which only answers are kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from sim.metrics import Metric, TableSchema
from sim.store.columns import Columns
from sim.store.runs import Array, StoredRun


@dataclass(frozen=True)
class MemoryRun:
    """What a run measured, in memory; read as a stored run is, but for the tables that were not kept.

    Args:
        name: the scenario's name.
        facts: as in run.json, those that the analysis reads.
        metrics: the metrics that it defines.
        schemas: the tables that were kept, by name.
        parts: the tables of each replicate, in the order of their replicates.
    """

    name: str
    facts: dict[str, Any]
    metrics: tuple[Metric, ...]
    schemas: dict[str, TableSchema]
    parts: Sequence[Mapping[str, Columns]] = field(repr=False)

    def numbers(self, table: str, column: str) -> Array:
        """A column of numbers: int64, money in whole cents, dates as datetime64[D]."""
        if column == "replicate":
            lengths = [self._n_rows(part[table]) for part in self.parts]
            return np.repeat(np.arange(len(self.parts)), lengths)
        whole: Array = np.concatenate([np.asarray(part[table][column]) for part in self.parts]).astype(np.int64)
        return whole.astype("datetime64[D]") if column in self.schemas[table].dates else whole

    def codes(self, table: str, column: str) -> tuple[Array, tuple[str, ...]]:
        """A column of names as (codes, labels): `labels[codes[row]]` is the name."""
        labels: dict[str, int] = {}
        parts = []
        for part in self.parts:
            codes, names = part[table][column]
            lookup = np.array([labels.setdefault(name, len(labels)) for name in names], np.int64)
            parts.append(lookup[codes])
        return np.concatenate(parts), tuple(labels)

    def _n_rows(self, table: Columns) -> int:
        schema_column = next(iter(table.values()))
        return len(schema_column[0] if isinstance(schema_column, tuple) else schema_column)


Run = StoredRun | MemoryRun
"""What the analysis reads: a stored run, or one in memory."""
