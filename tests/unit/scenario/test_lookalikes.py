"""Signs of a Chinese input method, and names in the other script."""

from __future__ import annotations

import pytest

from sim.errors import ScenarioError
from sim.scenario.findings import closest
from sim.scenario.lookalikes import first_lookalike, is_other_script, lookalike_advice, plainly_outside_of_quotes
from sim.scenario.reading import read_yaml


@pytest.mark.parametrize(
    ("text", "place", "sign"),
    [
        ("name：haitao\nstart: 2026-01-01\n", "f:1:5", "："),
        ("a:\n  b：3\n  c: 4\n", "f:2:4", "："),
        ("a：\n\n  b: 3\n", "f:1:2", "："),
        ("a: {share: 24%， x: 3}\n", "f:1:15", "，"),
        ("a: ｛share: 24%｝\n", "f:1:4", "｛"),
        ("a: “x: y”\n", "f:1:4", "“"),
    ],
)
def test_what_is_no_yaml_for_a_full_width_sign_says_which(text: str, place: str, sign: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        read_yaml(text, "f")
    (problem,) = caught.value.problems
    assert str(problem.place) == place
    assert f"`{sign}`" in problem.message
    assert problem.hint is not None
    assert f"`{sign}`" in problem.hint


@pytest.mark.parametrize(
    "line",
    ["title: 海淘，母嬰：增長", "a: 1  # {：，}", 'a: {b: "，"}', "a: {b: '：'}", "名字: 海淘（一）", "plain: {a: 1}"],
)
def test_signs_in_words_comments_and_quotes_are_no_mistake(line: str) -> None:
    assert first_lookalike(line) is None


def test_a_quote_that_does_not_end_is_not_blamed_on_a_sign() -> None:
    with pytest.raises(ScenarioError, match="the quoted text that starts here does not end"):
        read_yaml("a: 'x\n  b：\n", "f")


def test_the_advice_names_each_sign_once() -> None:
    assert lookalike_advice("３０％") == "`３` `０` `％` are full-width; type `3` `0` `%`"
    assert lookalike_advice("a：b：c") == "`：` is full-width; type `: `"
    assert lookalike_advice("渠道 a: 1") is None


def test_what_stands_in_quotes_stays() -> None:
    assert plainly_outside_of_quotes("a ＝＝ “x” ＞ '（一）'") == "a == \"x\" > '（一）'"


@pytest.mark.parametrize(
    ("word", "choice"),
    [("新手妈妈", "新手媽媽"), ("二胎媽媽", "二胎妈妈"), ("送礼亲友", "送禮親友"), ("信息流广告", "信息流廣告")],
)
def test_a_name_in_the_other_script_is_meant(word: str, choice: str) -> None:
    assert is_other_script(word, choice)
    assert closest(word, ["羊毛黨", "新手爸爸", choice]) == choice


@pytest.mark.parametrize(
    ("word", "choice"),
    [
        ("新手妈妈", "新手妈妈"),
        ("新手妈妈", "新手媽"),
        ("妈爸", "媽媽"),
        ("妈广", "媽媽"),
        ("ab", "cd"),
        ("妈媽", "媽妈"),
    ],
)
def test_other_names_are_not(word: str, choice: str) -> None:
    assert not is_other_script(word, choice)
