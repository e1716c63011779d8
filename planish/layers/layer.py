"""What every layer is: a name, weights, and a rule that turns a node into a node.

A layer's author writes `__init__` (every argument checked), `check_input` (is this a shape that the layer can take?),
`create_weights` (once, when the input's shape is known), `call` (the computation, in graph operations) and
`get_config`. Output shapes follow from `call`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from planish import initializers, naming, ops, precision, random_seed, regularizers
from planish.errors import explain, unknown_name
from planish.graph.graph import Graph
from planish.graph.node import Node, layer_scope
from planish.layers import arguments, chain
from planish.layers.context import CallContext
from planish.layers.symbolic import SymbolicTensor
from planish.regularizers import Regularizer
from planish.variable import Variable

Shape = tuple[int, ...]
BatchShape = tuple[int | None, ...]
_Class = TypeVar("_Class", bound="Layer")

_COMMON_ARGUMENTS = (
    "activity_regularizer",
    "batch_input_shape",
    "dtype",
    "input_dim",
    "input_shape",
    "name",
    "trainable",
)


class Layer:
    """Base of all layers. `input_shape=` and `input_dim=` are Keras 2's way to give a model the shape of its input."""

    always_built = False
    """Whether objects of the class count as built from the start, as in Keras: they have no weights."""

    def __init__(
        self,
        *,
        activity_regularizer: Any = None,
        trainable: bool = True,
        dtype: Any = None,
        name: str | None = None,
        **options: Any,
    ) -> None:
        class_name = type(self).__name__
        self.name = _checked_name(class_name, name)
        self._trainable = arguments.flag(self.label, "trainable", trainable)
        precision.require_float32(self.label, dtype)
        self.dtype = "float32"
        self.activity_regularizer = regularizers.get(activity_regularizer)
        self.declared_shape = self._declared_shape(options)
        if options:
            raise TypeError(unknown_name(f"argument of {class_name}", next(iter(options)), self._argument_names()))
        self.built = self.always_built
        self._variables: list[Variable] = []
        self._build_shape: BatchShape | None = None
        self._calls = 0
        self.input: SymbolicTensor | None = None
        self.output: SymbolicTensor | None = None

    # -- what a layer's author writes --------------------------------------------------------------------------------

    def check_input(self, shape: Shape) -> None:
        """Raises ValueError (made by `mistake`) if the layer cannot take images of the shape (batch axis left out)."""

    def create_weights(self, shape: Shape) -> None:
        """Makes the variables for images of the shape, by `add_weight`."""

    def call(self, x: Node, context: CallContext) -> Node:
        """The layer's output for `x`."""
        raise NotImplementedError(f"{self.label} defines no call(x, context)")

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments, in Keras's serialized form."""
        config: dict[str, Any] = {"name": self.name, "trainable": self.trainable, "dtype": precision.FLOAT32_POLICY}
        if self.activity_regularizer is not None:
            config["activity_regularizer"] = regularizers.serialize(self.activity_regularizer)
        return config

    # -- for those who write layers ----------------------------------------------------------------------------------

    @property
    def label(self) -> str:
        """The layer as its user knows it, for messages: "Dense 'dense'"."""
        return f"{type(self).__name__} '{self.name}'"

    def mistake(self, what: str, shape: Shape, **parts: Any) -> ValueError:
        """The error of an input that the layer cannot take; `parts` as in `planish.errors.explain`."""
        steps = chain.recorded()
        return ValueError(
            explain(
                layer=self.label,
                what=what,
                input_shape=(None, *shape),
                chain=[*steps, self.label] if len(steps) > 1 else (),
                **parts,
            )
        )

    def require_rank(self, shape: Shape, rank: int, axes: str) -> None:
        """Raises ValueError unless images have `rank` axes, described by `axes`."""
        if len(shape) != rank:
            fits = f"rank {rank + 1}: {axes}"
            missing = len(shape) == rank - 1 == 2
            remedy = "add the channel axis: x[..., None]" if missing else None
            raise self.mistake(
                "the input has the wrong rank", shape, expected=fits, received=f"rank {len(shape) + 1}", remedy=remedy
            )

    def add_weight(
        self,
        name: str,
        shape: Shape,
        initializer: Callable[..., NDArray[Any]] | str,
        regularizer: Regularizer | None = None,
        trainable: bool = True,
    ) -> Variable:
        """A new variable of this layer. Trainable ones come first in `weights`, as in Keras."""
        path = "/".join((*chain.enclosing_models(), self.name, name))
        variable = Variable(
            name, path, shape, trainable=trainable, initializer=initializers.get(initializer), regularizer=regularizer
        )
        self._variables.append(variable)
        return variable

    # -- building and calling ----------------------------------------------------------------------------------------

    def build(self, input_shape: Sequence[int | None]) -> None:
        """Makes the weights for inputs of the shape (batch axis first). Once: later calls only check the shape."""
        shape = _exact(self, input_shape)
        self.check_input(shape)
        if not self.built:
            self.create_weights(shape)
            self._build_shape = (None, *shape)
            self.built = True

    def connect(self, x: Node, context: CallContext) -> Node:
        """The layer's output for `x`, owned by this layer; builds the weights the first time."""
        with layer_scope(self.name):
            self.build((None, *x.shape))
            y = self.call(x, context)
            if self.activity_regularizer is not None:
                context.add_loss(ops.divide(self.activity_regularizer.penalty(y), ops.batch_size()))
            return y

    def __call__(self, x: Any, training: bool = False) -> Any:
        """The output for an array [images, ...], computed by the interpreter; of a node, a node.

        `training` makes layers behave as in training: it changes moving statistics.
        """
        if isinstance(x, SymbolicTensor):
            raise TypeError(_functional_is_not_supported(self.label))
        return (
            self.connect(x, CallContext(bool(training))) if isinstance(x, Node) else self._computed(x, bool(training))
        )

    def _computed(self, x: ArrayLike, training: bool) -> NDArray[np.float32]:
        from planish.ops.interpreter import interpret

        array = np.asarray(x)
        if array.ndim == 0:
            raise ValueError(
                explain(layer=self.label, what="the input is a single number", expected="an array [images, ...]")
            )
        context = CallContext(training)
        y = self.connect(ops.input_("x", array.shape[1:]), context)
        graph = Graph.build({"y": y}, {variable.path: value for variable, value in context.updates.items()})
        bindings: dict[str, NDArray[Any]] = {variable.path: variable.value for variable in self.weights}
        bindings |= {name: np.asarray(value, np.int32) for name, value in self._random_scalars().items()}
        bindings["x"] = array.astype(np.float32)
        results = interpret(graph, bindings, batch_size=len(array))
        for variable in context.updates:
            variable.assign(results.updates[variable.path])
        return results.outputs["y"]

    def _random_scalars(self) -> dict[str, int]:
        """The values of `CallContext.seed` and `CallContext.iteration` for one computation outside `fit`."""
        self._calls += 1
        return {"seed": random_seed.next_seed(), "iteration": self._calls}

    def compute_output_shape(self, input_shape: Sequence[int | None]) -> BatchShape:
        """The output's shape for an input's (both with the batch axis first), without making weights."""
        shape = _exact(self, input_shape)
        layer = self if self.built else type(self).from_config(self.get_config())
        y = layer.connect(ops.input_("x", shape), CallContext())
        return (input_shape[0], *y.shape)

    @property
    def weights_version(self) -> int:
        """A number that grows whenever any weight is assigned: what was packed from the weights is then out of date."""
        return max((variable.version for variable in self._variables), default=0)

    # -- weights -----------------------------------------------------------------------------------------------------

    @property
    def weights(self) -> list[Variable]:
        """All variables, in Keras's order."""
        return list(self._variables)

    @property
    def trainable_weights(self) -> list[Variable]:
        return [variable for variable in self.weights if variable.trainable] if self.trainable else []

    @property
    def non_trainable_weights(self) -> list[Variable]:
        return [variable for variable in self.weights if not variable.trainable] if self.trainable else self.weights

    @property
    def variables(self) -> list[Variable]:
        return self.weights

    @property
    def trainable_variables(self) -> list[Variable]:
        return self.trainable_weights

    @property
    def non_trainable_variables(self) -> list[Variable]:
        return self.non_trainable_weights

    @property
    def trainable(self) -> bool:
        return self._trainable

    @trainable.setter
    def trainable(self, value: bool) -> None:
        self._trainable = arguments.flag(self.label, "trainable", value)

    def get_weights(self) -> list[NDArray[np.float32]]:
        """Copies of all weights, in the order of `weights`."""
        return [variable.numpy() for variable in self.weights]

    def set_weights(self, weights: Sequence[ArrayLike]) -> None:
        """Assigns all weights. Nothing changes if the number or any shape of the arrays is wrong (ValueError)."""
        arrays = [np.asarray(weight) for weight in weights]
        expected = [variable.shape for variable in self.weights]
        if [array.shape for array in arrays] != expected:
            raise ValueError(
                explain(
                    layer=self.label,
                    what="set_weights got arrays of other shapes than the weights",
                    expected=_listed(expected),
                    received=_listed([array.shape for array in arrays]),
                    remedy=None if self.built else "build it first: build(input_shape)",
                )
            )
        for variable, array in zip(self.weights, arrays, strict=True):
            variable.assign(array)

    def count_params(self) -> int:
        """Number of elements in all weights. Raises ValueError if the layer is not built."""
        if not self.built:
            raise ValueError(
                explain(
                    layer=self.label,
                    what="count_params was called before the layer was built",
                    remedy="build it first: build(input_shape), or give the model an input shape",
                )
            )
        return sum(variable.size for variable in self.weights)

    # -- configuration -----------------------------------------------------------------------------------------------

    def get_build_config(self) -> dict[str, Any] | None:
        """The shape that the layer was built for, as Keras saves it; None if it is not built."""
        return None if self._build_shape is None else {"input_shape": self._build_shape}

    @classmethod
    def from_config(cls: type[_Class], config: dict[str, Any]) -> _Class:
        """The layer that `get_config` (or Keras's) describes, without its weights."""
        return cls(**config)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}, built={self.built}>"

    def _declared_shape(self, options: dict[str, Any]) -> BatchShape | None:
        """Takes Keras 2's arguments for the input's shape out of `options`: the shape with the batch axis, if any."""
        whole, shape, features = (options.pop(name, None) for name in ("batch_input_shape", "input_shape", "input_dim"))
        if whole is not None:
            return tuple(whole)
        if features is not None:
            return (None, arguments.integer(self.label, "input_dim", features))
        return None if shape is None else (None, *((shape,) if isinstance(shape, int) else shape))

    def _argument_names(self) -> list[str]:
        import inspect

        own = inspect.signature(type(self).__init__).parameters
        return [name for name in own if name not in ("self", "options")] + list(_COMMON_ARGUMENTS)


def _checked_name(class_name: str, name: str | None) -> str:
    if name is None:
        return naming.automatic_name(class_name)
    if not isinstance(name, str) or not name or "/" in name:
        raise ValueError(
            explain(
                layer=class_name, what="argument 'name' is wrong", expected="a string without '/'", received=repr(name)
            )
        )
    return name


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


def _listed(shapes: Sequence[Shape]) -> str:
    return f"{len(shapes)} arrays: " + ", ".join(map(str, shapes)) if shapes else "0 arrays"


def _functional_is_not_supported(label: str) -> str:
    return explain(
        layer=label,
        what="a layer was called on a symbolic input, which is how Keras's functional API builds models",
        rule="planish builds Sequential models",
        remedy="Sequential([Input(shape=...), layer, layer, ...])",
    )
