"""An owners' community with points to spend and standing to keep; the page says what the runs say."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim import pipeline
from sim.analysis import PointsBook, points_books
from sim.store import StoredRun
from tests.cases.files import DOCS, files_of
from tests.cases.pages import F64, Rows, by_day, coarse, level, run_with, runs_of, shown, told_otherwise

CASE = files_of("car-community/policies")
BASELINE, *PROGRAMMES = CASE
WITH_STANDING = PROGRAMMES[1:]
PAGE = DOCS / "cases" / "car-community.md"
DOUBTED = ("standing", "double-price")
POINTS, GOODS = "response.points", "policy.points.積分.rewards"
NO_PRIVILEGES = {
    "privileges.專屬顧問.lapse": "1", "privileges.投票權重.lapse": "1", "privileges.投票權重.activity": "1",
    "privileges.線下活動.lapse": "1", "privileges.線下活動.activity": "1",
}  # fmt: skip
CHANGED = {
    "a near reward does nothing": {f"{POINTS}.nearness.activity": "1"},
    "… multiplies the odds of coming by 1.3": {f"{POINTS}.nearness.activity": "1.3"},
    "a reward does nothing afterwards": {f"{POINTS}.reward.activity": "1", f"{POINTS}.reward.lapse": "1"},
    "… does as much as its range allows": {f"{POINTS}.reward.activity": "1.2", f"{POINTS}.reward.lapse": "0.7"},
    "privileges do nothing": NO_PRIVILEGES,
    "margin 15%": {"orders.margin": "15%"},
    "… 35%": {"orders.margin": "35%"},
    "price sensitivity 3": {f"{POINTS}.price_sensitivity": "3"},
    "12% of active days end at the shop": {f"{POINTS}.looks": "12%"},
}
"""The rows of the page's table of doubts: what is changed in the world, for all."""
PRICES = {"咖啡": (400, 0), "周邊": (1_000, 79), "活動門票": (2_000, 0), "限量車模": (3_000, 399)}
FACTORS = (1.5, 2.0, 3.0, 4.0)
"""Multiples of the shop's prices in the page's table of prices."""


def prices(factor: float) -> dict[str, str]:
    """The shop of `standing` with all prices multiplied."""
    changes = {f"{GOODS}.{name}.price": f"{units * factor:.0f}" for name, (units, _) in PRICES.items()}
    money = {f"{GOODS}.{name}.price_in_money": f"{cny * factor:.1f} CNY" for name, (_, cny) in PRICES.items() if cny}
    return changes | money


def gain(run: StoredRun, none: StoredRun, column: str) -> F64:
    """What a policy adds: to mean DAU, to users at the end, to the sum of another column; (replicates,)."""
    values = by_day(run, column) - by_day(none, column)
    added: F64 = {"dau": values.mean(axis=1), "users": values[:, -1]}.get(column, values.sum(axis=1))
    return added


def book_of(run: StoredRun, programme: str) -> PointsBook:
    return next(book for book in points_books(run) if book.programme == programme)


def votes(run: StoredRun, column: str = "held", segment: str | None = None) -> float:
    """Units of standing at the end, or their holders: of all segments, or of one; mean over replicates."""
    mine = run.texts("holders", "programme") == "車友值"
    if segment is not None:
        mine &= run.texts("holders", "segment") == segment
    return float(run.numbers("holders", column)[mine].sum() / run.identity.replicates)


def council(run: StoredRun) -> float:
    """Members of the council on the last day, mean over replicates."""
    last = (run.texts("statuses", "status") == "議員") & (run.numbers("statuses", "day") == run.identity.days - 1)
    return float(run.numbers("statuses", "holders")[last].sum() / run.identity.replicates)


@pytest.fixture(scope="module")
def small_runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, StoredRun]:
    """Each policy over 460 days with some 300 agents."""
    out = tmp_path_factory.mktemp("results")
    return {
        policy: pipeline.run(coarse(file, 80), replicates=2, days=460, jobs=1, out=out) for policy, file in CASE.items()
    }


def test_standing_is_never_spent_and_fades_only_where_it_should(small_runs: dict[str, StoredRun]) -> None:
    for policy in WITH_STANDING:
        standing = book_of(small_runs[policy], "車友值")
        assert standing.redeemed.mean == 0
        assert ((standing.expired.mean or 0) > 0) == (policy == "fading"), policy
    assert votes(small_runs["fading"]) < votes(small_runs["standing"])
    assert council(small_runs["fading"]) < council(small_runs["standing"])


def test_votes_of_segments_are_all_votes_and_the_first_twentieth_has_more_than_its_share(
    small_runs: dict[str, StoredRun],
) -> None:
    run = small_runs["standing"]
    segments = pipeline.load(CASE["standing"]).scenario.market.segments
    assert sum(votes(run, segment=name) for name in segments) == votes(run) == book_of(run, "車友值").outstanding.mean
    assert votes(run, "top_held") > 2 * votes(run, "top_holders") / votes(run, "holders") * votes(run)


def test_the_shop_sells_for_points_and_money_and_there_are_500_models(small_runs: dict[str, StoredRun]) -> None:
    for policy in PROGRAMMES:
        run = small_runs[policy]
        book, ledger = book_of(run, "積分"), run.frame("ledger")
        assert book.paid.mean == pytest.approx(float(ledger[ledger.account == "shop"].amount.sum()) / 2)
        assert 0 < (dict(book.by_reward)["限量車模"].mean or 0) <= 500
        assert ((book.transferred.mean or 0) > 0) == (policy == "transfers")


def effect_row(run: StoredRun, none: StoredRun) -> list[str]:
    return [shown(gain(run, none, column)) for column in ("dau", "users", "outlay", "profit")]


def loss_per_owner(run: StoredRun, none: StoredRun) -> str:
    """What one further owner costs in profit; nothing where there is a profit."""
    loss = -gain(run, none, "profit").mean()
    return f"{loss / gain(run, none, 'users').mean():,.0f}" if loss > 0 else "–"


def points_row(run: StoredRun) -> list[str]:
    """Points issued, spent, lost, held and given away, in thousands; breakage; liability and sales of the shop."""
    book = book_of(run, "積分")
    units = (book.issued, book.redeemed, book.expired, book.outstanding, book.transferred)
    thousands = [f"{(each.mean or 0) / 1e3:,.0f}" for each in units]
    return [*thousands, f"{book.breakage.mean:.0%}", f"{book.liability.mean:,.0f}", f"{book.paid.mean:,.0f}"]


def votes_row(run: StoredRun) -> list[str]:
    """Holders, the council, and shares of the votes: of the top 5%, the devoted, those who just drive, the away."""
    shares = [votes(run, "top_held"), *(votes(run, segment=name) for name in ("熱心車主", "只開車"))]
    shares = [each / votes(run) for each in [*shares, votes(run, "away_held")]]
    return [f"{votes(run, 'holders'):,.0f}", f"{council(run):,.0f}", *(f"{share:.0%}" for share in shares)]


def expected_rows(runs: dict[str, StoredRun]) -> Rows:
    """The rows of the page's tables of policies, by their first cells."""
    none = runs[BASELINE]
    sums = [by_day(none, "dau").mean(axis=1), by_day(none, "users")[:, -1]]
    sums += [by_day(none, column).sum(axis=1) for column in ("outlay", "profit")]
    rows = {f"{BASELINE}, its level": [*(level(values) for values in sums), "–"]}
    for policy in PROGRAMMES:
        rows[policy] = [*effect_row(runs[policy], none), loss_per_owner(runs[policy], none)]
        rows[f"{policy}, its points"] = points_row(runs[policy])
    for policy in PROGRAMMES[:1] + PROGRAMMES[2:]:
        rows[f"{policy} beyond standing"] = effect_row(runs[policy], runs["standing"])
    for policy in ("standing", "fading"):
        rows[f"{policy}, its votes"] = votes_row(runs[policy])
    return rows


def expected_doubts(out: Path) -> Rows:
    """The rows of the page's tables of doubts and of prices, 12 replicates each."""
    rows, none = {}, run_with(CASE[BASELINE], {}, out)
    for name, changes in CHANGED.items():
        without = run_with(CASE[BASELINE], changes, out)
        rows[name] = [shown(gain(run_with(CASE[policy], changes, out), without, "profit")) for policy in DOUBTED]
    for factor in FACTORS:
        run = run_with(CASE["standing"], prices(factor), out)
        rows[f"prices × {factor:g}"] = [*effect_row(run, none), loss_per_owner(run, none)]
    return rows


def expected(out: Path) -> Rows:
    """All rows that the page should have."""
    return expected_rows(runs_of(CASE, out)) | expected_doubts(out)


@pytest.mark.verify
def test_the_page_says_what_the_policies_do(tmp_path: Path) -> None:
    assert told_otherwise(PAGE, expected(tmp_path)) == {}


def test_double_prices_are_those_of_the_policy() -> None:
    def rewards(policy: str, changes: dict[str, str]) -> dict[str, tuple[float, float]]:
        found = pipeline.load(CASE[policy], changes).scenario.policy.points["積分"].rewards
        return {name: (one.price.value, one.price_in_money.value) for name, one in found.items()}

    assert rewards("standing", prices(2)) == rewards("double-price", {})
    assert rewards("standing", prices(1)) == rewards("standing", {})
