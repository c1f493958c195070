"""`policy.rules`: when, who, do, limits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import Field, model_validator

from sim.errors import printable
from sim.scenario.findings import Finding
from sim.scenario.values import (
    Count,
    Days,
    Expr,
    FixedMoney,
    FixedPositiveCount,
    FixedShare,
    Flag,
    MoneyRate,
    Name,
    OrPlainly,
    Section,
    count_from,
    problem,
)
from sim.systems.channels.schema import BudgetChange, Channel, check_budgets
from sim.systems.messages.hours import SendHour
from sim.systems.messages.schema import Cap
from sim.systems.points.schema import MOST_POSTPONED, Gift, Programme, check_gifts, check_postponed
from sim.systems.rules.choice import CHANCE, check_choice
from sim.systems.rules.when import When
from sim.units import Quantity, describe


class Coupon(Section):
    """Money or a share off one order, within some days, from some basket on."""

    off: Annotated[FixedMoney | None, Field(description="an amount off, for instance 30 CNY")] = None
    share_off: Annotated[FixedShare | None, Field(description="a share off, for instance 10%")] = None
    up_to: Annotated[FixedMoney | None, Field(description="the most that a share off may come to")] = None
    orders_over: Annotated[FixedMoney, Field(description="the smallest basket that it is valid for")] = Quantity(0.0)
    valid_for: Annotated[Days, Field(description="days after the message")]

    @model_validator(mode="before")
    @classmethod
    def _tell_shares_from_amounts(cls, data: Any) -> Any:
        """A share under `off` is told where to stand."""
        off = data.get("off") if isinstance(data, dict) else None
        if isinstance(off, str) and off.strip().endswith("%"):
            message = f"is {describe(off)}, a share; `off` is an amount of money"
            raise problem(message, at=("off",), hint=f"a share off is called `share_off: {printable(off)}`")
        return data

    @model_validator(mode="after")
    def _check(self) -> Coupon:
        if self.off is None and self.share_off is None:
            raise problem("does not say what it takes off: give `off` (an amount) or `share_off`")
        if self.off is not None and self.share_off is not None:
            raise problem("says what is taken off, and so does `off`; give one", at=("share_off",), also=("off",))
        if self.up_to is not None and self.share_off is None:
            raise problem("limits a share off; this coupon gives an amount", at=("up_to",), also=("off",))
        if self.off is not None and self.off.value > self.orders_over.value > 0:
            raise problem(
                f"is {describe(self.off.text)}, more than the smallest basket that it is valid for",
                at=("off",),
                also=("orders_over",),
            )
        return self


class Do(Section):
    """What a rule does: a message, at an hour or at any, about a topic or none, with a coupon or without; budgets."""

    message: Annotated[Name | None, Field(description="the medium by which a message is sent")] = None
    hour: Annotated[
        SendHour | None,
        Field(description="hour of sending: 0 to 23, or `by habit`, each user's own; hours play no part when absent"),
    ] = None
    topic: Annotated[Name | None, Field(description="what the message is about: one of `topics`")] = None
    coupon: Annotated[
        Coupon | None, Field(description="a coupon, in the message or, without one, straight to the account")
    ] = None
    budgets: Annotated[
        dict[Name, BudgetChange], Field(description="what becomes of channels' budgets from the next day on")
    ] = {}

    privilege: Annotated[Name | None, Field(description="what users are given for a while: one of `privileges`")] = None
    for_: Annotated[Days | None, Field(alias="for", description="how long a privilege is held")] = None
    points: Annotated[
        dict[Name, Annotated[Gift, OrPlainly("units")]],
        Field(description="units that users are given, by points programme"),
    ] = {}
    show_rewards: Annotated[
        Name | None, Field(description="the points programme whose rewards the message shows to who opens it")
    ] = None
    postpone_expiry: Annotated[
        dict[Name, Annotated[Quantity, count_from(1, MOST_POSTPONED)]],
        Field(description="what users would lose next expires so many months later, or years where it ends yearly"),
    ] = {}
    forfeit: Annotated[
        list[Name], Field(description="points programmes of which users lose all units: against who earns without use")
    ] = []
    block: Annotated[
        dict[Name, Days],
        Field(description="points programmes in which users can neither earn, redeem nor give, and for how long"),
    ] = {}
    stop_messaging: Annotated[
        Flag, Field(description="whether users are given up: no rule messages them any more, by any medium")
    ] = False

    @model_validator(mode="after")
    def _check(self) -> Do:
        for key in ("hour", "topic", "show_rewards"):
            if getattr(self, key) is not None and self.message is None:
                raise problem("needs a `message`, to which it belongs", at=(key,))
        if not self.is_about_users and not self.budgets:
            given = "`message`, `coupon`, `privilege`, `points`, `postpone_expiry`, `forfeit`, `block`, "
            given += "`stop_messaging` or `budgets`"
            raise problem(f"does nothing: give {given}")
        if self.privilege is not None and self.for_ is None:
            raise problem("needs `for`: how long the privilege is held", at=("privilege",))
        for name in sorted({*self.forfeit, *self.block} & {*self.points}):
            key = "forfeit" if name in self.forfeit else "block"
            raise problem(f"takes `{name}` away and gives it in the same rule", at=(key,), also=("points", name))
        if self.for_ is not None and self.privilege is None:
            raise problem("is how long a `privilege` is held, and the rule gives none", at=("for",))
        return self

    @property
    def is_about_users(self) -> bool:
        """Whether it does anything to users; budgets belong to nobody."""
        return bool(
            self.message
            or self.coupon
            or self.privilege
            or self.points
            or self.postpone_expiry
            or self.stop_messaging
            or self.takes_away
        )

    @property
    def takes_away(self) -> bool:
        """Whether users lose units by it, or cannot earn any."""
        return bool(self.forfeit or self.block)


class Limits(Section):
    """How far a rule may go; each limit holds exactly."""

    holdout: Annotated[
        FixedShare, Field(description="share of users whom the rule never touches, to measure what it does")
    ] = Quantity(0.0)
    per_user: Annotated[Cap | None, Field(description="how often this rule may act on one user")] = None
    attempts: Annotated[
        FixedPositiveCount | None,
        Field(description="how often this rule may act on one user in one absence; then it gives up"),
    ] = None
    capacity: Annotated[Count | None, Field(description="persons on whom this rule may act on one day")] = None
    budget: Annotated[
        MoneyRate | None,
        Field(description="messages and face value of coupons on one day, for instance 10_000 CNY / day"),
    ] = None
    total_budget: Annotated[FixedMoney | None, Field(description="the same over the horizon")] = None
    choose_by: Annotated[
        str,
        Field(
            description="who goes first when not all can be served: an attribute or measure, largest first, or `chance`"
        ),
    ] = CHANCE

    @model_validator(mode="after")
    def _check(self) -> Limits:
        if self.holdout.value >= 1:
            raise problem("is 100%: the rule would never touch anybody", at=("holdout",), allowed="a share below 100%")
        return self


class Rule(Section):
    """when + who + do + limits; rules act in the order of the file."""

    when: When
    who: Annotated[Expr | None, Field(description="audience: an expression over attributes; everybody when absent")] = (
        None
    )
    do: Do
    limits: Limits = Limits()

    @model_validator(mode="after")
    def _check(self) -> Rule:
        if not self.do.is_about_users:
            _check_without_users(self)
        coupon = self.do.coupon
        budgeted = self.limits.budget is not None or self.limits.total_budget is not None
        if coupon is not None and coupon.share_off is not None and coupon.up_to is None and budgeted:
            budget = "budget" if self.limits.budget is not None else "total_budget"
            raise problem(
                f"needs `up_to`: with a share off any basket nobody knows what a coupon may cost the {budget}",
                at=("do", "coupon", "share_off"),
                also=("limits", budget),
            )
        return self


def _check_without_users(rule: Rule) -> None:
    """Refuse what picks users where the rule does nothing to any."""
    if rule.when.is_about_users:
        message = "is a schedule for users, and the rule only changes budgets, which belong to nobody"
        allowed = "`every`, `on`, `holiday`, `metric`"
        raise problem(message, at=("when", rule.when.schedule), allowed=allowed, also=("do", "budgets"))
    for key in ("who", "limits"):
        if key in rule.model_fields_set:
            message = "is about users, and the rule only changes budgets, which belong to nobody"
            raise problem(message, at=(key,), also=("do", "budgets"))


def check_rules(
    rules: Mapping[str, Rule],
    attributes: Mapping[str, str],
    channels: Mapping[str, Channel],
    programmes: Mapping[str, Programme],
) -> Iterator[Finding]:
    """Budgets and choices of what there is, and yet no budget or order."""
    for name, rule in rules.items():
        path = ("policy", "rules", name)
        yield from check_budgets(channels, rule.do.budgets, (*path, "do", "budgets"))
        yield from check_gifts(programmes, rule.do.points, (*path, "do", "points"))
        yield from check_postponed(programmes, rule.do.postpone_expiry, (*path, "do", "postpone_expiry"))
        yield from check_choice((*path, "limits", "choose_by"), rule.limits.choose_by, attributes)
