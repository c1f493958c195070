"""The same scenario, seed and version give the same bytes in every data file: jobs 1, jobs 2, a second run."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest

from sim.pipeline import run, show
from tests.verify.test_twin import ORDERS, VISITS
from tests.verify.worlds import document, text_of

OF_THE_MOMENT = {"run.json"}
"""When, where and how fast: not data."""


def digests(folder: Path) -> dict[str, str]:
    """sha256 of each data file of a run's folder."""
    files = [path for path in sorted(folder.iterdir()) if path.is_file() and path.name not in OF_THE_MOMENT]
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def stored(tmp_path: Path, out: str, scenario: dict[str, Any], **options: Any) -> dict[str, str]:
    path = tmp_path / f"{out}.yaml"
    path.write_text(text_of(scenario), encoding="utf-8")
    given = {"seed": 5, "replicates": 3, "jobs": 1, "fresh": True, "users": True} | options
    return digests(run(path, out=tmp_path / out, **given).path)


TABLES = {"daily", "by_channel", "by_segment", "cohorts", "ledger", "rules", "funnel", "users"}


@pytest.mark.parametrize("scenario", [VISITS, ORDERS], ids=["visits", "orders"])
def test_jobs_and_repetition_change_no_byte(tmp_path: Path, scenario: dict[str, Any]) -> None:
    small = document(**scenario)
    first = stored(tmp_path, "first", small)
    assert {name.removesuffix(".parquet") for name in first} >= TABLES
    assert stored(tmp_path, "two jobs", small, jobs=2) == first
    assert stored(tmp_path, "again", small) == first
    assert stored(tmp_path, "first", small) == first


def test_what_show_prints_runs_to_the_same_bytes(tmp_path: Path) -> None:
    small = document(**VISITS)
    path = tmp_path / "scenario.yaml"
    path.write_text(text_of(small), encoding="utf-8")
    shown = tmp_path / "shown.yaml"
    shown.write_text(show(path), encoding="utf-8")
    options: dict[str, Any] = {"replicates": 1, "jobs": 1, "days": 40}
    one, two = run(path, out=tmp_path / "one", **options), run(shown, out=tmp_path / "two", **options)
    assert digests(one.path) == digests(two.path)
    kept = tmp_path / "kept.yaml"
    kept.write_text((one.path / "scenario.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    assert digests(run(kept, out=tmp_path / "three", **options).path) == digests(one.path)


def test_an_idle_rule_leaves_every_byte_of_data(tmp_path: Path) -> None:
    small = document(**VISITS)
    policy = small["policy"]
    idle = {"when": {"every": "1 day"}, "who": "orders < 0", "do": {"message": "sms"}}
    changed = small | {"policy": policy | {"rules": policy["rules"] | {"idle": idle}}}
    before, after = stored(tmp_path, "before", small), stored(tmp_path, "after", changed)
    assert {name for name in before if before[name] != after[name]} == {"scenario.yaml"}


def test_another_seed_and_another_number_are_seen(tmp_path: Path) -> None:
    """The twin: digests tell runs apart."""
    small = document(**VISITS)
    first = stored(tmp_path, "first", small)
    other_seed = stored(tmp_path, "other seed", small, seed=6)
    assert all(first[f"{name}.parquet"] != other_seed[f"{name}.parquet"] for name in TABLES)
    other_price = stored(tmp_path, "other price", small | {"income": {"commission": "3.1%"}})
    assert first["ledger.parquet"] != other_price["ledger.parquet"]
    assert first["rules.parquet"] == other_price["rules.parquet"]
