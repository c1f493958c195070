"""A file of first users, read: each mistake at its row and column."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sim.scenario.attaching import attach
from sim.scenario.tree import Tree
from sim.systems.first_users.table import UsersTable

PATH = ("market", "first_users")


def read_first_users(tree: Tree) -> Tree:
    """The tree with what `market.first_users` names, and with the hash of its content; itself where it names none."""

    def read(path: Path, content: bytes, sha256: str) -> UsersTable:
        from sim.systems.csv_rows import release_memory
        from sim.systems.first_users.rows import read_rows

        table = read_rows(path, content, sha256, **_names(tree.plain()))
        release_memory()
        return table

    return attach(tree, PATH, read)


def _names(plain: Mapping[str, Any]) -> dict[str, Any]:
    """The segments, channels and declared attributes that rows may name: an attribute's values or range of numbers."""
    market = plain.get("market")
    segments = market.get("segments") if isinstance(market, dict) else None
    channels, declared = plain.get("channels"), plain.get("attributes")
    entries = declared if isinstance(declared, dict) else {}
    ranges = {str(name): _range(entry) for name, entry in entries.items() if isinstance(entry, dict)}
    return {
        "segments": tuple(map(str, segments)) if isinstance(segments, dict) else ("everyone",),
        "channels": tuple(map(str, channels)) if isinstance(channels, dict) else (),
        "attributes": {
            str(name): tuple(map(str, entry.get("values") or ()))
            for name, entry in entries.items()
            if isinstance(entry, dict) and isinstance(entry.get("values", {}), dict)
        },
        "ranges": {name: ends for name, ends in ranges.items() if ends is not None},
    }


def _range(entry: dict[str, Any]) -> tuple[int, int] | None:
    """The smallest and the largest number of an attribute over all segments; None where it is none, or wrong."""
    own = entry.get("by_segment")
    parts = [entry, *(own.values() if isinstance(own, dict) else ())]
    ends = [part.get(key) for part in parts if isinstance(part, dict) for key in ("from", "to")]
    numbers = [end for end in ends if isinstance(end, int) and not isinstance(end, bool)]
    return (min(numbers), max(numbers)) if len(numbers) == len(ends) else None
