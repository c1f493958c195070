"""What the tests of cases share: the tables of a page, and a case's numbers as its page writes them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel

from sim import pipeline
from sim.analysis.intervals import student_interval
from sim.pipeline import LoadedScenario
from sim.store import StoredRun
from sim.units import Quantity

F64 = npt.NDArray[np.float64]


def rows_of(page: Path) -> dict[str, list[str]]:
    """The cells of each row of the page's tables by the row's first cell, bold and backticks left out."""
    rows = {}
    for line in page.read_text(encoding="utf-8").splitlines():
        if line.startswith("|"):
            name, *cells = [cell.strip().replace("*", "").replace("`", "") for cell in line.strip("|").split("|")]
            rows[name] = cells
    return rows


def ranged_quantities(value: object, path: str = "") -> Iterator[tuple[str, Quantity]]:
    """Every quantity of a scenario that states a range, with its path."""
    if isinstance(value, Quantity):
        if value.low is not None or value.high is not None:
            yield path, value
    elif isinstance(value, dict):
        for key, entry in value.items():
            yield from ranged_quantities(entry, f"{path}.{key}")
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from ranged_quantities(getattr(value, name), f"{path}.{name}")


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


def shown(values: F64, digits: int = 0) -> str:
    """A mean difference over replicates with half its 95% interval, as pages write it."""
    interval = student_interval(values)
    assert interval.mean is not None
    assert interval.high is not None
    return f"{interval.mean:+,.{digits}f} ± {interval.high - interval.mean:,.{digits}f}".replace("-", "−")


def level(values: F64, digits: int = 0) -> str:
    """A mean over replicates, as pages write it."""
    mean = float(values.mean())
    return "–" if math.isnan(mean) else f"{mean:,.{digits}f}"
