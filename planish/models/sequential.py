"""A model that is one layer after another."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

from planish import foreign, naming, overrides, serialization, structures
from planish.errors import explain
from planish.layers.base import nesting, revival, shapes
from planish.layers.base.layer import BatchShape, Layer, building
from planish.layers.base.weight_owner import WeightOwner
from planish.layers.input_layer import InputLayer
from planish.layers.preprocessing.augmentation import ImageLayer, alone, is_one_image
from planish.models.model import Model, fits
from planish.models.networks.equal_names import refuse_taken
from planish.models.networks.network import Network
from planish.symbolic import SymbolicTensor
from planish.tracebacks import short_in_notebooks
from planish.variable import Variable


class Sequential(Model):
    """A stack of layers. It is built as soon as the shape of its input is known: from `Input`, from the first layer's
    `input_shape=`, from `build`, or from the first data.

    `layers`: a list of layers, the first an `Input` if the shape is known. `trainable`: whether training changes
    weights. ValueError if a layer cannot take what the one before gives.

    >>> model = keras.Sequential([keras.Input((28, 28, 1)), keras.layers.Flatten(), keras.layers.Dense(10)])
    >>> model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    >>> history = model.fit(np.zeros((8, 28, 28, 1)), np.zeros(8), verbose=0)
    >>> model.predict(np.zeros((2, 28, 28, 1)), verbose=0).shape
    (2, 10)
    """

    takes_one_input = True

    def __init__(
        self, layers: Sequence[Layer | SymbolicTensor] | None = None, trainable: bool = True, name: str | None = None
    ) -> None:
        super().__init__(trainable=trainable, name=name)
        self._layers: list[Layer] = []
        self._start_came_with_build = False
        taken: set[str] = set()
        for layer in layers or ():
            self._append(layer, taken)
        self.structure_changed()
        self._rebuild()

    @property
    def layers(self) -> list[Layer]:
        """The layers in order, without the input layer."""
        return [layer for layer in self._layers if not isinstance(layer, InputLayer)]

    @property
    def operations(self) -> list[Layer]:
        return self.layers

    @property
    def _right_inside(self) -> list[WeightOwner | Variable]:
        return [*self.layers, *(part for part in super()._right_inside if isinstance(part, Variable))]

    def __call__(self, *inputs: Any, **keywords: Any) -> Any:
        """What `Model` gives; of one image, if the first layer changes images, which takes one, too."""
        if inputs and isinstance(next(iter(self.layers), None), ImageLayer) and is_one_image(inputs[0]):
            one = super().__call__(alone(inputs[0]), *inputs[1:], **keywords)
            return structures.mapped(lambda leaf: leaf[0], one)
        return super().__call__(*inputs, **keywords)

    # -- changing the stack ------------------------------------------------------------------------------------------

    @short_in_notebooks
    def add(self, layer: Layer | SymbolicTensor, rebuild: bool = True) -> None:
        """Adds a layer on top. The stack is unchanged if the layer does not fit (ValueError, TypeError)."""
        before, network = list(self._layers), self._network
        self._append(layer, {other.name for other in self._layers})
        self._invalidate()
        if not rebuild:
            return
        try:
            if network is None or before[-1:] == self._layers[-1:]:
                self._rebuild()
            else:
                self._connect(network.inputs, network.outputs, self._layers[-1:])
        except Exception:
            self._layers, self._network, self.built = before, network, network is not None
            raise

    def _append(self, layer: Layer | SymbolicTensor, taken: set[str]) -> None:
        """Adds a layer whose name is not `taken`, with the input that it declares."""
        added = layer.layer if isinstance(layer, SymbolicTensor) else layer
        foreign.refuse(added, "layers")
        if not isinstance(added, Layer):
            raise TypeError(
                explain(
                    layer=self.label,
                    what="only layers can be added",
                    expected="an object from planish.layers",
                    received=repr(layer),
                )
            )
        if not self._layers and added.declared_shape is not None and not isinstance(added, InputLayer):
            self._layers.append(InputLayer(batch_shape=added.declared_shape))
        self._check_addition(added, taken)
        taken.add(added.name)
        self._layers.append(added)

    def _check_addition(self, layer: Layer, taken: set[str]) -> None:
        overrides.refuse(layer, "layer", overrides.LAYER)
        overrides.check_call(layer)
        if isinstance(layer, InputLayer) and self._layers:
            raise ValueError(
                explain(
                    layer=self.label,
                    what="an Input can only be the first item",
                    received=f"{layer.label} after {self._layers[-1].label}",
                    remedy="a new Sequential([Input(...), *model.layers])",
                )
            )
        refuse_taken(self.label, layer.name, taken)

    @short_in_notebooks
    def pop(self, rebuild: bool = True) -> Layer:
        """Removes the top layer and returns it."""
        if not self.layers:
            raise ValueError(explain(layer=self.label, what="there is no layer to remove"))
        layer = self._layers.pop()
        self._invalidate()
        if rebuild:
            self._rebuild()
        return layer

    def _invalidate(self) -> None:
        self.built = False
        self._network = None
        self.structure_changed()

    def _rebuild(self) -> None:
        """Builds the stack if the shape of its input is known."""
        if not self.layers:
            return
        first = self._layers[0]
        if isinstance(first, InputLayer):
            self.build(first.batch_shape)
        elif isinstance(first, Model) and first.built:
            self.build(first.input_shape)

    # -- building ----------------------------------------------------------------------------------------------------

    def build(self, input_shape: Any = None, **plan: Any) -> None:
        """Makes the weights of all layers for inputs of the shape (batch axis first).

        With the name of a file, `build("model.plan")`, it writes the compiled model: see `planish.shipping.build`."""
        if plan or isinstance(input_shape, str | os.PathLike):
            self.build_plan(input_shape, **plan)
            return
        with building.lock:
            self._build(input_shape)

    def _build(self, input_shape: Sequence[int | None] | None) -> None:
        if not self.layers:
            raise ValueError(explain(layer=self.label, what="the model has no layers", remedy="add(layer)"))
        if not isinstance(self._layers[0], InputLayer):
            if input_shape is None:
                raise ValueError(
                    explain(
                        layer=self.label,
                        what="build needs the shape of the input",
                        expected="the shape of a batch, or an Input as the first item",
                        remedy="build((None, 28, 28, 1))",
                    )
                )
            self._layers.insert(0, InputLayer(batch_shape=input_shape))
            self._start_came_with_build = True
        start = self._layers[0]
        assert isinstance(start, InputLayer)
        shape = start.batch_shape if input_shape is None else tuple(input_shape)
        self._check_start(start, shape[1:])
        if self.built:
            return
        with self.scope(shape), self.forgetting_failures():
            self._connect(start.tensor, start.tensor, self.layers)

    def _connect(self, start: SymbolicTensor, x: Any, layers: Sequence[Layer]) -> None:
        """Builds the layers on top of `x`, which is made from `start`."""
        calls = [(layer, len(layer.calls)) for layer in layers]
        try:
            for layer in layers:
                x = layer(x)
        except Exception:
            for layer, count in calls:
                layer.forget_calls(count)
            raise
        self._network = Network(start, x)
        self.note_build(start.shape)

    def forget_build(self) -> None:
        self._network = None
        super().forget_build()
        if self._start_came_with_build:
            self._layers = self._layers[1:]
            self._start_came_with_build = False

    def build_for(self, given: Mapping[str, Any], arguments: tuple[Any, ...], keywords: Mapping[str, Any]) -> None:
        self.build(next(iter(given.values())))

    def make_ready(self, given: Mapping[str, Any], arguments: tuple[Any, ...], keywords: Mapping[str, Any]) -> None:
        """A model that is built takes what its own Input takes, or that with one last axis of 1 more or less."""
        if self.built:
            self.check_input(shapes.per_image(next(iter(given.values()))))
        else:
            super().make_ready(given, arguments, keywords)

    def finish_build(self, input_shape: Any) -> None:
        """Nothing: `build` has made the network."""

    def _check_start(self, start: InputLayer, shape: Sequence[int | None]) -> None:
        if not fits(shape, start.batch_shape[1:]):
            raise self.other_shape(tuple(shape), start.batch_shape)

    # -- configuration -----------------------------------------------------------------------------------------------

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        with nesting.told(self.label):
            config["layers"] = [serialization.serialize(layer) for layer in self._layers]
        if self.built:
            config["build_input_shape"] = self.input_shape
        return config

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> Sequential:
        """The model that `get_config` (or Keras's) describes, with fresh weights.

        Layers that are made later get names that are not in it, so that its head can be replaced.
        """
        revival.require(cls.__name__, config, "layers")
        with nesting.told(f"{cls.__name__} {config.get('name')!r}"):
            layers = [serialization.deserialize(layer, custom_objects=custom_objects) for layer in config["layers"]]
        arguments = {"layers": layers, "trainable": config.get("trainable", True), "name": config.get("name")}
        model = revival.made(cls, arguments)
        for each in (model, *model._layers):
            naming.count_on(type(each).__name__, each.name)
        build_input_shape = config.get("build_input_shape")
        if not model.built and build_input_shape is not None and model.layers:
            model.build(build_input_shape)
        return model

    def get_build_config(self) -> dict[str, Any] | None:
        built: BatchShape | None = self.input_shape if self.built else None
        return None if built is None else {"input_shape": built}
