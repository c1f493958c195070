"""The metrics and tables of a run: one definition each, from which docs and reports are made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from sim.errors import UsageError
from sim.metrics import RECENT_DAYS, Metric, TableSchema
from sim.scenario.findings import did_you_mean

COUNTS = (
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
    "first_buyers",
    "messages",
    "opt_outs",
)
MONEY = ("gmv", "revenue", "cost", "profit", "acquisition_cost", "outlay", "contribution")

TABLES = (
    TableSchema("daily", keys=("day",), dates=("date",), counts=COUNTS, money=MONEY),
    TableSchema("by_channel", keys=("day",), texts=("channel",), counts=COUNTS, money=MONEY),
    TableSchema("by_segment", keys=("day",), texts=("segment",), counts=COUNTS, money=MONEY),
    TableSchema(
        "cohorts",
        keys=("cohort_day", "age"),
        texts=("channel",),
        counts=("size", "active"),
        money=("contribution",),
    ),
    TableSchema("ledger", keys=("day",), texts=("account", "rule", "channel", "segment"), money=("amount",)),
    TableSchema(
        "rules",
        keys=("day",),
        texts=("rule",),
        counts=(
            "selected",
            "held_out",
            "not_reachable",
            "limited",
            "over_budget",
            "acted",
            "sent",
            "delivered",
            "opened",
            "returned",
            "incremental",
            "opt_outs",
            "prompted_orders",
            "coupons_used",
            "treated",
            "treated_returns",
            "control",
            "control_returns",
            "caught",
            "false_alarms",
        ),
        money=("face_value",),
    ),
    TableSchema(
        "statuses",
        keys=("day",),
        texts=("status",),
        counts=("holders", "entered", "left", "active", "orders"),
        money=("spend", "cost", "content"),
    ),
    TableSchema(
        "points",
        keys=("day",),
        texts=("programme",),
        counts=(
            "issued",
            "redeemed",
            "expired",
            "forfeited",
            "farmed",
            "outstanding",
            "rewards",
            "transferred",
            "fees",
        ),
        money=("cost", "paid", "liability"),
    ),
    TableSchema("rewards", keys=("day",), texts=("programme", "reward"), counts=("taken",)),
    TableSchema(
        "batches",
        keys=("last_day",),
        texts=("programme",),
        counts=("issued", "redeemed", "expired", "forfeited", "outstanding"),
    ),
    TableSchema("first_rewards", keys=("days",), texts=("programme",), counts=("users",)),
    TableSchema(
        "holders",
        texts=("programme", "segment"),
        counts=("holders", "held", "top_holders", "top_held", "away_holders", "away_held"),
    ),
    TableSchema(
        "memberships",
        keys=("day",),
        texts=("membership",),
        counts=(
            "members",
            "trials",
            "on_pause",
            "joined",
            "trials_begun",
            "converted",
            "not_converted",
            "renewed",
            "switched_in",
            "switched_out",
            "cancelled",
            "payment_failed",
            "recovered",
            "unpaid",
            "paused",
            "resumed",
            "not_resumed",
            "refunded",
        ),
        money=("cash", "refunds", "recognised", "deferred"),
    ),
    TableSchema(
        "service",
        keys=("day",),
        texts=("desk",),
        counts=(
            "tickets",
            "again",
            "answered",
            "abandoned",
            "unresolved",
            "waiting",
            "wait_seconds",
            "wait_p50_seconds",
            "wait_p90_seconds",
            "first_tickets",
            "first_answered",
            "first_abandoned",
            "first_wait_seconds",
            "busy_minutes",
            "staff_minutes",
        ),
        money=("cost",),
    ),
    TableSchema("satisfaction", keys=("day",), counts=("active", "sum_millionths")),
    TableSchema(
        "referrals",
        keys=("day",),
        texts=("programme",),
        counts=("sharers", "brought", "rewarded", "capped", "welcomed", "faked"),
        money=("cost",),
    ),
    TableSchema("chains", keys=("depth",), counts=("users", "bringers", "brought")),
    TableSchema(
        "journeys",
        keys=("day",),
        texts=("journey", "step"),
        counts=("entered", "passed", "dropped_out", "gave_up", "waiting", "orders"),
        money=("commission", "cost"),
    ),
    TableSchema("journey_times", keys=("days",), texts=("journey", "step"), counts=("passed",)),
    TableSchema(
        "touchpoints",
        keys=("day",),
        texts=("touchpoint",),
        counts=("capacity", "visits", "gave_up", "waiting", "wait_days", "wait_p50_days", "wait_p90_days"),
        money=("cost",),
    ),
    TableSchema(
        "content",
        keys=("day",),
        texts=("kind",),
        counts=(
            "creators",
            "makers",
            "created",
            "bad",
            "prompted",
            "reviewed",
            "removed",
            "seeded",
            "stock",
            "bad_stock",
            "appeal_millionths",
        ),
        money=("reward_cost", "moderation_cost", "seed_cost"),
    ),
    TableSchema("stages", keys=("day",), texts=("stage",), counts=("entered",)),
    TableSchema("funnel", texts=("channel", "step"), counts=("entered", "passed")),
    TableSchema(
        "audiences",
        keys=("day",),
        texts=("set", "audience", "channel", "segment"),
        counts=("users", "latent_lapsed"),
    ),
    TableSchema("portraits", keys=("day",), texts=("set", "audience", "attribute", "value"), counts=("users",)),
    TableSchema("flows", keys=("day",), texts=("layers", "from", "to"), counts=("users",)),
    TableSchema("warnings", keys=("day",), texts=("warning",), counts=("active", "flagged", "lost", "flagged_lost")),
)

DEFINED_AFTER_DAYS = {"d30_retention": 30}
"""Metrics that no run can define before so many days have passed."""

METRICS = (
    Metric("users", "Users", "persons", "persons who have signed up by the last day", "last", "users", better="higher"),
    Metric("dau", "DAU", "persons", "persons active on a day, mean over the horizon", "mean", "dau", better="higher"),
    Metric(
        "wau",
        "WAU",
        "persons",
        f"persons active in the 7 days up to a day, mean over the last {RECENT_DAYS} days",
        "recent_mean",
        "wau",
        better="higher",
    ),
    Metric(
        "mau",
        "MAU",
        "persons",
        f"persons active in the 30 days up to a day, mean over the last {RECENT_DAYS} days",
        "recent_mean",
        "mau",
        better="higher",
    ),
    Metric(
        "d30_retention",
        "D30 retention",
        "share",
        "of those who signed up at least 30 days before the end, the share active on day 30 after sign-up",
        "ratio",
        "d30_active",
        per="d30_size",
        better="higher",
    ),
    Metric("orders", "Orders", "orders", "orders over the horizon", "sum", "orders", better="higher"),
    Metric(
        "revenue",
        "Revenue",
        "currency",
        "sales after discounts and coupons, memberships, shop, advertising, commission and content over the horizon",
        "sum",
        "revenue",
        better="higher",
    ),
    Metric(
        "cost",
        "Cost",
        "currency",
        "goods, messages, privileges, rewards, service desks, journeys, content, channels and campaigns over the "
        "horizon",
        "sum",
        "cost",
    ),
    Metric(
        "outlay",
        "Outlay",
        "currency",
        "what the policy puts in over the horizon: channels, campaigns, messages, privileges, rewards, service desks, "
        "journeys, content, coupons used, discounts",
        "sum",
        "outlay",
    ),
    Metric("profit", "Profit", "currency", "revenue less cost over the horizon", "sum", "profit", better="higher"),
    Metric(
        "ltv",
        "LTV",
        "currency",
        "contribution (revenue less goods, messages, privileges and rewards) over the horizon per user",
        "ratio_to_last",
        "contribution",
        per="users",
        better="higher",
    ),
    Metric(
        "cac",
        "CAC",
        "currency",
        "cost of channels per sign-up over the horizon",
        "ratio",
        "acquisition_cost",
        per="new_users",
        better="lower",
    ),
)

USERS_TABLE = TableSchema(
    "users",
    texts=("segment", "channel"),
    counts=(
        "person",
        "signup_day",
        "last_active",
        "last_order",
        "active_days",
        "orders",
        "messages",
        "latent_engaged",
    ),
    money=("spend",),
)
"""Written with `--users` only: replicate 0, one row per agent."""

ORDERS_TABLE = TableSchema("orders", counts=("person", "day", "orders"), money=("spend",))
"""Written with `--users` only: replicate 0, one row per agent and day with orders."""


def user_tables(attributes: Mapping[str, str]) -> tuple[TableSchema, ...]:
    """What `--users` adds: users with the declared attributes, each "text" or "number", and their orders."""
    named = {kind: tuple(name for name, of in attributes.items() if of == kind) for kind in ("text", "number")}
    users = replace(
        USERS_TABLE, texts=(*USERS_TABLE.texts, *named["text"]), counts=(*USERS_TABLE.counts, *named["number"])
    )
    return users, ORDERS_TABLE


def metric_of(name: str, metrics: Sequence[Metric] = METRICS) -> Metric:
    """The metric of that name.

    Raises:
        UsageError: there is none.
    """
    known = {metric.name: metric for metric in metrics}
    if name not in known:
        hint = did_you_mean(name, list(known))
        raise UsageError(f"there is no metric `{name}`{f'; {hint}' if hint else ''} ({', '.join(known)})")
    return known[name]
