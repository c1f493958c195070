"""Run folders: what a run measured and what made it, stored whole or not at all."""

from sim.store.donors import find_donor, parts_of, taken_over
from sim.store.folders import prepare_results, publish, scratch_results
from sim.store.identity import RunIdentity
from sim.store.manifest import SCHEMA_VERSION
from sim.store.memory import MemoryRun, Run
from sim.store.naming import folder_name
from sim.store.runs import StoredRun, find_run, open_run
from sim.store.saving import keep_run, save_run

__all__ = [
    "SCHEMA_VERSION",
    "MemoryRun",
    "Run",
    "RunIdentity",
    "StoredRun",
    "find_donor",
    "find_run",
    "folder_name",
    "keep_run",
    "open_run",
    "parts_of",
    "prepare_results",
    "publish",
    "save_run",
    "scratch_results",
    "taken_over",
]
