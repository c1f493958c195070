"""A finished replicate as tables: agents become persons, and the ledger gives every amount."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import numpy as np
import numpy.typing as npt

from sim.engine.ledger import round_micro
from sim.engine.people import NEVER
from sim.systems.audiences.tables import audience_tables
from sim.systems.books.accounts import ACCOUNTS, Account
from sim.systems.content.tables import content_table
from sim.systems.day_rows import counts_by_day, day_rows
from sim.systems.journeys.tables import journeys_tables
from sim.systems.memberships.tables import cohort_micro, memberships_table
from sim.systems.plan import COHORT_DAYS
from sim.systems.points.tables import points_tables
from sim.systems.referral.tables import referral_tables
from sim.systems.satisfaction.tables import satisfaction_table
from sim.systems.service.tables import service_table
from sim.systems.statuses.holders import COST, STATUS_COUNTS
from sim.systems.world import AGES, RULE_COUNTS, World

I64 = npt.NDArray[np.int64]
Coded = tuple[npt.NDArray[np.int64], tuple[str, ...]]
Table = dict[str, I64 | Coded]
Measures = dict[str, I64]

EPOCH = date(1970, 1, 1)


def _sum_of(world: World, belongs: Callable[[Account], bool]) -> I64:
    """int64 (n_days, n_cells): cents of the accounts that belong."""
    chosen = [i for i, account in enumerate(ACCOUNTS) if belongs(account)]
    total: I64 = world.ledger.by_account[chosen, world.plan.first_day :].sum(axis=0)
    return total


def _money(world: World) -> Measures:
    """int64 (n_days, n_cells) amounts in cents, from the ledger."""
    revenue = _sum_of(world, lambda account: account.group == "revenue")
    cost = -_sum_of(world, lambda account: account.group == "cost")
    return {
        "gmv": world.scaled(world.tallies.gmv[world.plan.first_day :]),
        "revenue": revenue,
        "cost": cost,
        "profit": revenue - cost,
        "acquisition_cost": -_sum_of(world, lambda account: account.name == "acquisition"),
        "outlay": -_sum_of(world, lambda account: account.is_outlay),
        "contribution": _sum_of(world, lambda account: account.is_contribution),
    }


def _counts(world: World) -> Measures:
    """int64 (n_days, n_cells) counts of persons, orders and messages."""
    tallies = world.tallies
    agents = {
        "users": np.cumsum(tallies.new, axis=0),
        "new_users": tallies.new,
        "dau": tallies.dau,
        "wau": tallies.wau,
        "mau": tallies.mau,
        "retained": tallies.mau - tallies.new - tallies.resurrected,
        "resurrected": tallies.resurrected,
        "churned": tallies.churned,
    }
    for slot, age in enumerate(AGES):
        size = np.zeros_like(tallies.new)
        size[age:] = tallies.new[:-age] if age < len(size) else size[age:]
        agents[f"d{age}_size"] = size
        agents[f"d{age}_active"] = tallies.aged_active[slot]
    for name in ("orders", "buyers", "first_buyers", "messages", "opt_outs"):
        agents[name] = getattr(tallies, name)
    return {name: world.scaled(values[world.plan.first_day :]) for name, values in agents.items()}


def _by_name(keys: Table, measures: Measures, group: Callable[[I64], I64]) -> Table:
    """One row per day and name; `group` sums cells to (n_days, n_names)."""
    return keys | {name: group(values).ravel() for name, values in measures.items()}


def _daily(world: World, measures: Measures) -> Table:
    n_days = world.plan.n_run_days
    first = (world.plan.start - EPOCH).days + world.plan.first_day
    table: Table = {"day": np.arange(n_days), "date": first + np.arange(n_days)}
    return table | {name: values.sum(axis=1) for name, values in measures.items()}


def _cohorts(world: World) -> Table:
    """One row per channel, week of sign-up and age that the cohort reached inside the horizon.

    Who signed up before is in no cohort: its first days were not simulated.
    """
    plan, tallies = world.plan, world.tallies
    n_days, n_channels, first = plan.n_run_days, plan.n_channels, plan.first_day
    new = tallies.new[first:].reshape(n_days, n_channels, plan.n_segments).sum(axis=2)
    age = np.arange(n_days)
    n_weeks = plan.n_cohorts - (first > 0)
    cohort_active = tallies.cohort_active[:n_weeks, :n_days]
    by_members = cohort_micro(world)
    micro = (tallies.cohort_micro + tallies.cohort_order_micro + by_members)[:n_weeks, :n_days]
    sizes = np.zeros((n_weeks, n_days, n_channels), np.int64)
    for day in range(n_days):
        sizes[day // COHORT_DAYS, : n_days - day] += new[day]
    cohort, reached, channel = np.nonzero(sizes)
    return {
        "channel": (channel, plan.channels.names),
        "cohort_day": cohort * COHORT_DAYS,
        "age": age[reached],
        "size": world.scaled(sizes[cohort, reached, channel]),
        "active": world.scaled(cohort_active[cohort, reached, channel]),
        "contribution": round_micro(world.scaled(micro[cohort, reached, channel])),
    }


def _ledger(world: World) -> Table:
    plan = world.plan
    rows = world.ledger.rows()
    return {
        "day": rows["day"] - plan.first_day,
        "account": (rows["account"], tuple(account.name for account in ACCOUNTS)),
        "rule": (rows["rule"], plan.rule_names),
        "channel": (rows["cell"] // plan.n_segments, plan.channels.names),
        "segment": (rows["cell"] % plan.n_segments, plan.market.segments),
        "amount": rows["amount"],
    }


def _rules(world: World) -> Table:
    """One row per rule and day with something to tell; agents count as persons, a change of budgets once."""
    counts = world.tallies.rules
    rule, day = np.nonzero(counts.any(axis=2))
    is_about_users = np.isin(rule, [one.index for one in world.plan.rules if one.is_about_users])
    values = np.where(is_about_users[:, None], world.scaled(counts[rule, day]), counts[rule, day])
    table: Table = {"day": day - world.plan.first_day, "rule": (rule, world.plan.rule_names)}
    return table | {name: np.ascontiguousarray(values[:, i]) for i, name in enumerate(RULE_COUNTS)}


def _statuses(world: World) -> Table:
    """One row per day and status, or rule, step or membership that gives a privilege."""
    counts = world.tallies.statuses[:, world.plan.first_day :].copy()
    counts[:, :, :COST] = world.scaled(counts[:, :, :COST])
    names = tuple(giver.name for giver in world.plan.holdings.givers)
    return day_rows(world.plan, "status", names) | counts_by_day(counts, STATUS_COUNTS)


def _stages(world: World) -> Table:
    """One row per stage: whether it was entered, and on which day, -1 when not."""
    names = tuple(stage.name for stage in world.plan.stages)
    days = [day - world.plan.first_day for day in world.stage_days]
    n_waiting = len(names) - len(days)
    return {
        "stage": (np.arange(len(names)), names),
        "day": np.array([*days, *[-1] * n_waiting], np.int64),
        "entered": np.array([1] * len(days) + [0] * n_waiting, np.int64),
    }


def _funnel(world: World) -> Table:
    plan, tallies = world.plan, world.tallies
    n_steps, n_channels = tallies.entered.shape
    return {
        "channel": (np.tile(np.arange(n_channels), n_steps), plan.channels.names),
        "step": (np.repeat(np.arange(n_steps), n_channels), plan.onboarding.names),
        "entered": world.scaled(tallies.entered).ravel(),
        "passed": world.scaled(tallies.passed).ravel(),
    }


def tables_of(world: World) -> dict[str, Table]:
    """The tables of a finished replicate, as `TABLES` declares them; names as (codes, labels), money in cents."""
    plan = world.plan
    shape = (plan.n_run_days, plan.n_channels, plan.n_segments)
    measures = _counts(world) | _money(world)
    return {
        "daily": _daily(world, measures),
        "by_channel": _by_name(
            day_rows(plan, "channel", plan.channels.names), measures, lambda v: v.reshape(shape).sum(axis=2)
        ),
        "by_segment": _by_name(
            day_rows(plan, "segment", plan.market.segments), measures, lambda v: v.reshape(shape).sum(axis=1)
        ),
        "cohorts": _cohorts(world),
        "ledger": _ledger(world),
        "rules": _rules(world),
        "statuses": _statuses(world),
        "stages": _stages(world),
        **points_tables(world),
        "memberships": memberships_table(world),
        "service": service_table(world),
        "satisfaction": satisfaction_table(world),
        **referral_tables(world),
        **journeys_tables(world),
        "content": content_table(world),
        "funnel": _funnel(world),
        **audience_tables(world),
    }


def persons_of(world: World) -> I64:
    """The number of each user's agent, counted through the segments in their order."""
    plan, people = world.plan, world.people
    first = np.cumsum(plan.market.agents) - plan.market.agents
    persons: I64 = people.person[: people.n] + first[people.cell[: people.n].astype(np.int64) % plan.n_segments]
    return persons


def users_of(world: World) -> Table:
    """The final state of each agent: one row per user, latent columns marked by their prefix."""
    plan, people = world.plan, world.people
    n = people.n
    cell = people.cell[:n].astype(np.int64)
    table: Table = {
        "person": persons_of(world),
        "segment": (cell % plan.n_segments, plan.market.segments),
        "channel": (cell // plan.n_segments, plan.channels.names),
        "latent_engaged": people.engaged[:n].astype(np.int64),
    }
    for name in ("signup_day", "last_active"):
        table[name] = getattr(people, name)[:n].astype(np.int64) - plan.first_day
    for name in ("active_days", "orders", "messages"):
        table[name] = getattr(people, name)[:n].astype(np.int64)
    last_order = people.last_order[:n].astype(np.int64)
    table["last_order"] = np.where(last_order == NEVER, -1, last_order - plan.first_day)
    table["spend"] = people.spend[:n]
    for attribute in plan.attributes:
        values = world.declared[attribute.name][:n].astype(np.int64)
        table[attribute.name] = (values, attribute.labels) if attribute.labels else values
    return table
