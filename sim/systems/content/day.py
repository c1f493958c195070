"""Content on a day: what there is draws readers in the morning, and creators make more of it in the evening.

A stock is one number for all: what it does is written by cell, not by user, and only creators who are active are looked
at one by one.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sim.engine.counts import MOST_TRIALS, binomial_counts, poisson_counts
from sim.engine.daily import CLOCK_ORDERS
from sim.engine.ledger import round_micro
from sim.engine.lifts import MOST_LIFT
from sim.engine.lots import MOST_UNITS
from sim.systems.books.accounts import CREATION
from sim.systems.books.sharing import share_out
from sim.systems.content.plan import ContentPlan
from sim.systems.content.shelf import (
    APPEAL,
    BAD,
    BAD_STOCK,
    CREATED,
    CREATORS,
    MAKERS,
    MILLION,
    MODERATION_COST,
    PROMPTED,
    REMOVED,
    REVIEWED,
    REWARD_COST,
    SEED_COST,
    SEEDED,
    STOCK,
    Made,
    Shelf,
)
from sim.systems.points.wallets import credit
from sim.systems.windows.names import created_kind
from sim.systems.world import World

U32 = npt.NDArray[np.uint32]
I64 = npt.NDArray[np.int64]
F64 = npt.NDArray[np.float64]

TALENT = 0
"""k of the draw "creator:NAME", day 0."""
GOOD_ITEMS, BAD_ITEMS, REMOVALS, REVIEWS = range(4)
"""k of the draws "content:NAME", each day: items that a creator makes, bad ones that are removed, good ones that are
looked at."""


def attract(world: World, day: int) -> None:
    """What the stock of yesterday evening does to activity and lapse today, by segment."""
    plan, today = world.plan, world.today
    if not plan.content:
        return
    activity, lapse = np.zeros(plan.n_segments), np.zeros(plan.n_segments)
    for kind, shelf in zip(plan.content, world.shelves.of_kind, strict=True):
        appeal = kind.appeal.of(shelf.good, shelf.bad)
        shelf.levels[day, APPEAL] = round(appeal * MILLION)
        reach = (appeal - kind.appeal.measured_at) * kind.reads
        activity += reach * kind.appeal.log_activity
        lapse += reach * kind.appeal.log_lapse
    if activity.any():
        factor = np.exp(np.minimum(activity, MOST_LIFT))[plan.segment_of_cell]
        if plan.retention.clock == CLOCK_ORDERS:
            today.orders = (today.orders * factor).astype(np.float32)
        else:
            today.activity = (today.activity * factor).astype(np.float32)
    today.lapse = np.empty(0, np.float32)
    if lapse.any():
        today.lapse = np.exp(np.minimum(lapse, MOST_LIFT))[plan.segment_of_cell].astype(np.float32)


def create(world: World, day: int) -> None:
    """What creators and the team make today, what is removed of it, and what it costs."""
    if not world.plan.content:
        return
    _find_talents(world)
    for kind, shelf in zip(world.plan.content, world.shelves.of_kind, strict=True):
        shelf.made = _make(world, day, kind, shelf)
        _count(world, day, kind, shelf)
        _remember_created(world, day, kind, shelf.made)
        _pay(world, day, kind, shelf)
        _put_on(world, day, kind, shelf)


def _find_talents(world: World) -> None:
    """Who of those who have come since yesterday has the talent, once and for all.

    Draws: one uniform per user and kind, purpose "creator:NAME", day 0.
    """
    shelves, plan = world.shelves, world.plan
    rows = np.arange(shelves.n_asked, world.people.n, dtype=np.uint32)
    shelves.n_asked = world.people.n
    for kind, shelf in zip(plan.content, shelves.of_kind, strict=True) if rows.size else ():
        share = kind.creators[plan.segment_of_cell[world.people.cell[rows]]]
        shelf.is_creator[rows] = world.uniforms(rows, 0, kind.creator_purpose, TALENT) < share


# --- what is made


def _readers(world: World, day: int, kind: ContentPlan) -> float:
    """Persons who were active yesterday, each as far as its segment reads."""
    if day == 0:
        return 0.0
    reads = kind.reads[world.plan.segment_of_cell]
    return float((world.tallies.dau[day - 1] * reads).sum()) * world.plan.market.people_per_agent


def _make(world: World, day: int, kind: ContentPlan, shelf: Shelf) -> Made:
    """What today's active creators make, and what is removed of it at once.

    Draws: four uniforms per active creator and day, purpose "content:NAME", k = 0 to 3.
    """
    present = world.today.present
    rows = present[shelf.is_creator[present]]
    segments = world.plan.segment_of_cell[world.people.cell[rows]]
    luck = [world.uniforms(rows, day, kind.making_purpose, k) for k in range(4)]
    encouraged = kind.encouraged(_readers(world, day, kind))
    mean = kind.creates[day][segments] * encouraged
    good, bad = _items(luck, mean, kind.bad[day][segments])
    removed, looked_at = np.empty_like(bad), np.empty_like(good)
    binomial_counts(luck[REMOVALS], bad, float(kind.reviews[day]), removed)
    binomial_counts(luck[REVIEWS], good, float(kind.reviews[day]), looked_at)
    made = Made(rows, good, bad, removed, removed + looked_at)
    if (kind.creates[day] != kind.unpaid[day]).any():
        made.prompted = int(made.items.sum()) - _unpaid(day, kind, luck, encouraged)
    return made


def _items(luck: list[F64], mean: F64, bad_share: F64) -> tuple[I64, I64]:
    """Good and bad items: a Poisson number of each."""
    good, bad = (np.empty(mean.size, np.int64) for _ in range(2))
    poisson_counts(luck[GOOD_ITEMS], mean * (1.0 - bad_share), MOST_TRIALS, good)
    poisson_counts(luck[BAD_ITEMS], mean * bad_share, MOST_TRIALS, bad)
    return good, bad


def _unpaid(day: int, kind: ContentPlan, luck: list[F64], encouraged: float) -> int:
    """Items that would have been made today without the reward, with the same luck."""
    ones = np.ones(luck[GOOD_ITEMS].size)
    good, bad = _items(luck, ones * kind.unpaid[day] * encouraged, ones * kind.unpaid_bad[day])
    return int(good.sum() + bad.sum())


def _count(world: World, day: int, kind: ContentPlan, shelf: Shelf) -> None:
    """Count the day, in persons and their items."""
    counts, made = shelf.counts[day], shelf.made
    counts[CREATORS], counts[MAKERS] = made.rows.size, np.count_nonzero(made.items)
    counts[CREATED], counts[BAD] = made.items.sum(), made.bad.sum()
    counts[PROMPTED] = made.prompted
    counts[REVIEWED], counts[REMOVED] = made.looked_at.sum(), made.removed.sum()
    shelf.counts[day] = world.scaled(counts)
    counts[SEEDED] = kind.seeds[day]


def _put_on(world: World, day: int, kind: ContentPlan, shelf: Shelf) -> None:
    """What is there by the evening: what was there has aged, what was made today is fresh."""
    good, bad = (int(world.scaled(items.sum())) for items in (shelf.made.good, shelf.made.bad - shelf.made.removed))
    shelf.good = shelf.good * kind.keeps + good + int(kind.seeds[day])
    shelf.bad = shelf.bad * kind.keeps + bad
    shelf.levels[day, STOCK], shelf.levels[day, BAD_STOCK] = round(shelf.good), round(shelf.bad)


def _remember_created(world: World, day: int, kind: ContentPlan, made: Made) -> None:
    """Add what creators have made to the windows that expressions read."""
    has_made = made.items > 0
    world.note(day, created_kind(kind.name), made.rows[has_made], made.items[has_made])


# --- what it costs


def _pay(world: World, day: int, kind: ContentPlan, shelf: Shelf) -> None:
    """Reward creators for what stays, and pay those who look at it and those who make what the team puts in."""
    made = shelf.made
    paid = made.stays > 0
    for programme, units in kind.reward_units.items() if paid.any() else ():
        credit(world, day, programme, made.rows[paid], np.minimum(made.stays[paid] * units, MOST_UNITS))
    seed_cents = round_micro(np.array(int(kind.seeds[day]) * int(kind.seed_micro[day]))).item()
    _book(world, day, kind, shelf, REWARD_COST, _cents(world, made.rows, made.stays * kind.reward_micro[day]))
    _book(world, day, kind, shelf, MODERATION_COST, _cents(world, made.rows, made.looked_at * kind.review_micro[day]))
    _book(world, day, kind, shelf, SEED_COST, share_out(world, day, seed_cents))


def _cents(world: World, rows: U32, micro: I64) -> I64:
    """Amounts of these users by their cells, of persons, int64 (n_cells,)."""
    by_cell = np.zeros(world.plan.n_cells, np.int64)
    np.add.at(by_cell, world.people.cell[rows], micro)
    return round_micro(world.scaled(by_cell))


def _book(world: World, day: int, kind: ContentPlan, shelf: Shelf, what: int, cents: I64) -> None:
    total = int(cents.sum())
    if total:
        world.ledger.book(day, CREATION, kind.index, -cents)
        shelf.cost_cents[day, what] = total
