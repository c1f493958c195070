"""`policy.stages`: 0→1, 1→n, commercialisation; in the order of the file, never back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Annotated

from pydantic import Field, model_validator

from sim.scenario.findings import Finding
from sim.scenario.values import Date, Days, Money, MoneyRate, Name, Section, Share, problem
from sim.systems.channels.schema import Channel, check_budgets
from sim.systems.conditions import MetricCondition
from sim.systems.seasons.schema import outside_of_the_horizon
from sim.units import Quantity


class Entry(Section):
    """What a stage waits for: a date, or a condition over what the team sees."""

    on: Annotated[Date | None, Field(description="entered on this date")] = None
    metric: Annotated[
        MetricCondition | None, Field(description="entered when this condition over observed metrics holds")
    ] = None
    for_: Annotated[
        Days | None, Field(alias="for", description="mornings in a row on which it must hold; 1 when absent")
    ] = None

    @model_validator(mode="after")
    def _check(self) -> Entry:
        if self.on is None and self.metric is None:
            raise problem("does not say when the stage is entered: give `on` (a date) or `metric` (a condition)")
        if self.on is not None and self.metric is not None:
            raise problem(
                "`enters` waits for a date and for a metric; give one of `on`, `metric`", also=[("on",), ("metric",)]
            )
        if self.on is not None and self.for_ is not None:
            raise problem("is for how long a `metric` must hold; a date comes once", at=("for",), also=("on",))
        return self

    @property
    def n_days(self) -> int:
        """Mornings in a row on which the condition must hold."""
        return 1 if self.for_ is None else int(self.for_.value)


class Stage(Section):
    """A phase of the policy: what it sets stays until a later stage, or a rule, sets it anew."""

    enters: Annotated[Entry | None, Field(description="what it waits for; the first stage waits for nothing")] = None
    budgets: Annotated[dict[Name, MoneyRate], Field(description="money for each paid or community channel")] = {}
    advertising_per_active_day: Annotated[
        Money | None, Field(description="advertising income of one active user's day")
    ] = None
    commission: Annotated[Share | None, Field(description="share of what is paid for an order that comes to us")] = None


def check_stages(
    stages: Mapping[str, Stage], channels: Mapping[str, Channel], start: date, last: date
) -> Iterator[Finding]:
    """Who waits for what, names that must exist elsewhere, and dates that never come."""
    latest: tuple[str, date] | None = None
    for position, (name, stage) in enumerate(stages.items()):
        path = ("policy", "stages", name)
        yield from check_budgets(channels, stage.budgets, (*path, "budgets"))
        if position == 0:
            if stage.enters is not None:
                message = f"`{name}` is the first stage: it holds from the first day and waits for nothing"
                yield Finding((*path, "enters"), message, at_key=True)
            continue
        if stage.enters is None:
            message = (
                f"stage `{name}` does not say what it waits for: give `enters`; only the first stage waits for nothing"
            )
            yield Finding(path, message, hint="write: enters: {metric: users >= 10_000}", at_key=True)
        elif stage.enters.on is not None:
            on = stage.enters.on
            if on > last:
                yield outside_of_the_horizon((*path, "enters", "on"), name, start, last)
            if latest is not None and on < latest[1]:
                message = f"is {on}, before `{latest[0]}` at {latest[1]}; stages are entered in the order of the file"
                also = (("policy", "stages", latest[0], "enters", "on"),)
                yield Finding((*path, "enters", "on"), message, also=also)
            latest = (name, on)


def largest_of_stages(stages: Mapping[str, Stage], field: str) -> float:
    """The largest value that any stage sets; 0 where none does."""
    set_values: list[Quantity] = [value for stage in stages.values() if (value := getattr(stage, field)) is not None]
    return max((value.largest for value in set_values), default=0.0)
