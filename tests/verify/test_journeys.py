"""Journeys against closed forms: times, Little's law, funnels, lines, ties and books; each with a sabotaged twin."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from scipy.stats import expon, lognorm

from sim.engine.draws import purpose
from sim.systems.audiences.columns import select
from sim.systems.books.accounts import JOURNEYS
from sim.systems.books.tables import tables_of
from sim.systems.journeys.plan import BYTES_IN_LINE
from sim.systems.journeys.roads import (
    DROPPED_OUT,
    ENTERED,
    GAVE_UP,
    NO_VISITORS,
    PASSED,
    Journeys,
    n_passed,
)
from sim.systems.plan import Plan
from sim.systems.world import World
from tests.verify.measuring import LIMIT, altered, largest, replicates, z_of_count, z_of_sample
from tests.verify.test_satisfaction import ALWAYS, is_same, without
from tests.verify.worlds import finished, plan_for

Document = dict[str, Any]
F64 = npt.NDArray[np.float64]
I64 = npt.NDArray[np.int64]

OWN_TABLES = ("journeys", "journey_times", "touchpoints")


def journey_plan(steps: Document, *, days: int = 60, seeds: Document | int = 5000, **sections: Any) -> Plan:
    """Users on record who take the steps of one journey; `seeds` are those of the first day, or by date."""
    signups = {"2026-01-01": seeds} if isinstance(seeds, int) else seeds
    n = sum(signups.values())
    return plan_for(
        **(
            {
                "market": {"size": n},
                "channels": {"past": {"kind": "history", "signups": signups}},
                "horizon": f"{days} days",
                "journeys": {"car": {"steps": steps}},
            }
            | sections
        )
    )


def every_day(n: int, days: int) -> Document:
    """So many users on record on each of the days."""
    first = np.datetime64("2026-01-01")
    return {str(first + day): n for day in range(days)}


def journeys_of(world: World) -> Journeys:
    assert world.journeys is not None
    return world.journeys


def altered_step(plan: Plan, step: int, path: str, change: Callable[[Any], Any]) -> Plan:
    """The plan with a field of one step changed."""
    steps = list(plan.journeys.steps)
    steps[step] = altered(steps[step], path, change)
    return altered(plan, "journeys.steps", lambda _: tuple(steps))


def altered_touchpoint(plan: Plan, path: str, change: Callable[[Any], Any]) -> Plan:
    """The plan with a field of its first touchpoint changed."""
    return altered(plan, "journeys.touchpoints", lambda found: (altered(found[0], path, change), *found[1:]))


# --- how long steps take

TIMES = {
    "exponential": ({"takes": "12.5 days"}, expon(scale=12.5)),
    "log-normal": (
        {"takes": "21 days", "takes_spread": 0.8},
        lognorm(np.sqrt(np.log1p(0.64)), scale=21 / np.sqrt(1.64)),
    ),
    "short": ({"takes": "0.4 days"}, expon(scale=0.4)),
}


def days_taken(plan: Plan) -> F64:
    """The days of each user who has passed the first step."""
    times = journeys_of(finished(plan)).times[0]
    return np.repeat(np.arange(times.size), times).astype(np.float64)


def p_at_most(days: int, distribution: Any) -> float:
    """P(floor(X + U) <= days): a time with its part of a day drawn, U uniform on (0, 1)."""
    u = (np.arange(2000) + 0.5) / 2000
    return float(distribution.cdf(days + 1 - u).mean())


@pytest.mark.parametrize("kind", TIMES)
def test_times_follow_their_distribution(kind: str) -> None:
    """Mean, median and ninth decile, of 20,000 who enter on one day."""
    written, distribution = TIMES[kind]
    plan = journey_plan({"test": written}, days=600, seeds=20_000)
    slower = altered_step(plan, 0, "takes_days", lambda days: days * 1.06)

    def distances(plan: Plan) -> list[float]:
        found = days_taken(plan)
        ends = [int(distribution.ppf(share)) for share in (0.5, 0.9)]
        shares = [(float((found <= end).sum()), p_at_most(end, distribution)) for end in ends]
        return [z_of_sample(found, distribution.mean()), *(z_of_count(n, found.size, p) for n, p in shares)]

    assert days_taken(plan).size > 19_990
    assert abs(largest(distances(plan))) < LIMIT
    assert max(map(abs, distances(slower))) > LIMIT


def test_a_constant_time_is_constant_and_parts_of_a_day_are_drawn() -> None:
    whole = journey_plan({"test": {"takes": "7 days", "takes_spread": 0}})
    assert set(days_taken(whole)) == {7.0}
    found = days_taken(journey_plan({"test": {"takes": "7.3 days", "takes_spread": 0}}))
    assert set(found) == {7.0, 8.0}
    assert abs(z_of_count(float((found == 8).sum()), found.size, 0.3)) < LIMIT
    assert abs(z_of_count(float((found == 8).sum()), found.size, 0.34)) > LIMIT


def in_step(world: World, step: int) -> F64:
    """Users in a step at the end of each day."""
    counts = journeys_of(world).steps[step]
    left = counts[:, [PASSED, DROPPED_OUT, GAVE_UP]].sum(axis=1)
    inside: F64 = np.cumsum(counts[:, ENTERED] - left).astype(np.float64)
    return inside


def test_littles_law() -> None:
    """In a steady stream the number in a step is the inflow times the mean time, whatever the distribution."""
    steps = {"lead": {"takes": "15 days"}, "test": {"takes": "20 days", "takes_spread": 0.5, "pass": "40%"}}
    plan = journey_plan(steps, days=240, seeds=every_day(40, 240))
    found = replicates(plan, 12, lambda world: [in_step(world, step)[180:].mean() for step in (0, 1)])
    assert abs(largest(z_of_sample(found[:, step], 40 * mean) for step, mean in ((0, 15), (1, 20)))) < LIMIT
    slower = replicates(
        altered_step(plan, 1, "takes_days", lambda days: days * 1.1), 12, lambda world: in_step(world, 1)[180:].mean()
    )
    assert abs(z_of_sample(slower, 40 * 20)) > LIMIT


# --- who passes

RATES = (0.7, 0.5, 0.8)


def test_a_journey_without_waits_is_the_onboarding_funnel() -> None:
    """Both pass the product of their rates; the journey as `onboarding` does, step by step."""
    names = ("profile", "tour", "first post")
    plan = journey_plan(
        {name: {"pass": rate} for name, rate in zip(names, RATES, strict=True)},
        seeds=20_000,
        days=2,
        onboarding={"steps": {name: {"pass": rate} for name, rate in zip(names, RATES, strict=True)}},
    )
    world = finished(plan)
    by_journey = journeys_of(world).steps[:, :, PASSED].sum(axis=1)
    by_onboarding = world.tallies.passed.sum(axis=1)
    products = np.cumprod(RATES)
    for passed in (by_journey, by_onboarding):
        assert abs(largest(z_of_count(float(n), 20_000, p) for n, p in zip(passed, products, strict=True))) < LIMIT
    assert abs(z_of_count(float(by_journey[-1]), 20_000, products[-1] * 1.05)) > LIMIT
    assert set(days_taken(plan)) == {0.0}


def rates_on(plan: Plan, step: int, day: int) -> F64:
    """Who passes a step on a day, by cell."""
    one = plan.journeys.steps[step]
    rates: F64 = one.pass_rates[one.rates_of_day[day]]
    return rates


def test_odds_move_by_segment_channel_and_policy() -> None:
    """From 40% twice the odds make 4/7; odds of nothing stay nothing, a certainty stays one."""
    steps = {
        "test": {"pass": "40%", "by_segment": {"b": 2}, "by_channel": {"other": 0}},
        "order": {"pass": "100%", "by_segment": {"b": 0.1}},
    }
    plan = journey_plan(
        steps,
        market={"size": 5000, "segments": {"a": {"share": 0.5}, "b": {"share": 0.5}}},
        channels={
            "past": {"kind": "history", "signups": {"2026-01-01": 10}},
            "other": {"kind": "history", "signups": {"2026-01-01": 10}},
        },
        policy={"journeys": {"car": {"test": {"passes": {"2026-01-01": 1, "2026-01-03": 3}}}}},
    )
    assert np.allclose(rates_on(plan, 0, 0), [0.4, 4 / 7, 0, 0])
    assert np.allclose(rates_on(plan, 0, 2), [2 / 3, 0.8, 0, 0])
    assert np.array_equal(rates_on(plan, 1, 0), np.ones(4))


def test_commissions_move_the_channel_that_gets_them() -> None:
    """1 + (most − 1) · paid / (paid + half) on the odds."""
    steps = {"order": {"pass": "50%", "commission": {"passes": 3, "half_at": "1000 CNY"}}}
    channels = {name: {"kind": "history", "signups": {"2026-01-01": 10}} for name in ("dealer", "own")}
    plan = journey_plan(
        steps, channels=channels, policy={"journeys": {"car": {"order": {"commissions": {"dealer": "1000 CNY"}}}}}
    )
    assert np.allclose(rates_on(plan, 0, 0), [2 / 3, 0.5])


def test_who_has_lost_the_habit_passes_less() -> None:
    """All have lapsed but those who never do: half the odds for them."""
    visits = {"visits": {"a": 1, "b": 1}, "lapse": {"a": 1e6, "b": 1}}
    steps = {"test": {"takes": "20 days", "takes_spread": 0, "pass": "50%", "lapsed": 0.5}}
    plan = journey_plan(steps, seeds=20_000, retention={"default": visits})
    world = finished(plan)
    assert not world.people.engaged[: world.people.n].any()
    passed = float(journeys_of(world).steps[0, :, PASSED].sum())
    assert abs(largest([z_of_count(passed, 20_000, 1 / 3)])) < LIMIT
    assert abs(z_of_count(passed, 20_000, 0.5)) > LIMIT


# --- ties

TIES = {"privileges": {"car": {"lapse": 0.3}, "friends": {"lapse": 0.5}}}


def test_ties_lower_lapse_exactly() -> None:
    """1 − (1 − lapse) to the power of the product of what is held, from the day after; and of nobody else."""
    steps = {"order": {"pass": "60%", "gives": ["car"]}, "use": {"pass": "50%", "gives": ["friends"]}}
    world = finished(journey_plan(steps, days=5, **TIES))
    people, n = world.people, world.people.n
    passed = n_passed(journeys_of(world).roads[0].at[:n])
    power = np.array([1, 0.3, 0.15])[passed]
    expected = -np.expm1(np.log1p(-people.lapse[:n].astype(np.float64)) * power)
    assert np.allclose(people.steady_lapse[:n], expected, rtol=1e-5)
    assert not np.allclose(
        people.steady_lapse[:n], -np.expm1(np.log1p(-people.lapse[:n].astype(np.float64)) * power * 1.01), rtol=1e-5
    )
    assert np.array_equal(people.steady_lapse[:n][passed == 0], people.lapse[:n][passed == 0])
    holders = [int(world.tallies.statuses[giver, -1, 0]) for giver in (0, 1)]
    assert holders == [int((passed >= 1).sum()), int((passed == 2).sum())]


def test_ties_keep_users_as_a_lower_hazard_does() -> None:
    """With the same hazard for all, who holds the tie is still there after n days with (1 − h)^(0.3 n)."""
    retention = {"default": {"visits": {"a": 1e6, "b": 1e-3}, "lapse": {"a": 1e6, "b": 5e7}}}  # h = 2% a day
    plan = journey_plan({"order": {"gives": ["car"]}}, seeds=20_000, days=41, retention=retention, **TIES)
    hazard = float(finished(plan).people.lapse[0])

    def survivors(plan: Plan) -> float:
        world = finished(plan)
        return float(world.people.engaged[: world.people.n].sum())

    assert abs(largest([z_of_count(survivors(plan), 20_000, (1 - hazard) ** (0.3 * 40))])) < LIMIT
    weaker = altered(plan, "holdings.lifts", lambda lifts: lifts * 0.9)
    assert abs(z_of_count(survivors(weaker), 20_000, (1 - hazard) ** (0.3 * 40))) > LIMIT


def test_advocates_count_as_more_in_word_of_mouth() -> None:
    """Who has passed talks three times as much: the pressure is that of so many more users."""
    channels = {
        "past": {"kind": "history", "signups": {"2026-01-01": 2000}},
        "friends": {"kind": "word_of_mouth", "contacts_per_user_day": 0.001},
    }
    steps = {"use": {"pass": "50%", "advocacy": 3}}
    plan = journey_plan(steps, channels=channels, market={"size": 1_000_000}, days=30)
    plain = altered(
        plan, "holdings.givers", lambda givers: tuple(altered(one, "advocacy", lambda _: 1.0) for one in givers)
    )
    found, without_them = (replicates(each, 12, lambda world: world.people.n - 2000) for each in (plan, plain))
    ratio = found.mean() / without_them.mean()
    assert 1.85 < ratio < 2.2, "half of the users count three times; a few newcomers bring some more"
    world = finished(plan)
    assert world.holdings.extra_users == 2.0 * world.tallies.statuses[0, -1, 0] > 0


# --- luck


def test_a_day_of_a_touchpoint_is_borne_by_who_came_on_it() -> None:
    """One channel brings users on the first day, another on the second; on the third nobody comes, and all bear it."""
    channels = {
        name: {"kind": "history", "signups": {f"2026-01-0{day}": 100 * day}} for name, day in (("a", 1), ("b", 2))
    }
    shop = {"shop": {"cost": "90 CNY / day"}}
    plan = journey_plan({"test": {"at": "shop"}}, days=3, seeds=300, channels=channels, policy={"touchpoints": shop})
    assert finished(plan).ledger.by_account[JOURNEYS].tolist() == [[-9000, 0], [0, -9000], [-3000, -6000]]


def passers(world: World, step: int) -> set[int]:
    """The persons who have passed a step of the first journey."""
    n = world.people.n
    rows = n_passed(journeys_of(world).roads[0].at[:n]) > step
    return set(world.people.person[:n][rows].tolist())


def test_no_two_steps_share_their_luck() -> None:
    """Names may have colons, and where one ends and the other begins is told all the same."""
    half, names = {"pass": "50%"}, (("a", "b:c"), ("a:b", "c"), ("a::b", "c"), ("a", "b::c"))
    journeys: Document = {}
    for journey, step in names:
        journeys.setdefault(journey, {"steps": {}})["steps"][step] = half
    plan = plan_for(journeys=journeys)
    assert len({step.purpose for step in plan.journeys.steps}) == len(names)
    assert plan_for(journeys={"car": {"steps": {"lead": half}}}).journeys.steps[0].purpose == purpose(
        "journey:car:lead"
    )


def test_an_eased_step_keeps_all_who_passed_before() -> None:
    steps = {"lead": {"takes": "10 days"}, "test": {"pass": "40%"}, "order": {"pass": "50%"}}
    today = finished(journey_plan(steps))
    eased = finished(journey_plan(steps, policy={"journeys": {"car": {"test": {"passes": 1.5}}}}))
    other = finished(journey_plan({"lead": {"takes": "10 days"}, "drive": {"pass": "40%"}, "order": {"pass": "50%"}}))
    for step in (1, 2):
        assert passers(today, step) < passers(eased, step)
        assert not passers(today, step) < passers(other, step), "another step has its own luck"


def test_a_shorter_time_is_shorter_for_each() -> None:
    """The day on which one passes moves smoothly with the mean, never the other way, and luck at other steps stays."""
    steps = {"lead": {"takes": "30 days", "takes_spread": 0.8}, "test": {"pass": "40%"}}
    plan = journey_plan(steps, days=600)
    faster = altered_step(plan, 0, "takes_days", lambda days: days * 0.9)

    def days(world: World) -> dict[int, int]:
        people, road = world.people, journeys_of(world).roads[0]
        return dict(zip(people.person[: people.n].tolist(), road.since[: people.n].tolist(), strict=True))

    before, after = days(finished(plan)), days(finished(faster))
    moved = np.array([after[person] - before[person] for person in before])
    assert moved.max() <= 0
    assert (np.abs(moved + 0.1 * np.array(list(before.values()))) < 1.5).all()
    assert passers(finished(plan), 1) == passers(finished(faster), 1)


# --- what is said of users


def test_expressions_read_where_users_are() -> None:
    steps = {"lead": {"takes": "10 days"}, "test": {"takes": "20 days", "takes_spread": 0, "pass": "50%"}, "order": {}}
    statuses = {"owner": {"enters": 'passed("order")', "review": "1 day"}}
    audiences = {
        "testing": 'step("car") == "test"', "late": 'step("car") == "test" and days_in_step("car") > 15',
        "done": 'step("car") == "finished"', "gone": 'step("car") == "left"', "bought": 'passed("order")',
        "led": 'passed("lead")',
    }  # fmt: skip
    plan = journey_plan(steps, days=40, retention=ALWAYS, policy={"audiences": audiences, "statuses": statuses})
    world = finished(plan)
    n, road = world.people.n, journeys_of(world).roads[0]
    at, since = road.at[:n].astype(int), road.since[:n].astype(int)
    expected = {
        "testing": at == 3, "late": (at == 3) & (39 - since > 15), "done": at == 7, "gone": at % 2 == 0,
        "bought": at >= 7, "led": at >= 3,
    }  # fmt: skip
    for name, rows in expected.items():
        selected = select(world, world.plan.audiences.expressions[f"audience:{name}"], 39)
        assert np.array_equal(selected, rows), name
        assert 0 < selected.sum() < n
    assert int(world.holdings.n_holders[0]) == expected["bought"].sum()


def test_days_are_counted_from_finishing_and_leaving_too() -> None:
    """All enter on the first day, and pass or leave ten days later: on the last of 40 days that was 29 days ago."""
    long_ago = {days: f'days_in_step("car") == {days}' for days in (29, 39)}
    steps = {"lead": {"takes": "10 days", "takes_spread": 0, "pass": "50%"}}
    world = finished(
        journey_plan(steps, days=40, retention=ALWAYS, policy={"audiences": {"a": long_ago[29], "b": long_ago[39]}})
    )
    expressions = world.plan.audiences.expressions
    assert select(world, expressions["audience:a"], 39).all()
    assert not select(world, expressions["audience:b"], 39).any()
    assert 0 < (journeys_of(world).roads[0].at[: world.people.n] == 3).sum() < world.people.n


# --- what it must not do


def told(world: World) -> dict[str, Any]:
    """All tables but the journeys' own, with names where they stand; of statuses none where nobody holds anything."""
    tables = without(tables_of(world), *OWN_TABLES, "statuses")
    return {
        name: {key: np.array(of[1])[of[0]] if isinstance(of, tuple) else of for key, of in table.items()}
        for name, table in tables.items()
        if all(np.size(of[0] if isinstance(of, tuple) else of) for of in table.values())
    }


NOTHING: dict[str, Document] = {
    "all pass at once": {"lead": {}, "test": {"pass": "100%", "at": "shop"}},
    "steps that only count": {"lead": {"pass": "30%", "takes": "9 days"}, "test": {"at": "shop", "patience": "3 days"}},
    "ties without strength": {"lead": {"gives": ["key ring"]}},
}


@pytest.mark.parametrize("idle", NOTHING)
def test_without_strength_not_a_byte_changes(idle: str) -> None:
    world = {
        "orders": {"per_active_day": "10%", "basket": {"mean": "100 CNY"}},
        "channels": {"organic": {"kind": "organic", "signups": "50 / day"}},
        "market": {"size": 10_000},
        "privileges": {"key ring": {}, "car": {"lapse": 0.5}},
    }
    room = {"policy": {"touchpoints": {"shop": {"capacity": "20 / day"}}}}
    plain = told(finished(plan_for(**world, policy={})))
    assert is_same(told(finished(journey_plan(NOTHING[idle], **world, **room))), plain)
    assert not is_same(told(finished(journey_plan({"lead": {"gives": ["car"]}}, **world, **room))), plain)


def test_memory_is_kept_only_where_there_is_a_journey() -> None:
    sizes = {"market": {"size": 20_000}}
    waiting, at_once = (journey_plan({"lead": step}, **sizes) for step in ({"takes": "3 days"}, {}))
    without_any = plan_for(
        **sizes, horizon="60 days", channels={"past": {"kind": "history", "signups": {"2026-01-01": 5000}}}
    )
    assert at_once.people_bytes - without_any.people_bytes == 3 * 20_000
    assert waiting.people_bytes - at_once.people_bytes == 10 * 20_000
    assert finished(without_any).journeys is None
    shop = {"policy": {"touchpoints": {"shop": {"capacity": "1 / day"}}}}
    assert journey_plan({"lead": {"at": "shop"}}, **sizes, **shop).people_bytes - at_once.people_bytes == 16 * 20_000
    assert NO_VISITORS.itemsize == BYTES_IN_LINE
