"""Referral for the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from sim.analysis import ReferralBook, ReferralChains, referral_books, referral_chains
from sim.report.tables import printed, with_margins_if_they_fit
from sim.report.wording import plus_minus

if TYPE_CHECKING:
    from sim.store import StoredRun


def referrals_table(run: StoredRun, *, currency: str = "", width: int = 100, colour: bool | None = None) -> str:
    """What each referral programme brought and cost, and a line on the chains; empty where there are none."""
    books, chains = referral_books(run), referral_chains(run)
    if not books:
        return ""
    heads = (
        "times\nshared", "users\nbrought", "referrers\nrewarded", "kept back\nby limit", "referred\nrewarded",
        "of them\nfaked", "cost", "cost per\nuser",
    )  # fmt: skip
    table, note = with_margins_if_they_fit("programme", heads, [_cells(one) for one in books], width)
    told = f"money in {currency}; {note}; units of points programmes are paid for when they are redeemed"
    chains_told = "" if chains is None else _chains_text(chains)
    return printed([Text("Referral", style="bold"), table, Text(told, style="dim"), Text(chains_told)], width, colour)


def _cells(one: ReferralBook) -> tuple[str, ...]:
    """A programme's row."""
    return (
        one.programme,
        *(plus_minus(each) for each in (one.sharers, one.brought, one.rewarded, one.capped, one.welcomed)),
        plus_minus(one.faked, "share"),
        *(plus_minus(each, "money") for each in (one.cost, one.cost_per_user)),
    )


def _chains_text(chains: ReferralChains) -> str:
    """The chains in a sentence or two."""
    told = f"K-factor: one user brings {plus_minus(chains.k_factor, 'money')} within the horizon; "
    told += f"{plus_minus(chains.bringers, 'share')} of users have brought somebody."
    if chains.depth.mean is not None:
        told += f" {plus_minus(chains.depth, 'money')} invitations lead to a user who was brought, at most "
        told += f"{plus_minus(chains.deepest)}."
    return told
