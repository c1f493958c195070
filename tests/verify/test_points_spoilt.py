"""What spoils a programme, against closed forms: the rush before a rise of prices; each with a sabotaged twin."""

from __future__ import annotations

from sim.systems.plan import Plan
from tests.verify.measuring import LIMIT, largest, z_of_count
from tests.verify.test_points import N, points_plan, wallet_of

RICH = {"gift": {"for": "sign up", "gives": 1_000_000}}
LOOKS, APPEAL, RUSH = 0.2, 0.5, 3.0


def odds_times(probability: float, factor: float) -> float:
    return factor * probability / (1 - probability + factor * probability)


# --- a price that changes, and is announced


def announced_plan(before: int, after: int, rush: float = RUSH, **fields: object) -> Plan:
    """Everybody holds plenty; the price changes on day 40, which is told from day 30 on."""
    price = {"2026-01-01": before, "2026-02-10": after}
    programme = {"earns": RICH, "rewards": {"r": {"price": price, "appeal": APPEAL}}, "announced": "10 days"}
    response = {"points": {"looks": LOOKS, "rush": rush}}
    written = {key: value for key, value in (programme | fields).items() if value is not None}
    return points_plan(written, days=60, response=response)


def rush_zs(plan: Plan, rush: float) -> list[float]:
    """Distances of the rewards taken before, while it is told, and after the change from their closed form.

    Who looks, with odds times the rush, takes with a·rush / (1 + a·rush).
    """
    taken = wallet_of(plan).taken[:, 0]
    plain = LOOKS * APPEAL / (1 + APPEAL)
    hasty = odds_times(LOOKS, rush) * APPEAL * rush / (1 + APPEAL * rush)
    spans = (slice(1, 30), plain), (slice(30, 40), hasty), (slice(40, 60), plain)
    return [z_of_count(taken[days].sum(), N * taken[days].size, p) for days, p in spans]


def test_a_rise_that_is_announced_is_rushed_ahead_of() -> None:
    assert abs(largest(rush_zs(announced_plan(100, 200), RUSH))) < LIMIT


def test_a_fall_that_is_announced_is_waited_for() -> None:
    assert abs(largest(rush_zs(announced_plan(200, 100), 1 / RUSH))) < LIMIT


def test_a_rush_that_is_weaker_earlier_or_the_wrong_way_is_seen() -> None:
    """The twins: a weaker rush, a change that nobody is told of, a rise that is waited for, a day too many."""
    before, within, _ = (abs(z) for z in rush_zs(announced_plan(100, 200, rush=2.5), RUSH))
    assert within > LIMIT > before
    assert abs(rush_zs(announced_plan(100, 200), 1.0)[1]) > LIMIT
    assert abs(rush_zs(announced_plan(200, 100), RUSH)[1]) > LIMIT
    assert abs(rush_zs(announced_plan(100, 200, announced="20 days"), RUSH)[0]) > LIMIT


def test_who_can_pay_for_what_does_not_change_hastens_by_what_does() -> None:
    """Looking follows the reward that is to rise, taking each reward by its own."""
    rewards = {"r": {"price": {"2026-01-01": 100, "2026-02-10": 200}}, "calm": {"price": 100}}
    taken = wallet_of(announced_plan(100, 200, rewards=rewards)).taken[30:40].sum(axis=0)
    looks = odds_times(LOOKS, RUSH)
    shares = (looks * RUSH / (2 + RUSH), looks / (2 + RUSH))
    assert abs(largest(z_of_count(float(taken[i]), N * 10, shares[i]) for i in (0, 1))) < LIMIT
    assert abs(z_of_count(float(taken[1]), N * 10, LOOKS / (2 + RUSH))) > LIMIT


def test_what_is_not_told_or_not_minded_moves_nobody() -> None:
    still = wallet_of(announced_plan(100, 200, rush=1.0, announced=None)).taken
    assert (wallet_of(announced_plan(100, 200, announced=None)).taken == still).all()
    assert (wallet_of(announced_plan(100, 200, rush=1.0)).taken == still).all()
    assert (wallet_of(announced_plan(100, 200)).taken != still).any()
