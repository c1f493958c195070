"""`policy.measures`, `policy.audiences`, `policy.layers`, `policy.early_warnings`: names over attributes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated

from pydantic import Field, model_validator

from sim.scenario.expressions import Expression
from sim.scenario.findings import Finding, Path
from sim.scenario.values import Days, Expr, Name, NumberExpr, Section, problems
from sim.systems.attributes import RESERVED_LAYERS
from sim.systems.windows.names import window_of

MAX_LAYERS = 100
"""Of one partition: a user's layer is kept as a number of 8 bits."""


class EarlyWarning(Section):
    """A score by what can be observed, held against who really lapses."""

    who: Annotated[Expr, Field(description="whom it warns of: an expression over attributes")]
    within: Annotated[Days, Field(description="the time within which a warning is to come true")]


class Audiences(Section):
    """The part of a policy that names users: measures, audiences, layers and early warnings."""

    measures: Annotated[dict[Name, NumberExpr], Field(description="named numbers over attributes")] = {}
    audiences: Annotated[dict[Name, Expr], Field(description="named conditions over attributes")] = {}
    layers: Annotated[
        dict[Name, dict[Name, Expr]],
        Field(description="partitions of all users: the first condition that holds; the rest is `other`"),
    ] = {}
    early_warnings: Annotated[
        dict[Name, EarlyWarning], Field(description="whom the team believes to be leaving, held against who leaves")
    ] = {}

    @model_validator(mode="after")
    def _check_layers(self) -> Audiences:
        findings = []
        for name, layers in self.layers.items():
            path = ("layers", name)
            if not layers:
                findings.append(Finding(path, "is empty: give each layer its condition"))
            if len(layers) > MAX_LAYERS:
                findings.append(Finding(path, f"has {len(layers)} layers; may have {MAX_LAYERS}"))
            for label in layers:
                if label in RESERVED_LAYERS:
                    message = f"`{label}` is taken: {RESERVED_LAYERS[label]}"
                    findings.append(Finding((*path, label), message, at_key=True))
        if findings:
            raise problems(*findings)
        return self

    @property
    def expressions(self) -> dict[str, tuple[Path, tuple[Expression, ...]]]:
        """What each named column is made of, with its path below the policy."""
        found: dict[str, tuple[Path, tuple[Expression, ...]]] = {}
        for name, measure in self.measures.items():
            found[f"measure:{name}"] = (("measures", name), (measure,))
        for name, audience in self.audiences.items():
            found[f"audience:{name}"] = (("audiences", name), (audience,))
        for name, layers in self.layers.items():
            found[f"layer:{name}"] = (("layers", name), tuple(layers.values()))
        return found


def check_audiences(audiences: Audiences, attributes: Mapping[str, str]) -> Iterator[Finding]:
    """Names that two things have, and definitions that go round in a circle.

    Args:
        attributes: what expressions may name beside.
    """
    first: dict[str, Path] = {}
    for path, _ in audiences.expressions.values():
        name, here = str(path[-1]), ("policy", *path)
        if name in attributes or window_of(name) is not None:
            yield Finding(here, f"`{name}` is an attribute already; give it another name", at_key=True)
        elif name in first:
            yield Finding(here, f"`{name}` has another meaning already", also=(first[name],), at_key=True)
        first.setdefault(name, here)
    yield from _circles(audiences)


def has_circles(audiences: Audiences) -> bool:
    """Whether anything is defined by itself."""
    return next(_circles(audiences), None) is not None


def _reads(parts: tuple[Expression, ...]) -> list[str]:
    return sorted({name for part in parts for name in part.names})


def _circles(audiences: Audiences) -> Iterator[Finding]:
    """One finding for each circle of definitions, at the one that stands first."""
    graph = {column: (path, _reads(parts)) for column, (path, parts) in audiences.expressions.items()}
    settled: set[str] = set()
    for start in graph:
        chain = _way_back(graph, start, settled)
        if chain:
            names = " → ".join(f"`{column.partition(':')[2]}`" for column in chain)
            also = tuple(("policy", *graph[column][0]) for column in chain[1:-1])
            message = f"is defined by itself: {names}"
            yield Finding(("policy", *graph[start][0]), message, also=also)
            settled.update(chain)
        settled.add(start)


def _way_back(graph: Mapping[str, tuple[Path, list[str]]], start: str, settled: set[str]) -> list[str]:
    """A shortest chain of definitions from `start` to itself, round those that are settled; empty if there is none."""
    waiting, seen = [[start]], set(settled)
    while waiting:
        chain = waiting.pop(0)
        for name in graph[chain[-1]][1]:
            if name == start:
                return [*chain, start]
            if name in graph and name not in seen:
                seen.add(name)
                waiting.append([*chain, name])
    return []
