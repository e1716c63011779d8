"""Arrays of weights as older versions of Keras stored them: other orders of axes, and kernels that are turned round.

Keras 1 had the filters first where images are channels first. Theano turned kernels round before it multiplied, so a
file of its weights has them the other way round, whatever the version.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from planish.layers.base.weight_owner import WeightOwner
from planish.variable import Variable

if TYPE_CHECKING:
    from planish.saving.stored_array import StoredArray

Array = NDArray[Any]

_TURNED = ("Conv1D", "Conv2D", "Conv3D", "Conv2DTranspose")
_FILTERS_FIRST: dict[int, tuple[int, ...]] = {4: (2, 3, 1, 0), 5: (2, 3, 4, 1, 0)}
_OF_TRANSPOSED: dict[str, tuple[int, ...]] = {"channels_first": (2, 3, 0, 1), "channels_last": (0, 1, 3, 2)}


@dataclass(frozen=True)
class Origin:
    """What wrote a file: Keras's version, and 'tensorflow' or 'theano'."""

    version: str
    backend: str

    @property
    def is_keras_1(self) -> bool:
        return self.version.startswith("1")


@dataclass(frozen=True)
class Form:
    """How a file has a weight of `shape`: `stored` is the shape there, `axes` the order of its axes today."""

    stored: tuple[int, ...]
    axes: tuple[int, ...] | None = None
    turned: int = 0

    def of_stored(self, stored: StoredArray) -> StoredArray:
        """What is stored, to be read as it is today."""
        return stored if self.axes is None and not self.turned else stored.then(self.today)

    def today(self, array: Array) -> Array:
        """The array as it is today."""
        if self.axes is not None:
            array = array[:, 0] if len(self.axes) < array.ndim else array.transpose(self.axes)
        return array[(slice(None, None, -1),) * self.turned]


def form_of(layer: WeightOwner, variable: Variable, origin: Origin) -> Form:
    """How a file of this origin has a weight of a layer."""
    kind, shape = type(layer).__name__, variable.shape
    is_kernel = variable.name.endswith("kernel") and len(shape) >= 3
    turned = len(shape) - 2 if is_kernel and origin.backend == "theano" and kind in _TURNED else 0
    if not (is_kernel and origin.is_keras_1):
        return Form(shape, None, turned)
    if len(shape) == 3:
        return Form((shape[0], 1, *shape[1:]), (0, 1, 2), turned)
    data_format = getattr(layer, "data_format", "channels_last")
    if kind == "Conv2DTranspose":
        axes = _OF_TRANSPOSED[data_format]
    elif data_format == "channels_first":
        axes = _FILTERS_FIRST[len(shape)]
    else:
        return Form(shape, None, turned)
    stored = [0] * len(shape)
    for place, axis in enumerate(axes):
        stored[axis] = shape[place]
    return Form(tuple(stored), axes, turned)
