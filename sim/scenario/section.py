"""The base of every schema: a frozen model that refuses keys it does not know and says which it knows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self, get_args

from pydantic import BaseModel, ConfigDict, ModelWrapValidatorHandler, ValidationError, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

from sim.scenario.findings import FINDINGS, Finding, closest, did_you_mean

_SUGGESTED_AT_MOST = 50  # a hostile file may hold thousands of unknown keys
_REPORTED_AT_MOST = 500


class Section(BaseModel):
    """A part of a scenario; keys are field names, or their aliases where a key reads better with spaces."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=False)

    in_order: ClassVar[tuple[tuple[str, ...], ...]] = ()
    """The paths of mappings whose order has a meaning, such as rules; `*` stands for any key."""
    wholes: ClassVar[tuple[tuple[str, ...], ...]] = ()
    """The paths of shares that sum to 100% over all keys at the last `*`."""

    elsewhere: ClassVar[Mapping[str, str]] = {}
    """Keys that are easily written here and belong to another section, each with the path of that."""

    @classmethod
    def keys(cls) -> tuple[str, ...]:
        """The keys that this section may hold, in order."""
        return tuple(field.alias or name for name, field in cls.model_fields.items())

    @model_validator(mode="wrap")
    @classmethod
    def _explain_unknown_keys(cls, data: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        """Unknown keys get their neighbours; the missing key of the same typo is folded into it."""
        try:
            return handler(_without_surplus(data, cls.keys()))
        except ValidationError as error:
            details = error.errors(include_url=False)
            if not any(detail["type"] == "extra_forbidden" and len(detail["loc"]) == 1 for detail in details):
                raise
            explained = _explained(cls.keys(), cls._keys_below(), details)
            raise ValidationError.from_exception_data(error.title, explained) from None

    @classmethod
    def _keys_below(cls) -> dict[str, str]:
        """The keys of the sections that this one holds, or that are elsewhere, each with what it belongs under."""
        below = dict(cls.elsewhere)
        for name, field in cls.model_fields.items():
            for part in get_args(field.annotation) or (field.annotation,):
                if isinstance(part, type) and issubclass(part, Section):
                    below = dict.fromkeys(part.keys(), field.alias or name) | below
        return below


def _without_surplus(data: Any, keys: tuple[str, ...]) -> Any:
    """The data with at most so many unknown keys as are worth reporting; one is enough to refuse it."""
    if not isinstance(data, dict) or len(data) <= len(keys) + _REPORTED_AT_MOST:
        return data
    known = {key: data[key] for key in keys if key in data}
    unknown = [key for key in data if key not in known][:_REPORTED_AT_MOST]
    return known | {key: data[key] for key in unknown}


def _explained(keys: tuple[str, ...], below: dict[str, str], details: list[Any]) -> list[InitErrorDetails]:
    missing = [d["loc"][0] for d in details if d["type"] == "missing" and len(d["loc"]) == 1]
    folded: set[str] = set()
    lines: list[InitErrorDetails] = []
    n_unknown = 0
    for detail in details:
        if detail["type"] == "extra_forbidden" and len(detail["loc"]) == 1:
            n_unknown += 1
            name, may_suggest = str(detail["loc"][0]), n_unknown <= _SUGGESTED_AT_MOST
            meant = closest(name, missing) if may_suggest and name not in below else None
            if meant is not None:
                folded.add(meant)
                missing.remove(meant)
            hint = f"did you mean: {meant}?" if meant else _neighbour(name, keys, below) if may_suggest else None
            lines.append(_unknown_key(detail, keys, hint))
        else:
            lines.append(_same(detail))
    return [
        line for line, d in zip(lines, details, strict=True) if d["type"] != "missing" or d["loc"] not in _one(folded)
    ]


def _one(names: set[str]) -> set[tuple[str]]:
    return {(name,) for name in names}


def _neighbour(name: str, keys: tuple[str, ...], below: dict[str, str]) -> str | None:
    return f"it belongs under `{below[name]}:`" if name in below else did_you_mean(name, keys)


def _unknown_key(detail: Any, keys: tuple[str, ...], hint: str | None) -> InitErrorDetails:
    finding = Finding((), "unknown field", allowed=", ".join(keys), hint=hint, at_key=True)
    error = PydanticCustomError(FINDINGS, "unknown field", {"findings": (finding,)})
    return InitErrorDetails(type=error, loc=detail["loc"], input=detail["input"])


def _same(detail: Any) -> InitErrorDetails:
    """The error as it was, in the form that pydantic takes back."""
    kind = detail["type"]
    context = detail.get("ctx", {})
    if kind == FINDINGS:
        kind = PydanticCustomError(FINDINGS, detail["msg"], context)
    return InitErrorDetails(type=kind, loc=detail["loc"], input=detail["input"], ctx=context)
