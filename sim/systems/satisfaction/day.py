"""Satisfaction on a day: what users have lived through moves it, and what it does acts from tomorrow on."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from sim.engine.compiled import compiled
from sim.systems.content.shelf import APPEAL
from sim.systems.satisfaction.mood import ACTIVE, MILLION, SUM_MILLIONTHS, Mood, satisfaction_of
from sim.systems.satisfaction.plan import SatisfactionPlan
from sim.systems.world import World

U32 = npt.NDArray[np.uint32]
F64 = npt.NDArray[np.float64]


def feel(world: World, day: int) -> None:
    """Let what users have lived through today move them; and measure today's active."""
    plan, mood = world.plan.satisfaction, world.mood
    if plan is None or mood is None:
        return
    mood.glad, mood.sad = mood.glad * float(mood.keeps[1]), mood.sad * float(mood.keeps[1])
    experiences = [(rows, moves) for rows, moves in _experiences(world, day, plan) if rows.size]
    if experiences:
        rows = np.concatenate([rows for rows, _ in experiences])
        _live_through(world, day, plan, mood, rows, np.concatenate([moves for _, moves in experiences]))
    active = world.today.present
    mood.counts[day, ACTIVE] = active.size
    levels = satisfaction_of(world, active, day).astype(np.float64)
    mood.counts[day, SUM_MILLIONTHS] = np.rint(levels * MILLION).astype(np.int64).sum()


def _experiences(world: World, day: int, plan: SatisfactionPlan) -> Iterator[tuple[U32, F64]]:
    """Users and how far each experience moves them, in the order in which these act."""
    today = world.today
    for experience, lived in (
        ("onboarded", [today.onboarded_rows]), ("failed_step", today.failed_rows), ("message", today.messaged_rows),
    ):  # fmt: skip
        for rows in lived if plan.moves[experience] else ():
            yield rows, np.full(rows.size, plan.moves[experience])
    yield from _of_content(world, day, plan)
    yield from _of_points(world, day, plan)
    yield from _of_service(world, plan)


def _of_content(world: World, day: int, plan: SatisfactionPlan) -> Iterator[tuple[U32, F64]]:
    """What there was to read, of each kind, for all who were active today and read."""
    if not plan.moves["content"]:
        return
    readers = world.today.present
    segments = world.plan.segment_of_cell[world.people.cell[readers]]
    for kind, shelf in zip(world.plan.content, world.shelves.of_kind, strict=True):
        appeal = shelf.levels[day, APPEAL] / MILLION
        yield readers, plan.moves["content"] * appeal * np.minimum(kind.reads, 1.0)[segments]


def _of_points(world: World, day: int, plan: SatisfactionPlan) -> Iterator[tuple[U32, F64]]:
    """Rewards taken, and losses that users mind."""
    for wallet in world.wallets.values():
        if wallet.day != day:
            continue
        for _, rows in wallet.took:
            yield rows, np.full(rows.size, plan.moves["reward"])
        for rows, amounts, _ in wallet.lost:
            minding = wallet.minding(day, rows, amounts)
            yield minding, np.full(minding.size, plan.moves["loss"])


def _of_service(world: World, plan: SatisfactionPlan) -> Iterator[tuple[U32, F64]]:
    """Waits, answers and giving up; a ticket is one of an agent's persons'."""
    moves, each = plan.moves, 1.0 / world.plan.market.people_per_agent
    for tickets, waits in world.service.ended:
        is_answered = ~np.isnan(waits)
        answered, settled = tickets["row"][is_answered], tickets["resolved"][is_answered]
        shares = 1.0 - 0.5 ** (waits[is_answered] / plan.half_wait_minutes)
        yield answered, moves["wait"] * each * shares
        yield answered, np.where(settled, moves["resolved"], moves["unresolved"]) * each
        abandoned = tickets["row"][~is_answered]
        yield abandoned, np.full(abandoned.size, moves["abandoned"] * each)


@compiled
def _move(rows, moves, level):  # type: ignore[no-untyped-def]
    """Each move goes that share of the way from where the user is to the best, or to the worst."""
    for i in range(rows.size):
        row = rows[i]
        now = np.float64(level[row])
        level[row] = now + moves[i] * ((1.0 - now) if moves[i] > 0.0 else (1.0 + now))


def _live_through(world: World, day: int, plan: SatisfactionPlan, mood: Mood, rows: U32, moves: F64) -> None:
    """Move these users, some of them several times, and let what has changed act and fade with it."""
    in_order = np.sort(rows)
    moved = in_order[np.append(True, in_order[1:] != in_order[:-1])]
    before = satisfaction_of(world, moved, day)
    mood.level[moved], mood.since[moved] = before, day
    _move(rows, moves, mood.level)
    after = mood.level[moved].astype(np.float64)
    change, gladder = after - before, float((np.maximum(after, 0.0) - np.maximum(before, 0.0)).sum())
    mood.glad, mood.sad = mood.glad + gladder, mood.sad + gladder - float(change.sum())
    for target, log_lift in plan.lifts:
        world.effects.fade(moved, target, log_lift * change, day=day, half_life_days=plan.half_life_days)
