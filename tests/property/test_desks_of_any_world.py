"""Desks and satisfaction over random worlds: no ticket is lost, hours are booked to the cent, values stay in range."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from hypothesis import given
from hypothesis import strategies as st

from sim.systems.books.accounts import SERVICE
from sim.systems.books.tables import tables_of
from sim.systems.plan import compile_plan
from sim.systems.world import World
from tests.property.scenarios import QUICKLY, documents, load_or_pass_over
from tests.verify.worlds import finished

Document = dict[str, Any]
I64 = npt.NDArray[np.int64]


@st.composite
def with_desks(draw: st.DrawFn) -> Document:
    """A scenario with one to three kinds of tickets, all answered by one desk or each by its own."""
    document = draw(documents())
    occasions = ["active day", "sign up", *(["order"] if "orders" in document else [])]
    kinds: Document = {}
    for name in ("a", "乙", "c")[: draw(st.integers(1, 3))]:
        kinds[name] = {
            "for": draw(st.sampled_from(occasions)),
            "brings": draw(st.sampled_from([0.0, 0.05, 0.6, 4.0])),
            "handling": draw(st.sampled_from(["1 minute", "12 minutes", "7 hours"])),
            "resolved": draw(st.sampled_from([0.0, 0.6, 1.0])),
        }
        if draw(st.booleans()):
            kinds[name]["handling_spread"] = draw(st.sampled_from([0, 1.3]))
        if draw(st.booleans()):
            kinds[name]["patience"] = draw(st.sampled_from(["1 minute", "9 minutes", "3 days"]))
    again = {"abandoned": draw(st.sampled_from([0.0, 0.5, 1.0])), "unresolved": draw(st.sampled_from([0.0, 1.0]))}
    shifts = st.fixed_dictionaries(
        {
            "hours": st.sampled_from(["00:00-24:00", "09:00-18:00", "22:30-03:00", "12:00-12:01"]),
            "staff": st.integers(0, 3),
            "on": st.lists(st.sampled_from(["monday", "thursday", "friday", "sunday"]), min_size=1, unique=True),
        }
    )
    groups = [list(kinds)] if draw(st.booleans()) else [[name] for name in kinds]
    desks = {
        f"desk {i}": {
            "serves": group,
            "shifts": {f"s{j}": draw(shifts) for j in range(draw(st.integers(0, 3)))},
            "cost_per_hour": draw(st.sampled_from(["0 CNY", "31.37 CNY"])),
            "first": draw(st.lists(st.sampled_from(["active_days >= 2", "satisfaction < 0"]), max_size=2, unique=True)),
        }
        for i, group in enumerate(groups)
    }
    document["service"] = {
        "tickets": kinds,
        "comes_again": again | {"after": draw(st.sampled_from(["1 day", "3 days"]))},
    }
    document["response"]["satisfaction"] = {
        "half_life": draw(st.sampled_from(["1 day", "40 days"])),
        "pleases": {"resolved": draw(st.sampled_from([0.0, 0.2, 1.0]))},
        "annoys": {"wait": 0.3, "abandoned": draw(st.sampled_from([0.0, 1.0])), "unresolved": 0.5},
        "activity": draw(st.sampled_from([1.0, 2.0])),
        "lapse": draw(st.sampled_from([1.0, 0.3])),
    }
    document.setdefault("policy", {})["desks"] = desks
    return document


def columns(world: World, desk: int) -> dict[str, I64]:
    table = tables_of(world)["service"]
    codes = np.asarray(table["desk"][0])
    return {name: np.asarray(values)[codes == desk] for name, values in table.items() if name != "desk"}


@QUICKLY
@given(document=with_desks())
def test_tickets_and_hours_close_in_any_world(document: Document) -> None:
    world = finished(compile_plan(load_or_pass_over(document).scenario))
    booked = np.zeros(world.plan.n_days, np.int64)
    for desk in range(len(world.plan.service.desks)):
        of = columns(world, desk)
        assert np.array_equal(np.cumsum(of["tickets"] - of["answered"] - of["abandoned"]), of["waiting"])
        assert all((values >= 0).all() for values in of.values())
        assert (of["wait_p50_seconds"] <= of["wait_p90_seconds"]).all()
        assert (of["unresolved"] <= of["answered"]).all()
        assert (of["again"] <= of["tickets"]).all()
        for name in ("tickets", "answered", "abandoned"):
            assert of[f"first_{name}"].sum() <= of[name].sum()
        assert (of["first_wait_seconds"] <= of["wait_seconds"]).all()
        booked += of["cost"]
    assert np.array_equal(-world.ledger.by_account[SERVICE].sum(axis=1), booked)
    table = tables_of(world)["satisfaction"]
    active, total = (np.asarray(table[name]) for name in ("active", "sum_millionths"))
    assert (np.abs(total) <= active * 1_000_000).all()
    assert np.array_equal(active, np.asarray(tables_of(world)["daily"]["dau"]))
