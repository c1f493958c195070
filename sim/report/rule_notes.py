"""What stands under the table of rules: deeds without a message, holdouts, what budgets kept out, orders, opt-outs."""

from __future__ import annotations

from sim.analysis import BudgetRule, RuleEffect
from sim.report.wording import count, money_text, signed

TWO_ANSWERS = (
    "the model counts users who had lapsed; a holdout counts all who came, also those who had only paused, and a small "
    "one cannot tell little from none: docs/rules.md, What only the model knows"
)


def rule_notes(one: RuleEffect, currency: str = "") -> list[str]:
    """One rule's notes; none where there is nothing beyond the table to tell."""
    if one.selected.n and not one.selected.mean:
        return [f"{one.rule}: selected nobody in {one.selected.n} replicate{'s' * (one.selected.n != 1)}"]
    notes = (
        action_note(one),
        return_note(one, currency),
        holdout_note(one, currency),
        budget_note(one),
        message_note(one),
    )
    return [f"{one.rule}: {told}" for told in notes if told]


def budget_rule_note(one: BudgetRule) -> str:
    """How often a rule that only changes budgets did so."""
    among = f"{one.n_replicates} replicate{'s' * (one.n_replicates != 1)}"
    if one.first_date is None:
        return f"{one.rule}: changed no budget in {among}"
    told = f"{one.rule}: changed budgets in {one.n_fired} of {among}, first on {one.first_date.isoformat()}"
    return told if one.n_fired == 1 else f"{told} (median of these)"


def action_note(one: RuleEffect) -> str:
    """How often a rule acted that sends nothing: the table counts messages."""
    if one.sent.mean or not one.acted.mean:
        return ""
    return f"acted {count(one.acted.mean)} times on users, without a message"


def return_note(one: RuleEffect, currency: str) -> str:
    """How many of those who returned would not have by themselves, which no team can see, and what each cost."""
    if not one.returned.mean or one.incremental.mean is None:
        return ""
    told = f"the model knows: of {count(one.returned.mean)} returned, {count(one.incremental.mean)} would not have "
    told += "within 30 days"
    if one.cost_per_incremental.mean is None:
        return told
    return f"{told}, {money_text(one.cost_per_incremental.mean)} {currency} each".rstrip()


def holdout_note(one: RuleEffect, currency: str) -> str:
    """What a team would see: returns per user in both arms, the difference with its interval, the cost of one more."""
    treated, control, found = one.returns_per_treated, one.returns_per_control, one.incremental_returns
    if found.mean is None:
        return ""
    told = f"a real holdout would show: {treated.mean:.3f} returns within 30 days per treated user, "
    told += f"{control.mean:.3f} per held-out user: "
    told += f"{signed(found.mean, 0)} incremental returns"
    if found.low is None or found.high is None:
        return f"{told}, no interval from one replicate"
    told += f" ({signed(found.low, 0)} to {signed(found.high, 0)})"
    if one.cost_per_incremental_return is None:
        return f"{told}; no cost per incremental return, since there may be none"
    return f"{told}, {money_text(one.cost_per_incremental_return)} {currency} each".rstrip()


def budget_note(one: RuleEffect) -> str:
    """Whom the budget kept out, and how much of what it committed was used."""
    if not one.over_budget.mean:
        return ""
    told = f"the budget kept out {count(one.over_budget.mean)}"
    if one.face_value_used.mean is None:
        return told
    return f"{told}; it commits a coupon's face value, of which {one.face_value_used.mean:.1%} was used"


def message_note(one: RuleEffect) -> str:
    """What its messages did beside bringing users back: orders on the same day, and opt-outs."""
    told = []
    if one.prompted_orders.mean and one.opened.mean:
        orders, share = one.prompted_orders.mean, one.prompted_orders.mean / one.opened.mean
        told.append(f"{count(orders)} orders on the day of an opened message, {share:.1%} of those opened")
    if one.opt_outs.mean and one.delivered.mean:
        share = one.opt_outs.mean / one.delivered.mean
        told.append(f"{count(one.opt_outs.mean)} opt-outs, {share:.2%} of those delivered")
    return "; ".join(told)


def has_both_answers(one: RuleEffect) -> bool:
    """True where the notes hold what the model knows and what a holdout would show, which differ."""
    return bool(one.returned.mean) and one.incremental.mean is not None and one.incremental_returns.mean is not None
