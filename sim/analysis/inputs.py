"""A scenario's number as the analysis sees it: its name, its range as written, and how well it is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Evidence = Literal["source", "assumption", "no source"]
ASSUMED = ("assumption", "假設", "假设")
"""How a source begins that says that nobody has measured the number."""


@dataclass(frozen=True)
class InputNumber:
    """A number of a scenario.

    Args:
        name: its path, as `--set` takes it.
        text: the value as its file writes it.
        low_text: the low end of its range in the same words; None where it has no range.
        high_text: the high end, likewise.
        source: its evidence.
        file, line: where it stands.
    """

    name: str
    text: str
    low_text: str | None
    high_text: str | None
    source: str | None
    file: str
    line: int

    @property
    def place(self) -> str:
        """File and line."""
        return f"{self.file}:{self.line}"

    @property
    def evidence(self) -> Evidence:
        """Whether it has a source, and whether that says that it is an assumption."""
        if not (self.source or "").strip():
            return "no source"
        return "assumption" if (self.source or "").strip().casefold().startswith(ASSUMED) else "source"

    @property
    def is_measured(self) -> bool:
        """Whether somebody has measured it, as far as its source says."""
        return self.evidence == "source"
