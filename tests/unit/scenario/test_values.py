from __future__ import annotations

import datetime
import warnings
from typing import Annotated

import pytest
from pydantic import ValidationError, model_validator

from sim.scenario.editor_schema import json_schema_of
from sim.scenario.findings import FINDINGS, Finding, problem, problems
from sim.scenario.values import (
    Count,
    Currency,
    Date,
    Duration,
    Expr,
    Factor,
    FilePath,
    FixedCount,
    FixedShare,
    Flag,
    Money,
    MoneyRate,
    Name,
    PositiveDuration,
    Quantity,
    Rate,
    Section,
    Share,
    Text,
    Whole,
    price_per,
)


class Sample(Section):
    """One value of each kind."""

    share: Share = Quantity(0.5)
    count: Count | None = None
    factor: Factor | None = None
    money: Money | None = None
    budget: MoneyRate | None = None
    price: Annotated[Quantity, price_per("view", "click")] | None = None
    rate: Rate | None = None
    fixed: FixedShare | None = None
    seats: FixedCount | None = None
    duration: Duration | None = None
    positive: PositiveDuration | None = None
    day: Date | None = None
    currency: Currency | None = None
    name: Name | None = None
    text: Text | None = None
    flag: Flag | None = None
    whole: Whole | None = None
    file: FilePath | None = None
    who: Expr | None = None


def read(**values: object) -> Sample:
    context = {"currency": "CNY", "attributes": {"days": "number"}}
    return Sample.model_validate(values, context=context)


def findings(**values: object) -> list[tuple[tuple[str | int, ...], str]]:
    with pytest.raises(ValidationError) as caught:
        read(**values)
    return [
        ((*detail["loc"], *finding.path), finding.message)
        for detail in caught.value.errors()
        if detail["type"] == FINDINGS
        for finding in detail["ctx"]["findings"]
    ]


def test_plain_values_become_quantities_in_base_units() -> None:
    sample = read(
        share="12%", count="2_000 persons", factor="x1.3", money="30 CNY", budget="70 CNY / week",
        price="40 CNY / 1000 views", rate="0.25% / day", duration="2 weeks",
    )  # fmt: skip
    assert sample.share == Quantity(0.12)
    assert sample.share.text == "12%"
    assert sample.count is not None
    assert sample.count.value == 2000
    assert sample.budget is not None
    assert sample.budget.value == 10
    assert sample.price == Quantity(0.04, per="view")
    assert sample.duration is not None
    assert sample.duration.value == 14


def test_evidence_is_kept() -> None:
    share = read(share={"value": "6%", "low": "3%", "high": 0.09, "source": "Batch 2025"}).share
    assert share == Quantity(0.06, 0.03, 0.09, "Batch 2025")


def test_dates_are_sorted_and_may_hold_evidence() -> None:
    share = read(share={"2026-07-01": {"value": "18%", "low": "17%", "high": "19%"}, "2026-01-01": "21%"}).share
    assert share.dated == ((datetime.date(2026, 1, 1), 0.21), (datetime.date(2026, 7, 1), 0.18))
    assert share.value == 0.21
    assert share.dated_evidence[1][1] == Quantity(0.18, 0.17, 0.19)
    assert share.on(datetime.date(2026, 7, 1)) == 0.18


def test_dated_prices_keep_what_they_are_paid_for() -> None:
    price = read(price={"2026-01-01": "9 CNY / click", "2026-02-01": "8 CNY / click"}).price
    assert price is not None
    assert price.per == "click"
    assert findings(price={"2026-01-01": "9 CNY / click", "2026-02-01": "8 CNY / view"}) == [
        (("price",), "is paid per click and per view")
    ]


def test_fixed_values_refuse_dates() -> None:
    said = "is read once, at the start: it cannot be dated"
    dated = {"2026-01-01": "12%"}
    assert findings(fixed=dated) == [(("fixed",), said)]
    assert findings(duration={"2026-01-01": "3 days"}) == [(("duration",), said)]
    assert findings(seats={"2026-01-01": 3}) == [(("seats",), said)]


def test_every_mistake_of_one_value_is_found() -> None:
    found = findings(share={"2026-01-01": "138%", "2026-1-2": "3%", "2026-02-01": {"value": 2, "lo": 1}})
    assert [path for path, _ in found] == [
        ("share", "2026-01-01"),
        ("share", "2026-1-2"),
        ("share", "2026-02-01", "lo"),
        ("share", "2026-02-01", "value"),
    ]


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("flag", "no", "is `no`; must be true or false"),
        ("flag", 1, "is 1; must be true or false"),
        ("name", 12, "is the number 12; must be text"),
        ("name", "a\nb", "holds a control character; a name is one line of text"),
        ("name", " a", "starts or ends with a space"),
        ("name", "", "is blank; must be text"),
        ("text", True, "is true; must be text"),
        ("text", "x" * 10_001, "has 10,001 characters; may have 10,000"),
        ("currency", "Yuan", "is `Yuan`; must be a currency"),
        ("day", "2026-13-01", "is 2026-13-01, which is not in the calendar"),
        ("day", "２０２６-01-01", "is `２０２６-01-01`; must be a date"),
        ("day", "20260101", "is 20260101; must be a date"),
        ("whole", 1.5, "is 1.5; must be a whole number"),
        ("file", "/etc/passwd", "is `/etc/passwd`; must be relative to the file that names it"),
        ("who", "dayz > 3", "unknown attribute `dayz`"),
        ("who", ["days > 3"], "is a list; must be an expression"),
        ("positive", "0 days", "is 0 days; must be above 0"),
        ("count", "3 %", "is 3 %; `%` is not what is counted here"),
        ("share", None, "is empty; must be a number"),
    ],
)
def test_wrong_value_says_what_is_wrong(key: str, value: object, message: str) -> None:
    assert findings(**{key: value}) == [((key,), message)]


@pytest.mark.parametrize("name", ["微信公眾號", "قناة", "👩‍👧", "../x", "con", "x.", "a" * 300, "no", "Ünï"])
def test_names_in_any_script_are_taken(name: str) -> None:
    assert read(name=name).name == name


def test_section_is_frozen_and_refuses_unknown_keys() -> None:
    sample = read(share="12%")
    with pytest.raises(ValidationError):
        sample.share = Quantity(1.0)  # type: ignore[misc]
    assert findings(shar="12%") == [(("shar",), "unknown field")]


def test_unknown_and_missing_of_one_typo_are_one_finding() -> None:
    class Strict(Section):
        """Two keys."""

        hazard_per_day: Share
        shape: Share

    with pytest.raises(ValidationError) as caught:
        Strict.model_validate({"hazrad_per_day": "2%"})
    kinds = [(detail["type"], detail["loc"]) for detail in caught.value.errors()]
    assert kinds == [("missing", ("shape",)), (FINDINGS, ("hazrad_per_day",))]


def test_surplus_of_unknown_keys_is_dropped_and_still_refused() -> None:
    with pytest.raises(ValidationError) as caught:
        Sample.model_validate({f"k{i}": i for i in range(5000)})
    assert caught.value.error_count() == 500


def test_problem_carries_path_and_others() -> None:
    class Pair(Section):
        """Two shares in order."""

        d1: Share
        d7: Share

        @model_validator(mode="after")
        def _check(self) -> Pair:
            if self.d7.value > self.d1.value:
                raise problem("D7 is above D1", at=("d7",), also=("d1",), allowed="at most D1", hint="swap them?")
            return self

    with pytest.raises(ValidationError) as caught:
        Pair.model_validate({"d1": "10%", "d7": "20%"})
    (finding,) = caught.value.errors()[0]["ctx"]["findings"]
    assert finding == Finding(("d7",), "D7 is above D1", "at most D1", "swap them?", also=(("d1",),))


def test_several_problems_and_several_others() -> None:
    error = problems(Finding(("a",), "one"), Finding(("b",), "two"))
    assert str(error) == "one; two"
    several = problem("x", also=(("a", "b"), ("c",)))
    assert several.context is not None
    assert several.context["findings"][0].also == (("a", "b"), ("c",))


def test_json_schema_describes_every_form_without_warnings() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        schema = json_schema_of(Sample, "a scenario")
    assert schema["title"] == "a scenario"
    assert "required" not in schema
    assert schema["additionalProperties"] is False
    assert list(schema["properties"])[:2] == ["extends", "share"]
    share = schema["properties"]["share"]
    assert share["default"] == 0.5
    choices = schema["$defs"][share["$ref"].removeprefix("#/$defs/")]["anyOf"]
    forms = [form.get("type") for form in choices]
    assert forms == ["number", "string", "object", "object", "null"]
    assert list(choices[2]["properties"]) == ["value", "low", "high", "source"]
