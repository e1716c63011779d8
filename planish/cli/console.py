"""What a person reads: tables and lines, by rich on a terminal; plain text with tabs where a program reads it."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Iterable, Sequence


def say(text: str) -> None:
    """A line."""
    print(text)


def did_you_mean(text: str, names: Iterable[str]) -> str | None:
    """What to suggest instead of a name that does not exist; None if nothing is like it."""
    nearest = difflib.get_close_matches(text.lower(), list(names), n=1)
    return f"did you mean {nearest[0]!r}?" if nearest else None


def facts(title: str, rows: Iterable[tuple[str, str]]) -> None:
    """Names and values, one below the other; on a terminal, under a title."""
    if sys.stdout.isatty():
        table([title, ""], rows)
        return
    for name, value in rows:
        print(f"{name}: {value}")


def table(columns: Sequence[str], rows: Iterable[Sequence[str]], numbers: Sequence[int] = ()) -> None:
    """A table; `numbers` are the columns that are set to the right."""
    if not sys.stdout.isatty():
        for row in rows:
            print(*row, sep="\t")
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    drawn = Table(show_edge=False, header_style="bold")
    for place, column in enumerate(columns):
        drawn.add_column(column, justify="right" if place in numbers else "left")
    for row in rows:
        drawn.add_row(*(Text(cell) for cell in row))
    Console().print(drawn)
