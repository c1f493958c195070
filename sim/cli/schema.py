"""Print the JSON Schema of scenario files, for editors that complete and check YAML while one types.

  sim schema > scenario.schema.json

and, as the first line of a scenario:

  # yaml-language-server: $schema=scenario.schema.json
"""

from __future__ import annotations

import argparse

from sim.cli.streams import print_json

HELP = "print the JSON Schema of scenario files, for editors"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """`sim schema` takes no argument of its own."""
    del parser


def call(arguments: argparse.Namespace) -> int:
    """Print; the exit code."""
    del arguments
    from sim import pipeline

    print_json(pipeline.json_schema())
    return 0
