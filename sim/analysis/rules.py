"""What each rule of a policy did, and what it cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sim.analysis.columns import Ints, apart, n_replicates, names_of, replicate_axis, totals
from sim.analysis.intervals import Interval, student_interval
from sim.analysis.summary import CENTS, ratio

if TYPE_CHECKING:
    from sim.store import StoredRun

COUNTS = ("selected", "held_out", "limited", "sent", "opened", "returned", "coupons_used")


@dataclass(frozen=True)
class RuleEffect:
    """One rule over the horizon, each number with its interval over replicates.

    Args:
        rule: its name.
        selected: times that a user was in its audience when it was due.
        held_out: of those, left alone for comparison.
        limited: of those, left out by a limit (budget, cap, attempts).
        sent: messages or offers that went out.
        opened: of those, opened.
        returned: of those who got one, became active again; some would have without it.
        coupons_used: coupons that were redeemed.
        cost: what the ledger books to the rule, its messages and what its coupons took off, in the currency.
        open_rate: opened / sent.
        return_rate: returned / sent.
        cost_per_return: cost / returned.
    """

    rule: str
    selected: Interval
    held_out: Interval
    limited: Interval
    sent: Interval
    opened: Interval
    returned: Interval
    coupons_used: Interval
    cost: Interval
    open_rate: Interval
    return_rate: Interval
    cost_per_return: Interval


def rule_effects(run: StoredRun) -> tuple[RuleEffect, ...]:
    """What each rule did, in the policy's order; empty where the policy has no rules."""
    codes, names = names_of(run, "rules", "rule")
    groups = ((codes, len(names)), replicate_axis(run, "rules"))
    counts = {column: totals(run.numbers("rules", column), *groups) for column in COUNTS}
    costs = rule_costs(run, names)
    return tuple(
        effect_of(name, {column: values[index] for column, values in counts.items()}, costs[index])
        for index, name in enumerate(names)
    )


def effect_of(name: str, counts: dict[str, Ints], cost: Ints) -> RuleEffect:
    """One rule's numbers from its sums, each int64 (n_replicates,)."""
    return RuleEffect(
        rule=name,
        **{column: student_interval(values.astype(np.float64)) for column, values in counts.items()},
        cost=student_interval(cost / CENTS),
        open_rate=student_interval(ratio(counts["opened"], counts["sent"])),
        return_rate=student_interval(ratio(counts["returned"], counts["sent"])),
        cost_per_return=student_interval(ratio(cost, counts["returned"]) / CENTS),
    )


def rule_costs(run: StoredRun, names: tuple[str, ...]) -> Ints:
    """Cents that the ledger books to each rule, int64 (n_rules, n_replicates), > 0 where money was spent.

    Messages are booked as cost, coupons as less revenue: a rule pays for both.
    """
    if not names:
        return np.zeros((0, n_replicates(run)), dtype=np.int64)
    run = apart(run)
    rules, stored = names_of(run, "ledger", "rule")
    place = {name: index for index, name in enumerate(names)}
    target = np.array([place.get(name, len(names)) for name in stored], dtype=np.int64)
    if rules.size == 0:
        return np.zeros((len(names), n_replicates(run)), dtype=np.int64)
    booked = totals(-run.numbers("ledger", "amount"), (target[rules], len(names) + 1), replicate_axis(run, "ledger"))
    return booked[: len(names)]
