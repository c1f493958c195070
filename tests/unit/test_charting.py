"""Where the charts of a check stand: each pair in a folder of its own, read below a URL."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import pytest

from sim.checks.charting import Gallery, free_place


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("", ""),
        ("https://c.example/17", "https://c.example/17/%E5%BA%97-a/b%20%28c%29.png"),
        ("https://c.example/17/", "https://c.example/17/%E5%BA%97-a/b%20%28c%29.png"),
        ("https://c.example/17#charts", "https://c.example/17#charts/%E5%BA%97-a/b%20%28c%29.png"),
    ],
)
def test_a_path_in_any_script_is_read_below_the_url(url: str, found: str) -> None:
    assert Gallery(Path("charts"), url).url_of(PurePosixPath("店-a", "b (c).png")) == found


def test_pairs_whose_names_give_one_folder_have_their_own() -> None:
    taken: set[str] = set()
    names = ("shop/accepted", "Shop/accepted", "shop/accepted", "shop/against-x")
    found = [str(free_place(PurePosixPath(name), taken)) for name in names]
    assert found == ["shop/accepted", "Shop/accepted-2", "shop/accepted-3", "shop/against-x"]
