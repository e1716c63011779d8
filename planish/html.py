"""What notebooks show of planish's objects: tables and texts, and nothing in them that a name could smuggle in."""

from __future__ import annotations

import html
from collections.abc import Collection, Iterable, Sequence

from planish.output import printable

_LEFT, _RIGHT = "text-align: left", "text-align: right"


def escaped(text: object) -> str:
    """Text from outside, as nothing but text."""
    return html.escape(printable(str(text), keep="\n"))


def paragraph(text: object) -> str:
    return f"<p>{escaped(text)}</p>"


def preformatted(text: object) -> str:
    """Lines as they are, in letters of one width."""
    return f'<pre style="overflow-x: auto; line-height: 1.25">{escaped(text)}</pre>'


def table(columns: Sequence[str], rows: Iterable[Sequence[object]], numbers: Collection[str] = ()) -> str:
    """A table; columns named in `numbers` are set to the right."""
    styles = [_RIGHT if name in numbers else _LEFT for name in columns]
    head = _row("th", columns, styles)
    body = "".join(_row("td", row, styles) for row in rows)
    return f"<table><thead>{head}</thead><tbody>{body}</tbody></table>"


def _row(tag: str, cells: Sequence[object], styles: Sequence[str]) -> str:
    made = (f'<{tag} style="{style}">{escaped(cell)}</{tag}>' for cell, style in zip(cells, styles, strict=True))
    return f"<tr>{''.join(made)}</tr>"
