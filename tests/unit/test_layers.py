"""The architecture, held by a walk over the imports: data flows one way, and start-up stays light."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SIM = ROOT / "sim"

ROOT_VOCABULARY = frozenset({"errors", "units", "formats", "metrics"})
ALLOWED = {
    "errors": frozenset(),
    "units": frozenset({"errors"}),
    "formats": frozenset(),
    "bounds": frozenset({"errors"}),
    "metrics": frozenset({"errors", "units"}),
    "scenario": frozenset({"errors", "units"}),
    "engine": frozenset({"errors", "units"}),
    "systems": ROOT_VOCABULARY | {"scenario", "engine"},
    "store": ROOT_VOCABULARY,
    "analysis": ROOT_VOCABULARY | {"store"},
    "report": ROOT_VOCABULARY | {"store", "analysis"},
    "cli": frozenset({"errors", "bounds", "pipeline", "checks", "report", "analysis"}),
    "__main__": frozenset({"cli"}),
}
SEES_ALL = frozenset({"__init__", "checks", "execution", "flows", "pipeline"})

HEAVY = frozenset({"numba", "scipy", "pyarrow", "matplotlib", "rich", "pandas", "simpy"})
"""Slow to import: allowed inside functions, or in modules that are imported only where they are used."""


def modules() -> list[Path]:
    return sorted(SIM.rglob("*.py"))


def part_of(path: Path) -> str:
    """The layer that a file belongs to: the first name below `sim`."""
    return path.relative_to(SIM).parts[0].removesuffix(".py")


def imported_names(nodes: Iterator[ast.AST], path: Path) -> Iterator[tuple[int, str]]:
    """(line, dotted name) of every import; `from sim import errors` counts as `sim.errors`."""
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: relative import"
            assert node.module is not None
            yield node.lineno, node.module
            if node.module in ("sim", "sim.systems", "sim.cli"):
                yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def run_at_import(tree: ast.Module) -> Iterator[ast.AST]:
    """The nodes that run when the module is imported: not those in functions, nor those for the type checker."""
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
            waiting.extend(node.orelse)
            continue
        waiting.extend(
            child
            for child in ast.iter_child_nodes(node)
            if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        )


def broken_layers(path: Path, source: str) -> list[str]:
    """The imports of a file that its layer may not have."""
    part = part_of(path)
    if part in SEES_ALL:
        return []
    found = []
    for line, name in imported_names(ast.walk(ast.parse(source)), path):
        parts = name.split(".")
        if parts[0] != "sim" or len(parts) < 2 or parts[1] == part:
            continue
        if parts[1] not in ALLOWED[part]:
            found.append(f"{path.name}:{line}: {part} may not import {name}")
    return found


def heavy_imports(path: Path, source: str) -> list[str]:
    """The slow imports that run when a file is imported."""
    names = imported_names(run_at_import(ast.parse(source)), path)
    return [f"{path.name}:{line}: {name}" for line, name in names if name.split(".")[0] in HEAVY]


def must_be_light(path: Path) -> bool:
    """Files that `sim --help` or `sim validate` import."""
    part = part_of(path)
    return part in {"cli", "scenario", "errors", "units", "formats", "bounds", "metrics", "__main__", "__init__"} or (
        part == "systems" and path.name in {"schema.py", "__init__.py"}
    )


def test_every_part_of_the_package_has_a_layer() -> None:
    unknown = {part_of(path) for path in modules()} - set(ALLOWED) - SEES_ALL
    assert unknown == set()


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(SIM)))
def test_imports_follow_the_layers(path: Path) -> None:
    assert broken_layers(path, path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "path", [p for p in modules() if must_be_light(p)], ids=lambda path: str(path.relative_to(SIM))
)
def test_light_modules_import_nothing_slow(path: Path) -> None:
    assert heavy_imports(path, path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("file", "source"),
    [
        ("scenario/reading.py", "from sim.systems.market import schema"),
        ("engine/clock.py", "def f():\n    import sim.store"),
        ("report/tables.py", "from sim import pipeline"),
        ("cli/run.py", "from sim.engine import pool"),
    ],
)
def test_a_wrong_import_is_found(file: str, source: str) -> None:
    assert len(broken_layers(SIM / file, source)) == 1


def test_a_slow_import_is_found_and_a_lazy_one_is_not() -> None:
    assert len(heavy_imports(SIM / "cli/run.py", "if True:\n    import matplotlib.figure\nfrom numba import njit")) == 2
    lazy = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import scipy\ndef f():\n    import numba"
    assert heavy_imports(SIM / "cli/run.py", lazy) == []


def loaded_by(statement: str, candidates: frozenset[str]) -> set[str]:
    """Which of the modules a fresh interpreter has loaded after the statement."""
    program = (
        f"{statement}\nimport sys\nprint('LOADED', *(name for name in {sorted(candidates)!r} if name in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    return set(done.stdout.splitlines()[-1].split()[1:])


def test_the_parser_of_the_command_line_loads_nothing_slow() -> None:
    slow = HEAVY | {"numpy", "pydantic", "yaml"}
    assert loaded_by("from sim.cli.main import build_parser; build_parser()", slow) == set()


CASES = sorted(path.name for path in (ROOT / "scenarios").iterdir() if path.is_dir())


SAVED_FOR = {"car-community", "check-in"}
"""Their users save for rewards: how long the median one does is told by the fit of the retention curve."""


@pytest.mark.parametrize("case", CASES)
def test_validating_loads_no_arrays_no_engine_and_no_charts(case: str) -> None:
    statement = f"from sim.cli.main import run_command_line; run_command_line(['validate', 'scenarios/{case}'])"
    assert loaded_by(statement, HEAVY | {"numpy"}) == ({"numpy", "scipy"} if case in SAVED_FOR else set())


def test_arrays_that_a_check_loads_are_found() -> None:
    assert loaded_by("import sim.systems.observed", HEAVY | {"numpy"}) == {"numpy"}


BY_DESIGN = {("rules", "messages")}
"""A rule carries out its action at once: docs/decisions/0010-rooms-meet-in-the-day.md."""


def calls_between_rooms(path: Path, source: str) -> list[str]:
    """The imports by which the day of one system reaches into the day of another."""
    room = path.relative_to(SIM / "systems").parts[0]
    found = []
    for line, name in imported_names(ast.walk(ast.parse(source)), path):
        parts = name.split(".")
        if parts[:2] == ["sim", "systems"] and parts[3:4] == ["day"] and (room, parts[2]) not in BY_DESIGN:
            found.append(f"{path.name}:{line}: the day of {room} may not import {name}")
    return found


@pytest.mark.parametrize("path", sorted((SIM / "systems").glob("*/day.py")), ids=lambda path: path.parent.name)
def test_no_system_calls_into_the_day_of_another(path: Path) -> None:
    assert calls_between_rooms(path, path.read_text(encoding="utf-8")) == []


def test_a_call_into_another_day_is_found() -> None:
    path = SIM / "systems" / "market" / "day.py"
    assert calls_between_rooms(path, "from sim.systems.orders.day import order_today\n")
