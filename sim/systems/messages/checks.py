"""Hours, topics and fatigue, read together with the rules that use them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from sim.scenario.findings import Finding, Path, warning
from sim.systems.market.schema import SHARES_TOLERANCE
from sim.systems.messages.hours import BY_HABIT
from sim.systems.messages.schema import Fatigue
from sim.units import Quantity

if TYPE_CHECKING:
    from sim.systems.scenario import Scenario


def check_messages(scenario: Scenario) -> Iterator[Finding]:
    """Shares of hours, and what rules ask of hours."""
    yield from check_hours(("hours",), scenario.hours)
    segments = scenario.market.segments
    for name, segment in segments.items():
        yield from check_hours(("market", "segments", name, "hours"), segment.hours)
    first = next((name for name, segment in segments.items() if segment.hours), None)
    if first is not None and not knows_hours(scenario):
        path = ("market", "segments", first, "hours")
        yield Finding(path, "needs the `hours` of everybody else: the scenario has no `hours`", at_key=True)
    for name, rule in scenario.policy.rules.items():
        path = ("policy", "rules", name, "do")
        yield from _hour((*path, "hour"), rule.do.hour, scenario)


def knows_hours(scenario: Scenario) -> bool:
    """Whether it says of every user when it has time: for all, or for each segment."""
    return bool(scenario.hours) or all(segment.hours for segment in scenario.market.segments.values())


def check_hours(path: Path, hours: Mapping[int, Quantity]) -> Iterator[Finding]:
    """Shares by hour of the day that are no partition; none at all are as good as even ones."""
    total = sum(share.value for share in hours.values())
    if hours and abs(total - 1) > SHARES_TOLERANCE:
        yield Finding(path, f"sums to {100 * total:.6g}%; the shares must sum to 100%")


def _hour(path: Path, hour: int | str | None, scenario: Scenario) -> Iterator[Finding]:
    quiet = scenario.policy.contact.quiet_hours
    if hour == BY_HABIT and not knows_hours(scenario):
        message = f"is `{BY_HABIT}`, and the scenario does not say when users have time: it has no `hours`"
        yield Finding(path, message, hint="write: hours: {8: 30%, 12: 30%, 20: 40%}")
    if quiet is not None and isinstance(hour, int) and quiet.hold(hour):
        before, after = _allowed_around(scenario, hour)
        yield Finding(
            path,
            f"is {hour}, within the quiet hours {quiet.text}",
            allowed=f"an hour from {after} to {before}",
            also=(("policy", "contact", "quiet_hours"),),
        )


def _allowed_around(scenario: Scenario, hour: int) -> tuple[int, int]:
    """The last allowed hour before, and the first after a quiet hour."""
    quiet = scenario.policy.contact.quiet_hours
    assert quiet is not None
    before = next((hour - back) % 24 for back in range(24) if not quiet.hold((hour - back) % 24))
    after = next((hour + on) % 24 for on in range(24) if not quiet.hold((hour + on) % 24))
    return before, after


def doubts_of_messages(scenario: Scenario) -> Iterator[Finding]:
    """What is legal and does nothing."""
    fatigue = scenario.response.fatigue
    if fatigue is not None and not has_effect(fatigue):
        yield warning(("response", "fatigue"), "changes nothing: it states neither `open`, `lapse` nor `opt_out`")
    message = scenario.response.message
    if message.habituation.value < 1 and message.wakes.value == 1:
        path = ("response", "message", "habituation")
        yield warning(path, "changes nothing: `wakes` is 1, and there is no effect to fade")
    for name, medium in scenario.media.items():
        if medium.at_habit.value != 1 and not knows_hours(scenario):
            path = ("media", name, "at_habit")
            yield warning(path, "changes nothing: the scenario has no `hours`")
        if fatigue is None and "tires" in medium.model_fields_set:
            yield warning(("media", name, "tires"), "changes nothing: `response.fatigue` is not given")
    for name, topic in scenario.topics.items():
        if scenario.orders is None and topic.order.largest > 0:
            yield warning(("topics", name, "order"), "changes nothing: the scenario has no `orders`")


def has_effect(fatigue: Fatigue) -> bool:
    """Whether it moves anything."""
    return fatigue.open.value != 1 or fatigue.lapse.value != 1 or fatigue.opt_out.value > 0
