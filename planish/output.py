"""Everything that planish shows goes through here: nothing that is shown can stop the work that it describes.

`sys.stdout` may be None (a program without a window), closed, a pipe that nobody reads any more, a user's object that
can only write, or a console that knows few characters. What cannot be shown is left out.
"""

from __future__ import annotations

import contextlib
import logging
import sys
import unicodedata
from collections.abc import Iterator
from typing import IO, Any, cast

_PLAIN = str.maketrans({"━": "=", "─": "-", "…": "...", "└": "`", "│": "|"})
"""What stands for characters that planish itself uses, where a console lacks them."""

_TURNING = {"LRE", "RLE", "PDF", "LRO", "RLO", "LRI", "RLI", "FSI", "PDI"}
"""Characters that reverse the text after them: with them, a name could show as another one."""

_UNSEEN = {"Cc", "Cs", "Zl", "Zp"}


_interactive = True
"""Whether what belongs on standard output goes there, or to the logger."""


_silent = False


class Shown:
    """`sys.stdout` or `sys.stderr`, whatever it is now, as a file that can always be written."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._loss: OSError | None = None

    @property
    def _stream(self) -> Any:
        return getattr(sys, self._name)

    @property
    def encoding(self) -> str:
        return getattr(self._stream, "encoding", None) or "utf-8"

    def write(self, text: str) -> int:
        if self._name == "stdout" and _silent:
            return len(text)
        if self._name == "stdout" and not _interactive:
            logging.getLogger("planish").info(text.strip("\n"))
            return len(text)
        with self._kept():
            self._write(text)
        return len(text)

    def _write(self, text: str) -> None:
        try:
            self._stream.write(text)
        except UnicodeEncodeError:
            known = text.translate(_PLAIN).encode(self.encoding, "backslashreplace")
            self._stream.write(known.decode(self.encoding))

    def flush(self) -> None:
        with self._kept():
            self._stream.flush()

    def isatty(self) -> bool:
        try:
            return bool(self._stream.isatty())
        except Exception:
            return False

    @contextlib.contextmanager
    def _kept(self) -> Iterator[None]:
        """Continues after any error of a user's own stream, but lets Ctrl-C through."""
        try:
            yield
        except OSError as error:
            self._loss = error
        except Exception:
            pass

    def taken_loss(self) -> OSError | None:
        """Why something was not written, if that was the system's fault; None if asked a second time."""
        loss, self._loss = self._loss, None
        return loss


_OUT, _ERRORS = Shown("stdout"), Shown("stderr")


def enable_interactive_logging() -> None:
    """Shows bars, lines and tables on standard output: how it is from the start.

    >>> keras.utils.enable_interactive_logging()
    """
    global _interactive
    _interactive = True


def disable_interactive_logging() -> None:
    """Gives bars, lines and tables to `logging.getLogger("planish")` from now on, as messages of level INFO.

    >>> keras.utils.disable_interactive_logging()
    >>> keras.utils.is_interactive_logging_enabled()
    False
    >>> keras.utils.enable_interactive_logging()
    """
    global _interactive
    _interactive = False


def is_interactive_logging_enabled() -> bool:
    """Whether bars, lines and tables go to standard output.

    >>> keras.utils.is_interactive_logging_enabled()
    True
    """
    return _interactive


@contextlib.contextmanager
def silenced() -> Iterator[None]:
    """Inside, nothing is shown on standard output, nor given to the logger."""
    global _silent
    _silent, before = True, _silent
    try:
        yield
    finally:
        _silent = before


def show(text: str, end: str = "\n") -> None:
    """Text on standard output, at once; or a message to the logger, where that was asked for."""
    _OUT.write(text + end)
    _OUT.flush()


def warn_of(text: str) -> None:
    """A line on standard error."""
    _ERRORS.write(text + "\n")
    _ERRORS.flush()


def taken_loss() -> OSError | None:
    """Why output was lost: a full disk, for example. None if asked a second time."""
    _OUT.flush()
    return _OUT.taken_loss()


def is_terminal() -> bool:
    """Whether standard output is a terminal, and what is shown goes there."""
    return _interactive and _OUT.isatty()


def errors_are_watched() -> bool:
    """Whether somebody sees standard error immediately: on a terminal or in a notebook."""
    return _ERRORS.isatty() or "ipykernel" in sys.modules


def stream() -> IO[str]:
    """Standard output for a library that writes to files, with the same promise."""
    return cast(IO[str], _OUT)


def printable(text: str, keep: str = "") -> str:
    """A text from outside - the name of a file, a class, a layer - without what would change a terminal.

    Control characters and those that turn the direction of a line are written as in Python: '\\x1b'. `keep` are some
    that are meant.
    """
    return "".join(character if character in keep else _visible(character) for character in text)


def _visible(character: str) -> str:
    unseen = unicodedata.category(character) in _UNSEEN or unicodedata.bidirectional(character) in _TURNING
    return character.encode("unicode_escape").decode("ascii") if unseen else character
