"""`choose_by`: who goes first when not all can be served."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sim.scenario.findings import Finding, Path
from sim.systems.channels.schema import unknown_name

CHANCE = "chance"
"""The order that `choose_by` gives by an addressed draw."""


def check_choice(path: Path, choose_by: str, attributes: Mapping[str, str]) -> Iterator[Finding]:
    """Whether `choose_by`, written at `path`, names something that has a largest."""
    numeric = {name: kind for name, kind in attributes.items() if kind == "number"} | {CHANCE: "number"}
    if attributes.get(choose_by) == "text":
        message = f"is `{choose_by}`, a name: names have no largest"
        yield Finding(path, message, allowed=", ".join(numeric))
    elif choose_by not in numeric:
        yield unknown_name(path, "attribute", choose_by, numeric)
