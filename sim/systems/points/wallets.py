"""Who holds how much of each programme: the state that days change, and what any system may read or do of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from sim.engine.compiled import compiled
from sim.engine.effects import target_of_activity
from sim.engine.lifts import LAPSE
from sim.engine.lots import MOST_UNITS, Lots
from sim.systems.motives import Motive
from sim.systems.points.absent import GivenToAbsent
from sim.systems.points.plan import AftermathPlan, PointsPlan
from sim.systems.strength import strength
from sim.systems.windows.names import earned_kind

if TYPE_CHECKING:
    from sim.systems.world import World

F32 = npt.NDArray[np.float32]
U16 = npt.NDArray[np.uint16]
U32 = npt.NDArray[np.uint32]
I32 = npt.NDArray[np.int32]
I64 = npt.NDArray[np.int64]
F64 = npt.NDArray[np.float64]

POINTS_COUNTS = ("issued", "redeemed", "expired", "forfeited", "farmed", "rewards", "transferred", "fees")
"""Of each programme's day: units of agents (`farmed`: of the issued, those of users who farm), the rewards that they
took, and units that others received of them."""
ISSUED, REDEEMED, EXPIRED, FORFEITED, FARMED, REWARDS_TAKEN, TRANSFERRED, FEES = range(len(POINTS_COUNTS))


@dataclass
class Wallet:
    """All users' units of one programme.

    Attributes:
        counts: int64 (n_days, n_counts), the `POINTS_COUNTS`.
        taken: int64 (n_days, n_rewards), rewards taken by agents.
        cost_cents, paid_cents: int64 (n_days,), what they cost and what was paid for them in money, of persons, as
            booked.
        left: int64 (n_rewards,), what may still be taken this month.
        largest: int64 (n_days,), the most that anybody held once units were given on a day; until a reward is taken.
        has_taken: bool column, who has ever taken a reward; empty without rewards.
        first_rewards: int64 (n_days + 1,), users by the days from sign-up, or from the first day for who was a user
            before, to their first reward.
        streaks: uint32 column, 2**16 times 1 + the last active day, plus the days in a row; empty where none counts.
        in_month, in_all: by the position of an earning with such a limit, int32 column of what it has given so far.
        pulled, pulled_on: natural logarithm of each user's lift by the cheapest reward, and the day of that; empty
            without nearness.
        given: units that each has given away this month; empty without such a limit.
        blocked_until: uint16 column, the day from which a user may earn and redeem again; empty until one is blocked.
        given_to_absent: what was given to users who had been away for longer than `inactive_for`.
        most_earned: no user has been given more in all.
        month: the month that `left`, `in_month` and `given` are of.
        day: the day that these are of: `took`, (reward, who took it); `lost`, (who lost, how much, to what of the
            `POINTS_COUNTS`); `gave`, (who gave, to whom, what arrived, what was kept).
    """

    plan: PointsPlan
    lots: Lots
    counts: I64
    taken: I64
    cost_cents: I64
    paid_cents: I64
    left: I64
    largest: I64
    has_taken: npt.NDArray[np.bool_]
    first_rewards: I64
    given_to_absent: GivenToAbsent
    streaks: U32 = field(default_factory=lambda: np.empty(0, np.uint32))
    in_month: dict[int, I32] = field(default_factory=dict)
    in_all: dict[int, I32] = field(default_factory=dict)
    pulled: F32 = field(default_factory=lambda: np.empty(0, np.float32))
    pulled_on: U16 = field(default_factory=lambda: np.empty(0, np.uint16))
    given: I32 = field(default_factory=lambda: np.empty(0, np.int32))
    blocked_until: U16 = field(default_factory=lambda: np.empty(0, np.uint16))
    month: int = -1
    day: int = -1
    most_earned: int = 0
    took: list[tuple[int, U32]] = field(default_factory=list)
    lost: list[tuple[U32, I64, int]] = field(default_factory=list)
    gave: list[tuple[U32, U32, I64, I64]] = field(default_factory=list)

    @staticmethod
    def of(plan: PointsPlan, capacity: int, n_days: int) -> Wallet:
        """Empty wallets for `capacity` users."""
        n_rewards = len(plan.rewards.names)
        n_pulled = 0 if plan.habits.nearness is None else capacity
        n_given = capacity if plan.transfers is not None and plan.transfers.per_month else 0
        n_streak = capacity if any(earning.days for earning in plan.earnings) else 0
        return Wallet(
            plan=plan,
            lots=Lots(capacity, plan.batches.n_columns, plan.batches.last_day.size),
            counts=np.zeros((n_days, len(POINTS_COUNTS)), np.int64),
            taken=np.zeros((n_days, n_rewards), np.int64),
            cost_cents=np.zeros(n_days, np.int64),
            paid_cents=np.zeros(n_days, np.int64),
            largest=np.zeros(n_days, np.int64),
            has_taken=np.zeros(capacity if n_rewards else 0, np.bool_),
            first_rewards=np.zeros(n_days + 1, np.int64),
            given_to_absent=GivenToAbsent(capacity),
            left=np.minimum(plan.rewards.stock, plan.rewards.limited),
            streaks=np.zeros(n_streak, np.uint32),
            pulled=np.zeros(n_pulled, np.float32),
            pulled_on=np.zeros(n_pulled, np.uint16),
            given=np.zeros(n_given, np.int32),
            in_month={
                position: np.zeros(capacity, np.int32)
                for position, earning in enumerate(plan.earnings)
                if earning.per_month
            },
            in_all={
                position: np.zeros(capacity, np.int32) for position, earning in enumerate(plan.earnings) if earning.ever
            },
        )

    def open_day(self, day: int) -> None:
        """Forget what yesterday brought; fill up stock and monthly limits on the first day of a month."""
        if day != self.day:
            self.day = day
            self.took.clear()
            self.lost.clear()
            self.gave.clear()
        if self.plan.month[day] != self.month:
            self.month = int(self.plan.month[day])
            rewards = self.plan.rewards
            self.left = np.minimum(rewards.stock, rewards.limited - self.taken.sum(axis=0))
            for column in (*self.in_month.values(), self.given):
                column[:] = 0

    def live(self, day: int) -> tuple[int, int]:
        """The oldest and the newest batch that anything may be in on a day."""
        oldest = int(self.plan.batches.oldest[day])
        return oldest, min(oldest + self.plan.batches.n_columns, self.plan.batches.last_day.size) - 1

    def may(self, day: int, rows: U32) -> npt.NDArray[np.bool_]:
        """Whether each of these users may earn, redeem and give today; once anybody was blocked."""
        allowed: npt.NDArray[np.bool_] = self.blocked_until[rows] <= day
        return allowed

    def unblocked(self, day: int, rows: U32) -> U32:
        """Those of these users who may earn, redeem and give today."""
        return rows[self.may(day, rows)] if self.blocked_until.size else rows

    def expiring(self, day: int, rows: U32 | slice) -> I32:
        """What of these users' units expires with the next batch, int32 (n_rows,); 0 where there is no date."""
        if not self.plan.batches.are_dated:
            return np.zeros_like(self.lots.balance[rows])
        return self.lots.lot(self.live(day)[0])[rows].astype(np.int32)

    def minding(self, day: int, rows: U32, amounts: I64) -> U32:
        """Those of these users who mind what they have lost: as much as the cheapest reward costs."""
        cheapest = self.plan.rewards.cheapest[day]
        return rows[amounts >= cheapest] if cheapest else rows[:0]

    def days_left(self, day: int) -> int:
        """Days until the next batch expires, where they have dates."""
        return int(self.plan.batches.last_day[self.live(day)[0]]) - day


def credit(world: World, day: int, programme: str, rows: U32, amounts: I64, *, months: int | None = None) -> None:
    """Give these users (each once) units, unless they are blocked, with what that does to the cheapest reward's pull.

    Args:
        months: after which these units expire, where not as the programme says; at most as it says.
    """
    wallet = world.wallets[programme]
    if wallet.blocked_until.size:
        may = wallet.may(day, rows)
        rows, amounts = rows[may], amounts[may]
    if not rows.size:
        return
    sooner = 0 if months is None else wallet.plan.months - months
    batch = int(wallet.plan.batches.earned_into[day]) - sooner
    asks = world.plan.farming is not None or earned_kind(programme) in world.windows or wallet.plan.inactive_days > 0
    given = np.empty(rows.size if asks else 0, np.int64)
    wallet.counts[day, ISSUED] += wallet.lots.earn(rows, amounts, batch, given)
    if wallet.taken.size and not wallet.taken.any():  # then the liability goes by what is in reach
        wallet.largest[day] = max(wallet.largest[day], wallet.lots.balance[rows].max())
    if asks:
        wallet.counts[day, FARMED] += given[is_farming(world, rows)].sum()
        _remember_earned(world, day, wallet, rows, given)
        _remember_absent(world, day, wallet, rows, given)
    pull(world, day, wallet, rows)


def lose(world: World, day: int, wallet: Wallet, rows: U32, amounts: I64, count: int) -> None:
    """Count what these users (each once) have lost, as that of the `POINTS_COUNTS`; some mind it."""
    wallet.counts[day, count] += amounts.sum()
    wallet.lost.append((rows, amounts, count))
    pull(world, day, wallet, rows)
    move_by(world, day, wallet.plan.habits.loss, wallet.minding(day, rows, amounts), f"loss:{wallet.plan.name}")


def _remember_earned(world: World, day: int, wallet: Wallet, rows: U32, amounts: I64) -> None:
    """Add what these users have been given to the windows that expressions read; a column holds so many at most."""
    kind = earned_kind(wallet.plan.name)
    if kind in world.windows:
        wallet.most_earned += int(amounts.max())
        if wallet.most_earned > MOST_UNITS:
            sums = world.windows[kind].sums
            amounts = np.minimum(amounts, MOST_UNITS - sums[max(sums)][rows].astype(np.int64))
        world.note(day, kind, rows, amounts)


def _remember_absent(world: World, day: int, wallet: Wallet, rows: U32, amounts: I64) -> None:
    """Note what is given to who has been away for so long that all it had has expired: that lives on by itself."""
    if not wallet.plan.inactive_days:
        return
    is_absent = world.people.last_active[rows] <= day - wallet.plan.inactive_days
    if is_absent.any():
        is_absent &= stays_away(world, rows)
        wallet.given_to_absent.note(day, rows[is_absent], amounts[is_absent])


def forget_earned(world: World, day: int, wallet: Wallet) -> None:
    """Take off what has left the windows, before the day's units are given: rules read the days until yesterday."""
    kind = earned_kind(wallet.plan.name)
    if kind in world.windows:
        world.windows[kind].slide(day)


def is_farming(world: World, rows: U32) -> npt.NDArray[np.bool_]:
    """Whether each of these users is of a segment that earns without use."""
    farming = world.plan.farming
    if farming is None:
        return np.zeros(rows.size, np.bool_)
    found: npt.NDArray[np.bool_] = farming.is_farming[world.plan.segment_of_cell[world.people.cell[rows]]]
    return found


def stays_away(world: World, rows: U32) -> npt.NDArray[np.bool_]:
    """Whether each of these users, who were not active, is not of a segment that comes to earn either."""
    farming = world.plan.farming
    if farming is None:
        return np.ones(rows.size, np.bool_)
    away: npt.NDArray[np.bool_] = farming.per_idle_day[world.plan.segment_of_cell[world.people.cell[rows]]] == 0
    return away


def postpone(world: World, day: int, programme: str, rows: U32, n_batches: int) -> I64:
    """Let what these users would lose next expire so many batches later; returns how much that is of each."""
    wallet = world.wallets[programme]
    oldest, newest = wallet.live(day)
    return wallet.lots.move(rows, oldest, min(oldest + n_batches, newest))


@compiled
def _pull_anew(rows, day, balance, cheapest, log_factor, power, half_life_days, pulled, pulled_on, out_lifts):  # type: ignore[no-untyped-def]
    """Write each user's pull, as near as the reward is now, and how much that is beyond what was left of the last."""
    for i in range(rows.size):
        row = rows[i]
        age = day - np.float64(pulled_on[row])
        left = np.float64(pulled[row]) * 0.5 ** (age / half_life_days)
        pulled[row] = log_factor * min(balance[row] / cheapest, 1.0) ** power
        pulled_on[row] = day
        out_lifts[i] = np.float64(pulled[row]) - left


def pull(world: World, day: int, wallet: Wallet, rows: U32) -> None:
    """Let the cheapest reward pull these users, whose balances have changed, as near as it is to them now.

    What is left of an earlier pull is taken off: earning brings it back to its full strength, a reward resets it.
    """
    nearness, cheapest = wallet.plan.habits.nearness, float(wallet.plan.rewards.cheapest[day])
    if nearness is None or not cheapest:
        return
    log_factor, power, half_life_days = nearness
    lifts = np.empty(rows.size)
    _pull_anew(
        rows, day, wallet.lots.balance, cheapest, log_factor, power, half_life_days, wallet.pulled, wallet.pulled_on,
        lifts,
    )  # fmt: skip
    target = target_of_activity(world.plan.retention.clock)
    world.effects.fade(rows, target, lifts, day=day, half_life_days=half_life_days)


def move_by(
    world: World, day: int, aftermath: AftermathPlan | None, rows: U32, effect: str, motive: Motive | None = None
) -> None:
    """What an event, named by `effect`, does to these users for a while."""
    if aftermath is None or not rows.size:
        return
    weights = strength(world, rows, motive=motive, effect=effect, habituation=aftermath.habituation)
    activity = target_of_activity(world.plan.retention.clock)
    for target, log_lift in ((activity, aftermath.activity), (LAPSE, aftermath.lapse)):
        lifts = log_lift * weights
        world.effects.fade(rows, target, lifts, day=day, half_life_days=aftermath.half_life_days)
