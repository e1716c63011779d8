"""An axis of an array split into several."""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from typing import Any

from planish.errors import explain
from planish.flattening import arrays
from planish.flattening.flatten import known
from planish.tracebacks import short_in_notebooks


@short_in_notebooks
def unflatten(x: Any, axis: int, sizes: Sequence[int]) -> Any:
    """`axis` split into axes of the given sizes, in C order: what `flatten` joined. One size may be -1: the rest.

    unflatten(rows, 1, (28, 28)): (60000, 784) -> (60000, 28, 28). Kinds of arrays and views as in `flatten`. Raises
    ValueError for an axis that `x` does not have, and for sizes that do not multiply to its length.

    >>> keras.flattening.unflatten(np.zeros((2, 48)), 1, (4, 4, 3)).shape
    (2, 4, 4, 3)
    """
    array = arrays.as_array(x)
    shape = tuple(array.shape)
    rank = len(shape)
    if not -rank <= operator.index(axis) < rank:
        raise ValueError(
            explain(
                what=f"unflatten: there is no axis {axis}",
                expected=f"axis {-rank} to {rank - 1} of shape {shape}" if rank else "an array with at least one axis",
                received=axis,
            )
        )
    place = axis % rank
    known("unflatten", shape, place, place)
    extents = _completed(tuple(operator.index(size) for size in sizes), shape[place], axis, shape)
    return arrays.reshaped(array, (*shape[:place], *extents, *shape[place + 1 :]))


def _completed(sizes: tuple[int, ...], length: int, axis: int, shape: tuple[int, ...]) -> tuple[int, ...]:
    """`sizes` with a number for -1; ValueError if they do not make up the axis."""
    known = math.prod(size for size in sizes if size != -1)
    missing = sizes.count(-1)
    if missing == 1 and known > 0 and length % known == 0:
        sizes = tuple(length // known if size == -1 else size for size in sizes)
    if any(size < 0 for size in sizes) or math.prod(sizes) != length:
        product = " * ".join(map(str, sizes)) or "1"
        raise ValueError(
            explain(
                what=f"unflatten: axis {axis} cannot be split into these sizes",
                expected=f"sizes that multiply to {length:,}, at most one of them -1",
                received=f"{sizes}" if missing else f"{sizes}: {product} = {known:,}",
                input_shape=shape,
            )
        )
    return sizes
