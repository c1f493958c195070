"""A bench on which scenarios are measured again and again: each run is made once, and all at a time share workers."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Self

from sim.analysis.outcomes import Outcome, outcome_values
from sim.execution import Request, execute
from sim.store import RunIdentity, StoredRun, keep_run, prepare_results, scratch_results

if TYPE_CHECKING:
    from sim.analysis.intervals import Floats
    from sim.pipeline import LoadedScenario, Progress


@dataclass(frozen=True)
class Sample:
    """A scenario with its luck, and how often."""

    scenario: LoadedScenario
    seed: int
    replicates: int

    @property
    def request(self) -> Request:
        """As it is executed."""
        return Request(self.scenario.scenario, self.scenario.tree, self.seed, self.replicates, users=False)

    @property
    def identity(self) -> RunIdentity:
        """What its stored run is known by."""
        return self.request.identity()


@dataclass
class Bench:
    """Runs by their identity, and how to make more of them; used in a `with`.

    A run with more replicates takes over those of the one before from a scratch folder, also where everything is
    simulated anew. At the end the largest run of each scenario is kept, also after an interrupt.
    """

    jobs: int
    out: Path
    fresh: bool = False
    progress: Progress | None = None
    warn: Callable[[str], None] | None = None
    runs: dict[RunIdentity, StoredRun] = field(default_factory=dict)
    _scratch: Path | None = None
    _closing: ExitStack = field(default_factory=ExitStack)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with self._closing:
            largest: dict[RunIdentity, StoredRun] = {}
            for identity, run in self.runs.items():
                kin = replace(identity, replicates=0)
                largest[kin] = max(largest.get(kin, run), run, key=lambda one: one.identity.replicates)
            for run in largest.values():
                keep_run(self.out, run)

    def measure(self, samples: Iterable[Sample]) -> None:
        """Run what has not been run, all of it with one set of workers."""
        missing = {sample.identity: sample for sample in samples if sample.identity not in self.runs}
        if missing:
            requests = [sample.request for sample in missing.values()]
            made = execute(
                requests,
                jobs=self.jobs,
                out=self.out,
                fresh=self.fresh,
                scratch=self._scratch_folder(),
                progress=self.progress,
                warn=self.warn,
            )
            self.runs.update(zip(missing, made, strict=True))

    def _scratch_folder(self) -> Path:
        """Where runs stand until the end; made when first needed."""
        if self._scratch is None:
            prepare_results(self.out)
            self._scratch = self._closing.enter_context(scratch_results(self.out))
        return self._scratch

    def values(self, sample: Sample, outcome: Outcome) -> Floats:
        """The outcome in each replicate of a sample that was measured, float64 (n_replicates,)."""
        return outcome_values(self.runs[sample.identity], outcome)
