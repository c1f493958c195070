from __future__ import annotations

import datetime
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim import formats, units
from sim.units import Quantity, UnitError

D = datetime.date


@pytest.mark.parametrize(
    ("raw", "value"),
    [("12%", 0.12), (0.12, 0.12), (1, 1.0), ("0.25 %", 0.0025), ("1e-3", 0.001), (0, 0.0), ("100%", 1.0), ("0.5", 0.5)],
)
def test_share(raw: object, value: float) -> None:
    assert units.parse_share(raw) == pytest.approx(value, rel=1e-15)


@pytest.mark.parametrize(("raw", "value"), [(1.3, 1.3), ("130%", 1.3), ("x1.3", 1.3), ("×0.5", 0.5), (0, 0.0)])
def test_factor(raw: object, value: float) -> None:
    assert units.parse_factor(raw) == pytest.approx(value)


@pytest.mark.parametrize(
    ("raw", "value"),
    [("2_000_000 persons", 2e6), (5, 5.0), ("1_000", 1000.0), ("3 new users", 3.0), ("12 人", 12.0), ("1e3", 1000.0)],
)
def test_count(raw: object, value: float) -> None:
    assert units.parse_count(raw) == value


@pytest.mark.parametrize(("raw", "value"), [("30 CNY", 30.0), ("0.045CNY", 0.045), (0, 0.0), ("20_000 CNY", 20000.0)])
def test_money(raw: object, value: float) -> None:
    assert units.parse_money(raw, "CNY") == value


def test_money_without_a_known_currency_takes_any_code() -> None:
    assert units.parse_money("30 USD", None) == 30
    with pytest.raises(UnitError, match="`dollars` is no currency"):
        units.parse_money("30 dollars", None)


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("5000 CNY / day", 5000.0),
        ("700 CNY / week", 100.0),
        ("365 CNY per year", 1.0),
        ("365 CNY / month", 12.0),
        ("60 CNY / 30 days", 2.0),
        (0, 0.0),
    ],
)
def test_money_rate(raw: object, value: float) -> None:
    assert units.parse_money_rate(raw, "CNY") == pytest.approx(value)


@pytest.mark.parametrize(
    ("raw", "value", "per"),
    [
        ("9 CNY / click", 9.0, "click"),
        ("9 CNY per clicks", 9.0, "click"),
        ("40 CNY / 1000 views", 0.04, "view"),
        ("40 CNY / 1_000 views", 0.04, "view"),
        ("40 CNY CPM", 0.04, "view"),
        ("9 CNY CPC", 9.0, "click"),
        ("80 CNY / signup", 80.0, "sign-up"),
        ("80 CNY / sign-ups", 80.0, "sign-up"),
        ("80 CNY / Sign up", 80.0, "sign-up"),
    ],
)
def test_price(raw: str, value: float, per: str) -> None:
    assert units.parse_price(raw, "CNY", ("view", "click", "sign-up")) == (pytest.approx(value), per)


def test_price_of_nothing_needs_no_unit_where_only_one_is_possible() -> None:
    assert units.parse_price(0, "CNY", ("sign-up",)) == (0.0, "sign-up")
    with pytest.raises(UnitError, match="must say what it is paid for"):
        units.parse_price(0, "CNY", ("view", "click"))


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("90 / day", 90.0),
        ("0.25% / day", 0.0025),
        ("4 / month", 48 / 365),
        ("4 events / week", 4 / 7),
        ("90/day", 90.0),
    ],
)
def test_rate(raw: str, value: float) -> None:
    assert units.parse_rate(raw) == pytest.approx(value)


@pytest.mark.parametrize(
    ("raw", "days"),
    [("14 days", 14.0), ("1 day", 1.0), ("2 weeks", 14.0), ("12 months", 365.0), ("1 year", 365.0), ("36 hours", 1.5),
     ("90 minutes", 0.0625), ("4 quarters", 365.0), ("0 days", 0.0)],
)  # fmt: skip
def test_duration(raw: str, days: float) -> None:
    assert units.parse_duration(raw) == pytest.approx(days)


NO_NUMBERS = [True, None, [], {}, "", "abc", float("nan"), float("inf"), "1e400", "１２", "1,5", "--3", "1" * 200]
PARSERS = [
    units.parse_share,
    units.parse_factor,
    units.parse_number,
    units.parse_positive,
    units.parse_count,
    units.parse_rate,
    units.parse_duration,
]


@pytest.mark.parametrize("parse", PARSERS)
@pytest.mark.parametrize("raw", NO_NUMBERS)
def test_no_parser_takes_what_is_no_number(parse: object, raw: object) -> None:
    with pytest.raises(UnitError):
        parse(raw)  # type: ignore[operator]


def test_errors_say_value_rule_and_advice() -> None:
    with pytest.raises(UnitError) as caught:
        units.parse_share(38)
    assert caught.value.message == "is 38; must lie in [0, 1]"
    assert caught.value.allowed == "a share from 0% to 100%, such as 12% or 0.12"
    assert caught.value.hint == "did you mean: 38%?"


@given(st.floats(0, 1))
def test_a_share_reads_back_from_its_percentage(share: float) -> None:
    assert units.parse_share(f"{share * 100:.17f}%") == pytest.approx(share, abs=1e-15)


def test_plain_quantity_is_the_same_on_every_day() -> None:
    quantity = Quantity(0.3)
    assert not quantity.is_dated
    assert quantity.on(D(2026, 5, 1)) == 0.3
    np.testing.assert_array_equal(quantity.each_day(D(2026, 1, 1), 3), [0.3, 0.3, 0.3])


def test_dated_quantity_holds_from_its_dates_on() -> None:
    quantity = Quantity(1.0, dated=((D(2026, 1, 3), 1.0), (D(2026, 1, 5), 2.0), (D(2026, 1, 6), 3.0)))
    assert quantity.is_dated
    days = [D(2026, 1, 1) + datetime.timedelta(days=i) for i in range(7)]
    expected = [1.0, 1.0, 1.0, 1.0, 2.0, 3.0, 3.0]
    assert [quantity.on(day) for day in days] == expected
    np.testing.assert_array_equal(quantity.each_day(D(2026, 1, 1), 7), expected)
    np.testing.assert_array_equal(quantity.each_day(D(2026, 1, 5), 2), [2.0, 3.0])
    np.testing.assert_array_equal(quantity.each_day(D(2030, 1, 1), 2), [3.0, 3.0])
    assert quantity.each_day(D(2026, 1, 1), 0).shape == (0,)


@given(
    st.lists(st.tuples(st.integers(0, 60), st.floats(0, 9)), min_size=1, max_size=6, unique_by=lambda entry: entry[0]),
    st.integers(0, 60),
)
def test_each_day_agrees_with_on(entries: list[tuple[int, float]], offset: int) -> None:
    base = D(2026, 1, 1)
    dated = tuple((base + datetime.timedelta(days=day), value) for day, value in sorted(entries))
    quantity = Quantity(dated[0][1], dated=dated)
    start = base + datetime.timedelta(days=offset)
    expected = [quantity.on(start + datetime.timedelta(days=i)) for i in range(30)]
    assert quantity.each_day(start, 30).tolist() == expected


def test_a_rate_gives_a_probability() -> None:
    assert units.probability_from_rate(0.3) == pytest.approx(1 - math.exp(-0.3))
    assert units.probability_from_rate(0.3, 7) == pytest.approx(1 - math.exp(-2.1))
    assert units.probability_from_rate(1e-18) == 1e-18


@pytest.mark.parametrize(
    ("amount", "cents"),
    [(0.285, 29), (1.005, 101), (-1.005, -101), (0.045, 5), (0.004, 0), (1e9, 10**11), (2.675, 268), (0.0, 0)],
)
def test_to_cents_rounds_halves_away_from_zero(amount: float, cents: int) -> None:
    assert units.to_cents(amount) == cents


def test_numbers_are_printed_alike_everywhere() -> None:
    assert formats.format_count(1234567) == "1,234,567"
    assert formats.format_count(-0.2) == "0"
    assert formats.format_share(0.12345) == "12.3%"
    assert formats.format_share(-0.00001) == "0.0%"
    assert formats.format_money(123_456, "CNY") == "1,235 CNY"
    assert formats.format_money(99999, "CNY") == "999.99 CNY"
    assert formats.format_money(-50, "CNY") == "-0.50 CNY"
    assert formats.format_money(150, decimals=0) == "2"
