"""The files that `--report` writes: whole or not at all, in formats that exist."""

from __future__ import annotations

import argparse
import os
import stat
from pathlib import Path

import pytest

from sim.cli import reports
from sim.cli.reports import FORMAT_NAMES, ReportFile, add_report_options, read_report_file, render_report, write_reports
from sim.report.check_formats import FOR_PEOPLE, FORMATS
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


def test_machines_read_paths_from_the_root_of_the_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "cases").mkdir()
    monkeypatch.chdir(tmp_path / "cases")
    assert "::error file=cases/scenarios/haitao/expect.yaml," in render_report(BAD, "github")
