"""Tables of audiences and early warnings for the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text

from sim.analysis.audiences import Sizes, WarningQuality, last_sizes
from sim.report.tables import named, new_table, printed
from sim.report.wording import plus_minus


def audiences_table(sets: Sequence[Sizes], *, width: int = 100, colour: bool | None = None) -> str:
    """The audiences and layers on the last day; empty where the policy names none."""
    if not sets:
        return ""
    table = new_table(("", "left"), ("audience or layer", "left"), ("users", "right"), ("lapsed\n(latent)", "right"))
    for sizes in sets:
        for i, (label, users, lapsed) in enumerate(last_sizes(sizes)):
            table.add_row(named("" if i else sizes.name), named(label), plus_minus(users), plus_minus(lapsed, "share"))
    told = f"on {sets[0].dates[-1]}; ± half of the 95% interval; who has lapsed nobody can observe"
    return printed([Text("Audiences", style="bold"), table, Text(told, style="dim")], width, colour)


def warnings_table(warnings: Sequence[WarningQuality], *, width: int = 100, colour: bool | None = None) -> str:
    """How well each early warning tells who leaves; empty where there are none."""
    if not warnings:
        return ""
    heads = ("warned of", "precision", "recall", "base rate")
    table = new_table(("early warning", "left"), *((head, "right") for head in heads))
    for one in warnings:
        shares = (one.flagged, one.precision, one.recall, one.base_rate)
        table.add_row(named(one.warning), *(plus_minus(share, "share") for share in shares))
    told = (
        "of users active within 30 days; precision: of those warned of, the share who then lapsed;\n"
        "recall: of those who lapsed, the share warned of; base rate: the precision of warning of everybody"
    )
    return printed([Text("Early warnings", style="bold"), table, Text(told, style="dim")], width, colour)
