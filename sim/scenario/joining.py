"""Changes that only hold together, found by trying: a rule and the audience that it reads become one."""

from __future__ import annotations

from collections.abc import Callable, Iterable

Chosen = frozenset[int]


def joined(n_changes: int, visited: Callable[[int], Iterable[Chosen]], holds: Callable[[Chosen], bool]) -> list[Chosen]:
    """The changes in groups such that every set of groups that is visited holds; most groups are of one change.

    Args:
        visited: for a number of groups, the sets of them that must hold.
        holds: whether a set of changes does; none and all of them must.
    """
    groups = [frozenset((change,)) for change in range(n_changes)]
    while True:
        failing = next((members for members in _sets_of(groups, visited) if not _holds(members, holds)), None)
        if failing is None:
            return groups
        core = _without_bystanders(failing, holds)
        rest = [group for group in groups if group not in core]
        together = frozenset().union(*core, *_fewest_helpers(core, rest, holds))
        place = next(i for i, group in enumerate(groups) if group <= together)
        groups = [
            together if i == place else group for i, group in enumerate(groups) if i == place or not group <= together
        ]


def _sets_of(groups: list[Chosen], visited: Callable[[int], Iterable[Chosen]]) -> Iterable[list[Chosen]]:
    """The sets of groups that are visited, small ones first: they tell best what needs what."""
    for members in sorted(visited(len(groups)), key=lambda members: (len(members), sorted(members))):
        yield [groups[member] for member in sorted(members)]


def _holds(members: Iterable[Chosen], holds: Callable[[Chosen], bool]) -> bool:
    return holds(frozenset[int]().union(*members))


def _without_bystanders(failing: list[Chosen], holds: Callable[[Chosen], bool]) -> list[Chosen]:
    """The groups that cannot stand together, without those that have no part in it."""
    core = list(failing)
    for group in failing:
        fewer = [other for other in core if other != group]
        if not _holds(fewer, holds):
            core = fewer
    return core


def _fewest_helpers(core: list[Chosen], rest: list[Chosen], holds: Callable[[Chosen], bool]) -> list[Chosen]:
    """As few of the rest as make the core hold: one if one does, else all without those that are not needed."""
    for group in rest:
        if _holds([*core, group], holds):
            return [group]
    helpers = list(rest)
    for group in rest:
        fewer = [other for other in helpers if other != group]
        if _holds([*core, *fewer], holds):
            helpers = fewer
    return helpers
