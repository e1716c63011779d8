"""Entry point of the command line: finds the command, and turns mistakes into one line and exit code 2."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import warnings
from collections.abc import Sequence

import planish
from planish.cli import bench, build, cache, demo, evaluate, explain, export, inspect, predict, serve, summary, train
from planish.cli.console import complain, one_line
from planish.cli.parser import MISTAKE, Parser, check_command, check_rest
from planish.errors import is_explained
from planish.output import taken_loss

_COMMANDS = (demo, train, predict, evaluate, explain, summary, inspect, export, build, serve, cache, bench)

_MISTAKES = (ValueError, TypeError, OSError, ImportError, MemoryError)

_INTERRUPTED = 130  # 128 + SIGINT, as shells count


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command of `arguments` (those of the process by default) and returns the exit code.

    0 for success; 2 for a mistake, explained in one line on standard error; 130 after Ctrl-C.
    Faults of planish's own are raised.
    """
    given = _parsed(sys.argv[1:] if arguments is None else arguments)
    if given.run is None:
        return 0
    taken_loss()  # what was lost before, in the same process, is not this command's
    code = _run(given)
    return _settled(given.command) or code


def _run(given: argparse.Namespace) -> int:
    try:
        with warnings.catch_warnings():
            warnings.showwarning = lambda message, *_, **__: complain(
                f"planish {given.command}: warning: {one_line(message)}"
            )
            if given.threads is not None:
                planish.set_num_threads(given.threads)
            code: int | None = given.run(given)
            return code or 0
    except KeyboardInterrupt as interrupt:
        complain("interrupted" + (f": {interrupt}" if interrupt.args else ""))
        return _INTERRUPTED
    except Exception as error:
        if not isinstance(error, _MISTAKES) and not is_explained(error):
            raise  # a fault of planish's: its traceback is what a report needs
        complain(f"planish {given.command}: error: {one_line(error)}")
        return MISTAKE


def _settled(command: str) -> int:
    """Whether all output was written. Whoever closes the pipe has seen enough; a full disk is an error."""
    loss = taken_loss()
    if loss is None:
        return 0
    with contextlib.suppress(AttributeError, OSError, ValueError):  # Python tries again when it ends
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if isinstance(loss, BrokenPipeError):
        return 0
    complain(f"planish {command}: error: the output cannot be written: {one_line(loss)}")
    return MISTAKE


def _parsed(arguments: Sequence[str]) -> argparse.Namespace:
    """SystemExit after --help, --version and for arguments that make no sense."""
    parser, commands = _parser()
    check_command(parser, arguments, list(commands))
    given, rest = parser.parse_known_args(arguments)
    if given.run is None:
        check_rest(parser, rest)
        parser.print_help()
    else:
        check_rest(commands[given.command], rest)
    return given


def _parser() -> tuple[Parser, dict[str, Parser]]:
    """The parser of the program, and those of its commands by name."""
    parser = Parser(
        prog="planish",
        description="Compiles Keras-style convolutional classifiers for this CPU, and trains and runs them.",
        epilog="planish COMMAND --help lists every argument of a command.",
    )
    parser.add_argument("--version", action="version", version=f"planish {planish.__version__}")
    parser.set_defaults(run=None, threads=None)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", dest="command")
    for command in _COMMANDS:
        command.add(commands)
    for added in commands.choices.values():
        added.add_argument(
            "--threads", type=int, metavar="N", help="threads to use (default: the CPUs of this process)"
        )
    return parser, commands.choices
