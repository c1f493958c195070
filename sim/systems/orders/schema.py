"""The `orders` section: how often users buy, for how much, and what is left of it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from sim.scenario.values import (
    FixedPositive,
    FixedPositiveCount,
    FixedPositiveMoney,
    Section,
    Share,
    factor_up_to,
    problem,
    rate_up_to,
)
from sim.units import Quantity

MOST_ORDERS_A_DAY = 100
LARGEST_SPREAD = 5
"""Of logarithms: at 5, one basket in a hundred is a hundred thousand times the middle one."""

OrdersPerDay = Annotated[Quantity, factor_up_to(MOST_ORDERS_A_DAY)]
OrderRate = Annotated[Quantity, rate_up_to(MOST_ORDERS_A_DAY)]


class GammaGamma(Section):
    """Gamma-Gamma baskets (Fader, Hardie 2013): order ~ Gamma(p, nu), nu ~ Gamma(q, v); mean p v / (q - 1)."""

    p: Annotated[FixedPositive, Field(description="shape of one user's orders")]
    q: Annotated[FixedPositive, Field(description="shape over users, above 1")]
    v: Annotated[FixedPositiveMoney, Field(description="scale over users")]

    @model_validator(mode="after")
    def _has_a_mean(self) -> GammaGamma:
        if self.q.value <= 1:
            raise problem(f"is {self.q.value:g}; must be above 1, else the mean basket is infinite", at=("q",))
        return self


class Basket(Section):
    """What one order is worth: Gamma-Gamma, or log-normal between and within users."""

    gamma_gamma: GammaGamma | None = None
    mean: Annotated[FixedPositiveMoney | None, Field(description="mean basket")] = None
    spread: Annotated[
        Quantity,
        factor_up_to(LARGEST_SPREAD, may_be_dated=False),
        Field(description="log-normal: standard deviation of the log between orders of one user"),
    ] = Quantity(0.0)
    spread_between_users: Annotated[
        Quantity,
        factor_up_to(LARGEST_SPREAD, may_be_dated=False),
        Field(description="log-normal: standard deviation of the log between users' own means"),
    ] = Quantity(0.0)
    order_shape: Annotated[
        FixedPositive | None, Field(description="orders of one user as a Gamma of this shape, instead of `spread`")
    ] = None

    @model_validator(mode="after")
    def _one_form(self) -> Basket:
        if self.gamma_gamma is None and self.mean is None:
            raise problem("does not say how large it is: give `mean` (log-normal) or `gamma_gamma`")
        if self.gamma_gamma is not None and self.mean is not None:
            raise problem(
                "says how large a basket is, and so does `mean`; give one", at=("gamma_gamma",), also=("mean",)
            )
        if self.order_shape is not None and self.spread.value > 0:
            message = "says how one user's orders vary, and so does `spread`; give one"
            raise problem(message, at=("order_shape",), also=("spread",))
        return self

    @property
    def mean_of_all(self) -> float:
        """The mean over all orders, in the currency, without what a segment's `basket` multiplies it by."""
        if self.gamma_gamma is not None:
            return self.gamma_gamma.p.value * self.gamma_gamma.v.value / (self.gamma_gamma.q.value - 1)
        return 0.0 if self.mean is None else self.mean.value


class Orders(Section):
    """Occasions from a Gamma mixture over users, each with a basket."""

    per_active_day: Annotated[
        OrdersPerDay | None, Field(description="mean orders on an active day; 7% means 7 in 100 active days")
    ] = None
    while_engaged: Annotated[
        OrderRate | None,
        Field(description="mean orders while engaged; then an order is the only activity (Pareto/NBD)"),
    ] = None
    shape: Annotated[
        FixedPositive | None,
        Field(description="Gamma shape of the order rate over users (r of the NBD); all alike when absent"),
    ] = None
    at_most_per_day: Annotated[FixedPositiveCount | None, Field(description="orders of one user on one day")] = None
    basket: Basket
    margin: Annotated[Share, Field(description="share of the basket that is left after the cost of goods")] = Quantity(
        1.0
    )
    sold_by: Annotated[
        Literal["us", "merchants"],
        Field(description="us: the basket is our revenue; merchants: only commission is"),
    ] = "us"

    @model_validator(mode="after")
    def _check(self) -> Orders:
        if self.per_active_day is None and self.while_engaged is None:
            raise problem("does not say how often users order: give `per_active_day` or `while_engaged`")
        if self.per_active_day is not None and self.while_engaged is not None:
            message = "says how often users order, and so does `per_active_day`; give one"
            raise problem(message, at=("while_engaged",), also=("per_active_day",))
        return self
