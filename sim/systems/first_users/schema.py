"""`market.first_users`: the users whom a team has on the first day, from a file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import Field, PrivateAttr

from sim.scenario.findings import Finding
from sim.scenario.values import FilePath, Section, Text
from sim.systems.first_users.table import UsersTable

CONTEXT = "first_users"
"""Where the check hands over what the file holds."""


class FirstUsers(Section):
    """Who is a user already on the first day: one row of a CSV file for each."""

    file: Annotated[FilePath, Field(description="the CSV file, beside the scenario")]
    sha256: Annotated[
        Text | None, Field(description="of the file; a stored run says which content it was run with")
    ] = None
    _table: UsersTable | None = PrivateAttr(default=None)

    def model_post_init(self, context: Any) -> None:
        """Keep what the file holds."""
        self._table = (context or {}).get(CONTEXT)

    @property
    def found(self) -> UsersTable | None:
        """What the file holds; None where it cannot be read, which has been reported."""
        return self._table

    @property
    def table(self) -> UsersTable:
        """What the file holds."""
        assert self._table is not None, "read_first_users reads the file before the check"
        return self._table


def check_first_users(
    first_users: FirstUsers | None, size: float, people_per_agent: float, shares: Mapping[str, float]
) -> Iterator[Finding]:
    """More users than the market, or a segment of it, has persons."""
    if first_users is None or first_users.found is None:
        return
    import numpy as np

    table, path = first_users.table, ("market", "first_users")
    if table.n > size:
        message = f"brings {table.n:,} users; the market has {size:,.0f} persons"
        yield Finding((*path, "file"), message, also=(("market", "size"),))
        return
    for segment, n in zip(table.segments, np.bincount(table.segment, minlength=len(table.segments)), strict=True):
        there = size * shares.get(segment, 1.0)
        if n > there + people_per_agent:
            message = f"brings {n:,} users of segment `{segment}`; it has {there:,.0f} persons"
            yield Finding((*path, "file"), message, also=(("market", "size"),))
    if table.n < people_per_agent:
        message = f"brings {table.n:,} users, fewer than the {people_per_agent:,.0f} persons of one agent"
        yield Finding((*path, "file"), message, also=(("market", "people_per_agent"),))
