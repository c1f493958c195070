"""The name of a resolved scenario: its own, or the world's with the policy file's."""

from __future__ import annotations

from dataclasses import replace

from sim.scenario.tree import Entry, MappingNode, ScalarNode, Tree


def with_name(tree: Tree) -> Tree:
    """The tree with a `name` of its own.

    A name that stands in the file itself holds; a name that comes from a file below gets the file's stem, so that
    each policy over one world has its own results: `haitao` and `policies/recall.yaml` give `haitao recall`.
    """
    main_file = next(iter(tree.files))
    stem = tree.main.stem
    entry = tree.root.entries.get("name")
    if entry is None:
        span = tree.root.span
        entry = Entry("name", span, ScalarNode(stem, stem, span, is_plain=False))
    elif entry.key_span.place.file != main_file and isinstance(entry.node, ScalarNode):
        name = f"{entry.node.value} {stem}"
        entry = replace(entry, node=replace(entry.node, value=name, text=name, is_plain=False))
    else:
        return tree
    entries = {"name": entry} | {key: other for key, other in tree.root.entries.items() if key != "name"}
    return replace(tree, root=MappingNode(entries, tree.root.span))
