"""Models inside models inside models: how many, is for Python to say."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from planish.errors import explain


@contextmanager
def told(label: str) -> Iterator[None]:
    """ValueError, with a way out, where Python cannot follow any more."""
    try:
        yield
    except RecursionError:
        raise ValueError(
            explain(
                layer=label,
                what="models or layers are inside each other, too many for Python to follow",
                remedy="one model of all layers: Sequential([*outer.layers, *inner.layers])",
            )
        ) from None
