"""The flow as Python sees it: what is refused before anything runs, and what comes back."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import sim
from sim import pipeline
from sim.errors import UsageError

BASE = Path(__file__).resolve().parents[1] / "corpus" / "scenarios" / "base.yaml"


@pytest.mark.parametrize("call", [pipeline.run, lambda path, **given: pipeline.compare([path, path], **given)])
@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"replicates": 0}, "replicates is 0; it must be a whole number from 1 to 100000"),
        ({"replicates": 2.0}, "replicates is 2.0; it must be a whole number from 1"),
        ({"days": 0}, "days is 0; it must be a whole number from 1 to 36500"),
        ({"days": -3}, "days is -3; it must be"),
        ({"days": "30"}, "days is '30'; it must be"),
        ({"seed": -1}, "seed is -1; it must be a whole number from 0 to 9223372036854775807"),
        ({"seed": 2**63}, "seed is 9223372036854775808; it must be"),
        ({"jobs": 0}, "jobs is 0; it must be a whole number from 1 to 4096"),
    ],
)
def test_numbers_out_of_bounds_are_refused(
    tmp_path: Path, call: Callable[..., Any], given: dict[str, Any], message: str
) -> None:
    with pytest.raises(UsageError) as caught:
        call(BASE, out=tmp_path / "results", **given)
    assert str(caught.value).startswith(message)
    assert not (tmp_path / "results").exists()


@pytest.mark.parametrize("given", [{"seed": -1}, {"replicate": -1}, {"days": 0}])
def test_a_trace_has_the_same_bounds(given: dict[str, int]) -> None:
    with pytest.raises(UsageError, match="it must be a whole number from"):
        pipeline.trace(BASE, 3, **given)  # type: ignore[arg-type]


def test_whole_numbers_of_numpy_will_do(tmp_path: Path) -> None:
    run = sim.run(BASE, replicates=np.int64(1), days=np.int32(2), seed=np.uint8(3), out=tmp_path)  # type: ignore[arg-type]
    assert (run.facts["replicates"], run.facts["days"], run.facts["seed"]) == (1, 2, 3)


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> sim.Comparison:
    """The corpus's base with and without its search budget."""
    folder = tmp_path_factory.mktemp("compared")
    shutil.copy(BASE, folder)
    less = folder / "less.yaml"
    less.write_text("extends: base.yaml\npolicy: {budgets: {search: 0}}\n", encoding="utf-8")
    return sim.compare([folder / "base.yaml", less], replicates=2, days=40, jobs=1, out=str(folder / "results"))


def test_a_loaded_scenario_runs_and_traces_as_its_file_does(tmp_path: Path) -> None:
    loaded = sim.load(BASE)
    assert isinstance(loaded, sim.LoadedScenario)
    run = loaded.run(replicates=1, days=3, out=str(tmp_path))
    assert run.identity == sim.run(BASE, replicates=1, days=3, out=tmp_path).identity
    assert loaded.trace(3, days=30) == sim.trace(BASE, 3, days=30)


def test_a_frame_holds_the_table_with_money_in_units(compared: sim.Comparison) -> None:
    run = compared.baseline
    assert isinstance(run, sim.StoredRun)
    daily = run.frame("daily")
    assert list(daily.columns) == run.table("daily").column_names
    assert daily["cost"].dtype == np.float64
    np.testing.assert_array_equal(np.rint(daily["cost"] * 100), run.numbers("daily", "cost"))
    assert daily["date"].dtype.kind == "M"
    assert set(run.frame("by_channel")["channel"].cat.categories) == set(run.codes("by_channel", "channel")[1])


def test_a_comparison_as_a_frame_has_every_difference(compared: sim.Comparison) -> None:
    frame = compared.frame()
    (policy,) = compared.policies
    assert list(frame["metric"]) == [one.metric.name for one in policy.differences]
    assert set(frame["policy"]) == {policy.label}
    row = frame.set_index("metric").loc["cost"]
    cost = policy.of("cost")
    assert cost is not None
    assert (row["difference"], row["low"], row["high"], row["unit"]) == (cost.difference, cost.low, cost.high, "CNY")
    undefined = [one.metric.name for one in policy.differences if one.relative is None]
    assert list(frame["metric"][np.isnan(frame["relative"])]) == undefined


def test_without_pandas_a_frame_says_what_to_install(compared: sim.Comparison, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    for make in (compared.frame, lambda: compared.baseline.frame("daily")):
        with pytest.raises(sim.SimError, match=r"pandas is needed for data frames; .* 'userops-sim\[notebook\]'"):
            make()


def test_every_public_name_is_there() -> None:
    assert {name for name in sim.__all__ if getattr(sim, name).__name__ != name} == set()
    assert set(sim.__all__) <= set(dir(sim))
