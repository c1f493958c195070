"""Audiences, layers, flows and early warnings against counts that are made another way, and against closed forms."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from sim.systems.audiences.tables import audience_tables
from sim.systems.world import World
from tests.verify.worlds import finished, plan_for

I64 = npt.NDArray[np.int64]

ALWAYS = {"a": 1e6, "b": 1.0}
LAPSE = 0.03
WITHIN = 14


def text(table: dict[str, Any], column: str) -> npt.NDArray[np.str_]:
    codes, labels = table[column]
    return np.array(labels)[codes]


def shop(**policy: Any) -> World:
    """A small shop whose users come, lapse, return and buy."""
    return finished(
        plan_for(
            horizon="60 days",
            market={"size": 6000, "segments": {"a": {"share": "70%"}, "b": {"share": "30%", "orders": 2.0}}},
            attributes={"city": {"values": {"上海": "30%", "北京": "70%"}}, "score": {"from": 1, "to": 1000}},
            channels={
                "x": {"kind": "organic", "signups": "60 / day"},
                "y": {"kind": "organic", "signups": "20 / day"},
            },
            retention={
                "default": {"visits": {"a": 1.0, "b": 3.0}, "lapse": {"a": 1.0, "b": 30.0}},
                "natural_return": "1% / day",
            },
            orders={"per_active_day": "20%", "basket": {"mean": "100 CNY"}, "margin": "30%"},
            policy=policy,
        )
    )


@pytest.fixture(scope="module")
def world() -> World:
    return shop(
        audiences={
            "buyers": "orders > 0",
            "sleeping": "days_inactive >= 14 and buyers",
            "nobody": "orders > 1000",
            "best": "spend >= quantile(spend, 90%, buyers) and buyers",
        },
        layers={
            "age": {"new": "days_since_signup < 7", "active": "days_inactive < 7", "quiet": "days_inactive < 21"},
            "value": {"head": "rank(spend) <= 100", "waist": "orders > 0"},
        },
    )


def expected_sizes(world: World) -> dict[tuple[str, str], I64]:
    """Users of the last day by audience and cell, one user after the other, from the columns themselves."""
    people, day = world.people, world.plan.n_days - 1
    spends = sorted((int(s) for s in people.spend[: people.n]), reverse=True)
    ninety = np.quantile([s / 100 for s, o in zip(people.spend[: people.n], people.orders, strict=False) if o], 0.9)
    sizes: dict[tuple[str, str], I64] = {}
    for row in range(people.n):
        away, age = day - int(people.last_active[row]), day - int(people.signup_day[row])
        orders, spend = int(people.orders[row]), int(people.spend[row])
        found = [("age", "new" if age < 7 else "active" if away < 7 else "quiet" if away < 21 else "other")]
        is_head = spends.index(spend) < 100
        found.append(("value", "head" if is_head else "waist" if orders else "other"))
        in_audience = {"buyers": orders > 0, "sleeping": orders > 0 and away >= 14}
        in_audience["best"] = orders > 0 and spend / 100 >= ninety
        found += [("", name) for name, is_in in in_audience.items() if is_in]
        for key in found:
            sizes.setdefault(key, np.zeros(world.plan.n_cells, np.int64))[int(people.cell[row])] += 1
    return sizes


def stored_sizes(world: World, day: int) -> dict[tuple[str, str], I64]:
    table: dict[str, Any] = dict(audience_tables(world)["audiences"])
    cell = table["channel"][0] * world.plan.n_segments + table["segment"][0]
    sizes: dict[tuple[str, str], I64] = {}
    for i in np.flatnonzero(table["day"] == day):
        key = (str(text(table, "set")[i]), str(text(table, "audience")[i]))
        sizes.setdefault(key, np.zeros(world.plan.n_cells, np.int64))[cell[i]] += table["users"][i]
    return sizes


def alike(found: dict[tuple[str, str], I64], expected: dict[tuple[str, str], I64]) -> bool:
    return found.keys() == expected.keys() and all((found[key] == expected[key]).all() for key in expected)


def test_sizes_are_those_counted_user_by_user(world: World) -> None:
    found, expected = stored_sizes(world, 59), expected_sizes(world)
    assert found.pop(("", "nobody")).sum() == 0
    assert alike(found, expected)
    expected["age", "quiet"][0] += 1
    assert not alike(found, expected)


def test_layers_are_partitions_of_all_users_on_every_measured_day(world: World) -> None:
    table: dict[str, Any] = dict(audience_tables(world)["audiences"])
    new = np.cumsum(world.tallies.new.sum(axis=1))
    days = np.unique(table["day"]).tolist()
    assert days == [0, 7, 14, 21, 28, 35, 42, 49, 56, 59]
    for day in days:
        for name in ("age", "value"):
            rows = (table["day"] == day) & (text(table, "set") == name)
            assert table["users"][rows].sum() == new[day]
    rows = text(table, "set") == "age"
    lapsed = [table["latent_lapsed"][rows & (table["day"] == day)].sum() for day in (0, 59)]
    assert lapsed == [0, np.count_nonzero(~world.people.engaged[: world.people.n])]


def flows_add_up(world: World, flows: dict[str, Any]) -> bool:
    """Who leaves a layer was in it before, who arrives is in it now, and newcomers have signed up since."""
    new = np.cumsum(world.tallies.new.sum(axis=1))
    days = np.unique(flows["day"]).tolist()
    for name, labels in (("age", ("new", "active", "quiet", "other")), ("value", ("head", "waist", "other"))):
        for before, day in zip([None, *days], days, strict=False):
            rows = (flows["day"] == day) & (text(flows, "layers") == name)
            users, source, target = flows["users"][rows], text(flows, "from")[rows], text(flows, "to")[rows]
            is_new = source == "(sign-up)"
            if users[is_new].sum() != new[day] - (0 if before is None else new[before]):
                return False
            for label in labels:
                was = 0 if before is None else stored_sizes(world, before).get((name, label), np.zeros(1)).sum()
                now = stored_sizes(world, day).get((name, label), np.zeros(1)).sum()
                if users[source == label].sum() != was or users[target == label].sum() != now:
                    return False
    return True


def test_flows_lead_from_the_sizes_before_to_the_sizes_now(world: World) -> None:
    flows: dict[str, Any] = dict(audience_tables(world)["flows"])
    assert flows_add_up(world, flows)
    flows["users"] = flows["users"].copy()
    flows["users"][5] += 1
    assert not flows_add_up(world, flows)


def test_portraits_add_up_to_the_sizes_and_follow_the_declared_shares(world: World) -> None:
    table: dict[str, Any] = dict(audience_tables(world)["portraits"])
    for attribute in ("city", "score"):
        for (name, label), sizes in stored_sizes(world, 59).items():
            rows = (table["day"] == 59) & (text(table, "set") == name) & (text(table, "audience") == label)
            assert table["users"][rows & (text(table, "attribute") == attribute)].sum() == sizes.sum()
    of_city = (table["day"] == 59) & (text(table, "attribute") == "city") & (text(table, "set") == "age")
    n = table["users"][of_city].sum()
    share = table["users"][of_city & (text(table, "value") == "上海")].sum() / n
    assert abs(share - 0.3) < 4 * np.sqrt(0.3 * 0.7 / n)
    scores = set(text(table, "value")[text(table, "attribute") == "score"].tolist())
    assert scores == {f"{100 * i + 1}-{100 * i + 100}" for i in range(10)}


def warned() -> World:
    """Users who come every day until they lapse, at the same hazard: who is away for a day has lapsed."""
    return finished(
        plan_for(
            horizon="31 days",
            market={"size": 60_000},
            channels={"organic": {"kind": "organic", "signups": "3000 / day"}},
            retention={"default": {"visits": ALWAYS, "lapse": {"a": LAPSE * 1e6, "b": (1 - LAPSE) * 1e6}}},
            policy={
                "early_warnings": {
                    "away": {"who": "days_inactive >= 1", "within": f"{WITHIN} days"},
                    "here": {"who": "days_inactive == 0", "within": f"{WITHIN} days"},
                }
            },
        )
    )


def counts_of(world: World, warning: str, day: int) -> tuple[int, int, int, int]:
    table: dict[str, Any] = dict(audience_tables(world)["warnings"])
    row = np.flatnonzero((table["day"] == day) & (text(table, "warning") == warning))[0]
    return tuple(int(table[name][row]) for name in ("active", "flagged", "lost", "flagged_lost"))  # type: ignore[return-value]


def follows(lost: int, n: int, share: float) -> bool:
    return abs(lost - n * share) <= 4 * np.sqrt(n * share * (1 - share))


def test_early_warnings_are_held_against_who_lapses() -> None:
    world = warned()
    for day in (7, 14):
        active, flagged, lost, both = counts_of(world, "here", day)
        others = counts_of(world, "away", day)
        assert others == (active, active - flagged, lost, active - flagged)  # who is away has lapsed, each of them
        assert lost == both + others[3]
        assert follows(both, flagged, 1 - (1 - LAPSE) ** WITHIN)
        assert not follows(both, flagged, 1 - (1 - LAPSE) ** (WITHIN + 2))
    days = np.unique(audience_tables(world)["warnings"]["day"]).tolist()  # type: ignore[arg-type]
    assert days == [0, 7, 14]  # what is due after the horizon has no outcome
