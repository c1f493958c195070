"""`channels: {NAME: {network: …}}`: the ties along which word of mouth goes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, PrivateAttr, model_validator

from sim.scenario.findings import Finding
from sim.scenario.values import FilePath, FixedPositiveCount, FixedShare, Section, Text, problem
from sim.systems.networks.edges import EdgeList
from sim.units import Quantity

CONTEXT = "edge_lists"
"""Where the check hands over what files hold: by the hash of each."""
MOST_PERSONS, MOST_TIES = 100_000, 200


class Network(Section):
    """Who is tied to whom: made by a rule, or read from a file. Ties are mutual."""

    kind: Annotated[
        Literal["scale-free", "small-world"] | None,
        Field(description="`scale-free`: most have few ties, a few have many; `small-world`: circles with shortcuts"),
    ] = None
    ties: Annotated[FixedPositiveCount | None, Field(description="ties of a person, on the mean")] = None
    rewired: Annotated[
        FixedShare | None, Field(description="of a small world: share of ties that are shortcuts to anybody")
    ] = None
    file: Annotated[
        FilePath | None, Field(description="a CSV file with columns person, friend: a row for each tie")
    ] = None
    sha256: Annotated[
        Text | None, Field(description="of the file; a stored run says which content it was run with")
    ] = None
    _edges: EdgeList | None = PrivateAttr(default=None)

    def model_post_init(self, context: Any) -> None:
        """Keep what the file holds."""
        self._edges = (context or {}).get(CONTEXT, {}).get(self.sha256)

    @property
    def edges(self) -> EdgeList | None:
        """What the file holds; None where there is none, or where it cannot be read, which has been reported."""
        return self._edges

    @model_validator(mode="after")
    def _check(self) -> Network:
        if self.kind is None and self.file is None:
            raise problem("does not say who is tied to whom: give `kind` (scale-free or small-world) or `file`")
        if self.file is not None:
            for name in ("kind", "ties", "rewired"):
                if getattr(self, name) is not None:
                    raise problem("is not used: the file says who is tied to whom", at=(name,), also=("file",))
            return self
        if self.ties is None:
            raise problem("missing `ties`: how many ties a person has, on the mean", also=("kind",))
        if self.kind == "small-world" and self.rewired is None:
            raise problem("missing `rewired`: the share of ties that are shortcuts", hint="write: rewired: 10%")
        if self.kind == "scale-free" and self.rewired is not None:
            raise problem("is not used: only a small world has shortcuts", at=("rewired",), also=("kind",))
        return self


def check_networks(networks: Mapping[str, Network], size: float, people_per_agent: Quantity) -> Iterator[Finding]:
    """Networks, by channel, that a market of this size cannot have."""
    for channel, network in networks.items():
        path = ("channels", channel, "network")
        if size > MOST_PERSONS:
            message = f"is between {size:,.0f} persons"
            allowed = f"markets of at most {MOST_PERSONS:,} persons"
            yield Finding(path, message, allowed, also=(("market", "size"),))
        if people_per_agent.value != 1:
            message = f"is between persons, and an agent stands for {people_per_agent.value:,.0f} of them"
            yield Finding(path, message, "people_per_agent: 1", also=(("market", "people_per_agent"),))
        if network.ties is not None and network.ties.value > MOST_TIES:
            message, allowed = f"is {network.ties.value:,.0f}, more than are made", f"at most {MOST_TIES}, on the mean"
            yield Finding((*path, "ties"), message, allowed)
        elif network.ties is not None and network.ties.value >= size:
            message = f"is {network.ties.value:,.0f}; nobody can have more ties than there are others: {size - 1:,.0f}"
            yield Finding((*path, "ties"), message, also=(("market", "size"),))
        if network.edges is not None and network.edges.n_persons > size:
            message = f"names person {network.edges.n_persons:,}; the market has {size:,.0f} persons"
            yield Finding((*path, "file"), message, also=(("market", "size"),))
