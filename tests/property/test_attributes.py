"""Declaring an attribute changes nobody's luck: users only get a further column."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings

from tests.property.scenarios import QUICKLY, documents
from tests.property.test_nothing_else_moves import everything, plan_of
from tests.verify.test_twin import VISITS
from tests.verify.worlds import document

FEW = settings(QUICKLY, max_examples=12)
DECLARED: dict[str, Any] = {
    "city": {"values": {"上海": 0.3, "北京": 0.25, "其他": 0.45}},
    "age": {"from": 20, "to": 45},
}


def without_columns(tables: dict[str, list[tuple[Any, ...]]], n: int) -> dict[str, list[tuple[Any, ...]]]:
    """The tables with the last `n` columns of the users left out."""
    return tables | {"users": [row[:-n] for row in tables["users"]]}


@FEW
@given(documents())
def test_a_further_attribute_changes_nobody(scenario: dict[str, Any]) -> None:
    declared = everything(plan_of(scenario | {"attributes": DECLARED}))
    assert without_columns(declared, 2) == everything(plan_of(scenario))


@FEW
@given(documents())
def test_an_attribute_does_not_depend_on_the_others(scenario: dict[str, Any]) -> None:
    both = everything(plan_of(scenario | {"attributes": DECLARED}))
    age = everything(plan_of(scenario | {"attributes": {"age": DECLARED["age"]}}))
    assert [row[-1] for row in both["users"]] == [row[-1] for row in age["users"]]


def test_a_factor_is_seen() -> None:
    scenario = document(**VISITS)
    values = {"上海": {"share": 0.3, "orders": 1.5}, "其他": 0.7}
    changed = everything(plan_of(scenario | {"attributes": {"city": {"values": values}}}))
    assert without_columns(changed, 1) != everything(plan_of(scenario))


@pytest.mark.parametrize(
    "who", ['city == "上海" and age < 30', 'city in ["北京", "其他"]', "age >= quantile(age, 0.9)"]
)
def test_rules_ask_for_attributes(who: str) -> None:
    rule = {"when": {"every": "1 day"}, "who": who, "do": {"message": "push"}, "limits": {"choose_by": "age"}}
    scenario = document(**VISITS | {"policy": {"rules": {"some": rule}}, "attributes": DECLARED})
    nobody = document(**VISITS | {"policy": {"rules": {"some": rule | {"who": "age > 45"}}}, "attributes": DECLARED})
    some, none = everything(plan_of(scenario)), everything(plan_of(nobody))
    assert some["rules"]
    assert not none["rules"]
