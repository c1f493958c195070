"""Recall against its closed form under constant hazards; holdouts, coupons, wakes, and limits that hold exactly."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from sim.engine.draws import draw, person_address, segment_address
from sim.systems.day import open_world, run_world
from sim.systems.messages.day import return_probability
from sim.systems.plan import Plan
from sim.systems.rules.plan import NO_LIMIT
from sim.systems.world import COUPONS_USED, HELD_OUT, LIMITED, OPENED, RETURNED, SELECTED, SENT, World
from tests.verify.measuring import LIMIT, altered, altered_rule, largest, replicates, z_of_count, z_of_sample
from tests.verify.worlds import finished, plan_for

F64 = npt.NDArray[np.float64]
ALWAYS = {"a": 1e6, "b": 1e-6}
NEVER_LAPSES = {"a": 1e-6, "b": 1e6}


def alike(p: float) -> dict[str, float]:
    """A Beta so narrow that all users have the probability p."""
    return {"a": p * 1e6, "b": (1 - p) * 1e6}


@dataclass(frozen=True)
class Recall:
    """The constant hazards of a recall that can be followed by hand: whoever has the habit is active every day."""

    n: int = 3_000
    n_days: int = 90
    lapse: float = 0.03
    natural: float = 0.0
    waves: tuple[int, ...] = (7,)
    attempts: int | None = None
    holdout: float = 0.2
    opt_in: float = 0.8
    delivery: float = 0.95
    open: float = 0.3
    brings_back: float = 0.5
    half: float = 10.0

    def plan(self, **extra: Any) -> Plan:
        """The plan of the same numbers."""
        limits: dict[str, Any] = {"holdout": self.holdout}
        if self.attempts is not None:
            limits["attempts"] = self.attempts
        rule = {"when": {"inactive_for": [f"{w} days" for w in self.waves]}, "do": {"message": "sms"}, "limits": limits}
        return plan_for(
            **{
                "market": {"size": self.n},
                "channels": {"past": {"kind": "history", "signups": {"2026-01-01": self.n}}},
                "retention": {
                    "default": {"visits": ALWAYS, "lapse": alike(self.lapse)},
                    "natural_return": f"{-np.log1p(-self.natural)} / day",
                },
                "media": {"sms": {"opt_in": self.opt_in, "delivery": self.delivery, "open": self.open}},
                "response": {"message": {"brings_back": self.brings_back, "falls_by_half_every": f"{self.half} days"}},
                "policy": {"rules": {"recall": rule}},
                "horizon": f"{self.n_days} days",
            }
            | extra
        )

    def expected(self, reachable: bool) -> Flow:
        """Expectations per person, day by day, of those whom messages may reach, or of the others."""
        flow, engaged = Flow(self.n_days), 1.0
        away = np.zeros(self.n_days + 1)  # by the day of the lapse
        for day in range(1, self.n_days):
            away[day], stays = self.lapse * engaged, (1 - self.lapse) * engaged
            natural = self.natural * away[:day]
            away[:day] -= natural
            engaged = stays + natural.sum()
            for wave in sorted(self.waves)[: self.attempts]:
                lapsed_on = day - wave + 1
                if reachable and lapsed_on >= 1:
                    opened = away[lapsed_on] * self.delivery * self.open
                    back = opened * self.brings_back * 0.5 ** ((wave - 1) / self.half)
                    flow.sent[day] += away[lapsed_on]
                    flow.opened[day] += opened
                    flow.returned[day] += back
                    away[lapsed_on] -= back
                    engaged += back
            flow.active[day] = engaged
        return flow


@dataclass
class Flow:
    """Shares of a population by day."""

    n_days: int
    sent: F64 = field(init=False)
    opened: F64 = field(init=False)
    returned: F64 = field(init=False)
    active: F64 = field(init=False)

    def __post_init__(self) -> None:
        for name in ("sent", "opened", "returned", "active"):
            setattr(self, name, np.zeros(self.n_days))
        self.active[0] = 1.0


WAVES = [
    Recall(),
    Recall(waves=(3, 10, 30), natural=0.01, lapse=0.06),
    Recall(waves=(1, 2, 5, 20), attempts=2, natural=0.004, half=4.0),
]


def measured(world: World) -> F64:
    counts = world.tallies.rules[1].astype(np.float64)
    dau = world.tallies.dau.sum(axis=1)
    third = dau.size // 3
    sums = [counts[:, column].sum() for column in (SENT, OPENED, RETURNED)]
    halves = [counts[: dau.size // 2, column].sum() for column in (SENT, RETURNED)]
    return np.array([*sums, *halves, dau[third], dau[2 * third], dau[-1], dau.sum()])


def expectation(recall: Recall) -> F64:
    """The same of the closed form: reachable persons are opted in and not held out."""
    share = (1 - recall.holdout) * recall.opt_in
    reached, others = recall.expected(True), recall.expected(False)
    active = share * reached.active + (1 - share) * others.active
    third, middle = recall.n_days // 3, recall.n_days // 2
    sums = [share * flow.sum() for flow in (reached.sent, reached.opened, reached.returned)]
    halves = [share * flow[:middle].sum() for flow in (reached.sent, reached.returned)]
    return recall.n * np.array([*sums, *halves, active[third], active[2 * third], active[-1], active.sum()])


def distance_of_recall(plan: Plan, recall: Recall) -> float:
    found = replicates(plan, 25, measured)
    return largest(z_of_sample(found[:, i], expected) for i, expected in enumerate(expectation(recall)))


@pytest.mark.parametrize("recall", WAVES, ids=["one wave", "three waves", "attempts"])
def test_messages_opens_and_returns_under_constant_hazards(recall: Recall) -> None:
    assert abs(distance_of_recall(recall.plan(), recall)) < LIMIT


ALTERED = [
    ("medium.open", lambda share: share * 1.05),
    ("medium.opt_in", lambda share: share * 0.97),
    ("holdout", lambda share: share * 1.15),
    ("waves", lambda waves: (waves[0] + 1, *waves[1:])),
]


@pytest.mark.parametrize(("path", "change"), ALTERED)
def test_an_altered_rule_is_seen(path: str, change: Any) -> None:
    assert abs(distance_of_recall(altered_rule(WAVES[0].plan(), path, change), WAVES[0])) > LIMIT


def test_another_halving_is_seen() -> None:
    twin = altered(WAVES[0].plan(), "response.halves_every_days", lambda half: half * 1.25)
    assert abs(distance_of_recall(twin, WAVES[0])) > LIMIT


# --- holdout


def is_held_out(world: World, rule_index: int = 0) -> npt.NDArray[np.bool_]:
    """By the plain draw of each user of a market of one segment."""
    rule, segment = world.plan.rules[rule_index], segment_address(world.plan.market.segments[0])
    persons = world.people.person[: world.people.n]
    return np.array(
        [draw(world.key, person_address(segment, int(p)), 0, rule.holdout_purpose) < rule.holdout for p in persons]
    )


def distance_of_effect(plan: Plan, recall: Recall, effect: float) -> float:
    """How far the difference in final activity between the treated and the held out is from `effect`."""
    world = finished(plan)
    held = is_held_out(world)
    active = world.people.last_active[: world.people.n] == recall.n_days - 1
    treated, control = active[~held], active[held]
    error = np.sqrt(treated.var() / treated.size + control.var() / control.size)
    return largest([(treated.mean() - control.mean() - effect) / error])


HOLDOUT = Recall(n=30_000, n_days=60, waves=(4, 9), natural=0.01, lapse=0.05, holdout=0.5, brings_back=0.8)


def test_the_effect_is_what_exceeds_the_holdout() -> None:
    reached, others = HOLDOUT.expected(True), HOLDOUT.expected(False)
    effect = HOLDOUT.opt_in * (reached.active[-1] - others.active[-1])
    plan = HOLDOUT.plan()
    assert abs(distance_of_effect(plan, HOLDOUT, effect)) < LIMIT
    twin = altered(plan, "response.brings_back", lambda share: share * 0.6)
    assert abs(distance_of_effect(twin, HOLDOUT, effect)) > LIMIT


def test_the_holdout_is_counted_and_never_messaged() -> None:
    world = finished(HOLDOUT.plan())
    held, counts = is_held_out(world), world.tallies.rules[1]
    assert (world.people.messages[: world.people.n][held] == 0).all()
    assert (world.people.messages[: world.people.n][~held] > 0).any()
    assert (counts[:, SELECTED] == counts[:, HELD_OUT] + counts[:, LIMITED] + counts[:, SENT]).all()
    assert abs(largest([z_of_count(held.sum(), held.size, HOLDOUT.holdout)])) < LIMIT


# --- what opened messages and coupons do


def test_return_probability_in_closed_form() -> None:
    away, lift = np.array([0, 1, 11, 21, 31], np.int32), np.array([1.0, 1.0, 1.0, 2.0, 0.5])
    halved = 0.4 * 0.5 ** (np.array([0, 0, 10, 20, 30]) / 10)
    odds = halved / (1 - halved) * lift
    assert return_probability(0.4, 10.0, away, lift) == pytest.approx(odds / (1 + odds), rel=1e-12)
    assert return_probability(0.4, np.inf, away, np.ones(5)) == pytest.approx(0.4)
    assert return_probability(1.0, np.inf, away, lift).tolist() == [1.0] * 5
    assert return_probability(0.0, 10.0, away, lift).tolist() == [0.0] * 5


GAINS = {"plain": {"share": 0.5}, "hunters": {"share": 0.5, "gain": 3.0}}


def couponed(coupon: dict[str, Any], lift: float = 1.3) -> Plan:
    """Everybody lapses at once, is messaged after 3 days and opens; the coupon decides who returns."""
    n = 40_000
    rule = {"when": {"inactive_for": "3 days"}, "do": {"message": "sms", "coupon": coupon | {"valid_for": "5 days"}}}
    return plan_for(
        market={"size": n, "segments": GAINS},
        channels={"past": {"kind": "history", "signups": {"2026-01-01": n}}},
        retention={"default": {"visits": ALWAYS, "lapse": ALWAYS}},
        orders={"per_active_day": 0.1, "basket": {"mean": "200 CNY"}},
        media={"sms": {"open": 1.0}},
        response={
            "message": {"brings_back": "10%", "falls_by_half_every": "20 days"},
            "coupon": {"lift_per_10_percent": lift},
        },
        policy={"rules": {"gift": rule}},
        horizon="4 days",
    )


def distance_of_coupon(plan: Plan, tenths: float) -> float:
    """How far each segment's returns are from odds x 1.3 ^ (tenths off x gain)."""
    world = finished(plan)
    people = world.people
    p = 0.1 * 0.5 ** (2 / 20)
    distances = []
    for segment, gain in ((0, 1.0), (1, 3.0)):
        odds = p / (1 - p) * 1.3 ** (tenths * gain)
        active = people.last_active[: people.n][people.cell[: people.n] == segment] == 3
        distances.append(z_of_count(active.sum(), active.size, odds / (1 + odds)))
    return largest(distances)


@pytest.mark.parametrize(
    ("coupon", "tenths"),
    [({"share_off": "20%"}, 2.0), ({"off": "30 CNY"}, 1.5), ({"share_off": "50%", "up_to": "50 CNY"}, 2.5)],
)
def test_a_coupon_lifts_the_odds_per_tenth_off(coupon: dict[str, Any], tenths: float) -> None:
    assert abs(distance_of_coupon(couponed(coupon), tenths)) < LIMIT


def test_another_lift_is_seen() -> None:
    assert abs(distance_of_coupon(couponed({"share_off": "20%"}, lift=1.25), 2.0)) > LIMIT


def test_a_held_coupon_lifts_orders_until_it_is_used() -> None:
    """P(order on the k-th day after) = 1 - exp(-rate x f^(not used yet)) with f while the coupon is held."""
    n, rate, factor = 60_000, 0.2, 1.8
    rule = {"when": {"on": "2026-01-03"}, "do": {"message": "sms", "coupon": {"off": "5 CNY", "valid_for": "3 days"}}}
    plan = plan_for(
        market={"size": n},
        channels={"past": {"kind": "history", "signups": {"2026-01-01": n}}},
        retention={"default": {"visits": ALWAYS, "lapse": NEVER_LAPSES}},
        orders={"per_active_day": rate, "basket": {"mean": "100 CNY"}},
        media={"sms": {"open": 1.0}},
        response={"coupon": {"orders": factor}},
        policy={"rules": {"gift": rule}},
        horizon="9 days",
    )
    buyers = finished(plan).tallies.buyers.sum(axis=1)
    base, lifted = -np.expm1(-rate), -np.expm1(-rate * factor)
    unused, expected = 1.0, [base, base]
    for _ in range(3):
        expected.append(unused * lifted + (1 - unused) * base)
        unused *= 1 - lifted
    expected += [base] * 3
    assert abs(largest(z_of_count(buyers[1 + i], n, p) for i, p in enumerate(expected))) < LIMIT
    twin = altered(plan, "response.coupon_orders", lambda f: f * 1.06)
    buyers = finished(twin).tallies.buyers.sum(axis=1)
    assert abs(largest(z_of_count(buyers[1 + i], n, p) for i, p in enumerate(expected))) > LIMIT


def test_a_new_coupon_replaces_the_one_that_is_held() -> None:
    """Two coupons on two days lift orders once, and the second can be used once."""
    n, rate, factor = 40_000, 0.05, 1.9
    when = {"on": ["2026-01-03", "2026-01-04"]}
    rule = {"when": when, "do": {"message": "sms", "coupon": {"off": "5 CNY", "valid_for": "9 days"}}}
    plan = plan_for(
        market={"size": n},
        channels={"past": {"kind": "history", "signups": {"2026-01-01": n}}},
        retention={"default": {"visits": ALWAYS, "lapse": NEVER_LAPSES}},
        orders={"per_active_day": rate, "basket": {"mean": "100 CNY"}},
        media={"sms": {"open": 1.0}},
        response={"coupon": {"orders": factor}},
        policy={"rules": {"gift": rule}},
        horizon="5 days",
    )
    world = finished(plan)
    buyers = world.tallies.buyers.sum(axis=1)
    lifted = -np.expm1(-rate * factor)
    assert abs(largest(z_of_count(buyers[day], n, lifted) for day in (3, 4))) < LIMIT
    assert abs(z_of_count(buyers[4], n, -np.expm1(-rate * factor**2))) > LIMIT
    assert world.tallies.rules[1, :, COUPONS_USED].tolist() == [0, 0, 0, buyers[3], buyers[4]]


def woken(half_life: float = 3.0) -> Plan:
    """Everybody has the habit and comes on a fifth of the days; on day 5 everybody opens a message."""
    return plan_for(
        market={"size": 60_000},
        channels={"past": {"kind": "history", "signups": {"2026-01-01": 60_000}}},
        retention={"default": {"visits": alike(0.2), "lapse": NEVER_LAPSES}},
        media={"push": {"open": 1.0}},
        response={"message": {"wakes": 4.0, "wakes_half_life": f"{half_life} days"}},
        policy={"rules": {"news": {"when": {"on": "2026-01-06"}, "do": {"message": "push"}}}},
        horizon="30 days",
    )


def distance_of_wake(plan: Plan) -> float:
    dau = finished(plan).tallies.dau.sum(axis=1)
    distances = []
    for day in range(1, 30):
        lift = 4.0 ** (0.5 ** ((day - 6) / 3.0)) if 6 <= day <= 25 else 1.0
        distances.append(z_of_count(dau[day], 60_000, 0.25 * lift / (1 + 0.25 * lift)))
    return largest(distances)


def test_a_wake_lifts_the_odds_and_fades_by_its_half_life() -> None:
    assert abs(distance_of_wake(woken())) < LIMIT


def test_another_half_life_is_seen() -> None:
    assert abs(distance_of_wake(woken(3.6))) > LIMIT


# --- limits hold exactly


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
    assert all((np.diff(own) == 3).all() for own in diary.days.values())


def test_the_cap_over_all_rules_counts_them_together() -> None:
    rules = {name: {"when": {"every": "1 day"}, "do": {"message": "sms"}} for name in ("one", "two", "three")}
    plan = limited({}, n=200, policy={"rules": rules, "contact": {"messages": 2, "per": "5 days"}})
    world, diary = diary_of(plan)
    assert {most_in_any_window(own, 5) for own in diary.days.values()} == {2}
    assert world.tallies.rules[3, :, SENT].sum() == 0


@pytest.mark.parametrize("attempts", [1, 3])
def test_a_rule_gives_up_after_its_attempts_in_one_absence(attempts: int) -> None:
    plan = limited({"attempts": attempts}, n=300, media={"sms": {"open": 0.0}})
    plan = altered_rule(plan, "waves", lambda _: (2, 3, 4, 5, 9, 20))
    world, diary = diary_of(plan)
    most = [max(own.count(absence) for absence in own) for own in diary.absences.values()]
    assert max(most) == attempts
    assert len(set(diary.absences[next(iter(diary.absences))])) >= 1
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


# --- agents that stand for several persons


def scaled_metrics(world: World) -> F64:
    tallies = world.tallies
    rows = world.ledger.rows()
    counts = [tallies.new.sum(), tallies.dau.sum(), tallies.orders.sum(), tallies.messages.sum()]
    returned = world.tallies.rules[1, :, RETURNED].sum()
    scale = world.plan.market.people_per_agent
    return np.array([*(scale * value for value in counts), scale * returned, rows["amount"].sum()], np.float64)


def crowd(per_agent: int) -> Plan:
    """No limit binds: one that does is felt earlier when what is limited comes in lumps of ten."""
    rule = {"when": {"inactive_for": "7 days"}, "do": {"message": "sms"}, "limits": {"holdout": 0.1}}
    return plan_for(
        market={"size": 20_000, "people_per_agent": per_agent},
        channels={
            "organic": {"kind": "organic", "signups": "90 / day"},
            "ads": {"kind": "paid", "price": "2 CNY / click", "funnel": {"register": 0.2}},
            "friends": {"kind": "word_of_mouth", "contacts_per_active_day": 0.01},
        },
        onboarding={"steps": {"first order": {"pass": 0.3}}},
        orders={"per_active_day": 0.2, "shape": 0.7, "basket": {"mean": "80 CNY", "spread": 0.5}, "margin": 0.3},
        income={"advertising_per_active_day": "0.02 CNY"},
        media={"sms": {"open": 0.3, "opt_in": 0.7, "price": "0.05 CNY"}},
        response={"message": {"brings_back": 0.3}},
        policy={"budgets": {"ads": "500 CNY / day"}, "rules": {"recall": rule}},
        horizon="60 days",
    )


def distance_of_scale(plan: Plan) -> float:
    one, ten = replicates(crowd(1), 10, scaled_metrics), replicates(plan, 60, scaled_metrics, seed=2)
    error = np.sqrt(one.var(axis=0, ddof=1) / 10 + ten.var(axis=0, ddof=1) / 60)
    return largest((ten.mean(axis=0) - one.mean(axis=0)) / error)


def test_agents_for_ten_persons_keep_the_expectations() -> None:
    assert abs(distance_of_scale(crowd(10))) < LIMIT


def test_agents_that_weigh_wrongly_are_seen() -> None:
    twin = altered(crowd(10), "channels.signups", lambda signups: signups * 1.05)
    assert abs(distance_of_scale(twin)) > LIMIT
