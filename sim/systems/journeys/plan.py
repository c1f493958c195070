"""Journeys as frozen plans: who passes each step, how long it takes, where, and what comes with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sim.engine.draws import purpose
from sim.engine.ledger import to_micro
from sim.engine.lifts import odds_multiplied
from sim.engine.quantiles import constant_table, log_normal_table
from sim.systems.horizon import Horizon
from sim.systems.journeys.schema import Eased, EasedStep, Journey, JourneyStep, Touchpoint
from sim.systems.seasons.schema import WEEKDAYS
from sim.units import Quantity

I64 = npt.NDArray[np.int64]
F64 = npt.NDArray[np.float64]

BYTES_PER_USER = 3
"""Of each journey: in which step a user is, and since when."""
BYTES_PER_WAITING = 10
"""An entry of the calendar: one at most for each user and journey."""
BYTES_IN_LINE = 16
"""The same for who waits at a touchpoint."""
NOWHERE = NOBODY = -1


@dataclass(frozen=True)
class OrderPlan:
    """What is bought: cents, and of these the cost of the goods; int64 (n_days,)."""

    cents: I64
    goods: I64


@dataclass(frozen=True)
class StepPlan:
    """One step.

    Attributes:
        pass_rates: float64 (n_different, n_cells), who passes of those whose turn it is; `rates_of_day`, int64
            (n_days,), says which of them hold.
        lapsed: factor on the odds of passing of those who have lost the habit.
        takes_days: float64 (n_days,), mean of those who enter on a day.
        takes_table: float64 (N_KNOTS,), logs of the quantiles of that time over its mean; empty for an exponential.
        touchpoint: position; `NOWHERE` for none.
        patience_days: mean of an exponential; infinite where nobody gives up.
        cost_micro: int64 (n_days,), what is spent on each whose turn it is, in 1/10,000 cents.
        commission_micro: int64 (n_days, n_channels), what is paid for each who passes, in 1/10,000 cents.
        giver: position of what it gives among all givers; `NOBODY` for nothing.
    """

    name: str
    journey: int
    pass_rates: F64
    rates_of_day: I64
    lapsed: float
    takes_days: F64
    takes_table: F64
    touchpoint: int
    patience_days: float
    order: OrderPlan | None
    cost_micro: I64
    commission_micro: I64
    giver: int
    purpose: int


@dataclass(frozen=True)
class JourneyPlan:
    """One journey: `steps` are positions among the steps of all journeys; `index` is of its name in the ledger."""

    name: str
    index: int
    steps: range


@dataclass(frozen=True)
class TouchpointPlan:
    """One touchpoint.

    Attributes:
        index: of its name in the ledger.
        capacity: int64 (n_days,), agents; None without a limit.
        cost_micro, visit_micro: int64 (n_days,), 1/10,000 cents, of a day and of the visit of one person.
    """

    name: str
    index: int
    capacity: I64 | None
    cost_micro: I64
    visit_micro: I64


@dataclass(frozen=True)
class JourneysPlan:
    """All journeys, their steps one journey after the other, and the touchpoints, in the order of their first steps."""

    journeys: tuple[JourneyPlan, ...]
    steps: tuple[StepPlan, ...]
    touchpoints: tuple[TouchpointPlan, ...]

    @property
    def bytes_per_row(self) -> int:
        """Of each user."""
        waits = sum(any(self.steps[i].takes_days.any() for i in one.steps) for one in self.journeys)
        has_lines = any(one.capacity is not None for one in self.touchpoints)
        return (BYTES_PER_USER + BYTES_IN_LINE * has_lines) * len(self.journeys) + BYTES_PER_WAITING * waits


def given_by_steps(journeys: Mapping[str, Journey], first_index: int) -> list[tuple[str, int, Sequence[str], float]]:
    """Of each step that gives something: its name among givers, its journey's index in the ledger, the privileges, and
    the advocacy of those who have passed it.
    """
    return [
        (giver_name(name, step_name), index, step.gives, step.advocacy.value)
        for index, (name, journey) in enumerate(journeys.items(), first_index)
        for step_name, step in journey.steps.items()
        if is_giver(step)
    ]


def is_giver(step: JourneyStep) -> bool:
    """Whether who passes holds something from then on."""
    return bool(step.gives) or step.advocacy.value != 1


def giver_name(journey: str, step: str) -> str:
    """How tables name what a step gives."""
    return f"{journey}: {step}"


@dataclass(frozen=True)
class Cells:
    """Channels and segments, and how many persons one agent stands for."""

    channels: tuple[str, ...]
    segments: tuple[str, ...]
    people_per_agent: int


def _factors(values: Mapping[str, Quantity], names: Sequence[str]) -> F64:
    """A factor for each name; 1 where none is given."""
    return np.array([values[name].value if name in values else 1.0 for name in names])


def compile_journeys(
    journeys: Mapping[str, Journey],
    touchpoints: Mapping[str, Touchpoint],
    eased: Eased,
    cells: Cells,
    horizon: Horizon,
    *,
    first_index: int,
    first_giver: int,
) -> JourneysPlan:
    """The plan of the checked `journeys`, `policy.touchpoints` and `policy.journeys`.

    Args:
        first_index: of the touchpoints' names in the ledger; those of journeys are behind them.
        first_giver: position of the first step that gives something.
    """
    places, found, steps = _order_of(journeys, touchpoints), [], list[StepPlan]()
    giver = first_giver
    for position, (name, journey) in enumerate(journeys.items()):
        first = len(steps)
        for step_name, step in journey.steps.items():
            helped = eased.get(name, {}).get(step_name, EasedStep())
            at = places.index(step.at) if step.at in places else NOWHERE
            given, giver = (giver, giver + 1) if is_giver(step) else (NOBODY, giver)
            address = _address(name, step_name)
            steps.append(_compile_step((step_name, position, at, given, address), step, helped, cells, horizon))
        found.append(JourneyPlan(name, first_index + len(touchpoints) + position, range(first, len(steps))))
    names = list(touchpoints)
    return JourneysPlan(
        journeys=tuple(found),
        steps=tuple(steps),
        touchpoints=tuple(
            _compile_touchpoint(
                name, touchpoints[name], cells.people_per_agent, horizon, first_index + names.index(name)
            )
            for name in places
        ),
    )


def _address(journey: str, step: str) -> int:
    """The purpose of a step's draws: its own, also where names have colons."""
    return purpose(":".join(("journey", *(name.replace(":", "::") for name in (journey, step)))))


def _order_of(journeys: Mapping[str, Journey], touchpoints: Mapping[str, Touchpoint]) -> list[str]:
    """Touchpoints in the order in which steps first come to them, so that one day may lead from one to the next."""
    visited = [step.at for journey in journeys.values() for step in journey.steps.values() if step.at in touchpoints]
    return list(dict.fromkeys([*(name for name in visited if name is not None), *touchpoints]))


def _compile_step(
    where: tuple[str, int, int, int, int], step: JourneyStep, eased: EasedStep, cells: Cells, horizon: Horizon
) -> StepPlan:
    name, journey, touchpoint, giver, address = where
    paid = np.zeros((horizon.n_days, len(cells.channels)))
    for channel, money in eased.commissions.items():
        paid[:, cells.channels.index(channel)] = horizon.of(money)
    odds = _factors(step.by_channel, cells.channels) * _moved(step, paid) * horizon.of(eased.passes)[:, None]
    rates, rates_of_day = _pass_rates(horizon.of(step.pass_), odds, _factors(step.by_segment, cells.segments))
    return StepPlan(
        name=name,
        journey=journey,
        pass_rates=rates,
        rates_of_day=rates_of_day,
        lapsed=step.lapsed.value,
        takes_days=step.takes.value * horizon.of(eased.takes),
        takes_table=_takes_table(step),
        touchpoint=touchpoint,
        patience_days=np.inf if step.patience is None else step.patience.value,
        order=None if step.order is None else _compile_order(step, horizon),
        cost_micro=horizon.micro(eased.cost),
        commission_micro=to_micro(paid),
        giver=giver,
        purpose=address,
    )


def _pass_rates(share: F64, by_channel: F64, by_segment: F64) -> tuple[F64, I64]:
    """Shares (n_days,) with their odds multiplied by those of channels (n_days, n_channels) and segments: by cell, each
    different day once, and which of them holds on each day.
    """
    different, of_day = np.unique(np.column_stack([share, by_channel]), axis=0, return_inverse=True)
    factors = (different[:, 1:, None] * by_segment).reshape(len(different), -1)
    return odds_multiplied(np.repeat(different[:, :1], factors.shape[1], axis=1), factors), of_day.ravel()


def _moved(step: JourneyStep, paid: F64) -> F64:
    """What commissions multiply the odds of passing by, float64 (n_days, n_channels)."""
    if step.commission is None:
        return np.ones_like(paid)
    most, half_at = step.commission.passes.value, step.commission.half_at.value
    factors: F64 = 1.0 + (most - 1.0) * paid / (paid + half_at)
    return factors


def _takes_table(step: JourneyStep) -> F64:
    if step.takes_spread is None:
        return np.empty(0)
    if step.takes_spread.value == 0:
        return constant_table(1.0)
    return log_normal_table(1.0, float(np.sqrt(np.log1p(step.takes_spread.value**2))))


def _compile_order(step: JourneyStep, horizon: Horizon) -> OrderPlan:
    assert step.order is not None
    cents = np.rint(horizon.of(step.order.price) * 100)
    return OrderPlan(cents.astype(np.int64), np.rint(cents * (1.0 - horizon.of(step.order.margin))).astype(np.int64))


def _compile_touchpoint(
    name: str, touchpoint: Touchpoint, people_per_agent: int, horizon: Horizon, index: int
) -> TouchpointPlan:
    return TouchpointPlan(
        name=name,
        index=index,
        capacity=None if touchpoint.capacity is None else _capacity(touchpoint, people_per_agent, horizon),
        cost_micro=horizon.micro(touchpoint.cost),
        visit_micro=horizon.micro(touchpoint.cost_per_visit),
    )


def _capacity(touchpoint: Touchpoint, people_per_agent: int, horizon: Horizon) -> I64:
    """Agents on each day: parts of an agent are saved up until they are one."""
    assert touchpoint.capacity is not None
    is_open = [
        WEEKDAYS[(horizon.start.weekday() + day) % len(WEEKDAYS)] in touchpoint.on for day in range(horizon.n_days)
    ]
    persons = horizon.of(touchpoint.capacity) * is_open
    persons[: horizon.first_day] = 0
    so_far = np.floor(np.cumsum(persons) / people_per_agent + 1e-9).astype(np.int64)
    return np.diff(so_far, prepend=0)
