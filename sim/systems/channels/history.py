"""Checks of recorded sign-ups: whether the market holds so many persons, and whether the horizon sees them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

from sim.scenario.findings import Finding, Path, warning
from sim.systems.channels.schema import Channel, History
from sim.systems.market.schema import Market, Segment

Wanted = dict[str, dict[str, float]]
"""Persons whom histories sign up, by segment, then by channel."""


def check_history(channels: Mapping[str, Channel], market: Market, start: date, last: date) -> Iterator[Finding]:
    """Histories that sign up more persons than a segment has, or persons outside of the horizon."""
    histories = {name: channel for name, channel in channels.items() if isinstance(channel, History)}
    wanted: Wanted = {}
    for name, channel in histories.items():
        counts = {day: count.value for day, count in channel.signups.items()}
        within = sum(count for day, count in counts.items() if start <= day <= last)
        early = sum(count for day, count in counts.items() if day < start)
        yield from _outside(name, within, early, start, last)
        for segment, share in _shares_reached(channel, market.segments).items():
            wanted.setdefault(segment, {})[name] = within * share
    yield from _more_than_the_market(wanted, market) or _more_than_a_segment(wanted, market)


def _outside(name: str, within: float, early: float, start: date, last: date) -> Iterator[Finding]:
    path = ("channels", name, "signups")
    if early:
        message = f"holds {early:,.0f} sign-ups before the start, {start}: they are not simulated"
        yield warning(path, message, at_key=True)
    elif not within:
        message = f"holds no sign-up within the horizon, {start} to {last}"
        yield warning(path, message, at_key=True)


def _more_than_the_market(wanted: Wanted, market: Market) -> list[Finding]:
    by_channel: dict[str, float] = {}
    for of_segment in wanted.values():
        for name, n in of_segment.items():
            by_channel[name] = by_channel.get(name, 0.0) + n
    taken = sum(_first_users(market).values())
    whose = "the market, without its first users," if taken else "the market"
    return _too_many(by_channel, market.size.value - taken, "persons", whose, (("market", "size"),))


def _first_users(market: Market) -> dict[str, int]:
    """Persons of each segment who are users already, and cannot sign up."""
    table = None if market.first_users is None else market.first_users.found
    if table is None:
        return {}
    return {segment: int((table.segment == i).sum()) for i, segment in enumerate(table.segments)}


def _more_than_a_segment(wanted: Wanted, market: Market) -> list[Finding]:
    found = []
    for segment, by_channel in wanted.items():
        taken = _first_users(market).get(segment, 0)
        there = market.size.value * market.segments[segment].share.value - taken
        places = (("market", "size"), ("market", "segments", segment, "share"))
        whose = "without first users it" if taken else "it"
        found += _too_many(by_channel, there, f"persons of segment `{segment}`", whose, places)
    return found


def _too_many(
    by_channel: Mapping[str, float], there: float, whom: str, whose: str, places: tuple[Path, ...]
) -> list[Finding]:
    wanted = round(sum(by_channel.values()))
    if wanted <= there + 1:  # agents are whole
        return []
    first, *others = (("channels", name, "signups") for name, n in by_channel.items() if n > 0)
    message = f"brings {wanted:,} {whom}; {whose} has {there:,.0f}"
    return [Finding(first, message, also=(*others, *places), at_key=True)]


def _shares_reached(channel: Channel, segments: Mapping[str, Segment]) -> dict[str, float]:
    """Of the persons whom a channel brings, the share of each segment that it reaches."""
    weights = {name: segment.share.value for name, segment in segments.items()}
    if channel.audience is not None:
        audience = channel.audience
        weights = {name: share * audience[name].value for name, share in weights.items() if name in audience}
    total = sum(weights.values())
    return {name: weight / total for name, weight in weights.items() if weight > 0}
