"""In which formats a check answers: one on standard output, any others in files beside it."""

from __future__ import annotations

import argparse
import errno
import os
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sim.errors import UsageError

if TYPE_CHECKING:
    from sim.analysis.verdicts import CheckReport

FORMAT_NAMES = ("text", "json", "junit", "github", "sarif", "markdown")
"""As in sim.report.check_formats, which takes too long to load for a list of names."""


@dataclass(frozen=True)
class ReportFile:
    """A format and the file that it goes to."""

    name: str
    file: Path


def add_report_options(parser: argparse.ArgumentParser) -> None:
    """The options that choose formats; read them as `arguments.format` and `arguments.reports`."""
    names = ", ".join(FORMAT_NAMES)
    group = parser.add_argument_group("output")
    group.add_argument("--format", choices=FORMAT_NAMES, default="text", metavar="FORMAT", help=f"{names} (text)")
    group.add_argument("--json", action="store_const", dest="format", const="json", help="the same as --format json")
    group.add_argument(
        "--report",
        action="append",
        default=[],
        dest="reports",
        type=read_report_file,
        metavar="FORMAT=FILE",
        help="write a format to a file as well (repeatable)",
    )


def read_report_file(text: str) -> ReportFile:
    """A format and its file, from `junit=check.xml`."""
    name, equals, file = text.partition("=")
    if not equals or name not in FORMAT_NAMES:
        raise argparse.ArgumentTypeError(f"{text!r}: must be FORMAT=FILE, FORMAT one of {', '.join(FORMAT_NAMES)}")
    if not file or os.path.isdir(file):
        raise argparse.ArgumentTypeError(f"{text!r}: must name a file behind the `=`")
    return ReportFile(name, Path(file))


def render_report(report: CheckReport, name: str) -> str:
    """The report in a format; paths from the root of the repository where machines read them."""
    from sim.report.check_formats import FOR_PEOPLE, FORMATS
    from sim.report.check_places import repository_root, seen_from

    return FORMATS[name](report if name in FOR_PEOPLE else seen_from(report, repository_root(Path())))


def write_reports(report: CheckReport, targets: Sequence[ReportFile]) -> None:
    """Write all files, each whole or not at all, once all of them are rendered; an empty text is an empty file."""
    texts = [whole_lines(render_report(report, target.name)) for target in targets]
    for target, text in zip(targets, texts, strict=True):
        _write_whole(target.file, text.encode("utf-8", "replace"))


def whole_lines(text: str) -> str:
    """The text with the end of its last line; nothing stays nothing."""
    return text if not text or text.endswith("\n") else text + "\n"


def try_targets(targets: Sequence[ReportFile]) -> None:
    """Make sure, before any long work, that all files can be written; their folders are made.

    Raises:
        UsageError: one of them cannot; says which, and why.
    """
    for target in targets:
        try:
            if not _is_written_to(target.file):
                with _file_beside(target.file):
                    pass
            elif not os.access(target.file, os.W_OK):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        except OSError as error:
            why = error.strerror or str(error)
            raise UsageError(f"--report {target.name}={target.file} cannot be written: {why}") from None


def _write_whole(file: Path, content: bytes) -> None:
    """Replace a file at once; what is no regular file, such as a pipe, is written to."""
    if _is_written_to(file):
        file.write_bytes(content)
        return
    with _file_beside(file) as partial:
        partial.write_bytes(content)
        os.replace(partial, os.path.realpath(file))


def _is_written_to(file: Path) -> bool:
    """Whether it is there and no regular file; a pipe has no real path that could be opened, only its name."""
    return file.exists() and not file.is_file()


@contextmanager
def _file_beside(file: Path) -> Iterator[Path]:
    """A new hidden file in the folder of the real one, removed at the end unless it was renamed."""
    place = Path(os.path.realpath(file))
    place.parent.mkdir(parents=True, exist_ok=True)
    partial = place.with_name(f".{place.name[:64]}.{uuid.uuid4().hex}")
    try:
        partial.touch(exist_ok=False)
        yield partial
    finally:
        partial.unlink(missing_ok=True)
