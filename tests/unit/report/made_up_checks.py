"""Reports of checks made up for tests: one verdict of each kind, with names that every format has to survive."""

from __future__ import annotations

from dataclasses import replace

from sim.analysis.verdicts import BaselineFacts, Cause, CheckReport, DrawnChart, Verdict
from sim.errors import Place, Problem
from sim.metrics import Metric

PROFIT = Metric("profit", "Profit", "currency", "Revenue less cost.", "sum", "profit", better="higher")
RETENTION = Metric("d30_retention", "D30 retention", "share", "Active on day 30.", "ratio", "d30_active", "d30_size")
USERS = Metric("users", "Users", "persons", "All who signed up.", "last", "users", better="higher")
FILE = "scenarios/haitao/expect.yaml"
CAUSE = Cause("policy", "policy.rules.recall.do.coupon.off: 20 CNY → 60 CNY", Place("policies/recall.yaml", 14, 12))
NASTY = (
    "a|b `c` *d* _e_ <b>&amp; @team a@b.cn #12 GH-7 [x](http://e.vil) www.e.vil $x$ ~~y~~ 新媽媽 "
    '%0A,:; \\ "q"\n::error::z\x07\x1b[31m\ufffe'
)

FAILS = Verdict(
    name="haitao: profit as accepted",
    kind="baseline",
    status="fail",
    metric=PROFIT,
    currency="CNY",
    scenario="haitao",
    against=None,
    measured=-180_172.0,
    low=-197_608.0,
    high=-162_736.0,
    relative=-0.031,
    relative_low=-0.034,
    relative_high=-0.028,
    allowed="within ±1% of the accepted 5,812,000 CNY",
    n_replicates=40,
    place=Place(FILE, 3, 14),
    moved_by=(CAUSE,),
    note="",
    accepted=5_812_000.0,
    confidence=0.9875,
)
PASSES = replace(
    FAILS, name="haitao: users as accepted", status="pass", metric=USERS, measured=0.0, low=0.0, high=0.0,
    relative=0.0, relative_low=0.0, relative_high=0.0, allowed="within ±1% of the accepted 20,102 persons",
    moved_by=(), accepted=20_102.0,
)  # fmt: skip
MOVED = replace(
    PASSES, name="haitao: profit as accepted", metric=PROFIT, measured=11_624.0, low=9_300.0, high=13_900.0,
    relative=0.002, relative_low=0.0016, relative_high=0.0024, allowed=FAILS.allowed, moved_by=(CAUSE,),
    accepted=5_812_000.0,
)  # fmt: skip
PHANTOM = replace(MOVED, measured=0.004, low=0.003, high=0.005, relative=7e-10, relative_low=5e-10, relative_high=9e-10)
UNDECIDED = replace(
    FAILS, name="recall pays", kind="expectation", status="inconclusive", scenario="recall", against="today",
    measured=8_100.0, low=-2_300.0, high=18_500.0, relative=0.0014, relative_low=-0.0004, relative_high=0.0032,
    allowed="at least +0.3%", n_replicates=160, place=Place(FILE, 7, 3), moved_by=(), accepted=None,
    confidence=0.975,
)  # fmt: skip
WARNS = replace(
    UNDECIDED, name="新媽媽 stay", status="warn", against=None, metric=RETENTION, measured=0.18, low=0.177, high=0.183,
    relative=None, relative_low=None, relative_high=None, allowed="at least 20%", n_replicates=20,
    place=Place(FILE, 12, 3), confidence=0.95,
)  # fmt: skip
ACCEPTED = BaselineFacts(
    "haitao",
    "Wang Li",
    "prices of the new supplier",
    "2026-11-02",
    "2027-01-01",
    False,
    "0.1.0",
    Place(FILE, 3, 14),
    "policies/today.yaml",
    "results/baselines/haitao/scenario.yaml",
)
ERROR = Problem(
    "unknown key `metrc` in `recall pays`", Place(FILE, 8, 5), 5, "metric, of, against", "did you mean: metric?"
)

GOOD = CheckReport((PASSES,), (), "0.1.0", (ACCEPTED,))
BAD = CheckReport((PASSES, WARNS, UNDECIDED, FAILS), (), "0.1.0", (ACCEPTED,))
UNUSABLE = CheckReport((), (ERROR,), "0.1.0")


def named(name: str) -> CheckReport:
    """A report in which everything that a user may name has this name."""
    place = Place(name, 1, 1)
    cause = replace(CAUSE, text=name, place=place)
    verdict = replace(FAILS, name=name, scenario=name, moved_by=(cause,), note=name, allowed=name, place=place)
    facts = replace(ACCEPTED, scenario=name, author=name, reason=name, place=place, file=name)
    return CheckReport(
        (verdict,), (replace(ERROR, severity="warning", message=name, place=place, hint=name),), "0.1.0", (facts,)
    )


ALL = {"good": GOOD, "bad": BAD, "unusable": UNUSABLE, "nasty": named(NASTY)}
DRAWN = DrawnChart("differences of 海淘 today", "海淘 today", None, "charts/海淘-today/accepted/differences.png")


def of(*verdicts: Verdict) -> CheckReport:
    """A report of these verdicts, and of nothing else."""
    return CheckReport(verdicts, (), "0.1.0")
