"""First users: a run that begins with the users of another goes on as that one does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from sim.pipeline import load
from sim.systems.books.tables import users_of
from sim.systems.first_users import day as first_users
from sim.systems.plan import Plan, compile_plan
from sim.systems.world import World
from tests.verify.measuring import LIMIT
from tests.verify.worlds import document, finished, text_of

F64 = npt.NDArray[np.float64]

PAST_DAYS, LATER_DAYS = 100, 40
N_RUNS = 12
SECTIONS: dict[str, Any] = {
    "market": {"size": 6_000, "segments": {"often": {"share": 0.5, "orders": 1.6}, "seldom": {"share": 0.5}}},
    "attributes": {"city": {"values": {"上海": {"share": 0.4, "basket": 2.0}, "其他": 0.6}}},
    "retention": {"default": {"visits": {"a": 0.9, "b": 2.4}, "lapse": {"a": 0.6, "b": 14.0}}},
    "orders": {"per_active_day": 0.25, "shape": 0.8, "margin": 0.3,
               "basket": {"mean": "80 CNY", "spread": 0.5, "spread_between_users": 0.7}},
}  # fmt: skip
CLOCKS: dict[str, dict[str, Any]] = {
    "engaged days": {},
    "active days": {"retention": SECTIONS["retention"] | {"clock": "active_days"}},
    "orders": {
        "retention": {"default": {"lapse": {"shape": 0.7, "scale": "6 weeks"}}},
        "orders": {"while_engaged": "1.2 / week", "shape": 0.7, "basket": SECTIONS["orders"]["basket"], "margin": 0.3},
    },
    "first orders": {
        "onboarding": {"steps": {"first order": {"pass": 0.4}}},
        "orders": SECTIONS["orders"] | {"per_active_day": 0.05},
    },
}


def history(days: int) -> dict[str, Any]:
    """60 sign-ups a day for so many days."""
    dates = np.datetime64("2026-01-01") + np.arange(days)
    return {"past": {"kind": "history", "signups": {str(date): 60 for date in dates}}}


def plan_in(folder: Path, **sections: Any) -> Plan:
    (folder / ".sim-root").touch()
    path = folder / "scenario.yaml"
    path.write_text(text_of(document(**SECTIONS | sections)), encoding="utf-8")
    return compile_plan(load(path).scenario)


def write_users(world: World, path: Path) -> None:
    """The users of a finished run as a team would export them on its last evening."""
    table, last = users_of(world), world.plan.n_run_days - 1
    columns = {name: [c[1][code] for code in c[0]] if isinstance(c, tuple) else c for name, c in table.items()}
    lines = ["segment,channel,city,days_since_signup,days_inactive,active_days,orders,spend,days_since_order"]
    for i in range(len(columns["person"])):
        since_order = "" if columns["orders"][i] == 0 else last - columns["last_order"][i]
        cells = [columns[name][i] for name in ("segment", "channel", "city")]
        cells += [last - columns["signup_day"][i], last - columns["last_active"][i], columns["active_days"][i]]
        cells += [columns["orders"][i], f"{columns['spend'][i] / 100:.2f}", since_order]
        lines.append(",".join(map(str, cells)))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def later_plan(folder: Path, **sections: Any) -> Plan:
    start = str(np.datetime64("2026-01-01") + PAST_DAYS)
    market = SECTIONS["market"] | {"first_users": {"file": "users.csv"}}
    channels = {"past": {"kind": "history", "signups": {start: 0}}}
    return plan_in(folder, start=start, horizon=f"{LATER_DAYS} days", market=market, channels=channels, **sections)


def measured(world: World) -> F64:
    """DAU of the first week and of the rest, orders, and money paid for them, over the days that both runs share."""
    later = slice(-LATER_DAYS, None)
    dau, orders, gmv = (getattr(world.tallies, name)[later].sum(axis=1) for name in ("dau", "orders", "gmv"))
    return np.array([dau[:7].sum(), dau[7:].sum(), orders.sum(), gmv.sum()], np.float64)


def continued_and_begun(folder: Path, clock: str, *, forgets_recency: bool = False) -> tuple[F64, F64]:
    """Of each replicate: the last days of a long run, and those of a run that begins with its users."""
    long = plan_in(folder, horizon=f"{PAST_DAYS + LATER_DAYS} days", channels=history(PAST_DAYS), **CLOCKS[clock])
    short = plan_in(folder, horizon=f"{PAST_DAYS} days", channels=history(PAST_DAYS), **CLOCKS[clock])
    ones, others = [], []
    for replicate in range(N_RUNS):
        write_users(finished(short, 1, replicate), folder / "users.csv")
        if forgets_recency:
            forget_recency(folder / "users.csv")
        ones.append(measured(finished(long, 1, replicate)))
        others.append(measured(finished(later_plan(folder, **CLOCKS[clock]), 2, replicate)))
    return np.array(ones), np.array(others)


def forget_recency(path: Path) -> None:
    """Say of everybody who came again that it was there yesterday."""
    header, *lines = path.read_text(encoding="utf-8").splitlines()
    rows = [line.split(",") for line in lines]
    for row in rows:
        if row[5] != "1":
            row[4] = "0"
    path.write_text("\n".join([header, *(",".join(row) for row in rows)]) + "\n", encoding="utf-8")


def distances(ones: F64, others: F64) -> F64:
    """Standard errors between the means of paired replicates."""
    differences = others - ones
    z: F64 = differences.mean(axis=0) / (differences.std(axis=0, ddof=1) / np.sqrt(len(differences)))
    print("z =", np.round(z, 2), "relative", np.round(others.mean(axis=0) / ones.mean(axis=0) - 1, 4))
    return z


@pytest.mark.parametrize("clock", CLOCKS)
def test_a_run_that_begins_with_the_users_of_another_goes_on_as_it_does(clock: str, tmp_path: Path) -> None:
    ones, others = continued_and_begun(tmp_path, clock)
    assert (np.abs(distances(ones, others)) < LIMIT).all()
    assert (np.abs(others.mean(axis=0) / ones.mean(axis=0) - 1) < 0.05).all()


def test_twin_a_history_without_recency_is_seen(tmp_path: Path) -> None:
    ones, others = continued_and_begun(tmp_path, "engaged days", forgets_recency=True)
    assert (np.abs(distances(ones, others)) > LIMIT).any()


def test_twin_first_orders_of_all_newcomers_are_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(first_users, "_first_orders", lambda plan: np.ones((plan.n_cells, plan.n_days)))
    ones, others = continued_and_begun(tmp_path, "first orders")
    assert np.abs(distances(ones, others))[2] > LIMIT
