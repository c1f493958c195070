"""Expressions: a small closed language over documented attributes, parsed once and evaluated over columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, Literal

from sim.scenario.evaluation import Coded, Statistics, evaluate_tree, ranking_calls, statistics_of
from sim.scenario.grammar import Call, Node, parse_tree
from sim.scenario.kinds import kind_of_tree, said
from sim.scenario.tokens import ExpressionError
from sim.scenario.vocabulary import Attributes, bound, columns_of, unknown_names

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Attributes", "Coded", "Expression", "ExpressionError", "parse_expression", "parse_number"]

UNKNOWN_AT_MOST = 20
"""Names of one expression that are told."""


@dataclass(frozen=True)
class Expression:
    """A checked expression; `names` are the columns that it reads, such as `orders` or `audience:big spenders`."""

    text: str
    names: frozenset[str]
    tree: Node
    kind: Literal["flag", "number"] = "flag"

    @property
    def ranks(self) -> bool:
        """Whether it compares people with the whole base: its statistics are then those of everybody."""
        return next(ranking_calls(self.tree), None) is not None

    def statistics(self, base: Mapping[str, Any], people_per_row: int = 1) -> Statistics:
        """What it compares each user with, from the columns of the whole base: quantiles, and what ranks count in.

        Args:
            people_per_row: persons that each row stands for: ranks count persons.
        """
        import numpy as np

        with np.errstate(all="ignore"):
            return statistics_of(self.tree, base, _n_rows(base), people_per_row) if self.ranks else {}

    def evaluate(
        self, columns: Mapping[str, NDArray[Any] | Coded], statistics: Mapping[Call, Any] | None = None
    ) -> NDArray[Any]:
        """The rows that a condition selects, bool (n,); a number's values, float64 (n,).

        Args:
            columns: at least one column, and all of `names`; numbers and flags as arrays (n,), texts as `Coded`.
            statistics: of the whole base, where `columns` are not those of everybody.
        """
        import numpy as np

        if statistics is None:
            statistics = self.statistics(columns)
        with np.errstate(all="ignore"):
            value = evaluate_tree(self.tree, columns, statistics)
        found = np.array(value, dtype=np.bool_ if self.kind == "flag" else np.float64)
        return found if found.ndim else np.full(_n_rows(columns), found)


def _n_rows(columns: Mapping[str, Any]) -> int:
    some = next(iter(columns.values()))
    return len(some.codes if isinstance(some, Coded) else some)


def parse_expression(text: str, attributes: Attributes) -> Expression:
    """The condition that the text holds; it is true or false for each person.

    Args:
        text: at most 1,000 characters.
        attributes: column → "number", "flag" or "text", or the list of the texts that may occur; see `vocabulary`.
    Raises:
        ExpressionError: at the column of the first mistake, or of each name that is not known.
    """
    return _parsed(text, attributes, "flag", "condition", "compare it, such as: … >= 1")


def parse_number(text: str, attributes: Attributes) -> Expression:
    """The number that the text holds, as `parse_expression` a condition."""
    return _parsed(text, attributes, "number", "number", None)


def _parsed(
    text: str, attributes: Attributes, wanted: Literal["flag", "number"], called: str, hint: str | None
) -> Expression:
    tree = parse_tree(text)
    unknown = list(islice(unknown_names(tree, attributes), UNKNOWN_AT_MOST))
    if unknown:
        raise ExpressionError.of_several(unknown)
    tree = bound(tree, attributes)
    kind = kind_of_tree(tree, attributes)
    if kind != wanted:
        raise ExpressionError(f"this is a {said(kind)}, not a {called}", tree.start, tree.end - tree.start, hint=hint)
    return Expression(text, frozenset(columns_of(tree)), tree, wanted)
