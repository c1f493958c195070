"""Random levels and badges over random programmes: windows hold what was given, levels hold who has earned them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.systems.audiences.columns import AttributeColumns
from sim.systems.day import open_world, run_world
from sim.systems.plan import Plan, compile_plan
from sim.systems.points import day as points_day
from sim.systems.points.wallets import ISSUED
from sim.systems.windows.names import EVER, earned_kind
from sim.systems.world import World
from tests.property.scenarios import QUICKLY, Document, load_or_pass_over
from tests.property.test_points import with_points
from tests.verify.worlds import plan_for

I64 = npt.NDArray[np.int64]
Held = npt.NDArray[np.bool_]

NAME = "積分"


@dataclass(frozen=True)
class Level:
    """A status over what was earned in so many days: who enters has `enters` units, who stays `stays`."""

    days: int
    enters: int
    stays: int | None
    review: int

    @property
    def status(self) -> Document:
        """As a scenario writes it; `stays` None is a badge."""
        earned = f'earned("{NAME}")' if self.days == EVER else f'earned_{self.days}d("{NAME}")'
        stays = "true" if self.stays is None else f"{earned} >= {self.stays}"
        return {"enters": f"{earned} >= {self.enters}", "stays": stays, "review": f"{self.review} days"}


@st.composite
def levels(draw: st.DrawFn) -> Level:
    """A level or a badge."""
    return Level(
        days=draw(st.sampled_from([1, 3, 10, 400, EVER])),
        enters=draw(st.sampled_from([1, 20, 60, 900])),
        stays=draw(st.sampled_from([None, 0, 1, 30, 900])),
        review=draw(st.sampled_from([1, 4, 9])),
    )


@dataclass
class Diary:
    """At the end of each day: all that was earned ever, what each window holds, and who holds which level."""

    ever: list[I64] = field(default_factory=list)
    windows: list[dict[int, I64]] = field(default_factory=list)
    held: list[list[Held]] = field(default_factory=list)

    def __call__(self, world: World, day: int) -> None:
        everybody = slice(0, world.people.n)
        columns = AttributeColumns(world, everybody, day)
        read = [window for window in world.plan.windows if window.kind == earned_kind(NAME)]
        self.windows.append({window.days: np.array(columns[window.name], np.int64) for window in read})
        self.ever.append(np.array(columns[earned_kind(NAME)], np.int64))
        givers = range(len(world.plan.holdings.givers))
        self.held.append([world.holdings.holds(position, everybody) for position in givers])


def kept(plan: Plan) -> tuple[World, Diary]:
    diary = Diary()
    return run_world(open_world(plan, 1, 0), watch=diary), diary


def earned_in(diary: Diary, day: int, days: int) -> I64:
    """What each user was given in the days up to `day`, from all that was ever given."""
    now = diary.ever[day]
    before = np.zeros_like(now)
    if days <= day:
        before[: diary.ever[day - days].size] = diary.ever[day - days]  # rows never move
    return now - before


def windows_are_differences(world: World, diary: Diary, _: list[Level]) -> None:
    for day, windows in enumerate(diary.windows):
        for days, column in windows.items():
            assert (column == earned_in(diary, day, days)).all()


def all_that_was_earned_was_issued(world: World, diary: Diary, _: list[Level]) -> None:
    wallet = world.wallets[NAME]
    assert diary.ever[-1].sum() == wallet.counts[:, ISSUED].sum()
    if wallet.plan.transfers is None:
        assert (diary.ever[-1] >= wallet.lots.balance[: world.people.n]).all()


def levels_hold_who_has_earned_them(world: World, diary: Diary, chosen: list[Level]) -> None:
    for position, level in enumerate(chosen):
        held = np.zeros(0, np.bool_)
        for day, now in enumerate(diary.held):
            n = now[position].size
            held = np.concatenate([held, np.zeros(n - held.size, np.bool_)])
            if day % level.review == 0:
                earned = earned_in(diary, day, level.days)
                stays = np.ones(n, np.bool_) if level.stays is None else earned >= level.stays
                held = np.where(held, stays, earned >= level.enters)
            assert (now[position] == held).all(), (day, level)


CHECKS = (windows_are_differences, all_that_was_earned_was_issued, levels_hold_who_has_earned_them)


@QUICKLY
@given(with_points(), st.lists(levels(), min_size=1, max_size=3))
def test_levels_and_badges(document: Document, chosen: list[Level]) -> None:
    statuses = {f"level {i}": level.status for i, level in enumerate(chosen)}
    audience = {"ever": f'earned("{NAME}") >= 0'}
    policy = document["policy"] | {"statuses": statuses, "audiences": audience}
    world, diary = kept(compile_plan(load_or_pass_over(document | {"policy": policy}).scenario))
    for check in CHECKS:
        check(world, diary, chosen)


LEVELS = [Level(3, 20, None, 1), Level(10, 60, 30, 4)]


def a_plan() -> Plan:
    earns = {"visit": {"for": "active day", "gives": 10}}
    statuses = {f"level {i}": level.status for i, level in enumerate(LEVELS)}
    audience = {"ever": f'earned("{NAME}") >= 0'}
    return plan_for(policy={"points": {NAME: {"earns": earns}}, "statuses": statuses, "audiences": audience})


def never_forget(monkeypatch: pytest.MonkeyPatch, diary: Diary) -> None:
    monkeypatch.setattr(points_day, "forget_earned", lambda world, day, wallet: None)


def take_away_a_badge(monkeypatch: pytest.MonkeyPatch, diary: Diary) -> None:
    holder = int(np.flatnonzero(diary.held[-2][0])[0])
    diary.held[-1][0][holder] = False


def forget_a_unit(monkeypatch: pytest.MonkeyPatch, diary: Diary) -> None:
    diary.ever[-1][0] -= 1


@pytest.mark.parametrize(
    ("check", "spoil", "is_before"),
    [
        (windows_are_differences, never_forget, True),
        (levels_hold_who_has_earned_them, take_away_a_badge, False),
        (all_that_was_earned_was_issued, forget_a_unit, False),
    ],
)
def test_a_spoiled_path_is_seen(
    check: Callable[[World, Diary, list[Level]], None],
    spoil: Callable[[pytest.MonkeyPatch, Diary], None],
    is_before: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world, diary = kept(a_plan())
    assert diary.held[-1][0].any()
    check(world, diary, LEVELS)
    if is_before:
        spoil(monkeypatch, diary)
        world, diary = kept(a_plan())
    else:
        spoil(monkeypatch, diary)
    with pytest.raises(AssertionError):
        check(world, diary, LEVELS)
