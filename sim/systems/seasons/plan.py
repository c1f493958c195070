"""Seasons and campaigns as factors: the world's per day, the team's as stretches of days that SimPy waits for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sim.systems.horizon import Horizon
from sim.systems.seasons.schema import WEEKDAYS, Campaign, Lift, Seasons, Weekday
from sim.units import to_cents

F64 = npt.NDArray[np.float64]


@dataclass(frozen=True)
class CampaignPlan:
    """One campaign.

    Attributes:
        first_day, n_days: when it runs; a campaign that began before the start has a negative first day.
        segments: bool (n_segments,), whom it lifts.
        activity, orders: factors on the odds of activity and on the order rate.
        discount: share off every basket.
        cost_cents: booked on its first day.
        after_factor, after_days: the order rate afterwards, while pulled-forward demand is missing.
    """

    name: str
    first_day: int
    n_days: int
    segments: npt.NDArray[np.bool_]
    activity: float
    orders: float
    discount: float
    cost_cents: int
    after_factor: float
    after_days: int


@dataclass(frozen=True)
class SeasonsPlan:
    """The world's calendar: float64 (n_days,) factors on the odds of activity and on the order rate."""

    activity: F64
    orders: F64
    campaigns: tuple[CampaignPlan, ...]


def _weekday_factors(weekdays: Mapping[Weekday, Lift], field: str, horizon: Horizon) -> F64:
    """Factors by day, scaled so that a week's geometric mean is 1: a weekday pattern moves days, not the level."""
    by_weekday = np.array([getattr(weekdays[day], field).value if day in weekdays else 1.0 for day in WEEKDAYS])
    if (by_weekday > 0).all():
        by_weekday = by_weekday / np.exp(np.log(by_weekday).mean())
    return by_weekday[(horizon.start.weekday() + np.arange(horizon.n_days)) % 7]


def _season_factors(seasons: Seasons, field: str, horizon: Horizon) -> F64:
    factors = _weekday_factors(seasons.weekdays, field, horizon)
    for holiday in seasons.holidays.values():
        first = horizon.day_of(holiday.from_)
        stretch = slice(max(first, 0), max(first + int(holiday.for_.value), 0))
        factors[stretch] *= getattr(holiday, field).value
    return factors


def _compile_campaign(name: str, campaign: Campaign, segments: tuple[str, ...], horizon: Horizon) -> CampaignPlan:
    length = int(campaign.for_.value)
    after_factor, after_days = 1.0, 0
    if campaign.pull_forward is not None:
        after_days = max(int(campaign.pull_forward.over.value), 1)
        extra_days = max(campaign.orders.value - 1.0, 0.0) * length
        after_factor = max(0.0, 1.0 - campaign.pull_forward.share.value * extra_days / after_days)
    chosen = [campaign.segments is None or segment in campaign.segments for segment in segments]
    return CampaignPlan(
        name=name,
        first_day=horizon.day_of(campaign.from_),
        n_days=length,
        segments=np.array(chosen),
        activity=campaign.activity.value,
        orders=campaign.orders.value,
        discount=campaign.discount.value,
        cost_cents=to_cents(campaign.cost.value),
        after_factor=after_factor,
        after_days=after_days,
    )


def compile_seasons(
    seasons: Seasons, campaigns: Mapping[str, Campaign], segments: tuple[str, ...], horizon: Horizon
) -> SeasonsPlan:
    """The plan of the checked `seasons` section and `policy.campaigns`."""
    return SeasonsPlan(
        activity=_season_factors(seasons, "activity", horizon),
        orders=_season_factors(seasons, "orders", horizon),
        campaigns=tuple(_compile_campaign(name, entry, segments, horizon) for name, entry in campaigns.items()),
    )
