"""Effects: lifts on odds, hazards and rates that fade by half-life or hold, and leave the base as it was."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.engine.daily import CLOCK_ENGAGED_DAYS, CLOCK_ORDERS
from sim.engine.effects import Effects
from sim.engine.lifts import ACTIVITY, LAPSE, ORDERS, lift_on_day, lifted, odds_multiplied, odds_times
from sim.engine.people import People

U32 = npt.NDArray[np.uint32]
F32 = npt.NDArray[np.float32]

ACTIVE, LAPSES, RATE = 0.2, 0.01, 0.3


def people(n: int = 4, *, orders_are_activity: bool = False, lifted: frozenset[str] = frozenset()) -> People:
    """`n` engaged users, all alike, whose `lifted` columns privileges may move."""
    crowd = People(n, lifted)
    words = np.arange(n, dtype=np.uint32)
    rows = crowd.add(words, np.zeros(n, np.uint16), 0)
    crowd.activity[rows], crowd.lapse[rows], crowd.order_rate[rows] = ACTIVE, LAPSES, RATE
    crowd.hold_nothing(rows)
    crowd.engage(rows, crowd.order_rate if orders_are_activity else crowd.activity)
    return crowd


def rows(*which: int) -> U32:
    return np.array(which, np.uint32)


def odds(p: float) -> float:
    return p / (1 - p)


def at(effects: Effects, crowd: People, target: int, row: int, day: int) -> float:
    """What effects make of a user's own on a day."""
    moved = effects.moved(crowd, target)
    total, _ = lift_on_day(moved, row, day)
    return float(lifted(target, moved.steady[row], total))


def bounds(effects: Effects, crowd: People, day: int, *, orders_are_activity: bool = False) -> tuple[F32, F32]:
    """What the engaged list holds of each user on a day: the most that activity and lapse may come to."""
    effects.begin_day(crowd, day, CLOCK_ORDERS if orders_are_activity else CLOCK_ENGAGED_DAYS)
    return crowd.engaged_list.activity[crowd.place], crowd.engaged_list.lapse[crowd.place]


@pytest.mark.parametrize("half_life", [1.0, 3.5, 7.0])
def test_a_fading_lift_halves_on_the_log_scale(half_life: float) -> None:
    crowd, effects = people(), Effects(4, 400)
    effects.fade(rows(1), ACTIVITY, np.log([4.0]), day=10, half_life_days=half_life)
    assert at(effects, crowd, ACTIVITY, 1, 10) == np.float32(ACTIVE)  # it acts from the next day on
    for age in range(60):
        left = 0.5 ** (age / half_life)
        now = at(effects, crowd, ACTIVITY, 1, 11 + age)
        assert odds(now) / odds(ACTIVE) == pytest.approx(4.0 ** (left if left > 0.01 else 0.0), rel=1e-6)
        assert at(effects, crowd, ACTIVITY, 0, 11 + age) == np.float32(ACTIVE)


def test_another_half_life_would_be_seen() -> None:
    crowd, effects = people(), Effects(4, 400)
    effects.fade(rows(1), ACTIVITY, np.log([4.0]), day=10, half_life_days=7.1)
    assert odds(at(effects, crowd, ACTIVITY, 1, 18)) / odds(ACTIVE) != pytest.approx(4.0**0.5, rel=1e-6)


def test_lifts_on_one_user_multiply() -> None:
    crowd, effects = people(), Effects(4, 400)
    for factor, half_life in ((2.0, 5.0), (3.0, 5.0), (1.5, 9.0)):
        effects.fade(rows(2), ACTIVITY, np.log([factor]), day=0, half_life_days=half_life)
    assert odds(at(effects, crowd, ACTIVITY, 2, 1)) / odds(ACTIVE) == pytest.approx(9.0, rel=1e-6)


def test_a_held_lift_holds_for_its_days_and_no_longer() -> None:
    crowd, effects = people(), Effects(4, 400)
    effects.hold(rows(0), ORDERS, np.log([1.5]), day=4, days=3)
    factors = [effects.order_rates(crowd, rows(0), day)[0] / np.float32(RATE) for day in range(4, 10)]
    assert factors == pytest.approx([1.0, 1.5, 1.5, 1.5, 1.0, 1.0], rel=1e-6)
    assert [effects.act_on(ORDERS, day) for day in (7, 8)] == [True, False]


def test_what_is_held_is_replaced() -> None:
    crowd, effects = people(), Effects(4, 400)
    effects.hold(rows(0, 1), ORDERS, np.log([1.5, 1.5]), day=0, days=9)
    effects.hold(rows(0), ORDERS, np.log([2.0]), day=3, days=2)
    found = [effects.order_rates(crowd, rows(0, 1), day) / np.float32(RATE) for day in (4, 6)]
    assert np.array(found) == pytest.approx(np.array([[2.0, 1.5], [1.0, 1.5]]), rel=1e-6)


def test_the_end_of_an_effect_restores_the_base_exactly() -> None:
    n = 1000
    crowd, effects = people(n), Effects(n, 400)
    values = np.linspace(1e-7, 0.999, n).astype(np.float32)
    crowd.activity[:], crowd.lapse[:], crowd.order_rate[:] = values, values, values
    everybody = np.arange(n, dtype=np.uint32)
    for target in (ACTIVITY, LAPSE, ORDERS):
        effects.hold(everybody, target, np.full(n, np.log(1.7)), day=0, days=2)
    assert (np.array(bounds(effects, crowd, 1)) > values).all()
    for target in (ACTIVITY, LAPSE, ORDERS):
        assert all(at(effects, crowd, target, row, 2) > values[row] for row in range(n))
        assert all(at(effects, crowd, target, row, 3) == values[row] for row in range(n))
    effects.end(everybody, ACTIVITY)
    assert (bounds(effects, crowd, 2)[0] == values).all()


@pytest.mark.parametrize("lapse", [1e-7, 1e-5, 0.01, 0.6])
def test_a_lift_on_lapse_multiplies_the_hazard(lapse: float) -> None:
    crowd, effects = people(), Effects(4, 400)
    crowd.lapse[3] = lapse
    effects.hold(rows(3), LAPSE, np.log([2.5]), day=0, days=9)
    assert np.log1p(-at(effects, crowd, LAPSE, 3, 1)) / np.log1p(-lapse) == pytest.approx(2.5, rel=1e-5)


def test_effects_of_two_half_lives_fade_each_by_its_own() -> None:
    crowd, effects = people(), Effects(4, 400)
    effects.fade(rows(1), ACTIVITY, np.log([4.0]), day=0, half_life_days=60.0)
    effects.fade(rows(1, 2), ACTIVITY, np.log([3.0, 3.0]), day=0, half_life_days=1.0)
    for day in range(1, 12):
        left, quick = 0.5 ** ((day - 1) / 60), 0.5 ** (day - 1) if day <= 7 else 0.0
        factors = [odds(at(effects, crowd, ACTIVITY, row, day)) / odds(ACTIVE) for row in (1, 2)]
        assert factors == pytest.approx([4.0**left * 3.0**quick, 3.0**quick], rel=1e-5)
    effects.fade(rows(1), ACTIVITY, -np.log([4.0]) * 0.5 ** (11 / 60), day=11, half_life_days=60.0)
    assert at(effects, crowd, ACTIVITY, 1, 12) == pytest.approx(ACTIVE, rel=1e-6)


def test_what_is_held_ends_when_it_is_used_and_what_fades_does_not() -> None:
    crowd, effects = people(), Effects(4, 400)
    effects.hold(rows(0, 1), ORDERS, np.log([2.0, 2.0]), day=0, days=9)
    effects.fade(rows(0), ORDERS, np.log([3.0]), day=0, half_life_days=1e9)
    effects.end(rows(0), ORDERS)
    assert effects.order_rates(crowd, rows(0, 1), 4) / np.float32(RATE) == pytest.approx([3.0, 2.0], rel=1e-6)


def test_where_orders_are_activity_the_pass_compares_with_the_lifted_rate() -> None:
    crowd, effects = people(orders_are_activity=True), Effects(4, 400)
    effects.hold(rows(1), ORDERS, np.log([3.0]), day=0, days=1)
    activity, lapse = bounds(effects, crowd, 1, orders_are_activity=True)
    assert activity == pytest.approx([RATE, 3 * RATE, RATE, RATE], rel=1e-6)
    assert (lapse == np.float32(LAPSES)).all()


def test_who_comes_back_comes_with_what_is_left() -> None:
    crowd, effects = people(), Effects(4, 400)
    effects.fade(rows(1), ACTIVITY, np.log([4.0]), day=0, half_life_days=7.0)
    crowd.engaged[1] = False
    crowd.engaged_list.activity[crowd.place[1]] = 0.0
    assert bounds(effects, crowd, 1)[0][1] == 0.0  # who has lapsed has nothing there to move
    crowd.engage(rows(1), crowd.activity)
    effects.take_part(rows(1))
    assert odds(bounds(effects, crowd, 8)[0][1]) / odds(ACTIVE) == pytest.approx(2.0, rel=1e-6)


def test_what_stands_is_what_all_else_begins_with() -> None:
    crowd, effects = people(lifted=frozenset({"activity", "order_rate"})), Effects(4, 400)
    highest = effects.stand(crowd, rows(0, 2), np.log([[2.0, 2.0], [9.0, 9.0], [1.0, 3.0]]))
    assert highest == pytest.approx(3 * RATE, rel=1e-6)
    effects.fade(rows(2), ACTIVITY, np.log([3.0]), day=0, half_life_days=1.0)
    activity, lapse = bounds(effects, crowd, 1)
    assert odds(activity) / odds(ACTIVE) == pytest.approx([2.0, 1.0, 6.0, 1.0], rel=1e-6)
    assert crowd.steady_order_rate / np.float32(RATE) == pytest.approx([1, 1, 3, 1], rel=1e-6)
    assert (lapse == np.float32(LAPSES)).all()  # no privilege moves it
    assert effects.stand(crowd, rows(0, 2), np.zeros((3, 2))) == np.float32(RATE)
    assert (bounds(effects, crowd, 12)[0] == np.float32(ACTIVE)).all()


def test_orders_are_looked_up_until_the_longest_effect_is_over() -> None:
    """A short effect that begins later does not end the looking."""
    crowd, effects = people(), Effects(4, 100)
    effects.hold(rows(0), ORDERS, np.log([2.0]), day=0, days=30)
    effects.fade(rows(1), ORDERS, np.log([2.0]), day=1, half_life_days=1.0)
    assert effects.act_on(ORDERS, 30)
    assert at(effects, crowd, ORDERS, 0, 30) > RATE
    assert not effects.act_on(ORDERS, 31)


def test_a_lift_of_nothing_is_not_kept() -> None:
    crowd, effects = people(), Effects(4, 400)
    effects.fade(rows(0, 1), ACTIVITY, np.log([1.0, 1.0]), day=0, half_life_days=7.0)
    assert not effects.act_on(ACTIVITY, 1)
    assert effects.moved(crowd, ACTIVITY).lifts.shape == (4, 0)


@pytest.mark.parametrize("half_life", [1e15, 0.001])
def test_extreme_half_lives_are_harmless(half_life: float) -> None:
    crowd, effects = people(), Effects(4, 400)
    effects.fade(rows(0), ACTIVITY, np.log([2.0]), day=0, half_life_days=half_life)
    for day in (1, 2, 365):
        assert 0 < at(effects, crowd, ACTIVITY, 0, day) < 1


@given(
    begun=st.lists(
        st.tuples(
            st.integers(0, 30), st.sampled_from([ACTIVITY, LAPSE]), st.floats(-3, 3), st.sampled_from([1.0, 4.0, 1e9])
        ),
        max_size=12,
    )
)
def test_nothing_comes_above_what_the_list_holds(begun: list[tuple[int, int, float, float]]) -> None:
    crowd, effects = people(1), Effects(1, 60)
    held = np.zeros(2, np.float32)
    for day in range(60):
        effects.begin_day(crowd, day, CLOCK_ENGAGED_DAYS)
        held[:] = crowd.engaged_list.activity[0], crowd.engaged_list.lapse[0]
        exact = [at(effects, crowd, target, 0, day) for target in (ACTIVITY, LAPSE)]
        assert (held >= np.array(exact) * (1 - 1e-6)).all()
        for _, target, lift, half_life in (one for one in begun if one[0] == day):
            effects.fade(rows(0), target, np.array([lift]), day=day, half_life_days=half_life)


@pytest.mark.parametrize(
    ("p", "factor", "expected"), [(0.5, 3.0, 0.75), (0.0, 9.0, 0.0), (1.0, 0.5, 1.0), (0.2, 0.0, 0.0)]
)
def test_odds(p: float, factor: float, expected: float) -> None:
    assert odds_times(np.float32(p), np.float32(factor)) == pytest.approx(expected, rel=1e-6)
    assert odds_multiplied(np.array([p]), np.array([factor])) == pytest.approx([expected], rel=1e-15)


def test_odds_that_nothing_multiplies_keep_every_bit_and_what_is_sure_may_be_ruled_out() -> None:
    p = np.random.default_rng(1).random(10_000) ** 5
    assert (odds_multiplied(p, np.ones(p.size)) == p).all()
    assert odds_multiplied(np.ones(2), np.array([0.0, 1e-300])).tolist() == [0.0, 1.0]
