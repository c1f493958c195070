"""The ties of one replicate: the state that days change, and what any system may read of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from sim.engine.draws import ReplicateKey
from sim.systems.networks.graph import draw_graph
from sim.systems.networks.plan import NetworkPlan

if TYPE_CHECKING:
    from sim.systems.plan import Plan
    from sim.systems.world import World

U32 = npt.NDArray[np.uint32]
I64 = npt.NDArray[np.int64]
F64 = npt.NDArray[np.float64]


@dataclass
class Ties:
    """The ties of one channel; persons are numbered through all segments, in the order of the file.

    Attributes:
        starts, others: the lists of ties; those to users are moved to the end of each list as they are met.
        n_open: int64 (n_persons,), entries of each list before those.
        degrees: int64 (n_persons,), ties of each.
        loudness: float64 (n_persons,), what a talker says to a listener of weight 1, with one contact a day.
        weight: float64 (n_persons,), of each as a listener.
        heard: int64 (n_persons,), what was said to each on the last day, in `QUANTA` of one contact.
        hazard: float64 (n_persons,), what that presses with today.
    """

    plan: NetworkPlan
    starts: I64
    others: U32
    n_open: I64
    degrees: I64
    loudness: F64
    weight: F64
    heard: I64
    hazard: F64

    @staticmethod
    def of(plan: NetworkPlan, world_plan: Plan, key: ReplicateKey) -> Ties:
        """The ties before anybody talks."""
        market = world_plan.market
        graph = draw_graph(plan, market.agents, market.addresses, key)
        n, degrees = graph.starts.size - 1, graph.degrees
        weight = np.repeat(plan.weights, market.agents)
        weight_of_others = np.bincount(np.repeat(np.arange(n), degrees), weight[graph.others], minlength=n)
        mean = max(degrees.mean(), 1e-300)
        own = (degrees / mean) ** plan.by_ties
        loudness = np.divide(own, weight_of_others, out=np.zeros(n), where=weight_of_others > 0)
        return Ties(
            plan=plan,
            starts=graph.starts,
            others=graph.others,
            n_open=degrees.copy(),
            degrees=degrees,
            loudness=loudness,
            weight=weight,
            heard=np.zeros(n, np.int64),
            hazard=np.zeros(n),
        )


@dataclass
class Networks:
    """All networks of one replicate.

    Attributes:
        first: int64 (n_segments,), the number of each segment's first person.
        is_user: bool (n_persons,), who has signed up; of the first `n_known` users.
        exposure: float64 (n_persons,), what has pressed on each so far along its ties.
    """

    ties: list[Ties]
    first: I64
    is_user: npt.NDArray[np.bool_]
    exposure: F64
    n_known: int = 0
    persons: U32 = field(default_factory=lambda: np.empty(0, np.uint32))
    """Numbers of the first `n_known` users."""

    @staticmethod
    def of(plan: Plan, key: ReplicateKey) -> Networks | None:
        """Nobody has talked yet; None where everybody meets everybody."""
        if not plan.networks:
            return None
        agents = plan.market.agents
        n = int(agents.sum())
        return Networks(
            ties=[Ties.of(network, plan, key) for network in plan.networks],
            first=np.cumsum(agents) - agents,
            is_user=np.zeros(n, np.bool_),
            exposure=np.zeros(n),
            persons=np.empty(n, np.uint32),
        )


def persons_of(world: World, rows: U32 | slice) -> I64:
    """The number of each of these users among the persons of all segments."""
    networks, people = world.networks, world.people
    assert networks is not None
    found: I64 = networks.first[world.plan.segment_of_cell[people.cell[rows]]] + people.person[rows]
    return found


def ties_of(world: World, rows: U32 | slice, name: str) -> I64:
    """How many ties each of these users has in the network of that channel."""
    networks = world.networks
    assert networks is not None
    ties = next(ties for ties in networks.ties if ties.plan.name == name)
    found: I64 = ties.degrees[persons_of(world, rows)]
    return found
