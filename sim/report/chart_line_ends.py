"""Names at the ends of lines: each beside its line, moved apart where lines end close together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sim.analysis import Band
from sim.report.canvas import INK, WIDTH, colour_of, line_style_of
from sim.report.lettering import columns_of, wrapped

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LABEL_COLUMNS = 20
COLUMN_WIDTH = 0.066  # inches of a narrow letter, at most
LABEL_HEIGHT = 0.145  # inches per line of text
LABEL_SIZE = 8.0
LINE_WIDTHS = (1.6, 3.2)  # of a policy, of the baseline
BASELINE_ALPHA = 0.4
LEADER = 0.2  # inches from the end of a line to its name


def room_for(n_labels: int) -> float:
    """The inches of height that so many names need, one below the other."""
    return LABEL_HEIGHT * n_labels


def room_beside(labels: Iterable[str]) -> float:
    """The inches of width that names need to the right of a panel, as they stand there."""
    widest = max(map(columns_of, labels), default=0)
    return LEADER * 1.3 + COLUMN_WIDTH * widest + 0.1


def short_name(label: str) -> str:
    """A label as it stands beside its line."""
    return wrapped(label, LABEL_COLUMNS, 1)


@dataclass(frozen=True)
class End:
    """Where a line or a layer ends, in the panel's numbers, its name as it stands there, and the stroke between."""

    label: str
    height: float
    colour: str
    width: float
    dashes: str | tuple[float, tuple[float, float]] = "-"
    alpha: float = 1.0


def label_ends(axes: Axes, lines: Sequence[Band], first: int) -> None:
    """Writes each line's name beside its last point, tied to it by a stroke of the line's colour and dashes."""
    tie_names(axes, [
        End(
            short_name(band.label), end, colour_of(index), LINE_WIDTHS[index == 0], line_style_of(index),
            BASELINE_ALPHA if index == 0 else 1.0,
        )
        for index, band in enumerate(lines, start=first) if (end := end_of(band)) is not None
    ])  # fmt: skip


def tie_names(axes: Axes, ends: Sequence[End]) -> None:
    """Writes names to the right of the panel, none across another, each tied to its end."""
    box, figure = axes.get_position(), axes.figure
    width, height = box.width * WIDTH, box.height * figure.get_figheight()  # type: ignore[union-attr]
    low, high = axes.get_ylim()
    wished = [(end.height - low) / (high - low) for end in ends]
    stroke = LEADER / width
    for end, start, place in zip(ends, wished, spread(wished, LABEL_HEIGHT / height), strict=True):
        axes.plot(
            [1.0, 1 + stroke * 0.5, 1 + stroke],
            [start, place, place],
            color=end.colour,
            linestyle=end.dashes,
            linewidth=end.width,
            alpha=end.alpha,
            transform=axes.transAxes,
            clip_on=False,
        )
        axes.text(
            1 + stroke * 1.2,
            place,
            end.label,
            fontsize=LABEL_SIZE,
            va="center_baseline",
            color=INK,
            transform=axes.transAxes,
        )


def extend(axes: Axes, band: Band, colour: str) -> None:
    """Dots from a line that ends early to the edge where its name stands."""
    known = np.flatnonzero(~np.isnan(band.mean))
    if known.size and known[-1] < band.mean.size - 1:
        dates = np.array([band.dates[known[-1]], band.dates[-1]], dtype="datetime64[D]")
        axes.plot(dates, [band.mean[known[-1]]] * 2, color=colour, linestyle=":", linewidth=0.9, alpha=0.7)


def end_of(band: Band) -> float | None:
    """The last value of a line that is defined."""
    known = band.mean[~np.isnan(band.mean)]
    return float(known[-1]) if known.size else None


def spread(wished: Sequence[float], gap: float) -> list[float]:
    """Places at least `gap` apart, in the order of the wishes and near them, half a gap within 0 and 1.

    Wishes that are too close form a block around their mean; blocks that touch become one. A block that cannot stay
    within 0 and 1 reaches beyond both ends alike.
    """
    order = sorted(range(len(wished)), key=lambda index: wished[index])
    blocks: list[list[int]] = []
    for index in order:
        blocks.append([index])
        while len(blocks) > 1 and start_of(blocks[-1], wished, gap) < end_place(blocks[-2], wished, gap) + gap:
            last = blocks.pop()
            blocks[-1].extend(last)
    places = [0.0] * len(wished)
    for block in blocks:
        start = start_of(block, wished, gap)
        for rank, index in enumerate(block):
            places[index] = start + rank * gap
    return places


def start_of(block: Sequence[int], wished: Sequence[float], gap: float) -> float:
    """The lowest place of a block that is centred on its wishes, moved so that no name reaches beyond 0 and 1."""
    length = gap * (len(block) - 1)
    centred = sum(wished[index] for index in block) / len(block) - length / 2
    most = 1 - length - gap / 2
    return (1 - length) / 2 if most < gap / 2 else min(max(centred, gap / 2), most)


def end_place(block: Sequence[int], wished: Sequence[float], gap: float) -> float:
    """The highest place of a block."""
    return start_of(block, wished, gap) + gap * (len(block) - 1)
