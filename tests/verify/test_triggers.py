"""Rules that wait for events, for other rules and for metrics: counts against closed forms, each with a twin."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from sim.pipeline import load
from sim.systems.plan import Plan, compile_plan
from sim.systems.world import ACTED, COUPONS_USED, INCREMENTAL, OPENED, RETURNED, SELECTED, SENT, World
from tests.verify.measuring import LIMIT, altered, largest, replicates, z_of_count, z_of_sample
from tests.verify.recalling import NEVER_LAPSES, Recall, alike
from tests.verify.worlds import document, finished, plan_for, text_of

F64 = npt.NDArray[np.float64]
PUSH: dict[str, Any] = {"push": {"open": 0.4}}
STEADY: dict[str, Any] = {
    "market": {"size": 4_000},
    "channels": {"past": {"kind": "history", "signups": {"2026-01-01": 4_000}}},
    "retention": {"default": {"visits": alike(0.3), "lapse": NEVER_LAPSES}},
    "orders": {"per_active_day": 0.2, "basket": {"mean": "50 CNY"}},
    "media": PUSH,
    "response": {"message": {"wakes": 1.0}, "coupon": {"orders": 1.0}},
    "horizon": "80 days",
}
COUPON = {"off": "1 CNY", "valid_for": "5 days"}


def steady(rules: dict[str, Any], **extra: Any) -> Plan:
    return plan_for(**STEADY | extra, policy={"rules": rules})


def rule(when: dict[str, Any], **extra: Any) -> dict[str, Any]:
    return {"when": when, "do": {"message": "push", "coupon": COUPON}} | extra


def sent(world: World) -> F64:
    """Messages of each rule, and of those that go out after day 40."""
    counts = world.tallies.rules[1:, :, SENT].astype(np.float64)
    return np.concatenate([counts.sum(axis=1), counts[:, 40:].sum(axis=1)])


# --- events


N, ACTIVE, PER_DAY = 4_000, 0.3, 0.2
ORDERS = -np.expm1(-PER_DAY)
"""Probability that an active user orders at all on a day."""


def expected_of_orders(days: int, n_days: int = 80) -> F64:
    """An order on any of the days 1 … n_days - 1, `days` later; the first order alone; each in all and after day 40."""
    by_day = np.zeros(n_days + days)
    first = np.zeros(n_days + days)
    for day in range(1, n_days):
        by_day[day + days] = N * ACTIVE * ORDERS
        first[day + days] = N * ACTIVE * ORDERS * (1 - ACTIVE * ORDERS) ** (day - 1)
    both = (by_day[:n_days], first[:n_days])
    return np.array([*(flow.sum() for flow in both), *(flow[40:].sum() for flow in both)])


def distance_of_events(plan: Plan, days: int) -> float:
    found = replicates(plan, 15, sent)
    return largest(z_of_sample(found[:, i], expected) for i, expected in enumerate(expected_of_orders(days)))


def event_plan(days: int) -> Plan:
    rules = {kind: rule({"event": kind, "days": days}) for kind in ("order", "first_order")}
    return steady(rules)


@pytest.mark.parametrize("days", [0, 6])
def test_orders_and_first_orders_lead_to_messages_days_later(days: int) -> None:
    assert abs(distance_of_events(event_plan(days), days)) < LIMIT


def test_another_delay_or_order_rate_is_seen() -> None:
    assert abs(distance_of_events(event_plan(6), 5)) > LIMIT
    twin = altered(event_plan(6), "orders_factor", lambda factor: factor * np.float32(1.05))
    assert abs(distance_of_events(twin, 6)) > LIMIT


def test_every_sign_up_is_welcomed_once_on_its_day() -> None:
    channels = {"organic": {"kind": "organic", "signups": "30 / day"}}
    welcome = {"welcome": rule({"event": "sign_up", "days": 2})}
    world = finished(steady(welcome, channels=channels))
    new = world.tallies.new.sum(axis=1)
    assert (world.tallies.rules[1, 2:, SENT] == new[:-2]).all()
    assert new.sum() > 1_000
    later = finished(steady({"welcome": rule({"event": "sign_up", "days": 3})}, channels=channels))
    assert (later.tallies.rules[1, 2:, SENT] != new[:-2]).any()


def test_a_return_is_activity_after_thirty_days_away() -> None:
    """Against each user's own days, which the growth accounting counts too."""
    rare: dict[str, Any] = {"retention": {"default": {"visits": alike(0.03), "lapse": NEVER_LAPSES}}}
    world = finished(steady({"back": rule({"event": "return"})}, **rare, horizon="200 days"))
    resurrected = world.tallies.resurrected.sum(axis=1)
    assert (world.tallies.rules[1, :, SENT] == resurrected).all()
    assert resurrected.sum() > 1_000


# --- rules after rules


def wave(days: int, unless: str | None = None) -> dict[str, Any]:
    return rule({"after": "first", "days": days} | ({"unless": unless} if unless else {}))


def expected_after(n: float, days: int) -> F64:
    """Nobody lapses, so whoever got the first on day 10 is not active until `days` later with (1 - p)^days."""
    order = 1 - ACTIVE * ORDERS
    return n * np.array([1.0, (1 - ACTIVE) ** days, order**days, 1 - PUSH["push"]["open"]])


def after_plan(days: int) -> Plan:
    first = rule({"on": "2026-01-11"})
    followers = {f"unless {unless}": wave(days, unless) for unless in (None, "active", "ordered", "opened")}
    # The followers stand before the rule that they follow: where they stand makes no difference.
    return steady({**followers, "first": first})


def sent_by_followers(world: World) -> F64:
    return world.tallies.rules[1:5, :, SENT].sum(axis=1).astype(np.float64)


def distance_of_followers(plan: Plan, days: int) -> float:
    found = replicates(plan, 12, sent_by_followers)
    expected = expected_after(N, days)
    assert (found[:, 0] == expected[0]).all()
    return largest(z_of_sample(found[:, i], expected[i]) for i in range(1, 4))


def test_a_rule_follows_another_unless_its_user_did_something() -> None:
    assert abs(distance_of_followers(after_plan(3), 3)) < LIMIT


def test_another_delay_of_a_follower_is_seen() -> None:
    assert abs(distance_of_followers(after_plan(3), 4)) > LIMIT


def test_a_follower_that_ignores_what_users_did_is_seen() -> None:
    plan = after_plan(3)
    assert abs(distance_of_followers(altered_rule_at(plan, 1, "when.unless", "ordered"), 3)) > LIMIT


def altered_rule_at(plan: Plan, index: int, path: str, value: Any) -> Plan:
    rules = list(plan.rules)
    rules[index] = altered(rules[index], path, lambda _: value)
    return altered(plan, "rules", lambda _: tuple(rules))


def test_the_order_of_the_file_does_not_matter_to_who_follows() -> None:
    one = after_plan(3)
    world = finished(one)
    first, *others = (*one.rules[-1:], *one.rules[:-1])
    turned = finished(altered(one, "rules", lambda _: (first, *others)))
    assert (world.tallies.rules[1:, :, SELECTED] == turned.tallies.rules[1:, :, SELECTED]).all()


# --- audiences


def distance_of_entries(plan: Plan, p: float) -> float:
    """Whoever is active on a day with probability p enters `here today` on a share p (1 - p) of days, and leaves so.

    From the third day on: everybody is active on the first.
    """
    found = replicates(plan, 12, lambda world: world.tallies.rules[1:3, 2:, SELECTED].sum(axis=1))
    expected = N * p * (1 - p) * (plan.n_days - 2)
    return largest(z_of_sample(found[:, i], expected) for i in (0, 1))


WATCHED = {"audiences": {"here today": "days_inactive == 0"}}
COMING = {"comes": rule({"enters": "here today"}), "goes": rule({"leaves": "here today"})}


def watching_plan() -> Plan:
    return plan_for(**STEADY, policy=WATCHED | {"rules": COMING})


def test_users_enter_and_leave_an_audience_as_their_activity_says() -> None:
    """Nobody enters on the first day but those who sign up on it; each entry is followed by one leave."""
    plan = watching_plan()
    assert abs(distance_of_entries(plan, ACTIVE)) < LIMIT
    assert abs(distance_of_entries(plan, ACTIVE * 1.05)) > LIMIT
    world = finished(plan)
    entered, left = (world.tallies.rules[index, :, SELECTED] for index in (1, 2))
    assert entered[0] == N
    inside = np.cumsum(entered) - np.cumsum(left)
    assert (inside == world.tallies.dau.sum(axis=1)).all()


# --- what a rule does without a message


def test_a_coupon_needs_no_message_and_messages_can_end() -> None:
    gift = {"when": {"on": "2026-01-05"}, "do": {"coupon": {"off": "1 CNY", "valid_for": "60 days"}}}
    end = {"when": {"on": "2026-01-20"}, "who": "orders > 1", "do": {"stop_messaging": True}}
    daily = {"when": {"every": "1 day"}, "do": {"message": "push"}}
    plan = steady({"gift": gift, "end": end, "daily": daily})
    world = finished(plan)
    people, of = world.people, dict(zip(("gift", "end", "daily"), world.tallies.rules[1:], strict=True))
    assert of["gift"][:, ACTED].sum() == N > of["gift"][:, COUPONS_USED].sum() > N / 2
    assert of["gift"][:, SENT].sum() == 0
    ended = world.consent.stopped
    assert ended is not None
    assert ended.sum() == of["end"][:, ACTED].sum() > 100
    # The daily rule comes after `end` in the file: day 19 has no message to those given up any more.
    assert (people.messages[:N][ended[:N]] == 19).all()
    assert (people.messages[:N][~ended[:N]] == 80).all()
    # The twin: `end` acts on the same users and ends nothing.
    twin = finished(altered_rule_at(plan, 1, "stops_messages", False))
    assert (twin.tallies.rules[2, :, ACTED] == of["end"][:, ACTED]).all()
    assert (twin.people.messages[:N][ended[:N]] == 80).all()


# --- dates and metrics


def days_of(plan: Plan, index: int = 1) -> list[int]:
    return np.flatnonzero(finished(plan).tallies.rules[index, :, SENT]).tolist()


HOLIDAY = {"seasons": {"holidays": {"618": {"from": "2026-02-10", "for": "3 days"}}}}


@pytest.mark.parametrize(("days", "day"), [(-3, 37), (0, 40), (5, 45)])
def test_a_holiday_is_counted_from_its_first_day(days: int, day: int) -> None:
    when = {"holiday": "618", "days": days}
    assert days_of(steady({"sale": rule(when)}, **HOLIDAY)) == [day]
    # The twins: a holiday that begins a day later, and a rule that counts one day more.
    later = {"seasons": {"holidays": {"618": {"from": "2026-02-11", "for": "3 days"}}}}
    assert days_of(steady({"sale": rule(when)}, **later)) == [day + 1]
    assert days_of(steady({"sale": rule(when | {"days": days + 1})}, **HOLIDAY)) == [day + 1]


def test_a_metric_fires_once_each_time_it_has_held() -> None:
    """`days` counts the mornings: a condition that holds from 10 to 12 and from 20 on, for 3 mornings."""
    condition = "(days >= 10 and days < 13) or days >= 20"
    plan = steady({"brake": rule({"metric": condition, "for": "3 days"})})
    assert days_of(plan) == [12, 22]
    assert days_of(altered_rule_at(plan, 0, "when.n_mornings", 4)) == [23]
    other = steady({"brake": rule({"metric": "days >= 10", "for": "3 days"})})
    assert days_of(other) == [12]


def test_rules_look_only_in_their_stage_and_while_their_condition_holds() -> None:
    stages = {"early": {}, "late": {"enters": {"metric": "days >= 30"}}}
    weekly = {"every": "7 days"}
    plan = plan_for(**STEADY, policy={"stages": stages, "rules": {"only": rule(weekly | {"stage": "late"})}})
    assert days_of(plan) == [35, 42, 49, 56, 63, 70, 77]
    while_early = steady({"only": rule(weekly | {"if": "days < 15"})})
    assert days_of(while_early) == [0, 7, 14]
    # The twins: a rule that knows no stage, one of the other stage, and one without its condition.
    every_week = [*range(0, 80, 7)]
    assert days_of(altered_rule_at(plan, 0, "when.stages", ())) == every_week
    assert days_of(altered_rule_at(plan, 0, "when.stages", ("early",))) == every_week[:5]
    assert days_of(altered_rule_at(while_early, 0, "when.condition", None)) == every_week


# --- messages and returns under constant hazards


WAVES = Recall(waves=(4, 9), natural=0.01, lapse=0.05, brings_back=0.8)


def waves_by(rules: dict[str, Any], audiences: dict[str, str]) -> Plan:
    return WAVES.plan(policy={"audiences": audiences, "rules": rules})


def wave_of(when: dict[str, Any], holdout: float = 0.0) -> dict[str, Any]:
    return {"when": when, "do": {"message": "sms"}, "limits": {"holdout": holdout}}


def waves_by_following(unless: str = "active") -> Plan:
    """The second wave follows the first, five days later: whom the first holds out it never meets."""
    first = wave_of({"inactive_for": "4 days"}, WAVES.holdout)
    return waves_by({"second": wave_of({"after": "first", "days": 5, "unless": unless}), "first": first}, {})


def waves_by_entering(second: int = 9) -> Plan:
    rule = wave_of({"enters": "due"}, WAVES.holdout)
    return waves_by({"wave": rule}, {"due": f"days_inactive == 4 or days_inactive == {second}"})


def distance_of_waves(plan: Plan) -> float:
    """Messages, opens and returns, of all rules together, against the closed form of two waves."""
    columns = [SENT, OPENED, RETURNED]
    found = replicates(plan, 25, lambda world: world.tallies.rules[1:].sum(axis=(0, 1))[columns])
    flow = WAVES.expected(True)
    reached = WAVES.n * (1 - WAVES.holdout) * WAVES.opt_in
    expected = [reached * one.sum() for one in (flow.sent, flow.opened, flow.returned)]
    return largest(z_of_sample(found[:, i], one) for i, one in enumerate(expected))


@pytest.mark.parametrize("plan", [waves_by_following, waves_by_entering])
def test_waves_by_following_and_by_entering_equal_their_closed_form(plan: Any) -> None:
    assert abs(distance_of_waves(plan())) < LIMIT


def test_waves_for_others_are_seen() -> None:
    assert abs(distance_of_waves(waves_by_following("opened"))) > LIMIT
    assert abs(distance_of_waves(waves_by_entering(11))) > LIMIT


WELCOME = Recall(n_days=20, natural=0.0, lapse=0.05, holdout=0.0, brings_back=0.8)


def distance_of_welcome(days: int) -> float:
    """A message a week after sign-up brings back those who have lapsed by then, the less the longer they are away."""
    rule = wave_of({"event": "sign_up", "days": days})
    plan = WELCOME.plan(policy={"rules": {"welcome": rule}})
    found = replicates(plan, 25, lambda world: world.tallies.rules[1].sum(axis=0)[[SENT, OPENED, RETURNED]])
    lapsed_on = np.arange(1, 8)
    days_away = 8 - lapsed_on
    lapsed = WELCOME.lapse * (1 - WELCOME.lapse) ** (lapsed_on - 1)
    back = (lapsed * WELCOME.brings_back * 0.5 ** ((days_away - 1) / WELCOME.half)).sum()
    reached = WELCOME.n * WELCOME.opt_in
    opened = reached * WELCOME.delivery * WELCOME.open
    expected = [reached, opened, opened * back]
    return largest(z_of_sample(found[:, i], one) for i, one in enumerate(expected))


def test_a_welcome_after_a_week_equals_its_closed_form() -> None:
    assert abs(distance_of_welcome(7)) < LIMIT
    assert abs(distance_of_welcome(10)) > LIMIT


# --- the virtual holdout


ONCE = Recall(n=20_000, n_days=90, natural=0.02, lapse=0.05, holdout=0.5, brings_back=0.8)


def recalled_once(**limits: Any) -> Plan:
    """Everybody who has been away for four days on one date: nobody is enrolled twice."""
    policy = {"rules": {"recall": {"when": {"on": "2026-02-10"}, "who": "days_inactive >= 4",
                                   "do": {"message": "sms"},
                                   "limits": {"holdout": ONCE.holdout} | limits}}}  # fmt: skip
    return ONCE.plan(policy=policy)


def both_holdouts(world: World) -> F64:
    """Incremental returns by the holdout that is drawn, less those that the model knows."""
    from sim.systems.world import CONTROL, CONTROL_RETURNS, TREATED, TREATED_RETURNS

    of = world.tallies.rules[1].sum(axis=0).astype(np.float64)
    real = of[TREATED] * (of[TREATED_RETURNS] / of[TREATED] - of[CONTROL_RETURNS] / of[CONTROL])
    return np.array([real - of[INCREMENTAL], real - of[RETURNED], of[INCREMENTAL]])


@pytest.mark.parametrize("limits", [{}, {"capacity": 4_000}], ids=["all", "some"])
def test_the_virtual_holdout_agrees_with_the_real_one(limits: dict[str, Any]) -> None:
    found = replicates(recalled_once(**limits), 20, both_holdouts)
    assert found[:, 2].min() > 50
    assert abs(largest([z_of_sample(found[:, 0], 0.0)])) < LIMIT
    # The twin: to take every return for an effect, as if nobody came back by themselves.
    assert abs(largest([z_of_sample(found[:, 1], 0.0)])) > LIMIT


def test_incremental_returns_equal_their_closed_form() -> None:
    """Of the returned, those whose natural return would come later than in 30 days: (1 - p)^30."""
    found = replicates(recalled_once(), 15, lambda w: w.tallies.rules[1].sum(axis=0)[[RETURNED, INCREMENTAL]])
    waiting = (1 - ONCE.natural) ** 30
    assert abs(largest([z_of_sample(found[:, 1] - waiting * found[:, 0], 0.0)])) < LIMIT
    assert abs(largest([z_of_sample(found[:, 1] - (1 - ONCE.natural) ** 33 * found[:, 0], 0.0)])) > LIMIT


def test_where_nobody_returns_alone_every_return_is_incremental() -> None:
    world = finished(Recall(natural=0.0).plan())
    counts = world.tallies.rules[1].sum(axis=0)
    assert counts[RETURNED] == counts[INCREMENTAL] > 0


def test_first_users_who_have_lapsed_return_by_themselves_too(tmp_path: Path) -> None:
    """Of their returns, too, (1 - p)^30 are incremental; and they have been in their audiences all along."""
    rows = ["segment,channel,days_since_signup,days_inactive,active_days,orders,spend"]
    rows += ["everyone,past,300,120,40,0,0"] * 6_000
    (tmp_path / "users.csv").write_text("\n".join(rows), encoding="utf-8")
    (tmp_path / ".sim-root").touch()
    rule = {"when": {"every": "90 days"}, "do": {"message": "sms"}}
    recalled = document(
        market={"size": 6_000, "first_users": {"file": "users.csv"}},
        channels={"past": {"kind": "organic", "signups": "0 / day"}},
        retention={"default": {"visits": alike(0.5), "lapse": alike(0.02)}, "natural_return": "2% / day"},
        media={"sms": {"open": 0.5}},
        response={"message": {"brings_back": 0.6}},
        policy={
            "audiences": {"long gone": "days_inactive >= 100"},
            "rules": {
                "recall": rule,
                "gone": {"when": {"enters": "long gone"}, "do": {"message": "sms"}},
                "back": {"when": {"leaves": "long gone"}, "do": {"message": "sms"}},
            },
        },
    )
    (tmp_path / "scenario.yaml").write_text(text_of(recalled), encoding="utf-8")
    plan = compile_plan(load(tmp_path / "scenario.yaml").scenario)
    recall, gone, back = finished(plan).tallies.rules[1:].sum(axis=1)
    returned, incremental = recall[[RETURNED, INCREMENTAL]]
    assert back[SELECTED] > returned > 1_000
    assert gone[SELECTED] == 0
    assert abs(largest([z_of_count(incremental, returned, np.exp(-0.02 * 30))])) < LIMIT
    assert abs(largest([z_of_count(returned, returned, np.exp(-0.02 * 30))])) > LIMIT
