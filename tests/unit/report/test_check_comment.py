"""What a check found, as a comment in Markdown: a sentence, a table, folded detail, links to charts."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import replace
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from sim.analysis.verdicts import Cause, CheckReport, DrawnChart
from sim.errors import printable
from sim.report.check_formats import FORMATS
from sim.report.check_markdown import HOW_TO_ACCEPT, MOST_CHARACTERS, MOST_LINKS, MOST_ROWS, escaped
from sim.report.check_wording import headline
from tests.unit.report.made_up_checks import (
    BAD,
    CAUSE,
    DRAWN,
    FAILS,
    FILE,
    GOOD,
    MOVED,
    NASTY,
    UNDECIDED,
    UNUSABLE,
    WARNS,
    named,
    of,
)

as_markdown = FORMATS["markdown"]
MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])


def rendered(markdown: str) -> str:
    return str(MARKDOWN.render(markdown))


def plain(html: str) -> str:
    """The text that a reader sees: tags gone, entities read, the invisible break of mentions gone."""
    text = re.sub(r"<[^>]*>", "", html).replace("\u200b", "")
    for entity, character in (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&amp;", "&")):
        text = text.replace(entity, character)
    return text


def cells(html: str) -> list[list[str]]:
    """Every row of every table, as its reader sees it."""
    rows = re.findall(r"<tr>(.*?)</tr>", html, flags=re.DOTALL)
    return [[plain(cell) for cell in re.findall(r"<t[hd]>(.*?)</t[hd]>", row, flags=re.DOTALL)] for row in rows]


def test_no_comment_where_nothing_moved_and_all_passes() -> None:
    assert as_markdown(GOOD) == ""


def test_the_comment_has_a_sentence_a_table_and_folded_detail() -> None:
    html = rendered(as_markdown(BAD))
    before, _, folded = html.partition("<details>")
    assert plain(before).strip().startswith(headline(BAD) + ".")
    shown = cells(before)
    assert shown[0] == ["", "Check", "Measured", "Allowed", "Moved by"]
    assert [row[0] for row in shown[1:]] == ["❌ fails", "❔ inconclusive", "⚠️ warns"]
    assert shown[1][4] == "policy: policy.rules.recall.do.coupon.off: 20 CNY → 60 CNY (policies/recall.yaml:14)"
    assert "sim check --accept" in before
    assert "sim compare results/baselines/haitao/scenario.yaml policies/today.yaml" in before
    assert "sim check --accept" not in as_markdown(of(WARNS))
    assert folded.count("</details>") == 2
    assert ["✅ passes", "haitao: users as accepted", "20,102 persons, unchanged"] in [row[:3] for row in cells(folded)]
    assert ["haitao", "2026-11-02 Wang Li", "prices of the new supplier", "2027-01-01", "0.1.0"] in cells(folded)


def test_the_heading_says_the_confidence_that_all_rows_share() -> None:
    same, mixed = (cells(rendered(as_markdown(of(FAILS, other)))) for other in (MOVED, UNDECIDED))
    assert same[0][2] == "Measured (98.75% interval)"
    assert same[1][2] == "−3.1% (−3.4 to −2.8%), 5,812,000 → 5,631,828 CNY"
    assert mixed[0][2] == "Measured"
    assert mixed[1][2] == "−3.1% (98.75% interval −3.4 to −2.8%), 5,812,000 → 5,631,828 CNY"


def test_causes_that_rows_share_are_numbered_below_the_table() -> None:
    other = Cause("engine", "sim 0.1.0 → 0.2.0")
    many = of(FAILS, replace(FAILS, name="second", moved_by=(CAUSE, other)), UNDECIDED)
    html = rendered(as_markdown(many)).partition("<details>")[0]
    assert [row[4] for row in cells(html)] == ["Moved by", "1", "1, 2", ""]
    listed = [plain(item) for item in re.findall(r"<li>(.*?)</li>", html)]
    assert listed == [f"policy: {CAUSE.text} (policies/recall.yaml:14)", "engine: sim 0.1.0 → 0.2.0"]


def test_more_causes_than_can_be_read_are_counted() -> None:
    causes = tuple(Cause("policy", f"line {i}") for i in range(25))
    (cell,) = [row[4] for row in cells(rendered(as_markdown(of(replace(FAILS, moved_by=causes)))))[1:2]]
    assert cell.endswith("policy: line 2and 22 more")
    html = rendered(as_markdown(of(*(replace(FAILS, name=name, moved_by=causes) for name in "ab"))))
    assert re.findall(r"<li>(.*?)</li>", html)[-2:] == ["policy: line 19", "and 5 more"]


def test_bad_input_is_a_comment_of_its_own() -> None:
    assert cells(rendered(as_markdown(UNUSABLE)))[1] == [
        f"{FILE}:8",
        "unknown key `metrc` in `recall pays`",
        "allowed: metric, of, againstdid you mean: metric?",
    ]


def test_names_stay_names() -> None:
    html = rendered(as_markdown(named(NASTY)))
    tags = Counter(re.findall(r"<(\w+)", html))
    assert set(tags) == {
        "p", "strong", "table", "thead", "tbody", "tr", "th", "td", "details", "summary", "sub", "br", "span", "code"
    }  # fmt: skip
    assert tags["code"] == HOW_TO_ACCEPT.count("`") / 2
    seen = " ".join(printable(NASTY, 120).split())
    rows = cells(html)
    assert seen in rows[1][1]
    assert not re.search(r"[@#]\w|gh-\d", re.sub(r"&#?\w+;", "", html), flags=re.IGNORECASE)
    assert not re.search(r"://|www\.", as_markdown(named(NASTY)))


@given(st.text(max_size=60))
def test_any_text_is_shown_as_it_is(text: str) -> None:
    name = " ".join(printable(text).split())
    html = rendered(f"| a |\n| --- |\n| **{escaped(name)}** |\n")
    assert set(re.findall(r"<(\w+)", html)) <= {"table", "thead", "tbody", "tr", "th", "td", "strong", "span"}
    if name and name != "�":
        assert cells(html)[1] == [name.replace("\u200b", "")]


def test_an_unescaped_name_is_seen_by_these_tests() -> None:
    html = rendered(f"| a |\n| --- |\n| {NASTY.splitlines()[0].replace('|', ' ')} |\n")
    assert {"em", "code", "a", "b"} <= set(re.findall(r"<(\w+)", html))


def charted(*charts: DrawnChart) -> str:
    return as_markdown(replace(BAD, charts=charts))


def links(markdown: str) -> list[tuple[str, str]]:
    """Where each link of the comment leads, and its text as its reader sees it."""
    found = re.findall(r'<a href="([^"]*)">(.*?)</a>', rendered(markdown))
    return [(href.replace("&amp;", "&"), plain(text)) for href, text in found]


def test_charts_are_linked_by_url_or_by_path_below_the_table() -> None:
    other = replace(DRAWN, title="differences over time of 海淘 today", url="https://c.example/17#a/%E6%B7%98.png")
    line = (
        "Charts: [differences of 海淘 today](charts/%E6%B5%B7%E6%B7%98-today/accepted/differences.png), "
        "[differences over time of 海淘 today](https://c.example/17#a/%E6%B7%98.png)."
    )
    blocks = charted(DRAWN, other).split("\n\n")
    assert blocks.index(line) == next(i for i, block in enumerate(blocks) if block.startswith("What moved,")) - 1
    assert blocks[: blocks.index(line)] == as_markdown(BAD).split("\n\n")[: blocks.index(line)]
    assert "Charts" not in as_markdown(BAD)
    assert as_markdown(replace(GOOD, charts=(DRAWN,))) == ""


def test_links_to_charts_are_counted_where_there_are_many() -> None:
    found = charted(*(replace(DRAWN, url=f"https://c.example/{i}.png") for i in range(MOST_LINKS + 3)))
    assert len(links(found)) == MOST_LINKS
    assert ", and 3 more.\n" in found


@pytest.mark.parametrize(
    "nasty",
    [NASTY, "a](https://e.vil) ![x](y", "a) b", "<script>", "\\](x)", "[a] (b) \udcff"],
    ids=["all", "link", "bracket", "tag", "backslash", "no text"],
)
def test_no_name_breaks_out_of_a_link(nasty: str) -> None:
    base = f"https://c.example/{nasty}"
    (href, text), (file, _) = links(charted(*(replace(DRAWN, title=nasty, file=nasty, url=url) for url in (base, ""))))
    assert text == " ".join(printable(nasty, 200).split())
    assert unquote(href) == unquote(base.encode(errors="replace").decode())
    assert unquote(file) == nasty.encode(errors="replace").decode()


def test_charts_stand_in_text_and_json() -> None:
    report = replace(BAD, charts=(DRAWN,))
    content = json.loads(FORMATS["json"](report))
    assert list(content)[-1] == "charts"
    assert content["charts"] == [
        {"title": DRAWN.title, "scenario": "海淘 today", "against": None, "file": DRAWN.file, "url": ""}
    ]
    assert json.loads(FORMATS["json"](BAD))["charts"] == []
    assert f"\n\ncharts\n      {DRAWN.file}\n\n" in FORMATS["text"](report)
    assert "charts" not in FORMATS["text"](BAD)


def test_a_long_report_fits_into_a_comment() -> None:
    many = CheckReport(tuple(replace(FAILS, name=f"{'新' * 100} {i}") for i in range(400)), (), "0.1.0")
    comment = as_markdown(many)
    assert len(comment) <= MOST_CHARACTERS
    assert f"and {400 - MOST_ROWS} more" in comment
    assert "too many measured values" in comment
