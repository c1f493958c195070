"""Write a small, commented scenario project: a world and two policies, which run as they are."""

from __future__ import annotations

import argparse
from importlib.resources import as_file, files
from pathlib import Path
from shutil import copytree

from sim.cli.streams import shell_path
from sim.errors import UsageError

IGNORED_BY_GIT = "results/*\n!results/baselines/\n"
"""Runs can be made again; what was accepted is reviewed."""
HELP = "write a small, commented scenario project to start from"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `sim init`."""
    parser.add_argument("folder", type=Path, metavar="DIR", help="a new or empty folder")
    parser.add_argument("--quiet", action="store_true", help="do not print what to do next")


def call(arguments: argparse.Namespace) -> int:
    """Write the files and say what to do next; the exit code."""
    folder: Path = arguments.folder
    write_project(folder)
    if not arguments.quiet:
        policies = folder / "policies"
        today, recall = shell_path(policies / "today.yaml"), shell_path(policies / "recall.yaml")
        print(f"{folder} holds a scenario project. Next:")
        print(f"  sim validate {shell_path(folder)}")
        print(f"  sim compare {today} {recall}")
        print(f"Then change a number in {recall} and compare again.")
    return 0


def write_project(folder: Path) -> None:
    """Copy the template's files to a new or empty folder.

    Raises:
        UsageError: the folder holds something, or cannot be written.
    """
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file; name a new or an empty folder")
    if folder.is_dir() and any(folder.iterdir()):
        raise UsageError(f"{folder} is not empty; name a new or an empty folder")
    try:
        with as_file(files("sim.cli") / "template") as template:
            copytree(template, folder, dirs_exist_ok=True)
        (folder / ".gitignore").write_text(IGNORED_BY_GIT, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"cannot write {error.filename or folder}: {error.strerror or error}") from error
