"""Networks as frozen plans: how ties are made, how much is said along them, and who listens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sim.engine.draws import purpose
from sim.systems.channels.plan import moods_of, weights_of
from sim.systems.channels.schema import Channel, WordOfMouth
from sim.systems.horizon import Horizon
from sim.systems.market.plan import MarketPlan
from sim.systems.networks.edges import EdgeList

F64 = npt.NDArray[np.float64]

BYTES_PER_PERSON = 100
"""Columns of each person, and what making ties takes beside the ties themselves."""
BYTES_PER_TIE = 20
"""Of a person: where it leads, and both ends while it is made."""


@dataclass(frozen=True)
class NetworkPlan:
    """The ties of one channel of word of mouth.

    Attributes:
        channel: position of the channel.
        ties: of a person on the mean, where a rule makes them.
        rewired: share of a small world's ties that are shortcuts; None where ties are attached by preference.
        edges: of a file; None where a rule makes them.
        purpose: of the draws that make them.
        weights: float64 (n_segments,), of a person who may hear, in what each of its ties says to it.
        by_ties: power of a talker's ties, over their mean, in its contacts.
        moods: what a satisfaction of 1 adds to a talker's contacts, and what one of -1 takes off, as shares of them.
        per_active, per_user: float64 (n_days,), contacts of yesterday's active user, of a user.
    """

    name: str
    channel: int
    ties: int
    rewired: float | None
    edges: EdgeList | None
    purpose: int
    weights: F64
    by_ties: float
    moods: tuple[float, float]
    per_active: F64
    per_user: F64

    def bytes_per_row(self, n_persons: int) -> float:
        """An upper estimate of what its columns and ties take for each of so many persons."""
        ties = self.ties if self.edges is None else 2 * self.edges.persons.size / max(n_persons, 1)
        return BYTES_PER_PERSON + ties * BYTES_PER_TIE


def compile_networks(channels: Mapping[str, Channel], market: MarketPlan, horizon: Horizon) -> tuple[NetworkPlan, ...]:
    """The plans of the networks of these checked channels."""
    plans, zero = [], np.zeros(horizon.n_days)
    for position, (name, channel) in enumerate(channels.items()):
        if not isinstance(channel, WordOfMouth) or channel.network is None:
            continue
        network, per_active, per_user = channel.network, channel.contacts_per_active_day, channel.contacts_per_user_day
        plans.append(
            NetworkPlan(
                name=name,
                channel=position,
                ties=0 if network.ties is None else int(network.ties.value),
                rewired=None if network.rewired is None else network.rewired.value,
                edges=network.edges,
                purpose=purpose(f"network:{name}"),
                weights=weights_of(channel, market.segments),
                by_ties=channel.by_ties.value,
                moods=moods_of(channel),
                per_active=zero if per_active is None else horizon.of(per_active),
                per_user=zero if per_user is None else horizon.of(per_user),
            )
        )
    return tuple(plans)
