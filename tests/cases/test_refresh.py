"""The tables of pages are rewritten by row, and nothing else is touched."""

from __future__ import annotations

from pathlib import Path

from tests.cases.pages import told_otherwise
from tests.cases.refresh import rewritten

ROWS = {"a b": ["+1 ± 2", "3"]}


def test_a_row_is_rewritten_with_its_bold_cells() -> None:
    assert rewritten("| `a b` | **+9 ± 9** | 4 |", ROWS) == "| `a b` | **+1 ± 2** | 3 |"


def test_all_else_stays() -> None:
    for line in ("a b: 4", "| other | 1 | 2 |", "| a b | 4 |", "|---|---|---|"):
        assert rewritten(line, ROWS) == line


def test_what_a_page_tells_otherwise_or_not_at_all_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "Words.\n\n| policy | profit | cost |\n|---|---|---|\n| `a b` | **+1 ± 2** | 4 |\n", encoding="utf-8"
    )
    assert told_otherwise(page, {"a b": ["+1 ± 2", "4"]}) == {}
    assert told_otherwise(page, ROWS | {"c": ["1"]}) == {"a b": (["+1 ± 2", "3"], ["+1 ± 2", "4"]), "c": (["1"], None)}
