"""What moves an answer, in sentences: what moves it most, where its sign turns, and what to measure next."""

from __future__ import annotations

import re

from sim.analysis.intervals import Interval
from sim.analysis.swings import Swing, Tornado
from sim.metrics import Metric
from sim.report.findings import lower_first
from sim.report.wording import difference_text, interval_text, range_text, unit_of, value_text

FEW_ROWS = 12
MANY = 20
"""Of so many numbers, tested at 5%, luck marks one."""
UNIT = re.compile(r"\s+[^0-9]\S*.*$")


def answer_name(metric: Metric, label: str, against: str | None) -> str:
    """What is asked: "Profit of recall against today"."""
    return f"{metric.label} of {label}" + (f" against {against}" if against else "")


def answer_text(metric: Metric, value: float | None, *, is_difference: bool, currency: str = "") -> str:
    """An answer with its unit; a difference with its sign."""
    text = difference_text(metric, value) if is_difference else value_text(metric, value)
    return text if metric.unit == "share" or value is None else f"{text} {unit_of(metric, currency)}"


def answer_interval(metric: Metric, found: Interval, *, is_difference: bool) -> str:
    """The 95% interval of an answer, in brackets; that there is none from one replicate."""
    if found.low is None:
        return "(one replicate: no interval)"
    ends = (range_text if is_difference else interval_text)(metric, found.low, found.high)
    return f"(95% interval {ends})"


def written_sentence(tornado: Tornado) -> str:
    """The answer at the written values."""
    is_difference = tornado.against is not None
    name = answer_name(tornado.metric, tornado.label, tornado.against)
    told = answer_text(tornado.metric, tornado.written.mean, is_difference=is_difference, currency=tornado.currency)
    interval = answer_interval(tornado.metric, tornado.written, is_difference=is_difference)
    return f"{name}, all numbers as written: {told} {interval}"


def headline(tornado: Tornado) -> str:
    """What moves the answer most."""
    name = answer_name(tornado.metric, tornado.label, tornado.against)
    first = next((one for one in tornado.swings if one.is_distinguishable), None)
    if first is None and not any(any(one.span) for one in tornado.swings):
        return f"{name}: no number with a range moves it at all"
    if first is None:
        return f"{name}: no number with a range moves it beyond luck, with {tornado.replicates} replicates"
    return f"{name}: {first.number.name} moves it most, by {width_text(tornado, first)}"


def chance_sentence(tornado: Tornado) -> str:
    """What these sentences owe to chance where many numbers are tested; empty where they are few or none is marked."""
    n = len(tornado.swings)
    if n < MANY or not any(one.is_distinguishable for one in tornado.swings):
        return ""
    return (
        f"Found among {n} numbers, each tested alone at 5%: luck alone marks about {n / MANY:.0f}. "
        "Repeat it with another --seed before money hangs on it."
    )


def shown_swings(tornado: Tornado) -> tuple[tuple[Swing, ...], tuple[Swing, ...]]:
    """Those that get a row: all that move the answer, and the others where there are few; and the rest."""
    n_moving = sum(one.is_distinguishable for one in tornado.swings)
    n = max(n_moving, FEW_ROWS)
    return tornado.swings[:n], tornado.swings[n:]


def width_text(tornado: Tornado, swing: Swing) -> str:
    """How far a number moves the answer, with its unit."""
    return answer_text(tornado.metric, swing.width, is_difference=True, currency=tornado.currency).lstrip("+")


def range_of(swing: Swing) -> str:
    """The ends of the number's range as its file writes them, a unit that both share written once."""
    low, high = swing.number.low_text or "", swing.number.high_text or ""
    unit = UNIT.search(high)
    return f"{low.removesuffix(unit[0]) if unit else low} to {high}"


def turn_sentences(tornado: Tornado) -> list[str]:
    """Where the answer's sign changes within a number's range; that it does nowhere, if it could."""
    mean = tornado.written.mean or 0.0
    if tornado.against is None and mean >= 0 and not any(one.turns != "no" for one in tornado.swings):
        return []
    if tornado.written.low == tornado.written.high == 0:
        return ["All numbers as written, it is exactly 0 in every replicate: there is no sign to turn."]
    if not tornado.written.excludes_zero:
        return ["All numbers as written, luck still hides the sign: take more replicates before the ranges are judged."]
    names = {
        turn: [f"{one.number.name} ({across_text(tornado, one)})" for one in tornado.swings if one.turns == turn]
        for turn in ("yes", "perhaps")
    }
    told = [f"The sign turns within the range of {name}: the decision hangs on it." for name in names["yes"]]
    if names["perhaps"]:
        told.append(f"The sign may turn, since the answer's interval at an end holds 0: {'; '.join(names['perhaps'])}.")
    sign, other = ("above", "below") if mean > 0 else ("below", "above")
    return told or [f"No number alone brings the answer from {sign} to {other} 0."]


def across_text(tornado: Tornado, swing: Swing) -> str:
    """The answer, not the effect, at the ends where its sign is another or unknown: "+102 CNY, −65 to +269, at 2%"."""
    is_up, is_difference = (tornado.written.mean or 0.0) > 0, tornado.against is not None
    told = []
    for text, end in ((swing.number.low_text, swing.low), (swing.number.high_text, swing.high)):
        if end is None or (end.outcome.excludes_zero and ((end.outcome.mean or 0.0) > 0) == is_up):
            continue
        answer = answer_text(tornado.metric, end.outcome.mean, is_difference=is_difference, currency=tornado.currency)
        ends = (range_text if is_difference else interval_text)(tornado.metric, end.outcome.low, end.outcome.high)
        told.append(f"{answer}, {ends}, at {text}")
    return "; ".join(told)


def next_sentence(tornado: Tornado, *, is_short: bool = False) -> str:
    """What to measure next: what moves the answer most among the numbers that nobody has measured."""
    found = tornado.measure_next
    if found is None:
        told = (
            "every number that moves it has a source" if any(one.is_distinguishable for one in tornado.swings) else ""
        )
        return f"Nothing to measure first: {told or 'none with a range moves it beyond luck'}."
    number = found.number
    why = "it has no source" if number.evidence == "no source" else "nobody has measured it"
    what = lower_first(tornado.metric.label)
    moves = f"it alone moves {'the difference in ' if tornado.against else ''}{what} by {width_text(tornado, found)}"
    if is_short:
        return f"Measure {number.name} next: {moves}, and {why}."
    return f"Measure {number.name} next: {moves} ({range_of(found)}), and {why} ({number.place})."
