"""Scenario names as folder names that every file system takes."""

from __future__ import annotations

import hashlib
import re
import unicodedata

_MAX_BYTES = 96  # leaves room below the 255 bytes that most file systems allow, and in short Windows paths
_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\..*)?", re.IGNORECASE)
_FORBIDDEN = frozenset('/\\:*?"<>|')
_JOINERS = frozenset("\u200c\u200d")  # part of Persian words and of emoji; the other format characters only deceive


def folder_name(name: str) -> str:
    """The name itself where it is safe, in any script; else a safe form of it with a hash of the name.

    Spaces become `-`, so that a path can be pasted into a shell. Never empty, hidden or reserved, never a path, at most
    96 bytes. The hash keeps apart names that have the same safe form. Names that differ only in case, or in spaces and
    `-`, may share a folder; the run ids in it still differ.
    """
    normal = unicodedata.normalize("NFC", name)
    safe = "".join("_" if _is_unsafe(character) else character for character in normal).strip()
    safe = safe.rstrip(". ")  # Windows drops them in silence
    if safe.startswith((".", "-", "~")):
        safe = "_" + safe[1:]
    if safe == normal and safe and len(safe.encode()) <= _MAX_BYTES and not _RESERVED.fullmatch(safe):
        return re.sub(r"\s", "-", safe)
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    stem = _cut(safe.split(".")[0] if _RESERVED.fullmatch(safe) else safe)
    return re.sub(r"\s", "-", f"{stem}~{digest}")


def _is_unsafe(character: str) -> bool:
    """True for what some file system refuses or what no reader can see."""
    if character in _FORBIDDEN:
        return True
    category = unicodedata.category(character)
    return (category[0] == "C" and character not in _JOINERS) or category in ("Zl", "Zp")


def _cut(text: str) -> str:
    """The longest start of the text that fits, hash included, without half a character."""
    return text.encode()[: _MAX_BYTES - 9].decode(errors="ignore").rstrip(". ") or "_"
