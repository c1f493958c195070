"""Service desks and satisfaction for the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text

from sim.analysis import DeskBook, SatisfactionLevel
from sim.metrics import RECENT_DAYS
from sim.report.tables import printed, with_margins_if_they_fit
from sim.report.wording import NONE, plus_minus, signed


def desks_table(books: Sequence[DeskBook], *, currency: str = "", width: int = 100, colour: bool | None = None) -> str:
    """Who turned to each desk, how long they waited and what it cost; empty where there are none."""
    if not books:
        return ""
    heads = (
        "tickets", "came\nagain", "gave\nup", "mean\nwait", "p90\nwait", "wait of\nthe first", "staff\nhours",
        "busy", "cost", "cost per\nanswer",
    )  # fmt: skip
    table, note = with_margins_if_they_fit("desk", heads, [_cells(one) for one in books], width)
    told = (
        f"minutes, money in {currency}; {note}; waits of the answered; p90: nine in ten of a day waited no longer, "
        "mean over the days; the first: who goes before the others"
    )
    return printed([Text("Service", style="bold"), table, Text(told, style="dim")], width, colour)


def _cells(one: DeskBook) -> tuple[str, ...]:
    """A desk's row."""
    return (
        one.desk,
        plus_minus(one.tickets),
        *(plus_minus(each, "share") for each in (one.again, one.abandoned)),
        *(plus_minus(each, "money") for each in (one.wait, one.wait_p90, one.first_wait)),
        plus_minus(one.staff_hours),
        plus_minus(one.occupancy, "share"),
        *(plus_minus(each, "money") for each in (one.cost, one.cost_per_answer)),
    )


def satisfaction_line(level: SatisfactionLevel | None, *, width: int = 100, colour: bool | None = None) -> str:
    """How satisfied active users were, in a sentence; empty where nothing moves them."""
    if level is None:
        return ""
    mean, recent = (NONE if one.mean is None else signed(one.mean, 3) for one in (level.mean, level.recent))
    told = f"Satisfaction of active users, from −1 to 1: {mean}; in the last {RECENT_DAYS} days {recent}"
    return printed([Text(told)], width, colour)
