"""Trees between two scenarios: the changes that are chosen, in the places where they belong."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim import pipeline
from sim.analysis.shapley import coalitions
from sim.scenario.contrasts import contrasts
from sim.scenario.mixing import Mixing
from sim.scenario.tree import plain

ROOT = Path(__file__).resolve().parents[3]
BASE = """\
name: base
start: 2026-01-01
horizon: 30 days
currency: CNY
market: {size: 1_000 persons}
channels: {shop: {kind: organic, signups: 5 / day}}
retention: {default: {d1: 30%, d7: 17%, d30: 10%}}
orders: {per_active_day: 10%, basket: {mean: 100 CNY, spread: 0.5}, margin: 20%}
media: {push: {opt_in: 60%, open: 5%, price: 0 CNY}, sms: {opt_in: 80%, open: 19%, price: 0.05 CNY}}
"""
ONE = "{when: {inactive_for: 14 days}, do: {message: push}}"
TWO = "{when: {inactive_for: 21 days}, do: {message: sms}}"
THREE = "{when: {inactive_for: 28 days}, do: {message: sms}}"


def mixing_of(folder: Path, left: str, right: str) -> tuple[Mixing, pipeline.LoadedScenario, pipeline.LoadedScenario]:
    loaded = []
    for name, policy in (("left", left), ("right", right)):
        path = folder / f"{name}.yaml"
        path.write_text(BASE + policy, encoding="utf-8")
        loaded.append(pipeline.load(path))
    changes = tuple(one for one in contrasts(*loaded) if one.kind != "evidence")
    return Mixing(loaded[0].tree, loaded[1].tree, changes), loaded[0], loaded[1]


def rules_with(mixing: Mixing, *names: str) -> list[str]:
    """The rules, in their order, of the left tree with these changes."""
    chosen = [number for number, one in enumerate(mixing.changes) if ".".join(map(str, one.path)) in names]
    assert len(chosen) == len(names)
    policy = plain(mixing.tree(chosen).root).get("policy", {})
    return list(policy.get("rules", {}))


def test_all_changes_make_the_right_tree_and_none_the_left(tmp_path: Path) -> None:
    mixing, left, right = mixing_of(tmp_path, "", f"policy: {{rules: {{one: {ONE}, two: {TWO}}}}}\n")
    assert mixing.tree(range(len(mixing.changes))) is right.tree
    assert mixing.tree([]) is left.tree


def test_new_rules_stand_in_the_order_of_the_right_file(tmp_path: Path) -> None:
    right = f"policy: {{rules: {{one: {ONE}, two: {TWO}, three: {THREE}}}}}\n"
    mixing, _, _ = mixing_of(tmp_path, f"policy: {{rules: {{three: {THREE}}}}}\n", right)
    assert rules_with(mixing, "policy.rules.two") == ["two", "three"]
    assert rules_with(mixing, "policy.rules.one", "policy.rules.two") == ["one", "two", "three"]


def test_an_order_is_a_change_of_its_own(tmp_path: Path) -> None:
    left = f"policy: {{rules: {{one: {ONE}, two: {TWO}}}}}\n"
    right = f"policy: {{rules: {{two: {TWO}, three: {THREE}, one: {ONE}}}}}\n"
    mixing, _, _ = mixing_of(tmp_path, left, right)
    assert rules_with(mixing, "policy.rules.three") == ["one", "two", "three"]
    assert rules_with(mixing, "policy.rules") == ["two", "one"]
    assert rules_with(mixing, "policy.rules", "policy.rules.three") == ["two", "three", "one"]


def test_removed_rules_leave_one_by_one(tmp_path: Path) -> None:
    mixing, _, _ = mixing_of(tmp_path, f"policy: {{rules: {{one: {ONE}, two: {TWO}}}}}\n", "")
    assert rules_with(mixing, "policy.rules.one") == ["two"]
    assert rules_with(mixing, "policy.rules.two") == ["one"]


def test_a_value_within_a_rule_is_taken_alone(tmp_path: Path) -> None:
    other = ONE.replace("14 days", "10 days").replace("push", "sms")
    mixing, _, _ = mixing_of(tmp_path, f"policy: {{rules: {{one: {ONE}}}}}\n", f"policy: {{rules: {{one: {other}}}}}\n")
    names = [one.name for one in mixing.changes]
    assert names == ["policy.rules.one.when.inactive_for", "policy.rules.one.do.message"]
    rule = plain(mixing.tree([0]).root)["policy"]["rules"]["one"]
    assert rule == {"when": {"inactive_for": "10 days"}, "do": {"message": "push"}}


@pytest.mark.parametrize(
    "pair", ["haitao/policies/today haitao/policies/recall", "rfm/policies/nothing rfm/policies/one-for-all"]
)
def test_the_changes_of_a_mixture_are_those_that_were_chosen(pair: str) -> None:
    """What separates the left scenario from a mixture is exactly what the mixture was told to take."""
    left, right = (pipeline.load(ROOT / "scenarios" / f"{name}.yaml") for name in pair.split())
    changes = tuple(contrasts(left, right))
    mixing = Mixing(left.tree, right.tree, changes)
    for chosen in coalitions(len(changes))[1:-1][::7]:
        mixed = pipeline.checked(mixing.tree(chosen))
        assert {one.path for one in contrasts(left, mixed)} == {changes[number].path for number in chosen}
        assert {one.path for one in contrasts(mixed, right)} == {
            one.path for number, one in enumerate(changes) if number not in chosen
        }


def test_a_file_comes_with_the_change_that_names_it(tmp_path: Path) -> None:
    """First users are no part of the tree: a mixture has those of the side whose change it took."""
    for name, rows in (("few", 2), ("many", 5)):
        lines = [f"{20 + row},{row},2" for row in range(rows)]
        content = "\n".join(["days_since_signup,days_inactive,active_days", *lines])
        (tmp_path / f"{name}.csv").write_text(content + "\n", encoding="utf-8")

    def with_users(name: str) -> str:
        users = f"{{size: 1_000 persons, first_users: {{file: {name}.csv}}}}"
        return BASE.replace("{size: 1_000 persons}", users)

    paths = [tmp_path / "left.yaml", tmp_path / "right.yaml"]
    paths[0].write_text(with_users("few"), encoding="utf-8")
    paths[1].write_text(with_users("many").replace("margin: 20%", "margin: 30%"), encoding="utf-8")
    left, right = map(pipeline.load, paths)
    changes = tuple(contrasts(left, right))
    assert [one.name for one in changes] == ["market.first_users", "orders.margin"]
    mixing = Mixing(left.tree, right.tree, changes)
    for number, side in ((0, right), (1, left)):
        mixed = pipeline.checked(mixing.tree([number]))
        assert mixed.tree.attached == side.tree.attached
        assert mixed.scenario.market.first_users == side.scenario.market.first_users
