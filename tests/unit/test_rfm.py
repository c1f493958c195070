"""The RFM case: cells are those of an independent count over the stored orders, and its page says what the runs say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from sim import pipeline
from sim.store import StoredRun
from sim.units import Quantity

ROOT = Path(__file__).resolve().parents[2]
CASE = ROOT / "scenarios" / "rfm"
PAGE = ROOT / "docs" / "cases" / "rfm.md"
POLICIES = ("nothing", "one-for-all", "eight-treatments")
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
LAST_DAY = 548


def counted(names: Iterable[tuple[str, ...]]) -> Counter[tuple[str, ...]]:
    """Persons by these names."""
    return Counter({key: n * PER_AGENT for key, n in Counter(names).items()})


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> StoredRun:
    """The eight treatments with some 600 agents, one replicate, its users and orders stored."""
    loaded = pipeline.load(CASE / "policies" / "eight-treatments.yaml")
    market = loaded.scenario.market.model_copy(update={"people_per_agent": Quantity(float(PER_AGENT))})
    coarse = replace(loaded, scenario=loaded.scenario.model_copy(update={"market": market}))
    return pipeline.run(coarse, replicates=1, jobs=1, users=True, out=tmp_path_factory.mktemp("results"))


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
