"""A model from symbolic inputs to symbolic outputs."""

from __future__ import annotations

from typing import Any

from planish.models.model import Model


class Functional(Model):
    """What `Model(inputs, outputs)` makes: see `Model`.

    >>> x = keras.Input((4,))
    >>> type(keras.Model(x, keras.layers.Dense(3)(x))).__name__
    'Functional'
    """

    def __init__(self, inputs: Any, outputs: Any, name: str | None = None, trainable: bool = True) -> None:
        super().__init__(inputs, outputs, trainable=trainable, name=name)
