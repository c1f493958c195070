"""Running until intervals are as narrow as asked for: look, add replicates, look again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypedDict

from sim.analysis.comparing import Comparison, compare_runs
from sim.analysis.precision import (
    Aim,
    Precision,
    decisive,
    next_replicates,
    precision_of_comparison,
    precision_of_run,
)
from sim.bounds import REPLICATES
from sim.errors import UsageError
from sim.execution import Progress, Request, execute
from sim.metrics import Metric
from sim.store import StoredRun, keep_run, prepare_results, scratch_results
from sim.systems.books.metrics import METRICS, metric_of
from sim.units import UnitError, describe, parse_money, parse_positive, parse_share

FEWEST_TO_START = 20
MOST_REPLICATES = 400

Asked = Mapping[str, str | float]
"""The half-width of each metric's interval: "1%" of the level, "500 CNY", "0.2pp" of a share, 30 of what is counted."""
ALLOWED = {
    "currency": "a share of the level or an amount, such as 1% or 500 {currency}",
    "share": "a share of the level or percentage points, such as 5% or 0.2pp",
}
ALLOWED_COUNT = "a share of the level or a number, such as 1% or 30"


class Work(TypedDict):
    """The keywords of `execute`."""

    jobs: int
    out: Path
    fresh: bool
    progress: Progress | None
    warn: Callable[[str], None] | None


def read_aims(asked: Asked, currency: str, metrics: Sequence[Metric] = METRICS) -> tuple[Aim, ...]:
    """What is asked for, checked.

    Raises:
        UsageError: there is no such metric, or a width is none; says what is allowed.
    """
    try:
        known = {name: metric_of(name, metrics) for name in asked}
    except UsageError as error:
        raise UsageError(f"precision: {error}") from None
    return tuple(_aim(known[name], width, currency) for name, width in asked.items())


def _aim(metric: Metric, raw: str | float, currency: str) -> Aim:
    is_relative = isinstance(raw, str) and raw.strip().endswith("%")
    try:
        width = parse_share(raw) if is_relative else _absolute(metric, raw, currency)
        if width <= 0:
            raise UnitError(f"is {describe(raw)}; must be above 0")
    except UnitError as error:
        told = ALLOWED.get(metric.unit, ALLOWED_COUNT).format(currency=currency)
        hint = f"; {error.hint}" if error.hint else ""
        raise UsageError(f"precision of {metric.name} {error.message}; allowed: {told}{hint}") from None
    return Aim(metric, width, is_relative, str(raw).strip())


def _absolute(metric: Metric, raw: str | float, currency: str) -> float:
    """The half-width in the metric's unit."""
    if metric.unit == "currency":
        return parse_money(raw, currency)
    number = raw.strip() if isinstance(raw, str) else raw
    if metric.unit != "share":
        return parse_positive(number.removesuffix(metric.unit) if isinstance(number, str) else number)
    if not isinstance(number, str) or not number.endswith("pp"):
        meant = f"did you mean: {parse_positive(number) * 100:.15g}pp?"
        raise UnitError(f"is {describe(raw)}, of the level or in percentage points", hint=meant)
    return parse_positive(number.removesuffix("pp")) / 100


def precision_of(result: StoredRun | Comparison, asked: Asked) -> tuple[Precision, ...]:
    """Of each metric that is asked for: how narrow the interval is of a run's level, or of the farthest difference."""
    run = result.baseline if isinstance(result, Comparison) else result
    aims = read_aims(asked, str(run.facts["currency"]), run.metrics)
    if isinstance(result, Comparison):
        return decisive(precision_of_comparison(result, aims))
    return precision_of_run(result, aims)


def execute_until(
    requests: Sequence[Request], asked: Asked | None, max_replicates: int | None, work: Work
) -> list[StoredRun]:
    """As `execute`, with as many replicates as the precision needs that is asked for; all requests have as many.

    One request is held to the precision of its levels, several to that of the differences to the first one. The steps
    on the way are not kept; after an interrupt the last whole one is.

    Raises:
        UsageError: what is asked for is no precision; before anything runs.
    """
    if asked is None:
        if max_replicates is not None:
            raise UsageError("max_replicates says how far a precision may take a run; ask for a precision as well")
        return execute(requests, **work)
    aims = read_aims(asked, requests[0].scenario.currency)
    n = requests[0].replicates
    most = max(MOST_REPLICATES, n) if max_replicates is None else REPLICATES.check("max_replicates", max_replicates)
    next_n: int | None = min(max(n, FEWEST_TO_START), most)
    prepare_results(work["out"])
    runs: list[StoredRun] = []
    with scratch_results(work["out"]) as scratch:
        try:
            while next_n is not None:
                runs = execute([replace(request, replicates=next_n) for request in requests], scratch=scratch, **work)
                next_n = next_replicates(_precisions(runs, aims), most)
        finally:
            runs = [keep_run(work["out"], run) for run in runs]
    return runs


def _precisions(runs: Sequence[StoredRun], aims: Sequence[Aim]) -> tuple[Precision, ...]:
    if len(runs) == 1:
        return precision_of_run(runs[0], aims)
    return precision_of_comparison(compare_runs(runs[0], runs[1:]), aims)
