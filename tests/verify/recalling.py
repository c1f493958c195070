"""A recall that can be followed by hand, and the traits of people who are all alike."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from sim.systems.plan import Plan
from tests.verify.worlds import plan_for

F64 = npt.NDArray[np.float64]
ALWAYS = {"a": 1e6, "b": 1e-6}
NEVER_LAPSES = {"a": 1e-6, "b": 1e6}


def alike(p: float) -> dict[str, float]:
    """A Beta so narrow that all users have the probability p."""
    return {"a": p * 1e6, "b": (1 - p) * 1e6}


@dataclass(frozen=True)
class Recall:
    """The constant hazards of a recall that can be followed by hand: whoever has the habit is active every day."""

    n: int = 3_000
    n_days: int = 90
    lapse: float = 0.03
    natural: float = 0.0
    waves: tuple[int, ...] = (7,)
    attempts: int | None = None
    holdout: float = 0.2
    opt_in: float = 0.8
    delivery: float = 0.95
    open: float = 0.3
    brings_back: float = 0.5
    half: float = 10.0

    def plan(self, **extra: Any) -> Plan:
        """The plan of the same numbers."""
        limits: dict[str, Any] = {"holdout": self.holdout}
        if self.attempts is not None:
            limits["attempts"] = self.attempts
        rule = {"when": {"inactive_for": [f"{w} days" for w in self.waves]}, "do": {"message": "sms"}, "limits": limits}
        return plan_for(
            **{
                "market": {"size": self.n},
                "channels": {"past": {"kind": "history", "signups": {"2026-01-01": self.n}}},
                "retention": {
                    "default": {"visits": ALWAYS, "lapse": alike(self.lapse)},
                    "natural_return": f"{-np.log1p(-self.natural)} / day",
                },
                "media": {"sms": {"opt_in": self.opt_in, "delivery": self.delivery, "open": self.open}},
                "response": {"message": {"brings_back": self.brings_back, "falls_by_half_every": f"{self.half} days"}},
                "policy": {"rules": {"recall": rule}},
                "horizon": f"{self.n_days} days",
            }
            | extra
        )

    def expected(self, reachable: bool) -> Flow:
        """Expectations per person, day by day, of those whom messages may reach, or of the others."""
        flow, engaged = Flow(self.n_days), 1.0
        away = np.zeros(self.n_days + 1)  # by the day of the lapse
        for day in range(1, self.n_days):
            away[day], stays = self.lapse * engaged, (1 - self.lapse) * engaged
            natural = self.natural * away[:day]
            away[:day] -= natural
            engaged = stays + natural.sum()
            for wave in sorted(self.waves)[: self.attempts]:
                lapsed_on = day - wave + 1
                if reachable and lapsed_on >= 1:
                    opened = away[lapsed_on] * self.delivery * self.open
                    back = opened * self.brings_back * 0.5 ** ((wave - 1) / self.half)
                    flow.sent[day] += away[lapsed_on]
                    flow.opened[day] += opened
                    flow.returned[day] += back
                    away[lapsed_on] -= back
                    engaged += back
            flow.active[day] = engaged
        return flow


@dataclass
class Flow:
    """Shares of a population by day."""

    n_days: int
    sent: F64 = field(init=False)
    opened: F64 = field(init=False)
    returned: F64 = field(init=False)
    active: F64 = field(init=False)

    def __post_init__(self) -> None:
        for name in ("sent", "opened", "returned", "active"):
            setattr(self, name, np.zeros(self.n_days))
        self.active[0] = 1.0
