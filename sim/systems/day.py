"""The day, as one list: what happens, in which order. Adding a system adds a line here."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from sim.engine.calendar import Calendar
from sim.engine.clock import Process, run_days
from sim.engine.draws import ReplicateKey
from sim.engine.effects import Effects
from sim.engine.ledger import Ledger
from sim.engine.people import People
from sim.systems.audiences.day import measure_audiences
from sim.systems.books.accounts import ACCOUNTS
from sim.systems.books.day import close_day, count_activity
from sim.systems.channels.day import book_acquisition, press
from sim.systems.content.day import attract, create
from sim.systems.content.shelf import Shelves
from sim.systems.first_users.day import admit, live_on
from sim.systems.first_users.past import remember
from sim.systems.income.day import book_advertising
from sim.systems.journeys.day import walk_journeys
from sim.systems.journeys.roads import Journeys
from sim.systems.market.day import open_market, sign_up
from sim.systems.memberships.day import run_memberships
from sim.systems.memberships.roll import Roll
from sim.systems.networks.day import press_by_network, talk
from sim.systems.networks.ties import Networks
from sim.systems.onboarding.day import pass_steps
from sim.systems.orders.day import order_today, order_when_prompted
from sim.systems.plan import Plan
from sim.systems.points.day import run_points
from sim.systems.points.wallets import Wallet
from sim.systems.presence import age_slots, see_who_came
from sim.systems.profiles.day import introduce, open_profiles
from sim.systems.referral.chains import Chains
from sim.systems.referral.day import bring, press_by_referral, refer
from sim.systems.retention.day import be_active, begin_lives, return_by_themselves
from sim.systems.rules.day import act, open_rules
from sim.systems.rules.plan import RulePlan
from sim.systems.satisfaction.day import feel
from sim.systems.satisfaction.mood import Mood
from sim.systems.seasons.day import run_campaign, set_factors
from sim.systems.service.day import run_service
from sim.systems.service.desk import Service
from sim.systems.stages.day import enter_stages, open_stages
from sim.systems.statuses.day import review_statuses
from sim.systems.statuses.holders import Holdings
from sim.systems.statuses.serving import book_statuses
from sim.systems.statuses.turnover import begin_without_privileges
from sim.systems.windows.day import open_windows
from sim.systems.windows.names import is_of_units
from sim.systems.world import Buffers, CouponTerms, Tallies, Today, World

Step = Callable[[World, int], None]


def begin_effects(world: World, day: int) -> None:
    """Who was moved yesterday is looked for by the most that effects may come to."""
    world.effects.begin_day(world.people, day, world.plan.retention.clock)


def slide_windows(world: World, day: int) -> None:
    """What happened N days ago is no longer in a window of N days; units leave theirs when the day's are given."""
    for kind, of_kind in world.windows.items():
        if not is_of_units(kind):
            of_kind.slide(day)


STEPS: tuple[Step, ...] = (
    slide_windows,  # what the last days held, without the day that has left them
    enter_stages,  # whether the next stage is due, by what was seen until yesterday
    set_factors,  # what season and campaigns multiply today
    attract,  # what the content that there is multiplies
    begin_effects,  # what yesterday has done to users acts, and wears off
    press,  # the channels' pressure on each segment, and sign-ups on record
    press_by_referral,  # what yesterday's invitations add to it
    press_by_network,  # what was said yesterday along ties
    sign_up,  # whose threshold is passed: newcomers, and the channel of each
    bring,  # who has brought whom of them
    introduce,  # the attributes that the scenario declares
    begin_lives,  # their own activity, lapse, order rate and basket
    pass_steps,  # onboarding
    begin_without_privileges,  # what newcomers have of their own is what they have
    be_active,  # the daily pass: who comes, who loses the habit
    order_today,  # first orders of newcomers, orders of active users
    return_by_themselves,  # lapsed users who take up the habit again
    act,  # rules: who is messaged, who responds
    order_when_prompted,  # orders to which messages have led
    walk_journeys,  # who takes which step, waits in line, passes, orders or leaves
    see_who_came,  # all who are active today
    refer,  # what both get for who was brought, and who shares today
    create,  # what users and the team make, what is removed, what it costs
    run_points,  # what users earn, which rewards they take, what expires
    run_memberships,  # who joins, pays again or leaves, and what of the payments is revenue today
    run_service,  # tickets at the service desks: who is answered when, who gives up
    feel,  # what the day has done to users' satisfaction
    book_statuses,  # what holders of statuses and privileges cost and bring
    talk,  # whom today's users tell of the product, where they tell those whom they are tied to
    review_statuses,  # who holds them from tomorrow on
    count_activity,  # DAU, WAU, MAU, churned
    measure_audiences,  # every week: who is in which audience, and who has moved
    book_advertising,
    book_acquisition,
    close_day,
)


def _coupon_terms(rules: tuple[RulePlan, ...], n_names: int) -> CouponTerms:
    terms = CouponTerms.none(n_names)
    for rule in rules:
        if rule.coupon is not None:
            terms.off[rule.index] = rule.coupon.cents_off
            terms.share[rule.index] = rule.coupon.share_off
            terms.up_to[rule.index] = rule.coupon.up_to_cents
            terms.over[rule.index] = rule.coupon.over_cents
    return terms


def _before_the_first_day(plan: Plan) -> Today:
    nobody, ones = np.empty(0, np.uint32), np.ones(plan.n_cells, np.float32)
    return Today(
        activity=ones,
        orders=ones,
        discount=np.zeros(plan.n_cells),
        discount_rule=np.zeros(plan.n_cells, np.int64),
        active_rows=nobody,
        active_words=nobody,
        hazards=np.zeros((plan.n_channels, plan.n_segments)),
        new_rows=nobody,
        first_order_rows=nobody,
        present=nobody,
    )


def open_world(plan: Plan, seed: int, replicate: int, n_threads: int = 1) -> World:
    """The world of one replicate before its first day, to be walked by `n_threads`."""
    key = ReplicateKey.of(seed, replicate)
    capacity = plan.market.n_agents
    world = World(
        plan=plan,
        key=key,
        people=People(capacity, plan.holdings.lifted),
        market=open_market(plan, key),
        tallies=Tallies.of(plan),
        today=_before_the_first_day(plan),
        ledger=Ledger(len(ACCOUNTS), plan.n_days, plan.n_cells),
        buffers=Buffers.of(capacity),
        age_slots=age_slots(plan.n_days),
        effects=Effects(capacity, plan.n_days),
        returns=Calendar(plan.n_days),
        holdings=Holdings.of(plan.holdings, capacity, plan.n_days, plan.n_cells),
        roll=Roll.of(plan),
        channels=plan.channels,
        income=plan.income,
        n_threads=n_threads,
        coupons=_coupon_terms(plan.rules, len(plan.rule_names)),
        windows=open_windows(plan.windows, capacity, plan.n_days),
        wallets={one.name: Wallet.of(one, capacity, plan.n_days) for one in plan.points},
        service=Service.of(plan),
        mood=Mood.of(plan),
        chains=Chains.of(plan),
        journeys=Journeys.of(plan),
        networks=Networks.of(plan, key),
        shelves=Shelves.of(plan),
    )
    open_rules(world)
    open_profiles(world)
    _begin_with_first_users(world)
    open_stages(world)
    return world


def _begin_with_first_users(world: World) -> None:
    """The evening before the first day, where the scenario names its first users."""
    if world.plan.first_users is None:
        return
    yesterday = world.plan.first_day - 1
    admit(world)
    introduce(world, yesterday)
    live_on(world)
    world.people.hold_nothing(np.arange(world.people.n, dtype=np.uint32))
    remember(world)
    count_activity(world, yesterday)
    talk(world, yesterday)


def run_world(world: World, watch: Step | None = None) -> World:
    """Run the world's horizon; `watch`, if given, sees the end of each day."""
    plan = world.plan
    processes: list[Process[World]] = [partial(run_campaign, i) for i in range(len(plan.seasons.campaigns))]
    run_days(world, STEPS if watch is None else (*STEPS, watch), processes, plan.first_day, plan.n_days)
    return world
