"""Folder names of scenarios in any script."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.store import folder_name
from tests.unit.store.small_run import identity


@pytest.mark.parametrize(
    "name", ["haitao", "海淘-增长期", "متجر", "twice-the-paid-budget", "v1.2", "Über-uns", "👩‍👧", "a" * 96]
)
def test_safe_names_are_kept(name: str) -> None:
    assert folder_name(name) == name


@pytest.mark.parametrize(
    "name",
    ["", ".", "..", "../../etc", "a/b", "a\\b", "con", "CON", "con.txt", "LPT1", "nul", "name.", "name ", " name",
     ".hidden", ".partial-x", "-rf", "a:b", "a\nb", "a\x00b", "a\u202eb", "\ud800", "海" * 300, "x" * 300, "~", "*"],
)  # fmt: skip
def test_unsafe_names_are_changed(name: str) -> None:
    assert folder_name(name) != name
    assert len(folder_name(name).rpartition("~")[2]) == 8


def test_a_folder_holds_no_space_so_that_its_path_can_be_pasted() -> None:
    assert folder_name("haitao today") == "haitao-today"
    assert folder_name("海淘\u3000增长期") == "海淘-增长期"
    assert " " not in folder_name("a / b")


def test_names_with_one_safe_form_stay_apart() -> None:
    names = ["a/b", "a:b", "a*b", "a\\b", "a_b"]
    assert len({folder_name(name) for name in names}) == len(names)


def test_a_name_of_a_space_that_does_not_break_is_no_dash() -> None:
    assert folder_name("\u00a0")[0] == "_"
    assert folder_name("\u00a0a").startswith("a~")


def test_long_names_that_differ_at_the_end_stay_apart() -> None:
    assert folder_name("x" * 299 + "y") != folder_name("x" * 300)


def test_both_spellings_of_an_accent_are_one_name() -> None:
    assert folder_name(unicodedata.normalize("NFC", "é")) == "é"
    assert folder_name(unicodedata.normalize("NFD", "é")) == "é"


def test_names_that_differ_in_case_have_other_run_ids() -> None:
    assert identity(scenario="Haitao").run_id != identity(scenario="haitao").run_id


@given(st.text(max_size=400))
def test_every_name_is_one_plain_visible_short_part_of_a_path(name: str) -> None:
    safe = folder_name(name)
    assert safe
    assert safe[0] not in ".-"
    assert not any(character.isspace() for character in safe)
    assert safe[-1] not in ". "
    assert Path("results", safe).parent == Path("results")
    assert Path(safe).name == safe
    assert len(safe.encode()) <= 96
    assert not any(unicodedata.category(character) == "Cc" for character in safe)
    assert safe.split(".")[0].lower() not in {"con", "prn", "aux", "nul", "com1", "lpt1"}


@pytest.mark.parametrize(
    "change",
    [{"scenario": "other"}, {"scenario_hash": "cd"}, {"seed": 2}, {"replicates": 4}, {"days": 9}, {"version": "0.2"}],
)
def test_the_run_id_depends_on_every_field(change: dict[str, object]) -> None:
    assert identity(**change).run_id != identity().run_id


def test_the_run_id_is_short_and_lasting() -> None:
    assert identity().run_id == "024d03b5c3d1"
