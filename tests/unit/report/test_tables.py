"""Tables: what they say, how wide they are, and how they behave with odd names."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import numpy as np
import pytest
from rich.cells import cell_len

from sim.analysis import Comparison, Difference, channel_economics, compare_runs, rule_effects, summarise
from sim.report.as_json import comparison_as_json, summary_as_json
from sim.report.run_tables import run_tables
from sim.report.tables import (
    channel_table,
    comparison_table,
    rules_table,
    short_difference,
    shortened,
    summary_table,
)
from sim.store import StoredRun
from tests.unit.analysis.synthetic import Policy, make_run

RECALL = Policy("召回沉睡用戶", activity=1.05, recall_cents_per_day=5_000, rules=("第一波", "second [wave]"))
LONG = Policy("The paid budget's last third goes into recall", paid=0.67)


def comparison_text(width: int = 120, replicates: int = 4) -> str:
    runs = [make_run(policy, replicates=replicates) for policy in (Policy(), RECALL, LONG)]
    return comparison_table(compare_runs(runs[0], runs[1:]), width=width, colour=False)


def lines_with(text: str, start: str) -> list[str]:
    return [line for line in text.splitlines() if line.startswith(start)]


def test_a_summary_gives_mean_interval_and_unit() -> None:
    run = make_run()
    text = summary_table(summarise(run), n_days=60, width=100, colour=False)
    profit = summarise(run)[7]
    assert profit.mean is not None
    assert profit.low is not None
    row = lines_with(text, "Profit")[0]
    assert f"{profit.mean:,.0f}" in row
    assert f"{profit.low:,.0f} to " in row
    assert row.endswith("CNY")
    assert "4 replicates; 95% interval of the mean over replicates" in text


def test_a_comparison_says_what_it_stands_on() -> None:
    text = comparison_text()
    assert "4 replicates of 60 days, seed 1, paired" in text
    assert "▲ better   ▼ worse" in text
    assert "of these 20, about 1 miss" in text


def test_marks_follow_the_differences() -> None:
    text = comparison_text()
    overview, first, second = (lines_with(text, "Daily active users")[i] for i in range(3))
    assert first.endswith("▲")
    assert second.endswith("▼")
    assert overview.split("▲")[0].rstrip().endswith("%")
    assert lines_with(text, "Users")[1].endswith("·")
    assert lines_with(text, "Cost, CNY")[0].endswith("◆")


def test_each_metric_says_over_what_it_is_taken() -> None:
    for text in (comparison_text(), run_tables(make_run(), width=100, colour=False)):
        assert lines_with(text, "Users  end  ")
        assert lines_with(text, "Daily active users  mean  ")
        assert lines_with(text, "Monthly active users  last 28 days  ")
        assert lines_with(text, "D30 retention    ")
        assert lines_with(text, "Orders  total  ")
    assert lines_with(run_tables(make_run(days=20), colour=False), "Monthly active users  mean  ")


def test_shares_differ_in_percentage_points_and_never_in_per_cent() -> None:
    text = comparison_text()
    assert "Differences to today, in per cent of it; shares in percentage points" in text
    overview, first, _ = lines_with(text, "D30 retention")
    baseline, *differences = re.findall(r"\S+(?: pp|%)", overview)
    assert baseline.endswith("%")
    assert [difference.split()[-1] for difference in differences] == ["pp", "pp"]
    assert first.split("pp")[-1].split()[0] == "–"


def test_a_difference_without_a_yardstick_has_its_unit() -> None:
    comparison = compare_runs(make_run(), [make_run(RECALL)])
    cost, orders = (replace(one_of(comparison, metric), relative=None) for metric in ("cost", "orders"))
    assert re.fullmatch(r"\+[\d,.]+ CNY ◆", short_difference(cost).plain)
    assert re.fullmatch(r"\+[\d,.]+ orders [▲·]", short_difference(orders).plain)


def test_a_falling_lead_is_told_below_the_headline() -> None:
    baseline, policy = make_run(days=90), make_run(Policy("less ads"), days=90)
    profit = policy.numbers("daily", "profit").reshape(4, 90)
    profit += np.where(np.arange(90) < 40, 10_000, -5_000)
    *_, headline, hint = comparison_table(compare_runs(baseline, [policy]), width=120, colour=False).splitlines()
    assert headline.startswith("less ads: profit +")
    since = "ahead, but the lead has been falling since 2026-02-09"
    assert hint == f"less ads: {since}; look further ahead (--days 180) before you decide"
    assert "falling" not in comparison_text()


def one_of(comparison: Comparison, metric: str) -> Difference:
    found = comparison.policies[0].of(metric)
    assert found is not None
    return found


@pytest.mark.parametrize(("replicates", "is_told"), [(1, False), (2, True), (4, True), (5, False)])
def test_few_replicates_are_warned_of(replicates: int, is_told: bool) -> None:
    told = f"only {replicates} replicates: intervals are wide and unstable, and marks with them; use at least 10"
    run = run_tables(make_run(replicates=replicates), width=120, colour=False)
    assert [told in text for text in (comparison_text(replicates=replicates), run)] == [is_told] * 2


def test_one_replicate_claims_nothing() -> None:
    text = comparison_text(replicates=1)
    assert "1 replicate of 60 days, seed 1: no interval, so nothing is distinguishable" in text
    assert not any(line.endswith(mark) for line in lines_with(text, "Orders") for mark in "▲▼◆")


def test_a_single_policy_needs_no_overview() -> None:
    text = comparison_table(compare_runs(make_run(), [make_run(RECALL)]), width=100, colour=False)
    assert len(lines_with(text, "Orders")) == 1


def test_resampled_intervals_are_marked_and_explained() -> None:
    runs = [make_run(policy, replicates=12) for policy in (Policy(), RECALL)]
    orders = runs[1].numbers("daily", "orders")
    orders[5 * 60] += 400  # one replicate with many more orders: a skewed difference
    text = comparison_table(compare_runs(runs[0], runs[1:]), width=120, colour=False)
    assert "~" in lines_with(text, "Orders")[0]
    assert "~ bootstrap, since the paired differences are skewed" in text


@pytest.mark.parametrize("width", [60, 80, 100, 160])
def test_no_line_is_wider_than_asked(width: int) -> None:
    texts = (comparison_text(width), run_tables(make_run(RECALL), width=width, colour=False))
    assert max(cell_len(line) for text in texts for line in text.splitlines()) <= width


def test_columns_line_up_beside_wide_letters() -> None:
    text = channel_table(channel_economics(make_run()), currency="CNY", width=140, colour=False)
    rows = [
        line for line in text.splitlines() if line.endswith("%") or " ± " in line.replace("\N{NO-BREAK SPACE}", " ")
    ]
    assert len(rows) >= 5
    assert len({cell_len(row) for row in rows[:5]}) == 1


def test_a_narrow_terminal_gets_means_without_margins() -> None:
    channels = channel_economics(make_run())
    assert "±" in channel_table(channels, width=140, colour=False)
    narrow = channel_table(channels, width=80, colour=False)
    assert "±" not in narrow
    assert "means over replicates" in narrow


def test_brackets_in_names_are_names() -> None:
    assert "second [wave]" in rules_table(rule_effects(make_run(RECALL)), currency="CNY", width=160, colour=False)


def test_what_is_not_there_has_no_table() -> None:
    assert rules_table(()) == ""
    assert channel_table(()) == ""
    assert "Rules" not in run_tables(make_run(), width=100, colour=False)


def test_colour_only_where_it_is_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    compared = compare_runs(make_run(), [make_run(RECALL)])
    assert "\x1b[" in comparison_table(compared, colour=True)
    assert "\x1b[" not in comparison_table(compared)  # standard output is no terminal here
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert "\x1b[" in comparison_table(compared)
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[" not in comparison_table(compared)


def test_long_names_are_cut_to_one_line() -> None:
    assert cell_len(shortened("名" * 300)) <= 30
    assert shortened("two\nlines") == "two lines"


def test_json_holds_every_number_of_a_comparison() -> None:
    compared = compare_runs(make_run(), [make_run(RECALL)])
    found = json.loads(json.dumps(comparison_as_json(compared), allow_nan=False))
    profit = compared.policies[0].of("profit")
    assert profit is not None
    stored = found["policies"][0]["differences"]["profit"]
    assert (stored["difference"], stored["low"], stored["high"]) == (profit.difference, profit.low, profit.high)
    assert (stored["unit"], stored["is_better"], stored["n"]) == ("CNY", profit.is_better, 4)
    assert stored["aggregate"] == found["baseline"]["metrics"]["profit"]["aggregate"] == "sum"
    assert found["baseline"]["seed"] == 1
    assert found["policies"][0]["label"] == "召回沉睡用戶"


def test_json_of_a_run_has_null_where_a_number_is_undefined() -> None:
    found = json.loads(json.dumps(summary_as_json(make_run(RECALL, days=20)), allow_nan=False))
    assert found["metrics"]["d30_retention"]["mean"] is None
    assert found["channels"][4]["ltv_per_cac"]["mean"] is None
    assert [rule["rule"] for rule in found["rules"]] == ["第一波", "second [wave]"]
    assert found["accounts"]["order margin"]["group"] == "revenue"


def with_fit(policy: Policy, *met: float) -> StoredRun:
    """A run whose default curve, given as 90% and 20%, is met as said."""
    run = make_run(policy)
    points = [
        {"day": day, "given": given, "model": model} for day, given, model in zip((1, 7), (0.9, 0.2), met, strict=True)
    ]
    run.facts["retention_fits"] = {"retention.default": {"activity_mean": 0.5, "points": points}}
    return run


MISSED = "D1 90.0% given, 53.2% met; D7 20.0% given, 20.4% met"
POOR = f"retention.default: no curve of this family meets the points: {MISSED}"


def test_a_curve_that_is_not_met_is_told_once_under_the_tables() -> None:
    today, recall = (with_fit(policy, 0.532, 0.204) for policy in (Policy(), RECALL))
    assert run_tables(today, width=130, colour=False).splitlines()[-1] == POOR
    compared = compare_runs(today, [recall])
    assert comparison_table(compared, width=130, colour=False).count(POOR) == 1
    for found in (summary_as_json(today), comparison_as_json(compared)):
        (fit,) = found["poor_retention_fits"]
        assert (fit["curve"], fit["misfit"]) == ("retention.default", pytest.approx(0.368))
        assert fit["points"][0] == {"day": 1, "given": 0.9, "model": 0.532}


def test_a_curve_that_is_met_to_a_percentage_point_is_not_told() -> None:
    run = with_fit(Policy(), 0.891, 0.2099)
    assert "retention.default" not in run_tables(run, colour=False)
    assert summary_as_json(run)["poor_retention_fits"] == []
