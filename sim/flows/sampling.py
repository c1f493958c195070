"""Draws of doubtful numbers: a Latin hypercube whose columns are addressed by the numbers' names."""

from __future__ import annotations

import hashlib

import numpy as np

from sim.analysis.intervals import Floats

PURPOSE = "input doubt"


def strata(seed: int, name: str, n: int) -> Floats:
    """n uniforms in (0, 1) in a random order, one in each n-th part of the interval: a column of a Latin hypercube.

    They depend on the seed, the name and n alone, so a further number moves nobody else's draws.

    Draws: a permutation of n, then n uniforms, at (seed, name), purpose "input doubt".
    Source: McKay, Beckman, Conover 1979, Technometrics 21, 239-245.
    """
    address = hashlib.blake2s(f"{PURPOSE}\0{seed}\0{name}".encode(), digest_size=16).digest()
    generator = np.random.Generator(np.random.PCG64(int.from_bytes(address, "little")))
    order = generator.permutation(n)
    within: Floats = 1.0 - generator.random(n)  # in (0, 1]
    return np.asarray((order + np.minimum(within, 1 - 1e-9)) / n)


def triangular(uniform: float, low: float, mode: float, high: float) -> float:
    """The value below which a triangular distribution lies with this probability.

    Args:
        uniform: in (0, 1).
        low, mode, high: its ends and its peak, low <= mode <= high, low < high.
    """
    width, peak = high - low, (mode - low) / (high - low)
    if uniform < peak:
        return float(low + width * (uniform * peak) ** 0.5)
    return float(high - width * ((1 - uniform) * (1 - peak)) ** 0.5)
