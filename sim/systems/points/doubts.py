"""What spoils a points programme and shows before it runs: rewards out of reach, hidden, unwanted, or too dear."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

from sim.scenario.findings import Finding, Path, warning
from sim.systems.market.schema import doubt_motive
from sim.systems.points.patience import doubt_reach, for_units
from sim.systems.points.reach import is_given, is_of_a_programme
from sim.systems.points.schema import Programme, Reward
from sim.systems.windows.names import names_read

if TYPE_CHECKING:
    from sim.systems.scenario import Scenario

SELDOM_SEEN = 0.005
"""Of active days: one look in two hundred hardly finds a reward."""
MOST_TO_KNOW = 20
"""Currencies, ways to earn, limits, dates and steps of all programmes together: an assumption, no study counts them."""


def doubts_of_points(scenario: Scenario) -> Iterator[Finding]:
    """Warnings that need more than the programmes themselves."""
    yield from _too_complex(scenario)
    yield from _farming_for_nothing(scenario)
    yield from _everybody_hit(scenario)
    yield from _without_dates(scenario)
    if not scenario.policy.points:
        return
    read = {name.partition(":")[2] for _, name, _ in names_read(scenario) if is_of_a_programme(name)}
    for name, programme in scenario.policy.points.items():
        path = ("policy", "points", name)
        given = is_given(scenario, name)
        if not programme.earns and not given and (for_units(programme) or not programme.rewards):
            yield warning((*path, "earns"), "is empty, and no rule or referral gives any: nobody ever has units")
        if programme.transfers is not None and scenario.response.points.transfers is None:
            message = "changes nothing: `response.points` has no `transfers`, and nobody gives"
            yield warning((*path, "transfers"), message, at_key=True)
        if not programme.rewards:
            if name not in read:
                yield warning(path, "has no `rewards`: units can be spent on nothing", at_key=True)
            continue
        for reward, entry in programme.rewards.items():
            yield from doubt_motive((*path, "rewards", reward, "motive"), entry.motive, scenario.market.segments)
        yield from _announced_in_vain(path, programme, scenario)
        yield from _hidden(path, programme, scenario)
        yield from _unwanted(path, programme)
        yield from _without_effect(path, programme, scenario)
        if not given and programme.earns:
            yield from doubt_reach(path, programme, scenario)
        yield from _too_dear(path, programme, scenario)


def _too_complex(scenario: Scenario) -> Iterator[Finding]:
    """A plain count of what a user has to know, over all programmes; that many are too many is an assumption."""
    counts = dict[str, int]()
    for programme in scenario.policy.points.values():
        ways, expires = programme.earns.values(), programme.expires
        limits = [
            limit for way in ways for limit in (way.days, way.at_most, way.at_most_per_day, way.at_most_per_month)
        ]
        for what, n in (
            ("currencies", 1),
            ("ways to earn", len(programme.earns)),
            ("limits and streaks", sum(of is not None for of in limits)),
            ("dates of expiry", (expires is not None) + (expires is not None and expires.grace is not None)),
            ("further steps", int(programme.steps.value) - 1),
        ):
            counts[what] = counts.get(what, 0) + n
    total = sum(counts.values())
    if total > MOST_TO_KNOW:
        listed = ", ".join(f"{n} {what}" for what, n in counts.items() if n)
        message = f"asks users to know {total} things ({listed}); beyond {MOST_TO_KNOW} few do, an assumption"
        yield warning(("policy", "points"), message, at_key=True)


def _farming_for_nothing(scenario: Scenario) -> Iterator[Finding]:
    for segment, farming in scenario.response.points.farming.items():
        if not farming.acts:
            at = ("response", "points", "farming", segment)
            yield warning(at, "changes nothing: it never comes to earn, and has one account", at_key=True)


def _everybody_hit(scenario: Scenario) -> Iterator[Finding]:
    for name, rule in scenario.policy.rules.items():
        if rule.do.takes_away and rule.who is None:
            at = ("policy", "rules", name, "do", "forfeit" if rule.do.forfeit else "block")
            yield warning(at, "hits everybody: the rule has no `who`", hint='write: who: earned_30d("…") > 800')


def _without_dates(scenario: Scenario) -> Iterator[Finding]:
    """What asks when units expire, of programmes whose units have no date."""
    undated = {name: programme for name, programme in scenario.policy.points.items() if not programme.has_dates}
    for name, programme in undated.items():
        if programme.notice is not None:
            path: Path = ("policy", "points", name)
            also = () if programme.expires is None else ((*path, "expires"),)
            yield warning(
                (*path, "notice"), "tells of nothing: these units have no date on which they expire", also=also
            )
    for path, column, text in names_read(scenario) if undated else ():
        function, _, name = column.partition(":")
        if function == "expiring" and name in undated:
            also = (("policy", "points", name),)
            message = f"reads `expiring` of `{name}`, which is always 0: its units have no date on which they expire"
            offset = max(text.find("expiring"), 0)
            yield warning(path, message, also=also, offset=offset, length=len("expiring"))


def _announced_in_vain(path: Path, programme: Programme, scenario: Scenario) -> Iterator[Finding]:
    if programme.announced is None:
        return
    last = scenario.start + timedelta(days=scenario.n_days - 1)
    dates = [day for reward in programme.rewards.values() for day, _ in reward.price.dated[1:]]
    at = (*path, "announced")
    if not any(scenario.start < day <= last for day in dates):
        hint = f"write dates under a price: {{{scenario.start}: 500, {last}: 800}}"
        yield warning(at, "tells of nothing: no reward's price changes within the horizon", hint=hint)
    elif scenario.response.points.rush.value == 1:
        yield warning(at, "moves nobody: `rush` of `response.points` is 1, and nobody hastens or waits")


def _hidden(path: Path, programme: Programme, scenario: Scenario) -> Iterator[Finding]:
    response = scenario.response.points
    seen = response.looks.value * response.per_step.value ** (programme.steps.value - 1)
    if seen < SELDOM_SEEN:
        message = (
            f"is {programme.steps.value:.0f}: {seen:.2%} of active days end at a reward "
            f"(looks {response.looks.value:.1%}, and {response.per_step.value:.0%} take each further step)"
        )
        yield warning((*path, "steps"), message, also=(("response", "points"),))


def _unwanted(path: Path, programme: Programme) -> Iterator[Finding]:
    for name, reward in programme.rewards.items():
        factors = [factor.value for factor in reward.by_segment.values()]
        if reward.appeal.value == 0 or (factors and max(factors) == 0 and len(factors) > 1):
            yield warning((*path, "rewards", name, "appeal"), "is 0: nobody ever takes this reward")


def _without_effect(path: Path, programme: Programme, scenario: Scenario) -> Iterator[Finding]:
    """A worth that nobody compares, a number in all that binds before the month's, or one that no agent can have."""
    per_agent = scenario.market.people_per_agent.value
    for name, reward in programme.rewards.items():
        at = (*path, "rewards", name)
        if reward.worth is not None and scenario.response.points.price_sensitivity.largest == 0:
            also: tuple[Path, ...] = (("response", "points"),)
            yield warning((*at, "worth"), "changes nothing: `price_sensitivity` of `response.points` is 0", also=also)
        for key, number in (("stock", reward.stock), ("limited", reward.limited)):
            if number is not None and number.value < per_agent:
                message = f"is less than the {per_agent:,.0f} persons of one agent: nobody ever gets one"
                yield warning((*at, key), message, also=(("market", "people_per_agent"),))
        if reward.limited is not None and reward.stock is not None and reward.stock.value >= reward.limited.value:
            message = "changes nothing: there are no more than that in all"
            yield warning((*at, "stock"), message, also=((*at, "limited"),))


def _too_dear(path: Path, programme: Programme, scenario: Scenario) -> Iterator[Finding]:
    """Money that gives back more in rewards than it leaves as margin."""
    orders = scenario.orders
    if orders is None or orders.sold_by != "us":
        return
    per_unit = max(_cost_of_a_unit(reward) for reward in programme.rewards.values())
    for way, earning in programme.earns.items():
        back = earning.gives.largest * per_unit
        if earning.for_ == "money" and back > orders.margin.largest:
            message = (
                f"gives back up to {back:.1%} of what is paid in rewards; the margin is {orders.margin.largest:.1%}"
            )
            yield warning((*path, "earns", way, "gives"), message, also=(("orders", "margin"),))


def _cost_of_a_unit(reward: Reward) -> float:
    """Beyond what is paid in money; what costs no units gives none back."""
    if reward.price.smallest == 0:
        return 0.0
    return max(reward.cost.largest - reward.price_in_money.smallest, 0.0) / reward.price.smallest
