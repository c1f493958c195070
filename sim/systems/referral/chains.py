"""Who brought whom: the state that days change, and how deep the chains are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from sim.engine.compiled import compiled

if TYPE_CHECKING:
    from sim.systems.plan import Plan
    from sim.systems.world import World

U32 = npt.NDArray[np.uint32]
I32 = npt.NDArray[np.int32]
I64 = npt.NDArray[np.int64]
F64 = npt.NDArray[np.float64]

REFERRAL_COUNTS = ("sharers", "brought", "rewarded", "capped", "welcomed", "faked")
"""Of each programme's day, in agents: who shared; who came by it; rewards of referrers, and those that the limit kept
back; rewards of the referred; accounts that users have brought of themselves."""
SHARERS, BROUGHT, REWARDED, CAPPED, WELCOMED, FAKED = range(len(REFERRAL_COUNTS))


@dataclass
class Chains:
    """What is known of all users' invitations.

    Attributes:
        referrer: uint32 (capacity,), 1 + the row of who brought each user; 0 for nobody.
        brought: int32 (capacity,), how many each user has brought.
        rewarded: by the position of a programme with a limit, uint32 column of the rewards of each referrer so far.
        sharers: by programme, who shared yesterday, in the order of `places`, float64: where on a circle of length 1
            each invitation lies.
        counts: int64 (n_programmes, n_days, n_counts), the `REFERRAL_COUNTS`.
        cost_cents: int64 (n_programmes, n_days), of persons, as booked.
    """

    referrer: U32
    brought: I32
    rewarded: dict[int, U32]
    sharers: list[U32]
    places: list[F64]
    counts: I64
    cost_cents: I64

    @staticmethod
    def of(plan: Plan) -> Chains | None:
        """Nobody has brought anybody yet; None without programmes."""
        n, capacity = len(plan.referrals), plan.market.n_agents
        if not n:
            return None
        return Chains(
            referrer=np.zeros(capacity, np.uint32),
            brought=np.zeros(capacity, np.int32),
            rewarded={i: np.zeros(capacity, np.uint32) for i, one in enumerate(plan.referrals) if one.at_most},
            sharers=[np.empty(0, np.uint32)] * n,
            places=[np.empty(0)] * n,
            counts=np.zeros((n, plan.n_days, len(REFERRAL_COUNTS)), np.int64),
            cost_cents=np.zeros((n, plan.n_days), np.int64),
        )


def brought_by(world: World, rows: U32 | slice, day: int) -> I32:
    """How many each of these users has brought so far; 0 without programmes."""
    if world.chains is None:
        return np.zeros(rows.stop - rows.start if isinstance(rows, slice) else rows.size, np.int32)
    found: I32 = world.chains.brought[rows]
    return found


@compiled
def _depths(referrer, out):  # type: ignore[no-untyped-def]
    """Who brings somebody is a user before: one pass in the order of sign-up."""
    for row in range(referrer.size):
        out[row] = out[referrer[row] - 1] + 1 if referrer[row] else 0


def depths_of(referrer: U32) -> I64:
    """How many invitations lead to each user: 0 for who came without, int64 (n_users,)."""
    depths = np.zeros(referrer.size, np.int64)
    _depths(referrer, depths)
    return depths
