"""The `market` section: how many persons there are, in which segments, how readily each adopts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated

from pydantic import Field, model_validator

from sim.scenario.findings import Finding, Path, warning
from sim.scenario.values import (
    FixedCount,
    FixedFactor,
    FixedPositiveCount,
    FixedShare,
    Name,
    Section,
    problem,
    problems,
)
from sim.systems.first_users.schema import FirstUsers, check_first_users
from sim.systems.messages.hours import Hour
from sim.systems.motives import Motive, Motives
from sim.units import Quantity

SHARES_TOLERANCE = 1e-6
SHARES_SHOWN = 8
"""Places that a message about a sum of shares names."""


class Segment(Section):
    """A named share of the market with its own habits."""

    wholes = (("hours", "*"),)

    share: Annotated[FixedShare, Field(description="share of all persons; the segments' shares sum to 100%")]
    orders: Annotated[FixedFactor, Field(description="multiplies the order rate of the scenario for this segment")] = (
        Quantity(1.0)
    )
    basket: Annotated[FixedFactor, Field(description="multiplies the mean basket for this segment")] = Quantity(1.0)
    gain: Annotated[
        FixedFactor, Field(description="how strongly a coupon moves this segment, 1 for the average person")
    ] = Quantity(1.0)
    motives: Annotated[
        Motives, Field(description="weights of what effects appeal to; `gain` is short for `motives: {gain: …}`")
    ] = Motives()
    hours: Annotated[
        dict[Hour, FixedShare], Field(description="its own habitual hours; the scenario's `hours` when absent")
    ] = {}

    @model_validator(mode="after")
    def _check(self) -> Segment:
        if "gain" in self.model_fields_set and "gain" in self.motives.model_fields_set:
            raise problem("is said twice: `gain` is short for this one", at=("motives", "gain"), also=("gain",))
        return self

    def weight(self, motive: Motive) -> float:
        """How strongly what appeals to the motive moves the segment."""
        is_short = motive == "gain" and "gain" in self.model_fields_set
        return self.gain.value if is_short else self.motives.weight(motive)


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

    wholes = (("segments", "*", "share"), ("adopters", "*", "share"))

    size: Annotated[FixedCount, Field(description="persons in the addressable market")]
    people_per_agent: Annotated[
        FixedPositiveCount, Field(description="how many persons one simulated agent stands for")
    ] = Quantity(1.0)
    segments: Annotated[dict[Name, Segment], Field(description="named segments; one segment of all when absent")] = {
        "everyone": Segment(share=Quantity(1.0))
    }
    adopters: Annotated[
        dict[Name, AdopterCategory],
        Field(description="adopter categories, for instance Rogers' 2.5%, 13.5%, 34%, 34%, 16%; uniform when absent"),
    ] = UNIFORM_ADOPTERS

    first_users: Annotated[FirstUsers | None, Field(description="who is a user already on the first day")] = None

    @model_validator(mode="after")
    def _check(self) -> Market:
        findings = [*_check_shares("segments", self.segments), *_check_shares("adopters", self.adopters)]
        if self.adopters and not any(
            category.susceptibility.value * category.share.value > 0 for category in self.adopters.values()
        ):
            findings.append(
                Finding(
                    ("adopters",), "names no category that ever adopts: `susceptibility` is 0 wherever `share` is not"
                )
            )
        if findings:
            raise problems(*findings)
        return self


def _check_shares(group: str, entries: Mapping[str, Segment] | Mapping[str, AdopterCategory]) -> Iterator[Finding]:
    if not entries:
        yield Finding((group,), "is empty; name at least one")
        return
    total = sum(entry.share.value for entry in entries.values())
    if abs(total - 1) > SHARES_TOLERANCE:
        also = tuple((group, name, "share") for name in list(entries)[:SHARES_SHOWN])
        yield Finding((group,), f"sums to {100 * total:.6g}%; the shares must sum to 100%", also=also)


def check_market(market: Market) -> Iterator[Finding]:
    """What is legal and yet unlikely to be meant."""
    if market.size.value == 0:
        yield Finding(("market", "size"), "is 0: there is nobody to simulate")
    elif market.size.value < market.people_per_agent.value:
        yield Finding(
            ("market", "people_per_agent"),
            f"is {market.people_per_agent.value:,.0f}, more persons than the market has: there is nobody to simulate",
            allowed=f"at most {market.size.value:,.0f}",
            also=(("market", "size"),),
        )
    shares = {name: segment.share.value for name, segment in market.segments.items()}
    yield from check_first_users(market.first_users, market.size.value, market.people_per_agent.value, shares)


def doubt_motive(path: Path, motive: Motive | None, segments: Mapping[str, Segment]) -> Iterator[Finding]:
    """A motive that moves everybody alike."""
    if motive is not None and all(segment.weight(motive) == 1 for segment in segments.values()):
        hint = f"write under a segment: motives: {{{motive}: 1.5}}"
        yield warning(path, f"changes nothing: no segment minds `{motive}` more or less than others", hint=hint)
