"""Stands for an array that does not exist yet: a shape, a type and the layer that will make it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, overload

if TYPE_CHECKING:
    from planish.layers.layer import Layer


class SymbolicTensor:
    """The input or the output of a layer. `shape` has the batch axis first (None if any number of images will do).

    `source` is the input from which `layer` makes it; None for a model's input.
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


class End:
    """As an attribute of a layer: its input or its output, None where there is none yet.

    It does not keep the layer itself, which is filled in on access. A layer and a tensor that kept each other would
    wait for the garbage collector, and with them the arrays of all weights.
    """

    def __set_name__(self, owner: type, name: str) -> None:
        self._place = f"_{name}_end"

    @overload
    def __get__(self, layer: None, owner: Any) -> End: ...
    @overload
    def __get__(self, layer: Layer, owner: Any) -> SymbolicTensor | None: ...
    def __get__(self, layer: Layer | None, owner: Any) -> End | SymbolicTensor | None:
        if layer is None:
            return self
        kept = vars(layer).get(self._place)
        if kept is None:
            return None
        shape, dtype, name, maker, source = kept
        return SymbolicTensor(shape, dtype, name, maker or layer, source)

    def __set__(self, layer: Layer, tensor: SymbolicTensor | None) -> None:
        kept = None
        if tensor is not None:
            maker = None if tensor.layer is layer else tensor.layer
            kept = (tensor.shape, tensor.dtype, tensor.name, maker, tensor.source)
        vars(layer)[self._place] = kept
