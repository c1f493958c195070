"""Two lives of one person as Python sees them: whom a rule leaves alone lives on, other people are refused."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import sim
from sim.bounds import LIFE_METRICS
from sim.errors import UsageError
from sim.pipeline import LoadedScenario
from sim.systems.books.tables import users_of
from sim.systems.day import open_world
from sim.systems.plan import compile_plan
from sim.systems.totals import COUNTED, run_counted
from tests.verify.worlds import document, finished, load_text, text_of

N_PERSONS = 100
GIFT = {"when": {"inactive_for": "3 days"}, "do": {"coupon": {"off": "20 CNY", "valid_for": "9 days"}}}
RECALL = {"when": {"inactive_for": "5 days"}, "who": "orders >= 1", "do": {"message": "push"}}
WORLD: dict[str, Any] = {
    "market": {"size": N_PERSONS, "segments": {"a": {"share": 0.4}, "b": {"share": 0.6}}},
    "channels": {"organic": {"kind": "organic", "signups": "9 / day"}},
    "retention": {"default": {"visits": {"a": 1.0, "b": 2.0}, "lapse": {"a": 1.0, "b": 9.0}}},
    "orders": {"per_active_day": 0.4, "basket": {"mean": "60 CNY", "spread": 0.5}, "margin": "20%"},
    "media": {"push": {"open": 0.8}},
    "response": {"message": {"brings_back": 0.9}, "coupon": {"orders": 1.5}},
    "horizon": "40 days",
}


def loaded(rules: dict[str, Any], **changes: Any) -> LoadedScenario:
    """The world above with these rules, which give coupons and send messages."""
    sections = copy.deepcopy(WORLD) | copy.deepcopy(changes)
    return load_text(text_of(document(**sections, policy={"rules": rules})))


def messages_of(scenario: LoadedScenario) -> list[int]:
    """Messages of each person: in these policies, how often the rule of messages touched it."""
    world = open_world(compile_plan(scenario.scenario), 1, 0)
    return list(run_counted(world)["messages"].tolist())


def persons_who_differ(baseline: LoadedScenario, other: LoadedScenario) -> set[int]:
    return {n for n in range(N_PERSONS) if sim.compare_lives(baseline, other, n).first_difference is not None}


def test_one_rule_more_changes_nobody_whom_it_does_not_touch() -> None:
    baseline, other = loaded({"gift": GIFT}), loaded({"gift": GIFT, "recall": RECALL})
    touched = {person for person, n in enumerate(messages_of(other)) if n}
    assert 10 < len(touched) < N_PERSONS - 10
    assert persons_who_differ(baseline, other) == touched  # and everybody whom it touches: a message is an event


def test_where_people_meet_a_rule_reaches_others_too() -> None:
    """The twin: users who are brought back bring others."""
    meet = {"friends": {"kind": "word_of_mouth", "contacts_per_active_day": 0.2}}
    world = {"channels": WORLD["channels"] | meet}
    baseline, other = loaded({"gift": GIFT}, **world), loaded({"gift": GIFT, "recall": RECALL}, **world)
    touched = {person for person, n in enumerate(messages_of(other)) if n}
    assert persons_who_differ(baseline, other) - touched


def test_totals_are_those_of_the_users_and_of_the_timeline() -> None:
    baseline, other = loaded({}), loaded({"recall": RECALL})
    users = users_of(finished(compile_plan(other.scenario)))
    row = int(np.argmax(np.asarray(users["messages"])))
    lives = sim.compare_lives(baseline, other, int(np.asarray(users["person"])[row]))
    assert lives.other.totals == {name: int(np.asarray(users[name])[row]) for name in LIFE_METRICS}
    for life in (lives.baseline, lives.other):
        days = [event.what for event in life.events]
        assert days.count("active") + days.count("signed up") == life.totals["active_days"]
    assert lives.baseline.totals["messages"] == 0 < lives.other.totals["messages"]
    assert lives.warnings == ()


def test_what_a_life_is_compared_by_is_what_is_counted() -> None:
    assert LIFE_METRICS == COUNTED


@pytest.mark.parametrize("metric", LIFE_METRICS)
def test_nobody_differs_more_than_the_most_changed(metric: str) -> None:
    baseline, other = loaded({}), loaded({"recall": RECALL})
    found = sim.most_changed(baseline, other, metric)
    totals = [sim.compare_lives(baseline, other, person) for person in range(N_PERSONS)]
    distances = [abs(one.other.totals[metric] - one.baseline.totals[metric]) for one in totals]
    assert found.person == distances.index(max(distances))
    lives = totals[found.person]
    assert (found.baseline, found.other) == (lives.baseline.totals[metric], lives.other.totals[metric])


def test_without_orders_active_days_are_compared() -> None:
    no_orders: dict[str, Any] = {name: section for name, section in WORLD.items() if name != "orders"}
    world = document(**no_orders | {"response": {"message": {"brings_back": 0.9}}})
    rule = {"when": {"inactive_for": "5 days"}, "do": {"message": "push"}}
    baseline, other = (load_text(text_of(world | {"policy": {"rules": one}})) for one in ({}, {"recall": rule}))
    assert sim.most_changed(baseline, other).metric == "active_days"
    with pytest.raises(UsageError, match=r"nobody differs in spend .*; somebody does in active_days, messages"):
        sim.most_changed(baseline, other, "spend")
    assert sim.most_changed(loaded({}), loaded({"recall": RECALL})).metric == "spend"
    steps = {"order": {"pass": 0.5, "order": {"price": "50 CNY", "margin": 0.2}}}
    eased = {"journeys": {"way": {"order": {"passes": 3}}}}
    ways = [load_text(text_of(world | {"journeys": {"way": {"steps": steps}}, "policy": one})) for one in ({}, eased)]
    assert sim.most_changed(*ways).metric == "spend"


def test_a_user_under_one_scenario_only_may_be_the_most_changed() -> None:
    budget = {"channels": {"ads": {"kind": "paid", "price": "2 CNY / click", "funnel": {"register": 0.5}}}}
    less, more = (
        load_text(text_of(document(**WORLD | budget, policy={"budgets": {"ads": f"{amount} CNY / day"}})))
        for amount in (1, 40)
    )
    found = sim.most_changed(less, more)
    lives = sim.compare_lives(less, more, found.person)
    assert lives.baseline.events == ()
    assert found.baseline == 0 < found.other
    assert lives.first_difference is not None
    assert (lives.first_difference.event.what, lives.first_difference.under) == ("signed up", "other")


def begun(folder: Path, n_users: int) -> LoadedScenario:
    """The world above with these first users alone."""
    folder.mkdir(exist_ok=True)
    head = "segment,days_since_signup,days_inactive,active_days,orders,spend\n"
    rows = "".join(f"everyone,{60 + i},{i},9,4,400\n" for i in range(n_users))
    (folder / "users.csv").write_text(head + rows, encoding="utf-8")
    market = {"size": 20, "first_users": {"file": "users.csv"}}
    scenario = folder / "scenario.yaml"
    scenario.write_text(text_of(document(**WORLD | {"market": market})), encoding="utf-8")
    return sim.load(scenario)


def test_what_first_users_did_before_the_run_is_no_total(tmp_path: Path) -> None:
    world = open_world(compile_plan(begun(tmp_path, 20).scenario), 1, 0)
    assert world.people.spend[:20].tolist() == [40_000] * 20
    totals = run_counted(world)
    assert totals["orders"].sum() == world.tallies.orders[world.plan.first_day :].sum() > 0
    assert totals["active_days"].sum() == world.tallies.dau[world.plan.first_day :].sum() > 0


def test_other_first_users_are_other_people(tmp_path: Path) -> None:
    baseline, other = begun(tmp_path / "a", 20), begun(tmp_path / "b", 19)
    with pytest.raises(UsageError, match=r"is not the same person in small: market.first_users"):
        sim.compare_lives(baseline, other, 3)


def test_a_metric_that_a_life_does_not_have_is_refused() -> None:
    with pytest.raises(
        UsageError, match="no metric `profit` of a life; there are spend, orders, active_days, messages"
    ):
        sim.most_changed(loaded({}), loaded({"recall": RECALL}), "profit")


def test_where_nobody_differs_it_is_told() -> None:
    with pytest.raises(UsageError, match=r"^nobody differs in spend, orders, active_days or messages between small"):
        sim.most_changed(loaded({}), loaded({}))


ONE_SEGMENT = {"size": N_PERSONS, "segments": {"a": {"share": 1.0}}}
TURNED = {"size": N_PERSONS, "segments": {"b": {"share": 0.6}, "a": {"share": 0.4}}}


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"market": WORLD["market"] | {"size": 120}}, "market.size 100 / 120;"),
        ({"market": WORLD["market"] | {"people_per_agent": 2}}, "market.people_per_agent nothing / 2;"),
        ({"market": ONE_SEGMENT}, "market.segments.a.share 0.4 / 1.0; market.segments.b"),
        ({"market": TURNED}, "the order of market.segments;"),
        ({"start": "2026-02-01"}, "start 2026-01-01 / 2026-02-01;"),
        ({"horizon": "30 days"}, "do not run for the same days: horizon 40 days / 30 days; give both --days N"),
    ],
)
def test_scenarios_of_other_people_are_refused(changes: dict[str, Any], told: str) -> None:
    baseline, other = loaded({}), loaded({"recall": RECALL}, **changes)
    for call in (lambda: sim.compare_lives(baseline, other, 3), lambda: sim.most_changed(baseline, other)):
        with pytest.raises(UsageError) as caught:
            call()
        assert told in str(caught.value)


def test_the_same_people_in_another_world_are_warned_of() -> None:
    segments = {"a": {"share": 0.4, "orders": 2}, "b": {"share": 0.6}}
    other = loaded({}, market={"size": N_PERSONS, "segments": segments})
    (warning,) = sim.compare_lives(loaded({}), other, 3).warnings
    assert "differ outside `policy`: market.segments.a.orders nothing / 2" in warning


def test_days_that_are_asked_for_are_those_of_both() -> None:
    lives = sim.compare_lives(loaded({}), loaded({"recall": RECALL}, horizon="30 days"), 3, days=20)
    assert lives.days == 20
    assert all(moment.event.day < 20 for moment in lives.timeline)
