"""Print one person's life in one replicate, event by event: sign-up, active days, orders, messages, lapse, return.

A person is the same person, with the same luck, in every scenario over the same world: trace one under two policies.
--rule NAME finds somebody to trace: the first person on whom the rule acts.
"""

from __future__ import annotations

import argparse
from dataclasses import asdict
from typing import TYPE_CHECKING

from sim.bounds import DAYS, PERSON, REPLICATE, SEED
from sim.cli.options import add_change_option, whole_number
from sim.cli.streams import print_json, say, say_warnings
from sim.errors import UsageError

if TYPE_CHECKING:
    from sim.pipeline import TraceSettings

HELP = "print one person's life, event by event"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `sim trace`."""
    parser.add_argument("scenario", metavar="SCENARIO", help="a scenario file (.yaml)")
    add_change_option(parser)
    who = parser.add_mutually_exclusive_group(required=True)
    who.add_argument("--person", type=whole_number(PERSON), metavar="N", help="whose life")
    who.add_argument("--rule", metavar="NAME", help="the life of the first person on whom this rule acts")
    parser.add_argument("--seed", type=whole_number(SEED), default=1, metavar="N", help="which luck (1)")
    parser.add_argument(
        "--replicate", type=whole_number(REPLICATE), default=0, metavar="N", help="which repetition (0)"
    )
    parser.add_argument(
        "--days", type=whole_number(DAYS), metavar="N", help="days to simulate (the scenario's horizon)"
    )
    parser.add_argument("--json", action="store_true", help="print the events as JSON, alone on standard output")
    parser.add_argument("--quiet", action="store_true", help="no warnings")


def call(arguments: argparse.Namespace) -> int:
    """Trace and print; the exit code."""
    from sim import pipeline

    loaded = pipeline.load(arguments.scenario, arguments.changes)
    say_warnings(loaded.warnings, quiet=arguments.quiet)
    settings: TraceSettings = {"seed": arguments.seed, "replicate": arguments.replicate, "days": arguments.days}
    person = arguments.person
    if arguments.rule is not None:
        person = pipeline.first_reached(loaded, arguments.rule, **settings)
        sends = loaded.scenario.policy.rules[arguments.rule].do.message is not None
        if person is None:
            does = "messages" if sends else "acts on"
            raise UsageError(f"rule `{arguments.rule}` {does} nobody within the horizon, in this replicate")
        does = f"whom rule `{arguments.rule}` messages" if sends else f"on whom rule `{arguments.rule}` acts"
        found = f"person {person}, the first {does}"
        if not arguments.json:
            print(found)
        elif not arguments.quiet:
            say(found)
    events = pipeline.trace(loaded, person, **settings)
    if arguments.json:
        print_json([{**asdict(event), "date": event.date.isoformat()} for event in events])
        return 0
    if not events:
        print(f"person {person} does not sign up within the horizon")
    width = max((len(event.what) for event in events), default=0)
    for event in events:
        print(f"{event.date}  day {event.day:>4}  {event.what:<{width}}  {event.detail}".rstrip())
    return 0
