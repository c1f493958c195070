"""What a plan says of its cells: pairs of channel and segment, channel * n_segments + segment."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from sim.systems.channels.plan import ChannelsPlan
from sim.systems.market.plan import MarketPlan
from sim.systems.orders.plan import OrdersPlan
from sim.systems.seasons.plan import SeasonsPlan

F64 = npt.NDArray[np.float64]


def fields_by_cell(
    market: MarketPlan, channels: ChannelsPlan, orders: OrdersPlan, seasons: SeasonsPlan
) -> dict[str, Any]:
    """The fields of a plan that are by cell."""
    n_channels, n_segments = len(channels.names), len(market.segments)
    n_cells = n_channels * n_segments
    return {
        "rate_factor": np.tile(orders.rate_factor, n_channels),
        "basket_factor": np.tile(orders.basket_factor, n_channels),
        "quality": np.repeat(channels.quality, n_segments),
        "segment_of_cell": np.tile(np.arange(n_segments), n_channels),
        "channel_of_cell": np.repeat(np.arange(n_channels), n_segments),
        "address_of_cell": np.tile(market.addresses, n_channels),
        "activity_factor": _by_cell(seasons.activity, n_cells),
        "orders_factor": _by_cell(seasons.orders * orders.rate, n_cells),
    }


def _by_cell(by_day: F64, n_cells: int) -> npt.NDArray[np.float32]:
    """The same value for every cell, float32 (n_days, n_cells)."""
    return np.repeat(by_day[:, None], n_cells, axis=1).astype(np.float32)
