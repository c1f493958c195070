"""The flow of `sim explain`: changes → groups that hold → variants → runs → what each change contributes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import takewhile
from typing import TYPE_CHECKING, TypedDict

from sim.analysis.explaining import (
    Change,
    ChangedLine,
    Explanation,
    Side,
    Values,
    defined_replicates,
    difference_by,
    difference_over,
    facts_of,
    growth_of_difference,
    parts_of,
)
from sim.analysis.groups import exact_values
from sim.analysis.shapley import Coalition, alone, coalitions, entered
from sim.bounds import REPLICATES, SEED
from sim.engine.draws import ReplicateKey, draw, purpose
from sim.errors import ScenarioError, UsageError
from sim.flows.trials import Trial, answers, measure
from sim.metrics import Metric
from sim.pipeline import AnyPath, LoadedScenario, checked, load_all, processes
from sim.scenario.contrasts import Contrast, contrasts
from sim.scenario.joining import Chosen, joined
from sim.scenario.leaves import dotted
from sim.scenario.mixing import Mixing
from sim.systems.books.metrics import metric_of
from sim.systems.pairing import refuse_unless_paired

if TYPE_CHECKING:
    from sim.store import MemoryRun

Progress = Callable[[int, int, str], None]

ALWAYS_EXACT = 3
"""Up to so many changes all orders cost hardly more than a sample of them."""
MOST_EXACT = 12
ORDER = purpose("order of changes")
BREAKDOWNS = ("daily", "by_segment", "by_channel")


class ExplainSettings(TypedDict, total=False):
    """The keywords of `explain`, which says what they mean."""

    metric: str
    seed: int
    replicates: int
    days: int | None
    jobs: int | None
    exact: bool
    progress: Progress | None


def explain(
    left: AnyPath | LoadedScenario,
    right: AnyPath | LoadedScenario,
    *,
    metric: str = "profit",
    seed: int = 1,
    replicates: int = 12,
    days: int | None = None,
    jobs: int | None = None,
    exact: bool = False,
    progress: Progress | None = None,
) -> Explanation:
    """What each change from the left scenario to the right one contributes to the difference of a metric.

    Args:
        metric: its name.
        replicates: repetitions with other luck, for the intervals.
        days: the horizon, when not the scenarios'.
        jobs: processes; the number of cores when None.
        exact: the Shapley values over all orders of up to 12 changes, from 2^n variants; else, from 4 changes on, an
            order and its reverse in each replicate.
        progress: called with (parts done, parts in all, what they are).
    Raises:
        ScenarioError, PlanError, WorkerError, and UsageError for an unknown metric, numbers out of bounds, and
            scenarios of other days, currency or people per agent.
    """
    wanted = metric_of(metric)
    seed, replicates = SEED.check("seed", seed), REPLICATES.check("replicates", replicates)
    first, second = load_all([left, right], days)
    refuse_unless_paired(first.scenario, second.scenario, (first.name, second.name))
    found = [one for one in contrasts(first, second) if one.kind != "evidence"]
    sides = _sides(first, second)
    if not found:
        facts = {"seed": seed, "replicates": replicates, "days": first.scenario.n_days}
        return Explanation(sides[0], sides[1], wanted, facts)
    variants = _Variants(first, second, tuple(found))
    design = _designed(variants, seed, replicates, exact)
    runs, values = _measured(design, wanted, seed, processes(jobs), progress)
    return _explained(sides, wanted, design, runs, values)


def _sides(left: LoadedScenario, right: LoadedScenario) -> tuple[Side, Side]:
    """Both, called without the words with which both names begin; by their files where they have one name."""
    from sim.analysis.comparing import without_common_beginning

    names = [left.name, right.name]
    if names[0] == names[1]:
        names = [one.tree.main.stem for one in (left, right)]
    first, second = without_common_beginning(names)
    if first == second:
        first, second = f"{first} (A)", f"{second} (B)"
    return Side(first, left.name, left.hash), Side(second, right.name, right.hash)


# ---------------------------------------------------------------------------------------------------------------------
# Variants


@dataclass
class _Variants:
    """The scenarios between two; each is made when it is asked for, since all of them may be too many to hold."""

    left: LoadedScenario
    right: LoadedScenario
    changes: tuple[Contrast, ...]
    known: dict[Chosen, bool] = field(default_factory=dict)

    def scenario(self, chosen: Chosen) -> LoadedScenario:
        """The left scenario with these changes.

        Raises:
            ScenarioError: it does not hold.
        """
        if not chosen:
            return self.left
        if len(chosen) == len(self.changes):
            return self.right
        return checked(Mixing(self.left.tree, self.right.tree, self.changes).tree(chosen))

    def holds(self, chosen: Chosen) -> bool:
        """Whether the set of changes makes a scenario; each is checked once."""
        if chosen not in self.known:
            try:
                self.scenario(chosen)
                self.known[chosen] = True
            except ScenarioError:
                self.known[chosen] = False
        return self.known[chosen]


@dataclass(frozen=True)
class _Design:
    """What is run: the changes in groups that hold, and the replicates in which each set of groups is visited.

    Args:
        orders: in which the groups enter, for each replicate; None where all orders count.
        visits: every set of groups, with its replicates; nobody and all first.
        scenario: makes the scenario of a set.
    """

    groups: tuple[Change, ...]
    orders: Mapping[int, Sequence[int]] | None
    visits: Mapping[Coalition, tuple[int, ...]]
    scenario: Callable[[Coalition], LoadedScenario]


def _designed(variants: _Variants, seed: int, replicates: int, exact: bool) -> _Design:
    def orders(n: int) -> dict[int, list[int]] | None:
        if exact and n > MOST_EXACT:
            raise UsageError(f"{n} changes are too many for all their orders; up to {MOST_EXACT} can be exact")
        if exact or n <= ALWAYS_EXACT:
            return None
        return {replicate: order_of_changes(n, seed, replicate) for replicate in range(replicates)}

    def visited(n: int) -> Iterable[Coalition]:
        return alone(n) if exact and n > MOST_EXACT else _visits(n, orders(n), replicates)

    groups = joined(len(variants.changes), visited, variants.holds)
    chosen = orders(len(groups))
    visits = _visits(len(groups), chosen, replicates)

    def scenario(members: Coalition) -> LoadedScenario:
        return variants.scenario(frozenset[int]().union(*(groups[member] for member in members)))

    named = tuple(_change(sorted(group), variants.changes) for group in groups)
    return _Design(named, chosen, visits, scenario)


def order_of_changes(n: int, seed: int, replicate: int) -> list[int]:
    """The order in which n changes enter in a replicate, all equally likely: by a draw for each change.

    Draws: one uniform per change, purpose "order of changes".
    """
    key = ReplicateKey.of(seed, replicate)
    return sorted(range(n), key=lambda change: draw(key, (change, 0), 0, ORDER))


def _visits(n: int, orders: Mapping[int, Sequence[int]] | None, replicates: int) -> dict[Coalition, tuple[int, ...]]:
    """The replicates in which each set of changes is needed: alone, and as changes enter in their orders."""
    everywhere = tuple(range(replicates))
    visits: dict[Coalition, set[int]] = {members: set(everywhere) for members in alone(n)}
    if orders is None:
        return dict.fromkeys(coalitions(n), everywhere)
    for replicate, order in orders.items():
        for members in (*entered(order), *entered(order[::-1])):
            visits.setdefault(members, set()).add(replicate)
    return {members: tuple(sorted(needed)) for members, needed in visits.items()}


def _change(group: Sequence[int], changes: Sequence[Contrast]) -> Change:
    """A group of changes by its name: its one path, what its paths share if no other change does, or its paths."""
    own = [changes[number] for number in group]
    others = [one.path for number, one in enumerate(changes) if number not in group]
    steps = takewhile(lambda step: len(set(step)) == 1, zip(*(one.path for one in own), strict=False))
    shared = tuple(step[0] for step in steps)
    if len(own) == 1 or (len(shared) > 1 and not any(path[: len(shared)] == shared for path in others)):
        name = dotted(shared)
    else:
        more = own[1].name if len(own) == 2 else f"{len(own) - 1} more"
        name = f"{own[0].name} and {more}"
    return Change(name, tuple(_line(one) for one in own))


def _line(one: Contrast) -> ChangedLine:
    return ChangedLine(one.name, one.left, one.right, one.right_place or one.left_place)


# ---------------------------------------------------------------------------------------------------------------------
# Runs


def _measured(
    design: _Design, metric: Metric, seed: int, jobs: int, progress: Progress | None
) -> tuple[Sequence[MemoryRun], Values]:
    """(the runs of the two scenarios with their tables, the metric of all sets; most replicates first)."""
    everybody = frozenset(range(len(design.groups)))
    ends = [frozenset[int](), everybody]
    between = sorted((one for one in design.visits if one not in ends), key=lambda one: -len(design.visits[one]))

    def trial(members: Coalition) -> Trial:
        variant = design.scenario(members)
        return Trial(variant.scenario, seed, design.visits[members], variant.hash)

    runs = measure(
        [trial(members) for members in ends], jobs=jobs, tables=sorted({*BREAKDOWNS, metric.table}), progress=progress
    )
    values = [exact_values(run, metric) for run in runs]
    values += answers(
        len(between),
        lambda number: trial(between[number]),
        partial(exact_values, metric=metric),
        jobs=jobs,
        tables=(metric.table,),
        progress=progress,
    )
    found = zip([*ends, *between], values, strict=True)
    return runs, {members: dict(zip(design.visits[members], one, strict=True)) for members, one in found}


def _explained(
    sides: Sequence[Side], metric: Metric, design: _Design, runs: Sequence[MemoryRun], values: Values
) -> Explanation:
    left, right = runs
    parts, total, interaction = parts_of(design.groups, values, design.orders)
    return Explanation(
        sides[0],
        sides[1],
        metric,
        facts_of(left),
        difference=difference_over(defined_replicates(values), left, right, metric),
        parts=parts,
        total=total,
        interaction=interaction,
        method="exact" if design.orders is None else "sampled",
        growth=growth_of_difference(left, right),
        by_segment=difference_by(left, right, metric, "segment"),
        by_channel=difference_by(left, right, metric, "channel"),
        n_variants=len(values),
        n_runs=sum(map(len, values.values())),
    )
