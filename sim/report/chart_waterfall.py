"""The difference between two scenarios, step by step: a bar per change from where the one above ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sim.analysis.explaining import Explanation, Part
from sim.analysis.groups import Amount, sum_of
from sim.report.canvas import (
    BASELINE_COLOUR,
    INK,
    POLICY_COLOURS,
    TITLE_SIZES,
    Chart,
    Margins,
    house_style,
    new_page,
    panels,
    plain_axis,
    save_charts,
)
from sim.report.explanation_words import from_to, title
from sim.report.lettering import wrapped
from sim.report.sums import column
from sim.report.wording import scaled, unit_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

UP, DOWN, WHOLE = POLICY_COLOURS[0], POLICY_COLOURS[1], "#9A9A9A"
ROW_HEIGHT = 0.5
LABEL_INCHES, LABEL_COLUMNS = 3.9, 52
MOST_BARS = 14
SUBTITLE = (
    "Shapley value of each change;   line: its 95% interval;   ◇: what it makes alone;   below: the whole difference"
)


@dataclass(frozen=True)
class Step:
    """A bar: its name, where it begins, how far it goes, its interval, and what it would be alone."""

    label: str
    start: float
    amount: Amount
    alone: Amount | None
    text: str
    colour: str


def draw_explanation(found: Explanation, folder: Path, formats: Sequence[str] = ("png",)) -> list[Path]:
    """Draws the waterfall of an explanation; returns the paths, none where there is nothing to draw.

    Raises:
        ResultsError: the folder cannot be written.
    """
    if found.total is None or found.total.exact is None:
        return []
    names = [text for part in found.parts for text in (part.change.name, *map(from_to, part.change.lines))]
    with house_style([found.left.label, found.right.label, *names]):
        return save_charts([waterfall_chart(found)], folder, formats)


def waterfall_chart(found: Explanation) -> Chart:
    """The page."""
    steps = steps_of(found)
    n, days = found.facts["replicates"], found.facts["days"]
    foot = (
        f"{n} replicates of {days} days, paired;   seed {found.facts['seed']};   userops-sim {found.facts['version']}"
    )
    figure = new_page(ROW_HEIGHT * len(steps) + 0.45, title(found, TITLE_SIZES[-1][1]), SUBTITLE, foot)
    (axes,) = panels(figure, 1, 1, Margins(left=LABEL_INCHES, right=0.5, below=0.45))
    metric = found.metric
    axes.set_xlim(*limits_of(found, steps))
    axes.set_ylim(len(steps) - 0.45, -0.55)
    for row, step in enumerate(steps):
        draw_step(axes, row, step, found)
    unit = "pp" if metric.unit == "share" else unit_of(metric, found.currency)
    axes.set_xlabel(f"{metric.label}, {unit}: {found.right.label} less {found.left.label}")
    axes.axvline(0, color=BASELINE_COLOUR, linewidth=1.0)
    axes.axhline(len(steps) - 1.5, color="#999999", linewidth=0.7)
    axes.grid(axis="y", visible=False)
    axes.set_yticks(range(len(steps)), [step.label for step in steps], fontsize=9, color=INK, linespacing=1.1)
    plain_axis(axes, "x")
    return Chart("waterfall", figure)


def steps_of(found: Explanation) -> list[Step]:
    """The bars: the largest changes, the others together, the whole."""
    assert found.total is not None
    shown = list(found.parts) if len(found.parts) <= MOST_BARS else list(found.parts[: MOST_BARS - 1])
    bars: list[tuple[str, Amount, Amount | None]] = [(label_of(part), part.share, part.alone) for part in shown]
    rest = found.parts[len(shown) :]
    if rest:
        bars.append((f"{len(rest)} other changes", sum_of([part.share for part in rest]), None))
    texts = column(found.metric, [amount.exact for _, amount, _ in bars])
    steps, reached = [], 0.0
    for (label, amount, alone), text in zip(bars, texts, strict=False):
        size = amount.interval.mean or 0.0
        steps.append(Step(label, reached, amount, alone, text, UP if size >= 0 else DOWN))
        reached += size
    whole = f"{found.right.label} − {found.left.label}"
    return [*steps, Step(wrapped(whole, LABEL_COLUMNS, 1), 0.0, found.total, None, texts[-1], WHOLE)]


def label_of(part: Part) -> str:
    """A change's path, and what it was and became, in two lines."""
    lines = part.change.lines
    below = from_to(lines[0]) if len(lines) == 1 else f"{len(lines)} lines that only hold together"
    return f"{wrapped(part.change.name, LABEL_COLUMNS, 1)}\n{wrapped(below, LABEL_COLUMNS, 1)}"


def draw_step(axes: Axes, row: int, step: Step, found: Explanation) -> None:
    """A bar with its interval at its end, its number behind it, and a stroke down to the next bar."""
    scale = 1 if found.metric.unit == "share" else scaled(found.metric, 1.0)
    size, interval = (step.amount.interval.mean or 0.0) * scale, step.amount.interval
    start = step.start * scale
    axes.barh(row, size, left=start, height=0.52, color=step.colour, alpha=0.88)
    reach = [start + size]
    if interval.low is not None and interval.high is not None:
        ends = [start + interval.low * scale, start + interval.high * scale]
        axes.plot(ends, [row, row], color=INK, linewidth=1.4, solid_capstyle="butt")
        reach += ends
    if step.alone is not None and step.alone.interval.mean is not None:
        place = start + step.alone.interval.mean * scale
        axes.plot([place], [row], "D", color=INK, markerfacecolor="white", markersize=5, markeredgewidth=1.1)
        reach.append(place)
    if step.alone is not None:
        axes.plot([start + size] * 2, [row + 0.26, row + 0.74], color="#999999", linewidth=0.7)
    left, right = axes.get_xlim()
    axes.text(
        max([start, *reach]) + 0.008 * (right - left), row, step.text, ha="left", va="center", fontsize=9, color=INK
    )


def limits_of(found: Explanation, steps: Sequence[Step]) -> tuple[float, float]:
    """From the lowest to the highest end, zero included, with room for the numbers at the right."""
    ends = [0.0]
    for step in steps:
        for amount in (step.amount, step.alone):
            if amount is not None:
                found_ends = (amount.interval.low, amount.interval.mean, amount.interval.high)
                ends += [step.start + end for end in found_ends if end is not None]
    low, high = min(ends), max(ends)
    if low == high:
        return -1.0, 1.0
    return low - 0.03 * (high - low), high + 0.14 * (high - low)
