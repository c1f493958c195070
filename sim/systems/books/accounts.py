"""The accounts of the ledger."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Account:
    """One account: income is booked above zero, cost and what is given away below.

    Args:
        is_contribution: whether it counts in what users leave, before channels and campaigns.
        is_outlay: whether it is money that the policy puts in, as cost or as a smaller price.
    """

    name: str
    group: Literal["revenue", "cost"]
    is_contribution: bool
    is_outlay: bool
    definition: str


ACCOUNTS = (
    Account("sales", "revenue", True, False, "baskets of orders that we sell ourselves, before discounts and coupons"),
    Account("discounts", "revenue", True, True, "what campaigns take off baskets"),
    Account("coupons", "revenue", True, True, "what coupons take off baskets"),
    Account("advertising", "revenue", True, False, "advertising income of active days"),
    Account("commission", "revenue", True, False, "fees on what is paid for orders"),
    Account("goods", "cost", True, False, "cost of the goods sold"),
    Account("messages", "cost", True, True, "price of messages"),
    Account("acquisition", "cost", False, True, "what channels cost"),
    Account("campaigns", "cost", False, True, "fixed cost of campaigns"),
    Account("privileges", "cost", True, True, "what privileges cost, while they are held and by order"),
    Account("content", "revenue", True, False, "what the content of a status's holders is worth"),
    Account("rewards", "cost", True, True, "what the rewards cost that users take for points"),
    Account("memberships", "revenue", True, False, "what members have paid, day by day as it is recognised"),
    Account("shop", "revenue", True, False, "what users pay in money for rewards, beside points or instead of them"),
    Account("service", "cost", False, True, "hours of those who work at service desks"),
    Account("journeys", "cost", False, True, "touchpoints, their visits, and what eases the steps of journeys"),
    Account("creation", "cost", False, True, "rewards for content, looking at it, and what the team makes of it"),
)
(
    SALES, DISCOUNTS, COUPONS, ADVERTISING, COMMISSION, GOODS, MESSAGES, ACQUISITION, CAMPAIGNS, PRIVILEGES, CONTENT,
    REWARDS, MEMBERSHIPS, SHOP, SERVICE, JOURNEYS, CREATION,
) = range(len(ACCOUNTS))  # fmt: skip
