"""Stacked rules: on each day, whom each rule acts on is held against every limit; and nobody's number matters."""

from __future__ import annotations

import copy
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import assume, given

from sim.systems.messages.plan import CapPlan
from sim.systems.plan import Plan, compile_plan
from sim.systems.rules import day as rules_day
from sim.systems.rules.plan import NO_LIMIT, RulePlan
from sim.systems.world import World
from tests.property.scenarios import QUICKLY, documents, load_or_pass_over
from tests.property.test_nothing_else_moves import plan_of, users_by_person
from tests.verify.measuring import altered
from tests.verify.worlds import Document, document, finished

U32 = npt.NDArray[np.uint32]


@dataclass
class Deed:
    """One rule's deed of one day."""

    rule: RulePlan
    day: int
    rows: U32
    last_active: npt.NDArray[np.uint16]


@contextmanager
def diary() -> Iterator[list[Deed]]:
    """Whom each rule acts on, in the order in which it happens."""
    deeds: list[Deed] = []
    do = rules_day._do

    def noted(world: World, day: int, rule: RulePlan, rows: U32) -> None:
        deeds.append(Deed(rule, day, rows.copy(), world.people.last_active[rows]))
        do(world, day, rule, rows)

    with patch.object(rules_day, "_do", noted):
        yield deeds


def live(plan: Plan) -> tuple[World, list[Deed]]:
    with diary() as deeds:
        return finished(plan), deeds


def check(plan: Plan, world: World, deeds: list[Deed]) -> None:
    """Every limit of the plan, against the deeds."""
    for rule in plan.rules:
        of_rule = [deed for deed in deeds if deed.rule.name == rule.name]
        for deed in of_rule:
            assert np.unique(deed.rows).size == deed.rows.size
            assert (world.uniforms(deed.rows, 0, rule.holdout_purpose) >= rule.holdout).all()
        check_amounts(plan, rule, of_rule)
        check_cap(rule.per_user, of_rule)
        check_attempts(rule, of_rule)
    check_cap(plan.contact, [deed for deed in deeds if deed.rule.sends])
    check_silence(deeds)


def check_amounts(plan: Plan, rule: RulePlan, deeds: list[Deed]) -> None:
    """Persons and money, on each day and over the horizon."""
    face_value = 0 if rule.coupon is None else rule.coupon.face_value_cents
    spent = 0
    for deed in deeds:
        persons = deed.rows.size * plan.market.people_per_agent
        committed = persons * (int(rule.medium.price_micro[deed.day]) + 10_000 * (face_value % NO_LIMIT))
        assert persons <= rule.capacity[deed.day]
        assert committed <= rule.budget_micro[deed.day]
        spent += committed
    assert spent <= rule.total_budget_micro


def days_by_user(deeds: Iterable[Deed]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = defaultdict(list)
    for deed in deeds:
        for row in deed.rows.tolist():
            found[row].append(deed.day)
    return found


def check_cap(cap: CapPlan | None, deeds: list[Deed]) -> None:
    if cap is None:
        return
    for days in days_by_user(deeds).values():
        for later in range(cap.messages, len(days)):
            assert days[later] - days[later - cap.messages] >= cap.days


def check_attempts(rule: RulePlan, deeds: list[Deed]) -> None:
    counts: dict[tuple[int, int], int] = defaultdict(int)
    for deed in deeds:
        for address in zip(deed.rows.tolist(), deed.last_active.tolist(), strict=True):
            counts[address] += 1
    assert max(counts.values(), default=0) <= rule.attempts


def check_silence(deeds: list[Deed]) -> None:
    """Whoever is given up gets no message any more."""
    given_up: set[int] = set()
    for deed in deeds:
        if deed.rule.sends:
            assert not given_up & set(deed.rows.tolist())
        if deed.rule.stops_messages:
            given_up |= set(deed.rows.tolist())


@QUICKLY
@given(documents())
def test_every_limit_of_stacked_rules_holds(scenario: Document) -> None:
    plan = compile_plan(load_or_pass_over(scenario).scenario)
    check(plan, *live(plan))


SMS = {"sms": {"open": 0.5, "price": "0.05 CNY"}}
STACKED: dict[str, Any] = {
    "market": {"size": 900, "segments": {"mothers": {"share": 0.6}, "hunters": {"share": 0.4, "gain": 2}}},
    "channels": {"organic": {"kind": "organic", "signups": "40 / day"}},
    "retention": {"default": {"d1": 0.5, "d7": 0.3, "d30": 0.2}, "natural_return": "2% / day"},
    "orders": {"per_active_day": 0.3, "basket": {"mean": "60 CNY", "spread": 0.5}},
    "media": SMS,
    "response": {"message": {"brings_back": 0.3, "wakes": 2.0}},
    "horizon": "70 days",
}
COUPON = {"off": "2 CNY", "valid_for": "9 days"}
RULES: dict[str, Any] = {
    "watch": {
        "when": {"enters": "quiet"},
        "do": {"message": "sms", "coupon": COUPON},
        "limits": {"holdout": 0.3, "capacity": 5, "choose_by": "active_days"},
    },
    "follow": {"when": {"after": "watch", "days": 3, "unless": "active"}, "do": {"message": "sms"}},
    "thanks": {
        "when": {"event": "order", "days": 1},
        "do": {"coupon": COUPON},
        "limits": {"budget": "12 CNY / day", "total_budget": "300 CNY", "per_user": {"messages": 1, "per": "20 days"}},
    },
    "daily": {
        "when": {"every": "1 day"},
        "who": "days_inactive >= 3",
        "do": {"message": "sms"},
        "limits": {"attempts": 2, "capacity": 40},
    },
    "end": {"when": {"inactive_for": "12 days"}, "do": {"stop_messaging": True}},
}


def stacked_document() -> Document:
    policy = {
        "audiences": {"quiet": "2 <= days_inactive < 20"},
        "rules": RULES,
        "contact": {"messages": 2, "per": "6 days"},
    }
    return document(**STACKED, policy=policy)


def with_rule(plan: Plan, name: str, field: str, value: Any) -> Plan:
    rules = tuple(altered(rule, field, lambda _: value) if rule.name == name else rule for rule in plan.rules)
    return altered(plan, "rules", lambda _: rules)


def test_limits_hold_where_all_of_them_bind() -> None:
    plan = compile_plan(load_or_pass_over(stacked_document()).scenario)
    world, deeds = live(plan)
    assert {deed.rule.name for deed in deeds} == set(RULES)
    check(plan, world, deeds)


UNLIMITED = np.full(70, NO_LIMIT, np.int64)
LOOSENED: list[tuple[str, str, Any]] = [
    ("watch", "holdout", 0.0),
    ("watch", "capacity", UNLIMITED),
    ("thanks", "budget_micro", UNLIMITED),
    ("thanks", "total_budget_micro", NO_LIMIT),
    ("thanks", "per_user", CapPlan(2, 20)),
    ("daily", "attempts", 3),
    ("end", "stops_messages", False),
]


@pytest.mark.parametrize(("name", "field", "value"), LOOSENED)
def test_a_loosened_limit_is_seen(name: str, field: str, value: Any) -> None:
    plan = compile_plan(load_or_pass_over(stacked_document()).scenario)
    world, deeds = live(with_rule(plan, name, field, value))
    if field == "stops_messages":  # what the checks read of the deed itself
        deeds = [Deed(rule_named(plan, deed.rule.name), deed.day, deed.rows, deed.last_active) for deed in deeds]
    with pytest.raises(AssertionError):
        check(plan, world, deeds)


def rule_named(plan: Plan, name: str) -> RulePlan:
    return next(rule for rule in plan.rules if rule.name == name)


def test_a_loosened_contact_cap_is_seen() -> None:
    plan = compile_plan(load_or_pass_over(stacked_document()).scenario)
    world, deeds = live(altered(plan, "contact", lambda _: CapPlan(3, 6)))
    with pytest.raises(AssertionError):
        check(plan, world, deeds)


def turned(scenario: Document) -> Document:
    """The same people, numbered otherwise: the segments in another order."""
    other = copy.deepcopy(scenario)
    segments = scenario["market"]["segments"]
    other["market"]["segments"] = {name: segments[name] for name in reversed(segments)}
    return other


def test_whom_limits_let_through_does_not_depend_on_the_order_of_people() -> None:
    one, other = plan_of(stacked_document()), plan_of(turned(stacked_document()))
    assert users_by_person(one) == users_by_person(other)


@QUICKLY
@given(documents())
def test_the_order_of_people_does_not_matter_to_stacked_rules(scenario: Document) -> None:
    assume(len(scenario["market"]["segments"]) > 1)
    one, other = plan_of(scenario), plan_of(turned(scenario))
    sizes = [dict(zip(plan.market.segments, plan.market.agents.tolist(), strict=True)) for plan in (one, other)]
    assume(sizes[0] == sizes[1])
    assume(all(channel["kind"] != "history" for channel in scenario["channels"].values()))
    assert users_by_person(one) == users_by_person(other)


def test_a_choice_by_row_number_is_seen() -> None:
    """The twin: whoever stands first goes first."""

    def by_row(world: World, day: int, rows: U32, n: int, **_: Any) -> U32:
        return rows[:n]

    with patch("sim.systems.rules.limits.first_rows", by_row):
        one, other = (
            users_by_person(plan_of(scenario)) for scenario in (stacked_document(), turned(stacked_document()))
        )
    assert one != other


def chosen_by(name: str) -> list[tuple[int, list[int]]]:
    scenario = stacked_document()
    scenario["policy"]["measures"] = {"days of use": "active_days * 1", "the reverse": "-active_days"}
    scenario["policy"]["rules"] = copy.deepcopy(RULES)
    scenario["policy"]["rules"]["watch"]["limits"]["choose_by"] = name
    _, deeds = live(compile_plan(load_or_pass_over(scenario).scenario))
    return [(deed.day, deed.rows.tolist()) for deed in deeds if deed.rule.name == "watch"]


def test_a_measure_says_who_goes_first() -> None:
    assert chosen_by("days of use") == chosen_by("active_days")
    assert chosen_by("the reverse") != chosen_by("active_days")
