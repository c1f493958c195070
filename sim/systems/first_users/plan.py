"""First users as arrays, one entry per agent, by days of the plan."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sim.engine.people import NEVER
from sim.systems.first_users.schema import FirstUsers
from sim.systems.first_users.table import NONE
from sim.systems.market.plan import MarketPlan

U16 = npt.NDArray[np.uint16]
I32 = npt.NDArray[np.int32]
I64 = npt.NDArray[np.int64]


@dataclass(frozen=True)
class FirstUsersPlan:
    """Who is a user before the first day.

    Attributes:
        cell: channel * n_segments + segment.
        by_segment: int64 (n_segments,), how many of each.
        signup_day, last_active, last_order: days of the plan; NEVER without an order.
        active_days, orders, spend: so far; spend in cents.
        declared: what the file says of declared attributes.
    """

    cell: U16
    by_segment: I64
    signup_day: U16
    last_active: U16
    last_order: U16
    active_days: U16
    orders: I32
    spend: I64
    declared: dict[str, I32]

    @property
    def n(self) -> int:
        """How many agents."""
        return int(self.cell.size)


def compile_first_users(first_users: FirstUsers | None, market: MarketPlan, first_day: int) -> FirstUsersPlan | None:
    """The plan of what a file holds; of every `people_per_agent` rows of a segment the middle one stands for all.

    A segment has no more of them than agents: rounding may leave out a last row.
    """
    if first_users is None:
        return None
    users, agents, people_per_agent = first_users.table, market.agents, market.people_per_agent
    chosen = np.zeros(users.n, np.bool_)
    for segment, n_agents in enumerate(agents):
        rows = np.flatnonzero(users.segment == segment)
        chosen[rows[people_per_agent // 2 :: people_per_agent][:n_agents]] = True
    yesterday = first_day - 1
    has_ordered = (users.orders > 0)[chosen]
    last_order = np.where(users.days_since_order == NONE, users.days_inactive, users.days_since_order)[chosen]
    return FirstUsersPlan(
        cell=(users.channel * agents.size + users.segment)[chosen].astype(np.uint16),
        by_segment=np.bincount(users.segment[chosen], minlength=agents.size),
        signup_day=(yesterday - users.days_since_signup[chosen]).astype(np.uint16),
        last_active=(yesterday - users.days_inactive[chosen]).astype(np.uint16),
        last_order=np.where(has_ordered, yesterday - last_order, NEVER).astype(np.uint16),
        active_days=users.active_days[chosen].astype(np.uint16),
        orders=users.orders[chosen].astype(np.int32),
        spend=users.spend_cents[chosen],
        declared={name: column[chosen] for name, column in users.declared.items()},
    )
