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
    heads = (
        "joined", "trials\nconverted", "renewed", "failed\nrecovered", "members at\nthe end", "cash", "recognised",
        "deferred at\nthe end",
    )  # fmt: skip
    table, note = with_margins_if_they_fit("membership", heads, [_cells(one) for one in books], width)
    told = f"money in {currency}; {note}; renewed: share of periods that ended with a further payment at once"
    return printed([Text("Memberships", style="bold"), table, Text(told, style="dim")], width, colour)


def _cells(one: MembershipBook) -> tuple[str, ...]:
    """A membership's row."""
    return (
        one.membership,
        plus_minus(one.joined),
        *(plus_minus(each, "share") for each in (one.conversion, one.renewal, one.recovery)),
        plus_minus(one.members),
        *(plus_minus(each, "money") for each in (one.cash, one.recognised, one.deferred)),
    )
