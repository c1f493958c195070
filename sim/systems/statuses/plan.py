"""Statuses and privileges as frozen plans: who reviews whom when, what is held and what it costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from sim.engine.draws import purpose
from sim.engine.effects import target_of_activity
from sim.engine.lifts import LAPSE, ORDERS
from sim.engine.limits import MAX_AGENTS
from sim.engine.people import OWN_COLUMNS
from sim.scenario.expressions import Expression
from sim.systems.horizon import Horizon
from sim.systems.market.plan import MarketPlan
from sim.systems.motives import Motive
from sim.systems.statuses.schema import Privilege, Status

I16 = npt.NDArray[np.int16]
I64 = npt.NDArray[np.int64]
F64 = npt.NDArray[np.float64]


@dataclass(frozen=True)
class PrivilegePlan:
    """One privilege.

    Attributes:
        holding_micro, order_micro: int64 (n_days,), cost of one holder's day and of one order, in 1/10,000 cents.
        lifts: (target of effects, natural logarithm of the multiplier), without those that do nothing.
        motive: what they appeal to.
    """

    name: str
    holding_micro: I64
    order_micro: I64
    lifts: tuple[tuple[int, float], ...]
    motive: Motive | None


@dataclass(frozen=True)
class GiverPlan:
    """Who gives privileges: a status, a rule, a step of a journey, or a membership.

    Attributes:
        index: of its name in the ledger.
        privileges: indices into the plan's privileges.
        content_micro: int64 (n_days,), what a holder's active day brings in content, in 1/10,000 cents.
        advocacy: factor on a holder's word-of-mouth contacts.
        is_rule: expressions do not know a rule by its name, only by what it gives.
        is_step: nor a step.
    """

    name: str
    index: int
    privileges: tuple[int, ...]
    content_micro: I64
    advocacy: float
    is_rule: bool = False
    is_step: bool = False


@dataclass(frozen=True)
class StatusPlan:
    """How one status is given; what it gives is in the giver of the same position.

    Attributes:
        stays: for those who hold it; None where `enters` holds for all.
        reviews_on: bool (n_days,).
        capacity: agents.
    """

    enters: Expression
    stays: Expression | None
    reviews_on: npt.NDArray[np.bool_]
    capacity: int
    choose_by: str
    choice_purpose: int


@dataclass(frozen=True)
class HoldingsPlan:
    """All privileges, statuses and who gives what: statuses first, in their order, then rules, steps of journeys, and
    memberships.

    Attributes:
        gives: int16 (n_givers, most), the privileges of each giver, filled up with -1.
        givers_of: int16 (n_privileges, most), the givers of each privilege, in ascending order, filled up with -1.
        charges: (giver, privilege) of all that costs by the day.
        charge_of: int32 (n_givers, n_privileges), where that stands in `charges`; -1 for nowhere.
        lifts: float64 (n_privileges, 3, n_segments), by target of effects, with the weights of motives.
    """

    privileges: tuple[PrivilegePlan, ...]
    statuses: tuple[StatusPlan, ...]
    givers: tuple[GiverPlan, ...]
    gives: I16
    givers_of: I16
    charges: tuple[tuple[int, int], ...]
    charge_of: npt.NDArray[np.int32]
    lifts: F64

    @property
    def lifted(self) -> frozenset[str]:
        """Which of the users' own columns privileges move."""
        moved = np.flatnonzero(self.lifts.any(axis=(0, 2)))
        return frozenset(OWN_COLUMNS[target] for target in moved.tolist())

    @property
    def bytes_per_row(self) -> float:
        """Of each user: a bit by giver, the steady columns; row and end where a rule, step or membership gives."""
        return len(self.givers) / 8 + 4 * len(self.lifted) + 8 * (len(self.givers) - len(self.statuses))


def compile_privileges(privileges: Mapping[str, Privilege], clock: int, horizon: Horizon) -> tuple[PrivilegePlan, ...]:
    """The plans of the checked `privileges` section, in their order."""
    plans = []
    for name, privilege in privileges.items():
        activity = (target_of_activity(clock), privilege.activity)
        factors = ((ORDERS, privilege.orders), activity, (LAPSE, privilege.lapse))
        plans.append(
            PrivilegePlan(
                name=name,
                holding_micro=horizon.micro(privilege.cost),
                order_micro=horizon.micro(privilege.cost_per_order),
                lifts=tuple((target, float(np.log(factor.value))) for target, factor in factors if factor.value != 1),
                motive=privilege.motive,
            )
        )
    return tuple(plans)


def compile_holdings(
    privileges: tuple[PrivilegePlan, ...],
    statuses: Mapping[str, Status],
    market: MarketPlan,
    horizon: Horizon,
    *,
    by_rule: Sequence[tuple[str, int, int]],
    by_step: Sequence[tuple[str, int, Sequence[str], float]],
    by_membership: Sequence[tuple[str, int, Sequence[str]]],
    first_index: int,
) -> HoldingsPlan:
    """The plan of the checked `policy.statuses`, and of the rules, steps and memberships that give privileges.

    Args:
        by_rule: for each rule that gives one: its name, its index in the ledger, the index of the privilege.
        by_step: for each that gives something: its name, its index in the ledger, its privileges, the advocacy.
        by_membership: for each: its name, its index in the ledger, the names of its privileges.
        first_index: of the statuses' names in the ledger.
    """
    names, nothing = [privilege.name for privilege in privileges], np.zeros(horizon.n_days, np.int64)
    givers = [
        _compile_giver(name, status, names, first_index + position, horizon)
        for position, (name, status) in enumerate(statuses.items())
    ]
    givers += [GiverPlan(name, index, (privilege,), nothing, 1.0, is_rule=True) for name, index, privilege in by_rule]
    givers += [
        GiverPlan(name, index, tuple(map(names.index, given)), nothing, advocacy, is_step=True)
        for name, index, given, advocacy in by_step
    ]
    givers += [
        GiverPlan(name, index, tuple(names.index(privilege) for privilege in given), nothing, 1.0)
        for name, index, given in by_membership
    ]
    per_agent = market.people_per_agent
    return HoldingsPlan(
        privileges=privileges,
        statuses=tuple(_compile_status(name, status, per_agent, horizon) for name, status in statuses.items()),
        givers=tuple(givers),
        lifts=_lifts(privileges, market),
        **_tables(privileges, givers),
    )


def _compile_giver(name: str, status: Status, privileges: Sequence[str], index: int, horizon: Horizon) -> GiverPlan:
    """What a status gives, and its index in the ledger."""
    nothing = np.zeros(horizon.n_days, np.int64)
    return GiverPlan(
        name=name,
        index=index,
        privileges=tuple(privileges.index(privilege) for privilege in status.privileges),
        content_micro=nothing if status.content is None else horizon.micro(status.content),
        advocacy=status.advocacy.value,
    )


def _lifts(privileges: Sequence[PrivilegePlan], market: MarketPlan) -> F64:
    lifts = np.zeros((len(privileges), len(OWN_COLUMNS), len(market.segments)))
    for index, privilege in enumerate(privileges):
        for target, log_lift in privilege.lifts:
            lifts[index, target] += log_lift * (1.0 if privilege.motive is None else market.weights[privilege.motive])
    return lifts


def _tables(privileges: Sequence[PrivilegePlan], givers: Sequence[GiverPlan]) -> dict[str, Any]:
    """Who gives what, and what costs by the day, as arrays for compiled code."""
    gives = [giver.privileges for giver in givers]
    givers_of = [[at for at, given in enumerate(gives) if index in given] for index in range(len(privileges))]
    charges = tuple(
        (at, index) for at, given in enumerate(gives) for index in given if privileges[index].holding_micro.any()
    )
    charge_of = np.full((len(givers), len(privileges)), -1, np.int32)
    for position, pair in enumerate(charges):
        charge_of[pair] = position
    return {"gives": _filled(gives), "givers_of": _filled(givers_of), "charges": charges, "charge_of": charge_of}


def _filled(lists: Sequence[Sequence[int]]) -> I16:
    """Lists as rows of one table, each filled up with -1."""
    table = np.full((len(lists), max(map(len, lists), default=0)), -1, np.int16)
    for row, entries in zip(table, lists, strict=True):
        row[: len(entries)] = entries
    return table


def _compile_status(name: str, status: Status, people_per_agent: int, horizon: Horizon) -> StatusPlan:
    reviews_on = np.zeros(horizon.n_days, np.bool_)
    reviews_on[horizon.first_day :: int(status.review.value)] = True
    return StatusPlan(
        enters=status.enters,
        stays=status.stays,
        reviews_on=reviews_on,
        capacity=MAX_AGENTS if status.capacity is None else int(status.capacity.value) // people_per_agent,
        choose_by=status.choose_by,
        choice_purpose=purpose(f"status:{name}"),
    )
