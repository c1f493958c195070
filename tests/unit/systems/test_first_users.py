"""First users: what they are on the first day, in the tables, in a stored run, and to everybody else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sim import pipeline
from sim.analysis.channels import channel_economics
from sim.analysis.series import daily_values, metric_named
from sim.analysis.summary import summarise
from sim.errors import ScenarioError
from sim.pipeline import LoadedScenario, load
from sim.store import StoredRun
from sim.systems.audiences.columns import AttributeColumns
from sim.systems.books.tables import tables_of
from sim.systems.day import open_world
from sim.systems.plan import BYTES_PER_FIRST_USER, compile_plan
from tests.property.test_nothing_else_moves import users_by_person
from tests.verify.worlds import document, finished, text_of

HEADER = "segment,days_since_signup,days_inactive,active_days,orders,spend,days_since_order,city"
ROWS = (
    "mothers,100,0,40,6,480.30,2,上海",
    "mothers,100,80,2,0,0,,上海",
    "hunters,30,1,12,3,90,1,其他",
    "hunters,9,9,1,0,0,,其他",
    "mothers,0,0,1,1,55.5,0,上海",
)
READ = "orders_7d + active_days_30d + active_days_3650d + orders_3650d + spend_3650d + messages_7d >= 0"
SECTIONS: dict[str, Any] = {
    "market": {"size": 900, "segments": {"mothers": {"share": 0.6}, "hunters": {"share": 0.4}}},
    "attributes": {"city": {"values": {"上海": 0.5, "其他": 0.5}}, "age": {"from": 20, "to": 40}},
    "orders": {"per_active_day": 0.3, "basket": {"mean": "80 CNY", "spread": 0.4}, "margin": 0.3},
    "channels": {"organic": {"kind": "organic", "signups": "6 / day"}},
    "media": {"push": {"open": 0.5}},
    "response": {"message": {"brings_back": 0.1}},
    "policy": {"rules": {"all": {"when": {"every": "5 days"}, "who": READ, "do": {"message": "push"}}}},
    "horizon": "20 days",
}


def begun(folder: Path, rows: tuple[str, ...] = ROWS, **sections: Any) -> LoadedScenario:
    (folder / ".sim-root").touch()
    (folder / "users.csv").write_text("\n".join([HEADER, *rows]) + "\n", encoding="utf-8")
    changed = SECTIONS | sections
    changed["market"] = changed["market"] | {"first_users": {"file": "users.csv"}}
    path = folder / "scenario.yaml"
    path.write_text(text_of(document(**changed)), encoding="utf-8")
    return load(path)


def test_first_users_are_what_the_file_says(tmp_path: Path) -> None:
    world = open_world(compile_plan(begun(tmp_path).scenario), 1, 0)
    rows, yesterday = np.arange(len(ROWS), dtype=np.uint32), world.plan.first_day - 1
    columns = AttributeColumns(world, rows, yesterday)
    said = {name: np.asarray(columns[name]).tolist() for name in ("days_since_signup", "days_inactive", "active_days")}
    assert said == {
        "days_since_signup": [100, 100, 30, 9, 0],
        "days_inactive": [0, 80, 1, 9, 0],
        "active_days": [40, 2, 12, 1, 1],
    }
    assert np.asarray(columns["spend"]).tolist() == [480.3, 0, 90, 0, 55.5]
    assert np.asarray(columns["days_since_order"]).tolist() == [2, 100, 1, 9, 0]
    assert world.declared["city"][: len(ROWS)].tolist() == [0, 0, 1, 1, 0]
    assert world.declared["age"][: len(ROWS)].min() >= 20


def test_windows_hold_the_whole_past_and_lose_it(tmp_path: Path) -> None:
    plan = compile_plan(begun(tmp_path).scenario)
    world = open_world(plan, 1, 0)
    rows = np.arange(len(ROWS), dtype=np.uint32)
    columns = AttributeColumns(world, rows, plan.first_day - 1)
    for kind in ("active_days", "orders", "spend"):
        assert np.asarray(columns[f"{kind}_3650d"]).tolist() == pytest.approx(np.asarray(columns[kind]).tolist())
    lately = np.asarray(columns["active_days_30d"])
    assert lately[1] == 0
    assert 9 <= lately[0] <= 15  # 40 days evenly over 101
    assert lately[[3, 4]].tolist() == [1, 1]
    assert int(np.asarray(columns["orders_7d"])[1]) == 0


def test_tables_begin_with_the_run(tmp_path: Path) -> None:
    loaded = begun(tmp_path)
    tables = tables_of(finished(compile_plan(loaded.scenario)))
    daily: dict[str, Any] = tables["daily"]
    assert daily["day"].tolist() == list(range(20))
    assert str(np.datetime64("1970-01-01") + int(daily["date"][0])) == str(loaded.scenario.start)
    assert daily["users"].tolist() == (len(ROWS) + np.cumsum(daily["new_users"])).tolist()
    ledger: dict[str, Any] = tables["ledger"]
    assert ledger["day"].min() >= 0
    assert int(ledger["amount"].sum()) == int(daily["profit"].sum())
    cohorts: dict[str, Any] = tables["cohorts"]
    assert cohorts["cohort_day"].min() >= 0
    assert cohorts["size"][cohorts["age"] == 0].sum() == daily["new_users"].sum()


def test_ltv_is_per_user_of_all_users(tmp_path: Path) -> None:
    run = begun(tmp_path).run(replicates=1, out=tmp_path / "results")
    daily = run.frame("daily")
    assert daily["users"].iloc[-1] > daily["new_users"].sum()
    expected = float(daily["contribution"].sum()) / int(daily["users"].iloc[-1])
    found = {estimate.metric.name: estimate.mean for estimate in summarise(run)}
    assert found["ltv"] == pytest.approx(expected)
    assert daily_values(run, metric_named(run, "ltv"))[0, -1] == pytest.approx(expected)
    of_channels = channel_economics(run)
    assert [each.ltv.mean for each in of_channels] == pytest.approx([expected])


def test_growth_accounting_adds_up(tmp_path: Path) -> None:
    daily: dict[str, Any] = tables_of(finished(compile_plan(begun(tmp_path).scenario)))["daily"]
    gained = daily["new_users"] + daily["resurrected"] - daily["churned"]
    assert (np.diff(daily["mau"]) == gained[1:]).all()


def test_one_first_user_more_changes_nobody_else(tmp_path: Path) -> None:
    ones, others = tmp_path / "ones", tmp_path / "others"
    ones.mkdir()
    others.mkdir()
    before = users_by_person(compile_plan(begun(ones).scenario))
    longer = (*ROWS, "hunters,400,20,31,2,70,22,上海")
    after = users_by_person(compile_plan(begun(others, longer).scenario))
    changed = [key for key in before.keys() | after.keys() if before.get(key) != after.get(key)]
    assert len(changed) == 1
    assert changed[0][0] == "hunters"


def test_a_stored_run_runs_again_to_the_same_bytes(tmp_path: Path) -> None:
    loaded = begun(tmp_path)
    stored = loaded.run(replicates=2, users=True, out=tmp_path / "results")
    assert (stored.path / "first_users.csv").read_bytes() == (tmp_path / "users.csv").read_bytes()
    again = load(stored.path / "scenario.yaml")
    assert again.hash == loaded.hash
    repeated = again.run(replicates=2, users=True, out=tmp_path / "again")
    assert files_of(repeated) == files_of(stored)
    assert repeated.identity == stored.identity


def files_of(run: StoredRun) -> dict[str, Any]:
    return dict(run.facts["files"])


def test_a_users_file_that_was_edited_is_another_scenario(tmp_path: Path) -> None:
    first = begun(tmp_path)
    second = begun(tmp_path, ROWS[1:])
    assert first.hash != second.hash
    stored = second.run(replicates=1, out=tmp_path / "results")
    (stored.path / "first_users.csv").write_text("\n".join([HEADER, *ROWS]) + "\n", encoding="utf-8")
    with pytest.raises(ScenarioError, match="it was edited since"):
        load(stored.path / "scenario.yaml")


def test_an_agent_stands_for_several_rows(tmp_path: Path) -> None:
    market = SECTIONS["market"] | {"people_per_agent": 3}
    rows = tuple(f"mothers,{i + 50},{i},2,0,0,,上海" for i in range(30))
    world = open_world(compile_plan(begun(tmp_path, rows, market=market).scenario), 1, 0)
    assert world.people.n == 10
    away = world.plan.first_day - 1 - world.people.last_active[:10].astype(int)
    assert away.tolist() == list(range(1, 30, 3))


def test_a_trace_tells_who_was_a_user_already(tmp_path: Path) -> None:
    loaded = begun(tmp_path)
    world = open_world(compile_plan(loaded.scenario), 1, 0)
    events = pipeline.trace(loaded, int(world.people.person[0]))
    assert (events[0].day, events[0].what) == (-1, "a user already")
    assert "segment mothers, city 上海, age " in events[0].detail
    assert all(event.day >= 0 for event in events[1:])
    assert "signed up" not in [event.what for event in events]


def test_lapsed_first_users_return_by_themselves(tmp_path: Path) -> None:
    rows = tuple("mothers,300,200,50,0,0,,上海" for _ in range(100))
    curve = {"visits": {"a": 5.0, "b": 5.0}, "lapse": {"a": 1.0, "b": 50.0}}
    quiet = {"channels": {"organic": {"kind": "organic", "signups": "0 / day"}}, "policy": {}}
    returns = {"default": curve, "natural_return": "10% / day"}
    without = finished(compile_plan(begun(tmp_path, rows, retention={"default": curve}, **quiet).scenario))
    back = finished(compile_plan(begun(tmp_path, rows, retention=returns, **quiet).scenario))
    assert without.tallies.dau[without.plan.first_day :].sum() == 0
    assert back.tallies.resurrected.sum() > 60  # of 100, in 20 days at a tenth a day: 86 or so


ALIKE = {"visits": {"a": 3e6, "b": 7e6}, "lapse": {"a": 5e5, "b": 95e5}}
"""p = 30% and d = 5% for everybody."""


def share_still_engaged(clock: str, x: int, t: int, tenure: int, p: float = 0.3, d: float = 0.05) -> float:
    """The closed forms of docs/systems/market.md."""
    if clock == "active_days":
        engaged, gone = (1 - p) ** (tenure - x) * (1 - d) ** x, (1 - p) ** (t - x) * (1 - d) ** (x - 1) * d
        return engaged / (engaged + gone) if x else 1.0
    r = (1 - p) * (1 - d)
    engaged = (1 - p) ** (tenure - x) * (1 - d) ** tenure
    gone = (1 - p) ** (t - x) * (1 - d) ** t * d * sum(r**i for i in range(tenure - t))
    return engaged / (engaged + gone)


@pytest.mark.parametrize("clock", ["engaged_days", "active_days"])
@pytest.mark.parametrize(("x", "t", "tenure"), [(8, 25, 28), (1, 3, 12), (0, 0, 9), (0, 0, 0), (30, 120, 120)])
def test_the_share_still_engaged_is_its_closed_form(tmp_path: Path, clock: str, x: int, t: int, tenure: int) -> None:
    market = SECTIONS["market"] | {"size": 20_000}
    row = f"mothers,{tenure},{tenure - t},{x + 1},0,0,,上海"
    sections = {"retention": {"clock": clock, "default": ALIKE}, "market": market, "policy": {}}
    world = open_world(compile_plan(begun(tmp_path, (row,) * 8_000, **sections).scenario), 1, 0)
    found, expected = world.people.engaged[:8_000].mean(), share_still_engaged(clock, x, t, tenure)
    error = np.sqrt(max(expected * (1 - expected), 1e-12) / 8_000)
    assert abs(found - expected) < 4 * error
    other = {"engaged_days": "active_days", "active_days": "engaged_days"}[clock]
    if tenure > t:  # the other clock's form must be told apart
        assert abs(found - share_still_engaged(other, x, t, tenure)) > 4 * error


def test_the_estimate_before_a_run_holds_the_first_users(tmp_path: Path) -> None:
    ones, others = tmp_path / "ones", tmp_path / "others"
    ones.mkdir()
    others.mkdir()
    market = SECTIONS["market"] | {"size": 50_000}
    few = compile_plan(begun(ones, market=market).scenario)
    many = compile_plan(begun(others, ROWS * 2_000, market=market).scenario)
    assert many.people_bytes - few.people_bytes == 1_999 * len(ROWS) * (BYTES_PER_FIRST_USER + 8 * 2)
    first = many.first_users
    assert first is not None
    kept = sum(getattr(first, name).nbytes for name in ("cell", "signup_day", "last_active", "orders", "spend"))
    assert kept < first.n * BYTES_PER_FIRST_USER
