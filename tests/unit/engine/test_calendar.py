"""The calendar against a plain dictionary of lists; its columns are as long as what is ahead."""

from __future__ import annotations

import numpy as np

from sim.engine.calendar import Calendar

N_DAYS = 400


def test_what_is_due_comes_in_the_order_of_entering() -> None:
    calendar, expected = Calendar(N_DAYS), dict[int, list[tuple[int, int]]]()
    generator = np.random.default_rng(1)
    for day in range(N_DAYS):
        rows, entered = calendar.due(day)
        assert list(zip(rows.tolist(), entered.tolist(), strict=True)) == expected.pop(day, [])
        for _ in range(int(generator.integers(0, 4))):
            new = generator.integers(0, 1_000, int(generator.integers(0, 40))).astype(np.uint32)
            days = day + generator.integers(1, 60, new.size)
            calendar.enter(new, days, day)
            for row, due in zip(new.tolist(), days.tolist(), strict=True):
                expected.setdefault(due, []).append((row, day))
    assert all(due >= N_DAYS for due in expected)


def test_places_are_used_again() -> None:
    calendar, everybody = Calendar(N_DAYS), np.arange(900, dtype=np.uint32)
    calendar.enter(everybody, np.full(900, 1), 0)
    for day in range(1, N_DAYS - 1):
        rows, _ = calendar.due(day)
        assert np.array_equal(rows, everybody)
        calendar.enter(rows, np.full(900, day + 1), day)
    assert calendar._row.size == 1024
    assert not calendar.due(5)[0].size


def test_what_lies_beyond_the_horizon_takes_no_place() -> None:
    calendar = Calendar(10)
    for day in range(9):
        calendar.enter(np.arange(500, dtype=np.uint32), np.full(500, 10), day)
    calendar.enter(np.arange(700, dtype=np.uint32), np.full(700, 9), 8)
    assert calendar.due(9)[0].size == 700
    assert calendar._row.size == 1024
