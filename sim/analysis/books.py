"""Profit and loss by account, and the onboarding funnel by channel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sim.analysis.columns import apart, names_of, replicate_axis, totals
from sim.analysis.intervals import Interval, student_interval
from sim.analysis.summary import CENTS, ratio

if TYPE_CHECKING:
    from sim.store import StoredRun


@dataclass(frozen=True)
class AccountLine:
    """One account over the horizon: income above zero, cost below; in the currency."""

    account: str
    group: str
    amount: Interval


@dataclass(frozen=True)
class FunnelStep:
    """One step of a channel's onboarding: persons who came to it, who passed it, and their share."""

    channel: str
    step: str
    entered: Interval
    passed: Interval
    pass_rate: Interval


def account_lines(run: StoredRun) -> tuple[AccountLine, ...]:
    """What the ledger booked on each account, revenue before cost."""
    run = apart(run)
    codes, names = names_of(run, "ledger", "account")
    amounts = totals(run.numbers("ledger", "amount"), (codes, len(names)), replicate_axis(run, "ledger"))
    groups = run.facts["accounts"]
    lines = [
        AccountLine(name, str(groups.get(name, "")), student_interval(row / CENTS))
        for name, row in zip(names, amounts, strict=True)
    ]
    return tuple(sorted(lines, key=lambda line: line.group != "revenue"))


def funnel_steps(run: StoredRun) -> tuple[FunnelStep, ...]:
    """Each step of each channel's funnel, in the scenario's order."""
    channels, channel_names = names_of(run, "funnel", "channel")
    steps, step_names = names_of(run, "funnel", "step")
    pairs = channels * max(len(step_names), 1) + steps
    groups = ((pairs, len(channel_names) * len(step_names)), replicate_axis(run, "funnel"))
    entered, passed = (totals(run.numbers("funnel", name), *groups) for name in ("entered", "passed"))
    seen = dict.fromkeys(pairs.tolist())
    return tuple(
        FunnelStep(
            channel_names[pair // len(step_names)],
            step_names[pair % len(step_names)],
            student_interval(entered[pair].astype(np.float64)),
            student_interval(passed[pair].astype(np.float64)),
            student_interval(ratio(passed[pair], entered[pair])),
        )
        for pair in seen
    )
