"""Memberships against closed forms: renewal, trials, dunning, steady state, money paid ahead; each with a twin."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from sim.engine.ledger import MICRO
from sim.systems.books.accounts import MEMBERSHIPS, PRIVILEGES
from sim.systems.books.tables import tables_of
from sim.systems.memberships.plan import MembershipPlan
from sim.systems.memberships.roll import (
    ASKING,
    CANCELLED,
    CONVERTED,
    JOINED,
    NOT_RESUMED,
    ON_TRIAL,
    PAID,
    PAUSES,
    PAYMENT_FAILED,
    RECOVERED,
    REFUNDED,
    RENEWED,
    RESUMED,
    SWITCHED_IN,
    SWITCHED_OUT,
    TRIALS_BEGUN,
    UNPAID,
    Steps,
    spread_over,
    taken_back,
)
from sim.systems.plan import Plan
from sim.systems.statuses.holders import grant
from sim.systems.trace import trace_person
from sim.systems.world import World
from tests.verify.measuring import LIMIT, largest, z_of_count
from tests.verify.worlds import finished, plan_for

Document = dict[str, Any]
I64 = npt.NDArray[np.int64]
F64 = npt.NDArray[np.float64]

N = 20_000
HIGH_END, REGULAR = (0.668, 3.806), (0.704, 1.182)
"""(alpha, beta) of Fader and Hardie 2007, fitted to seven years of two groups of subscribers."""
ONE_DAY = {"default": {"visits": {"a": 1e6, "b": 1e-6}, "lapse": {"a": 1e6, "b": 1e-6}}}
"""Everybody is there on the day of sign-up and has no habit from the next day on."""
ALWAYS = {"default": {"visits": {"a": 1e6, "b": 1e-6}, "lapse": {"a": 1e-6, "b": 1e6}}}
IRRESISTIBLE = 1e6
AT_ONCE = {"looks": 1, "former_members": 0, "payment_fails": 0}
"""Everybody joins on the first day, and nobody again."""


def alike(p: float) -> Document:
    """A Beta in which everybody has the same probability."""
    return {"a": p * 1e7, "b": (1 - p) * 1e7}


def memberships_plan(memberships: Document, response: Document, days: int, n: int = N, **sections: Any) -> Plan:
    """n users who sign up on the first day."""
    return plan_for(
        **(
            {
                "market": {"size": n},
                "channels": {"past": {"kind": "history", "signups": {"2026-01-01": n}}},
                "retention": ONE_DAY,
                "horizon": f"{days} days",
                "policy": {"memberships": memberships},
                "response": {"memberships": AT_ONCE | response},
            }
            | sections
        )
    )


def with_first(plan: Plan, **fields: Any) -> Plan:
    """The plan with fields of its first membership replaced."""
    first, *others = plan.memberships.plans
    return replace(plan, memberships=replace(plan.memberships, plans=(replace(first, **fields), *others)))


def counted(world: World, what: int, position: int = 0) -> I64:
    """int64 (n_days,)."""
    counts: I64 = world.roll.counts[position, :, what]
    return counts


def column(world: World, name: str, position: int = 0) -> I64:
    """A column of the table of memberships, of one of them."""
    table = tables_of(world)["memberships"]
    values: I64 = np.asarray(table[name])[np.asarray(table["membership"][0]) == position]
    return values


# --- renewal


def surviving(alpha: float, beta: float, n_renewals: int) -> F64:
    """Shares of members that are left after each renewal: the shifted-beta-geometric."""
    t = np.arange(1, n_renewals + 1)
    curve: F64 = np.cumprod((beta + t - 1) / (alpha + beta + t - 1))
    return curve


def yearly_plan(alpha: float, beta: float, years: int = 7) -> Plan:
    yearly = {"period": "1 year", "price": "198 CNY", "appeal": IRRESISTIBLE}
    return memberships_plan({"y": yearly}, {"cancels": {"yearly": {"a": alpha, "b": beta}}}, 365 * years + 1)


def renewal_z(plan: Plan, curve: F64) -> float:
    """The farthest distance of members after each renewal, from the first day's N, from the curve."""
    members = column(finished(plan), "members")
    assert members[0] == N
    return largest(z_of_count(float(members[365 * (k + 1)]), N, p) for k, p in enumerate(curve))


def test_the_renewal_curve_is_the_shifted_beta_geometric() -> None:
    curve = surviving(*HIGH_END, 7)
    assert np.round(100 * curve, 1).tolist() == [85.1, 74.7, 67.0, 61.0, 56.2, 52.2, 48.9]  # as published
    plan = yearly_plan(*HIGH_END)
    assert abs(renewal_z(plan, curve)) < LIMIT
    assert abs(renewal_z(plan, surviving(*REGULAR, 7))) > LIMIT
    assert abs(renewal_z(yearly_plan(0.668, 3.6), curve)) > LIMIT


def test_renewal_rises_with_tenure_though_nobody_changes() -> None:
    """Members who are alike leave a geometric curve: it falls faster later."""
    plan = yearly_plan(*HIGH_END)
    p = HIGH_END[0] / sum(HIGH_END)
    (one,) = plan.memberships.plans
    same = with_first(plan, cancels_table=np.full_like(one.cancels_table, np.log(p / (1 - p))))
    assert abs(renewal_z(same, surviving(*HIGH_END, 7))) > LIMIT
    assert abs(renewal_z(same, (1 - p) ** np.arange(1, 8))) < LIMIT


def test_twelve_months_are_a_year() -> None:
    monthly = {"period": "1 month", "price": "25 CNY", "appeal": IRRESISTIBLE}
    world = finished(memberships_plan({"m": monthly}, {"cancels": {"monthly": alike(1e-9)}}, 366, n=10))
    days = np.flatnonzero(counted(world, RENEWED)).tolist()
    assert days == [30, 61, 91, 122, 152, 183, 213, 243, 274, 304, 335, 365]


def test_members_without_the_habit_cancel_at_other_odds() -> None:
    weekly = {"period": "1 week", "price": "8 CNY", "appeal": IRRESISTIBLE}
    plan = memberships_plan({"w": weekly}, {"cancels": {"weekly": alike(0.2)}, "lapsed_members": 3}, 8)
    cancelled = float(counted(finished(plan), CANCELLED).sum())
    assert abs(largest([z_of_count(cancelled, N, 0.6 / 1.4)])) < LIMIT
    assert abs(z_of_count(cancelled, N, 0.2)) > LIMIT
    engaged = memberships_plan(
        {"w": weekly}, {"cancels": {"weekly": alike(0.2)}, "lapsed_members": 3}, 8, retention=ALWAYS
    )
    assert abs(largest([z_of_count(float(counted(finished(engaged), CANCELLED).sum()), N, 0.2)])) < LIMIT


# --- trials


def trial_plan(*, card: bool, response: Document | None = None) -> Plan:
    trial = {"for": "7 days", "card": card, "price": "1 CNY"}
    monthly = {"period": "1 month", "price": "25 CNY", "appeal": IRRESISTIBLE, "trial": trial}
    return memberships_plan({"m": monthly}, response or {}, 20)


def conversion_z(world: World, p: float) -> float:
    begun, converted = counted(world, TRIALS_BEGUN), counted(world, CONVERTED)
    assert begun[0] == N
    assert converted[:7].sum() == converted[8:].sum() == 0
    return z_of_count(float(converted[7]), N, p)


def test_trials_convert_as_published_with_a_card_and_without() -> None:
    with_card, without = finished(trial_plan(card=True)), finished(trial_plan(card=False))
    assert abs(largest([conversion_z(with_card, 0.488), conversion_z(without, 0.182)])) < LIMIT
    assert abs(conversion_z(with_card, 0.47)) > LIMIT
    assert abs(conversion_z(without, 0.488)) > LIMIT


def test_a_trial_costs_its_price_and_the_first_period_follows() -> None:
    world = finished(trial_plan(card=True))
    cash, converted = column(world, "cash"), int(counted(world, CONVERTED).sum())
    assert cash[0] == 100 * N
    assert cash[7] == 2500 * converted
    assert column(world, "trials")[[0, 6, 7]].tolist() == [N, N, 0]
    assert column(world, "members")[[6, 7]].tolist() == [0, converted]


def test_who_was_a_member_gets_no_further_trial() -> None:
    again = AT_ONCE | {"former_members": 1, "trial_with_card": {"converts": 0}}
    monthly = {"period": "1 month", "price": "25 CNY", "appeal": IRRESISTIBLE, "trial": {"for": "2 days"}}
    world = finished(memberships_plan({"m": monthly}, again, 5, retention=ALWAYS))
    assert counted(world, TRIALS_BEGUN).tolist() == [N, 0, 0, 0, 0]
    assert counted(world, JOINED).tolist() == [N, 0, 0, N, 0]
    assert column(world, "members").tolist() == [0, 0, 0, N, N]


# --- payments that fail


def dunning_plan(tries: int = 3) -> Plan:
    monthly = {
        "period": "1 month", "price": "25 CNY", "appeal": IRRESISTIBLE, "dunning": {"tries": tries, "every": "3 days"}
    }  # fmt: skip
    return memberships_plan(
        {"m": monthly}, {"cancels": {"monthly": alike(1e-9)}, "payment_fails": 0.4, "recovers": 0.3}, 45
    )


def recovery_z(plan: Plan, tries: int = 3, recovers: float = 0.3) -> float:
    """Distance of what recovers of the first renewal's failed payments from 1 - (1 - r)^tries."""
    world = finished(plan)
    failed, recovered = counted(world, PAYMENT_FAILED), counted(world, RECOVERED)
    assert np.flatnonzero(failed).tolist() == [30]
    assert failed.sum() == recovered.sum() + counted(world, UNPAID).sum()
    return z_of_count(float(recovered.sum()), float(failed.sum()), 1 - (1 - recovers) ** tries)


def test_dunning_recovers_what_its_tries_do() -> None:
    plan = dunning_plan()
    world = finished(plan)
    assert abs(largest([z_of_count(float(counted(world, PAYMENT_FAILED).sum()), N, 0.4)])) < LIMIT
    assert abs(largest([recovery_z(plan), recovery_z(dunning_plan(tries=1), tries=1)])) < LIMIT
    assert np.flatnonzero(counted(world, RECOVERED)).tolist() == [33, 36, 39]
    assert np.flatnonzero(counted(world, UNPAID)).tolist() == [39]
    assert abs(recovery_z(plan, recovers=0.32)) > LIMIT
    assert abs(recovery_z(with_first(plan, tries=2))) > LIMIT


def test_without_tries_a_failed_payment_ends_the_membership() -> None:
    world = finished(dunning_plan(tries=0))
    assert counted(world, UNPAID).tolist() == counted(world, PAYMENT_FAILED).tolist()
    assert counted(world, UNPAID)[30] > 0


# --- joining


def steady_plan() -> Plan:
    """Everybody comes every day, looks at one in ten, joins at even odds, and leaves at one renewal in four."""
    weekly = {"period": "1 week", "price": "8 CNY"}
    response = {"looks": 0.1, "former_members": 1, "cancels": {"weekly": alike(0.25)}}
    return memberships_plan({"w": weekly}, response, 250, retention=ALWAYS)


def steady_z(plan: Plan, joins_per_day: float, cancels: float) -> float:
    """Members on the last day against the share of time of an alternating renewal process."""
    in_it, out_of_it = 7 / cancels, 1 / joins_per_day
    return z_of_count(float(column(finished(plan), "members")[-1]), N, in_it / (in_it + out_of_it))


def test_members_in_steady_state() -> None:
    plan = steady_plan()
    assert abs(largest([steady_z(plan, 0.1 * 0.5, 0.25)])) < LIMIT
    more = replace(plan, memberships=replace(plan.memberships, looks=0.13))
    assert abs(steady_z(more, 0.1 * 0.5, 0.25)) > LIMIT


def choice_z(plan: Plan, pulls: list[float]) -> float:
    world = finished(plan)
    joined = [float(counted(world, JOINED, position).sum()) for position in range(len(pulls))]
    return largest(z_of_count(n, N, pull / (1 + sum(pulls))) for n, pull in zip(joined, pulls, strict=True))


def choice_plan(**response: Any) -> Plan:
    """One look at three plans: 25, 198 and 598 CNY for a month, a year, and for good."""
    plans = {
        "m": {"period": "1 month", "price": "25 CNY"},
        "y": {"period": "1 year", "price": "198 CNY", "appeal": 0.5},
        "good": {"period": "lifetime", "price": "598 CNY", "recognised_over": "730 days", "appeal": 2},
    }
    return memberships_plan(plans, response, 1)


def test_plans_are_chosen_by_appeal() -> None:
    plan = choice_plan()
    assert abs(choice_z(plan, [1, 0.5, 2])) < LIMIT
    assert abs(choice_z(plan, [1.1, 0.5, 2])) > LIMIT
    (first, *_) = plan.memberships.plans
    assert abs(choice_z(with_first(plan, pull=1.1 * first.pull), [1, 0.5, 2])) > LIMIT


def test_plans_are_chosen_by_their_price_beside_what_they_are_worth() -> None:
    plan = choice_plan(worth="20 CNY / month", price_sensitivity=1.5)
    month = 365 / 12
    per_month = np.array([25, 198 / 12, 598 / 730 * month])
    pulls = np.array([1, 0.5, 2]) * (per_month / 20) ** -1.5
    assert abs(choice_z(plan, pulls.tolist())) < LIMIT
    assert abs(choice_z(plan, [1, 0.5, 2])) > LIMIT


def test_a_trial_and_a_segment_change_the_appeal() -> None:
    monthly = {"period": "1 month", "price": "25 CNY", "trial": {"for": "7 days"}, "by_segment": {"a": 3}}
    segments = {"a": {"share": 0.5}, "b": {"share": 0.5}}
    response = {"trial_with_card": {"appeal": 2, "converts": 0.5}}
    world = finished(memberships_plan({"m": monthly}, response, 1, market={"size": N, "segments": segments}))
    of_a = world.plan.segment_of_cell[world.people.cell[:N]] == 0
    joined = world.roll.plan[:N] == 1
    found = [
        z_of_count(float(joined[of_a].sum()), N / 2, 6 / 7),
        z_of_count(float(joined[~of_a].sum()), N / 2, 2 / 3),
    ]
    assert abs(largest(found)) < LIMIT
    assert abs(z_of_count(float(joined[of_a].sum()), N / 2, 2 / 3)) > LIMIT


def switching_plan(reconsiders: float) -> Plan:
    weekly = {"period": "1 week", "price": "8 CNY", "appeal": IRRESISTIBLE}
    plan = memberships_plan(
        {"w": weekly, "y": {"period": "1 year", "price": "198 CNY", "appeal": 0}},
        {"cancels": {"weekly": alike(1e-9)}, "reconsiders": reconsiders},
        8,
    )
    first, second = plan.memberships.plans
    pull = first.pull.copy()
    pull[1:] = 1.0
    later = np.where(np.arange(8)[:, None] > 0, 3.0, 0.0)
    plans = (replace(first, pull=pull), replace(second, pull=later))
    return replace(plan, memberships=replace(plan.memberships, plans=plans))


def test_members_who_compare_switch_by_appeal() -> None:
    world = finished(switching_plan(0.4))
    switched = float(counted(world, SWITCHED_OUT).sum())
    assert switched == counted(world, SWITCHED_IN, 1).sum()
    assert switched + counted(world, RENEWED).sum() == N
    assert abs(largest([z_of_count(switched, N, 0.4 * 0.75)])) < LIMIT
    assert abs(z_of_count(float(counted(finished(switching_plan(0.5)), SWITCHED_OUT).sum()), N, 0.4 * 0.75)) > LIMIT


# --- a price that rises


def dearer_plan(prices: Document | str, price_rise: float = 2, **fields: Any) -> Plan:
    """Everybody joins a week at once, and one in five would cancel at its end."""
    weekly = {"period": "1 week", "price": prices, "appeal": IRRESISTIBLE} | fields
    return memberships_plan({"w": weekly}, {"cancels": {"weekly": alike(0.2)}, "price_rise": price_rise}, 16)


def odds_times(factor: float, p: float = 0.2) -> float:
    return factor * p / (1 - p + factor * p)


def first_cancel_z(plan: Plan, p: float) -> float:
    return z_of_count(float(counted(finished(plan), CANCELLED)[7]), N, p)


def test_a_price_rise_multiplies_the_odds_of_cancelling() -> None:
    """8 CNY, then 12: the odds are (12 / 8)^2 = 2.25 times as high."""
    dearer = dearer_plan({"2026-01-01": "8 CNY", "2026-01-05": "12 CNY"})
    assert abs(largest([first_cancel_z(dearer, odds_times(2.25))])) < LIMIT
    assert abs(first_cancel_z(dearer, 0.2)) > LIMIT
    less = replace(dearer, memberships=replace(dearer.memberships, price_rise=1.5))
    assert abs(first_cancel_z(less, odds_times(2.25))) > LIMIT


def test_a_price_rise_is_felt_once_and_a_lower_price_never() -> None:
    dearer = finished(dearer_plan({"2026-01-01": "8 CNY", "2026-01-05": "12 CNY"}))
    left = N - float(counted(dearer, CANCELLED)[7])
    assert abs(largest([z_of_count(float(counted(dearer, CANCELLED)[14]), left, 0.2)])) < LIMIT
    cheaper = dearer_plan({"2026-01-01": "12 CNY", "2026-01-05": "8 CNY"})
    assert abs(largest([first_cancel_z(cheaper, 0.2)])) < LIMIT
    assert abs(first_cancel_z(cheaper, odds_times((8 / 12) ** 2))) > LIMIT


def test_the_full_price_after_the_introductory_one_is_a_price_rise() -> None:
    plan = dearer_plan("8 CNY", intro={"price": "4 CNY", "periods": 2})
    world = finished(plan)
    cancelled = counted(world, CANCELLED)
    assert np.flatnonzero(cancelled).tolist() == [7, 14]
    second = float(N - cancelled[7])
    found = [z_of_count(float(cancelled[7]), N, 0.2), z_of_count(float(cancelled[14]), second, odds_times(4))]
    assert abs(largest(found)) < LIMIT
    assert abs(z_of_count(float(cancelled[14]), second, 0.2)) > LIMIT
    paid = column(world, "cash")[[0, 7, 14]].tolist()
    assert paid == [400 * N, 400 * second, 800 * (second - cancelled[14])]


def intro_choice_z(plan: Plan, day: int, pull: float) -> float:
    """Distance of who joins on a day, of those who look, from the odds."""
    world = finished(plan)
    looks = N - float(counted(world, JOINED)[:day].sum())
    return z_of_count(float(counted(world, JOINED)[day]), looks, pull / (1 + pull))


def test_an_introductory_price_pulls_who_was_never_a_member() -> None:
    weekly = {"period": "1 week", "price": "8 CNY", "intro": {"price": "4 CNY", "periods": 1}}
    response = {"worth": "8 CNY / week", "price_sensitivity": 1.5, "former_members": 1}
    plan = memberships_plan({"w": weekly}, response, 1)
    assert abs(largest([intro_choice_z(plan, 0, 2**1.5)])) < LIMIT
    assert abs(intro_choice_z(plan, 0, 1.0)) > LIMIT


def test_who_comes_back_pays_the_full_price() -> None:
    """Everybody joins on the first day, leaves after the first week and joins again on the next day."""
    weekly = {"period": "1 week", "price": "8 CNY", "appeal": IRRESISTIBLE, "intro": {"price": "4 CNY", "periods": 3}}
    response = {"cancels": {"weekly": alike(1 - 1e-9)}, "former_members": 1}
    world = finished(memberships_plan({"w": weekly}, response, 10, n=50, retention=ALWAYS))
    assert column(world, "cash")[[0, 8]].tolist() == [400 * 50, 800 * 50]


# --- pauses


def pause_plan(pauses: float = 0.6, resumes: float = 0.3) -> Plan:
    """Half would cancel after the first week, and are offered twenty days."""
    weekly = {"period": "1 week", "price": "8 CNY", "appeal": IRRESISTIBLE, "pause": {"for": "20 days"}}
    response = {"cancels": {"weekly": alike(0.5)}, "pauses": pauses, "resumes": resumes}
    return memberships_plan({"w": weekly}, response, 30)


def pause_zs(plan: Plan) -> list[float]:
    world = finished(plan)
    paused = counted(world, PAUSES)
    wants = float(paused[7] + counted(world, CANCELLED)[7])
    resumed = float(counted(world, RESUMED)[27])
    assert np.flatnonzero(counted(world, RESUMED)).tolist() == [27]
    assert resumed + counted(world, NOT_RESUMED)[27] == paused[7]
    return [
        z_of_count(wants, N, 0.5),
        z_of_count(float(paused[7]), wants, 0.6),
        z_of_count(resumed, float(paused[7]), 0.3),
    ]


def test_who_wants_to_cancel_may_pause_and_come_back() -> None:
    plan = pause_plan()
    assert abs(largest(pause_zs(plan))) < LIMIT
    assert abs(pause_zs(pause_plan(pauses=0.63))[1]) > LIMIT
    assert abs(pause_zs(pause_plan(resumes=0.34))[2]) > LIMIT
    longer = with_first(plan, pause_days=21)
    with pytest.raises(AssertionError):
        pause_zs(longer)


def test_who_pauses_pays_and_holds_nothing() -> None:
    """All pause after the first week, and nobody of them pays or is a member until the pause has ended."""
    plan = pause_plan(pauses=1, resumes=1)
    sure = with_first(plan, cancels_table=np.full_like(plan.memberships.plans[0].cancels_table, 40.0))
    world = finished(sure)
    assert column(world, "on_pause")[[6, 7, 26, 27]].tolist() == [0, N, N, 0]
    assert column(world, "members")[[6, 7, 26, 27]].tolist() == [N, 0, 0, N]
    assert np.flatnonzero(column(world, "cash")).tolist() == [0, 27]
    assert column(world, "recognised")[8:28].sum() == 0
    holders = np.asarray(tables_of(world)["statuses"]["holders"])
    assert holders[[7, 8, 27, 28]].tolist() == [N, 0, 0, N]


# --- refunds


def refund_plan(asks: float = 0.25, **fields: Any) -> Plan:
    monthly = {"period": "1 month", "price": "10.01 CNY", "appeal": IRRESISTIBLE, "refund_within": "10 days"} | fields
    return memberships_plan({"m": monthly}, {"asks_refund": asks, "cancels": {"monthly": alike(1e-9)}}, 70)


def refund_zs(plan: Plan, asks: float = 0.25) -> list[float]:
    """How many ask, and on which of the ten days."""
    refunded = counted(finished(plan), REFUNDED)
    total = float(refunded.sum())
    assert np.flatnonzero(refunded).tolist() == list(range(1, 11))
    return [z_of_count(total, N, asks), *(z_of_count(float(n), total, 0.1) for n in refunded[1:11])]


def test_some_ask_for_their_first_payment_back_on_any_day() -> None:
    plan = refund_plan()
    assert abs(largest(refund_zs(plan))) < LIMIT
    assert abs(refund_zs(refund_plan(0.28))[0]) > LIMIT
    with pytest.raises(AssertionError):
        refund_zs(with_first(plan, refund_days=9))


def all_came_back(world: World) -> None:
    """Whoever has paid got it back: nothing was paid, earned or owed in all, in any book."""
    assert column(world, "cash").sum() == column(world, "recognised").sum() == 0
    assert column(world, "refunds").sum() == column(world, "cash")[0] > 0
    assert column(world, "deferred")[-1] == column(world, "members")[-1] == 0
    assert world.ledger.by_account[MEMBERSHIPS].sum() == 0
    assert not np.cumsum(world.roll.cohort_changes, axis=1).sum(axis=1).any()
    assert not any(ahead.per_day.any() or ahead.waiting.any() for ahead in world.roll.ahead)


@pytest.mark.parametrize("period", ["1 month", "lifetime"])
def test_a_refund_undoes_a_payment_to_the_cent(period: str, monkeypatch: pytest.MonkeyPatch) -> None:
    is_lifetime = {"period": "lifetime", "recognised_over": "300 days"} if period == "lifetime" else {}
    plan = refund_plan(1.0, **is_lifetime)
    all_came_back(finished(plan))

    def a_day_late(cents: int, day: int, n_days: int, today: int) -> Steps:
        return taken_back(cents, day, n_days, today - 1)

    monkeypatch.setattr("sim.systems.memberships.paying.taken_back", a_day_late)
    with pytest.raises(AssertionError):
        all_came_back(finished(plan))


def test_a_renewal_is_not_paid_back() -> None:
    world = finished(refund_plan())
    assert counted(world, RENEWED).sum() > 0
    assert counted(world, REFUNDED)[11:].sum() == 0


# --- money


def prices_on(plan: MembershipPlan, day: int) -> set[int]:
    """The prices of a period at which members may pay on a day, in cents."""
    return {int(plan.price_cents[day])} | ({int(plan.intro.price_cents[day])} if plan.intro is not None else set())


def owed_micro(world: World) -> int:
    """What members have paid for days to come, from their own columns, in 1/10,000 cents of agents."""
    roll, today, total = world.roll, world.plan.n_days - 1, 0
    for row in np.flatnonzero(roll.plan):
        plan = world.plan.memberships.plans[int(roll.plan[row]) - 1]
        since, periods = int(roll.since[row]), int(roll.periods[row])
        if roll.standing[row] == ON_TRIAL:
            assert plan.trial is not None
            first, n_days, cents = since, plan.trial.n_days, plan.trial.price_cents[since]
        elif roll.standing[row] in (PAID, ASKING) and plan.is_lifetime:
            first, n_days, cents = since, plan.recognised_days, plan.price_cents[since]
        elif roll.standing[row] in (PAID, ASKING):
            first = since + int(plan.ends[periods - 1])
            n_days, cents = since + int(plan.ends[periods]) - first, roll.paid[row]
            assert cents in prices_on(plan, first)
        else:
            continue
        left = max(n_days - (today - first), 0)
        share, rest = divmod(int(cents) * MICRO, n_days)
        total += share * left + (rest if left == n_days else 0)
    return total


def deferred_is_owed(world: World) -> None:
    """Cash so far = recognised so far + deferred, every day; on the last it is what members are owed, to the cent."""
    table = tables_of(world)["memberships"]
    n = len(table["membership"][1])
    cash, recognised, deferred = (np.asarray(table[name]).reshape(-1, n) for name in ("cash", "recognised", "deferred"))
    assert (np.cumsum(cash, axis=0) == np.cumsum(recognised, axis=0) + deferred).all()
    assert (deferred >= 0).all()
    waiting = sum(int(ahead.waiting.sum()) for ahead in world.roll.ahead)
    assert int(deferred[-1].sum()) * MICRO == owed_micro(world) * world.plan.market.people_per_agent + waiting


def money_world(days: int = 100) -> World:
    """Every way of paying and of getting back, at prices that leave parts of a cent."""
    plans = {
        "m": {"period": "1 month", "price": {"2026-01-01": "10.01 CNY", "2026-03-01": "12.34 CNY"},
              "trial": {"for": "3 days", "price": "1 CNY"}, "intro": {"price": "5.55 CNY", "periods": 2},
              "pause": {"for": "9 days"}},
        "y": {"period": "1 year", "price": "100.03 CNY", "refund_within": "14 days"},
        "good": {"period": "lifetime", "price": "99.99 CNY", "recognised_over": "70 days", "refund_within": "90 days"},
    }  # fmt: skip
    response = {
        "looks": 0.1, "former_members": 1, "payment_fails": 0.2, "reconsiders": 0.3, "pauses": 0.4, "resumes": 0.5,
        "asks_refund": 0.3,
    }  # fmt: skip
    market = {"size": 900, "people_per_agent": 3}
    return finished(memberships_plan(plans, response, days, n=900, retention=ALWAYS, market=market))


def test_what_is_deferred_is_what_members_are_owed() -> None:
    world = money_world()
    deferred_is_owed(world)
    turns = (RENEWED, CANCELLED, PAYMENT_FAILED, RECOVERED, UNPAID, PAUSES, RESUMED, NOT_RESUMED)
    assert min(counted(world, what).sum() for what in turns) > 0
    assert min(counted(world, REFUNDED, position).sum() for position in (1, 2)) > 0
    world.roll.recognised[0, 50] -= 1
    with pytest.raises(AssertionError):
        deferred_is_owed(world)


def test_a_payment_that_is_not_spread_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    def too_fast(cents: int, day: int, n_days: int) -> Steps:
        return spread_over(cents, day, max(n_days - 1, 1))

    monkeypatch.setattr("sim.systems.memberships.paying.spread_over", too_fast)
    with pytest.raises(AssertionError):
        deferred_is_owed(money_world())


def test_a_price_is_recognised_to_the_cent_over_its_period() -> None:
    monthly = {"period": "1 month", "price": "10.01 CNY", "appeal": IRRESISTIBLE}
    world = finished(memberships_plan({"m": monthly}, {"cancels": {"monthly": alike(1 - 1e-9)}}, 40, n=7))
    recognised = column(world, "recognised")
    assert recognised[0] == recognised[31:].sum() == 0
    assert recognised[1:31].sum() == 7 * 1001
    assert set(recognised[1:31].tolist()) <= {233, 234}  # 7 * 1001 / 30 = 233.57
    assert (world.ledger.by_account[MEMBERSHIPS].sum(axis=1) == recognised).all()


def test_contribution_of_cohorts_is_what_is_recognised() -> None:
    world = money_world()
    tables = tables_of(world)
    assert tables["daily"]["contribution"].sum() == tables["memberships"]["recognised"].sum()
    difference = int(tables["cohorts"]["contribution"].sum() - tables["daily"]["contribution"].sum())
    assert abs(difference) <= len(np.asarray(tables["cohorts"]["contribution"]))
    world.roll.cohort_changes[0, 5] += 100 * MICRO
    moved = int(tables_of(world)["cohorts"]["contribution"].sum() - tables["daily"]["contribution"].sum())
    assert abs(moved) > len(np.asarray(tables["cohorts"]["contribution"]))


# --- what is held


def held_plan() -> Plan:
    """Members who try for a week, cancel at even odds, and whose payments fail at even odds."""
    monthly = {
        "period": "1 month", "price": "25 CNY", "appeal": IRRESISTIBLE, "privileges": ["no ads"],
        "trial": {"for": "7 days"}, "dunning": {"tries": 1, "every": "4 days"},
    }  # fmt: skip
    response = {"payment_fails": 0.5, "cancels": {"monthly": alike(0.5)}}
    return memberships_plan({"m": monthly}, response, 60, privileges={"no ads": {"cost": "3 CNY / day"}})


def held_as_paid(world: World) -> None:
    """Who is a member, or on trial, in the evening holds what it gives on the next day, at its cost."""
    held = column(world, "members") + column(world, "trials")
    holders = np.asarray(tables_of(world)["statuses"]["holders"])
    assert holders[1:].tolist() == held[:-1].tolist()
    assert -world.ledger.by_account[PRIVILEGES].sum() == 300 * holders.sum()


def test_what_a_membership_gives_is_held_while_it_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    world = finished(held_plan())
    held_as_paid(world)
    held = column(world, "members") + column(world, "trials")
    assert held[0] == held[6] == N
    assert np.flatnonzero(np.diff(held)).tolist() == [6, 36, 40]  # trials, the first period, the payment tried again

    def a_day_short(world: World, giver: int, rows: npt.NDArray[np.uint32], last_day: int) -> None:
        grant(world, giver, rows, last_day - 1)

    monkeypatch.setattr("sim.systems.memberships.paying.grant", a_day_short)
    with pytest.raises(AssertionError):
        held_as_paid(finished(held_plan()))


def test_expressions_know_members_by_the_name_of_their_plan() -> None:
    rule = {"when": {"every": "1 day", "from": "2026-01-02"}, "who": 'holds("w")', "do": {"message": "push"}}
    weekly = {"w": {"period": "1 week", "price": "8 CNY"}}
    rules = {"to members": rule, "welcome": rule | {"when": {"enters": "w"}, "who": "orders >= 0"}}
    response = {"looks": 0.1, "former_members": 1, "cancels": {"weekly": alike(0.5)}}
    plan = memberships_plan(
        weekly,
        response,
        12,
        n=100,
        retention=ALWAYS,
        media={"push": {"open": 0}},
        policy={"memberships": weekly, "rules": rules},
    )
    world = finished(plan)
    members, told = column(world, "members"), tables_of(world)["rules"]
    is_first = np.asarray(told["rule"][0]) == 1
    sent = np.zeros(12, np.int64)
    sent[np.asarray(told["day"])[is_first]] = np.asarray(told["selected"])[is_first]
    assert sent[1:].tolist() == members[:-1].tolist()
    welcomed = np.asarray(told["selected"])[~is_first].sum()
    assert welcomed == column(world, "joined")[:-1].sum() > 0


def test_a_life_tells_each_turn_of_a_membership() -> None:
    weekly, n = {"period": "1 week", "price": "8 CNY"}, 20
    response = {
        "looks": 0.5, "former_members": 1, "payment_fails": 0.5, "reconsiders": 0.3, "pauses": 0.5, "resumes": 0.5,
        "asks_refund": 0.2,
    }  # fmt: skip
    offers = {"pause": {"for": "5 days"}, "refund_within": "4 days"}
    plans = {"tried": weekly | {"trial": {"for": "3 days"}}, "other": weekly | offers}
    world = finished(memberships_plan(plans, response, 100, n=100, retention=ALWAYS))
    lives = [trace_person(world.plan, person, seed=1, replicate=0) for person in range(n)]
    told = [event for life in lives for event in life]
    n_told = {what: sum(event.what == what for event in told) for what in {event.what for event in told}}
    turns = (
        "became a member", "began a trial", "renewed", "payment failed", "left the membership",
        "paused the membership", "resumed the membership",
    )  # fmt: skip
    assert {event.detail for event in told} >= {"other, and got the money back", "other, at the end of a pause"}
    assert min(n_told[what] for what in (*turns, "switched membership")) > 0
    converted = sum(event.detail.endswith("after the trial") for event in told)
    still = n_told["became a member"] + n_told["began a trial"] - converted - n_told["left the membership"]
    assert still == (world.roll.plan[: world.people.n][world.people.person[: world.people.n] < n] > 0).sum()
