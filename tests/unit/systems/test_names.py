"""Names are told even where another section is wrong, in the words of the checks of a valid scenario."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.pipeline import validate

BASE = Path(__file__).resolve().parents[2] / "corpus" / "scenarios" / "base.yaml"
UNKNOWN = {
    "segment of a channel": "channels: {search: {audience: {parnts: 1}}}",
    "step of a channel": "channels: {search: {onboarding: {profil: 60%}}}",
    "segment of retention": "retention: {by_segment: {parnts: {d1: 20%, d7: 10%}}}",
    "channel of retention": "retention: {by_channel: {serch: {d1: 20%, d7: 10%}}}",
    "budget": "policy: {budgets: {serch: 100 CNY / day}}",
    "segment of a campaign": "policy: {campaigns: {a: {from: 2026-02-01, for: 3 days, orders: 2, segments: [parnts]}}}",
    "medium": "policy: {rules: {a: {when: {every: 7 days}, do: {message: smss}}}}",
    "budget of a stage": "policy: {stages: {a: {budgets: {serch: 100 CNY / day}}}}",
    "topic": "topics: {tea: {}}\npolicy: {rules: {a: {when: {every: 7 days}, do: {message: sms, topic: tee}}}}",
    "segment of an attribute": "attributes: {age: {from: 1, to: 9, by_segment: {parnts: {from: 1, to: 2}}}}",
    "attribute": "policy: {rules: {a: {when: {every: 7 days}, do: {message: sms}, limits: {choose_by: spent}}}}",
    "attribute beside a window": "policy: {rules: {a: {when: {every: 7 days}, who: orders_9d > 0, do: {message: sms}, "
    "limits: {choose_by: spent}}}}",
    "attribute of a status": 'policy: {statuses: {core: {enters: "orders > 1", review: 7 days, choose_by: spent}}}',
    "rule": "policy: {rules: {a: {when: {after: b, days: 2}, do: {message: sms}}}}",
    "holiday": "seasons: {holidays: {new year: {from: 2026-02-01, for: 2 days}}}\n"
    "policy: {rules: {a: {when: {holiday: new yaer}, do: {message: sms}}}}",
    "stage": "policy: {stages: {start: {}}, rules: {a: {when: {every: 7 days, stage: strat}, do: {message: sms}}}}",
}
WRONG = "title: [3]\n"


def unknown_in(folder: Path, text: str) -> list[tuple[str, str, str | None, str | None]]:
    """(place, message, allowed, hint) of each unknown name of a scenario over the base."""
    (folder / "base.yaml").write_text(BASE.read_text(encoding="utf-8"), encoding="utf-8")
    file = folder / "scenario.yaml"
    file.write_text(f"extends: base.yaml\nmedia: {{sms: {{price: 0, open: 20%}}}}\n{text}\n", encoding="utf-8")
    found = validate([file])
    return [
        (str(p.place), p.message, p.allowed, p.hint)
        for p in found
        if p.message.startswith("unknown") and "field" not in p.message
    ]


@pytest.mark.parametrize("text", UNKNOWN.values(), ids=list(UNKNOWN))
def test_a_name_is_told_the_same_beside_another_mistake(text: str, tmp_path: Path) -> None:
    alone = unknown_in(tmp_path, text)
    beside = unknown_in(tmp_path, f"{text}\n{WRONG}")
    assert len(alone) == 1
    assert beside == alone


def test_what_is_defined_in_a_section_that_is_wrong_is_known(tmp_path: Path) -> None:
    text = "channels: {new: {kind: paid, price: 3 USD / click}}\npolicy: {budgets: {new: 100 CNY / day}}"
    assert unknown_in(tmp_path, text) == []


def test_names_are_not_looked_up_in_a_section_that_is_misspelt(tmp_path: Path) -> None:
    text = "mediums: {sms: {price: 0}}\npolicy: {rules: {a: {when: {every: 7 days}, do: {message: sms}}}}"
    file = tmp_path / "scenario.yaml"
    (tmp_path / "base.yaml").write_text(BASE.read_text(encoding="utf-8"), encoding="utf-8")
    file.write_text(f"extends: base.yaml\n{text[text.index('mediums') :]}\n", encoding="utf-8")
    assert [problem.message for problem in validate([file]) if problem.severity == "error"] == [
        "unknown field `mediums`"
    ]
