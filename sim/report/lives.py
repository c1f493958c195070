"""Two lives of one person side by side, in words: where they part, a timeline of both, what each comes to."""

from __future__ import annotations

from rich.table import Table
from rich.text import Text

from sim.analysis.lives import Event, MostChanged, TwoLives
from sim.formats import format_count, format_money
from sim.report.tables import new_table, printed
from sim.report.wording import MINUS

SAME = "="
LABELS = {"spend": "spend", "orders": "orders", "active_days": "active days", "messages": "messages"}


def lives_text(lives: TwoLives, *, width: int = 100, colour: bool | None = None) -> str:
    """The first difference in a sentence; both lives as one timeline; what each comes to within the horizon."""
    parts = [Text(first_difference_text(lives), style="bold")]
    if not lives.timeline:
        return printed(parts, width, colour)
    note = Text(f"{SAME} the same under {lives.other.label}", style="dim")
    return printed([*parts, Text(""), _timeline_table(lives), note, Text(""), _totals_table(lives)], width, colour)


def first_difference_text(lives: TwoLives) -> str:
    """Where the two lives part: a sentence."""
    baseline, other = lives.baseline.label, lives.other.label
    first = lives.first_difference
    if not lives.timeline:
        return f"person {lives.person} signs up neither under {baseline} nor under {other} within the horizon"
    if first is None:
        return f"person {lives.person} lives the same life under {baseline} and under {other}"
    told = f"the lives of person {lives.person} first differ on {first.event.date} (day {first.event.day})"
    if first.baseline is not None and first.other is not None:
        details = f"{first.baseline.detail or 'as usual'} under {baseline}, {first.other.detail or 'as usual'}"
        return f"{told}: {first.event.what} under both, {details} under {other}"
    where = baseline if first.other is None else other
    return f"{told}: {_told(first.event)}, under {where} only"


def most_changed_text(found: MostChanged, lives: TwoLives) -> str:
    """Whom the largest difference is found at, and what it is."""
    baseline, other = (_amount(found.metric, value, lives.currency) for value in (found.baseline, found.other))
    metric = LABELS[found.metric]
    values = f"{baseline} under {lives.baseline.label}, {other} under {lives.other.label}"
    return f"person {found.person}, whose {metric} differ{'s' * (metric == 'spend')} most: {values}"


def _timeline_table(lives: TwoLives) -> Table:
    """A line for each moment; what is the same under both is told once."""
    labels = lives.baseline.label, lives.other.label
    table = new_table(("date", "left"), ("day", "right"), *((label, "left") for label in labels))
    for column in table.columns[:2]:
        column.no_wrap = True
    for moment in lives.timeline:
        when = str(moment.event.date), str(moment.event.day)
        cells = _told(moment.baseline), SAME if moment.is_same else _told(moment.other)
        table.add_row(*when, *(Text(cell) for cell in cells), style="dim" if moment.is_same else None)
    return table


def _totals_table(lives: TwoLives) -> Table:
    """What the person did within the horizon, under each and as a difference."""
    heads = lives.baseline.label, lives.other.label, "difference"
    table = new_table((f"in {lives.days:,} days", "left"), *((head, "right") for head in heads))
    for name, label in LABELS.items():
        left, right = lives.baseline.totals[name], lives.other.totals[name]
        sign = "+" if right > left else ""
        values = (_amount(name, left), _amount(name, right), sign + _amount(name, right - left))
        table.add_row(f"{label}, {lives.currency}" if name == "spend" else label, *values)
    return table


def _told(event: Event | None) -> str:
    """An event in one cell; nothing where there is none."""
    if event is None:
        return ""
    return f"{event.what} ({event.detail})" if event.detail else event.what


def _amount(metric: str, value: int, currency: str = "") -> str:
    """A total, or a difference of two, with the cents of spend: differences add up."""
    told = format_money(value, currency, decimals=2) if metric == "spend" else format_count(value)
    return told.replace("-", MINUS)
