"""Replicates are added until intervals are narrow enough: the run is the same as with so many from the start."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import sim
from sim.errors import UsageError
from sim.flows import stopping
from tests.property.test_same_bytes import digests
from tests.verify.worlds import document, text_of

SMALL = document(
    name="small world",
    horizon="12 days",
    market={"size": 400},
    channels={"渠道": {"kind": "organic", "signups": "6 / day"}, "paid": {"kind": "organic", "signups": "2 / day"}},
    orders={"per_active_day": 0.3, "margin": 0.3, "basket": {"mean": "80 CNY", "spread": 0.5}},
)
MORE = {**SMALL, "name": "more", "orders": {**SMALL["orders"], "per_active_day": 0.33}}
MOST = {**SMALL, "name": "most", "orders": {**SMALL["orders"], "per_active_day": 0.6}}
Seen = Callable[[], list[int]]


@pytest.fixture
def write(tmp_path: Path) -> Callable[[dict[str, Any]], Path]:
    """Writes a scenario into a file of its name."""

    def write_scenario(scenario: dict[str, Any]) -> Path:
        path = tmp_path / f"{scenario['name']}.yaml"
        path.write_text(text_of(scenario), encoding="utf-8")
        return path

    return write_scenario


Write = Callable[[dict[str, Any]], Path]


def names_in(folder: Path) -> list[str]:
    """The runs that are stored there, and anything hidden."""
    return sorted(str(path.relative_to(folder).parent) for path in folder.rglob("*") if path.suffix == ".json") + [
        path.name for path in folder.glob(".*")
    ]


def test_the_run_is_that_of_so_many_replicates(write: Write, simulated: Seen, tmp_path: Path) -> None:
    path, settings = write(SMALL), {"out": tmp_path / "out", "jobs": 1}
    run = sim.run(path, precision={"revenue": "4%"}, **settings)
    n = run.facts["replicates"]
    assert n > 20
    assert simulated() == list(range(n))
    assert digests(run.path) == digests(sim.run(path, replicates=n, out=tmp_path / "other", jobs=1).path)
    assert names_in(tmp_path / "out") == [f"small-world/{run.identity.run_id}"]
    (found,) = sim.precision_of(run, {"revenue": "4%"})
    assert (found.reached, found.replicates, found.needed) == (True, n, None)
    simulated()
    again = sim.run(path, precision={"revenue": "4%"}, **settings)
    assert (again.path, simulated()) == (run.path, [])


def test_what_was_stored_before_changes_no_number(write: Write, simulated: Seen, tmp_path: Path) -> None:
    path, settings = write(SMALL), {"out": tmp_path / "out", "jobs": 1}
    sim.run(path, replicates=90, **settings)
    simulated()
    n = sim.run(path, precision={"revenue": "4%"}, **settings).facts["replicates"]
    assert simulated() == list(range(90, n))
    other = sim.run(path, precision={"revenue": "4%"}, out=tmp_path / "other", jobs=1)
    assert other.facts["replicates"] == n


def test_fresh_takes_over_only_its_own_steps(write: Write, simulated: Seen, tmp_path: Path) -> None:
    path, settings = write(SMALL), {"out": tmp_path / "out", "jobs": 1}
    sim.run(path, replicates=30, **settings)
    simulated()
    run = sim.run(path, precision={"revenue": "4%"}, fresh=True, **settings)
    assert simulated() == list(range(run.facts["replicates"]))


def test_it_stops_at_what_is_allowed_and_tells_what_it_would_take(write: Write, tmp_path: Path) -> None:
    run = sim.run(write(SMALL), precision={"revenue": "1%"}, max_replicates=30, out=tmp_path / "out", jobs=1)
    (found,) = sim.precision_of(run, {"revenue": "1%"})
    assert (found.reached, found.replicates, run.facts["replicates"]) == (False, 30, 30)
    assert found.needed is not None
    assert found.needed > 400


@pytest.mark.parametrize(
    ("replicates", "most", "first"), [(2, None, 20), (25, None, 25), (20, 6, 6), (50, 40, 40)], ids=str
)
def test_where_it_begins(write: Write, tmp_path: Path, replicates: int, most: int | None, first: int) -> None:
    run = sim.run(
        write(SMALL), precision={"users": "99%"}, replicates=replicates, max_replicates=most, out=tmp_path, jobs=1
    )
    assert run.facts["replicates"] == first


def test_an_interval_that_cannot_be_does_not_run_on(write: Write, tmp_path: Path) -> None:
    run = sim.run(write(SMALL), precision={"d30_retention": "1%", "cac": "1%"}, out=tmp_path / "out", jobs=1)
    assert run.facts["replicates"] == 20
    retention, cac = sim.precision_of(run, {"d30_retention": "1%", "cac": "1%"})
    assert (retention.reached, retention.n, retention.half_width) == (False, 0, None)
    assert (cac.reached, cac.half_width) == (True, 0.0)  # nothing is paid for anybody, in every replicate


def test_the_farthest_policy_decides_for_all(write: Write, simulated: Seen, tmp_path: Path) -> None:
    paths, asked = [write(one) for one in (SMALL, MORE, MOST)], {"revenue": "5%"}
    comparison = sim.compare(paths, precision=asked, out=tmp_path / "out", jobs=1)
    sizes = [run.facts["replicates"] for _, run in comparison.runs]
    assert sizes == [sizes[0]] * 3
    assert sizes[0] > 20
    assert len(simulated()) == sum(sizes)
    assert len(names_in(tmp_path / "out")) == 3
    (found,) = sim.precision_of(comparison, asked)
    widths = {}
    for policy in comparison.policies:
        difference = policy.of("revenue")
        assert difference is not None
        assert difference.low is not None
        assert difference.high is not None
        widths[policy.label] = (difference.high - difference.low) / 2
    assert found.half_width == max(widths.values())
    assert found.policy == max(widths, key=lambda label: widths[label])
    assert found.reached


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"precision": {"revenu": "1%"}}, "did you mean: revenue"),
        ({"precision": {"revenue": "1 USD"}}, "the scenario's currency is CNY"),
        (
            {"precision": {"revenue": "1%"}, "max_replicates": 0},
            "max_replicates is 0; it must be a whole number from 1",
        ),
        ({"max_replicates": 50}, "ask for a precision as well"),
    ],
)
def test_nonsense_is_refused_before_anything_runs(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: dict[str, Any], message: str
) -> None:
    monkeypatch.setattr(stopping, "execute", lambda *_, **__: pytest.fail("something ran"))
    with pytest.raises(UsageError, match=message):
        sim.run(write(SMALL), out=tmp_path / "out", **settings)
    with pytest.raises(UsageError, match=message):
        sim.compare([write(SMALL), write(MORE)], out=tmp_path / "out", **settings)
    assert not (tmp_path / "out").exists()


def test_an_interrupt_keeps_the_last_whole_step(write: Write, simulated: Seen, tmp_path: Path) -> None:
    def interrupt(done: int, total: int, label: str) -> None:
        if total != 20 and done == 3:
            raise KeyboardInterrupt

    path, settings = write(SMALL), {"out": tmp_path / "out", "jobs": 1, "precision": {"revenue": "4%"}}
    with pytest.raises(KeyboardInterrupt):
        sim.run(path, progress=interrupt, **settings)
    stored = [sim.open_run(tmp_path / "out" / name).facts["replicates"] for name in names_in(tmp_path / "out")]
    assert sorted(stored) == [20, 23]
    simulated()
    run = sim.run(path, **settings)
    assert simulated() == list(range(23, run.facts["replicates"]))
