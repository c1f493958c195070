"""Ties: degrees and clustering against Barabási, Albert and Watts, Strogatz; what moves ties and what does not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from scipy import sparse

from sim.engine.draws import ReplicateKey
from sim.systems.networks.graph import Graph, draw_graph
from sim.systems.networks.plan import NetworkPlan
from sim.systems.networks.ties import Ties
from sim.systems.plan import Plan
from tests.verify.measuring import LIMIT, altered, largest, z_of_count, z_of_sample
from tests.verify.worlds import plan_for

I64 = npt.NDArray[np.int64]

SIZE = 100_000
SCALE_FREE = {"kind": "scale-free", "ties": 8}
SMALL_WORLD = {"kind": "small-world", "ties": 10, "rewired": "10%"}


def tied(network: dict[str, Any], size: int = SIZE, **sections: Any) -> Plan:
    friends = {"kind": "word_of_mouth", "contacts_per_user_day": 0.05, "network": network}
    channels = {"organic": {"kind": "organic", "signups": "20 / day"}, "friends": friends}
    return plan_for(**{"market": {"size": size}, "channels": channels} | sections)


def graph_of(plan: Plan, change: Callable[[NetworkPlan], NetworkPlan] = lambda one: one, replicate: int = 0) -> Graph:
    key = ReplicateKey.of(1, replicate)
    return draw_graph(change(plan.networks[0]), plan.market.agents, plan.market.addresses, key)


def matrix_of(graph: Graph) -> Any:
    """The ties as a sparse matrix of ones."""
    n = graph.starts.size - 1
    return sparse.csr_array((np.ones(graph.others.size), graph.others.astype(np.int64), graph.starts), shape=(n, n))


def pairs_of(graph: Graph) -> set[tuple[int, int]]:
    n = graph.starts.size - 1
    ends = zip(np.repeat(np.arange(n), graph.degrees).tolist(), graph.others.tolist(), strict=True)
    return {(min(pair), max(pair)) for pair in ends}


@pytest.mark.parametrize("network", [SCALE_FREE, SMALL_WORLD], ids=["scale-free", "small-world"])
def test_ties_are_mutual_and_lead_to_others_once(network: dict[str, Any]) -> None:
    matrix = matrix_of(graph_of(tied(network, 3_000)))
    assert (matrix != matrix.T).nnz == 0
    assert matrix.diagonal().sum() == 0
    matrix.sum_duplicates()
    assert matrix.max() == 1


# --- scale-free


def distance_of_tail(degrees: I64, half: int) -> float:
    """From P(K >= k) = m (m + 1) / (k (k + 1)): Barabási, Albert 1999; exactly, Bollobás and others 2001."""
    return largest(
        z_of_count(np.count_nonzero(degrees >= k), degrees.size, half * (half + 1) / (k * (k + 1)))
        for k in (half + 1, half + 2, 2 * half, 4 * half, 10 * half, 25 * half)
    )


def exponent(degrees: I64, least: int) -> float:
    """The exponent of a tail from `least` on by maximum likelihood: Clauset, Shalizi, Newman 2009, equation 3.7."""
    tail = degrees[degrees >= least]
    return float(1 + tail.size / np.log(tail / (least - 0.5)).sum())


def test_attached_ties_have_a_tail_of_exponent_3() -> None:
    degrees = graph_of(tied(SCALE_FREE)).degrees
    assert degrees.min() == 4
    assert degrees.sum() == 2 * (10 + (SIZE - 5) * 4)
    assert abs(distance_of_tail(degrees, 4)) < LIMIT
    assert abs(exponent(degrees, 40) - 3) < 0.1


def test_ties_without_hubs_are_seen() -> None:
    degrees = graph_of(tied(SMALL_WORLD | {"ties": 8, "rewired": 1})).degrees
    assert abs(distance_of_tail(degrees, 4)) > LIMIT
    assert exponent(degrees, 12) > 6


# --- small worlds


def transitivity(graph: Graph) -> float:
    """Of two ties of one person, the share whose other ends are tied to each other."""
    matrix, degrees = matrix_of(graph), graph.degrees
    return float((matrix @ matrix * matrix).sum() / (degrees * (degrees - 1)).sum())


def ring_transitivity(ties: int, rewired: float) -> float:
    """Barrat, Weigt 2000: 3 (K - 2) / (4 (K - 1)) on the ring, times (1 - p)³; with the variance of degrees."""
    pairs, variance = ties * (ties - 1), ties / 2 * rewired * (2 - rewired)
    return 3 * (ties - 2) / (4 * (ties - 1)) * (1 - rewired) ** 3 * pairs / (pairs + variance)


@pytest.mark.parametrize("rewired", [0.0, 0.02, 0.1, 0.3])
def test_small_worlds_cluster(rewired: float) -> None:
    """Each triangle is left while none of its three ties is moved; 30,000 persons have 300,000 of them."""
    graph = graph_of(tied(SMALL_WORLD | {"rewired": rewired}, 30_000))
    assert graph.others.size == 30_000 * 10
    assert abs(transitivity(graph) - ring_transitivity(10, rewired)) < 0.003
    assert abs(transitivity(graph) - ring_transitivity(10, rewired + 0.02)) > 0.003


def share_moved(plan: Plan, share: float) -> tuple[int, int]:
    """Ties that the ring does not have, and all of them."""
    ring = pairs_of(graph_of(plan, lambda one: altered(one, "rewired", lambda _: 0.0)))
    found = pairs_of(graph_of(plan, lambda one: altered(one, "rewired", lambda _: share)))
    assert len(ring) == len(found)
    return len(found - ring), len(found)


def test_the_share_of_shortcuts_is_as_said() -> None:
    moved, n = share_moved(tied(SMALL_WORLD, 20_000), 0.1)
    assert abs(z_of_count(moved, n, 0.1)) < LIMIT
    assert abs(z_of_count(moved, n, 0.106)) > LIMIT


def test_more_shortcuts_move_further_ties_only() -> None:
    plan = tied(SMALL_WORLD, 5_000)
    none, few, many = (
        pairs_of(graph_of(plan, lambda one, p=share: altered(one, "rewired", lambda _: p))) for share in (0, 0.05, 0.2)
    )
    assert len((none - few) - (none - many)) <= 2  # a tie may be moved to where another was
    assert len(none - many) > 2 * len(none - few)


@pytest.mark.parametrize("ties", [1, 2, 3, 5, 7, 8])
@pytest.mark.parametrize("kind", ["scale-free", "small-world"])
def test_markets_of_few_persons_have_ties(kind: str, ties: int) -> None:
    """Where there are hardly more persons than ties, all are found without end."""
    network = {"kind": kind, "ties": ties} | ({"rewired": "100%"} if kind == "small-world" else {})
    for size in range(ties + 1, ties + 6):
        graph = graph_of(tied(network, size))
        assert len(pairs_of(graph)) * 2 == graph.others.size
        assert all(person != friend for person, friend in pairs_of(graph))


@pytest.mark.parametrize("kind", ["scale-free", "small-world"])
def test_an_odd_number_of_ties_is_met_on_the_mean(kind: str) -> None:
    network = {"kind": kind, "ties": 7} | ({"rewired": "10%"} if kind == "small-world" else {})
    graph = graph_of(tied(network, 10_000))
    assert graph.degrees.mean() == pytest.approx(7, abs=0.01)
    assert graph.degrees.min() >= 3
    assert len(pairs_of(graph)) * 2 == graph.others.size


# --- what moves ties


def test_another_rule_or_channel_changes_nobodys_ties() -> None:
    more = {"rules": {"hello": {"when": {"inactive_for": "9 days"}, "do": {"stop_messaging": True}}}}
    plan = tied(SCALE_FREE, 2_000, policy=more)
    plain, friends = (
        tied(SCALE_FREE, 2_000),
        {"kind": "word_of_mouth", "contacts_per_user_day": 1, "network": SCALE_FREE},
    )
    channels = {"ads": {"kind": "organic", "signups": "1 / day"}, "friends": friends}
    others = [plan, tied(SCALE_FREE, 2_000, channels=channels)]
    assert [pairs_of(graph_of(other)) == pairs_of(graph_of(plain)) for other in others] == [True, True]
    assert pairs_of(graph_of(plain, replicate=1)) != pairs_of(graph_of(plain))
    assert pairs_of(graph_of(plain, lambda one: altered(one, "purpose", lambda _: 7))) != pairs_of(graph_of(plain))


def test_ties_follow_no_segment() -> None:
    """Persons of a segment of 30% have 9% of the ties among themselves, and as many ties as others."""
    plan = tied(SCALE_FREE, 10_000, market={"size": 10_000, "segments": {"a": {"share": 0.3}, "b": {"share": 0.7}}})
    n, graphs = int(plan.market.agents[0]), [graph_of(plan, replicate=replicate) for replicate in range(12)]
    pairs = [np.array(sorted(pairs_of(graph))) for graph in graphs]
    within = [float((found < n).all(axis=1).mean()) for found in pairs]
    assert abs(largest([z_of_sample(within, 0.09)])) < LIMIT
    assert abs(largest([z_of_sample(within, 0.1)])) > LIMIT
    assert abs(largest([z_of_sample([graph.degrees[:n].mean() for graph in graphs], graphs[0].degrees.mean())])) < LIMIT


def test_the_estimate_of_memory_covers_ties() -> None:
    plan = tied(SMALL_WORLD, 20_000)
    ties = Ties.of(plan.networks[0], plan, ReplicateKey.of(1, 0))
    kept = sum(column.nbytes for column in vars(ties).values() if isinstance(column, np.ndarray))
    without = tied(SMALL_WORLD, 20_000)
    estimate = plan.people_bytes - altered(without, "networks", lambda _: ()).people_bytes
    assert kept < estimate < 5 * kept
