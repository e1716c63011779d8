"""What every layer is: a name, weights, and a rule that turns a node into a node.

A layer's author writes `__init__` (every argument checked), `check_input` (is this a shape that the layer can take?),
`create_weights` (once, when the input's shape is known), `call` (the computation, in graph operations, and other layers
that it calls) and `get_config`. Output shapes follow from `call`.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from planish import forking, precision, primitives, random_seed, regularizers
from planish.errors import explain
from planish.graph.graph import Graph
from planish.graph.node import Node, current_layers, layer_scope
from planish.layers import arguments, calling, chain, common_arguments, misfits
from planish.layers.context import CallContext, Visit
from planish.layers.symbolic import End, SymbolicTensor
from planish.layers.weight_owner import NOT_INSIDE, Seen, Shape, WeightOwner
from planish.tensor import tensor
from planish.variable import Variable

__all__ = ["BatchShape", "Layer", "Shape"]

BatchShape = tuple[int | None, ...]
building = forking.Lock()
"""Several threads may use a new layer or model at once: one of them makes its weights."""

_Class = TypeVar("_Class", bound="Layer")


class Layer(WeightOwner):
    """Base of all layers. `input_shape=` and `input_dim=` are Keras 2's way to give a model the shape of its input.

    `trainable`: whether training changes its weights. `activity_regularizer`: a penalty on the output. `dtype` is
    float32, and `autocast` changes nothing. `name` is numbered by class if it is not given. ValueError for other
    arguments.

    >>> class Double(keras.layers.Layer):
    ...     def call(self, x, context):
    ...         return x * 2.0
    >>> print(Double(name="double")(np.ones((1, 2))))
    [[2. 2.]]
    """

    input, output = End(), End()
    always_built = False
    """Whether objects of the class count as built from the start, as in Keras: they have no weights."""

    def __init__(
        self,
        *,
        activity_regularizer: Any = None,
        trainable: bool = True,
        dtype: Any = None,
        autocast: bool = True,
        name: str | None = None,
        **options: Any,
    ) -> None:
        self.name = common_arguments.checked_name(type(self).__name__, name)
        self._trainable = arguments.flag(self.label, "trainable", trainable)
        precision.require_float32(self.label, dtype)
        self.dtype = "float32"
        self.autocast = arguments.flag(self.label, "autocast", autocast)
        self.activity_regularizer = regularizers.get(activity_regularizer)
        self.declared_shape = common_arguments.take_input_shape(self.label, options)
        common_arguments.refuse_unknown(type(self), options)
        self.built = self.always_built
        self._variables: list[Variable] = []
        self._lasting: list[Variable] = []
        self._build_shape: BatchShape | None = None
        self._build_steps: Sequence[chain.Step] = chain.NO_STEPS
        self._seen = Seen()
        self.structure_changed()
        self._calls = 0
        self.input = self.output = None

    # -- what a layer's author writes --------------------------------------------------------------------------------

    def check_input(self, shape: Shape) -> None:
        """Raises ValueError (made by `mistake`) if the layer cannot take images of the shape (batch axis left out)."""

    def create_weights(self, shape: Shape) -> None:
        """Makes the variables for images of the shape, by `add_weight`."""

    def call(self, x: Node, context: CallContext) -> Node:
        """The layer's output for `x`: a node. Layers that it calls, `self.inner(x)`, take part in the same trace.

        As in Keras, a subclass may also write `call(self, x)` or `call(self, x, training)`.
        """
        raise NotImplementedError(f"{self.label} defines no call(x, context)")

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments, in Keras's serialized form."""
        config: dict[str, Any] = {"name": self.name, "trainable": self.trainable, "dtype": precision.FLOAT32_POLICY}
        if self.activity_regularizer is not None:
            config["activity_regularizer"] = regularizers.serialize(self.activity_regularizer)
        return config

    # -- for those who write layers ----------------------------------------------------------------------------------

    def mistake(self, what: str, shape: Shape, **parts: Any) -> ValueError:
        """The error about an input that the layer cannot take; `parts` as in `planish.errors.explain`."""
        steps = chain.recorded()
        return ValueError(
            explain(
                layer=self.label,
                what=what,
                input_shape=(None, *shape),
                chain=[*steps, self.label] if steps else (),
                **parts,
            )
        )

    def built_for_another(self, unit: str, built: int, got: int, shape: Shape, fresh: str) -> ValueError:
        """The error about a layer whose weights are for another number of `unit` ("features"); `fresh` is a new one."""
        steps = chain.recorded()
        return self.mistake(
            f"the layer was built for another number of {unit}",
            shape,
            expected=misfits.counted(built, unit, self._build_steps),
            received=misfits.counted(got, unit, steps),
            remedy=misfits.reuse_remedy(self.label, fresh, self._build_steps, steps),
        )

    def require_rank(self, shape: Shape, rank: int, axes: str) -> None:
        """Raises ValueError unless images have `rank` axes, described by `axes`."""
        if len(shape) != rank:
            steps = chain.recorded()
            raise self.mistake(
                "the input has the wrong rank",
                shape,
                expected=f"rank {rank + 1}: {axes}",
                received=f"rank {len(shape) + 1}",
                remedy=misfits.rank_remedy(self, shape, rank, steps),
            )

    # -- building and calling ----------------------------------------------------------------------------------------

    def build(self, input_shape: Sequence[int | None]) -> None:
        """Makes the weights for inputs of the shape (batch axis first), once: later calls only check the shape.

        As in Keras, a subclass may write this instead of `create_weights`.
        """
        shape = _exact(self, input_shape)
        with building.lock:
            self.check_input(shape)
            if not self.built:
                with self._scope((None, *shape)), self._forgetting_failures():
                    self.create_weights(shape)
                    self.note_build((None, *shape))
                    if not all(layer.built for layer in self.sublayers):  # they are built where they are called
                        self.connect(primitives.input_("x", shape), CallContext())

    def __init_subclass__(cls, **options: Any) -> None:
        """As in Keras, a subclass's own `build` makes the layer `built`, and its `call` needs no context."""
        super().__init_subclass__(**options)
        if calling.takes_context(vars(cls).get("call")):
            setattr(cls, "call", calling.either_way(vars(cls)["call"]))  # noqa: B010
        if "build" in vars(cls):
            setattr(cls, "build", calling.noted(vars(cls)["build"]))  # noqa: B010

    def note_build(self, input_shape: Sequence[int | None]) -> None:
        """Marks the layer as built: its weights exist, for inputs of the shape."""
        if not self.built:
            self._build_shape = tuple(input_shape)
            self._build_steps = chain.recorded()
            self.built = True
            self.structure_changed()

    @contextmanager
    def _forgetting_failures(self) -> Iterator[None]:
        """If building fails half-way, the layer is as it was before, so that another shape can be tried."""
        fresh = [*self.flattened(lambda layer: not layer.built)]
        for layer in fresh:
            layer._lasting = [*layer._variables]
        try:
            yield
        except Exception:
            for layer in fresh:
                layer.forget_build()
            raise

    def _scope(self, shape: BatchShape) -> AbstractContextManager[None]:
        return chain.inside(self, self.name, shape, model=self.holds_model_layers)

    def connect(self, x: Node, context: CallContext) -> Node:
        """The layer's output for `x`, owned by this layer; builds the weights the first time."""
        self._make_ready(x.shape)
        in_layer = chain.in_layer()
        name = "/".join((*current_layers(), self.name)) if in_layer else self.name
        with context.ambient(), self._scope((None, *x.shape)), layer_scope(name):
            y = calling.node_of(self, x, context)
            if self.activity_regularizer is not None:
                context.add_loss(primitives.divide(self.activity_regularizer.penalty(y), primitives.batch_size()))
            context.visits.append(Visit(self, x, y, in_layer))
            return y

    def _make_ready(self, shape: Shape) -> None:
        """Builds the layer, or checks that it was built for images of this shape."""
        if self.built:
            self.check_input(shape)
            return
        with building.lock:
            if not self.built:
                self.build((None, *shape))

    def __call__(self, x: Any, training: bool | None = None) -> Any:
        """The output for an array [images, ...], as a tensor computed by the interpreter; for a node, a node.

        `training` makes layers behave as in training: it changes moving statistics. A layer that another one calls on a
        node behaves as that one does, unless it is told otherwise.
        """
        if isinstance(x, SymbolicTensor):
            raise TypeError(_functional_is_not_supported(self.label))
        if isinstance(x, Node):
            return self.connect(x, CallContext.current(training))
        return self._computed(x, bool(training))

    def _computed(self, x: ArrayLike, training: bool) -> Any:
        from planish.primitives.interpreter import interpret

        array = np.asarray(x)
        if array.ndim == 0:
            raise ValueError(
                explain(
                    layer=self.label,
                    what="the input is a single number",
                    expected="an array [images, ...]",
                    remedy="x[None, None]",
                )
            )
        context = CallContext(training)
        y = self.connect(primitives.input_("x", array.shape[1:]), context)
        graph = Graph.build({"y": y}, {variable.path: value for variable, value in context.updates.items()})
        bindings: dict[str, NDArray[Any]] = {variable.path: variable.value for variable in self.weights}
        bindings |= {name: np.asarray(value, np.int32) for name, value in self._random_scalars().items()}
        bindings["x"] = array.astype(np.float32)
        results = interpret(graph, bindings, batch_size=len(array))
        for variable in context.updates:
            variable.assign(results.updates[variable.path])
        return tensor(results.outputs["y"])

    def _random_scalars(self) -> dict[str, int]:
        """The values of `CallContext.seed` and `CallContext.iteration` for one computation outside `fit`."""
        self._calls += 1
        return {"seed": random_seed.next_seed(), "iteration": self._calls}

    def compute_output_shape(self, input_shape: Sequence[int | None]) -> BatchShape:
        """The output's shape for an input's (both with the batch axis first), without making weights."""
        shape = _exact(self, input_shape)
        layer = self if self.built else copy.deepcopy(self)
        y = layer.connect(primitives.input_("x", shape), CallContext())
        return (input_shape[0], *y.shape)

    # -- configuration -----------------------------------------------------------------------------------------------

    def get_build_config(self) -> dict[str, Any] | None:
        """The shape that the layer was built for, as Keras saves it; None if it is not built."""
        return None if self._build_shape is None else {"input_shape": self._build_shape}

    @classmethod
    def from_config(cls: type[_Class], config: dict[str, Any]) -> _Class:
        """The layer that `get_config` (or Keras's) describes, without its weights."""
        return cls(**config)

    def unbuilt_copy(self: _Class) -> _Class:
        """A layer of the same name and settings that is in no model and makes weights of its own."""
        other = copy.copy(self)
        other._seen = Seen()
        unbuilt: dict[int, Any] = {}
        vars(other).update(
            {name: _unbuilt(value, unbuilt) for name, value in vars(self).items() if name not in NOT_INSIDE}
        )
        other.forget_build()
        return other

    def forget_build(self) -> None:
        """Makes the layer wait for its first input again, and make new weights then."""
        self.built = self.always_built
        self._drop_weights()
        self._build_shape = None
        self._build_steps = chain.NO_STEPS
        self.input = self.output = None
        self.structure_changed()

    def __setattr__(self, name: str, value: Any) -> None:
        """A layer that replaces another one, or is added later, makes programs out of date."""
        super().__setattr__(name, value)
        if isinstance(value, WeightOwner):
            self.structure_changed()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}, built={self.built}>"


def _exact(layer: Layer, input_shape: Sequence[int | None]) -> Shape:
    """The shape of one image; raises ValueError if an extent is unknown."""
    unknown = [axis for axis, extent in enumerate(input_shape) if extent is None and axis > 0]
    if unknown or not input_shape:
        raise ValueError(
            explain(
                layer=layer.label,
                what="the input's shape is not fully known",
                rule="planish compiles a model for one exact shape of images; only the batch axis may be None",
                expected="a shape such as (None, 28, 28, 1)",
                received=tuple(input_shape),
                remedy="give every extent, or leave the input shape out: the model is then built from the first data",
            )
        )
    return tuple(int(extent) for extent in input_shape[1:] if extent is not None)


def _functional_is_not_supported(label: str) -> str:
    return explain(
        layer=label,
        what="a layer was called on a symbolic input, which is how Keras's functional API builds models",
        rule="planish builds Sequential models",
        remedy="Sequential([Input(shape=...), layer, layer, ...])",
    )


def _unbuilt(value: Any, made: dict[int, Any]) -> Any:
    """An attribute, with unbuilt copies of the layers in it; `made` holds those by the identities of the originals."""
    if isinstance(value, Layer):
        if id(value) not in made:
            made[id(value)] = value.unbuilt_copy()
        return made[id(value)]
    if type(value) in (list, tuple):
        return type(value)(_unbuilt(item, made) for item in value)
    if type(value) is dict:
        return {key: _unbuilt(item, made) for key, item in value.items()}
    return value
