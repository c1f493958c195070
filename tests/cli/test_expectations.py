"""`sim validate` on expectations that are wrong: each says exactly what stands beside it.

Every folder of `corpus/expectations/` holds an `expect.yaml` over the scenarios beside the folders. After a wording
changed on purpose, `python -m tests.cli.test_expectations` writes the texts anew; read the difference.
"""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path

import pytest

from sim.checks.reading import read_check_file
from sim.errors import ScenarioError
from tests.cli.test_corpus import validated
from tests.corpus.test_hostile import HOSTILE

EXPECTATIONS = Path(__file__).resolve().parents[1] / "corpus" / "expectations"
CASES = sorted(path.name for path in EXPECTATIONS.iterdir() if path.is_dir())
AT_LEAST = 40
GOOD = """\
settings: {replicates: 4, days: 60 days, seed: 3}
baselines: [recall.yaml]
margin: {users: 20 persons, profit: 2%, d30_retention: 0.5pp}
expect:
  it earns: {metric: profit, of: recall.yaml, against: today.yaml, at_least: -1_000 CNY, margin: 10 CNY}
  they stay: {metric: d30_retention, of: today.yaml, at_least: 5%, at_most: 0.4, on: 2026-02-20, else: warn}
  they come: {metric: users, of: today.yaml, at_least: 10 persons, margin: 1, segment: parents}
"""


def expected_text(case: str) -> str:
    """What stands beside the case; empty for a new one."""
    path = EXPECTATIONS / case / "expected.txt"
    return path.read_text(encoding="utf-8") if path.exists() else ""


@pytest.fixture(autouse=True)
def _among_expectations(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(EXPECTATIONS)


@pytest.mark.parametrize("case", CASES)
def test_expectations_are_told_their_mistakes_exactly(case: str) -> None:
    exit_code, output, errors = validated(f"{case}/expect.yaml")
    assert (exit_code, output, errors) == (2, expected_text(case), "")


def test_the_corpus_is_large_and_every_problem_has_its_place() -> None:
    assert len(CASES) >= AT_LEAST
    for case in CASES:
        text = expected_text(case)
        assert text.startswith(f"{case}/"), case
        assert "Traceback" not in text, case


def test_expectations_without_a_mistake_have_none(tmp_path: Path) -> None:
    """The scenarios are found beside the file, wherever the command runs."""
    (tmp_path / ".sim-root").touch()
    for name in ("today", "recall"):
        (tmp_path / f"{name}.yaml").write_text((EXPECTATIONS / f"{name}.yaml").read_text("utf-8"), encoding="utf-8")
    base = (EXPECTATIONS.parent / "scenarios" / "base.yaml").read_text("utf-8")
    (tmp_path / "base.yaml").write_text(base, encoding="utf-8")
    today = tmp_path / "today.yaml"
    today.write_text(today.read_text("utf-8").replace("../scenarios/base.yaml", "base.yaml"), encoding="utf-8")
    (tmp_path / "expect.yaml").write_text(GOOD, encoding="utf-8")
    assert validated(str(tmp_path / "expect.yaml"))[:2] == (0, "no problems\n")
    assert validated(str(tmp_path))[:2] == (0, "no problems\n")
    (tmp_path / "expect.yaml").write_text(GOOD.replace("20 persons", "20 orders"), encoding="utf-8")
    assert "the metric counts persons" in validated(str(tmp_path))[1]


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_expectations_are_problems(name: str, tmp_path: Path) -> None:
    content = HOSTILE[name][0]
    file = tmp_path / "expect.yaml"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(ScenarioError):
        read_check_file(file)


def _write_anew(cases: list[str]) -> None:
    with contextlib.chdir(EXPECTATIONS):
        for case in cases:
            Path(case, "expected.txt").write_text(validated(f"{case}/expect.yaml")[1], encoding="utf-8")


if __name__ == "__main__":
    _write_anew(sys.argv[1:] or CASES)
