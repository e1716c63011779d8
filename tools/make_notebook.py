"""Writes the tutorial on flattening as a notebook: text as text, examples as cells, with what comes out of them.

python tools/make_notebook.py
"""

from __future__ import annotations

import doctest
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

DOCS = Path(__file__).parent.parent / "docs"
PAGE, NOTEBOOK = DOCS / "flattening-tutorial.md", DOCS / "flattening-tutorial.ipynb"
_BLOCK = re.compile(r"^```python\n(.*?)^```$\n?", re.MULTILINE | re.DOTALL)


def notebook(text: str) -> str:
    """The page in the form of nbformat 4.5."""
    made = [{"id": f"cell-{place}", **cell} for place, cell in enumerate(cells(text))]
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    content = {"cells": made, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def cells(text: str) -> Iterator[dict[str, Any]]:
    end = 0
    for found in _BLOCK.finditer(text):
        yield from _words(text[end : found.start()])
        yield from _shown(found[1]) if found[1].startswith(">>>") else [_code(found[1], "")]
        end = found.end()
    yield from _words(text[end:])


def _words(text: str) -> Iterator[dict[str, Any]]:
    if text.strip():
        yield {"cell_type": "markdown", "metadata": {}, "source": _lines(text.strip())}


def _shown(block: str) -> Iterator[dict[str, Any]]:
    """A cell for each example that shows something, with those before it that show nothing."""
    source = ""
    for example in doctest.DocTestParser().get_examples(block):
        source += example.source
        if example.want:
            yield _code(source, example.want)
            source = ""
    if source:
        yield _code(source, "")


def _code(source: str, shown: str) -> dict[str, Any]:
    stream = {"name": "stdout", "output_type": "stream", "text": _lines(shown)}
    result = {"data": {"text/plain": _lines(shown.rstrip())}, "execution_count": None, "metadata": {}}
    printed = "print(" in source
    outputs = [] if not shown else [stream] if printed else [{**result, "output_type": "execute_result"}]
    code = {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": outputs}
    return {**code, "source": _lines(source.rstrip())}


def _lines(text: str) -> list[str]:
    return text.splitlines(keepends=True)


if __name__ == "__main__":
    NOTEBOOK.write_text(notebook(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
