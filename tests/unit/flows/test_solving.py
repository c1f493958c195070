"""Where `solve` looks, what it finds where the answer is the target exactly, and how it names both sides."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sim import pipeline
from sim.errors import UsageError
from sim.flows.experiments import labels_of
from sim.flows.solving import read_target, solve
from sim.report.solution_tables import sentences
from tests.verify.worlds import document, load_text, text_of


def shop(signups: object) -> pipeline.LoadedScenario:
    return load_text(
        text_of(document(horizon="20 days", channels={"organic": {"kind": "organic", "signups": signups}}))
    )


@pytest.mark.parametrize("written", ["0 / month", 0, "0 / week"])
def test_a_zero_is_moved_in_the_words_of_between(written: object) -> None:
    asked: dict[str, Any] = {"between": ("0 / month", "900 / month"), "replicates": 4, "jobs": 1}
    found = solve(shop(written), "channels.organic.signups", "users=300", **asked)
    assert found.value == pytest.approx(15, rel=0.15)
    assert found.text is not None
    assert found.value is not None
    assert found.text.endswith(" / month")
    assert float(found.text.removesuffix(" / month")) == pytest.approx(found.value * 365 / 12, rel=0.02)
    assert found.tried[-1].answer.mean == pytest.approx(20 * 900 * 12 / 365, rel=0.15)


FAIR = {"campaigns": {"fair": {"from": "2026-01-03", "for": "2 days", "cost": "2000 CNY", "orders": 1.0}}}
ORDERS = {"per_active_day": 0.2, "basket": {"mean": "100 CNY", "spread": 0.6}, "margin": "24%"}


@pytest.mark.parametrize("between", [("500 CNY", "2000 CNY"), ("2000 CNY", "9000 CNY"), ("500 CNY", "9000 CNY")])
def test_a_cost_against_itself_makes_no_difference_where_it_is_written(between: tuple[str, str]) -> None:
    """The difference is 2000 CNY minus the cost, exactly, in every replicate: no luck, and a hit at an end."""
    loaded = load_text(text_of(document(horizon="10 days", orders=ORDERS, policy=FAIR)))
    asked: dict[str, Any] = {"against": loaded, "between": between, "replicates": 2, "jobs": 1}
    found = solve(loaded, "policy.campaigns.fair.cost", "profit=0", **asked)
    assert (found.value, found.low, found.high, found.stretch) == (2000, 2000, 2000, None)
    told = sentences(found)[0]
    assert told.startswith("Profit of scenario against itself is 0 CNY at policy.campaigns.fair.cost = 2000")
    assert found.tried[0].answer.mean == 2000 - found.tried[0].value


def test_where_a_number_does_nothing_the_stretch_is_told() -> None:
    loaded = load_text(
        text_of(document(horizon="10 days", orders=ORDERS, media={"push": {"opt_in": 0.6, "open": 0.1}}))
    )
    asked: dict[str, Any] = {"against": loaded, "between": ("10%", "90%"), "replicates": 2, "jobs": 1}
    found = solve(loaded, "media.push.opt_in", "users=0", **asked)
    assert found.stretch is not None
    assert "at every value of media.push.opt_in from 0.1 to 0.9" in sentences(found)[0]
    assert found.value == 0.6


def test_sides_of_one_name_are_told_apart_by_their_folders() -> None:
    assert labels_of([Path("a/recall.yaml"), Path("a/today.yaml")]) == ["recall", "today"]
    assert labels_of([Path("a/today.yaml"), Path("b/today.yaml")]) == ["a/today", "b/today"]
    assert labels_of([Path("a/x/today.yaml"), Path("b/x/today.yaml")]) == ["a/x/today", "b/x/today"]
    assert labels_of([Path("a/today.yaml"), Path("a/../a/today.yaml")]) == ["today", "itself"]
    assert labels_of([Path("a/today.yaml")]) == ["today"]


@pytest.mark.parametrize(
    ("text", "number", "unit"),
    [("profit=1e6", 1e6, ""), ("profit = −2.5e3 CNY", -2500, "CNY"), ("users=500_000", 5e5, ""), ("d7=2pp", 2, "pp")],
)
def test_a_target_is_read_as_any_amount_is(text: str, number: float, unit: str) -> None:
    assert read_target(text)[1:] == (number, unit)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("users=" + "9" * 60, "must be at most 1e15"),
        ("users=1e9999", "must be a finite number"),
        ("users=20k", "did you mean: 20_000?"),
        ("users=many", "is no METRIC=VALUE"),
    ],
)
def test_a_target_that_is_no_amount(text: str, told: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_target(text)
    assert told in str(caught.value)
