"""The table of points programmes for the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text

from sim.analysis import PointsBook
from sim.report.tables import printed, shortened, with_margins_if_they_fit
from sim.report.wording import plus_minus


def points_table(
    books: Sequence[PointsBook], *, currency: str = "", width: int = 100, colour: bool | None = None
) -> str:
    """What each programme gave, lost and cost, and which rewards were taken; empty where there are none."""
    if not books:
        return ""
    heads = (
        "issued", "redeemed", "expired", "held at\nthe end", "breakage", "rewards", "cost", "cost per\nreward",
        "liability\nat the end",
    )  # fmt: skip
    table, note = with_margins_if_they_fit("programme", heads, [_cells(one) for one in books], width)
    told = [
        f"units, money in {currency}; {note}; breakage: expired / issued of the batches that have ended",
        *(_rewards_note(one, currency) for one in books),
        *(_holders_note(one) for one in books if one.top_share.mean is not None),
        *(_first_reward_note(one) for one in books if one.ever_redeemed.mean),
        *(told for one in books for told in _farming_note(one)),
    ]
    return printed([Text("Points", style="bold"), table, Text("\n".join(told), style="dim")], width, colour)


def _cells(one: PointsBook) -> tuple[str, ...]:
    """A programme's row."""
    return (
        one.programme,
        *(plus_minus(each) for each in (one.issued, one.redeemed, one.expired, one.outstanding)),
        plus_minus(one.breakage, "share"),
        plus_minus(one.rewards),
        *(plus_minus(each, "money") for each in (one.cost, one.cost_per_reward, one.liability)),
    )


def _rewards_note(one: PointsBook, currency: str) -> str:
    """How often each reward was taken, and what was paid for them in money, where anything was."""
    taken = ", ".join(f"{shortened(reward)} {plus_minus(times)}" for reward, times in one.by_reward)
    if not taken:
        return f"{one.programme}: nobody took a reward"
    paid = f"; {plus_minus(one.paid, 'money')} {currency} paid for them in money" if one.paid.mean else ""
    return f"{shortened(one.programme)}, rewards taken: {taken}{paid}"


def _holders_note(one: PointsBook) -> str:
    """How much those hold who hold most, and what users received of each other, where anything was."""
    held = f"the 5% of holders who hold most hold {plus_minus(one.top_share, 'share')}"
    given = f"; users received {plus_minus(one.transferred)} of each other" if one.transferred.mean else ""
    return f"{shortened(one.programme)}: {held}{given}"


def _first_reward_note(one: PointsBook) -> str:
    """How many users have ever taken a reward, and how long it took them."""
    share, days = plus_minus(one.ever_redeemed, "share"), plus_minus(one.days_to_first_reward)
    return (
        f"{shortened(one.programme)}: {share} of all users have ever taken a reward, half of these within {days} days"
    )


def _farming_note(one: PointsBook) -> list[str]:
    """What went to users who farm, and what rules took away; nothing where there is neither."""
    if not one.farmed.mean and not one.forfeited.mean:
        return []
    told = f"{plus_minus(one.farmed)} units went to users who farm, {plus_minus(one.forfeited)} were forfeited"
    return [f"{shortened(one.programme)}: {told}"]
