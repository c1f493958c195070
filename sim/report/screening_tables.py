"""The table of a screening: a row per number, the strongest first, with its evidence."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import RenderableType
from rich.text import Text

from sim.analysis.screening import Screened, Screening
from sim.report.findings import lower_first
from sim.report.swing_words import answer_interval, answer_name, answer_text
from sim.report.tables import ADVISED_REPLICATES, few_replicates, new_table, printed
from sim.report.wording import NO_BREAK, difference_text, unit_of

HEADS = {
    "morris": ("μ*", "σ"),
    "sobol": ("total index", "first order"),
}


def screening_table(found: Screening, *, width: int = 100, colour: bool | None = None) -> str:
    """The whole answer."""
    is_difference = found.against is not None
    name = answer_name(found.metric, found.label, found.against)
    written = answer_text(found.metric, found.written.mean, is_difference=is_difference, currency=found.currency)
    interval = answer_interval(found.metric, found.written, is_difference=is_difference)
    unit = {"share": "pp"}.get(found.metric.unit, unit_of(found.metric, found.currency))
    behind = f", {unit}" if found.method == "morris" else ""
    heads = [f"{head}{behind}" for head in HEADS[found.method]]
    table = new_table(("number, its evidence", "left"), (heads[0], "right"), (heads[1], "right"))
    for one in found.screened:
        cells = (
            number_text(found, one.strength, one.strength_half),
            number_text(found, one.spread, one.spread_half),
        )
        told = f"\n  {one.number.evidence}, {one.number.place}"
        table.add_row(Text.assemble(one.number.name, (told, "dim")), *cells)
    notes = Text("\n" + "\n".join(notes_of(found)), style="dim")
    head = Text(f"{name}, all numbers as written: {written} {interval}", style="bold")
    parts: Sequence[RenderableType] = [head, Text(""), table, notes, Text(f"\n{next_text(found)}", style="bold")]
    return printed(parts, width, colour)


def number_text(found: Screening, value: float, half: float | None) -> str:
    """A strength with half its interval: of Morris in the metric's unit, of Sobol a share."""
    if found.method == "sobol":
        return f"{value:.2f}" + ("" if half is None else f"{NO_BREAK}±{NO_BREAK}{half:.2f}")
    told = difference_text(found.metric, value).removesuffix(" pp").removeprefix("+")
    if half is None:
        return told
    margin = difference_text(found.metric, half, like=value).removesuffix(" pp").removeprefix("+")
    return f"{told}{NO_BREAK}±{NO_BREAK}{margin}"


def notes_of(found: Screening) -> list[str]:
    """What the columns mean, what luck does to them, and what was left out."""
    n = found.replicates
    luck = f"luck is noise: {found.n_points:,} points, each the mean of the same {n} replicates of {found.days} days"
    meaning = {
        "morris": "μ*: mean size of the effect of its whole range, the others anywhere; σ: how much that varies",
        "sobol": "shares of the variance over draws of all numbers; total: with interactions, first order: alone",
    }
    notes = [f"{meaning[found.method]}; ± half of the 95% bootstrap interval", f"{luck}, seed {found.seed}"]
    notes += few_replicates(n, ADVISED_REPLICATES) if n > 1 else []
    if found.n_left_out:
        notes.append(f"{found.n_left_out} of {found.samples} samples left out: a scenario does not hold in them")
    if found.n_unranged:
        notes.append(f"{found.n_unranged} other numbers have no range (`low`, `high`) and stay as written")
    return notes


def next_text(found: Screening) -> str:
    """What to measure next."""
    one: Screened | None = found.measure_next
    if one is None:
        return "Nothing to measure first: no number that nobody has measured moves it beyond the noise."
    why = "it has no source" if one.number.evidence == "no source" else "nobody has measured it"
    what = lower_first(found.metric.label)
    size = number_text(found, one.strength, None)
    unit = "" if found.metric.unit == "share" else f" {unit_of(found.metric, found.currency)}"
    does = f"moves {what} by {size}{unit} on average"
    if found.method == "sobol":
        does = f"has part in {one.strength:.0%} of the variance of {what}"
    return f"Measure {one.number.name} next: it {does}, and {why} ({one.number.place})."
