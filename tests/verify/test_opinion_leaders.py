"""Opinion leaders: core users who talk more, chosen by their ties or by chance; each with its twin."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sim.systems.networks.ties import persons_of
from sim.systems.plan import Plan
from tests.verify.measuring import LIMIT, altered, replicates
from tests.verify.test_adoption import GONE_SOON
from tests.verify.test_word_along_ties import channels
from tests.verify.worlds import finished, plan_for

F64 = npt.NDArray[np.float64]
I64 = npt.NDArray[np.int64]


def led(choose_by: str | None, by_ties: float = 1.0) -> Plan:
    """50 of 5,000 persons talk four times as much, chosen by the ties that they have, or by chance; or nobody does."""
    many = {"measures": {"friends of a user": 'ties("friends")'}}
    leaders = {"enters": "active_days >= 1", "review": "7 days", "capacity": 50, "choose_by": choose_by, "advocacy": 4}
    return plan_for(
        market={"size": 5_000},
        channels=channels(20, 0.03, {"kind": "scale-free", "ties": 6}, by_ties=by_ties),
        retention=GONE_SOON,
        horizon="50 days",
        policy=many | ({"statuses": {"leaders": leaders}} if choose_by else {}),
    )


def test_leaders_who_are_chosen_by_their_ties_have_most() -> None:
    """At a review those with most ties hold the status, whoever held it before; by chance they have them by chance."""

    def ties_of_holders(choose_by: str) -> tuple[I64, I64]:
        world = finished(altered(led(choose_by), "n_days", lambda _: 43))  # the evening of a review
        assert world.networks is not None
        ties = world.networks.ties[0].degrees[persons_of(world, slice(0, world.people.n))]
        is_leader = world.holdings.holds(0, slice(0, world.people.n))
        assert np.count_nonzero(is_leader) == 50
        return ties[is_leader], ties[~is_leader]

    leaders, others = ties_of_holders("friends of a user")
    assert leaders.min() >= others.max()
    leaders, others = ties_of_holders("chance")
    assert leaders.min() < others.max()


def brought(plan: Plan) -> F64:
    """Sign-ups by word of mouth in each of 16 replicates."""
    return replicates(plan, 16, lambda world: world.tallies.new[:, 1].sum())


def test_leaders_with_many_ties_bring_more_where_each_tie_is_talked_to() -> None:
    """And hardly more than others where who has many ties says less to each."""
    nobody, chance, hubs = (brought(led(choice)) for choice in (None, "chance", "friends of a user"))
    more, most = chance - nobody, hubs - chance
    assert more.mean() > LIMIT * more.std(ddof=1) / 4
    assert most.mean() > LIMIT * most.std(ddof=1) / 4
    assert most.mean() > 2 * more.mean()
    alike = brought(led("friends of a user", 0.0)) - brought(led("chance", 0.0))
    assert abs(alike.mean()) < most.mean() / 2
