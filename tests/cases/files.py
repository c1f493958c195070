"""The files of the example cases, and the quantities in them that state a range."""

from __future__ import annotations

from pathlib import Path

from sim.scenario.leaves import quantities
from sim.units import Quantity

SCENARIOS = Path(__file__).resolve().parents[2] / "scenarios"
DOCS = SCENARIOS.parent / "docs"
POLICIES: dict[str, tuple[str, ...]] = {
    "car-brand/policies": (
        "today",
        "more-ads",
        "more-test-drives",
        "faster-delivery",
        "owners-community",
        "partner-commissions",
        "all",
    ),
    "car-community/policies": ("no-programme", "points", "standing", "fading", "double-price", "transfers"),
    "cdnow/policies": ("today", "email-after-28-days", "coupon-over-100"),
    "check-in/policies": ("no-points", "from-500", "from-50", "streaks"),
    "community/policies": (
        "nothing",
        "ads",
        "seed",
        "pay",
        "pay-checked",
        "pay-on",
        "seed-and-pay",
        "seed-then-ads",
    ),
    "haitao/policies": ("today", "double-paid", "recall", "community", "coupons-for-all"),
    "lunch/policies": ("no-push", "at-11", "at-15", "by-habit", "every-day"),
    "membership/policies": (
        "today",
        "annual-cheaper",
        "monthly-dearer",
        "trial-card",
        "trial-no-card",
        "pause",
        "dunning",
        "single-rentals",
    ),
    "points-expiry/policies": ("refuse", "extend-one", "extend-all", "extend-gift"),
    "referral/policies": (
        "nothing",
        *(f"{how}-{money}" for how in ("open", "checked") for money in (5, 10, 20, 40)),
    ),
    "rfm/policies": ("nothing", "one-for-all", "eight-treatments"),
    "service-desk/policies": ("neither", "core-first", "hire-one", "hire"),
    "stages/policies": ("calendar", "brake", "users-gate", "gates", "gated-spending"),
    "core-users/policies/early": ("no-scheme", "low-threshold", "high-threshold", "rich-privileges", "tiers"),
    "core-users/policies/scale": ("no-scheme", "low-threshold", "high-threshold", "rich-privileges", "tiers"),
}
"""The policies that the pages tell, by their folder; the first is what the others are compared with."""
FILES = {
    path.relative_to(SCENARIOS).with_suffix("").as_posix(): path
    for kind in ("policies", "examples")
    for path in sorted(SCENARIOS.glob(f"*/{kind}/**/*.yaml"))
}
"""All policies and examples that stand in the folders, by their names: "lunch/policies/at-11"."""


def files_of(folder: str) -> dict[str, Path]:
    """The files of a folder's policies, by their names, the baseline first; folders as in `POLICIES`."""
    return {policy: FILES[f"{folder}/{policy}"] for policy in POLICIES[folder]}


def ranged_quantities(content: object) -> dict[str, Quantity]:
    """The quantities of a scenario that state a range, by their dotted paths."""
    return {path: value for path, value in quantities(content) if value.low is not None or value.high is not None}
