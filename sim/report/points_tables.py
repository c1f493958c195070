"""The table of points programmes for the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text

from sim.analysis import PointsBook
from sim.report.tables import printed, shortened, with_margins_if_they_fit
from sim.report.wording import NONE, plus_minus


def points_table(
    books: Sequence[PointsBook], *, currency: str = "", width: int = 100, colour: bool | None = None
) -> str:
    """What each programme gave, lost and cost, and which rewards were taken; empty where there are none."""
    if not books:
        return ""
    fees, forfeits = any(one.fees.mean for one in books), any(one.forfeited.mean for one in books)
    heads = (
        "issued", "redeemed", *(["of it\nfees"] if fees else []), "expired", *(["forfeited"] if forfeits else []),
        "held at\nthe end", "breakage", "rewards", "cost", "cost per\nreward", "liability\nat the end",
    )  # fmt: skip
    rows = [_cells(one, fees=fees, forfeits=forfeits) for one in books]
    table, note = with_margins_if_they_fit("programme", heads, rows, width)
    lost = "expired + forfeited" if forfeits else "expired"
    told = [
        f"units, money in {currency}; {note}; issued = redeemed + {lost} + held at the end; breakage: expired / issued "
        "of the batches that have ended",
        *(_rewards_note(one, currency) for one in books),
        *(_holders_note(one) for one in books if one.top_share.mean is not None),
        *(_first_reward_note(one) for one in books if one.ever_redeemed.mean),
        *(told for one in books for told in _farming_note(one)),
    ]
    return printed([Text("Points", style="bold"), table, Text("\n".join(told), style="dim")], width, colour)


def _cells(one: PointsBook, *, fees: bool, forfeits: bool) -> tuple[str, ...]:
    """A programme's row; of one without rewards nothing stands under them, since all of it would be 0 by design."""
    units = (
        one.issued, one.redeemed, *([one.fees] if fees else []), one.expired, *([one.forfeited] if forfeits else []),
        one.outstanding,
    )  # fmt: skip
    of_rewards = (
        plus_minus(one.breakage, "share"),
        plus_minus(one.rewards),
        *(plus_minus(each, "money") for each in (one.cost, one.cost_per_reward, one.liability)),
    )
    return (one.programme, *map(plus_minus, units), *(of_rewards if one.has_rewards else (NONE,) * len(of_rewards)))


def _rewards_note(one: PointsBook, currency: str) -> str:
    """How often each reward was taken, and what was paid for them in money; or that there are none."""
    if not one.has_rewards:
        return f"{shortened(one.programme)}: without rewards, its units only measure standing"
    taken = ", ".join(f"{shortened(reward)} {plus_minus(times)}" for reward, times in one.by_reward)
    if not taken:
        return f"{shortened(one.programme)}: nobody took a reward"
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
    """What went to users who farm, of what was issued; nothing where nobody does."""
    told = f"{shortened(one.programme)}: {plus_minus(one.farmed)} of the issued units went to users who farm"
    return [told] if one.farmed.mean else []
