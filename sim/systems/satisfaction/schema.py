"""`response.satisfaction`: what pleases and annoys users, how soon they forget, and what it does to them."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from sim.scenario.values import FixedPositiveFactor, FixedShare, PositiveDuration, Section
from sim.units import Quantity


class Pleases(Section):
    """How far each experience moves a user towards the best, of the way that is left."""

    onboarded: Annotated[FixedShare, Field(description="passing all steps of onboarding")] = Quantity(0.0)
    resolved: Annotated[FixedShare, Field(description="an answer of the service desk that settles the matter")] = (
        Quantity(0.0)
    )
    reward: Annotated[FixedShare, Field(description="a reward taken for points")] = Quantity(0.0)
    content: Annotated[
        FixedShare,
        Field(description="an active day on which content appeals fully; less, where it appeals less"),
    ] = Quantity(0.0)


class Annoys(Section):
    """How far each experience moves a user towards the worst, of the way that is left."""

    failed_step: Annotated[FixedShare, Field(description="failing a step of onboarding")] = Quantity(0.0)
    message: Annotated[FixedShare, Field(description="a message that is delivered")] = Quantity(0.0)
    wait: Annotated[
        FixedShare, Field(description="an endless wait at the service desk; a shorter one by `half_wait`")
    ] = Quantity(0.0)
    unresolved: Annotated[FixedShare, Field(description="an answer that does not settle the matter")] = Quantity(0.0)
    abandoned: Annotated[FixedShare, Field(description="giving up before anybody answers")] = Quantity(0.0)
    loss: Annotated[FixedShare, Field(description="losing at least the cheapest reward's price in points")] = Quantity(
        0.0
    )


class Satisfaction(Section):
    """A value from -1 (the worst) to 1 (the best), 0 for neutral, that experiences move and time brings back."""

    half_life: Annotated[PositiveDuration, Field(description="after which half of it is forgotten")]
    pleases: Pleases = Pleases()
    annoys: Annoys = Annoys()
    half_wait: Annotated[
        PositiveDuration, Field(description="a wait of this length annoys half as much as an endless one")
    ] = Quantity(5 / 1440, text="5 minutes")
    activity: Annotated[
        FixedPositiveFactor,
        Field(
            description="multiplies the odds of being active, to the power of the satisfaction "
            "(the order rate, where orders are the only activity)"
        ),
    ] = Quantity(1.0)
    lapse: Annotated[
        FixedPositiveFactor,
        Field(description="multiplies the hazard of losing the habit, to the power of the satisfaction"),
    ] = Quantity(1.0)
