"""Stages and changes of budgets: entered on the day of the closed form, and then as if the file had said it by date."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from sim.systems.books.accounts import ACQUISITION
from sim.systems.books.tables import tables_of
from sim.systems.world import World
from tests.verify.worlds import finished, plan_for

Document = dict[str, Any]

ADS: Document = {"kind": "paid", "price": "3 CNY / click", "funnel": {"register": 0.5}}
HALVED: Document = ADS | {"diminishing": {"half_of_reach_at": "400 CNY / day"}}
HOSTS: Document = {"kind": "community", "signups": "3 / day", "price": "8 CNY / sign-up"}
SIGNUPS: Document = {"kind": "paid", "price": "12 CNY / sign-up", "cost": "5 CNY / day"}


def world_of(policy: Document, **sections: Any) -> World:
    """60 days of a shop with four ways to spend a budget."""
    return finished(
        plan_for(
            **{
                "market": {"size": 8_000, "people_per_agent": 2},
                "channels": {"ads": ADS, "more ads": HALVED, "hosts": HOSTS, "bought": SIGNUPS},
                "orders": {"per_active_day": 0.2, "basket": {"mean": "40 CNY"}, "margin": 0.4},
                "policy": policy,
            }
            | sections
        )
    )


def answers(world: World) -> dict[str, Any]:
    """Every table but that of the stages."""
    return {name: table for name, table in tables_of(world).items() if name != "stages"}


def are_alike(one: World, other: World) -> bool:
    """Whether all tables hold the same numbers, but for that of rules: a rule that sets a budget is counted there."""
    first, second = answers(one), answers(other)
    for name, table in first.items():
        if name == "rules":
            continue
        for column, values in table.items():
            a, b = (np.asarray(each[0] if isinstance(each, tuple) else each) for each in (values, second[name][column]))
            if a.shape != b.shape or (a != b).any():
                return False
    return True


BUDGETS = {"ads": "300 CNY / day", "more ads": "200 CNY / day", "hosts": "80 CNY / day", "bought": "90 CNY / day"}
LATER = {"ads": "750 CNY / day", "more ads": "900 CNY / day", "hosts": "0 CNY / day", "bought": "240 CNY / day"}


def dated(on: str) -> Document:
    """The budgets of `LATER` from a date on, by the file."""
    return {"budgets": {name: {"2026-01-01": BUDGETS[name], on: LATER[name]} for name in BUDGETS}}


def test_a_budget_that_a_stage_sets_is_one_that_the_file_dates() -> None:
    stages: Document = {"start": {}, "growth": {"enters": {"on": "2026-01-21"}, "budgets": LATER}}
    found = world_of({"budgets": BUDGETS, "stages": stages})
    assert are_alike(found, world_of(dated("2026-01-21")))
    assert not are_alike(found, world_of(dated("2026-01-22")))
    by_metric: Document = {
        "start": {"budgets": BUDGETS},
        "growth": {"enters": {"metric": "days >= 20"}, "budgets": LATER},
    }
    assert are_alike(found, world_of({"stages": by_metric}))


def test_a_budget_that_a_rule_sets_holds_from_the_next_day() -> None:
    changes = {name: {"to": amount} for name, amount in LATER.items()}
    rules = {"spend": {"when": {"on": "2026-01-20"}, "do": {"budgets": changes}}}
    found = world_of({"budgets": BUDGETS, "rules": rules})
    assert are_alike(found, world_of(dated("2026-01-21")))
    assert not are_alike(found, world_of(dated("2026-01-20")))


def test_a_rule_multiplies_what_is_in_force_up_to_a_bound() -> None:
    change = {"ads": {"times": 1.5, "at_most": "1000 CNY / day"}}
    rules = {"grow": {"when": {"every": "10 days", "from": "2026-01-05"}, "do": {"budgets": change}}}
    world = world_of({"budgets": BUDGETS, "rules": rules})
    n_changes = np.clip((np.arange(60) - 5) // 10 + 1, 0, None)
    expected = np.minimum(300 * 1.5**n_changes, 1000)
    assert world.channels.budgets[:, 0] == pytest.approx(expected)
    assert world.channels.budgets[:, 0] != pytest.approx(np.minimum(300 * 1.6**n_changes, 1000))
    assert -world.ledger.by_account[ACQUISITION, :, 0] == pytest.approx(np.rint(expected * 100))
    assert (world.plan.channels.budgets[:, 0] == 300).all()  # the plan is shared by replicates and never changes


def test_income_that_a_stage_sets_is_income_that_the_file_dates() -> None:
    stages: Document = {
        "start": {},
        "earning": {
            "enters": {"on": "2026-02-01"},
            "advertising_per_active_day": "0.0213 CNY",
            "commission": "3%",
        },
    }

    def by_date(on: str) -> World:
        income = {
            "advertising_per_active_day": {"2026-01-01": "0 CNY", on: "0.0213 CNY"},
            "commission": {"2026-01-01": 0, on: "3%"},
        }
        return world_of({"budgets": BUDGETS}, income=income)

    found = world_of({"budgets": BUDGETS, "stages": stages})
    assert are_alike(found, by_date("2026-02-01"))
    assert not are_alike(found, by_date("2026-02-02"))


def growing(stages: Document, horizon: str = "40 days") -> World:
    """100 sign-ups a day, exactly."""
    signups = {f"2026-01-{day:02d}": 100 for day in range(1, 32)}
    return world_of({"stages": stages}, channels={"past": {"kind": "history", "signups": signups}}, horizon=horizon)


@pytest.mark.parametrize(
    ("users", "n_days", "expected"),
    [(1_000, 1, 10), (1_000, 3, 12), (1_001, 1, 11), (3_100, 7, 37), (3_101, 1, None), (0, 1, 0)],
)
def test_a_stage_is_entered_when_its_metric_has_held(users: int, n_days: int, expected: int | None) -> None:
    """u sign-ups a day reach n users on the evening of day ceil(n / u) - 1, seen on the next morning."""
    enters = {"metric": f"users >= {users}", "for": f"{n_days} days"}
    world = growing({"0→1": {}, "1→n": {"enters": enters}})
    assert world.stage_days == ([0] if expected is None else [0, expected])
    table = tables_of(world)["stages"]
    assert np.asarray(table["day"]).tolist() == [0, -1 if expected is None else expected]
    assert np.asarray(table["entered"]).tolist() == [1, int(expected is not None)]


def test_a_condition_that_breaks_begins_anew() -> None:
    enters = {"metric": "days >= 5 and days != 8", "for": "4 days"}
    assert growing({"a": {}, "b": {"enters": enters}}).stage_days == [0, 12]
    assert growing({"a": {}, "b": {"enters": enters | {"for": "3 days"}}}).stage_days == [0, 7]


def test_stages_come_in_order_and_never_go_back() -> None:
    stages: Document = {
        "a": {},
        "b": {"enters": {"metric": "days >= 20"}},
        "c": {"enters": {"metric": "days >= 3", "for": "10 days"}},
        "d": {"enters": {"metric": "days == 25"}},
        "e": {"enters": {"on": "2026-01-02"}},
    }
    world = growing(stages)
    # c has held since day 12, and waits for b; e's date is long past when d comes.
    assert world.stage_days == [0, 20, 20, 25, 25]
    assert growing(stages | {"d": {"enters": {"metric": "days == 19"}}}).stage_days == [0, 20, 20]
