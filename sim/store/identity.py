"""What makes two runs the same run."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path

from sim.store.naming import folder_name


@dataclass(frozen=True, slots=True)
class RunIdentity:
    """All that decides a run's data: two runs of one identity hold the same bytes.

    Args:
        scenario: the scenario's name, in any script.
        scenario_hash: hash of the resolved scenario.
        seed: the seed of all draws.
        replicates: how many replicates, > 0.
        days: the horizon.
        version: the version of this package.
    """

    scenario: str
    scenario_hash: str
    seed: int
    replicates: int
    days: int
    version: str

    @property
    def run_id(self) -> str:
        """Twelve hexadecimal digits that name the run's folder."""
        canonical = json.dumps(asdict(self), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()[:12]

    def folder(self, root: Path) -> Path:
        """Where the run is stored under a results folder."""
        return root / folder_name(self.scenario) / self.run_id
