"""Stored runs → estimates, differences with intervals, series and tables of numbers; draws nothing."""

from sim.analysis.books import AccountLine, FunnelStep, account_lines, funnel_steps
from sim.analysis.channels import ChannelEconomics, channel_economics
from sim.analysis.comparing import (
    Comparison,
    Difference,
    PolicyComparison,
    compare_runs,
    distinct_labels,
    refuse_other_settings,
)
from sim.analysis.content import ContentBook, ContentSeries, content_books, content_over_time
from sim.analysis.detections import Detection, detections
from sim.analysis.fits import FitPoint, RetentionFit, poor_fits, retention_fits
from sim.analysis.growth import Growth, growth_accounting, is_last_ratio_higher
from sim.analysis.intervals import Interval, difference_interval, student_interval
from sim.analysis.journeys import JourneyStepBook, TouchpointBook, journey_steps, touchpoint_books
from sim.analysis.memberships import MembershipBook, MembershipSeries, membership_books, memberships_over_time
from sim.analysis.points import BatchBreakage, PointsBook, PointsSeries, points_books, points_over_time
from sim.analysis.referral import ReferralBook, ReferralChains, referral_books, referral_chains
from sim.analysis.retention import Triangle, clear_gains, retention_triangle
from sim.analysis.rules import BudgetRule, RuleEffect, budget_rules, rule_effects
from sim.analysis.series import (
    Band,
    ahead_since,
    bands_by,
    daily_band,
    difference_band,
    difference_view_of,
    falling_since,
    metric_named,
)
from sim.analysis.service import (
    DeskBook,
    DeskSeries,
    SatisfactionLevel,
    desk_books,
    desks_over_time,
    satisfaction_level,
)
from sim.analysis.standings import StageEntry, StatusEffect, stage_entries, status_effects
from sim.analysis.summary import Estimate, summarise

__all__ = [
    "AccountLine",
    "Band",
    "BatchBreakage",
    "BudgetRule",
    "ChannelEconomics",
    "Comparison",
    "ContentBook",
    "ContentSeries",
    "DeskBook",
    "DeskSeries",
    "Detection",
    "Difference",
    "Estimate",
    "FitPoint",
    "FunnelStep",
    "Growth",
    "Interval",
    "JourneyStepBook",
    "MembershipBook",
    "MembershipSeries",
    "PointsBook",
    "PointsSeries",
    "PolicyComparison",
    "ReferralBook",
    "ReferralChains",
    "RetentionFit",
    "RuleEffect",
    "SatisfactionLevel",
    "StageEntry",
    "StatusEffect",
    "TouchpointBook",
    "Triangle",
    "account_lines",
    "ahead_since",
    "bands_by",
    "budget_rules",
    "channel_economics",
    "clear_gains",
    "compare_runs",
    "content_books",
    "content_over_time",
    "daily_band",
    "desk_books",
    "desks_over_time",
    "detections",
    "difference_band",
    "difference_interval",
    "difference_view_of",
    "distinct_labels",
    "falling_since",
    "funnel_steps",
    "growth_accounting",
    "is_last_ratio_higher",
    "journey_steps",
    "membership_books",
    "memberships_over_time",
    "metric_named",
    "points_books",
    "points_over_time",
    "poor_fits",
    "referral_books",
    "referral_chains",
    "refuse_other_settings",
    "retention_fits",
    "retention_triangle",
    "rule_effects",
    "satisfaction_level",
    "stage_entries",
    "status_effects",
    "student_interval",
    "summarise",
    "touchpoint_books",
]
