"""Values that have bounds, whole days, and lists that a single value may stand for."""

from __future__ import annotations

import datetime
from typing import Annotated

import pytest
from jsonschema import Draft202012Validator
from pydantic import ValidationError

from sim.scenario.editor_schema import json_schema_of
from sim.scenario.findings import FINDINGS, closest
from sim.scenario.values import (
    Date,
    Days,
    FixedPositiveCount,
    FixedPositiveFactor,
    FixedPositiveMoney,
    OneOrMore,
    PositiveMoneyRate,
    Quantity,
    Section,
    count_from,
    duration_from,
    factor_up_to,
    price_per,
    rate_up_to,
    whole_days,
)


class Bounded(Section):
    """One value of each bounded kind."""

    days: Days | None = None
    horizon: Annotated[Quantity, whole_days(100)] | None = None
    window: Annotated[Quantity, duration_from(1)] | None = None
    cap: Annotated[Quantity, count_from(1, 64)] | None = None
    agents: FixedPositiveCount | None = None
    quality: FixedPositiveFactor | None = None
    mean: FixedPositiveMoney | None = None
    half: PositiveMoneyRate | None = None
    spread: Annotated[Quantity, factor_up_to(5)] | None = None
    rate: Annotated[Quantity, rate_up_to(100)] | None = None
    price: Annotated[Quantity, price_per("click")] | None = None


class Listed(Section):
    """Dates, one or more."""

    on: Annotated[list[Date], OneOrMore()]


def read(**values: object) -> Bounded:
    return Bounded.model_validate(values, context={"currency": "CNY"})


def said(**values: object) -> list[tuple[tuple[str | int, ...], str, str | None]]:
    """(path, message, hint) of everything wrong."""
    with pytest.raises(ValidationError) as caught:
        read(**values)
    return [
        ((*detail["loc"], *finding.path), finding.message, finding.hint)
        for detail in caught.value.errors()
        if detail["type"] == FINDINGS
        for finding in detail["ctx"]["findings"]
    ]


@pytest.mark.parametrize(
    ("written", "days"),
    [("1 day", 1), ("14 days", 14), ("2 weeks", 14), ("1 year", 365), ("72 hours", 3), ("12 months", 365)],
)
def test_whole_days_are_whole(written: str, days: int) -> None:
    quantity = read(days=written).days
    assert quantity is not None
    assert quantity.value == days


@pytest.mark.parametrize(
    ("key", "value", "message", "hint"),
    [
        ("days", "0 days", "is 0 days; must be whole days, 1 or more", None),
        ("days", "1.5 days", "is 1.5 days; must be whole days, 1 or more", "did you mean: 2 days?"),
        (
            "days",
            "1 month",
            "is 1 month, which is 30.4167 days; must be whole days, 1 or more",
            "did you mean: 30 days?",
        ),
        ("horizon", "1 year", "is 1 year, which is 365 days; must be whole days, from 1 to 100", None),
        ("window", "12 hours", "is 12 hours; must be at least 1 day", None),
        ("cap", 65, "is 65; must be a whole number from 1 to 64", None),
        ("agents", 0, "is 0; must be a whole number of at least 1", None),
        ("quality", "0%", "is 0%; must be above 0", None),
        ("mean", 0, "is 0; must be above 0", None),
        ("half", {"2026-01-01": "3 CNY / day", "2026-02-01": 0}, "is 0; must be above 0", None),
        ("spread", 5.1, "is 5.1; must be at most 5", None),
        ("spread", "1e7", "is 1e7; must be at most 1,000,000", None),
        ("rate", "5 / minute", "is 5 / minute; must be at most 100 / day", None),
        ("price", "0 CNY / click", "is 0 CNY / click; must be above 0", None),
    ],
)
def test_what_is_out_of_bounds_is_told_where_it_stands(key: str, value: object, message: str, hint: str | None) -> None:
    path = (key, "2026-02-01") if isinstance(value, dict) else (key,)
    assert said(**{key: value}) == [(path, message, hint)]


def test_a_single_value_stands_for_a_list() -> None:
    day = datetime.date(2026, 2, 14)
    assert Listed.model_validate({"on": "2026-02-14"}).on == [day]
    assert Listed.model_validate({"on": ["2026-02-14", "2026-02-15"]}).on[0] == day
    editor = Draft202012Validator(json_schema_of(Listed, "listed"))
    assert all(editor.is_valid({"on": on}) for on in ("2026-02-14", ["2026-02-14"]))
    assert not any(editor.is_valid({"on": on}) for on in ({"a": 1}, 3))


@pytest.mark.parametrize(
    ("word", "meant"),
    [("advertising", "advertising_per_active_day"), ("hald_of_reach_at", "half_of_reach_at"), ("adv", None)],
)
def test_the_start_of_a_word_is_enough_to_guess_it(word: str, meant: str | None) -> None:
    assert closest(word, ["advertising_per_active_day", "half_of_reach_at"]) == meant
