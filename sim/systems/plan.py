"""The plan: a checked scenario as frozen arrays, one part per system. The engine trusts it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt

from sim.engine.limits import MAX_CELLS, MAX_MESSAGE_RULES
from sim.engine.people import BYTES_PER_ROW
from sim.errors import PlanError
from sim.systems.audiences.plan import AudiencesPlan, compile_audiences
from sim.systems.cells import fields_by_cell
from sim.systems.channels.plan import ChannelsPlan, compile_channels, preceded_by
from sim.systems.content.plan import ContentPlan, compile_content
from sim.systems.first_users.plan import FirstUsersPlan, compile_first_users
from sim.systems.first_users.table import past_days
from sim.systems.horizon import Horizon
from sim.systems.income.plan import IncomePlan, compile_income
from sim.systems.journeys.plan import Cells, JourneysPlan, compile_journeys, given_by_steps
from sim.systems.ledger_names import IN_LEDGER, first_index, names_in_ledger
from sim.systems.market.plan import MarketPlan, compile_market
from sim.systems.memberships.plan import MembershipsPlan, compile_memberships
from sim.systems.messages.plan import (
    CapPlan,
    HoursPlan,
    MediumPlan,
    ResponsePlan,
    compile_cap,
    compile_hours,
    compile_media,
    compile_response,
    compile_topics,
)
from sim.systems.networks.plan import NetworkPlan, compile_networks
from sim.systems.onboarding.plan import OnboardingPlan, compile_onboarding
from sim.systems.orders.plan import OrdersPlan, compile_orders
from sim.systems.points.plan import FarmingPlan, PointsPlan, compile_farming, compile_points
from sim.systems.profiles.plan import DeclaredPlan, compile_attributes
from sim.systems.referral.plan import BYTES_PER_USER as BYTES_OF_CHAINS
from sim.systems.referral.plan import ReferralPlan, compile_referrals
from sim.systems.retention.plan import RetentionPlan, compile_retention
from sim.systems.rules.plan import Means, RulePlan, compile_rules
from sim.systems.satisfaction.plan import BYTES_PER_USER as BYTES_OF_SATISFACTION
from sim.systems.satisfaction.plan import SatisfactionPlan, compile_satisfaction
from sim.systems.scenario import Scenario
from sim.systems.seasons.plan import SeasonsPlan, compile_seasons
from sim.systems.service.plan import ServicePlan, compile_service
from sim.systems.stages.plan import StagePlan, compile_stages
from sim.systems.statuses.plan import HoldingsPlan, compile_holdings, compile_privileges
from sim.systems.windows.names import EVER, Window, earned_kind, windows_read

I64 = npt.NDArray[np.int64]
F64 = npt.NDArray[np.float64]

COHORT_DAYS = 7
BYTES_PER_MARKET_AGENT = 24
"""Threshold, order and what sorting them takes."""
BYTES_PER_FIRST_USER = 110
"""What a file and the plan say of a first user, without declared attributes, and what reading its history takes."""
BYTES_PER_LOGGED_DAY = 0.5
"""Of orders and amounts in windows: eight bytes for each user who orders, one in sixteen on a day."""
BYTES_WHEN_TIRED = 6
"""A user's fatigue, and its day."""
BYTES_PER_EFFECT = 20
"""A lift that fades or holds, its place while a further kind of lift is added, and who is moved on a day."""


@dataclass(frozen=True)
class Plan:
    """Everything that a replicate needs; a cell is a channel and a segment: channel * n_segments + segment.

    Attributes:
        first_users: who is a user already before the first day; None for nobody.
        attributes: what the scenario declares of users.
        windows: the sums over the last days that expressions read.
        rule_names: names by the ledger's rule index: "" for business as usual, then campaigns, rules, statuses,
            programmes, memberships, desks, referral programmes, content, touchpoints and journeys.
        rate_factor, basket_factor, quality: float64 (n_cells,).
        segment_of_cell, channel_of_cell: int64 (n_cells,).
        activity_factor, orders_factor: float32 (n_days, n_cells), the season's factor on the odds of activity, and
            the day's mean order rate with the season's factor.
        address_of_cell: uint32 (n_cells,), the address of the cell's segment in draws.
        cohort_of_day: int64 (n_days,), the week of sign-up; the last cohort holds all who signed up before the run.
        start, first_day, n_days: days are counted from `start`; those before `first_day` are the past of first users,
            and those from `first_day` to `n_days` are run.
    """

    start: date
    first_day: int
    n_days: int
    market: MarketPlan
    channels: ChannelsPlan
    networks: tuple[NetworkPlan, ...]
    onboarding: OnboardingPlan
    retention: RetentionPlan
    orders: OrdersPlan
    income: IncomePlan
    seasons: SeasonsPlan
    media: tuple[MediumPlan, ...]
    hours: HoursPlan
    response: ResponsePlan
    contact: CapPlan | None
    audiences: AudiencesPlan
    rules: tuple[RulePlan, ...]
    stages: tuple[StagePlan, ...]
    holdings: HoldingsPlan
    points: tuple[PointsPlan, ...]
    farming: FarmingPlan | None
    memberships: MembershipsPlan
    service: ServicePlan
    satisfaction: SatisfactionPlan | None
    referrals: tuple[ReferralPlan, ...]
    journeys: JourneysPlan
    content: tuple[ContentPlan, ...]
    rule_names: tuple[str, ...]
    windows: tuple[Window, ...]
    attributes: tuple[DeclaredPlan, ...]
    first_users: FirstUsersPlan | None
    rate_factor: F64
    basket_factor: F64
    quality: F64
    segment_of_cell: I64
    channel_of_cell: I64
    address_of_cell: npt.NDArray[np.uint32]
    cohort_of_day: I64
    activity_factor: npt.NDArray[np.float32]
    orders_factor: npt.NDArray[np.float32]

    @property
    def n_segments(self) -> int:
        """Segments of the market."""
        return len(self.market.segments)

    @property
    def n_channels(self) -> int:
        """Channels."""
        return len(self.channels.names)

    @property
    def n_cells(self) -> int:
        """Pairs of channel and segment."""
        return self.n_channels * self.n_segments

    @property
    def n_cohorts(self) -> int:
        """Weeks of sign-up in the horizon, and the past, if there is one."""
        return -(-self.n_run_days // COHORT_DAYS) + (self.first_day > 0)

    @property
    def n_run_days(self) -> int:
        """Days of the horizon."""
        return self.n_days - self.first_day

    @property
    def serves_active_users(self) -> bool:
        """Whether any system asks who is active today, and who has paid what."""
        served = self.points or self.memberships.plans or self.holdings.givers or self.service.desks
        return bool(served or self.satisfaction is not None or self.referrals or self.content)

    @property
    def people_bytes(self) -> int:
        """An upper estimate of what one replicate keeps in memory for its agents."""
        caps = [rule.per_user for rule in self.rules if rule.per_user] + ([self.contact] if self.contact else [])
        tired = 0 if self.response.fatigue is None else BYTES_WHEN_TIRED + len(self.media)
        per_rule = tired + 10 * len(self.rules) + sum(4 * cap.messages for cap in caps)
        declared = sum(attribute.kind.itemsize for attribute in self.attributes)
        wallets = sum(programme.bytes_per_row for programme in self.points)
        wallets += 2 * len({name for rule in self.rules for name in rule.blocks})
        per_rule += sum(rule.takes_away for rule in self.rules)
        columns: float = BYTES_PER_ROW + BYTES_PER_MARKET_AGENT + per_rule + declared + wallets
        columns += self.holdings.bytes_per_row + self.memberships.bytes_per_row + 2 * (self.response.habituation < 1)
        columns += 0 if self.satisfaction is None else BYTES_OF_SATISFACTION
        columns += sum(referral.bytes_per_row for referral in self.referrals) + BYTES_OF_CHAINS * bool(self.referrals)
        columns += sum(kind.bytes_per_row(self.market.agents) for kind in self.content)
        columns += BYTES_PER_EFFECT * self._n_effects + self.journeys.bytes_per_row
        of_tickets = math.ceil(float(self.market.persons.sum()) * self.service.bytes_per_person)
        n_first = 0 if self.first_users is None else self.first_users.n
        of_first_users = n_first * (BYTES_PER_FIRST_USER + 8 * len(self.attributes))
        columns += sum(network.bytes_per_row(self.market.n_agents) for network in self.networks)
        return math.ceil(self.market.n_agents * (columns + self._window_bytes_per_row)) + of_first_users + of_tickets

    @property
    def _n_effects(self) -> int:
        """The most effects that fade or end under which one user may be at a time."""
        of_points = max((programme.habits.n_effects for programme in self.points), default=0)
        of_messages = any(rule.sends for rule in self.rules) and self.response.wakes != 1.0
        coupons = any(rule.coupon is not None for rule in self.rules)
        of_satisfaction = 0 if self.satisfaction is None else len(self.satisfaction.lifts)
        return of_points + of_messages + coupons + of_satisfaction + (self.response.fatigue is not None)

    @property
    def _window_bytes_per_row(self) -> float:
        """The sums, and for each day that is logged a mark per user, or who ordered and for how much."""
        longest = {window.kind: window.days for window in self.windows if window.days < self.n_days}
        logged = sum(
            days * (1 / 8 if kind in ("active_days", "messages", "opened") else BYTES_PER_LOGGED_DAY)
            for kind, days in longest.items()
        )
        return sum(8 if window.kind == "spend" else 4 for window in self.windows) + logged

    @property
    def days_bytes(self) -> int:
        """An upper estimate of what one replicate keeps in memory for its days."""
        tallies = self.n_days * self.n_cells * 8 * 24
        cohorts = 3 * 8 * self.n_cohorts * (self.n_days + 1) * self.n_channels
        return tallies + cohorts

    @property
    def memory_bytes(self) -> int:
        """An upper estimate of what one replicate keeps in memory."""
        return self.people_bytes + self.days_bytes


def _cohorts(horizon: Horizon) -> I64:
    """The cohort of each day of sign-up: weeks from the first day on, then one for the past."""
    weeks = np.arange(horizon.n_days - horizon.first_day) // COHORT_DAYS
    return np.concatenate([np.full(horizon.first_day, weeks.max(initial=-1) + 1), weeks])


def _compile_alone(scenario: Scenario, market: MarketPlan, horizon: Horizon) -> dict[str, Any]:
    """The fields of a plan that are made of one section, or of the names in others."""
    policy, segments = scenario.policy, scenario.market.segments
    first = {group: first_index(policy, group) for group in IN_LEDGER}
    referrals, channels, content = policy.referrals, scenario.channels, scenario.content
    return {
        "onboarding": compile_onboarding(scenario.onboarding, scenario.channels, horizon),
        "networks": compile_networks(scenario.channels, market, horizon),
        "income": compile_income(scenario.income, horizon),
        "hours": compile_hours(scenario.hours, segments, policy.contact.quiet_hours),
        "response": compile_response(scenario.response, segments, horizon),
        "contact": compile_cap(policy.contact.cap),
        "audiences": compile_audiences(policy),
        "farming": compile_farming(scenario.response.points.farming, tuple(segments)),
        "stages": compile_stages(policy.stages, tuple(scenario.channels), horizon),
        "rule_names": ("", *names_in_ledger(scenario)),
        "service": compile_service(scenario.service, policy.desks, horizon, first_index=first["desks"]),
        "referrals": compile_referrals(referrals, channels, market, horizon, first_index=first["referrals"]),
        "content": compile_content(content, policy.content, market, horizon, first_index=first["content"]),
        "attributes": compile_attributes(scenario.attributes, tuple(segments)),
    }


def _compile_means(scenario: Scenario, clock: int, horizon: Horizon) -> Means:
    return Means(
        media=compile_media(scenario.media, horizon),
        topics=compile_topics(scenario.topics, horizon),
        privileges=compile_privileges(scenario.privileges, clock, horizon),
        channels=tuple(scenario.channels),
        holidays=scenario.seasons.holidays,
    )


def _compile_deeds(
    scenario: Scenario, means: Means, market: MarketPlan, horizon: Horizon
) -> tuple[tuple[RulePlan, ...], HoldingsPlan]:
    """What rules do, and what statuses, rules, steps of journeys and memberships give."""
    policy = scenario.policy
    first_rule, first_status = first_index(policy, "rules"), first_index(policy, "statuses")
    rules = compile_rules(policy.rules, means, horizon, first_index=first_rule, first_giver=len(policy.statuses))
    n_named = 1 + len(names_in_ledger(scenario))
    given = [(rule.name, rule.index, rule.gift.privilege) for rule in rules if rule.gift is not None]
    members = [
        (name, index, membership.privileges)
        for index, (name, membership) in enumerate(policy.memberships.items(), first_index(policy, "memberships"))
    ]
    holdings = compile_holdings(
        means.privileges, policy.statuses, market, horizon,
        by_rule=given, by_step=given_by_steps(scenario.journeys, n_named - len(scenario.journeys)),
        by_membership=members, first_index=first_status,
    )  # fmt: skip
    return rules, holdings


def _compile_points(scenario: Scenario, market: MarketPlan, horizon: Horizon) -> tuple[PointsPlan, ...]:
    policy, postponed = scenario.policy, dict[str, int]()
    for rule in policy.rules.values():
        for name, batches in rule.do.postpone_expiry.items():
            postponed[name] = max(postponed.get(name, 0), int(batches.value))
    return compile_points(
        policy.points,
        scenario.response.points,
        market,
        horizon,
        first_index=first_index(policy, "points"),
        longest_extension=postponed,
        forfeited={name for rule in policy.rules.values() for name in rule.do.forfeit},
    )


def _windows_to_sum(scenario: Scenario, points: Sequence[PointsPlan]) -> tuple[Window, ...]:
    """The windows that expressions read, without those that a balance tells."""
    told = {Window(earned_kind(programme.name), EVER) for programme in points if programme.only_grows}
    return tuple(window for window in windows_read(scenario) if window not in told)


def _compile_memberships(scenario: Scenario, holdings: HoldingsPlan, horizon: Horizon) -> MembershipsPlan:
    """Memberships are the last among those who give privileges."""
    memberships = scenario.policy.memberships
    first_giver = len(holdings.givers) - len(memberships)
    indices = [giver.index for giver in holdings.givers[first_giver:]]
    return compile_memberships(
        memberships,
        scenario.response.memberships,
        tuple(scenario.market.segments),
        horizon,
        first_index=min(indices, default=0),
        first_giver=first_giver,
    )


def _check_size(plan: Plan) -> None:
    if plan.n_cells > MAX_CELLS:
        raise PlanError(
            f"{plan.n_channels} channels times {plan.n_segments} segments are {plan.n_cells:,} cells; "
            f"at most {MAX_CELLS:,} fit"
        )
    if len(set(plan.market.addresses.tolist())) < plan.n_segments:
        raise PlanError("the names of two segments have one hash, and their people would share their luck: rename one")
    n_named = len(plan.rule_names) - 1
    if n_named > MAX_MESSAGE_RULES:
        raise PlanError(f"{n_named} names of campaigns, rules and the like; at most {MAX_MESSAGE_RULES} fit")


def compile_plan(scenario: Scenario) -> Plan:
    """The plan of a checked scenario.

    Raises:
        PlanError: more channels, segments or rules than columns can hold.
    """
    first_users = scenario.market.first_users
    return compile_from(scenario, past_days(None if first_users is None else first_users.table))


def compile_from(scenario: Scenario, first_day: int) -> Plan:
    """The plan whose days begin `first_day` days before the scenario starts: luck does not depend on it.

    Raises:
        PlanError: more channels, segments or rules than columns can hold.
    """
    horizon = Horizon(scenario.start - timedelta(days=first_day), first_day, scenario.n_days + first_day)
    run_days = Horizon(scenario.start, 0, scenario.n_days)
    market = compile_market(scenario.market)
    channels = compile_channels(scenario.channels, scenario.policy.budgets, market, run_days)
    orders = compile_orders(scenario.orders, scenario.market.segments, horizon)
    seasons = compile_seasons(scenario.seasons, scenario.policy.campaigns, market.segments, horizon)
    retention = compile_retention(
        scenario.retention, channels.names, market.segments, orders_define_activity=scenario.orders_define_activity
    )
    means = _compile_means(scenario, retention.clock, horizon)
    rules, holdings = _compile_deeds(scenario, means, market, horizon)
    n_rules = sum(rule.gift is not None for rule in rules)
    points = _compile_points(scenario, market, horizon)
    plan = Plan(
        start=horizon.start,
        first_day=horizon.first_day,
        n_days=horizon.n_days,
        market=market,
        channels=preceded_by(channels, first_day),
        retention=retention,
        orders=orders,
        seasons=seasons,
        media=tuple(means.media.values()),
        rules=rules,
        holdings=holdings,
        points=points,
        windows=_windows_to_sum(scenario, points),
        memberships=_compile_memberships(scenario, holdings, horizon),
        satisfaction=compile_satisfaction(scenario.response.satisfaction, retention.clock),
        journeys=compile_journeys(
            scenario.journeys,
            scenario.policy.touchpoints,
            scenario.policy.journeys,
            Cells(channels.names, tuple(market.segments), market.people_per_agent),
            horizon,
            first_index=first_index(scenario.policy, "touchpoints"),
            first_giver=len(scenario.policy.statuses) + n_rules,
        ),
        first_users=compile_first_users(scenario.market.first_users, market, first_day),
        cohort_of_day=_cohorts(horizon),
        **_compile_alone(scenario, market, horizon),
        **fields_by_cell(market, channels, orders, seasons),
    )
    _check_size(plan)
    return plan
