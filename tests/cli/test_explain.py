"""`sim explain` as a user calls it, and `sim.explain` from Python."""

from __future__ import annotations

import json
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

import sim as sim_api
from sim.cli.init import write_project
from sim.errors import UsageError
from sim.flows import explaining
from tests.conftest import SimCommand, run_sim

TODAY, RECALL = "shop/policies/today.yaml", "shop/policies/recall.yaml"
SMALL = ("--replicates", "3", "--days", "50", "--jobs", "2")
LINE = """\
extends: recall.yaml
title: Half the coupon
policy: {rules: {coupon: {do: {coupon: {off: 10 CNY}}}}}
"""
TOGETHER = """\
extends: today.yaml
title: A rule that reads an audience, and more money
policy:
  budgets: {search ads: 350 CNY / day}
  audiences: {quiet buyers: orders >= 1 and days_inactive > 10}
  rules:
    reminder: {when: {every: 7 days}, who: audience("quiet buyers"), do: {message: push}}
"""
SHARES = """\
extends: today.yaml
title: Other people
market: {segments: {parents: {share: 35%}, gift buyers: {share: 50%}}}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with the template's project in `shop`, and policies beside it."""
    write_project(tmp_path / "shop")
    for name, text in (("line", LINE), ("together", TOGETHER), ("shares", SHARES)):
        (tmp_path / "shop" / "policies" / f"{name}.yaml").write_text(text, encoding="utf-8")
    return tmp_path


@pytest.fixture(scope="module")
def explained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """A folder in which today and recall were explained, and what `--json` printed; tests only read it."""
    folder = tmp_path_factory.mktemp("explained")
    write_project(folder / "shop")
    done = run_sim("explain", TODAY, RECALL, *SMALL, "--json", cwd=folder)
    assert (done.returncode, done.stderr) == (0, "")
    return folder, json.loads(done.stdout)


def in_cents(amount: dict[str, Any]) -> list[int]:
    """An amount in each replicate; it is a sixth of a cent at the finest here."""
    return [round(6 * 100 * one) for one in amount["per_replicate"]]


def summed(amounts: Sequence[dict[str, Any]]) -> list[int]:
    return [sum(ones) for ones in zip(*map(in_cents, amounts), strict=True)]


def test_parts_growth_segments_and_channels_sum_to_the_difference(explained: tuple[Path, dict[str, Any]]) -> None:
    _, content = explained
    assert content["method"] == "exact"
    names = {one["name"] for one in content["changes"]}
    assert names == {"policy.rules.reminder", "policy.rules.coupon", "policy.contact"}
    total = summed([one["shapley"] for one in content["changes"]])
    assert any(total)
    assert summed([*(one["alone"] for one in content["changes"]), content["interaction"]]) == total
    assert summed(list(content["by_segment"].values())) == total
    assert summed(list(content["by_channel"].values())) == total
    assert sum(total) / 1800 == pytest.approx(content["difference"]["difference"], abs=1e-6)
    flows = [line["adds_to_mau"] for line in content["growth"] if line["sign"]]
    (last,) = (line["adds_to_mau"] for line in content["growth"] if line["flow"] == "MAU on the last day")
    assert summed(flows) == in_cents(last)


def test_the_difference_is_that_of_a_comparison(explained: tuple[Path, dict[str, Any]]) -> None:
    folder, content = explained
    done = run_sim("compare", TODAY, RECALL, *SMALL, "--json", "--no-charts", cwd=folder)
    (policy,) = json.loads(done.stdout)["policies"]
    assert policy["differences"]["profit"] == content["difference"]


def test_numbers_and_chart_are_stored(explained: tuple[Path, dict[str, Any]]) -> None:
    folder, content = explained
    (stored,) = (folder / "results" / "explanations").iterdir()
    assert stored.name.startswith("shop-today-and-shop-recall-")
    assert json.loads((stored / "explanation.json").read_text(encoding="utf-8")) == content
    assert [path.name for path in (stored / "charts").iterdir()] == ["waterfall.png"]
    again = run_sim("explain", TODAY, RECALL, *SMALL, "--no-charts", "--jobs", "1", cwd=folder)
    assert again.returncode == 0
    assert json.loads((stored / "explanation.json").read_text(encoding="utf-8")) == content
    assert again.stdout.startswith("recall: ")
    for words in ("one at a time", "Shapley", "interaction left", "Growth accounting", "by segment", "by channel"):
        assert words in again.stdout


def test_a_pair_that_differs_in_one_line_gives_it_everything(sim: SimCommand, project: Path) -> None:
    done = sim("explain", RECALL, "shop/policies/line.yaml", *SMALL, "--json", "--no-charts")
    content = json.loads(done.stdout)
    (change,) = content["changes"]
    assert change["lines"] == [
        {
            "path": "policy.rules.coupon.do.coupon.off",
            "left": "20 CNY",
            "right": "10 CNY",
            "place": "shop/policies/line.yaml:3:46",
        }
    ]
    assert change["shapley"]["mean"] == change["alone"]["mean"] == content["difference"]["difference"] != 0
    assert (content["interaction"]["mean"], content["variants"], content["runs"]) == (0, 2, 6)
    assert (
        "all of it is `policy.rules.coupon.do.coupon.off` 20 CNY → 10 CNY (shop/policies/line.yaml:3)"
        in (content["sentence"])
    )


def test_changes_that_only_hold_together_are_one(sim: SimCommand, project: Path) -> None:
    content = json.loads(sim("explain", TODAY, "shop/policies/together.yaml", *SMALL, "--json", "--no-charts").stdout)
    groups = {tuple(line["path"] for line in one["lines"]) for one in content["changes"]}
    assert {tuple(sorted(paths)) for paths in groups} == {
        ("policy.audiences.quiet buyers", "policy.rules.reminder"),
        ("policy.budgets.search ads",),
    }
    content = json.loads(sim("explain", TODAY, "shop/policies/shares.yaml", *SMALL, "--json", "--no-charts").stdout)
    (change,) = content["changes"]
    assert change["name"] == "market.segments"
    assert len(change["lines"]) == 2


def test_more_than_three_changes_are_sampled_unless_exact_is_asked_for(sim: SimCommand, project: Path) -> None:
    path = project / "shop" / "policies" / "four.yaml"
    path.write_text("extends: recall.yaml\npolicy: {budgets: {search ads: 350 CNY / day}}\n", encoding="utf-8")
    sampled = json.loads(sim("explain", TODAY, path, *SMALL, "--json", "--no-charts").stdout)
    assert (sampled["method"], sampled["runs"]) == ("sampled", 3 * (3 * 4 - 2))
    exact = json.loads(sim("explain", TODAY, path, *SMALL, "--json", "--no-charts", "--exact").stdout)
    assert (exact["method"], exact["variants"], exact["runs"]) == ("exact", 16, 48)
    assert exact["difference"] == sampled["difference"]
    for content in (sampled, exact):
        shares = [change["shapley"]["per_replicate"] for change in content["changes"]]
        wholes = [sum(ones) for ones in zip(*shares, strict=True)]
        assert sum(wholes) / 3 == pytest.approx(content["difference"]["difference"], abs=1e-6)


def test_what_says_the_same_is_no_error(sim: SimCommand, project: Path) -> None:
    same = project / "shop" / "policies" / "same.yaml"
    same.write_text("# the same, in other words\nextends: today.yaml\ntitle: Same\n", encoding="utf-8")
    done = sim("explain", TODAY, same)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "same says the same as today: no difference to explain\n"
    assert not (project / "results").exists()
    assert json.loads(sim("explain", TODAY, TODAY, "--json").stdout)["changes"] == []
    twice = sim("explain", TODAY, TODAY)
    assert twice.stdout == "today (B) says the same as today (A): no difference to explain\n"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--metric", "proft"), "did you mean: profit?"),
        (("--set", "horizn=9 days"), "unknown field `horizn`"),
        (("--replicates", "0"), "must be a whole number from 1"),
        (("--fresh",), "unrecognized arguments"),
    ],
)
def test_mistakes_are_told(sim: SimCommand, project: Path, arguments: tuple[str, ...], told: str) -> None:
    done = sim("explain", TODAY, RECALL, *arguments)
    assert done.returncode == 2
    assert told in done.stderr
    assert "Traceback" not in done.stderr


def test_other_days_cannot_be_paired_unless_days_are_asked_for(sim: SimCommand, project: Path) -> None:
    longer = project / "shop" / "policies" / "longer.yaml"
    longer.write_text("extends: recall.yaml\nhorizon: 400 days\n", encoding="utf-8")
    done = sim("explain", TODAY, longer)
    assert done.returncode == 2
    assert "horizon (365 days and 400 days)" in done.stderr
    assert sim("explain", TODAY, longer, *SMALL, "--no-charts").returncode == 0


def test_python_knows_the_same(project: Path) -> None:
    found = sim_api.explain(
        project / RECALL, project / "shop" / "policies" / "line.yaml", metric="ltv", replicates=2, days=40, jobs=1
    )
    assert found.total is not None
    assert isinstance(found.total.exact, Fraction)
    assert [part.share.exact for part in found.parts] == [found.total.exact]
    with pytest.raises(UsageError, match="no metric `nothing`"):
        sim_api.explain(project / TODAY, project / RECALL, metric="nothing")


def test_too_many_changes_for_all_orders(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(explaining, "MOST_EXACT", 2)
    with pytest.raises(UsageError, match="3 changes are too many for all their orders; up to 2 can be exact"):
        sim_api.explain(project / TODAY, project / RECALL, replicates=2, days=20, exact=True)
