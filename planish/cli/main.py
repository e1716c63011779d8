"""Entry point of the command line: finds the command, and turns mistakes into one line and exit code 2."""

from __future__ import annotations

import argparse
import io
import os
import sys
import warnings
from collections.abc import Sequence

import planish
from planish.cli import bench, cache, demo, evaluate, explain, inspect, predict, summary, train

_COMMANDS = (demo, train, predict, evaluate, explain, summary, inspect, cache, bench)

_MISTAKE = 2
_INTERRUPTED = 130  # 128 + SIGINT, as shells count


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command of `arguments` (those of the process by default) and returns the exit code.

    0 for success; 2 for a mistake, told in one line on standard error; 130 after Ctrl-C.
    """
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # names of files that the terminal cannot show
    parser = _parser()
    given = parser.parse_args(arguments)
    if given.run is None:
        parser.print_help()
        return 0
    try:
        with warnings.catch_warnings():
            warnings.showwarning = lambda message, *_, **__: print(
                f"planish {given.command}: warning: {one_line(message)}", file=sys.stderr
            )
            if given.threads is not None:
                planish.set_num_threads(given.threads)
            given.run(given)
        sys.stdout.flush()
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return _INTERRUPTED
    except BrokenPipeError:  # whoever read the output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (ValueError, TypeError, OSError, ImportError, MemoryError) as error:
        print(f"planish {given.command}: error: {one_line(error)}", file=sys.stderr)
        return _MISTAKE
    return 0


def one_line(error: BaseException | str) -> str:
    """The message of an error, its labelled lines joined; of the system's own errors, the file and the reason."""
    if isinstance(error, OSError) and error.strerror is not None:
        reason = error.strerror[:1].lower() + error.strerror[1:]
        return reason if error.filename is None else f"{os.fspath(error.filename)!r}: {reason}"
    lines = [" ".join(line.split()) for line in str(error).splitlines()]
    joined = "; ".join(line for line in lines if line)
    return joined.replace(":; ", ": ").replace("; -> ", " -> ") or type(error).__name__


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="planish",
        description="Compiles Keras-style convolutional classifiers for this CPU, and trains and runs them.",
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
    return parser
