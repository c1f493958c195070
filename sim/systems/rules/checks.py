"""What only shows when a rule is read together with the other rules and sections."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from sim.scenario.findings import Finding, Path
from sim.scenario.vocabulary import NAME_ITS_CONDITION, NO_AUDIENCE, spelled
from sim.systems.attributes import OTHER
from sim.systems.channels.schema import unknown_name

if TYPE_CHECKING:
    from sim.systems.rules.schema import Rule
    from sim.systems.rules.when import When
    from sim.systems.scenario import Scenario

RULES: Path = ("policy", "rules")


def check_schedules(scenario: Scenario) -> Iterator[Finding]:
    """Audiences that must exist, and rules that wait for each other."""
    rules = scenario.policy.rules
    for name, rule in rules.items():
        yield from _watched((*RULES, name, "when"), rule.when, scenario)
        if rule.when.after in rules:
            yield from _leader((*RULES, name, "when"), rule.when, rules[rule.when.after])
    yield from _circles({name: rule.when.after for name, rule in rules.items() if rule.when.after in rules})


def _watched(path: Path, when: When, scenario: Scenario) -> Iterator[Finding]:
    policy = scenario.policy
    groups = {**policy.audiences, **policy.statuses, **policy.memberships, **scenario.privileges}
    for key, name in (("enters", when.enters), ("leaves", when.leaves)):
        if name is not None and name not in groups:
            kin = _kin(scenario, name)
            yield unknown_name((*path, key), "audience", name, groups) if kin is None else Finding((*path, key), *kin)
    yield from _ambiguous(path, when, scenario)


def _kin(scenario: Scenario, name: str) -> tuple[str, None, str] | None:
    """What to say of a name that an early warning has, or a layer; None if neither."""
    policy = scenario.policy
    if name in policy.early_warnings:
        return f"`{name}` {NO_AUDIENCE}", None, NAME_ITS_CONDITION
    for partition, layers in policy.layers.items():
        if name == partition:
            return f"`{name}` is a partition: a user is in one of its layers", None, "name one layer under `audiences`"
        if name in (*layers, OTHER):
            audience = f'{name}: {spelled(f"layer:{partition}")} == "{name}"'
            return f"`{name}` is a layer of `{partition}`, no audience", None, f"add to `audiences`: {audience}"
    return None


def _ambiguous(path: Path, when: When, scenario: Scenario) -> Iterator[Finding]:
    """A name that an audience has, and something that is held too: nobody could say which of them is watched."""
    policy, name = scenario.policy, when.enters or when.leaves
    others: tuple[tuple[str, Path, Mapping[str, object]], ...] = (
        ("status", ("policy", "statuses"), policy.statuses),
        ("membership", ("policy", "memberships"), policy.memberships),
        ("privilege", ("privileges",), scenario.privileges),
    )
    for what, place, names in others:
        if name in policy.audiences and name in names:
            also: tuple[Path, ...] = (("policy", "audiences", name), (*place, name))
            message = f"`{name}` is an audience and a {what}; give one of them another name"
            yield Finding((*path, when.schedule), message, also=also)


def _leader(path: Path, when: When, leader: Rule) -> Iterator[Finding]:
    """Whether the rule that this one follows does what this one waits for."""
    also = (("policy", "rules", str(when.after), "do"),)
    if not leader.do.is_about_users:
        message = f"names `{when.after}`, which acts on no user: it only changes budgets"
        yield Finding((*path, "after"), message, also=also)
    elif when.unless == "opened" and leader.do.message is None:
        message = f"is about a message, and `{when.after}` sends none"
        yield Finding((*path, "unless"), message, allowed="active, ordered", also=also)


def _circles(leaders: Mapping[str, str | None]) -> Iterator[Finding]:
    """One finding for each circle of rules, at the one that stands first."""
    settled: set[str] = set()
    for start in leaders:
        chain: list[str] = []
        name: str | None = start
        while name is not None and name not in settled and name not in chain:
            chain.append(name)
            name = leaders.get(name)
        if name in chain:
            circle = chain[chain.index(name) :]
            names = " → ".join(f"`{other}`" for other in (*circle, circle[0]))
            also = tuple((*RULES, other, "when", "after") for other in circle[1:])
            message = f"waits for itself: {names}" if len(circle) == 1 else f"goes round in a circle: {names}"
            yield Finding((*RULES, circle[0], "when", "after"), message, also=also)
        settled.update(chain)
