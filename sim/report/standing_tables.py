"""Tables of statuses and stages for the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text

from sim.analysis import StageEntry, StatusEffect
from sim.formats import format_share
from sim.report.tables import named, new_table, printed, with_margins_if_they_fit
from sim.report.wording import NONE, plus_minus


def statuses_table(
    statuses: Sequence[StatusEffect], *, currency: str = "", width: int = 100, colour: bool | None = None
) -> str:
    """What each status cost and what its holders did beside all others; empty where there are none."""
    if not statuses:
        return ""
    heads = (
        "holders", "entered", "left", "cost", "cost per\nholder-day", "content", "orders\nper 28 days", "of others",
        "paid\nper 28 days", "of others",
    )  # fmt: skip
    table, note = with_margins_if_they_fit("status", heads, [_status_cells(one) for one in statuses], width)
    told = f"money in {currency}; {note}; holders were chosen: what a status brings is told by sim compare without it"
    return printed([Text("Statuses", style="bold"), table, Text(told, style="dim")], width, colour)


def _status_cells(one: StatusEffect) -> tuple[str, ...]:
    """A status's row."""
    return (
        one.status,
        *(plus_minus(each) for each in (one.holders, one.entered, one.left)),
        *(plus_minus(each, "money") for each in (one.cost, one.cost_per_holder_day, one.content)),
        *(plus_minus(each, "money") for each in (one.orders, one.others_orders, one.spend, one.others_spend)),
    )


def stages_table(stages: Sequence[StageEntry], *, width: int = 100, colour: bool | None = None) -> str:
    """When each stage was entered; empty where there are none."""
    if not stages:
        return ""
    table = new_table(("stage", "left"), ("entered in", "right"), ("median date", "right"))
    for one in stages:
        share = f"{format_share(one.n_entered / one.n_replicates, 0)} ({one.n_entered} of {one.n_replicates})"
        table.add_row(named(one.stage), share, NONE if one.date is None else one.date.isoformat())
    told = "the median is over the replicates in which the stage was entered"
    return printed([Text("Stages", style="bold"), table, Text(told, style="dim")], width, colour)
