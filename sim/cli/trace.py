"""Print one person's life in one replicate, event by event: sign-up, active days, orders, messages, lapse, return.

A person is the same person, with the same luck, in every scenario over the same world. With a second scenario the two
lives stand side by side, and where they first differ stands above them.
--rule NAME finds somebody to trace: the first person on whom the rule acts, under the second scenario unless only the
first has the rule. --most-changed finds the person whose life differs most between two scenarios, by spend unless
METRIC is named.
"""

from __future__ import annotations

import argparse
from dataclasses import asdict
from typing import TYPE_CHECKING

from sim.bounds import DAYS, LIFE_METRICS, PERSON, REPLICATE, SEED
from sim.cli.options import add_change_option, whole_number
from sim.cli.streams import print_json, say, say_warnings, terminal_width, warner
from sim.errors import UsageError

if TYPE_CHECKING:
    from sim.pipeline import LoadedScenario, TraceSettings

HELP = "print one person's life, event by event, under one scenario or two side by side"
USUAL = True
"""Stands for the usual metric of --most-changed; argparse would look for a text among the choices."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `sim trace`."""
    parser.add_argument("scenario", metavar="SCENARIO", help="a scenario file (.yaml)")
    parser.add_argument("other", nargs="?", metavar="OTHER", help="a second one, to lay the two lives side by side")
    add_change_option(parser)
    who = parser.add_mutually_exclusive_group(required=True)
    who.add_argument("--person", type=whole_number(PERSON), metavar="N", help="whose life")
    who.add_argument("--rule", metavar="NAME", help="the life of the first person on whom this rule acts")
    who.add_argument(
        "--most-changed",
        nargs="?",
        const=USUAL,
        choices=LIFE_METRICS,
        metavar="METRIC",
        help=f"the life that differs most between two scenarios, by {', '.join(LIFE_METRICS)} (spend)",
    )
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

    if arguments.other is None and arguments.most_changed is not None:
        raise UsageError("--most-changed is about two scenarios: name a second one before it")
    paths = [path for path in (arguments.scenario, arguments.other) if path is not None]
    loaded = pipeline.load_all(paths, changes=arguments.changes)
    for scenario in loaded:
        say_warnings(scenario.warnings, quiet=arguments.quiet)
    settings: TraceSettings = {"seed": arguments.seed, "replicate": arguments.replicate, "days": arguments.days}
    if len(loaded) > 1:
        return _print_two(arguments, loaded[0], loaded[1], settings)
    person = arguments.person if arguments.rule is None else _find_reached(arguments, loaded[0], settings)
    events = pipeline.trace(loaded[0], person, **settings)
    if arguments.json:
        print_json([{**asdict(event), "date": event.date.isoformat()} for event in events])
        return 0
    if not events:
        print(f"person {person} does not sign up within the horizon")
    width = max((len(event.what) for event in events), default=0)
    for event in events:
        print(f"{event.date}  day {event.day:>4}  {event.what:<{width}}  {event.detail}".rstrip())
    return 0


def _print_two(
    arguments: argparse.Namespace, baseline: LoadedScenario, other: LoadedScenario, settings: TraceSettings
) -> int:
    """The lives of one person under both; the exit code."""
    from sim import pipeline
    from sim.report.as_json import lives_as_json
    from sim.report.lives import lives_text, most_changed_text

    found = None
    if arguments.most_changed is not None:
        metric = None if arguments.most_changed is USUAL else arguments.most_changed
        found = pipeline.most_changed(baseline, other, metric, **settings)
        person = found.person
    elif arguments.rule is not None:
        is_of_baseline = arguments.rule in set(baseline.scenario.policy.rules).difference(other.scenario.policy.rules)
        person = _find_reached(arguments, baseline if is_of_baseline else other, settings)
    else:
        person = arguments.person
    lives = pipeline.compare_lives(baseline, other, person, **settings)
    warn = warner(quiet=arguments.quiet)
    if warn is not None:
        for text in lives.warnings:
            warn(text)
    if arguments.json:
        print_json(lives_as_json(lives, found))
        return 0
    if found is not None:
        print(most_changed_text(found, lives))
    print(lives_text(lives, width=terminal_width()))
    return 0


def _find_reached(arguments: argparse.Namespace, loaded: LoadedScenario, settings: TraceSettings) -> int:
    """The first person on whom the rule acts, who is told.

    Raises:
        UsageError: there is none.
    """
    from sim import pipeline

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
    return person
