"""Units that expire after days without activity: each user's against a slow purse; with sabotaged twins."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from sim.systems.day import open_world, run_world
from sim.systems.plan import Plan
from sim.systems.points import wallets
from sim.systems.points.absent import GivenToAbsent
from sim.systems.points.wallets import EXPIRED
from sim.systems.world import World
from tests.verify.test_points import points_plan, wallet_of
from tests.verify.worlds import finished

N, LIFE = 200, 5
LEAVING = {"default": {"visits": {"a": 0.5, "b": 1.0}, "lapse": {"a": 1.0, "b": 20.0}}, "natural_return": "3% / day"}
ONCE = {"default": {"visits": {"a": 1e6, "b": 1e-6}, "lapse": {"a": 1e6, "b": 1e-6}}}
VISIT, GIFT = 10, 7
GIFT_EVERY = 3


def absent_plan() -> Plan:
    """Who comes earns; everybody is given units every third day, and loses all after five days without activity."""
    programme = {"earns": {"visit": {"for": "active day", "gives": VISIT}}, "expires": {"inactive_for": f"{LIFE} days"}}
    rules = {"gift": {"when": {"every": f"{GIFT_EVERY} days"}, "do": {"points": {"p": GIFT}}}}
    return points_plan(programme, days=100, n=N, retention=LEAVING, policy={"points": {"p": programme}, "rules": rules})


@dataclass
class Purse:
    """One user's units, each with the last day of activity, or of being given to who was away for too long."""

    last_active: int = 0
    units: list[int] = field(default_factory=list)

    def live(self, day: int, is_active: bool) -> int:
        """The balance at the end of the day."""
        if is_active:
            self.last_active = day
            self.units = [day] * (len(self.units) + VISIT)
        if day % GIFT_EVERY == 0:
            self.units += [day if day - self.last_active >= LIFE else self.last_active] * GIFT
        self.units = [since for since in self.units if day - since < LIFE]
        return len(self.units)


def compare_with_purses(plan: Plan) -> int:
    """Run against a purse for each user; returns how many units expire that were given to who was away for too long."""
    purses, n_late = [Purse() for _ in range(N)], 0

    def compare(world: World, day: int) -> None:
        nonlocal n_late
        came = np.isin(np.arange(N), world.today.present)
        n_late += sum(purse.units.count(day - LIFE) for purse in purses if purse.last_active < day - LIFE)
        expected = [purse.live(day, bool(is_active)) for purse, is_active in zip(purses, came, strict=True)]
        assert world.wallets["p"].lots.balance[:N].tolist() == expected

    run_world(open_world(plan, 1, 0), compare)
    return n_late


def test_each_unit_lives_as_long_as_its_user_stays_or_after_it_was_given() -> None:
    assert compare_with_purses(absent_plan()) > 1_000


def test_gifts_that_never_expire_and_gifts_that_take_later_ones_along_are_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(wallets, "_remember_absent", lambda *_: None)
        with pytest.raises(AssertionError):
            compare_with_purses(absent_plan())
    monkeypatch.setattr(GivenToAbsent, "of", lambda self, rows: np.zeros(rows.size, np.int64))
    with pytest.raises(AssertionError):
        compare_with_purses(absent_plan())


def away_plan(inactive_for: int, rules: dict[str, Any]) -> Plan:
    """Nobody ever comes again after the day of sign-up."""
    programme = {"expires": {"inactive_for": f"{inactive_for} days"}}
    return points_plan(programme, days=100, n=N, retention=ONCE, policy={"points": {"p": programme}, "rules": rules})


def test_what_is_given_to_who_is_away_expires_so_many_days_later() -> None:
    rules = {name: {"when": {"on": name}, "do": {"points": {"p": GIFT}}} for name in ("2026-02-10", "2026-02-14")}
    counts = wallet_of(away_plan(10, rules)).counts
    assert np.flatnonzero(counts[:, EXPIRED]).tolist() == [50, 54]
    assert counts[[50, 54], EXPIRED].tolist() == [N * GIFT] * 2
    assert wallet_of(away_plan(90, rules)).counts[90, EXPIRED] == 2 * N * GIFT  # nobody had been away for so long


def test_the_estimate_of_memory_holds_what_is_given_to_who_is_away() -> None:
    rules = {"gift": {"when": {"on": "2026-02-10"}, "do": {"points": {"p": GIFT}}}}
    plan = away_plan(10, rules)
    programme: dict[str, Any] = {}
    dateless = points_plan(
        programme, days=100, n=N, retention=ONCE, policy={"points": {"p": programme}, "rules": rules}
    )
    column = finished(plan).wallets["p"].given_to_absent.units
    assert plan.people_bytes - dateless.people_bytes == column.nbytes == 8 * N
    assert finished(dateless).wallets["p"].given_to_absent.units.size == 0
