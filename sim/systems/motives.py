"""What moves people: how much each segment minds gain, status, belonging and ease, beside the average person."""

from __future__ import annotations

from typing import Annotated, Literal, get_args

from pydantic import Field

from sim.scenario.values import FixedFactor, Section
from sim.units import Quantity

Motive = Literal["gain", "status", "belonging", "ease"]
MOTIVES: tuple[Motive, ...] = get_args(Motive)


class Motives(Section):
    """The weights of a segment: an effect of a motive is multiplied, on the log scale, by the segment's weight."""

    gain: Annotated[FixedFactor, Field(description="weight of what gives money or goods, coupons among them")] = (
        Quantity(1.0)
    )
    status: Annotated[FixedFactor, Field(description="weight of what gives standing")] = Quantity(1.0)
    belonging: Annotated[FixedFactor, Field(description="weight of what ties to others")] = Quantity(1.0)
    ease: Annotated[FixedFactor, Field(description="weight of what saves time and trouble")] = Quantity(1.0)

    def weight(self, motive: Motive) -> float:
        """How strongly what appeals to the motive moves the segment; 1 for the average person."""
        found: Quantity = getattr(self, motive)
        return found.value
