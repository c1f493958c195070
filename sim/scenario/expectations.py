"""What `expect.yaml` may hold: expectations of scenarios, and the scenarios that are held to accepted outcomes."""

from __future__ import annotations

import os
from typing import Annotated, Literal

from pydantic import Field, model_validator

from sim.errors import Problem, ScenarioError, shown_path
from sim.scenario.amounts import Amount, Bound, Margin, Margins, MetricMargins, MetricName
from sim.scenario.values import Date, FilePath, Name, Quantity, Section, Whole, count_from, problem, whole_days

FILE_NAMES = ("expect.yaml", "expect.yml")
MAX_DAYS, MAX_REPLICATES = 36_500, 100_000
GROWTH = 8


def refuse_expectations(path: str | os.PathLike[str]) -> None:
    """Raises ScenarioError where a file that is to be read as a scenario holds expectations, by its name."""
    if os.path.basename(path) in FILE_NAMES:
        message = f"{shown_path(path)} holds expectations, no scenario"
        raise ScenarioError([Problem(message, None, hint="use `sim check`")])


class CheckSettings(Section):
    """How the scenarios of the file are run."""

    replicates: Annotated[Quantity, count_from(2, MAX_REPLICATES), Field(description="of the first look (20)")] = (
        Quantity(20.0)
    )
    max_replicates: Annotated[
        Quantity | None,
        count_from(2, MAX_REPLICATES),
        Field(description="where an outcome stays inconclusive (8 × replicates)"),
    ] = None
    days: Annotated[Quantity | None, whole_days(MAX_DAYS), Field(description="the horizon (that of each scenario)")] = (
        None
    )
    seed: Annotated[Whole, Field(description="which people, which luck (1)")] = 1

    @model_validator(mode="after")
    def _check(self) -> CheckSettings:
        if self.max_replicates is not None and self.max_replicates.value < self.replicates.value:
            raise problem(f"is below `replicates`, which is {self.first}", at=("max_replicates",), also=("replicates",))
        return self

    @property
    def first(self) -> int:
        """The replicates of the first look."""
        return int(self.replicates.value)

    @property
    def most(self) -> int:
        """The most replicates of a look."""
        return int(self.max_replicates.value) if self.max_replicates else min(GROWTH * self.first, MAX_REPLICATES)

    @property
    def n_days(self) -> int | None:
        """The horizon, None for that of each scenario."""
        return int(self.days.value) if self.days else None


class Expectation(Section):
    """A bound on an outcome of a scenario, or on its difference to that of another."""

    metric: Annotated[MetricName, Field(description="what is measured")]
    of: Annotated[FilePath, Field(description="the scenario")]
    against: Annotated[
        FilePath | None, Field(description="the scenario that is subtracted; without it the level is meant")
    ] = None
    at_least: Annotated[Bound | None, Field(description="the lowest good value")] = None
    at_most: Annotated[Bound | None, Field(description="the highest good value")] = None
    margin: Annotated[Margin | None, Field(description="by how much a bound may be missed")] = None
    on: Annotated[
        Date | None, Field(description="totals and ratios up to this date, all others on it (whole horizon)")
    ] = None
    segment: Annotated[Name | None, Field(description="only users of this segment")] = None
    channel: Annotated[Name | None, Field(description="only users of this channel")] = None
    otherwise: Annotated[
        Literal["fail", "warn"], Field(alias="else", description="what follows when it does not hold (fail)")
    ] = "fail"

    @model_validator(mode="after")
    def _check(self) -> Expectation:
        if self.at_least is None and self.at_most is None:
            raise problem("has no bound", allowed="at_least, at_most, or both")
        if self.segment is not None and self.channel is not None:
            raise problem("cannot stand beside `segment`", at=("channel",), also=("segment",))
        return self

    @property
    def amounts(self) -> dict[str, Amount]:
        """The amounts that are given, by key."""
        given = {"at_least": self.at_least, "at_most": self.at_most, "margin": self.margin}
        return {key: amount for key, amount in given.items() if amount is not None}

    @property
    def is_in_per_cent(self) -> bool:
        """Whether it is held to a share of the other side's level; 5% of a level is a level."""
        return self.against is not None and any(amount.is_relative for amount in self.amounts.values())

    @property
    def allowed(self) -> str:
        """The bounds in words: "at least +0.3%, margin 0.1%"."""
        sign = self.against is not None
        words = {"at_least": "at least", "at_most": "at most"}
        bounds = [f"{words[key]} {one.text(is_signed=sign)}" for key, one in self.amounts.items() if key in words]
        margin = f", margin {self.margin.text()}" if self.margin is not None else ""
        return " and ".join(bounds) + margin


class Expectations(Section):
    """The content of a file."""

    settings: CheckSettings = CheckSettings()
    baselines: list[FilePath] = Field(
        default_factory=list, description="scenarios that are held to the outcomes in results/baselines/"
    )
    margin: Annotated[
        MetricMargins, Field(description="how far an accepted outcome may move, for all metrics or those named (1%)")
    ] = Margins(Amount(1.0, "%"), {})
    expect: dict[Name, Expectation] = Field(default_factory=dict, description="expectations, by name")

    @model_validator(mode="after")
    def _check(self) -> Expectations:
        if not self.expect and not self.baselines:
            raise problem("there is nothing to check in this file", allowed="expect, baselines, or both")
        return self
