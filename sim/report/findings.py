"""What a comparison found, as one sentence: the titles of charts and the heads of tables."""

from __future__ import annotations

from collections.abc import Sequence

from sim.analysis import ChannelEconomics, Comparison, Difference, PolicyComparison, difference_band, falling_since
from sim.report.wording import difference_text, per_cent_range, per_cent_text, range_text, unit_of

LARGEST_SHARE = 5.0


def fits_per_cent(found: Difference) -> bool:
    """True where the baseline is a yardstick for the difference: large enough, and no share.

    Per cent of a share would be taken for percentage points.
    """
    if found.metric.unit == "share":
        return False
    return found.relative is not None and abs(found.relative) <= LARGEST_SHARE


def changed(found: Difference) -> str:
    """A difference in per cent of the baseline; shares in percentage points, in its unit beside a small baseline."""
    if not fits_per_cent(found):
        unit = "" if found.metric.unit == "share" else f" {unit_of(found.metric, found.currency)}"
        return f"{difference_text(found.metric, found.difference)}{unit}"
    return per_cent_text(found.relative)


def certainty(found: Difference) -> str:
    """The interval of `changed`, in brackets; empty where there is none."""
    if found.low is None:
        return " (one replicate: no interval)"
    if not fits_per_cent(found):
        return f" (95% interval {range_text(found.metric, found.low, found.high)})"
    return f" (95% interval {per_cent_range(found.relative_low, found.relative_high)})"


def headline(comparison: Comparison, metric: str) -> str | None:
    """Which policy does best on a metric, and whether that can be told from no difference; None where undefined."""
    rivals = [(policy, found) for policy in comparison.policies if (found := policy.of(metric)) is not None]
    defined = [(policy, found) for policy, found in rivals if found.difference is not None]
    if not defined:
        return None
    sign = -1.0 if defined[0][1].metric.better == "lower" else 1.0
    policy, best = max(defined, key=lambda pair: sign * (pair[1].difference or 0.0))
    return alone(policy.label, best) if len(comparison.policies) == 1 else among_several(policy, best)


def alone(label: str, found: Difference) -> str:
    """The sentence about the only policy."""
    name = found.metric.label
    if found.low == found.high == 0:
        return f"{label}: {lower_first(name)} exactly as in the baseline"
    if not found.is_distinguishable:
        return f"{label}: no clear difference in {lower_first(name)}, {changed(found)}{certainty(found)}"
    return f"{label}: {lower_first(name)} {changed(found)}{certainty(found)}"


def among_several(policy: PolicyComparison, best: Difference) -> str:
    """The sentence about the best of several policies."""
    name = best.metric.label
    if best.is_better or (best.is_distinguishable and best.metric.better is None):
        extreme = {"lower": "Lowest", "higher": "Best"}.get(best.metric.better or "", "Highest")
        return f"{extreme} {lower_first(name)}: {policy.label}, {changed(best)}{certainty(best)}"
    if best.is_distinguishable:
        return f"{name}: every policy does worse than the baseline; {policy.label} least so, {changed(best)}"
    told = f"{name}: no policy clearly beats the baseline"
    return f"{told}; {policy.label} comes nearest, {changed(best)}" if best.difference else told


def falling_leads(comparison: Comparison) -> list[str]:
    """A sentence for each policy whose lead in profit has been falling: a longer run may turn it round."""
    days = int(comparison.baseline.facts["days"])
    told = []
    for policy in comparison.policies:
        found = policy.of("profit")
        if found is None:
            continue
        date = falling_since(difference_band(policy.label, comparison.baseline, policy.run, found.metric))
        if date is not None:
            longer = f"look further ahead (--days {2 * days}) before you decide"
            told.append(f"{policy.label}: ahead, but the lead has been falling since {date}; {longer}")
    return told


def lower_first(text: str) -> str:
    """The text as it stands within a sentence: abbreviations stay as they are."""
    return text if len(text) < 2 or not text[1].islower() else text[0].lower() + text[1:]


def channels_headline(label: str, channels: Sequence[ChannelEconomics]) -> str:
    """Which channels of one policy pay back what their sign-ups cost, and how soon."""
    costly = [channel for channel in channels if channel.cac.mean]
    losing = [channel for channel in costly if channel.n_paid_back * 2 < channel.cac.n]
    if not channels:
        return "No channel won anybody"
    if not costly:
        return f"{label}: no channel has acquisition cost"
    if losing:
        names = ", ".join(channel.channel for channel in losing)
        return f"{label}: {names} {'does' if len(losing) == 1 else 'do'} not pay back a sign-up within the horizon"
    last = max(costly, key=lambda channel: channel.payback_days.mean or 0.0)
    return (
        f"{label}: every channel pays back its sign-ups; {last.channel} last, after {last.payback_days.mean:.0f} days"
    )
