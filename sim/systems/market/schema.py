"""The `market` section: how many persons there are, in which segments, how readily each adopts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from pydantic import Field, model_validator

from sim.scenario.findings import Finding
from sim.scenario.values import FixedCount, FixedFactor, FixedShare, Name, Section, problem
from sim.units import Quantity

SHARES_TOLERANCE = 1e-6


class Segment(Section):
    """A named share of the market with its own habits."""

    share: Annotated[FixedShare, Field(description="share of all persons; the segments' shares sum to 100%")]
    orders: Annotated[FixedFactor, Field(description="multiplies the order rate of the scenario for this segment")] = (
        Quantity(1.0)
    )
    basket: Annotated[FixedFactor, Field(description="multiplies the mean basket for this segment")] = Quantity(1.0)
    gain: Annotated[
        FixedFactor, Field(description="how strongly a coupon moves this segment, 1 for the average person")
    ] = Quantity(1.0)


class AdopterCategory(Section):
    """A share of the persons who adopt more or less readily than the average."""

    share: Annotated[FixedShare, Field(description="share of the persons of every segment")]
    susceptibility: Annotated[
        FixedFactor, Field(description="how readily they adopt; only ratios between categories matter")
    ]


UNIFORM_ADOPTERS: dict[str, AdopterCategory] = {
    "everyone": AdopterCategory(share=Quantity(1.0), susceptibility=Quantity(1.0))
}
"""The default. Rogers' categories need strengths that no source gives, so a scenario states them itself."""


class Market(Section):
    """Everybody who could ever sign up."""

    size: Annotated[FixedCount, Field(description="persons in the addressable market")]
    people_per_agent: Annotated[FixedCount, Field(description="how many persons one simulated agent stands for")] = (
        Quantity(1.0)
    )
    segments: Annotated[dict[Name, Segment], Field(description="named segments; one segment of all when absent")] = {
        "everyone": Segment(share=Quantity(1.0))
    }
    adopters: Annotated[
        dict[Name, AdopterCategory],
        Field(description="adopter categories, for instance Rogers' 2.5%, 13.5%, 34%, 34%, 16%; uniform when absent"),
    ] = UNIFORM_ADOPTERS

    @model_validator(mode="after")
    def _check(self) -> Market:
        if self.people_per_agent.value < 1 or self.people_per_agent.value % 1:
            raise problem(
                f"is {self.people_per_agent.value:g}; must be a whole number, 1 or more", at=("people_per_agent",)
            )
        for name in ("segments", "adopters"):
            group = getattr(self, name)
            if not group:
                raise problem("is empty; name at least one", at=(name,))
            total = sum(entry.share.value for entry in group.values())
            if abs(total - 1) > SHARES_TOLERANCE:
                shares = " + ".join(f"{entry.share.value:.6g}" for entry in group.values())
                raise problem(f"shares sum to {total:.6g} ({shares}); they must sum to 1", at=(name,))
        if not any(category.susceptibility.value > 0 for category in self.adopters.values()):
            raise problem("no category ever adopts: every susceptibility is 0", at=("adopters",))
        return self


def check_market(market: Market) -> Iterator[Finding]:
    """What is legal and yet unlikely to be meant."""
    if market.size.value < market.people_per_agent.value:
        yield Finding(
            ("market", "people_per_agent"),
            f"one agent stands for {market.people_per_agent.value:g} persons, more than the market's "
            f"{market.size.value:g}: there is nobody to simulate",
            allowed=f"at most {market.size.value:g}",
            also=(("market", "size"),),
        )
