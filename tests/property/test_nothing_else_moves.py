"""What does nothing changes nothing, and what touches one person changes nobody else."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from sim.pipeline import load, show
from sim.systems.books.tables import tables_of, users_of
from sim.systems.plan import Plan, compile_from, compile_plan
from sim.systems.replicate import ReplicateTask, run_replicate
from sim.systems.world import World
from tests.property.scenarios import QUICKLY, documents, load_or_pass_over
from tests.verify.measuring import altered
from tests.verify.test_twin import ACTIVE_DAYS, ORDERS, VISITS
from tests.verify.worlds import document, finished, load_text, plan_for, text_of

Document = dict[str, Any]

FEW = settings(QUICKLY, max_examples=12)
"""For properties that run each scenario twice."""


def plan_of(scenario: Document) -> Plan:
    return compile_plan(load_or_pass_over(scenario).scenario)


def column(values: Any) -> list[Any]:
    """A column as plain values, names in place of their codes."""
    if isinstance(values, tuple):
        codes, labels = values
        return [labels[code] for code in codes]
    return list(np.asarray(values).tolist())


def rows_of(table: dict[str, Any], without: dict[str, str] | None = None) -> list[tuple[Any, ...]]:
    """The rows of a table; those that name what is left out are left out."""
    columns = {name: column(values) for name, values in table.items()}
    rows = list(zip(*columns.values(), strict=True))
    for name, value in (without or {}).items():
        if name in columns:
            place = list(columns).index(name)
            rows = [row for row in rows if row[place] != value]
    return rows


def everything(plan: Plan, seed: int = 1, without: dict[str, str] | None = None) -> dict[str, list[tuple[Any, ...]]]:
    """All tables of a run, and each user's final state, as rows."""
    world = finished(plan, seed)
    tables = tables_of(world) | {"users": users_of(world)}
    return {name: rows_of(table, without) for name, table in tables.items()}


# --- what does nothing


def with_rule(scenario: Document, rule: Document) -> Document:
    changed = copy.deepcopy(scenario)
    changed["policy"]["rules"]["idle"] = rule
    return changed


IDLE_RULES: dict[str, Document] = {
    "selects nobody": {"when": {"every": "1 day"}, "who": "orders < 0", "do": {"message": "push"}},
    "has no day": {"when": {"on": "2030-01-01"}, "do": {"message": "push"}},
}


@pytest.mark.parametrize("idle", IDLE_RULES)
@FEW
@given(documents())
def test_an_idle_rule_changes_nothing(idle: str, scenario: Document) -> None:
    assert everything(plan_of(with_rule(scenario, IDLE_RULES[idle]))) == everything(plan_of(scenario))


def test_a_rule_that_selects_somebody_is_seen() -> None:
    scenario = document(**VISITS)
    rule = {"when": {"every": "30 days"}, "who": "orders < 1", "do": {"message": "push"}}
    assert everything(plan_of(with_rule(scenario, rule))) != everything(plan_of(scenario))


@FEW
@given(documents())
def test_word_of_mouth_without_contacts_changes_nothing(scenario: Document) -> None:
    changed = copy.deepcopy(scenario)
    changed["channels"]["silent"] = {"kind": "word_of_mouth", "contacts_per_active_day": 0}
    assert everything(plan_of(changed), without={"channel": "silent"}) == everything(plan_of(scenario))


@FEW
@given(documents())
def test_a_campaign_of_factors_of_one_changes_nothing(scenario: Document) -> None:
    changed = copy.deepcopy(scenario)
    changed["policy"]["campaigns"] = {"nothing": {"from": "2026-01-01", "for": "40 days"}} | scenario["policy"][
        "campaigns"
    ]
    assert everything(plan_of(changed)) == everything(plan_of(scenario))


@FEW
@given(documents())
def test_seasons_of_factors_of_one_change_nothing(scenario: Document) -> None:
    plain = copy.deepcopy(scenario)
    plain.pop("seasons", None)
    changed = copy.deepcopy(plain)
    changed["seasons"] = {
        "weekdays": {"monday": {"activity": 1.0, "orders": 1.0}},
        "holidays": {"nothing": {"from": "2026-01-03", "for": "9 days"}},
    }
    assert everything(plan_of(changed)) == everything(plan_of(plain))


@FEW
@given(documents())
def test_a_medium_that_no_rule_uses_changes_nothing(scenario: Document) -> None:
    changed = copy.deepcopy(scenario)
    changed["media"]["carrier pigeon"] = {"opt_in": 0.5, "open": 0.5, "price": "3 CNY"}
    assert everything(plan_of(changed)) == everything(plan_of(scenario))


IDLE_MESSAGES: dict[str, Document] = {
    "hours that no rule asks for": {"hours": {8: 0.5, 20: 0.5}},
    "a topic that no rule is about": {"topics": {"lunch": {"open": 3, "order": 0.5}}},
    "a fatigue without effect": {"response": {"fatigue": {"half_life": "7 days"}}},
    "quiet hours and no hour": {"policy": {"contact": {"quiet_hours": "21:00-08:00"}}},
}


@pytest.mark.parametrize("idle", IDLE_MESSAGES)
@FEW
@given(documents())
def test_what_no_message_meets_changes_nothing(idle: str, scenario: Document) -> None:
    changed = copy.deepcopy(scenario)
    for section, added in IDLE_MESSAGES[idle].items():
        before = changed.setdefault(section, {})
        for key, value in added.items():
            before[key] = before.get(key, {}) | value if isinstance(value, dict) else value
    assert everything(plan_of(changed)) == everything(plan_of(scenario))


def test_hours_and_a_fatigue_that_messages_meet_are_seen() -> None:
    scenario = document(**VISITS)
    tired = copy.deepcopy(scenario)
    tired["response"] = scenario["response"] | {"fatigue": {"half_life": "7 days", "open": 0.5}}
    assert everything(plan_of(tired)) != everything(plan_of(scenario))


def test_a_wake_of_one_and_a_coupon_that_lifts_nothing_leave_activity_alone() -> None:
    """Messages are still sent and coupons still used; who comes and who orders does not depend on them."""
    response = {"message": {"brings_back": 0, "wakes": 1.0}, "coupon": {"lift_per_10_percent": 1.3}}
    scenario = document(**VISITS | {"response": response})
    quiet = copy.deepcopy(scenario)
    quiet["policy"]["rules"] = {}
    one, other = finished(plan_of(scenario)), finished(plan_of(quiet))
    assert one.tallies.messages.sum() > 0
    assert (one.tallies.dau == other.tallies.dau).all()
    assert (one.tallies.orders == other.tallies.orders).all()
    assert (one.tallies.gmv == other.tallies.gmv).all()


# --- the scenario as it is shown


@FEW
@given(documents())
def test_what_show_prints_reads_back_as_the_same_plan(scenario: Document) -> None:
    import tempfile
    from pathlib import Path

    load_or_pass_over(scenario)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "scenario.yaml"
        path.write_text(text_of(scenario), encoding="utf-8")
        first, shown = load(path), show(path)
    second = load_text(shown)
    assert second.hash == first.hash
    plans = compile_plan(first.scenario), compile_plan(second.scenario)
    assert parts_of(plans[0]) == parts_of(plans[1])
    assert everything(plans[0]) == everything(plans[1])


def parts_of(record: Any) -> Any:
    """A plan as plain values that compare."""
    if isinstance(record, np.ndarray):
        return record.tolist()
    if isinstance(record, tuple):
        return [parts_of(part) for part in record]
    if isinstance(record, dict):
        return {name: parts_of(part) for name, part in record.items()}
    if hasattr(record, "__dataclass_fields__"):
        return {name: parts_of(getattr(record, name)) for name in record.__dataclass_fields__ if name != "tree"}
    return record


def test_a_changed_number_changes_the_plan_and_the_hash() -> None:
    scenario = document(**VISITS)
    changed = copy.deepcopy(scenario)
    changed["media"]["push"]["open"] = 0.61
    one, other = load_text(text_of(scenario)), load_text(text_of(changed))
    assert one.hash != other.hash
    assert parts_of(compile_plan(one.scenario)) != parts_of(compile_plan(other.scenario))


# --- one person more


def users_by_person(plan: Plan, seed: int = 1) -> dict[tuple[Any, Any], tuple[Any, ...]]:
    """(segment, index in the segment) → the user's final state; `person` counts through all segments."""
    table = users_of(finished(plan, seed))
    first = dict(zip(plan.market.segments, np.cumsum(plan.market.agents) - plan.market.agents, strict=True))
    segments = column(table["segment"])
    indices = [person - first[segment] for person, segment in zip(column(table["person"]), segments, strict=True)]
    keys = zip(segments, indices, strict=True)
    rest = {name: values for name, values in table.items() if name not in ("segment", "person")}
    return dict(zip(keys, rows_of(rest), strict=True))


def without_word_of_mouth(scenario: Document) -> Document:
    """One person more is one mouth more; without it, and without limits that compare users, nobody meets anybody."""
    changed = copy.deepcopy(scenario)
    for name, channel in scenario["channels"].items():
        if channel["kind"] in ("word_of_mouth", "history"):
            changed["channels"][name] = {"kind": "organic", "signups": "3 / day"}
    changed["policy"]["budgets"] = {
        name: budget for name, budget in changed["policy"]["budgets"].items() if name in changed["channels"]
    }
    for rule in changed["policy"]["rules"].values():
        if "metric" in rule["when"] or "if" in rule["when"]:
            rule["when"] = {"every": "2 days"}
        for limit in ("capacity", "budget", "total_budget"):
            rule["limits"].pop(limit, None)
        if "quantile" in rule.get("who", ""):
            rule["who"] = "spend >= 10"
    return changed


@FEW
@given(documents(), st.integers(0, 2))
def test_one_person_more_changes_nobody_else(scenario: Document, which: int) -> None:
    plan = plan_of(without_word_of_mouth(scenario))
    segment = which % plan.n_segments
    more = np.arange(plan.n_segments) == segment
    larger = altered(plan, "market.agents", lambda agents: agents + more)
    before, after = users_by_person(plan), users_by_person(larger)
    newcomer = (plan.market.segments[segment], int(plan.market.agents[segment]))
    assert after.keys() - before.keys() <= {newcomer}
    assert {key: after[key] for key in before} == before


@FEW
@given(documents(), st.integers(0, 2))
def test_the_order_of_segments_changes_nobody(scenario: Document, by: int) -> None:
    """Persons are numbered within their segment, and luck is addressed by the segment's name."""
    turned = without_word_of_mouth(scenario)
    names = list(turned["market"]["segments"])
    by %= len(names)
    other = copy.deepcopy(turned)
    other["market"]["segments"] = {name: turned["market"]["segments"][name] for name in names[by:] + names[:by]}
    one, two = plan_of(turned), plan_of(other)
    sizes = [dict(zip(plan.market.segments, plan.market.agents.tolist(), strict=True)) for plan in (one, two)]
    assume(sizes[0] == sizes[1])  # a person left over by rounding shares may go to another segment
    assert users_by_person(one) == users_by_person(two)


def test_a_further_segment_changes_nobody_else() -> None:
    """Old channels name their audiences; the new segment has a channel of its own."""

    def scenario(extra: bool) -> Document:
        old = {"mothers": 600, "hunters": 400}
        sizes = old | ({"fathers": 250} if extra else {})
        total = sum(sizes.values())
        market = {"size": total, "segments": {name: {"share": n / total} for name, n in sizes.items()}}
        channels: Document = {"organic": {"kind": "organic", "signups": "8 / day", "audience": dict.fromkeys(old, 1)}}
        if extra:
            channels["clubs"] = {"kind": "organic", "signups": "3 / day", "audience": {"fathers": 1}}
        kept = {name: ORDERS[name] for name in ("retention", "orders", "media", "response", "income", "policy")}
        return document(**kept, market=market, channels=channels, horizon="90 days")

    before, after = users_by_person(plan_of(scenario(False))), users_by_person(plan_of(scenario(True)))
    assert {key for key in after if key[0] != "fathers"} == before.keys()
    assert {key: after[key] for key in before} == before
    assert any(key[0] == "fathers" for key in after)


def test_one_person_more_is_seen_where_people_meet() -> None:
    """The twin: with word of mouth one mouth more does move others."""
    plan = plan_for(**VISITS)
    larger = altered(plan, "market.agents", lambda agents: agents + np.array([60, 0]))
    before, after = users_by_person(plan), users_by_person(larger)
    assert any(after.get(key) != state for key, state in before.items())


def test_a_changed_number_moves_only_whom_it_concerns() -> None:
    """A longer horizon of one segment's lapse leaves the other segment as it was."""
    plan = plan_for(**ACTIVE_DAYS)
    slower = altered(plan, "rate_factor", lambda factor: factor * np.tile([1.0, 0.5], plan.n_channels))
    before, after = users_by_person(plan), users_by_person(slower)
    moved = {key[0] for key in before if before[key] != after[key]}
    assert before.keys() == after.keys()
    assert moved == {plan.market.segments[1]}


# --- seeds, threads


@pytest.mark.parametrize("scenario", [VISITS, ORDERS, ACTIVE_DAYS])
def test_other_seeds_and_replicates_have_other_luck(scenario: Document) -> None:
    plan = plan_for(**scenario)
    runs = [run_replicate(ReplicateTask(plan, seed, replicate)) for seed, replicate in ((1, 0), (1, 1), (2, 0), (2, 1))]
    series = [tuple(run["daily"]["dau"].tolist()) for run in runs]  # type: ignore[union-attr]
    assert len(set(series)) == 4
    assert tuple(run_replicate(ReplicateTask(plan, 2, 0))["daily"]["dau"].tolist()) == series[2]  # type: ignore[union-attr]


@pytest.mark.parametrize("scenario", [VISITS, ORDERS, ACTIVE_DAYS])
@pytest.mark.parametrize("n_threads", [2, 3, 7])
def test_threads_change_nothing(scenario: Document, n_threads: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sim.engine.threads.WORTH_A_THREAD", 10)
    plan = plan_for(**scenario)
    one, many = (run_replicate(ReplicateTask(plan, 1, 0, True, n)) for n in (1, n_threads))
    assert {name: rows_of(table) for name, table in one.items()} == {
        name: rows_of(table) for name, table in many.items()
    }


def test_threads_have_room_when_everybody_comes_back_every_day(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everybody of the market is a user and active, and the list is longer than the market by its void entries."""
    monkeypatch.setattr("sim.engine.threads.WORTH_A_THREAD", 10)
    always = {"visits": {"a": 1e6, "b": 1e-6}, "lapse": {"a": 1e5, "b": 9e5}}
    plan = plan_for(
        market={"size": 1_000},
        channels={"past": {"kind": "history", "signups": {"2026-01-01": 1_000}}},
        retention={"default": always, "natural_return": "300% / day"},
        horizon="60 days",
    )
    one, many = (run_replicate(ReplicateTask(plan, 1, 0, True, n)) for n in (1, 4))
    assert {name: rows_of(table) for name, table in one.items()} == {
        name: rows_of(table) for name, table in many.items()
    }
    assert one["daily"]["dau"].min() > 850  # type: ignore[union-attr]


def test_a_plan_is_not_written_to() -> None:
    plan = plan_for(**VISITS)
    before = copy.deepcopy(parts_of(plan))
    finished(replace(plan))
    assert parts_of(plan) == before


# --- days before the run


@FEW
@given(documents(), st.sampled_from([1, 7, 400]))
def test_days_before_the_run_change_nothing(scenario: Document, past_days: int) -> None:
    loaded = load_or_pass_over(scenario).scenario
    assert everything(compile_from(loaded, past_days)) == everything(compile_plan(loaded))


def test_a_run_that_draws_by_the_days_of_the_plan_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = load_text(text_of(document(**VISITS))).scenario
    expected = everything(compile_plan(loaded))
    monkeypatch.setattr(World, "draw_day", lambda world, day: day)
    assert everything(compile_from(loaded, 7)) != expected
