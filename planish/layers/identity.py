"""A layer that changes nothing."""

from __future__ import annotations

from typing import Any, Unpack

from planish.layers.base.common_arguments import LayerOptions
from planish.layers.base.layer import Layer


class Identity(Layer):
    """Gives what it gets: a tensor, or a list, tuple or dictionary of them.

    >>> print(keras.layers.Identity()(np.array([[1.0, 2.0]])))
    [[1. 2.]]
    """

    always_built = True

    def __init__(self, **options: Unpack[LayerOptions]) -> None:
        super().__init__(**options)

    def call(self, inputs: Any) -> Any:
        return inputs

    def get_config(self) -> dict[str, Any]:
        return super().get_config()
