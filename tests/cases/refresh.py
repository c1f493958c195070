"""Rewrite the tables of a case's page with what its runs say now: `python -m tests.cases.refresh points-expiry`.

What the page says in words is for its author: the rows that have changed are printed.
"""

from __future__ import annotations

import sys
import tempfile
from importlib import import_module
from pathlib import Path

from tests.cases.files import DOCS
from tests.cases.pages import Rows


def bare(cell: str) -> str:
    """A cell without bold and backticks."""
    return cell.replace("*", "").replace("`", "").strip()


def rewritten(line: str, rows: Rows) -> str:
    """The line, with the cells that follow its first where that is the name of a row; bold cells stay bold."""
    if not line.startswith("|"):
        return line
    first, *cells = line.strip().strip("|").split("|")
    found = rows.get(bare(first))
    if found is None or len(found) != len(cells):
        return line
    kept = [f"**{new}**" if cell.strip().startswith("**") else new for cell, new in zip(cells, found, strict=True)]
    return "| " + " | ".join([first.strip(), *kept]) + " |"


def refresh(case: str) -> None:
    """Rewrite the page of one case, and print what has changed."""
    module = import_module(f"tests.cases.test_{case.replace('-', '_')}")
    page = DOCS / "cases" / f"{case}.md"
    with tempfile.TemporaryDirectory() as out:
        rows: Rows = module.expected(Path(out))
    lines = page.read_text(encoding="utf-8").splitlines()
    new = [rewritten(line, rows) for line in lines]
    for before, after in zip(lines, new, strict=True):
        if before != after:
            print(f"- {before}\n+ {after}")
    page.write_text("\n".join(new) + "\n", encoding="utf-8")


if __name__ == "__main__":
    for name in sys.argv[1:]:
        refresh(name)
