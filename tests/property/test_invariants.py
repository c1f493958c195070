"""What holds in every run of every scenario: counts and books reconcile, limits and consent are kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given

from sim.engine.draws import draw, person_address
from sim.pipeline import load, plan_of
from sim.systems.books.accounts import ACCOUNTS
from sim.systems.books.metrics import COUNTS, MONEY
from sim.systems.books.tables import tables_of, users_of
from sim.systems.plan import compile_plan
from sim.systems.rules.plan import NO_LIMIT
from sim.systems.world import RULE_COUNTS, World
from tests.cases.files import FILES
from tests.property.scenarios import QUICKLY, documents, load_or_pass_over
from tests.verify.test_twin import VISITS
from tests.verify.worlds import document, finished

I64 = npt.NDArray[np.int64]
Tables = dict[str, dict[str, Any]]


@dataclass
class Run:
    """A finished world with its tables."""

    world: World

    @staticmethod
    def of(scenario: dict[str, Any]) -> Run:
        return Run(finished(compile_plan(load_or_pass_over(scenario).scenario)))

    @cached_property
    def tables(self) -> Tables:
        return tables_of(self.world)

    @cached_property
    def users(self) -> dict[str, Any]:
        return users_of(self.world)

    @property
    def scale(self) -> int:
        return self.world.plan.market.people_per_agent

    def daily(self, name: str) -> I64:
        return np.asarray(self.tables["daily"][name])


def persons_are_users_or_not_yet(run: Run) -> None:
    plan = run.world.plan
    users = run.daily("users")
    assert (np.diff(users) >= 0).all()
    assert (users == np.cumsum(run.daily("new_users"))).all()
    assert users[-1] == run.users["person"].size * run.scale <= plan.market.persons.sum()
    assert np.unique(run.users["person"]).size == run.users["person"].size


def users_are_active_or_dormant(run: Run) -> None:
    n_days, last = run.world.plan.n_days, run.users["last_active"]
    for name, window in (("dau", 1), ("wau", 7), ("mau", 30)):
        assert run.daily(name)[-1] == run.scale * (last > n_days - 1 - window).sum()
    dormant = run.daily("users") - run.daily("mau")
    assert (dormant >= 0).all()
    assert dormant[-1] == run.scale * (last <= n_days - 31).sum()
    assert (run.daily("dau") <= run.daily("wau")).all()
    assert (run.daily("wau") <= run.daily("mau")).all()
    assert (run.daily("new_users") <= run.daily("dau")).all()


def months_add_up(run: Run) -> None:
    mau, new = run.daily("mau"), run.daily("new_users")
    resurrected, churned, retained = run.daily("resurrected"), run.daily("churned"), run.daily("retained")
    assert (np.diff(mau, prepend=0) == new + resurrected - churned).all()
    assert (retained == mau - new - resurrected).all()
    assert min(retained.min(), resurrected.min(), churned.min()) >= 0


def money_is_the_ledgers(run: Run) -> None:
    plan, rows = run.world.plan, run.tables["ledger"]
    account = rows["account"][0]
    groups = {"revenue": 1, "cost": -1}
    for kind, sign in groups.items():
        belongs = np.isin(account, [i for i, a in enumerate(ACCOUNTS) if a.group == kind])
        for table, key in (("daily", None), ("by_channel", "channel"), ("by_segment", "segment")):
            names = 1 if key is None else len(run.tables[table][key][1])
            code = 0 if key is None else rows[key][0]
            sums = np.zeros((plan.n_days, names), np.int64)
            np.add.at(sums, (rows["day"], code), sign * rows["amount"] * belongs)
            assert (sums.ravel() == run.tables[table][kind]).all()
    assert (run.daily("profit") == run.daily("revenue") - run.daily("cost")).all()


def parts_sum_to_the_whole(run: Run) -> None:
    n_days = run.world.plan.n_days
    for table in ("by_channel", "by_segment"):
        for name in (*COUNTS, *MONEY):
            parts = np.asarray(run.tables[table][name]).reshape(n_days, -1)
            assert (parts.sum(axis=1) == run.daily(name)).all(), (table, name)


def the_funnel_narrows(run: Run) -> None:
    plan, funnel = run.world.plan, run.tables["funnel"]
    shape = (len(plan.onboarding.names), plan.n_channels)
    entered, passed = funnel["entered"].reshape(shape), funnel["passed"].reshape(shape)
    assert (passed <= entered).all()
    assert (entered[1:] == passed[:-1]).all()
    if shape[0]:
        assert entered[0].sum() == run.daily("users")[-1]


def probabilities_lie_in_0_to_1(run: Run) -> None:
    people, plan = run.world.people, run.world.plan
    listed = people.engaged_list
    columns = [people.lapse[: people.n], listed.lapse[: listed.n]]
    if plan.retention.clock != 2:
        columns += [people.activity[: people.n], listed.activity[: listed.n]]
    for column in (*columns, plan.onboarding.pass_rates.ravel()):
        assert ((column >= 0) & (column <= 1)).all()
    assert (people.basket[: people.n] >= 0).all()
    for before, after in (("d1_active", "d1_size"), ("d7_active", "d7_size"), ("d30_active", "d30_size")):
        assert (run.daily(before) <= run.daily(after)).all()


def consent_is_kept(run: Run) -> None:
    """Whoever is held out of a rule or has not opted in to its medium, for every rule, has no message."""
    world, plan = run.world, run.world.plan
    for row in range(min(world.people.n, 300)):
        segment = int(world.people.cell[row]) % plan.n_segments
        person = person_address(int(plan.market.addresses[segment]), int(world.people.person[row]))
        is_reachable = any(
            draw(world.key, person, 0, rule.holdout_purpose) >= rule.holdout
            and draw(world.key, person, 0, rule.medium.opt_in_purpose) < rule.medium.opt_in
            for rule in plan.rules
        )
        assert is_reachable or world.people.messages[row] == 0


def limits_hold(run: Run) -> None:
    world, plan = run.world, run.world.plan
    counts = run.world.scaled(world.tallies.rules)
    found = {name: counts[:, :, i] for i, name in enumerate(RULE_COUNTS)}
    sent, opened, returned = found["sent"], found["opened"], found["returned"]
    assert (found["selected"] == found["held_out"] + found["not_reachable"] + found["limited"] + found["acted"]).all()
    assert (found["over_budget"] <= found["limited"]).all()
    assert (found["control"] <= found["held_out"]).all()
    assert (found["treated"] <= found["not_reachable"] + found["limited"] + found["acted"]).all()
    assert (found["delivered"] <= sent).all()
    assert (opened <= found["delivered"]).all()
    assert (found["opt_outs"] <= found["delivered"]).all()
    assert (found["prompted_orders"] <= opened).all()
    assert (returned <= opened).all()
    for rule in plan.rules:
        acted = found["acted"][rule.index]
        assert (sent[rule.index] == (acted if rule.sends else 0)).all()
        assert (acted <= rule.capacity).all()
        face_value = 0 if rule.coupon is None else rule.coupon.face_value_cents
        if face_value >= NO_LIMIT:
            continue
        holding = 0 if rule.gift is None else rule.gift.holding_micro
        micro = acted * (rule.medium.price_micro + 10_000 * face_value + holding)
        assert (micro <= rule.budget_micro).all()
        assert micro.sum() <= rule.total_budget_micro
    assert sent.sum() == run.daily("messages").sum() == run.scale * run.users["messages"].sum()


def orders_add_up(run: Run) -> None:
    orders, buyers, first = run.daily("orders"), run.daily("buyers"), run.daily("first_buyers")
    assert (buyers <= orders).all()
    assert (first <= buyers).all()
    assert orders.sum() == run.scale * run.users["orders"].sum()
    assert first.sum() == run.scale * (run.users["orders"] > 0).sum()
    ledger, names = run.tables["ledger"], [a.name for a in ACCOUNTS]
    off = sum(int(ledger["amount"][ledger["account"][0] == names.index(n)].sum()) for n in ("discounts", "coupons"))
    assert run.daily("gmv").sum() + off == run.scale * run.users["spend"].sum()
    assert (run.users["active_days"] <= run.world.plan.n_days - run.users["signup_day"]).all()


def cohorts_are_the_ledgers(run: Run) -> None:
    """Contribution by cohort is that of the ledger, but for rounding to cents.

    Amounts below a cent are rounded once per ledger entry (advertising: a day and cell; messages: a day, rule and
    cell) and once per row of the cohorts' table, each by at most half a cent.
    """
    world, cohorts = run.world, run.tables["cohorts"]
    plan = world.plan
    n_channels = plan.n_channels
    newborn = cohorts["age"] == 0
    by_channel = np.zeros(n_channels, np.int64)
    np.add.at(by_channel, cohorts["channel"][0][newborn], cohorts["active"][newborn])
    new = run.tables["by_channel"]["new_users"].reshape(plan.n_days, n_channels).sum(axis=0)
    assert (by_channel == new).all()
    assert (cohorts["active"] <= cohorts["size"]).all()
    assert cohorts["active"].sum() == run.daily("dau").sum()
    ledger = run.tables["ledger"]
    rounded = np.isin(
        ledger["account"][0], [i for i, a in enumerate(ACCOUNTS) if a.name in ("advertising", "messages")]
    )
    # An entry that rounds to nothing leaves no row, hence the count of all that could have been booked.
    entries = rounded.sum() + plan.n_days * plan.n_cells * (1 + len(plan.rules))
    bound = 0.5 * (entries + cohorts["age"].size)
    assert abs(int(cohorts["contribution"].sum()) - int(run.daily("contribution").sum())) <= bound


INVARIANTS: tuple[Callable[[Run], None], ...] = (
    persons_are_users_or_not_yet,
    users_are_active_or_dormant,
    months_add_up,
    money_is_the_ledgers,
    parts_sum_to_the_whole,
    the_funnel_narrows,
    probabilities_lie_in_0_to_1,
    consent_is_kept,
    limits_hold,
    orders_add_up,
    cohorts_are_the_ledgers,
)


@QUICKLY
@given(documents())
def test_invariants(generated: dict[str, Any]) -> None:
    run = Run.of(generated)
    for invariant in INVARIANTS:
        invariant(run)


def full_run() -> Run:
    """A run in which everything happens."""
    return Run.of(document(**VISITS))


def one_more(table: str, column: str, row: int = -1) -> Callable[[Run], None]:
    def spoil(run: Run) -> None:
        run.tables[table][column][row] += 1

    return spoil


def message_a_held_out_user(run: Run) -> None:
    world = run.world
    messaged = world.people.messages[: world.people.n]
    messaged[messaged == 0] = 1


def rules_say(**fields: int) -> Callable[[Run], None]:
    """The rules of the plan say something else than those that were run."""

    def spoil(run: Run) -> None:
        plan = run.world.plan
        run.world.plan = replace(plan, rules=tuple(replace(rule, **fields) for rule in plan.rules))

    return spoil


SPOILED: list[tuple[Callable[[Run], None], Callable[[Run], None]]] = [
    (persons_are_users_or_not_yet, one_more("daily", "users")),
    (users_are_active_or_dormant, one_more("daily", "mau")),
    (months_add_up, one_more("daily", "resurrected", 40)),
    (money_is_the_ledgers, one_more("ledger", "amount", 7)),
    (money_is_the_ledgers, one_more("by_segment", "cost", 7)),
    (parts_sum_to_the_whole, one_more("by_channel", "messages", 20)),
    (the_funnel_narrows, one_more("funnel", "entered", -1)),
    (probabilities_lie_in_0_to_1, lambda run: run.world.people.activity.__setitem__(3, 1.001)),
    (consent_is_kept, message_a_held_out_user),
    (limits_hold, lambda run: run.world.tallies.rules.__setitem__((4, 50, 3), 99)),
    *((limits_hold, rules_say(**{field: 0})) for field in ("capacity", "budget_micro", "total_budget_micro", "sends")),
    (orders_add_up, one_more("daily", "gmv", 30)),
    (cohorts_are_the_ledgers, one_more("cohorts", "active", 5)),
    (cohorts_are_the_ledgers, lambda run: run.tables["cohorts"]["contribution"].__imul__(2)),
]


def test_invariants_hold_where_everything_happens() -> None:
    run = full_run()
    for invariant in INVARIANTS:
        invariant(run)


@pytest.mark.parametrize(("invariant", "spoil"), SPOILED)
def test_a_spoiled_number_breaks_its_invariant(invariant: Callable[[Run], None], spoil: Callable[[Run], None]) -> None:
    run = full_run()
    spoil(run)
    with pytest.raises(AssertionError):
        invariant(run)


@pytest.mark.parametrize("path", FILES.values(), ids=FILES)
def test_invariants_hold_in_the_example_cases(path: Path) -> None:
    """Over their first 100 days."""
    run = Run(finished(plan_of(load(path).for_days(100).scenario)))
    for invariant in INVARIANTS:
        invariant(run)


def test_newcomers_advertising_is_booked_to_their_cohort() -> None:
    """Where nothing is rounded, cohorts and ledger agree to the cent."""
    income = {"advertising_per_active_day": "0.05 CNY", "commission": "3%"}
    run = Run.of(document(**VISITS | {"income": income}))
    assert run.tables["cohorts"]["contribution"].sum() == run.daily("contribution").sum()
