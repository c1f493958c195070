"""A project whose outcomes were accepted: made once, copied for each test that may alter it."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest

from sim.checks import accept
from sim.cli.init import write_project
from tests.unit.checks.project import COSTS, HELD, Project


@pytest.fixture(scope="session")
def accepted(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A small project whose outcomes were accepted."""
    place = tmp_path_factory.mktemp("accepted")
    write_project(place / "shop")
    (place / ".sim-root").touch()
    (place / "shop" / "expect.yaml").write_text(HELD + COSTS, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        done = accept(reason="as measured", author="陳", today=date(2026, 5, 1))
    assert [one.change for one in done] == ["new", "new"]
    return place


@pytest.fixture
def project(accepted: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A copy of it that a test may alter; the current folder."""
    shutil.copytree(accepted, tmp_path / "copy")
    monkeypatch.chdir(tmp_path / "copy")
    return tmp_path / "copy"
