"""All charts of a comparison or of one run, drawn from what the analysis found and written to a folder."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from sim.analysis import (
    Band,
    Comparison,
    Growth,
    ahead_since,
    bands_by,
    channel_economics,
    daily_band,
    difference_band,
    difference_view_of,
    distinct_labels,
    falling_since,
    growth_accounting,
    is_last_ratio_higher,
    metric_named,
    retention_triangle,
    summarise,
)
from sim.analysis.audiences import audience_sizes, layer_flows
from sim.analysis.columns import names_of
from sim.analysis.portraits import audience_portraits
from sim.metrics import Metric
from sim.report.canvas import Chart, house_style, save_charts
from sim.report.chart_audiences import audiences_chart, flows_chart
from sim.report.chart_channels import channels_chart
from sim.report.chart_differences import differences_chart
from sim.report.chart_growth import growth_chart
from sim.report.chart_lines import MOST_BANDS, Panel, lines_chart
from sim.report.chart_portraits import portraits_chart
from sim.report.chart_triangle import triangle_chart, triangle_title
from sim.report.charts_of_systems import charts_of_systems, currency_of
from sim.report.findings import channels_headline, headline
from sim.report.wording import over_days, value_text

if TYPE_CHECKING:
    from sim.store import StoredRun

By = Literal["channel", "segment"]
BAND_WORDS = "line: mean over replicates, band: its 95% interval"
PAYING_OFF = ("revenue", "cost", "profit")
DAYS_FOR_MONTHS = 84
NAMED_IN_TITLE = 2


def draw_comparison(
    comparison: Comparison, folder: Path, formats: Sequence[str] = ("png",), *, metric: str | None = None
) -> list[Path]:
    """Draws the charts of a comparison; with a metric, only that one over time.

    Returns:
        the paths, in the order in which they are best read.
    Raises:
        ResultsError: no such metric, or the folder cannot be written.
    """
    with house_style(words_of([run for _, run in comparison.runs])):
        if metric is not None:
            return save_charts([one_metric(comparison.runs, metric, comparison)], folder, formats)
        return save_charts(list(comparison_charts(comparison)), folder, formats)


def draw_differences(comparison: Comparison, folder: Path) -> list[Path]:
    """Draws the two charts that tell most of what differs: the totals, and money to date over time.

    Returns:
        the paths, in the order in which they are best read.
    Raises:
        ResultsError: the folder cannot be written.
    """
    labels = [label for label, _ in comparison.runs]
    with house_style(words_of([run for _, run in comparison.runs]).union(labels)):
        return save_charts(list(difference_charts(comparison)), folder, ("png",))


def draw_run(
    run: StoredRun, folder: Path, formats: Sequence[str] = ("png",), *, metric: str | None = None, by: By | None = None
) -> list[Path]:
    """Draws the charts of one run; with a metric, only that one over time; by channel or segment, one line for each.

    Raises:
        ResultsError: no such metric, or the folder cannot be written.
    """
    with house_style(words_of([run])):
        if by is not None:
            return save_charts([metrics_by(run, by, metric)], folder, formats)
        if metric is not None:
            return save_charts([one_metric([(distinct_labels([run])[0], run)], metric)], folder, formats)
        return save_charts(list(run_charts(run)), folder, formats)


def comparison_charts(comparison: Comparison) -> Iterator[Chart]:
    """The charts of a comparison, one after the other."""
    foot = foot_of(comparison.baseline, is_paired=True)
    totals, *over_time = difference_charts(comparison)
    yield totals
    yield from overview_charts(comparison.runs, foot, comparison)
    yield from over_time
    yield from structure_charts(comparison.runs, foot, comparison)


def difference_charts(comparison: Comparison) -> Iterator[Chart]:
    """The differences of all metrics, and those of money to date over time."""
    foot = foot_of(comparison.baseline, is_paired=True)
    yield differences_chart(comparison, foot)
    shown = [estimate.metric for estimate in comparison.estimates if estimate.metric.name in PAYING_OFF]
    if shown and has_days(comparison.baseline):
        yield lead_chart(comparison, shown, foot)


def run_charts(run: StoredRun) -> Iterator[Chart]:
    """The charts of one run, one after the other."""
    runs = [(distinct_labels([run])[0], run)]
    foot = foot_of(run, is_paired=False)
    yield from overview_charts(runs, foot, None)
    yield from structure_charts(runs, foot, None)


def overview_charts(runs: Sequence[tuple[str, StoredRun]], foot: str, comparison: Comparison | None) -> Iterator[Chart]:
    """Every metric over time: persons and orders on one page, money on another; differences below the values."""
    first = runs[0][1]
    pages = (
        ("growth", "mau", [metric for metric in first.metrics if metric.unit != "currency"]),
        ("money", "profit", [metric for metric in first.metrics if metric.unit == "currency"]),
    )
    for name, leading, metrics in pages:
        known = [metric for metric in metrics if all(metric.name in names_known(run) for _, run in runs)]
        if known and has_days(first):
            title = (headline(comparison, leading) if comparison else last_value(first, leading)) or name.capitalize()
            subtitle = comparison_words(comparison) if comparison else f"{runs[0][0]};   {BAND_WORDS}"
            stacks = [panels_of(runs, metric) for metric in known]
            yield lines_chart(f"{name}-over-time", title, subtitle, foot, stacks, currency=currency_of(first))


def panels_of(runs: Sequence[tuple[str, StoredRun]], metric: Metric) -> list[Panel]:
    """A metric of one run; of several, each policy's before its difference to the baseline, the first."""
    values = [daily_band(run, metric_named(run, metric.name), label=label) for label, run in runs]
    if len(runs) == 1:
        return [Panel(values)]
    baseline, view = runs[0][1], difference_view_of(metric)
    differences = [difference_band(label, baseline, run, metric, view=view) for label, run in runs[1:]]
    return [Panel(values, "values behind"), Panel(differences, "differences")]


def comparison_words(comparison: Comparison) -> str:
    """How values and differences are drawn on a page."""
    shown = f"Above: means over replicates, the baseline ({comparison.label}) in grey"
    return f"{shown};   below: differences to it, {band_words(len(comparison.policies))}"


def band_words(n_lines: int) -> str:
    """Whether there are bands, and what they are."""
    return (
        "with their 95% intervals" if n_lines <= MOST_BANDS else "means over replicates; too many lines for intervals"
    )


def lead_chart(comparison: Comparison, metrics: Sequence[Metric], foot: str) -> Chart:
    """Money to date, against the baseline."""
    bands: list[list[Band]] = [
        [
            difference_band(policy.label, comparison.baseline, policy.run, metric, view="to date")
            for policy in comparison.policies
        ]
        for metric in metrics
    ]
    what = f"Differences to the baseline ({comparison.label}), summed since the start, paired by replicate"
    subtitle = f"{what};   {band_words(len(comparison.policies))}"
    stacks = [[Panel(lines, "differences")] for lines in bands]
    title, currency = ahead_title(bands), currency_of(comparison.baseline)
    return lines_chart("differences-over-time", title, subtitle, foot, stacks, currency=currency)


def ahead_title(bands: Sequence[Sequence[Band]]) -> str:
    """Since when which policy has earned more than the baseline, beyond the noise; and since when its lead falls."""
    profit = next((lines for lines in bands if lines[0].metric.name == "profit"), bands[0])
    name = profit[0].metric.label
    since = {band.label: date for band in profit if (date := ahead_since(band)) is not None}
    if not since:
        return f"{name} to date: no policy ends clearly ahead of the baseline"
    first = sorted(since.items(), key=lambda pair: pair[1])
    falls = {band.label: f", but falling since {date}" for band in profit if (date := falling_since(band)) is not None}
    told = "; ".join(f"{label} since {date}{falls.get(label, '')}" for label, date in first[:NAMED_IN_TITLE])
    more = f" and {len(first) - NAMED_IN_TITLE} more" if len(first) > NAMED_IN_TITLE else ""
    return f"{name} to date clearly ahead of the baseline: {told}{more}"


def structure_charts(
    runs: Sequence[tuple[str, StoredRun]], foot: str, comparison: Comparison | None
) -> Iterator[Chart]:
    """Growth accounting, the retention triangle, unit economics, then what not all scenarios have."""
    first_label, first = runs[0]
    if not has_days(first):
        return
    by: Literal["month", "week"] = "month" if int(first.facts["days"]) >= DAYS_FOR_MONTHS else "week"
    growths = [(label, growth_accounting(run, by)) for label, run in runs]
    yield growth_chart(growth_title(growths), foot, growths)
    triangles = [(label, retention_triangle(run)) for label, run in runs]
    yield triangle_chart(triangle_title(triangles), foot, triangles[0], triangles[1:])
    books = [(label, channel_economics(run)) for label, run in runs]
    yield channels_chart(channels_headline(first_label, books[0][1]), foot, currency_of(first), books)
    yield from charts_of_systems(runs, foot)
    yield from audience_charts(runs, foot)


def audience_charts(runs: Sequence[tuple[str, StoredRun]], foot: str) -> Iterator[Chart]:
    """Audiences and layers over time, and the moves between layers, and who is in them."""
    several = len(runs) > 1
    sizes = [(label if several else "", found) for label, run in runs for found in audience_sizes(run)]
    if sizes:
        yield audiences_chart("How many are in each audience and layer", foot, sizes)
    all_flows = [(label if several else "", found) for label, run in runs for found in layer_flows(run)]
    flows = [(label, found) for label, found in all_flows if not np.isnan(found.shares).all()]
    if flows:
        yield flows_chart("Where the users of each layer are a week later", foot, flows)
    portraits = [(label if several else "", found) for label, run in runs if (found := audience_portraits(run))]
    if portraits:
        yield portraits_chart("Who is in each audience and layer", foot, portraits)


def one_metric(runs: Sequence[tuple[str, StoredRun]], name: str, comparison: Comparison | None = None) -> Chart:
    """One metric of one or several runs on a page of its own."""
    first = runs[0][1]
    metric = metric_named(first, name)
    title = (headline(comparison, name) if comparison else last_value(first, name)) or metric.label
    subtitle = comparison_words(comparison) if comparison else f"{metric.definition};   {BAND_WORDS}"
    foot = foot_of(first, is_paired=len(runs) > 1)
    return lines_chart(metric.name, title, subtitle, foot, [panels_of(runs, metric)], currency=currency_of(first))


def metrics_by(run: StoredRun, by: By, name: str | None) -> Chart:
    """One metric, or the main ones, with a line per channel or segment."""
    wanted = [metric_named(run, name)] if name else [metric for metric in run.metrics if metric.table == "daily"][:6]
    bands = [bands_by(run, metric, by) for metric in wanted]
    chart_name = f"{wanted[0].name}-by-{by}" if name else f"by-{by}"
    how = BAND_WORDS if len(bands[0]) <= MOST_BANDS else band_words(len(bands[0]))
    subtitle = f"{run.name}, a line per {by};   {how}"
    stacks = [[Panel(lines)] for lines in bands]
    title, foot = by_title(bands[0], by, currency_of(run)), foot_of(run, is_paired=False)
    return lines_chart(chart_name, title, subtitle, foot, stacks, currency=currency_of(run))


def by_title(lines: Sequence[Band], by: By, currency: str) -> str:
    """Which channel or segment ends highest."""
    metric = lines[0].metric
    ends = {band.label: float(band.mean[-1]) for band in lines if band.mean.size and not np.isnan(band.mean[-1])}
    if len(ends) < 2:
        return f"{metric.label} by {by}"
    unit = f" {currency}" if metric.unit == "currency" else ""
    label, value = max(ends.items(), key=lambda pair: pair[1])
    return f"{metric.label} by {by}: {label} ends highest, at {value_text(metric, value)}{unit}"


def growth_title(growths: Sequence[tuple[str, Growth]]) -> str:
    """The quick ratio of the last period, of the first run and of the highest other that is clearly higher."""
    last = [(label, growth, float(growth.quick_ratio[-1])) for label, growth in growths]
    defined = [one for one in last if not np.isnan(one[2])]
    if not defined:
        return "Growth accounting: nobody has been away for 30 days yet"
    (label, baseline, ratio), *others = defined
    told = f"Quick ratio of the last {baseline.period}: {label} {ratio:.2f}"
    if not others:
        return told
    higher = [(name, value) for name, growth, value in others if is_last_ratio_higher(growth, baseline)]
    if not higher:
        return f"{told}; no policy is clearly higher"
    name, value = max(higher, key=lambda pair: pair[1])
    return f"{told}, highest {name} {value:.2f}"


def last_value(run: StoredRun, name: str) -> str | None:
    """A metric's value with its unit, as a title."""
    found = next((estimate for estimate in summarise(run) if estimate.metric.name == name), None)
    if found is None or found.mean is None:
        return None
    unit = f" {found.currency}" if found.metric.unit == "currency" else ""
    days = over_days(found.metric, int(run.facts["days"]))
    whose = f"{found.metric.label} ({days})" if days else found.metric.label
    return f"{whose}: {value_text(found.metric, found.mean)}{unit}"


def foot_of(run: StoredRun, *, is_paired: bool) -> str:
    """What stands behind the numbers of a page."""
    replicates, days = int(run.facts["replicates"]), int(run.facts["days"])
    one = "no interval from one replicate"
    intervals = "95% intervals over replicates: noise of the simulation, not doubt about its inputs"
    pairs = "; the same people with the same luck in every policy" if is_paired else ""
    told = f"{replicates} replicate{'' if replicates == 1 else 's'} of {days} days{pairs}; seed {run.facts['seed']}"
    return f"{told}.  {one if replicates == 1 else intervals}.  userops-sim {run.facts.get('version', '')}".rstrip()


def words_of(runs: Sequence[StoredRun]) -> set[str]:
    """Every name that a chart may show, so that fonts can be found for them."""
    words = set(distinct_labels(runs))
    for run in runs:
        words.update(metric.label for metric in run.metrics)
        for by in ("channel", "segment"):
            words.update(names_of(run, f"by_{by}", by)[1])
        if "points" in run.tables:
            words.update(names_of(run, "points", "programme")[1])
        if "content" in run.tables:
            words.update(names_of(run, "content", "kind")[1])
        for sizes in audience_sizes(run):
            words.update((sizes.name, *sizes.labels))
        for portrait in audience_portraits(run):
            words.update((portrait.attribute, *portrait.values))
    return words


def names_known(run: StoredRun) -> set[str]:
    """The names of a run's metrics."""
    return {metric.name for metric in run.metrics}


def has_days(run: StoredRun) -> bool:
    """False for a run of no days, which has nothing to show over time."""
    return int(run.facts["days"]) > 0
