"""Rules that get in each other's way, and limits that limit nothing: warnings of `sim validate`."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from itertools import combinations, pairwise
from typing import TYPE_CHECKING

from sim.scenario.findings import Finding, Path, warning
from sim.systems.horizon import Horizon
from sim.systems.rules.schedules import WhenPlan, compile_when

if TYPE_CHECKING:
    from sim.systems.rules.schema import Rule
    from sim.systems.scenario import Scenario

RULES: Path = ("policy", "rules")
DATED = ("every", "on", "holiday")
"""Schedules that say on which days they act; the others depend on what happens."""
ONCE = ("sign_up", "first_order")
"""Events that happen to a user once."""


def conflicts(scenario: Scenario) -> Iterator[Finding]:
    """All of them."""
    rules, horizon = scenario.policy.rules, Horizon(scenario.start, 0, scenario.n_days)
    plans = {name: compile_when(rule.when, scenario.seasons.holidays, horizon) for name, rule in rules.items()}
    for one, other in combinations(rules, 2):
        day = _meet(plans[one], plans[other], scenario.start)
        if day is not None:
            yield from _same_budget(scenario, one, other, day)
            yield from _same_coupon(scenario, one, other, day)
    for name, rule in rules.items():
        yield from _idle_limits((*RULES, name, "limits"), rule, plans[name], plans, scenario)
    yield from _idle_contact(scenario, plans)


def _meet(one: WhenPlan, other: WhenPlan, start: date) -> str | None:
    """When both rules look at the same users for sure, in words; None where it is not sure."""
    if one.stages and other.stages and not set(one.stages) & set(other.stages):
        return None
    if one.condition != other.condition:  # `if`: they may exclude each other
        return None
    both = one.acts_on & other.acts_on
    if not both:
        return None
    if one.schedule in DATED and other.schedule in DATED:
        return f"on {start + timedelta(days=min(both))}"
    if one.schedule != other.schedule:
        return None
    if one.schedule == "inactive_for":
        waves = set(one.waves) & set(other.waves)
        return f"after {min(waves)} days away" if waves else None
    if one.schedule == "metric":
        is_same = one.metric == other.metric and one.n_mornings == other.n_mornings
        return "on the same condition" if is_same else None
    is_same = (one.name, one.n_later, one.unless) == (other.name, other.n_later, other.unless)
    return f"on the same `{one.schedule}`" if is_same else None


def _same_budget(scenario: Scenario, one: str, other: str, day: str) -> Iterator[Finding]:
    rules = scenario.policy.rules
    for channel in rules[one].do.budgets.keys() & rules[other].do.budgets.keys():
        message = f"is changed {day} by `{one}` too: both changes count, this one last"
        also = ((*RULES, one, "do", "budgets", channel),)
        yield warning((*RULES, other, "do", "budgets", channel), message, also=also)


def _same_coupon(scenario: Scenario, one: str, other: str, day: str) -> Iterator[Finding]:
    first, second = scenario.policy.rules[one], scenario.policy.rules[other]
    if first.do.coupon is None or second.do.coupon is None or not _overlap(first, second):
        return
    message = f"comes {day} to users who get that of `{one}`, and replaces it: a user holds one coupon"
    also = ((*RULES, one, "do", "coupon"),)
    hint = "leave them out of one of the two by `who`, for instance by has_coupon == 0 in this one"
    yield warning((*RULES, other, "do", "coupon"), message, hint=hint, also=also)


def _overlap(first: Rule, second: Rule) -> bool:
    """Whether the audiences overlap for sure: one is everybody, or both are the same."""
    if second.who is not None and "has_coupon" in second.who.names:
        return False
    return first.who is None or second.who is None or first.who.text == second.who.text


def _idle_limits(
    path: Path, rule: Rule, when: WhenPlan, plans: Mapping[str, WhenPlan], scenario: Scenario
) -> Iterator[Finding]:
    """Limits that this rule can never reach."""
    limits, also = rule.limits, ((*path[:-1], "when"),)
    if limits.per_user is not None:
        cap = limits.per_user
        days, times = math.ceil(cap.per.value), int(cap.messages.value)
        most = most_in(when, days, plans)
        if most <= times:
            message = f"can never bind: `when` lets the rule act on a user {_times(most)} in {days} days"
            yield warning((*path, "per_user"), message, also=also)
    if limits.attempts is not None:
        yield from _idle_attempts((*path, "attempts"), rule, when)
    size = scenario.market.size.value
    if limits.capacity is not None and limits.capacity.smallest >= size:
        message = f"can never bind: the market has {size:,.0f} persons"
        yield warning((*path, "capacity"), message, also=(("market", "size"),))
    for key in ("budget", "total_budget"):
        if getattr(limits, key) is not None and _commits_nothing(rule, scenario):
            yield warning(
                (*path, key), "can never bind: what the rule does commits no money", also=((*path[:-1], "do"),)
            )


def _idle_attempts(path: Path, rule: Rule, when: WhenPlan) -> Iterator[Finding]:
    assert rule.limits.attempts is not None
    attempts, also = int(rule.limits.attempts.value), ((*path[:-2], "when"),)
    if when.schedule == "inactive_for" and attempts >= len(when.waves):
        n = len(when.waves)
        message = f"can never bind: `inactive_for` has {n} wave{'s' * (n != 1)} in one absence"
        yield warning(path, message, also=((*path[:-2], "when", "inactive_for"),))
    elif when.schedule == "event" and not (rule.who is not None and "days_inactive" in rule.who.names):
        yield warning(path, "counts in one absence, and the rule is about what users do, not about absence", also=also)


def _idle_contact(scenario: Scenario, plans: dict[str, WhenPlan]) -> Iterator[Finding]:
    """The cap over all rules, where all rules together send fewer."""
    contact = scenario.policy.contact
    rules = [plans[name] for name, rule in scenario.policy.rules.items() if rule.do.message is not None]
    if contact is None or contact.messages is None or contact.per is None or not rules:
        return
    days, most = math.ceil(contact.per.value), int(contact.messages.value)
    sent = sum(most_in(when, days, plans) for when in rules)
    if sent <= most:
        message = f"can never bind: all rules together send a user {_times(sent, 'message')} in {days} days"
        yield warning(("policy", "contact", "messages"), message, also=(RULES,))


def most_in(when: WhenPlan, days: int, plans: Mapping[str, WhenPlan]) -> int:
    """An upper bound of how often a rule may act on one user in so many days; a follower as often as its leader."""
    followed: set[str] = set()
    while when.schedule == "after" and when.name in plans.keys() - followed:
        followed.add(when.name)
        when = plans[when.name]
    if when.schedule in DATED:
        return _most_on_dates(when, days)
    if when.schedule == "event" and when.name in ONCE:
        return 1
    apart = 1
    if when.schedule == "inactive_for":
        waves = sorted(when.waves)
        apart = min([waves[0], *(later - earlier for earlier, later in pairwise(waves))])
    elif when.schedule == "event" and when.name == "return":
        apart = 30  # not 31: a return that a message brings is seen on the next day, the return after it at once
    elif when.schedule == "metric":
        apart = when.n_mornings + 1
    return math.ceil(days / max(apart, 1))


def _most_on_dates(when: WhenPlan, days: int) -> int:
    dates = sorted(when.acts_on)
    return max((bisect_left(dates, first + days) - i for i, first in enumerate(dates)), default=0)


def _times(n: int, what: str = "time") -> str:
    return "not even once" if n == 0 else f"at most {n} {what}{'s' * (n != 1)}"


def _commits_nothing(rule: Rule, scenario: Scenario) -> bool:
    medium = None if rule.do.message is None else scenario.media.get(rule.do.message)
    is_paid = medium is not None and medium.price.largest > 0
    return not is_paid and rule.do.coupon is None and rule.do.privilege is None
