from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal

import pytest
from pydantic import BeforeValidator, Field, model_validator

from sim.errors import ScenarioError
from sim.scenario.checking import check, spoken_name
from sim.scenario.findings import Finding, problem
from sim.scenario.layering import load_layers
from sim.scenario.tree import Tree
from sim.scenario.values import Duration, Money, Name, Section, Share


class Curve(Section):
    """Two points."""

    d1: Share
    d7: Share | None = None

    @model_validator(mode="after")
    def _check(self) -> Curve:
        if self.d7 is not None and self.d7.value > self.d1.value:
            raise problem("is above `d1`", at=("d7",), also=("d1",))
        return self


class Paid(Section):
    """One kind, which has a key named like the other."""

    kind: Literal["paid"]
    organic: Share


class Organic(Section):
    """Another kind."""

    kind: Literal["organic"]
    share: Share


class World(Section):
    """All forms that errors come in."""

    currency: Literal["CNY", "USD"] = "CNY"
    fee: Money | None = None
    curves: dict[Name, Curve] | None = None
    either: Share | dict[Name, Share] | None = None
    channels: dict[Name, Annotated[Paid | Organic, Field(discriminator="kind")]] | None = None
    waves: Annotated[list[Duration], BeforeValidator(lambda raw: raw if isinstance(raw, list) else [raw])] | None = None
    n: Annotated[int, Field(ge=1, le=5)] = 1
    pair: Annotated[list[int], Field(min_length=2)] | None = None


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def load(folder: Path, text: str) -> Tree:
    (folder / "w.yaml").write_text(text, encoding="utf-8")
    return load_layers("w.yaml")


def said(folder: Path, text: str) -> list[str]:
    with pytest.raises(ScenarioError) as caught:
        check(load(folder, text), World)
    return [f"{p.place} {p.message}" for p in caught.value.problems]


def test_valid_scenario_becomes_a_model_in_the_scenarios_currency(folder: Path) -> None:
    world, warnings = check(load(folder, "currency: USD\nfee: 3 USD\ncurves: {b: {d1: 38%}, a: {d1: 9%}}\n"), World)
    assert world.fee is not None
    assert world.fee.value == 3
    assert list(world.curves or {}) == ["b", "a"]
    assert warnings == ()


def test_all_problems_come_at_once_in_order(folder: Path) -> None:
    assert said(folder, "n: 9\nfee: 3 USD\ncurrency: CNY\nextra: 1\ncurves:\n  b: {d1: 2}\n  c: 3\n") == [
        "w.yaml:1:4 `n` is 9; must be at most 5",
        "w.yaml:2:6 `fee` is 3 USD; the scenario's currency is CNY",
        "w.yaml:4:1 unknown field `extra`",
        "w.yaml:6:11 `d1` is 2; must lie in [0, 1]",
        "w.yaml:7:6 `c` is 3; must be a mapping",
    ]


def test_problem_of_a_validator_points_to_both_values(folder: Path) -> None:
    with pytest.raises(ScenarioError) as caught:
        check(load(folder, "curves:\n  a: {d1: 10%, d7: 20%}\n"), World)
    (only,) = caught.value.problems
    assert (only.message, str(only.place), only.length) == ("`d7` is above `d1`", "w.yaml:2:20", 3)
    assert [(text, str(place)) for text, place in only.also] == [("`d1` of `a` is 10%", "w.yaml:2:11")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("n: 9", "w.yaml:1:4 `n` is 9; must be at most 5"),
        ("n: many", "w.yaml:1:4 `n` is `many`; must be a whole number"),
        ("n: 1.5", "w.yaml:1:4 `n` is 1.5; must be a whole number"),
        ("pair: [1]", "w.yaml:1:1 `pair` has 1 entry; must have at least 2"),
        ("pair: [1, x]", "w.yaml:1:11 item 2 of `pair` is `x`; must be a whole number"),
        ("currency: EUR", "w.yaml:1:11 `currency` is `EUR`; there is no such choice"),
        ("curves: [1]", "w.yaml:1:1 `curves` is a list; must be a mapping"),
        ("curves: {a: 1}", "w.yaml:1:13 `a` is 1; must be a mapping"),
        ("curves: {a: {}}", "w.yaml:1:10 missing `d1` in `a`"),
        ('curves: {" a": {d1: 1%}}', "w.yaml:1:10 key ` a` starts or ends with a space"),
        ("waves: 7", "w.yaml:1:8 `waves` is 7, without a unit"),
        ("waves: [7 days, 8]", "w.yaml:1:17 item 2 of `waves` is 8, without a unit"),
        ("either: 138%", "w.yaml:1:9 `either` is 138%; must lie in [0%, 100%]"),
        ("either: {a: 138%}", "w.yaml:1:13 `a` is 138%; must lie in [0%, 100%]"),
        ("channels: {a: {kind: paid}}", "w.yaml:1:12 missing `organic` in `a`"),
        ("channels: {a: {kind: paid, organic: 2}}", "w.yaml:1:37 `organic` is 2; must lie in [0, 1]"),
        ("channels: {a: {kind: organic, share: 2}}", "w.yaml:1:38 `share` is 2; must lie in [0, 1]"),
        ("channels: {a: {kind: oganic}}", "w.yaml:1:22 `kind` is `oganic`; there is no such kind"),
        ("channels: {a: {share: 2%}}", "w.yaml:1:12 missing `kind` in `a`"),
        ("channels: {a: {kind: [paid]}}", "w.yaml:1:16 `kind` is a list; there is no such kind"),
    ],
)
def test_one_problem_in_plain_words(folder: Path, text: str, expected: str) -> None:
    assert said(folder, text + "\n") == [expected]


def warn(world: World) -> Iterator[Finding]:
    yield Finding(("n",), "is low", severity="warning")


def refuse(world: World) -> Iterator[Finding]:
    yield Finding(("curves", "a", "d7"), "is missing", hint="write one", also=(("n",), ("curves", "a")))
    yield Finding((), "nothing fits")


def test_cross_checks_run_all_and_warnings_are_returned(folder: Path) -> None:
    tree = load(folder, "n: 2\ncurves:\n  a: {d1: 3%}\n")
    _, warnings = check(tree, World, cross_checks=[warn])
    assert [(w.message, w.severity) for w in warnings] == [("`n` is low", "warning")]
    with pytest.raises(ScenarioError) as caught:
        check(tree, World, cross_checks=[warn, refuse])
    assert [(p.message, str(p.place)) for p in caught.value.problems] == [
        ("nothing fits", "w.yaml:1:1"),
        ("`n` is low", "w.yaml:1:4"),
        ("`d7` is missing", "w.yaml:3:3"),
    ]
    assert [text for text, _ in caught.value.problems[2].also] == ["`n` is 2", "`a` of `curves` stands here"]


def test_names_of_values() -> None:
    assert spoken_name(()) == "the scenario"
    assert spoken_name(("a", "b")) == "`b`"
    assert spoken_name(("a", 2)) == "item 3 of `a`"
    assert spoken_name(("a", "low")) == "`low` of `a`"
    assert spoken_name(("margin", "2026-01-01")) == "`2026-01-01` of `margin`"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("who: a > 1 and b > 2", "w.yaml:1:16"),
        ("who: 'a > 1 and b > 2'", "w.yaml:1:17"),
        ("who: >\n  a > 1\n  and b > 2", "w.yaml:3:7"),
        ("who: |-\n  a > 1\n    and b > 2", "w.yaml:3:9"),
        ("who: a > 1\n  and b > 2", "w.yaml:2:7"),
        ('who: "a > 1\n  and b > 2"', "w.yaml:2:7"),
        ('who: "a > 1 \\\n  and b > 2"', "w.yaml:1:6"),
    ],
)
def test_mistake_in_an_expression_is_found_in_the_file(folder: Path, text: str, place: str) -> None:
    from sim.scenario.values import Expr

    class Rule(Section):
        """One expression."""

        who: Expr

    with pytest.raises(ScenarioError) as caught:
        check(load(folder, text + "\n"), Rule, context={"attributes": {"a": "number"}})
    (only,) = caught.value.problems
    assert only.message.startswith("unknown attribute `b`")
    assert str(only.place) == place
