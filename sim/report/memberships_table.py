"""The table of memberships for the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text

from sim.analysis import MembershipBook
from sim.report.tables import printed, with_margins_if_they_fit
from sim.report.wording import plus_minus


def memberships_table(
    books: Sequence[MembershipBook], *, currency: str = "", width: int = 100, colour: bool | None = None
) -> str:
    """Who joined and stayed, what was paid and what of it is earned; empty where there are no memberships."""
    if not books:
        return ""
    pauses, refunds = any(one.paused.mean for one in books), any(one.refunds.mean for one in books)
    heads = (
        "joined", "trials\nconverted", "renewed", "failed\nrecovered", *(["paused", "resumed"] if pauses else []),
        "members at\nthe end", "cash", *(["paid\nback"] if refunds else []), "recognised",
        "deferred at\nthe end",
    )  # fmt: skip
    rows = [_cells(one, pauses=pauses, refunds=refunds) for one in books]
    table, note = with_margins_if_they_fit("membership", heads, rows, width)
    told = f"money in {currency}; {note}; renewed: share of periods that ended with a further payment at once"
    return printed([Text("Memberships", style="bold"), table, Text(told, style="dim")], width, colour)


def _cells(one: MembershipBook, *, pauses: bool, refunds: bool) -> tuple[str, ...]:
    """A membership's row; pauses and refunds where there are any."""
    return (
        one.membership,
        plus_minus(one.joined),
        *(plus_minus(each, "share") for each in (one.conversion, one.renewal, one.recovery)),
        *([plus_minus(one.paused), plus_minus(one.resumption, "share")] if pauses else []),
        plus_minus(one.members),
        plus_minus(one.cash, "money"),
        *([plus_minus(one.refunds, "money")] if refunds else []),
        *(plus_minus(each, "money") for each in (one.recognised, one.deferred)),
    )
