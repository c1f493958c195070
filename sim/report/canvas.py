"""The page that charts are drawn on: colours, head and foot, and files that are the same for the same numbers."""

from __future__ import annotations

import io
import math
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from sim.errors import ResultsError
from sim.report.lettering import columns_of, drawable, families_for, wrapped
from sim.report.wording import short_number

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Okabe & Ito's colours, told apart with any kind of colour vision; the baseline is dark grey, yellow is left out.
BASELINE_COLOUR = "#3A3A3A"
POLICY_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
LINE_STYLES: tuple[str | tuple[float, tuple[float, float]], ...] = ("-", (0, (5, 1.5)), (0, (1.5, 1.2)))
INK, FAINT, RULE = "#1F1F1F", "#666666", "#DDDDDD"

WIDTH = 12.8
DOTS_PER_INCH = 130
HEAD, FOOT = 1.1, 0.62
FONT_SIZE = 9.0
TITLE_SIZES = ((16.0, 104), (14.0, 119), (12.0, 139))  # points, and how many narrow letters fit the page

STYLE: Any = {  # matplotlib types each key by itself
    "axes.edgecolor": "#999999",
    "axes.formatter.use_locale": False,
    "axes.grid": True,
    "axes.labelcolor": FAINT,
    "axes.labelsize": 8.5,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlelocation": "left",
    "axes.titlesize": 10.5,
    "axes.titlepad": 8.0,
    "axes.unicode_minus": True,
    "axes.axisbelow": True,
    "font.size": FONT_SIZE,
    "grid.color": RULE,
    "grid.linewidth": 0.6,
    "legend.frameon": False,
    "path.simplify": True,
    "svg.fonttype": "path",
    "svg.hashsalt": "sim",
    "text.color": INK,
    "text.parse_math": False,
    "xtick.color": FAINT,
    "ytick.color": FAINT,
    "xtick.labelsize": 8.5,
    "ytick.labelsize": 8.5,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "xtick.major.pad": 6.5,  # the lowest number of the other axis stands at the same corner
}


@dataclass(frozen=True)
class Chart:
    """A drawn figure and the name of its file, without the ending."""

    name: str
    figure: Figure


def colour_of(index: int) -> str:
    """The colour of a line: 0 is the baseline."""
    return BASELINE_COLOUR if index == 0 else POLICY_COLOURS[(index - 1) % len(POLICY_COLOURS)]


def line_style_of(index: int) -> str | tuple[float, tuple[float, float]]:
    """The dashes of a line: colours repeat after the sixth policy, then dashes differ."""
    return LINE_STYLES[max(index - 1, 0) // len(POLICY_COLOURS) % len(LINE_STYLES)]


@contextmanager
def house_style(texts: Iterable[str]) -> Iterator[None]:
    """Draw in the house's style whatever the user's own settings are, in fonts that hold these texts."""
    with mpl.rc_context():
        mpl.rcParams.update(mpl.rcParamsDefault)
        mpl.rcParams.update(STYLE)
        mpl.rcParams["font.family"] = list(families_for(texts))
        yield


def new_page(height: float, title: str, subtitle: str, foot: str) -> Figure:
    """An empty figure of `height` inches between head and foot, with its title, what is shown, and its footnote."""
    figure = Figure(figsize=(WIDTH, height + HEAD + FOOT))
    FigureCanvasAgg(figure)
    total = height + HEAD + FOOT
    size = next((size for size, columns in TITLE_SIZES if columns_of(drawable(title)) <= columns), TITLE_SIZES[-1][0])
    shown = wrapped(title, TITLE_SIZES[-1][1], 1)
    figure.text(0.3 / WIDTH, 1 - 0.30 / total, shown, fontsize=size, va="center", color=INK)
    figure.text(0.3 / WIDTH, 1 - 0.62 / total, wrapped(subtitle, 180, 1), fontsize=10, va="center", color=FAINT)
    figure.text(0.3 / WIDTH, 0.2 / total, wrapped(foot, 210, 1), fontsize=7.5, va="center", color=FAINT)
    return figure


@dataclass(frozen=True)
class Margins:
    """Inches around and between the panels of a page; `top` makes room for a legend under the head."""

    left: float = 0.7
    right: float = 0.3
    between: float = 0.75
    above: float = 0.62
    below: float = 0.0
    top: float = 0.0


@dataclass(frozen=True)
class Box:
    """A place on a page, in shares of its width and height."""

    left: float
    bottom: float
    width: float
    height: float


def boxes(figure: Figure, rows: int, columns: int, margins: Margins) -> list[Box]:
    """Places in a grid between head and foot, row by row."""
    total = figure.get_figheight()
    inner = total - HEAD - FOOT - margins.below - margins.top
    width = (WIDTH - margins.left - margins.right - margins.between * (columns - 1)) / columns
    height = (inner - margins.above * (rows - 1)) / rows
    return [
        Box(
            (margins.left + column * (width + margins.between)) / WIDTH,
            (FOOT + margins.below + (rows - 1 - row) * (height + margins.above)) / total,
            width / WIDTH,
            height / total,
        )
        for row in range(rows)
        for column in range(columns)
    ]


def panels(figure: Figure, rows: int, columns: int, margins: Margins) -> list[Axes]:
    """Axes in a grid between head and foot, row by row."""
    return [
        figure.add_axes((box.left, box.bottom, box.width, box.height)) for box in boxes(figure, rows, columns, margins)
    ]


def grid_of(count: int, most_columns: int) -> tuple[int, int]:
    """Rows and columns for a number of panels, as square as the page's width allows."""
    columns = most_columns if count > most_columns + 1 or count == most_columns else min(count, 2)
    if count == 4 and most_columns >= 3:
        columns = 2
    return math.ceil(count / columns), columns


def plain_axis(axes: Axes, which: str, *, ticks: int = 5, unit: str = "number") -> None:
    """Few round ticks; thousands as k and M, shares as % or, for differences, as percentage points."""
    axis = axes.xaxis if which == "x" else axes.yaxis
    axis.set_major_locator(MaxNLocator(ticks, steps=[1, 2, 2.5, 5, 10]))
    write = {"share": share_tick, "points": points_tick}.get(unit, short_number)
    axis.set_major_formatter(FuncFormatter(lambda value, _: write(value)))


def share_tick(value: float) -> str:
    """A share on an axis."""
    return f"{round(value * 100, 6):g}%".replace("-", "−")


def points_tick(value: float) -> str:
    """A difference of shares on an axis, in percentage points."""
    return short_number(round(value * 100, 6))


def legend_above(figure: Figure, entries: Sequence[tuple[str, str]]) -> None:
    """Coloured names in a line under the head, each marked by a square of its colour."""
    total = figure.get_figheight()
    place = 0.3
    for label, colour in entries:
        figure.text(place / WIDTH, 1 - 0.86 / total, "■", fontsize=9, va="center", color=colour)
        text = figure.text(
            (place + 0.18) / WIDTH, 1 - 0.86 / total, drawable(label), fontsize=9, va="center", color=INK
        )
        place += 0.18 + text.get_window_extent().width / figure.dpi + 0.32


def save_charts(charts: Sequence[Chart], folder: Path, formats: Sequence[str]) -> list[Path]:
    """Writes each chart in each format; returns the paths.

    Raises:
        ResultsError: the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return [save_one(chart, folder, ending) for chart in charts for ending in formats]
    except OSError as error:
        raise ResultsError(f"cannot write charts to {folder}: {error.strerror or error}") from error


def save_one(chart: Chart, folder: Path, ending: str) -> Path:
    """Writes a chart beside its place and moves it there, so that no reader sees half of it."""
    metadata = {"Software": None} if ending == "png" else {"Date": None, "Creator": None}
    content = io.BytesIO()
    chart.figure.savefig(content, format=ending, dpi=DOTS_PER_INCH, metadata=metadata, facecolor="white")
    path = folder / f"{chart.name}.{ending}"
    unfinished = folder / f".{chart.name}.{ending}.{os.getpid()}"
    try:
        unfinished.write_bytes(content.getvalue())
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    return path
