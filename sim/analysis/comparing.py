"""Policies against a baseline: differences paired by replicate, since both saw the same people with the same luck."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from sim.analysis.columns import dates
from sim.analysis.intervals import Floats, Method, difference_interval
from sim.analysis.rules import idle_rules
from sim.analysis.summary import Estimate, estimate, summarise
from sim.errors import ResultsError
from sim.metrics import Metric

if TYPE_CHECKING:
    import pandas as pd

    from sim.store import StoredRun

MUST_AGREE = ("seed", "replicates", "days", "currency", "people_per_agent", "version")
SETTINGS = ("days", "replicates", "seed", "version")
RUNS_SHOWN = 20
TELLS_APART = {"seed": "seed {}", "days": "{} days", "replicates": "{} replicates", "run_id": "run {:.6}"}


@dataclass(frozen=True)
class Difference:
    """A metric of a policy minus that of the baseline, with its 95% interval over the pairs.

    Args:
        metric: what was measured.
        baseline_mean: the baseline's mean over the pairs; None where no pair defines the metric.
        mean: the policy's mean, likewise.
        difference: mean minus baseline_mean.
        low: lower end of the difference; None where fewer than two pairs define it.
        high: upper end, likewise.
        relative: difference as a share of the size of baseline_mean; None where that is 0.
        relative_low: low on the same yardstick.
        relative_high: high on the same yardstick.
        n: the pairs of replicates in which both sides define the metric.
        is_distinguishable: True where the interval excludes zero.
        method: how the ends were found; "none" where there is no interval.
        currency: of amounts, as its code.
        per_replicate: float64 (n_replicates,) the paired differences.
    """

    metric: Metric
    baseline_mean: float | None
    mean: float | None
    difference: float | None
    low: float | None
    high: float | None
    relative: float | None
    relative_low: float | None
    relative_high: float | None
    n: int
    is_distinguishable: bool
    method: Method = "student"
    currency: str = ""
    per_replicate: Floats | None = field(default=None, repr=False, compare=False)

    @property
    def is_better(self) -> bool | None:
        """Whether the metric moves the way that one wants; None where that is open, or no difference is seen."""
        if not self.is_distinguishable or self.metric.better is None or self.difference is None:
            return None
        return (self.difference > 0) == (self.metric.better == "higher")


@dataclass(frozen=True)
class PolicyComparison:
    """One policy's run and its differences to the baseline, in the order of the baseline's metrics."""

    run: StoredRun
    label: str
    differences: tuple[Difference, ...]

    def of(self, name: str) -> Difference | None:
        """The difference in one metric, None where it was not compared."""
        return next((found for found in self.differences if found.metric.name == name), None)


@dataclass(frozen=True)
class Comparison:
    """A baseline and the policies that were compared with it; `warnings` say what else may have made a difference."""

    baseline: StoredRun
    label: str
    estimates: tuple[Estimate, ...]
    policies: tuple[PolicyComparison, ...]
    warnings: tuple[str, ...] = ()

    @property
    def runs(self) -> tuple[tuple[str, StoredRun], ...]:
        """Label and run of the baseline and of each policy, in this order."""
        return ((self.label, self.baseline), *((policy.label, policy.run) for policy in self.policies))

    def frame(self) -> pd.DataFrame:
        """A row per policy and metric, with the fields of `Difference`; NaN where a number is undefined.

        Raises:
            MissingExtra: pandas is not installed.
        """
        from sim.store.frames import new_frame

        found = [(policy.label, one) for policy in self.policies for one in policy.differences]
        numbers = ("baseline_mean", "mean", "difference", "low", "high", "relative", "relative_low", "relative_high")
        return new_frame(
            {
                "policy": [label for label, _ in found],
                "metric": [one.metric.name for _, one in found],
                "unit": [one.currency if one.metric.unit == "currency" else one.metric.unit for _, one in found],
                "aggregate": [one.metric.aggregate for _, one in found],
                **{name: np.array([getattr(one, name) for _, one in found], np.float64) for name in numbers},
                **{name: [getattr(one, name) for _, one in found] for name in ("n", "is_distinguishable", "method")},
            }
        )


def compare_runs(baseline: StoredRun, others: Sequence[StoredRun]) -> Comparison:
    """The paired differences of each run to the baseline.

    Raises:
        ResultsError: a run cannot be paired with the baseline: other seed, replicates, days, currency, first day,
            people per agent, or version.
    """
    for other in others:
        refuse_unless_paired(baseline, other)
    labels = distinct_labels((baseline, *others))
    estimates = summarise(baseline)
    policies = tuple(
        PolicyComparison(run, label, differences_between(estimates, run))
        for run, label in zip(others, labels[1:], strict=True)
    )
    idle = [text for run, label in zip((baseline, *others), labels, strict=True) for text in idle_notes(run, label)]
    return Comparison(baseline, labels[0], estimates, policies, tuple(idle))


def idle_notes(run: StoredRun, label: str) -> list[str]:
    """A sentence for each rule of a policy that selected nobody, and so made no difference."""
    n = run.facts["replicates"]
    over = f"{n} replicate{'s' * (n != 1)}"
    return [f"rule `{rule}` of {label} selected nobody in {over}" for rule in idle_rules(run)]


def refuse_other_settings(runs: Sequence[StoredRun]) -> None:
    """Raises ResultsError, with a line per run, where settings differ: a `*` stands for all runs of a scenario."""
    if len({tuple(run.facts.get(key) for key in SETTINGS) for run in runs}) == 1:
        return
    told = [
        f"  {run.path}  {str(run.facts.get('started', ''))[:16].replace('T', ' ')}  "
        f"{run.facts['days']} days, {run.facts['replicates']} replicates, seed {run.facts['seed']}, "
        f"version {run.facts['version']}"
        for run in runs[:RUNS_SHOWN]
    ]
    told += [f"  and {len(runs) - RUNS_SHOWN} more"] * (len(runs) > RUNS_SHOWN)
    why = "runs of other settings cannot be compared (a `*` names all that are stored)"
    raise ResultsError("\n".join([f"{why}; name those that you mean:", *told]))


def refuse_unless_paired(baseline: StoredRun, other: StoredRun) -> None:
    """Raises ResultsError where the runs' replicates are not the same worlds, day by day."""
    pairs = [(key.replace("_", " "), baseline.facts.get(key), other.facts.get(key)) for key in MUST_AGREE]
    if not any(left != right for _, left, right in pairs):
        pairs.append(("first day", next(iter(dates(baseline)), None), next(iter(dates(other)), None)))
    unequal = [f"{key} {left} and {right}" for key, left, right in pairs if left != right]
    if unequal:
        raise ResultsError(
            f"cannot compare {other.name} ({other.path}) with {baseline.name} ({baseline.path}): "
            f"they differ in {', '.join(unequal)}; run both with the same settings"
        )


def differences_between(baseline: Sequence[Estimate], policy: StoredRun) -> tuple[Difference, ...]:
    """The differences in all metrics that both sides know, by the baseline's definitions and in its order."""
    known = {metric.name for metric in policy.metrics}
    return tuple(difference_of(one, estimate(policy, one.metric)) for one in baseline if one.metric.name in known)


def difference_of(baseline: Estimate, policy: Estimate) -> Difference:
    """One metric's paired difference, over the replicates in which both sides define it."""
    paired = policy.per_replicate - baseline.per_replicate
    is_defined = paired == paired  # nan, where one side is undefined, equals nothing
    found = difference_interval(paired)
    has_pairs = bool(is_defined.any())
    baseline_mean = float(baseline.per_replicate[is_defined].mean()) if has_pairs else None
    mean = float(policy.per_replicate[is_defined].mean()) if has_pairs else None
    return Difference(
        metric=baseline.metric,
        baseline_mean=baseline_mean,
        mean=mean,
        difference=found.mean,
        low=found.low,
        high=found.high,
        relative=as_share(found.mean, baseline_mean),
        relative_low=as_share(found.low, baseline_mean),
        relative_high=as_share(found.high, baseline_mean),
        n=found.n,
        is_distinguishable=found.excludes_zero,
        method=found.method,
        currency=baseline.currency,
        per_replicate=paired,
    )


def as_share(value: float | None, whole: float | None) -> float | None:
    """value over the size of whole, None where one of them is missing or whole is 0."""
    if value is None or not whole:
        return None
    return value / abs(whole)


def distinct_labels(runs: Sequence[StoredRun]) -> tuple[str, ...]:
    """A label for each run: its name, or its file where names repeat; then its title, then what else differs.

    Words with which all labels begin are left out; a run that is named twice is numbered.
    """
    labels = [run.name for run in runs]
    if len(set(labels)) < len(labels):
        labels = by_file(runs, labels)
    if len(set(labels)) < len(labels):
        labels = [str(run.facts.get("title") or label) for run, label in zip(runs, labels, strict=True)]
    labels = told_apart(runs, without_common_beginning(labels))
    seen: dict[str, int] = {}
    for index, label in enumerate(labels):
        seen[label] = seen.get(label, 0) + 1
        labels[index] = f"{label} ({seen[label]})" if seen[label] > 1 else label
    return tuple(labels)


def by_file(runs: Sequence[StoredRun], labels: Sequence[str]) -> list[str]:
    """The labels, those that repeat replaced by the files that the runs came from, where these tell them apart."""
    files = [str(run.facts.get("file", "")).rpartition(".")[0] for run in runs]
    repeated = [labels.count(label) > 1 for label in labels]
    found = [file if again and file else label for file, again, label in zip(files, repeated, labels, strict=True)]
    return found if len(set(found)) == len(found) else list(labels)


def told_apart(runs: Sequence[StoredRun], labels: Sequence[str]) -> list[str]:
    """The labels, those that repeat with seed, days, replicates or run id in front, whichever differs first."""
    result = list(labels)
    for label in {label for label in labels if labels.count(label) > 1}:
        same = [index for index, other in enumerate(labels) if other == label]
        for key, words in TELLS_APART.items():
            values = [runs[index].facts.get(key) for index in same]
            if None not in values and len(set(values)) == len(values):
                for index, value in zip(same, values, strict=True):
                    what = words.format(value)
                    result[index] = what if len(same) == len(labels) else f"{what} of {label}"
                break
    return result


def without_common_beginning(labels: Sequence[str]) -> list[str]:
    """The labels without the words with which all of several begin: "shop today", "shop recall" → "today", "recall"."""
    words = [label.split() for label in labels]
    if len(labels) < 2:
        return list(labels)
    shared = 0
    while min(map(len, words)) > shared + 1 and len({each[shared] for each in words}) == 1:
        shared += 1
    return [" ".join(each[shared:]) if shared else label for each, label in zip(words, labels, strict=True)]
