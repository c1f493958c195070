"""Retention as tables: for users of each channel and segment, how their activity and lapse are distributed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sim.engine.daily import CLOCK_ACTIVE_DAYS, CLOCK_ENGAGED_DAYS, CLOCK_ORDERS
from sim.engine.quantiles import (
    N_KNOTS,
    beta_table,
    constant_probability_table,
    hazard_probability_table,
)
from sim.systems.retention.fit import LatentCurve, fit_curve
from sim.systems.retention.schema import Curve, Lapse, Retention
from sim.units import probability_from_rate

F64 = npt.NDArray[np.float64]
_ALIKE = 1e6
"""A concentration from which users are taken to be all alike."""


@dataclass(frozen=True)
class RetentionPlan:
    """How users come and stay.

    Attributes:
        clock: how a day is read (`sim.engine.daily`).
        activity_tables, lapse_tables: float64 (n_curves, N_KNOTS), logits of the users' own probabilities.
        curve_of_cell: int64 (n_cells,), which curve holds for a channel and segment.
        return_per_day: probability a day that a lapsed user returns by itself.
        fits: (path, fitted latent model) of each curve that was given by points.
    """

    clock: int
    activity_tables: F64
    lapse_tables: F64
    curve_of_cell: npt.NDArray[np.int64]
    return_per_day: float
    fits: tuple[tuple[str, LatentCurve], ...]


def _beta_or_constant(mean: float, concentration: float) -> F64:
    if concentration >= _ALIKE or mean <= 0 or mean >= 1:
        return constant_probability_table(mean)
    return beta_table(mean * concentration, (1 - mean) * concentration)


def _lapse_table(lapse: Lapse) -> F64:
    if lapse.a is not None and lapse.b is not None:
        return _beta_or_constant(lapse.a.value / (lapse.a.value + lapse.b.value), lapse.a.value + lapse.b.value)
    assert lapse.shape is not None
    assert lapse.scale is not None
    return hazard_probability_table(lapse.shape.value, lapse.shape.value / lapse.scale.value)


def _tables(curve: Curve, concentration: float, return_per_day: float) -> tuple[F64, F64, LatentCurve | None]:
    observed = curve.observed()
    if observed:
        fit = fit_curve(observed, return_per_day)
        return _beta_or_constant(fit.activity_mean, concentration), beta_table(fit.alpha, fit.beta), fit
    assert curve.lapse is not None
    if curve.visits is None:
        return np.zeros(N_KNOTS), _lapse_table(curve.lapse), None
    visits = curve.visits
    return _beta_or_constant(visits.mean, visits.a.value + visits.b.value), _lapse_table(curve.lapse), None


def compile_retention(
    retention: Retention, channels: tuple[str, ...], segments: tuple[str, ...], *, orders_define_activity: bool
) -> RetentionPlan:
    """The plan of the checked `retention` section; a channel's curve counts before a segment's."""
    return_per_day = probability_from_rate(retention.natural_return.value)
    paths, activity, lapse, fits = [], [], [], []
    for path, curve in retention.curves():
        tables = _tables(curve, retention.visit_concentration.value, return_per_day)
        paths.append(path)
        activity.append(tables[0])
        lapse.append(tables[1])
        if tables[2] is not None:
            fits.append((".".join(path), tables[2]))
    curve_of_cell = np.zeros(len(channels) * len(segments), np.int64)
    for c, channel in enumerate(channels):
        for s, segment in enumerate(segments):
            for path in (("by_channel", channel), ("by_segment", segment)):
                if path in paths:
                    curve_of_cell[c * len(segments) + s] = paths.index(path)
                    break
    clock = CLOCK_ACTIVE_DAYS if retention.clock == "active_days" else CLOCK_ENGAGED_DAYS
    return RetentionPlan(
        clock=CLOCK_ORDERS if orders_define_activity else clock,
        activity_tables=np.stack(activity),
        lapse_tables=np.stack(lapse),
        curve_of_cell=curve_of_cell,
        return_per_day=return_per_day,
        fits=tuple(fits),
    )
