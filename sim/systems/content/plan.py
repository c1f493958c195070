"""Content as frozen plans: who makes how much of it, what it does to readers, and what the team does about it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sim.engine.draws import purpose
from sim.systems.content.schema import ContentKind, ContentPolicy, Seeds, incentive_at
from sim.systems.horizon import Horizon
from sim.systems.market.plan import MarketPlan

I64 = npt.NDArray[np.int64]
F64 = npt.NDArray[np.float64]

BYTES_PER_USER = 1
"""Whether each user has the talent, for each kind."""
BYTES_PER_CREATOR = 120
"""What each has made today, and the luck of that."""

MOST_LOG = 700.0
"""Of half_at / stock to the power of the steepness: beyond, appeal is as good as 0, and the power no number."""


@dataclass(frozen=True)
class AppealPlan:
    """What a stock is to readers.

    Attributes:
        log_activity, log_lapse: natural logarithms of what full appeal multiplies the odds of being active, and the
            hazard of lapsing, by.
    """

    half_at: float
    steepness: float
    spoils: float
    log_activity: float
    log_lapse: float
    measured_at: float

    def of(self, good: float, bad: float) -> float:
        """The appeal of a stock, from 0 to 1."""
        if good <= 0.0 or self.steepness * math.log(self.half_at / good) > MOST_LOG:
            return 0.0
        full = 1.0 / (1.0 + math.pow(self.half_at / good, self.steepness))
        return full * math.pow(good / (good + bad), self.spoils)


@dataclass(frozen=True)
class ContentPlan:
    """One kind of content, with what the policy does for it.

    Attributes:
        index: of its name in the ledger; 0 where the policy does nothing for it.
        creators, reads: float64 (n_segments,).
        creates, bad: float64 (n_days, n_segments), items of a creator's active day with a full audience, and the share
            of them that is bad; `unpaid`, `unpaid_bad`: float64 (n_days,), the same without a reward.
        audience_half: readers who call forth half of that; 0 where none are needed. `audience_least`: made for nobody.
        keeps: what a day leaves of an item.
        starts_with: good items before the first day.
        reward_micro: int64 (n_days,), 1/10,000 cents for an item; `reward_units`: by points programme.
        reviews: float64 (n_days,), share of new items that is looked at; `review_micro`: int64 (n_days,), for each.
        seeds: int64 (n_days,), items of the team; `seed_micro`: int64 (n_days,), for each.
        creator_purpose, making_purpose: of the draws of who has the talent, and of what is made.
    """

    name: str
    index: int
    creators: F64
    reads: F64
    creates: F64
    bad: F64
    unpaid: F64
    unpaid_bad: F64
    audience_half: float
    audience_least: float
    keeps: float
    starts_with: float
    appeal: AppealPlan
    reward_micro: I64
    reward_units: Mapping[str, int]
    reviews: F64
    review_micro: I64
    seeds: I64
    seed_micro: I64
    creator_purpose: int
    making_purpose: int

    def bytes_per_row(self, agents: I64) -> float:
        """Of each user: the talent, and what those who have it make, were all of them active on one day.

        Args:
            agents: int64 (n_segments,), of the market.
        """
        return BYTES_PER_USER + BYTES_PER_CREATOR * float(self.creators @ agents) / max(int(agents.sum()), 1)

    def encouraged(self, readers: float) -> float:
        """The share of what a full audience calls forth that so many readers do."""
        if self.audience_half == 0.0:
            return 1.0
        return self.audience_least + (1.0 - self.audience_least) * readers / (readers + self.audience_half)


def compile_content(
    content: Mapping[str, ContentKind],
    policies: Mapping[str, ContentPolicy],
    market: MarketPlan,
    horizon: Horizon,
    *,
    first_index: int,
) -> tuple[ContentPlan, ...]:
    """The plans of the checked `content` and `policy.content`.

    Args:
        first_index: of the names of `policy.content` in the ledger.
    """
    indices = {name: index for index, name in enumerate(policies, start=first_index)}
    return tuple(
        _compile_kind(name, kind, policies.get(name, ContentPolicy()), market, horizon, indices.get(name, 0))
        for name, kind in content.items()
    )


def _compile_kind(
    name: str, kind: ContentKind, policy: ContentPolicy, market: MarketPlan, horizon: Horizon, index: int
) -> ContentPlan:
    moderation, seeds, audience = policy.moderation, policy.seeds, kind.audience
    nothing = np.zeros(horizon.n_days)
    unpaid, unpaid_bad = horizon.of(kind.creates), horizon.of(kind.bad)
    moved = _moved(kind, policy, market, horizon)
    return ContentPlan(
        name=name,
        index=index,
        creators=np.array([kind.creators_in(segment).value for segment in market.segments]),
        reads=np.array([kind.reading_of(segment) for segment in market.segments]),
        creates=unpaid[:, None] * moved[0],
        bad=np.minimum(unpaid_bad[:, None] * moved[1], 1.0),
        unpaid=unpaid,
        unpaid_bad=unpaid_bad,
        audience_half=0.0 if audience is None else audience.half_at.value,
        audience_least=1.0 if audience is None else audience.least.value,
        keeps=0.5 ** (1.0 / kind.half_life.value),
        starts_with=kind.starts_with.value,
        appeal=_compile_appeal(kind),
        reward_micro=horizon.micro(policy.reward.money),
        reward_units={programme: int(units.value) for programme, units in policy.reward.points.items()},
        reviews=nothing if moderation is None else horizon.of(moderation.reviews),
        review_micro=nothing.astype(np.int64) if moderation is None else horizon.micro(moderation.cost),
        seeds=_seeds(seeds, horizon),
        seed_micro=nothing.astype(np.int64) if seeds is None else horizon.micro(seeds.cost),
        creator_purpose=purpose(f"creator:{name}"),
        making_purpose=purpose(f"content:{name}"),
    )


def _compile_appeal(kind: ContentKind) -> AppealPlan:
    appeal = kind.appeal
    return AppealPlan(
        half_at=appeal.half_at.value,
        steepness=appeal.steepness.value,
        spoils=appeal.spoils.value,
        log_activity=math.log(appeal.activity.value),
        log_lapse=math.log(appeal.lapse.value),
        measured_at=appeal.measured_at.value,
    )


def _moved(kind: ContentKind, policy: ContentPolicy, market: MarketPlan, horizon: Horizon) -> tuple[F64, F64]:
    """What the reward makes of how much is made, and of the share of it that is bad: float64 (n_days, n_segments)."""
    ones, reward = np.ones((horizon.n_days, len(market.segments))), kind.reward
    if reward is None:
        return ones, ones
    worth, gain = horizon.of(policy.reward.value), market.weights["gain"]
    by_most = (
        [[incentive_at(most.value, reward.half_at.value, of_day, weight) for weight in gain] for of_day in worth]
        for most in (reward.creates, reward.bad)
    )
    creates, bad = (np.array(factors) for factors in by_most)
    return creates, bad


def _seeds(seeds: Seeds | None, horizon: Horizon) -> I64:
    """Whole items of each day, int64 (n_days,): what is left of a day's rate is made later."""
    if seeds is None:
        return np.zeros(horizon.n_days, np.int64)
    per_day = horizon.of(seeds.items)
    per_day[: horizon.first_day] = 0.0
    made = np.floor(np.cumsum(per_day) + 1e-9).astype(np.int64)
    return np.diff(made, prepend=0)
