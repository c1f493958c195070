"""What a scenario's numbers do to an answer, as plain dictionaries: numbers unrounded, null where undefined."""

from __future__ import annotations

from typing import Any

from sim.analysis.doubt import Doubt, Uncertainty
from sim.analysis.inputs import InputNumber
from sim.analysis.screening import Screening
from sim.analysis.solutions import Solution
from sim.analysis.swings import End, Swing, Tornado
from sim.metrics import Metric
from sim.report.as_json import plain


def tornado_as_json(tornado: Tornado) -> dict[str, Any]:
    """What `sim sensitivity` found."""
    found = tornado.measure_next
    return {
        "method": "one at a time",
        "confidence": 0.95,
        **answer_as_json(tornado.metric, tornado.currency, tornado.label, tornado.against),
        "seed": tornado.seed,
        "replicates": tornado.replicates,
        "days": tornado.days,
        "version": tornado.version,
        "written": plain(tornado.written),
        "numbers": [swing_as_json(swing) for swing in tornado.swings],
        "numbers_without_range": tornado.n_unranged,
        "measure_next": None if found is None else found.number.name,
    }


def answer_as_json(metric: Metric, currency: str, label: str, against: str | None) -> dict[str, Any]:
    """What is asked: which metric of which scenario, and against which."""
    return {
        "metric": metric.name,
        "unit": currency or "currency" if metric.unit == "currency" else metric.unit,
        "scenario": label,
        "against": against,
    }


def swing_as_json(swing: Swing) -> dict[str, Any]:
    """What one number does."""
    return {
        **number_as_json(swing.number),
        "at_low": end_as_json(swing.low),
        "at_high": end_as_json(swing.high),
        "across": plain(swing.across),
        "width": swing.width,
        "is_distinguishable": swing.is_distinguishable,
        "sign_turns": swing.turns,
        "left_out": swing.left_out or None,
    }


def number_as_json(number: InputNumber) -> dict[str, Any]:
    """A number, its range and its evidence, in the words of its file."""
    return {
        "number": number.name,
        "written": number.text,
        "low": number.low_text,
        "high": number.high_text,
        "evidence": number.evidence,
        "source": number.source,
        "file": number.file,
        "line": number.line,
    }


def end_as_json(end: End | None) -> dict[str, Any] | None:
    """The answer at an end of a range, and its distance from the answer at the written value."""
    return None if end is None else {"outcome": plain(end.outcome), "effect": plain(end.effect)}


def solution_as_json(found: Solution) -> dict[str, Any]:
    """What `sim solve` found."""
    return {
        "confidence": 0.95,
        **answer_as_json(found.metric, found.currency, found.label, found.against),
        "target": found.target,
        "seed": found.seed,
        "replicates": found.replicates,
        "days": found.days,
        "version": found.version,
        "vary": number_as_json(found.number),
        "found": found.is_found,
        "value": found.text,
        "low": found.low_text,
        "high": found.high_text,
        "in_base_units": {"value": found.value, "low": found.low, "high": found.high},
        "is_whole": found.is_whole,
        "n_crossings": found.n_crossings,
        "met_from_to": found.stretch,
        "tried": [{"value": one.text, "in_base_units": one.value, "answer": plain(one.answer)} for one in found.tried],
    }


def uncertainty_as_json(found: Uncertainty) -> dict[str, Any]:
    """What `--uncertainty` found, apart from the luck that stands beside it."""
    return {
        "draws": found.n_draws,
        "used": found.n_draws - len(found.left_out),
        "left_out": [{"draw": draw, "why": why} for draw, why in found.left_out],
        "seed": found.seed,
        "days": found.days,
        "distribution": "triangular",
        "numbers": [number_as_json(one) for one in found.numbers],
        "baseline": {"label": found.label, "metrics": {one.metric.name: doubt_as_json(one) for one in found.levels}},
        "policies": [
            {
                "label": policy.label,
                "differences": {one.metric.name: doubt_as_json(one) for one in policy.differences},
            }
            for policy in found.policies
        ],
    }


def doubt_as_json(one: Doubt) -> dict[str, Any]:
    """The range of an answer over the draws, without luck, and what of the variance is doubt."""
    return {
        "mean": one.mean,
        "low": one.low,
        "high": one.high,
        "sd_doubt": one.sd_doubt,
        "sd_luck": one.sd_luck,
        "doubt_share_of_variance": one.share,
        "is_told_from_luck": one.is_told,
        "n": one.n,
        "n_better": one.n_better,
        "better_in": None if one.n_better is None else one.n_better / one.n,
        "draws": [float(value) for value in one.draws],
    }


def screening_as_json(found: Screening) -> dict[str, Any]:
    """What `sim sensitivity --method` found."""
    names = ("mu_star", "sigma") if found.method == "morris" else ("total", "first_order")
    best = found.measure_next
    return {
        "method": found.method,
        "confidence": 0.95,
        **answer_as_json(found.metric, found.currency, found.label, found.against),
        "seed": found.seed,
        "replicates": found.replicates,
        "days": found.days,
        "version": found.version,
        "written": plain(found.written),
        "samples": found.samples,
        "samples_left_out": found.n_left_out,
        "points": found.n_points,
        "numbers": [
            {
                **number_as_json(one.number),
                names[0]: one.strength,
                f"{names[0]}_half_width": plain(one.strength_half),
                names[1]: one.spread,
                f"{names[1]}_half_width": plain(one.spread_half),
            }
            for one in found.screened
        ],
        "numbers_without_range": found.n_unranged,
        "measure_next": None if best is None else best.number.name,
    }
