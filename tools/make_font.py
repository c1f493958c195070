"""Cuts the font that charts use out of the distribution's Noto Sans CJK.

Kept: Latin, Greek, Cyrillic, punctuation and the symbols of the charts, kana, all of GB 2312 (simplified Chinese) and
the 5,401 common characters of Big5 (traditional Chinese). Hinting and layout tables are dropped, since charts are drawn
at a high resolution. Run it again after a new release of the font:

    apt-get install fonts-noto-cjk && pip install fonttools && python tools/make_font.py

The result is a modified version under the SIL Open Font License 1.1, and so bears another name.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont

SOURCE = Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc")
TARGET = Path(__file__).resolve().parent.parent / "sim" / "report" / "fonts" / "SimSansSC-Regular.otf"
FAMILY = "Sim Sans SC"
SIMPLIFIED_FACE = 2  # the order of faces in the collection: JP, KR, SC, TC, HK

RANGES = (
    (0x0020, 0x024F),  # Latin with its extensions
    (0x0370, 0x03FF),  # Greek
    (0x0400, 0x045F),  # Cyrillic
    (0x1E00, 0x1EFF),  # Vietnamese
    (0x2000, 0x22FF),  # punctuation, currency, arrows, mathematics
    (0x2500, 0x26FF),  # shapes and marks
    (0x3000, 0x30FF),  # CJK punctuation, kana
    (0xFF00, 0xFFEF),  # full-width forms
)

# Chinese fonts draw these as wide as a Chinese letter, which tears Latin text apart: another font draws them.
WIDE_PUNCTUATION = frozenset(map(ord, "·—―‘’“”‥…"))


def decodable(encoding: str, leads: range, trails: range) -> set[int]:
    """Code points of all two-byte characters of an encoding within a range of lead and trail bytes."""
    texts = (bytes((lead, trail)).decode(encoding, errors="ignore") for lead in leads for trail in trails)
    return {ord(text) for text in texts if len(text) == 1}


def wanted() -> set[int]:
    """Code points that the bundled font shall hold, where the source has them."""
    ranges = {code for first, last in RANGES for code in range(first, last + 1)}
    simplified = decodable("gb2312", range(0xA1, 0xF8), range(0xA1, 0xFF))
    traditional = decodable("big5", range(0xA1, 0xC7), range(0x40, 0xFF))
    return (ranges | simplified | traditional) - WIDE_PUNCTUATION


def rename(font: TTFont) -> None:
    """Gives the cut font its own name, keeps copyright and licence, and drops all other names."""
    kept = {0: None, 13: None, 14: None}
    names = {1: FAMILY, 2: "Regular", 3: f"{FAMILY}, cut from Noto Sans CJK SC", 4: FAMILY, 6: "SimSansSC-Regular"}
    table = font["name"]
    for name_id in kept:
        kept[name_id] = table.getDebugName(name_id)
    table.names = []
    for name_id, text in sorted({**kept, **names}.items()):
        if text:
            table.setName(text, name_id, 3, 1, 0x409)
    top = font["CFF "].cff
    top.fontNames = ["SimSansSC-Regular"]
    top[0].FullName = top[0].FamilyName = FAMILY


def cut(source: Path, target: Path) -> int:
    """Writes the cut font; returns how many characters it holds."""
    font = TTFont(source, fontNumber=SIMPLIFIED_FACE, recalcTimestamp=False)
    options = Options()
    options.hinting = False
    options.layout_features = []
    options.drop_tables += ["GSUB", "GPOS", "GDEF", "BASE", "vhea", "vmtx", "VORG", "DSIG"]
    options.name_IDs = ["*"]
    options.notdef_outline = True
    options.glyph_names = False
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=wanted())
    subsetter.subset(font)
    rename(font)
    target.parent.mkdir(parents=True, exist_ok=True)
    font.save(target)
    return len(font.getBestCmap())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--source", type=Path, default=SOURCE, help="NotoSansCJK-Regular.ttc")
    parser.add_argument("--target", type=Path, default=TARGET)
    arguments = parser.parse_args()
    count = cut(arguments.source, arguments.target)
    print(f"{arguments.target}: {count} characters, {arguments.target.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
