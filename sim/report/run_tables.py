"""All that one run answers, for the terminal: its tables, one below the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from sim.analysis import (
    account_lines,
    budget_rules,
    channel_economics,
    content_books,
    desk_books,
    detections,
    membership_books,
    points_books,
    poor_fits,
    rule_effects,
    satisfaction_level,
    stage_entries,
    status_effects,
    summarise,
)
from sim.analysis.audiences import audience_sizes, warning_qualities
from sim.report.audience_tables import audiences_table, warnings_table
from sim.report.content_tables import content_table
from sim.report.detection_table import detections_table
from sim.report.journey_tables import journeys_table
from sim.report.memberships_table import memberships_table
from sim.report.points_tables import points_table
from sim.report.referral_tables import referrals_table
from sim.report.service_tables import desks_table, satisfaction_line
from sim.report.standing_tables import stages_table, statuses_table
from sim.report.tables import accounts_table, channel_table, days_of, printed, rules_table, summary_table
from sim.report.wording import fit_text

if TYPE_CHECKING:
    from sim.store import StoredRun


def run_tables(run: StoredRun, *, width: int = 100, colour: bool | None = None) -> str:
    """All that one run answers: metrics, accounts, channels, rules, who holds what, stages, audiences."""
    unit = str(run.facts.get("currency", ""))
    parts = [
        summary_table(summarise(run), n_days=days_of(run), width=width, colour=colour),
        accounts_table(account_lines(run), currency=unit, width=width, colour=colour),
        channel_table(channel_economics(run), currency=unit, width=width, colour=colour),
        rules_table(rule_effects(run), budget_rules(run), currency=unit, width=width, colour=colour),
        detections_table(detections(run), width=width, colour=colour),
        statuses_table(status_effects(run), currency=unit, width=width, colour=colour),
        points_table(points_books(run), currency=unit, width=width, colour=colour),
        memberships_table(membership_books(run), currency=unit, width=width, colour=colour),
        desks_table(desk_books(run), currency=unit, width=width, colour=colour),
        satisfaction_line(satisfaction_level(run), width=width, colour=colour),
        referrals_table(run, currency=unit, width=width, colour=colour),
        journeys_table(run, currency=unit, width=width, colour=colour),
        content_table(content_books(run), currency=unit, width=width, colour=colour),
        stages_table(stage_entries(run), width=width, colour=colour),
        audiences_table(audience_sizes(run), width=width, colour=colour),
        warnings_table(warning_qualities(run), width=width, colour=colour),
        *(printed([Text(fit_text(fit))], width, colour) for fit in poor_fits([run])),
    ]
    return "\n\n".join(part for part in parts if part)
