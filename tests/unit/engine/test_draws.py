"""Addressed draws: the published generator, compiled as it is in plain form, independent across each coordinate."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from scipy import stats

import sim
from sim.engine.draws import (
    MAX_DAY,
    ReplicateKey,
    draw,
    mix64,
    person_address,
    philox_words,
    purpose,
    segment_address,
    uniforms,
)
from sim.engine.limits import MAX_HORIZON_DAYS

F64 = npt.NDArray[np.float64]
U32 = npt.NDArray[np.uint32]
N = 40_000
N_BINS = 64


def address_of(index: int) -> tuple[int, int]:
    """The address of a person of the segment `everyone`."""
    return person_address(segment_address("everyone"), index)


P_LEAST = 1e-4
"""Seeds are fixed, so a check passes or fails for good; below this a coordinate would be suspicious."""

# Random123, kat_vectors: philox4x32 with 10 rounds; counter, key, output.
KNOWN_ANSWERS = [
    ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
    (
        (0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF),
        (0xFFFFFFFF, 0xFFFFFFFF),
        (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD),
    ),
    (
        (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
        (0xA4093822, 0x299F31D0),
        (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
    ),
]


ROWS = np.arange(N, dtype=np.uint32)
CELL = np.zeros(N, np.uint16)


def drawn(
    rows: U32, key: ReplicateKey, *, day: int = 0, code: int = 0, k: int = 0, segment: int = segment_address("everyone")
) -> F64:
    """Compiled draws of persons 0, 1, … of a segment."""
    address = np.array([segment], np.uint32)
    return uniforms(ROWS, CELL, address, rows, day, code, k, key.low, key.high)


def stream(
    seed: int = 1, replicate: int = 0, day: int = 0, purpose_name: str = "day", k: int = 0, segment: str = "everyone"
) -> F64:
    """The draws of N persons at one address of everything else."""
    key = ReplicateKey.of(seed, replicate)
    return drawn(ROWS, key, day=day, code=purpose(purpose_name), k=k, segment=segment_address(segment))


@pytest.mark.parametrize(("counter", "key", "answer"), KNOWN_ANSWERS)
def test_the_plain_generator_gives_the_published_answers(
    counter: tuple[int, int, int, int], key: tuple[int, int], answer: tuple[int, int, int, int]
) -> None:
    assert philox_words(counter, key) == answer


@pytest.mark.parametrize(("counter", "key", "answer"), KNOWN_ANSWERS)
@pytest.mark.parametrize("word", range(4))
def test_the_compiled_generator_gives_the_published_answers(
    counter: tuple[int, int, int, int], key: tuple[int, int], answer: tuple[int, int, int, int], word: int
) -> None:
    person, address = np.array([counter[0]], np.uint32), np.array([counter[1]], np.uint32)
    day, k = counter[2] & MAX_DAY, 4 * (counter[2] >> 16) + word
    rows, cell = np.zeros(1, np.uint32), np.zeros(1, np.uint16)
    found = uniforms(person, cell, address, rows, day, counter[3], k, np.uint32(key[0]), np.uint32(key[1]))
    assert found[0] == (answer[word] + 0.5) * 2.0**-32


def test_a_wrong_round_constant_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sim.engine.draws.MULTIPLIER_1", 0xCD9E8D59)
    assert all(philox_words(counter, key) != answer for counter, key, answer in KNOWN_ANSWERS)


@pytest.mark.parametrize("k", [0, 1, 3, 4, 7, 1000])
@pytest.mark.parametrize("day", [0, 1, 364, MAX_HORIZON_DAYS])
@pytest.mark.parametrize("seed", [0, 1, 2**63])
def test_plain_and_compiled_draws_are_equal(k: int, day: int, seed: int) -> None:
    key, code = ReplicateKey.of(seed, 3), purpose("basket")
    rows = np.array([7, 0, 7, N - 1], np.uint32)
    compiled = drawn(rows, key, day=day, code=code, k=k)
    plain = [draw(key, address_of(int(row)), day, code, k) for row in rows]
    assert compiled.tolist() == plain


def test_more_rows_than_a_block_are_drawn_at_their_own_addresses() -> None:
    key, code = ReplicateKey.of(1, 0), purpose("day")
    together = drawn(ROWS, key, day=5, code=code)
    backwards = drawn(ROWS[::-1].copy(), key, day=5, code=code)
    assert (together == backwards[::-1]).all()
    assert together[-1] == draw(key, address_of(N - 1), 5, code)


def test_no_uniform_is_0_or_1() -> None:
    assert 0 < (0 + 0.5) * 2.0**-32 < 1
    assert 0 < (0xFFFFFFFF + 0.5) * 2.0**-32 < 1
    some = stream()
    assert 0 < some.min() < some.max() < 1


VARIED = {
    "seed": [{"seed": s} for s in (0, 1, 2, 3, 1_000_003)],
    "replicate": [{"replicate": r} for r in (0, 1, 2, 19)],
    "day": [{"day": d} for d in (0, 1, 2, 3, 4, 30, 364, 365)],
    "purpose": [{"purpose_name": p} for p in ("day", "basket", "traits", "adoption", "return after message")],
    "k": [{"k": k} for k in (0, 1, 2, 3, 4, 5, 8)],
    "segment": [{"segment": s} for s in ("everyone", "everyone ", "新手媽媽", "二胎媽媽")],
}
"""The coordinates of an address, each with values that a run uses side by side."""


@pytest.mark.parametrize("coordinate", VARIED)
def test_draws_are_uniform_at_every_value_of_a_coordinate(coordinate: str) -> None:
    for address in VARIED[coordinate]:
        counts = np.bincount((stream(**address) * N_BINS).astype(int), minlength=N_BINS)  # type: ignore[arg-type]
        assert stats.chisquare(counts).pvalue > P_LEAST, address


@pytest.mark.parametrize("coordinate", VARIED)
def test_draws_are_independent_across_a_coordinate(coordinate: str) -> None:
    streams = [stream(**address) for address in VARIED[coordinate]]  # type: ignore[arg-type]
    for i, first in enumerate(streams):
        for second in streams[i + 1 :]:
            assert abs(np.corrcoef(first, second)[0, 1]) * np.sqrt(N) < 4.5
            joint = np.bincount((first * 8).astype(int) * 8 + (second * 8).astype(int), minlength=64)
            assert stats.chisquare(joint).pvalue > P_LEAST


@pytest.mark.parametrize("lag", [1, 2, 3, 4, 16, 64, 1024])
def test_persons_are_independent_of_their_neighbours(lag: int) -> None:
    some = stream()
    assert abs(np.corrcoef(some[:-lag], some[lag:])[0, 1]) * np.sqrt(N - lag) < 4.5


@pytest.mark.parametrize("name", ["day", "natural return"])
def test_one_persons_days_are_uniform_and_independent(name: str) -> None:
    key, code = ReplicateKey.of(1, 0), purpose(name)
    days = np.array([draw(key, address_of(11), day, code) for day in range(4000)])
    assert stats.kstest(days, "uniform").pvalue > P_LEAST
    assert abs(np.corrcoef(days[:-1], days[1:])[0, 1]) * np.sqrt(4000) < 4.5


def test_a_constant_stream_would_be_seen() -> None:
    """The twin: the same statistics over one word used twice."""
    first = stream()
    assert abs(np.corrcoef(first, first)[0, 1]) * np.sqrt(N) > 4.5
    counts = np.bincount((first**1.1 * N_BINS).astype(int), minlength=N_BINS)
    assert stats.chisquare(counts).pvalue < P_LEAST


def test_neighbouring_seeds_and_replicates_share_no_key() -> None:
    keys = {(int(k.low), int(k.high)) for s in range(200) for r in range(50) for k in [ReplicateKey.of(s, r)]}
    assert len(keys) == 200 * 50


def test_persons_of_several_segments_share_no_address() -> None:
    segments = ("everyone", "everyone ", "新手媽媽", "二胎媽媽", "bargain hunters", "")
    taken = {person_address(segment_address(name), i) for name in segments for i in range(20_000)}
    assert len(taken) == len(segments) * 20_000


def test_mixing_is_a_bijection_on_a_sample() -> None:
    assert len({mix64(value) for value in range(100_000)}) == 100_000


def purposes_in_use() -> set[str]:
    """The names in every call `purpose("…")` of the package, with the names of a large scenario filled in."""
    source = "\n".join(path.read_text(encoding="utf-8") for path in Path(sim.__file__).parent.rglob("*.py"))
    fixed = set(re.findall(r'purpose\("([^"{]+)"\)', source))
    prefixes = set(re.findall(r'purpose\(f"([^"{]+)\{', source))
    assert {"day", "traits", "adoption", "basket"} <= fixed
    assert {"channel:", "holdout:", "open:"} <= prefixes
    names = [*(f"rule {i}" for i in range(120)), "微信公眾號", "小米應用商店", "push", "sms", "e-mail", "first order"]
    return fixed | {f"{prefix}{name}" for prefix in prefixes for name in names}


def test_no_two_purposes_in_use_collide() -> None:
    names = purposes_in_use()
    assert len({purpose(name) for name in names}) == len(names) > 500
