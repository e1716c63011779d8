"""What every model is: a layer made of layers, which can be inspected as a whole and trained."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar, cast

from planish import precision, primitives, structures
from planish.errors import explain, unknown_name
from planish.flattening import FlattenMap
from planish.graph.graph import Graph
from planish.graph.node import Node
from planish.layers.base import calling, chain, inference, nesting, revival, shapes
from planish.layers.base.context import CallContext
from planish.layers.base.layer import BatchShape, Layer, building, nodes_for
from planish.layers.base.operation import Operation
from planish.layers.base.paths import make_unique
from planish.layers.base.traced import LayerName
from planish.layers.base.weight_owner import WeightOwner
from planish.layers.input_layer import InputLayer
from planish.models.data import stand_ins
from planish.models.ends import matching
from planish.models.ends.ends import Ends
from planish.models.ends.graph_names import output_names
from planish.models.files import Files
from planish.models.introspection import Introspection
from planish.models.networks.equal_names import refuse_equal
from planish.models.networks.network import Network, between, input_nodes
from planish.models.programs.inspected import ProgramText
from planish.models.training import Training
from planish.symbolic import LayerCall, Spec, SymbolicTensor
from planish.tracebacks import short_in_notebooks
from planish.variable import Variable

_Class = TypeVar("_Class", bound="Model")


class Traced(NamedTuple):
    """A model as nodes: its inputs and its outputs, in order."""

    inputs: tuple[Node, ...]
    outputs: tuple[Node, ...]


class Model(Training, Files, Introspection, Ends, Layer):
    """`Model(inputs, outputs)` is the model from symbolic inputs to symbolic outputs, which layers were called on.

    `inputs` and `outputs`: symbolic tensors, or any nesting of lists, tuples and dictionaries of them. `trainable`:
    whether training changes its weights. A subclass may instead define layers in `__init__` and write
    `call(self, x, training=None)`. ValueError if the outputs need an input that is not among `inputs`.

    >>> image = keras.Input((28, 28, 1))
    >>> x = keras.layers.Flatten()(image)
    >>> model = keras.Model(image, [keras.layers.Dense(10)(x), keras.layers.Dense(2)(x)])
    >>> model.output_shape
    [(None, 10), (None, 2)]
    """

    keras_kinds: tuple[str, ...] = ("Model", "Layer")
    holds_model_layers = True
    takes_one_input = False
    """Whether models of the class have one input, whatever data come first."""
    _network: Network | None = None
    _noted = -1
    """The structure for which it was noted what a subclass takes and gives."""

    def __new__(cls, *arguments: Any, **options: Any) -> Any:
        if cls is Model and _is_functional(arguments, options):
            from planish.models.functional import Functional

            return super().__new__(Functional)
        return super().__new__(cls)

    def __init__(self, *arguments: Any, trainable: bool = True, name: str | None = None, **options: Any) -> None:
        ends = None
        if _is_functional(arguments, options):
            arguments, name = _named(arguments, name)
            inputs = arguments[0] if arguments else options.pop("inputs")
            outputs = arguments[1] if len(arguments) > 1 else options.pop("outputs")
            ends = (inputs, outputs)
        elif arguments or type(self) is Model:
            raise TypeError(
                explain(
                    what=f"{type(self).__name__} needs inputs and outputs, or a class of its own",
                    expected="Model(inputs, outputs), or a subclass with __init__ and call",
                    received=", ".join([*map(repr, arguments), *(f"{name}=..." for name in options)]) or "neither",
                    remedy="x = Input(shape=...); Model(x, layer(x))",
                )
            )
        super().__init__(trainable=trainable, name=name, **options)
        self._input_specs: Any = None
        self._output_specs: Any = None
        if ends is not None:
            self._network = between(self.label, *ends)
            refuse_equal(self.label, (layer.name for layer in self._network.layers))
            self.built = True
            self.structure_changed()

    @property
    def network(self) -> Network | None:
        """The calls that the model consists of; None for a subclass that writes `call` itself, or before the model is
        built."""
        return self._network

    @property
    def operations(self) -> list[Layer]:
        """The layers, and the operations of `planish.ops`, in order."""
        return [*self._network.layers] if self._network is not None else self.layers

    @property
    def layers(self) -> list[Layer]:
        """The layers in order, input layers included; those of a subclass in the order of its attributes."""
        if self._network is None:
            return [layer for layer in super().sublayers if isinstance(layer, Layer)]
        return [layer for layer in self._network.layers if not isinstance(layer, Operation)]

    @property
    def _right_inside(self) -> list[WeightOwner | Variable]:
        of_network = [] if self._network is None else self._network.layers
        return [*dict.fromkeys([*of_network, *super()._right_inside])]

    # -- building and calling ----------------------------------------------------------------------------------------

    def build(self, input_shape: Any = None, **plan: Any) -> None:
        """Makes the weights for inputs of the shape (batch axis first); a list or dictionary of shapes for several.

        With the name of a file, `build("model.plan")`, it writes the compiled model: see `planish.shipping.build`."""
        if plan or isinstance(input_shape, str | os.PathLike):
            self.build_plan(input_shape, **plan)
            return
        if self._network is not None:
            if input_shape is not None:
                self.check_input(shapes.per_image(input_shape))
            return
        super().build(input_shape)

    def build_for(self, given: Mapping[str, Any], arguments: tuple[Any, ...], keywords: Mapping[str, Any]) -> None:
        """As in Keras, a model that is called with several arguments is built, but does not know its inputs."""
        with building.lock:
            super().build_for(given, arguments, keywords)
            if len(arguments) == 1 and not keywords:
                self.finish_build(next(iter(given.values())))

    def finish_build(self, input_shape: Any) -> None:
        """Notes what the model takes and gives, once its own `build`, or a subclass's, has made weights."""
        if not self.knows_ends and input_shape is not None:
            whole = shapes.checked(self.label, input_shape)
            self.note_build(whole)
            self._note_ends(whole)

    def _note_ends(self, input_shape: Any) -> None:
        """What a subclass takes and gives, for inputs of the shape."""
        places = itertools.count()
        inputs = shapes.mapped(
            lambda shape: InputLayer(batch_shape=shape, name=f"{self.name}_input_{next(places)}").tensor, input_shape
        )
        self._output_specs = inference.specs_of(self, (inputs,), {})
        self._input_specs = structures.mapped(_spec, inputs)
        self.structure_changed()
        self._noted = self.structure_version

    @property
    def output_form(self) -> Any:
        """As in `Ends`; that of a subclass is found again when a layer inside has been replaced."""
        if self._network is None and self.knows_ends and self._noted != self.structure_version:
            self._note_ends(structures.mapped(lambda spec: spec.shape, self._input_specs))
        return super().output_form

    def get_build_config(self) -> dict[str, Any] | None:
        """As in Keras, the shape of the first argument is the input's shape; those of all are beside it."""
        config = super().get_build_config()
        return config if self._build_shapes is None else {"input_shape": self._build_shape, **(config or {})}

    def build_like(self, config: Mapping[str, Any]) -> None:
        """Builds the model for the shapes that `get_build_config` (or Keras's) has; without them it stays as it is."""
        shape, several = config.get("input_shape"), config.get("shapes_dict")
        if self.built or (shape is None and several is None):
            return
        if several is None or calling.is_own(type(self), "build"):
            self.build(**({"input_shape": shape} if several is None else several))
        else:
            given = {name.removesuffix("_shape"): shapes.checked(self.label, each) for name, each in several.items()}
            with precision.computing_in(self):
                nodes = {name: nodes_for(shapes.per_image(each)) for name, each in given.items()}
                self.build_for(given, *calling.arranged(type(self), nodes))

    def forget_build(self) -> None:
        super().forget_build()
        self._input_specs = self._output_specs = None
        self.built = self._network is not None

    def check_input(self, shape: Any) -> None:
        """ValueError unless inputs of the shape (batch axis left out) fit the model's own."""
        if self._network is None:
            return
        # a shape is not a structure of shapes
        given = shapes.mapped(lambda each: Spec(each, self.compute_dtype, ""), shape)
        matched = matching.matched(self.label, self.input_specs, self._network.inputs, given)
        for spec, each in zip(self.input_specs, matched, strict=True):
            own = each.shape
            if not any(fits(changed, spec.shape[1:]) for changed in _ranks(own)):
                raise self.other_shape(own, spec.shape)

    def other_shape(self, given: Sequence[Any], own: BatchShape) -> ValueError:
        """The error about inputs whose shape is not that of the model's own."""
        new = f"a new model with Input({given})"
        return self.mistake(
            "the model was made for inputs with another shape",
            tuple(given),
            expected=f"{own}, its own Input",
            received=(None, *given),
            remedy=f"Input({own[1:]}) for the model around it, or {new}" if chain.recorded() else new,
        )

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        """The outputs for nodes, in the structure of the model's outputs."""
        if self._network is None:
            raise NotImplementedError(
                explain(
                    layer=self.label,
                    what=f"{type(self).__name__} does not say what it computes",
                    remedy="def call(self, x, training=None): return self.layer(x)",
                )
            )
        given = matching.matched(self.label, self.input_specs, self._network.inputs, inputs)
        nodes = [with_rank(node, spec.shape[1:]) for node, spec in zip(given, self.input_specs, strict=True)]
        return self._network.connect(nodes, CallContext.current())

    def known_outputs(self, tensors: Sequence[SymbolicTensor]) -> Any:
        """Those of the network, if it was made for the shapes of these tensors."""
        if self._network is None or len(tensors) != len(self.input_specs):
            return None
        pairs = [*zip(tensors, self.input_specs, strict=True)]
        if any(None in own.shape[1:] or len(own.shape) != len(tensor.shape) for tensor, own in pairs):
            return None
        batch = pairs[0][0].shape[0]

        def spec(own: SymbolicTensor) -> Spec:
            shape = (batch, *own.shape[1:]) if own.batched else own.shape
            return Spec(shape, own.dtype, self.name, own.batched)

        return structures.mapped(spec, self._network.outputs)

    def given_in(self, call: LayerCall) -> list[SymbolicTensor]:
        """What a call of the model, as a layer of another one, gives to its inputs, in their order."""
        return matching.matched(self.label, self.input_specs, self.input_form, call.record.arguments[0])

    def links_through(self, tensor: SymbolicTensor) -> Sequence[chain.Link]:
        if self._network is None:
            return super().links_through(tensor)
        return chain.links_to(self._network.output_tensors[tensor.place])[1:]

    @classmethod
    def from_config(cls: type[_Class], config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> _Class:
        """The model that `get_config` describes, without its weights. `custom_objects` are the caller's own classes."""
        revival.require(cls.__name__, config)
        if cls is Model and "input_layers" in config:
            from planish.models.functional import Functional

            made: Any = Functional.from_config(config, custom_objects)
            return cast(_Class, made)
        return revival.made(cls, config)

    # -- graphs ------------------------------------------------------------------------------------------------------

    def trace(self, context: CallContext, sizes: Sequence[Sequence[int]] | None = None) -> Traced:
        """The model as nodes. ValueError if it is not built.

        One input is called 'x'. `sizes` are the shapes of the data (batch axis left out), for inputs whose sizes come
        with them.
        """
        specs = self.input_specs
        make_unique(self.weights)
        known = stand_ins.sizes_of(self) if sizes is None else sizes
        class_: Any = type(self)
        if not calling.convention_of(class_).training:  # as in Keras, its layers are not told either
            context = context.untold()
        with nesting.told(self.label), precision.computing_in(self):
            nodes = input_nodes(specs, known)
            y = self.connect(structures.packed(self.input_form, [*nodes]), context)
        return Traced(tuple(nodes), tuple(structures.leaves(y)))

    def graph(self, training: bool = False, sizes: Sequence[Sequence[int]] | None = None) -> Graph:
        """The model as a graph from input 'x' to output 'y'; with `training`, moving statistics are its updates.

        Several outputs are called 'y/' and their places and names. `sizes` as in `trace`.
        """
        context = CallContext(training)
        traced = self.trace(context, sizes)
        outputs = dict(zip(output_names(self.output_specs), traced.outputs, strict=True))
        return Graph.build(outputs, {variable.path: value for variable, value in context.updates.items()})

    @short_in_notebooks
    def program(self, after: str | None = None, emit: str = "graph", *, training: bool = False) -> ProgramText:
        """The program that `predict` runs, or with `training` `fit`, as text.

        'graph' (as the pass `after` leaves it), 'plan' (the method of each operation, and why), 'loops', 'llvm', 'asm'.

        ValueError for an unknown form or pass, for a pass with a form other than 'graph', and for a model that is not
        built, or not compiled if `training`.
        """
        from planish.models.programs.inspected import training_text
        from planish.runtime.inspection import describe

        return ProgramText(training_text(self, after, emit) if training else describe(self.graph(), after, emit))

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
    def flatten_map(self, name: LayerName | None = None) -> FlattenMap:
        """The map of the Flatten layer of that name, in this model or in one inside it; no name means the only one.

        A layer does as well as its name; where it is used several times, (layer, n) is its use number n, from 0. Its
        receptive fields are windows of this model's inputs. ValueError if there is no such layer, or the model is not
        built.
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


def _is_functional(arguments: Sequence[Any], options: Mapping[str, Any]) -> bool:
    """Whether a model is made from inputs and outputs, by position or by keyword."""
    given = len(arguments) + ("inputs" in options) + ("outputs" in options)
    return len(arguments) >= 2 or (given == 2 and "outputs" in options)


def _named(arguments: Sequence[Any], name: str | None) -> tuple[tuple[Any, ...], str | None]:
    """A third argument by position is the name."""
    return (tuple(arguments[:2]), arguments[2]) if len(arguments) == 3 else (tuple(arguments), name)


def _spec(tensor: SymbolicTensor) -> Spec:
    return Spec(tensor.shape, tensor.dtype, tensor.name)


def fits(shape: Sequence[int | None], expected: Sequence[int | None]) -> bool:
    """Whether arrays of a shape can be given where one is expected; sizes that come with the data are None."""
    return len(shape) == len(expected) and all(e in (None, s) for s, e in zip(shape, expected, strict=True))


def _ranks(shape: Sequence[int]) -> list[tuple[int, ...]]:
    """The shape, and those with a last axis of 1 more or less."""
    return [tuple(shape), (*shape, 1), *([tuple(shape[:-1])] if shape[-1:] == (1,) else [])]


def with_rank(x: Node, shape: Sequence[int | None]) -> Node:
    """`x` with a last axis of 1 added or dropped where an input of the shape asks for it, as in Keras."""
    added, dropped = (*x.shape, 1), x.shape[:-1]
    if fits(x.shape, shape):
        return x
    if fits(added, shape) or (fits(dropped, shape) and x.shape[-1:] == (1,)):
        return primitives.reshape(x, added if fits(added, shape) else dropped)
    return x
