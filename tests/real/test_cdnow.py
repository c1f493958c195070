"""CDNOW: the simulated shop against the published model, and against what its customers really did.

The sample is kept in the repository, so the main checks always run. What needs the other data sets is skipped, by name
and with the reason, where they are absent (`SIM_DATA`, by default `../shared/data`).
"""

from __future__ import annotations

import csv
import gzip
import os
import re
from datetime import date
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from sim import pipeline
from sim.store import StoredRun
from tools.prepare_cdnow import SAMPLE, START, WEEKLY, cumulative_repeats, prepare, read_purchase_days, signups_by_date

ROOT = Path(__file__).resolve().parents[2]
CASE = ROOT / "scenarios" / "cdnow"
DATA = Path(os.environ.get("SIM_DATA", ROOT.parent / "shared" / "data"))

ABSENT = f"no data in SIM_DATA ({DATA})"
needs_cdnow = pytest.mark.skipif(not (DATA / "cdnow").is_dir(), reason=f"CDNOW: {ABSENT}")
needs_hillstrom = pytest.mark.skipif(not (DATA / "hillstrom").is_dir(), reason=f"Hillstrom: {ABSENT}")

REPLICATES = 40
WEEKS = (39, 78)
MODEL_TOLERANCE = 0.03
REALITY_TOLERANCE = 0.05

# Pareto/NBD in weeks and Gamma-Gamma in USD, as published for this sample; docs/cases/cdnow.md names the papers.
R, ALPHA, S, BETA = 0.553, 10.578, 0.606, 11.669
P, Q, V = 6.25, 3.74, 15.44

Floats = npt.NDArray[np.float64]


def expected_repeats(weeks: Floats) -> Floats:
    """E[X(t)] of Pareto/NBD (Schmittlein, Morrison, Colombo 1987): repeat orders within t weeks of the first."""
    return R * BETA / (ALPHA * (S - 1)) * (1 - (BETA / (BETA + weeks)) ** (S - 1))


def signup_days() -> npt.NDArray[np.int64]:
    """The day, from 0, on which each customer of the sample bought first."""
    bought = read_purchase_days(CASE / "data" / SAMPLE).values()
    return np.array([(days[0] - START).days for days in bought])


def model_repeats(week: int) -> float:
    """What the published model expects from all customers by the end of a week, each from its own first purchase on."""
    exposure = np.maximum(7 * week - 1 - signup_days(), 0) / 7
    return float(expected_repeats(exposure).sum())


def actual_repeats(week: int) -> int:
    """What happened, from the file that came with the sample."""
    with (CASE / "data" / WEEKLY).open(encoding="utf-8", newline="") as lines:
        return {int(row["week"]): int(row["cum_repeat"]) for row in csv.DictReader(lines)}[week]


def simulated_repeats(run: StoredRun, week: int) -> npt.NDArray[np.int64]:
    """Cumulative repeat orders of each replicate: all orders but the one that made each sign-up."""
    orders, new = run.numbers("daily", "orders"), run.numbers("daily", "new_users")
    repeats: npt.NDArray[np.int64] = (orders - new).reshape(run.identity.replicates, -1)[:, : 7 * week].sum(axis=1)
    return repeats


def check_model(run: StoredRun) -> None:
    """The mean over replicates agrees with the published model at weeks 39 and 78."""
    for week in WEEKS:
        simulated, expected = simulated_repeats(run, week), model_repeats(week)
        error = simulated.mean() / expected - 1
        standard_error = simulated.std(ddof=1) / len(simulated) ** 0.5 / expected
        print(f"week {week}: {simulated.mean():,.1f} simulated, {expected:,.1f} by the model")
        print(f"  error {error:+.2%} ± {standard_error:.2%}")
        assert abs(error) <= MODEL_TOLERANCE


@pytest.fixture(scope="module")
def today(tmp_path_factory: pytest.TempPathFactory) -> StoredRun:
    """The baseline over all 78 weeks."""
    folder = tmp_path_factory.mktemp("cdnow")
    return pipeline.run(CASE / "policies" / "today.yaml", replicates=REPLICATES, out=folder)


def changed(tmp_path: Path, change: str) -> StoredRun:
    """The baseline with a changed world, over the same people with the same luck."""
    file = tmp_path / "changed.yaml"
    (tmp_path / ".sim-root").touch()
    file.write_text(pipeline.show(CASE / "policies" / "today.yaml"), encoding="utf-8")
    policy = tmp_path / "twin.yaml"
    policy.write_text(f"extends: changed.yaml\n{change}\n", encoding="utf-8")
    return pipeline.run(policy, replicates=REPLICATES, out=tmp_path / "results")


def test_the_copy_is_what_the_scenario_reads(tmp_path: Path) -> None:
    signups = prepare(CASE / "data", tmp_path)
    assert (tmp_path / "signups.csv").read_bytes() == (CASE / "signups.csv").read_bytes()
    assert (tmp_path / "data" / SAMPLE).read_bytes() == (CASE / "data" / SAMPLE).read_bytes()
    assert (len(signups), sum(signups.values())) == (84, 2357)
    assert max(signups) == date(1997, 3, 25)


def test_purchases_add_up_to_the_published_weeks() -> None:
    bought = read_purchase_days(CASE / "data" / SAMPLE)
    cumulated = cumulative_repeats(bought.values(), 78)
    assert cumulated == [actual_repeats(week) for week in range(1, 79)]
    assert sum(signups_by_date(bought.values()).values()) == len(bought) == 2357


@needs_cdnow
@pytest.mark.parametrize("name", [SAMPLE, WEEKLY])
def test_the_copy_is_the_source(name: str) -> None:
    assert (CASE / "data" / name).read_bytes() == (DATA / "cdnow" / name).read_bytes()


@needs_cdnow
def test_each_customers_exposure_is_the_published_one() -> None:
    with gzip.open(DATA / "cdnow" / "cdnow_sample_cal_holdout.csv.gz", "rt", encoding="utf-8") as lines:
        published = sorted(float(row["T"]) for row in csv.DictReader(lines))
    assert sorted((7 * 39 - 1 - signup_days()) / 7) == pytest.approx(published, abs=1e-5)


def test_everybody_signs_up_on_the_real_day(today: StoredRun) -> None:
    new = today.numbers("daily", "new_users").reshape(REPLICATES, -1)
    assert (new == np.bincount(signup_days(), minlength=new.shape[1])).all()


def test_repeats_agree_with_the_published_model(today: StoredRun) -> None:
    check_model(today)


@pytest.mark.parametrize(
    "change",
    ["orders: {while_engaged: 0.0565 / week}", "retention: {default: {lapse: {scale: 9.5 weeks}}}"],
    ids=["orders a twelfth more frequent", "a habit lost sooner"],
)
def test_an_altered_number_fails(tmp_path: Path, change: str) -> None:
    with pytest.raises(AssertionError):
        check_model(changed(tmp_path, change))


def test_repeats_agree_with_what_happened(today: StoredRun) -> None:
    for week in WEEKS:
        simulated, actual = simulated_repeats(today, week).mean(), actual_repeats(week)
        print(f"week {week}: {simulated:,.1f} simulated, {actual:,} in reality, {simulated / actual - 1:+.2%}")
    assert [actual_repeats(week) for week in WEEKS] == [2457, 4339]
    assert abs(simulated / actual - 1) <= REALITY_TOLERANCE


def test_baskets_agree_with_the_published_mean(today: StoredRun) -> None:
    gmv = today.numbers("daily", "gmv").reshape(REPLICATES, -1).sum(axis=1) / 100
    orders = today.numbers("daily", "orders").reshape(REPLICATES, -1).sum(axis=1)
    ratios = gmv / orders
    assert abs(ratios.mean() - P * V / (Q - 1)) <= 4 * ratios.std(ddof=1) / REPLICATES**0.5


def share_without_repeat(weeks: Floats, n: int = 2**18) -> float:
    """P(X(t) = 0) of Pareto/NBD, averaged over customers, by integration over order rates and hazards."""
    from scipy.special import gammaincinv
    from scipy.stats import qmc

    points = qmc.Sobol(2, scramble=True, seed=1).random(n)
    rate, hazard = gammaincinv(R, points[:, 0]) / ALPHA, gammaincinv(S, points[:, 1]) / BETA
    total = rate + hazard
    values, counts = np.unique(weeks, return_counts=True)
    none = [float(np.mean(hazard / total + rate / total * np.exp(-total * t))) for t in values]
    return float(np.average(none, weights=counts))


def test_as_many_never_come_back_as_in_reality(tmp_path: Path) -> None:
    n_days = 7 * 39
    run = pipeline.run(CASE / "policies" / "today.yaml", replicates=1, days=n_days, users=True, out=tmp_path)
    never = int((run.numbers("users", "orders") == 1).sum())
    share = share_without_repeat((n_days - 1 - signup_days()) / 7)
    print(f"no repeat by week 39: {never} simulated, {2357 * share:.0f} by the model, 1,411 in reality")
    assert abs(never - 2357 * share) <= 4 * (2357 * share * (1 - share)) ** 0.5
    assert abs(2357 * share - 1411) <= 4 * (2357 * share * (1 - share)) ** 0.5


def share_ordering_again(n: int = 2**18) -> float:
    """Of those who stopped within 28 quiet days, who orders within two weeks of taking up the habit again.

    A user counts once for each absence of 28 days: 1 + its orders, times the chance that it stops in an absence.
    """
    from scipy.special import gammaincinv
    from scipy.stats import qmc

    points = qmc.Sobol(2, scramble=True, seed=2).random(n)
    rate, hazard = gammaincinv(R, points[:, 0]) / ALPHA, gammaincinv(S, points[:, 1]) / BETA
    absences = 1 + rate / hazard * -np.expm1(-hazard * 78)
    stopped = absences * hazard / (rate + hazard) * -np.expm1(-4 * (rate + hazard))
    orders = rate / (rate + hazard) * -np.expm1(-2 * (rate + hazard))
    return float((stopped * orders).sum() / stopped.sum())


@needs_hillstrom
def test_the_response_is_that_of_the_randomised_email() -> None:
    with gzip.open(DATA / "hillstrom" / "hillstrom.csv.gz", "rt", encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    mailed = np.array([row["segment"] != "No E-Mail" for row in rows])
    lifts = {}
    for name in ("visit", "conversion"):
        outcome = np.array([float(row[name]) for row in rows])
        lifts[name] = outcome[mailed].mean() - outcome[~mailed].mean()
    world = pipeline.load(CASE / "world.yaml").scenario
    opened, response = world.media["email"].open.value, world.response.message.brings_back
    assert response.high == pytest.approx(lifts["visit"] / opened, abs=0.005)
    assert response.value == pytest.approx(lifts["conversion"] / share_ordering_again() / opened, abs=0.02)


PAGE = ROOT / "docs" / "cases" / "cdnow.md"
POLICIES = ("today", "email-after-28-days", "coupon-over-100")


def page_rows(first_cell: str) -> list[list[str]]:
    """The cells of the page's table rows whose first cell matches."""
    rows = re.findall(r"^\| (.*) \|$", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    cells = [row.split(" | ") for row in rows]
    return [row for row in cells if re.fullmatch(first_cell, row[0])]


def page_number(cell: str) -> float:
    """The first number of a cell."""
    return float(cell.split(" (")[0].replace(",", "").replace("−", "-").rstrip("%"))


def test_the_page_tells_the_weeks_as_they_are(today: StoredRun) -> None:
    rows = page_rows(r"\d+")
    assert [int(row[0]) for row in rows] == [13, 26, 39, 52, 65, 78]
    for week_cell, *cells in rows:
        week = int(week_cell)
        actual, model, simulated, error = map(page_number, cells)
        repeats = simulated_repeats(today, week)
        error_now = f"{repeats.mean() / actual - 1:+.1%}"
        print(f"| {week} | {actual:,.0f} | {model_repeats(week):,.0f} | {repeats.mean():,.0f} | {error_now} |")
        assert actual == actual_repeats(week)
        assert model == round(model_repeats(week))
        assert simulated == pytest.approx(repeats.mean(), abs=4 * repeats.std(ddof=1) / REPLICATES**0.5)
        assert error == pytest.approx(100 * (simulated / actual - 1), abs=0.1)


def test_the_page_tells_the_policies_as_they_are(tmp_path: Path) -> None:
    scenarios = [CASE / "policies" / f"{name}.yaml" for name in POLICIES]
    comparison = pipeline.compare(scenarios, replicates=REPLICATES, out=tmp_path)
    for metric in ("orders", "revenue", "profit"):
        (row,) = page_rows(f"{metric}(, USD)?")
        for cell, policy in zip(row[1:], comparison.policies, strict=True):
            (found,) = [entry for entry in policy.differences if entry.metric.name == metric]
            assert found.low is not None
            assert found.high is not None
            now = f"{found.difference:+,.1f} ({found.low:,.1f} to {found.high:,.1f})"
            print(f"{policy.run.name} {metric}: {now}, page {cell}")
            assert page_number(cell) == pytest.approx(found.difference, abs=2 * (found.high - found.low))
            assert found.is_distinguishable


COUPON = {"response.coupon.lift_per_10_percent": "1.6", "response.coupon.orders": "1.5"}
CHANGED: dict[str, dict[str, str]] = {
    "as above": {},
    "`brings_back` 5%": {"response.message.brings_back": "5%"},
    "`brings_back` 39%": {"response.message.brings_back": "39%"},
    "margin 12%": {"orders.margin": "12%"},
    "margin 30%": {"orders.margin": "30%"},
    "opened 37.93%": {"media.email.open": "37.93%"},
    "coupon changes nothing": {"response.coupon.lift_per_10_percent": "1", "response.coupon.orders": "1"},
    "coupon: odds × 1.6, orders × 1.5": COUPON,
    "coupon: odds × 1.6, orders × 2": COUPON | {"response.coupon.orders": "2"},
    "mail at its worst: 5%, 12% opened, 60% reachable, 0.01 USD, margin 12%": {
        "response.message.brings_back": "5%",
        "media.email": "{opt_in: 60%, open: 12%, price: 0.01 USD}",
        "orders.margin": "12%",
    },
}


@pytest.mark.verify
@pytest.mark.parametrize("what", CHANGED)
def test_the_page_tells_what_the_answer_depends_on(what: str, tmp_path: Path) -> None:
    (row,) = page_rows(re.escape(what))
    scenarios = pipeline.load_all([CASE / "policies" / f"{name}.yaml" for name in POLICIES], changes=CHANGED[what])
    comparison = pipeline.compare(scenarios, replicates=REPLICATES, out=tmp_path)
    found = [policy.of("profit") for policy in comparison.policies]
    now = [f"{one.difference:+,.0f}".replace("-", "−") for one in found if one is not None and one.difference]
    print(f"| {what} | {' | '.join(now)} |")
    assert row[1:] == now
