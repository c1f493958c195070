"""Accepting outcomes: until when, what is written, what is taken over, what git keeps."""

from __future__ import annotations

import re
import shutil
import subprocess
import time
from datetime import date
from pathlib import Path

import pytest

from sim.checks import accept, today_utc
from sim.cli.init import write_project
from sim.errors import UsageError
from sim.report.check_formats import FORMATS
from sim.store.baselines import Baseline, open_baseline, save_baseline
from tests.unit.checks.project import HELD, TODAY, alter, check, expect, messages


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
