"""What of memberships is legal and hardly meant: a year dearer than its months, an offer that nobody takes, a loss."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sim.scenario.findings import Finding, Path, warning
from sim.systems.memberships.schema import LIFETIME, Membership
from sim.units import describe

if TYPE_CHECKING:
    from sim.systems.scenario import Scenario

HOME: Path = ("policy", "memberships")
RESPONSE: Path = ("response", "memberships")


def doubts_of_memberships(scenario: Scenario) -> Iterator[Finding]:
    """Warnings that need more than the memberships themselves."""
    memberships, response = scenario.policy.memberships, scenario.response.memberships
    if not memberships:
        return
    if response.looks.value == 0:
        yield warning((*RESPONSE, "looks"), "is 0: nobody ever sees a membership", also=(HOME,))
    for name, membership in memberships.items():
        path: Path = (*HOME, name)
        factors = [factor.value for factor in membership.by_segment.values()]
        if membership.appeal.value == 0:
            yield warning((*path, "appeal"), "is 0: nobody ever joins")
        elif len(factors) == len(scenario.market.segments) and not any(factors):
            yield warning((*path, "by_segment"), "is 0 for every segment: nobody ever joins")
        yield from _trial(path, membership, scenario)
        yield from _offers(path, membership, scenario)
        yield from _below_cost(path, membership, scenario)
        yield from _dearer(path, membership, scenario)


def _trial(path: Path, membership: Membership, scenario: Scenario) -> Iterator[Finding]:
    """A trial that is longer than what it is a trial of, costs more, or brings nobody more."""
    trial, response = membership.trial, scenario.response.memberships
    if trial is None:
        return
    if trial.for_.value >= membership.period_days:
        message = f"is {describe(trial.for_.text)}, no shorter than the period that it is a trial of"
        yield warning((*path, "trial", "for"), message, also=((*path, "period"),))
    if trial.price.largest > membership.price.smallest:
        message = f"is {describe(trial.price.text)}, more than the price of a whole period"
        yield warning((*path, "trial", "price"), message, also=((*path, "price"),))
    key = "trial_with_card" if trial.card else "trial_without_card"
    change = response.trial_with_card if trial.card else response.trial_without_card
    if change.appeal.value <= 1 and change.converts.value < 1:
        message = (
            f"brings fewer members: {1 - change.converts.value:.0%} do not pay at its end, "
            f"and `response.memberships.{key}.appeal`, {change.appeal.value:g}, lets nobody join for it"
        )
        yield warning((*path, "trial"), message, at_key=True)


def _offers(path: Path, membership: Membership, scenario: Scenario) -> Iterator[Finding]:
    """What is offered, and nobody takes: an introductory price, a pause, a refund."""
    response = scenario.response.memberships
    offers = (("intro", "price_sensitivity", "brings nobody"), ("pause", "pauses", "is taken by nobody"))
    for key, answer, consequence in (*offers, ("refund_within", "asks_refund", "is asked for by nobody")):
        if getattr(membership, key) is not None and getattr(response, answer).value == 0:
            message = f"{consequence}: `response.memberships.{answer}` is 0"
            yield warning((*path, key), message, at_key=True)
    if membership.pause is not None and response.pauses.value > 0 and response.resumes.value == 0:
        message = "brings nobody back: `response.memberships.resumes` is 0"
        yield warning((*path, "pause"), message, at_key=True)
    refund = membership.refund_within
    if refund is not None and refund.value > membership.period_days:
        message = f"is {describe(refund.text)}, longer than the period: it ends with the period"
        yield warning((*path, "refund_within"), message, also=((*path, "period"),))


def _below_cost(path: Path, membership: Membership, scenario: Scenario) -> Iterator[Finding]:
    """What its privileges cost while they are held, without orders, against the price of a period."""
    if membership.period == LIFETIME:
        return
    known = [scenario.privileges[name] for name in membership.privileges if name in scenario.privileges]
    cost = sum(privilege.cost.largest for privilege in known) * membership.period_days
    if cost > membership.price.smallest:
        message = f"is less than what its privileges cost in that time, {cost:,.2f} {scenario.currency}"
        yield warning((*path, "price"), message, also=((*path, "privileges"),))


def _dearer(path: Path, membership: Membership, scenario: Scenario) -> Iterator[Finding]:
    """A longer period that costs more a day than a shorter one of the same privileges."""
    for name, other in scenario.policy.memberships.items():
        is_longer = LIFETIME not in (membership.period, other.period) and membership.period_days > other.period_days
        if not is_longer or set(other.privileges) != set(membership.privileges):
            continue
        n_periods = round(membership.period_days / other.period_days)
        if membership.price.smallest > n_periods * other.price.largest + 1e-9:
            sum_of_others = f"{n_periods * other.price.largest:,.2f} {scenario.currency}"
            message = f"is more than {n_periods} periods of `{name}`, {sum_of_others}, for the same privileges"
            yield warning((*path, "price"), message, also=((*HOME, name, "price"),))
            return
