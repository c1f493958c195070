"""Where two scenarios differ, and what is told of it beside a comparison."""

from __future__ import annotations

from contextlib import suppress
from itertools import pairwise
from pathlib import Path

import pytest

from sim.errors import ScenarioError
from sim.pipeline import LoadedScenario, load, variant
from sim.scenario.contrasts import Contrast, contrasts, contrasts_as_written, doubts_of_comparison, listed
from sim.scenario.reading import read_yaml

WORLD = """\
name: shop
start: 2026-01-01
horizon: 40 days
currency: CNY
market:
  size: 1_000 persons
  segments: {parents: {share: 60%}, others: {share: 40%}}
channels:
  ads: {kind: paid, price: 2 CNY / click, funnel: {register: 50%}}
  past: {kind: history, signups: {2026-01-01: 5, 2026-01-03: 7}}
onboarding: {steps: {profile: {pass: 60%}, first order: {pass: 20%}}}
retention: {default: {d1: 30%, d30: 10%}}
orders:
  per_active_day: {value: 10%, low: 5%, high: 15%, source: a guess}
  basket: {mean: 100 CNY}
  margin: {2026-01-01: 24%, 2026-01-20: {value: 20%, low: 18%, high: 22%}}
media: {push: {open: 4%}, sms: {open: 19%, price: 0.05 CNY}}
response: {message: {brings_back: {value: 6%, low: 2%, high: 12%}, wakes: 1.5}}
policy:
  budgets: {ads: 60 CNY / day}
  audiences: {quiet: days_inactive >= 7 and spend > 20}
  rules:
    push: {when: {inactive_for: 7 days}, do: {message: push}}
    sms: {when: {every: 14 days}, who: quiet, do: {message: sms}, limits: {holdout: 10%}}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / ".sim-root").touch()
    (tmp_path / "today.yaml").write_text(WORLD, encoding="utf-8")
    return tmp_path


def layered(folder: Path, name: str, text: str | None = None, *changes: str) -> LoadedScenario:
    """A file over today's, with changes."""
    if text is not None:
        (folder / name).write_text(f"extends: today.yaml\n{text}", encoding="utf-8")
    return load(folder / name, changes)


def edited(folder: Path, old: str, new: str) -> list[Contrast]:
    """What differs when one place of the file is written otherwise."""
    assert WORLD.count(old) == 1
    (folder / "edited.yaml").write_text(WORLD.replace(old, new), encoding="utf-8")
    return contrasts(load(folder / "today.yaml"), load(folder / "edited.yaml"))


def said(found: list[Contrast]) -> list[tuple[str, str, str | None, str | None]]:
    return [(one.kind, one.name, one.left, one.right) for one in found]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("name: shop", "name: other shop\ntitle: Another"),
        ("horizon: 40 days", "horizon: 40 days   # a comment"),
        ("d1: 30%, d30: 10%", "d30: 0.1, d1: 0.30"),
        ("14 days", "2 weeks"),
        ("60 CNY / day", "420 CNY / week"),
        ("60 CNY / day", "{2026-01-01: 60 CNY / day}"),
        ("60 CNY / day", "{2026-01-01: 60 CNY / day, 2026-01-09: 60 CNY / day}"),
        ("inactive_for: 7 days", "inactive_for: [1 week]"),
        ("days_inactive >= 7 and spend > 20", "days_inactive>=7 and (spend > 20.0)"),
        ("who: quiet", 'who: audience("quiet")'),
        ("wakes: 1.5", "wakes: 150%, wakes_half_life: 7 days"),
        ("{parents: {share: 60%}, others: {share: 40%}}", "{others: {share: 40%}, parents: {share: 60%, orders: 1}}"),
        ("limits: {holdout: 10%}", "limits: {holdout: 10%, choose_by: chance}"),
        ("policy:\n", "policy:\n  contact: {}\n  campaigns: {}\n"),
    ],
)
def test_other_words_for_the_same_are_no_change(folder: Path, old: str, new: str) -> None:
    assert said(edited(folder, old, new)) == []


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("60 CNY / day", "90 CNY / day", ("policy", "policy.budgets.ads", "60 CNY / day", "90 CNY / day")),
        ("wakes: 1.5", "wakes: 2", ("assumption", "response.message.wakes", "1.5", "2")),
        (", wakes: 1.5", "", ("assumption", "response.message.wakes", "1.5", None)),
        ("{value: 6%, low: 2%, high: 12%}", "9%", ("assumption", "response.message.brings_back", "6%", "9%")),
        ("40 days", "60 days", ("horizon", "horizon", "40 days", "60 days")),
        (
            "low: 5%, high: 15%, source: a guess",
            "low: 8%, high: 0.12, source: measured",
            ("evidence", "orders.per_active_day", "10%", "10%"),
        ),
        (
            ", low: 18%, high: 22%}",
            "}",
            (
                "evidence",
                "orders.margin",
                "{2026-01-01: 24%, 2026-01-20: {value: 20%, low: 18%, high: 22%}}",
                "{2026-01-01: 24%, 2026-01-20: {value: 20%}}",
            ),
        ),
        (
            "2026-01-20: {value: 20%, low: 18%, high: 22%}",
            "2026-02-01: 20%",
            (
                "assumption",
                "orders.margin",
                "{2026-01-01: 24%, 2026-01-20: {value: 20%, low: 18%, high: 22%}}",
                "{2026-01-01: 24%, 2026-02-01: 20%}",
            ),
        ),
        (
            "{every: 14 days}",
            "{inactive_for: [7 days, 30 days]}",
            ("policy", "policy.rules.sms.when", "{every: 14 days}", "{inactive_for: [7 days, 30 days]}"),
        ),
        (
            "push: {when: {inactive_for: 7 days}, do: {message: push}}",
            "",
            ("policy", "policy.rules.push", "{when: {inactive_for: 7 days}, do: {message: push}}", None),
        ),
        ("spend > 20", "spend > 30", (
            "policy",
            "policy.audiences.quiet",
            "days_inactive >= 7 and spend > 20",
            "days_inactive >= 7 and spend > 30",
        )),
        ("2026-01-03: 7", "2026-01-03: 8", (
            "assumption",
            "channels.past.signups",
            "{2026-01-01: 5, 2026-01-03: 7}",
            "{2026-01-01: 5, 2026-01-03: 8}",
        )),
    ],
)  # fmt: skip
def test_each_change_is_told_once(folder: Path, old: str, new: str, expected: tuple[str, ...]) -> None:
    assert said(edited(folder, old, new)) == [expected]


def test_evidence_is_told_beside_the_value(folder: Path) -> None:
    (one,) = edited(folder, "low: 5%, high: 15%, source: a guess", "low: 8%, high: 0.12, source: measured")
    assert (one.left_evidence, one.right_evidence) == (("5% to 15%", "a guess"), ("8% to 0.12", "measured"))
    (one,) = edited(folder, "{value: 6%, low: 2%, high: 12%}", "9%")
    assert (one.left_evidence, one.right_evidence) == (("2% to 12%", None), (None, None))
    (one,) = edited(folder, ", low: 18%, high: 22%}", "}")
    assert (one.left_evidence, one.right_evidence) == (("2026-01-20: 18% to 22%", None), (None, None))
    (one,) = edited(folder, "2026-01-20: {value: 20%, low: 18%, high: 22%}", "2026-02-01: {value: 20%, source: x}")
    assert (one.left_evidence, one.right_evidence) == ((None, None), (None, None))


def test_the_order_counts_where_things_act_in_order(folder: Path) -> None:
    rules = WORLD[WORLD.index("    push:") :].splitlines()
    found = edited(folder, "\n".join(rules), "\n".join(reversed(rules)))
    assert said(found) == [("policy", "policy.rules", "push, sms", "sms, push")]
    assert found[0].is_order
    node = found[0].right_node
    assert node is not None
    assert list(node.entries) == ["sms", "push"]  # type: ignore[union-attr]
    steps = edited(folder, "profile: {pass: 60%}, first order: {pass: 20%}",
                   "first order: {pass: 20%}, profile: {pass: 60%}")  # fmt: skip
    assert said(steps) == [("assumption", "onboarding.steps", "profile, first order", "first order, profile")]
    assert steps[0].is_order


def test_a_change_says_where_it_stands(folder: Path) -> None:
    (one,) = edited(folder, "60 CNY / day", "{value: 90 CNY / day, source: a plan}")
    line = WORLD[: WORLD.index("60 CNY")].count("\n") + 1
    assert one.left_place is not None
    assert one.right_place is not None
    assert (one.left_place.line, one.left_place.column) == (line, 18)
    assert (one.right_place.line, one.right_place.column) == (line, 26)
    (added,) = edited(folder, "  rules:\n", "  rules:\n    new: {when: {every: 7 days}, do: {message: push}}\n")
    assert added.left_place is None
    assert added.left_node is None
    assert added.right_place is not None
    assert added.right_place.column == 5


def test_a_whole_policy_is_one_change_for_each_of_its_parts(folder: Path) -> None:
    (folder / "bare.yaml").write_text(WORLD[: WORLD.index("policy:")], encoding="utf-8")
    found = contrasts(load(folder / "bare.yaml"), load(folder / "today.yaml"))
    names = ["policy.budgets.ads", "policy.audiences.quiet", "policy.rules.push", "policy.rules.sms"]
    assert [one.name for one in found] == names


def test_the_content_of_files_is_data(folder: Path) -> None:
    (folder / "past.csv").write_text("date,signups\n2026-01-01,5\n2026-01-03,7\n", encoding="utf-8")
    inline = "{2026-01-01: 5, 2026-01-03: 7}"
    assert said(edited(folder, inline, "{file: past.csv}")) == []
    (folder / "past.csv").write_text("date,signups\n2026-01-01,5\n2026-01-03,9\n", encoding="utf-8")
    ((kind, name, left, right),) = said(edited(folder, inline, "{file: past.csv}"))
    assert (kind, name, left) == ("data", "channels.past.signups", inline)
    assert right is not None
    assert right.startswith("past.csv (2 rows, ")


def test_first_users_are_known_by_their_content(folder: Path) -> None:
    header = "days_since_signup,days_inactive,active_days,segment,channel\n"
    (folder / "a.csv").write_text(header + "30,3,5,parents,ads\n", encoding="utf-8")
    (folder / "b.csv").write_text(header + "30,3,5,parents,ads\n", encoding="utf-8")
    one = layered(folder, "one.yaml", "market: {first_users: {file: a.csv}}\n")
    two = layered(folder, "two.yaml", "market: {first_users: {file: b.csv}}\n")
    assert said(contrasts(one, two)) == []
    (folder / "b.csv").write_text(header + "31,3,5,parents,ads\n", encoding="utf-8")
    ((kind, name, left, _),) = said(contrasts(one, load(folder / "two.yaml")))
    assert (kind, name) == ("data", "market.first_users")
    assert left is not None
    assert left.startswith("a.csv (sha256 ")


def test_trees_that_were_not_checked_are_compared_as_they_are_written() -> None:
    def told(left: str, right: str) -> list[tuple[str, str | None, str | None]]:
        found = contrasts_as_written(read_yaml(left, "a"), read_yaml(right, "b"))
        return [(one.name, one.left, one.right) for one in found]

    assert told("{a: 1, b: {value: 6%}}", "{b: 6%, a: 1}") == []
    assert told("b: {value: 6%, source: x}", "b: 6%") == [("b", "6%", "6%")]
    assert told("a: {b.c: 1, d: 2}", "a: {b.c: 3}") == [('a."b.c"', "1", "3"), ("a.d", "2", None)]
    assert told("a: [1, 2]", "a: {x: 1, y: 2}") == [("a", "[1, 2]", "{x: 1, y: 2}")]


def test_a_policy_that_changes_the_world_is_told_and_one_that_does_not_is_not(folder: Path) -> None:
    today = layered(folder, "today.yaml")
    recall = layered(folder, "recall.yaml", "title: x\npolicy: {budgets: {ads: 20 CNY / day}}\n")
    rosy = layered(folder, "rosy.yaml", "response: {message: {brings_back: 60%}}\nmedia: {mail: {open: 1%}}\n")
    known = layered(folder, "known.yaml", "orders: {per_active_day: 0.1}\n")
    assert doubts_of_comparison([today, recall, known]) == []
    assert doubts_of_comparison([today, recall, rosy]) == [
        "today and rosy differ outside `policy`: media.mail nothing / {open: 1%}; response.message.brings_back 6% / 60%"
    ]


def test_at_most_five_paths_are_listed() -> None:
    left, right = "{x: 0}", "{x: 0, a: 1, b: 1, c: 1, d: 1, e: 1, f: 1}"
    found = contrasts_as_written(read_yaml(left, "a"), read_yaml(right, "b"))
    assert listed(found[:5], "/").endswith("e nothing / 1")
    assert listed(found, "/").endswith("e nothing / 1 and 1 more")


def test_a_change_of_the_policy_that_moves_the_baseline_is_told(folder: Path) -> None:
    (folder / "recall.yaml").write_text("extends: today.yaml\ntitle: x\n", encoding="utf-8")
    names = ("today.yaml", "recall.yaml")
    of_policy = [layered(folder, name, None, "policy.budgets.ads=20 CNY / day") for name in names]
    assert doubts_of_comparison(of_policy) == [
        "a change of `policy` changes the baseline too: policy.budgets.ads 60 CNY / day → 20 CNY / day in today as well"
    ]
    of_world = [layered(folder, name, None, "response.message.brings_back=3%") for name in names]
    assert doubts_of_comparison(of_world) == []
    same = [layered(folder, name, None, "policy.budgets.ads=60 CNY / day") for name in names]
    assert doubts_of_comparison(same) == []


CASES = ("core-users/policies/scale", "haitao/policies", "lunch/policies", "rfm/policies", "stages/policies")


@pytest.mark.parametrize("case", CASES)
def test_the_changes_laid_over_the_left_scenario_make_the_right_one(case: str, project_root: Path) -> None:
    first, *others = (load(file) for file in sorted((project_root / "scenarios" / case).glob("*.yaml")))
    for other in others:
        for left, right in ((first, other), (other, first)):
            found = contrasts(left, right)
            assert found != []
            assert contrasts(variant(left, {one.path: one.right_node for one in found}), right) == []
            for missed in found:  # half of some changes is no valid scenario
                with suppress(ScenarioError):
                    rest = {one.path: one.right_node for one in found if one is not missed}
                    assert [one.path for one in contrasts(variant(left, rest), right)] == [missed.path]


def test_what_differs_from_left_differs_from_right(project_root: Path) -> None:
    loaded = [load(file) for file in sorted((project_root / "scenarios").rglob("policies/**/[nrt]*.yaml"))]
    assert len(loaded) > 5
    for left, right in pairwise(loaded):
        assert contrasts(left, left) == []
        ways = [
            [(one.path, one.kind, one.is_order) for one in contrasts(*pair)] for pair in ((left, right), (right, left))
        ]
        assert sorted(ways[0]) == sorted(ways[1])
        assert len(ways[0]) == len(set(ways[0]))
