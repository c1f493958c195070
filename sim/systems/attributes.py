"""What a rule may ask about a user: observable attributes only, never what is latent.

Each attribute is one line here: its kind, what it means, and how it is read from the columns. `sim schema` and the docs
are made from this table.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sim.systems.windows.names import created_names, earned_names, window_names


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
    Attribute("messages", "number", "messages sent to the user so far, arrived or not"),
    Attribute("has_coupon", "number", "1 while the user holds a valid coupon, else 0"),
    Attribute("satisfaction", "number", "from -1, the worst, to 1, the best; 0 while nothing has moved it"),
    Attribute("brought", "number", "users whom the user has brought by referral so far"),
    Attribute("segment", "text", "name of the user's segment"),
    Attribute("channel", "text", "name of the channel by which the user came"),
)
OTHER = "other"
"""The layer of those for whom no condition of the partition holds."""
SIGN_UP = "(sign-up)"
"""Where those come from who were no users when layers were measured before."""
FINISHED, LEFT, NOT_BEGUN = "finished", "left", "not begun"
"""What `step` says of who is in no step of a journey."""
RESERVED_LAYERS = {OTHER: "it is the layer of all for whom no condition holds", SIGN_UP: "newcomers come from there"}
ATTRIBUTE_KINDS: dict[str, str] = {attribute.name: attribute.kind for attribute in ATTRIBUTES}


def expression_attributes(plain: Mapping[str, Any]) -> dict[str, str | Sequence[str]]:
    """What the expressions of a scenario may name: each column's kind, or the texts that it may take.

    A name that a scenario gives goes by its function, such as `audience:big spenders`; see `sim.scenario.vocabulary`.

    Args:
        plain: the scenario as dicts and scalars, before it is checked.
    """
    names: dict[str, str | Sequence[str]] = {**ATTRIBUTE_KINDS, **dict.fromkeys(window_names(dict(plain)), "number")}
    for attribute, labels in (("segment", _keys(plain, "market", "segments")), ("channel", _keys(plain, "channels"))):
        if labels:
            names[attribute] = labels
    declared = plain.get("attributes")
    for name, entry in declared.items() if isinstance(declared, Mapping) else ():
        values = entry.get("values") if isinstance(entry, Mapping) else None
        names.setdefault(str(name), tuple(map(str, values)) if isinstance(values, Mapping) and values else "number")
    names |= {f"opted_in:{name}": "flag" for name in _keys(plain, "media")}
    names |= {f"measure:{name}": "number" for name in _keys(plain, "policy", "measures")}
    names |= {f"audience:{name}": "flag" for name in _keys(plain, "policy", "audiences")}
    names |= {f"warning:{name}": "warning" for name in _keys(plain, "policy", "early_warnings")}
    for home in (("policy", "statuses"), ("policy", "memberships"), ("privileges",)):
        names |= {f"holds:{name}": "flag" for name in _keys(plain, *home)}
    for name in _keys(plain, "journeys"):
        steps = _keys(plain, "journeys", name, "steps")
        names |= {f"passed:{step}": "flag" for step in steps}
        names |= {f"step:{name}": (*steps, FINISHED, LEFT, NOT_BEGUN), f"days_in_step:{name}": "number"}
    for name in _keys(plain, "policy", "points"):
        names[f"balance:{name}"] = names[f"expiring:{name}"] = "number"
        names |= dict.fromkeys(earned_names(name, dict(plain)), "number")
    names |= {
        f"ties:{name}": "number" for name in _keys(plain, "channels") if _keys(plain, "channels", name, "network")
    }
    for name in _keys(plain, "content"):
        names |= dict.fromkeys(created_names(name, dict(plain)), "number")
    for name in _keys(plain, "policy", "layers"):
        names[f"layer:{name}"] = (*_keys(plain, "policy", "layers", name), OTHER)
    return names


def _keys(plain: Mapping[str, Any], *path: str) -> tuple[str, ...]:
    """The keys of the mapping at a path; none where there is no mapping."""
    found: Any = plain
    for step in path:
        found = found.get(step) if isinstance(found, Mapping) else None
    return tuple(map(str, found)) if isinstance(found, Mapping) else ()
