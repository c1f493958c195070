"""The table of rules against who earns without use, for the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text

from sim.analysis import Detection
from sim.report.tables import printed, with_margins_if_they_fit
from sim.report.wording import plus_minus


def detections_table(found: Sequence[Detection], *, width: int = 100, colour: bool | None = None) -> str:
    """Whom each such rule hit, rightly and wrongly; empty where there are none."""
    if not found:
        return ""
    heads = ("caught", "false\nalarms", "precision", "recall", "false alarm\nrate")
    rows = [
        (
            one.rule,
            plus_minus(one.caught),
            plus_minus(one.false_alarms),
            *(plus_minus(each, "share") for each in (one.precision, one.recall, one.false_alarm_rate)),
        )
        for one in found
    ]
    table, note = with_margins_if_they_fit("rule", heads, rows, width)
    told = (
        f"users, each once; {note}; caught: they farm; precision: of those hit, who farm; recall: of those who farm, "
        "who are hit; false alarm rate: of the others, who are hit"
    )
    return printed([Text("Farming, detected", style="bold"), table, Text(told, style="dim")], width, colour)
