"""`journeys` (the world's: the steps that people take), `policy.touchpoints` and `policy.journeys` (the team's)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated

from pydantic import Field

from sim.scenario.findings import Finding, Path
from sim.scenario.values import (
    Duration,
    Factor,
    FixedFactor,
    FixedPositiveFactor,
    FixedPositiveMoney,
    Money,
    MoneyRate,
    Name,
    PositiveDuration,
    Rate,
    Section,
    Share,
    factor_up_to,
)
from sim.systems.attributes import FINISHED, LEFT, NOT_BEGUN
from sim.systems.channels.schema import unknown_name
from sim.systems.seasons.schema import WEEKDAYS, Weekday
from sim.units import Quantity

HOME: Path = ("journeys",)
TOUCHPOINTS: Path = ("policy", "touchpoints")
EASED: Path = ("policy", "journeys")
MOST_STEPS = 100
LARGEST_SPREAD = 10
ONE = Quantity(1.0)


class Commission(Section):
    """How commissions move partners: the odds of passing are times 1 + (passes - 1) x paid / (paid + half_at)."""

    passes: Annotated[
        FixedPositiveFactor, Field(description="what an endless commission multiplies the odds of passing by")
    ]
    half_at: Annotated[FixedPositiveMoney, Field(description="the commission that reaches half of that")]


class StepOrder(Section):
    """An order that is placed when a step is passed."""

    price: Annotated[Money, Field(description="what is paid for it")]
    margin: Annotated[Share, Field(description="share of the price that is left after the cost of the goods")]


class JourneyStep(Section):
    """One step: how long it takes, where it is taken, who passes it, and what comes with it."""

    pass_: Annotated[
        Share, Field(alias="pass", description="share of those whose turn it is that pass the step; others leave")
    ] = ONE
    by_segment: Annotated[dict[Name, FixedFactor], Field(description="factors on the odds of passing, by segment")] = {}
    by_channel: Annotated[dict[Name, FixedFactor], Field(description="factors on the odds of passing, by channel")] = {}
    lapsed: Annotated[
        FixedFactor, Field(description="multiplies the odds of passing of those who have lost the habit meanwhile")
    ] = ONE
    takes: Annotated[
        Duration, Field(description="mean time from entering the step until it is one's turn; the same day when absent")
    ] = Quantity(0.0)
    takes_spread: Annotated[
        Quantity | None,
        factor_up_to(LARGEST_SPREAD, may_be_dated=False),
        Field(
            description="standard deviation of that time over its mean, as a log-normal; exponential when absent, "
            "0 for a constant"
        ),
    ] = None
    at: Annotated[Name | None, Field(description="the touchpoint where it is taken, of `policy.touchpoints`")] = None
    patience: Annotated[
        PositiveDuration | None,
        Field(description="mean time, exponential, after which who waits in line gives up; nobody does when absent"),
    ] = None
    order: Annotated[StepOrder | None, Field(description="the order that is placed by who passes")] = None
    commission: Annotated[Commission | None, Field(description="what commissions do to the odds of passing")] = None
    gives: Annotated[list[Name], Field(description="privileges that who passes holds for good: its ties")] = []
    advocacy: Annotated[
        FixedFactor,
        Field(description="multiplies the contacts of who has passed, in channels of kind word_of_mouth"),
    ] = ONE


class Journey(Section):
    """Named steps, in their order; each user begins on the day of sign-up."""

    in_order = (("steps",),)

    steps: Annotated[
        dict[Name, JourneyStep],
        Field(min_length=1, max_length=MOST_STEPS, description="the steps of a journey, one after the other"),
    ]


class Touchpoint(Section):
    """Where the team meets people: how many on a day, on which days, and what that costs."""

    capacity: Annotated[
        Rate | None, Field(description="visits on a day on which it is open, such as 20 / day; no limit when absent")
    ] = None
    on: Annotated[
        list[Weekday], Field(min_length=1, description="weekdays on which it is open; every day when absent")
    ] = list(WEEKDAYS)
    cost: Annotated[MoneyRate, Field(description="what it costs, open or closed, busy or not")] = Quantity(0.0)
    cost_per_visit: Annotated[Money, Field(description="what each visit costs")] = Quantity(0.0)


class EasedStep(Section):
    """What the team does for a step of a journey, and what it pays for that."""

    passes: Annotated[Factor, Field(description="multiplies the odds of passing")] = ONE
    takes: Annotated[Factor, Field(description="multiplies the time that the step takes, for who enters it")] = ONE
    cost: Annotated[Money, Field(description="what is spent on each whose turn it is, passed or not")] = Quantity(0.0)
    commissions: Annotated[
        dict[Name, Money], Field(description="paid for each who came by this channel and passes, to the partner")
    ] = {}


Eased = Mapping[str, Mapping[str, EasedStep]]


def check_journeys(
    journeys: Mapping[str, Journey],
    touchpoints: Mapping[str, Touchpoint],
    eased: Eased,
    *,
    has_policy: bool,
) -> Iterator[Finding]:
    """Names that are not known, or that expressions could not tell apart.

    Args:
        has_policy: whether the scenario says anything of what the team does.
    """
    for name, journey in journeys.items():
        for step_name, step in journey.steps.items():
            path: Path = (*HOME, name, "steps", step_name)
            if has_policy and step.at is not None and step.at not in touchpoints:
                yield unknown_name((*path, "at"), "touchpoint", step.at, list(touchpoints))
            yield from _check_step(path, step_name, step)
    for name, steps in eased.items():
        known = list(journeys[name].steps) if name in journeys else list(steps)
        for step_name in steps:
            if step_name not in known:
                yield unknown_name((*EASED, name, step_name), "step", step_name, known)


def _check_step(path: Path, name: str, step: JourneyStep) -> Iterator[Finding]:
    if name in (NOT_BEGUN, LEFT, FINISHED):
        message = f'`{name}` is no name for a step: `step("{path[1]}")` says it of who is in none'
        yield Finding(path, message, at_key=True)
    for i, privilege in enumerate(step.gives):
        if privilege in step.gives[:i]:
            yield Finding((*path, "gives", i), f"repeats `{privilege}`: a privilege is held once")
    if step.takes_spread is not None and step.takes.value == 0:
        hint = "write: takes: 14 days"
        yield Finding((*path, "takes_spread"), "is the spread of a time of 0 days", hint=hint)
    if step.patience is not None and step.at is None:
        yield Finding((*path, "patience"), "is of who waits in line, and the step is taken at no touchpoint (`at`)")
