"""What any system may say of users: that they are active today, and that they take up the habit again."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sim.engine.daily import record_activity
from sim.engine.people import NEVER, gather
from sim.systems.world import AGES, World

U32 = npt.NDArray[np.uint32]
I64 = npt.NDArray[np.int64]

WINDOW_DAYS = 30
"""Active users of a month: the window of MAU, of growth accounting, and of the event `return`."""


def record_active(world: World, day: int, rows: U32) -> None:
    """Book that these users are active today, with the advertising income of their day."""
    people, tallies, plan = world.people, world.tallies, world.plan
    world.note(day, "active_days", rows)
    if plan.serves_active_users:
        world.today.came.append(rows)
    if "return" in world.events:
        last_active = gather(people.last_active, rows).astype(np.int32)
        world.events.note("return", rows[last_active < day - WINDOW_DAYS])
    record_activity(
        rows, day, people.cell, people.signup_day, people.last_active, people.active_days, tallies.last_active,
        tallies.resurrected[day], tallies.cohort_active, tallies.cohort_micro, world.income.advertising_micro[day],
        world.age_slots, tallies.aged_active, plan.cohort_of_day, plan.channel_of_cell, WINDOW_DAYS,
    )  # fmt: skip


def see_who_came(world: World, day: int) -> None:
    """Note who is active today, for the systems that serve them: nobody comes any more."""
    if world.plan.serves_active_users:
        world.today.present = np.concatenate([world.today.new_rows, *world.today.came])
        world.today.came.clear()


def orders_of_today(world: World) -> tuple[U32, I64, I64]:
    """Today's buyers, each once, their orders, and cents that they paid; for the systems that serve them."""
    none = (world.today.new_rows[:0], np.empty(0, np.int64), np.empty(0, np.int64))
    rows, orders, cents = (np.concatenate(column) for column in zip(none, *world.today.paid, strict=True))
    return rows, orders, cents


def with_occasion(world: World, occasion: str) -> tuple[U32, I64]:
    """Who had an `active day`, an `order` or a `sign up` today, each once, and how often."""
    if occasion == "order":
        rows, orders, _ = orders_of_today(world)
        return rows, orders
    rows = world.today.present if occasion == "active day" else world.today.new_rows
    return rows, np.ones(rows.size, np.int64)


def take_up_habit(world: World, day: int, rows: U32) -> None:
    """These lapsed users are active today, and engaged from tomorrow on."""
    if not rows.size:
        return
    people = world.people
    record_active(world, day, rows[people.last_active[rows] < day])
    people.engaged[rows] = True
    world.engage_tonight.append(rows)


def return_later(world: World, rows: U32, days: I64, day: int) -> None:
    """These users have lost the habit on `day`; they return on `days`, unless something brings them back before."""
    world.returns.enter(rows, days, day)
    if world.natural_return is not None:
        world.natural_return[rows] = np.minimum(days, NEVER)


def age_slots(n_days: int) -> npt.NDArray[np.int8]:
    """Which of `AGES` an age is, -1 for all others, int8 (n_days + 1,)."""
    slots = np.full(n_days + 1, -1, np.int8)
    for slot, age in enumerate(AGES):
        if age <= n_days:
            slots[age] = slot
    return slots
