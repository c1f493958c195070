"""What the tests of cases share: the tables of a page, and a case's numbers as its page writes them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from sim import pipeline
from sim.analysis.comparing import Difference
from sim.analysis.intervals import student_interval
from sim.pipeline import LoadedScenario
from sim.store import StoredRun
from sim.units import Quantity

F64 = npt.NDArray[np.float64]
Rows = dict[str, list[str]]
"""The cells of rows of a page's tables, by their first cells."""


def table_rows(page: Path) -> list[list[str]]:
    """The cells of each row of the page's tables, bold and backticks left out."""
    lines = page.read_text(encoding="utf-8").replace("*", "").replace("`", "").splitlines()
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")]


def rows_of(page: Path) -> Rows:
    """The cells of each row of the page's tables by the row's first cell."""
    return {name: cells for name, *cells in table_rows(page)}


def told_otherwise(page: Path, expected: Rows) -> dict[str, tuple[list[str], list[str] | None]]:
    """What the page tells otherwise, or not at all: what it should tell and what it does, by the row's first cell."""
    told = rows_of(page)
    return {name: (cells, told.get(name)) for name, cells in expected.items() if told.get(name) != cells}


def runs_of(case: dict[str, Path], out: Path) -> dict[str, StoredRun]:
    """A run of each policy of a case, as it stands."""
    return {policy: pipeline.run(file, out=out) for policy, file in case.items()}


def run_with(file: Path, changes: dict[str, str], out: Path, replicates: int = 12) -> StoredRun:
    """A run of one policy in a world of which something is changed."""
    return pipeline.run(pipeline.load(file, changes), replicates=replicates, out=out)


def coarse(scenario: Path, people_per_agent: int) -> LoadedScenario:
    """The scenario with fewer, larger agents."""
    loaded = pipeline.load(scenario)
    market = loaded.scenario.market.model_copy(update={"people_per_agent": Quantity(float(people_per_agent))})
    return replace(loaded, scenario=loaded.scenario.model_copy(update={"market": market}))


def by_day(run: StoredRun, column: str) -> F64:
    """A column of the daily table, float64 (replicates, days); money in currency units."""
    values = run.numbers("daily", column).reshape(run.identity.replicates, -1).astype(np.float64)
    is_money = column in ("profit", "revenue", "cost", "outlay", "contribution", "gmv", "acquisition_cost")
    return values / 100 if is_money else values


def metric_of(run: StoredRun, name: str) -> F64:
    """A metric of a run, float64 (replicates,): users at the end, MAU of the last 28 days, the sum of all else."""
    values = by_day(run, name)
    found: F64 = {"users": values[:, -1], "mau": values[:, -28:].mean(axis=1)}.get(name, values.sum(axis=1))
    return found


def added(run: StoredRun, none: StoredRun, name: str) -> F64:
    """What a policy adds to a metric, float64 (replicates,)."""
    return metric_of(run, name) - metric_of(none, name)


def policy_rows(runs: dict[str, StoredRun], metrics: Sequence[str]) -> Rows:
    """The rows of a page's table of policies: the first one's level, and what each other adds to it."""
    baseline, *others = runs
    rows = {f"{baseline}, its level": [level(metric_of(runs[baseline], name)) for name in metrics]}
    return rows | {policy: [shown(added(runs[policy], runs[baseline], name)) for name in metrics] for policy in others}


def doubt_rows(
    case: dict[str, Path], changed: dict[str, dict[str, str]], doubted: Sequence[str], out: Path, unit: float = 1.0
) -> Rows:
    """The rows of a page's table of other worlds: what policies add to the first one's profit (12 replicates)."""
    rows, first = {}, next(iter(case))
    for name, changes in changed.items():
        none, *runs = (run_with(case[policy], changes, out) for policy in (first, *doubted))
        rows[name] = [shown(added(run, none, "profit") / unit) for run in runs]
    return rows


def shown(values: F64, digits: int = 0) -> str:
    """A mean difference over replicates with half its 95% interval, as pages write it."""
    interval = student_interval(values)
    assert interval.mean is not None
    assert interval.high is not None
    return plus_minus(interval.mean, interval.high - interval.mean, digits)


def shown_difference(compared: Difference, digits: int = 0) -> str:
    """A difference of a comparison, as pages write it."""
    assert compared.difference is not None
    assert compared.low is not None
    assert compared.high is not None
    return plus_minus(compared.difference, (compared.high - compared.low) / 2, digits)


def plus_minus(value: float, half: float, digits: int) -> str:
    """A value with half the width of its interval; 0 where all replicates have 0."""
    return "0" if value == half == 0 else f"{value:+,.{digits}f} ± {half:,.{digits}f}".replace("-", "−")


def level(values: F64, digits: int = 0) -> str:
    """A mean over replicates, as pages write it."""
    mean = float(values.mean())
    return "–" if math.isnan(mean) else f"{mean:,.{digits}f}"
