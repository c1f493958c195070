"""Content for the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text

from sim.analysis import ContentBook
from sim.metrics import RECENT_DAYS
from sim.report.tables import printed, with_margins_if_they_fit
from sim.report.wording import plus_minus


def content_table(
    books: Sequence[ContentBook], *, currency: str = "", width: int = 100, colour: bool | None = None
) -> str:
    """What was made of each kind, what there is of it and what it cost; empty where there is none."""
    if not books:
        return ""
    heads = (
        "created", "prompted by\nreward", "bad", "removed", "seeded", "stock\nat end", "of it\nbad", "appeal",
        "cost", "cost per\ngood item",
    )  # fmt: skip
    table, note = with_margins_if_they_fit("kind", heads, [_cells(one) for one in books], width)
    told = (
        f"money in {currency}; {note}; stock: good items, each of which counts half after a half-life; "
        f"appeal: from 0 to 1, mean of the last {RECENT_DAYS} days"
    )
    return printed([Text("Content", style="bold"), table, Text(told, style="dim")], width, colour)


def _cells(one: ContentBook) -> tuple[str, ...]:
    """A kind's row."""
    return (
        one.kind,
        plus_minus(one.created),
        *(plus_minus(each, "share") for each in (one.prompted, one.bad)),
        *(plus_minus(each) for each in (one.removed, one.seeded, one.stock)),
        plus_minus(one.bad_stock, "share"),
        plus_minus(one.recent_appeal, "money"),
        plus_minus(one.cost, "money"),
        plus_minus(one.cost_per_item, "money"),
    )
