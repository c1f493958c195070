"""`when` as a frozen plan: the days on which a rule may look, and what makes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sim.systems.conditions import Condition
from sim.systems.horizon import Horizon
from sim.systems.rules.when import When


@dataclass(frozen=True)
class WhenPlan:
    """When a rule looks, and at whom.

    Attributes:
        schedule: the key that stands in the file, such as `every`.
        acts_on: the days on which it may look at all.
        waves: days of absence, for `inactive_for`.
        name: of the event, the audience or the other rule.
        n_later: days after the event, or after the other rule has acted.
        unless: what must not have happened since then; None for nothing.
        metric, n_mornings: the condition, and for how many mornings in a row.
        is_about_users: whether it picks users by what happens to them.
        stages: one of these must be in force, if any are given.
        condition: what must hold on the morning of the day; None for nothing.
    """

    schedule: str
    acts_on: frozenset[int]
    waves: tuple[int, ...]
    name: str
    n_later: int
    unless: str | None
    metric: Condition | None
    n_mornings: int
    is_about_users: bool
    stages: tuple[str, ...]
    condition: Condition | None


def compile_when(when: When, holidays: Mapping[str, Any], horizon: Horizon) -> WhenPlan:
    """The plan of one rule's checked `when`."""
    return WhenPlan(
        schedule=when.schedule,
        acts_on=_acting_days(when, holidays, horizon),
        waves=tuple(when.waves),
        name=when.event or when.enters or when.leaves or when.after or "",
        n_later=when.n_later,
        unless=when.unless,
        metric=when.metric,
        n_mornings=1 if when.for_ is None else int(when.for_.value),
        is_about_users=when.is_about_users,
        stages=tuple(when.stage),
        condition=when.if_,
    )


def _acting_days(when: When, holidays: Mapping[str, Any], horizon: Horizon) -> frozenset[int]:
    first = horizon.first_day if when.from_ is None else max(horizon.day_of(when.from_), horizon.first_day)
    last = horizon.n_days if when.until is None else min(horizon.day_of(when.until) + 1, horizon.n_days)
    if when.schedule in ("on", "holiday"):
        return frozenset(map(horizon.day_of, when.dates(holidays))) & frozenset(range(first, last))
    return frozenset(range(first, last, 1 if when.every is None else int(when.every.value)))
