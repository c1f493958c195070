"""Addressed luck: each uniform is a pure function of (seed, replicate, person, day, purpose, k).

The generator is Philox4x32 with 10 rounds (Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy as 1, 2, 3",
SC 2011), a counter-based generator that passes BigCrush. The address is its input, without any hashing in between:

    key     = (seed, replicate), mixed once to 64 bits
    counter = (person low, person high, day | block << 16, purpose)
    output  = four 32-bit words: k = 4 * block + word

so two draws share their luck only where the whole address is equal. A purpose is the hash of its name: adding one
changes no other. A person's address is its index in its segment (low) and the hash of the segment's name (high), hence
adding a person or a segment changes nobody else's luck either.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sim.engine.compiled import compiled, inlined

MASK_32 = 0xFFFFFFFF
MASK_64 = 0xFFFFFFFFFFFFFFFF
MAX_DAY = 0xFFFF
ROUNDS = 10
MULTIPLIER_0, MULTIPLIER_1 = 0xD2511F53, 0xCD9E8D57
WEYL_0, WEYL_1 = 0x9E3779B9, 0xBB67AE85
GOLDEN_64 = 0x9E3779B97F4A7C15

u32 = np.uint32
u64 = np.uint64

_M0, _M1 = u64(MULTIPLIER_0), u64(MULTIPLIER_1)
_W0, _W1 = u64(WEYL_0), u64(WEYL_1)
_HALF_WORD, _LOW_WORD = u64(32), u64(MASK_32)
BLOCK = 2048
"""Rows that are gathered at a time, so that the generator runs over contiguous words and stays vectorised."""


def purpose(name: str) -> int:
    """The 32-bit address of what a draw is for, from its name."""
    return int.from_bytes(hashlib.blake2s(name.encode(), digest_size=4).digest(), "little")


def segment_address(name: str) -> int:
    """The 32-bit address of a segment, from its name: the high word of its persons' addresses."""
    return int.from_bytes(hashlib.blake2s(name.encode(), digest_size=4, person=b"segment").digest(), "little")


def mix64(value: int) -> int:
    """SplitMix64's finaliser (Steele, Lea, Flood 2014): neighbouring inputs give unrelated outputs."""
    value &= MASK_64
    value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9 & MASK_64
    value = (value ^ (value >> 27)) * 0x94D049BB133111EB & MASK_64
    return value ^ (value >> 31)


@dataclass(frozen=True)
class ReplicateKey:
    """The two key words of one replicate: every draw of the replicate carries them."""

    low: np.uint32
    high: np.uint32

    @staticmethod
    def of(seed: int, replicate: int) -> ReplicateKey:
        """The key of `replicate` under `seed`, mixed so that seed 1 replicate 2 is not seed 2 replicate 1."""
        word = mix64(mix64(seed) + (replicate + 1) * GOLDEN_64)
        return ReplicateKey(u32(word & MASK_32), u32(word >> 32))


def person_address(segment: int, index: int) -> tuple[int, int]:
    """The (low, high) words of person `index` of the segment with address `segment`."""
    return index, segment


def philox_words(counter: tuple[int, int, int, int], key: tuple[int, int]) -> tuple[int, int, int, int]:
    """Philox4x32-10 in plain Python: the readable form of `philox`, and its oracle."""
    c0, c1, c2, c3 = counter
    k0, k1 = key
    for _ in range(ROUNDS):
        product_0, product_1 = c0 * MULTIPLIER_0, c2 * MULTIPLIER_1
        c0, c1, c2, c3 = (
            (product_1 >> 32) ^ c1 ^ k0,
            product_1 & MASK_32,
            (product_0 >> 32) ^ c3 ^ k1,
            product_0 & MASK_32,
        )
        k0, k1 = (k0 + WEYL_0) & MASK_32, (k1 + WEYL_1) & MASK_32
    return c0, c1, c2, c3


def draw(key: ReplicateKey, person: tuple[int, int], day: int, purpose_code: int, k: int = 0) -> float:
    """The uniform in (0, 1) at one address, in plain Python.

    Args:
        key: of the replicate.
        person: the (low, high) words of the person.
        day: 0 .. 65535.
        purpose_code: from `purpose(name)`.
        k: which of the uniforms that belong to this address, >= 0.
    """
    block, word = divmod(k, 4)
    words = philox_words((*person, day | block << 16, purpose_code), (int(key.low), int(key.high)))
    return (words[word] + 0.5) * 2.0**-32


@inlined
def philox(c0, c1, c2, c3, k0, k1):  # type: ignore[no-untyped-def]
    """Philox4x32-10 on 32-bit words; the plain form is `philox_words`, the gain is in docs/performance.md.

    The words are kept in 64-bit lanes whose upper halves are zero: that is what compilers turn into vector multiplies.
    """
    c0, c1, c2, c3, k0, k1 = u64(c0), u64(c1), u64(c2), u64(c3), u64(k0), u64(k1)
    for _ in range(ROUNDS):
        product_0 = c0 * _M0
        product_1 = c2 * _M1
        n0 = (product_1 >> _HALF_WORD) ^ c1 ^ k0
        n2 = (product_0 >> _HALF_WORD) ^ c3 ^ k1
        c1 = product_1 & _LOW_WORD
        c3 = product_0 & _LOW_WORD
        c0 = n0
        c2 = n2
        k0 = (k0 + _W0) & _LOW_WORD
        k1 = (k1 + _W1) & _LOW_WORD
    return u32(c0), u32(c1), u32(c2), u32(c3)


@inlined
def to_uniform(word):  # type: ignore[no-untyped-def]
    """The uniform in (0, 1) of a 32-bit word: never 0, never 1."""
    return (np.float64(word) + 0.5) * 2.3283064365386963e-10


@inlined
def to_fine_uniform(high_word, low_word):  # type: ignore[no-untyped-def]
    """A uniform in (0, 1) of 53 bits from two 32-bit words, for where ties would matter."""
    return (np.float64(high_word) * 2097152.0 + np.float64(low_word >> u32(11)) + 0.5) * 1.1102230246251565e-16


@compiled
def _fill(out, low, high, third, purpose_code, word, key_low, key_high):  # type: ignore[no-untyped-def]
    """The uniforms of contiguous addresses; each word has its own loop, as a choice inside would cost the vectors."""
    if word == 0:
        for j in range(out.size):
            out[j] = to_uniform(philox(low[j], high[j], third, purpose_code, key_low, key_high)[0])
    elif word == 1:
        for j in range(out.size):
            out[j] = to_uniform(philox(low[j], high[j], third, purpose_code, key_low, key_high)[1])
    elif word == 2:
        for j in range(out.size):
            out[j] = to_uniform(philox(low[j], high[j], third, purpose_code, key_low, key_high)[2])
    else:
        for j in range(out.size):
            out[j] = to_uniform(philox(low[j], high[j], third, purpose_code, key_low, key_high)[3])


@compiled
def uniforms(
    person: npt.NDArray[np.uint32],
    cell: npt.NDArray[np.uint16],
    address_of_cell: npt.NDArray[np.uint32],
    rows: npt.NDArray[np.uint32],
    day: int,
    purpose_code: int,
    k: int,
    key_low: np.uint32,
    key_high: np.uint32,
) -> npt.NDArray[np.float64]:
    """One uniform for each of `rows`, float64 (n_rows,), at (person, day, purpose, k).

    Args:
        person, cell: columns; address_of_cell: the segment's address for each cell.
    """
    out = np.empty(rows.size, np.float64)
    low = np.empty(BLOCK, np.uint32)
    high = np.empty(BLOCK, np.uint32)
    third = u32(day | (k // 4) << 16)
    for start in range(0, rows.size, BLOCK):
        n = min(BLOCK, rows.size - start)
        for j in range(n):
            row = rows[start + j]
            low[j] = person[row]
            high[j] = address_of_cell[cell[row]]
        _fill(out[start : start + n], low, high, third, u32(purpose_code), k % 4, key_low, key_high)
    return out
