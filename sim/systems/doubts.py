"""What is legal and yet unlikely to be meant: warnings about sections that, read together, do nothing or lose money."""

from __future__ import annotations

from collections.abc import Iterator

from sim.scenario.findings import Finding, Path, warning
from sim.systems.audiences.doubts import doubts_of_audiences
from sim.systems.channels.schema import Paid, Store
from sim.systems.content.doubts import doubts_of_content
from sim.systems.dated import doubt_dates
from sim.systems.journeys.doubts import doubts_of_journeys
from sim.systems.memberships.doubts import doubts_of_memberships
from sim.systems.messages.checks import doubts_of_messages
from sim.systems.messages.schema import CouponResponse, MessageResponse
from sim.systems.metric_doubts import doubts_of_metrics
from sim.systems.points.doubts import doubts_of_points
from sim.systems.points.terms import doubts_of_terms
from sim.systems.referral.doubts import doubts_of_referral
from sim.systems.rules.conflicts import conflicts
from sim.systems.rules.schema import Coupon, Rule
from sim.systems.rules.when import When
from sim.systems.satisfaction.doubts import doubts_of_satisfaction
from sim.systems.scenario import Scenario
from sim.systems.seasons.schema import outside_of_the_horizon
from sim.systems.service.doubts import doubts_of_service
from sim.systems.stages.schema import largest_of_stages
from sim.systems.statuses.doubts import doubts_of_statuses
from sim.units import Quantity, describe

FEWEST_AGENTS = 5
"""A day's budget for fewer is hardly meant: it is used in lumps."""


def doubts(scenario: Scenario) -> Iterator[Finding]:
    """All warnings that need more than one section."""
    yield from _budgets(scenario)
    yield from _windows(scenario)
    yield from _income(scenario)
    yield from _campaigns(scenario)
    yield from conflicts(scenario)
    yield from doubt_dates(scenario, scenario.start, scenario.last_day)
    yield from doubts_of_messages(scenario)
    yield from doubts_of_statuses(scenario)
    yield from doubts_of_points(scenario)
    yield from doubts_of_terms(scenario)
    yield from doubts_of_memberships(scenario)
    yield from doubts_of_service(scenario)
    yield from doubts_of_satisfaction(scenario)
    yield from doubts_of_referral(scenario)
    yield from doubts_of_journeys(scenario)
    yield from doubts_of_content(scenario)
    yield from doubts_of_audiences(scenario)
    yield from doubts_of_metrics(scenario)
    for name, rule in scenario.policy.rules.items():
        path = ("policy", "rules", name)
        yield from _schedule(path, rule.when, scenario)
        yield from _events((*path, "when"), rule.when, scenario)
        yield from _changes(path, rule, scenario)
        yield from _limits(path, rule, scenario)
        yield from _small_budget(path, rule, scenario)
        if rule.do.message is not None:
            yield from _effect(path, rule, scenario)
        if rule.do.coupon is not None:
            yield from _coupon((*path, "do", "coupon"), rule.do.coupon, scenario)


def _budgets(scenario: Scenario) -> Iterator[Finding]:
    """Paid channels that bring nobody; a world without any policy is there to be extended, and raises no doubt."""
    if "policy" not in scenario.model_fields_set:
        return
    budgeted = _budgeted(scenario)
    for name, channel in scenario.channels.items():
        if isinstance(channel, Paid) and name not in budgeted:
            yield warning(
                ("channels", name),
                f"paid channel `{name}` has no budget: it brings nobody",
                hint=f"write: policy: {{budgets: {{{name}: 1000 {scenario.currency} / day}}}}",
                at_key=True,
            )


def _budgeted(scenario: Scenario) -> set[str]:
    """The channels that have a budget of their own at any time: from the start, in a stage, or by a rule."""
    policy = scenario.policy
    by_rule = (name for rule in policy.rules.values() for name, change in rule.do.budgets.items() if change.to)
    return {*policy.budgets, *(name for stage in policy.stages.values() for name in stage.budgets), *by_rule}


def _changes(path: Path, rule: Rule, scenario: Scenario) -> Iterator[Finding]:
    """Changes of budgets that nothing has set."""
    for name in rule.do.budgets.keys() - _budgeted(scenario):
        message = f"`{name}` multiplies a budget that nothing has set: it changes nothing"
        yield warning((*path, "do", "budgets", name), message, at_key=True)


def _windows(scenario: Scenario) -> Iterator[Finding]:
    for name, channel in scenario.channels.items():
        for window, entry in channel.windows.items() if isinstance(channel, Store) else ():
            is_over = (entry.from_ - scenario.start).days + entry.for_.value <= 0
            if is_over or entry.from_ > scenario.last_day:
                path = ("channels", name, "windows", window, "from")
                yield outside_of_the_horizon(path, window, scenario.start, scenario.last_day)


def _income(scenario: Scenario) -> Iterator[Finding]:
    has_commission = (
        max(scenario.income.commission.largest, largest_of_stages(scenario.policy.stages, "commission")) > 0
    )
    if has_commission and scenario.orders is None:
        yield warning(("income", "commission"), "brings nothing: the scenario has no `orders`")
    if scenario.orders is not None and scenario.orders.sold_by == "merchants" and not has_commission:
        message = "is `merchants`, and no `income.commission` is given: orders bring nothing"
        yield warning(("orders", "sold_by"), message)


def _campaigns(scenario: Scenario) -> Iterator[Finding]:
    margin = _sold_margin(scenario)
    for name, campaign in scenario.policy.campaigns.items():
        if margin is not None and campaign.discount.value > margin:
            path = ("policy", "campaigns", name, "discount")
            yield _below_cost(path, campaign.discount)


def _coupon(path: Path, coupon: Coupon, scenario: Scenario) -> Iterator[Finding]:
    if scenario.orders is None:
        yield warning(path, "cannot be used: the scenario has no `orders`")
        return
    if scenario.response.coupon == CouponResponse():
        yield warning(path, "changes nothing: `response.coupon` states no effect")
    margin, mean = _sold_margin(scenario), scenario.orders.basket.mean
    if margin is None:
        return
    if coupon.share_off is not None and coupon.up_to is None and coupon.share_off.value > margin:
        yield _below_cost((*path, "share_off"), coupon.share_off)
    if coupon.off is not None and mean is not None:
        typical = max(mean.value, coupon.orders_over.value)
        if coupon.off.value > margin * typical:
            yield _below_cost((*path, "off"), coupon.off, of=f" of a basket of {typical:,.6g} {scenario.currency}")


def _below_cost(path: Path, off: Quantity, of: str = "") -> Finding:
    message = f"is {describe(off.text)}, more than the margin{of}: such orders are sold below cost"
    return warning(path, message, also=(("orders", "margin"),))


def _schedule(path: Path, when: When, scenario: Scenario) -> Iterator[Finding]:
    start, last = scenario.start, scenario.last_day
    first = max(start, when.from_) if when.from_ is not None else start
    if when.from_ is not None and when.from_ < start:
        message = f"is {when.from_}, before the first day, {start}: the rule may act from the first day on"
        yield warning((*path, "when", "from"), message, also=(("start",),))
    until = min(last, when.until) if when.until is not None else last
    dates = when.dates(scenario.seasons.holidays)
    if first > until or (dates and not any(first <= day <= until for day in dates)):
        given = next(key for key in ("on", "holiday", "from", "until") if getattr(when, key + "_" * (key == "from")))
        yield outside_of_the_horizon((*path, "when", given), str(path[-1]), start, last)
    elif when.waves and min(when.waves) >= scenario.n_days:
        message = f"is longer than the horizon, {scenario.n_days} days: nobody can be away so long"
        yield warning((*path, "when", "inactive_for"), message, also=(("horizon",),))


def _events(path: Path, when: When, scenario: Scenario) -> Iterator[Finding]:
    """Events that never happen in this scenario, or are waited for until after its end."""
    fatigue = scenario.response.fatigue
    if when.event in ("order", "first_order") and not scenario.has_orders:
        yield warning((*path, "event"), "never happens: the scenario has no `orders`")
    if when.event == "opt_out" and (fatigue is None or fatigue.opt_out.value == 0):
        yield warning((*path, "event"), "never happens: `response.fatigue.opt_out` is not given")
    if when.holiday is None and when.n_later >= scenario.n_days:
        message = f"is longer than the horizon, {scenario.n_days} days: the rule never acts"
        yield warning((*path, "days"), message, also=(("horizon",),))


def _effect(path: Path, rule: Rule, scenario: Scenario) -> Iterator[Finding]:
    message = scenario.response.message
    has_effect = message.brings_back.largest > 0 or message.wakes != MessageResponse().wakes
    topic = scenario.topics.get(rule.do.topic) if rule.do.topic is not None else None
    brings = rule.do.coupon is not None or rule.do.show_rewards is not None
    if not has_effect and not brings and (topic is None or topic.order.largest == 0):
        yield warning((*path, "do", "message"), "changes nothing: `response.message` states no effect")


def _limits(path: Path, rule: Rule, scenario: Scenario) -> Iterator[Finding]:
    """Limits that are too small for one agent, so that a rule never acts on anybody."""
    per_agent = scenario.market.people_per_agent.value
    limits, (each, never) = rule.limits, _deed(rule)
    also = (("market", "people_per_agent"),) if per_agent > 1 else ()
    if limits.capacity is not None and limits.capacity.largest < per_agent:
        message = f"is less than the {per_agent:,.0f} persons of one agent: {never}"
        yield warning((*path, "limits", "capacity"), message, also=also)
    price = _price(rule, scenario)
    for name in ("budget", "total_budget"):
        budget: Quantity | None = getattr(limits, name)
        if budget is not None and budget.largest < price * per_agent:
            whom = f"one {each}" if per_agent == 1 else f"the {each}s to one agent's {per_agent:,.0f} persons"
            message = f"cannot pay {whom}, {price * per_agent:,.6g} {scenario.currency}: {never}"
            yield warning((*path, "limits", name), message, also=also)


def _deed(rule: Rule) -> tuple[str, str]:
    """What the rule pays for, and what becomes of it where it cannot."""
    return ("message", "nobody is ever messaged") if rule.do.message is not None else ("coupon", "the rule never acts")


def _price(rule: Rule, scenario: Scenario) -> float:
    """The least that the rule's message and coupon commit; a privilege comes on top, less towards the end."""
    medium = scenario.media.get(rule.do.message or "")
    return (0.0 if medium is None else medium.price.smallest) + _face_value(rule.do.coupon)


def _small_budget(path: Path, rule: Rule, scenario: Scenario) -> Iterator[Finding]:
    """A day's budget that admits some agents, and fewer than `FEWEST_AGENTS`: what it commits goes in lumps."""
    budget, (what, _) = rule.limits.budget, _deed(rule)
    if budget is None:
        return
    face_value, per_agent = _face_value(rule.do.coupon), scenario.market.people_per_agent.value
    unit = _price(rule, scenario) * per_agent
    if unit <= budget.largest < FEWEST_AGENTS * unit:
        whom = f"{what}s" if per_agent == 1 else f"agents of {per_agent:,.0f} persons"
        of_what = " for its coupon" if what == "message" else ""
        each = f": each {what} commits {face_value:,.6g} {scenario.currency}{of_what}" if face_value > 0 else ""
        message = f"pays for at most {budget.largest // unit:.0f} {whom} a day{each}"
        hint = "raise it" if per_agent == 1 else "raise it, or lower `people_per_agent`"
        also = (("market", "people_per_agent"),) if per_agent > 1 else ()
        yield warning((*path, "limits", "budget"), message, hint=hint, also=also)


def _face_value(coupon: Coupon | None) -> float:
    if coupon is None:
        return 0.0
    most = coupon.off if coupon.off is not None else coupon.up_to
    return most.value if most is not None else 0.0


def _sold_margin(scenario: Scenario) -> float | None:
    """The best margin of what we sell ourselves; None where merchants sell, or nobody."""
    orders = scenario.orders
    return None if orders is None or orders.sold_by != "us" else orders.margin.largest
