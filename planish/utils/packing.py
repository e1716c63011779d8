"""Images, targets and weights of samples as the tuple in which data sets give them."""

from __future__ import annotations

from typing import Any

from planish.errors import explain


def pack_x_y_sample_weight(x: Any, y: Any = None, sample_weight: Any = None) -> Any:
    """`x`, (x, y) or (x, y, sample_weight): as much as there is. A list or a tuple of inputs alone becomes (x,).

    >>> keras.utils.pack_x_y_sample_weight([1.0, 2.0], [0, 1])
    ([1.0, 2.0], [0, 1])
    """
    if y is None:
        return (x,) if isinstance(x, (tuple, list)) else x
    return (x, y) if sample_weight is None else (x, y, sample_weight)


def unpack_x_y_sample_weight(data: Any) -> tuple[Any, Any, Any]:
    """(x, y, sample_weight) with None for what is not there. ValueError for more than three parts.

    `data`: what a data set gives for a batch.

    >>> keras.utils.unpack_x_y_sample_weight(([1.0, 2.0], [0, 1]))
    ([1.0, 2.0], [0, 1], None)
    """
    parts = tuple(data) if isinstance(data, (list, tuple)) else (data,)
    if not 1 <= len(parts) <= 3:
        raise ValueError(
            explain(
                what="unpack_x_y_sample_weight: the data",
                expected="(x,), (x, y) or (x, y, sample_weight)",
                received=f"{len(parts)} parts",
            )
        )
    x, y, weights = (*parts, None, None)[:3]
    return x, y, weights
