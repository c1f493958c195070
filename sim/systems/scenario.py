"""The scenario: one section per system, and the checks that need more than one section."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Annotated

from pydantic import Field, model_validator

from sim.engine.limits import MAX_CELLS, MAX_HORIZON_DAYS, MAX_MESSAGE_RULES
from sim.scenario.findings import Finding
from sim.scenario.series import SeriesFile
from sim.scenario.values import Currency, Date, FixedShare, MoneyRate, Name, Section, Text, problem, whole_days
from sim.systems.attributes import ATTRIBUTE_KINDS
from sim.systems.audiences.schema import Audiences, check_audiences
from sim.systems.channels.history import check_history
from sim.systems.channels.schema import AnyChannel, WordOfMouth, check_channels
from sim.systems.content.schema import ContentKind, ContentPolicy, check_content
from sim.systems.first_users.table import past_days
from sim.systems.income.schema import Income
from sim.systems.journeys.schema import EasedStep, Journey, Touchpoint, check_journeys
from sim.systems.ledger_names import check_ledger_names, names_in_ledger
from sim.systems.market.schema import Market, check_market
from sim.systems.memberships.schema import Membership, check_memberships
from sim.systems.messages.checks import check_messages
from sim.systems.messages.hours import Hour
from sim.systems.messages.schema import Contact, Medium, Response, Topic
from sim.systems.networks.schema import check_networks
from sim.systems.onboarding.schema import FIRST_ORDER, Onboarding
from sim.systems.orders.schema import Orders
from sim.systems.points.schema import Programme, check_points
from sim.systems.profiles.schema import DeclaredAttribute, check_attributes, declared_kinds
from sim.systems.referral.schema import ReferralProgramme, check_referrals
from sim.systems.retention.schema import Retention, check_retention
from sim.systems.rules.checks import check_schedules
from sim.systems.rules.schema import Rule, check_rules
from sim.systems.seasons.schema import Campaign, Seasons, check_dates
from sim.systems.service.schema import Desk, Service, check_service
from sim.systems.stages.schema import Stage, check_stages
from sim.systems.statuses.schema import Privilege, Status, check_statuses
from sim.systems.windows.names import check_windows, windows_read
from sim.units import Quantity

SIGNUPS_FILE = SeriesFile("date", "signups", "count")
CURVE_FILE = SeriesFile("day", "retention", "share")


class Policy(Audiences):
    """Everything that the team decides."""

    in_order = (("layers", "*"), ("rules",), ("statuses",), ("stages",), ("points", "*", "rewards"))

    budgets: Annotated[dict[Name, MoneyRate], Field(description="money for each paid or community channel")] = {}
    campaigns: Annotated[dict[Name, Campaign], Field(description="dated activities and price promotions")] = {}
    rules: Annotated[dict[Name, Rule], Field(description="when, who, do, limits; they act in this order")] = {}
    contact: Contact = Contact()
    statuses: Annotated[
        dict[Name, Status], Field(description="standings that users are given at reviews, and what comes with them")
    ] = {}
    points: Annotated[
        dict[Name, Programme], Field(description="points programmes: what users earn, spend on rewards and lose")
    ] = {}
    memberships: Annotated[
        dict[Name, Membership], Field(description="paid plans: price, period, trial, and what members hold")
    ] = {}
    desks: Annotated[
        dict[Name, Desk], Field(description="service desks: which tickets they answer, who works when, who goes first")
    ] = {}
    referrals: Annotated[
        dict[Name, ReferralProgramme], Field(description="rewards to who brings others and to these, by channel")
    ] = {}
    content: Annotated[
        dict[Name, ContentPolicy], Field(description="what the team pays for content, reviews and makes of it, by kind")
    ] = {}
    touchpoints: Annotated[
        dict[Name, Touchpoint], Field(description="where the team meets people: how many a day, and what that costs")
    ] = {}
    journeys: Annotated[
        dict[Name, dict[Name, EasedStep]], Field(description="what the team does for steps of journeys, by their names")
    ] = {}
    stages: Annotated[dict[Name, Stage], Field(description="phases, entered one after the other, never back")] = {}


class Scenario(Section):
    """A world and a policy."""

    wholes = (("hours", "*"),)

    name: Annotated[Name, Field(description="names the results' folder")]
    title: Annotated[Text, Field(description="one line for people")] = ""
    start: Annotated[Date, Field(description="the first day")]
    horizon: Annotated[Quantity, whole_days(MAX_HORIZON_DAYS), Field(description="how many days are simulated")]
    currency: Annotated[Currency, Field(description="the currency of every amount, for instance CNY")]
    market: Market
    attributes: Annotated[
        dict[Name, DeclaredAttribute], Field(description="what a team knows of users beside what they do")
    ] = {}
    channels: Annotated[dict[Name, AnyChannel], Field(description="the ways by which persons become users")]
    onboarding: Onboarding = Onboarding()
    retention: Retention
    orders: Orders | None = None
    income: Income = Income()
    seasons: Seasons = Seasons()
    hours: Annotated[
        dict[Hour, FixedShare], Field(description="shares of users by the hour at which each habitually has time")
    ] = {}
    media: Annotated[dict[Name, Medium], Field(description="ways to send a message")] = {}
    topics: Annotated[dict[Name, Topic], Field(description="what messages are about, and whom that fits")] = {}
    response: Response = Response()
    service: Service = Service()
    journeys: Annotated[
        dict[Name, Journey], Field(description="steps that users take one after the other, within a day or over months")
    ] = {}
    content: Annotated[
        dict[Name, ContentKind], Field(description="kinds of content: who makes them, and what they are to readers")
    ] = {}
    privileges: Annotated[dict[Name, Privilege], Field(description="what can be granted to users for a while")] = {}
    policy: Policy = Policy()

    @model_validator(mode="after")
    def _check(self) -> Scenario:
        if not self.channels:
            raise problem("is empty: without a channel nobody signs up", at=("channels",))
        if (date.max - self.start).days < self.n_days:
            raise problem(f"ends after {date.max}, the last day of the calendar", at=("horizon",), also=("start",))
        return self

    @property
    def n_days(self) -> int:
        """Days of the horizon."""
        return int(self.horizon.value)

    @property
    def last_day(self) -> date:
        """The last day of the horizon."""
        return self.start + timedelta(days=self.n_days - 1)

    @property
    def orders_define_activity(self) -> bool:
        """Whether users are active on the days on which they order, and on no others."""
        return self.orders is not None and self.orders.while_engaged is not None

    @property
    def has_orders(self) -> bool:
        """Whether anybody orders: now and then, or at a step of a journey."""
        steps = (step for journey in self.journeys.values() for step in journey.steps.values())
        return self.orders is not None or any(step.order is not None for step in steps)


def series_files() -> dict[tuple[str, ...], SeriesFile]:
    """Where a scenario may name a CSV file, and what the file must hold."""
    return {
        ("channels", "*", "signups"): SIGNUPS_FILE,
        ("retention", "default", "points"): CURVE_FILE,
        ("retention", "by_segment", "*", "points"): CURVE_FILE,
        ("retention", "by_channel", "*", "points"): CURVE_FILE,
    }


def cross_check(scenario: Scenario) -> Iterator[Finding]:
    """What only shows when sections are read together, beside names that do not exist: `check_names` tells those."""
    segments, policy = scenario.market.segments, scenario.policy
    yield from check_market(scenario.market)
    first_users = scenario.market.first_users
    if first_users is not None and scenario.start.toordinal() <= past_days(first_users.found):
        message = "is too early: the first users signed up before the calendar began"
        yield Finding(("start",), message, also=(("market", "first_users", "file"),))
    yield from check_channels(scenario.channels, segments, policy.budgets)
    yield from _check_networks(scenario)
    yield from check_stages(policy.stages, scenario.channels, scenario.start, scenario.last_day)
    yield from check_history(scenario.channels, scenario.market, scenario.start, scenario.last_day)
    yield from check_retention(scenario.retention, orders_define_activity=scenario.orders_define_activity)
    for group, entries in (
        (("seasons", "holidays"), scenario.seasons.holidays),
        (("policy", "campaigns"), policy.campaigns),
    ):
        yield from check_dates(scenario.start, scenario.last_day, group, entries)
    yield from check_attributes(scenario.attributes, scenario.orders is not None)
    yield from _check_policy(scenario)
    yield from _check_onboarding(scenario)
    yield from _check_sizes(scenario)


def _check_networks(scenario: Scenario) -> Iterator[Finding]:
    talking = {name: channel for name, channel in scenario.channels.items() if isinstance(channel, WordOfMouth)}
    networks = {name: channel.network for name, channel in talking.items() if channel.network is not None}
    yield from check_networks(networks, scenario.market.size.value, scenario.market.people_per_agent)


def _check_policy(scenario: Scenario) -> Iterator[Finding]:
    """Audiences, rules and statuses: the names that they read, and those that they give."""
    policy = scenario.policy
    known = ATTRIBUTE_KINDS | declared_kinds(scenario.attributes)
    known |= {window.name: "number" for window in windows_read(scenario)}
    yield from check_windows(scenario)
    yield from check_audiences(policy, known)
    chosen = known | dict.fromkeys(policy.measures, "number")
    yield from check_rules(policy.rules, chosen, scenario.channels, policy.points)
    has_orders = scenario.has_orders
    yield from check_statuses(policy.statuses, scenario.privileges, chosen)
    yield from check_points(policy.points, has_orders=has_orders)
    yield from check_memberships(policy.memberships, scenario.privileges)
    people_per_agent = scenario.market.people_per_agent.value
    yield from check_service(scenario.service, policy.desks, people_per_agent, has_orders=has_orders)
    yield from check_referrals(policy.referrals, scenario.channels, has_orders=has_orders)
    yield from check_content(scenario.content, policy.content, scenario.market.segments)
    yield from check_journeys(
        scenario.journeys,
        policy.touchpoints,
        policy.journeys,
        has_policy="policy" in scenario.model_fields_set,
    )
    yield from check_schedules(scenario)
    yield from check_messages(scenario)
    yield from check_ledger_names(scenario)


def _check_onboarding(scenario: Scenario) -> Iterator[Finding]:
    steps = scenario.onboarding.steps
    if FIRST_ORDER in steps and scenario.orders is None:
        yield Finding(
            ("onboarding", "steps", FIRST_ORDER),
            f"step `{FIRST_ORDER}` places an order, and the scenario has no `orders`",
        )


def _check_sizes(scenario: Scenario) -> Iterator[Finding]:
    n_channels, n_segments = len(scenario.channels), len(scenario.market.segments)
    if n_channels * n_segments > MAX_CELLS:
        yield Finding(
            ("channels",),
            f"{n_channels:,} channels times {n_segments:,} segments are {n_channels * n_segments:,} cells",
            allowed=f"at most {MAX_CELLS:,}",
            also=(("market", "segments"),),
        )
    n_named = len(names_in_ledger(scenario))
    if n_named > MAX_MESSAGE_RULES:
        message = f"{n_named:,} names of campaigns, rules, statuses and the like are more than fit"
        yield Finding(("policy", "rules"), message, allowed=f"at most {MAX_MESSAGE_RULES:,}")
