"""The tornado: a bar per number from the answer at the low end of its range to that at the high end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sim.analysis.swings import End, Swing, Tornado
from sim.report.canvas import BASELINE_COLOUR, FAINT, INK, Chart, Margins, legend_above, new_page, panels, plain_axis
from sim.report.lettering import drawable, wrapped
from sim.report.swing_words import answer_name, headline, next_sentence, shown_swings
from sim.report.wording import scaled, unit_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LOW, HIGH = "#56B4E9", "#0072B2"
EVIDENCE = {"source": INK, "assumption": "#E69F00", "no source": "#D55E00"}
ROW_HEIGHT, LEGEND_HEIGHT = 0.44, 0.3
BAR = 0.3
NAME_COLUMNS = 56
LEFT, RIGHT = 4.35, 0.6


def tornado_chart(tornado: Tornado, foot: str) -> Chart:
    """The page; the widest swings on top, those that luck explains left pale."""
    shown, _ = shown_swings(tornado)
    height = ROW_HEIGHT * len(shown) + LEGEND_HEIGHT + 0.45
    what = answer_name(tornado.metric, tornado.label, tornado.against)
    subtitle = f"One number at a time, all others as written.   {next_sentence(tornado, is_short=True)}"
    figure = new_page(height, headline(tornado), subtitle, foot)
    entries = [("at the low end", LOW), ("at the high end", HIGH)]
    legend_above(figure, [*entries, *((f"its evidence: {one}", colour) for one, colour in EVIDENCE.items())])
    (axes,) = panels(figure, 1, 1, Margins(left=LEFT, right=RIGHT, top=LEGEND_HEIGHT, below=0.35))
    base = scaled(tornado.metric, tornado.written.mean or 0.0)
    axes.set_ylim(len(shown) - 0.45, -0.6)
    axes.set_xlim(*limits_of(tornado, shown))
    axes.grid(axis="y", visible=False)
    axes.spines["left"].set_visible(False)
    for row, swing in enumerate(shown):
        draw_bars(axes, tornado, row, swing, base)
        name_row(axes, row, swing)
    axes.axvline(base, color=BASELINE_COLOUR, linewidth=1.1)
    left, right = axes.get_xlim()
    if left < 0 < right and (tornado.against is not None or base < 0 or left < 0):
        axes.axvline(0, color="#D55E00", linewidth=1.0, linestyle=(0, (4, 2)), zorder=1.4)
    axes.set_yticks([])
    plain_axis(axes, "x", ticks=7)
    unit = "percentage points" if tornado.metric.unit == "share" else unit_of(tornado.metric, tornado.currency)
    zero = ";   dashed: 0, where the sign turns" if left < 0 < right else ""
    axes.set_xlabel(f"{what}, {unit};   line: all numbers as written{zero}")
    return Chart("tornado", figure)


def limits_of(tornado: Tornado, shown: tuple[Swing, ...]) -> tuple[float, float]:
    """The axis over all answers and their intervals' ends, with room for the ends' words."""
    ends = [tornado.written.mean or 0.0]
    for swing in shown:
        for end in swing.ends:
            found = end.outcome.mean or 0.0
            ends += [found, *whiskers(tornado, end)]
    low, high = (scaled(tornado.metric, end) for end in (min(ends), max(ends)))
    room = 0.1 * (high - low) or 1.0
    return low - room, high + room


def whiskers(tornado: Tornado, end: End) -> tuple[float, float]:
    """The interval of the effect, drawn around the answer; the answer twice where there is none."""
    base = tornado.written.mean or 0.0
    if end.effect.low is None or end.effect.high is None:
        return (end.outcome.mean or 0.0,) * 2
    return base + end.effect.low, base + end.effect.high


def draw_bars(axes: Axes, tornado: Tornado, row: int, swing: Swing, base: float) -> None:
    """A number's bars from the line of the written values, their whiskers, and the ends' values beside them."""
    strength = 1.0 if swing.is_distinguishable else 0.35
    for end, colour, text, place in (
        (swing.low, LOW, swing.number.low_text, row - BAR / 2),
        (swing.high, HIGH, swing.number.high_text, row + BAR / 2),
    ):
        if end is None or end.effect.mean is None:
            continue
        effect = scaled(tornado.metric, end.effect.mean)
        axes.barh([place], [effect], BAR, left=base, color=colour, alpha=strength, zorder=2)
        tips = [scaled(tornado.metric, one) for one in whiskers(tornado, end)]
        axes.plot(tips, [place, place], color=INK, linewidth=1.0, alpha=strength, zorder=3)
        is_right = effect > 0 or (effect == 0 and colour == HIGH)
        axes.annotate(
            drawable(text or ""),
            (max(*tips, base) if is_right else min(*tips, base), place),
            (4 if is_right else -4, 0),
            textcoords="offset points",
            ha="left" if is_right else "right",
            va="center",
            fontsize=7.5,
            color=INK if swing.is_distinguishable else FAINT,
        )


def name_row(axes: Axes, row: int, swing: Swing) -> None:
    """The number's name with the mark of its evidence, and where it stands, left of its bars."""
    number = swing.number
    style: Any = {"transform": axes.get_yaxis_transform(), "ha": "right", "clip_on": False}
    ink = INK if swing.is_distinguishable else FAINT
    axes.text(-0.01, row, "■", va="center", fontsize=9, color=EVIDENCE[number.evidence], **style)
    axes.text(-0.03, row - 0.16, wrapped(number.name, NAME_COLUMNS, 1), va="center", fontsize=9, color=ink, **style)
    place = f"{number.evidence}, {number.place}"
    axes.text(-0.03, row + 0.24, wrapped(place, NAME_COLUMNS + 10, 1), va="center", fontsize=7, color=FAINT, **style)
