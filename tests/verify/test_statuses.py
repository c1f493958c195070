"""Statuses and privileges against their closed forms: holders, costs to the cent, effects while they are held."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from sim.systems.books.accounts import CONTENT, PRIVILEGES
from sim.systems.books.tables import tables_of
from sim.systems.day import open_world, run_world
from sim.systems.world import World
from tests.verify.measuring import LIMIT, largest, z_of_count
from tests.verify.worlds import finished, plan_for

Document = dict[str, Any]
I64 = npt.NDArray[np.int64]

N, ACTIVE, LAPSE, DAYS = 40_000, 0.3, 0.02, 41
EVERYBODY = "days_since_signup >= 0"


def visits(p: float) -> Document:
    """Everybody alike: active with probability p."""
    return {"a": p * 1e6, "b": (1 - p) * 1e6}


def cohort(statuses: Document, privileges: Document, lapse: float = 0.0, **sections: Any) -> World:
    """N users from the first day on, all alike, over 40 days after it."""
    per_agent = sections.pop("people_per_agent", 1)
    policy = {"statuses": statuses} | sections.pop("policy", {})
    return finished(
        plan_for(
            **{
                "market": {"size": N * per_agent, "people_per_agent": per_agent},
                "channels": {"past": {"kind": "history", "signups": {"2026-01-01": N * per_agent}}},
                "retention": {"default": {"visits": visits(ACTIVE), "lapse": visits(lapse or 1e-9)}},
                "horizon": f"{DAYS} days",
                "privileges": privileges,
                "policy": policy,
            }
            | sections
        )
    )


def of_status(world: World, name: str) -> dict[str, I64]:
    """The columns of one status, by day."""
    table = tables_of(world)["statuses"]
    codes, names = table["status"]
    chosen = np.asarray(codes) == names.index(name)
    return {column: np.asarray(values)[chosen] for column, values in table.items() if column != "status"}


# --- holders


def at_least(k: int, days: int) -> float:
    """P(k or more active days), the day of sign-up included, `days` after it."""
    from scipy.stats import binom

    return float(binom.sf(k - 2, days, ACTIVE))


def test_holders_are_those_of_the_binomial() -> None:
    core = {"enters": "active_days >= 7", "review": "20 days"}
    holders = of_status(cohort({"core": core}, {}), "core")["holders"]
    assert (holders[:21] == 0).all()  # the review of day 0 finds nobody, that of day 20 acts from day 21 on
    assert (holders[21:] == holders[21]).all()
    assert abs(largest([z_of_count(float(holders[21]), N, at_least(7, 20))])) < LIMIT
    assert abs(z_of_count(float(holders[21]), N, at_least(8, 20))) > LIMIT


def test_who_stays_needs_less_than_who_enters() -> None:
    core = {"enters": "active_days >= 7", "stays": "active_days >= 1", "review": "10 days"}
    found = of_status(cohort({"core": core}, {}), "core")
    assert (found["left"] == 0).all()
    # On day 30 whoever had 7 active days by day 10, 20 or 30 holds it: active days only grow.
    assert abs(largest([z_of_count(float(found["holders"][31]), N, at_least(7, 30))])) < LIMIT
    strict = of_status(cohort({"core": core | {"stays": "active_days >= 1_000"}}, {}), "core")
    assert strict["left"][20] == strict["holders"][20] > 0


def test_holders_change_by_who_enters_and_leaves() -> None:
    core = {"enters": "days_inactive < 3", "review": "5 days", "capacity": 9_000, "choose_by": "active_days"}
    found = of_status(cohort({"core": core}, {}, LAPSE), "core")
    assert (np.diff(found["holders"]) == (found["entered"] - found["left"])[:-1]).all()
    assert found["left"].sum() > 0
    assert (found["holders"] <= 9_000).all()
    assert found["holders"].max() == 9_000


def test_capacity_goes_to_the_largest_and_ties_to_chance() -> None:
    core = {"enters": EVERYBODY, "review": "40 days", "capacity": 5_000, "choose_by": "active_days"}
    world = cohort({"core": core | {"review": "30 days"}}, {})
    rows = world.holdings.rows(0, world.people.n)
    assert rows.size == 5_000
    plan = world.plan
    on_day_30: list[I64] = []

    def watch(seen: World, day: int) -> None:
        if day == 30:
            on_day_30.append(seen.people.active_days[: seen.people.n].astype(np.int64))

    run_world(open_world(plan, 1, 0), watch=watch)
    values, is_holder = on_day_30[0], np.isin(np.arange(N), rows)
    assert values[is_holder].min() >= values[~is_holder].max()
    tied = np.flatnonzero(values == values[is_holder].min())
    share = np.isin(tied, rows).mean()
    first_half = np.isin(tied[: tied.size // 2], rows).sum()
    assert abs(largest([z_of_count(float(first_half), tied.size // 2, share)])) < LIMIT
    assert abs(z_of_count(float(tied.size // 2), tied.size // 2 + 1, share)) > LIMIT  # were row numbers to decide


# --- costs


@pytest.mark.parametrize("per_agent", [1, 10])
def test_cost_is_holders_times_days_times_unit(per_agent: int) -> None:
    core = {"enters": EVERYBODY, "review": "7 days", "capacity": 500 * per_agent, "privileges": ["desk"]}
    world = cohort({"core": core}, {"desk": {"cost": "0.31 CNY / day"}}, people_per_agent=per_agent)
    cents = -world.ledger.by_account[PRIVILEGES].sum()
    assert cents == 500 * per_agent * (DAYS - 1) * 31
    assert cents != 500 * per_agent * DAYS * 31
    assert of_status(world, "core")["cost"].sum() == cents


def test_a_month_of_holding_costs_a_month() -> None:
    core = {"enters": EVERYBODY, "review": "1 day", "privileges": ["desk"]}
    world = cohort({"core": core}, {"desk": {"cost": "12 CNY / month"}})
    unit = 12 * 12 / 365
    cents = -float(world.ledger.by_account[PRIVILEGES].sum())
    assert cents / 100 == pytest.approx(N * 40 * unit, rel=1e-5)
    assert cents / 100 != pytest.approx(N * 40 * 12 / 31, rel=1e-3)


def test_orders_of_holders_cost_what_each_costs_and_content_is_worth_what_it_is() -> None:
    core = {"enters": EVERYBODY, "review": "7 days", "privileges": ["delivery"], "content": "0.3 CNY / active day"}
    orders = {"per_active_day": 0.2, "basket": {"mean": "40 CNY", "spread": 0.5}}
    world = cohort({"core": core}, {"delivery": {"cost_per_order": "8 CNY"}}, orders=orders)
    found = of_status(world, "core")
    n_orders, n_active = world.tallies.orders[1:].sum(), world.tallies.dau[1:].sum()
    assert found["orders"].sum() == n_orders > 0
    assert found["active"].sum() == n_active
    assert found["spend"].sum() == world.people.spend[:N].sum()
    assert -world.ledger.by_account[PRIVILEGES].sum() == n_orders * 800
    assert world.ledger.by_account[CONTENT].sum() == n_active * 30
    assert world.ledger.by_account[CONTENT].sum() != n_active * 31


def test_the_books_know_what_statuses_cost() -> None:
    core = {
        "enters": "days_inactive < 4",
        "review": "3 days",
        "privileges": ["desk"],
        "content": "0.01 CNY / active day",
    }
    world = cohort({"core": core}, {"desk": {"cost": "0.0123 CNY / day"}}, LAPSE)
    tables, found = tables_of(world), of_status(world, "core")
    assert (np.asarray(tables["daily"]["cost"]) == found["cost"]).all()
    assert (np.asarray(tables["daily"]["revenue"]) == found["content"]).all()
    contribution = np.asarray(tables["cohorts"]["contribution"]).sum()
    assert contribution == pytest.approx(np.asarray(tables["daily"]["contribution"]).sum(), abs=DAYS)
    rule, names = tables["ledger"]["rule"]
    assert {names[code] for code in np.asarray(rule)} == {"core"}


def test_the_cost_to_serve_of_each_layer() -> None:
    """Tiers by active days on day 20: binomial sizes, each day of holding at the tier's own price."""
    layers = {"tier": {"head": "active_days >= 9", "waist": "active_days >= 6"}}
    prices = {"head": 200, "waist": 31, "other": 2}
    statuses = {
        f"the {tier}": {"enters": f'layer("tier") == "{tier}"', "review": "20 days", "privileges": [f"care {tier}"]}
        for tier in prices
    }
    privileges = {f"care {tier}": {"cost": f"{cents / 100} CNY / day"} for tier, cents in prices.items()}
    world = cohort(statuses, privileges, policy={"layers": layers})
    expected = {"head": at_least(9, 20), "waist": at_least(6, 20) - at_least(9, 20), "other": 1 - at_least(6, 20)}
    holders = {tier: of_status(world, f"the {tier}")["holders"] for tier in prices}
    assert (sum(holders.values())[1:] == N).all()
    for tier, cents in prices.items():
        found = of_status(world, f"the {tier}")
        assert found["cost"].sum() == found["holders"].sum() * cents
        assert abs(largest([z_of_count(float(found["holders"][21]), N, expected[tier])])) < LIMIT
        assert abs(z_of_count(float(found["holders"][21]), N, expected[tier] * 1.06)) > LIMIT


def test_expressions_know_who_holds_what() -> None:
    """Who held `a`, and the privilege, when `b` was reviewed, what was given on that day included."""
    a = {"enters": "days_since_signup == 0", "review": "30 days", "capacity": 900, "privileges": ["desk"]}
    b = {"enters": 'holds("a") and holds("desk")', "review": "10 days"}
    c = {"enters": 'not holds("a")', "review": "10 days"}
    world = cohort({"a": a, "b": b, "c": c}, {"desk": {"cost": "1 CNY / day"}})
    assert (of_status(world, "b")["holders"][1:31] == 900).all()
    assert (of_status(world, "c")["holders"][1:31] == N - 900).all()
    # Reviews of one day follow the file: on day 30 nobody qualifies for `a`, and `b`, which comes later, sees that.
    assert of_status(world, "a")["holders"][31] == 0
    assert of_status(world, "b")["holders"][31] == 0
    first = cohort({"b": b, "a": a}, {"desk": {"cost": "1 CNY / day"}})
    assert of_status(first, "b")["holders"][31] == 900


# --- effects


def share_left(factor_by_day: npt.NDArray[np.float64]) -> float:
    """Ticked: each day a habit is kept with probability (1 - d)^factor."""
    return float((1 - LAPSE) ** factor_by_day[1:].sum())


def engaged(world: World) -> float:
    return float(world.people.engaged[: world.people.n].sum())


def held_on(*stretches: tuple[int, int], factor: float = 0.5) -> npt.NDArray[np.float64]:
    """The factor on the hazard by day: that of the privilege from first to last day, 1 on all others."""
    factors = np.ones(DAYS)
    for first, last in stretches:
        factors[first : last + 1] = factor
    return factors


GENTLE: Document = {"care": {"lapse": 0.5}}


@pytest.mark.parametrize(
    ("enters", "stretches"),
    [
        (EVERYBODY, [(1, 40)]),
        ("days_since_signup < 10", [(1, 10)]),
        ("days_since_signup < 10 or days_since_signup >= 20", [(1, 10), (21, 40)]),
    ],
)
def test_a_held_factor_on_the_hazard_acts_while_it_is_held(enters: str, stretches: list[tuple[int, int]]) -> None:
    core = {"enters": enters, "review": "10 days", "privileges": ["care"]}
    world = cohort({"core": core}, GENTLE, LAPSE)
    assert abs(largest([z_of_count(engaged(world), N, share_left(held_on(*stretches)))])) < LIMIT
    assert abs(z_of_count(engaged(world), N, share_left(held_on(*stretches, factor=0.45)))) > 1.5
    assert abs(z_of_count(engaged(world), N, share_left(held_on()))) > LIMIT
    twice = held_on(*stretches, factor=0.25)
    assert abs(z_of_count(engaged(world), N, share_left(twice))) > LIMIT


def test_a_privilege_of_two_givers_acts_and_costs_once() -> None:
    privileges: Document = {"care": {"lapse": 0.5, "cost": "0.31 CNY / day"}}
    once = {"enters": EVERYBODY, "review": "10 days", "privileges": ["care"]}
    some = once | {"enters": "days_since_signup < 10"}
    alone, both = (cohort(statuses, privileges, LAPSE) for statuses in ({"a": once}, {"b": some, "a": once}))
    assert engaged(alone) == engaged(both)
    assert (alone.tallies.dau == both.tallies.dau).all()
    assert (alone.ledger.by_account[PRIVILEGES] == both.ledger.by_account[PRIVILEGES]).all()
    assert of_status(both, "b")["cost"].sum() == N * 10 * 31
    only_some = cohort({"b": some}, privileges, LAPSE)
    assert engaged(only_some) < engaged(both)


def test_a_privilege_that_a_rule_gives_is_held_for_so_long() -> None:
    rule = {"when": {"on": ["2026-01-01", "2026-01-06"]}, "do": {"privilege": "care", "for": "10 days"}}
    privileges: Document = {"care": {"lapse": 0.5, "cost": "0.31 CNY / day"}}
    world = cohort({}, privileges, LAPSE, policy={"rules": {"gift": rule}})
    found = of_status(world, "gift")
    assert (np.flatnonzero(found["holders"]) == np.arange(1, 16)).all()  # given anew on day 5: to day 15, not twice
    assert -world.ledger.by_account[PRIVILEGES].sum() == N * 15 * 31
    assert abs(largest([z_of_count(engaged(world), N, share_left(held_on((1, 15))))])) < LIMIT
    assert abs(z_of_count(engaged(world), N, share_left(held_on((1, 10))))) > LIMIT


def test_a_budget_commits_what_holding_costs() -> None:
    rule = {
        "when": {"on": "2026-01-03"},
        "do": {"privilege": "care", "for": "10 days"},
        "limits": {"budget": "310 CNY / day"},
    }
    privileges: Document = {"care": {"cost": "0.31 CNY / day"}}
    world = cohort({}, privileges, policy={"rules": {"gift": rule}})
    assert -world.ledger.by_account[PRIVILEGES].sum() == 31_000
    assert of_status(world, "gift")["holders"].max() == 100


def test_a_coupon_does_not_end_what_a_status_holds() -> None:
    """Orders while held: r times the factor, whether a coupon is used meanwhile or not."""
    core = {"enters": EVERYBODY, "review": "50 days", "privileges": ["delivery"]}
    orders = {"per_active_day": 0.2, "basket": {"mean": "40 CNY"}}
    rule = {"when": {"every": "5 days"}, "do": {"message": "push", "coupon": {"off": "1 CNY", "valid_for": "5 days"}}}
    world = cohort(
        {"core": core},
        {"delivery": {"orders": 1.5}},
        orders=orders,
        media={"push": {"open": 1.0}},
        policy={"rules": {"coupons": rule}},
    )
    n_active = float(world.tallies.dau[1:].sum())
    found = float(world.tallies.orders[1:].sum())
    assert abs(largest([(found - 0.3 * n_active) / np.sqrt(0.3 * n_active)])) < LIMIT
    assert abs((found - 0.2 * n_active) / np.sqrt(0.2 * n_active)) > LIMIT


def test_where_orders_are_the_only_activity_a_lift_on_activity_is_one_on_orders() -> None:
    core = {"enters": EVERYBODY, "review": "50 days", "privileges": ["care"]}
    sections: Document = {
        "retention": {"default": {"lapse": visits(1e-9)}},
        "orders": {"while_engaged": "0.1 / day", "basket": {"mean": "40 CNY"}},
    }
    world = cohort({"core": core}, {"care": {"activity": 1.5}}, **sections)
    expected, found = 0.15 * N * (DAYS - 1), float(world.tallies.orders[1:].sum())
    assert abs(largest([(found - expected) / np.sqrt(expected)])) < LIMIT
    assert abs((found - 0.1 * N * (DAYS - 1)) / np.sqrt(expected)) > LIMIT


# --- advocacy


def test_advocates_press_as_if_there_were_more_of_them() -> None:
    core = {"enters": "active_days >= 3", "review": "5 days", "advocacy": 3}
    channels = {
        "organic": {"kind": "organic", "signups": "100 / day"},
        "friends": {"kind": "word_of_mouth", "contacts_per_active_day": 0.05},
    }
    plan = plan_for(channels=channels, policy={"statuses": {"core": core}})
    pressures: list[float] = []
    world = run_world(open_world(plan, 1, 0), watch=lambda seen, day: pressures.append(seen.today.hazards[1, 0]))
    active = of_status(world, "core")["active"]
    dau = world.tallies.dau.sum(axis=1)
    reach = plan.channels.reach_of_person[1, 0]
    assert active.sum() > 0
    assert np.array(pressures[1:]) == pytest.approx(0.05 * (dau + 2 * active)[:-1] * reach)
    assert np.array(pressures[1:]) != pytest.approx(0.05 * dau[:-1] * reach)
