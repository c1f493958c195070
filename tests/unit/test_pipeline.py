"""The flow as Python sees it: what is refused before anything runs, and what comes back."""

from __future__ import annotations

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
