from __future__ import annotations

import os
from pathlib import Path

import pytest

from sim.errors import ScenarioError
from sim.scenario.layering import MAX_LEVELS, find_project_root, load_layers
from sim.scenario.tree import ScalarNode


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "project"
    root.mkdir()
    (root / ".sim-root").touch()
    monkeypatch.chdir(root)
    return root


def write(folder: Path, **files: str) -> None:
    for name, text in files.items():
        path = folder / f"{name.replace('__', '/')}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def test_mappings_merge_by_key_and_null_removes(project: Path) -> None:
    write(
        project,
        world="name: world\nchannels:\n  store: {signups: 90, quality: 1}\n  paid: {price: 9}\nlist: [1, 2]\n",
        policies__p="extends: ../world.yaml\nname: p\nchannels:\n  store: {quality: 2}\n  paid: null\n"
        "list: [3]\nnew: {a: 1}\n",
    )
    tree = load_layers("policies/p.yaml")
    assert tree.plain() == {
        "name": "p",
        "channels": {"store": {"signups": 90, "quality": 2}},
        "list": [3],
        "new": {"a": 1},
    }
    assert list(tree.plain()) == ["name", "channels", "list", "new"]


def test_values_keep_the_place_that_they_came_from(project: Path) -> None:
    write(project, world="a: 1\nb: {c: 2, d: 3}\n", p="extends: world.yaml\nb:\n  c: 4\n")
    tree = load_layers("p.yaml")
    places = {
        path: str(node.span.place)
        for path in (("a",), ("b", "c"), ("b", "d"))
        if isinstance(node := tree.node_at(path), ScalarNode)
    }
    assert places == {("a",): "world.yaml:1:4", ("b", "c"): "p.yaml:3:6", ("b", "d"): "world.yaml:2:14"}
    assert list(tree.files) == ["p.yaml", "world.yaml"]
    assert tree.main == project / "p.yaml"


def test_later_files_of_a_list_lie_over_earlier_ones_and_the_file_over_all(project: Path) -> None:
    write(
        project,
        a="x: a\ny: a\nz: a\n",
        b="x: b\ny: b\n",
        p="extends: [a.yaml, b.yaml]\nx: p\n",
    )
    assert load_layers("p.yaml").plain() == {"x": "p", "y": "b", "z": "a"}


def test_a_file_reached_twice_counts_once(project: Path) -> None:
    write(
        project,
        base="x: base\ny: base\n",
        a="extends: base.yaml\nx: a\n",
        b="extends: base.yaml\ny: b\n",
        p="extends: [a.yaml, b.yaml]\n",
    )
    assert load_layers("p.yaml").plain() == {"x": "a", "y": "b"}


def test_null_of_a_middle_layer_removes_from_the_layers_below(project: Path) -> None:
    write(project, base="x: {k: 1, l: 2}\n", mix="x: {k: null}\n", p="extends: [base.yaml, mix.yaml]\ny: 3\n")
    assert load_layers("p.yaml").plain() == {"x": {"l": 2}, "y": 3}


def test_a_new_value_does_not_keep_the_range_and_source_of_the_old_one(project: Path) -> None:
    write(
        project,
        world="share: {value: 6%, low: 3%, high: 9%, source: Batch 2025}\nother: {value: 6%, low: 3%, high: 9%}\n",
        p="extends: world.yaml\nshare: {value: 8%}\nother: {source: own guess}\n",
    )
    assert load_layers("p.yaml").plain() == {
        "share": {"value": "8%"},
        "other": {"value": "6%", "low": "3%", "high": "9%", "source": "own guess"},
    }


def test_dates_replace_what_is_not_dated_and_merge_with_dates(project: Path) -> None:
    write(
        project,
        world="a: {value: 6%}\nb: {2026-01-01: 1, 2026-02-01: 2}\nc: {2026-01-01: 1}\n",
        p="extends: world.yaml\na: {2026-01-01: 5%}\nb: {2026-02-01: 3}\nc: {value: 4}\n",
    )
    assert load_layers("p.yaml").plain() == {
        "a": {"2026-01-01": "5%"},
        "b": {"2026-01-01": 1, "2026-02-01": 3},
        "c": {"value": 4},
    }


def test_levels_are_limited(project: Path) -> None:
    write(project, f0="x: 0\n")
    for i in range(1, 100):
        write(project, **{f"f{i}": f"extends: f{i - 1}.yaml\n"})
    assert load_layers(f"f{MAX_LEVELS - 1}.yaml").plain() == {"x": 0}
    with pytest.raises(ScenarioError) as caught:
        load_layers("f99.yaml")
    assert "`extends` goes through more than 16 levels: f99.yaml → f98.yaml → f97.yaml → …" in str(caught.value)


def test_number_and_size_of_files_are_limited(project: Path) -> None:
    names = [f"f{i}" for i in range(40)]
    write(project, **dict.fromkeys(names, "x: 1\n"))
    write(project, p=f"extends: [{', '.join(f'{name}.yaml' for name in names)}]\n")
    with pytest.raises(ScenarioError, match="`extends` reaches more than 32 files"):
        load_layers("p.yaml")
    write(project, **{f"big{i}": f"x{i}: {'y' * 900_000}\n" for i in range(3)})
    write(project, q="extends: [big0.yaml, big1.yaml, big2.yaml]\n")
    with pytest.raises(ScenarioError, match="`extends` reaches files of more than 2 MiB together"):
        load_layers("q.yaml")


def test_symbolic_link_out_of_the_project_is_refused(project: Path) -> None:
    write(project.parent, secret="x: 1\n")
    os.symlink(project.parent / "secret.yaml", project / "link.yaml")
    os.symlink(project.parent, project / "up")
    write(project, p="extends: link.yaml\n", q="extends: up/secret.yaml\n")
    for name in ("p.yaml", "q.yaml"):
        with pytest.raises(ScenarioError, match="lies outside of the project"):
            load_layers(name)


def test_symbolic_link_within_the_project_is_followed(project: Path) -> None:
    write(project, worlds__w="x: 1\n", p="extends: link.yaml\n")
    os.symlink(project / "worlds" / "w.yaml", project / "link.yaml")
    assert load_layers("p.yaml").plain() == {"x": 1}


def test_loop_through_a_link_is_found(project: Path) -> None:
    write(project, p="extends: link.yaml\n")
    os.symlink(project / "p.yaml", project / "link.yaml")
    with pytest.raises(ScenarioError, match="extends itself"):
        load_layers("p.yaml")


def test_a_pipe_is_not_waited_for(project: Path) -> None:
    os.mkfifo(project / "pipe.yaml")
    write(project, p="extends: pipe.yaml\n")
    with pytest.raises(ScenarioError, match=r"pipe\.yaml is not a regular file"):
        load_layers("p.yaml")


def test_project_root_is_the_nearest_marked_folder_else_the_one_above(project: Path) -> None:
    assert find_project_root(project / "a" / "b" / "x.yaml") == project
    unmarked = project.parent / "loose" / "policies"
    unmarked.mkdir(parents=True)
    assert find_project_root(unmarked / "x.yaml") == project.parent / "loose"


def test_same_result_from_any_working_folder(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(project, world="a: 1\n", policies__p="extends: ../world.yaml\nb: 2\n")
    first = load_layers("policies/p.yaml")
    monkeypatch.chdir(project.parent.parent)
    second = load_layers(project / "policies" / "p.yaml")
    assert first.plain() == second.plain() == {"a": 1, "b": 2}
