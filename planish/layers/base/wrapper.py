"""Base of layers around another layer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, Unpack

from planish import serialization
from planish.errors import explain
from planish.layers.base.common_arguments import LayerOptions
from planish.layers.base.layer import Layer, Shape

_Class = TypeVar("_Class", bound="Wrapper")


class Wrapper(Layer):
    """A layer that has another one as its `layer`. Subclasses say in `call` what they make of it.

    ValueError for anything that is not a layer.

    >>> class Twice(keras.layers.Wrapper):
    ...     def call(self, x):
    ...         return self.layer(self.layer(x))
    >>> Twice(keras.layers.Dense(3))(np.ones((1, 3))).shape
    (1, 3)
    """

    def __init__(self, layer: Layer, **options: Unpack[LayerOptions]) -> None:
        if not isinstance(layer, Layer):
            kind = type(self).__name__
            raise ValueError(
                explain(
                    layer=kind,
                    what="argument 'layer' is wrong",
                    expected="a layer or a model",
                    received=repr(layer),
                    remedy=f"{kind}(Dense(10))",
                )
            )
        super().__init__(**options)
        self.layer = layer

    def create_weights(self, shape: Shape) -> None:
        if not self.layer.built:
            self.layer.build((None, *self.inner_shape(shape)))

    def inner_shape(self, shape: Shape) -> Shape:
        """The shape of one image for the layer inside, for that of one image."""
        return shape

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "layer": serialization.serialize(self.layer)}

    @classmethod
    def from_config(
        cls: type[_Class], config: dict[str, Any], custom_objects: Mapping[str, Any] | None = None
    ) -> _Class:
        """The layer that `get_config` describes, with fresh weights."""
        inner = serialization.deserialize(config["layer"], custom_objects=custom_objects)
        return cls(**{**config, "layer": inner})
