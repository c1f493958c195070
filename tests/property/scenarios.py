"""Small scenarios for Hypothesis: documents as users write them, over all kinds of channels, clocks and rules."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, reject, settings
from hypothesis import strategies as st

from sim.errors import ScenarioError
from sim.pipeline import LoadedScenario
from tests.verify.worlds import load_text, text_of

Document = dict[str, Any]

QUICKLY = settings(
    derandomize=True,
    database=None,
    deadline=None,
    max_examples=25,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
"""The same examples every time: a test passes or fails for good."""

SEGMENTS = ("mothers", "羊毛黨", "gift buyers")
START, MIDDLE, LATE = "2026-01-01", "2026-01-09", "2026-01-25"
shares = st.sampled_from([0.0, 0.07, 0.31, 0.5, 0.93, 1.0])
some_share = st.sampled_from([0.07, 0.31, 0.5, 0.93])
factors = st.sampled_from([0.0, 0.4, 1.0, 2.5])
strong = st.sampled_from([0.4, 1.0, 2.5])


def load_or_pass_over(document: Document) -> LoadedScenario:
    """The checked scenario; a document that the gate refuses (a history larger than its market) is no example."""
    try:
        return load_text(text_of(document))
    except ScenarioError:
        reject()


@st.composite
def markets(draw: st.DrawFn) -> tuple[Document, list[str]]:
    """A market and the names of its segments."""
    names = list(SEGMENTS[: draw(st.integers(1, 3))])
    cut = {1: [1.0], 2: [0.37, 0.63], 3: [0.2, 0.5, 0.3]}[len(names)]
    segments = {
        name: {"share": share, "orders": draw(factors), "basket": draw(strong), "gain": draw(factors)}
        for name, share in zip(names, cut, strict=True)
    }
    market: Document = {"size": draw(st.integers(1, 900)), "segments": segments}
    if draw(st.booleans()):
        market["people_per_agent"] = draw(st.integers(1, min(7, market["size"])))
    if draw(st.booleans()):
        market["adopters"] = {
            "early": {"share": 0.25, "susceptibility": 5},
            "late": {"share": 0.75, "susceptibility": draw(factors)},
        }
    return market, names


@st.composite
def channels(draw: st.DrawFn, segments: list[str]) -> Document:
    """One to four channels."""
    kinds: dict[str, Document] = {
        "organic": {"signups": "6 / day"},
        "store": {"signups": "4 / day", "windows": {"slot": {"from": MIDDLE, "for": "3 days", "times": 5}}},
        "paid": {"price": "2 CNY / click", "funnel": {"register": 0.3}},
        "partner": {"visits": "40 / day", "funnel": {"land": 0.5, "register": 0.2}, "fee": "1.25 CNY"},
        "offline": {"events": "4 / month", "reach": 60, "register": 0.2, "event_cost": "99.99 CNY"},
        "word_of_mouth": {draw(st.sampled_from(["contacts_per_active_day", "contacts_per_user_day"])): 0.05},
        "history": {"signups": {START: 2, MIDDLE: 5, LATE: 1}},
        "community": {"signups": "2 / day", "price": "8 CNY / sign-up"},
    }
    chosen = draw(st.lists(st.sampled_from(sorted(kinds)), min_size=1, max_size=4, unique=True))
    found = {}
    for kind in chosen:
        channel = {"kind": kind} | kinds[kind]
        if draw(st.booleans()):
            channel["audience"] = {draw(st.sampled_from(segments)): 2.0}
        if draw(st.booleans()):
            channel["quality"] = draw(st.sampled_from([0.5, 1.7]))
        if draw(st.booleans()):
            channel["cost"] = "13.37 CNY / day"
        found[f"the {kind}"] = channel
    return found


def lapses() -> st.SearchStrategy[Document]:
    return st.sampled_from([{"a": 0.5, "b": 4.0}, {"a": 1e-6, "b": 1e6}, {"a": 5.0, "b": 2.0}])


@st.composite
def habits(draw: st.DrawFn) -> tuple[Document, Document | None]:
    """`retention` and `orders` that fit together, on any clock."""
    clock = draw(st.sampled_from(["points", "latent", "active_days", "orders"]))
    basket = draw(
        st.sampled_from(
            [
                {"mean": "80 CNY", "spread": 0.7, "spread_between_users": 0.3},
                {"mean": "0.03 CNY"},
                {"gamma_gamma": {"p": 6.25, "q": 3.74, "v": "15.44 CNY"}},
            ]
        )
    )
    orders: Document | None = {
        "per_active_day": draw(st.sampled_from([0.0, 0.2, 1.5])),
        "basket": basket,
        "margin": draw(shares),
        "sold_by": draw(st.sampled_from(["us", "merchants"])),
    }
    visits = draw(st.sampled_from([{"a": 1.0, "b": 2.0}, {"a": 2.4, "b": 0.1}, {"a": 1e6, "b": 1e-6}]))
    curve: Document = {"visits": visits, "lapse": draw(lapses())}
    retention: Document = {"default": curve}
    if clock == "points":
        retention["default"] = {"d1": 0.4, "d7": 0.2, "d30": 0.1}
    elif clock == "active_days":
        retention["clock"] = "active_days"
    elif clock == "orders":
        retention["default"] = {"lapse": {"shape": 0.6, "scale": "5 weeks"}}
        orders = {"while_engaged": "2 / week", "shape": 0.5, "basket": basket, "margin": draw(shares)}
    elif draw(st.booleans()):
        orders = None
    if draw(st.booleans()):
        retention["natural_return"] = draw(st.sampled_from(["0.5% / day", "30% / day"]))
    return retention, orders


@st.composite
def rules(draw: st.DrawFn, has_orders: bool) -> Document:
    """A rule with any schedule, audience, coupon and limits."""
    when = draw(
        st.sampled_from(
            [
                {"inactive_for": "2 days"},
                {"inactive_for": ["1 day", "3 days", "8 days"]},
                {"every": "2 days", "from": MIDDLE},
                {"on": [START, MIDDLE, LATE]},
                {"event": "sign_up", "days": 1},
                {"event": "order" if has_orders else "return"},
                {"every": "1 day", "if": "dau >= 3"},
                {"metric": "users > 5", "for": "2 days"},
            ]
        )
    )
    do: Document = {"message": draw(st.sampled_from(["push", "sms"]))}
    if has_orders and draw(st.booleans()):
        coupon = draw(
            st.sampled_from([{"off": "5 CNY", "orders_over": "20 CNY"}, {"share_off": "30%", "up_to": "9.99 CNY"}])
        )
        do["coupon"] = coupon | {"valid_for": draw(st.sampled_from(["1 day", "9 days"]))}
    possible: Document = {
        "holdout": draw(some_share),
        "per_user": {"messages": draw(st.integers(1, 3)), "per": "6 days"},
        "attempts": draw(st.integers(1, 2)),
        "capacity": draw(st.integers(0, 12)),
        "budget": "3.21 CNY / day",
        "total_budget": "20 CNY",
        "choose_by": draw(st.sampled_from(["chance", "spend", "active_days", "days_since_order"])),
    }
    kept = draw(st.lists(st.sampled_from(sorted(possible)), max_size=4, unique=True))
    rule: Document = {"when": when, "do": do, "limits": {name: possible[name] for name in kept}}
    who = draw(st.sampled_from([None, "active_days >= 2", "spend >= quantile(spend, 0.5)", "days_since_signup < 20"]))
    return rule | ({"who": who} if who else {})


@st.composite
def documents(draw: st.DrawFn) -> Document:
    """A whole scenario."""
    market, segments = draw(markets())
    retention, orders = draw(habits())
    found: Document = {
        "name": "generated",
        "start": START,
        "horizon": f"{draw(st.sampled_from([1, 2, 8, 31, 45]))} days",
        "currency": "CNY",
        "market": market,
        "channels": draw(channels(segments)),
        "retention": retention,
        "income": {"advertising_per_active_day": "0.0123 CNY", "commission": draw(shares)},
        "media": {
            "push": {"opt_in": draw(shares), "open": draw(shares)},
            "sms": {"opt_in": draw(some_share), "delivery": 0.9, "open": 0.6, "price": "0.045 CNY"},
        },
        "response": {
            "message": {"brings_back": draw(shares), "falls_by_half_every": "9 days", "wakes": draw(strong)},
            "coupon": {"lift_per_10_percent": draw(strong), "orders": draw(strong)},
        },
    }
    if orders is not None:
        found["orders"] = orders
    steps: Document = {"profile": {"pass": draw(shares), "lapse_if_failed": draw(factors)}}
    if orders is not None and draw(st.booleans()):
        steps["first order"] = {"pass": draw(shares)}
    if draw(st.booleans()):
        found["onboarding"] = {"steps": steps}
    if draw(st.booleans()):
        found["seasons"] = {
            "weekdays": {"sunday": {"activity": 2.0, "orders": 0.5}},
            "holidays": {"closed": {"from": MIDDLE, "for": "2 days", "activity": draw(factors), "orders": 0.0}},
        }
    found["policy"] = draw(policies(found["channels"], segments, orders is not None))
    return found


@st.composite
def policies(draw: st.DrawFn, of_channels: Document, segments: list[str], has_orders: bool) -> Document:
    """Budgets, up to two campaigns, up to three rules, perhaps a cap over all."""
    campaigns: Document = {
        "opening": {"from": START, "for": "3 days", "discount": draw(shares), "orders": draw(factors),
                    "cost": "77.77 CNY"},
        "sale": {"from": MIDDLE, "for": "2 days", "discount": 0.15, "activity": 2.0, "orders": 3.0,
                 "segments": segments[:1], "pull_forward": {"share": 0.8, "over": "4 days"}},
    }  # fmt: skip
    chosen = draw(st.lists(st.sampled_from(["opening", "sale"]), max_size=2, unique=True))
    n_rules = draw(st.integers(0, 3))
    policy: Document = {
        "budgets": {name: "30 CNY / day" for name, c in of_channels.items() if c["kind"] in ("paid", "community")},
        "campaigns": {name: campaigns[name] for name in chosen},
        "rules": {f"rule {i}": draw(rules(has_orders)) for i in range(n_rules)},
    }
    if n_rules > 1 and draw(st.booleans()):
        unless = {"unless": draw(st.sampled_from(["active", "opened"]))} if draw(st.booleans()) else {}
        policy["rules"]["rule 0"]["when"] = {"after": "rule 1", "days": draw(st.integers(1, 5))} | unless
    if n_rules > 1 and draw(st.booleans()):
        policy["rules"]["rule 0"]["do"]["stop_messaging"] = True
    if draw(st.booleans()):
        policy["contact"] = {"messages": 2, "per": "5 days"}
    return policy
