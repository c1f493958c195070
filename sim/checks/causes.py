"""What may have moved an outcome: what differs between the accepted scenario and the same scenario now, and sim."""

from __future__ import annotations

import numpy as np

from sim.analysis.intervals import Floats
from sim.analysis.verdicts import Cause, CauseKind
from sim.checks.accepting import Standing
from sim.execution import package_version
from sim.metrics import Metric
from sim.report.wording import difference_text, unit_of
from sim.scenario.contrasts import Contrast, Kind, contrasts

ORDER: tuple[CauseKind, ...] = ("policy", "assumption", "engine", "data", "noise")
KINDS: dict[Kind, CauseKind] = {
    "policy": "policy",
    "assumption": "assumption",
    "horizon": "assumption",
    "data": "data",
}


def changed_lines(standing: Standing) -> list[Cause]:
    """The lines that differ, policy first; how well a number is known moves nothing."""
    if standing.accepted is None:
        return []
    found = contrasts(standing.accepted, standing.held.scenario)
    causes = [Cause(KINDS[one.kind], _text(one), one.right_place) for one in found if one.kind in KINDS]
    return sorted(causes, key=lambda cause: ORDER.index(cause.kind))


def engine_cause(standing: Standing, metric: Metric | None = None, moved: Floats | None = None) -> Cause:
    """Another version, code, library or machine: it moves a metric of the accepted scenario, or cannot read it."""
    was, now = standing.baseline.version, package_version()
    same = f"sim {now}, as accepted, with other code, libraries or machine"
    versions = f"sim {now}, accepted with {was}" if was != now else same
    if metric is None or moved is None:
        return Cause("engine", f"{versions}, cannot read the accepted scenario: {standing.unreadable}")
    defined = moved[~np.isnan(moved)]
    if not defined.size:
        return Cause("engine", f"{versions}: {metric.name} of the accepted scenario is defined in other replicates")
    amount = difference_text(metric, float(defined.mean()))
    unit = "" if metric.unit == "share" else f" {unit_of(metric, standing.baseline.currency)}"
    return Cause("engine", f"{versions}: {metric.name} of the accepted scenario {amount}{unit}")


def noise_cause(n_replicates: int) -> Cause:
    """Luck."""
    return Cause("noise", f"not told from luck in {n_replicates:,} replicates")


def _text(one: Contrast) -> str:
    if one.is_order:
        return f"{one.name}: in another order"
    return f"{one.name}: {one.left or 'nothing'} → {one.right or 'nothing'}"
