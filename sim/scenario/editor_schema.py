"""JSON Schema for editors, from the same models that check scenarios."""

from __future__ import annotations

import datetime
import json
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema

from sim.scenario.expressions import Expression
from sim.units import Quantity

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_EXTENDS = {
    "description": "a file, or several, that this file lies over",
    "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}],
}


class _Generator(GenerateJsonSchema):
    """Defaults in the form in which they would be written; pydantic offers no other hook than a subclass."""

    def encode_default(self, dft: Any) -> Any:
        """A default as YAML would hold it."""
        if isinstance(dft, Quantity):
            return dft.text or (int(dft.value) if dft.value.is_integer() else dft.value)
        if isinstance(dft, Expression):
            return dft.text
        if isinstance(dft, datetime.date):
            return dft.isoformat()
        if isinstance(dft, BaseModel):
            return {}
        return super().encode_default(dft)


def json_schema_of(model_type: type[BaseModel], title: str) -> dict[str, Any]:
    """The JSON Schema of scenario files.

    A file may hold a part of a scenario only (`extends` gives the rest) and `null` to remove a key, so that nothing is
    required and every key may be null; `sim validate` says what is missing.
    """
    schema = model_type.model_json_schema(schema_generator=_Generator)
    relaxed: dict[str, Any] = _relaxed(schema)
    relaxed["properties"] = {"extends": _EXTENDS} | relaxed.get("properties", {})
    shared: dict[str, dict[str, Any]] = {}
    lean: dict[str, Any] = _with_shared(relaxed, shared)
    definitions = lean.get("$defs", {}) | {_name(number): rule for number, rule in enumerate(shared.values(), 1)}
    return {"$schema": _DIALECT, **_any_of(lean), "$defs": _any_of(definitions), "title": title}


def _any_of(schema: Any) -> Any:
    """The schema with `anyOf` for `oneOf`: a file that lies over another need not repeat what tells kinds apart."""
    if isinstance(schema, list):
        return [_any_of(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    return {"anyOf" if key == "oneOf" else key: _any_of(part) for key, part in schema.items()}


def _name(number: int) -> str:
    return f"Quantity{number}"


def _with_shared(schema: Any, shared: dict[str, dict[str, Any]]) -> Any:
    """The schema with the forms of each kind of quantity, which stand in it hundreds of times, as references."""
    if isinstance(schema, list):
        return [_with_shared(part, shared) for part in schema]
    if not isinstance(schema, dict):
        return schema
    choices = schema.get("anyOf")
    if not isinstance(choices, list) or len(choices) < 3:
        return {key: _with_shared(part, shared) for key, part in schema.items()}
    text = json.dumps(choices)
    shared.setdefault(text, {"anyOf": choices})
    reference = f"#/$defs/{_name(list(shared).index(text) + 1)}"
    return {key: part for key, part in schema.items() if key != "anyOf"} | {"$ref": reference}


def _relaxed(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_relaxed(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    result = {key: _relaxed(part) for key, part in schema.items() if key not in ("title", "default", "examples")}
    result.update({key: schema[key] for key in ("title", "default", "examples") if key in schema})
    is_object_with_model_keys = isinstance(schema.get("properties"), dict)
    if is_object_with_model_keys:
        result["properties"] = {key: _nullable(_relaxed(part)) for key, part in schema["properties"].items()}
        result.pop("required", None)
    if "anyOf" in result:
        result["anyOf"] = _flat(result["anyOf"])
    if isinstance(schema.get("additionalProperties"), dict):
        result["additionalProperties"] = _nullable(_relaxed(schema["additionalProperties"]))
    return result


def _nullable(schema: Any) -> dict[str, Any]:
    known = schema.get("anyOf", [])
    if schema.get("type") == "null" or {"type": "null"} in known:
        return dict(schema)
    about = {key: schema[key] for key in ("title", "description", "default", "examples") if key in schema}
    rule = {key: part for key, part in schema.items() if key not in about}
    return {**about, "anyOf": _flat([rule, {"type": "null"}])}


def _flat(choices: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Choices among choices as one list."""
    flat: list[dict[str, Any]] = []
    for choice in choices:
        inner = choice.get("anyOf")
        is_plain_choice = inner is not None and not choice.keys() - {"anyOf", "examples"}
        flat.extend(inner if is_plain_choice and inner is not None else [choice])
    return flat
