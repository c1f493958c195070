"""The table of a tornado: a row per number, with its range, what it does at both ends, and how well it is known."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import RenderableType
from rich.text import Text

from sim.analysis.swings import End, Swing, Tornado
from sim.report.swing_words import (
    chance_sentence,
    headline,
    next_sentence,
    range_of,
    shown_swings,
    turn_sentences,
    written_sentence,
)
from sim.report.tables import ADVISED_REPLICATES, few_replicates, new_table, printed
from sim.report.wording import NO_BREAK, NONE, difference_text, scaled, signed, unit_of

DECIDES, MOVES, LUCK = "⇄", "◆", "·"
LEGEND = f"{DECIDES} the sign turns   {MOVES} moves it   {LUCK} not distinguishable from no effect"


def tornado_table(tornado: Tornado, *, width: int = 100, colour: bool | None = None) -> str:
    """The whole answer: as written, the table, what it means."""
    unit = unit_of(tornado.metric, tornado.currency) if tornado.metric.unit != "share" else "pp"
    table = new_table(
        ("number, its range, evidence", "left"),
        (f"at low, {unit}", "right"),
        (f"at high, {unit}", "right"),
        ("", "left"),
    )
    shown, rest = shown_swings(tornado)
    for swing in shown:
        ends = (effect_text(tornado, end) for end in (swing.low, swing.high))
        table.add_row(number_cell(swing), *ends, mark_of(swing))
    others = f"{LUCK} {', '.join(one.number.name for one in rest)}"
    notes = Text("\n" + "\n".join([*([others] if rest else []), *notes_of(tornado)]), style="dim")
    sentences = [headline(tornado), *turn_sentences(tornado), next_sentence(tornado), chance_sentence(tornado)]
    told = Text("\n" + "\n".join(filter(None, sentences)), style="bold")
    parts: Sequence[RenderableType] = [Text(written_sentence(tornado), style="bold"), Text(""), table, notes, told]
    return printed(parts, width, colour)


def number_cell(swing: Swing) -> Text:
    """The number's name; below it its value and range, what is known of it, and where it stands."""
    number = swing.number
    known = f"  {number.text} ({range_of(swing)}), {number.evidence}, {number.place}"
    return Text.assemble(number.name, "\n", (known, "dim"))


def mark_of(swing: Swing) -> str:
    """How a row is marked."""
    if swing.turns == "yes":
        return DECIDES
    return MOVES if swing.is_distinguishable else LUCK


def effect_text(tornado: Tornado, end: End | None) -> str:
    """The effect at an end, with half the width of its interval."""
    if end is None or end.effect.mean is None:
        return NONE
    told = difference_text(tornado.metric, end.effect.mean).removesuffix(" pp")
    if end.effect.low is None or end.effect.high is None or end.effect.low == end.effect.high:
        return told
    half = scaled(tornado.metric, (end.effect.high - end.effect.low) / 2)
    decimals = len(told.partition(".")[2])
    return f"{told}{NO_BREAK}±{NO_BREAK}{signed(half, decimals).removeprefix('+')}"


def notes_of(tornado: Tornado) -> list[str]:
    """What the columns and marks mean, and what was left out."""
    n = tornado.replicates
    notes = [
        LEGEND,
        f"effect of each number alone, against all as written; ± half of the 95% interval, {n} replicates of "
        f"{tornado.days} days, seed {tornado.seed}, the same people with the same luck",
    ]
    alone = ["one replicate: no intervals, so nothing is distinguishable"]
    notes += few_replicates(n, ADVISED_REPLICATES) if n > 1 else alone
    notes += [f"{one.number.name}: one end is left out, it {one.left_out}" for one in tornado.swings if one.left_out]
    if tornado.n_unranged:
        notes.append(f"{tornado.n_unranged} other numbers have no range (`low`, `high`) and stay as written")
    return notes
