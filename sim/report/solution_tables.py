"""What `sim solve` found: a sentence, and the answers at the values that were tried."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import RenderableType
from rich.text import Text

from sim.analysis.solutions import Answer, Solution
from sim.report.swing_words import answer_name, answer_text
from sim.report.tables import few_replicates, new_table, printed
from sim.report.wording import NONE, interval_text, range_text, unit_of


def solution_table(found: Solution, *, width: int = 100, colour: bool | None = None) -> str:
    """The whole answer."""
    is_difference = found.against is not None
    name = answer_name(found.metric, found.label, found.against)
    table = new_table((found.number.name, "right"), (name, "right"), ("95% interval", "right"))
    for one in shown_rows(found):
        ends = (one.answer.low, one.answer.high)
        interval = range_text(found.metric, *ends) if is_difference else interval_text(found.metric, *ends)
        table.add_row(one.text, answer_of(found, one), interval)
    notes = Text("\n" + "\n".join(notes_of(found)), style="dim")
    parts: Sequence[RenderableType] = [table, notes, Text("\n" + "\n".join(sentences(found)), style="bold")]
    return printed(parts, width, colour)


def shown_rows(found: Solution) -> list[Answer]:
    """What was tried first, and the values on both sides of the root."""
    rows = {one.text: one for one in (*found.scanned, *(found.sides or ()))}
    return sorted(rows.values(), key=lambda one: one.value)


def answer_of(found: Solution, one: Answer) -> str:
    """An answer with its unit."""
    is_difference = found.against is not None
    return answer_text(found.metric, one.answer.mean, is_difference=is_difference, currency=found.currency)


def target_text(found: Solution) -> str:
    """The target with its unit."""
    if found.target == 0:
        return f"0 {unit_of(found.metric, found.currency)}"
    is_difference = found.against is not None
    return answer_text(found.metric, found.target, is_difference=is_difference, currency=found.currency)


def sentences(found: Solution) -> list[str]:
    """Where the answer meets the target, or that it does so nowhere."""
    name, number = answer_name(found.metric, found.label, found.against), found.number
    first, last = found.tried[0], found.tried[-1]
    if len({one.answer for one in found.tried}) == 1 < len(found.tried):
        same = f"{name} is {answer_of(found, first)} at every value of {number.name} from {first.text} to {last.text}"
        return [f"{same}: this number moves nothing here."]
    if not found.is_found:
        at = " and ".join(f"{answer_of(found, one)} at {one.text}" for one in (first, last))
        nowhere = f"No value of {number.name} from {first.text} to {last.text} brings it to {target_text(found)}"
        hidden = [one.text for one in (first, last) if holds(one, found.target)]
        luck = f" At {' and '.join(hidden)} luck hides whether it is met: the interval holds it." if hidden else ""
        return [f"{nowhere}: {name} is {at}.{luck}"]
    at = f"at {number.name} = {found.text}"
    if found.stretch is not None:
        at = f"at every value of {number.name} that was tried from {found.stretch[0]} to {found.stretch[1]}"
    told = [f"{name} is {target_text(found)} {at}{interval_of(found)}."]
    if found.is_whole and found.sides is not None and found.sides[0] != found.sides[1] and found.stretch is None:
        beside = " and ".join(f"{answer_of(found, one)} at {one.text}" for one in found.sides)
        told.append(f"Only whole numbers were tried: {beside}.")
    if found.n_crossings > 1:
        told.append(
            f"It meets the target {found.n_crossings} times from {first.text} to {last.text}; this is the one next to "
            f"what is written, {number.text}. Look at the others with --between."
        )
    return [*told, f"Written is {number.text}, {number.evidence} ({number.place})."]


def holds(one: Answer, target: float) -> bool:
    """Whether the interval of the answer there holds the target."""
    return one.answer.low is not None and one.answer.high is not None and one.answer.low <= target <= one.answer.high


def interval_of(found: Solution) -> str:
    """The 95% interval of the number, in brackets; an end that lies beyond where was looked says so."""
    if found.replicates < 2:
        return " (one replicate: no interval)"
    first, last = found.tried[0], found.tried[-1]
    if found.low is None and found.high is None:
        return f" (95% interval: all from {first.text} to {last.text}, and perhaps beyond)"
    low = found.low_text if found.low is not None else f"below {first.text}"
    high = found.high_text if found.high is not None else f"above {last.text}"
    return f" (95% interval {low or NONE} to {high or NONE})"


def notes_of(found: Solution) -> list[str]:
    """How it was found, and what the interval means."""
    n = found.replicates
    told = f"{n} replicates of {found.days} days, seed {found.seed}: the same people with the same luck at every value"
    notes = [told, "the interval of the number: the values at which the 95% interval of the answer holds the target"]
    return [*notes, *few_replicates(n)] if n > 1 else [told.replace("replicates", "replicate", 1)]
