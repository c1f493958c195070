"""Limits of rules hold exactly, on every day and for every user."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from sim.systems.day import open_world, run_world
from sim.systems.plan import Plan
from sim.systems.rules.plan import NO_LIMIT
from sim.systems.world import FACE_VALUE, LIMITED, OVER_BUDGET, SENT, World
from tests.verify.measuring import altered_rule
from tests.verify.recalling import alike
from tests.verify.worlds import finished, plan_for


def limited(limits: dict[str, Any], n: int = 2_000, per_agent: int = 1, **extra: Any) -> Plan:
    """Everybody is asked every day; a message costs 0.30."""
    return plan_for(
        **{
            "market": {"size": n * per_agent, "people_per_agent": per_agent},
            "channels": {"past": {"kind": "history", "signups": {"2026-01-01": n * per_agent}}},
            "retention": {"default": {"visits": alike(0.3), "lapse": alike(0.01)}},
            "orders": {"per_active_day": 0.3, "basket": {"mean": "100 CNY", "spread": 0.5}},
            "media": {"sms": {"open": 1.0, "price": "0.30 CNY"}},
            "response": {"message": {"brings_back": 0.1}, "coupon": {"lift_per_10_percent": 1.1}},
            "policy": {"rules": {"ask": {"when": {"every": "1 day"}, "do": {"message": "sms"}, "limits": limits}}},
            "horizon": "40 days",
        }
        | extra
    )


@dataclass
class Diary:
    """The days on which each user was messaged, read off the columns at the end of each day."""

    days: dict[int, list[int]] = field(default_factory=dict)
    absences: dict[int, list[int]] = field(default_factory=dict)
    before: npt.NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    last_active: npt.NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))

    def watch(self, world: World, day: int) -> None:
        n = world.people.n
        now = world.people.messages[:n].astype(np.int64)
        grown = now - np.concatenate([self.before, np.zeros(n - self.before.size, np.int64)])
        # A message is sent in the absence that stood before it; who returns by it is active afterwards.
        seen = np.concatenate([self.last_active, np.full(n - self.last_active.size, -1)])
        today = world.people.last_active[:n].astype(np.int64)
        for row in np.flatnonzero(grown):
            assert grown[row] >= 1
            absence = int(seen[row]) if today[row] == day else int(today[row])
            self.days.setdefault(int(row), []).extend([day] * int(grown[row]))
            self.absences.setdefault(int(row), []).extend([absence] * int(grown[row]))
        self.before, self.last_active = now, today


def diary_of(plan: Plan) -> tuple[World, Diary]:
    diary = Diary()
    return run_world(open_world(plan, 1, 0), watch=diary.watch), diary


def most_in_any_window(days: list[int], length: int) -> int:
    return max(sum(day <= other < day + length for other in days) for day in days)


@pytest.mark.parametrize(("messages", "days"), [(1, 7), (2, 10), (3, 4), (5, 30)])
def test_a_cap_per_user_holds_in_every_window_and_is_used_up(messages: int, days: int) -> None:
    plan = limited({"per_user": {"messages": messages, "per": f"{days} days"}}, n=300)
    _, diary = diary_of(plan)
    most = [most_in_any_window(own, days) for own in diary.days.values()]
    assert set(most) == {messages}
    twin = altered_rule(plan, "per_user.days", lambda length: length - 1)
    _, diary = diary_of(twin)
    assert max(most_in_any_window(own, days) for own in diary.days.values()) > messages


def test_a_fraction_of_a_day_does_not_loosen_a_cap() -> None:
    _, diary = diary_of(limited({"per_user": {"messages": 1, "per": "2.5 days"}}, n=50))
    assert len(diary.days) == 50
    assert all(len(own) > 1 and (np.diff(own) == 3).all() for own in diary.days.values())


def test_the_cap_over_all_rules_counts_them_together() -> None:
    rules = {name: {"when": {"every": "1 day"}, "do": {"message": "sms"}} for name in ("one", "two", "three")}
    plan = limited({}, n=200, policy={"rules": rules, "contact": {"messages": 2, "per": "5 days"}})
    world, diary = diary_of(plan)
    assert {most_in_any_window(own, 5) for own in diary.days.values()} == {2}
    assert world.tallies.rules[3, :, SENT].sum() == 0


@pytest.mark.parametrize("attempts", [1, 3])
def test_a_rule_gives_up_after_its_attempts_in_one_absence(attempts: int) -> None:
    plan = limited({"attempts": attempts}, n=300, media={"sms": {"open": 0.0}})
    plan = altered_rule(plan, "when.waves", lambda _: (2, 3, 4, 5, 9, 20))
    world, diary = diary_of(plan)
    most = [max(own.count(absence) for absence in own) for own in diary.absences.values()]
    assert max(most) == attempts
    assert max(len(set(own)) for own in diary.absences.values()) >= 2
    assert world.tallies.rules[1, :, LIMITED].sum() > 0
    twin = altered_rule(plan, "attempts", lambda n: n + 1)
    _, diary = diary_of(twin)
    assert max(max(own.count(absence) for absence in own) for own in diary.absences.values()) == attempts + 1


@pytest.mark.parametrize("per_agent", [1, 10])
def test_capacity_is_in_persons_and_exact(per_agent: int) -> None:
    world = finished(limited({"capacity": {"2026-01-01": 125, "2026-01-11": 0, "2026-01-21": 64}}, per_agent=per_agent))
    sent = world.scaled(world.tallies.rules[1, :, SENT])
    expected = np.repeat([125 // per_agent * per_agent, 0, 64 // per_agent * per_agent], [10, 10, 20])
    assert (sent == expected).all()
    assert world.tallies.rules[1, :, OVER_BUDGET].sum() == 0


@pytest.mark.parametrize("per_agent", [1, 10])
@pytest.mark.parametrize("coupon", [None, {"off": "5 CNY"}, {"share_off": "30%", "up_to": "7.50 CNY"}])
def test_a_daily_budget_is_spent_to_the_last_message_and_never_exceeded(
    coupon: dict[str, Any] | None, per_agent: int
) -> None:
    do: dict[str, Any] = {"message": "sms"} | ({"coupon": coupon | {"valid_for": "4 days"}} if coupon else {})
    rule = {"when": {"every": "1 day"}, "do": do, "limits": {"budget": "321.07 CNY / day"}}
    world = finished(limited({}, per_agent=per_agent, policy={"rules": {"ask": rule}}))
    face_value = 0 if coupon is None else 500 if "off" in coupon else 750
    sent = world.scaled(world.tallies.rules[1, :, SENT])
    most = 32_107 // ((30 + face_value) * per_agent) * per_agent
    assert (sent == min(most, 2_000 * per_agent)).all()
    assert (sent + per_agent > 32_107 / (30 + face_value)).all() or most > 2_000 * per_agent
    rows = world.ledger.rows()
    spent = np.bincount(rows["day"], weights=-rows["amount"] * (rows["rule"] == 1), minlength=40)
    kept_out = world.scaled(world.tallies.rules[1, :, OVER_BUDGET])
    assert (kept_out == 2_000 * per_agent - sent).all()
    assert world.scaled(world.tallies.rules[1, :, FACE_VALUE]).tolist() == (sent * face_value).tolist()
    # A coupon is redeemed within the 4 days that follow; over any day the rule's books stay below what it committed.
    assert spent.sum() <= 40 * 32_107


@pytest.mark.parametrize("per_agent", [1, 10])
def test_a_total_budget_ends_a_rule(per_agent: int) -> None:
    world = finished(limited({"total_budget": "1000 CNY", "capacity": 700}, per_agent=per_agent))
    sent = world.scaled(world.tallies.rules[1, :, SENT])
    most = 100_000 // 30 // per_agent * per_agent
    assert sent.tolist() == [700, 700, 700, 700, most - 2_800, *[0] * 35]


def test_who_goes_first_is_by_value_then_by_luck() -> None:
    plan = limited({"capacity": 100, "choose_by": "spend"}, n=1_000)
    at_least: list[bool] = []

    def watch(world: World, day: int) -> None:
        people, n = world.people, world.people.n
        grown = people.messages[:n] - watch.before if day else people.messages[:n].copy()  # type: ignore[attr-defined]
        watch.before = people.messages[:n].copy()  # type: ignore[attr-defined]
        at_least.append(people.spend[:n][grown > 0].min() >= people.spend[:n][grown == 0].max())

    world = run_world(open_world(plan, 1, 0), watch=watch)
    assert all(at_least)
    first_day = finished(altered_rule(plan, "choice_purpose", lambda purpose: purpose + 1))
    assert (first_day.people.messages[:1_000] != world.people.messages[:1_000]).any()


def test_prices_are_booked_to_the_nearest_cent_of_each_day() -> None:
    plan = limited({"capacity": 333}, media={"sms": {"open": 0.0, "price": "0.045 CNY"}})
    rows = finished(plan).ledger.rows()
    of_rule = rows["amount"][rows["rule"] == 1]
    assert of_rule.tolist() == [-1_499] * 40  # 333 x 4.5 cents is 1,498.5


def test_no_limit_is_no_limit() -> None:
    world = finished(limited({}))
    assert world.plan.rules[0].attempts == NO_LIMIT
    assert (world.tallies.rules[1, :, SENT] == 2_000).all()
