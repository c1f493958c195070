"""The pages of the systems say what the code says: their tables are current, and no section is left out."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tools.document_keys import BLOCK, PAGES, current, models

ROOT = Path(__file__).resolve().parents[2]
SYSTEMS = sorted(path for path in (ROOT / "docs" / "systems").glob("*.md") if path.name != "README.md")
HEADINGS = (
    "## What is simulated", "## Keys", "## Draws", "## Metrics", "## What it cannot tell", "## Verified by"
)  # fmt: skip


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_tables_are_current(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert text == current(text), "run: python tools/document_keys.py"


def test_an_old_table_is_seen() -> None:
    page = ROOT / "docs" / "systems" / "market.md"
    text = page.read_text(encoding="utf-8").replace("persons in the addressable market", "people")
    assert current(text) != text
    assert current(current(text)) == current(text)


def test_every_section_of_a_scenario_has_its_table() -> None:
    texts = [page.read_text(encoding="utf-8") for page in PAGES]
    written = {match[3].split()[0] for text in texts for match in BLOCK.finditer(text) if match[2] == "keys"}
    assert set(models()) - written == set()


@pytest.mark.parametrize("page", SYSTEMS, ids=lambda page: page.stem)
def test_each_system_says_what_it_does_and_what_it_cannot(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    places = [text.find(f"\n{heading}\n") for heading in HEADINGS]
    assert -1 not in places
    assert places == sorted(places)
    assert "](../../tests/" in text[places[-1] :]


def test_every_system_is_on_the_first_page() -> None:
    first = (ROOT / "docs" / "systems" / "README.md").read_text(encoding="utf-8")
    assert [page.name for page in SYSTEMS if f"]({page.name})" not in first] == []


def test_the_command_finds_the_pages_current() -> None:
    command = [sys.executable, "tools/document_keys.py", "--check"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
