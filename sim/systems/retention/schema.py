"""The `retention` section: how many are still active N days after sign-up, per segment or channel."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Annotated, Literal

from pydantic import Field, model_validator

from sim.scenario.findings import Finding
from sim.scenario.values import Duration, FixedPositive, FixedRate, FixedShare, Name, Section, problem
from sim.systems.channels.schema import unknown_name
from sim.units import Quantity

DAYS = (1, 3, 7, 14, 30, 60, 90, 180, 365)


class Beta(Section):
    """A Beta distribution over users."""

    a: FixedPositive
    b: FixedPositive

    @property
    def mean(self) -> float:
        """E of the distribution."""
        return self.a.value / (self.a.value + self.b.value)


class Lapse(Section):
    """How users differ in losing the habit: a Beta over daily probabilities, or a Gamma over hazards."""

    a: Annotated[FixedPositive | None, Field(description="Beta: first parameter")] = None
    b: Annotated[FixedPositive | None, Field(description="Beta: second parameter")] = None
    shape: Annotated[FixedPositive | None, Field(description="Gamma over hazards: shape (s of Pareto/NBD)")] = None
    scale: Annotated[Duration | None, Field(description="Gamma over hazards: scale (beta of Pareto/NBD)")] = None

    @model_validator(mode="after")
    def _one_form(self) -> Lapse:
        given = tuple(name for name in ("a", "b", "shape", "scale") if getattr(self, name) is not None)
        if given not in (("a", "b"), ("shape", "scale")):
            raise problem("must be a Beta {a, b} or a Gamma over hazards {shape, scale}")
        return self


class Curve(Section):
    """One retention curve: points that the tool fits, or the latent model itself."""

    d1: FixedShare | None = None
    d3: FixedShare | None = None
    d7: FixedShare | None = None
    d14: FixedShare | None = None
    d30: FixedShare | None = None
    d60: FixedShare | None = None
    d90: FixedShare | None = None
    d180: FixedShare | None = None
    d365: FixedShare | None = None
    points: Annotated[
        dict[int, FixedShare] | None,
        Field(description="share active by days since sign-up; `{file: name.csv}` reads columns day, retention"),
    ] = None
    visits: Annotated[Beta | None, Field(description="latent: probability of being active on a day while engaged")] = (
        None
    )
    lapse: Annotated[Lapse | None, Field(description="latent: probability of losing the habit on a day")] = None

    @model_validator(mode="after")
    def _check(self) -> Curve:
        observed = self.observed()
        if observed and (self.visits or self.lapse):
            raise problem("gives points of the curve and the latent model; give one of them")
        if not observed and self.lapse is None:
            raise problem("is empty: give points such as `d1`, `d7`, `d30`, or `points`, or `visits` and `lapse`")
        days = sorted(observed)
        for earlier, later in pairwise(days):
            if observed[later] > observed[earlier]:
                raise problem(
                    f"D{later} is {observed[later]:.6g}, above D{earlier} at {observed[earlier]:.6g}; "
                    "retention cannot rise with age",
                    at=self._path(later),
                    also=self._path(earlier),
                )
        for day in days:
            if day < 1 or observed[day] <= 0:
                raise problem("needs days from 1 on and shares above 0", at=self._path(day))
        return self

    def _path(self, day: int) -> tuple[str | int, ...]:
        return ("points", day) if self.points and day in self.points else (f"d{day}",)

    def observed(self) -> dict[int, float]:
        """The points by days since sign-up."""
        named = {day: getattr(self, f"d{day}") for day in DAYS}
        points = {day: share.value for day, share in named.items() if share is not None}
        return points | {day: share.value for day, share in (self.points or {}).items()}


class Retention(Section):
    """Who comes back: a default curve, and others for segments and channels (a channel's counts before a segment's)."""

    default: Curve
    by_segment: dict[Name, Curve] = {}
    by_channel: dict[Name, Curve] = {}
    visit_concentration: Annotated[
        FixedPositive,
        Field(description="how alike users are in how often they come, a + b of the Beta over users; assumption: 3"),
    ] = Quantity(3.0)
    clock: Annotated[
        Literal["engaged_days", "active_days"],
        Field(description="whether the habit can be lost on any day or only on active days"),
    ] = "engaged_days"
    natural_return: Annotated[
        FixedRate, Field(description="how readily a lapsed user takes up the habit again without being asked")
    ] = Quantity(0.0)

    @model_validator(mode="after")
    def _check(self) -> Retention:
        for path, curve in self.curves():
            if self.clock == "active_days" and curve.observed():
                raise problem(
                    "a curve of observed points is fitted on the clock of engaged days; with `clock: active_days` "
                    "give `visits` and `lapse`",
                    at=path,
                )
        return self

    def curves(self) -> Iterator[tuple[tuple[str, ...], Curve]]:
        """Every curve with its path."""
        yield ("default",), self.default
        for group in ("by_segment", "by_channel"):
            for name, curve in getattr(self, group).items():
                yield (group, name), curve


def check_retention(
    retention: Retention,
    segments: Mapping[str, object],
    channels: Mapping[str, object],
    orders_define_activity: bool,
) -> Iterator[Finding]:
    """Names that must exist elsewhere, and one source of activity for each user."""
    for group, what, known in (("by_segment", "segment", segments), ("by_channel", "channel", channels)):
        for name in getattr(retention, group):
            if name not in known:
                yield unknown_name(("retention", group, name), what, name, known)
    for path, curve in retention.curves():
        has_visits = curve.visits is not None or bool(curve.observed())
        if orders_define_activity and has_visits:
            yield Finding(
                ("retention", *path),
                "says how often users visit, while `orders.while_engaged` makes orders their only activity",
                allowed="`lapse` alone, or `orders.per_active_day`",
                also=(("orders", "while_engaged"),),
            )
        if not orders_define_activity and not has_visits:
            yield Finding(
                ("retention", *path),
                "says when users lapse and not how often they visit",
                allowed="`visits: {a: …, b: …}`, or points such as `d1`, or `orders.while_engaged`",
            )
