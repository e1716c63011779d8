"""A model from symbolic inputs to symbolic outputs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from planish.layers.base import nesting, revival
from planish.models import wiring
from planish.models.model import Model

_Class = TypeVar("_Class", bound="Functional")


class Functional(Model):
    """What `Model(inputs, outputs)` makes: see `Model`.

    `inputs` and `outputs`: symbolic tensors, or any nesting of lists, tuples and dictionaries of them. `trainable`:
    whether training changes its weights.

    >>> x = keras.Input((4,))
    >>> type(keras.Model(x, keras.layers.Dense(3)(x))).__name__
    'Functional'
    """

    def __init__(self, inputs: Any, outputs: Any, name: str | None = None, trainable: bool = True) -> None:
        super().__init__(inputs, outputs, trainable=trainable, name=name)

    def add_loss(self, loss: Any) -> None:
        """NotImplementedError, as in Keras: a functional model has no `call` of its own that could add a loss."""
        try:
            super().add_loss(loss)
        except ValueError as error:
            raise NotImplementedError(*error.args) from None

    def get_config(self) -> dict[str, Any]:
        assert self.network is not None
        with nesting.told(self.label):
            return {"name": self.name, "trainable": self.trainable, **wiring.configuration(self.network)}

    @classmethod
    def from_config(
        cls: type[_Class], config: dict[str, Any], custom_objects: Mapping[str, Any] | None = None
    ) -> _Class:
        """The model that `get_config` (or Keras's) describes, with fresh weights."""
        from planish.custom_objects import CustomObjectScope

        revival.require(cls.__name__, config, "layers", "input_layers", "output_layers")
        label = f"{cls.__name__} {config.get('name')!r}"
        with nesting.told(label), CustomObjectScope(custom_objects):
            inputs, outputs = wiring.network_ends(config, label)
        ends = {"inputs": inputs, "outputs": outputs}
        return revival.made(cls, {**ends, "name": config.get("name"), "trainable": config.get("trainable", True)})

    def get_build_config(self) -> None:
        """Nothing: the inputs say what the model was built for."""
        return
