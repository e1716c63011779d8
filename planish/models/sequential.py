"""A model that is one layer after another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from planish import foreign, naming, overrides, primitives, serialization
from planish.errors import explain
from planish.graph.node import Node
from planish.layers import chain
from planish.layers.context import CallContext
from planish.layers.input_layer import InputLayer
from planish.layers.layer import BatchShape, Layer, Shape, building
from planish.layers.symbolic import SymbolicTensor
from planish.models import nesting
from planish.models.model import Model
from planish.models.path_names import PathNames
from planish.tracebacks import short_in_notebooks


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

    def __init__(
        self, layers: Sequence[Layer | SymbolicTensor] | None = None, trainable: bool = True, name: str | None = None
    ) -> None:
        super().__init__(trainable=trainable, name=name)
        self._layers: list[Layer] = []
        self._start_came_with_build = False
        self._names = PathNames()
        self._steps: list[chain.Step] = []
        taken: set[str] = set()
        for layer in layers or ():
            self._append(layer, taken)
        self.structure_changed()
        self._rebuild()

    @property
    def layers(self) -> list[Layer]:
        return [layer for layer in self._layers if not isinstance(layer, InputLayer)]

    # -- changing the stack ------------------------------------------------------------------------------------------

    @short_in_notebooks
    def add(self, layer: Layer | SymbolicTensor, rebuild: bool = True) -> None:
        """Adds a layer on top. The stack is unchanged if the layer does not fit (ValueError, TypeError)."""
        before = list(self._layers)
        self._append(layer, {other.name for other in self._layers})
        self._invalidate()
        if rebuild:
            try:
                self._rebuild()
            except Exception:
                self._layers = before
                self._rebuild()
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
        if layer.name in taken:
            raise ValueError(
                explain(
                    layer=self.label,
                    what="two layers have the same name",
                    rule="all layers of a model have different names, and each is used once",
                    received=f"'{layer.name}' again",
                    remedy="give it another one: name='...'",
                )
            )

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
        self.input = self.output = None
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

    def build(self, input_shape: Sequence[int | None] | None = None) -> None:
        """Makes the weights of all layers for inputs of the shape (batch axis first)."""
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
        super().build(start.batch_shape if input_shape is None else input_shape)

    def forget_build(self) -> None:
        super().forget_build()
        if self._start_came_with_build:
            self._layers = self._layers[1:]
            self._start_came_with_build = False

    def check_input(self, shape: Shape) -> None:
        start = self._layers[0]
        if isinstance(start, InputLayer) and start.batch_shape[1:] != shape:
            raise self.mistake(
                "the model was made for inputs with another shape",
                shape,
                expected=f"{start.batch_shape}, its own Input",
                received=(None, *shape),
                remedy=f"Input({start.batch_shape[1:]}) for the model around it, or a new model with Input({shape})"
                if chain.recorded()
                else f"a new model with Input({shape})",
            )

    def create_weights(self, shape: Shape) -> None:
        start = self._layers[0]
        assert isinstance(start, InputLayer)
        images = start.batch_shape[0]
        tensor = start.output
        assert tensor is not None
        self.input = tensor
        x = primitives.input_("x", shape)
        names = PathNames()
        with chain.apart() as steps:
            start_of_own = len(steps)
            for layer in self.layers:
                x = _built_output(layer, x)
                self._refuse_clashes(_taken_in(names, layer))
                output = SymbolicTensor((images, *x.shape), "float32", layer.name, layer, tensor)
                if not isinstance(layer, Model):  # a model has an input and an output of its own
                    layer.input, layer.output = tensor, output
                tensor = output
        self.output, self._names, self._steps = tensor, names, steps[start_of_own:]

    def _refuse_clashes(self, paths: Sequence[str]) -> None:
        if paths:
            raise ValueError(
                explain(
                    layer=self.label,
                    what="two weights have the same name",
                    received=", ".join(sorted(paths)),
                    remedy="give the layers of the inner and the outer model different names",
                )
            )

    def connect(self, x: Node, context: CallContext) -> Node:
        return super().connect(self.with_rank(x), context)

    def with_rank(self, x: Node) -> Node:
        start = self._layers[0] if self._layers else None
        return _with_rank(x, start.batch_shape[1:]) if isinstance(start, InputLayer) else x

    def call(self, x: Node, context: CallContext) -> Node:
        for layer in self.layers:
            x = _recorded(layer, layer.connect(x, context))
        return x

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
        with nesting.told(f"{cls.__name__} {config.get('name')!r}"):
            layers = [serialization.deserialize(layer, custom_objects=custom_objects) for layer in config["layers"]]
        model = cls(layers, trainable=config.get("trainable", True), name=config.get("name"))
        for each in (model, *model._layers):
            naming.count_on(type(each).__name__, each.name)
        build_input_shape = config.get("build_input_shape")
        if not model.built and build_input_shape is not None and model.layers:
            model.build(build_input_shape)
        return model

    def get_build_config(self) -> dict[str, Any] | None:
        built: BatchShape | None = self.input_shape if self.built else None
        return None if built is None else {"input_shape": built}


def _with_rank(x: Node, shape: BatchShape) -> Node:
    added, dropped = (*x.shape, 1), x.shape[:-1]
    if added == shape or (dropped == shape and x.shape[-1:] == (1,)):
        return primitives.reshape(x, tuple(added if added == shape else dropped))
    return x


def _built_output(layer: Layer, x: Node) -> Node:
    """The symbolic output of the layer for `x`; builds it. A model that was built before is not traced again."""
    if not isinstance(layer, Sequential) or not layer.built:
        return _recorded(layer, layer.connect(x, CallContext()))
    layer.check_input(_with_rank(x, layer.input_shape[1:]).shape)
    chain.record(*layer._steps)
    return primitives.input_("x", tuple(extent for extent in layer.output_shape[1:] if extent is not None))


def _taken_in(names: PathNames, layer: Layer) -> list[str]:
    return names.add_model(layer._names) if isinstance(layer, Sequential) else names.add(layer)


def _recorded(layer: Layer, y: Node) -> Node:
    """The layer's output, which is a step of the chain; layers in a model inside this one are steps of their own."""
    if not isinstance(layer, Model):
        chain.record(chain.Step((None, *y.shape), type(layer).__name__, layer.label))
    return y
