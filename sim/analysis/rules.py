"""What each rule of a policy did, and what it cost."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sim.analysis.columns import Ints, apart, dates, n_replicates, names_of, replicate_axis, totals
from sim.analysis.intervals import Interval, ratio_interval, student_interval
from sim.analysis.summary import CENTS, ratio

if TYPE_CHECKING:
    from sim.store import StoredRun

COUNTS = (
    "selected", "held_out", "not_reachable", "limited", "over_budget", "acted", "sent", "delivered", "opened",
    "returned", "incremental", "opt_outs", "prompted_orders", "coupons_used",
    "treated", "treated_returns", "control", "control_returns",
)  # fmt: skip


@dataclass(frozen=True)
class RuleEffect:
    """One rule over the horizon, each number with its interval over replicates.

    Args:
        rule: its name.
        selected: times that a user was in its audience when it was due.
        held_out: of those, left alone for comparison.
        not_reachable: of those not held out, who have not opted in to the medium.
        limited: of the rest, left out by a limit (budget, cap, attempts).
        over_budget: of those, left out by a budget.
        acted: times that the rule acted on a user, by a message or otherwise.
        sent: messages that went out.
        delivered: of those, arrived.
        opened: of those, opened.
        returned: of those who got one, became active again; some would have without it.
        incremental: of those returned, who would not have within 30 days by themselves: only the model knows.
        opt_outs: users who opted out of the medium because of one.
        prompted_orders: orders to which an opened message led on the same day.
        coupons_used: coupons that were redeemed.
        treated, control: users in the holdout test: reachable and selected, and of those the held out.
        treated_returns, control_returns: their absences that ended within 30 days of the first selection.
        cost: what the ledger books to the rule, its messages and what its coupons took off, in the currency.
        open_rate: opened / sent, of the totals over all replicates, as the next three and `face_value_used`.
        return_rate: returned / sent.
        cost_per_return: cost / returned.
        cost_per_incremental: cost / incremental.
        returns_per_treated, returns_per_control: returns per user of each arm.
        incremental_returns: treated x (returns_per_treated - returns_per_control).
        cost_per_incremental_return: cost / incremental returns, of the means; None unless these lie above zero.
        face_value_used: of the face value of the coupons sent, the share that coupons took off.
    """

    rule: str
    selected: Interval
    held_out: Interval
    not_reachable: Interval
    limited: Interval
    over_budget: Interval
    acted: Interval
    sent: Interval
    delivered: Interval
    opened: Interval
    returned: Interval
    incremental: Interval
    opt_outs: Interval
    prompted_orders: Interval
    coupons_used: Interval
    treated: Interval
    treated_returns: Interval
    control: Interval
    control_returns: Interval
    cost: Interval
    open_rate: Interval
    return_rate: Interval
    cost_per_return: Interval
    cost_per_incremental: Interval
    returns_per_treated: Interval
    returns_per_control: Interval
    incremental_returns: Interval
    cost_per_incremental_return: float | None
    face_value_used: Interval


@dataclass(frozen=True)
class BudgetRule:
    """A rule that only changes budgets: in how many of the replicates it did, and since when in the median of those."""

    rule: str
    n_fired: int
    n_replicates: int
    first_date: datetime.date | None


def rule_effects(run: StoredRun) -> tuple[RuleEffect, ...]:
    """What each rule did, in the policy's order, also one that selected nobody; empty where the policy has no rules."""
    codes, names = rules_of(run)
    groups = ((codes, len(names)), replicate_axis(run, "rules"))
    counts = {column: totals(run.numbers("rules", column), *groups) for column in (*COUNTS, "face_value")}
    costs, coupons = rule_costs(run, names), rule_costs(run, names, "coupons")
    return tuple(
        effect_of(name, {column: values[index] for column, values in counts.items()}, costs[index], coupons[index])
        for index, name in enumerate(names)
        if name not in run.facts.get("budget_rules", ())
    )


def budget_rules(run: StoredRun) -> tuple[BudgetRule, ...]:
    """The rules that only change budgets, in the policy's order, also those that never did."""
    rules, found = run.facts.get("budget_rules", ()), []
    for name in rules:
        codes, seen = names_of(run, "rules", "rule")
        is_rule = codes == seen.index(name) if name in seen else np.zeros(codes.size, np.bool_)
        replicates, days = (run.numbers("rules", column)[is_rule] for column in ("replicate", "day"))
        firsts = np.sort([days[replicates == one].min() for one in np.unique(replicates)])
        date = dates(run)[int(firsts[(firsts.size - 1) // 2])] if firsts.size else None
        found.append(BudgetRule(name, int(firsts.size), n_replicates(run), date))
    return tuple(found)


def rules_of(run: StoredRun) -> tuple[Ints, tuple[str, ...]]:
    """The rule of each row of the table as a code, and the names: all about users, and others that acted."""
    codes, seen = names_of(run, "rules", "rule")
    names = tuple(dict.fromkeys((*run.facts.get("rules", ()), *seen)))
    return np.array([names.index(name) for name in seen], np.int64)[codes], names


def idle_rules(run: StoredRun) -> list[str]:
    """The rules that selected nobody in any replicate."""
    codes, names = rules_of(run)
    selected = totals(run.numbers("rules", "selected"), (codes, len(names)))
    return [name for name, n in zip(names, selected, strict=True) if not n]


def effect_of(name: str, counts: dict[str, Ints], cost: Ints, coupons: Ints) -> RuleEffect:
    """One rule's numbers from its sums, each int64 (n_replicates,); cost and face values in cents."""
    of_treated = ratio(counts["treated_returns"], counts["treated"])
    of_control = ratio(counts["control_returns"], counts["control"])
    incremental = student_interval(counts["treated"] * (of_treated - of_control))
    return RuleEffect(
        rule=name,
        **{column: student_interval(counts[column].astype(np.float64)) for column in COUNTS},
        cost=student_interval(cost / CENTS),
        open_rate=ratio_interval(counts["opened"], counts["sent"]),
        return_rate=ratio_interval(counts["returned"], counts["sent"]),
        cost_per_return=ratio_interval(cost / CENTS, counts["returned"]),
        cost_per_incremental=ratio_interval(cost / CENTS, counts["incremental"]),
        returns_per_treated=student_interval(of_treated),
        returns_per_control=student_interval(of_control),
        incremental_returns=incremental,
        cost_per_incremental_return=per_increment(float(cost.mean()) / CENTS, incremental),
        face_value_used=ratio_interval(coupons, counts["face_value"]),
    )


def per_increment(cost: float, incremental: Interval) -> float | None:
    """Cost per incremental return; None where it is not sure that there are any."""
    is_sure = incremental.mean is not None and incremental.low is not None and incremental.low > 0
    return cost / incremental.mean if is_sure and incremental.mean else None


def rule_costs(run: StoredRun, names: tuple[str, ...], account: str | None = None) -> Ints:
    """What the ledger books to each rule in cents, int64 (n_rules, n_replicates); above zero where it was spent.

    A message is booked as cost, and a coupon as revenue forgone: both are money that the rule spent.

    Args:
        names: the rules, in the order of the result.
        account: this account's entries alone, such as `coupons`; those of all accounts when None.
    """
    if not names:
        return np.zeros((0, n_replicates(run)), dtype=np.int64)
    run = apart(run)
    rules, stored = names_of(run, "ledger", "rule")
    place = {name: index for index, name in enumerate(names)}
    target = np.array([place.get(name, len(names)) for name in stored], dtype=np.int64)
    if rules.size == 0:
        return np.zeros((len(names), n_replicates(run)), dtype=np.int64)
    amounts = -run.numbers("ledger", "amount")
    if account is not None:
        codes, accounts = names_of(run, "ledger", "account")
        amounts = amounts * (codes == accounts.index(account)) if account in accounts else amounts * 0
    booked = totals(amounts, (target[rules], len(names) + 1), replicate_axis(run, "ledger"))
    return booked[: len(names)]
