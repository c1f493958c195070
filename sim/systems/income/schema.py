"""The `income` section: what users bring beside the orders that we sell ourselves."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from sim.scenario.values import Money, Section, Share
from sim.units import Quantity


class Income(Section):
    """Back-end income."""

    advertising_per_active_day: Annotated[Money, Field(description="advertising income of one active user's day")] = (
        Quantity(0.0)
    )
    commission: Annotated[Share, Field(description="share of what is paid for an order that comes to us as a fee")] = (
        Quantity(0.0)
    )
