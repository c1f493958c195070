"""What several unit tests share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sim import execution
from sim.systems.replicate import ReplicateTask


@pytest.fixture
def simulated(monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[int]]:
    """The replicates that were simulated in this process since it was last asked, in ascending order."""
    seen: list[int] = []
    really = execution.run_replicate

    def counted(task: ReplicateTask) -> dict[str, Any]:
        seen.append(task.replicate)
        return really(task)

    def since() -> list[int]:
        found = sorted(seen)
        seen.clear()
        return found

    monkeypatch.setattr(execution, "run_replicate", counted)
    return since
