"""The service desk as frozen plans: which tickets arise, how long they wait and take, and who works when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sim.engine.draws import purpose
from sim.engine.ledger import to_micro
from sim.engine.quantiles import constant_table, log_normal_table
from sim.scenario.expressions import Expression
from sim.systems.horizon import Horizon
from sim.systems.messages.hours import HOURS_PER_DAY, MINUTES_PER_DAY
from sim.systems.seasons.schema import WEEKDAYS
from sim.systems.service.schema import Desk, Service, Shift, TicketKind, kinds_of

I64 = npt.NDArray[np.int64]
F64 = npt.NDArray[np.float64]

BYTES_PER_TICKET = 300
"""Its row in what comes, what is in order, what is served and what has ended, and its luck."""


@dataclass(frozen=True)
class KindPlan:
    """One kind of tickets.

    Attributes:
        brings: float64 (n_days,), mean tickets of one occasion of one person.
        handling_table: float64 (N_KNOTS,), logs of the quantiles of minutes; empty for an exponential.
        handling_minutes: their mean.
        patience_minutes: mean of an exponential; infinite where nobody gives up.
        resolved: float64 (n_days,), share of answers that settle the matter.
        count_purpose, ticket_purpose: of the draws of how many there are, and of what each is like.
    """

    name: str
    occasion: str
    brings: F64
    handling_table: F64
    handling_minutes: float
    patience_minutes: float
    resolved: F64
    count_purpose: int
    ticket_purpose: int


@dataclass(frozen=True)
class DeskPlan:
    """One desk.

    Attributes:
        index: of its name in the ledger.
        kinds: positions of the kinds that it answers.
        changes: for each day, the minutes of the day from which so many people work; the first is 0.
        staff: the same number of people for each of them.
        staff_minutes: int64 (n_days,), minutes that people work.
        hour_micro: int64 (n_days,), cost of one hour of one of them in 1/10,000 cents.
        first: who goes before all others, in this order.
    """

    name: str
    index: int
    kinds: tuple[int, ...]
    changes: tuple[F64, ...]
    staff: tuple[I64, ...]
    staff_minutes: I64
    hour_micro: I64
    first: tuple[Expression, ...]

    @property
    def most_staff(self) -> int:
        """The most people who ever work at once."""
        return max((int(staff.max()) for staff in self.staff), default=0)


@dataclass(frozen=True)
class ServicePlan:
    """All kinds of tickets and the desks that answer them; without a desk no ticket arises.

    Attributes:
        arrival: float64 (25,), share of tickets that have come by each full hour.
        again_abandoned, again_unresolved: shares of those who turn to the desk once more, `again_days` later.
    """

    kinds: tuple[KindPlan, ...]
    desks: tuple[DeskPlan, ...]
    arrival: F64
    again_abandoned: float
    again_unresolved: float
    again_days: int

    @property
    def bytes_per_person(self) -> float:
        """What one person's tickets of a day take, were everybody there with one occasion of each kind."""
        return BYTES_PER_TICKET * sum(float(kind.brings.max(initial=0.0)) for kind in self.kinds)


def compile_service(service: Service, desks: Mapping[str, Desk], horizon: Horizon, *, first_index: int) -> ServicePlan:
    """The plan of the checked `service` and `policy.desks`.

    Args:
        first_index: of the desks' names in the ledger.
    """
    names = list(service.tickets)
    shares = np.full(HOURS_PER_DAY, 1 / HOURS_PER_DAY)
    if service.hours:
        shares = np.array(
            [service.hours[hour].value if hour in service.hours else 0.0 for hour in range(HOURS_PER_DAY)]
        )
    arrival = np.concatenate([[0.0], np.cumsum(shares)])
    again = service.comes_again
    return ServicePlan(
        kinds=tuple(_compile_kind(name, kind, horizon) for name, kind in service.tickets.items()) if desks else (),
        desks=tuple(
            _compile_desk(name, desk, [names.index(kind) for kind in kinds_of(desk, service)], horizon, index)
            for index, (name, desk) in enumerate(desks.items(), start=first_index)
        ),
        arrival=arrival / arrival[-1],
        again_abandoned=again.abandoned.value,
        again_unresolved=again.unresolved.value,
        again_days=int(again.after.value),
    )


def _compile_kind(name: str, kind: TicketKind, horizon: Horizon) -> KindPlan:
    minutes = kind.handling.value * MINUTES_PER_DAY
    return KindPlan(
        name=name,
        occasion=kind.for_,
        brings=horizon.of(kind.brings),
        handling_table=_handling_table(kind, minutes),
        handling_minutes=minutes,
        patience_minutes=np.inf if kind.patience is None else kind.patience.value * MINUTES_PER_DAY,
        resolved=horizon.of(kind.resolved),
        count_purpose=purpose(f"tickets:{name}"),
        ticket_purpose=purpose(f"ticket:{name}"),
    )


def _handling_table(kind: TicketKind, minutes: float) -> F64:
    if kind.handling_spread is None:
        return np.empty(0)
    if kind.handling_spread.value == 0:
        return constant_table(minutes)
    return log_normal_table(minutes, float(np.sqrt(np.log1p(kind.handling_spread.value**2))))


def _compile_desk(name: str, desk: Desk, kinds: list[int], horizon: Horizon, index: int) -> DeskPlan:
    shifts = [(shift, horizon.of(shift.staff).astype(np.int64)) for shift in desk.shifts.values()]
    days = [_roster(shifts, day, horizon) for day in range(horizon.n_days)]
    worked = [int((np.diff(minutes, append=MINUTES_PER_DAY) * people).sum()) for minutes, people in days]
    return DeskPlan(
        name=name,
        index=index,
        kinds=tuple(kinds),
        changes=tuple(minutes for minutes, _ in days),
        staff=tuple(people for _, people in days),
        staff_minutes=np.array(worked, np.int64),
        hour_micro=to_micro(horizon.of(desk.cost_per_hour)),
        first=tuple(desk.first),
    )


def _roster(shifts: list[tuple[Shift, I64]], day: int, horizon: Horizon) -> tuple[F64, I64]:
    """From which minutes of a day so many people work, those of a shift that began the day before included."""
    steps: dict[int, int] = {0: 0}
    for shift, staff in shifts:
        for begun in (day - 1, day):
            weekday = WEEKDAYS[(horizon.start.weekday() + begun) % len(WEEKDAYS)]
            start = (begun - day) * MINUTES_PER_DAY + shift.hours.from_minute
            end = start + shift.hours.minutes
            if weekday in shift.on and end > 0:
                people = int(staff[max(begun, 0)])
                steps[max(start, 0)] = steps.get(max(start, 0), 0) + people
                if end < MINUTES_PER_DAY:
                    steps[end] = steps.get(end, 0) - people
    minutes = np.array(sorted(steps), np.float64)
    return minutes, np.cumsum([steps[int(minute)] for minute in minutes]).astype(np.int64)
