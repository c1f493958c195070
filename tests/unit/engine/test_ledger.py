"""The ledger: integer cents, sums that do not depend on order, rounding half away from zero."""

from __future__ import annotations

import numpy as np
import pytest

from sim.engine.ledger import MICRO, MOST_MICRO, Ledger, round_micro, to_micro


def filled() -> Ledger:
    ledger = Ledger(2, 3, 3)
    ledger.book(0, 0, 0, np.array([100, 0, -7]))
    ledger.book(0, 1, 2, np.array([-5, 0, 0]))
    ledger.book(2, 0, 0, np.array([0, 11, 0]))
    return ledger


def test_sums_by_account_day_and_cell() -> None:
    assert filled().by_account.tolist() == [
        [[100, 0, -7], [0, 0, 0], [0, 11, 0]],
        [[-5, 0, 0], [0, 0, 0], [0, 0, 0]],
    ]


def test_rows_hold_every_amount_that_is_not_zero() -> None:
    found = filled().rows()
    entries = list(zip(*(found[name].tolist() for name in ("day", "account", "rule", "cell", "amount")), strict=True))
    assert entries == [(0, 0, 0, 0, 100), (0, 0, 0, 2, -7), (0, 1, 2, 0, -5), (2, 0, 0, 1, 11)]


def test_an_entry_of_nothing_leaves_no_row() -> None:
    ledger = Ledger(1, 1, 2)
    ledger.book(0, 0, 0, np.zeros(2, np.int64))
    assert {name: column.size for name, column in ledger.rows().items()} == dict.fromkeys(
        ("day", "account", "rule", "cell", "amount"), 0
    )


@pytest.mark.parametrize(
    ("micro", "cents"),
    [(0, 0), (4_999, 0), (5_000, 1), (14_999, 1), (15_000, 2), (-4_999, 0), (-5_000, -1), (-15_000, -2), (45_000, 5)],
)
def test_rounding_is_half_away_from_zero(micro: int, cents: int) -> None:
    assert round_micro(np.array([micro])).tolist() == [cents]


def test_whole_cents_are_exact_far_beyond_float64() -> None:
    cents = np.array([2**53 + 1, -(2**49) - 1])
    assert round_micro((cents[1:]) * MICRO).tolist() == [int(cents[1])]
    ledger = Ledger(1, 1, 1)
    for _ in range(3):
        ledger.book(0, 0, 0, cents[:1])
    assert int(ledger.by_account[0, 0, 0]) == 3 * (2**53 + 1)


def test_amounts_are_kept_to_a_millionth_and_as_much_as_64_bits_hold() -> None:
    assert to_micro(np.array([0.0, 0.045, 0.29, 1e15])).tolist() == [0, 45_000, 290_000, int(MOST_MICRO)]
