"""The values of a checked section, each with its path: for those who ask about all of them at once."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pydantic import BaseModel

from sim.scenario.findings import Path
from sim.units import Quantity

_PLAIN_KEY = re.compile(r'[^.="\s](?:[^.="]*[^.="\s])?')


def leaves(content: object, path: Path = ()) -> Iterator[tuple[Path, object]]:
    """(path, value) of all that stands at the ends of sections, mappings and lists; keys are those of the file."""
    if isinstance(content, BaseModel):
        for name, field in type(content).model_fields.items():
            yield from leaves(getattr(content, name), (*path, field.alias or name))
    elif isinstance(content, dict):
        for key, value in content.items():
            yield from leaves(value, (*path, str(key)))
    elif isinstance(content, (list, tuple)):
        for i, item in enumerate(content):
            yield from leaves(item, (*path, i))
    else:
        yield path, content


def quantities(content: object) -> Iterator[tuple[str, Quantity]]:
    """(dotted path, quantity) of every quantity of a checked section, defaults included."""
    return ((dotted(path), value) for path, value in leaves(content) if isinstance(value, Quantity))


def dotted(path: Path) -> str:
    """The path as `--set` takes it; a key with a dot, "=" or outer spaces stands in double quotes."""
    return ".".join(str(key) if _PLAIN_KEY.fullmatch(str(key)) else f'"{key}"' for key in path)
