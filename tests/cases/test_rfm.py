"""The RFM case: cells are those of an independent count over the stored orders, and its page says what the runs say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pytest

from sim import pipeline
from sim.analysis import rule_effects
from sim.store import StoredRun
from tests.cases.files import DOCS, files_of
from tests.cases.pages import Rows, by_day, coarse, rows_of, runs_of, shown, told_otherwise

CASE = files_of("rfm/policies")
PAGE = DOCS / "cases" / "rfm.md"
CELLS = {
    (True, True, True): "重要價值",
    (True, False, True): "重要發展",
    (False, True, True): "重要保持",
    (False, False, True): "重要挽留",
    (True, True, False): "一般價值",
    (True, False, False): "一般發展",
    (False, True, False): "一般保持",
    (False, False, False): "一般挽留",
}

PER_AGENT = 140
BEFORE_RULES, HALF_TIME, LAST_DAY = 182, 364, 548
"""Measured days: 30 December 2025, 30 June 2026 and 31 December 2026."""
MOVES = (
    ("重要價值", "重要保持"), ("重要保持", "重要價值"), ("重要發展", "重要價值"), ("重要發展", "重要挽留"),
    ("重要挽留", "重要價值"), ("一般發展", "重要價值"), ("一般發展", "一般挽留"), ("一般挽留", "重要價值"),
    ("一般挽留", "未購"),
)  # fmt: skip
"""The moves between cells that the page's table tells."""


def counted(names: Iterable[tuple[str, ...]]) -> Counter[tuple[str, ...]]:
    """Persons by these names."""
    return Counter({key: n * PER_AGENT for key, n in Counter(names).items()})


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> StoredRun:
    """The eight treatments with some 600 agents, one replicate, its users and orders stored."""
    loaded = coarse(CASE["eight-treatments"], PER_AGENT)
    return pipeline.run(loaded, replicates=1, jobs=1, users=True, out=tmp_path_factory.mktemp("results"))


@dataclass(frozen=True)
class Method:
    """How the cells are counted from the orders; the twins change one thing each."""

    window_days: int = 365
    recent_days: int = 45
    frequent_orders: int = 2
    is_among_buyers: bool = True


def cells_from_orders(run: StoredRun, day: int, method: Method) -> list[str]:
    """The RFM cell of each user on the evening of `day`, from the stored orders alone; "" before sign-up."""
    users, orders = run.frame("users").set_index("person"), run.frame("orders")
    so_far = orders[orders.day <= day]
    window = so_far[so_far.day > day - method.window_days].groupby("person")
    users["n"] = window.orders.sum()
    users["paid"] = window.spend.sum().round(2)
    users = users.fillna({"n": 0, "paid": 0})
    since = (day - so_far.groupby("person").day.max()).reindex(users.index).fillna(day - users.signup_day)
    is_user = users.signup_day <= day
    among = users.paid[is_user & (users.n > 0)] if method.is_among_buyers else users.paid[is_user]
    much = among.quantile(0.6)
    cells = []
    for n, paid, days, is_in in zip(users.n, users.paid, since, is_user, strict=True):
        key = (days <= method.recent_days, n >= method.frequent_orders, paid >= much)
        cells.append(("未購" if n == 0 else CELLS[key]) if is_in else "")
    return cells


def stored(run: StoredRun, table: str, day: int, columns: list[str]) -> Counter[tuple[str, ...]]:
    """Users of a day by the names in `columns`, as the run stored them, of the partition `rfm`."""
    rows = run.frame(table).query(
        f"day == {day} and {'set' if table == 'audiences' else 'layers'} == 'rfm' and users > 0"
    )
    sums = rows.groupby(columns, observed=True).users.sum()
    return Counter({key if isinstance(key, tuple) else (key,): int(n) for key, n in sums.items()})


def test_stored_orders_add_up_to_their_users(run: StoredRun) -> None:
    orders = run.frame("orders").groupby("person")[["orders", "spend"]].sum()
    users = run.frame("users").set_index("person")
    buyers = users[users.orders > 0].sort_index()
    assert orders.orders.tolist() == buyers.orders.tolist()
    assert orders.spend.tolist() == pytest.approx(buyers.spend.tolist())
    assert run.frame("orders").groupby("person").day.max().tolist() == buyers.last_order.tolist()


def test_cells_are_those_of_the_stored_orders(run: StoredRun) -> None:
    last, before = LAST_DAY, LAST_DAY // 7 * 7
    cells, cells_before = (cells_from_orders(run, day, Method()) for day in (last, before))
    assert len(set(cells)) == 9
    assert counted(zip(cells)) == stored(run, "audiences", last, ["audience"])
    moves = zip((cell or "(sign-up)" for cell in cells_before), cells, strict=True)
    assert counted(moves) == stored(run, "flows", last, ["from", "to"])


@pytest.mark.parametrize(
    "twin",
    [
        Method(window_days=LAST_DAY + 1),
        Method(window_days=364),
        Method(recent_days=44),
        Method(frequent_orders=3),
        Method(is_among_buyers=False),
    ],
    ids=str,
)
def test_another_method_finds_other_cells(run: StoredRun, twin: Method) -> None:
    assert counted(zip(cells_from_orders(run, LAST_DAY, twin))) != stored(run, "audiences", LAST_DAY, ["audience"])


def test_each_cell_has_one_rule_and_each_rule_a_holdout() -> None:
    rules = pipeline.load(CASE["eight-treatments"]).scenario.policy.rules
    assert sorted(name.split()[0] for name in rules) == sorted(CELLS.values())
    for name, rule in rules.items():
        assert rule.who is not None
        assert rule.who.text == f'rfm == "{name.split()[0]}"'
        assert rule.limits.holdout.value == 0.1


def sizes(run: StoredRun, partition: str, day: int) -> dict[str, str]:
    """Users of each layer on a day, mean over replicates."""
    rows = run.frame("audiences")
    rows = rows[(rows["set"] == partition) & (rows.day == day)]
    users = rows.groupby("audience", observed=True).users.sum() / run.identity.replicates
    return {name: f"{users[name]:,.0f}" for name in users.index}


def lapsed(run: StoredRun, partition: str) -> dict[str, str]:
    """The share of each layer's users who have lost the habit, on the last day: latent."""
    rows = run.frame("audiences")
    rows = rows[(rows["set"] == partition) & (rows.day == LAST_DAY)]
    sums = rows.groupby("audience", observed=True)[["latent_lapsed", "users"]].sum()
    return {name: f"{row.latent_lapsed / row.users:.0%}" if row.users else "–" for name, row in sums.iterrows()}


def moves(run: StoredRun) -> dict[tuple[str, str], float]:
    """Moves from cell to cell between weekly measurements since the rules began, mean over replicates."""
    rows = run.frame("flows")
    rows = rows[(rows.layers == "rfm") & (rows.day > BEFORE_RULES)]
    users = rows.groupby(["from", "to"], observed=True).users.sum() / run.identity.replicates
    return {move: users[move] for move in MOVES}


def differences(run: StoredRun, baseline: StoredRun) -> list[str]:
    """Outlay, messages, opt-outs, orders and profit beyond the baseline's."""
    columns = ("outlay", "messages", "opt_outs", "orders", "profit")
    return [shown((by_day(run, name) - by_day(baseline, name)).sum(axis=1)) for name in columns]


def expected_rows(runs: dict[str, StoredRun]) -> Rows:
    """The rows of the page's tables, by their first cells."""
    nothing, one, eight = (runs[policy] for policy in CASE)
    rows = {
        "one-for-all": differences(one, nothing),
        "eight-treatments": differences(eight, nothing),
        "eight-treatments, less one-for-all": differences(eight, one),
    }
    for run in (one, eight):
        for rule in rule_effects(run):
            counts = (rule.sent, rule.opened, rule.returned, rule.incremental, rule.coupons_used, rule.cost)
            rows[rule.rule] = [f"{number.mean:,.0f}" for number in (*counts, rule.cost_per_incremental)]
    for partition in ("rfm", "distance"):
        columns = [sizes(nothing, partition, day) for day in (BEFORE_RULES, HALF_TIME, LAST_DAY)]
        columns += [*(sizes(run, partition, LAST_DAY) for run in (one, eight)), lapsed(nothing, partition)]
        rows |= {f"{partition}: {name}": [column[name] for column in columns] for name in columns[0]}
    for move in MOVES:
        rows[" → ".join(move)] = [f"{moves(run)[move]:,.0f}" for run in (nothing, one, eight)]
    return rows


@pytest.mark.verify
def test_the_page_says_what_the_policies_do(tmp_path: Path) -> None:
    runs = runs_of(CASE, tmp_path)
    assert told_otherwise(PAGE, expected_rows(runs)) == {}
    page = rows_of(PAGE)
    for rule in rule_effects(runs["eight-treatments"]):
        loaded = pipeline.load(CASE["eight-treatments"], changes={f"policy.rules.{rule.rule}": "null"})
        without = pipeline.run(loaded, out=tmp_path)
        outlay, _, _, orders, profit = differences(runs["eight-treatments"], without)
        assert page[f"{rule.rule}, left out"] == [outlay, orders, profit], rule.rule
