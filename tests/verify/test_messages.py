"""Messages in full against closed forms: fatigue, opt-outs, lapses, hours, topics, prompted orders.

Everybody has signed up on the first day, comes every day, and is messaged every day from the second on.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from sim.systems.messages.hours import HOURS_PER_DAY, QuietHours
from sim.systems.plan import Plan
from sim.systems.world import DELIVERED, OPENED, OPT_OUTS, PROMPTED_ORDERS, SELECTED, SENT
from tests.verify.measuring import LIMIT, altered, altered_rule, largest, z_of_count
from tests.verify.recalling import ALWAYS, NEVER_LAPSES, alike
from tests.verify.worlds import finished, plan_for

F64 = npt.NDArray[np.float64]
N, N_DAYS = 30_000, 20
HALF_LIFE = 4.0
FADES = 0.5 ** (1 / HALF_LIFE)


def daily(
    *,
    lapse: Any = NEVER_LAPSES,
    medium: Any = None,
    fatigue: Any = None,
    do: Any = None,
    days: int = N_DAYS,
    **more: Any,
) -> Plan:
    """A message a day to everybody from the second day on."""
    rule = {"when": {"every": "1 day", "from": "2026-01-02"}, "do": {"message": "push"} | (do or {})}
    sections: dict[str, Any] = {
        "market": {"size": N},
        "channels": {"past": {"kind": "history", "signups": {"2026-01-01": N}}},
        "retention": {"default": {"visits": ALWAYS, "lapse": lapse}},
        "media": {"push": {"open": 0.2} | (medium or {})},
        "policy": {"rules": {"ask": rule}},
        "horizon": f"{days} days",
    }
    if fatigue:
        sections["response"] = {"fatigue": {"half_life": f"{HALF_LIFE} days"} | fatigue}
    return plan_for(**sections | more)


def counts_of(plan: Plan, column: int) -> npt.NDArray[np.int64]:
    """A count of the only rule by day."""
    return np.asarray(finished(plan).tallies.rules[1, :, column])


def times_odds(p: float, factor: Any) -> Any:
    return p * factor / (1 - p + p * factor)


def fatigue_before(n_days: int, tires: float = 1.0) -> F64:
    """Before the message of each day: the n-th message meets r + … + r^(n-1)."""
    found = np.zeros(n_days)
    for day in range(2, n_days):
        found[day] = FADES * (found[day - 1] + tires)
    return found


# --- fatigue and opening


def distance_of_opens(plan: Plan, tires: float = 1.0) -> float:
    opened, fatigue = counts_of(plan, OPENED), fatigue_before(N_DAYS, tires)
    return largest(z_of_count(opened[day], N, times_odds(0.2, 0.8 ** fatigue[day])) for day in range(1, N_DAYS))


@pytest.mark.parametrize("tires", [1.0, 0.4, 2.0])
def test_the_tired_open_less(tires: float) -> None:
    assert abs(distance_of_opens(daily(medium={"tires": tires}, fatigue={"open": 0.8}), tires)) < LIMIT


@pytest.mark.parametrize("path", ["response.fatigue.half_life_days", "response.fatigue.log_open"])
def test_another_fatigue_is_seen(path: str) -> None:
    assert abs(distance_of_opens(altered(daily(fatigue={"open": 0.8}), path, lambda x: x * 1.1))) > LIMIT


def opens_by_all_histories(delivery: float, n_messages: int) -> F64:
    """E of opening the n-th message if it is delivered, over every history of what was delivered before."""
    expected = np.zeros(n_messages)
    for n in range(n_messages):
        for history in product((0, 1), repeat=n):
            p = np.prod([delivery if arrived else 1 - delivery for arrived in history])
            fatigue = sum(FADES ** (n - m) for m, arrived in enumerate(history) if arrived)
            expected[n] += p * times_odds(0.2, 0.8**fatigue)
    return expected


def test_only_delivered_messages_tire() -> None:
    plan = daily(medium={"delivery": 0.6}, fatigue={"open": 0.8}, days=9)
    expected, rules = opens_by_all_histories(0.6, 8), finished(plan).tallies.rules[1]
    distances = [z_of_count(rules[day, DELIVERED], N, 0.6) for day in range(1, 9)]
    distances += [z_of_count(rules[day, OPENED], N, 0.6 * expected[day - 1]) for day in range(1, 9)]
    assert abs(largest(distances)) < LIMIT
    if_all_tired = [times_odds(0.2, 0.8**f) for f in fatigue_before(9)]
    assert abs(largest(z_of_count(rules[day, OPENED], N, 0.6 * if_all_tired[day]) for day in range(1, 9))) > LIMIT


# --- opting out


def distance_of_opt_outs(plan: Plan) -> float:
    """Of those still there, odds(opt_out) x times^F leave after each message; the others get the next one."""
    rules, fatigue = finished(plan).tallies.rules[1], fatigue_before(N_DAYS)
    there, distances = 1.0, []
    for day in range(1, N_DAYS):
        leave = float(times_odds(0.01, 1.3 ** fatigue[day]))
        distances.append(z_of_count(rules[day, OPT_OUTS], N, there * leave))
        there *= 1 - leave
        if day + 1 < N_DAYS:
            distances.append(z_of_count(rules[day + 1, SENT], N, there))
    return largest(distances)


def test_opt_outs_rise_with_fatigue_and_end_the_messages() -> None:
    assert abs(distance_of_opt_outs(daily(fatigue={"opt_out": 0.01, "opt_out_times": 1.3}))) < LIMIT


@pytest.mark.parametrize(
    ("path", "change"),
    [
        ("response.fatigue.opt_out", lambda p: p * 1.2),
        ("response.fatigue.log_opt_out_times", lambda log: log * 1.15),
        ("response.fatigue.half_life_days", lambda days: days * 1.3),
    ],
)
def test_other_opt_outs_are_seen(path: str, change: Callable[[float], float]) -> None:
    plan = daily(fatigue={"opt_out": 0.01, "opt_out_times": 1.3})
    assert abs(distance_of_opt_outs(altered(plan, path, change))) > LIMIT


def test_opting_out_of_one_medium_leaves_the_other() -> None:
    """Each medium loses its own: the share that allows both is the product."""
    when = {"every": "1 day", "from": "2026-01-02"}
    rules = {name: {"when": when, "do": {"message": name}} for name in ("push", "sms")}
    plan = daily(
        fatigue={"opt_out": 0.05},
        media={"push": {"open": 0.2}, "sms": {"open": 0.2}},
        policy={"rules": rules},
    )
    sent = finished(plan).tallies.rules[1:, :, SENT]
    stays = 0.95 ** np.arange(N_DAYS - 1)
    assert abs(largest(z_of_count(sent[i, 1 + n], N, p) for i in (0, 1) for n, p in enumerate(stays) if n)) < LIMIT
    assert abs(z_of_count(sent[0, 10], N, stays[9] ** 2)) > LIMIT


def distance_of_consent(plan: Plan, opt_in: float) -> float:
    """Selected by the second rule are all who do not allow push, after the message of the day."""
    selected = np.asarray(finished(plan).tallies.rules[2, :, SELECTED])
    allow = [opt_in * 0.95**day for day in range(N_DAYS)]
    return largest(z_of_count(selected[day], N, 1 - allow[day]) for day in range(1, N_DAYS))


def test_opted_in_is_an_attribute_that_ends_with_the_opt_out() -> None:
    when = {"every": "1 day", "from": "2026-01-02"}
    rules = {
        "push": {"when": when, "do": {"message": "push"}},
        "letter": {"when": when, "who": 'not opted_in("push")', "do": {"message": "letter"}},
    }
    media = {"push": {"open": 0.2, "opt_in": 0.6}, "letter": {"open": 0.2}}
    plan = daily(fatigue={"opt_out": 0.05}, media=media, policy={"rules": rules})
    assert abs(distance_of_consent(plan, 0.6)) < LIMIT
    assert abs(distance_of_consent(plan, 0.63)) > LIMIT


# --- lapsing


def distance_of_lapses(plan: Plan) -> float:
    """1 - (1 - lapse)^(1.3 ^ G) lapse on a day, G the fatigue of the evening before, its message included."""
    dau, fatigue = finished(plan).tallies.dau.sum(axis=1), fatigue_before(N_DAYS)
    engaged, distances = 1.0, []
    for day in range(1, N_DAYS):
        evening = fatigue[day - 1] + 1 if day > 1 else 0.0
        engaged *= 0.99 ** (1.3**evening)
        distances.append(z_of_count(dau[day], N, engaged))
    return largest(distances)


def test_the_tired_lapse_more() -> None:
    assert abs(distance_of_lapses(daily(lapse=alike(0.01), fatigue={"lapse": 1.3}))) < LIMIT


@pytest.mark.parametrize("path", ["response.fatigue.log_lapse", "response.fatigue.half_life_days"])
def test_another_lapse_is_seen(path: str) -> None:
    plan = daily(lapse=alike(0.01), fatigue={"lapse": 1.3})
    assert abs(distance_of_lapses(altered(plan, path, lambda x: x * 1.15))) > LIMIT


# --- hours

HOURS = {8: 0.1, 11: 0.2, 12: 0.25, 18: 0.3, 22: 0.15}
BY_HOUR = {8: 0.7, 11: 1.8, 15: 0.6, 20: 1.2}


def share_near(hour: int) -> float:
    return sum(share for own, share in HOURS.items() if min((own - hour) % 24, (hour - own) % 24) <= 1)


def at_hours(hour: int | str, **contact: str) -> Plan:
    medium = {"open_by_hour": BY_HOUR, "at_habit": 2.0}
    when = {"every": "1 day", "from": "2026-01-02"}
    policy = {"rules": {"ask": {"when": when, "do": {"message": "push", "hour": hour}}}, "contact": contact}
    return daily(medium=medium, hours=HOURS, policy=policy)


def distance_of_hours(plan: Plan, expected: float) -> float:
    """By day: users differ, so days of the same users are not independent of each other."""
    opened = counts_of(plan, OPENED)
    return largest(z_of_count(opened[day], N, expected) for day in range(1, N_DAYS))


@pytest.mark.parametrize("hour", [11, 12, 15, 23])
def test_opens_at_a_fixed_hour(hour: int) -> None:
    factor, near = BY_HOUR.get(hour, 1.0), share_near(hour)
    expected = near * times_odds(0.2, 2 * factor) + (1 - near) * times_odds(0.2, factor)
    assert abs(distance_of_hours(at_hours(hour), expected)) < LIMIT
    assert abs(distance_of_hours(at_hours(hour), times_odds(0.2, factor * 1.3))) > LIMIT


def opens_by_habit(send_at: dict[int, int]) -> float:
    total = 0.0
    for own, share in HOURS.items():
        at = send_at.get(own, own)
        total += share * times_odds(0.2, BY_HOUR.get(at, 1.0) * (2 if abs(own - at) <= 1 else 1))
    return total


def test_opens_at_the_users_own_hour() -> None:
    assert abs(distance_of_hours(at_hours("by habit"), opens_by_habit({}))) < LIMIT
    twin = altered(at_hours("by habit"), "hours.cumulated", lambda shares: shares**4)
    assert abs(distance_of_hours(twin, opens_by_habit({}))) > LIMIT


def test_a_habitual_hour_in_quiet_hours_is_moved() -> None:
    plan = at_hours("by habit", quiet_hours="20:30-10:00")
    assert plan.hours.send_at[[8, 10, 11, 20, 21, 22, 23, 3]].tolist() == [10, 10, 11, 20, 20, 20, 20, 20 - 10]
    assert abs(distance_of_hours(plan, opens_by_habit({8: 10, 22: 20}))) < LIMIT
    assert abs(distance_of_hours(plan, opens_by_habit({}))) > LIMIT


def test_hours_of_a_segment_are_its_own() -> None:
    market = {"size": N, "segments": {"early": {"share": 0.5, "hours": {11: 1.0}}, "usual": {"share": 0.5}}}
    plan = daily(market=market, hours={15: 0.5, 20: 0.5}, medium={"open_by_hour": BY_HOUR}, do={"hour": "by habit"})
    usual = (times_odds(0.2, 0.6) + times_odds(0.2, 1.2)) / 2
    assert abs(distance_of_hours(plan, (times_odds(0.2, 1.8) + usual) / 2)) < LIMIT
    assert abs(distance_of_hours(plan, usual)) > LIMIT


def test_where_all_segments_have_hours_the_scenario_needs_none() -> None:
    def plan_of(usual: dict[str, Any], **hours: Any) -> Plan:
        segments = {"early": {"share": 0.5, "hours": {11: 1.0}}, "usual": {"share": 0.5} | usual}
        market = {"size": N, "segments": segments}
        return daily(market=market, medium={"at_habit": 2.0}, do={"hour": "by habit"}, **hours)

    shares = {15: 0.5, 20: 0.5}
    one, other = plan_of({}, hours=shares).hours.cumulated, plan_of({"hours": shares}).hours.cumulated
    assert one is not None
    assert other is not None
    assert one.tolist() == other.tolist()


@pytest.mark.parametrize(
    ("text", "quiet"),
    [
        ("21:00-08:00", [*range(8), 21, 22, 23]),
        ("00:00-09:30", [*range(10)]),
        ("12:01-14:00", [13]),
        ("22:00-24:00", [22, 23]),
    ],
)
def test_quiet_hours_hold_from_their_start_until_before_their_end(text: str, quiet: list[int]) -> None:
    plan_of_text = daily(do={}, policy={"contact": {"quiet_hours": text}})
    start, end = (int(part[:2]) * 60 + int(part[3:]) for part in text.split("-"))
    hours = QuietHours(start, end, text)
    assert [hour for hour in range(HOURS_PER_DAY) if hours.hold(hour)] == quiet
    moved = plan_of_text.hours.send_at.tolist()
    assert [hour for hour in range(HOURS_PER_DAY) if moved[hour] != hour] == quiet
    assert not set(moved) & set(quiet)


# --- topics and the orders to which they lead

SEGMENTS = {"workers": {"share": 0.4}, "others": {"share": 0.6}}
RATE, ORDER = 0.3, 0.25


def about_lunch(hour: int = 15, **topic: Any) -> Plan:
    fits = {"fits": 'segment == "workers"', "open": 3.0, "others_open": 0.5}
    return daily(
        market={"size": N, "segments": SEGMENTS},
        topics={"lunch": fits | topic},
        orders={"per_active_day": RATE, "basket": {"mean": "30 CNY"}},
        do={"topic": "lunch", "hour": hour},
    )


OPENS_LUNCH = 0.4 * times_odds(0.2, 3.0) + 0.6 * times_odds(0.2, 0.5)


def test_whom_a_topic_fits_opens_it_more_readily() -> None:
    assert abs(distance_of_hours(about_lunch(), OPENS_LUNCH)) < LIMIT
    assert abs(distance_of_hours(about_lunch(open=3.3), OPENS_LUNCH)) > LIMIT
    assert abs(distance_of_hours(about_lunch(others_open=0.6), OPENS_LUNCH)) > LIMIT


def distance_of_prompted(plan: Plan, asked: float = np.exp(-RATE)) -> float:
    """Opens x order x by_hour of those who have not ordered by themselves, and all orders together."""
    world = finished(plan)
    prompted, buyers = world.tallies.rules[1, :, PROMPTED_ORDERS], world.tallies.buyers.sum(axis=1)
    p = OPENS_LUNCH * ORDER * 0.6 * asked
    own = 1 - np.exp(-RATE)
    distances = [z_of_count(prompted[day], N, p) for day in range(1, N_DAYS)]
    return largest(distances + [z_of_count(buyers[day], N, own + p) for day in range(1, N_DAYS)])


def test_an_opened_message_leads_to_an_order_of_who_has_not_ordered() -> None:
    plan = about_lunch(order=ORDER, by_hour={15: 0.6, 11: 2})
    assert abs(distance_of_prompted(plan)) < LIMIT
    assert abs(distance_of_prompted(plan, asked=1.0)) > LIMIT
    twin = altered_rule(plan, "topic.by_hour", lambda factors: factors * 1.15)
    assert abs(distance_of_prompted(twin)) > LIMIT


def test_prompted_orders_are_in_the_books_and_at_the_users() -> None:
    world = finished(about_lunch(order=ORDER, by_hour={15: 0.6}))
    silent = finished(about_lunch())
    prompted = int(world.tallies.rules[1, :, PROMPTED_ORDERS].sum())
    n = world.people.n
    assert prompted > 0
    assert world.tallies.orders.sum() == silent.tallies.orders.sum() + prompted == world.people.orders[:n].sum()
    assert world.tallies.gmv.sum() == world.people.spend[:n].sum() > silent.tallies.gmv.sum()


def test_a_prompted_order_makes_the_user_active() -> None:
    """Users come on a tenth of the days; who is prompted comes as well."""
    plan = daily(
        retention={"default": {"visits": alike(0.1), "lapse": NEVER_LAPSES}},
        topics={"lunch": {"order": 0.5}},
        orders={"per_active_day": 0.0, "basket": {"mean": "30 CNY"}},
        do={"topic": "lunch"},
    )
    dau = finished(plan).tallies.dau.sum(axis=1)
    assert abs(largest(z_of_count(dau[day], N, 0.1 + 0.9 * 0.2 * 0.5) for day in range(1, N_DAYS))) < LIMIT
    assert abs(z_of_count(dau[5], N, 0.1)) > LIMIT


def test_two_messages_prompt_one_order_and_the_first_gets_it() -> None:
    when = {"every": "1 day", "from": "2026-01-02"}
    do = {"message": "push", "topic": "lunch"}
    plan = daily(
        medium={"open": 1.0},
        topics={"lunch": {"order": 0.5}},
        orders={"per_active_day": 0.0, "basket": {"mean": "30 CNY"}},
        policy={"rules": {"one": {"when": when, "do": do}, "two": {"when": when, "do": do}}},
    )
    world = finished(plan)
    prompted = world.tallies.rules[1:, :, PROMPTED_ORDERS]
    first = [z_of_count(prompted[0, day], N, 0.5) for day in range(1, N_DAYS)]
    second = [z_of_count(prompted[1, day], N, 0.25) for day in range(1, N_DAYS)]
    assert abs(largest(first + second)) < LIMIT
    assert (world.tallies.orders == world.tallies.buyers).all()
