"""run.json: what made a run, and the size and hash of each of its files."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from sim.errors import ResultsError, shown_path
from sim.metrics import Metric
from sim.store.identity import RunIdentity

SCHEMA_VERSION = 1
MANIFEST = "run.json"
AGAIN = "run the scenario again to replace it"


def write_manifest(identity: RunIdentity, facts: Mapping[str, Any], files: Mapping[str, bytes | memoryview]) -> bytes:
    """The content of run.json for a run of these facts and data files."""
    manifest: dict[str, Any] = {"schema_version": SCHEMA_VERSION, "run_id": identity.run_id, **asdict(identity)}
    manifest.update((key, value) for key, value in facts.items() if key not in manifest)
    manifest["files"] = {name: describe(content) for name, content in files.items()}
    manifest["checksum"] = _checksum(json.loads(_as_json(manifest)))
    return (_as_json(manifest, indent=2) + "\n").encode()


def read_manifest(folder: Path) -> dict[str, Any]:
    """The checked content of a run folder's run.json.

    Raises:
        ResultsError: it is missing, truncated, edited, or of another schema version.
    """
    path = folder / MANIFEST
    try:
        manifest = json.loads(path.read_bytes())
    except FileNotFoundError:
        raise ResultsError(f"{shown_path(folder)} is not a run's folder: it holds no {MANIFEST}") from None
    except OSError as error:
        raise ResultsError(f"cannot read {shown_path(path)}: {error.strerror or error}") from error
    except (ValueError, RecursionError):
        raise damaged(path, "is truncated or was edited: it is not JSON") from None
    if not isinstance(manifest, dict):
        raise damaged(path, "was edited: it is not a mapping")
    _check_schema_version(path, manifest.get("schema_version"))
    if manifest.pop("checksum", None) != _checksum(manifest) or not _is_complete(manifest):
        raise damaged(path, "was edited: its checksum does not match")
    return manifest


def read_identity(manifest: Mapping[str, Any]) -> RunIdentity:
    """The identity that run.json tells."""
    return RunIdentity(**{field: manifest[field] for field in RunIdentity.__dataclass_fields__})


def read_metrics(manifest: Mapping[str, Any]) -> tuple[Metric, ...]:
    """The metrics that run.json defines."""
    return tuple(Metric(**metric) for metric in manifest.get("metrics", ()))


def describe(content: bytes | memoryview) -> dict[str, int | str]:
    """Size and hash of a file's content."""
    return {"bytes": memoryview(content).nbytes, "sha256": hashlib.sha256(content).hexdigest()}


def damaged(path: Path, what: str) -> ResultsError:
    """The error about a file of a run that must not be used."""
    return ResultsError(f"{shown_path(path)} {what}; {AGAIN}")


def _check_schema_version(path: Path, version: object) -> None:
    """Refuse a run that was stored by a program that wrote something else."""
    if version == SCHEMA_VERSION:
        return
    if not isinstance(version, int):
        raise damaged(path, "was edited: it has no schema_version")
    age = "an older" if version < SCHEMA_VERSION else "a newer"
    raise damaged(path, f"was written by {age} version of sim (schema {version}; this one reads {SCHEMA_VERSION})")


def _is_complete(manifest: Mapping[str, Any]) -> bool:
    """True if run.json has what reading relies on, all file names being plain."""
    files = manifest.get("files")
    return (
        all(field in manifest for field in RunIdentity.__dataclass_fields__)
        and isinstance(files, dict)
        and all(Path(name).name == name and {"bytes", "sha256"} <= set(entry) for name, entry in files.items())
    )


def _checksum(manifest: Mapping[str, Any]) -> str:
    """Hash of run.json's values; the layout of the file does not matter."""
    canonical = json.dumps(manifest, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def _as_json(manifest: Mapping[str, Any], indent: int | None = None) -> str:
    """The manifest as JSON, names in their own script; numbers of NumPy become plain ones."""
    return json.dumps(manifest, indent=indent, ensure_ascii=False, allow_nan=False, default=_plain)


def _plain(value: Any) -> Any:
    """A value that JSON knows, for one that it does not."""
    if hasattr(value, "item"):
        return value.item()
    if isinstance(value, Path):
        return str(value)
    raise TypeError(f"{value!r} cannot be stored in {MANIFEST}")
