"""Letters of charts in any script: the bundled font, what the system has for the rest, widths and line breaks."""

from __future__ import annotations

import logging
import unicodedata
from collections.abc import Iterable
from functools import cache
from pathlib import Path

logging.getLogger("matplotlib").setLevel(logging.ERROR)  # a home that cannot be written is no news for a chart's reader

from matplotlib import font_manager  # noqa: E402  (after the line above, which its import needs)
from matplotlib.ft2font import FT2Font  # noqa: E402

BUNDLED = Path(__file__).parent / "fonts" / "SimSansSC-Regular.otf"
FAMILY = "Sim Sans SC"
SECOND_FAMILY = "DejaVu Sans"  # comes with matplotlib: Arabic, Hebrew, Armenian, symbols
SUBSTITUTE = "?"
SLANTED_OR_BOLD = ("bold", "italic", "oblique", "black", "thin", "light", "condensed", "mono")


@cache
def bundled_families() -> tuple[str, ...]:
    """The families that are always there, registered."""
    font_manager.fontManager.addfont(BUNDLED)
    return FAMILY, SECOND_FAMILY


@cache
def letters_of(path: str) -> frozenset[int]:
    """The code points that a font file draws; none where it cannot be read."""
    try:
        return frozenset(FT2Font(path).get_charmap())
    except (OSError, RuntimeError):
        return frozenset()


@cache
def bundled_letters() -> frozenset[int]:
    """The code points that need no font of the system."""
    bundled_families()
    second = font_manager.findfont(SECOND_FAMILY)
    return letters_of(str(BUNDLED)) | letters_of(str(second))


@cache
def installed_fonts() -> tuple[str, ...]:
    """The files of the system's fonts, upright and regular ones first."""
    found = {str(Path(path)) for path in font_manager.findSystemFonts()}
    return tuple(sorted(found, key=lambda path: (any(word in path.lower() for word in SLANTED_OR_BOLD), path)))


@cache
def family_with(letter: str) -> str | None:
    """A family of the system that draws the letter, registered; None where no installed font does."""
    path = next((path for path in installed_fonts() if ord(letter) in letters_of(path)), None)
    if path is None:
        return None
    font_manager.fontManager.addfont(path)  # matplotlib's own list may be older than the font
    return next(font.name for font in reversed(font_manager.fontManager.ttflist) if font.fname == path)


def families_for(texts: Iterable[str]) -> tuple[str, ...]:
    """The families by which matplotlib draws these texts, in order of preference."""
    missing = sorted({letter for text in texts for letter in text if ord(letter) not in bundled_letters()})
    extra = (family_with(letter) for letter in missing if is_visible(letter))
    return (*bundled_families(), *dict.fromkeys(family for family in extra if family))


def drawable(text: str) -> str:
    """The text without letters that would come out as boxes: invisible ones are dropped, unknown ones become "?"."""
    return "".join(one for letter in text if (one := drawable_letter(letter)))


def drawable_letter(letter: str) -> str:
    """The letter, nothing, or the substitute."""
    if ord(letter) in bundled_letters() and (is_visible(letter) or letter == " "):
        return letter
    if not is_visible(letter):
        return " " if letter.isspace() else ""
    return letter if family_with(letter) else SUBSTITUTE


def is_visible(letter: str) -> bool:
    """False for spaces, controls, joiners and variation selectors."""
    return unicodedata.category(letter)[0] not in "CZ" and not "\ufe00" <= letter <= "\ufe0f"


def columns_of(text: str) -> int:
    """The width of a text in narrow letters: East Asian letters count two, combining marks none."""
    return sum(
        0 if unicodedata.combining(letter) else 2 if unicodedata.east_asian_width(letter) in "WF" else 1
        for letter in text
    )


def wrapped(text: str, width: int, lines: int = 2) -> str:
    """The text broken into at most `lines` lines of at most `width` columns; what does not fit ends in "…"."""
    rows: list[str] = []
    for piece in pieces_of(drawable(text), width):
        if rows and columns_of((rows[-1] + piece).rstrip()) <= width:
            rows[-1] += piece
        else:
            rows.append(piece.lstrip())
    kept = [row.rstrip() for row in rows[:lines]]
    if len(rows) > lines:
        kept[-1] = cut(kept[-1], width - 1) + "…"
    return "\n".join(kept)


def pieces_of(text: str, width: int) -> list[str]:
    """Where a line may break: after a space, and around East Asian letters; longer words are cut to the width."""
    pieces: list[str] = []
    for letter in text:
        is_wide = unicodedata.east_asian_width(letter) in "WF"
        follows_break = not pieces or pieces[-1].endswith(" ") or is_wide or columns_of(pieces[-1][-1]) == 2
        if (follows_break and letter != " ") or columns_of(pieces[-1] + letter) > width:
            pieces.append(letter)
        else:
            pieces[-1] += letter
    return pieces


def cut(text: str, width: int) -> str:
    """The beginning of a text, at most `width` columns wide."""
    while columns_of(text) > width:
        text = text[:-1]
    return text.rstrip()
