"""The scenarios that are timed: right without a doubt, everything in them happens, and threads change nothing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.systems import ALL_OF_PEOPLE, INCENTIVES, PEOPLE, run_file, user_days
from benchmarks.workload_w import plan_of_size
from sim import pipeline
from sim.systems.books.tables import tables_of
from sim.systems.day import open_world, run_world
from tests.verify.test_satisfaction import is_same


@pytest.mark.parametrize("file", sorted({*INCENTIVES.values(), *PEOPLE.values()}), ids=lambda file: str(file.stem))
def test_each_scenario_is_right_and_runs(file: Path) -> None:
    assert not pipeline.load(file).warnings
    seconds, days = run_file(file, 200)
    assert seconds > 0
    # 200 users on each of 366 days, and all who come later.
    assert days > 200 * 366


def test_all_of_it_happens_and_threads_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sim.engine.threads.WORTH_A_THREAD", 10)
    plan = plan_of_size(3_000, 1, 60, PEOPLE[ALL_OF_PEOPLE])
    one, three = (run_world(open_world(plan, 1, 0, n_threads)) for n_threads in (1, 3))
    found, again = tables_of(one), tables_of(three)
    assert all(is_same(found[name], again[name]) for name in found)
    by_channel = one.tallies.new.sum(axis=0).reshape(plan.n_channels, -1).sum(axis=1)
    assert (by_channel > 0).all()
    happened = {
        "service": "answered", "satisfaction": "sum_millionths", "content": "created", "journeys": "passed",
        "touchpoints": "visits", "statuses": "entered",
    }  # fmt: skip
    for table, column in happened.items():
        assert np.asarray(found[table][column]).any(), table
    assert user_days(one) == int(np.asarray(found["daily"]["users"]).sum())
