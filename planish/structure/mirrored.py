"""What PyTorch's layers have in common as layers of planish: the same shapes, weights and reach, in channels first.

They describe what a module consists of, and are not meant to be run on data.
"""

from __future__ import annotations

from typing import Any

from planish.layers.base.image import axes_of
from planish.layers.base.layer import Layer, Shape

FIRST = "channels_first"


class Mirrored(Layer):
    """A layer that its user knows as a `kind`: "Conv2d '0'"."""

    def __init__(self, kind: str, name: str, **options: Any) -> None:
        super().__init__(name=name, **options)
        self.kind = kind

    @property
    def label(self) -> str:
        return f"{getattr(self, 'kind', type(self).__name__)} '{self.name}'"

    def check_map(self, shape: Shape, rank: int, channels: int | None = None) -> None:
        """ValueError unless images are channels and `rank` axes of space."""
        self.require_rank(shape, rank + 1, axes_of(FIRST, rank))
        if channels is not None and shape[0] != channels:
            raise self.mistake(
                "the input has another number of channels than the module was made for",
                shape,
                expected=channels,
                received=shape[0],
                remedy=f"input_shape={(channels, *shape[:-1])}"
                if shape[-1] == channels
                else f"input_shape={(channels, *shape[1:])}, for images of that many channels",
            )
