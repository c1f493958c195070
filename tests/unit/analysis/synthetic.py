"""Stored runs made up for tests: the interface of the store over numbers drawn in a few lines, no simulation.

`make_run` keeps its tables in memory, where a test can alter them; `store_run` writes them by the real store.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import cast

import numpy as np
import pyarrow as pa

from sim.metrics import Metric, TableSchema
from sim.store import RunIdentity, StoredRun, open_run, save_run

CHANNELS = ("小米應用商店", "微信公眾號", "醫院合作", "paid search", "word of mouth")
SEGMENTS = ("first-time mothers", "bargain hunters")
DAILY_SIGN_UPS = (18.0, 12.0, 4.0, 15.0, 6.0)
COST_PER_SIGN_UP = (600, 350, 2_600, 2_200, 0)  # cents
QUALITY = (1.0, 1.3, 1.6, 0.8, 1.5)
MEASURES = (
    "users",
    "new_users",
    "dau",
    "wau",
    "mau",
    "retained",
    "resurrected",
    "churned",
    "d1_size",
    "d1_active",
    "d7_size",
    "d7_active",
    "d30_size",
    "d30_active",
    "orders",
    "buyers",
    "gmv",
    "revenue",
    "cost",
    "profit",
    "acquisition_cost",
    "contribution",
    "messages",
)
METRICS = (
    Metric("users", "Users", "persons", "All who signed up.", "last", "users", better="higher"),
    Metric("dau", "Daily active users", "persons", "Active that day.", "mean", "dau", better="higher"),
    Metric("mau", "Monthly active users", "persons", "Active within 30 days.", "recent_mean", "mau", better="higher"),
    Metric("d30_retention", "D30 retention", "share", "Active on day 30.", "ratio", "d30_active", "d30_size", "higher"),
    Metric("orders", "Orders", "orders", "Orders.", "sum", "orders", better="higher"),
    Metric("revenue", "Revenue", "currency", "Income booked.", "sum", "revenue", better="higher"),
    Metric("cost", "Cost", "currency", "Cost booked.", "sum", "cost"),
    Metric("profit", "Profit", "currency", "Revenue less cost.", "sum", "profit", better="higher"),
    Metric("ltv", "LTV", "currency", "Contribution per sign-up.", "ratio", "contribution", "new_users", "higher"),
    Metric("cac", "CAC", "currency", "Cost per sign-up.", "ratio", "acquisition_cost", "new_users", "lower"),
)
KEYS = {"day", "cohort_day", "age"}
MONEY = {"gmv", "revenue", "cost", "profit", "acquisition_cost", "contribution", "amount"}
COHORT_COLUMNS = ("channel", "cohort_day", "age", "size", "active", "contribution")
FIRST_DAY = 20_454  # 2026-01-01


@dataclass(frozen=True)
class Policy:
    """What a made-up policy changes: factors on paid sign-ups, activity and order margin, and cents per day."""

    name: str = "today"
    paid: float = 1.0
    activity: float = 1.0
    margin: float = 1.0
    recall_cents_per_day: int = 0
    rules: tuple[str, ...] = ()


@dataclass
class MadeUpRun:
    """What the analysis reads of a stored run, from tables in memory."""

    name: str
    facts: dict[str, object]
    tables: dict[str, dict[str, np.ndarray]]
    labels: dict[str, tuple[str, ...]]
    metrics: tuple[Metric, ...] = METRICS
    path: Path = field(default_factory=lambda: Path("results/made-up"))

    def numbers(self, name: str, column: str) -> np.ndarray:
        """A column of numbers, amounts in cents."""
        values = self.tables[name][column]
        return values.astype("M8[D]") if column == "date" else values

    def codes(self, name: str, column: str) -> tuple[np.ndarray, tuple[str, ...]]:
        """A column of names, numbered as they first appear."""
        stored = self.tables[name][column]
        order = list(dict.fromkeys(stored.tolist()))
        place = np.zeros(len(self.labels[column]), dtype=np.int32)
        place[order] = np.arange(len(order))
        return place[stored], tuple(self.labels[column][code] for code in order)

    def table(self, name: str) -> pa.Table:
        """The table, names as dictionaries."""
        return pa.table({column: self.stored(column, values) for column, values in self.tables[name].items()})

    def stored(self, column: str, values: np.ndarray) -> pa.Array:
        if column in self.labels:
            return pa.DictionaryArray.from_arrays(pa.array(values, pa.int32()), pa.array(self.labels[column]))
        return pa.array(values)


def make_run(policy: Policy | None = None, *, replicates: int = 4, days: int = 60, seed: int = 1) -> StoredRun:
    """A made-up run; the same seed gives the same luck to every policy."""
    chosen = policy or Policy()
    measured = [replicate_of(chosen, np.random.default_rng((seed, index)), days) for index in range(replicates)]
    tables = {
        "daily": daily_table([sum_over(one, axis=0) for one in measured], days),
        "by_channel": named_table("channel", measured, days, len(CHANNELS)),
        "by_segment": named_table("segment", [split(one) for one in measured], days, len(SEGMENTS)),
        "cohorts": stacked([cohorts_of(chosen, one, days) for one in measured]),
        "ledger": stacked([ledger_of(chosen, one, days) for one in measured]),
        "rules": stacked([rules_of(chosen, one, days) for one in measured]),
        "funnel": stacked([funnel_of(one) for one in measured]),
    }
    facts: dict[str, object] = {
        "seed": seed,
        "replicates": replicates,
        "days": days,
        "currency": "CNY",
        "version": "0.1.0",
        "people_per_agent": 1,
        "title": chosen.name,
        "accounts": {"order margin": "revenue", "paid media": "cost", "messages": "cost"},
    }
    labels = {
        "channel": CHANNELS,
        "segment": SEGMENTS,
        "account": ("paid media", "order margin", "messages"),
        "rule": ("", *chosen.rules),
        "step": ("visit", "register"),
    }
    return cast(StoredRun, MadeUpRun(chosen.name, facts, tables, labels))


def store_run(root: Path, run: StoredRun) -> StoredRun:
    """The same run, written and opened by the real store."""
    made_up = cast(MadeUpRun, run)
    replicates = cast(int, run.facts["replicates"])
    kept = {name: made_up.facts[name] for name in ("seed", "replicates", "days", "version")}
    identity = RunIdentity(scenario=run.name, scenario_hash="0" * 32, **kept)
    facts = run.facts | {"metrics": [asdict(metric) for metric in run.metrics]}
    parts = [{name: part_of(made_up, name, index) for name in made_up.tables} for index in range(replicates)]
    schemas = [schema_of(made_up, name) for name in made_up.tables]
    return open_run(save_run(root, identity, tables=parts, schemas=schemas, scenario_yaml="name: x\n", facts=facts))


def part_of(run: MadeUpRun, table: str, replicate: int) -> dict[str, object]:
    """One replicate's rows as the engine hands them over."""
    columns = run.tables[table]
    is_wanted = columns["replicate"] == replicate
    rows = {name: values[is_wanted] for name, values in columns.items() if name != "replicate"}
    return {name: (values, run.labels[name]) if name in run.labels else values for name, values in rows.items()}


def schema_of(run: MadeUpRun, table: str) -> TableSchema:
    """The columns of a made-up table, by kind."""
    names = [name for name in run.tables[table] if name != "replicate"]
    keys = tuple(name for name in names if name in KEYS)
    texts = tuple(name for name in names if name in run.labels)
    dates = tuple(name for name in names if name == "date")
    money = tuple(name for name in names if name in MONEY)
    rest = tuple(name for name in names if name not in {*keys, *texts, *dates, *money})
    return TableSchema(table, keys=keys, texts=texts, dates=dates, counts=rest, money=money)


def about(expected: np.ndarray, luck: np.ndarray) -> np.ndarray:
    """Whole numbers that scatter around what is expected as counts do; luck is standard normal."""
    return np.maximum(0, np.rint(expected + np.sqrt(np.maximum(expected, 0)) * luck)).astype(np.int64)


def survival(days: int) -> np.ndarray:
    """The share of sign-ups that is active at each age."""
    return np.append(1.0, 0.45 * np.arange(1, days) ** -0.55)[:days]


def replicate_of(policy: Policy, luck: np.random.Generator, days: int) -> dict[str, np.ndarray]:
    """Each measure as int64 (n_channels, n_days)."""
    shape = (len(CHANNELS), days)
    noise = {name: luck.standard_normal(shape) for name in ("new", "dau", "resurrected", "churned", "orders", "d30")}
    factors = np.where(np.array(CHANNELS) == "paid search", policy.paid**0.6, 1.0)
    season = 1 + 0.3 * np.sin(np.arange(days) / 58)
    new = about((np.array(DAILY_SIGN_UPS) * factors)[:, None] * season, noise["new"])
    alive = [convolved(row, days) * q for row, q in zip(new, QUALITY, strict=True)]
    dau = about(np.array(alive) * policy.activity * (1 + 0.12 * (np.arange(days) % 7 > 4)), noise["dau"])
    resurrected, churned, mau = windows(policy, new, noise)
    orders = about(dau * 0.07, noise["orders"])
    revenue = np.rint(orders * 5_600 * policy.margin).astype(np.int64)
    price = np.rint(np.array(COST_PER_SIGN_UP) * np.where(factors > 1, policy.paid**0.4, 1.0)).astype(np.int64)
    acquisition = new * price[:, None]
    cost = acquisition + policy.recall_cents_per_day // len(CHANNELS)
    d30_size = np.hstack([np.zeros((len(CHANNELS), min(30, days)), dtype=np.int64), new])[:, :days]
    d30_active = np.minimum(d30_size, about(d30_size * 0.09 * policy.activity, noise["d30"]))
    found = {name: np.zeros(shape, dtype=np.int64) for name in MEASURES}
    found |= {"users": new.cumsum(axis=1), "new_users": new, "dau": dau, "mau": mau, "wau": (dau + mau) // 2}
    found |= {"resurrected": resurrected, "churned": churned, "retained": mau - new - resurrected}
    found |= {"orders": orders, "revenue": revenue, "gmv": revenue * 5, "cost": cost, "profit": revenue - cost}
    found |= {"acquisition_cost": acquisition, "contribution": revenue, "d30_size": d30_size, "d30_active": d30_active}
    return found


def convolved(new: np.ndarray, days: int) -> np.ndarray:
    """Active persons of all ages on each day."""
    return np.convolve(new, survival(days))[:days] if days else np.zeros(0)


def windows(policy: Policy, new: np.ndarray, noise: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Resurrected, churned and monthly active, consistent with one another day by day."""
    resurrected, churned, mau = np.zeros_like(new), np.zeros_like(new), np.zeros_like(new)
    for day in range(new.shape[1]):
        before = mau[:, day - 1] if day else np.zeros(len(CHANNELS), dtype=np.int64)
        users = new[:, :day].sum(axis=1)
        if day >= 30:
            resurrected[:, day] = about((users - before) * 0.004 * policy.activity**3, noise["resurrected"][:, day])
            churned[:, day] = np.minimum(before, about(before * 0.028 / policy.activity, noise["churned"][:, day]))
        mau[:, day] = before + new[:, day] + resurrected[:, day] - churned[:, day]
    return resurrected, churned, mau


def sum_over(measured: dict[str, np.ndarray], axis: int) -> dict[str, np.ndarray]:
    return {name: values.sum(axis=axis) for name, values in measured.items()}


def split(measured: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The same sums in two segments."""
    totals = sum_over(measured, axis=0)
    return {name: np.stack([values - values // 4, values // 4]) for name, values in totals.items()}


def daily_table(measured: list[dict[str, np.ndarray]], days: int) -> dict[str, np.ndarray]:
    table = {
        "replicate": np.repeat(np.arange(len(measured)), days),
        "day": np.tile(np.arange(days), len(measured)),
        "date": np.tile(FIRST_DAY + np.arange(days), len(measured)),
    }
    return table | {name: np.concatenate([one[name] for one in measured]) for name in MEASURES}


def named_table(name: str, measured: list[dict[str, np.ndarray]], days: int, names: int) -> dict[str, np.ndarray]:
    """Rows by replicate, day and name, as the store holds them."""
    table = {
        "replicate": np.repeat(np.arange(len(measured)), days * names),
        "day": np.tile(np.repeat(np.arange(days), names), len(measured)),
        name: np.tile(np.arange(names), len(measured) * days),
    }
    return table | {measure: np.concatenate([one[measure].T.ravel() for one in measured]) for measure in MEASURES}


def stacked(parts: list[dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """One table of the replicates' rows."""
    lengths = [len(next(iter(part.values()))) for part in parts]
    joined = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    return {"replicate": np.repeat(np.arange(len(parts)), lengths)} | joined


def cohorts_of(policy: Policy, measured: dict[str, np.ndarray], days: int) -> dict[str, np.ndarray]:
    """Weekly cohorts of each channel by age; those of age a signed up on day `days - 1 - a` at the latest."""
    rows: list[tuple[np.ndarray, ...]] = []
    for channel, new in enumerate(measured["new_users"]):
        for start in range(0, days, 7):
            ages = np.arange(days - start)
            upto = np.concatenate([[0], new[start : start + 7].cumsum()])
            size = upto[np.clip(days - ages - start, 0, len(upto) - 1)]
            share = np.minimum(1.0, survival(days)[ages] * QUALITY[channel] * policy.activity * (1 - start / days / 4))
            active = np.where(ages == 0, size, np.rint(size * share).astype(np.int64))
            contribution = np.rint(active * 0.07 * 5_600 * policy.margin).astype(np.int64)
            keys = (np.full(ages.size, channel), np.full(ages.size, start), ages)
            rows.append((*keys, size, active, contribution))
    if not rows:
        return dict.fromkeys(COHORT_COLUMNS, np.zeros(0, dtype=np.int64))
    return {name: np.concatenate(column) for name, column in zip(COHORT_COLUMNS, zip(*rows, strict=True), strict=True)}


def ledger_of(policy: Policy, measured: dict[str, np.ndarray], days: int) -> dict[str, np.ndarray]:
    """Acquisition, order margin and messages, day by day."""
    total = sum_over(measured, axis=0)
    amounts = [-total["acquisition_cost"], total["revenue"]]
    booked_to = [0, 0]
    for index in range(len(policy.rules)):
        amounts.append(np.full(days, -(policy.recall_cents_per_day // len(policy.rules))))
        booked_to.append(index + 1)
    accounts = [0, 1, *([2] * len(policy.rules))]
    return {
        "day": np.tile(np.arange(days), len(amounts)),
        "account": np.repeat(accounts, days),
        "rule": np.repeat(booked_to, days),
        "channel": np.zeros(days * len(amounts), dtype=np.int64),
        "segment": np.zeros(days * len(amounts), dtype=np.int64),
        "amount": np.concatenate(amounts),
    }


def rules_of(policy: Policy, measured: dict[str, np.ndarray], days: int) -> dict[str, np.ndarray]:
    """Each rule's counts, in fixed proportions of those who churned the day before."""
    n_rules = len(policy.rules)
    selected = np.tile(measured["churned"].sum(axis=0), n_rules)
    shares = {
        "selected": 20, "held_out": 2, "not_reachable": 1, "limited": 3, "over_budget": 1, "acted": 14, "sent": 14,
        "delivered": 13, "opened": 6, "returned": 4, "incremental": 3, "coupons_used": 2, "treated": 14,
        "treated_returns": 10, "control": 2, "control_returns": 1, "opt_outs": 0, "prompted_orders": 0,
        "face_value": 100,
    }  # fmt: skip
    keys = {"day": np.tile(np.arange(days), n_rules), "rule": 1 + np.repeat(np.arange(n_rules), days)}
    return keys | {name: selected * share // 20 for name, share in shares.items()}


def funnel_of(measured: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Twice as many visits as sign-ups in each channel."""
    new = measured["new_users"].sum(axis=1)
    return {
        "channel": np.repeat(np.arange(len(CHANNELS)), 2),
        "step": np.tile([0, 1], len(CHANNELS)),
        "entered": np.stack([new * 4, new * 2], axis=1).ravel(),
        "passed": np.stack([new * 2, new], axis=1).ravel(),
    }
