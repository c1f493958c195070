from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.scenario.expressions import Coded, ExpressionError, parse_expression, parse_number
from sim.scenario.grammar import MAX_DEPTH, MAX_LENGTH

ATTRIBUTES = {
    "days": "number",
    "spend": "number",
    "small": "number",
    "segment": ("mothers", "gift buyers", "羊毛黨"),
    "channel": "text",
    "member": "flag",
    "spend_90d": "number",
    "年齡": "number",
    "home town": ("上海", "北京"),
    "audience:quiet and valuable": "flag",
    "audience:沉睡": "flag",
    "layer:life cycle": ("new", "old"),
    "measure:gap": "number",
    "opted_in:push": "flag",
}
COLUMNS = {
    "days": np.array([0, 3, 7, 21, 400], dtype=np.int32),
    "spend": np.array([0.0, 10.5, 600.0, 599.99, 1e6]),
    "small": np.array([0, 1, 200, 250, 255], dtype=np.uint8),
    "segment": Coded(np.array([0, 1, 2, 0, -1], dtype=np.int8), ("mothers", "gift buyers", "羊毛黨")),
    "channel": Coded(np.array([1, 1, 0, 0, 0], dtype=np.uint16), ("store", "paid search")),
    "member": np.array([True, False, True, False, True]),
    "spend_90d": np.array([0, 1, 2, 3, 4], dtype=np.uint32),
    "年齡": np.array([20, 30, 40, 50, 60], dtype=np.uint8),
    "home town": Coded(np.array([0, 0, 1, 1, -1], dtype=np.int8), ("上海", "北京")),
    "audience:quiet and valuable": np.array([True, True, False, False, False]),
    "audience:沉睡": np.array([False, False, False, True, True]),
    "layer:life cycle": Coded(np.array([0, 0, 1, 1, 1], dtype=np.int8), ("new", "old")),
    "measure:gap": np.array([-1.0, 0.0, 0.5, 1.0, np.nan]),
    "opted_in:push": np.array([True, False, False, False, True]),
}


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("days >= 7", [2, 3, 4]),
        ("days > 7", [3, 4]),
        ("7 <= days", [2, 3, 4]),
        ("3 <= days <= 21", [1, 2, 3]),
        ("0 < days < 8 < 9", [1, 2]),
        ("days == 7", [2]),
        ("days != 7", [0, 1, 3, 4]),
        ("days > 3 and spend >= 600", [2, 4]),
        ("days < 3 or spend >= 1_000_000", [0, 4]),
        ("days < 3 or days > 5 and spend > 1e5", [0, 4]),
        ("(days < 3 or days > 5) and spend > 1e5", [4]),
        ("not days > 3", [0, 1]),
        ("not (days > 3 or days == 0)", [1]),
        ("not not days > 3", [2, 3, 4]),
        ("not days > 3 and member", [0]),
        ("segment == 'mothers'", [0, 3]),
        ('segment != "mothers"', [1, 2, 4]),
        ('"mothers" == segment', [0, 3]),
        ('segment in ["mothers", "羊毛黨"]', [0, 2, 3]),
        ('segment not in ["mothers", "羊毛黨"]', [1, 4]),
        ('channel == "nowhere"', []),
        ("days in [0, 7, 21]", [0, 2, 3]),
        ("days not in [0, 7, -3]", [1, 3, 4]),
        ("member", [0, 2, 4]),
        ("not member", [1, 3]),
        ("member == false", [1, 3]),
        ("true", [0, 1, 2, 3, 4]),
        ("false", []),
        ("1 < 2", [0, 1, 2, 3, 4]),
        ("days + 1 > 400", [4]),
        ("spend / days > 100", [4]),
        ("days - small < 0", [2, 3]),
        ("small + 10 > 255", [3, 4]),
        ("small - 1 < 0", [0]),
        ("-small < -200", [3, 4]),
        ("days * 2 - 1 == 5", [1]),
        ("10 - 3 - 2 == days - 2", [2]),
        ("days == 28 / 2 / 2", [2]),
        ("--days == 7", [2]),
        ("spend > 12% * 5000", [4]),
        ("spend >= quantile(spend, 0.5)", [2, 3, 4]),
        ("spend > quantile(spend, 90 %)", [4]),
        ("max(days, 5) == 5", [0, 1]),
        ("min(days, spend, 3) == 3", [1, 2, 3, 4]),
        ("abs(days - 7) <= 4", [1, 2]),
        ("days\n  >= 21", [3, 4]),
        ("spend_90d >= 3", [3, 4]),
        ("年齡 >= 40", [2, 3, 4]),
        ("attribute('年齡') >= 40", [2, 3, 4]),
        ("attribute('days') >= 21", [3, 4]),
        ("attribute('home town') == '上海'", [0, 1]),
        ("audience('quiet and valuable') and days > 0", [1]),
        ("沉睡 or opted_in('push')", [0, 3, 4]),
        ("layer('life cycle') in ['new']", [0, 1]),
        ("gap > 0", [2, 3]),
        ("measure('gap') <= 0", [0, 1]),
        ("days > quantile(days, 0.5, member)", [3, 4]),
        ("days + 1 >= quantile(days + 1, 100%, days < 100)", [3, 4]),
        ("days > quantile(days, 0.5, days < 0)", []),
        ("rank(spend) <= 2", [2, 4]),
        ("rank(-days) == 1", [0]),
        ("rank(days, member) <= 2", [2, 4]),
        ("not rank(days, member) <= 2", [0, 1, 3]),
        ("rank(min(days, 7)) == 1", [2, 3, 4]),
        ("rank(min(days, 7)) == 4", [1]),
        ("rank(gap) > 0", [0, 1, 2, 3]),
        ("gap >= quantile(gap, 100%)", [3]),
        ("spend > quantile(spend, 0) and rank(spend / days) <= 1", [4]),
    ],
)
def test_selects_the_rows(text: str, rows: list[int]) -> None:
    expression = parse_expression(text, ATTRIBUTES)
    selected = expression.evaluate(COLUMNS)
    assert selected.dtype == np.bool_
    assert selected.shape == (5,)
    assert np.flatnonzero(selected).tolist() == rows


def test_expression_knows_its_names_and_works_on_no_rows() -> None:
    expression = parse_expression("days > quantile(spend, 0.9) and segment == 'mothers'", ATTRIBUTES)
    assert expression.names == {"days", "spend", "segment"}
    none = {
        "days": np.zeros(0, dtype=np.int32),
        "spend": np.zeros(0),
        "segment": Coded(np.zeros(0, dtype=np.int8), ("mothers",)),
    }
    assert expression.evaluate(none).shape == (0,)


def test_result_is_never_a_view_of_a_column() -> None:
    selected = parse_expression("member", ATTRIBUTES).evaluate(COLUMNS)
    selected[:] = False
    assert COLUMNS["member"].tolist() == [True, False, True, False, True]  # type: ignore[union-attr]


def test_ranks_are_those_of_the_whole_base_whoever_is_asked_about() -> None:
    some = {name: column[3:] for name, column in COLUMNS.items() if not isinstance(column, Coded)}
    for text in ("rank(days) <= 1", "days > quantile(days, 0.5)", "rank(days, member) <= 1"):
        expression = parse_expression(text, ATTRIBUTES)
        statistics = expression.statistics(COLUMNS)
        whole = expression.evaluate(COLUMNS)[3:].tolist()
        assert expression.ranks
        assert expression.evaluate(some, statistics).tolist() == whole
    assert expression.evaluate(some).tolist() == whole  # the last row leads either way
    middle = parse_expression("days > quantile(days, 0.5)", ATTRIBUTES)
    assert middle.evaluate(some).tolist() != middle.evaluate(COLUMNS)[3:].tolist()


def test_a_number_is_no_condition_and_a_condition_no_number() -> None:
    gap = parse_number("max(days - 7, 0)", ATTRIBUTES)
    assert gap.evaluate(COLUMNS).tolist() == [0, 0, 0, 14, 393]
    assert parse_number("3", ATTRIBUTES).evaluate(COLUMNS).tolist() == [3.0] * 5
    with pytest.raises(ExpressionError, match="this is a condition, not a number"):
        parse_number("days > 3", ATTRIBUTES)
    assert gap.names == {"days"}
    assert parse_expression("沉睡 and orders_7d > 1", {**ATTRIBUTES, "orders_7d": "number"}).names == {
        "audience:沉睡",
        "orders_7d",
    }


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("spent_90d > 1", "did you mean: spend_90d?"),
        ("dyas > 1", "did you mean: days?"),
        ("audience('quiet and valuabel')", "did you mean: quiet and valuable?"),
        ("segment == 羊毛黨", 'write: "羊毛黨"'),
    ],
)
def test_unknown_names_get_their_neighbour(text: str, hint: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        parse_expression(text, ATTRIBUTES)
    assert caught.value.hint == hint


@pytest.mark.parametrize(
    ("text", "column", "message"),
    [
        ("dayz > 3", 0, "unknown attribute `dayz`"),
        ("days > 3 and dayz > 3", 13, "unknown attribute `dayz`"),
        ("spend.real > 3", 5, "`.` is not part of expressions"),
        ("eval(1) > 3", 0, "unknown function `eval`"),
        ("quantile.x(1) > 3", 8, "`.` is not part of expressions"),
        ("lambda > 3", 0, "`lambda` is not part of expressions"),
        ("days if member else 3 > 1", 5, "unexpected `if`"),
        ("days > 3; spend > 1", 8, "`;` is not part of expressions"),
        ("days[0] > 3", 4, "unexpected `[`"),
        ("{days} > 3", 0, "`{` is not part of expressions"),
        ("days > f'3'", 8, "unexpected `'3'`"),
        ("days := 3", 5, "`:=` is not part of expressions"),
        ("days is 3", 5, "unexpected `is`"),
        ("days ^ 3 > 1", 5, "`^` is not part of expressions"),
        ("days @ 3 > 1", 5, "`@` is not part of expressions"),
        ("~member", 0, "`~` is not part of expressions"),
        ("days // 3 > 1", 5, "`//` is not part of expressions"),
        ("9**9**9 > days", 1, "powers are not part of expressions"),
        ("days > 'a'", 0, "compares a number with a text"),
        ("days > member", 0, "compares a number with a condition"),
        ("member > false", 0, "can be compared only by == and !="),
        ("segment == channel", 0, "can be compared only with a quoted text"),
        ("'a' == 'a'", 0, "can be compared only with a quoted text"),
        ("segment == 'mother'", 11, "`mother` is no segment"),
        ("segment in ['mothers', 'mother']", 23, "`mother` is no segment"),
        ("member in [1]", 0, "a condition cannot be looked up in a list"),
        ("segment in [1]", 12, "this is none"),
        ("days in []", 9, "expected a number or a quoted text"),
        ("days in [spend]", 9, "expected a number or a quoted text"),
        ("days in 3", 8, "expected `[`"),
        ("days in [1, 2", 8, "`[` is never closed"),
        ("days + segment > 3", 7, "this is a text; `+` takes numbers"),
        ("-member", 1, "this is a condition; `-` takes numbers"),
        ("not days", 4, "this is a number; `not` takes conditions"),
        ("abs(days, 2) > 1", 0, "`abs` takes one number"),
        ("min(days) > 1", 0, "`min` takes at least two numbers"),
        ("max(days, segment) > 1", 10, "this is a text; `max` takes numbers"),
        ("quantile(days) > 1", 0, "`quantile` takes a number, a share and, if need be, a condition"),
        ("quantile(days, 0.5, spend) > 1", 20, "this is a number; `quantile` takes conditions"),
        ("rank(days, member, member) > 1", 0, "`rank` takes a number and, if need be, a condition"),
        ("rank(member) > 1", 5, "this is a condition; `rank` takes numbers"),
        ("max(days, days > 1) > 1", 10, "this is a condition; `max` takes numbers"),
        ("audience(good) > 1", 9, "`audience` takes one quoted name"),
        ('audience("good")', 10, "no audience is called `good`"),
        ("layer('life cycle') == 'gone'", 23, "`gone` is no life cycle"),
        ("opted_in('fax')", 10, "no medium is called `fax`"),
        ("push", 0, "unknown attribute `push`"),
        ("days_7d > 1", 0, "unknown attribute `days_7d`"),
        ("days > 1 and 年龄 > 3", 13, "unknown attribute `年龄`"),
        ("days > 1 and 年ａ > 3", 14, "`ａ` is full-width"),
        ("segment == 羊毛黨", 11, "`羊毛黨` stands outside of quotes"),
        ("quantile(days, spend) > 1", 15, "the share must lie in [0, 1]"),
        ("abs() > 1", 4, "unexpected `)`"),
        ("days > 1_", 8, "unexpected `_`"),
        ("days > 0x1F", 8, "unexpected `x1F`"),
        ("days > 1e999", 7, "1e999 is too large for a number"),
        ("days ＞ 3", 5, "is full-width"),
        ("days > ３", 7, "is full-width"),
        ("dаys > 3", 0, "unknown attribute `dаys`"),
        ("days > 3 寶媽 == 1", 9, "unexpected `寶媽`"),
        ("segment == 'mothers", 11, "the quoted text does not end"),
        ("(days > 3", 0, "`(` is never closed"),
        ("days > 3)", 8, "unexpected `)`"),
        ("days >", 5, "ends too early"),
        ("> 3", 0, "unexpected `>`"),
        ("days", 0, "this is a number, not a condition"),
        ("segment", 0, "this is a text, not a condition"),
        ("", 0, "the expression is empty"),
        ("days > 3 AND member", 9, "unexpected `AND`"),
        ("and", 0, "unexpected `and`"),
    ],
)
def test_mistake_is_located(text: str, column: int, message: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        parse_expression(text, ATTRIBUTES)
    assert message in caught.value.message
    assert caught.value.column == column
    assert caught.value.length >= 1


def test_limits_are_exact() -> None:
    fits = "days > 3" + " " * (MAX_LENGTH - 8)
    assert parse_expression(fits, ATTRIBUTES).names == {"days"}
    with pytest.raises(ExpressionError, match="may have 1,000"):
        parse_expression(fits + " ", ATTRIBUTES)
    deep = MAX_DEPTH - 1
    assert parse_expression("(" * deep + "days > 3" + ")" * deep, ATTRIBUTES).names == {"days"}
    for text in ("(" * MAX_DEPTH + "days > 3" + ")" * MAX_DEPTH, "not " * 200 + "member", "-" * 900 + "days > 1"):
        with pytest.raises(ExpressionError, match="nested deeper than 25 levels"):
            parse_expression(text, ATTRIBUTES)


def test_longest_chains_are_evaluated() -> None:
    many = "+".join(["days"] * 190) + ">1"
    assert parse_expression(many, ATTRIBUTES).evaluate(COLUMNS).tolist() == [False, True, True, True, True]


@given(st.text(alphabet="days pend()[]<>=!+-*/.,'\"%&|0123456789_e\n寶＞\x00", max_size=60))
def test_any_text_is_an_expression_or_a_located_mistake(text: str) -> None:
    mistake = None
    try:
        selected = parse_expression(text, ATTRIBUTES).evaluate(COLUMNS)
    except ExpressionError as error:
        mistake = error
    if mistake is None:
        assert selected.shape == (5,)
    else:
        assert 0 <= mistake.column <= len(text)


_NUMBERS = st.integers(-50, 450).map(str)
_SUMS = st.recursive(
    st.one_of(st.sampled_from(["days", "spend", "small"]), _NUMBERS),
    lambda inner: st.tuples(inner, st.sampled_from("+-*"), inner).map(lambda t: f"({t[0]} {t[1]} {t[2]})"),
    max_leaves=6,
)
_CONDITIONS = st.recursive(
    st.tuples(_SUMS, st.sampled_from(["<", "<=", "==", "!=", ">=", ">"]), _SUMS).map(" ".join),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["and", "or"]), inner).map(lambda t: f"({t[0]} {t[1]} {t[2]})"),
        inner.map(lambda text: f"(not {text})"),
    ),
    max_leaves=5,
)


@given(_CONDITIONS)
def test_agrees_with_python_row_by_row(text: str) -> None:
    expression = parse_expression(text, ATTRIBUTES)
    names = ("days", "spend", "small")
    rows = zip(*(COLUMNS[name].tolist() for name in names), strict=True)  # type: ignore[union-attr]
    code = compile(text, "", "eval")  # the text comes from the strategies above
    expected = [bool(eval(code, {}, dict(zip(names, row, strict=True)))) for row in rows]  # noqa: S307
    assert expression.evaluate(COLUMNS).tolist() == expected
