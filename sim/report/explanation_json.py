"""An explanation as plain dictionaries: numbers unrounded, null where a number is undefined."""

from __future__ import annotations

from typing import Any

from sim.analysis.explaining import Change, Explanation, FlowLine, Side
from sim.analysis.groups import RATIOS, Amount
from sim.report.as_json import difference_as_json
from sim.report.explanation_words import headline


def explanation_as_json(found: Explanation) -> dict[str, Any]:
    """What each change contributes."""
    return {
        "confidence": 0.95,
        "sentence": headline(found),
        "metric": found.metric.name,
        "unit": found.currency or "currency" if found.metric.unit == "currency" else found.metric.unit,
        **found.facts,
        "left": side_as_json(found.left),
        "right": side_as_json(found.right),
        "difference": None if found.difference is None else difference_as_json(found.difference),
        "method": found.method,
        "changes": [
            {**change_as_json(part.change), "alone": amount_as_json(part.alone), "shapley": amount_as_json(part.share)}
            for part in found.parts
        ],
        "interaction": None if found.interaction is None else amount_as_json(found.interaction),
        "growth": [flow_as_json(line) for line in found.growth],
        "by_segment": {name: amount_as_json(amount) for name, amount in found.by_segment},
        "by_channel": {name: amount_as_json(amount) for name, amount in found.by_channel},
        "adds_up": found.metric.aggregate not in RATIOS,
        "variants": found.n_variants,
        "runs": found.n_runs,
    }


def side_as_json(side: Side) -> dict[str, str]:
    """One of the two scenarios."""
    return {"label": side.label, "scenario": side.name, "scenario_hash": side.hash}


def change_as_json(change: Change) -> dict[str, Any]:
    """A change with its lines."""
    lines = [
        {
            "path": line.path,
            "left": line.left,
            "right": line.right,
            "place": None if line.place is None else str(line.place),
        }
        for line in change.lines
    ]
    return {"name": change.name, "lines": lines}


def amount_as_json(amount: Amount) -> dict[str, Any]:
    """A difference with its interval, and in each replicate that defines it."""
    found = amount.interval
    return {
        "mean": None if amount.exact is None else float(amount.exact),
        "low": found.low,
        "high": found.high,
        "n": found.n,
        "method": found.method,
        "is_distinguishable": found.excludes_zero,
        "per_replicate": [float(one) for one in amount.per_replicate],
    }


def flow_as_json(line: FlowLine) -> dict[str, Any]:
    """A flow of monthly active users."""
    return {
        "flow": line.name,
        "sign": line.sign,
        "left": line.left,
        "right": line.right,
        "adds_to_mau": amount_as_json(line.difference),
    }
