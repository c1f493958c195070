"""Write the sign-ups of scenarios/cdnow from the CDNOW sample: `python tools/prepare_cdnow.py DATA [--to FOLDER]`.

DATA is a folder with the sample, as `scenarios/cdnow/data/README.md` describes it. A customer signs up on the day of
the first purchase. The two files that the case needs are copied beside the scenario, byte for byte.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import shutil
from collections import Counter
from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path

CASE = Path(__file__).resolve().parents[1] / "scenarios" / "cdnow"
SAMPLE = "cdnow_sample.csv.gz"
WEEKLY = "cdnow_sample_weekly_cum_repeat.csv"
START = date(1997, 1, 1)


def read_purchase_days(sample: Path) -> dict[int, list[date]]:
    """The days on which each customer bought, ascending; several purchases on one day are one, as in the literature."""
    days: dict[int, set[date]] = {}
    with gzip.open(sample, "rt", encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            days.setdefault(int(row["customer_id"]), set()).add(date.fromisoformat(row["date"]))
    return {customer: sorted(bought) for customer, bought in days.items()}


def signups_by_date(purchase_days: Iterable[list[date]]) -> dict[date, int]:
    """How many customers bought for the first time on each day, from the start to the last first purchase."""
    firsts = Counter(bought[0] for bought in purchase_days)
    n_days = (max(firsts) - START).days + 1
    return {day: firsts[day] for day in (START + timedelta(days=i) for i in range(n_days))}


def cumulative_repeats(purchase_days: Iterable[list[date]], weeks: int) -> list[int]:
    """Repeat purchases up to the end of each week since the start, weeks 1 to `weeks`."""
    by_week = Counter((day - START).days // 7 for bought in purchase_days for day in bought[1:])
    cumulated, total = [], 0
    for week in range(weeks):
        total += by_week[week]
        cumulated.append(total)
    return cumulated


def write_signups(signups: dict[date, int], path: Path) -> None:
    """Write the CSV that the scenario's `history` channel reads."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["date", "signups"])
        writer.writerows((day.isoformat(), n) for day, n in signups.items())


def prepare(data: Path, case: Path) -> dict[date, int]:
    """Copy the sample into the case's folder and write its sign-ups; returns them."""
    target = case / "data"
    target.mkdir(parents=True, exist_ok=True)
    for name in (SAMPLE, WEEKLY):
        if (data / name).resolve() != (target / name).resolve():
            shutil.copyfile(data / name, target / name)
    signups = signups_by_date(read_purchase_days(target / SAMPLE).values())
    write_signups(signups, case / "signups.csv")
    return signups


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path, help=f"folder that holds {SAMPLE}")
    parser.add_argument("--to", type=Path, default=CASE, help="the case's folder (default: %(default)s)")
    arguments = parser.parse_args()
    signups = prepare(arguments.data, arguments.to)
    print(f"{sum(signups.values()):,} sign-ups from {min(signups)} to {max(signups)} in {arguments.to / 'signups.csv'}")


if __name__ == "__main__":
    main()
