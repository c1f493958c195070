"""The pages hold what they promise: commands run, YAML loads, links lead somewhere, no key is unexplained."""

from __future__ import annotations

import os
import re
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
SHELL = {"sh", "console"}
FRAGMENT = re.compile(r"# fragment of (\S+\.yaml)")

SMALL = """\
#!/bin/sh
# `sim` as the pages call it, made small: few replicates and days unless the page names them.
case "${1-}" in run|compare|explain)
    case " $* " in *" --replicates "*) ;; *) set -- "$@" --replicates 2 ;; esac
    case " $* " in *" --days "*) ;; *) set -- "$@" --days 40 ;; esac ;;
esac
exec "$SIM_PYTHON" -W error -m sim "$@"
"""


@dataclass(frozen=True)
class Block:
    """A fenced block of a page: its language, text and the line on which its text starts."""

    page: Path
    line: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def blocks_of(page: Path) -> Iterator[Block]:
    """Every fenced block of a page."""
    text = page.read_text(encoding="utf-8")
    for match in re.finditer(r"^```(\w*)\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL):
        is_transcript = text.endswith("<!-- transcript -->\n", 0, match.start())  # test_transcripts runs it as it is
        yield Block(
            page, text.count("\n", 0, match.start(2)) + 1, "transcript" if is_transcript else match[1], match[2]
        )


BLOCKS = [block for page in PAGES for block in blocks_of(page)]


def sim_commands(page: Path) -> list[str]:
    """The `sim …` commands of a page's shell blocks, in order; a console block shows them after a `$`."""
    commands = []
    for block in blocks_of(page):
        if block.language not in SHELL:
            continue
        lines = block.text.replace("\\\n", " ").splitlines()
        if block.language == "console":
            lines = [line[2:] for line in lines if line.startswith("$ ")]
        commands += [line for line in lines if line.startswith("sim ")]
    return commands


def write_sim(folder: Path) -> Path:
    """A folder for PATH that holds the small `sim`."""
    program = folder / "sim"
    program.parent.mkdir(parents=True)
    program.write_text(SMALL, encoding="utf-8")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return folder


@pytest.mark.parametrize("page", [p for p in PAGES if sim_commands(p)], ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_of_the_page_run(page: Path, tmp_path: Path) -> None:
    place = tmp_path / "checkout"
    shutil.copytree(ROOT / "scenarios", place / "scenarios")
    (place / ".sim-root").touch()
    environment = {
        **os.environ,
        "PATH": f"{write_sim(tmp_path / 'bin')}{os.pathsep}{os.environ['PATH']}",
        "SIM_PYTHON": sys.executable,
        "COLUMNS": "120",
    }
    for command in sim_commands(page):
        done = subprocess.run(
            ["sh", "-c", command], cwd=place, env=environment, capture_output=True, encoding="utf-8", check=False
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
        assert done.stdout or ">" in command, f"{command} printed nothing"
    for block in blocks_of(page):
        if block.language == "python":
            program = [sys.executable, "-W", "error", "-c", block.text]
            done = subprocess.run(
                program, cwd=place, env=environment, capture_output=True, encoding="utf-8", check=False
            )
            assert done.returncode == 0, f"{block}\n{done.stderr}"


def project_of(folder: Path) -> Path:
    """The project that `sim init` writes, in which fragments are tried."""
    from sim.cli.init import write_project

    write_project(folder)
    return folder


@pytest.mark.parametrize("block", [b for b in BLOCKS if b.language == "yaml"], ids=str)
def test_yaml_of_the_page_loads(block: Block, tmp_path: Path) -> None:
    from sim import pipeline

    project = project_of(tmp_path / "project")
    fragment = FRAGMENT.match(block.text)
    if block.text.startswith("# expect.yaml\n"):
        file = project / "expect.yaml"
        file.write_text(block.text, encoding="utf-8")
        assert pipeline.validate([file]) == []
        return
    if fragment is None:
        file = project / "scenario.yaml"
        file.write_text(block.text, encoding="utf-8")
    else:
        base = project / fragment[1]
        assert base.is_file(), f"{block}: `sim init` writes no {fragment[1]}"
        file = base.with_name("fragment.yaml")
        file.write_text(f"extends: {base.name}\n{block.text}", encoding="utf-8")
        if base.name == "world.yaml":  # a world alone is a scenario, too, yet a policy belongs to it
            policy = project / "policies" / "fragment.yaml"
            policy.write_text("extends: ../fragment.yaml\npolicy: {budgets: {search ads: 300 CNY / day}}\n", "utf-8")
            file = policy
    loaded = pipeline.load(file)
    assert loaded.warnings == ()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    targets = [target for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", text) if "://" not in target]
    missing = [target for target in targets if not (page.parent / target).exists()]
    assert missing == []


def yaml_keys(schema: object) -> Iterator[str]:
    """Every key that a scenario's JSON Schema names."""
    if isinstance(schema, dict):
        properties = schema.get("properties")
        if isinstance(properties, dict):
            yield from properties
        for value in schema.values():
            yield from yaml_keys(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from yaml_keys(value)


def test_the_glossary_explains_every_key_attribute_and_metric() -> None:
    from sim import pipeline
    from sim.scenario.editor_schema import json_schema_of
    from sim.scenario.expectations import Expectations
    from sim.systems.attributes import ATTRIBUTES

    glossary = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    explained = set(re.findall(r"`([^`]+)`", glossary))
    expectations = json_schema_of(Expectations, "expect.yaml")
    words = {
        *yaml_keys(pipeline.json_schema()),
        *yaml_keys(expectations),
        *(attribute.name for attribute in ATTRIBUTES),
    }
    assert words - explained == set()
