"""The values of a section, each with its path: for those who ask about all of them at once."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pydantic import BaseModel

from sim.scenario.findings import Path
from sim.scenario.section import Section
from sim.units import Quantity

_PLAIN_KEY = re.compile(r'[^.="\s](?:[^.="]*[^.="\s])?')


def parts(content: object) -> Iterator[tuple[str | int, object]]:
    """(key or position, what stands there) of a section, a mapping or a list; nothing of all else."""
    if isinstance(content, BaseModel):
        for name, field in type(content).model_fields.items():
            yield field.alias or name, getattr(content, name)
    elif isinstance(content, dict):
        yield from ((str(key), value) for key, value in content.items())
    elif isinstance(content, (list, tuple)):
        yield from enumerate(content)


def leaves(content: object, path: Path = ()) -> Iterator[tuple[Path, object]]:
    """(path, value) of all that stands at the ends of sections, mappings and lists; keys are those of the file."""
    if not isinstance(content, (BaseModel, dict, list, tuple)):
        yield path, content
    for key, part in parts(content):
        yield from leaves(part, (*path, key))


def wholes(content: object, path: Path = ()) -> Iterator[Path]:
    """The paths of shares that the schema holds to a sum of 100%, over all keys at the last `*`."""
    if isinstance(content, Section):
        yield from ((*path, *below) for below in type(content).wholes)
    for key, part in parts(content):
        yield from wholes(part, (*path, key))


def quantities(content: object) -> Iterator[tuple[str, Quantity]]:
    """(dotted path, quantity) of every quantity of a checked section, defaults included."""
    return ((dotted(path), value) for path, value in leaves(content) if isinstance(value, Quantity))


def dotted(path: Path) -> str:
    """The path as `--set` takes it; a key with a dot, "=" or outer spaces stands in double quotes."""
    return ".".join(str(key) if _PLAIN_KEY.fullmatch(str(key)) else f'"{key}"' for key in path)
