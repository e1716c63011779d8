"""Models inside models inside models: Python limits how deep."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from planish.errors import explain


@contextmanager
def told(label: str) -> Iterator[None]:
    """ValueError with a remedy where Python's recursion limit is reached."""
    try:
        yield
    except RecursionError:
        raise ValueError(
            explain(
                layer=label,
                what="models or layers are nested too deep for Python to follow",
                remedy="one model with all layers: Sequential([*outer.layers, *inner.layers])",
            )
        ) from None
