"""The `retention` section: how many are still active N days after sign-up, per segment or channel."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Annotated, Literal

from pydantic import Field, model_validator

from sim.engine.limits import MAX_HORIZON_DAYS
from sim.scenario.findings import Finding
from sim.scenario.series import FromFile
from sim.scenario.values import FixedPositive, FixedRate, FixedShare, Name, PositiveDuration, Section, problem, problems
from sim.units import Quantity

DAYS = (1, 3, 7, 14, 30, 60, 90, 180, 365)


class Beta(Section):
    """A Beta distribution over users."""

    a: Annotated[FixedPositive, Field(description="first parameter; the mean is a / (a + b)")]
    b: Annotated[FixedPositive, Field(description="second parameter; the larger a + b, the more alike users are")]

    @property
    def mean(self) -> float:
        """E of the distribution."""
        return self.a.value / (self.a.value + self.b.value)


class Lapse(Section):
    """How users differ in losing the habit: a Beta over daily probabilities, or a Gamma over hazards."""

    a: Annotated[FixedPositive | None, Field(description="Beta: first parameter")] = None
    b: Annotated[FixedPositive | None, Field(description="Beta: second parameter")] = None
    shape: Annotated[FixedPositive | None, Field(description="Gamma over hazards: shape (s of Pareto/NBD)")] = None
    scale: Annotated[PositiveDuration | None, Field(description="Gamma over hazards: scale (beta of Pareto/NBD)")] = (
        None
    )

    @model_validator(mode="after")
    def _one_form(self) -> Lapse:
        given = tuple(name for name in ("a", "b", "shape", "scale") if getattr(self, name) is not None)
        if given not in (("a", "b"), ("shape", "scale")):
            raise problem("must be a Beta {a, b} or a Gamma over hazards {shape, scale}")
        return self


Point = Annotated[
    FixedShare | None,
    Field(description="share of a day's sign-ups that is active on that day after sign-up"),
]


class Curve(Section):
    """One retention curve: points that the tool fits, or the latent model itself."""

    d1: Point = None
    d3: Point = None
    d7: Point = None
    d14: Point = None
    d30: Point = None
    d60: Point = None
    d90: Point = None
    d180: Point = None
    d365: Point = None
    points: Annotated[
        dict[int, FixedShare] | None,
        FromFile("{1: 30%, 7: 17%, 30: 10%}"),
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
            raise problem(
                "gives points of the curve and the latent model; give one of them",
                also=[("visits",) if self.visits else ("lapse",), self._path(min(observed))],
            )
        if self.visits is not None and self.lapse is None:
            raise problem("says how often users visit and not when they lapse", allowed="`lapse` beside `visits`")
        if not observed and self.lapse is None:
            raise problem("is empty: give points such as `d1`, `d7`, `d30`, or `points`, or `visits` and `lapse`")
        findings = [*self._given_twice(), *self._out_of_range(observed), *self._rising(observed)]
        if findings:
            raise problems(*findings)
        return self

    def _given_twice(self) -> Iterator[Finding]:
        for day in self.points or {}:
            if day in DAYS and getattr(self, f"d{day}") is not None:
                message = f"says D{day}, and so does `d{day}`; give one"
                yield Finding(self._path(day), message, also=((f"d{day}",),))

    def _out_of_range(self, observed: Mapping[int, float]) -> Iterator[Finding]:
        for day, share in (self.points or {}).items():
            if not 0 <= day <= MAX_HORIZON_DAYS:
                message = f"day {day} is {'before sign-up' if day < 0 else f'beyond {MAX_HORIZON_DAYS:,}'}"
                yield Finding(self._path(day), message, at_key=True)
            elif day == 0 and share.value != 1:
                yield Finding(self._path(day), "must be 100%: everybody is active on the day of sign-up")
        for day, found in observed.items():
            if found <= 0:
                yield Finding(self._path(day), "is 0%; must be above 0%", hint="leave out what is too small to measure")

    def _rising(self, observed: Mapping[int, float]) -> Iterator[Finding]:
        for earlier, later in pairwise(sorted(observed)):
            if observed[later] > observed[earlier]:
                yield Finding(
                    self._path(later),
                    f"D{later} is {observed[later] * 100:.6g}%, above D{earlier} at {observed[earlier] * 100:.6g}%; "
                    "retention cannot rise with age",
                    also=(self._path(earlier),),
                )

    def _path(self, day: int) -> tuple[str, ...]:
        return ("points", str(day)) if self.points and day in self.points else (f"d{day}",)

    def observed(self) -> dict[int, float]:
        """The points by days since sign-up, from 1 on."""
        named = {day: getattr(self, f"d{day}") for day in DAYS}
        points = {day: share.value for day, share in named.items() if share is not None}
        return points | {day: share.value for day, share in (self.points or {}).items() if day > 0}


class Retention(Section):
    """Who comes back: a default curve, and others for segments and channels (a channel's counts before a segment's)."""

    default: Annotated[Curve, Field(description="the curve of everybody who has no other")]
    by_segment: Annotated[dict[Name, Curve], Field(description="curves of segments")] = {}
    by_channel: Annotated[
        dict[Name, Curve], Field(description="curves of those who came by a channel; they count before a segment's")
    ] = {}
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
                    "is given by observed points, which are fitted on the clock of engaged days",
                    at=path,
                    also=("clock",),
                    allowed="`visits` and `lapse`, or `clock: engaged_days`",
                )
        return self

    def curves(self) -> Iterator[tuple[tuple[str, ...], Curve]]:
        """Every curve with its path."""
        yield ("default",), self.default
        for group in ("by_segment", "by_channel"):
            for name, curve in getattr(self, group).items():
                yield (group, name), curve


def check_retention(retention: Retention, orders_define_activity: bool) -> Iterator[Finding]:
    """One source of activity for each user."""
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
