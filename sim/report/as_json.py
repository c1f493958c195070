"""The same answers as plain dictionaries: numbers unrounded, null where a number is undefined."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any

from sim.analysis import (
    BudgetRule,
    Comparison,
    Difference,
    Estimate,
    Interval,
    PointsBook,
    RetentionFit,
    StageEntry,
    account_lines,
    budget_rules,
    channel_economics,
    content_books,
    desk_books,
    detections,
    journey_steps,
    membership_books,
    points_books,
    poor_fits,
    referral_books,
    referral_chains,
    rule_effects,
    satisfaction_level,
    stage_entries,
    status_effects,
    summarise,
    touchpoint_books,
)
from sim.analysis.audiences import Sizes, audience_sizes, last_sizes, warning_qualities
from sim.analysis.precision import Precision

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    from sim.analysis.lives import Moment, MostChanged, TwoLives
    from sim.store import StoredRun

FACTS = ("scenario", "run_id", "scenario_hash", "seed", "replicates", "days", "currency", "people_per_agent", "version")


def summary_as_json(run: StoredRun, precision: Sequence[Precision] = ()) -> dict[str, Any]:
    """What one run answers, and how near it came to the precision that was asked for."""
    return {
        **run_as_json(run),
        "confidence": 0.95,
        "precision": [precision_as_json(one) for one in precision],
        "metrics": {one.metric.name: estimate_as_json(one) for one in summarise(run)},
        "accounts": {line.account: {"group": line.group, "amount": plain(line.amount)} for line in account_lines(run)},
        "channels": [record_as_json(channel) for channel in channel_economics(run)],
        "rules": [record_as_json(rule) for rule in rule_effects(run)],
        "budget_rules": [budget_rule_as_json(one) for one in budget_rules(run)],
        "detections": [record_as_json(one) for one in detections(run)],
        "statuses": [record_as_json(status) for status in status_effects(run)],
        "points": [points_as_json(book) for book in points_books(run)],
        "memberships": [record_as_json(book) for book in membership_books(run)],
        "service": [record_as_json(book) for book in desk_books(run)],
        "satisfaction": None if (level := satisfaction_level(run)) is None else record_as_json(level),
        "referrals": [record_as_json(book) for book in referral_books(run)],
        "referral_chains": None if (chains := referral_chains(run)) is None else record_as_json(chains),
        "journeys": [record_as_json(step) for step in journey_steps(run)],
        "touchpoints": [record_as_json(book) for book in touchpoint_books(run)],
        "content": [record_as_json(book) for book in content_books(run)],
        "stages": [stage_as_json(stage) for stage in stage_entries(run)],
        "audiences": [audience for sizes in audience_sizes(run) for audience in sizes_as_json(sizes)],
        "early_warnings": [record_as_json(warning) for warning in warning_qualities(run)],
        "poor_retention_fits": [fit_as_json(fit) for fit in poor_fits([run])],
    }


def sizes_as_json(sizes: Sizes) -> list[dict[str, Any]]:
    """The audiences, or the layers of a partition, on the last measured day."""
    return [
        {"layers": sizes.name or None, "name": label, "users": plain(users), "latent_lapsed": plain(lapsed)}
        for label, users, lapsed in last_sizes(sizes)
    ]


def budget_rule_as_json(one: BudgetRule) -> dict[str, Any]:
    """How often a rule that only changes budgets did so, and since when."""
    return {**asdict(one), "first_date": None if one.first_date is None else one.first_date.isoformat()}


def comparison_as_json(comparison: Comparison, precision: Sequence[Precision] = ()) -> dict[str, Any]:
    """What a comparison found, and how near it came to the precision that was asked for."""
    return {
        "confidence": 0.95,
        "paired": True,
        "warnings": list(comparison.warnings),
        "precision": [precision_as_json(one) for one in precision],
        "baseline": {
            "label": comparison.label,
            **run_as_json(comparison.baseline),
            "metrics": {one.metric.name: estimate_as_json(one) for one in comparison.estimates},
        },
        "policies": [
            {
                "label": policy.label,
                **run_as_json(policy.run),
                "differences": {found.metric.name: difference_as_json(found) for found in policy.differences},
            }
            for policy in comparison.policies
        ],
        "poor_retention_fits": [fit_as_json(fit) for fit in poor_fits([run for _, run in comparison.runs])],
    }


def lives_as_json(lives: TwoLives, found: MostChanged | None = None) -> dict[str, Any]:
    """One person's life under two scenarios, and how the person was found; amounts in units of the currency."""
    names = ("person", "seed", "replicate", "days", "currency")
    first = lives.first_difference
    totals = {
        name: {"baseline": value / 100, "other": lives.other.totals[name] / 100}
        if name == "spend"
        else {"baseline": value, "other": lives.other.totals[name]}
        for name, value in lives.baseline.totals.items()
    }
    return {
        **{name: getattr(lives, name) for name in names},
        "most_changed": None if found is None else found.metric,
        "baseline": lives.baseline.label,
        "other": lives.other.label,
        "warnings": list(lives.warnings),
        "first_difference": None if first is None else moment_as_json(first),
        "timeline": [moment_as_json(moment) for moment in lives.timeline],
        "totals": totals,
    }


def moment_as_json(moment: Moment) -> dict[str, Any]:
    """An event of two lives with its detail under each, null where it does not happen."""
    baseline, other = moment.baseline, moment.other
    return {
        "day": moment.event.day,
        "date": moment.event.date.isoformat(),
        "what": moment.event.what,
        "under": moment.under,
        "is_same": moment.is_same,
        "baseline": None if baseline is None else baseline.detail,
        "other": None if other is None else other.detail,
    }


def precision_as_json(one: Precision) -> dict[str, Any]:
    """Whether an interval became as narrow as asked for: half-widths in the metric's unit."""
    return {
        "metric": one.aim.metric.name,
        "asked": one.aim.asked,
        "reached": one.reached,
        "half_width": plain(one.half_width),
        "wanted": plain(one.wanted),
        "replicates": one.replicates,
        "needed": one.needed,
        "policy": one.policy,
    }


def run_as_json(run: StoredRun) -> dict[str, Any]:
    """What identifies a run."""
    return {key: run.facts[key] for key in FACTS if key in run.facts} | {"path": str(run.path)}


def estimate_as_json(one: Estimate) -> dict[str, Any]:
    """A metric's mean and interval."""
    return {
        "label": one.metric.label,
        "unit": unit_as_json(one),
        "aggregate": one.metric.aggregate,
        "mean": plain(one.mean),
        "low": plain(one.low),
        "high": plain(one.high),
        "n": one.n,
        "method": one.method,
    }


def difference_as_json(found: Difference) -> dict[str, Any]:
    """A paired difference with its interval."""
    names = ("baseline_mean", "mean", "difference", "low", "high", "relative", "relative_low", "relative_high")
    return {
        "label": found.metric.label,
        "unit": unit_as_json(found),
        "aggregate": found.metric.aggregate,
        **{name: plain(getattr(found, name)) for name in names},
        "n": found.n,
        "method": found.method,
        "is_distinguishable": found.is_distinguishable,
        "is_better": found.is_better,
    }


def fit_as_json(fit: RetentionFit) -> dict[str, Any]:
    """A retention curve with its points, given and met."""
    return {"curve": fit.curve, "misfit": fit.misfit, "points": [asdict(point) for point in fit.points]}


def unit_as_json(one: Estimate | Difference) -> str:
    """The unit, amounts by their currency."""
    return one.currency or "currency" if one.metric.unit == "currency" else one.metric.unit


def record_as_json(record: DataclassInstance) -> dict[str, Any]:
    """A record of intervals by the names of its fields."""
    return {field.name: plain(getattr(record, field.name)) for field in fields(record)}


def stage_as_json(stage: StageEntry) -> dict[str, Any]:
    """In how many replicates a stage was entered, and the median date of those."""
    return asdict(stage) | {"date": None if stage.date is None else stage.date.isoformat()}


def points_as_json(book: PointsBook) -> dict[str, Any]:
    """A programme's intervals by the names of its fields, its rewards by theirs."""
    return record_as_json(book) | {"by_reward": {reward: plain(taken) for reward, taken in book.by_reward}}


def plain(value: object) -> Any:
    """A value that JSON knows; undefined numbers become null."""
    if isinstance(value, Interval):
        return {"mean": plain(value.mean), "low": plain(value.low), "high": plain(value.high), "n": value.n}
    if isinstance(value, tuple):
        return [plain(each) for each in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value
