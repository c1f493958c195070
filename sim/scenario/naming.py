"""The name of a resolved scenario: its own, or the world's with the policy file's."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from sim.errors import Problem, printable
from sim.scenario.changes import Change
from sim.scenario.tree import Entry, MappingNode, ScalarNode, Tree

LONGEST_NAME = 300


def with_name(tree: Tree, changes: Sequence[Change] = ()) -> Tree:
    """The tree with a `name` of its own.

    A name that stands in the file itself holds; a name that comes from a file below gets the file's stem, so that
    each policy over one world has its own results: `haitao` and `policies/recall.yaml` give `haitao recall`. Changes
    are added to the name, unless one of them is the name.
    """
    main_file = next(iter(tree.files))
    stem = tree.main.stem
    entry = tree.root.entries.get("name")
    if any(change.keys == ("name",) for change in changes):
        return tree
    labels = [change.label for change in changes]
    if entry is None:
        span = tree.root.span
        entry = Entry("name", span, _name([stem, *labels], ScalarNode(stem, stem, span)))
    elif isinstance(entry.node, ScalarNode) and isinstance(entry.node.value, str):
        own = [] if entry.key_span.place.file == main_file else [stem]
        if not own and not labels:
            return tree
        entry = replace(entry, node=_name([entry.node.value, *own, *labels], entry.node))
    entries = {"name": entry} | {key: other for key, other in tree.root.entries.items() if key != "name"}
    return replace(tree, root=MappingNode(entries, tree.root.span))


def _name(words: Sequence[str], node: ScalarNode) -> ScalarNode:
    name = " ".join(words)
    if len(words) > 1 and len(name) > LONGEST_NAME:
        name = name[: LONGEST_NAME - 1] + "…"
    return replace(node, value=name, text=name, is_plain=False)


def shared_names(trees: Iterable[Tree]) -> Iterator[Problem]:
    """A warning for each file whose own `name` is that of a file before it."""
    first: dict[object, str] = {}
    for tree in trees:
        file, entry = next(iter(tree.files)), tree.root.entries["name"]
        if not isinstance(entry.node, ScalarNode):
            continue
        other = first.setdefault(entry.node.value, file)
        if other != file and entry.key_span.place.file == file:
            span = entry.node.span
            message = f"`name` is that of {printable(other, 200)} too: both are stored in one folder"
            hint = "remove the line where the file extends another: its own name is then added to the world's"
            yield Problem(message, span.place, span.length, hint=hint, severity="warning")
