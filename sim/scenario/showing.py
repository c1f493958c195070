"""The resolved scenario as YAML text that reads back as the same tree, and its hash."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from typing import Any

from sim.scenario.reading import read_yaml
from sim.scenario.tree import ListNode, MappingNode, Node, ScalarNode, Tree, plain

# What stands without quotes: no YAML sign at the start, no ": " or " #" inside, no space at an end. Texts that would
# read as a number, null or a truth value are caught by reading them back.
_SAFE_TEXT = re.compile(r"[^\W_](?:[\w%+./()=<>; -]*[\w%+./()])?|[^\W_]")
_NOT_RAW = re.compile("[^\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")


def show(tree: Tree, places: bool = False) -> str:
    """The tree as YAML; with `places`, each value ends with the file and line that it came from."""
    return "".join(f"{line}\n" for line in _lines(tree.root, 0, places))


def resolved_hash(tree: Tree) -> str:
    """A hash of the resolved content, where order counts: 32 hexadecimal digits of BLAKE2b.

    A file that is known by the hash of its content counts by that, whatever it is called.
    """
    text = json.dumps(_without_file_names(tree.plain()), ensure_ascii=True, separators=(",", ":"), allow_nan=True)
    return hashlib.blake2b(text.encode("ascii"), digest_size=16).hexdigest()


def _without_file_names(content: Any) -> Any:
    if isinstance(content, dict):
        is_hashed = "sha256" in content
        return {k: _without_file_names(v) for k, v in content.items() if not (is_hashed and k == "file")}
    return [_without_file_names(item) for item in content] if isinstance(content, list) else content


def _lines(node: Node, indent: int, places: bool) -> Iterator[str]:
    """The lines of a mapping or list that is not empty."""
    pad = "  " * indent
    if isinstance(node, MappingNode):
        for key, entry in node.entries.items():
            yield from _item_lines(f"{pad}{_key_text(key)}:", entry.node, indent, places)
    elif isinstance(node, ListNode):
        for item in node.items:
            yield from _item_lines(f"{pad}-", item, indent, places)


def _item_lines(start: str, node: Node, indent: int, places: bool) -> Iterator[str]:
    if isinstance(node, ScalarNode):
        yield f"{start} {_scalar_text(node)}{_comment(node, places)}"
    elif isinstance(node, MappingNode) and not node.entries:
        yield f"{start} {{}}{_comment(node, places)}"
    elif isinstance(node, ListNode) and not node.items:
        yield f"{start} []{_comment(node, places)}"
    else:
        yield start
        yield from _lines(node, indent + 1, places)


def _comment(node: Node, places: bool) -> str:
    return f"  # {_NOT_RAW.sub('�', node.span.place.of_line)}" if places else ""


def _key_text(key: str) -> str:
    return key if _SAFE_TEXT.fullmatch(key) else _quoted(key)


def _scalar_text(node: ScalarNode) -> str:
    if not isinstance(node.value, str):
        return node.text if node.text else "null"
    is_safe = _SAFE_TEXT.fullmatch(node.value) and _reads_as_text(node.value)
    return node.value if is_safe else _quoted(node.value)


def _reads_as_text(text: str) -> bool:
    if not text[0].isdigit() and text.lower() not in ("true", "false", "null"):
        return True
    if re.fullmatch(r"0[0-9]+(\.[0-9]*)?", text):
        return False
    return bool(plain(read_yaml(f"v: {text}", "")) == {"v": text})


def _quoted(text: str) -> str:
    """A double-quoted scalar on one line; what YAML does not take raw is escaped."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    return f'"{_NOT_RAW.sub(lambda match: _escape(ord(match[0])), escaped)}"'


def _escape(code: int) -> str:
    return f"\\u{code:04X}" if code <= 0xFFFF else f"\\U{code:08X}"
