"""The accounts of the ledger."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Account:
    """One account: income is booked above zero, cost and what is given away below."""

    name: str
    group: Literal["revenue", "cost"]
    is_contribution: bool
    definition: str


ACCOUNTS = (
    Account("sales", "revenue", True, "baskets of orders that we sell ourselves, before discounts and coupons"),
    Account("discounts", "revenue", True, "what campaigns take off baskets"),
    Account("coupons", "revenue", True, "what coupons take off baskets"),
    Account("advertising", "revenue", True, "advertising income of active days"),
    Account("commission", "revenue", True, "fees on what is paid for orders"),
    Account("goods", "cost", True, "cost of the goods sold"),
    Account("messages", "cost", True, "price of messages"),
    Account("acquisition", "cost", False, "what channels cost"),
    Account("campaigns", "cost", False, "fixed cost of campaigns"),
)
SALES, DISCOUNTS, COUPONS, ADVERTISING, COMMISSION, GOODS, MESSAGES, ACQUISITION, CAMPAIGNS = range(len(ACCOUNTS))
