"""What `sim check` measures and allows: levels, differences, looks, and when it stays open."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

import sim
from sim.checks import accept
from sim.report.check_formats import FORMATS
from tests.unit.checks.project import COSTS, HELD, SETTINGS, TODAY, alter, check, edit_outcomes, expect, messages, of


@pytest.mark.usefixtures("project")
def test_what_did_not_move_passes_exactly_and_tells_its_value() -> None:
    report = check()
    assert [verdict.status for verdict in report.verdicts] == ["pass"] * 5
    held = report.verdicts[1:]
    assert {(verdict.measured, verdict.low, verdict.high, verdict.moved_by) for verdict in held} == {(0, 0, 0, ())}
    assert (report.exit_code, report.has_moved) == (0, False)
    assert [facts.author for facts in report.baselines] == ["陳", "陳"]
    revenue = of(report, "shop recall: revenue as accepted")
    run = sim.run("shop/policies/recall.yaml", replicates=4, days=60)
    level = next(one.mean for one in sim.summarise(run) if one.metric.name == "revenue")
    assert revenue.accepted == pytest.approx(level)
    assert str(revenue.place) == "shop/expect.yaml:2:34"


@pytest.mark.usefixtures("project")
def test_the_same_input_gives_the_same_report_in_every_format() -> None:
    first, second = check(), check(jobs=2, fresh=True)
    for name, render in FORMATS.items():
        assert render(first) == render(second), name


@pytest.mark.usefixtures("project")
def test_what_luck_hides_takes_more_replicates_and_stays_open() -> None:
    """A thousandth of the price of a click: less than the margin of a thousandth tells from luck in 8 replicates."""
    expect((HELD + COSTS).replace("revenue: 0.5%", "revenue: 0.01%"))
    alter("shop/world.yaml", "price: 3 CNY / click", "price: 3.003 CNY / click")
    report = check()
    revenue = of(report, "shop today: revenue as accepted")
    assert (revenue.status, revenue.n_replicates, report.exit_code) == ("inconclusive", 8, 3)
    assert [cause.kind for cause in revenue.moved_by] == ["assumption", "noise"]
    assert revenue.note.startswith("A part of the interval is allowed and a part is not, after 8 replicates")


@pytest.mark.usefixtures("project")
def test_a_second_look_is_what_a_run_of_as_many_replicates_says() -> None:
    expect(SETTINGS + COSTS.replace("at_least: -50%", "at_most: 0").replace("metric: outlay", "metric: revenue"))
    report = check()
    (verdict,) = report.verdicts
    assert verdict.n_replicates == 8
    assert verdict.confidence == 0.975
    found = sim.compare(["shop/policies/today.yaml", "shop/policies/recall.yaml"], replicates=8, days=60)
    revenue = found.policies[0].of("revenue")
    assert revenue is not None
    assert verdict.measured == revenue.difference


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize(
    ("bound", "status", "exit_code"),
    [
        ("at_least: 100", "pass", 0),
        ("at_least: 100_000", "fail", 1),
        ("at_least: 100_000, else: warn", "warn", 0),
        ("at_least: 100_000, margin: 99_950", "pass", 0),
        ("at_least: 100, at_most: 200 persons", "fail", 1),
        ("at_most: 100_000, on: 2026-01-10", "pass", 0),
        ("at_most: 100_000, segment: parents", "pass", 0),
        ("at_most: 0, channel: friends", "fail", 1),
        ("at_least: 1%, at_most: 0.9, metric: d30_retention", "pass", 0),
        ("at_most: 0, metric: d30_retention", "fail", 1),
    ],
)
def test_a_level_is_held_to_its_bounds(bound: str, status: str, exit_code: int) -> None:
    metric = "" if "metric" in bound else "metric: users, "
    expect(SETTINGS + f"expect:\n  enough: {{{metric}of: policies/today.yaml, {bound}}}\n")
    report = check()
    assert ([verdict.status for verdict in report.verdicts], report.exit_code) == ([status], exit_code)


@pytest.mark.usefixtures("project")
def test_dates_and_parts_measure_less_than_the_whole() -> None:
    parts = {"all": "", "early": ", on: 2026-01-20", "parents": ", segment: parents", "friends": ", channel: friends"}
    lines = "".join(
        f"  {name} {metric}: {{metric: {metric}, of: policies/today.yaml, at_least: 0{part}}}\n"
        for metric in ("users", "revenue")
        for name, part in parts.items()
    )
    expect(f"{SETTINGS}expect:\n{lines}")
    levels = {verdict.name: verdict.measured or 0.0 for verdict in check().verdicts}
    for metric in ("users", "revenue"):
        assert levels[f"all {metric}"] > levels[f"parents {metric}"] > 0
        assert levels[f"all {metric}"] > levels[f"early {metric}"] > 0
        assert levels[f"all {metric}"] > levels[f"friends {metric}"] >= 0


@pytest.mark.usefixtures("project")
def test_each_look_takes_over_the_replicates_of_the_one_before_and_the_largest_run_is_kept() -> None:
    shutil.rmtree("results")
    expect(SETTINGS + COSTS.replace("at_least: -50%", "at_most: 0").replace("metric: outlay", "metric: revenue"))
    assert check(fresh=True).verdicts[0].n_replicates == 8
    runs = [json.loads(file.read_text(encoding="utf-8")) for file in Path("results").glob("*/*/run.json")]
    assert [(run["replicates"], run["replicates_taken_over"]) for run in runs] == [(8, 4), (8, 4)]


@pytest.mark.usefixtures("project")
def test_all_metrics_are_held_where_one_margin_stands_for_all() -> None:
    expect(SETTINGS + "baselines: [policies/today.yaml]\nmargin: 1%\n")
    accept(reason="all of them", author="陳", today=TODAY, jobs=1)
    report = check()
    assert {verdict.metric.name for verdict in report.verdicts} >= {"users", "profit", "cac", "d30_retention"}
    assert report.exit_code == 0
    again = check(paths=["shop/policies/../expect.yaml"])
    assert [replace(verdict, place=report.verdicts[0].place) for verdict in again.verdicts] == list(report.verdicts)


@pytest.mark.usefixtures("project")
def test_a_metric_that_is_never_defined_stays_so_or_moves() -> None:
    """Without paid channels and sign-ups nothing is spent per sign-up; the first cost makes it another outcome."""
    alter("shop/expect.yaml", "{users: 1%", "{d30_retention: 1%, users: 1%")
    alter("shop/expect.yaml", "days: 60 days", "days: 10 days")
    accept(reason="short", author="陳", today=TODAY, jobs=1)
    never = of(check(), "shop today: d30_retention as accepted")
    assert (never.status, never.measured, never.note) == ("pass", None, "It is defined in no replicate, as accepted.")
    assert never.allowed == "undefined, as accepted"

    def defined(content: dict[str, object]) -> None:
        outcomes = content["outcomes"]
        assert isinstance(outcomes, dict)
        outcomes["d30_retention"] = [0.1] * 4

    edit_outcomes("shop-today", defined)
    moved = of(check(), "shop today: d30_retention as accepted")
    assert (moved.status, moved.note) == ("fail", "It is defined in other replicates than when accepted.")


@pytest.mark.usefixtures("project")
def test_a_difference_of_other_markets_is_warned_of() -> None:
    Path("shop/policies/larger.yaml").write_text(
        "extends: today.yaml\nmarket: {size: 3_000 people}\n", encoding="utf-8"
    )
    expect(SETTINGS + COSTS.replace("policies/recall.yaml", "policies/larger.yaml"))
    report = check()
    (warning,) = (one for one in report.problems if "differ outside `policy`" in one.message)
    assert (warning.severity, warning.place and warning.place.line) == ("warning", 6)
    assert warning.message.startswith("today and larger differ outside `policy`: market.size ")
    assert report.verdicts


@pytest.mark.usefixtures("project")
def test_retention_is_asked_from_the_first_day_on_that_can_define_it() -> None:
    """Sign-ups of 2026-01-01 are 30 days old on 2026-01-31; the day before is refused without a run."""
    early = "expect: {they stay: {metric: d30_retention, of: policies/today.yaml, at_least: 0, on: 2026-01-30}}\n"
    expect(SETTINGS + early)
    runs = sorted(Path("results").glob("*/*"))
    (told,) = messages(check())
    assert told.endswith("`on` is 2026-01-30; d30_retention is defined from 2026-01-31 on, and by no run before")
    assert sorted(Path("results").glob("*/*")) == runs
    expect(SETTINGS + early.replace("01-30", "01-31"))
    assert check().verdicts[0].n_replicates == 4
