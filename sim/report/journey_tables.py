"""Journeys and touchpoints for the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import RenderableType
from rich.text import Text

from sim.analysis import JourneyStepBook, TouchpointBook, journey_steps, touchpoint_books
from sim.report.tables import printed, with_margins_if_they_fit
from sim.report.wording import NONE, plus_minus

if TYPE_CHECKING:
    from sim.store import StoredRun

HEADS = (
    "entered", "of all who\nbegan", "passed", "pass\nrate", "gave up\nin line", "inside\nat the end", "median\ndays",
    "p90\ndays", "orders", "commission", "cost",
)  # fmt: skip
MAY_BE_EMPTY = ("gave up\nin line", "orders", "commission", "cost")
NOTHING = ("0", "0.00", "0.0%", NONE)


def journeys_table(run: StoredRun, *, currency: str = "", width: int = 100, colour: bool | None = None) -> str:
    """Each step of each journey, and each touchpoint: how many, how long, at what cost; empty where there are none."""
    steps, parts = journey_steps(run), list[RenderableType]()
    for journey in dict.fromkeys(one.journey for one in steps):
        heads, rows = _without_empty([_step_cells(one) for one in steps if one.journey == journey])
        table, note = with_margins_if_they_fit("step", heads, rows, width)
        told = (
            f"money in {currency}; {note}; pass rate: of those whose turn it was; days: from entering the step to "
            "passing it; p90: nine in ten took no longer; gave up: of those who entered"
        )
        parts += [Text(f"{_gap(parts)}Journey {journey}", style="bold"), table, Text(told, style="dim")]
    parts += _touchpoints(_gap(parts), touchpoint_books(run), currency, width)
    return printed(parts, width, colour) if parts else ""


def _without_empty(rows: Sequence[Sequence[str]]) -> tuple[list[str], list[list[str]]]:
    """Heads and rows without the columns of what no step of the journey has."""
    kept = [
        i for i, head in enumerate(HEADS, 1) if head not in MAY_BE_EMPTY or any(row[i] not in NOTHING for row in rows)
    ]
    return [HEADS[i - 1] for i in kept], [[row[0], *(row[i] for i in kept)] for row in rows]


def _step_cells(one: JourneyStepBook) -> tuple[str, ...]:
    """A step's row."""
    return (
        one.step,
        plus_minus(one.entered),
        plus_minus(one.reached, "share"),
        plus_minus(one.passed),
        *(plus_minus(each, "share") for each in (one.pass_rate, one.gave_up)),
        *(plus_minus(each) for each in (one.inside, one.days_p50, one.days_p90, one.orders)),
        *(plus_minus(each, "money") for each in (one.commission, one.cost)),
    )


def _gap(parts: Sequence[RenderableType]) -> str:
    """What stands before the head of a table that is not the first."""
    return "\n" if parts else ""


def _touchpoints(gap: str, books: Sequence[TouchpointBook], currency: str, width: int) -> list[RenderableType]:
    """Who came to each touchpoint, how long they waited and what it cost; nothing where there are none."""
    if not books:
        return []
    heads = (
        "visits", "of its\ncapacity", "mean days\nin line", "p90 days\nin line", "gave\nup", "in line at\nthe end",
        "cost", "cost per\nvisit",
    )  # fmt: skip
    table, note = with_margins_if_they_fit("touchpoint", heads, [_cells(one) for one in books], width)
    told = (
        f"money in {currency}; {note}; days in line: of those who were served "
        "(p90: on a day, nine in ten waited no longer); gave up: of those who have left the line"
    )
    return [Text(f"{gap}Touchpoints", style="bold"), table, Text(told, style="dim")]


def _cells(one: TouchpointBook) -> tuple[str, ...]:
    """A touchpoint's row."""
    return (
        one.touchpoint,
        plus_minus(one.visits),
        plus_minus(one.occupancy, "share"),
        *(plus_minus(each, "money") for each in (one.wait, one.wait_p90)),
        plus_minus(one.gave_up, "share"),
        plus_minus(one.waiting),
        *(plus_minus(each, "money") for each in (one.cost, one.cost_per_visit)),
    )
