"""What of referral is legal and hardly meant: a channel without a programme, rewards that move nobody."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sim.scenario.findings import Finding, warning
from sim.systems.channels.schema import Referral
from sim.systems.referral.schema import HOME

if TYPE_CHECKING:
    from sim.systems.scenario import Scenario


def doubts_of_referral(scenario: Scenario) -> Iterator[Finding]:
    """Warnings that need more than the section itself."""
    if "policy" not in scenario.model_fields_set:
        return
    referrals = scenario.policy.referrals
    for name, channel in scenario.channels.items():
        if isinstance(channel, Referral) and name not in referrals:
            yield warning(
                ("channels", name),
                f"referral channel `{name}` has no programme: it brings nobody",
                hint=f"write: policy: {{referrals: {{{name}: {{}}}}}} for one without rewards, or with "
                f"{{referrer: {{money: 10 {scenario.currency}}}}}",
                at_key=True,
            )
    deeds = [rule.do for rule in scenario.policy.rules.values()]
    gives_by_rule = any(deed.coupon is not None or deed.privilege is not None for deed in deeds)
    for name, programme in referrals.items():
        for side, reward in (("referrer", programme.referrer), ("referred", programme.referred)):
            path = (*HOME, name, side)
            if reward.points and reward.value.largest == 0:
                message = "gives units and does not say what they are worth: they move nobody"
                yield warning((*path, "points"), message, hint=f"write beside it: worth: 10 {scenario.currency}")
            elif reward.value.largest > 0 and reward.is_nothing and not gives_by_rule:
                message = "is promised, and nothing is given: neither `money` nor `points`, nor a coupon by any rule"
                yield warning((*path, "worth"), message)
