"""Where `solve` looks: a number of 0 that says no unit, written in the words of `between`."""

from __future__ import annotations

import pytest

from sim import pipeline
from sim.flows.solving import solve
from tests.verify.worlds import document, load_text, text_of


def shop(signups: object) -> pipeline.LoadedScenario:
    return load_text(
        text_of(document(horizon="20 days", channels={"organic": {"kind": "organic", "signups": signups}}))
    )


@pytest.mark.parametrize("written", ["0 / month", 0, "0 / week"])
def test_a_zero_is_moved_in_the_words_of_between(written: object) -> None:
    asked = {"between": ("0 / month", "900 / month"), "replicates": 4, "jobs": 1}
    found = solve(shop(written), "channels.organic.signups", "users=300", **asked)
    assert found.value == pytest.approx(15, rel=0.15)
    assert found.text is not None
    assert found.text.endswith(" / month")
    assert float(found.text.removesuffix(" / month")) == pytest.approx(found.value * 365 / 12, rel=0.02)
    assert found.tried[-1].answer.mean == pytest.approx(20 * 900 * 12 / 365, rel=0.15)
