"""The order of the day and what one person's life shows of it."""

from __future__ import annotations

from typing import Any

import pytest

from sim.errors import UsageError
from sim.systems.books.tables import users_of
from sim.systems.day import STEPS
from sim.systems.trace import Event, trace_person
from tests.verify.measuring import altered
from tests.verify.test_twin import VISITS, lives_of_engine
from tests.verify.worlds import finished, plan_for

ALWAYS, NEVER = {"a": 1e6, "b": 1e-6}, {"a": 1e-6, "b": 1e6}


def test_the_day_reads_as_a_list() -> None:
    names = [step.__name__ for step in STEPS]
    assert names.index("sign_up") < names.index("be_active") < names.index("order_today") < names.index("act")
    assert names.index("act") < names.index("count_activity") < names.index("close_day")


def one_person(**sections: Any) -> Any:
    """A market of one, who signs up on the second day."""
    return plan_for(
        **{
            "market": {"size": 1},
            "channels": {"past": {"kind": "history", "signups": {"2026-01-02": 1}}},
            "retention": {"default": {"visits": ALWAYS, "lapse": NEVER}},
            "horizon": "6 days",
        }
        | sections
    )


def test_a_newcomer_is_active_on_the_first_day_and_takes_part_from_the_next() -> None:
    world = finished(one_person())
    assert world.tallies.dau.sum(axis=1).tolist() == [0, 1, 1, 1, 1, 1]
    assert int(users_of(world)["active_days"][0]) == 5


def test_who_lapses_is_not_active_that_day_and_may_return_the_next() -> None:
    plan = one_person(
        retention={"default": {"visits": ALWAYS, "lapse": ALWAYS}, "natural_return": "100000% / day"}, horizon="8 days"
    )
    assert finished(plan).tallies.dau.sum(axis=1).tolist() == [0, 1, 0, 1, 0, 1, 0, 1]


def test_a_message_brings_back_on_its_day() -> None:
    plan = one_person(
        retention={"default": {"visits": ALWAYS, "lapse": ALWAYS}},
        media={"push": {"open": 1.0}},
        response={"message": {"brings_back": 1.0}},
        policy={"rules": {"recall": {"when": {"inactive_for": "2 days"}, "do": {"message": "push"}}}},
        horizon="9 days",
    )
    # Signs up on day 1, lapses on day 2, is back on day 3 by the message, lapses on day 4 …
    assert finished(plan).tallies.dau.sum(axis=1).tolist() == [0, 1, 0, 1, 0, 1, 0, 1, 0]


def test_a_market_of_nobody_runs() -> None:
    plan = altered(plan_for(horizon="3 days"), "market.agents", lambda agents: agents * 0)
    assert finished(plan).tallies.dau.sum() == 0


def test_horizons_of_one_day_and_of_a_century_run() -> None:
    assert finished(plan_for(horizon="1 day")).plan.n_days == 1
    assert finished(one_person(horizon="100 years")).tallies.dau.sum() == 36_499


# --- trace


def trace(person: int, seed: int = 11, replicate: int = 3) -> list[Event]:
    return trace_person(plan_for(**VISITS), person, seed=seed, replicate=replicate)


def test_a_trace_tells_the_same_life_as_the_columns() -> None:
    plan = plan_for(**VISITS)
    _, lives = lives_of_engine(plan)
    (segment, index), (channel, signup_day, life) = max(lives.items(), key=lambda item: item[1][2][119][3])
    person = index + int(plan.market.agents[:segment].sum())
    events = trace(person)
    assert events[0].day == signup_day
    assert plan.channels.names[channel] in events[0].detail
    active = {event.day for event in events if event.what == "active"}
    assert active == {day for day, state in life.items() if state[0] and day > signup_day}
    ordered = {event.day for event in events if event.what == "ordered"}
    assert ordered == {day for day in life if life[day][3] > life.get(day - 1, (0,) * 7)[3]}


def test_a_person_who_never_signs_up_has_no_events() -> None:
    plan = plan_for(market={"size": 5}, channels={"past": {"kind": "history", "signups": {"2026-01-02": 1}}})
    lives = [trace_person(plan, person, seed=1, replicate=0) for person in range(5)]
    assert sum(bool(life) for life in lives) == 1


def test_a_trace_tells_who_opts_out_once() -> None:
    rule = {"when": {"every": "1 day"}, "do": {"message": "push"}}
    plan = plan_for(
        market={"size": 1},
        channels={"past": {"kind": "history", "signups": {"2026-01-01": 1}}},
        media={"push": {"open": 0.5}},
        response={"fatigue": {"half_life": "7 days", "opt_out": "100%"}},
        policy={"rules": {"ask": rule}},
    )
    life = trace_person(plan, 0, seed=1, replicate=0)
    assert [(event.day, event.detail) for event in life if event.what == "opted out"] == [(0, "of push")]
    assert [event.day for event in life if event.what == "messaged"] == [0]


def life_with_coins(**rule: object) -> list[tuple[int, str, str]]:
    """70 days of one person who gets 100 coins on the first day, to be lost on February 28th."""
    gift = {"when": {"on": "2026-01-01"}, "do": {"points": {"coins": 100}}}
    coins = {"expires": {"after": "1 month"}, "rewards": {"tea": {"price": 70, "appeal": 1e6}}}
    plan = plan_for(
        horizon="70 days",
        market={"size": 1},
        channels={"past": {"kind": "history", "signups": {"2026-01-01": 1}}},
        media={"push": {"open": "100%"}},
        response={"points": {"looks": 0}},
        policy={"points": {"coins": coins}, "rules": {"gift": gift} | rule},
    )
    life = trace_person(plan, 0, seed=1, replicate=0)
    return [(one.day, one.what, one.detail) for one in life if one.what in ("took a reward", "lost points")]


def test_a_trace_tells_rewards_taken_and_points_lost() -> None:
    shown = {"when": {"on": "2026-01-09"}, "do": {"message": "push", "show_rewards": "coins"}}
    assert life_with_coins() == [(58, "lost points", "100 coins expired")]
    assert life_with_coins(shown=shown) == [
        (8, "took a reward", "tea, 70 coins"), (58, "lost points", "30 coins expired")
    ]  # fmt: skip


def test_a_trace_tells_who_was_brought_and_who_brings() -> None:
    plan = plan_for(
        horizon="10 days",
        market={"size": 2},
        channels={
            "past": {"kind": "history", "signups": {"2026-01-01": 1}},
            "friends": {"kind": "referral", "for": "sign up", "shares": 1, "invites": 1000, "accepts": 1},
        },
        policy={"referrals": {"friends": {}}},
    )
    told = {
        (event.day, event.what, event.detail)
        for person in (0, 1)
        for event in trace_person(plan, person, seed=1, replicate=0)
        if "brought" in event.what
    }
    assert told == {(1, "was brought", "by another user"), (1, "brought others", "1 user")}


def test_a_trace_tells_the_steps_of_a_journey() -> None:
    steps = {
        "lead": {},
        "test": {"at": "shop", "takes": "3 days", "takes_spread": 0},
        "order": {"order": {"price": "900 CNY", "margin": 0.2}, "takes": "2 days", "takes_spread": 0},
        "use": {"pass": 0},
    }
    plan = plan_for(
        horizon="10 days",
        market={"size": 2},
        channels={"past": {"kind": "history", "signups": {"2026-01-01": 2}}},
        journeys={"car": {"steps": steps}, "fair": {"steps": {"stand": {"at": "stand", "patience": "0.1 days"}}}},
        policy={"touchpoints": {"shop": {"capacity": "1 / day"}, "stand": {"capacity": "1 / month"}}},
    )
    lives = [
        [(event.day, event.what, event.detail) for event in trace_person(plan, person, seed=1, replicate=0)
         if "step" in event.what or "journey" in event.what or event.what == "ordered"]
        for person in (0, 1)
    ]  # fmt: skip
    first, second = sorted(lives, key=lambda life: [event[0] for event in life])
    assert first == [
        (0, "passed a step", "lead, of car"),
        (0, "entered a step", "test, of car"),
        (0, "left a journey", "fair, in line for stand"),
        (3, "passed a step", "test, of car"),
        (3, "entered a step", "order, of car"),
        (5, "ordered", "1 order, 900.00 paid"),
        (5, "passed a step", "order, of car"),
        (5, "left a journey", "car, at use"),
    ]
    assert [(day, what) for day, what, _ in second if what == "ordered"] == [(6, "ordered")], "after a day in line"


def test_a_trace_tells_what_a_user_has_created() -> None:
    kind = {"creators": 1, "creates": 3, "bad": 0.5, "half_life": "9 days", "appeal": {"half_at": 9, "lapse": 0.5}}
    plan = plan_for(
        horizon="3 days",
        market={"size": 1},
        channels={"past": {"kind": "history", "signups": {"2026-01-01": 1}}},
        content={"answers": kind},
        policy={"content": {"answers": {"moderation": {"reviews": 1}}}},
    )
    told = [one for one in trace_person(plan, 0, seed=1, replicate=0) if one.what == "created"]
    assert [(one.day, one.detail) for one in told][:1] == [(0, "2 items of answers, 1 removed")]


@pytest.mark.parametrize("person", [-1, 420])
def test_there_is_no_such_person(person: int) -> None:
    with pytest.raises(UsageError, match="420 agents"):
        trace(person)
