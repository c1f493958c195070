"""The ledger: every amount with day, account, rule, channel and segment, in integer cents.

Sums of integers do not depend on the order in which they are added, so results are the same bytes whatever ran where.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

I64 = npt.NDArray[np.int64]
F64 = npt.NDArray[np.float64]

MICRO = 10_000
"""Amounts below a cent (a message at 0.045 CNY) are added up in 1/10,000 cents and rounded once an entry."""
MOST_MICRO = 9e18
"""An amount of more is as good as no limit."""


def to_micro(amounts: F64) -> I64:
    """Units of the currency in 1/10,000 cents, at most `MOST_MICRO`."""
    return np.minimum(np.rint(amounts * 100 * MICRO), MOST_MICRO).astype(np.int64)


def round_micro(micro: I64) -> I64:
    """Whole cents from 1/10,000 cents, half away from zero."""
    magnitude = (np.abs(micro) + MICRO // 2) // MICRO
    cents: I64 = np.sign(micro) * magnitude
    return cents


def split_cents(cents: int, weights: I64) -> I64:
    """Whole cents that are in proportion to the weights, of which one at least is not 0, and sum to `cents`."""
    edges = np.rint(np.cumsum(weights) / weights.sum() * cents).astype(np.int64)
    parts: I64 = np.diff(edges, prepend=0)
    return parts


@dataclass
class Ledger:
    """The entries of one replicate; `rule` and `account` are indices into the plan's names.

    Attributes:
        by_account: int64 (n_accounts, n_days, n_cells), the sum of the entries in cents.
    """

    n_accounts: int
    n_days: int
    n_cells: int
    by_account: I64 = field(init=False)
    _entries: list[tuple[int, int, int, I64]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.by_account = np.zeros((self.n_accounts, self.n_days, self.n_cells), np.int64)

    def book(self, day: int, account: int, rule: int, cents: I64) -> None:
        """Book int64 cents (n_cells,): income above zero, cost below."""
        self.by_account[account, day] += cents
        self._entries.append((day, account, rule, cents))

    def rows(self) -> dict[str, I64]:
        """The entries that are not zero: int64 columns day, account, rule, cell, amount."""
        if not self._entries:
            return {name: np.empty(0, np.int64) for name in ("day", "account", "rule", "cell", "amount")}
        heads = np.array([entry[:3] for entry in self._entries], np.int64)
        amounts = np.stack([entry[3] for entry in self._entries])
        entry, cell = np.nonzero(amounts)
        return {
            "day": heads[entry, 0],
            "account": heads[entry, 1],
            "rule": heads[entry, 2],
            "cell": cell.astype(np.int64),
            "amount": amounts[entry, cell],
        }
