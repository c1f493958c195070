"""Files of ties, read: each mistake at its row and column."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sim.scenario.attaching import attach
from sim.scenario.tree import MappingNode, Tree
from sim.systems.networks.edges import EdgeList
from sim.units import UnitError, parse_count


def read_networks(tree: Tree) -> Tree:
    """The tree with the files of ties that its channels name."""

    def read(path: Path, content: bytes, sha256: str) -> EdgeList:
        from sim.systems.csv_rows import release_memory
        from sim.systems.networks.rows import read_edges

        edges = read_edges(path, content, _market_size(tree.plain()))
        release_memory()
        return edges

    channels = tree.node_at(("channels",))
    for name in channels.entries if isinstance(channels, MappingNode) else ():
        tree = attach(tree, ("channels", name, "network"), read)
    return tree


def edge_lists(tree: Tree) -> dict[str, EdgeList]:
    """What the files of ties hold, by their hashes."""
    return {one.sha256: one.content for one in tree.attached.values() if isinstance(one.content, EdgeList)}


def _market_size(plain: Mapping[str, Any]) -> int | None:
    """Persons of the market; None where that is missing or wrong."""
    market = plain.get("market")
    size = market.get("size") if isinstance(market, dict) else None
    try:
        return int(parse_count(size.get("value") if isinstance(size, dict) else size))
    except UnitError:
        return None
