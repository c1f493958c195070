"""An expression selects the same users whoever is asked about, and naming users changes nothing else."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.systems.audiences import columns
from sim.systems.audiences.columns import select
from sim.systems.books.tables import tables_of
from sim.systems.world import World
from tests.property.scenarios import QUICKLY
from tests.verify.worlds import finished, plan_for

POLICY: dict[str, Any] = {
    "measures": {"gap": "max(days_since_order - 10, 0)", "rate": "orders / active_days"},
    "audiences": {
        "buyers": "orders > 0",
        "best": "spend >= quantile(spend, 80%, buyers)",
        "first": "rank(rate, buyers) <= 50",
        "quiet and best": "best and gap > 0 and value != 'other'",
    },
    "layers": {"value": {"head": "rank(spend) <= 40", "waist": "buyers and gap <= quantile(gap, 0.5)"}},
    "early_warnings": {"leaving": {"who": "audience('quiet and best') or days_inactive > 9", "within": "10 days"}},
}
TEXTS = (
    "best", "first or gap > 5", "audience('quiet and best')", "value == 'waist'", "value in ['head', 'other']",
    "rank(gap + days_inactive, not best) < 100", "days_inactive >= quantile(days_inactive, 0.3)", "true",
)  # fmt: skip


def small(**policy: Any) -> World:
    return finished(
        plan_for(
            market={"size": 2000},
            channels={"organic": {"kind": "organic", "signups": "30 / day"}},
            orders={"per_active_day": "20%", "basket": {"mean": "100 CNY"}, "margin": "30%"},
            policy=policy,
        )
    )


@cache
def world() -> World:
    named = {f"t{i}": text for i, text in enumerate(TEXTS)}
    return small(**POLICY | {"audiences": POLICY["audiences"] | named})


@QUICKLY
@given(st.sampled_from(range(len(TEXTS))), st.lists(st.integers(0, 10**6), max_size=40), st.integers(1, 3000))
def test_who_is_selected_depends_on_nobody_asked_about(i: int, picks: list[int], block: int) -> None:
    expression, day = world().plan.audiences.expressions[f"audience:t{i}"], world().plan.n_days - 1
    everybody = select(world(), expression, day)
    rows = np.unique(np.array(picks, np.int64) % world().people.n).astype(np.uint32)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(columns, "BLOCK", block)
        assert (select(world(), expression, day, rows) == everybody[rows]).all()
        assert (select(world(), expression, day) == everybody).all()


def test_a_quantile_over_some_users_is_another_one() -> None:
    """The twin: statistics of those asked about would select others."""
    expression, day = world().plan.audiences.expressions["audience:best"], world().plan.n_days - 1
    others = np.flatnonzero(~select(world(), expression, day)).astype(np.uint32)
    assert not select(world(), expression, day, others).any()
    assert expression.evaluate(columns.AttributeColumns(world(), others, day)).any()


def test_naming_users_changes_no_other_byte() -> None:
    plain, named = tables_of(small()), tables_of(small(**POLICY))
    measured = {"audiences", "portraits", "flows", "warnings"}
    for name in plain.keys() - measured:
        for column, values in plain[name].items():
            before, after = (v[0] if isinstance(v, tuple) else v for v in (values, named[name][column]))
            assert (before == after).all(), (name, column)
    assert all(len(next(iter(named[name].values()))) for name in measured - {"portraits"})
