"""Accepted outcomes: for each scenario a folder with the scenario as it was, and its outcomes in each replicate."""

from __future__ import annotations

import datetime
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sim.errors import ResultsError, shown_path
from sim.store.folders import publish
from sim.store.naming import folder_name

BASELINES = "baselines"
BASELINE, SCENARIO = "baseline.json", "scenario.yaml"
FORMAT = 1
LARGEST = 1e20
"""More than any run can count or book in 64 bits."""


@dataclass(frozen=True)
class Baseline:
    """What was accepted of a scenario, by whom and why.

    Args:
        scenario: its name.
        scenario_hash: of the resolved scenario beside it.
        seed, days, currency, version: with which it was run.
        author, reason: in their own words.
        date: of the acceptance, as 2026-06-30.
        expires: the last day on which it holds, likewise; None where it holds for good.
        outcomes: for each metric that is held its value in each replicate; None where a replicate does not define it.
    """

    scenario: str
    scenario_hash: str
    seed: int
    days: int
    currency: str
    version: str
    author: str
    reason: str
    date: str
    expires: str | None
    outcomes: Mapping[str, tuple[float | None, ...]]

    @property
    def n_replicates(self) -> int:
        """How many replicates were accepted."""
        return len(next(iter(self.outcomes.values()), ()))

    def is_expired(self, today: datetime.date) -> bool:
        """Whether its last day is past."""
        return self.expires is not None and datetime.date.fromisoformat(self.expires) < today


def baseline_folder(results: Path, scenario: str) -> Path:
    """Where the accepted outcomes of a scenario stand."""
    return results / BASELINES / folder_name(scenario)


def save_baseline(results: Path, baseline: Baseline, beside: Mapping[str, bytes]) -> Path:
    """Store what was accepted, whole or not at all; the folder.

    Args:
        beside: the scenario, and the files that it names, by name.
    """
    folder = baseline_folder(results, baseline.scenario)
    publish(folder, {BASELINE: as_text(baseline).encode("utf-8", "backslashreplace"), **beside})
    return folder


def as_text(baseline: Baseline) -> str:
    """The file: a line for each metric, so that git shows which moved."""
    facts = {"format": FORMAT, **asdict(baseline)}
    outcomes = facts.pop("outcomes")
    lines = [f"  {_json(key)}: {_json(value)}," for key, value in facts.items()]
    rows = [f"    {_json(name)}: {_json([_plain(value) for value in values])}" for name, values in outcomes.items()]
    return "\n".join(["{", *lines, '  "outcomes": {', ",\n".join(rows), "  }", "}"]) + "\n"


def open_baseline(folder: Path) -> Baseline | None:
    """What was accepted; None where nothing was.

    Raises:
        ResultsError: the file is damaged, was edited so that it makes no sense, or is of another version.
    """
    path = folder / BASELINE
    try:
        content = json.loads(path.read_bytes().decode("utf-8"), parse_constant=_no_number)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ResultsError(f"cannot read {shown_path(path)}: {error.strerror or error}") from error
    except (ValueError, RecursionError) as error:
        raise _unusable(path, "is no JSON") from error
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise _unusable(path, f"is not of format {FORMAT}")
    try:
        return _read(content)
    except (KeyError, TypeError, ValueError) as error:
        raise _unusable(path, f"makes no sense at {error}") from error


def _read(content: Mapping[str, Any]) -> Baseline:
    """The record, each field of its type."""
    texts = {key: _typed(content, key, str) for key in ("scenario", "scenario_hash", "currency", "version")}
    texts |= {key: _typed(content, key, str) for key in ("author", "reason", "date")}
    expires = None if content["expires"] is None else _typed(content, "expires", str)
    for day in (texts["date"], expires):
        if day is not None:
            datetime.date.fromisoformat(day)
    outcomes = {str(name): _values(name, values) for name, values in _typed(content, "outcomes", dict).items()}
    if not outcomes or len({len(values) for values in outcomes.values()}) != 1:
        raise ValueError("outcomes")
    seed, days = _typed(content, "seed", int), _typed(content, "days", int)
    return Baseline(**texts, seed=seed, days=days, expires=expires, outcomes=outcomes)


def _typed(content: Mapping[str, Any], key: str, kind: type[Any]) -> Any:
    value = content[key]
    if not isinstance(value, kind) or isinstance(value, bool):
        raise ValueError(key)
    return value


def _values(name: str, values: object) -> tuple[float | None, ...]:
    if not isinstance(values, list) or not values:
        raise ValueError(name)
    for value in values:
        if value is not None and (isinstance(value, bool) or not isinstance(value, (int, float))):
            raise ValueError(name)
        if value is not None and not -LARGEST <= value <= LARGEST:
            raise ValueError(name)
    return tuple(None if value is None else float(value) for value in values)


def _plain(value: float | None) -> float | int | None:
    """A value as JSON holds it shortest, without losing a bit."""
    if value is None or not math.isfinite(value):
        return None
    return int(value) if value.is_integer() and abs(value) < 2**53 else value


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _no_number(text: str) -> float:
    raise ValueError(text)


def _unusable(path: Path, why: str) -> ResultsError:
    return ResultsError(f"{shown_path(path)} {why}; restore it, or accept the outcomes anew: sim check --accept")


def per_replicate(values: Sequence[float]) -> tuple[float | None, ...]:
    """Measured values as a baseline keeps them."""
    return tuple(float(value) if math.isfinite(value) else None for value in values)
