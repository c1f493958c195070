"""One person's life, under one scenario or under two side by side, and who is worth tracing; pipeline has it all."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, TypeAlias, TypedDict, Unpack

from sim.bounds import LIFE_METRICS, PERSON, REPLICATE, SEED
from sim.errors import UsageError
from sim.scenario.contrasts import contrasts, doubts_of_comparison, listed
from sim.scenario.tree import TreePath
from sim.systems.first_users.reading import PATH as FIRST_USERS
from sim.systems.pairing import unequal_facts

if TYPE_CHECKING:
    from sim.analysis.lives import MostChanged, TwoLives
    from sim.pipeline import LoadedScenario
    from sim.systems.plan import Plan
    from sim.systems.trace import Event

    AnyScenario: TypeAlias = str | os.PathLike[str] | LoadedScenario


class TraceSettings(TypedDict, total=False):
    """The keywords of `trace`, which says what they mean."""

    seed: int
    replicate: int
    days: int | None


def trace(
    scenario: AnyScenario, person: int, *, seed: int = 1, replicate: int = 0, days: int | None = None
) -> list[Event]:
    """One person's life, event by event; persons are numbered from 0 through the segments in their order.

    Args:
        seed, replicate: which luck.
        days: the horizon, when not the scenario's.
    Raises:
        UsageError: there is no such person, or a number is out of bounds.
        PlanError: the market does not fit into this machine's memory.
    """
    from sim.systems.trace import trace_person

    person, seed, replicate = PERSON.check("person", person), *_luck(seed, replicate)
    (plan,) = _plans(_load([scenario], days))
    return trace_person(plan, person, seed=seed, replicate=replicate)


def first_reached(scenario: AnyScenario, rule: str, **settings: Unpack[TraceSettings]) -> int | None:
    """The person on whom a rule acts first, for `trace`, with the same settings; None if it acts on nobody.

    Raises:
        UsageError: there is no such rule, it acts on no person, or a number is out of bounds.
        PlanError: the market does not fit into this machine's memory.
    """
    from sim.systems.reached import first_reached as find

    seed, replicate = _luck(settings.get("seed", 1), settings.get("replicate", 0))
    (plan,) = _plans(_load([scenario], settings.get("days")))
    return find(plan, rule, seed=seed, replicate=replicate)


def compare_lives(
    baseline: AnyScenario,
    other: AnyScenario,
    person: int,
    *,
    seed: int = 1,
    replicate: int = 0,
    days: int | None = None,
) -> TwoLives:
    """One person's life under two scenarios, with the same luck: what happens under both, and what under one only.

    The keywords are those of `trace`. `warnings` of what comes back say where the scenarios differ outside `policy`.

    Raises:
        UsageError: the scenarios' persons are not the same, there is no such person, or a number is out of bounds.
        PlanError: a market does not fit into this machine's memory.
    """
    from sim.analysis.lives import Life, TwoLives, timeline_of, two_labels
    from sim.systems.trace import trace_life

    person, seed, replicate = PERSON.check("person", person), *_luck(seed, replicate)
    pair = _load([baseline, other], days)
    labels = two_labels([one.name for one in pair], [one.tree.main.stem for one in pair])
    lives = []
    for label, plan in zip(labels, _plans_of_same_people(pair), strict=True):
        events, totals = trace_life(plan, person, seed=seed, replicate=replicate)
        lives.append(Life(label, tuple(events), totals))
    return TwoLives(
        person=person,
        baseline=lives[0],
        other=lives[1],
        timeline=timeline_of(lives[0].events, lives[1].events),
        seed=seed,
        replicate=replicate,
        days=pair[0].scenario.n_days,
        currency=pair[0].scenario.currency,
        warnings=tuple(doubts_of_comparison(pair)),
    )


def most_changed(
    baseline: AnyScenario, other: AnyScenario, metric: str | None = None, **settings: Unpack[TraceSettings]
) -> MostChanged:
    """The person whose metric differs most between two scenarios in one replicate, for `compare_lives`.

    Args:
        metric: one of `spend`, `orders`, `active_days`, `messages`, each within the horizon. Spend when None, or
            active days where neither scenario has orders.
    Raises:
        UsageError: the scenarios' persons are not the same, nobody differs, or an argument is none that is allowed.
        PlanError: a market does not fit into this machine's memory.
    """
    from sim.analysis.lives import differing, find_most_changed
    from sim.systems.day import open_world
    from sim.systems.totals import run_counted

    if metric is not None and metric not in LIFE_METRICS:
        raise UsageError(f"there is no metric `{metric}` of a life; there are {', '.join(LIFE_METRICS)}")
    seed, replicate = _luck(settings.get("seed", 1), settings.get("replicate", 0))
    pair = _load([baseline, other], settings.get("days"))
    if metric is None:
        metric = "active_days" if not any(one.scenario.has_orders for one in pair) else "spend"
    left, right = (run_counted(open_world(plan, seed, replicate)) for plan in _plans_of_same_people(pair))
    found = find_most_changed(left, right, metric)
    if found is None:
        where = f"between {pair[0].name} and {pair[1].name}, in replicate {replicate} of seed {seed}"
        rest = differing(left, right)
        if rest:
            raise UsageError(f"nobody differs in {metric} {where}; somebody does in {', '.join(rest)}: ask for that")
        raise UsageError(f"nobody differs in {', '.join(LIFE_METRICS[:-1])} or {LIFE_METRICS[-1]} {where}")
    return found


def _luck(seed: int, replicate: int) -> tuple[int, int]:
    return SEED.check("seed", seed), REPLICATE.check("replicate", replicate)


def _load(scenarios: list[AnyScenario], days: int | None) -> list[LoadedScenario]:
    from sim.pipeline import load_all

    return load_all(scenarios, days)


def _plans(loaded: list[LoadedScenario]) -> list[Plan]:
    """The compiled plans, each of which fits into memory."""
    from sim.execution import check_memory
    from sim.systems.plan import compile_plan

    plans = [compile_plan(one.scenario) for one in loaded]
    check_memory(plans)
    return plans


def _plans_of_same_people(pair: list[LoadedScenario]) -> list[Plan]:
    """The plans of two scenarios in which a number means the same person, on the same days.

    Raises:
        UsageError: it does not.
    """
    plans = _plans(pair)
    left, right = pair
    unequal = [one.name for one in unequal_facts(left.scenario, right.scenario)]
    people = [_people(one, plan) for one, plan in zip(pair, plans, strict=True)]
    if not unequal and people[0] == people[1]:
        return plans
    found = [one for one in contrasts(left, right) if one.kind != "evidence" and _is_about_people(one.path)]
    told = listed(found, "/") or "the order of market.segments"
    if unequal == ["horizon"] and people[0] == people[1]:
        raise UsageError(f"{left.name} and {right.name} do not run for the same days: {told}; give both --days N")
    raise UsageError(
        f"a person of {left.name} is not the same person in {right.name}: {told}; "
        "trace one scenario alone, or lay both policies over one world"
    )


def _people(one: LoadedScenario, plan: Plan) -> dict[str, object]:
    """What makes the person of a number the same in two scenarios of the same worlds."""
    first_users = one.tree.attached.get(FIRST_USERS)
    return {
        "segments": list(zip(plan.market.segments, plan.market.agents.tolist(), strict=True)),
        "first_users": first_users and first_users.sha256,
    }


def _is_about_people(path: TreePath) -> bool:
    """Whether what stands at this path decides on what `_people` and `unequal_facts` tell."""
    match path:
        case ("start" | "horizon" | "currency", *_):
            return True
        case ("market", "segments", _, key, *_):
            return key == "share"
        case ("market", "size" | "people_per_agent" | "first_users" | "segments", *_):
            return True
        case _:
            return path == ("market",)
