"""`sim check` from files to verdicts: what passes, what fails and by which line, what stays open, what is bad input."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

import sim
import sim.execution
from sim.analysis.verdicts import CheckReport, Verdict
from sim.checks import accept, today_utc
from sim.checks.reading import _Reader
from sim.cli.init import write_project
from sim.cli.main import run_command_line
from sim.errors import UsageError
from sim.execution import Measured
from sim.report.check_formats import FORMATS
from sim.report.check_wording import headline
from sim.scenario.checking import check as read_content
from sim.scenario.expectations import Expectations
from sim.scenario.layering import load_layers
from sim.store.baselines import Baseline, open_baseline, save_baseline
from sim.systems.replicate import ReplicateTask
from tests.conftest import ROOT

TODAY = date(2026, 6, 1)
SETTINGS = "settings: {replicates: 4, max_replicates: 8, days: 60 days}\n"
HELD = SETTINGS + "baselines: [policies/today.yaml, policies/recall.yaml]\nmargin: {users: 1%, revenue: 0.5%}\n"
COSTS = """\
expect:
  recall costs:
    metric: outlay
    of: policies/recall.yaml
    against: policies/today.yaml
    at_least: -50%
"""
Project = Path


@pytest.fixture(scope="module")
def accepted(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A small project whose outcomes were accepted."""
    place = tmp_path_factory.mktemp("accepted")
    write_project(place / "shop")
    (place / ".sim-root").touch()
    (place / "shop" / "expect.yaml").write_text(HELD + COSTS, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        done = accept(reason="as measured", author="陳", today=date(2026, 5, 1))
    assert [one.change for one in done] == ["new", "new"]
    return place


@pytest.fixture
def project(accepted: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A copy of it that a test may alter; the current folder."""
    shutil.copytree(accepted, tmp_path / "copy")
    monkeypatch.chdir(tmp_path / "copy")
    return tmp_path / "copy"


def expect(text: str) -> None:
    Path("shop/expect.yaml").write_text(text, encoding="utf-8")


def alter(file: str, old: str, new: str) -> None:
    path = Path(file)
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def check(**settings: object) -> CheckReport:
    return sim.check(**{"today": TODAY, "jobs": 1, **settings})  # type: ignore[arg-type]


def of(report: CheckReport, name: str) -> Verdict:
    return next(verdict for verdict in report.verdicts if verdict.name == name)


def messages(report: CheckReport) -> list[str]:
    assert not report.verdicts
    return [f"{problem.place}: {problem.message}" for problem in report.problems if problem.severity == "error"]


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
def test_a_changed_policy_fails_with_its_line() -> None:
    alter("shop/policies/today.yaml", "search ads: 300 CNY", "search ads: 600 CNY")
    report = check()
    users = of(report, "shop today: users as accepted")
    assert (users.status, report.exit_code) == ("fail", 1)
    assert [(cause.kind, cause.text, str(cause.place)) for cause in users.moved_by] == [
        (
            "policy",
            "policy.budgets.search ads: 300 CNY / day → 600 CNY / day",
            "shop/policies/today.yaml:7:17",
        )
    ]
    assert users.relative is not None
    assert users.relative > 0.05
    assert "600 CNY" in FORMATS["text"](report)


@pytest.mark.usefixtures("project")
def test_a_changed_world_is_an_assumption_for_both_policies() -> None:
    alter("shop/world.yaml", "price: 3 CNY / click", "price: 2 CNY / click")
    report = check()
    for name in ("shop today: users as accepted", "shop recall: users as accepted"):
        (cause,) = of(report, name).moved_by
        assert (cause.kind, cause.place and cause.place.line) == ("assumption", line_of("shop/world.yaml", "2 CNY"))


def line_of(file: str, text: str) -> int:
    lines = Path(file).read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, 1) if text in line)


@pytest.mark.usefixtures("project")
def test_words_evidence_and_comments_move_nothing() -> None:
    alter(
        "shop/world.yaml",
        "price: 3 CNY / click",
        "price: {value: 3 CNY / click, low: 1 CNY / click, high: 9 CNY / click}",
    )
    alter("shop/policies/today.yaml", "title: As today", "title: As it was  # a comment")
    assert check().exit_code == 0


@pytest.mark.usefixtures("project")
def test_a_line_that_does_not_move_the_outcome_is_not_blamed() -> None:
    """Recall changes; what is accepted of today does not. The engine is blamed for nothing, either."""
    alter("shop/policies/recall.yaml", "off: 20 CNY", "off: 60 CNY")
    report = check()
    assert of(report, "shop today: revenue as accepted").moved_by == ()
    recall = of(report, "shop recall: users as accepted")
    assert (recall.status, recall.moved_by) == ("pass", ())


@pytest.mark.usefixtures("project")
def test_a_broken_expectation_names_what_changed_since_its_scenarios_were_accepted() -> None:
    expect(HELD + COSTS.replace("at_least: -50%", "at_least: 90%"))
    alter("shop/policies/recall.yaml", "inactive_for: 14 days", "inactive_for: 40 days")
    report = check()
    broken = of(report, "recall costs")
    assert broken.status == "fail"
    assert [cause.kind for cause in broken.moved_by] == ["policy"]
    assert "14 days → 40 days" in broken.moved_by[0].text


@pytest.mark.usefixtures("project")
def test_the_lines_of_the_scenario_that_is_measured_come_before_those_of_the_other() -> None:
    expect(HELD + COSTS.replace("at_least: -50%", "at_least: 90%"))
    alter("shop/policies/recall.yaml", "off: 20 CNY", "off: 60 CNY")
    alter("shop/policies/today.yaml", "search ads: 300 CNY", "search ads: 310 CNY")  # recall extends it
    report = check()
    places = [str(cause.place).rpartition(":")[0] for cause in of(report, "recall costs").moved_by]
    first = f"shop/policies/recall.yaml:{line_of('shop/policies/recall.yaml', 'off: 60 CNY')}"
    assert places == [first, "shop/policies/today.yaml:7"]
    assert headline(report).endswith(f", changed since accepted: {first} and 1 more")


@pytest.mark.usefixtures("project")
def test_the_commands_that_a_comment_tells_run_as_they_are_pasted() -> None:
    alter("shop/policies/today.yaml", "search ads: 300 CNY", "search ads: 600 CNY")
    report = check()
    options = "--days 60 --replicates 4"
    files = "results/baselines/shop-today/scenario.yaml shop/policies/today.yaml"
    for name in ("text", "markdown"):
        found = re.findall(r"\bsim (compare|explain) ([^`\n]+)", FORMATS[name](report))
        told = [(verb, rest) for verb, rest in found if rest.startswith(files)]
        assert told == [(verb, f"{files} {options}") for verb in ("compare", "explain")], name
    for verb in ("compare", "explain"):
        assert run_command_line([verb, *files.split(), *options.split(), "--no-charts", "--quiet"]) == 0
    runs = sorted(Path("results").glob("*/*"))
    for verb in ("compare", "explain"):
        assert run_command_line([verb, *files.split(), "--no-charts", "--quiet"]) == 2
    assert sorted(Path("results").glob("*/*")) == runs


@pytest.mark.usefixtures("project")
def test_the_luck_of_another_file_is_not_the_engines() -> None:
    """An expectation with a seed of its own fails; what was accepted is run again with the seed of the acceptance."""
    other = SETTINGS.replace("}", ", seed: 7}")
    bound = "expect:\n  impossible: {metric: users, of: today.yaml, at_least: 10_000_000}\n"
    Path("shop/policies/expect.yaml").write_text(other + bound, encoding="utf-8")
    report = check()
    impossible = of(report, "impossible")
    assert (impossible.status, impossible.moved_by) == ("fail", ())
    edit_outcomes("shop-today", doubled)
    assert [cause.kind for cause in of(check(), "impossible").moved_by] == ["engine"]


def edit_outcomes(scenario: str, change: Callable[[dict[str, object]], None]) -> None:
    path = Path("results/baselines", scenario, "baseline.json")
    content = json.loads(path.read_text(encoding="utf-8"))
    change(content)
    path.write_text(json.dumps(content), encoding="utf-8")


def doubled(content: dict[str, object]) -> None:
    outcomes = content["outcomes"]
    assert isinstance(outcomes, dict)
    outcomes["users"] = [2 * value for value in outcomes["users"]]
    content["version"] = "0.0.9"


@pytest.mark.usefixtures("project")
def test_other_numbers_from_the_same_scenario_are_the_engines() -> None:
    edit_outcomes("shop-today", doubled)
    report = check()
    users = of(report, "shop today: users as accepted")
    (cause,) = users.moved_by
    assert (users.status, cause.kind, cause.place) == ("fail", "engine", None)
    assert re.fullmatch(r"sim .*, accepted with 0\.0\.9: users of the accepted scenario −\d+ persons", cause.text)
    assert of(report, "shop today: revenue as accepted").status == "pass"


@pytest.mark.usefixtures("project")
def test_a_changed_line_and_another_engine_are_both_named_the_line_first() -> None:
    edit_outcomes("shop-today", doubled)
    alter("shop/policies/today.yaml", "search ads: 300 CNY", "search ads: 600 CNY")
    assert [cause.kind for cause in of(check(), "shop today: users as accepted").moved_by] == ["policy", "engine"]


@pytest.mark.usefixtures("project")
def test_an_accepted_scenario_that_is_no_longer_read_is_the_engines() -> None:
    alter("results/baselines/shop-today/scenario.yaml", "currency:", "curency:")
    alter("shop/policies/today.yaml", "search ads: 300 CNY", "search ads: 600 CNY")
    (cause,) = of(check(), "shop today: users as accepted").moved_by
    assert cause.kind == "engine"
    assert "cannot read the accepted scenario: unknown field" in cause.text


@pytest.mark.usefixtures("project")
def test_an_accepted_scenario_that_was_edited_is_bad_input() -> None:
    alter("results/baselines/shop-today/scenario.yaml", "300 CNY / day", "301 CNY / day")
    (message,) = messages(check())
    assert message.startswith("shop/expect.yaml:2:13: results/baselines/shop-today/scenario.yaml was edited")


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
def test_beyond_the_accepted_replicates_the_engine_must_repeat_them() -> None:
    expect((HELD + COSTS).replace("revenue: 0.5%", "revenue: 0.01%"))
    alter("shop/world.yaml", "price: 3 CNY / click", "price: 3.003 CNY / click")

    def nudged(content: dict[str, object]) -> None:
        outcomes = content["outcomes"]
        assert isinstance(outcomes, dict)
        outcomes["revenue"][0] += 1

    edit_outcomes("shop-today", nudged)
    revenue = of(check(), "shop today: revenue as accepted")
    assert (revenue.status, revenue.n_replicates) == ("inconclusive", 4)
    assert "engine" in [cause.kind for cause in revenue.moved_by]


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
def test_an_acceptance_ends() -> None:
    accept(reason="for a month", author="陳", expires=date(2026, 6, 1), today=date(2026, 5, 1), jobs=1)
    assert check(today=date(2026, 6, 1)).exit_code == 0
    over = check(today=date(2026, 6, 2))
    assert over.exit_code == 1
    assert over.verdicts[1].note == "It was accepted until 2026-06-01: look at it again, then accept it anew."
    assert [facts.is_expired for facts in over.baselines] == [True, True]
    last = " ".join(FORMATS["text"](over).split("\n\n")[-1].split())
    assert last == (
        "4 of 5 checks fail; the acceptance of shop today expired on 2026-06-01; "
        "the acceptance of shop recall expired on 2026-06-01"
    )
    assert "expired on" not in FORMATS["text"](check(today=date(2026, 6, 1)))


@pytest.mark.usefixtures("project")
def test_an_acceptance_that_has_ended_already_is_refused_before_anything_is_written() -> None:
    before = Path("results/baselines/shop-today/baseline.json").read_bytes()
    alter("shop/policies/today.yaml", "search ads: 300 CNY", "search ads: 600 CNY")
    with pytest.raises(UsageError, match="expires on 2026-05-31, which is past: today is 2026-06-01"):
        accept(reason="too late", author="陳", expires=date(2026, 5, 31), today=TODAY, jobs=1)
    assert Path("results/baselines/shop-today/baseline.json").read_bytes() == before


def test_an_acceptance_ends_on_the_same_day_everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Midnight has passed in Auckland half a day before it passes in UTC, and passes in Los Angeles 8 hours later."""
    if not hasattr(time, "tzset"):
        return
    days = set()
    for zone in ("Pacific/Kiritimati", "Etc/GMT+12", "UTC"):  # 26 hours apart: two dates at any moment
        monkeypatch.setenv("TZ", zone)
        time.tzset()
        days.add(today_utc())
    monkeypatch.undo()
    time.tzset()
    assert len(days) == 1


@pytest.mark.usefixtures("project")
def test_accepted_outcomes_that_nobody_holds_are_warned_of() -> None:
    expect(HELD.replace(", policies/recall.yaml", ""))
    (warning,) = check().problems
    assert (warning.severity, str(warning.place)) == ("warning", "results/baselines/shop-recall/baseline.json:1:1")
    assert warning.message.startswith("is held by no list of `baselines`")
    assert check(paths=["shop"]).problems == ()  # other folders may have lists


@pytest.mark.usefixtures("project")
def test_each_look_takes_over_the_replicates_of_the_one_before_and_the_largest_run_is_kept() -> None:
    shutil.rmtree("results")
    expect(SETTINGS + COSTS.replace("at_least: -50%", "at_most: 0").replace("metric: outlay", "metric: revenue"))
    assert check(fresh=True).verdicts[0].n_replicates == 8
    runs = [json.loads(file.read_text(encoding="utf-8")) for file in Path("results").glob("*/*/run.json")]
    assert [(run["replicates"], run["replicates_taken_over"]) for run in runs] == [(8, 4), (8, 4)]


@pytest.mark.usefixtures("project")
def test_a_fresh_check_sees_an_engine_that_changed_under_stored_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """As `make check` of this repository: its version stays the same while it is developed."""
    assert check().exit_code == 0
    measured = sim.execution.measured_replicate

    def changed(task: ReplicateTask) -> Measured:
        return measured(replace(task, seed=task.seed + 1))

    monkeypatch.setattr(sim.execution, "measured_replicate", changed)
    assert check().exit_code == 0
    report = check(fresh=True)
    users = of(report, "shop today: users as accepted")
    assert [cause.kind for cause in users.moved_by][:1] == ["engine"]
    assert "sim 0.1.0, as accepted, with other code, libraries or machine: users of" in users.moved_by[0].text
    assert "$(SIM) check scenarios --fresh\n" in (ROOT / "Makefile").read_text(encoding="utf-8")


@pytest.mark.usefixtures("project")
def test_accepting_again_changes_only_what_moved() -> None:
    files = {name: Path("results/baselines", name, "baseline.json") for name in ("shop-today", "shop-recall")}
    before = {name: file.read_bytes() for name, file in files.items()}
    alter("shop/policies/recall.yaml", "off: 20 CNY", "off: 25 CNY")
    done = accept(reason="a larger coupon", author="林", today=TODAY, jobs=1)
    assert [one.change for one in done] == ["unchanged", "changed"]
    assert done[0].levels == ()
    assert [re.sub(r"[\d,]+", "n", level) for level in done[1].levels] == ["users n persons", "revenue n → n CNY"]
    assert files["shop-today"].read_bytes() == before["shop-today"]
    assert '"author": "林"' in files["shop-recall"].read_text(encoding="utf-8")
    assert check().exit_code == 0


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("policies/recall.yaml]", "policies/recall.yaml, world.yaml]", "nothing was accepted of `shop`"),
        ("days: 60 days", "days: 61 days", "was accepted over 60 days, `settings` say 61"),
        ("days: 60 days", "days: 60 days, seed: 2", "was accepted with seed 1, `settings` say 2"),
        ("{users: 1%", "{cac: 5%, users: 1%", "no cac was accepted of `shop today`"),
    ],
)
def test_what_was_accepted_otherwise_is_bad_input_at_its_place(old: str, new: str, message: str) -> None:
    alter("shop/expect.yaml", old, new)
    report = check()
    assert report.exit_code == 2
    found = messages(report)[0]
    assert found.startswith("shop/expect.yaml:2:")
    assert message in found
    assert found.endswith("accept its outcomes: sim check --accept --reason …")


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize("content", [b"", b"[]", b'{"format": 9}', b'{"format": 1}', b"\xff", b"[" * 100_000])
def test_a_damaged_baseline_is_bad_input(content: bytes) -> None:
    Path("results/baselines/shop-today/baseline.json").write_bytes(content)
    (message,) = messages(check())
    assert message.startswith("shop/expect.yaml:2:13: results/baselines/shop-today/baseline.json ")
    assert message.endswith("restore it, or accept the outcomes anew: sim check --accept")


@pytest.mark.usefixtures("project")
def test_values_that_are_no_numbers_are_a_damaged_baseline() -> None:
    def broken(content: dict[str, object]) -> None:
        outcomes = content["outcomes"]
        assert isinstance(outcomes, dict)
        outcomes["users"][2] = "many"

    edit_outcomes("shop-today", broken)
    assert "makes no sense at users" in messages(check())[0]


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize("number", ["1e999", "-1e999", "9" * 400, "1e300"])
def test_values_that_no_run_can_measure_are_a_damaged_baseline(number: str) -> None:
    path = Path("results/baselines/shop-today/baseline.json")
    text = path.read_text(encoding="utf-8")
    path.write_text(re.sub(r'("users": \[)[^,]*', rf"\g<1>{number}", text), encoding="utf-8")
    assert "makes no sense at users" in messages(check())[0]


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize(("name", "text"), [("reason", "as \udcff"), ("author", "\udce9")])
def test_texts_that_are_no_utf_8_are_refused_before_anything_runs(name: str, text: str) -> None:
    shutil.rmtree("results")
    texts = {"reason": "why", "author": "who", name: text}
    with pytest.raises(UsageError, match=rf"^{name} '.*': character {len(text)} is not UTF-8"):
        accept(today=TODAY, jobs=1, **texts)  # type: ignore[arg-type]
    assert not Path("results").exists()


def test_a_baseline_is_saved_whatever_characters_its_names_hold(tmp_path: Path) -> None:
    texts = dict.fromkeys(("scenario_hash", "currency", "version", "reason"), "x")
    values = {"seed": 1, "days": 1, "date": "2026-06-01", "expires": None, "outcomes": {"users": (1.0,)}}
    odd = Baseline(scenario="shop", author="\udcff", **texts, **values)  # type: ignore[arg-type]
    assert open_baseline(save_baseline(tmp_path, odd, {})) == odd


@pytest.mark.usefixtures("project")
def test_a_link_to_itself_is_bad_input() -> None:
    Path("shop/expect.yaml").unlink()
    Path("shop/expect.yaml").symlink_to("expect.yaml")
    (message,) = messages(check())
    assert message == "None: shop/expect.yaml cannot be read: too many levels of symbolic links"


@pytest.mark.usefixtures("project")
def test_each_repeated_scenario_names_the_first_place() -> None:
    names = ["policies/recall.yaml", *["policies/today.yaml"] * 3]
    expect(SETTINGS + "baselines:\n" + "".join(f"  - {name}\n" for name in names))
    report = check()
    repeats = "of `baselines` repeats a scenario of the list"
    assert [problem.message for problem in report.problems] == [f"item {i} {repeats}" for i in (3, 4)]
    assert [(problem.place and problem.place.line, problem.also[0][1].line) for problem in report.problems] == [
        (5, 4),
        (6, 4),
    ]


@pytest.mark.usefixtures("project")
def test_a_long_list_is_read_line_by_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each line is looked up, not compared with all lines before it."""
    n, compared = 500, 0

    class Name(str):
        __hash__ = str.__hash__

        def __eq__(self, other: object) -> bool:
            nonlocal compared
            compared += 1
            return str.__eq__(self, other)

    scenario = sim.load("shop/policies/today.yaml")
    monkeypatch.setattr(_Reader, "_scenario", lambda *_: scenario)
    expect(SETTINGS + "baselines:\n" + "".join(f"  - {i}.yaml\n" for i in range(n)))
    tree = load_layers("shop/expect.yaml")
    content, _ = read_content(tree, Expectations, context={"metrics": ("users",)})
    reader = _Reader(tree, content.model_copy(update={"baselines": tuple(map(Name, content.baselines))}))
    assert all(reader.held(i) for i in range(n))
    assert compared < n


@pytest.mark.usefixtures("project")
def test_one_scenario_is_held_once() -> None:
    Path("shop/policies/expect.yaml").write_text(SETTINGS + "baselines: [today.yaml]\n", encoding="utf-8")
    (message,) = messages(check())
    assert message == "shop/policies/expect.yaml:2:13: `shop today` is held to accepted outcomes twice"


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


def test_git_keeps_what_was_accepted_and_no_run(tmp_path: Path) -> None:
    write_project(tmp_path / "shop")
    for name in ("shop-today/1/run.json", "baselines/shop-today/baseline.json"):
        file = tmp_path / "shop" / "results" / name
        file.parent.mkdir(parents=True)
        file.write_text("{}", encoding="utf-8")
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path / "shop", check=True)
    listing = ["git", "ls-files", "--others", "--exclude-standard", "results"]
    done = subprocess.run(listing, cwd=tmp_path / "shop", check=True, capture_output=True, encoding="utf-8")
    assert done.stdout.splitlines() == ["results/baselines/shop-today/baseline.json"]


def test_in_a_folder_below_it_is_said_where_outcomes_were_accepted(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project / "shop")
    told = messages(check())
    assert len(told) == 2
    assert all(f"was accepted in {project}: run sim check there" in one for one in told)
