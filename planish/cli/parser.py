"""Reads the arguments: argparse, with a hint at what was probably meant."""

from __future__ import annotations

import argparse
import os
import textwrap
from collections.abc import Sequence
from typing import Any, NoReturn

from planish import output
from planish.cli.console import complain, did_you_mean

MISTAKE = 2
"""The exit code for a mistake of the user's."""

_WIDEST, _HELP_AT, _LINE = 100, 26, 80


class Formatter(argparse.RawDescriptionHelpFormatter):
    """Examples are printed as written; lines stay short enough to read."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=_HELP_AT)
        self._width = min(self._width, _WIDEST)


class Parser(argparse.ArgumentParser):
    """The parser of the program and of each command."""

    def __init__(self, *, description: str, **options: Any) -> None:
        super().__init__(description=textwrap.fill(description, _LINE), formatter_class=Formatter, **options)

    def error(self, message: str) -> NoReturn:
        """Reports a mistake in calling a command: its usage, one line, and exit code 2."""
        output.warn_of(self.format_usage().rstrip())
        complain(f"{self.prog}: error: {message}")
        raise SystemExit(MISTAKE)

    def options(self) -> list[str]:
        """'--epochs' and the like."""
        return [name for name in self._option_string_actions if name.startswith("--")]


def command_of(arguments: Sequence[str]) -> str | None:
    """The first word, which says what to do."""
    return next((word for word in arguments if not word.startswith("-")), None)


def check_command(parser: Parser, arguments: Sequence[str], commands: Sequence[str]) -> None:
    """SystemExit for a command that does not exist, with the one that was probably meant."""
    word = command_of(arguments)
    if word is None or word in commands:
        return
    remedy = did_you_mean(word, commands)
    if remedy is None and os.path.exists(word):
        remedy = f"say what to do with {word!r}: planish train {word}" if os.path.isdir(word) else None
    parser.error(_joined(f"there is no command {word!r}", remedy or "planish --help lists the commands"))


def check_rest(parser: Parser, rest: Sequence[str]) -> None:
    """SystemExit for arguments that the command does not know."""
    if not rest:
        return
    word = rest[0].partition("=")[0]
    if word.startswith("-"):
        remedy = did_you_mean(word, parser.options())
        parser.error(_joined(f"there is no option {word!r}", remedy or f"{parser.prog} --help lists the options"))
    parser.error(f"{word!r} is one argument too many")


def _joined(what: str, remedy: str) -> str:
    return f"{what}; remedy: {remedy}"
