"""Transfers as a frozen plan: who gives how much, how often, and what the programme keeps."""

from __future__ import annotations

from dataclasses import dataclass

from sim.engine.draws import purpose
from sim.engine.lots import MOST_UNITS
from sim.systems.points.schema import Giving, Transfers


@dataclass(frozen=True)
class TransfersPlan:
    """How users give units to each other.

    Attributes:
        of_active_days: probability that an active user who holds units gives some.
        of_balance: share of its balance that it gives.
        per_month: units that one user can give in a calendar month; 0 for no limit.
        fee: share that the programme keeps.
    """

    of_active_days: float
    of_balance: float
    per_month: int
    fee: float
    purpose: int


def compile_transfers(name: str, transfers: Transfers | None, giving: Giving | None) -> TransfersPlan | None:
    """None unless the programme lets users give, and they do."""
    if transfers is None or giving is None:
        return None
    most = transfers.at_most_per_month
    return TransfersPlan(
        of_active_days=giving.of_active_days.value,
        of_balance=giving.of_balance.value,
        per_month=0 if most is None else int(min(most.value, MOST_UNITS)),
        fee=transfers.fee.value,
        purpose=purpose(f"transfers:{name}"),
    )
