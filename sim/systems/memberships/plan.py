"""Memberships as frozen plans: how they pull, how long a period is, who leaves, and what is charged on each day."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sim.engine.quantiles import beta_table, constant_probability_table
from sim.systems.horizon import Horizon
from sim.systems.memberships.schema import LIFETIME, PERIODS, Membership, MembershipsResponse
from sim.systems.pulls import log_of
from sim.systems.retention.schema import Beta

I64 = npt.NDArray[np.int64]
F64 = npt.NDArray[np.float64]

ALIKE = 1e6
"""A sum of a Beta's parameters from which users are taken to be all alike."""
BYTES_PER_USER = 17
"""Plan, standing, first day and periods paid, what was paid last, tries and introductory periods left, and whether the
user was a member before."""
BYTES_PER_ENTRY = 20
"""What is due in the calendar, twice while its columns are lengthened."""


@dataclass(frozen=True)
class TrialPlan:
    """A trial.

    Attributes:
        price_cents: int64 (n_days,).
        log_appeal: natural logarithm of the factor on the plan's pull for who may try it.
        converts: probability that the first price is paid at its end.
    """

    n_days: int
    price_cents: I64
    log_appeal: float
    converts: float


@dataclass(frozen=True)
class IntroPlan:
    """An introductory price.

    Attributes:
        price_cents: int64 (n_days,), of one of the first `n_periods`.
        log_appeal: float64 (n_days,), natural logarithm of the factor on the plan's pull for who gets it.
    """

    n_periods: int
    price_cents: I64
    log_appeal: F64


@dataclass(frozen=True)
class MembershipPlan:
    """One membership.

    Attributes:
        index: of its name in the ledger.
        giver: its position among those who give privileges.
        ends: int64 (n_periods + 1,), days from the first payment to the end of the k-th period; empty for a lifetime.
        recognised_days: of a lifetime, days over which its price is recognised; 0 for the others.
        price_cents: int64 (n_days,), of one period.
        log_pull: float64 (n_days, n_segments), natural logarithm of the odds that who looks joins it.
        cancels_table: float64 (N_KNOTS,), logits of the users' own probabilities of cancelling.
        cancels_k: the k of the draw of that probability.
        tries, every_days: of a payment that has failed.
        pause_days: how long who wants to cancel may pause instead; 0 where nobody may.
        refund_days: days after a first payment in which it is paid back to who asks; 0 where it is not.
    """

    name: str
    index: int
    giver: int
    ends: I64
    recognised_days: int
    price_cents: I64
    log_pull: F64
    trial: TrialPlan | None
    intro: IntroPlan | None
    cancels_table: F64
    cancels_k: int
    tries: int
    every_days: int
    pause_days: int
    refund_days: int

    @property
    def is_lifetime(self) -> bool:
        """Whether it has no end."""
        return self.recognised_days > 0

    @property
    def first_days(self) -> int:
        """Days over which the first payment is recognised."""
        return self.recognised_days if self.is_lifetime else int(self.ends[1])

    def log_appeal_to_new(self, day: int) -> float:
        """Of the factor on its pull for who was never a member: the trial, and the introductory price."""
        trial = 0.0 if self.trial is None else self.trial.log_appeal
        return trial + (0.0 if self.intro is None else float(self.intro.log_appeal[day]))


@dataclass(frozen=True)
class MembershipsPlan:
    """All memberships, and how people take them.

    Attributes:
        looks: probability that an active user without a plan looks at the plans.
        lapsed_members: factor on the odds of cancelling of a member who has lost the habit.
        log_former_members: of the factor on the pull of all plans for who was a member before.
        reconsiders: probability that a renewing member compares all plans.
        price_rise: power of (new / last price) on the odds of cancelling at a higher one.
        pauses, resumes: probabilities of who wants to cancel, and at the end of a pause.
        asks_refund: probability that a first payment is asked back.
        payment_fails, recovers: probabilities of a renewal's payment, and of each further try.
    """

    plans: tuple[MembershipPlan, ...]
    looks: float
    lapsed_members: float
    log_former_members: float
    reconsiders: float
    price_rise: float
    pauses: float
    resumes: float
    asks_refund: float
    payment_fails: float
    recovers: float

    @property
    def bytes_per_row(self) -> int:
        """What each user's columns and entry take."""
        return BYTES_PER_USER + BYTES_PER_ENTRY if self.plans else 0


def compile_memberships(
    memberships: Mapping[str, Membership],
    response: MembershipsResponse,
    segments: Sequence[str],
    horizon: Horizon,
    *,
    first_index: int,
    first_giver: int,
) -> MembershipsPlan:
    """The plan of the checked `policy.memberships`, in their order.

    Args:
        first_index: of their names in the ledger.
        first_giver: their position among those who give privileges.
    """
    plans = tuple(
        _compile_membership(name, membership, response, segments, horizon, first_index + i, first_giver + i)
        for i, (name, membership) in enumerate(memberships.items())
    )
    return MembershipsPlan(
        plans=plans,
        looks=response.looks.value,
        lapsed_members=response.lapsed_members.value,
        log_former_members=float(log_of(response.former_members.value)),
        reconsiders=response.reconsiders.value,
        price_rise=response.price_rise.value,
        pauses=response.pauses.value,
        resumes=response.resumes.value,
        asks_refund=response.asks_refund.value,
        payment_fails=response.payment_fails.value,
        recovers=response.recovers.value,
    )


def _compile_membership(
    name: str,
    membership: Membership,
    response: MembershipsResponse,
    segments: Sequence[str],
    horizon: Horizon,
    index: int,
    giver: int,
) -> MembershipPlan:
    is_lifetime = membership.period == LIFETIME
    kind = "yearly" if is_lifetime else PERIODS[membership.period]
    cancels = getattr(response.cancels, kind)
    return MembershipPlan(
        name=name,
        index=index,
        giver=giver,
        ends=np.empty(0, np.int64) if is_lifetime else _ends(membership.period_days, horizon),
        recognised_days=int(membership.period_days) if is_lifetime else 0,
        price_cents=_cents(horizon.of(membership.price)),
        log_pull=_log_pull(membership, response, segments, horizon),
        trial=_compile_trial(membership, response, horizon),
        intro=_compile_intro(membership, response, horizon),
        cancels_table=_cancels_table(cancels),
        cancels_k=list(PERIODS.values()).index(kind),
        tries=int(membership.dunning.tries.value),
        every_days=int(membership.dunning.every.value),
        pause_days=0 if membership.pause is None else round(membership.pause.for_.value),
        refund_days=0 if membership.refund_within is None else int(membership.refund_within.value),
    )


def _cancels_table(cancels: Beta) -> F64:
    if cancels.a.value + cancels.b.value >= ALIKE:
        return constant_probability_table(cancels.mean)
    return beta_table(cancels.a.value, cancels.b.value)


def _ends(period_days: float, horizon: Horizon) -> I64:
    """Twelve months are 365 days: a month has 30 or 31."""
    n_periods = int(horizon.n_days / period_days) + 2
    ends: I64 = np.floor(np.arange(n_periods + 1) * period_days + 0.5).astype(np.int64)
    return ends


def _cents(amounts: F64) -> I64:
    cents: I64 = np.rint(amounts * 100).astype(np.int64)
    return cents


def _log_pull(membership: Membership, response: MembershipsResponse, segments: Sequence[str], horizon: Horizon) -> F64:
    by_segment = membership.by_segment
    factors = np.array([by_segment[segment].value if segment in by_segment else 1.0 for segment in segments])
    by_day = np.zeros(horizon.n_days)
    if response.worth is not None:
        log_per_day = np.log(horizon.of(membership.price)) - math.log(membership.period_days)
        by_day = -response.price_sensitivity.value * (log_per_day - np.log(horizon.of(response.worth)))
    logs: F64 = np.add.outer(by_day, log_of(membership.appeal.value * factors))
    return logs


def _compile_trial(membership: Membership, response: MembershipsResponse, horizon: Horizon) -> TrialPlan | None:
    trial = membership.trial
    if trial is None:
        return None
    change = response.trial_with_card if trial.card else response.trial_without_card
    return TrialPlan(
        n_days=int(trial.for_.value),
        price_cents=_cents(horizon.of(trial.price)),
        log_appeal=float(log_of(change.appeal.value)),
        converts=change.converts.value,
    )


def _compile_intro(membership: Membership, response: MembershipsResponse, horizon: Horizon) -> IntroPlan | None:
    """Where the price falls below the introductory one, new members pay the lower of them."""
    intro = membership.intro
    if intro is None:
        return None
    full = horizon.of(membership.price)
    price = np.minimum(horizon.of(intro.price), full)
    return IntroPlan(
        n_periods=int(intro.periods.value),
        price_cents=_cents(price),
        log_appeal=-response.price_sensitivity.value * (np.log(price) - np.log(full)),
    )
