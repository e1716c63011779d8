"""Output for people: tables and lines, by rich on a terminal; plain text with tabs where a program reads it.

Names from outside - of files, classes, layers - are shown without control characters.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterable, Sequence

from planish import output
from planish.errors import is_explained


def say(text: str) -> None:
    """A line, or several."""
    output.show(output.printable(text, keep="\n\t"))


def complain(text: str) -> None:
    """A line on standard error."""
    output.warn_of(output.printable(text))


def one_line(error: BaseException | str) -> str:
    """The message of an error, its labelled lines joined; of the system's own errors, the file and the reason."""
    if isinstance(error, OSError) and error.strerror is not None:
        reason = error.strerror[:1].lower() + error.strerror[1:]
        return reason if error.filename is None else f"{os.fspath(error.filename)!r}: {reason}"
    text = error.args[0] if isinstance(error, BaseException) and is_explained(error) else error  # str(KeyError) quotes
    lines = [" ".join(line.split()) for line in str(text).splitlines()]
    joined = "; ".join(line for line in lines if line)
    return joined.replace(":; ", ": ").replace("; -> ", " -> ") or type(error).__name__


def did_you_mean(text: str, names: Iterable[str]) -> str | None:
    """What to suggest instead of a name that does not exist; None if nothing is similar."""
    nearest = difflib.get_close_matches(text.lower(), list(names), n=1)
    return f"did you mean {nearest[0]!r}?" if nearest else None


def facts(title: str, rows: Iterable[tuple[str, str]]) -> None:
    """Names and values, a line each; on a terminal, under a title."""
    if output.is_terminal():
        table([title, ""], rows)
        return
    for name, value in rows:
        output.show(f"{output.printable(name)}: {output.printable(value)}")


def table(columns: Sequence[str], rows: Iterable[Sequence[str]], numbers: Sequence[int] = ()) -> None:
    """A table; `numbers` are the columns that are aligned to the right."""
    cells = [[output.printable(cell) for cell in row] for row in rows]
    if not output.is_terminal():
        for row in cells:
            output.show("\t".join(row))
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    drawn = Table(show_edge=False, header_style="bold")
    for place, column in enumerate(columns):
        drawn.add_column(Text(output.printable(column)), justify="right" if place in numbers else "left")
    for row in cells:
        drawn.add_row(*(Text(cell) for cell in row))
    Console(file=output.stream()).print(drawn)
