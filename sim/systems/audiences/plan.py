"""Audiences as frozen plans: what each named column is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sim.scenario.expressions import Expression
from sim.systems.attributes import OTHER
from sim.systems.audiences.schema import Audiences


@dataclass(frozen=True)
class LayersPlan:
    """A partition: the condition of each layer but the last, which is `other`."""

    name: str
    labels: tuple[str, ...]
    conditions: tuple[Expression, ...]


@dataclass(frozen=True)
class WarningPlan:
    """An early warning: whom it flags, and the days within which they should have lapsed."""

    name: str
    who: Expression
    within_days: int


@dataclass(frozen=True)
class SetPlan:
    """What is measured as one: an audience, or a partition with its layers."""

    column: str
    name: str
    labels: tuple[str, ...]


@dataclass(frozen=True)
class AudiencesPlan:
    """Expressions and partitions by column, such as `audience:big spenders` and `layer:life cycle`."""

    expressions: Mapping[str, Expression]
    layers: Mapping[str, LayersPlan]
    warnings: tuple[WarningPlan, ...]

    @property
    def sets(self) -> tuple[SetPlan, ...]:
        """The audiences, whose set has no name, then the layers, in the order of the file."""
        audiences = [column for column in self.expressions if column.startswith("audience:")]
        return (
            *(SetPlan(column, "", (column.removeprefix("audience:"),)) for column in audiences),
            *(SetPlan(column, layers.name, layers.labels) for column, layers in self.layers.items()),
        )


def compile_audiences(audiences: Audiences) -> AudiencesPlan:
    """The plan of the checked section."""
    expressions = {f"measure:{name}": measure for name, measure in audiences.measures.items()}
    expressions |= {f"audience:{name}": audience for name, audience in audiences.audiences.items()}
    layers = {
        f"layer:{name}": LayersPlan(name, (*parts, OTHER), tuple(parts.values()))
        for name, parts in audiences.layers.items()
    }
    warnings = tuple(
        WarningPlan(name, warning.who, int(warning.within.value)) for name, warning in audiences.early_warnings.items()
    )
    return AudiencesPlan(expressions, layers, warnings)
