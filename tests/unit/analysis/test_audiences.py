"""Sizes, flows and the quality of warnings, from a stored run, held against the stored rows themselves."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sim import pipeline
from sim.analysis.audiences import audience_sizes, last_sizes, layer_flows, warning_qualities
from sim.analysis.portraits import audience_portraits
from sim.report.as_json import summary_as_json
from sim.report.charts import run_charts
from sim.report.run_tables import run_tables
from sim.store import StoredRun
from tests.verify.worlds import document, text_of


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> StoredRun:
    folder: Path = tmp_path_factory.mktemp("audiences")
    policy = {
        "audiences": {"quiet": "days_inactive >= 7", "nobody": "active_days > 1000"},
        "layers": {
            "階段": {"new": "days_since_signup < 7", "active": "days_inactive < 7"},
            "often": {"most": "active_days > 9"},
        },
        "early_warnings": {"quiet ones": {"who": "quiet", "within": "10 days"}},
    }
    attributes = {"city": {"values": {"上海": "30%", "其他": "70%"}}, "age": {"from": 20, "to": 45}}
    world = document(market={"size": 3000}, policy=policy) | {"attributes": attributes}
    (folder / "small.yaml").write_text(text_of(world), encoding="utf-8")
    return pipeline.run(folder / "small.yaml", replicates=2, jobs=1, out=folder / "results")


def rows_of(run: StoredRun, table: str) -> list[dict[str, object]]:
    return list(run.table(table).to_pylist())


def test_sizes_are_in_the_order_of_the_file_and_those_stored(run: StoredRun) -> None:
    sets = audience_sizes(run)
    labels = [(sizes.name, sizes.labels) for sizes in sets]
    assert labels == [("", ("quiet", "nobody")), ("階段", ("new", "active", "other")), ("often", ("most", "other"))]
    rows = rows_of(run, "audiences")
    stored = sum(int(r["users"]) for r in rows if r["audience"] == "active" and r["day"] == 59 and r["replicate"] == 1)  # type: ignore[call-overload]
    assert sets[1].users[1, 1, -1] == stored > 0
    label, users, lapsed = last_sizes(sets[0])[1]
    assert (label, users.mean, lapsed.mean) == ("nobody", 0.0, None)
    users_at_the_end = run.numbers("daily", "users").reshape(2, -1)[:, -1]
    assert (sets[1].users.sum(axis=0)[:, -1] == users_at_the_end).all()


def test_flows_are_shares_of_each_layer_over_whole_weeks(run: StoredRun) -> None:
    flows = layer_flows(run)[0]
    assert flows.sources == ("new", "active", "other", "(sign-up)")
    assert flows.shares.sum(axis=1) == pytest.approx([1, 1, 1, 1])
    assert flows.shares[0, 0] == 0.0  # a week later nobody is new; from day 56 to day 59 some still are
    assert flows.shares[3].tolist() == [1, 0, 0]
    rows = [r for r in rows_of(run, "flows") if r["from"] == r["to"] == "new" and r["layers"] == "階段"]
    assert {r["day"] for r in rows} == {59}


def test_the_quality_of_a_warning_is_that_of_its_stored_counts(run: StoredRun) -> None:
    (one,) = warning_qualities(run)
    of_each = [[r for r in rows_of(run, "warnings") if r["replicate"] == replicate] for replicate in (0, 1)]
    for interval, above, below in (
        (one.precision, "flagged_lost", "flagged"),
        (one.recall, "flagged_lost", "lost"),
        (one.base_rate, "lost", "active"),
        (one.flagged, "flagged", "active"),
    ):
        shares = [sum(r[above] for r in rows) / sum(r[below] for r in rows) for rows in of_each]  # type: ignore[misc]
        assert interval.mean == pytest.approx(sum(shares) / 2)
    assert one.precision.mean is not None
    assert one.base_rate.mean is not None
    assert one.precision.mean > one.base_rate.mean  # who is quiet has more often lapsed


def test_portraits_are_shares_of_the_stored_rows_of_the_last_day(run: StoredRun) -> None:
    portraits = {portrait.attribute: portrait for portrait in audience_portraits(run)}
    assert list(portraits) == ["segment", "channel", "city", "age"]
    city = portraits["city"]
    assert city.labels == ("quiet", "new", "active", "other (階段)", "most", "other (often)")
    rows = [r for r in rows_of(run, "portraits") if r["day"] == 59 and r["attribute"] == "city"]
    users = [sum(r["users"] for r in rows if r["audience"] == "quiet" and r["value"] == value) for value in city.values]  # type: ignore[misc]
    assert city.shares[0] == pytest.approx(np.array(users) / sum(users))
    everybody = [sum(r["users"] for r in rows if r["set"] == "often" and r["value"] == value) for value in city.values]  # type: ignore[misc]
    assert city.of_all == pytest.approx(np.array(everybody) / sum(everybody))
    assert dict(zip(city.values, city.of_all, strict=True))["上海"] == pytest.approx(0.3, abs=0.05)
    assert portraits["age"].values == ("20-22", "23-25", "26-28", "29-31", "32-34", "35-37", "38-40", "41-43", "44-45")
    for portrait in portraits.values():
        assert portrait.shares.sum(axis=1) == pytest.approx(np.ones(len(portrait.labels)))
        assert portrait.of_all.sum() == pytest.approx(1)


def test_they_are_printed_and_drawn(run: StoredRun) -> None:
    printed = run_tables(run, colour=False)
    assert "Audiences" in printed
    assert "階段" in printed
    assert "quiet ones" in printed
    as_json = summary_as_json(run)
    assert [one["name"] for one in as_json["audiences"]][:3] == ["quiet", "nobody", "new"]
    assert as_json["early_warnings"][0]["warning"] == "quiet ones"
    charts = {chart.name: chart.figure for chart in run_charts(run)}
    texts = [text.get_text() for axes in charts["audiences-over-time"].axes for text in axes.texts]
    assert any("quiet" in text for text in texts)
    assert "audience-portraits" in charts
    drawn = [text.get_text() for text in charts["layer-flows"].axes[0].texts]
    assert f"{100 * layer_flows(run)[0].shares[1, 1]:.0f}" in drawn


def test_a_frame_of_flows_compares_where_users_come_from_and_go_to(run: StoredRun) -> None:
    frame = run.frame("flows")
    moved = frame[frame["from"] != frame["to"]]
    rows = [row for row in rows_of(run, "flows") if row["from"] != row["to"]]
    assert moved["users"].tolist() == [row["users"] for row in rows]
    assert 0 < len(moved) < len(frame)


def test_an_audience_may_be_called_like_newcomers(tmp_path: Path) -> None:
    policy = {
        "audiences": {"(sign-up)": "days_since_signup < 3"},
        "layers": {"age": {"old": "days_since_signup >= 14", "new": "days_since_signup < 7"}},
    }
    path = tmp_path / "small.yaml"
    path.write_text(text_of(document(market={"size": 3000}, policy=policy)), encoding="utf-8")
    (flows,) = layer_flows(pipeline.run(path, replicates=1, jobs=1, out=tmp_path / "results"))
    shares = dict(zip(flows.sources, flows.shares.tolist(), strict=True))
    assert shares["old"] == [1, 0, 0]
    assert shares["(sign-up)"] == [0, 1, 0]
