"""Declared attributes as arrays: how each is distributed in each segment, and what it multiplies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sim.engine.draws import purpose
from sim.systems.profiles.schema import DeclaredAttribute

F64 = npt.NDArray[np.float64]


@dataclass(frozen=True)
class DeclaredPlan:
    """One declared attribute.

    Attributes:
        labels: the texts that it may be; empty for numbers.
        edges: float64 (n_segments, n_values), cumulative shares of the values; one value for numbers.
        first, last: int64 (n_segments,), the ends of a range of numbers.
        orders, basket: float32 (n_values,), what each value multiplies.
        kind: the narrowest type that holds it.
        purpose: of its draw.
    """

    name: str
    labels: tuple[str, ...]
    edges: F64
    first: npt.NDArray[np.int64]
    last: npt.NDArray[np.int64]
    orders: npt.NDArray[np.float32]
    basket: npt.NDArray[np.float32]
    kind: np.dtype[np.unsignedinteger]
    purpose: int

    @property
    def moves_users(self) -> bool:
        """Whether any of its values changes how its users buy."""
        return bool((self.orders != 1).any() or (self.basket != 1).any())


def compile_attributes(
    declared: Mapping[str, DeclaredAttribute], segments: tuple[str, ...]
) -> tuple[DeclaredPlan, ...]:
    """The plans of the checked `attributes` section, in the order of the file."""
    return tuple(_compile(name, attribute, segments) for name, attribute in declared.items())


def _compile(name: str, attribute: DeclaredAttribute, segments: tuple[str, ...]) -> DeclaredPlan:
    values = attribute.values
    shares, first, last = [], [], []
    for segment in segments:
        own = attribute.by_segment.get(segment)
        of_all = {value: entry.share.value for value, entry in values.items()}
        of_segment = of_all if own is None else {value: share.value for value, share in own.values.items()}
        shares.append([of_segment.get(value, 0.0) for value in values] or [1.0])
        ends = attribute if own is None else own
        first.append(ends.from_ or 0)
        last.append(ends.to or 0)
    edges = np.cumsum(shares, axis=1)
    largest = max(len(values) - 1, *last)
    return DeclaredPlan(
        name=name,
        labels=tuple(values),
        edges=edges / edges[:, -1:],
        first=np.array(first),
        last=np.array(last),
        orders=np.array([entry.orders.value for entry in values.values()], np.float32),
        basket=np.array([entry.basket.value for entry in values.values()], np.float32),
        kind=np.min_scalar_type(max(largest, 0)),
        purpose=purpose(f"attribute:{name}"),
    )
