"""Content over random worlds: items, stock and books add up, and what nobody reads moves nobody."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sim.systems.books.accounts import CREATION
from sim.systems.books.tables import tables_of
from sim.systems.plan import compile_plan
from sim.systems.world import World
from tests.property.scenarios import documents, load_or_pass_over
from tests.property.test_nothing_else_moves import FEW, everything
from tests.verify.worlds import finished

Document = dict[str, Any]
SHARES = st.sampled_from([0.0, 0.1, 0.5, 1.0])
FACTORS = st.sampled_from([0.3, 1.0, 2.5])
OWN = ("content", "ledger", "daily", "by_channel", "by_segment")
"""Tables that tell of content's own costs; all others must not move where nobody reads."""


@st.composite
def with_content(draw: st.DrawFn) -> Document:
    """A random scenario with two kinds of content, one of which the team pays for, reviews and makes."""
    document: Document = copy.deepcopy(draw(documents()))
    document["content"] = {name: draw(kinds()) for name in ("answers", "notes")}
    document["policy"]["content"] = {
        "answers": {
            "reward": {"money": "0.37 CNY"},
            "moderation": {"reviews": draw(SHARES), "cost": "0.13 CNY"},
            "seeds": {"items": f"{draw(st.sampled_from([0, 0.7, 12]))} / day", "cost": "3.33 CNY"},
        }
    }
    return document


@st.composite
def kinds(draw: st.DrawFn) -> Document:
    """A kind of content."""
    appeal = {"half_at": draw(st.sampled_from([1, 40])), "steepness": draw(st.sampled_from([0.5, 1, 3]))}
    kind = {
        "creators": draw(SHARES),
        "creates": draw(st.sampled_from([0.0, 0.2, 7.5])),
        "reward": {"creates": draw(FACTORS), "bad": draw(FACTORS), "half_at": "0.50 CNY"},
        "bad": draw(SHARES),
        "half_life": draw(st.sampled_from(["0.5 days", "9 days", "400 days"])),
        "starts_with": draw(st.sampled_from([0, 25])),
        "appeal": appeal | {"activity": draw(FACTORS), "lapse": draw(FACTORS), "measured_at": draw(SHARES)},
    }
    return kind | ({"audience": {"half_at": 20, "least": draw(SHARES)}} if draw(st.booleans()) else {})


def world_of(scenario: Document) -> World:
    return finished(compile_plan(load_or_pass_over(scenario).scenario))


@FEW
@given(with_content())
def test_items_stock_and_books_add_up(scenario: Document) -> None:
    world = world_of(scenario)
    plan, table = world.plan, tables_of(world)["content"]
    of_kind = {name: np.asarray(values).reshape(-1, 2) for name, values in table.items() if name != "kind"}
    counts = {name: of_kind[name] for name in ("creators", "makers", "created", "bad", "reviewed", "removed")}
    assert (counts["makers"] <= counts["creators"]).all()
    assert (counts["creators"] <= tables_of(world)["daily"]["dau"][:, None]).all()
    assert (counts["makers"] <= counts["created"]).all()
    assert (counts["bad"] <= counts["created"]).all()
    assert (counts["removed"] <= np.minimum(counts["bad"], counts["reviewed"])).all()
    assert (counts["reviewed"] <= counts["created"]).all()
    for position, kind in enumerate(plan.content):
        good, bad = kind.starts_with, 0.0
        for day in range(plan.n_run_days):
            made, spoilt = of_kind["created"][day, position], of_kind["bad"][day, position]
            good = good * kind.keeps + made - spoilt + of_kind["seeded"][day, position]
            bad = bad * kind.keeps + spoilt - of_kind["removed"][day, position]
            assert of_kind["stock"][day, position] == round(good)
            assert of_kind["bad_stock"][day, position] == round(bad)
    costs = sum(of_kind[name].sum(axis=1) for name in ("reward_cost", "moderation_cost", "seed_cost"))
    assert np.array_equal(-world.ledger.by_account[CREATION, plan.first_day :].sum(axis=1), costs)
    expected = 37 * (of_kind["created"] - of_kind["removed"])[:, 0] + 333 * of_kind["seeded"][:, 0]
    assert np.array_equal(costs, expected + 13 * of_kind["reviewed"][:, 0])


@FEW
@given(with_content())
def test_what_nobody_reads_moves_nobody(scenario: Document) -> None:
    unread, none = copy.deepcopy(scenario), copy.deepcopy(scenario)
    segments = load_or_pass_over(scenario).scenario.market.segments
    for kind in unread["content"].values():
        kind["by_segment"] = {segment: {"reads": 0} for segment in segments}
    del none["content"], none["policy"]["content"]
    told, plain = (everything(compile_plan(load_or_pass_over(one).scenario)) for one in (unread, none))
    for name in plain:
        if name not in OWN:
            assert told[name] == plain[name], name
