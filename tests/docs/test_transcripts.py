"""What the pages show as a transcript is what the commands print.

A console block with `<!-- transcript -->` on the line above it is run, command by command, in a folder that holds
`scenarios/` and a project `shop` of `sim init`, at 100 columns, and compared to the page line by line; a line `…` of
the page stands for any number of lines. The blocks of a page run one after the other in one folder.

`python -m tests.docs.test_transcripts PAGE…` writes the outputs of the commands into the pages: read the difference.
"""

from __future__ import annotations

import difflib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from sim.cli.init import write_project
from tests.docs.test_pages import PAGES, ROOT

BLOCK = re.compile(r"(?<=^<!-- transcript -->\n```console\n).*?(?=^```$)", flags=re.MULTILINE | re.DOTALL)
MARK = "\N{INFORMATION SEPARATOR TWO}"
SKIPPED = "…"
ENVIRONMENT = {
    "COLUMNS": "100",
    "PYTHONUNBUFFERED": "1",  # what goes to standard error stands where it would on a terminal
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    **{f"GIT_{who}_NAME": "shop" for who in ("AUTHOR", "COMMITTER")},
    **{f"GIT_{who}_EMAIL": "shop@shop.example" for who in ("AUTHOR", "COMMITTER")},
    **{f"GIT_{who}_DATE": "2026-01-01T00:00:00Z" for who in ("AUTHOR", "COMMITTER")},
}


@dataclass(frozen=True)
class Step:
    """A command of a block, as it is written after the `$`, and the lines that follow it."""

    command: str
    output: tuple[str, ...]

    @property
    def text(self) -> str:
        return "".join(f"{line}\n" for line in (f"$ {self.command}", *self.output))


def steps_of(block: str) -> list[Step]:
    """The commands of a block with their outputs; a command that ends in a backslash goes on in the next line."""
    commands: list[str] = []
    outputs: list[list[str]] = []
    for line in block.splitlines():
        if commands and commands[-1].endswith("\\") and not outputs[-1]:
            commands[-1] += f"\n{line}"
        elif line.startswith("$ "):
            commands.append(line[2:])
            outputs.append([])
        else:
            assert commands, f"a transcript starts with `$ `, not with {line!r}"
            outputs[-1].append(line)
    return [Step(command, tuple(output)) for command, output in zip(commands, outputs, strict=True)]


def blocks_of(text: str) -> list[list[Step]]:
    """The transcripts of a page."""
    return [steps_of(match[0]) for match in BLOCK.finditer(text)]


def prepare(folder: Path) -> Path:
    """The folder in which the commands of a page run."""
    place = folder / "place"
    shutil.copytree(ROOT / "scenarios", place / "scenarios")
    write_project(place / "shop")
    (place / ".sim-root").touch()
    program = folder / "bin" / "sim"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -W error -m sim "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    return place


def printed(commands: Sequence[str], place: Path) -> list[tuple[str, ...]]:
    """What each command prints, on both streams, when a shell runs them one after the other."""
    script = "".join(f"s=$?; echo '{MARK}'; (exit $s)\n{command}\n" for command in commands)
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "SIM_"))}
    path = f"{place.parent / 'bin'}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["sh", "-c", script],
        cwd=place,
        env={**environment, **ENVIRONMENT, "PATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        encoding="utf-8",
        check=False,
    )
    outputs = done.stdout.split(f"{MARK}\n")[1:]
    assert len(outputs) == len(commands), done.stdout
    return [tuple(line.rstrip() for line in output.splitlines()) for output in outputs]


def is_as_shown(shown: Sequence[str], found: Sequence[str]) -> bool:
    """Whether the lines are those of the page, of which `…` stands for any."""
    if SKIPPED not in shown:
        return list(shown) == list(found)
    pattern = "".join(r"(?:.*\n)*" if line == SKIPPED else re.escape(line) + r"\n" for line in shown)
    return re.fullmatch(pattern, "".join(f"{line}\n" for line in found)) is not None


def rerun(blocks: Sequence[Sequence[Step]], place: Path) -> Iterator[list[Step]]:
    """The blocks with what their commands print now; outputs that are as shown stay as they are."""
    for steps in blocks:
        outputs = printed([step.command for step in steps], place)
        yield [
            step if is_as_shown(step.output, output) else Step(step.command, output)
            for step, output in zip(steps, outputs, strict=True)
        ]


WITH_TRANSCRIPTS = [page for page in PAGES if BLOCK.search(page.read_text(encoding="utf-8"))]


@pytest.mark.parametrize("page", WITH_TRANSCRIPTS, ids=lambda page: str(page.relative_to(ROOT)))
def test_transcripts_are_what_is_printed(page: Path, tmp_path: Path) -> None:
    blocks = blocks_of(page.read_text(encoding="utf-8"))
    shown = "".join(step.text for steps in blocks for step in steps)
    found = "".join(step.text for steps in rerun(blocks, prepare(tmp_path)) for step in steps)
    told = "".join(difflib.unified_diff(shown.splitlines(True), found.splitlines(True), str(page), "printed"))
    assert shown == found, f"{told}\npython -m tests.docs.test_transcripts {page.relative_to(ROOT)} writes it anew"


def test_every_mark_has_its_transcript() -> None:
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        assert text.splitlines().count("<!-- transcript -->") == len(blocks_of(text)), page


def test_another_output_is_found_and_written(tmp_path: Path) -> None:
    page = "<!-- transcript -->\n```console\n$ echo a \\\n    b\na b\n$ false; echo c >&2\n%s\n$ echo $?\n0\n```\n"
    (steps,) = blocks_of(page % "d")
    assert [step.command for step in steps] == ["echo a \\\n    b", "false; echo c >&2", "echo $?"]
    (found,) = rerun([steps], prepare(tmp_path))
    assert [step.output for step in found] == [("a b",), ("c",), ("0",)]
    (tmp_path / "again").mkdir()
    assert renewed(page % "d", tmp_path / "again") == page % "c"
    assert blocks_of(page.replace("<!-- transcript -->", "")) == []


@pytest.mark.parametrize(
    ("shown", "is_same"),
    [
        (("a", "b", "c"), True),
        (("a", "b"), False),
        (("a", "…"), True),
        (("…", "c"), True),
        (("a", "…", "c"), True),
        (("…", "b"), False),
        (("…", "x", "…"), False),
    ],
)
def test_lines_may_be_left_out_only_where_the_page_says_so(shown: tuple[str, ...], is_same: bool) -> None:
    assert is_as_shown(shown, ("a", "b", "c")) == is_same


def renewed(text: str, folder: Path) -> str:
    """The page with what its commands print now."""
    found = rerun(blocks_of(text), prepare(folder))
    return BLOCK.sub(lambda _: "".join(step.text for step in next(found)), text)


def main() -> None:
    """Write what is printed into the pages that are named."""
    for page in map(Path, sys.argv[1:]):
        with tempfile.TemporaryDirectory() as folder:
            text = renewed(page.read_text(encoding="utf-8"), Path(folder))
        page.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
