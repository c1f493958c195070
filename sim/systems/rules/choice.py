"""`choose_by`: who goes first when not all can be served."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sim.scenario.findings import Finding, Path

CHANCE = "chance"
"""The order that `choose_by` gives by an addressed draw."""


def check_choice(path: Path, choose_by: str, attributes: Mapping[str, str]) -> Iterator[Finding]:
    """Whether `choose_by`, written at `path`, names something that has a largest."""
    if attributes.get(choose_by) == "text":
        numeric = [name for name, kind in attributes.items() if kind == "number"]
        message = f"is `{choose_by}`, a name: names have no largest"
        yield Finding(path, message, allowed=", ".join([*numeric, CHANCE]))
