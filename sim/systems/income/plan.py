"""Income as arrays over days."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sim.systems.horizon import Horizon
from sim.systems.income.schema import Income


@dataclass(frozen=True)
class IncomePlan:
    """Back-end income.

    Attributes:
        advertising_micro: int64 (n_days,), income of one active user's day in 1/10,000 cents.
        commission: float64 (n_days,), share of what is paid for an order.
    """

    advertising_micro: npt.NDArray[np.int64]
    commission: npt.NDArray[np.float64]


def compile_income(income: Income, horizon: Horizon) -> IncomePlan:
    """The plan of the checked `income` section."""
    return IncomePlan(
        advertising_micro=horizon.micro(income.advertising_per_active_day),
        commission=horizon.of(income.commission),
    )
