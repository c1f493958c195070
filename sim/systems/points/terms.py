"""Terms of a points programme that never act: ways that give nothing, a notice without an end, a late date."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING

from sim.errors import printable
from sim.scenario.findings import Finding, Path, warning
from sim.systems.points.patience import longest_life
from sim.systems.points.schema import Earning, Programme
from sim.units import Quantity, split_number

if TYPE_CHECKING:
    from sim.systems.scenario import Scenario

LIMITS = ("at_most", "at_most_per_day", "at_most_per_month")
WORDS = ("unit", "point", "coin", "积分", "積分", "点", "點", "分")
"""What any programme's units may be called, beside its own name."""


def doubts_of_terms(scenario: Scenario) -> Iterator[Finding]:
    """Warnings about what a programme promises, and no user of this horizon ever sees."""
    for name, programme in scenario.policy.points.items():
        path = ("policy", "points", name)
        for way, earning in programme.earns.items():
            yield from _gives_less((*path, "earns", way), earning, scenario)
            for key in ("gives", *LIMITS):
                yield from _of_something_else((*path, "earns", way, key), getattr(earning, key), name)
        for reward, entry in programme.rewards.items():
            yield from _of_something_else((*path, "rewards", reward, "price"), entry.price, name)
        yield from _notice(path, programme)
        yield from _yearly(path, programme, scenario)
    for name, rule in scenario.policy.rules.items():
        shown = scenario.policy.points.get(rule.do.show_rewards or "")
        if shown is not None and not shown.rewards:
            message = f"shows nothing: `{rule.do.show_rewards}` has no `rewards`"
            also: tuple[Path, ...] = (("policy", "points", str(rule.do.show_rewards)),)
            yield warning(("policy", "rules", name, "do", "show_rewards"), message, also=also)


def _gives_less(path: Path, earning: Earning, scenario: Scenario) -> Iterator[Finding]:
    """A way that gives nothing, asks for a longer streak than there are days, or is limited below what it gives."""
    if earning.gives.largest == 0:
        yield warning((*path, "gives"), "is 0: nobody ever earns anything by it")
        return
    if earning.days is not None and earning.days.value > scenario.n_days:
        message = f"is longer than the horizon, {scenario.n_days:,} days: nobody ever earns anything by it"
        yield warning((*path, "days"), message, also=(("horizon",),))
    for key in LIMITS:
        limit = getattr(earning, key)
        if limit is not None and limit.value < earning.gives.smallest:
            message = f"is less than `gives`: one {earning.for_ if earning.for_ != 'money' else 'payment'} gives less"
            yield warning((*path, key), message, also=((*path, "gives"),))


def _of_something_else(path: Path, number: Quantity | None, programme: str) -> Iterator[Finding]:
    """A number whose word is not what the programme counts."""
    noun = split_number(number.text, "")[1] if number is not None and number.text else ""
    if noun and noun.casefold().removesuffix("s") not in {*WORDS, programme.casefold().removesuffix("s")}:
        message = f"counts `{printable(noun)}`, and the programme's units are those of `{printable(programme)}`"
        yield warning(path, message, hint="leave the word out, or write: units")


def _notice(path: Path, programme: Programme) -> Iterator[Finding]:
    """A notice that is up from the day on which units are earned."""
    life, notice = longest_life(programme), programme.notice
    if notice is not None and notice.value >= life:
        message = f"is no shorter than units live, at most {life:,.0f} days: it is shown all the time"
        yield warning((*path, "notice"), message, also=((*path, "expires"),))


def _yearly(path: Path, programme: Programme, scenario: Scenario) -> Iterator[Finding]:
    """A date of expiry that no year of the horizon has."""
    start, last = scenario.start, scenario.last_day
    yearly = None if programme.expires is None else programme.expires.every_year_on
    if yearly is None:
        return
    years = range(start.year, min(start.year + 2, date.max.year + 1))
    first = next((date(year, *yearly) for year in years if date(year, *yearly) >= start), None)
    if first is not None and first > last:
        message = f"comes on {first}, after the last day, {last}: nothing expires"
        yield warning((*path, "expires", "every_year_on"), message, also=(("horizon",),))
