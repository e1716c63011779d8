"""What every model is: a layer made of layers, which can be inspected as a whole and trained."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from planish import primitives
from planish.errors import explain, unknown_name
from planish.flattening import FlattenMap
from planish.graph.graph import Graph
from planish.graph.node import Node
from planish.layers.context import CallContext
from planish.layers.layer import BatchShape, Layer
from planish.layers.symbolic import SymbolicTensor
from planish.layers.weight_owner import WeightOwner
from planish.models import nesting
from planish.models.files import Files
from planish.models.introspection import Introspection
from planish.models.programs.inspected import ProgramText
from planish.models.training import Training
from planish.tracebacks import short_in_notebooks

_Class = TypeVar("_Class", bound="Model")


class Model(Training, Files, Introspection, Layer):
    """Base of models. Build one with `Sequential`.

    `trainable`: whether training changes its weights.

    >>> issubclass(keras.Sequential, keras.Model)
    True
    """

    keras_kinds: tuple[str, ...] = ("Model", "Layer")
    holds_model_layers = True

    def __init__(
        self, *inputs_and_outputs: Any, trainable: bool = True, name: str | None = None, **options: Any
    ) -> None:
        given = [*inputs_and_outputs, *(options.pop(key, None) for key in ("inputs", "outputs"))]
        if type(self) is Model or any(part is not None for part in given):
            raise TypeError(
                explain(
                    what="Model cannot be made from inputs and outputs, or by itself",
                    rule="planish builds Sequential models; Keras's functional API is not part of it",
                    remedy="Sequential([Input(shape=...), layer, layer, ...])\n"
                    "or, for the outputs of layers inside a model: model.activations(x, ['conv2d', 'dense'])",
                )
            )
        if type(self).layers is Model.layers:
            raise TypeError(_subclass_is_not_supported(type(self).__name__))
        super().__init__(trainable=trainable, name=name, **options)

    @property
    def layers(self) -> list[Layer]:
        """The layers in order, without the input layer."""
        raise NotImplementedError(f"{self.label} does not define layers")

    # -- shapes ------------------------------------------------------------------------------------------------------

    @property
    def inputs(self) -> list[SymbolicTensor]:
        """The model's input. Raises AttributeError if the model is not built."""
        return [self._required(self.input, "inputs")]

    @property
    def outputs(self) -> list[SymbolicTensor]:
        """The model's output. Raises AttributeError if the model is not built."""
        return [self._required(self.output, "outputs")]

    @property
    def input_shape(self) -> BatchShape:
        """Shape of the input with the batch axis first. Raises AttributeError if the model is not built."""
        return self._required(self.input, "input shape").shape

    @property
    def output_shape(self) -> BatchShape:
        """Shape of the output with the batch axis first. Raises AttributeError if the model is not built."""
        return self._required(self.output, "output shape").shape

    def _required(self, tensor: SymbolicTensor | None, what: str) -> SymbolicTensor:
        if tensor is None:
            raise AttributeError(explain(layer=self.label, what=f"the model has no {what} yet", remedy=UNBUILT_REMEDY))
        return tensor

    @property
    def sublayers(self) -> list[WeightOwner]:
        return [*self.layers]

    @classmethod
    def from_config(cls: type[_Class], config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> _Class:
        """The model that `get_config` describes, without its weights. `custom_objects` are the caller's own classes."""
        return cls(**config)

    # -- graphs ------------------------------------------------------------------------------------------------------

    def trace(self, context: CallContext) -> tuple[tuple[Node, ...], Node]:
        """The model as nodes: its inputs (the first is called 'x') and its output. Raises ValueError if not built."""
        x = primitives.input_("x", self._image_shape())
        with nesting.told(self.label):
            return (x,), self.connect(x, context)

    def with_rank(self, x: Node) -> Node:
        """`x` with a last axis of 1 added or dropped where the model's input asks for it, as in Keras."""
        return x

    def graph(self, training: bool = False) -> Graph:
        """The model as a graph from input 'x' to output 'y'; with `training`, moving statistics are its updates."""
        context = CallContext(training)
        _, y = self.trace(context)
        return Graph.build({"y": y}, {variable.path: value for variable, value in context.updates.items()})

    @short_in_notebooks
    def program(self, after: str | None = None, emit: str = "graph", *, training: bool = False) -> ProgramText:
        """The program that `predict` runs, or with `training` `fit`, as text.

        'graph' (as the pass `after` leaves it), 'plan' (the method of each operation, and why), 'loops', 'llvm', 'asm'.

        ValueError for an unknown form or pass, for a pass with a form other than 'graph', and for a model that is not
        built, or not compiled if `training`.
        """
        from planish.models.loops.run_arguments import DEFAULT_BATCH_SIZE
        from planish.models.programs.inspected import training_graph_of
        from planish.runtime.inspection import describe

        if not training:
            return ProgramText(describe(self.graph(), after, emit))
        return ProgramText(describe(training_graph_of(self), after, emit, batch_size=DEFAULT_BATCH_SIZE))

    def _image_shape(self) -> tuple[int, ...]:
        if self.input is None:
            raise ValueError(explain(layer=self.label, what="the model is not built", remedy=UNBUILT_REMEDY))
        return tuple(extent for extent in self.input.shape[1:] if extent is not None)

    # -- looking -----------------------------------------------------------------------------------------------------

    @short_in_notebooks
    def get_layer(self, name: str | None = None, index: int | None = None) -> Layer:
        """The layer of that name, or with that index. Raises ValueError if there is none."""
        if (name is None) == (index is None):
            raise ValueError(
                explain(layer=self.label, what="get_layer takes either a name or an index", received=(name, index))
            )
        if index is not None:
            if not -len(self.layers) <= index < len(self.layers):
                raise ValueError(
                    explain(
                        layer=self.label,
                        what=f"there is no layer {index}",
                        expected=f"an index below {len(self.layers)}",
                    )
                )
            return self.layers[index]
        for layer in self.layers:
            if layer.name == name:
                return layer
        raise ValueError(unknown_name(f"layer of {self.label}", name, [layer.name for layer in self.layers]))

    def _repr_html_(self) -> str:
        """For notebooks: the table that `summary` prints."""
        from planish.models.summary import summary_html

        return summary_html(self)

    @short_in_notebooks
    def flatten_map(self, name: str | None = None) -> FlattenMap:
        """The map of the Flatten layer of that name, in this model or in one inside it; no name means the only one.

        Its receptive fields are windows of this model's images. ValueError if there is no such layer, or the model is
        not built.
        """
        from planish.models.looking.flatten_maps import flatten_map

        return flatten_map(self, name)

    @short_in_notebooks
    def summary(
        self,
        line_length: int | None = None,
        positions: Sequence[float] | None = None,
        print_fn: Callable[[str], object] | None = None,
        expand_nested: bool = False,
        show_trainable: bool = False,
        layer_range: Sequence[str] | None = None,
    ) -> None:
        """Prints Keras's table of layers, output shapes and parameter counts; see `planish.models.summary`."""
        from planish.models.summary import print_summary

        print_summary(self, line_length, positions, print_fn, expand_nested, show_trainable, layer_range)


def _subclass_is_not_supported(name: str) -> str:
    return explain(
        what=f"{name} derives from Model itself",
        rule="planish builds Sequential models; a class of one's own that calls layers is a layer in one of them",
        remedy=f"class {name}(planish.layers.Layer): ...\nplanish.Sequential([planish.Input(shape=...), {name}()])",
    )


UNBUILT_REMEDY = "begin the model with Input(shape=...), call build(input_shape), or run it on data once"
