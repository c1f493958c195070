"""What run.json tells of each programme: its rewards, and when a price of theirs changes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from itertools import pairwise

from sim.systems.points.schema import Programme
from sim.units import Quantity


def programme_facts(programmes: Mapping[str, Programme]) -> dict[str, dict[str, list[str]]]:
    """By programme, the names of its rewards and the dates on which a price of one of them changes."""
    return {
        name: {
            "rewards": list(programme.rewards),
            "price_changes": [day.isoformat() for day in price_changes(programme)],
        }
        for name, programme in programmes.items()
    }


def price_changes(programme: Programme) -> list[date]:
    """The dates on which a price in units or in money is another than before, in order."""
    prices = (price for reward in programme.rewards.values() for price in (reward.price, reward.price_in_money))
    return sorted({day for price in prices for day in _changes(price)})


def _changes(price: Quantity) -> Iterator[date]:
    """The first entry of a dated price holds before its date too."""
    return (day for (_, before), (day, after) in pairwise(price.dated) if after != before)
