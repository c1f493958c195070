"""What a rule may ask about a user: observable attributes only, never what is latent.

Each attribute is one line here: its kind, what it means, and how it is read from the columns. `sim schema` and the docs
are made from this table.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Attribute:
    """An observable attribute of a user, as expressions name it."""

    name: str
    kind: Literal["number", "text"]
    definition: str


ATTRIBUTES = (
    Attribute("days_inactive", "number", "days since the user was last active; 0 today"),
    Attribute("days_since_signup", "number", "days since sign-up"),
    Attribute("active_days", "number", "days on which the user was active, the day of sign-up included"),
    Attribute("orders", "number", "orders so far"),
    Attribute("spend", "number", "money paid for orders so far, in the scenario's currency"),
    Attribute("days_since_order", "number", "days since the last order; days since sign-up when there is none"),
    Attribute("messages", "number", "messages received so far"),
    Attribute("has_coupon", "number", "1 while the user holds a valid coupon, else 0"),
    Attribute("segment", "text", "name of the user's segment"),
    Attribute("channel", "text", "name of the channel by which the user came"),
)
ATTRIBUTE_KINDS: dict[str, str] = {attribute.name: attribute.kind for attribute in ATTRIBUTES}
