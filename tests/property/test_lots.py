"""Lots against a slow exact ledger that keeps every single unit's batch, in random programmes; the book closes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.engine.lots import MOST_UNITS, Lots

N_USERS, LIFE, N_BATCHES = 4, 3, 12
"""A batch is live from the one that is earned into now until LIFE batches earlier."""


@dataclass
class SlowLedger:
    """Each user's lots as a list of [batch, units] in the order of expiry."""

    lots: dict[int, list[list[int]]] = field(default_factory=lambda: {user: [] for user in range(N_USERS)})

    def earn(self, user: int, units: int, batch: int) -> None:
        self.lots[user].append([batch, units])
        self.lots[user].sort(key=lambda lot: lot[0])

    def spend(self, user: int, units: int) -> None:
        for lot in self.lots[user]:
            part = min(units, lot[1])
            lot[1] -= part
            units -= part
        assert units == 0

    def give(self, transfers: list[tuple[int, int, int, int]]) -> None:
        """Unit by unit: the oldest first, the fee before the rest, each with its batch; all give, then all receive."""
        arriving = []
        for user, to, units, fee in transfers:
            for n_given in range(units):
                batch = next(lot[0] for lot in self.lots[user] if lot[1])
                self.spend(user, 1)
                if n_given >= fee:
                    arriving.append((to, batch))
        for to, batch in arriving:
            self.earn(to, 1, batch)

    def expire(self, batch: int) -> dict[int, int]:
        lost = {user: sum(units for of, units in lots if of == batch) for user, lots in self.lots.items()}
        self.lots = {user: [lot for lot in lots if lot[0] != batch] for user, lots in self.lots.items()}
        return {user: units for user, units in lost.items() if units}

    def forfeit(self, user: int) -> None:
        self.lots[user] = []

    def move(self, user: int, batch: int, later: int) -> None:
        self.lots[user] = sorted(([later if of == batch else of, units] for of, units in self.lots[user]))

    def held(self, user: int, batch: int | None = None) -> int:
        return sum(units for of, units in self.lots[user] if batch in (None, of))


ACTIONS = st.lists(
    st.tuples(
        st.sampled_from(("earn", "spend", "next", "forfeit", "move", "give", "all give")),
        st.integers(0, N_USERS - 1),
        st.one_of(st.integers(0, 60), st.integers(30_000, 90_000)),  # lots of two bytes, and of four
    ),
    max_size=60,
)


def rows(user: int) -> np.ndarray:
    return np.array([user], np.uint32)


def hand_over(pairs: list[tuple[int, int]], units: int, fast: Lots, slow: SlowLedger, oldest: int, newest: int) -> bool:
    """Let users give to others, on both ledgers, as much of `units` as each holds; whether all of it has arrived."""
    transfers = [
        (user, to, min(units % 60, slow.held(user)), min(units % 60, slow.held(user)) // 7) for user, to in pairs
    ]
    givers, receivers, amounts, fees = np.array(transfers, np.int64).T
    fits = fast.transfer(givers.astype(np.uint32), receivers.astype(np.uint32), amounts, fees, oldest, newest)
    slow.give(transfers)
    return bool(fits.all())


def act(what: str, user: int, units: int, fast: Lots, slow: SlowLedger, oldest: int, newest: int) -> bool:
    """Do the same on both ledgers; whether they say the same of what has arrived, or has expired."""
    if what == "earn":
        fast.earn(rows(user), np.array([units]), newest)
        slow.earn(user, units, newest)
    elif what == "spend":
        units = min(units, slow.held(user))
        fast.spend(rows(user), np.array([units]), oldest, newest)
        slow.spend(user, units)
    elif what == "forfeit":
        fast.forfeit(rows(user), oldest, newest, counted=fast.expired)
        slow.forfeit(user)
    elif what == "give":
        return hand_over([(user, (user + 1 + units % (N_USERS - 1)) % N_USERS)], units, fast, slow, oldest, newest)
    elif what == "all give":  # to one user, who gives to another
        pairs = [(each, (user + 1) % N_USERS if each == user else user) for each in range(N_USERS)]
        return hand_over(pairs, units, fast, slow, oldest, newest)
    elif what == "move":
        fast.move(rows(user), oldest, newest)
        slow.move(user, oldest, newest)
    elif newest + 1 < N_BATCHES:
        lost = dict(zip(*(found.tolist() for found in fast.expire(oldest, N_USERS)), strict=True))
        return lost == slow.expire(oldest)
    return True


def held_otherwise(fast: Lots, slow: SlowLedger, oldest: int, newest: int) -> list[str]:
    """What the ledgers hold differently, and what does not add up."""
    live = range(oldest, newest + 1)
    left = sum(fast.lot(batch).sum() for batch in live)
    found = [f"the balance of {user}" for user in range(N_USERS) if fast.balance[user] != slow.held(user)]
    found += [
        f"batch {batch} of {user}"
        for user in range(N_USERS)
        for batch in live
        if fast.lot(batch)[user] != slow.held(user, batch)
    ]
    found += ["all that was issued"] if fast.issued.sum() != fast.redeemed.sum() + fast.expired.sum() + left else []
    found += ["all balances"] if fast.balance.sum() != left else []
    return found


def differences(
    actions: list[tuple[str, int, int]], sabotage: Callable[[Lots], None] = lambda _: None, life: int = LIFE
) -> list[str]:
    """Run a programme on both ledgers; what differs once anything does."""
    fast, slow = Lots(N_USERS, life + 1, N_BATCHES), SlowLedger()
    oldest, newest = 0, life
    for what, user, units in actions:
        if not act(what, user, units, fast, slow, oldest, newest):
            return [f"what they say of `{what}`"]
        if what == "next" and newest + 1 < N_BATCHES:
            oldest, newest = oldest + 1, newest + 1
        sabotage(fast)
        found = held_otherwise(fast, slow, oldest, newest)
        if found:
            return found
    return []


@settings(deadline=None)
@given(ACTIONS, st.sampled_from([0, LIFE]))
def test_lots_are_those_of_a_slow_exact_ledger(actions: list[tuple[str, int, int]], life: int) -> None:
    assert differences(actions, life=life) == []


def test_what_no_longer_fits_two_bytes_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    large = [("earn", 1, 60_000), ("earn", 1, 9_000), ("spend", 1, 50)]
    assert differences(large) == []
    monkeypatch.setattr(Lots, "_make_room", lambda *_: None)
    assert differences(large)


SPENDING = [("earn", 1, 10), ("next", 0, 0), ("earn", 1, 10), ("spend", 1, 12), ("next", 0, 0)]


def test_an_altered_lot_is_seen() -> None:
    def shift(lots: Lots) -> None:
        lots.lot(LIFE)[1] += 1

    assert differences(SPENDING) == []
    assert differences(SPENDING, shift)


def test_last_in_first_out_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    right = Lots.spend

    def from_the_newest(self: Lots, rows: np.ndarray, amounts: np.ndarray, oldest: int, newest: int) -> None:
        self._lots = self._lots[::-1]
        right(self, rows, amounts, oldest, newest)
        self._lots = self._lots[::-1]

    monkeypatch.setattr(Lots, "spend", from_the_newest)
    assert differences(SPENDING)


def test_what_no_balance_can_hold_is_refused_and_counted() -> None:
    lots = Lots(1, 1, 1)
    for _ in range(2):
        lots.earn(rows(0), np.array([MOST_UNITS - 5], np.int64), 0)
    assert (int(lots.balance[0]), lots.refused) == (MOST_UNITS, MOST_UNITS - 10)
    assert lots.issued[0] == MOST_UNITS


def give(lots: Lots, amount: int, fee: int) -> bool:
    """User 0 gives to user 1; whether it has arrived."""
    return bool(lots.transfer(rows(0), rows(1), np.array([amount]), np.array([fee]), 0, LIFE)[0])


GIVING = [("earn", 1, 50), ("next", 0, 0), ("earn", 1, 50), ("give", 1, 50), ("next", 0, 0), ("next", 0, 0)]


def test_units_that_lose_their_batch_on_the_way_are_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    def into_the_newest(
        self: Lots, givers: np.ndarray, receivers: np.ndarray, amounts: np.ndarray, fees: np.ndarray, *live: int
    ) -> np.ndarray:
        self.spend(givers, amounts, *live)
        self.earn(receivers, amounts - fees, live[1])
        return np.ones(givers.size, np.bool_)

    assert differences(GIVING) == []
    monkeypatch.setattr(Lots, "transfer", into_the_newest)
    assert differences(GIVING)


PASSING = [("earn", 0, 50), ("next", 0, 0), ("earn", 1, 50), ("all give", 1, 50)]


def test_passing_on_what_has_just_been_received_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    right = Lots.transfer

    def one_after_the_other(
        self: Lots, givers: np.ndarray, receivers: np.ndarray, amounts: np.ndarray, fees: np.ndarray, *live: int
    ) -> np.ndarray:
        each = [slice(i, i + 1) for i in range(givers.size)]
        return np.array([right(self, givers[i], receivers[i], amounts[i], fees[i], *live)[0] for i in each])

    assert differences(PASSING) == []
    monkeypatch.setattr(Lots, "transfer", one_after_the_other)
    assert differences(PASSING)


def passed_round(order: list[int]) -> tuple[list[list[int]], list[bool]]:
    """User 0 gives to 1, 1 to 2, and 3 to 2, who has room for less than both send; who holds what, and what fitted."""
    lots = Lots(4, LIFE + 1, N_BATCHES)
    for user, batch, units in ((0, 0, 100), (1, 1, 100), (2, 2, MOST_UNITS - 60), (3, 1, 100)):
        lots.earn(rows(user), np.array([units]), batch)
    givers, receivers = np.array([0, 1, 3], np.uint32)[order], np.array([1, 2, 2], np.uint32)[order]
    fits = lots.transfer(givers, receivers, np.array([50] * 3), np.array([0] * 3), 0, LIFE)
    return [lots.lot(batch).tolist() for batch in range(LIFE)], fits[np.argsort(order)].tolist()


def test_the_order_of_givers_decides_nothing() -> None:
    lots, fits = passed_round([0, 1, 2])
    assert (lots[0], lots[1], fits) == ([50, 50, 0, 0], [0, 100, 0, 100], [True, False, False])
    assert all(passed_round(order) == (lots, fits) for order in ([0, 2, 1], [2, 1, 0], [1, 2, 0]))


def test_the_fee_of_a_transfer_is_redeemed_and_what_cannot_be_held_stays() -> None:
    lots = Lots(2, LIFE + 1, N_BATCHES)
    lots.earn(rows(0), np.array([100]), 2)
    assert give(lots, 60, 9)
    assert (lots.balance.tolist(), lots.redeemed[2], lots.issued[2]) == ([40, 51], 9, 100)
    lots.earn(rows(1), np.array([MOST_UNITS - 51 - 10], np.int64), 3)
    assert not give(lots, 12, 1)
    assert (lots.balance[0], lots.redeemed[2]) == (40, 9)
    assert give(lots, 12, 2)
    assert (lots.balance.tolist(), lots.redeemed[2]) == ([28, MOST_UNITS], 11)
