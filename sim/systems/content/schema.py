"""`content` (the world's: who makes it, what it is to readers) and `policy.content` (the team's: pay, review, seed)."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Annotated

from pydantic import Field

from sim.scenario.findings import Finding, Path
from sim.scenario.values import (
    FixedCount,
    FixedFactor,
    FixedPositive,
    FixedPositiveCount,
    FixedPositiveFactor,
    FixedPositiveMoney,
    FixedShare,
    Money,
    Name,
    PositiveDuration,
    Rate,
    Section,
    Share,
    factor_up_to,
)
from sim.systems.market.schema import Segment
from sim.systems.reward_schema import DeedReward
from sim.units import Quantity

HOME: Path = ("policy", "content")
MOST_ITEMS = 500
"""Mean items of one creator's day: exp(-mean) must be a number."""
MOST_READING = 10
LARGEST_LOG = 700.0
"""Of the factor of a reward: beyond it the exponential is no number."""


class ContentIncentive(Section):
    """How rewards move creators: each factor is 1 + (most - 1) x worth / (worth + half_at), to the power of `gain`."""

    creates: Annotated[
        FixedPositiveFactor, Field(description="what an endless reward for an item multiplies `creates` by")
    ] = Quantity(1.0)
    bad: Annotated[FixedPositiveFactor, Field(description="what it multiplies the share of bad content by")] = Quantity(
        1.0
    )
    half_at: Annotated[FixedPositiveMoney, Field(description="the worth that reaches half of that")]


class ContentAudience(Section):
    """How those who read encourage those who create."""

    half_at: Annotated[FixedPositiveCount, Field(description="readers of a day who call forth half of `creates`")]
    least: Annotated[FixedShare, Field(description="share of `creates` that is made for nobody")] = Quantity(0.0)


class Appeal(Section):
    """What the stock is to readers: 0 when it is empty, towards 1 as it grows."""

    half_at: Annotated[FixedPositiveCount, Field(description="good items in stock at which appeal is one half")]
    steepness: Annotated[
        FixedPositive,
        Field(description="above 1 the first items do little: appeal is stock^s / (stock^s + half_at^s)"),
    ] = Quantity(1.0)
    spoils: Annotated[
        FixedFactor, Field(description="appeal is multiplied by the share of good content to this power")
    ] = Quantity(1.0)
    activity: Annotated[
        FixedPositiveFactor, Field(description="what full appeal multiplies the odds of being active by")
    ] = Quantity(1.0)
    lapse: Annotated[FixedPositiveFactor, Field(description="what full appeal multiplies the hazard of lapsing by")] = (
        Quantity(1.0)
    )
    measured_at: Annotated[
        FixedShare, Field(description="the appeal at which the curves of `retention` were measured; 0: without content")
    ] = Quantity(0.0)


class ContentSegment(Section):
    """How a segment differs: it may create more, or read less."""

    creators: Annotated[FixedShare | None, Field(description="share of its users with the talent")] = None
    reads: Annotated[
        Quantity,
        factor_up_to(MOST_READING, may_be_dated=False),
        Field(description="weight of appeal in this segment and of its users as readers; 0 for who only creates"),
    ] = Quantity(1.0)


class ContentKind(Section):
    """A kind of content: who makes it, how fast it ages, and what its stock does to those who read."""

    creators: Annotated[FixedShare, Field(description="share of users with the talent, drawn once for each")]
    creates: Annotated[
        Quantity,
        factor_up_to(MOST_ITEMS),
        Field(description="items that each of them makes on an active day, with a full audience and without a reward"),
    ]
    audience: Annotated[
        ContentAudience | None, Field(description="how readers encourage creators; none is needed when absent")
    ] = None
    reward: Annotated[ContentIncentive | None, Field(description="what rewards do to creators")] = None
    bad: Annotated[Share, Field(description="share of what is made that is worth nothing")] = Quantity(0.0)
    half_life: Annotated[PositiveDuration, Field(description="after which an item counts half")]
    starts_with: Annotated[FixedCount, Field(description="good items in stock before the first day")] = Quantity(0.0)
    appeal: Appeal
    by_segment: Annotated[dict[Name, ContentSegment], Field(description="segments that differ")] = {}

    def creators_in(self, segment: str) -> Quantity:
        """The share of a segment's users with the talent."""
        own = self.by_segment[segment].creators if segment in self.by_segment else None
        return self.creators if own is None else own

    def reading_of(self, segment: str) -> float:
        """The weight of appeal in a segment."""
        return self.by_segment[segment].reads.value if segment in self.by_segment else 1.0


class Moderation(Section):
    """Looking at new items: what is bad is removed on the day."""

    reviews: Annotated[Share, Field(description="share of the items of a day that are looked at")]
    cost: Annotated[Money, Field(description="what looking at one item costs")] = Quantity(0.0)


class Seeds(Section):
    """Good items that the team makes itself."""

    items: Annotated[Rate, Field(description="how many, such as 20 / day")]
    cost: Annotated[Money, Field(description="what one item costs")] = Quantity(0.0)


class ContentPolicy(Section):
    """What the team does for a kind of content."""

    reward: Annotated[DeedReward, Field(description="for creators, by item")] = DeedReward()
    moderation: Annotated[Moderation | None, Field(description="who looks at new items; nobody when absent")] = None
    seeds: Annotated[Seeds | None, Field(description="what the team makes itself; nothing when absent")] = None


def incentive_at(most: float, half_at: float, worth: float, gain: float) -> float:
    """The factor of a reward of some worth; at most a number."""
    return math.exp(min(gain * math.log(1.0 + (most - 1.0) * worth / (worth + half_at)), LARGEST_LOG))


def most_items(kind: ContentKind, policy: ContentPolicy, segments: Mapping[str, Segment]) -> float:
    """The most items that one creator makes on a day, on the mean."""
    if kind.reward is None:
        return kind.creates.largest
    gain = max((segment.weight("gain") for segment in segments.values()), default=1.0)
    worth = policy.reward.value.largest
    return kind.creates.largest * incentive_at(kind.reward.creates.largest, kind.reward.half_at.smallest, worth, gain)


def check_content(
    content: Mapping[str, ContentKind],
    policies: Mapping[str, ContentPolicy],
    segments: Mapping[str, Segment],
) -> Iterator[Finding]:
    """Creators who would make more than can be counted."""
    for name, kind in content.items():
        most = most_items(kind, policies.get(name, ContentPolicy()), segments)
        if most > MOST_ITEMS:
            yield Finding(
                ("content", name, "creates"),
                f"comes to {most:,.6g} items a day for the reward of the policy",
                allowed=f"at most {MOST_ITEMS}",
                also=(("content", name, "reward", "creates"), (*HOME, name, "reward")),
            )
