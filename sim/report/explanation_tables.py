"""An explanation as text: a sentence, each change's part, growth accounting, segments and channels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from sim.analysis.explaining import LAST_DAY, Change, ChangedLine, Explanation, FlowLine
from sim.analysis.groups import RATIOS, Amount
from sim.metrics import Metric
from sim.report.explanation_words import from_to, headline, is_nothing, place_of, unit
from sim.report.sums import column
from sim.report.tables import (
    BETTER,
    COLOURS,
    LEGEND,
    OTHER,
    SAME,
    WORSE,
    Justify,
    few_replicates,
    named,
    new_table,
    printed,
)
from sim.report.wording import NONE, count, range_text

LINES_SHOWN = 4
LEFT_OUT = "no room for the intervals of the first column: a wider terminal or --json has them"
PERSONS = Metric("mau", "MAU", "persons", "", "last", "mau", better="higher")


def explanation_text(found: Explanation, *, width: int = 100, colour: bool | None = None) -> str:
    """All that an explanation tells."""
    parts: list[RenderableType] = [Text(headline(found), style="bold")]
    if found.total is None or found.total.exact is None:
        return printed(parts, width, colour)
    notes = notes_of(found) if has_room(found, width) else [*notes_of(found), LEFT_OUT]
    table = parts_rows(found, has_both=has_room(found, width))
    parts += [Text(""), table, Text("\n" + "\n".join(notes), style="dim")]
    if not is_nothing(found) and found.growth:
        parts += [Text("\nGrowth accounting of the difference, persons", style="bold"), growth_table(found)]
    for name, groups in (("segment", found.by_segment), ("channel", found.by_channel)):
        if groups and not is_nothing(found):
            parts += [
                Text(f"\nThe difference by {name}, {unit(found)}", style="bold"),
                groups_table(found, name, groups),
            ]
    return printed(parts, width, colour)


def has_room(found: Explanation, width: int) -> bool:
    """Whether the intervals of both columns fit."""
    whole = parts_rows(found, has_both=True)
    return Console(width=10_000, _environ={}).measure(whole).maximum <= width


def parts_rows(found: Explanation, *, has_both: bool) -> Table:
    """The table, with the intervals of both columns or of the second alone; each column sums to the total."""
    assert found.total is not None
    assert found.interaction is not None
    first: list[tuple[str, Justify]] = [("95% interval", "right")] if has_both else []
    columns: list[tuple[str, Justify]] = [("one at a time", "right"), *first, ("Shapley", "right")]
    table = new_table(
        (f"{found.metric.label}, {unit(found)}", "left"), *columns, ("95% interval", "right"), ("", "left")
    )
    own = column(found.metric, [*(part.alone.exact for part in found.parts), found.interaction.exact])
    shares = column(found.metric, [part.share.exact for part in found.parts])

    def add(name: str | Text, texts: tuple[str, str], alone: Amount, share: Amount | None) -> None:
        before = [ends(found.metric, alone)] if has_both else []
        after = (NONE, "") if share is None else (ends(found.metric, share), mark(found, share))
        table.add_row(name, texts[0], *before, texts[1], *after)

    for part, *texts in zip(found.parts, own, shares, strict=False):
        add(change_cell(part.change), (texts[0], texts[1]), part.alone, part.share)
    if len(found.parts) > 1:
        add("interaction left", (own[-2], NONE), found.interaction, None)
    total = Text(f"{found.right.label} − {found.left.label}", style="bold")
    add(total, (own[-1], shares[-1]), found.total, found.total)
    return table


def change_cell(change: Change) -> Text:
    """A change's path, and below it what stood there and what stands there now, with its line."""
    cell = Text(change.name)
    is_one = len(change.lines) == 1
    for line in change.lines[:LINES_SHOWN]:
        path = "" if is_one else f"{line.path} "
        cell.append(f"\n  {path}{from_to(line)}  {short_place(line)}".rstrip(), style="dim")
    if len(change.lines) > LINES_SHOWN:
        cell.append(f"\n  and {len(change.lines) - LINES_SHOWN} more lines", style="dim")
    return cell


def short_place(line: ChangedLine) -> str:
    """The file, its folder and the line of a change."""
    return "/".join(place_of(line).split("/")[-2:])


def ends(metric: Metric, amount: Amount) -> str:
    """The interval of an amount, marked where it is a bootstrap."""
    text = range_text(metric, amount.interval.low, amount.interval.high)
    return text + ("~" if amount.interval.method == "bootstrap" else "")


def mark(found: Explanation, amount: Amount) -> Text:
    """Whether an amount moves the metric as one wants, or cannot be told from 0."""
    shown = SAME
    if amount.interval.excludes_zero:
        is_up, better = (amount.interval.mean or 0) > 0, found.metric.better
        shown = OTHER if better is None else BETTER if is_up == (better == "higher") else WORSE
    return Text(shown, style=COLOURS[shown])


def notes_of(found: Explanation) -> list[str]:
    """What the columns and intervals mean."""
    n, days, seed = (int(str(found.facts[name])) for name in ("replicates", "days", "seed"))
    told = "95% intervals" if n > 1 else "no interval"
    notes = [
        f"one at a time: what a change makes alone over {found.left.label}; Shapley: its mean step over the orders of "
        "the changes; both columns sum to the difference",
        LEGEND,
        f"{n} replicate{'s' * (n != 1)} of {days} days, seed {seed}, paired; {told} of the mean; "
        f"{found.n_runs:,} runs of {found.n_variants:,} variants",
    ]
    if found.method == "sampled":
        notes.append(
            "orders are sampled, one and its reverse in each replicate; the Shapley intervals hold that noise too"
        )
    if any(amount.interval.method == "bootstrap" for amount in amounts_of(found)):
        notes.append("~ bootstrap, since the differences are skewed; all others Student's t")
    return [*notes, *(few_replicates(n) if n > 1 else [])]


def amounts_of(found: Explanation) -> Iterator[Amount]:
    """All amounts that are told."""
    yield from (amount for part in found.parts for amount in (part.alone, part.share))
    yield from (amount for amount in (found.total, found.interaction) if amount is not None)
    yield from (line.difference for line in found.growth)
    yield from (amount for _, amount in (*found.by_segment, *found.by_channel))


def growth_table(found: Explanation) -> Table:
    """The flows on both sides; their differences sum to that of the monthly active users."""
    table = new_table(
        ("over the horizon", "left"),
        *((side.label, "right") for side in (found.left, found.right)),
        ("adds to MAU", "right"),
        ("95% interval", "right"),
    )
    flows = [line for line in found.growth if line.sign]
    texts = column(PERSONS, [line.difference.exact for line in flows])
    for line, text in zip(flows, texts, strict=False):
        add_flow(table, line, {1: "+ ", -1: "− "}[line.sign] + line.name, text)
    for line in found.growth:
        if line.name == LAST_DAY:
            add_flow(table, line, f"= {line.name}", texts[-1])
        elif not line.sign:
            add_flow(table, line, f"  {line.name}", column(PERSONS, [line.difference.exact])[0])
    return table


def add_flow(table: Table, line: FlowLine, name: str, text: str) -> None:
    """A row of the growth accounting."""
    table.add_row(name, count(line.left), count(line.right), text, ends(PERSONS, line.difference))


def groups_table(found: Explanation, name: str, groups: Sequence[tuple[str, Amount]]) -> Table:
    """The difference by segment or channel; of what adds up, with the total."""
    table = new_table((name, "left"), ("difference", "right"), ("95% interval", "right"), ("", "left"))
    texts = column(found.metric, [amount.exact for _, amount in groups])
    for (label, amount), text in zip(groups, texts, strict=False):
        table.add_row(named(label), text, ends(found.metric, amount), mark(found, amount))
    if found.metric.aggregate in RATIOS:
        table.add_row(Text("ratios do not add up", style="dim"), "", "", "")
    elif found.total is not None:
        table.add_row(Text("all", style="bold"), texts[-1], ends(found.metric, found.total), mark(found, found.total))
    return table
