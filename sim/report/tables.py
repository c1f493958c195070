"""Text tables for the terminal: every number with its interval, names in any script, colour only where it helps."""

from __future__ import annotations

import io
import os
import re
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Literal

from rich.box import SIMPLE_HEAD
from rich.cells import cell_len, set_cell_size
from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from sim.analysis import (
    AccountLine,
    BudgetRule,
    ChannelEconomics,
    Comparison,
    Difference,
    Estimate,
    PolicyComparison,
    RuleEffect,
    poor_fits,
)
from sim.metrics import RECENT_DAYS, Metric
from sim.report.findings import changed, falling_leads, headline
from sim.report.rule_notes import TWO_ANSWERS, budget_rule_note, has_both_answers, rule_notes
from sim.report.wording import (
    NONE,
    difference_text,
    fit_text,
    interval_text,
    over_days,
    per_cent_text,
    plus_minus,
    range_text,
    unit_of,
    value_text,
)

if TYPE_CHECKING:
    from sim.store import StoredRun

BETTER, WORSE, OTHER, SAME = "▲", "▼", "◆", "·"
COLOURS = {BETTER: "green", WORSE: "red", OTHER: "bold", SAME: "dim"}
LEGEND = (
    f"{BETTER} better   {WORSE} worse   {OTHER} different, neither better nor worse   "
    f"{SAME} not distinguishable from no difference"
)
FEWEST_REPLICATES, ADVISED_REPLICATES = 5, 10
WIDEST_NAME = 30
NARROWEST_POLICY = 12
WIDE_ENOUGH = 84
MARGIN = re.compile(r"\s±\s.*$")
Justify = Literal["left", "right"]


def summary_table(estimates: Sequence[Estimate], *, n_days: int, width: int = 100, colour: bool | None = None) -> str:
    """Each metric of a run of so many days with its mean and 95% interval."""
    table = new_table(("metric", "left"), ("mean", "right"), ("95% interval", "right"), ("unit", "left"))
    for one in estimates:
        ends = interval_text(one.metric, one.low, one.high)
        name = metric_text(one.metric, one.metric.label, n_days)
        table.add_row(name, value_text(one.metric, one.mean), ends, shown_unit(one))
    n = max((one.per_replicate.size for one in estimates), default=0)
    return printed([table, Text("\n".join(replicates_notes(n)), style="dim")], width, colour)


def comparison_table(comparison: Comparison, *, width: int = 100, colour: bool | None = None) -> str:
    """The paired differences of each policy to the baseline: an overview, then each policy in full.

    Args:
        comparison: what `compare_runs` found.
        width: columns of the terminal.
        colour: None for colour on a terminal that wants it (NO_COLOR unset).
    """
    parts: list[RenderableType] = []
    if len(comparison.policies) > 1:
        parts += overview(comparison, width)
    for policy in comparison.policies:
        parts.append(Text(f"\n{policy.label}, against {comparison.label}", style="bold"))
        parts.append(policy_table(policy, width))
    found = headline(comparison, "profit")
    parts.append(Text("\n" + "\n".join(notes_of(comparison)), style="dim"))
    parts += [Text(f"\n{fit_text(fit)}") for fit in poor_fits([run for _, run in comparison.runs])]
    if found is not None:
        parts.append(Text("\n" + "\n".join([found, *falling_leads(comparison)]), style="bold"))
    return printed(parts, width, colour)


def overview(comparison: Comparison, width: int) -> list[RenderableType]:
    """All policies side by side in per cent of the baseline, in as many tables as the width asks for."""
    names = [metric_text(one.metric, one.metric.label, days_of(comparison.baseline)) for one in comparison.estimates]
    label_width = max((name.cell_len for name in names), default=0)
    room = max(1, (width - label_width - NARROWEST_POLICY - 6) // (NARROWEST_POLICY + 3))
    n_tables = -(-len(comparison.policies) // room)
    room = -(-len(comparison.policies) // n_tables)
    has_shares = any(one.metric.unit == "share" for one in comparison.estimates)
    head = f"Differences to {comparison.label}, in per cent of it" + ("; shares in percentage points" * has_shares)
    parts: list[RenderableType] = [Text(head, style="bold")]
    for start in range(0, len(comparison.policies), room):
        shown = comparison.policies[start : start + room]
        parts += [Text("")] if start else []
        columns: list[tuple[str, Justify]] = [("metric", "left"), (comparison.label, "right")]
        table = new_table(*columns, *((policy.label, "right") for policy in shown))
        for name, one in zip(names, comparison.estimates, strict=True):
            cells = [short_difference(policy.of(one.metric.name)) for policy in shown]
            table.add_row(name, value_text(one.metric, one.mean), *cells)
        parts.append(table)
    return parts


def short_difference(found: Difference | None) -> Text:
    """A difference in one cell, with its mark: per cent where the baseline is a fair yardstick, else with its unit."""
    if found is None or found.difference is None:
        return Text(f"{NONE}  ")
    mark = mark_of(found)
    return Text.assemble(changed(found), " ", (mark, COLOURS[mark]))


def policy_table(policy: PolicyComparison, width: int) -> Table:
    """One policy's differences in full; in a narrow terminal without the two means."""
    means: list[tuple[str, Justify]] = [("baseline", "right"), ("policy", "right")] if width >= WIDE_ENOUGH else []
    columns: list[tuple[str, Justify]] = [("difference", "right"), ("95% interval", "right"), ("in %", "right")]
    table = new_table(("metric", "left"), *means, *columns, ("", "left"))
    for found in policy.differences:
        mark = mark_of(found)
        values = [value_text(found.metric, one) for one in (found.baseline_mean, found.mean)] if means else []
        table.add_row(
            metric_text(found.metric, label_with_unit(found.metric, found.currency), days_of(policy.run)),
            *values,
            difference_text(found.metric, found.difference),
            range_text(found.metric, found.low, found.high) + ("~" if found.method == "bootstrap" else ""),
            NONE if found.metric.unit == "share" else per_cent_text(found.relative),
            Text(mark, style=COLOURS[mark]),
        )
    return table


def mark_of(found: Difference) -> str:
    """How a difference is marked."""
    if not found.is_distinguishable:
        return SAME
    return {True: BETTER, False: WORSE, None: OTHER}[found.is_better]


def notes_of(comparison: Comparison) -> list[str]:
    """What the marks and intervals mean, and how far they reach."""
    facts = comparison.baseline.facts
    n, days = int(facts["replicates"]), f"{facts['days']} day{'s' * (int(facts['days']) != 1)}"
    found = [one for policy in comparison.policies for one in policy.differences]
    notes = [LEGEND]
    if n < 2:
        return [*notes, f"1 replicate of {days}, seed {facts['seed']}: no interval, so nothing is distinguishable"]
    told = f"{n} replicates of {days}, seed {facts['seed']}, paired: the same people with the same luck"
    notes.append(f"{told}; 95% intervals of the mean difference")
    notes += few_replicates(n)
    if any(one.method == "bootstrap" for one in found):
        notes.append("~ bootstrap, since the paired differences are skewed; all others Student's t")
    by_chance = 0.05 * len(found)
    if by_chance >= 1:
        notes.append(
            f"each interval stands alone: of these {len(found)}, about {by_chance:.0f} miss their value by chance"
        )
    return notes


def channel_table(
    channels: Sequence[ChannelEconomics], *, currency: str = "", width: int = 100, colour: bool | None = None
) -> str:
    """Unit economics by channel, margins left out where they do not fit; empty where no channel won anybody."""
    if not channels:
        return ""
    heads = ("sign-ups", "cost", "CAC", "LTV", "LTV/\nCAC", "payback,\ndays", "MAU", "D30")
    table, note = with_margins_if_they_fit("channel", heads, [channel_cells(one) for one in channels], width)
    told = f"money in {currency}; {note}; MAU: mean of the last {RECENT_DAYS} days"
    return printed([Text("Channels", style="bold"), table, Text(told, style="dim")], width, colour)


def channel_cells(one: ChannelEconomics) -> tuple[str, ...]:
    """A channel's row."""
    return (
        one.channel,
        plus_minus(one.sign_ups),
        *(plus_minus(each, "money") for each in (one.cost, one.cac, one.ltv)),
        NONE if one.ltv_per_cac.mean is None else f"{one.ltv_per_cac.mean:.1f}",
        payback_text(one),
        plus_minus(one.mau),
        plus_minus(one.d30, "share"),
    )


def with_margins_if_they_fit(
    first: str, heads: Sequence[str], rows: Sequence[Sequence[str]], width: int
) -> tuple[Table, str]:
    """A table of means with their margins, or of means alone in a narrow terminal; and what it shows."""
    table = table_of(first, heads, rows)
    if Console(width=10_000, _environ={}).measure(table).maximum <= width:
        return table, "± half of the 95% interval"
    means = [[row[0], *(MARGIN.sub("", cell) for cell in row[1:])] for row in rows]
    tight = table_of(first, heads, means)
    tight.collapse_padding = True
    return tight, "means over replicates (margins in a wider terminal)"


def table_of(first: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    """A table of names and numbers."""
    table = new_table((first, "left"), *((head, "right") for head in heads))
    for name, *cells in rows:
        table.add_row(named(name), *cells)
    return table


def payback_text(one: ChannelEconomics) -> str:
    """Days to payback, and in how many replicates if not in all."""
    if one.cac.mean == 0:
        return "free"
    if one.n_paid_back == 0:
        return "not yet"
    days = plus_minus(one.payback_days)
    return days if one.n_paid_back == one.cac.n else f"{days} ({one.n_paid_back} of {one.cac.n})"


def rules_table(
    rules: Sequence[RuleEffect],
    on_budgets: Sequence[BudgetRule] = (),
    *,
    currency: str = "",
    width: int = 100,
    colour: bool | None = None,
) -> str:
    """What each rule did and cost, and when those that only change budgets did; empty where there are no rules."""
    changes = "\n".join(budget_rule_note(one) for one in on_budgets)
    if not rules:
        return printed([Text("Rules", style="bold"), Text(changes, style="dim")], width, colour) if changes else ""
    heads = ("selected", "held\nout", "not\nreachable", "limited", "sent", "opened", "returned", "coupons")
    rows = [rule_cells(one) for one in rules]
    table, note = with_margins_if_they_fit("rule", (*heads, "cost", "cost per\nreturn"), rows, width)
    told = f"money in {currency}; {note}; some of the returned would have come back without the rule"
    notes = [line for one in rules for line in rule_notes(one, currency)]
    notes += [TWO_ANSWERS] if any(has_both_answers(one) for one in rules) else []
    told = "\n".join([told, *notes, *([changes] if changes else [])])
    return printed([Text("Rules", style="bold"), table, Text(told, style="dim")], width, colour)


def rule_cells(one: RuleEffect) -> tuple[str, ...]:
    """A rule's row."""
    reached = (one.selected, one.held_out, one.not_reachable, one.limited, one.sent)
    counts = (*reached, one.opened, one.returned, one.coupons_used)
    money = (one.cost, one.cost_per_return)
    return one.rule, *(plus_minus(each) for each in counts), *(plus_minus(each, "money") for each in money)


def accounts_table(
    lines: Sequence[AccountLine], *, currency: str = "", width: int = 100, colour: bool | None = None
) -> str:
    """Profit and loss by account; empty where nothing was booked."""
    if not lines:
        return ""
    table = new_table(("account", "left"), ("", "left"), (f"amount, {currency}".rstrip(", "), "right"))
    for line in lines:
        table.add_row(named(line.account), line.group, plus_minus(line.amount, "money"))
    return printed([Text("Books", style="bold"), table], width, colour)


def new_table(*columns: tuple[str, Justify]) -> Table:
    """An empty table; heads are texts, so that brackets in names stay brackets."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False, header_style="", show_edge=False)
    for head, justify in columns:
        name = Text(head if "\n" in head else shortened(head), style="bold")
        table.add_column(name, justify=justify, overflow="fold", no_wrap=head == "metric")
    return table


def named(name: str) -> Text:
    """A name in a cell."""
    return Text(shortened(name))


def shortened(name: str) -> str:
    """A name of at most WIDEST_NAME columns on one line."""
    plain = " ".join(name.split())
    return plain if cell_len(plain) <= WIDEST_NAME else set_cell_size(plain, WIDEST_NAME - 1).rstrip() + "…"


def metric_text(metric: Metric, label: str, n_days: int) -> Text:
    """A metric's label and, behind it, how days become its one number."""
    word = over_days(metric, n_days)
    return Text.assemble(shortened(label), *([("  " + word, "dim")] if word else []))


def days_of(run: StoredRun) -> int:
    """The days of the run's horizon."""
    return int(run.facts["days"])


def label_with_unit(metric: Metric, currency: str) -> str:
    """A metric's label, with the currency behind amounts."""
    return f"{metric.label}, {unit_of(metric, currency)}" if metric.unit == "currency" else metric.label


def shown_unit(one: Estimate) -> str:
    """The unit for a column of its own; shares carry theirs."""
    return "" if one.metric.unit == "share" else unit_of(one.metric, one.currency)


def replicates_notes(n: int) -> list[str]:
    """How many replicates, and what the intervals are worth."""
    if n < 2:
        return ["no interval from one replicate"]
    return [f"{n} replicates; 95% interval of the mean over replicates", *few_replicates(n)]


def few_replicates(n: int, fewest: int = FEWEST_REPLICATES) -> list[str]:
    """A warning where intervals stand on too few replicates, at least two; nothing where there are enough."""
    if n >= fewest:
        return []
    told = f"only {n} replicates: intervals are wide and unstable, and marks with them"
    return [f"{told}; use at least {ADVISED_REPLICATES} (--replicates {ADVISED_REPLICATES})"]


def printed(parts: Iterable[RenderableType], width: int, colour: bool | None) -> str:
    """The parts one below the other, no line wider than `width`, without blanks at the ends of lines."""
    wants_colour = is_colour_wanted() if colour is None else colour
    sink = io.StringIO()
    console = Console(
        file=sink,
        width=width,
        color_system="standard" if wants_colour else None,
        force_terminal=wants_colour,
        legacy_windows=False,
        highlight=False,
        markup=False,
        emoji=False,
        _environ={},
    )
    for part in parts:
        console.print(part)
    return "\n".join(line.rstrip() for line in sink.getvalue().split("\n")).strip("\n")


def is_colour_wanted() -> bool:
    """True on a terminal that can show colour, unless NO_COLOR says otherwise."""
    can_show = sys.stdout is not None and sys.stdout.isatty() and os.environ.get("TERM") != "dumb"
    return can_show and not os.environ.get("NO_COLOR")
