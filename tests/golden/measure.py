"""The golden numbers: a small scenario's headline metrics, and a hash of each of its tables."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np

from sim.metrics import RECENT_DAYS, Metric
from sim.pipeline import load
from sim.systems.books.metrics import METRICS
from sim.systems.books.tables import Table
from sim.systems.plan import Plan, compile_plan
from sim.systems.replicate import ReplicateTask, run_replicate

FOLDER = Path(__file__).parent
GOLDEN = FOLDER / "golden.json"
SEED, REPLICATE = 2026, 1

Record = dict[str, Any]


def golden_plan() -> Plan:
    """The plan of the golden scenario."""
    return compile_plan(load(FOLDER / "scenario.yaml").scenario)


def measure(plan: Plan) -> Record:
    """The record of one replicate."""
    tables = run_replicate(ReplicateTask(plan, SEED, REPLICATE, with_users=True))
    return {
        "metrics": {metric.name: _value(metric, tables) for metric in METRICS},
        "tables": {name: _digest(table) for name, table in tables.items()},
        "rows": {name: len(_plain(next(iter(table.values())))) for name, table in tables.items()},
    }


def differences(expected: Any, found: Any, path: str = "") -> list[str]:
    """Where two records differ, a key that only one of them has included."""
    if not (isinstance(expected, dict) and isinstance(found, dict)):
        same = type(expected) is type(found) and expected == found
        return [] if same else [f"{path}: was {expected}, is {found}"]
    lines = [f"{path}/{key}: missing" for key in expected.keys() - found.keys()]
    lines += [f"{path}/{key}: extra" for key in found.keys() - expected.keys()]
    for key in expected.keys() & found.keys():
        lines += differences(expected[key], found[key], f"{path}/{key}")
    return sorted(lines)


def read_golden() -> Record:
    """What is stored: the reason of the last refresh, and the record."""
    record: Record = json.loads(GOLDEN.read_text(encoding="utf-8"))
    return record


def _value(metric: Metric, tables: dict[str, Table]) -> float | int:
    column = _plain(tables[metric.table][metric.column])
    if metric.aggregate == "last":
        return int(column[-1])
    if metric.aggregate == "recent_mean":
        return float(column[-RECENT_DAYS:].mean())
    if metric.aggregate == "sum":
        return int(column.sum())
    if metric.aggregate == "mean":
        return float(column.mean())
    assert metric.per is not None
    per = _plain(tables[metric.table][metric.per])
    return float(column.sum() / (per.sum() if metric.aggregate == "ratio" else per[-1]))


def _plain(column: Any) -> np.ndarray[Any, Any]:
    """A column's numbers; codes where it holds names."""
    return np.asarray(column[0] if isinstance(column, tuple) else column)


def _digest(table: Table) -> str:
    """A hash of the table's columns, their order, and the names behind codes."""
    digest = hashlib.blake2b(digest_size=16)
    for name, column in table.items():
        digest.update(name.encode())
        if isinstance(column, tuple):
            digest.update(json.dumps(column[1], ensure_ascii=True).encode())
        digest.update(np.ascontiguousarray(_plain(column), dtype="<i8").tobytes())
    return digest.hexdigest()
