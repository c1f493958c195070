"""The names that the ledger knows: where they stand, what has them, in its order; no two may be the same."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from sim.scenario.findings import Finding, Path

if TYPE_CHECKING:
    from sim.systems.scenario import Policy, Scenario

IN_LEDGER = {
    "campaigns": "campaign",
    "rules": "rule",
    "statuses": "status",
    "points": "points programme",
    "memberships": "membership",
    "desks": "desk",
    "referrals": "referral programme",
    "content": "kind of content",
    "touchpoints": "touchpoint",
}
"""What of a policy has its names in the ledger, in this order; behind them are the world's `journeys`."""


def named_groups(scenario: Scenario) -> Iterator[tuple[Path, str, Mapping[str, object]]]:
    """Where names stand that the ledger knows, what one of them is, and what has them; in the ledger's order."""
    for group, kind in IN_LEDGER.items():
        yield ("policy", group), kind, getattr(scenario.policy, group)
    yield ("journeys",), "journey", scenario.journeys


def names_in_ledger(scenario: Scenario) -> tuple[str, ...]:
    """All names that the ledger knows beside business as usual, in its order."""
    return tuple(name for _, _, names in named_groups(scenario) for name in names)


def first_index(policy: Policy, group: str) -> int:
    """Of a group's names in the ledger; the first of all is business as usual."""
    before = itertools.takewhile(lambda other: other != group, IN_LEDGER)
    return 1 + sum(len(getattr(policy, other)) for other in before)


def check_ledger_names(scenario: Scenario) -> Iterator[Finding]:
    """Names of two groups that the ledger could not tell apart."""
    groups = list(named_groups(scenario))
    for position, (home, _, names) in enumerate(groups):
        for name in names:
            for other, kind, found in groups[:position]:
                if name in found:
                    message = f"`{name}` is also a {kind}; the ledger needs two names"
                    yield Finding((*home, name), message, also=((*other, name),), at_key=True)
