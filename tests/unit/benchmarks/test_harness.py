"""The benchmarks' own arithmetic: agreement, ratios, the page."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks.agreement import LARGEST_Z, STATISTICS, z_scores
from benchmarks.commands import CommandTime
from benchmarks.engines import OURS, Engine, Timing, run_seeds, time_engine
from benchmarks.page import commands_table, engines_table, performance_page
from benchmarks.systems import CORE, SystemsCost


def line(seed: int, dau: float = 1_000.0) -> dict[str, Any]:
    """What an engine prints for a seed, with a little noise over seeds."""
    noise = seed % 3 - 1
    totals = dict.fromkeys(("revenue", "recalls", "dropouts", "reactivations"), 100.0 + noise)
    return {"n": 10, "dau": dau + noise, "dau_at": [50 + noise] * 5, **totals}


def test_equal_engines_agree() -> None:
    scores = z_scores([line(seed) for seed in range(6)], [line(seed) for seed in range(9)])
    assert list(scores) == list(STATISTICS)
    assert max(map(abs, scores.values())) < 1e-9


def test_one_shifted_statistic_is_found() -> None:
    scores = z_scores([line(seed, dau=1_003.0) for seed in range(6)], [line(seed) for seed in range(9)])
    assert [name for name, score in scores.items() if abs(score) > LARGEST_Z] == ["DAU"]


def test_z_is_the_difference_in_combined_standard_errors() -> None:
    # means 100.3 and 100.0 per user; variance of (-.1, 0, .1) over 3 seeds is .01, so the error is sqrt(2 * .01 / 3)
    scores = z_scores([line(seed, dau=1_003.0) for seed in range(3)], [line(seed) for seed in range(3)])
    assert scores["DAU"] == pytest.approx(0.3 / (0.02 / 3) ** 0.5)


def fake_engine(folder: Path, text: str) -> Engine:
    program = folder / "fake.py"
    program.write_text(text, encoding="utf-8")
    return Engine("fake", (sys.executable, str(program)), "json", {10: 3})


def test_the_first_of_several_seeds_only_warms_up(tmp_path: Path) -> None:
    lines = [
        json.dumps({"wall_s": wall, "cpu_s": 1.5, "reg_user_days": 4_000_000, "peak_mib": 50.0})
        for wall in (9.0, 2.0, 2.5)
    ]
    engine = fake_engine(tmp_path, f"print('warming up')\nprint({chr(10).join(lines)!r})")
    assert time_engine(engine, 10) == [Timing(2.0, 1.5, 4_000_000, 50.0), Timing(2.5, 1.5, 4_000_000, 50.0)]


def test_an_engine_that_fails_is_not_passed_over(tmp_path: Path) -> None:
    engine = fake_engine(tmp_path, "raise SystemExit('no such size')")
    with pytest.raises(RuntimeError, match="fake failed with 10 users: no such size"):
        run_seeds(engine, 10, 3)


def test_ratios_are_of_medians_and_slow_engines_come_last() -> None:
    table = engines_table(
        {
            "slow": [Timing(200.0, 1.5, 4_000_000, 80.0)],
            OURS: [
                Timing(2.0, 1.5, 4_000_000, 50.0),
                Timing(9.0, 1.5, 4_000_000, 70.0),
                Timing(1.0, 1.5, 4_000_000, 60.0),
            ],
        }
    )
    assert table.splitlines()[2:] == [
        "| sim | 2.000 | 1.500 | 2.00 | 70 | 1 | 3 |",
        "| slow | 200.000 | 1.500 | 0.02 | 80 | 100 | 1 |",
    ]


def test_the_page_holds_all_parts_and_no_path_of_the_machine() -> None:
    scores = z_scores([line(seed, dau=1_003.0) for seed in range(6)], [line(seed) for seed in range(9)])
    commands = [CommandTime("sim --help", 0.05, 7, 0.3)]
    core, points = (
        SystemsCost(CORE, 2.0, 9_000_000, 100.0, 110.0),
        SystemsCost("with points", 3.5, 7_000_000, 140.4, 155.0),
    )
    timings = {10_000: {OURS: [Timing(2.0, 1.5, 4_000_000, 50.0)]}}
    page = performance_page(timings, scores, commands, incentives=[core, points], people=[core], throughput=12.3e6)
    assert "| with points | 3.50 | +0.75 | 2.0 | +40 | +45 |" in page
    assert "| workload W | 2.00 | – | 4.5 | 100 | 110 |" in page
    assert "**12.3 million user-days a second**" in page
    assert "### 10,000 initial users" in page
    assert "DISAGREES with the NumPy reference" in page
    assert commands_table(commands).splitlines()[-1] == "| sim --help | 0.05 | 7 | 0.3 |"
    assert str(Path.cwd()) not in page
