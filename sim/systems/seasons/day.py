"""The calendar on a day: campaigns are SimPy processes that wait for their dates; the day multiplies what holds."""

from __future__ import annotations

from collections.abc import Generator

import numpy as np
import simpy

from sim.engine.ledger import split_cents
from sim.systems.books.accounts import CAMPAIGNS
from sim.systems.world import World


def run_campaign(index: int, environment: simpy.Environment, world: World) -> Generator[simpy.Event, None, None]:
    """One campaign's life: wait for its date, run, then leave the gap of pulled-forward demand behind."""
    campaign = world.plan.seasons.campaigns[index]
    first, last_day = int(environment.now), campaign.first_day + campaign.n_days
    if last_day + campaign.after_days <= first:
        return
    if campaign.first_day > first:
        yield environment.timeout(float(campaign.first_day - first))
    if campaign.first_day >= first:
        # On the first day nothing is waited for: a wait of no time would come after the day's steps.
        _book_cost(world, int(environment.now), index)
    if last_day > environment.now:
        world.campaigns.add(index)
        yield environment.timeout(last_day - environment.now)
        world.campaigns.discard(index)
    if campaign.after_days:
        world.aftermaths.add(index)
        yield environment.timeout(last_day + campaign.after_days - environment.now)
        world.aftermaths.discard(index)


def _book_cost(world: World, day: int, index: int) -> None:
    """Book a campaign's fixed cost on the users whom it lifts, by channel and segment.

    Before there are any, it is booked evenly on the segments that it lifts, under the first channel.
    """
    plan = world.plan
    campaign = plan.seasons.campaigns[index]
    is_lifted = campaign.segments[plan.segment_of_cell]
    users = world.tallies.new[:day].sum(axis=0) * is_lifted
    weights = users if users.any() else (is_lifted & (plan.channel_of_cell == 0)).astype(np.int64)
    world.ledger.book(day, CAMPAIGNS, 1 + index, -split_cents(campaign.cost_cents, weights))


def set_factors(world: World, day: int) -> None:
    """The factors that hold today for each cell: the world's season times the campaigns that run.

    Where several campaigns give a discount, the deepest counts.
    """
    plan, today = world.plan, world.today
    today.activity, today.orders = plan.activity_factor[day], plan.orders_factor[day]
    if not (world.campaigns or world.aftermaths or today.has_campaign):
        return
    activity, orders = today.activity.astype(np.float64), today.orders.astype(np.float64)
    discount = np.zeros(plan.n_cells)
    discount_rule = np.zeros(plan.n_cells, np.int64)
    for index in sorted(world.campaigns):
        campaign = plan.seasons.campaigns[index]
        lifted = campaign.segments[plan.segment_of_cell]
        activity[lifted] *= campaign.activity
        orders[lifted] *= campaign.orders
        deeper = lifted & (campaign.discount > discount)
        discount[deeper] = campaign.discount
        discount_rule[deeper] = 1 + index
    for index in sorted(world.aftermaths):
        campaign = plan.seasons.campaigns[index]
        orders[campaign.segments[plan.segment_of_cell]] *= campaign.after_factor
    today.activity, today.orders = activity.astype(np.float32), orders.astype(np.float32)
    today.discount, today.discount_rule = discount, discount_rule
    today.has_campaign = bool(world.campaigns)
