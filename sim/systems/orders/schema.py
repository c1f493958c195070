"""The `orders` section: how often users buy, for how much, and what is left of it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from sim.scenario.values import (
    Factor,
    FixedCount,
    FixedFactor,
    FixedMoney,
    FixedPositive,
    Rate,
    Section,
    Share,
    problem,
)
from sim.units import Quantity


class GammaGamma(Section):
    """Gamma-Gamma baskets (Fader, Hardie 2013): order ~ Gamma(p, nu), nu ~ Gamma(q, v); mean p v / (q - 1)."""

    p: FixedPositive
    q: FixedPositive
    v: FixedMoney

    @model_validator(mode="after")
    def _has_a_mean(self) -> GammaGamma:
        if self.q.value <= 1:
            raise problem(f"is {self.q.value:g}; must be above 1, else the mean basket is infinite", at=("q",))
        return self


class Basket(Section):
    """What one order is worth: Gamma-Gamma, or log-normal between and within users."""

    gamma_gamma: GammaGamma | None = None
    mean: Annotated[FixedMoney | None, Field(description="mean basket")] = None
    spread: Annotated[
        FixedFactor, Field(description="log-normal: standard deviation of the log between orders of one user")
    ] = Quantity(0.0)
    spread_between_users: Annotated[
        FixedFactor, Field(description="log-normal: standard deviation of the log between users' own means")
    ] = Quantity(0.0)
    order_shape: Annotated[
        FixedPositive | None, Field(description="orders of one user as a Gamma of this shape, instead of `spread`")
    ] = None

    @model_validator(mode="after")
    def _one_form(self) -> Basket:
        if (self.gamma_gamma is None) == (self.mean is None):
            raise problem("give either `mean` (log-normal) or `gamma_gamma`")
        if self.mean is not None and self.mean.value <= 0:
            raise problem(f"is {self.mean.value:g}; must be above 0", at=("mean",))
        if self.order_shape is not None and self.spread.value > 0:
            raise problem("and `spread` both say how one user's orders vary; give one", at=("order_shape",))
        return self


class Orders(Section):
    """Occasions from a Gamma mixture over users, each with a basket."""

    per_active_day: Annotated[
        Factor | None, Field(description="mean orders on an active day; 7% means 7 in 100 active days")
    ] = None
    while_engaged: Annotated[
        Rate | None,
        Field(description="mean orders while engaged; then an order is the only activity (Pareto/NBD)"),
    ] = None
    shape: Annotated[
        FixedPositive | None,
        Field(description="Gamma shape of the order rate over users (r of the NBD); all alike when absent"),
    ] = None
    at_most_per_day: Annotated[FixedCount | None, Field(description="orders of one user on one day")] = None
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
        if (self.per_active_day is None) == (self.while_engaged is None):
            raise problem("give either `per_active_day` or `while_engaged`")
        if self.at_most_per_day is not None and self.at_most_per_day.value < 1:
            raise problem(f"is {self.at_most_per_day.value:g}; must be 1 or more", at=("at_most_per_day",))
        return self
