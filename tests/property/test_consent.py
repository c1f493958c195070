"""Over random scenarios: nobody is messaged against the own will, or more often than the team allows itself."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest import mock

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.engine.draws import draw, person_address
from sim.systems.day import open_world, run_world
from sim.systems.messages import consent
from sim.systems.messages.opening import timing_of
from sim.systems.plan import Plan, compile_plan
from sim.systems.rules import day as rules_day
from sim.systems.rules.plan import RulePlan
from sim.systems.world import OPT_OUTS, World
from tests.property.scenarios import QUICKLY, documents, load_or_pass_over
from tests.property.test_invariants import INVARIANTS, Run
from tests.verify.worlds import document

U32 = npt.NDArray[np.uint32]
Document = dict[str, Any]
GIVEN_UP_ON_DAY = 6


@dataclass
class Witness:
    """What is sent to whom, by books of its own."""

    left: set[tuple[str, int]] = field(default_factory=set)
    given_up: set[int] = field(default_factory=set)
    days: dict[int, list[int]] = field(default_factory=dict)
    hours: set[int] = field(default_factory=set)
    n_left: int = 0

    def see(self, world: World, day: int, rule: RulePlan, rows: U32) -> None:
        """A message of the rule to these users, before it is sent."""
        plan, medium = world.plan, rule.medium
        assert np.unique(rows).size == rows.size
        for row in map(int, rows):
            assert (medium.name, row) not in self.left
            assert row not in self.given_up
            segment = int(world.people.cell[row]) % plan.n_segments
            person = person_address(int(plan.market.addresses[segment]), int(world.people.person[row]))
            assert draw(world.key, person, 0, medium.opt_in_purpose) < medium.opt_in or medium.opt_in == 1
            self.days.setdefault(row, []).append(day)
        timing = timing_of(world, rule, rows)
        self.hours.update([] if timing is None else timing.hours.tolist())

    def note_who_left(self, medium: str, rows: U32) -> None:
        self.left.update((medium, int(row)) for row in rows)
        self.n_left += rows.size

    def most_within(self, days: int) -> int:
        """Messages to one user in any window of so many days."""
        return max((sum(first <= day < first + days for day in own) for own in self.days.values() for first in own),
                   default=0)  # fmt: skip


@contextmanager
def watched(witness: Witness) -> Iterator[None]:
    send, opt_out = rules_day.send, consent.opt_out

    def seen_send(world: World, day: int, rule: RulePlan, rows: U32) -> U32:
        witness.see(world, day, rule, rows)
        return send(world, day, rule, rows)

    def seen_opt_out(world: World, rows: U32, medium: Any) -> None:
        witness.note_who_left(medium.name, rows)
        opt_out(world, rows, medium)

    with (
        mock.patch.object(rules_day, "send", seen_send),
        mock.patch("sim.systems.messages.day.opt_out", seen_opt_out),
    ):
        yield


def witnessed(plan: Plan) -> tuple[World, Witness]:
    """A run in which the team gives up every third user on a day, with what was sent."""
    witness = Witness()

    def give_up(world: World, day: int) -> None:
        if day == GIVEN_UP_ON_DAY:
            rows = np.arange(0, world.people.n, 3, dtype=np.uint32)
            consent.stop_messages(world, rows)
            witness.given_up.update(map(int, rows))

    with watched(witness):
        world = run_world(open_world(plan, 1, 0), watch=give_up)
    return world, witness


@st.composite
def tiring(draw_of: st.DrawFn) -> Document:
    """A scenario whose users opt out readily, with hours, quiet hours and a cap."""
    found: Document = copy.deepcopy(draw_of(documents()))
    found["response"]["fatigue"] = {
        "half_life": "3 days",
        "open": draw_of(st.sampled_from([0.5, 1.0])),
        "lapse": draw_of(st.sampled_from([1.0, 1.4])),
        "opt_out": draw_of(st.sampled_from([0.0, 0.2, 1.0])),
        "opt_out_times": draw_of(st.sampled_from([0.5, 1.0, 3.0])),
    }
    found["hours"] = {0: 0.25, 7: 0.25, 12: 0.25, 22: 0.25}
    found["media"]["push"]["tires"] = draw_of(st.sampled_from([0.0, 1.0, 5.0]))
    found["policy"]["contact"] = {"messages": 3, "per": "4 days", "quiet_hours": "21:00-08:00"}
    found["topics"] = {"lunch": {"fits": "active_days > 1", "open": 3, "others_open": 0.5, "order": 0.7}}
    for rule in found["policy"]["rules"].values():
        rule["do"] |= {"hour": draw_of(st.sampled_from([8, 15, 20, "by habit"])), "topic": "lunch"}
    return found


@QUICKLY
@given(tiring())
def test_nobody_is_messaged_who_opted_out_or_was_given_up(scenario: Document) -> None:
    world, witness = witnessed(compile_plan(load_or_pass_over(scenario).scenario))
    assert witness.most_within(4) <= 3
    assert witness.hours <= set(range(8, 21))
    assert world.tallies.rules[:, :, OPT_OUTS].sum() == world.tallies.opt_outs.sum() == len(witness.left)
    assert witness.n_left == len(witness.left), "nobody opts out of a medium twice"
    for invariant in INVARIANTS:
        invariant(Run(world))


def everybody_every_day() -> Plan:
    """Two media, two rules that write every day, users who leave readily."""
    rules = {
        name: {"when": {"every": "1 day"}, "do": {"message": name, "hour": "by habit"}} for name in ("push", "sms")
    }
    scenario = document(
        market={"size": 400},
        channels={"past": {"kind": "history", "signups": {"2026-01-01": 300}}},
        hours={3: 0.5, 12: 0.5},
        media={name: {"opt_in": 0.9, "open": 0.5} for name in ("push", "sms")},
        response={"fatigue": {"half_life": "3 days", "opt_out": 0.05, "opt_out_times": 1.5}},
        policy={"rules": rules, "contact": {"messages": 3, "per": "4 days", "quiet_hours": "21:00-08:00"}},
        horizon="30 days",
    )
    return compile_plan(load_or_pass_over(scenario).scenario)


def test_the_witness_sees_messages_opt_outs_and_quiet_hours() -> None:
    _, witness = witnessed(everybody_every_day())
    assert len(witness.left) > 100
    assert witness.most_within(4) == 3
    assert witness.hours == {8, 12}


def no_one(world: World, rows: U32, *_: Any) -> npt.NDArray[np.bool_]:
    return np.zeros(rows.size, np.bool_)


@pytest.mark.parametrize("gate", ["has_opted_out", "is_given_up"])
def test_a_gate_that_lets_everybody_pass_is_seen(gate: str) -> None:
    with mock.patch.object(rules_day, gate, no_one), pytest.raises(AssertionError):
        witnessed(everybody_every_day())


def test_a_message_without_consent_is_seen() -> None:
    def everybody(world: World, rows: U32, medium: Any) -> npt.NDArray[np.bool_]:
        return np.ones(rows.size, np.bool_)

    with mock.patch.object(rules_day, "had_opted_in", everybody), pytest.raises(AssertionError):
        witnessed(everybody_every_day())


def test_a_cap_that_does_not_hold_is_seen() -> None:
    def always(state: Any, cap: Any, rows: U32, day: int) -> npt.NDArray[np.bool_]:
        return np.ones(rows.size, np.bool_)

    with mock.patch("sim.systems.rules.limits._is_below_cap", always):
        _, witness = witnessed(everybody_every_day())
    assert witness.most_within(4) > 3
