"""Programmes as frozen plans: what each day gives, into which batch, and what rewards cost."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt

from sim.engine.draws import purpose
from sim.engine.lots import MOST_UNITS
from sim.systems.horizon import Horizon
from sim.systems.market.plan import MarketPlan
from sim.systems.points.expiry import Expiry
from sim.systems.points.rewards_plan import RewardsPlan, compile_rewards
from sim.systems.points.schema import Aftermath, Earning, Farming, PointsResponse, Programme
from sim.systems.points.transfers_plan import TransfersPlan, compile_transfers
from sim.units import Quantity

I64 = npt.NDArray[np.int64]
F64 = npt.NDArray[np.float64]

BYTES_PER_LOT = 4
DAYS_IN_400_YEARS = 146_097


@dataclass(frozen=True)
class EarningPlan:
    """One way to earn.

    Attributes:
        gives: float64 (n_days,), units for one of what it is for.
        days: of a streak; 0 for the others.
        ever, per_day, per_month: units that it gives one user in all, a day, and in a month; 0 for no limit.
    """

    occasion: str
    gives: F64
    days: int
    ever: int
    per_day: int
    per_month: int


@dataclass(frozen=True)
class BatchesPlan:
    """The periods at whose ends units expire, in the order of their ends.

    Attributes:
        earned_into: int64 (n_days,), the batch into which each day's earnings go.
        last_day: int64 (n_batches,), the day at whose end each expires; beyond the horizon for those that do not.
        oldest: int64 (n_days,), the oldest batch that is live on each day.
        n_columns: how many are live at once, extensions included.
        are_dated: whether units expire on dates; else there is one batch, which has none.
    """

    earned_into: I64
    last_day: I64
    oldest: I64
    n_columns: int
    are_dated: bool


@dataclass(frozen=True)
class AftermathPlan:
    """What an event does to a user for a while, as natural logarithms of multipliers.

    Attributes:
        habituation: what each time leaves of it for the next.
    """

    activity: float
    lapse: float
    half_life_days: float
    habituation: float


@dataclass(frozen=True)
class HabitsPlan:
    """How people take to one programme.

    Attributes:
        looks: probability that a user who is active looks at the rewards and goes all steps.
        keeps: float64 (n_days,), power of the saved share in the pull of a reward out of reach.
        expiring: factor on the odds of looking and of taking, of a user who knows that units expire.
        nearness: (natural logarithm of the factor on activity, power, half-life in days), None without.
    """

    looks: float
    keeps: F64
    expiring: float
    nearness: tuple[float, float, float] | None
    reward: AftermathPlan | None
    loss: AftermathPlan | None

    @property
    def n_effects(self) -> int:
        """The most effects under which one user may be."""
        aftermaths = [aftermath for aftermath in (self.reward, self.loss) if aftermath is not None]
        return (self.nearness is not None) + sum((one.activity != 0) + (one.lapse != 0) for one in aftermaths)


@dataclass(frozen=True)
class FarmingPlan:
    """Who earns without use.

    Attributes:
        is_farming: bool (n_segments,), whether it is one of these segments.
        per_idle_day: float64 (n_segments,), probability of coming to earn on a day without use.
        accounts: int64 (n_segments,), how often an act's units are given.
    """

    is_farming: npt.NDArray[np.bool_]
    per_idle_day: F64
    accounts: I64


@dataclass(frozen=True)
class PointsPlan:
    """One programme.

    Attributes:
        index: of its name in the ledger.
        months: of rolling expiry; 0 where that is not how it expires.
        inactive_days: days without activity after which all is lost; 0 where that is not how it expires.
        notice_days: so long before units expire users know of it.
        month: int64 (n_days,), numbers calendar months.
        only_grows: nothing takes units from anybody, or to anybody else: what a user holds is all it was ever given.
    """

    name: str
    index: int
    earnings: tuple[EarningPlan, ...]
    batches: BatchesPlan
    months: int
    inactive_days: int
    rewards: RewardsPlan
    habits: HabitsPlan
    transfers: TransfersPlan | None
    notice_days: int
    expected_redemption: float
    month: I64
    only_grows: bool
    look_purpose: int
    stock_purpose: int

    @property
    def bytes_per_row(self) -> int:
        """What each user's lots, balance, streak, limits, pull, repetitions and first reward take."""
        streaks = 4 * any(earning.days for earning in self.earnings)
        limits = 4 * sum((earning.per_month > 0) + (earning.ever > 0) for earning in self.earnings)
        pulls = 6 * (self.habits.nearness is not None)
        aftermaths = (self.habits.reward, self.habits.loss)
        repetitions = 2 * sum(aftermath is not None and aftermath.habituation < 1 for aftermath in aftermaths)
        given = 4 * (self.transfers is not None and self.transfers.per_month > 0)
        absent = 8 * (self.inactive_days > 0)  # what rules give to who is away
        taken = bool(self.rewards.names)  # whether it ever took one
        others = streaks + limits + pulls + repetitions + given + absent + taken
        return BYTES_PER_LOT * (self.batches.n_columns + 1) + others


def compile_points(
    programmes: Mapping[str, Programme],
    response: PointsResponse,
    market: MarketPlan,
    horizon: Horizon,
    *,
    first_index: int,
    longest_extension: Mapping[str, int],
    forfeited: Collection[str],
) -> tuple[PointsPlan, ...]:
    """The plans of the checked `policy.points`, in their order.

    Args:
        first_index: of their names in the ledger.
        longest_extension: by programme, batches by which a rule may let units expire later.
        forfeited: programmes of which a rule takes units.
    """
    return tuple(
        _compile_programme(
            name, programme, response, market, horizon,
            extension=longest_extension.get(name, 0), index=index, is_forfeited=name in forfeited,
        )
        for index, (name, programme) in enumerate(programmes.items(), start=first_index)
    )  # fmt: skip


def _compile_programme(
    name: str,
    programme: Programme,
    response: PointsResponse,
    market: MarketPlan,
    horizon: Horizon,
    *,
    extension: int,
    index: int,
    is_forfeited: bool,
) -> PointsPlan:
    dates = [horizon.start + timedelta(days=day) for day in range(horizon.n_days)]
    months = np.array([_month(each) for each in dates], np.int64)
    expiry = programme.expires
    return PointsPlan(
        name=name,
        index=index,
        earnings=tuple(_compile_earning(earning, horizon) for earning in programme.earns.values()),
        batches=_compile_batches(expiry, dates, extension),
        months=0 if expiry is None else expiry.months,
        inactive_days=0 if expiry is None or expiry.inactive_for is None else int(expiry.inactive_for.value),
        rewards=compile_rewards(programme, response, market, horizon),
        habits=_compile_habits(response, int(programme.steps.value), horizon),
        transfers=compile_transfers(name, programme.transfers, response.transfers),
        notice_days=0 if programme.notice is None else int(programme.notice.value),
        expected_redemption=programme.expected_redemption.value,
        month=months - months.min(initial=0),
        only_grows=not (expiry or programme.rewards or programme.transfers or is_forfeited),
        look_purpose=purpose(f"rewards:{name}"),
        stock_purpose=purpose(f"stock:{name}"),
    )


def compile_farming(farming: Mapping[str, Farming], segments: tuple[str, ...]) -> FarmingPlan | None:
    """The plan of the checked `response.points.farming`; None where nobody does."""
    acting = {segment: one for segment, one in farming.items() if one.acts}
    if not acting:
        return None
    found = [acting.get(segment) for segment in segments]
    return FarmingPlan(
        is_farming=np.array([one is not None for one in found], np.bool_),
        per_idle_day=np.array([0.0 if one is None else one.per_idle_day.value for one in found]),
        accounts=np.array([1 if one is None else int(one.accounts.value) for one in found], np.int64),
    )


def _month(day: date) -> int:
    return day.year * 12 + day.month - 1


def _compile_earning(earning: Earning, horizon: Horizon) -> EarningPlan:
    return EarningPlan(
        occasion=earning.for_,
        gives=horizon.of(earning.gives),
        days=0 if earning.days is None else int(earning.days.value),
        ever=_limit(earning.at_most),
        per_day=_limit(earning.at_most_per_day),
        per_month=_limit(earning.at_most_per_month),
    )


def _limit(units: Quantity | None) -> int:
    """0 for none; no column holds more than the largest."""
    return 0 if units is None else int(min(units.value, MOST_UNITS))


def _compile_batches(expiry: Expiry | None, dates: list[date], extension: int) -> BatchesPlan:
    """Batches of months or of years; one that never ends for all else."""
    n_days = len(dates)
    if expiry is None or not expiry.has_dates:
        return BatchesPlan(
            np.zeros(n_days, np.int64), np.array([n_days]), np.zeros(n_days, np.int64), 1, are_dated=False
        )
    if expiry.after is not None:
        ends = np.array([_month(each) + expiry.months for each in dates], np.int64)
        of_day = np.array([_month(each) for each in dates], np.int64)
    else:
        ends = np.array([_year_of_expiry(each, expiry) for each in dates], np.int64)
        of_day = np.array([each.year for each in dates], np.int64)
    first = int(of_day[0])
    n_batches = int(ends[-1]) + extension - first + 1
    last_day = np.array([_last_day(first + batch, expiry, dates[0]) for batch in range(n_batches)], np.int64)
    oldest = np.searchsorted(last_day, np.arange(n_days))
    live = ends - first - oldest
    return BatchesPlan(ends - first, last_day, oldest, int(live.max()) + extension + 1, are_dated=True)


def _year_of_expiry(earned: date, expiry: Expiry) -> int:
    """The year whose date of expiry takes what is earned on a day."""
    assert expiry.every_year_on is not None
    grace = 0 if expiry.grace is None else math.ceil(expiry.grace.value)
    month, day = expiry.every_year_on
    year = earned.year
    while _ordinal(year, month, day) - grace < earned.toordinal():
        year += 1
    return year


def _last_day(batch: int, expiry: Expiry, start: date) -> int:
    """The day of the horizon at whose end a batch, numbered by month or by year, expires."""
    if expiry.after is not None:
        return _ordinal((batch + 1) // 12, (batch + 1) % 12 + 1, 1) - start.toordinal() - 1
    assert expiry.every_year_on is not None
    return _ordinal(batch, *expiry.every_year_on) - start.toordinal()


def _ordinal(year: int, month: int, day: int) -> int:
    """The number of a date, also beyond the year 9999: the calendar repeats itself every 400 years."""
    cycles = (year - 1) // 400
    return date(year - 400 * cycles, month, day).toordinal() + DAYS_IN_400_YEARS * cycles


def _compile_habits(response: PointsResponse, steps: int, horizon: Horizon) -> HabitsPlan:
    near = response.nearness
    return HabitsPlan(
        looks=response.looks.value * response.per_step.value ** (steps - 1),
        keeps=horizon.of(response.nearness_power),
        expiring=response.expiring.value,
        nearness=None if near is None else (math.log(near.activity.value), near.power.value, near.half_life.value),
        reward=_compile_aftermath(response.reward),
        loss=_compile_aftermath(response.loss),
    )


def _compile_aftermath(aftermath: Aftermath | None) -> AftermathPlan | None:
    if aftermath is None:
        return None
    activity, lapse = math.log(aftermath.activity.value), math.log(aftermath.lapse.value)
    return AftermathPlan(activity, lapse, aftermath.half_life.value, aftermath.habituation.value)
