"""Names that must exist elsewhere: they are told even where another section is wrong."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

from pydantic import BaseModel

from sim.scenario.findings import Finding, Path, did_you_mean
from sim.scenario.leaves import parts
from sim.scenario.section import Section
from sim.systems.channels.schema import BUDGETED_KINDS, unknown_name
from sim.systems.rules.choice import CHANCE
from sim.systems.scenario import Scenario

EACH = "*"
PRIVILEGES = ("privileges",)
PROGRAMMES = ("policy", "points")
SEGMENTS, CHANNELS, MEDIA, STEPS = ("market", "segments"), ("channels",), ("media",), ("onboarding", "steps")

REFERENCES: tuple[tuple[Path, str, Path], ...] = (
    (("channels", EACH, "audience"), "segment", SEGMENTS),
    (("channels", EACH, "onboarding"), "onboarding step", STEPS),
    (("retention", "by_segment"), "segment", SEGMENTS),
    (("retention", "by_channel"), "channel", CHANNELS),
    (("policy", "budgets"), "channel", CHANNELS),
    (("policy", "stages", EACH, "budgets"), "channel", CHANNELS),
    (("policy", "rules", EACH, "do", "budgets"), "channel", CHANNELS),
    (("policy", "campaigns", EACH, "segments"), "segment", SEGMENTS),
    (("policy", "rules", EACH, "do", "message"), "medium", MEDIA),
    (("policy", "rules", EACH, "do", "topic"), "topic", ("topics",)),
    (("attributes", EACH, "by_segment"), "segment", SEGMENTS),
    (("policy", "rules", EACH, "do", "privilege"), "privilege", PRIVILEGES),
    (("policy", "statuses", EACH, "privileges"), "privilege", PRIVILEGES),
    (("policy", "points", EACH, "rewards", EACH, "by_segment"), "segment", SEGMENTS),
    (("policy", "memberships", EACH, "privileges"), "privilege", PRIVILEGES),
    (("policy", "memberships", EACH, "by_segment"), "segment", SEGMENTS),
    (("policy", "desks", EACH, "serves"), "kind of ticket", ("service", "tickets")),
    (("policy", "rules", EACH, "do", "points"), "points programme", PROGRAMMES),
    (("policy", "rules", EACH, "do", "show_rewards"), "points programme", PROGRAMMES),
    (("policy", "rules", EACH, "do", "postpone_expiry"), "points programme", PROGRAMMES),
    (("policy", "rules", EACH, "do", "forfeit"), "points programme", PROGRAMMES),
    (("policy", "rules", EACH, "do", "block"), "points programme", PROGRAMMES),
    (("policy", "referrals"), "channel", CHANNELS),
    (("policy", "referrals", EACH, EACH, "points"), "points programme", PROGRAMMES),
    (("journeys", EACH, "steps", EACH, "by_segment"), "segment", SEGMENTS),
    (("journeys", EACH, "steps", EACH, "by_channel"), "channel", CHANNELS),
    (("journeys", EACH, "steps", EACH, "gives"), "privilege", PRIVILEGES),
    (("policy", "journeys"), "journey", ("journeys",)),
    (("policy", "journeys", EACH, EACH, "commissions"), "channel", CHANNELS),
    (("content", EACH, "by_segment"), "segment", SEGMENTS),
    (("policy", "content"), "kind of content", ("content",)),
    (("policy", "content", EACH, "reward", "points"), "points programme", PROGRAMMES),
    (("response", "points", "farming"), "segment", SEGMENTS),
    (("policy", "rules", EACH, "when", "after"), "rule", ("policy", "rules")),
    (("policy", "rules", EACH, "when", "holiday"), "holiday", ("seasons", "holidays")),
    (("policy", "rules", EACH, "when", "stage"), "stage", ("policy", "stages")),
)
"""Where names stand (keys of a mapping, items of a list or a text), what they name, and where that is defined."""


CHOICES = (("policy", "rules", EACH, "limits", "choose_by"), ("policy", "statuses", EACH, "choose_by"))


def check_names(content: object, attributes: Mapping[str, str | Sequence[str]]) -> Iterator[Finding]:
    """Every name that is not defined where it should be; nothing where that place is missing or wrong itself.

    Args:
        content: the checked scenario; or what is written, as dicts, lists and scalars, where it is not valid.
        attributes: what expressions may name.
    """
    for pattern, what, home in REFERENCES:
        known = _defined(content, home)
        if isinstance(known, (dict, BaseModel)):
            names = [str(name) for name, _ in parts(known)]
            for path, name in _unknown(content, pattern, names):
                finding = unknown_name(path, what, name, names)
                yield _of_budget(finding, name, known) if pattern[-1] == "budgets" else finding
    numbers = [
        name.removeprefix("measure:")
        for name, kind in attributes.items()
        if kind == "number" and (":" not in name or name.startswith("measure:"))  # a measure names the others
    ]
    for pattern in CHOICES:
        for path, name in _unknown(content, pattern, [*numbers, CHANCE]):
            if name not in attributes:
                yield unknown_name(path, "attribute", name, [*numbers, CHANCE])


def _defined(content: object, home: Path) -> object:
    """What stands at a home of names, or is taken where it may be left out; None where that is not sure."""
    known = next((node for _, node in _places(content, home)), None)
    return _default(Scenario, content, home) if known is None else known


def _default(section: type[Section], content: object, home: Path) -> object:
    """What holds for a part of a section that its content leaves out; None where it may be there, misspelt."""
    name, below = str(home[0]), home[1:]
    field = section.model_fields[name]
    if not isinstance(content, dict) or content.keys() - set(section.keys()):
        return None
    if below and isinstance(field.annotation, type) and issubclass(field.annotation, Section):
        is_missing = name not in content and field.is_required()
        return None if is_missing else _default(field.annotation, content.get(name, {}), below)
    return None if name in content else field.get_default()


def _unknown(content: object, pattern: Path, known: Collection[str]) -> Iterator[tuple[Path, str]]:
    """(path, name) of each name at the pattern's places that is not among the known ones."""
    for path, node in _places(content, pattern):
        yield from ((place, name) for place, name in _names(path, node) if name not in known)


def _of_budget(finding: Finding, name: str, channels: object) -> Finding:
    """The finding with those channels as advice that take a budget."""
    takers = [str(key) for key, channel in parts(channels) if dict(parts(channel)).get("kind") in BUDGETED_KINDS]
    allowed = ", ".join(takers) or "none: the scenario has no channel of kind paid or community"
    return replace(finding, allowed=allowed, hint=did_you_mean(name, takers))


def _places(node: object, pattern: Path, path: Path = ()) -> Iterator[tuple[Path, object]]:
    """(path, content) of every place that the pattern reaches."""
    if not pattern:
        yield path, node
    elif isinstance(node, (dict, BaseModel)):
        for key, part in parts(node):
            if pattern[0] in (EACH, key):
                yield from _places(part, pattern[1:], (*path, key))


def _names(path: Path, node: object) -> Iterator[tuple[Path, str]]:
    """(path, name) of each name that stands at a place."""
    if isinstance(node, str):
        yield path, node
    for key, part in parts(node):
        name = part if isinstance(node, list) else key
        if isinstance(name, str):
            yield (*path, key), name
