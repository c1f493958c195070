"""Content: what was made, what it cost, and what there is of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sim.analysis.columns import Floats, Ints, daily_by_name, over_horizon
from sim.analysis.intervals import Interval, ratio_interval, student_interval
from sim.analysis.series import Band, View, band_of, viewed
from sim.analysis.summary import CENTS
from sim.metrics import RECENT_DAYS, Metric

if TYPE_CHECKING:
    from sim.store import StoredRun

COSTS = ("reward_cost", "moderation_cost", "seed_cost")
COLUMNS = (
    "makers", "created", "bad", "prompted", "reviewed", "removed", "seeded", "stock", "bad_stock",
    "appeal_millionths", *COSTS,
)  # fmt: skip
MILLION = 1e6

STOCK = Metric("stock", "Stock", "units", "Fresh good items at the end of a day.", "last", "stock")
APPEAL = Metric("appeal", "Appeal", "share", "What the stock is to readers, from 0 to 1.", "mean", "appeal_millionths")
CREATED = Metric("created", "Created", "units", "Items that users made on a day.", "sum", "created")
COST = Metric("cost", "Cost", "currency", "What the team paid for it.", "sum", "reward_cost")


@dataclass(frozen=True)
class ContentBook:
    """One kind of content over the horizon; amounts in the currency.

    Args:
        kind: its name.
        makers: users who made something on a day, mean.
        created: items that users made; `prompted`: the share of them that nobody would have made without the reward,
            had the audience been the same; `bad`: the share that is bad.
        reviewed: share of the created items that was looked at; `removed`: items removed.
        seeded: items that the team made.
        stock: fresh good items at the end; `bad_stock`: the share of all fresh items that is bad.
        appeal: from 0 to 1, mean; `recent_appeal`: over the last days.
        reward_cost, moderation_cost, seed_cost: what it cost; `cost`: all of that; `cost_per_item`: for each good
            item that was made.
    """

    kind: str
    makers: Interval
    created: Interval
    prompted: Interval
    bad: Interval
    reviewed: Interval
    removed: Interval
    seeded: Interval
    stock: Interval
    bad_stock: Interval
    appeal: Interval
    recent_appeal: Interval
    reward_cost: Interval
    moderation_cost: Interval
    seed_cost: Interval
    cost: Interval
    cost_per_item: Interval


@dataclass(frozen=True)
class ContentSeries:
    """A kind of content over time: items that users made, the stock, its appeal, and what it cost."""

    kind: str
    created: Band
    stock: Band
    appeal: Band
    cost: Band


def content_books(run: StoredRun) -> tuple[ContentBook, ...]:
    """What became of each kind of content, in the scenario's order; empty without any."""
    return tuple(_book(*each) for each in daily_by_name(run, "content", "kind", COLUMNS).items())


def _book(name: str, daily: dict[str, Ints]) -> ContentBook:
    """One kind's numbers, from int64 (n_replicates, n_days) of each column."""
    sums = over_horizon(daily)
    last = {column: daily[column][:, -1].astype(float) for column in ("stock", "bad_stock")}
    appeal = daily["appeal_millionths"] / MILLION
    costs = {column: sums[column] / CENTS for column in COSTS}
    cost = costs["reward_cost"] + costs["moderation_cost"] + costs["seed_cost"]
    return ContentBook(
        kind=name,
        makers=student_interval(daily["makers"].mean(axis=1)),
        **{column: student_interval(sums[column]) for column in ("created", "removed", "seeded")},
        **{column: ratio_interval(sums[column], sums["created"]) for column in ("prompted", "bad", "reviewed")},
        stock=student_interval(last["stock"]),
        bad_stock=ratio_interval(last["bad_stock"], last["stock"] + last["bad_stock"]),
        appeal=student_interval(appeal.mean(axis=1)),
        recent_appeal=student_interval(appeal[:, -RECENT_DAYS:].mean(axis=1)),
        **{column: student_interval(values) for column, values in costs.items()},
        cost=student_interval(cost),
        cost_per_item=ratio_interval(cost, sums["created"] - sums["bad"] + sums["seeded"]),
    )


def content_over_time(run: StoredRun, label: str = "") -> tuple[ContentSeries, ...]:
    """Each kind of content over time; empty without any."""

    def band(metric: Metric, view: View, values: Floats) -> Band:
        return band_of(label or run.name, run, metric, view, values)

    def series(kind: str, daily: dict[str, Ints]) -> ContentSeries:
        cost = viewed(daily["reward_cost"] + daily["moderation_cost"] + daily["seed_cost"], "to date") / CENTS
        return ContentSeries(
            kind,
            created=band(CREATED, "28-day mean", viewed(daily["created"], "28-day mean")),
            stock=band(STOCK, "daily", viewed(daily["stock"], "daily")),
            appeal=band(APPEAL, "daily", viewed(daily["appeal_millionths"], "daily") / MILLION),
            cost=band(COST, "to date", cost),
        )

    return tuple(series(*each) for each in daily_by_name(run, "content", "kind", COLUMNS).items())
