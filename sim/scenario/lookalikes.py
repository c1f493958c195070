"""What a Chinese input method types in place of a plain sign: full-width forms, curly quotes, the other script."""

from __future__ import annotations

import re

PLAIN = {chr(code): chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)} | {
    "\u3000": " ", "“": '"', "”": '"', "„": '"', "‘": "'", "’": "'", "、": ",", "。": ".", "【": "[", "】": "]",
    "−": "-", "–": "-", "—": "-",
}  # fmt: skip
_WIDE = re.compile(f"[{''.join(PLAIN)}]")
_QUOTED = re.compile(r"""("[^"]*"|'[^']*')""")
_NAMED_AT_MOST = 4


def plainly(text: str) -> str:
    """The text with plain signs."""
    return _WIDE.sub(lambda match: PLAIN[match[0]], text)


def plainly_outside_of_quotes(text: str) -> str:
    """The text with plain signs, except within plain quotes."""
    return "".join(part if i % 2 else plainly(part) for i, part in enumerate(_QUOTED.split(text)))


def first_lookalike(line: str) -> int | None:
    """Where the first full-width sign stands that takes the place of YAML's own: not within quotes, comments or words.

    A colon before any other, whatever opens a value, and what stands within brackets.
    """
    bare = re.sub(r"(^|\s)#.*", lambda match: " " * len(match[0]), _QUOTED.sub(lambda m: "_" * len(m[0]), line))
    for match in _WIDE.finditer(bare):
        before = bare[: match.start()]
        is_first_colon = PLAIN[match[0]] == ":" and ": " not in before
        if is_first_colon or re.search(r"[\[{]|(^|: |- )\s*$", before):
            return match.start()
    return None


def lookalike_advice(text: str) -> str | None:
    """Which signs of the text are full-width, and what to type instead; None if there are none."""
    wide = list(dict.fromkeys(_WIDE.findall(text)))
    if not wide:
        return None
    shown = wide[:_NAMED_AT_MOST]
    names, types = ("".join(f"`{_typed(sign)}` " for sign in signs) for signs in (shown, map(plainly, shown)))
    return f"{names}{'is' if len(shown) == 1 else 'are'} full-width; type {types.rstrip()}"


def _typed(sign: str) -> str:
    return ": " if sign == ":" else sign  # YAML wants the space


def is_other_script(word: str, choice: str) -> bool:
    """Whether the two are one name in simplified and in traditional Chinese, as far as the character sets tell.

    GB 2312 holds the simplified characters, Big5 the traditional ones; what is in both is the same in both.
    """
    if word == choice or len(word) != len(choice):
        return False
    pairs = [pair for pair in zip(word, choice, strict=True) if pair[0] != pair[1]]
    scripts = {tuple(map(_script, pair)) for pair in pairs}
    is_consistent = len({a for a, _ in pairs}) == len(set(pairs)) == len({b for _, b in pairs})
    return is_consistent and scripts in ({("simplified", "traditional")}, {("traditional", "simplified")})


def _script(character: str) -> str | None:
    simplified, traditional = (_holds(name, character) for name in ("gb2312", "big5"))
    if simplified == traditional:
        return None
    return "simplified" if simplified else "traditional"


def _holds(encoding: str, character: str) -> bool:
    try:
        character.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True
