"""The `onboarding` section: what a new user does on the first day, step by step."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from sim.scenario.values import FixedFactor, Name, Section, Share
from sim.units import Quantity

FIRST_ORDER = "first order"
"""The step that places an order on the day of sign-up."""


class Step(Section):
    """A step that a new user passes or fails, once."""

    rate: Annotated[Share, Field(alias="pass", description="share of those who reach the step that pass it")]
    lapse_if_failed: Annotated[
        FixedFactor, Field(description="multiplies the hazard of lapsing of those who fail the step")
    ] = Quantity(1.0)


class Onboarding(Section):
    """Named steps after sign-up, in their order; who fails one does not reach the next."""

    in_order = (("steps",),)

    steps: Annotated[dict[Name, Step], Field(description=f"steps after sign-up; `{FIRST_ORDER}` places an order")] = {}
