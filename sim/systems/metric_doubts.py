"""Conditions over metrics that are legal and hardly meant: a share compared with a number above 1."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sim.scenario.findings import Finding, Path, warning
from sim.scenario.grammar import Attribute, Chain, Constant, Node, operands_of
from sim.systems.conditions import SHARES, Condition

if TYPE_CHECKING:
    from sim.systems.scenario import Scenario


def doubts_of_metrics(scenario: Scenario) -> Iterator[Finding]:
    """Those of rules and of stages."""
    policy = scenario.policy
    conditions: list[tuple[Path, Condition | None]] = []
    for name, rule in policy.rules.items():
        path: Path = ("policy", "rules", name, "when")
        conditions += [((*path, "metric"), rule.when.metric), ((*path, "if"), rule.when.if_)]
    for name, stage in policy.stages.items():
        if stage.enters is not None:
            conditions.append((("policy", "stages", name, "enters", "metric"), stage.enters.metric))
    for path, condition in conditions:
        if condition is not None:
            yield from _shares_above_1(path, condition.expression.tree, condition.expression.text)


def _shares_above_1(path: Path, node: Node, text: str) -> Iterator[Finding]:
    """Numbers above 1 that stand beside a share in a comparison."""
    if isinstance(node, Chain) and node.level == "comparison":
        for left, right in zip(node.operands, node.operands[1:], strict=False):
            share, number = (left, right) if isinstance(left, Attribute) else (right, left)
            if isinstance(share, Attribute) and share.name in SHARES and _is_above_1(number):
                yield _doubt(path, share.name, text, number)
    for operand in operands_of(node):
        yield from _shares_above_1(path, operand, text)


def _is_above_1(node: Node) -> bool:
    return isinstance(node, Constant) and isinstance(node.value, float) and node.value > 1


def _doubt(path: Path, share: str, text: str, number: Node) -> Finding:
    written = text[number.start : number.end].strip()
    is_percent = isinstance(number, Constant) and float(number.value) <= 100 and not written.endswith("%")
    return warning(
        path,
        f"`{share}` is a share, from 0 to 1, and is compared with {written}",
        hint=f"did you mean: {written}%?" if is_percent else None,
        offset=number.start,
        length=number.end - number.start,
    )
