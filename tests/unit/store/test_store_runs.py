"""Runs that are stored, found, opened and read."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from sim.errors import ResultsError
from sim.metrics import Metric
from sim.store import find_run, open_run, prepare_results
from tests.unit.store.small_run import CHANNELS, METRICS, N_DAYS, identity, save, tables

FILES = {"run.json", "scenario.yaml", "daily.parquet", "by_channel.parquet", "rules.parquet"}


def data_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name != "run.json"}


def names_below(root: Path) -> list[str]:
    return sorted(str(path.relative_to(root)) for path in root.rglob("*"))


def test_a_run_has_its_folder_and_nothing_beside_it(tmp_path: Path) -> None:
    folder = save(tmp_path / "results")
    assert folder == tmp_path / "results" / "海淘" / identity().run_id
    assert {path.name for path in folder.iterdir()} == FILES
    assert len(names_below(tmp_path)) == 3 + len(FILES)


def test_run_json_tells_what_was_run(tmp_path: Path) -> None:
    folder = save(tmp_path)
    facts = json.loads((folder / "run.json").read_bytes())
    assert facts["schema_version"] == 1
    assert facts["run_id"] == folder.name
    assert (facts["scenario"], facts["seed"], facts["replicates"], facts["days"]) == ("海淘", 1, 3, N_DAYS)
    assert facts["currency"] == "CNY"
    content = (folder / "daily.parquet").read_bytes()
    assert facts["files"]["daily.parquet"] == {
        "bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
    }
    assert "海淘" in (folder / "run.json").read_text(encoding="utf-8")


def test_facts_cannot_change_the_identity_and_may_hold_numpy_numbers(tmp_path: Path) -> None:
    facts = open_run(save(tmp_path, facts={"seed": 99, "agents": np.int64(5), "wall": np.float64(0.1)})).facts
    assert (facts["seed"], facts["agents"], facts["wall"]) == (1, 5, 0.1)


@pytest.mark.parametrize("value", [float("nan"), object()])
def test_facts_that_json_does_not_know_are_refused(tmp_path: Path, value: object) -> None:
    with pytest.raises((ValueError, TypeError)):
        save(tmp_path, facts={"odd": value})
    assert names_below(tmp_path) == []


def test_columns_come_back(tmp_path: Path) -> None:
    run = open_run(save(tmp_path))
    expected = [tables(replicate) for replicate in range(3)]
    for column in ("day", "users", "orders", "revenue", "date"):
        assert np.array_equal(
            run.numbers("daily", column), np.concatenate([part["daily"][column] for part in expected])
        )
    assert run.numbers("daily", "revenue").dtype == np.int64
    assert run.numbers("daily", "replicate").tolist() == np.repeat([0, 1, 2], N_DAYS).tolist()
    assert run.texts("by_channel", "channel").tolist() == list(CHANNELS) * N_DAYS * 3
    codes, labels = run.codes("by_channel", "channel")
    assert (labels, codes.tolist()) == (CHANNELS, [0, 1, 2] * N_DAYS * 3)
    assert run.numbers("rules", "sent").size == 2 * N_DAYS
    assert run.table("daily").num_rows == 3 * N_DAYS
    assert run.table("daily").to_pandas().shape == (30, 6)


def test_what_a_run_tells_of_itself(tmp_path: Path) -> None:
    run = open_run(save(tmp_path))
    assert run.name == "海淘"
    assert run.identity == identity()
    assert run.tables == ("daily", "by_channel", "rules")
    assert run.metrics == (Metric(**METRICS[0]),)
    assert run.scenario_yaml == "name: 海淘\n"


def test_columns_are_read_once_and_cannot_be_written(tmp_path: Path) -> None:
    run = open_run(save(tmp_path))
    users = run.numbers("daily", "users")
    assert run.numbers("daily", "users") is users
    with pytest.raises(ValueError, match="read-only"):
        users[0] = 1
    with pytest.raises(ValueError, match="read-only"):
        run.codes("by_channel", "channel")[0][0] = 1


@pytest.mark.parametrize(
    ("read", "message"),
    [
        (lambda run: run.numbers("daily", "gmv"), "table daily of .* has no column gmv; it has replicate, day, date"),
        (lambda run: run.numbers("by_channel", "channel"), "column channel of table by_channel holds names"),
        (lambda run: run.texts("daily", "users"), "column users of table daily holds numbers"),
        (lambda run: run.table("users"), "has no table users; run again with --users"),
        (lambda run: run.table("wages"), "has no table wages; it has daily, by_channel, rules"),
    ],
)
def test_asking_for_what_is_not_there_says_what_is(tmp_path: Path, read: object, message: str) -> None:
    run = open_run(save(tmp_path))
    with pytest.raises(ResultsError, match=message):
        read(run)  # type: ignore[operator]


def test_the_same_tables_give_the_same_bytes(tmp_path: Path) -> None:
    assert data_of(save(tmp_path / "a")) == data_of(save(tmp_path / "b"))


def test_other_tables_give_other_bytes(tmp_path: Path) -> None:
    one, other = data_of(save(tmp_path, replicates=2)), data_of(save(tmp_path, replicates=3))
    assert one["daily.parquet"] != other["daily.parquet"]


def test_clock_zone_locale_threads_and_hash_seed_leave_every_byte(tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "PYTHONPATH": str(Path(__file__).parents[3]),
        "PYTHONHASHSEED": "7",
        "TZ": "Asia/Kathmandu",
        "LC_ALL": "C",
        "OMP_NUM_THREADS": "1",
    }
    program = "import sys, pathlib; from tests.unit.store.small_run import save; save(pathlib.Path(sys.argv[1]))"
    subprocess.run([sys.executable, "-c", program, str(tmp_path / "there")], env=environment, check=True)
    here = save(tmp_path / "here")
    assert data_of(identity().folder(tmp_path / "there")) == data_of(here)


def test_a_stored_run_is_found_again(tmp_path: Path) -> None:
    folder = save(tmp_path)
    warnings: list[str] = []
    found = find_run(tmp_path, identity(), warn=warnings.append)
    assert found is not None
    assert found.path == folder
    assert warnings == []


@pytest.mark.parametrize("change", [{"seed": 2}, {"days": 9}, {"version": "0.2.0"}, {"scenario": "other"}])
def test_another_run_is_not_found(tmp_path: Path, change: dict[str, object]) -> None:
    save(tmp_path)
    assert find_run(tmp_path, identity(**change)) is None


def test_nothing_is_found_where_nothing_is(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert find_run(tmp_path / "none", identity()) is None
    assert find_run(tmp_path / "file", identity()) is None


def test_a_run_without_a_wanted_table_is_not_found(tmp_path: Path) -> None:
    save(tmp_path)
    assert find_run(tmp_path, identity(), tables=["daily"]) is not None
    assert find_run(tmp_path, identity(), tables=["users"]) is None


def test_saving_the_same_again_keeps_the_data_and_refreshes_the_facts(tmp_path: Path) -> None:
    folder = save(tmp_path, facts={"wall": 1})
    (folder / "charts").mkdir()
    inode = (folder / "daily.parquet").stat().st_ino
    assert save(tmp_path, facts={"wall": 2}) == folder
    assert (folder / "charts").is_dir()
    assert (folder / "daily.parquet").stat().st_ino == inode
    assert open_run(folder).facts["wall"] == 2
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]


def test_a_run_of_other_data_is_replaced(tmp_path: Path) -> None:
    folder = save(tmp_path)
    before = data_of(folder)
    (folder / "daily.parquet").write_bytes(b"edited")
    assert save(tmp_path) == folder
    assert data_of(folder) == before
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]


def test_an_empty_folder_in_the_place_is_no_obstacle(tmp_path: Path) -> None:
    identity().folder(tmp_path).mkdir(parents=True)
    assert open_run(save(tmp_path)).identity == identity()


def test_run_json_opens_its_run(tmp_path: Path) -> None:
    folder = save(tmp_path)
    assert open_run(folder / "run.json").path == folder


def test_a_folder_of_runs_names_them(tmp_path: Path) -> None:
    first, second = save(tmp_path), save(tmp_path, seed=2)
    for folder in (tmp_path, first.parent):
        with pytest.raises(ResultsError, match="is not a run's folder") as caught:
            open_run(folder)
        assert first.name in str(caught.value)
        assert second.name in str(caught.value)


@pytest.mark.parametrize(("make", "message"), [("mkdir", "holds no run.json$"), ("touch", "it is a file")])
def test_what_holds_no_run_is_refused(tmp_path: Path, make: str, message: str) -> None:
    getattr(tmp_path / "x", make)()
    with pytest.raises(ResultsError, match=message):
        open_run(tmp_path / "x")


def test_a_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ResultsError, match="does not exist"):
        open_run(tmp_path / "none")


def test_the_number_of_replicates_must_be_that_of_the_run(tmp_path: Path) -> None:
    from sim.store import save_run

    with pytest.raises(ValueError, match="1 replicates were given; the run has 3"):
        save_run(tmp_path, identity(), tables=[{}], schemas=[], scenario_yaml="", facts={})


def test_preparing_makes_the_folder_and_leaves_it_empty(tmp_path: Path) -> None:
    prepare_results(tmp_path / "a" / "b")
    assert names_below(tmp_path) == ["a", "a/b"]
