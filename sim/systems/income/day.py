"""Advertising income of today's active users."""

from __future__ import annotations

from sim.engine.ledger import round_micro
from sim.systems.books.accounts import ADVERTISING
from sim.systems.world import World


def book_advertising(world: World, day: int) -> None:
    """Book what today's active users bring in advertising."""
    micro = int(world.income.advertising_micro[day])
    if micro:
        world.ledger.book(day, ADVERTISING, 0, round_micro(world.scaled(world.tallies.dau[day]) * micro))
