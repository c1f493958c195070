"""Small worlds for verification: a scenario as a mapping goes through the same gate as a user's file."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from sim.pipeline import LoadedScenario, load
from sim.systems.day import open_world, run_world
from sim.systems.plan import Plan, compile_plan
from sim.systems.world import World

Document = dict[str, Any]


def document(**sections: Any) -> Document:
    """A valid scenario: 10,000 persons, one organic channel, users who never lapse; `sections` replace its own."""
    return {
        "name": "small",
        "start": "2026-01-01",
        "horizon": "60 days",
        "currency": "CNY",
        "market": {"size": 10_000},
        "channels": {"organic": {"kind": "organic", "signups": "100 / day"}},
        "retention": {"default": {"visits": {"a": 1.0, "b": 3.0}, "lapse": {"a": 1.0, "b": 30.0}}},
    } | sections


def text_of(scenario: Mapping[str, Any]) -> str:
    """The scenario as a YAML file would hold it."""
    return yaml.safe_dump(dict(scenario), sort_keys=False, allow_unicode=True)


def load_text(text: str) -> LoadedScenario:
    """The checked scenario of a YAML text."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "scenario.yaml"
        path.write_text(text, encoding="utf-8")
        return load(path)


def plan_for(**sections: Any) -> Plan:
    """The compiled plan of `document(**sections)`."""
    return compile_plan(load_text(text_of(document(**sections))).scenario)


def finished(plan: Plan, seed: int = 1, replicate: int = 0) -> World:
    """The world after its last day."""
    return run_world(open_world(plan, seed, replicate))
