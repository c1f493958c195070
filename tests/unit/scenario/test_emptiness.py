"""A condition that is said to select nobody selects nobody; the usual contradictions are found."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.scenario.emptiness import Domain, Meanings, region_of
from sim.scenario.evaluation import Coded
from sim.scenario.expressions import parse_expression

DOMAINS = {
    "days": Domain(0, math.inf, is_whole=True),
    "spend": Domain(0, math.inf),
    "gap": Domain(is_always=False),
    "city": Domain(texts=frozenset({"x", "y", "z"})),
}
KINDS = {"days": "number", "spend": "number", "gap": "number", "city": ("x", "y", "z"), "audience:old": "flag"}
MEANINGS = Meanings(DOMAINS.__getitem__, {"audience:old": parse_expression("days > 30", KINDS)})


def is_empty(text: str) -> bool:
    return region_of(parse_expression(text, KINDS).tree, MEANINGS) is None


@pytest.mark.parametrize(
    "text",
    [
        "days < 0", "days < 7 and days > 20", "7 > days > 20", "0 < days < 1", "days == 2.5", "days in [-1, -2]",
        "spend < 0 or days < 0", "not (days >= 7 or days < 20)", "city == 'x' and city == 'y'",
        "not city in ['x', 'y', 'z']",
        "city not in ['x', 'y'] and city != 'z'", "old and days < 30", "old and not old", "false",
        "days > 3 and not true",
        "spend > 5 and (days < 0 or spend < 5)", "10 < days and -3 >= days", "gap > 3 and gap < 2",
        "old and (days < 3 or days == 7)",
    ],
)  # fmt: skip
def test_contradictions_are_found(text: str) -> None:
    assert is_empty(text)


@pytest.mark.parametrize(
    "text",
    [
        "days < 7 or days > 20", "0 < spend < 1", "days <= 0", "not (gap > 3) and not (gap < 3) and not (gap == 3)",
        "gap < 0", "old and days == 31", "city != 'x'", "days != 0", "spend < days", "min(days, 3) > 5",
        "days not in [1]",
        "not days < 3 < spend",
    ],
)  # fmt: skip
def test_what_may_hold_raises_no_doubt(text: str) -> None:
    assert not is_empty(text)


COMPARED = st.tuples(
    st.sampled_from(["days", "spend", "gap"]),
    st.sampled_from(["<", "<=", "==", "!=", ">=", ">"]),
    st.sampled_from(["-1", "0", "0.5", "1", "2", "3"]),
).map(" ".join)
OTHERS = ["old", "city == 'x'", "city not in ['x', 'y']", "days in [1, 2]", "0 < days < 2"]
ATOMS = st.one_of(COMPARED, st.sampled_from(OTHERS))
CONDITIONS = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["and", "or"]), inner).map(lambda t: f"({t[0]} {t[1]} {t[2]})"),
        inner.map(lambda text: f"(not {text})"),
    ),
    max_leaves=6,
)
NUMBERS = [-2, -1, 0, 0.3, 0.5, 1, 1.5, 2, 2.5, 3, 9, np.nan]
GRID = np.meshgrid([0, 1, 2, 3, 31], NUMBERS[2:-1], NUMBERS, [0, 1, 2])
COLUMNS = {
    "days": GRID[0].ravel(),
    "spend": GRID[1].ravel(),
    "gap": GRID[2].ravel(),
    "city": Coded(GRID[3].ravel().astype(np.int8), ("x", "y", "z")),
    "audience:old": GRID[0].ravel() > 30,
}


@given(CONDITIONS)
def test_nobody_is_selected_by_what_is_said_to_be_empty(text: str) -> None:
    if is_empty(text):
        assert not parse_expression(text, KINDS).evaluate(COLUMNS).any()
