"""When units expire, and who is told of it, against the calendar; each with a sabotaged twin."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from sim.systems.plan import Plan
from sim.systems.points import redeeming
from sim.systems.points.wallets import EXPIRED, REDEEMED
from sim.systems.statuses.holders import HOLDERS
from sim.systems.world import World
from tests.verify.measuring import LIMIT, altered, largest, z_of_count
from tests.verify.test_points import (
    DAILY,
    N,
    points_plan,
    wallet_of,
)
from tests.verify.worlds import finished

# --- expiry


def expired_by_day(plan: Plan) -> dict[int, int]:
    expired = wallet_of(plan).counts[:, EXPIRED]
    return {int(day): int(expired[day]) for day in np.flatnonzero(expired)}


def test_rolling_months_expire_at_the_end_of_the_month() -> None:
    plan = points_plan({"earns": DAILY, "expires": {"after": "1 months"}}, days=90)
    assert expired_by_day(plan) == {58: N * 310, 89: N * 280}  # February 28th and March 31st
    late = altered(plan.points[0], "batches.last_day", lambda last_day: last_day - 1)
    assert set(expired_by_day(replace(plan, points=(late,)))) == {57, 88}


def test_a_yearly_date_takes_all_but_what_is_in_grace() -> None:
    expires = {"every_year_on": "03-31", "grace": "30 days"}
    counts = wallet_of(points_plan({"earns": DAILY, "expires": expires}, days=120)).counts
    assert np.flatnonzero(counts[:, EXPIRED]).tolist() == [89]
    assert counts[89, EXPIRED] == N * 10 * 60  # earned until March 1st
    without = wallet_of(points_plan({"earns": DAILY, "expires": {"every_year_on": "03-31"}}, days=120)).counts
    assert without[89, EXPIRED] == N * 10 * 90


def gone_for(world: World, days: int) -> np.ndarray:
    return world.plan.n_days - 1 - world.people.last_active[: world.people.n].astype(np.int64) >= days


def test_who_is_away_loses_all() -> None:
    leaving = {"default": {"visits": {"a": 1.0, "b": 1.0}, "lapse": {"a": 1.0, "b": 20.0}}}
    programme = {"earns": DAILY, "expires": {"inactive_for": "20 days"}}
    world = finished(points_plan(programme, retention=leaving, days=100))
    balance = world.wallets["p"].lots.balance[: world.people.n]
    assert gone_for(world, 20).any()
    assert (balance[gone_for(world, 20)] == 0).all()
    assert (balance[~gone_for(world, 20)] > 0).all()
    assert (balance[gone_for(world, 19)] > 0).any()  # the twins: a day too early, a day too late
    assert (balance[~gone_for(world, 21)] == 0).any()


def test_a_rule_gives_and_postpones() -> None:
    rules = {
        "gift": {"when": {"on": "2026-01-05"}, "do": {"points": {"p": 500}}},
        "a month more": {
            "when": {"on": "2026-02-20"},
            "who": 'expiring("p") >= 500',
            "do": {"postpone_expiry": {"p": 1}},
        },
    }
    programme = {"expires": {"after": "1 months"}}
    plan = points_plan(programme, days=95, policy={"points": {"p": programme}, "rules": rules})
    counts = wallet_of(plan).counts
    assert (np.flatnonzero(counts[:, EXPIRED]).tolist(), counts[89, EXPIRED]) == ([89], N * 500)
    plan = points_plan(programme, days=95, policy={"points": {"p": programme}, "rules": {"gift": rules["gift"]}})
    assert np.flatnonzero(wallet_of(plan).counts[:, EXPIRED]).tolist() == [58]


def test_a_gift_may_expire_sooner_and_goes_first() -> None:
    rules = {
        "long": {"when": {"on": "2026-01-05"}, "do": {"points": {"p": 100}}},
        "short": {"when": {"on": "2026-01-06"}, "do": {"points": {"p": {"units": 40, "expire_after": "1 month"}}}},
    }
    programme = {"expires": {"after": "2 months"}, "rewards": {"r": {"price": 30, "appeal": 1e6}}}
    policy = {"points": {"p": programme}, "rules": rules}
    counts = wallet_of(points_plan(programme, days=95, policy=policy, response={"points": {"looks": 0.0}})).counts
    assert counts[58, EXPIRED] == N * 40
    assert counts[89, EXPIRED] == N * 100
    shown = {"shown": {"when": {"on": "2026-01-07"}, "do": {"message": "m", "show_rewards": "p"}}}
    plan = points_plan(
        programme,
        days=95,
        policy={"points": {"p": programme}, "rules": rules | shown},
        media={"m": {"open": "100%"}},
        response={"points": {"looks": 0.0}},
    )
    counts = wallet_of(plan).counts
    assert counts[6, REDEEMED] == N * 30
    assert counts[58, EXPIRED] == N * 10  # thirty of the forty that would expire first were spent


def test_a_reminder_shows_rewards_to_who_opens_it() -> None:
    def taken(share_opened: str, shows: bool) -> float:
        reminder = {"message": "m"} | ({"show_rewards": "p"} if shows else {})
        rules = {
            "gift": {"when": {"on": "2026-01-02"}, "do": {"points": {"p": 30}}},
            "reminder": {"when": {"on": "2026-01-03"}, "do": reminder},
        }
        programme = {"rewards": {"r": {"price": 30, "appeal": 3}}}
        plan = points_plan(
            programme,
            days=10,
            policy={"points": {"p": programme}, "rules": rules},
            media={"m": {"open": share_opened}},
            response={"points": {"looks": 0.0}},
        )
        return float(wallet_of(plan).taken.sum())

    assert abs(largest([z_of_count(taken("40%", True), N, 0.4 * 0.75)])) < LIMIT
    assert abs(z_of_count(taken("46%", True), N, 0.4 * 0.75)) > LIMIT
    assert taken("40%", False) == 0


def shown_plan(*dates: str) -> Plan:
    """A message on each of these dates shows everybody the rewards; who has not taken one yet does with a half."""
    programme = {"earns": {"gift": {"for": "sign up", "gives": 30}}, "rewards": {"r": {"price": 30}}}
    shown = {"message": "m", "show_rewards": "p"}
    rules = {f"shown {i}": {"when": {"on": day}, "do": shown} for i, day in enumerate(dates)}
    return points_plan(
        programme,
        days=10,
        policy={"points": {"p": programme}, "rules": rules},
        media={"m": {"open": "100%"}},
        response={"points": {"looks": 0.0}},
    )


def test_each_message_of_a_day_shows_the_rewards_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    def taken(*dates: str) -> float:
        return float(wallet_of(shown_plan(*dates)).taken.sum())

    twice, thrice = ("2026-01-03",) * 2, ("2026-01-03",) * 3
    expected = [(taken("2026-01-03"), 1 / 2), (taken(*twice), 3 / 4), (taken(*thrice), 7 / 8)]
    assert abs(largest([z_of_count(n, N, p) for n, p in expected])) < LIMIT
    assert taken("2026-01-03", "2026-01-04") == pytest.approx(taken(*twice), rel=0.05)
    monkeypatch.setattr(redeeming, "luck_of_message", lambda world, rows, day, *_: world.uniforms(rows, day, 1))
    assert taken(*twice) == taken("2026-01-03")


# --- notice


def noticed_plan(expires: dict[str, Any] | None, days: int = 59) -> Plan:
    programme = {"earns": DAILY, "rewards": {"r": {"price": 10, "appeal": 0.3}}, "notice": "20 days"}
    return points_plan(
        programme | ({"expires": expires} if expires else {}),
        days=days,
        n=500,
        response={"points": {"looks": 0.1, "expiring": 10}},
    )


@pytest.mark.parametrize("expires", [None, {"inactive_for": "100 days"}])
def test_nobody_is_warned_of_what_has_no_date(expires: dict[str, Any] | None) -> None:
    """Neither at the end of the horizon: a longer one begins with the same days."""
    taken, longer = (wallet_of(noticed_plan(expires, days)).taken for days in (59, 90))
    assert (taken == longer[:59]).all()
    warned, unwarned = (wallet_of(noticed_plan({"after": after})).taken for after in ("1 month", "3 months"))
    assert warned[40:].sum() > 2 * unwarned[40:].sum()
    assert (taken == unwarned).all()


@pytest.mark.parametrize("expires", [{}, {"expires": {"inactive_for": "900 days"}}])
def test_nothing_is_about_to_expire_where_there_is_no_date(expires: dict[str, Any]) -> None:
    def holders(level: str, programme: dict[str, Any]) -> int:
        policy = {"points": {"p": programme}, "statuses": {"soon": {"enters": level, "review": "1 day"}}}
        return int(finished(points_plan(programme, days=20, n=100, policy=policy)).tallies.statuses[0, -1, HOLDERS])

    dated = {"expires": {"every_year_on": "12-31"}}
    assert holders('expiring("p") >= 50', {"earns": DAILY} | expires) == 0
    assert holders('expiring("p") == 0', {"earns": DAILY} | expires) == 100
    assert holders('expiring("p") >= 50', {"earns": DAILY} | dated) == 100
