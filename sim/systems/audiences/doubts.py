"""Audiences that nobody can ever be in: conditions that exclude each other, and layers that come too late."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from sim.scenario.emptiness import Domain, Meanings, Region, both, region_of
from sim.scenario.expressions import Expression
from sim.scenario.findings import Finding, Path, warning
from sim.systems.attributes import OTHER
from sim.systems.audiences.schema import has_circles
from sim.systems.points.reach import is_of_a_programme, most_of_column, said_most

if TYPE_CHECKING:
    from sim.systems.rules.when import When
    from sim.systems.scenario import Scenario


def doubts_of_audiences(scenario: Scenario) -> Iterator[Finding]:
    """Conditions of audiences, layers, early warnings, rules and statuses that can never hold."""
    policy = scenario.policy
    if has_circles(policy):
        return
    definitions = {f"audience:{name}": audience for name, audience in policy.audiences.items()}
    meanings = Meanings(lambda column: _domain(column, scenario), definitions)
    conditions: list[tuple[Path, Expression | None]] = [
        *((("policy", "audiences", name), audience) for name, audience in policy.audiences.items()),
        *((("policy", "early_warnings", name, "who"), each.who) for name, each in policy.early_warnings.items()),
        *((("policy", "rules", name, "who"), rule.who) for name, rule in policy.rules.items()),
        *((("policy", "statuses", name, "enters"), status.enters) for name, status in policy.statuses.items()),
    ]
    for path, condition in conditions:
        if condition is not None and region_of(condition.tree, meanings) is None:
            yield warning(path, f"is never true: nobody {_ever(path)}{_out_of_reach(condition, meanings, scenario)}")
    for name, rule in policy.rules.items():
        if rule.who is not None and rule.when.inactive_for:
            yield from _missed_waves(("policy", "rules", name), rule.who, rule.when.waves, meanings)
        elif rule.who is not None and (rule.when.event or rule.when.after):
            yield from _missed_event(("policy", "rules", name), rule.who, rule.when, meanings)
    for name, layers in policy.layers.items():
        yield from _late_layers(("policy", "layers", name), layers, meanings)


def _ever(path: Path) -> str:
    return "ever enters" if path[-1] == "enters" else "is ever selected"


def _out_of_reach(condition: Expression, meanings: Meanings, scenario: Scenario) -> str:
    """How much one can earn, where that is why the condition is never true."""
    columns = sorted(name for name in condition.names if is_of_a_programme(name))
    boundless = replace(meanings, domain=lambda column: Domain(0.0) if column in columns else meanings.domain(column))
    if not columns or region_of(condition.tree, boundless) is None:
        return ""
    return "; " + "; ".join(said_most(scenario, column) for column in columns)


def _missed_waves(path: Path, who: Expression, waves: list[int], meanings: Meanings) -> Iterator[Finding]:
    """Waves on whose day nobody can fulfil `who`, since each user has then been away for just so long."""
    region = region_of(who.tree, meanings)
    missed = [wave for wave in waves if both([region, {"days_inactive": (wave, wave)}]) is None]
    if region is not None and missed:
        days = ", ".join(map(str, missed))
        whom = "the rule" if len(missed) == len(waves) else "that wave"
        message = f"cannot hold after {days} days away, when `inactive_for` looks: {whom} selects nobody"
        yield warning((*path, "who"), message, also=((*path, "when", "inactive_for"),))


def _missed_event(path: Path, who: Expression, when: When, meanings: Meanings) -> Iterator[Finding]:
    """Whether nobody can fulfil `who` so many days after the event, or the rule, that `when` counts from."""
    region = region_of(who.tree, meanings)
    if region is not None and both([region, sure_of(when)]) is None:
        since = f"`{when.event}`" if when.event else f"`{when.after}` acted"
        days = (
            f"{when.n_later} day{'s' * (when.n_later != 1)} after {since}" if when.n_later else f"on the day of {since}"
        )
        message = f"cannot hold {days}, when the rule looks: it selects nobody"
        yield warning((*path, "who"), message, also=((*path, "when", when.schedule),))


def sure_of(when: When) -> Region:
    """What is sure of users on the day on which the rule looks; what messages lead to counts a day later."""
    n, ever = float(when.n_later), math.inf
    known: dict[str | None, Region] = {
        "sign_up": {"days_since_signup": (n, n), "days_since_order": (0, n), "days_inactive": (0, n)},
        "first_order": {"orders": (1, ever), "days_since_order": (0, n + 1), "days_since_signup": (n, ever)},
        "order": {"orders": (1, ever), "days_since_order": (0, n + 1), "days_since_signup": (n, ever)},
        "return": {"days_inactive": (0, n + 1), "days_since_signup": (n, ever)},
        "opt_out": {"messages": (1, ever), "days_since_signup": (n, ever)},
        "active": {"days_inactive": (n, ever), "days_since_signup": (n, ever)},
        "ordered": {"days_since_order": (n, ever), "days_since_signup": (n, ever)},
    }
    return known.get(when.event or when.unless, {"days_since_signup": (n, ever)})


def _late_layers(path: Path, layers: dict[str, Expression], meanings: Meanings) -> Iterator[Finding]:
    """Layers whose users are all in the layers before."""
    before: list[Region | None] = []
    for label, condition in layers.items():
        region = region_of(condition.tree, meanings)
        if region is None:
            yield warning((*path, label), "is never true: nobody is ever in this layer")
        elif both([region, *before]) is None:
            message = "is never reached: the layers before it take everybody for whom it holds"
            yield warning((*path, label), message)
        before.append(region_of(condition.tree, meanings, is_denied=True))


def _domain(column: str, scenario: Scenario) -> Domain:
    """What a column may hold: attributes are counts, amounts and days, none below 0 but satisfaction."""
    function, _, name = column.partition(":")
    most = most_of_column(scenario, column)
    if most is not None:
        return Domain(0.0, most, is_whole=True)
    if name and function == "measure":
        return Domain(is_always=False)
    if name:
        labels = scenario.policy.layers.get(name) if function == "layer" else None
        return Domain(texts=None if labels is None else frozenset({*labels, OTHER}))
    declared = scenario.attributes.get(column)
    if declared is not None and not declared.values:
        own = declared.by_segment.values()
        low = min(declared.from_ or 0, *(part.from_ or 0 for part in own), math.inf)
        return Domain(low, max(declared.to or 0, *(part.to or 0 for part in own), 0), is_whole=True)
    named = {"segment": tuple(scenario.market.segments), "channel": tuple(scenario.channels)}
    texts = tuple(declared.values) if declared is not None else named.get(column)
    if texts is not None:
        return Domain(texts=frozenset(texts))
    if column == "satisfaction":
        return Domain(-1.0, 1.0) if scenario.response.satisfaction is not None else Domain(0.0, 0.0)
    return Domain(0.0, 1.0 if column == "has_coupon" else math.inf, is_whole=not column.startswith("spend"))
