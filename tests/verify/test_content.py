"""Content against closed forms: stock, production, retention, books, the mean field; each with a sabotaged twin."""

from __future__ import annotations

import math
import tracemalloc
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from sim.systems.audiences.columns import select
from sim.systems.books.accounts import CREATION
from sim.systems.books.tables import tables_of
from sim.systems.content.plan import BYTES_PER_CREATOR
from sim.systems.content.schema import MOST_ITEMS, incentive_at
from sim.systems.content.shelf import (
    APPEAL,
    BAD,
    BAD_STOCK,
    CREATED,
    CREATORS,
    MAKERS,
    PROMPTED,
    REMOVED,
    REVIEWED,
    SEEDED,
    STOCK,
    Shelf,
)  # fmt: skip
from sim.systems.day import open_world, run_world
from sim.systems.plan import Plan
from sim.systems.world import World
from tests.verify.mean_field import Habit
from tests.verify.measuring import LIMIT, altered, largest, replicates, z_of_count, z_of_sample
from tests.verify.test_satisfaction import ALWAYS, is_same, without
from tests.verify.worlds import finished, plan_for

Document = dict[str, Any]
F64 = npt.NDArray[np.float64]

N = 4000
KIND: Document = {"creators": 0.1, "creates": 0.5, "half_life": "20 days", "appeal": {"half_at": 500}}


def content_plan(kind: Document | None = None, policy: Document | None = None, **sections: Any) -> Plan:
    """N users of the first day who come every day and stay, with one kind of content."""
    return plan_for(
        **(
            {
                "market": {"size": N},
                "channels": {"past": {"kind": "history", "signups": {"2026-01-01": N}}},
                "horizon": "40 days",
                "retention": ALWAYS,
                "content": {"answers": KIND | (kind or {})},
                "policy": {"content": {"answers": policy or {}}} | sections.pop("more_policy", {}),
            }
            | sections
        )
    )


def altered_content(plan: Plan, path: str, change: Any) -> Plan:
    """The plan with a field of its first kind changed."""
    return altered(plan, "content", lambda content: (altered(content[0], path, change),))


def shelf(world: World) -> Shelf:
    return world.shelves.of_kind[0]


def total(world: World, what: int) -> float:
    return float(shelf(world).counts[:, what].sum())


# --- the stock


def test_the_stock_of_constant_production_is_stationary() -> None:
    """What the team makes is no luck: S = P / (1 - 2^(-1 / half-life)), and the geometric sum on the way there."""
    seeds = {"seeds": {"items": "30 / day"}}
    keeps = 0.5 ** (1 / 20)
    for days in (1, 7, 400):
        world = finished(content_plan({"creators": 0}, seeds, horizon=f"{days} days"))
        assert shelf(world).good == pytest.approx(30 * (1 - keeps**days) / (1 - keeps))
        assert shelf(world).good != pytest.approx(31 * (1 - keeps**days) / (1 - keeps))
    assert shelf(world).good == pytest.approx(30 / (1 - keeps), rel=1e-5)
    other = altered_content(content_plan({"creators": 0}, seeds, horizon="400 days"), "keeps", lambda keeps: keeps**0.9)
    assert shelf(finished(other)).good != pytest.approx(30 / (1 - keeps), rel=0.05)


def test_the_stock_of_creators_is_stationary_too() -> None:
    """N users, a tenth of them with the talent, half an item a day of each."""
    plan = content_plan(horizon="200 days")
    found = replicates(plan, 12, lambda world: shelf(world).good)
    expected = N * 0.1 * 0.5 / (1 - 0.5 ** (1 / 20))
    assert abs(largest([z_of_sample(found, expected)])) < LIMIT
    more = replicates(altered_content(plan, "creates", lambda rate: rate * 1.1), 12, lambda world: shelf(world).good)
    assert abs(z_of_sample(more, expected)) > LIMIT


def test_a_first_stock_ages() -> None:
    world = finished(content_plan({"creators": 0, "starts_with": 1000}, horizon="20 days"))
    assert shelf(world).good == pytest.approx(500)
    assert shelf(world).levels[:, 0].tolist() == [round(1000 * 0.5 ** (day / 20)) for day in range(1, 21)]


def test_seeds_are_whole_items_and_none_is_lost() -> None:
    world = finished(content_plan({"creators": 0}, {"seeds": {"items": "10 / week"}}, horizon="35 days"))
    assert total(world, SEEDED) == 50
    assert set(shelf(world).counts[:, SEEDED]) == {1, 2}


# --- what is made


def test_who_creates_has_the_talent_for_good_and_all_creators_alike() -> None:
    world = finished(content_plan({"creates": 2}))
    found = shelf(world)
    n_creators = int(found.is_creator.sum())
    assert abs(largest([z_of_count(n_creators, N, 0.1)])) < LIMIT
    assert abs(z_of_count(n_creators, N, 0.13)) > LIMIT
    assert (found.counts[:, CREATORS] == n_creators).all()
    made = found.counts[:, CREATED].astype(np.float64)
    assert abs(largest([z_of_sample(made, 2 * n_creators)])) < LIMIT
    assert abs(z_of_sample(made, 2.1 * n_creators)) > LIMIT
    makers = float(found.counts[:, MAKERS].sum())
    assert abs(z_of_count(makers, 40 * n_creators, -math.expm1(-2))) < LIMIT
    assert abs(z_of_count(makers, 40 * n_creators, -math.expm1(-1.9))) > LIMIT


def test_appeal_without_bounds_keeps_all_who_read_and_is_a_number() -> None:
    """All of a full shelf for who reads ten times as much: more than float32 holds, and as good as sure."""
    strong = {"appeal": {"half_at": 1, "activity": 1e6, "lapse": 1e6}, "by_segment": {"everyone": {"reads": 10}}}
    plan = content_plan(
        strong | {"creators": 0, "starts_with": 1e9}, retention={"default": {"d1": "40%", "d7": "20%", "d30": "12%"}}
    )
    world = finished(plan)
    assert np.isfinite(world.today.activity).all()
    assert np.isfinite(world.today.lapse).all()
    assert world.tallies.dau[1].sum() == 0, "all have lapsed"


def test_segments_have_their_own_talent() -> None:
    market = {"size": N, "segments": {"experts": {"share": 0.25}, "readers": {"share": 0.75}}}
    plan = content_plan({"by_segment": {"experts": {"creators": 0.6}, "readers": {"creators": 0}}}, market=market)
    world = finished(plan)
    segment = world.plan.segment_of_cell[world.people.cell[:N]]
    of_experts = int(shelf(world).is_creator[:N][segment == 0].sum())
    assert abs(largest([z_of_count(of_experts, N / 4, 0.6)])) < LIMIT
    assert abs(z_of_count(of_experts, N / 4, 0.7)) > LIMIT
    assert shelf(world).is_creator[:N][segment == 1].sum() == 0


def test_production_follows_the_readers_of_yesterday() -> None:
    """least + (1 - least) R / (R + half_at), where nobody has read before the first day."""
    kind = {"creators": 1, "audience": {"half_at": 1000, "least": 0.2}}
    found = shelf(finished(content_plan(kind))).counts[:, CREATED].astype(np.float64)
    expected = N * 0.5 * (0.2 + 0.8 * N / (N + 1000))
    assert abs(largest([(found[0] - N * 0.5 * 0.2) / np.sqrt(N * 0.5 * 0.2), z_of_sample(found[1:], expected)])) < LIMIT
    assert abs(z_of_sample(found[1:], N * 0.5 * 0.8)) > LIMIT
    half = shelf(finished(content_plan(kind | {"by_segment": {"everyone": {"reads": 0.5}}}))).counts[:, CREATED]
    assert abs(z_of_sample(half[1:], N * 0.5 * (0.2 + 0.8 * 2000 / 3000))) < LIMIT


REWARD = {"reward": {"creates": 4, "bad": 2, "half_at": "2 CNY"}, "bad": 0.2}


def test_rewards_move_creators_as_written() -> None:
    """1 + (most - 1) worth / (worth + half), to the power of each segment's `gain`; the bad share as well."""
    market = {"size": N, "segments": {"a": {"share": 0.5}, "b": {"share": 0.5, "motives": {"gain": 2}}}}
    plan = content_plan(REWARD, {"reward": {"money": "1 CNY", "worth": "4 CNY"}}, market=market)
    kind = plan.content[0]
    assert np.allclose(kind.creates[0], [0.5 * 3, 0.5 * 9])
    assert np.allclose(kind.bad[0], [0.2 * 5 / 3, 0.2 * (5 / 3) ** 2])
    assert not np.allclose(kind.creates[0], [0.5 * 3, 0.5 * 3])
    assert incentive_at(5, 1, 1, 1e6) > MOST_ITEMS, "too much is refused, and a number"


def test_what_the_reward_prompts_is_what_is_missing_without_it() -> None:
    """With the same luck: the twin without a reward makes exactly the rest."""
    paid = finished(content_plan(REWARD, {"reward": {"money": "2 CNY"}}))
    unpaid = finished(content_plan(REWARD))
    assert total(paid, CREATED) - total(paid, PROMPTED) == total(unpaid, CREATED) > 1000
    assert total(paid, PROMPTED) > total(unpaid, CREATED)
    assert total(unpaid, PROMPTED) == 0


def test_bad_items_are_a_share_and_moderation_removes_a_share_of_them() -> None:
    """So many are looked at, and of the bad ones as many are removed; what is made is the same whoever looks."""
    moderation = {"moderation": {"reviews": 0.4, "cost": "0.10 CNY"}}
    world, nobody = (finished(content_plan({"bad": 0.3, "creates": 3}, policy)) for policy in (moderation, {}))
    made, bad, reviewed, removed = (total(world, what) for what in (CREATED, BAD, REVIEWED, REMOVED))
    assert (made, bad) == (total(nobody, CREATED), total(nobody, BAD))
    zs = [z_of_count(bad, made, 0.3), z_of_count(reviewed, made, 0.4), z_of_count(removed, bad, 0.4)]
    assert abs(largest(zs)) < LIMIT
    assert abs(z_of_count(removed, bad, 0.42)) > LIMIT
    assert total(nobody, REMOVED) == total(nobody, REVIEWED) == 0
    everything = finished(content_plan({"bad": 0.3}, {"moderation": {"reviews": 1}}))
    assert total(everything, REMOVED) == total(everything, BAD) > 0
    assert shelf(everything).bad == 0


# --- what it does to readers

HABIT = Habit(1.0, 3.0, 0.668, 3.806)
USERS = 30_000


LATENT = {"default": {"visits": {"a": 1, "b": 3}, "lapse": {"a": 0.668, "b": 3.806}}}


def readers_plan(appeal: Document, *, size: int = USERS, segments: Document | None = None, **own: Any) -> Plan:
    """A cohort before a stock that hardly ages."""
    sections = {key: own.pop(key) for key in ("retention", "orders") if key in own}
    still = {"creators": 0, "creates": 0, "half_life": "10000000 days", "starts_with": 1000}
    return content_plan(
        still | own | {"appeal": {"half_at": 1000} | appeal},
        market={"size": size} | ({} if segments is None else {"segments": segments}),
        channels={"past": {"kind": "history", "signups": {"2026-01-01": size}}},
        horizon="121 days",
        **({"retention": LATENT} | sections),
    )


def distance(world: World, hazard: float, odds: float) -> float:
    """The farthest age from E[a'] B(alpha, beta + f N) / B(alpha, beta)."""
    dau, ages = world.tallies.dau.sum(axis=1), np.array([1, 2, 5, 14, 30, 60, 120])
    expected = HABIT.active(math.log(odds)) * HABIT.kept(hazard * ages)
    return largest(z_of_count(dau[age], USERS, share) for age, share in zip(ages, expected, strict=True))


@pytest.mark.parametrize("lapse", [0.2, 4.0])
def test_retention_with_constant_appeal_is_the_curve_of_another_hazard(lapse: float) -> None:
    """Half of the appeal: the square root of both multipliers."""
    world = finished(readers_plan({"lapse": lapse, "activity": 2.25}))
    assert abs(distance(world, lapse**0.5, 1.5)) < LIMIT
    assert abs(distance(world, lapse**0.5 * 1.25, 1.5)) > LIMIT
    assert abs(distance(world, lapse**0.5, 1.8)) > LIMIT
    assert abs(distance(world, lapse**0.7, 1.5)) > LIMIT


def test_curves_hold_at_the_appeal_at_which_they_were_measured() -> None:
    world = finished(readers_plan({"lapse": 0.2, "activity": 2.25, "measured_at": 0.5}))
    assert abs(distance(world, 1.0, 1.0)) < LIMIT
    empty = finished(readers_plan({"lapse": 0.2, "activity": 2.25, "measured_at": 0.5}, starts_with=0))
    assert abs(distance(empty, 0.2**-0.5, 1 / 1.5)) < LIMIT
    assert abs(distance(empty, 1.0, 1.0)) > LIMIT


def test_appeal_is_steep_and_bad_content_spoils_it() -> None:
    appeal = readers_plan({"steepness": 3, "spoils": 2}).content[0].appeal
    assert appeal.of(1000, 0) == 0.5
    assert appeal.of(2000, 0) == pytest.approx(8 / 9)
    assert appeal.of(2000, 500) == pytest.approx(8 / 9 * 0.8**2)
    assert appeal.of(0, 500) == 0
    assert appeal.of(2000, 0) != pytest.approx(2 / 3)


@pytest.mark.parametrize(("steepness", "stock"), [(500, 100.0), (4, 1e-90), (1, 5e-324)])
def test_a_stock_that_has_all_but_aged_away_appeals_to_nobody(steepness: float, stock: float) -> None:
    assert readers_plan({"steepness": steepness}).content[0].appeal.of(stock, 0) == 0


def test_a_first_stock_may_age_away_altogether() -> None:
    """Half a year at a half-life of half a day: the power of what is left over `half_at` is no number."""
    kind = {"creators": 0, "half_life": "0.5 days", "starts_with": 50, "appeal": {"half_at": 300, "steepness": 4}}
    levels = shelf(finished(content_plan(kind, horizon="400 days"))).levels
    assert levels[0, APPEAL] > 0 == levels[-1, APPEAL]


def test_a_segment_reads_as_much_as_it_does() -> None:
    """Who does not read stays as without content; who reads twice as much, as the square says."""
    segments = {"a": {"share": 0.5}, "b": {"share": 0.5}}
    for reads, hazard in ((0, 1.0), (2, 0.3)):
        by_segment = {"a": {"reads": reads}, "b": {"reads": 0}}
        world = finished(readers_plan({"lapse": 0.3}, size=2 * USERS, segments=segments, by_segment=by_segment))
        dau = world.tallies.dau
        world.tallies.dau = dau[:, world.plan.segment_of_cell == 0]
        assert abs(distance(world, hazard, 1.0)) < LIMIT
        assert abs(distance(world, hazard * 0.85, 1.0)) > LIMIT
        world.tallies.dau = dau[:, world.plan.segment_of_cell == 1]
        assert abs(distance(world, 1.0, 1.0)) < LIMIT


def test_where_orders_are_the_only_activity_appeal_moves_their_rate() -> None:
    orders = {"while_engaged": "10% / day", "basket": {"mean": "100 CNY"}}
    habit = {"default": {"lapse": {"a": 1e-6, "b": 1e6}}}
    world = finished(readers_plan({"activity": 4}, retention=habit, orders=orders))
    found = world.tallies.orders.sum(axis=1)[1:].astype(np.float64)
    assert abs(largest([z_of_sample(found, USERS * 0.2)])) < LIMIT
    assert abs(z_of_sample(found, USERS * 0.202)) > LIMIT


# --- who is honoured


def test_windows_of_expressions_count_what_each_user_has_made() -> None:
    busy = 'created_7d("answers") >= 4 and created("answers") >= 12'
    plan = content_plan({"creators": 0.5}, more_policy={"audiences": {"busy": busy}}, horizon="30 days")
    world, made = open_world(plan, 1, 0), np.zeros((30, N), np.int64)

    def watch(world: World, day: int) -> None:
        made[day, shelf(world).made.rows] = shelf(world).made.items

    run_world(world, watch)
    found = select(world, plan.audiences.expressions["audience:busy"], 29)
    often = made.sum(axis=0) >= 12
    assert np.array_equal(found, (made[23:30].sum(axis=0) >= 4) & often)
    assert 50 < np.count_nonzero(found) < np.count_nonzero((made[22:30].sum(axis=0) >= 4) & often)


# --- the books


def test_the_books_hold_every_cent_and_every_unit() -> None:
    policy = {
        "reward": {"money": "1.27 CNY", "points": {"coins": 30}},
        "moderation": {"reviews": 0.5, "cost": "0.13 CNY"},
        "seeds": {"items": "7 / day", "cost": "3.33 CNY"},
    }
    kind = {"bad": 0.3, "reward": {"half_at": "1 CNY"}}
    world = finished(content_plan(kind, policy, more_policy={"points": {"coins": {}}}))
    made, removed, reviewed, seeded = (total(world, what) for what in (CREATED, REMOVED, REVIEWED, SEEDED))
    costs = [127 * (made - removed), 13 * reviewed, 333 * seeded]
    assert shelf(world).cost_cents.sum(axis=0).tolist() == costs
    assert min(costs) > 1000
    booked = -int(world.ledger.by_account[CREATION].sum())
    assert booked == sum(costs)
    assert booked != 127 * made + 13 * reviewed + 333 * seeded
    rows = world.ledger.rows()
    assert {world.plan.rule_names[rule] for rule in rows["rule"]} == {"answers"}
    assert int(world.wallets["coins"].lots.balance[:N].sum()) == 30 * (made - removed)
    table = tables_of(world)["content"]
    assert [int(table[name].sum()) for name in ("reward_cost", "moderation_cost", "seed_cost")] == costs


def test_an_agent_of_several_persons_makes_what_they_all_make() -> None:
    policy = {"reward": {"money": "1 CNY"}, "seeds": {"items": "7 / day"}}
    world = finished(content_plan({"bad": 0.3}, policy, market={"size": N, "people_per_agent": 4}))
    counts = shelf(world).counts
    assert (counts[:, :SEEDED] % 4 == 0).all()
    assert (counts[:, SEEDED] == 7).all()
    assert abs(total(world, CREATED) / (N * 0.1 * 0.5 * 40) - 1) < 0.15
    assert shelf(world).cost_cents.sum() == 100 * total(world, CREATED)
    keeps = world.plan.content[0].keeps ** np.arange(39, -1, -1)
    assert shelf(world).good == pytest.approx(float((counts[:, CREATED] - counts[:, BAD] + 7) @ keeps))


def test_an_agent_of_several_persons_is_as_many_readers() -> None:
    """As many readers as call forth half of what a full audience does, from the second day on."""
    world = finished(content_plan({"audience": {"half_at": N}}, market={"size": N, "people_per_agent": 4}))
    assert abs(total(world, CREATED) / (N * 0.1 * 0.5 * 39 / 2) - 1) < 0.2


def test_rewards_make_no_more_than_all_of_it_bad() -> None:
    kind = {"bad": 0.6, "reward": {"creates": 1, "bad": 4, "half_at": "1 CNY"}}
    world = finished(content_plan(kind, {"reward": {"money": "9 CNY"}}))
    assert 0 < total(world, CREATED) == total(world, BAD)
    assert abs(total(world, CREATED) / (N * 0.1 * 0.5 * 40) - 1) < 0.1
    keeps = world.plan.content[0].keeps ** np.arange(39, -1, -1)
    assert shelf(world).levels[-1, [STOCK, BAD_STOCK]].tolist() == [0, round(shelf(world).counts[:, BAD] @ keeps)]


# --- what it must not do


def told(world: World) -> dict[str, Any]:
    """All tables but content's own, with names where they stand: the ledger knows the names of content."""
    return {
        name: {key: np.array(of[1])[of[0]] if isinstance(of, tuple) else of for key, of in table.items()}
        for name, table in without(tables_of(world), "content").items()
        if all(np.size(of[0] if isinstance(of, tuple) else of) for of in table.values())
    }


def test_without_strength_not_a_byte_changes() -> None:
    free = {"retention": {"default": {"d1": 0.4, "d7": 0.2}}}
    plain = told(finished(content_plan(content={}, policy=None, more_policy={"content": {}}, **free)))
    strong = {"appeal": {"half_at": 500, "activity": 2, "lapse": 0.3}}
    full = {"reward": {"creates": 3, "half_at": "1 CNY"}, "bad": 0.2}
    assert is_same(told(finished(content_plan(full, **free))), plain)
    assert is_same(told(finished(content_plan(strong | {"by_segment": {"everyone": {"reads": 0}}}, **free))), plain)
    assert is_same(told(finished(content_plan(strong | {"creators": 0}, **free))), plain)
    assert not is_same(told(finished(content_plan(strong, **free))), plain)


def test_memory_is_kept_only_where_there_is_content() -> None:
    with_one, without_any = content_plan(), content_plan(content={}, more_policy={"content": {}})
    assert with_one.people_bytes - without_any.people_bytes == N * (1 + 0.1 * BYTES_PER_CREATOR)
    assert finished(without_any).shelves.of_kind == []


def test_the_estimate_of_memory_covers_creators() -> None:
    crowd = {"market": {"size": 50_000}, "channels": {"past": {"kind": "history", "signups": {"2026-01-01": 50_000}}}}
    few, many = (content_plan({"creators": share}, horizon="4 days", **crowd) for share in (0, 1))
    finished(many)  # what compiling takes is no part of it
    taken = [_peak(plan) for plan in (few, many)]
    estimated = many.people_bytes - few.people_bytes
    assert estimated / 2 < taken[1] - taken[0] < estimated


def _peak(plan: Plan) -> int:
    tracemalloc.start()
    finished(plan)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak
