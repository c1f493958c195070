"""The files that `--report` writes: whole or not at all, in formats that exist."""

from __future__ import annotations

import argparse
import os
import stat
from pathlib import Path

import pytest

from sim.cli import reports
from sim.cli.reports import (
    FORMAT_NAMES,
    ReportFile,
    add_report_options,
    read_report_file,
    render_report,
    try_targets,
    whole_lines,
    write_reports,
)
from sim.report.check_formats import FOR_PEOPLE, FORMATS
from tests.conftest import SimCommand
from tests.unit.report.made_up_checks import BAD, GOOD


def test_a_report_names_its_format_and_file() -> None:
    assert read_report_file("junit=out/a=b.xml") == ReportFile("junit", Path("out/a=b.xml"))


@pytest.mark.parametrize("text", ["junit", "xml=a", "=a", "junit=", "junit=."])
def test_a_report_without_format_or_file_is_refused(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="must "):
        read_report_file(text)


def test_the_options_are_read_in_any_number() -> None:
    parser = argparse.ArgumentParser()
    add_report_options(parser)
    read = parser.parse_args(["--report", "junit=a.xml", "--report", "markdown=b.md", "--format", "github"])
    assert (read.format, [target.name for target in read.reports]) == ("github", ["junit", "markdown"])
    assert parser.parse_args(["--json"]).format == "json"
    assert (parser.parse_args([]).format, parser.parse_args([]).reports) == ("text", [])


def test_every_format_has_a_name() -> None:
    assert set(FORMATS) == set(FORMAT_NAMES) > FOR_PEOPLE


def test_files_are_written_with_their_folders_and_replaced(tmp_path: Path) -> None:
    file = tmp_path / "new" / "check.md"
    write_reports(BAD, [ReportFile("markdown", file), ReportFile("junit", tmp_path / "check.xml")])
    assert file.read_text(encoding="utf-8") == render_report(BAD, "markdown")
    write_reports(GOOD, [ReportFile("markdown", file)])
    assert file.read_bytes() == b""
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["check.md", "check.xml", "new"]


@pytest.mark.parametrize("name", FORMAT_NAMES)
def test_every_file_ends_with_a_line(name: str, tmp_path: Path) -> None:
    write_reports(BAD, [ReportFile(name, tmp_path / "check")])
    assert (tmp_path / "check").read_text(encoding="utf-8").endswith("\n")


def test_a_file_that_cannot_be_written_whole_is_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "check.md"
    file.write_text("before", encoding="utf-8")

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(reports.os, "replace", fail)
    with pytest.raises(OSError, match="No space left"):
        write_reports(BAD, [ReportFile("markdown", file)])
    assert [(path.name, path.read_text(encoding="utf-8")) for path in tmp_path.iterdir()] == [("check.md", "before")]


def test_nothing_is_written_where_one_format_cannot_be_rendered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: object) -> str:
        raise ValueError("broken")

    monkeypatch.setitem(FORMATS, "sarif", fail)
    with pytest.raises(ValueError, match="broken"):
        write_reports(BAD, [ReportFile("markdown", tmp_path / "a"), ReportFile("sarif", tmp_path / "b")])
    assert list(tmp_path.iterdir()) == []


def test_devices_and_links_stay_what_they_are(tmp_path: Path) -> None:
    link, real = tmp_path / "link.md", tmp_path / "real.md"
    link.symlink_to(real)
    write_reports(BAD, [ReportFile("markdown", link), ReportFile("junit", Path(os.devnull))])
    assert link.is_symlink()
    assert real.read_text(encoding="utf-8").startswith("**1 of 4 checks fails")
    assert stat.S_ISCHR(os.stat(os.devnull).st_mode)


def test_a_pipe_is_written_to_by_the_name_that_it_was_given() -> None:
    """The real path of a pipe, "/proc/1/fd/pipe:[2]", names no file: as the shell's `>(…)` and a piped /dev/stdout."""
    ours, theirs = os.pipe()
    target = ReportFile("junit", Path(f"/dev/fd/{theirs}"))
    try_targets([target])
    write_reports(BAD, [target])
    os.close(theirs)
    with open(ours, encoding="utf-8") as pipe:
        assert pipe.read() == whole_lines(render_report(BAD, "junit"))


@pytest.mark.parametrize("name", ["in-the-way/check.xml", "x" * 300])
def test_a_file_that_cannot_be_written_is_told_before_anything_runs(sim: SimCommand, tmp_path: Path, name: str) -> None:
    assert sim("init", "shop", "--quiet").returncode == 0
    bound = "expect:\n  enough: {metric: users, of: policies/today.yaml, at_least: 1}\n"
    (tmp_path / "shop" / "expect.yaml").write_text(bound, encoding="utf-8")
    (tmp_path / "in-the-way").touch()
    done = sim("check", "--report", f"junit={name}")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"sim check: --report junit={name} cannot be written: ")
    assert not (tmp_path / "results").exists()


def test_trying_files_leaves_them_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "check.md").write_text("before", encoding="utf-8")
    try_targets([ReportFile("markdown", tmp_path / "check.md"), ReportFile("junit", tmp_path / "new" / "check.xml")])
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["check.md", "new"]
    assert (tmp_path / "check.md").read_text(encoding="utf-8") == "before"


def test_machines_read_paths_from_the_root_of_the_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "cases").mkdir()
    monkeypatch.chdir(tmp_path / "cases")
    assert "::error file=cases/scenarios/haitao/expect.yaml," in render_report(BAD, "github")
