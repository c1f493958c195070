"""`sim validate` on scenarios that are wrong or doubtful: each says exactly what stands beside it.

Every folder of `corpus/scenarios/` lays its mistakes over `base.yaml`. After a wording changed on purpose,
`python -m tests.cli.test_corpus` writes the texts anew; read the difference.
"""

from __future__ import annotations

import contextlib
import io
import re
import shutil
import signal
import sys
from pathlib import Path

import pytest

from sim.cli.main import run_command_line
from sim.pipeline import validate
from tests.corpus.advice import follow_all_advice

CORPUS = Path(__file__).resolve().parents[1] / "corpus"
SCENARIOS = CORPUS / "scenarios"
CASES = sorted(path.name for path in SCENARIOS.iterdir() if path.is_dir())
FILE_CASES = sorted(path.parent for path in (CORPUS / "invalid").glob("*/expected.txt"))
AT_LEAST_WRONG, AT_LEAST_DOUBTFUL = 70, 12


FOLLOWED = {"full-width-values", "full-width-quotes-in-who", "many-at-once", "names-and-values-at-once"}
"""Cases whose advice can surely be typed over what is underlined; of some others it is prose."""


def validated(path: str) -> tuple[int, str, str]:
    """Exit code, output and errors of `sim validate PATH` in the current folder."""
    output, errors = io.StringIO(), io.StringIO()
    before = signal.getsignal(signal.SIGTERM)
    try:
        with contextlib.redirect_stdout(output), contextlib.redirect_stderr(errors):
            exit_code = run_command_line(["validate", path])
    finally:
        signal.signal(signal.SIGTERM, before)
    return exit_code, output.getvalue(), errors.getvalue()


def expected_text(case: str) -> str:
    """What stands beside the case; empty for a new one, which `_write_anew` is yet to write."""
    path = SCENARIOS / case / "expected.txt"
    return path.read_text(encoding="utf-8") if path.exists() else ""


def n_errors(text: str) -> int:
    """From the last line, such as "2 errors, 1 warning"."""
    return int(text.splitlines()[-1].split()[0])


@pytest.fixture
def _among_scenarios(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(SCENARIOS)


@pytest.mark.usefixtures("_among_scenarios")
def test_the_scenario_below_the_cases_has_no_mistake() -> None:
    assert validated("base.yaml") == (0, "no problems\n", "")


@pytest.mark.usefixtures("_among_scenarios")
@pytest.mark.parametrize("case", CASES)
def test_a_scenario_is_told_its_mistakes_exactly(case: str) -> None:
    expected = expected_text(case)
    exit_code, output, errors = validated(f"{case}/scenario.yaml")
    assert output == expected
    assert errors == ""
    assert exit_code == (2 if n_errors(expected) else 0)


@pytest.mark.parametrize("case", FILE_CASES, ids=lambda case: case.name)
def test_a_wrong_file_is_told_in_the_same_words(case: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(case)
    exit_code, output, errors = validated("scenario.yaml")
    assert output.startswith((case / "expected.txt").read_text(encoding="utf-8"))
    assert (exit_code, errors) == (2, "")


def test_the_corpus_is_large_and_every_problem_has_its_place() -> None:
    texts = {case: expected_text(case) for case in CASES}
    wrong = [case for case, text in texts.items() if n_errors(text)]
    assert len(wrong) >= AT_LEAST_WRONG
    assert len(CASES) - len(wrong) >= AT_LEAST_DOUBTFUL
    for case, text in texts.items():
        assert text.startswith((f"{case}/", "base.yaml:")), case
        assert "Traceback" not in text, case


SUGGESTING = [case for case in CASES if re.search(r"^  (did you mean|write):", expected_text(case), re.MULTILINE)]


@pytest.mark.parametrize("case", SUGGESTING)
def test_advice_holds_when_it_is_followed(case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(SCENARIOS, tmp_path / "all", ignore=lambda _, names: [n for n in names if n in CASES and n != case])
    monkeypatch.chdir(tmp_path / "all")
    Path(".sim-root").touch()
    assert follow_all_advice(lambda: validate([f"{case}/scenario.yaml"])) or case not in FOLLOWED


def _write_anew(cases: list[str]) -> None:
    with contextlib.chdir(SCENARIOS):
        for case in cases:
            Path(case, "expected.txt").write_text(validated(f"{case}/scenario.yaml")[1], encoding="utf-8")


if __name__ == "__main__":
    _write_anew(sys.argv[1:] or CASES)
