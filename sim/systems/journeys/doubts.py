"""What of journeys is legal and hardly meant: steps out of reach, touchpoints that are too small, money for nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sim.scenario.findings import Finding, Path, did_you_mean, warning
from sim.systems.channels.schema import Community, Organic, Store
from sim.systems.journeys.schema import EASED, HOME, TOUCHPOINTS, JourneyStep
from sim.systems.seasons.schema import WEEKDAYS

if TYPE_CHECKING:
    from sim.systems.scenario import Scenario

FAR_BELOW = 2.0
"""Visitors for each visit that there is room for: beyond, the line only grows."""


def doubts_of_journeys(scenario: Scenario) -> Iterator[Finding]:
    """Warnings that need more than the section itself."""
    for name, journey in scenario.journeys.items():
        yield from _out_of_reach((*HOME, name, "steps"), journey.steps, scenario.n_days)
    yield from _touchpoints(scenario)
    for name, steps in scenario.policy.journeys.items():
        known = scenario.journeys[name].steps if name in scenario.journeys else {}
        for step_name, eased in steps.items():
            path, step = (*EASED, name, step_name), known.get(step_name)
            if step is None:
                continue
            if "takes" in eased.model_fields_set and step.takes.value == 0:
                yield warning((*path, "takes"), "changes nothing: the step takes 0 days")
            if eased.commissions and step.commission is None:
                hint = f"in the world: commission: {{passes: 1.5, half_at: 1000 {scenario.currency}}}"
                message = "costs money and moves nobody: the step says nothing of what they do (`commission`)"
                yield warning((*path, "commissions"), message, hint=hint)


def _out_of_reach(path: Path, steps: dict[str, JourneyStep], n_days: int) -> Iterator[Finding]:
    """The first step that hardly anybody can pass within the horizon."""
    days = 0.0
    for name, step in steps.items():
        days += step.takes.value
        if step.pass_.largest == 0:
            yield warning((*path, name, "pass"), "is 0: nobody ever passes this step")
            return
        if days > n_days:
            message = f"ends after {days:,.6g} days on the mean, and the horizon has {n_days:,}: hardly anybody"
            yield warning((*path, name), f"{message} passes it", at_key=True)
            return


def _touchpoints(scenario: Scenario) -> Iterator[Finding]:
    """Touchpoints where no step is taken, where nobody is served, or where far more come than are served."""
    coming = _coming(scenario)
    for name, touchpoint in scenario.policy.touchpoints.items():
        path: Path = (*TOUCHPOINTS, name)
        if name not in coming:
            message = "is a touchpoint where no step of a journey is taken: it only costs"
            yield warning(path, message, hint=did_you_mean(name, list(coming)), at_key=True)
        elif touchpoint.capacity is not None and touchpoint.capacity.largest == 0:
            yield warning((*path, "capacity"), "is 0: nobody is ever served")
        elif touchpoint.capacity is not None:
            room = touchpoint.capacity.largest * len(set(touchpoint.on)) / len(WEEKDAYS)
            if coming[name] > FAR_BELOW * room:
                message = f"has room for {room:,.3g} visits a day on the mean, and about {coming[name]:,.3g}"
                yield warning((*path, "capacity"), f"{message} a day come: the line only grows")
    yield from _patience(scenario)


def _coming(scenario: Scenario) -> dict[str, float]:
    """By touchpoint, who comes on a day at least, were the market untouched: by channels that need no budget."""
    kinds = (Organic, Store, Community)
    sign_ups = sum(one.signups.value for one in scenario.channels.values() if isinstance(one, kinds))
    coming: dict[str, float] = {}
    for journey in scenario.journeys.values():
        left = sign_ups
        for step in journey.steps.values():
            if step.at is not None:
                coming[step.at] = coming.get(step.at, 0.0) + left
            left *= step.pass_.value
    return coming


def _patience(scenario: Scenario) -> Iterator[Finding]:
    """Who is said to wait where nobody has to."""
    for name, journey in scenario.journeys.items():
        for step_name, step in journey.steps.items():
            touchpoint = None if step.at is None else scenario.policy.touchpoints.get(step.at)
            if step.patience is not None and touchpoint is not None and touchpoint.capacity is None:
                message = f"is never tried: touchpoint `{step.at}` has no `capacity`, so nobody waits"
                path: Path = (*HOME, name, "steps", step_name, "patience")
                yield warning(path, message, also=((*TOUCHPOINTS, str(step.at)),))
