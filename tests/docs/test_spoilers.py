"""What spoils a programme: the page's example with one thing changed, and what then shows, is what a run says.

`python -m tests.docs.test_spoilers` writes the table of the page anew: read the difference.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from sim.pipeline import LoadedScenario
from sim.systems.plan import compile_plan
from sim.systems.points.wallets import EXPIRED, FARMED, ISSUED, REWARDS_TAKEN, Wallet
from sim.systems.world import CAUGHT, FALSE_ALARMS, World
from tests.verify.worlds import Document, finished, load_text, text_of

PAGE = Path(__file__).resolve().parents[2] / "docs" / "systems" / "points.md"
TABLE = re.compile(r"(?<=<!-- what spoils -->\n).*?(?=<!-- end of what spoils -->)", flags=re.DOTALL)
EXAMPLE = re.compile(r"```yaml\n(name: spoilt\n.*?)```", flags=re.DOTALL)
HEAD = "| spoilt by | written | what a run shows | `sim validate` |\n| --- | --- | --- | --- |\n"


def waits(world: World, wallet: Wallet) -> str:
    """How many ever take a reward, after how long."""
    share, so_far = wallet.first_rewards.sum() / world.people.n, np.cumsum(wallet.first_rewards)
    if not so_far[-1]:
        return "nobody ever takes a reward"
    return f"{share:.0%} of users ever take a reward, half of these within {np.argmax(2 * so_far >= so_far[-1])} days"


def loses(world: World, wallet: Wallet) -> str:
    """What share of the units expires."""
    lost = wallet.counts[:, EXPIRED].sum() / wallet.counts[:, ISSUED].sum()
    return f"{lost:.0%} of the units expire; {waits(world, wallet)}"


def rushes(_: World, wallet: Wallet) -> str:
    """Rewards a day before a change of the price on September 1st is told, while it is, and after it."""
    taken = wallet.counts[:, REWARDS_TAKEN]
    spans = (taken[181:212], taken[212:243], taken[243:273])
    return "rewards a day in July, August, September: " + ", ".join(f"{span.mean():.1f}" for span in spans)


def farms(world: World, wallet: Wallet) -> str:
    """What share of the units goes to how many users."""
    farmed = wallet.counts[:, FARMED].sum() / wallet.counts[:, ISSUED].sum()
    cents = wallet.cost_cents.sum()
    return f"{farmed:.0%} of the units go to 10% of the users; rewards cost {cents / 100:,.0f} CNY"


def costs(world: World, wallet: Wallet) -> str:
    """What rewards cost against the margin on orders, 30%."""
    margin = 0.3 * world.tallies.gmv.sum()
    return f"rewards cost {wallet.cost_cents.sum() / margin:.0%} of the margin on all orders"


def errs(world: World, wallet: Wallet) -> str:
    """Whom a rule hits."""
    counts = world.tallies.rules[world.plan.rules[0].index].sum(axis=0)
    caught, wrong = counts[CAUGHT], counts[FALSE_ALARMS]
    others = np.count_nonzero(world.plan.segment_of_cell[world.people.cell[: world.people.n]] == 0)
    hit = f"of {caught + wrong:,} users hit {caught / (caught + wrong):.0%} farm"
    wrongly = f"{wrong / others:.1%} of the others are hit"
    return f"{hit}; {wrongly}; rewards cost {wallet.cost_cents.sum() / 100:,.0f} CNY"


@dataclass(frozen=True)
class Spoiler:
    """One thing changed in the example, and what to look at."""

    by: str
    written: str
    shows: Callable[[World, Wallet], str]

    def applied(self, example: Document) -> Document:
        """The example with it; the first word of `written` says where it stands."""
        changed = deepcopy(example)
        coins = changed["policy"]["points"]["coins"]
        for part in filter(None, self.written.split("; ")):
            (found,) = [*yaml.safe_load("{" + part + "}").items()]
            homes: dict[str, dict[str, Any]] = {
                "price": coins["rewards"]["5 CNY off"], "appeal": coins["rewards"]["5 CNY off"],
                "farming": changed["response"]["points"], "rules": changed["policy"], "earns": coins,
            }  # fmt: skip
            homes.get(found[0], coins)[found[0]] = found[1]
        return changed


FARMING = "farming: {bargain hunters: {per_idle_day: 90%, accounts: 3}}"
CATCH = "{when: {every: 1 day}, who: 'earned_30d(\"coins\") > 220', do: {forfeit: [coins], block: {coins: 90 days}}}"
SPOILERS = (
    Spoiler("nothing", "", loses),
    Spoiler("a reward out of reach", "price: 2500", loses),
    Spoiler("units that expire too soon", "expires: {after: 1 month}", loses),
    Spoiler("a reward that nobody wants", "appeal: 0", loses),
    Spoiler("a hidden entrance", "steps: 14", loses),
    Spoiler("a rise that is told", "price: {2026-01-01: 300, 2026-09-01: 450}; announced: 31 days", rushes),
    Spoiler("a fall that is told", "price: {2026-01-01: 300, 2026-09-01: 200}; announced: 31 days", rushes),
    Spoiler("money that gives back too much", "earns: {money: {for: money, gives: 25}}", costs),
    Spoiler("bargain hunters", FARMING, farms),
    Spoiler("a rule against them", f"{FARMING}; rules: {{catch: {CATCH}}}", errs),
)


def example() -> Document:
    found = EXAMPLE.search(PAGE.read_text(encoding="utf-8"))
    assert found is not None
    loaded: Document = yaml.safe_load(found[1])
    return loaded | {"start": str(loaded["start"])}


def warned(loaded: LoadedScenario) -> str:
    return "; ".join(problem.message for problem in loaded.warnings) or "–"


def row(spoiler: Spoiler) -> str:
    """The row of the page's table."""
    loaded = load_text(text_of(spoiler.applied(example())))
    world = finished(compile_plan(loaded.scenario))
    cells = spoiler.by, f"`{spoiler.written}`" if spoiler.written else "", spoiler.shows(world, world.wallets["coins"])
    return f"| {' | '.join(cells)} | {warned(loaded)} |\n"


@pytest.mark.parametrize("number", range(len(SPOILERS)), ids=[spoiler.by for spoiler in SPOILERS])
def test_the_page_says_what_a_run_shows(number: int) -> None:
    table = TABLE.search(PAGE.read_text(encoding="utf-8"))
    assert table is not None
    rows = table[0].removeprefix(HEAD).splitlines(keepends=True)
    assert len(rows) == len(SPOILERS)
    assert rows[number] == row(SPOILERS[number]), "run: python -m tests.docs.test_spoilers"


def test_another_number_is_seen() -> None:
    assert row(SPOILERS[0]) != row(Spoiler("nothing", "price: 310", loses))


if __name__ == "__main__":
    text = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(TABLE.sub(lambda _: HEAD + "".join(map(row, SPOILERS)), text), encoding="utf-8")
