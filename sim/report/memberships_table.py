"""The table of memberships for the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from sim.analysis import MembershipBook
from sim.report.tables import printed, with_margins_if_they_fit
from sim.report.wording import plus_minus

MOVES = (
    ("joined", "joined", "+"),
    ("trials_begun", "trials\nbegun", "−"),
    ("converted", "trials\nconverted", "+"),
    ("switched_in", "switched\nin", "+"),
    ("switched_out", "switched\nout", "−"),
    ("cancelled", "cancelled", "−"),
    ("unpaid", "unpaid", "−"),
    ("paused", "paused", "−"),
    ("resumed", "resumed", "+"),
    ("refunded", "refunded", "−"),
)
"""What makes members, or ends being one: its column, its heading, and how it counts."""


def memberships_table(
    books: Sequence[MembershipBook], *, currency: str = "", width: int = 100, colour: bool | None = None
) -> str:
    """Who came, went and stayed, what was paid and what of it is earned; empty where there are no memberships."""
    if not books:
        return ""
    members, moves = _members(books, width)
    money, rates = _money(books, width)
    told = f"money in {currency}; {rates}; renewed: share of periods that ended with a further payment at once"
    parts: list[RenderableType] = [Text("Memberships", style="bold"), members, Text(moves, style="dim")]
    parts += [money, Text(told, style="dim")]
    return printed(parts, width, colour)


def _members(books: Sequence[MembershipBook], width: int) -> tuple[Table, str]:
    """Who came and went, and how the members at the end add up from them; moves that nobody made are left out."""
    shown = [move for move in MOVES if move[0] == "joined" or any(getattr(one, move[0]).mean for one in books)]
    heads = [*(head for _, head, _ in shown), "members at\nthe end"]
    rows = [
        (one.membership, *(plus_minus(getattr(one, column)) for column, _, _ in shown), plus_minus(one.members))
        for one in books
    ]
    table, note = with_margins_if_they_fit("membership", heads, rows, width)
    sums = "".join(f" {sign} {head.replace(chr(10), ' ')}" for _, head, sign in shown).removeprefix(" + ")
    return table, f"persons; {note}; members at the end = {sums}"


def _money(books: Sequence[MembershipBook], width: int) -> tuple[Table, str]:
    """Shares of those who could go on, and money; pauses and refunds where there are any."""
    pauses, refunds = any(one.paused.mean for one in books), any(one.refunds.mean for one in books)
    heads = (
        "trials\nconverted", "renewed", "failed\nrecovered", *(["pauses\nresumed"] if pauses else []), "cash",
        *(["paid\nback"] if refunds else []), "recognised", "deferred at\nthe end",
    )  # fmt: skip
    rows = [_cells(one, pauses=pauses, refunds=refunds) for one in books]
    table, note = with_margins_if_they_fit("membership", heads, rows, width)
    return table, f"{note}; cash: what was paid{', less what was paid back' if refunds else ''}"


def _cells(one: MembershipBook, *, pauses: bool, refunds: bool) -> tuple[str, ...]:
    """A membership's row; pauses and refunds where there are any."""
    return (
        one.membership,
        *(plus_minus(each, "share") for each in (one.conversion, one.renewal, one.recovery)),
        *([plus_minus(one.resumption, "share")] if pauses else []),
        plus_minus(one.cash, "money"),
        *([plus_minus(one.refunds, "money")] if refunds else []),
        *(plus_minus(each, "money") for each in (one.recognised, one.deferred)),
    )
