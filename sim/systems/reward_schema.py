"""What a user gets for a deed that the team wants more of: bringing somebody, making content."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from sim.scenario.values import FixedPositiveCount, Money, Name, Section
from sim.units import Quantity


class DeedReward(Section):
    """What somebody gets for each deed."""

    money: Annotated[Money, Field(description="money paid out")] = Quantity(0.0)
    points: Annotated[dict[Name, FixedPositiveCount], Field(description="units given, by points programme")] = {}
    worth: Annotated[Money | None, Field(description="what all of it is worth to who gets it; `money` when absent")] = (
        None
    )

    @property
    def value(self) -> Quantity:
        """What it is worth to who gets it."""
        return self.money if self.worth is None else self.worth

    @property
    def is_nothing(self) -> bool:
        """Whether nobody is ever given anything."""
        return self.money.largest == 0 and not self.points
