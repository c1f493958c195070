"""Names that must exist elsewhere, looked up in what is written: they are told even where another section is wrong.

A scenario that is valid in itself is checked by `cross_check`, which knows more; this finds the same unknown names.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sim.scenario.findings import Finding, Path
from sim.systems.channels.schema import unknown_name
from sim.systems.rules.choice import CHANCE

EACH = "*"
PRIVILEGES = ("privileges",)
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
)
"""Where names stand (keys of a mapping, items of a list or a text), what they name, and where that is defined."""

CHOOSE_BY = ("policy", "rules", EACH, "limits", "choose_by")


def check_names(content: Mapping[str, Any], attributes: Mapping[str, str | Sequence[str]]) -> Iterator[Finding]:
    """Every name that is not defined where it should be; nothing where that place is missing or wrong itself.

    Args:
        content: the scenario as dicts, lists and scalars, valid or not.
        attributes: what expressions may name.
    """
    for pattern, what, home in REFERENCES:
        known = next((node for _, node in _places(content, home)), None)
        if isinstance(known, dict):
            yield from _unknown(content, pattern, what, known)
    numbers = [name.removeprefix("measure:") for name, kind in attributes.items() if kind == "number"]
    numeric = dict.fromkeys([*numbers, CHANCE], "number")
    for finding in _unknown(content, CHOOSE_BY, "attribute", numeric):
        if next(_places(content, finding.path))[1] not in attributes:
            yield finding


def _unknown(content: Any, pattern: Path, what: str, known: Mapping[str, object]) -> Iterator[Finding]:
    for path, node in _places(content, pattern):
        for place, name in _names(path, node):
            if name not in known:
                yield unknown_name(place, what, name, known)


def _places(node: Any, pattern: Path, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """(path, content) of every place that the pattern reaches."""
    if not pattern:
        yield path, node
    elif isinstance(node, dict):
        keys = node if pattern[0] == EACH else (pattern[0],) if pattern[0] in node else ()
        for key in keys:
            yield from _places(node[key], pattern[1:], (*path, key))


def _names(path: Path, node: Any) -> Iterator[tuple[Path, str]]:
    """(path, name) of each name that stands at a place."""
    if isinstance(node, dict):
        yield from (((*path, name), name) for name in node)
    elif isinstance(node, list):
        yield from (((*path, i), name) for i, name in enumerate(node) if isinstance(name, str))
    elif isinstance(node, str):
        yield path, node
