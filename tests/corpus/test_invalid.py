"""Every file under `invalid/` and `toy/` is refused with exactly the text that stands beside it.

`invalid/` holds mistakes of the file itself, which any schema meets; `toy/` holds mistakes of values, against the small
schema below. To see what a case says now: `python -m tests.corpus.test_invalid CASE_FOLDER`.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Literal

import pytest
from pydantic import Field

from sim.errors import Problem, ScenarioError, render_problems
from sim.scenario.checking import check
from sim.scenario.inlining import inline_files
from sim.scenario.layering import load_layers
from sim.scenario.series import SeriesFile
from sim.scenario.values import (
    Count,
    Currency,
    Date,
    Duration,
    Expr,
    Factor,
    FixedShare,
    Flag,
    Money,
    MoneyRate,
    Name,
    Positive,
    Quantity,
    Rate,
    Section,
    Share,
    Text,
    price_per,
)
from tests.corpus.advice import follow_all_advice

HERE = Path(__file__).parent
FILE_CASES = sorted(path for path in (HERE / "invalid").iterdir() if (path / "expected.txt").exists())
TOY_CASES = sorted(path for path in (HERE / "toy").iterdir() if (path / "expected.txt").exists())
SUGGESTED = re.compile(r"  did you mean: .*\?|  write: (?!.* for the number)")
ATTRIBUTES = {"days_inactive": "number", "spend": "number", "segment": ("mothers", "gift buyers"), "is_member": "flag"}


class Paid(Section):
    """A channel with a price."""

    kind: Literal["paid"]
    price: Annotated[Quantity, price_per("view", "click", "sign-up")]
    budget: MoneyRate | None = None


class Organic(Section):
    """A channel without a price."""

    kind: Literal["organic"]
    signups: Rate
    quality: Factor | None = None


class Retention(Section):
    """Shares by day."""

    d1: Share
    d7: Share | None = None
    hazard_per_day: Share
    shape: Positive | None = None


class Toy(Section):
    """A schema with a value of each type."""

    name: Name | None = None
    title: Text | None = None
    start: Date | None = None
    currency: Currency | None = None
    horizon: Duration | None = None
    market: Count | None = None
    opening: FixedShare | None = None
    weight: Positive | None = None
    coupon: Money | None = None
    is_open: Flag | None = None
    who: Expr | None = None
    audiences: dict[Name, Expr] | None = None
    retention: Retention | None = None
    waves: list[Duration] | None = None
    history: dict[Date, Count] | None = None
    channels: dict[Name, Annotated[Paid | Organic, Field(discriminator="kind")]] | None = None


def load_file(case: Path) -> None:
    load_layers("scenario.yaml")


def load_toy(case: Path) -> None:
    tree = inline_files(load_layers("scenario.yaml"), {("history",): SeriesFile("date", "signups")})
    check(tree, Toy, context={"attributes": ATTRIBUTES})


def _said(case: Path, load: object) -> str:
    """What the user would read, from within the case's folder."""
    try:
        load(case)  # type: ignore[operator]
    except ScenarioError as error:
        return render_problems(error.problems) + "\n"
    return "nothing is wrong\n"


@pytest.mark.parametrize("case", FILE_CASES, ids=lambda case: case.name)
def test_file_is_refused_with_its_message(case: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(case)
    assert _said(case, load_file) == (case / "expected.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("case", TOY_CASES, ids=lambda case: case.name)
def test_value_is_refused_with_its_message(case: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(case)
    assert _said(case, load_toy) == (case / "expected.txt").read_text(encoding="utf-8")


def problems_of(load: Callable[[Path], None], case: Path) -> tuple[Problem, ...]:
    try:
        load(case)
    except ScenarioError as error:
        return error.problems
    return ()


@pytest.mark.parametrize("case", [*FILE_CASES, *TOY_CASES], ids=lambda case: case.name)
def test_advice_holds_when_it_is_followed(case: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(case, tmp_path / "case")
    monkeypatch.chdir(tmp_path / "case")
    load = load_toy if case in TOY_CASES else load_file
    n_followed = follow_all_advice(lambda: problems_of(load, case))
    text = (case / "expected.txt").read_text(encoding="utf-8")
    assert n_followed == len([line for line in text.splitlines() if SUGGESTED.match(line)])


def test_corpus_is_large_enough_and_each_case_complete() -> None:
    assert len(FILE_CASES) >= 40
    assert len(TOY_CASES) >= 60
    for case in (*FILE_CASES, *TOY_CASES):
        assert (case / "scenario.yaml").exists(), case
        assert "nothing is wrong" not in (case / "expected.txt").read_text(encoding="utf-8"), case


if __name__ == "__main__":
    folder = Path(sys.argv[1]).resolve()
    os.chdir(folder)
    sys.stdout.write(_said(folder, load_toy if folder.parent.name == "toy" else load_file))
