"""Random zeros for whole channels of a sequence, a map or a volume, in training only (Tompson et al., 2015)."""

from __future__ import annotations

from typing import Any, Unpack

from planish.layers.base import arguments
from planish.layers.base.common_arguments import InputShapes
from planish.layers.base.layer import Shape
from planish.layers.dropout import Dropout

_SIZES = {1: "steps", 2: "height, width", 3: "depth, height, width"}


class SpatialOptions(InputShapes, total=False):
    """What the layers take by keyword besides Keras's arguments."""

    trainable: bool
    autocast: bool


class SpatialDropout(Dropout):
    """Base of the layers that drop channels: one draw for each image and channel."""

    sizes: int
    """The number of axes besides the batch and the channels."""
    data_format = "channels_last"

    def __init__(self, rate: float, seed: int | None, name: str | None, dtype: Any, **options: Any) -> None:
        super().__init__(rate, seed=seed, name=name, dtype=dtype, **options)

    def check_input(self, shape: Shape) -> None:
        named = _SIZES[self.sizes]
        axes = f"(batch, channels, {named})" if self.data_format == "channels_first" else f"(batch, {named}, channels)"
        self.require_rank(shape, self.sizes + 1, axes)

    def draw_shape(self, shape: Shape) -> Shape:
        alike = (1,) * self.sizes
        return (shape[0], *alike) if self.data_format == "channels_first" else (*alike, shape[-1])

    def get_config(self) -> dict[str, Any]:
        """As in Keras, without what has no effect."""
        return {"rate": self.rate, "seed": self.seed, "name": self.name, "dtype": self.dtype}


class SpatialDropout1D(SpatialDropout):
    """`Dropout` of whole channels of sequences [n, steps, channels]: each with probability `rate`. `seed` is Dropout's.

    ValueError for inputs of another rank.

    >>> y = keras.layers.SpatialDropout1D(0.5)(np.ones((2, 3, 4)), training=True)
    >>> bool((y == y[:, :1]).all())
    True
    """

    sizes = 1

    def __init__(
        self,
        rate: float,
        seed: int | None = None,
        name: str | None = None,
        dtype: Any = None,
        **options: Unpack[SpatialOptions],
    ) -> None:
        super().__init__(rate, seed, name, dtype, **options)


class _WithFormat(SpatialDropout):
    """Those for inputs that may have their channels first."""

    def __init__(
        self,
        rate: float,
        data_format: str | None = None,
        seed: int | None = None,
        name: str | None = None,
        dtype: Any = None,
        **options: Unpack[SpatialOptions],
    ) -> None:
        super().__init__(rate, seed, name, dtype, **options)
        self.data_format = arguments.data_format(self.label, data_format)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "data_format": self.data_format}


class SpatialDropout2D(_WithFormat):
    """`Dropout` of whole channels of maps: each is zero with probability `rate`. `seed` is Dropout's.

    `data_format`: 'channels_last' [n, height, width, channels] or 'channels_first'. ValueError for inputs of another
    rank.

    >>> y = keras.layers.SpatialDropout2D(0.5)(np.ones((2, 3, 3, 4)), training=True)
    >>> bool((y == y[:, :1, :1]).all())
    True
    """

    sizes = 2


class SpatialDropout3D(_WithFormat):
    """`Dropout` of whole channels of volumes: each is zero with probability `rate`. `seed` is Dropout's.

    `data_format`: 'channels_last' [n, depth, height, width, channels] or 'channels_first'. ValueError for inputs of
    another rank.

    >>> y = keras.layers.SpatialDropout3D(0.5)(np.ones((2, 3, 3, 3, 4)), training=True)
    >>> bool((y == y[:, :1, :1, :1]).all())
    True
    """

    sizes = 3
