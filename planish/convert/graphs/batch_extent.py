"""The number of images in a batch, in computations of shapes: nobody knows it, but it can be passed on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class BatchExtent:
    """So many times the number of images. It is equal to no number: a batch may have any."""

    times: int = 1

    def __mul__(self, other: Any) -> BatchExtent:
        return BatchExtent(self.times * _whole(other))

    __rmul__ = __mul__

    def __floordiv__(self, other: Any) -> BatchExtent:
        if self.times % _whole(other):
            raise TypeError(f"{self} does not have a whole {other}th part")
        return BatchExtent(self.times // _whole(other))

    __truediv__ = __floordiv__

    def __str__(self) -> str:
        return "batch" if self.times == 1 else f"{self.times} * batch"

    __repr__ = __str__


def _whole(number: Any) -> int:
    if isinstance(number, BatchExtent) or int(number) != number or not number:
        raise TypeError(f"the number of images cannot be multiplied or divided by {number}")
    return int(number)
