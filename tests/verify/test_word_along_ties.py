"""Word of mouth along ties: closed forms on small graphs, and the mean field where all know all; with twins."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from sim.pipeline import load
from sim.systems.books.tables import tables_of
from sim.systems.day import open_world, run_world
from sim.systems.networks import day as talking
from sim.systems.networks.ties import persons_of
from sim.systems.plan import Plan, compile_plan
from sim.systems.satisfaction.mood import satisfaction_of
from sim.systems.world import World
from tests.property.test_desk import busy_world
from tests.verify.measuring import LIMIT, altered, largest, replicates, z_of_count, z_of_sample
from tests.verify.test_adoption import GONE_SOON, adopted
from tests.verify.test_satisfaction import ALWAYS, MOVED, is_same
from tests.verify.worlds import document, finished, plan_for, text_of

Pairs = Iterable[tuple[int, int]]
F64 = npt.NDArray[np.float64]
I64 = npt.NDArray[np.int64]


def plan_with(pairs: Pairs, *, users: str | None = None, **sections: Any) -> Plan:
    """The plan of a scenario whose channel `friends` goes along these ties of persons, counted from 1."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / ".sim-root").touch()
        rows = "".join(f"{person},{friend}\n" for person, friend in pairs)
        (folder / "friends.csv").write_text(f"person,friend\n{rows}", encoding="utf-8")
        if users is not None:
            (folder / "users.csv").write_text(users, encoding="utf-8")
        path = folder / "scenario.yaml"
        path.write_text(text_of(document(retention=GONE_SOON) | sections), encoding="utf-8")
        return compile_plan(load(path).scenario)


def channels(pressure: float, contacts: float, network: object, **more: Any) -> dict[str, Any]:
    """Somebody comes by itself, and users tell others, every day and for good."""
    friends = {"kind": "word_of_mouth", "contacts_per_user_day": contacts} | ({"network": network} if network else {})
    return {"organic": {"kind": "organic", "signups": f"{pressure} / day"}, "friends": friends | more}


FILE = {"file": "friends.csv"}


def days_of_sign_up(world: World) -> I64:
    """The day of each person, in the order of the file; far beyond the horizon for who has not signed up."""
    days = np.full(world.plan.market.n_agents, 1 << 20, np.int64)
    days[persons_of(world, slice(0, world.people.n))] = world.people.signup_day[: world.people.n]
    return days


# --- everybody knows everybody

N = 200
USERS = "days_since_signup,days_inactive,active_days,channel\n" + "9,0,5,organic\n" * 12
EVERYBODY = [(i, j) for i in range(1, N + 1) for j in range(i + 1, N + 1)]


def lives(plan: Plan) -> list[tuple[int, int, int]]:
    people = finished(plan).people
    rows = slice(0, people.n)
    return list(
        zip(people.person[rows].tolist(), people.signup_day[rows].tolist(), people.cell[rows].tolist(), strict=True)
    )


@pytest.mark.parametrize("users", [None, USERS], ids=["from nobody", "with first users"])
@pytest.mark.parametrize("unit", ["contacts_per_user_day", "contacts_per_active_day"])
def test_where_everybody_knows_everybody_it_is_the_mean_field(unit: str, users: str | None) -> None:
    """The same persons on the same days by the same channels: a talker has N - 1 others, the mean field says N."""

    def lives_with(contacts: float, network: object) -> list[tuple[int, int, int]]:
        friends = {"kind": "word_of_mouth", unit: contacts} | ({"network": network} if network else {})
        market: dict[str, Any] = {"size": N} | ({"first_users": {"file": "users.csv"}} if users else {})
        both = {"organic": {"kind": "organic", "signups": "0.4 / day"}, "friends": friends}
        return lives(plan_with(EVERYBODY, users=users, market=market, channels=both, horizon="30 days"))

    contacts = 0.2 if unit == "contacts_per_user_day" else 1.5
    mean_field = lives_with(contacts, None)
    assert N / 2 < len(mean_field) < N
    assert lives_with(contacts * (N - 1) / N, FILE) == mean_field
    assert lives_with(contacts, FILE) != mean_field


def test_without_contacts_not_a_byte_changes() -> None:
    def tables(network: object, contacts: float = 0.0) -> dict[str, Any]:
        return tables_of(finished(plan_for(channels=channels(100, contacts, network))))

    world_of_ties = {"kind": "scale-free", "ties": 6}
    assert is_same(tables(world_of_ties), tables(None))
    assert not is_same(tables(world_of_ties, 0.1), tables(None))


def test_the_bytes_do_not_depend_on_threads() -> None:
    plan = plan_for(
        market={"size": 100_000},
        channels=channels(3_000, 0.2, {"kind": "small-world", "ties": 6, "rewired": 0.2}),
        retention={"default": {"visits": {"a": 9, "b": 1}, "lapse": {"a": 1, "b": 300}}},
        horizon="40 days",
    )
    one, two = (tables_of(run_world(open_world(plan, 1, 0, n_threads))) for n_threads in (1, 2))
    assert is_same(one, two)


# --- pairs, stars, a ring

PRESSURE, CONTACTS, DAYS = 0.004, 0.08, 120


def shares_after(waits: I64, hazard: float) -> float:
    """How far waits, of whom the friend has signed up, are from 1 - exp(-h d)."""
    return largest(
        z_of_count(np.count_nonzero(waits <= d), waits.size, -np.expm1(-hazard * d)) for d in (1, 3, 8, 15, 30)
    )


def waits_in_pairs(contacts: float) -> I64:
    """Days between the two sign-ups of each pair whose first came 30 days before the end, and alone."""
    n = 40_000
    plan = plan_with(
        [(i, i + 1) for i in range(1, n, 2)],
        market={"size": n},
        channels=channels(PRESSURE * n, contacts, FILE),
        horizon=f"{DAYS} days",
    )
    days = np.sort(days_of_sign_up(finished(plan)).reshape(-1, 2), axis=1)
    waits: I64 = (days[:, 1] - days[:, 0])[(days[:, 0] < DAYS - 30) & (days[:, 1] > days[:, 0])]
    return waits


def test_the_second_of_a_pair_is_told_by_the_first() -> None:
    assert abs(shares_after(waits_in_pairs(CONTACTS), PRESSURE + CONTACTS)) < LIMIT
    assert abs(shares_after(waits_in_pairs(CONTACTS * 1.1), PRESSURE + CONTACTS)) > LIMIT
    assert abs(shares_after(waits_in_pairs(0.0), PRESSURE)) < LIMIT


LEAVES = 9
MEAN_TIES = 2 * LEAVES / (LEAVES + 1)


def waits_in_stars(by_ties: float) -> tuple[I64, I64]:
    """Days that leaves waited after their centre, and centres after their first leaf, where it came alone."""
    n = 60_000
    plan = plan_with(
        [(i, i + k) for i in range(1, n, LEAVES + 1) for k in range(1, LEAVES + 1)],
        market={"size": n},
        channels=channels(PRESSURE * n, CONTACTS, FILE, by_ties=by_ties),
        horizon=f"{DAYS} days",
    )
    days = days_of_sign_up(finished(plan)).reshape(-1, LEAVES + 1)
    centre, leaves = days[:, :1], np.sort(days[:, 1:], axis=1)
    of_leaves = (leaves - centre)[(leaves > centre) & (centre < DAYS - 30)]
    first, second = leaves[:, 0], leaves[:, 1]
    of_centres = (centre[:, 0] - first)[(first < np.minimum(second, centre[:, 0])) & (first < DAYS - 1)]
    return of_leaves, of_centres


@pytest.mark.parametrize(
    ("by_ties", "centre_says", "leaf_says"),
    [(0.0, CONTACTS / LEAVES, CONTACTS), (1.0, CONTACTS / MEAN_TIES, CONTACTS / MEAN_TIES)],
    ids=["all talk alike", "all ties do"],
)
def test_in_a_star_a_centre_says_to_each_what_its_ties_leave(
    by_ties: float, centre_says: float, leaf_says: float
) -> None:
    """A leaf is told by its centre alone; and the centre, on the day after its first leaf came, by that leaf alone."""
    of_leaves, of_centres = waits_in_stars(by_ties)
    assert abs(shares_after(of_leaves, PRESSURE + centre_says)) < LIMIT
    assert abs(shares_after(of_leaves, PRESSURE + 1.1 * centre_says)) > LIMIT
    next_day = np.count_nonzero(of_centres == 1)
    assert abs(largest([z_of_count(next_day, of_centres.size, -np.expm1(-PRESSURE - leaf_says))])) < LIMIT
    assert abs(largest([z_of_count(next_day, of_centres.size, -np.expm1(-PRESSURE - 1.5 * leaf_says))])) > LIMIT


def test_contacts_begin_on_their_date_with_what_the_day_before_has_said() -> None:
    """Of pairs one has signed up on the first day; from the fifth on each tells the other, who then comes at once."""
    friends = {
        "kind": "word_of_mouth", "contacts_per_active_day": {"2026-01-01": 0, "2026-01-05": 1000}, "network": FILE,
    }  # fmt: skip
    plan = plan_with(
        [(i, i + 1) for i in range(1, 400, 2)],
        market={"size": 400},
        channels={"past": {"kind": "history", "signups": {"2026-01-01": 100}}, "friends": friends},
        horizon="8 days",
        retention=ALWAYS,
    )
    new = finished(plan).tallies.new.sum(axis=1)
    assert new[[0, 1, 2, 3]].tolist() == [100, 0, 0, 0]
    assert 50 < new[4] == new[1:].sum()


def test_who_says_more_than_can_be_counted_is_heard_by_all_its_ties() -> None:
    """Parties of 50 around one: to the tenth power of its ties, it says more than 63 bits hold of a contact's parts."""
    size, n = 50, 2000
    pairs = [(i, i + k) for i in range(1, n, size) for k in range(1, size)]
    plan = plan_with(
        pairs, market={"size": n}, channels=channels(20, 0.02, FILE, by_ties=10), horizon="60 days", retention=GONE_SOON
    )
    days = days_of_sign_up(finished(plan)).reshape(-1, size)
    told = days[days[:, 0] < 50]
    assert len(told) > 5
    assert (told[:, 1:].max(axis=1) <= told[:, 0] + 3).all()


def reached_on_a_ring(contacts: float) -> F64:
    """Users after 60 days on a ring of 300 on which one has signed up on the first day."""
    n, past = 300, {"kind": "history", "signups": {"2026-01-01": 1}}
    friends = {"kind": "word_of_mouth", "contacts_per_user_day": contacts, "network": FILE}
    plan = plan_with(
        [(i, i % n + 1) for i in range(1, n + 1)],
        market={"size": n},
        channels={"past": past, "friends": friends},
        horizon="61 days",
    )
    return replicates(plan, 200, lambda world: world.people.n)


def test_on_a_ring_the_news_goes_one_friend_a_day_with_the_same_chance() -> None:
    """Each of two fronts moves by one with probability 1 - exp(-c / 2), on each of 60 days: binomial."""
    users, chance = reached_on_a_ring(0.8), -np.expm1(-0.4)
    assert abs(largest([z_of_sample(users, 1 + 120 * chance)])) < LIMIT
    assert abs(users.var(ddof=1) / (120 * chance * (1 - chance)) - 1) < LIMIT * np.sqrt(2 / 199)
    assert abs(z_of_sample(reached_on_a_ring(0.9), 1 + 120 * chance)) > LIMIT


# --- random graphs

DEGREES = {2: 0.5, 7: 0.5}
P, Q, N_DAYS = 0.002, 0.12, 90


def random_pairs(n: int, seed: int) -> list[tuple[int, int]]:
    """Persons with these degrees, tied at random; ties to oneself and ties that stand twice are dropped: few."""
    luck = np.random.default_rng(seed)
    ends = luck.permutation(np.repeat(np.arange(1, n + 1), luck.choice(list(DEGREES), n, p=list(DEGREES.values()))))
    pairs = np.sort(ends[: ends.size // 2 * 2].reshape(-1, 2), axis=1)
    kept = np.unique(pairs[pairs[:, 0] < pairs[:, 1]], axis=0)
    return [(int(person), int(friend)) for person, friend in kept]


def ticked_spread(by_ties: float, contacts: float) -> F64:
    """Adopted after each day on a random graph of these degrees: edge-based, as Volz 2008 and Miller 2012, by the day.

    `untold` is the chance that a friend of so many ties has not told somebody yet. It has not signed up itself while
    neither the pressure on all nor any of its other friends has won it; who has, tells from the next day on.
    """
    ties = np.array(list(DEGREES), np.float64)
    share = np.array(list(DEGREES.values()))
    mean = float(share @ ties)
    by_tie = share * ties / mean
    keeps = np.exp(-contacts / ties * (ties / mean) ** by_ties)
    untold, unsigned, adopted = np.ones(ties.size), np.ones(ties.size), []
    for day in range(1, N_DAYS + 1):
        untold = keeps * (untold - unsigned) + unsigned
        mixed = float(by_tie @ untold)
        unsigned = np.exp(-P * day) * mixed ** (ties - 1)
        adopted.append(1 - np.exp(-P * day) * float(share @ mixed**ties))
    return np.array(adopted)


def spread(by_ties: float) -> F64:
    """The share that has signed up after each day on each of 12 graphs, float64 (12, n_days)."""
    n = 10_000
    return np.array(
        [
            adopted(
                finished(
                    plan_with(
                        random_pairs(n, seed),
                        market={"size": n},
                        channels=channels(P * n, Q, FILE, by_ties=by_ties),
                        horizon=f"{N_DAYS} days",
                    ),
                    seed=seed,
                )
            )
            for seed in range(12)
        ]
    )


@pytest.mark.parametrize("by_ties", [0.0, 1.0])
def test_on_random_graphs_it_spreads_as_computed_by_edges(by_ties: float) -> None:
    shares, days = spread(by_ties), (4, 19, 39, 59, 89)
    assert abs(largest(z_of_sample(shares[:, d], ticked_spread(by_ties, Q)[d]) for d in days)) < LIMIT
    assert abs(largest(z_of_sample(shares[:, d], ticked_spread(1 - by_ties, Q)[d]) for d in days)) > LIMIT
    assert abs(largest(z_of_sample(shares[:, d], ticked_spread(by_ties, 1.05 * Q)[d]) for d in days)) > LIMIT


def half_after(network: object, **more: Any) -> F64:
    """The day on which half have signed up, in each of 8 replicates."""
    plan = plan_for(
        market={"size": 10_000}, channels=channels(2, 0.15, network, **more), retention=GONE_SOON, horizon="250 days"
    )
    return replicates(plan, 8, lambda world: np.searchsorted(adopted(world), 0.5))


def test_circles_slow_and_hubs_speed_the_take_off() -> None:
    """Watts, Strogatz 1998: shortcuts speed what spreads; Barthélemy and others 2004: so do hubs, with equal ties."""
    ring, few, many = (half_after({"kind": "small-world", "ties": 6, "rewired": share}) for share in (0, 0.05, 1))
    hubs = half_after({"kind": "scale-free", "ties": 6}, by_ties=1)
    mean_field = half_after(None)
    slower = [(ring, few), (few, many), (many, hubs), (many, mean_field)]
    assert all((one - other).mean() > 2 * (one - other).std(ddof=1) for one, other in slower)


# --- talker by talker

STRENGTH, ASYMMETRY, ADVOCACY = 0.6, 1.4, 3.0
SEGMENTS = {"core": {"share": 0.5}, "other": {"share": 0.3}, "far": {"share": 0.2}}
AUDIENCE = {"core": 2, "other": 1}


def talk_of(unit: str, by_ties: float) -> tuple[F64, F64]:
    """What pressed on each person each day, and the same talker by talker: float64 (n_days - 1, n_persons)."""
    friends = {
        "kind": "word_of_mouth", unit: 0.2, "by_satisfaction": STRENGTH, "asymmetry": ASYMMETRY, "by_ties": by_ties,
        "audience": AUDIENCE, "network": {"kind": "scale-free", "ties": 4},
    }  # fmt: skip
    sections = busy_world(response={"satisfaction": MOVED}, horizon="30 days")
    sections["market"] = sections["market"] | {"size": 400, "segments": SEGMENTS}
    sections["channels"] = {"organic": {"kind": "organic", "signups": "3 / day"}, "friends": friends}
    sections["policy"] = sections["policy"] | {
        "statuses": {"advocates": {"enters": "active_days >= 3", "review": "5 days", "advocacy": ADVOCACY}}
    }
    world = open_world(plan_for(**sections), 1, 0)
    found, expected, told = list[F64](), list[F64](), list[F64]()

    def watch(world: World, day: int) -> None:
        assert world.networks is not None
        found.append(world.networks.ties[0].hazard.copy())
        expected.append(0.2 * told[-1] if told else np.zeros(400))
        told.append(told_on(world, day, unit, by_ties))

    held: dict[int, npt.NDArray[np.bool_]] = {}
    original = talking.talk

    def before_review(world: World, day: int) -> None:
        held[day] = world.holdings.holds(0, slice(0, world.people.n)).copy()
        original(world, day)

    def told_on(world: World, day: int, unit: str, by_ties: float) -> F64:
        return _by_talker(world, day, unit, by_ties, held[day])

    _run(world, before_review, watch)
    return np.array(found), np.array(expected)


def _run(world: World, talk: Any, watch: Any) -> None:
    """Run the world's days with another step in the place of `talk`."""
    from sim.engine.clock import run_days
    from sim.systems.day import STEPS

    steps = tuple(talk if step is talking.talk else step for step in STEPS)
    run_days(world, (*steps, watch), [], world.plan.first_day, world.plan.n_days)


def _by_talker(world: World, day: int, unit: str, by_ties: float, held: npt.NDArray[np.bool_]) -> F64:
    """What today's users tell each person, one talker after the other, in plain Python."""
    assert world.networks is not None
    people, ties, n = world.people, world.networks.ties[0], world.people.n
    weight = [AUDIENCE.get(name, 0) for name, size in zip(SEGMENTS, world.plan.market.agents, strict=True)
              for _ in range(size)]  # fmt: skip
    persons = persons_of(world, slice(0, n)).tolist()
    level = satisfaction_of(world, slice(0, n), day).tolist()
    told = np.zeros(len(weight))
    for row in range(n):
        if unit == "contacts_per_active_day" and people.last_active[row] != day:
            continue
        says = 1 + STRENGTH * level[row] * (1 if level[row] > 0 else ASYMMETRY) + (ADVOCACY - 1) * held[row]
        friends = ties.others[ties.starts[persons[row]] : ties.starts[persons[row] + 1]].tolist()
        says *= (len(friends) / ties.degrees.mean()) ** by_ties
        for friend in friends:
            if friend not in persons and sum(weight[other] for other in friends):
                told[friend] += says * weight[friend] / sum(weight[other] for other in friends)
    return np.maximum(told, 0.0)


@pytest.mark.parametrize(
    ("unit", "by_ties"), [("contacts_per_active_day", 0.0), ("contacts_per_user_day", 0.5)], ids=["active", "users"]
)
def test_what_each_hears_is_what_its_friends_say(unit: str, by_ties: float, monkeypatch: pytest.MonkeyPatch) -> None:
    found, expected = talk_of(unit, by_ties)
    assert np.count_nonzero(expected) > 1_000
    assert np.allclose(found, expected, rtol=1e-6, atol=1e-9)
    monkeypatch.setattr("tests.verify.test_word_along_ties.ADVOCACY", ADVOCACY + 0.1)
    _, other = talk_of(unit, by_ties)
    assert not np.allclose(found, other, rtol=1e-6, atol=1e-9)


def test_a_plan_of_other_ties_is_another_world() -> None:
    """The closed forms above are of the plan's own numbers: altered ones are seen."""
    plan = plan_for(channels=channels(100, 0.1, {"kind": "scale-free", "ties": 6}))
    louder = altered(
        plan, "networks", lambda networks: tuple(altered(one, "by_ties", lambda _: 1.0) for one in networks)
    )
    assert not is_same(tables_of(finished(louder)), tables_of(finished(plan)))
