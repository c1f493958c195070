"""The tables of pages are rewritten by row, and nothing else is touched."""

from __future__ import annotations

from tests.cases.refresh import rewritten

ROWS = {"a b": ["+1 ± 2", "3"]}


def test_a_row_is_rewritten_with_its_bold_cells() -> None:
    assert rewritten("| `a b` | **+9 ± 9** | 4 |", ROWS) == "| `a b` | **+1 ± 2** | 3 |"


def test_all_else_stays() -> None:
    for line in ("a b: 4", "| other | 1 | 2 |", "| a b | 4 |", "|---|---|---|"):
        assert rewritten(line, ROWS) == line
