"""Effects: lifts on odds, hazards and rates that fade by half-life or hold, and leave the base as it was."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from sim.engine.daily import odds_times
from sim.engine.effects import ACTIVITY, LAPSE, ORDERS, Effects
from sim.engine.people import People

U32 = npt.NDArray[np.uint32]

ACTIVE, LAPSES, RATE = 0.2, 0.01, 0.3


def people(n: int = 4, *, orders_are_activity: bool = False, lifted: frozenset[str] = frozenset()) -> People:
    """`n` engaged users, all alike, whose `lifted` columns privileges may move."""
    crowd = People(n, lifted)
    words = np.arange(n, dtype=np.uint32)
    rows = crowd.add(words, np.zeros(n, np.uint16), 0)
    crowd.activity[rows], crowd.lapse[rows], crowd.order_rate[rows] = ACTIVE, LAPSES, RATE
    crowd.order_rate_now[rows] = RATE
    crowd.hold_nothing(rows)
    crowd.engage(rows, crowd.order_rate if orders_are_activity else crowd.activity)
    return crowd


def rows(*which: int) -> U32:
    return np.array(which, np.uint32)


def odds(p: float) -> float:
    return p / (1 - p)


def activity_of(crowd: People, row: int) -> float:
    return float(crowd.engaged_list.activity[crowd.place[row]])


def lapse_of(crowd: People, row: int) -> float:
    return float(crowd.engaged_list.lapse[crowd.place[row]])


def apply(effects: Effects, crowd: People, day: int, *, orders_are_activity: bool = False) -> None:
    effects.apply(crowd, day, activity_is_orders=orders_are_activity)


@pytest.mark.parametrize("half_life", [1.0, 3.5, 7.0])
def test_a_fading_lift_halves_on_the_log_scale(half_life: float) -> None:
    crowd, effects = people(), Effects(100_000)
    effects.fade(rows(1), ACTIVITY, np.log([4.0]), day=10, half_life_days=half_life)
    for age in range(12):
        apply(effects, crowd, 11 + age)
        expected = 4.0 ** (0.5 ** (age / half_life)) if 0.5 ** (age / half_life) > 0.01 else 1.0
        assert odds(activity_of(crowd, 1)) / odds(ACTIVE) == pytest.approx(expected, rel=1e-6)
        assert activity_of(crowd, 0) == np.float32(ACTIVE)


def test_another_half_life_would_be_seen() -> None:
    crowd, effects = people(), Effects(100_000)
    effects.fade(rows(1), ACTIVITY, np.log([4.0]), day=10, half_life_days=7.1)
    apply(effects, crowd, 18)
    assert odds(activity_of(crowd, 1)) / odds(ACTIVE) != pytest.approx(4.0**0.5, rel=1e-6)


def test_lifts_on_one_user_multiply() -> None:
    crowd, effects = people(), Effects(100_000)
    for factor in (2.0, 3.0):
        effects.fade(rows(2), ACTIVITY, np.log([factor]), day=0, half_life_days=5.0)
        effects.hold(rows(2), ORDERS, np.log([factor]), day=0, days=3)
    apply(effects, crowd, 1)
    assert odds(activity_of(crowd, 2)) / odds(ACTIVE) == pytest.approx(6.0, rel=1e-6)
    assert crowd.order_rate_now[2] == pytest.approx(6 * RATE, rel=1e-6)


def test_a_held_lift_holds_for_its_days_and_no_longer() -> None:
    crowd, effects = people(), Effects(100_000)
    effects.hold(rows(0), ORDERS, np.log([1.5]), day=4, days=3)
    factors = []
    for day in range(5, 10):
        apply(effects, crowd, day)
        factors.append(float(crowd.order_rate_now[0] / np.float32(RATE)))
    assert factors == pytest.approx([1.5, 1.5, 1.5, 1.0, 1.0], rel=1e-6)
    assert effects.rows.size == 0


def test_the_end_of_an_effect_restores_the_base_exactly() -> None:
    n = 1000
    crowd, effects = people(n), Effects(100_000)
    values = np.linspace(1e-7, 0.999, n).astype(np.float32)
    crowd.activity[:], crowd.lapse[:], crowd.order_rate[:] = values, values, values
    everybody = np.arange(n, dtype=np.uint32)
    for target in (ACTIVITY, LAPSE, ORDERS):
        effects.hold(everybody, target, np.full(n, np.log(1.7)), day=0, days=2)
    for day in range(1, 4):
        apply(effects, crowd, day)
    assert (crowd.engaged_list.activity[crowd.place] == values).all()
    assert (crowd.engaged_list.lapse[crowd.place] == values).all()
    assert (crowd.order_rate_now == values).all()


@pytest.mark.parametrize("lapse", [1e-7, 1e-5, 0.01, 0.6])
def test_a_lift_on_lapse_multiplies_the_hazard(lapse: float) -> None:
    crowd, effects = people(), Effects(100_000)
    crowd.lapse[3] = lapse
    effects.hold(rows(3), LAPSE, np.log([2.5]), day=0, days=9)
    apply(effects, crowd, 1)
    assert -np.log1p(-lapse_of(crowd, 3)) / -np.log1p(-lapse) == pytest.approx(2.5, rel=1e-5)


def test_effects_of_two_half_lives_fade_each_by_its_own() -> None:
    crowd, effects = people(), Effects(100_000)
    effects.fade(rows(1), ACTIVITY, np.log([4.0]), day=0, half_life_days=60.0)
    effects.fade(rows(1, 2), ACTIVITY, np.log([3.0, 3.0]), day=0, half_life_days=1.0)
    for day in range(1, 12):
        apply(effects, crowd, day)
        left, quick = 0.5 ** ((day - 1) / 60), 0.5 ** (day - 1) if day <= 7 else 0.0
        assert odds(activity_of(crowd, 1)) / odds(ACTIVE) == pytest.approx(4.0**left * 3.0**quick, rel=1e-5)
        assert odds(activity_of(crowd, 2)) / odds(ACTIVE) == pytest.approx(3.0**quick, rel=1e-5)
    effects.fade(rows(1), ACTIVITY, -np.log([4.0]) * 0.5 ** (11 / 60), day=11, half_life_days=60.0)
    apply(effects, crowd, 12)
    assert activity_of(crowd, 1) == pytest.approx(ACTIVE, rel=1e-6)


def test_what_is_held_ends_when_it_is_used_and_what_fades_does_not() -> None:
    crowd, effects = people(), Effects(100_000)
    effects.hold(rows(0, 1), ORDERS, np.log([2.0, 2.0]), day=0, days=9)
    effects.fade(rows(0), ACTIVITY, np.log([2.0]), day=0, half_life_days=4.0)
    effects.end(rows(0), ORDERS, 3)
    apply(effects, crowd, 4)
    assert crowd.order_rate_now[:2] / np.float32(RATE) == pytest.approx([1.0, 2.0], rel=1e-6)
    assert activity_of(crowd, 0) > ACTIVE


def test_where_orders_are_activity_the_pass_compares_with_the_lifted_rate() -> None:
    crowd, effects = people(orders_are_activity=True), Effects(100_000)
    effects.hold(rows(1), ORDERS, np.log([3.0]), day=0, days=1)
    apply(effects, crowd, 1, orders_are_activity=True)
    assert activity_of(crowd, 1) == pytest.approx(3 * RATE, rel=1e-6)
    apply(effects, crowd, 2, orders_are_activity=True)
    assert activity_of(crowd, 1) == np.float32(RATE)


def test_a_lapsed_user_has_nothing_to_move_and_comes_back_with_what_is_left() -> None:
    crowd, effects = people(), Effects(100_000)
    effects.fade(rows(1), ACTIVITY, np.log([4.0]), day=0, half_life_days=7.0)
    crowd.engaged[1] = False
    crowd.engaged_list.activity[crowd.place[1]] = 0.0
    apply(effects, crowd, 1)
    assert activity_of(crowd, 1) == 0.0
    crowd.engage(rows(1), crowd.activity)
    for day in range(2, 9):
        apply(effects, crowd, day)
    assert odds(activity_of(crowd, 1)) / odds(ACTIVE) == pytest.approx(2.0, rel=1e-6)


def test_what_stands_is_what_all_else_begins_with() -> None:
    crowd, effects = people(lifted=frozenset({"activity", "order_rate"})), Effects(100_000)
    highest = effects.stand(crowd, rows(0, 2), np.log([[2.0, 2.0], [9.0, 9.0], [1.0, 3.0]]))
    assert highest == pytest.approx(3 * RATE, rel=1e-6)
    effects.fade(rows(2), ACTIVITY, np.log([3.0]), day=0, half_life_days=1.0)
    apply(effects, crowd, 1)
    assert odds(activity_of(crowd, 0)) / odds(ACTIVE) == pytest.approx(2.0, rel=1e-6)
    assert odds(activity_of(crowd, 2)) / odds(ACTIVE) == pytest.approx(6.0, rel=1e-6)
    assert crowd.order_rate_now / np.float32(RATE) == pytest.approx([1, 1, 3, 1], rel=1e-6)
    assert lapse_of(crowd, 0) == np.float32(LAPSES)  # no privilege moves it
    assert effects.stand(crowd, rows(0, 2), np.zeros((3, 2))) == np.float32(RATE)
    for day in range(2, 12):
        apply(effects, crowd, day)
    assert activity_of(crowd, 0) == activity_of(crowd, 2) == np.float32(ACTIVE)
    assert effects.n == 0


def test_a_lift_of_nothing_is_not_kept() -> None:
    effects = Effects(100_000)
    effects.fade(rows(0, 1), ACTIVITY, np.log([1.0, 2.0]), day=0, half_life_days=7.0)
    assert effects.rows.tolist() == [1]


@pytest.mark.parametrize("half_life", [1e15, 0.001])
def test_extreme_half_lives_are_harmless(half_life: float) -> None:
    crowd, effects = people(), Effects(100_000)
    effects.fade(rows(0), ACTIVITY, np.log([2.0]), day=0, half_life_days=half_life)
    for day in (1, 2, 365):
        apply(effects, crowd, day)
        assert 0 < activity_of(crowd, 0) < 1


@pytest.mark.parametrize(
    ("p", "factor", "expected"), [(0.5, 3.0, 0.75), (0.0, 9.0, 0.0), (1.0, 0.5, 1.0), (0.2, 0.0, 0.0)]
)
def test_odds(p: float, factor: float, expected: float) -> None:
    assert odds_times(np.float32(p), np.float32(factor)) == pytest.approx(expected, rel=1e-6)
