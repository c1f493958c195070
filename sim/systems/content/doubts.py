"""What of content is legal and hardly meant: nobody who makes it, nobody whom it moves, money that nobody gets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sim.scenario.findings import Finding, Path, warning
from sim.systems.content.schema import HOME, ContentKind, ContentPolicy, Moderation

if TYPE_CHECKING:
    from sim.systems.scenario import Scenario


def doubts_of_content(scenario: Scenario) -> Iterator[Finding]:
    """Warnings that need more than the section itself."""
    for name, kind in scenario.content.items():
        policy, path = scenario.policy.content.get(name), ("content", name)
        is_made = _is_created(kind, scenario)
        seeded = policy is not None and policy.seeds is not None and policy.seeds.items.largest > 0
        if not (is_made or seeded or kind.starts_with.value):
            yield warning(path, f"nobody makes `{name}`: `creators` or `creates` is 0 for all", at_key=True)
        if kind.appeal.activity.value == kind.appeal.lapse.value == 1:
            yield warning((*path, "appeal"), "moves nobody: neither `activity` nor `lapse` is given")
        elif not any(kind.reading_of(segment) for segment in scenario.market.segments):
            yield warning((*path, "by_segment"), "moves nobody: `reads` is 0 in all segments")
        if policy is not None:
            yield from _of_policy((*HOME, name), policy, kind, scenario.currency, is_made=is_made)


def _is_created(kind: ContentKind, scenario: Scenario) -> bool:
    """Whether any user ever makes anything."""
    return kind.creates.largest > 0 and any(kind.creators_in(name).value > 0 for name in scenario.market.segments)


def _of_policy(
    path: Path, policy: ContentPolicy, kind: ContentKind, currency: str, *, is_made: bool
) -> Iterator[Finding]:
    """What the team pays for that does nothing."""
    reward, name = policy.reward, path[-1]
    if not reward.is_nothing and not is_made:
        yield warning((*path, "reward"), f"is never paid: no user makes `{name}`", also=(("content", name),))
    elif reward.points and reward.value.largest == 0:
        message = "gives units and does not say what they are worth: they move nobody"
        yield warning((*path, "reward", "points"), message, hint=f"write beside it: worth: 10 {currency}")
    elif reward.value.largest > 0 and reward.is_nothing:
        yield warning((*path, "reward", "worth"), "is promised, and nothing is given: neither `money` nor `points`")
    elif not reward.is_nothing and kind.reward is None:
        message = f"moves nobody: `content.{name}` does not say what a `reward` does to creators"
        yield warning((*path, "reward"), message, also=(("content", name),))
    if policy.moderation is not None:
        yield from _of_moderation((*path, "moderation"), policy.moderation, kind, is_made=is_made)
    if policy.seeds is not None and policy.seeds.items.largest == 0:
        yield warning((*path, "seeds", "items"), "is 0: the team makes nothing")


def _of_moderation(path: Path, moderation: Moderation, kind: ContentKind, *, is_made: bool) -> Iterator[Finding]:
    name = path[-2]
    if moderation.reviews.largest == 0:
        yield warning((*path, "reviews"), "is 0: nothing is looked at")
    elif not is_made:
        yield warning(path, f"has nothing to look at: no user makes `{name}`", also=(("content", name),))
    elif kind.bad.largest == 0:
        yield warning(path, "changes nothing: all that is made is good", also=(("content", name, "bad"),))
    elif kind.appeal.spoils.value == 0:
        message = "changes nothing: bad content spoils nothing"
        yield warning(path, message, also=(("content", name, "appeal", "spoils"),))
