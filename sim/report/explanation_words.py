"""What an explanation found, in sentences and short texts: for tables and charts alike."""

from __future__ import annotations

from rich.cells import cell_len, set_cell_size

from sim.analysis.explaining import Change, ChangedLine, Explanation, Part
from sim.report.findings import alone
from sim.report.sums import column
from sim.report.wording import unit_of

WIDEST_VALUE = 36
MOST_OF_IT = 0.5
ADDED, REMOVED = "added", "removed"


def headline(found: Explanation, *, with_place: bool = True) -> str:
    """The difference, the change that it comes from, and what the changes do to each other."""
    return "; ".join(sentences(found, with_place=with_place))


def title(found: Explanation, width: int) -> str:
    """As much of the headline as fits whole into so many columns; without values if need be."""
    told = sentences(found, with_place=False)
    choices = [told, told[:2], sentences(found, with_place=False, with_values=False)[:2]]
    texts = ["; ".join(choice) for choice in choices]
    return next((text for text in texts if cell_len(text) <= width), told[0])


def sentences(found: Explanation, *, with_place: bool, with_values: bool = True) -> list[str]:
    """The parts of the headline."""
    told = [difference_sentence(found)]
    if found.total is not None and found.total.exact is not None and not is_nothing(found):
        largest = largest_sentence(found, with_place=with_place, with_values=with_values)
        told += [largest, *interaction_sentence(found)]
    return told


def is_nothing(found: Explanation) -> bool:
    """Whether no change moves the metric in any replicate."""
    return all(not any(amount.per_replicate) for part in found.parts for amount in (part.share, part.alone))


def difference_sentence(found: Explanation) -> str:
    """The difference with its interval."""
    if found.difference is None:
        return f"{found.right.label} says the same as {found.left.label}: no difference to explain"
    if found.difference.difference is None:
        return f"{found.right.label}: {found.metric.label} is undefined in one of the two"
    return alone(found.right.label, found.difference)


def largest_sentence(found: Explanation, *, with_place: bool, with_values: bool) -> str:
    """The change that contributes most, with what it was and became."""
    top = found.parts[0]
    path = f"`{top.change.name}`" if with_place else top.change.name
    name = f"{path}{said(top.change, with_place=with_place)}" if with_values else path
    if len(found.parts) == 1:
        return f"all of it is {name}"
    if not any(part.share.interval.excludes_zero for part in found.parts):
        return "no change's part can be told from 0"
    texts = column(found.metric, [part.share.exact for part in found.parts])  # as in the table
    told = f"{how_much(found, top)}, {texts[0]} {unit(found)}, is {name}"
    other = largest_against(found, top)
    if other is None:
        return told
    against = f"`{other.change.name}`" if with_place else other.change.name
    return f"{told}, against {texts[found.parts.index(other)]} {unit(found)} of {against}"


def how_much(found: Explanation, part: Part) -> str:
    """Whether a part is more than half of the whole, and lies within it."""
    whole, own = found.total.exact if found.total is not None else None, part.share.exact
    if not whole or own is None:
        return "the largest part"
    return "most of it" if MOST_OF_IT < own / whole <= 1 else "the largest part"


def largest_against(found: Explanation, top: Part) -> Part | None:
    """The largest part of the other sign; None where it is small beside the largest, or luck explains it."""
    sign = float(top.share.exact or 0)
    for part in found.parts:
        own = float(part.share.exact or 0)
        if own * sign < 0 and part.share.interval.excludes_zero:
            return part if abs(own) > MOST_OF_IT * abs(sign) else None
    return None


def interaction_sentence(found: Explanation) -> list[str]:
    """How much more or less the changes come to together than one at a time, where that can be told from nothing."""
    left = found.interaction
    if left is None or not left.interval.excludes_zero or left.interval.mean is None:
        return []
    word = "more" if left.interval.mean > 0 else "less"
    size = column(found.metric, [*(part.alone.exact for part in found.parts), left.exact])[-2]  # as in the table
    return [f"together the changes come to {size.lstrip('+−±')} {unit(found)} {word} than one at a time"]


def unit(found: Explanation) -> str:
    """The unit of the differences."""
    return "pp" if found.metric.unit == "share" else unit_of(found.metric, found.currency)


def said(change: Change, *, with_place: bool = True) -> str:
    """What stood there and what stands there now, with its place, as it follows a path; empty for several lines."""
    if len(change.lines) > 1:
        return f" ({len(change.lines)} lines)"
    (line,) = change.lines
    place = [place_of(line)] if with_place and line.place is not None else []
    words = from_to(line)
    if words in (ADDED, REMOVED):
        return f" ({', '.join([words, *place])})"
    return " ".join([f" {words}", *(f"({one})" for one in place)])


def from_to(line: ChangedLine) -> str:
    """`20 CNY → 10 CNY`; of what holds several values, and stands on one side only, that it was added or removed."""
    if line.left is None and line.right is not None and line.right.startswith("{"):
        return ADDED
    if line.right is None and line.left is not None and line.left.startswith("{"):
        return REMOVED
    return f"{shortened(line.left, line.right)} → {shortened(line.right, line.left)}"


def place_of(line: ChangedLine) -> str:
    """The file and line of a change."""
    return line.place.of_line if line.place is not None else ""


def shortened(text: str | None, other: str | None) -> str:
    """What stands somewhere, in at most WIDEST_VALUE columns; of several values those that the other has not.

    Where these are still too many, the last: of dated values the one that holds in the end.
    """
    if text is None:
        return "nothing"
    entries, others = entries_of(text), entries_of(other or "")
    told = [entry for entry in entries if entry not in others] or entries
    while cell_len(text) > WIDEST_VALUE and told:
        text = f"{{…, {', '.join(told)}}}"
        told = told[1:]
    return text if cell_len(text) <= WIDEST_VALUE else set_cell_size(text, WIDEST_VALUE - 1).rstrip() + "…"


def entries_of(text: str) -> list[str]:
    """The values of `{2026-01-01: 1, 2026-06-01: 2}`; none of anything that is not plain values."""
    inner = text[1:-1]
    is_plain = text.startswith("{") and text.endswith("}") and not any(mark in inner for mark in "{}[]\"'")
    return inner.split(", ") if is_plain else []
