"""Charts of audiences: names beside the panel, none over another; colours told apart; layers that nobody was in."""

from __future__ import annotations

import datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.analysis.audiences import Flows, Sizes
from sim.report.canvas import house_style
from sim.report.chart_audiences import OTHERS, audiences_chart, by_partition, flows_chart, shades
from sim.report.chart_line_ends import spread

LEAST_GAP = 0.065


def sizes_of(name: str, labels: tuple[str, ...], users: list[float]) -> Sizes:
    counts = np.repeat(np.array(users)[:, None, None], 2, axis=2)
    dates = (datetime.date(2026, 1, 1), datetime.date(2026, 1, 8))
    return Sizes(name, labels, dates, counts, counts * 0)


@given(st.lists(st.floats(0, 1), max_size=14))
def test_names_lie_beside_the_panel_and_apart(heights: list[float]) -> None:
    places = np.sort(spread(heights, LEAST_GAP))
    assert (places > -1e-9).all()
    assert (places < 1 + 1e-9).all()
    assert (np.diff(places) > LEAST_GAP - 1e-9).all()


def test_names_that_are_apart_stay_where_they_are() -> None:
    assert spread([0.7, 0.1, 0.4], LEAST_GAP) == pytest.approx([0.7, 0.1, 0.4])


def test_shades_are_told_apart_up_to_twelve_and_the_rest_is_grey() -> None:
    labels = [f"layer {index}" for index in range(12)]
    assert len(set(shades([*labels, "other"], "other"))) == 13
    assert shades([*labels, "other"], "other")[-1] == OTHERS
    assert shades(labels, "other") == shades([*labels, "other"], "other")[:-1]


def test_the_runs_of_one_partition_stand_side_by_side() -> None:
    shown = [(run, sizes_of(name, ("x",), [1.0])) for run in ("a", "b") for name in ("rfm", "distance")]
    assert [(one.name, run) for run, one in by_partition(shown)] == [
        ("rfm", "a"), ("rfm", "b"), ("distance", "a"), ("distance", "b")
    ]  # fmt: skip


def test_layers_that_nobody_was_in_are_not_named() -> None:
    with house_style(["new"]):
        chart = audiences_chart("title", "foot", [("", sizes_of("age", ("new", "old", "other"), [3.0, 4.0, 0.0]))])
        texts = {text.get_text() for axes in chart.figure.axes for text in axes.texts}
        assert texts == {"new", "old"}
        shares = np.array([[0.5, 0.5, 0.0], [0.0, 1.0, 0.0], [np.nan] * 3, [1.0, 0.0, 0.0]])
        flows = Flows("age", ("new", "old", "other", "(sign-up)"), ("new", "old", "other"), shares)
        (axes,) = flows_chart("title", "foot", [("", flows)]).figure.axes
        assert [tick.get_text() for tick in axes.get_yticklabels()] == ["new", "old", "(sign-up)"]
        assert [tick.get_text() for tick in axes.get_xticklabels()] == ["new", "old"]
