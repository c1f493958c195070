"""From arguments to an exit code: builds the parser, calls the command, turns errors into one message each."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Sequence
from types import FrameType, ModuleType

from sim.cli import check, compare, diff, explain, init, plot, run, schema, sensitivity, show, solve, trace, validate
from sim.cli.streams import make_streams_safe, say, silence_closed_streams
from sim.errors import ScenarioError, SimError, render_problems

COMMANDS: tuple[ModuleType, ...] = (
    run,
    compare,
    explain,
    sensitivity,
    solve,
    check,
    plot,
    validate,
    show,
    diff,
    trace,
    init,
    schema,
)
DONE, BAD_INPUT, INTERRUPTED = 0, 2, 130

DESCRIPTION = """\
Compare growth, retention and recall policies written in YAML, before money is spent.

  sim compare today.yaml recall.yaml     what would the other policy change, with intervals
"""
EPILOG = """\
Exit codes: 0 done; 2 bad input or usage; 130 interrupted. Of `sim check` also 1, something fails, and 3, something is
inconclusive; of `sim diff --exit-code` also 1, something differs. `sim COMMAND --help` tells more."""


def run_command_line(argv: Sequence[str]) -> int:
    """The exit code of `sim ARGV…`; every error that a user can cause is one message on standard error."""
    make_streams_safe()
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        arguments = build_parser().parse_args(argv)
    except SystemExit as ended:  # argparse has printed its help or its message
        return _flushed(ended.code if isinstance(ended.code, int) else BAD_INPUT)
    if arguments.debug:
        return int(arguments.call(arguments))
    return _flushed(_call_guarded(arguments))


def build_parser() -> argparse.ArgumentParser:
    """The parser of all commands."""
    parser = argparse.ArgumentParser(
        prog="sim",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=_Help,
    )
    parser.add_argument("--version", action=_PrintVersion, help="print the version and exit")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", dest="command", required=True)
    for module in COMMANDS:
        name = module.__name__.rpartition(".")[2]
        command = commands.add_parser(
            name,
            help=module.HELP,
            description=module.__doc__,
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,  # an option added later must not change what an old script says
        )
        module.add_arguments(command)
        command.add_argument("--debug", action="store_true", help="show the traceback of an error")
        command.set_defaults(call=module.call)
    return parser


class _Help(argparse.RawDescriptionHelpFormatter):
    """Makes room for the longest command: argparse forgets that commands stand further in than options."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog)
        longest = max(len(module.__name__.rpartition(".")[2]) for module in COMMANDS)
        self._action_max_length = longest + 2 * self._indent_increment


class _PrintVersion(argparse.Action):
    """Looks the version up only when it is asked for."""

    def __init__(self, option_strings: Sequence[str], dest: str, help: str | None = None) -> None:
        super().__init__(option_strings, dest, nargs=0, help=help)

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from importlib.metadata import PackageNotFoundError, version

        try:
            print(f"sim {version('userops-sim')}")
        except PackageNotFoundError:
            print("sim (not installed)")
        parser.exit()


def _call_guarded(arguments: argparse.Namespace) -> int:
    """The command's exit code, with the errors that a user or a machine can cause turned into a message."""
    try:
        return int(arguments.call(arguments))
    except ScenarioError as error:
        say(render_problems(error.problems))
        return BAD_INPUT
    except SimError as error:
        say(f"sim {arguments.command}: {error}")
        return error.exit_code
    except KeyboardInterrupt:
        say("interrupted: nothing half-written was left")
        return INTERRUPTED
    except BrokenPipeError:
        silence_closed_streams()
        return DONE  # the reader has seen enough, as in `sim show world.yaml | head`
    except MemoryError:
        say(f"sim {arguments.command}: out of memory: use fewer --jobs, or a larger `people_per_agent`")
        return BAD_INPUT
    except OSError as error:
        say(f"sim {arguments.command}: {error.strerror or error}" + (f": {error.filename}" if error.filename else ""))
        return BAD_INPUT


def _flushed(exit_code: int) -> int:
    """The exit code, or what became of it when the output could not be written to its end."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except BrokenPipeError:
        silence_closed_streams()
    except OSError as error:
        silence_closed_streams()
        say(f"sim: cannot write to standard output: {error.strerror}")
        return BAD_INPUT
    return exit_code


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    """A polite end of the process is handled as an interrupt is: workers gone, nothing half-written, 130."""
    raise KeyboardInterrupt
