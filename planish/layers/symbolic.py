"""What stands for an array that does not exist yet: a shape, a type and the layer that will make it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from planish.layers.layer import Layer


class SymbolicTensor:
    """The input or the output of a layer. `shape` has the batch axis first (None if any number of images will do).

    `source` is what `layer` makes it from; None for a model's input.
    """

    def __init__(
        self, shape: tuple[int | None, ...], dtype: str, name: str, layer: Layer, source: SymbolicTensor | None = None
    ) -> None:
        self.shape = shape
        self.dtype = dtype
        self.name = name
        self.layer = layer
        self.source = source

    @property
    def ndim(self) -> int:
        return len(self.shape)

    def __repr__(self) -> str:
        return f"<SymbolicTensor shape={self.shape}, dtype={self.dtype}, name={self.name}>"
