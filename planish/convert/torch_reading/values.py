"""What the calls of a module's `forward` take and give, as far as it is known without running them."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


class Extent(enum.Enum):
    """An extent that is not a fixed number: that of the batch, another one that the batch decides, or one that only
    running the module would tell."""

    BATCH = enum.auto()
    OF_BATCH = enum.auto()
    UNKNOWN = enum.auto()


Extents = tuple[int | Extent, ...]


class Measured(tuple[int | Extent, ...]):
    """The shape of a tensor, as a run of the module has shown it."""

    __slots__ = ()


@dataclass(frozen=True, eq=False)
class Value:
    """A tensor by the name that the graph has for it. `array` is there if it is a constant, `shape` if it is known.

    `trained`: whether it is a parameter of the module by itself.
    """

    name: str
    shape: Extents | None = None
    array: NDArray[Any] | None = None
    trained: bool = False

    @property
    def rank(self) -> int | None:
        return None if self.shape is None else len(self.shape)


def merged(one: Any, other: Any, batches: tuple[int, int]) -> Any:
    """Any nesting of what two runs with batches of these sizes gave: numbers that differ are extents of the batch."""
    if isinstance(one, (tuple, list)) and isinstance(other, (tuple, list)) and len(one) == len(other):
        items = [merged(*pair, batches) for pair in zip(one, other, strict=True)]
        return Measured(items) if isinstance(one, Measured) else type(one)(items)
    if isinstance(one, int) and isinstance(other, int) and one != other:
        return Extent.BATCH if (one, other) == batches else Extent.OF_BATCH
    return one


def array_of(tensor: Any) -> NDArray[Any]:
    """A tensor's numbers; of one without any - on the device 'meta', or of a lazy module - zeros of its shape, which
    take no memory. A shape that is not known yet is (0,)."""
    if type(tensor).__name__.startswith("Uninitialized"):
        return np.zeros(0, np.float32)
    if getattr(tensor, "is_meta", False):
        return np.broadcast_to(np.float32(0), tuple(tensor.shape))
    read = tensor.detach().cpu()
    if str(read.dtype) in ("torch.bfloat16", "torch.float16"):
        read = read.float()
    return np.asarray(read.numpy())
