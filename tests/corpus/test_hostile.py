"""Files made to hurt: each gets its error, in one process that never needs 200 MB."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

_BOMB = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{below}'] * 10)}]\n" for below, name in zip("abcdefgh", "bcdefghi", strict=True)
)
_TALL = (
    "a: &a [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[x]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]\n" + "b: " + "[" * 40 + "*a" + "]" * 40 + "\n"
)

# name → (content, a part of the message)
HOSTILE: dict[str, tuple[bytes | str, str]] = {
    "alias bomb": (_BOMB, "holds more than 50,000 values, with its aliases written out"),
    "tall aliases": (_TALL, "is nested deeper than 64 levels"),
    "10,000 brackets": ("a: " + "[" * 10_000 + "]" * 10_000, "is nested deeper than 64 levels"),
    "20,000 braces": ("a: " + "{a: " * 20_000 + "}" * 20_000, "is nested deeper than 64 levels"),
    "1,000 indents": ("".join(" " * i + "a:\n" for i in range(1000)), "is nested deeper than 64 levels"),
    "200,000 dashes": ("- " * 200_000, "is nested deeper than 64 levels"),
    "200,000 question marks": ("? " * 200_000, "a key must be text"),
    "200,000 ampersands": ("&a " * 200_000, "is not YAML"),
    "many documents": ("--- a\n" * 100_000, "a second document starts here"),
    "many keys": ("".join(f"k{i}: {i}\n" for i in range(49_000)), "unknown field `k0`"),
    "too many keys": ("".join(f"k{i}: {i}\n" for i in range(60_000)), "holds more than 50,000 values"),
    "many duplicates": ("a: 1\n" * 150_000, "duplicate key `a`"),
    "many nulls": ("".join(f"k{i}:\n" for i in range(49_000)), "`k0` is empty"),
    "many zeros": ("".join(f"k{i}: 0{i}\n" for i in range(40_000)), "starts with a zero"),
    "many wrong values": (
        "all:\n" + "".join(f"  k{i}: 138%\n" for i in range(45_000)),
        "`k0` is 138%; must lie in [0%, 100%]",
    ),
    "long key": ("k" * 1_000_000 + ": 1", "`: ` cannot stand here"),
    "long number": ("share: " + "9" * 1_000_000, "the number has 1,000,000 digits; may have 300"),
    "long text": ("share: " + "x" * 1_000_000, "must be a number"),
    "long rate": ("share: 1 /" + " " * 500_000 + "x", "must be a number"),
    "long open quote": ('share: "' + "x" * 1_000_000, "the quoted text that starts here does not end"),
    "long expression": ("who: " + " or ".join(["x > 1"] * 10_000), "characters; may have 1,000"),
    "5,000 parentheses": ("who: " + "(" * 5000 + "x" + ")" * 5000, "characters; may have 1,000"),
    "a tower": ("who: 9**9**9**9 > x", "powers are not part of expressions"),
    "5 MB scalar": ("share: " + "x" * 5_000_000, "may have 1 MiB"),
    "tabs": ("\t" * 1_000_000, "indented with a tab"),
    "zeros": (b"\0" * 1_000_000, "holds a NUL character"),
    "random bytes": (bytes(range(256)) * 4000, "is not UTF-8"),
    "escape sequences": ("share: \x1b]0;title\x07", "control character U+001B"),
    "odd escapes": ('"\\ud800": 1', "is not YAML"),
}

_RUN = """
import json, resource, sys
from sim.errors import ScenarioError
from sim.scenario.checking import check
from sim.scenario.layering import load_layers
from sim.scenario.values import Expr, Name, Section, Share

class Schema(Section):
    share: Share | None = None
    who: Expr | None = None
    all: dict[Name, Share] | None = None

said = {}
for name in json.load(sys.stdin):
    try:
        check(load_layers(name), Schema, context={"attributes": {"x": "number"}})
        said[name] = "nothing is wrong"
    except ScenarioError as error:
        said[name] = str(error)
if sys.platform == "linux":  # where ru_maxrss also counts what the parent held when it forked
    status = open("/proc/self/status").read()
    peak_mb = int(status.split("VmHWM:")[1].split()[0]) / 1024
else:
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 * 1024 if sys.platform == "darwin" else 1024)
json.dump({"said": said, "peak_mb": peak_mb}, sys.stdout)
"""


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    folder = tmp_path_factory.mktemp("hostile")
    for name, (content, _) in HOSTILE.items():
        (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)
    with open(folder / "200 MB", "wb") as stream:
        stream.truncate(200 << 20)
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run(
        [sys.executable, "-c", _RUN],
        input=json.dumps([*HOSTILE, "200 MB"]),
        capture_output=True,
        text=True,
        cwd=folder,
        env=environment,
        timeout=300,
        check=True,
    )
    result: dict[str, object] = json.loads(done.stdout)
    return result


@pytest.mark.parametrize("name", [*HOSTILE, "200 MB"])
def test_hostile_file_gets_its_error(outcome: dict[str, dict[str, str]], name: str) -> None:
    expected = "200 MB has 200 MiB; may have 1 MiB" if name == "200 MB" else HOSTILE[name][1]
    assert expected in outcome["said"][name]
    assert len(outcome["said"][name]) < 60_000


def test_hostile_files_stay_under_200_mb(outcome: dict[str, float]) -> None:
    assert outcome["peak_mb"] < 200
