"""Luck beside doubt: a table per policy, below that of the comparison, and below that of a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.console import RenderableType
from rich.text import Text

from sim.analysis.doubt import Doubt, Uncertainty
from sim.report.findings import lower_first
from sim.report.tables import Justify, label_with_unit, metric_text, new_table, printed
from sim.report.wording import NONE, interval_text, range_text

Luck = Mapping[str, tuple[float | None, float | None]]
"""The 95% interval of the mean at the written values, by metric."""
FEWEST_DRAWS = 20
NOT_TOLD = "not told from luck"


def uncertainty_table(found: Uncertainty, luck: Sequence[Luck], *, width: int = 100, colour: bool | None = None) -> str:
    """Doubt beside luck: of the differences of each policy, or of the levels of the only scenario.

    Args:
        luck: of each policy, or of the only scenario, in their order.
    """
    told = f"Doubt about inputs: {len(found.numbers)} numbers with a range, drawn {found.n_draws} times"
    parts: list[RenderableType] = [Text(told, style="bold")]
    if found.policies:
        for policy, own in zip(found.policies, luck, strict=True):
            parts.append(Text(f"\n{policy.label}, against {found.label}", style="bold"))
            parts.append(doubts_table(policy.differences, own, found.days, is_difference=True))
    else:
        parts.append(doubts_table(found.levels, luck[0], found.days, is_difference=False))
    parts.append(Text("\n" + "\n".join(notes_of(found)), style="dim"))
    told_last = sentences(found)
    return printed([*parts, *([Text("\n" + "\n".join(told_last), style="bold")] if told_last else [])], width, colour)


def doubts_table(doubts: Sequence[Doubt], luck: Luck, days: int, *, is_difference: bool) -> RenderableType:
    """A row per metric."""
    columns: list[tuple[str, Justify]] = [("metric", "left"), ("luck: 95% interval", "right")]
    columns += [("doubt: 95% of draws", "right"), ("doubt's\nshare", "right")]
    if is_difference:
        columns.append(("better\nin", "right"))
    table = new_table(*columns)
    write = range_text if is_difference else interval_text
    for one in doubts:
        doubt = write(one.metric, one.low, one.high) if one.is_told else NOT_TOLD
        cells = [write(one.metric, *luck.get(one.metric.name, (None, None))), doubt]
        better = [NONE if one.n_better is None else share_text(one.n_better / one.n)] if is_difference else []
        name = metric_text(one.metric, label_with_unit(one.metric, one.currency), days)
        table.add_row(name, *cells, share_text(one.share) if one.is_told else NONE, *better)
    return table


def share_text(share: float) -> str:
    """A whole per cent; neither 0% nor 100% where it is not."""
    if 0 < share < 0.005:
        return "<1%"
    return ">99%" if 0.995 <= share < 1 else f"{share:.0%}"


def sentences(found: Uncertainty) -> list[str]:
    """In how many draws each policy earns more."""
    told = []
    for policy in found.policies:
        one = policy.of("profit")
        if one is None:
            continue
        name = lower_first(one.metric.label)
        if one.n_better is None:
            told.append(f"{policy.label}: what doubt does to {name} is not told from luck by {one.n} draws")
            continue
        many = f"in {one.n_better} of {one.n} draws ({share_text(one.n_better / one.n)})"
        ends = range_text(one.metric, one.low, one.high)
        told.append(f"{policy.label}: {name} better {many}; 95% of the draws lie from {ends} {one.currency}")
    return told


def notes_of(found: Uncertainty) -> list[str]:
    """What luck and doubt are, and what was left out."""
    notes = [
        "luck: the interval of the mean, all numbers as written; more replicates narrow it",
        "doubt: where 95% of the draws lie, without luck; only better numbers narrow it",
        "doubt's share: of the variance of one replicate of a random draw; the rest is luck",
        "not told from luck: the draws scatter no more than replicates do; more draws may tell",
        f"each number is drawn once for all policies, triangular: low, the written value, high; seed {found.seed}",
    ]
    if found.n_draws < FEWEST_DRAWS:
        notes.append(
            f"only {found.n_draws} draws: the ends of the doubt are those of a few; use at least {FEWEST_DRAWS}"
        )
    if found.left_out:
        n = len(found.left_out)
        notes.append(f"{n} of {found.n_draws} draws left out, since they do not hold together: {found.left_out[0][1]}")
    return notes
