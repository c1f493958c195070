"""The market as arrays: agents per segment and how readily each adopter category adopts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sim.engine.draws import segment_address
from sim.systems.market.schema import Market
from sim.systems.motives import MOTIVES, Motive

F64 = npt.NDArray[np.float64]


@dataclass(frozen=True)
class MarketPlan:
    """The market of one scenario.

    Attributes:
        segments: names, in the order of the file.
        agents: int64 (n_segments,), agents in each.
        addresses: uint32 (n_segments,), of the segments in draws.
        people_per_agent: persons that an agent stands for.
        category_edges: float64 (n_categories,), cumulative shares of the adopter categories.
        susceptibility: float64 (n_categories,), scaled so that its mean over persons is 1.
        weights: by motive, float64 (n_segments,), how strongly what appeals to it moves each segment.
    """

    segments: tuple[str, ...]
    agents: npt.NDArray[np.int64]
    addresses: npt.NDArray[np.uint32]
    people_per_agent: int
    category_edges: F64
    susceptibility: F64
    weights: Mapping[Motive, F64]

    @property
    def persons(self) -> npt.NDArray[np.int64]:
        """int64 (n_segments,): persons that the agents stand for."""
        return self.agents * self.people_per_agent

    @property
    def n_agents(self) -> int:
        """Agents in the whole market."""
        return int(self.agents.sum())


def split_whole(total: int, shares: F64) -> npt.NDArray[np.int64]:
    """`total` in whole parts proportional to `shares` (sum 1), by largest remainder."""
    exact = shares * total
    parts = np.floor(exact).astype(np.int64)
    remainders = np.argsort(-(exact - parts), kind="stable")[: total - int(parts.sum())]
    parts[remainders] += 1
    return parts


def compile_market(market: Market) -> MarketPlan:
    """The plan of a checked `market` section."""
    shares = np.array([segment.share.value for segment in market.segments.values()])
    per_agent = int(market.people_per_agent.value)
    category_shares = np.array([category.share.value for category in market.adopters.values()])
    susceptibility = np.array([category.susceptibility.value for category in market.adopters.values()])
    edges = np.cumsum(category_shares)
    edges[-1] = 1.0
    return MarketPlan(
        segments=tuple(market.segments),
        agents=split_whole(int(market.size.value) // per_agent, shares / shares.sum()),
        addresses=np.array([segment_address(name) for name in market.segments], np.uint32),
        people_per_agent=per_agent,
        category_edges=edges,
        susceptibility=susceptibility / float(category_shares @ susceptibility),
        weights={
            motive: np.array([segment.weight(motive) for segment in market.segments.values()]) for motive in MOTIVES
        },
    )
