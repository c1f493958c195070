"""The `attributes` section: what a team knows of a user beside its behaviour, and how that is distributed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import Field, GetCoreSchemaHandler, GetJsonSchemaHandler, model_validator
from pydantic_core import CoreSchema, core_schema

from sim.scenario.findings import Finding, warning
from sim.scenario.values import FixedFactor, FixedShare, Name, Section, Whole, problem, problems
from sim.systems.attributes import ATTRIBUTE_KINDS
from sim.systems.channels.schema import unknown_name
from sim.systems.windows.names import window_of
from sim.units import Quantity

SHARES_TOLERANCE = 1e-6
MAX_VALUES = 1000
MAX_NUMBER = 1_000_000
STORED = ("person", "signup_day", "last_active", "last_order", "latent_engaged", "replicate")
"""Columns of the table of users, whose names no attribute may have."""


class OrShare:
    """Annotation of an attribute's value, which a share alone may stand for: `北京: 25%` is `北京: {share: 25%}`."""

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_before_validator_function(self._as_section, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        section = handler(schema)
        return {"anyOf": [handler.resolve_ref_schema(section)["properties"]["share"], section]}

    @staticmethod
    def _as_section(raw: object) -> object:
        is_section = isinstance(raw, (AttributeValue, Mapping)) and not (isinstance(raw, Mapping) and "value" in raw)
        return raw if is_section else {"share": raw}


class AttributeValue(Section):
    """One value of an attribute: how many have it, and what it does to them."""

    share: Annotated[FixedShare, Field(description="share of all users; the shares sum to 100%")]
    orders: Annotated[FixedFactor, Field(description="multiplies the order rate of users of this value")] = Quantity(
        1.0
    )
    basket: Annotated[FixedFactor, Field(description="multiplies the mean basket of users of this value")] = Quantity(
        1.0
    )


class SegmentValues(Section):
    """How an attribute is distributed in one segment."""

    wholes = (("values", "*"),)

    values: Annotated[
        dict[Name, FixedShare], Field(description="share of the segment's users of each value; absent is 0%")
    ] = {}
    from_: Annotated[Whole | None, Field(alias="from", description="the smallest number")] = None
    to: Annotated[Whole | None, Field(description="the largest number")] = None

    @model_validator(mode="after")
    def _check(self) -> SegmentValues:
        _check_form(self.values, self.from_, self.to)
        return self


class DeclaredAttribute(Section):
    """What a team knows of each user: one of some values, or a whole number between two."""

    wholes = (("values", "*", "share"),)

    values: Annotated[
        dict[Name, Annotated[AttributeValue, OrShare()]], Field(description="its values, each with its share of users")
    ] = {}
    from_: Annotated[Whole | None, Field(alias="from", description="a number: the smallest, all being as likely")] = (
        None
    )
    to: Annotated[Whole | None, Field(description="a number: the largest")] = None
    by_segment: Annotated[
        dict[Name, SegmentValues], Field(description="segments in which it is distributed otherwise")
    ] = {}

    @model_validator(mode="after")
    def _check(self) -> DeclaredAttribute:
        _check_form({name: value.share for name, value in self.values.items()}, self.from_, self.to)
        findings = [
            finding for segment, own in self.by_segment.items() for finding in self._check_segment(segment, own)
        ]
        if findings:
            raise problems(*findings)
        return self

    def _check_segment(self, segment: str, own: SegmentValues) -> Iterator[Finding]:
        path = ("by_segment", segment)
        if bool(own.values) != bool(self.values):
            wanted = "`values`" if self.values else "`from` and `to`"
            yield Finding(path, f"must be given by {wanted}, as the attribute itself is", at_key=True)
        for name in own.values if self.values else ():
            if name not in self.values:
                yield unknown_name((*path, "values", name), "value", name, self.values)


def _check_form(shares: Mapping[str, Quantity], first: int | None, last: int | None) -> None:
    """Either values whose shares sum to 100%, or the two ends of a range of numbers."""
    if bool(shares) == (first is not None or last is not None):
        message = "gives values and a range of numbers" if shares else "says nothing of what it may be"
        raise problem(message, allowed="`values`, or `from` and `to`")
    if not shares:
        if first is None or last is None:
            raise problem(f"gives `{'from' if last is None else 'to'}` alone", allowed="`from` and `to`")
        if last < first:
            raise problem(f"is {last:,}, below `from` at {first:,}", at=("to",), also=("from",))
        if last > MAX_NUMBER:
            raise problem(f"is {last:,}; must be at most {MAX_NUMBER:,}", at=("to",))
        return
    if len(shares) > MAX_VALUES:
        raise problem(f"names {len(shares):,} values; at most {MAX_VALUES:,} fit", at=("values",))
    total = sum(share.value for share in shares.values())
    if abs(total - 1) > SHARES_TOLERANCE:
        raise problem(f"sums to {100 * total:.6g}%; the shares must sum to 100%", at=("values",))


def check_attributes(declared: Mapping[str, DeclaredAttribute], has_orders: bool) -> Iterator[Finding]:
    """Names that mean something else already, factors that nothing multiplies."""
    for name, attribute in declared.items():
        path = ("attributes", name)
        if name in ATTRIBUTE_KINDS or window_of(name) is not None:
            yield Finding(path, f"`{name}` is already what a user does; give the attribute another name", at_key=True)
        elif name in STORED:
            message = f"`{name}` is already a column of the table of users; give the attribute another name"
            yield Finding(path, message, at_key=True)
        for value, entry in attribute.values.items():
            moved = [key for key in ("orders", "basket") if getattr(entry, key).value != 1]
            for key in moved if not has_orders else ():
                message = "changes nothing: the scenario has no `orders`"
                yield warning((*path, "values", value, key), message)


def declared_kinds(declared: Mapping[str, DeclaredAttribute]) -> dict[str, str]:
    """The kind of each attribute, "text" or "number"."""
    return {name: "text" if attribute.values else "number" for name, attribute in declared.items()}
