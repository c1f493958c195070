"""Statuses and stages as `sim run` tells them, from stored runs, against sums done by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.analysis import stage_entries, status_effects
from sim.report.as_json import summary_as_json
from sim.report.standing_tables import stages_table, statuses_table
from sim.store import StoredRun
from tests.unit.analysis.synthetic import make_run
from tests.verify.worlds import document, load_text, text_of


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> StoredRun:
    """60 days, 3 replicates, a status, a rule with a coupon, a rule that gives a privilege, three stages."""
    scenario = document(
        orders={"per_active_day": 0.3, "basket": {"mean": "40 CNY", "spread": 0.5}, "margin": 0.4},
        media={"push": {"open": 0.5}},
        response={"coupon": {"orders": 1.2}},
        privileges={"desk": {"cost": "0.25 CNY / day"}, "delivery": {"cost_per_order": "2 CNY"}},
        policy={
            "rules": {
                "offer": {
                    "when": {"every": "9 days"},
                    "do": {"message": "push", "coupon": {"off": "5 CNY", "valid_for": "9 days"}},
                },
                "gift": {
                    "when": {"on": "2026-02-01"},
                    "who": "orders >= 2",
                    "do": {"privilege": "desk", "for": "5 days"},
                },
            },
            "statuses": {"core": {"enters": "orders >= 3", "review": "10 days", "privileges": ["desk", "delivery"]}},
            "stages": {
                "small": {},
                "grown": {"enters": {"metric": "users >= 1_500"}},
                "huge": {"enters": {"metric": "users >= 1_000_000"}},
            },
        },
    )
    out: Path = tmp_path_factory.mktemp("results")
    return load_text(text_of(scenario)).run(replicates=3, jobs=1, out=out)


def test_a_status_is_told_by_its_sums(run: StoredRun) -> None:
    statuses, daily = run.frame("statuses"), run.frame("daily")
    ledger = run.frame("ledger")
    assert [one.status for one in status_effects(run)] == ["core", "gift"]
    core = statuses[statuses.status == "core"]
    found = status_effects(run)[0]
    assert found.holders.mean == pytest.approx(core.holders.sum() / 180)
    assert found.cost.mean == pytest.approx(core.cost.astype(float).sum() / 3)
    by_replicate = core.groupby("replicate")[["holders", "orders", "cost", "spend"]].sum().astype(float)
    assert found.cost_per_holder_day.mean == pytest.approx((by_replicate.cost / by_replicate.holders).mean())
    assert found.orders.mean == pytest.approx(28 * (by_replicate.orders / by_replicate.holders).mean())
    everybody = daily.groupby("replicate")[["users", "orders", "gmv"]].sum().astype(float)
    off = ledger[ledger.account == "coupons"].groupby("replicate").amount.sum().astype(float)
    assert (off < 0).all()
    others = everybody.users - by_replicate.holders
    assert found.others_orders.mean == pytest.approx(28 * ((everybody.orders - by_replicate.orders) / others).mean())
    paid = everybody.gmv + off - by_replicate.spend
    assert found.others_spend.mean == pytest.approx(28 * (paid / others).mean())
    assert found.others_spend.mean != pytest.approx(28 * ((paid - off) / others).mean())


def test_stages_are_told_by_share_and_median_date(run: StoredRun) -> None:
    stages = run.frame("stages")
    small, grown, huge = stage_entries(run)
    assert (small.n_entered, small.n_replicates, str(small.date)) == (3, 3, "2026-01-01")
    assert (huge.n_entered, huge.date) == (0, None)
    days = sorted(stages[stages.stage == "grown"].day)
    assert grown.date is not None
    assert (grown.date - small.date).days == days[1]  # type: ignore[operator]
    assert days[1] > 5


def test_tables_and_json_hold_them(run: StoredRun) -> None:
    told = statuses_table(status_effects(run), currency="CNY", width=150)
    assert "core" in told
    assert "gift" in told
    assert "0 of 3" in stages_table(stage_entries(run))
    content = summary_as_json(run)
    assert [one["status"] for one in content["statuses"]] == ["core", "gift"]
    assert content["stages"][2] == {"stage": "huge", "n_entered": 0, "n_replicates": 3, "date": None}


def test_runs_without_them_say_nothing() -> None:
    without = make_run()
    assert status_effects(without) == ()
    assert stage_entries(without) == ()
    assert statuses_table(()) == stages_table(()) == ""
