"""Who is in which audience and layer, who moves between layers, and how well early warnings tell who leaves."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sim.analysis.columns import Ints, dates, names_of, replicate_axis, totals
from sim.analysis.intervals import Floats, Interval, student_interval
from sim.analysis.summary import ratio

if TYPE_CHECKING:
    from sim.store import StoredRun


@dataclass(frozen=True)
class Sizes:
    """The audiences, or the layers of one partition, over time.

    Args:
        name: of the partition; empty for the audiences.
        labels: the audiences or layers, in the order of the file.
        dates: the measured days.
        users, latent_lapsed: float64 (n_labels, n_replicates, n_dates), persons; those of them who have lapsed.
    """

    name: str
    labels: tuple[str, ...]
    dates: tuple[datetime.date, ...]
    users: Floats
    latent_lapsed: Floats


@dataclass(frozen=True)
class Flows:
    """Where the users of each layer of a partition are when it is measured next, usually after a week.

    Args:
        sources, targets: names of layers; the last source are those who signed up in between.
        shares: float64 (n_sources, n_targets), of the users of the source, over all replicates and days.
    """

    name: str
    sources: tuple[str, ...]
    targets: tuple[str, ...]
    shares: Floats


@dataclass(frozen=True)
class WarningQuality:
    """How well an early warning tells who leaves, over all days with an outcome.

    Args:
        flagged: share of the active users of whom it warned.
        precision: of those warned of, the share who had lapsed in time.
        recall: of those who had lapsed in time, the share warned of.
        base_rate: of all active users, the share who had lapsed in time: the precision of warning of everybody.
    """

    warning: str
    flagged: Interval
    precision: Interval
    recall: Interval
    base_rate: Interval


def audience_sizes(run: StoredRun) -> tuple[Sizes, ...]:
    """The audiences, then each partition; nothing where the policy names none."""
    if "audiences" not in run.tables:
        return ()
    set_codes, sets = names_of(run, "audiences", "set")
    codes, names = names_of(run, "audiences", "audience")
    days, place = np.unique(run.numbers("audiences", "day").astype(np.int64), return_inverse=True)
    groups = ((set_codes, len(sets)), (codes, len(names)), replicate_axis(run, "audiences"), (place, days.size))
    users, lapsed = (
        totals(run.numbers("audiences", column).astype(np.int64), *groups) for column in ("users", "latent_lapsed")
    )
    calendar = dates(run)
    found = []
    for i, name in enumerate(sets):
        own = list(dict.fromkeys(codes[set_codes == i].tolist()))
        labels = tuple(names[label] for label in own)
        measured = tuple(calendar[day] for day in days)
        found.append(Sizes(name, labels, measured, users[i, own].astype(float), lapsed[i, own].astype(float)))
    return tuple(found)


def layer_flows(run: StoredRun) -> tuple[Flows, ...]:
    """The moves within each partition; not those of the first day, when everybody is new."""
    found = []
    whole = _days_after_whole_weeks(run)
    all_layers = [sizes for sizes in audience_sizes(run) if sizes.name]
    newcomers = _newcomers(run, all_layers) if all_layers else ()
    for sizes in all_layers:
        sources = (*sizes.labels, *newcomers)
        table_codes, partitions = names_of(run, "flows", "layers")
        chosen = (table_codes == partitions.index(sizes.name)) & np.isin(run.numbers("flows", "day"), whole)
        users = run.numbers("flows", "users").astype(np.int64)[chosen]
        source, target = (_positions(run, column, labels)[chosen] for column, labels in
                          (("from", sources), ("to", sizes.labels)))  # fmt: skip
        moved = totals(users, (source, len(sources)), (target, len(sizes.labels)))
        shares = ratio(moved, np.broadcast_to(moved.sum(axis=1, keepdims=True), moved.shape))
        found.append(Flows(sizes.name, sources, sizes.labels, shares))
    return tuple(found)


def _days_after_whole_weeks(run: StoredRun) -> Ints:
    """The measured days that lie as long after the one before as any: the last day may come too soon."""
    days: Ints = np.unique(run.numbers("flows", "day").astype(np.int64)) if "flows" in run.tables else np.zeros(0, int)
    gaps = np.diff(days)
    whole: Ints = days[1:][gaps == gaps.max(initial=0)]
    return whole


def _newcomers(run: StoredRun, all_layers: Sequence[Sizes]) -> tuple[str, ...]:
    """What the flows call those who come from no layer."""
    known = {label for sizes in all_layers for label in sizes.labels}
    return tuple(name for name in names_of(run, "flows", "from")[1] if name not in known)


def _positions(run: StoredRun, column: str, labels: tuple[str, ...]) -> Ints:
    """For each row of the flows the position of its name among the labels, 0 where it is none of them."""
    codes, names = names_of(run, "flows", column)
    places = np.array([labels.index(name) if name in labels else 0 for name in names] or [0], np.int64)
    placed: Ints = places[codes]
    return placed


def warning_qualities(run: StoredRun) -> tuple[WarningQuality, ...]:
    """Each early warning, in the order of the file; nothing without any."""
    if "warnings" not in run.tables:
        return ()
    codes, names = names_of(run, "warnings", "warning")
    groups = ((codes, len(names)), replicate_axis(run, "warnings"))
    active, flagged, lost, both = (
        totals(run.numbers("warnings", column).astype(np.int64), *groups)
        for column in ("active", "flagged", "lost", "flagged_lost")
    )
    return tuple(
        WarningQuality(
            name,
            flagged=student_interval(ratio(flagged[i], active[i])),
            precision=student_interval(ratio(both[i], flagged[i])),
            recall=student_interval(ratio(both[i], lost[i])),
            base_rate=student_interval(ratio(lost[i], active[i])),
        )
        for i, name in enumerate(names)
    )


def last_sizes(sizes: Sizes) -> list[tuple[str, Interval, Interval]]:
    """Of each label on the last measured day: its users, and the share of them who have lapsed."""
    return [
        (label, student_interval(users[:, -1]), student_interval(ratio(lapsed[:, -1], users[:, -1])))
        for label, users, lapsed in zip(sizes.labels, sizes.users, sizes.latent_lapsed, strict=True)
    ]
