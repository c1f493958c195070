"""Orders as tables: how order rates and baskets are distributed over users and over orders."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sim.engine.quantiles import N_KNOTS, constant_table, gamma_table, inverse_gamma_table, log_normal_table
from sim.systems.horizon import Horizon
from sim.systems.market.schema import Segment
from sim.systems.orders.schema import Basket, Orders

F64 = npt.NDArray[np.float64]
UNLIMITED = 1_000_000


@dataclass(frozen=True)
class OrdersPlan:
    """How users buy.

    Attributes:
        exist: whether the scenario has orders at all.
        rate: float64 (n_days,), mean orders per active day, or per engaged day.
        rate_table: logs of the users' own factor on that rate (mean 1).
        basket_table: logs of the users' own mean baskets in cents.
        order_table: logs of an order's factor on its user's mean basket (mean 1).
        at_most_per_day: orders of one user on one day.
        margin: float64 (n_days,), share of the basket left after the cost of goods.
        sells_itself: whether the basket is our revenue.
        rate_factor, basket_factor: float64 (n_segments,).
    """

    exist: bool
    rate: F64
    rate_table: F64
    basket_table: F64
    order_table: F64
    at_most_per_day: int
    margin: F64
    sells_itself: bool
    rate_factor: F64
    basket_factor: F64


def _basket_tables(basket: Basket) -> tuple[F64, F64]:
    """Tables of users' mean baskets (cents) and of orders relative to them."""
    if basket.gamma_gamma is not None:
        p, q, v = (getattr(basket.gamma_gamma, name).value for name in ("p", "q", "v"))
        return inverse_gamma_table(q, p * v * 100), gamma_table(p, 1.0)
    between, within = basket.spread_between_users.value, basket.spread.value
    order = log_normal_table(1.0, within) if basket.order_shape is None else gamma_table(basket.order_shape.value, 1.0)
    return log_normal_table(basket.mean_of_all * 100, between), order


def compile_orders(orders: Orders | None, segments: dict[str, Segment], horizon: Horizon) -> OrdersPlan:
    """The plan of the checked `orders` section; without one nobody orders."""
    rate_factor = np.array([segment.orders.value for segment in segments.values()])
    basket_factor = np.array([segment.basket.value for segment in segments.values()])
    if orders is None:
        flat = np.zeros(N_KNOTS)
        nothing = np.zeros(horizon.n_days)
        return OrdersPlan(False, nothing, flat, flat, flat, UNLIMITED, nothing, False, rate_factor, basket_factor)
    rate = orders.per_active_day if orders.per_active_day is not None else orders.while_engaged
    assert rate is not None
    basket_table, order_table = _basket_tables(orders.basket)
    return OrdersPlan(
        exist=True,
        rate=horizon.of(rate),
        rate_table=constant_table(1.0) if orders.shape is None else gamma_table(orders.shape.value, 1.0),
        basket_table=basket_table,
        order_table=order_table,
        at_most_per_day=UNLIMITED if orders.at_most_per_day is None else int(orders.at_most_per_day.value),
        margin=horizon.of(orders.margin),
        sells_itself=orders.sold_by == "us",
        rate_factor=rate_factor,
        basket_factor=basket_factor,
    )
