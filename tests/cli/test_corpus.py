"""`sim validate` on wrong scenarios: each says exactly what stands beside it.

After a wording changed on purpose: `python -m tests.cli.test_corpus` writes the texts anew; read the difference.
"""

from __future__ import annotations

import contextlib
import io
from pathlib import Path

import pytest

from sim.cli.main import build_parser

CORPUS = Path(__file__).resolve().parents[1] / "corpus"
SCENARIOS = CORPUS / "scenario"
CASES = sorted(path.stem for path in (SCENARIOS / "cases").glob("*.yaml"))
FILE_CASES = sorted(path.parent for path in (CORPUS / "invalid").glob("*/expected.txt"))


def validated(*paths: str) -> tuple[int, str]:
    """Exit code and output of `sim validate PATHS…` in the current folder."""
    arguments = build_parser().parse_args(["validate", *paths])
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        exit_code = int(arguments.call(arguments))
    return exit_code, output.getvalue()


def test_the_scenario_below_the_cases_has_no_mistake(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(SCENARIOS)
    assert validated("world.yaml") == (0, "no problems\n")


@pytest.mark.parametrize("case", CASES)
def test_a_wrong_scenario_is_told_exactly(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(SCENARIOS)
    exit_code, output = validated(f"cases/{case}.yaml")
    assert output == (SCENARIOS / "cases" / f"{case}.txt").read_text(encoding="utf-8")
    assert exit_code == 2


@pytest.mark.parametrize("case", FILE_CASES, ids=lambda case: case.name)
def test_a_wrong_file_is_told_in_the_same_words(case: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(case)
    exit_code, output = validated("scenario.yaml")
    expected = (case / "expected.txt").read_text(encoding="utf-8")
    assert output.startswith(expected)
    assert exit_code == 2


def test_no_text_is_left_without_its_case() -> None:
    assert sorted(path.stem for path in (SCENARIOS / "cases").glob("*.txt")) == CASES
    assert len(CASES) >= 60


if __name__ == "__main__":
    with contextlib.chdir(SCENARIOS):
        for name in CASES:
            Path("cases", f"{name}.txt").write_text(validated(f"cases/{name}.yaml")[1], encoding="utf-8")
