"""The roll: who is a member of what, since when, and until when it is paid; and the account of what was paid ahead."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from sim.engine.calendar import Calendar
from sim.engine.ledger import MICRO

if TYPE_CHECKING:
    from sim.systems.plan import Plan

U8 = npt.NDArray[np.uint8]
U16 = npt.NDArray[np.uint16]
I64 = npt.NDArray[np.int64]

NO_PLAN = 0
"""In the column `plan`; the first membership is 1."""
ON_TRIAL, PAID, OWING, PAUSED, ASKING = 1, 2, 3, 4, 5
"""In the column `standing`: tries for a while, has paid for the running period, a payment is being tried again, pauses,
or has paid and is going to ask for it back."""

MEMBERSHIP_COUNTS = (
    "joined", "trials_begun", "converted", "not_converted", "renewed", "switched_in", "switched_out", "cancelled",
    "payment_failed", "recovered", "unpaid", "paused", "resumed", "not_resumed", "refunded", "cash", "refunds",
)  # fmt: skip
"""Of each membership's day: agents; then cents that agents paid, less those that were paid back; and the latter."""
(
    JOINED, TRIALS_BEGUN, CONVERTED, NOT_CONVERTED, RENEWED, SWITCHED_IN, SWITCHED_OUT, CANCELLED, PAYMENT_FAILED,
    RECOVERED, UNPAID, PAUSES, RESUMED, NOT_RESUMED, REFUNDED, CASH, REFUNDS,
) = range(len(MEMBERSHIP_COUNTS))  # fmt: skip

Steps = tuple[tuple[int, int], ...]
"""(day, by how much a payment's part of that day differs from the day before), in 1/10,000 cents."""


def spread_over(cents: int, day: int, n_days: int) -> Steps:
    """A payment is revenue evenly over the `n_days` after `day`; the first has what is over."""
    share, rest = divmod(cents * MICRO, n_days)
    return (day + 1, share + rest), (day + 2, -rest), (day + 1 + n_days, -share)


def taken_back(cents: int, day: int, n_days: int, today: int) -> Steps:
    """What undoes `spread_over` of that payment: today what was revenue up to today, and the days after it."""
    share, rest = divmod(cents * MICRO, n_days)
    so_far = share * (today - day) + rest
    return (today, -so_far), (today + 1, so_far - share), (day + 1 + n_days, share)


@dataclass
class PaidAhead:
    """What was paid for days to come, of one membership: each payment is spread evenly over its days.

    Attributes:
        changes: int64 (n_days + 1, n_cells), by how much a day's share differs from the day before, 1/10,000 cents.
        per_day: int64 (n_cells,), the share of the last day that was recognised.
        waiting: int64 (n_cells,), parts of a cent of persons that are earned and not yet booked, in 1/10,000 cents.
    """

    changes: I64
    per_day: I64
    waiting: I64

    @staticmethod
    def of(n_days: int, n_cells: int) -> PaidAhead:
        """Nothing paid."""
        changes, nothing = np.zeros((n_days + 1, n_cells), np.int64), np.zeros(n_cells, np.int64)
        return PaidAhead(changes, nothing, nothing.copy())

    def change(self, by_cell: I64, steps: Steps) -> None:
        """`by_cell` agents have made a payment with these steps each, or got it back."""
        for at, micro in steps:
            if at < len(self.changes):
                self.changes[at] += by_cell * micro

    def recognise(self, day: int, people_per_agent: int) -> I64:
        """What becomes revenue on a day, in cents of persons by cell: parts of a cent wait for the next."""
        self.per_day += self.changes[day]
        self.waiting += self.per_day * people_per_agent
        cents = self.waiting // MICRO
        self.waiting -= cents * MICRO
        return cents


@dataclass
class Roll:
    """All users' memberships; a user has one at most.

    Attributes:
        plan: uint8 column, 1 + the position of the membership; 0 without one.
        standing: uint8 column, `ON_TRIAL`, `PAID`, `OWING`, `PAUSED` or `ASKING`; without a meaning for others.
        since: uint16 column, the day before the first of the periods that follow each other, or of the trial.
        periods: uint16 column, how many have been paid since then; 0 on trial.
        paid: int64 column, cents of the last payment for a period.
        tries: uint8 column, tries left of a failed payment.
        intro_left: uint8 column, periods to come at the introductory price.
        was_member: bool column, whether the user ever had a membership, or tried one.
        due: when a trial, a period or a pause ends, a payment is tried again or asked back: one entry for each of them.
        counts: int64 (n_memberships, n_days, n_counts), the `MEMBERSHIP_COUNTS`.
        recognised: int64 (n_memberships, n_days), cents of persons.
        cohort_changes: int64 (n_cohorts, n_days + 1, n_channels), by how much what a cohort's members bring differs
            from one age to the next, in 1/10,000 cents.
    """

    capacity: int
    due: Calendar
    counts: I64
    recognised: I64
    ahead: tuple[PaidAhead, ...]
    cohort_changes: I64
    plan: U8 = field(init=False)
    standing: U8 = field(init=False)
    since: U16 = field(init=False)
    periods: U16 = field(init=False)
    paid: I64 = field(init=False)
    tries: U8 = field(init=False)
    intro_left: U8 = field(init=False)
    was_member: npt.NDArray[np.bool_] = field(init=False)

    def __post_init__(self) -> None:
        for name in ("plan", "standing", "tries", "intro_left"):
            setattr(self, name, np.zeros(self.capacity, np.uint8))  # memory that is not touched costs nothing
        for name in ("since", "periods"):
            setattr(self, name, np.zeros(self.capacity, np.uint16))
        self.paid = np.zeros(self.capacity, np.int64)
        self.was_member = np.zeros(self.capacity, np.bool_)

    @staticmethod
    def of(plan: Plan) -> Roll:
        """Nobody is a member."""
        n = len(plan.memberships.plans)
        n_cohort_days = plan.n_days + 1 if n else 0
        return Roll(
            capacity=plan.market.n_agents if n else 0,
            due=Calendar(plan.n_days),
            counts=np.zeros((n, plan.n_days, len(MEMBERSHIP_COUNTS)), np.int64),
            recognised=np.zeros((n, plan.n_days), np.int64),
            ahead=tuple(PaidAhead.of(plan.n_days, plan.n_cells) for _ in range(n)),
            cohort_changes=np.zeros((plan.n_cohorts, n_cohort_days, plan.n_channels), np.int64),
        )
