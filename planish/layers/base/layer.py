"""What every layer is: a name, weights, and a rule that turns a node into a node.

A layer's author writes `__init__` (every argument checked), `check_input` (is this a shape that the layer can take?),
`create_weights` (once, when the input's shape is known), `call` (the computation, in graph operations, and other layers
that it calls) and `get_config`. Output shapes follow from `call`.
"""

from __future__ import annotations

import copy
import itertools
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any, TypeVar

from planish import dtype_policies, precision, primitives, random_seed, regularizers, structures
from planish.errors import explain
from planish.graph.node import Node, current_layers, layer_scope
from planish.layers.base import (
    arguments,
    auto_config,
    calling,
    chain,
    common_arguments,
    eager,
    inference,
    input_spec,
    nesting,
    new_parts,
    revival,
    shapes,
)
from planish.layers.base.context import CallContext
from planish.layers.base.for_authors import ForAuthors
from planish.layers.base.records import Records
from planish.layers.base.weight_owner import NOT_INSIDE, Seen, Shape, WeightOwner, not_initialized
from planish.symbolic import BatchShape, LayerCall, Record, Spec, SymbolicTensor, any_symbolic
from planish.variable import Variable
from planish_runtime import forking

__all__ = ["BatchShape", "Layer", "Shape"]

building = forking.Lock()
"""Several threads may use a new layer or model at once: one of them makes its weights."""

_Class = TypeVar("_Class", bound="Layer")


class Layer(ForAuthors):
    """Base of all layers. `input_shape=` and `input_dim=` are Keras 2's way to give a model the shape of its input.

    `trainable`: whether training changes its weights. `activity_regularizer`: a penalty on the output. `dtype` is
    float32, float64, or a policy such as 'mixed_float16', which is computed in float32; `autocast` changes nothing.
    `name` is numbered by class if it is not given. ValueError for other arguments.

    >>> class Double(keras.layers.Layer):
    ...     def call(self, x, context):
    ...         return x * 2.0
    >>> print(Double(name="double")(np.ones((1, 2))))
    [[2. 2.]]
    """

    single_input = False
    """Whether `call` takes one tensor, and not lists of them. True for layers with planish's own `call(x, context)`."""
    always_built = False
    """Whether objects of the class count as built from the start, as in Keras: they have no weights."""
    if_untold: bool | None = None
    """How a layer with planish's own `call` behaves if nobody says whether it is trained; None: as at inference."""
    input_spec: Any = None
    """What the layer requires of its inputs: an `InputSpec`, or several."""
    supports_masking = False
    """As in Keras, for layers of users' own to set. It changes nothing: there are no masks."""

    dtype = compute_dtype = variable_dtype = input_dtype = "float32"
    """Keras's names for the layer's precision: float32, or float64."""

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
        self.dtype_policy = precision.policy_of(self.label, dtype)
        self.dtype = self.compute_dtype = self.variable_dtype = self.input_dtype = self.dtype_policy.variable_dtype
        self.autocast = arguments.flag(self.label, "autocast", autocast)
        self.activity_regularizer = regularizers.get(activity_regularizer)
        self.declared_shape = common_arguments.take_input_shape(self.label, options)
        common_arguments.refuse_unknown(type(self), options)
        self.built = self.always_built
        self._variables: list[Variable] = []
        self._lasting: list[Variable] = []
        self._build_shape: Any = None
        self._build_shapes: dict[str, Any] | None = None
        self._build_links: Sequence[chain.Link] = chain.NO_LINKS
        self._seen = Seen()
        self.structure_changed()
        self._calls = 0
        self._records = Records()

    # -- what a layer's author writes --------------------------------------------------------------------------------

    def check_input(self, shape: Shape) -> None:
        """Raises ValueError (made by `mistake`) if the layer cannot take images of the shape (batch axis left out)."""

    def create_weights(self, shape: Shape) -> None:
        """Makes the variables for images of the shape, by `add_weight`."""

    def call(self, *inputs: Any, **keywords: Any) -> Any:
        """The layer's output for nodes. Layers that it calls, `self.inner(x)`, take part in the same trace.

        planish's layers write `call(self, x, context)`, others, as in Keras, `call(self, x)`, perhaps with `training`.
        """
        raise NotImplementedError(
            explain(
                layer=self.label,
                what=f"{type(self).__name__} does not say what it computes",
                remedy="def call(self, x): return ops.relu(x)",
            )
        )

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments, in Keras's serialized form.

        Subclasses add theirs to what this gives. Without a `get_config` of their own, what the constructor was called
        with is written down; NotImplementedError, as in Keras, if that is more than plain values.
        """
        dtype = dtype_policies.serialize(self.dtype_policy)
        config: dict[str, Any] = {"name": self.name, "trainable": self.trainable, "dtype": dtype}
        if self.activity_regularizer is not None:
            config["activity_regularizer"] = regularizers.serialize(self.activity_regularizer)
        is_written = type(self).get_config is not Layer.get_config
        return config if is_written else auto_config.config_of(self, config)

    # -- building ----------------------------------------------------------------------------------------------------

    def build(self, input_shape: Any) -> None:
        """Makes the weights for inputs of the shape (batch axis first), once: later calls only check the shape.

        For several inputs it is a list or dictionary of shapes. As in Keras, a subclass may write this instead of
        `create_weights`.
        """
        whole = shapes.checked(self.label, input_shape)
        with precision.computing_in(self):
            shapes.with_room(lambda: self.build_for({"input": whole}, (nodes_for(shapes.per_image(whole)),), {}))

    def build_for(self, given: Mapping[str, Any], arguments: tuple[Any, ...], keywords: Mapping[str, Any]) -> None:
        """What `build` does, for a call with nodes among its arguments; `given` has their shapes (batch axis first), a
        structure of them for each argument."""
        whole = next(iter(given.values()))
        shape = shapes.per_image(whole)
        with building.lock:
            self.check_input(shape)
            if not self.built:
                with self.scope(whole), self.forgetting_failures():
                    self.create_weights(shape)
                    self.note_build(whole, calling.shape_names(given) if len(given) > 1 else None)
                    if calling.is_own(type(self), "build"):
                        return  # it goes on
                    if not all(layer.built for layer in self.sublayers):  # they are built where they are called
                        self.connect_all(arguments, keywords, CallContext(builds=self))
                if shapes.is_open(whole) and self.weights and not (arguments[1:] or keywords):
                    inference.refuse_open_weights(self, whole)

    def __init_subclass__(cls, **options: Any) -> None:
        """As in Keras, a subclass's own `build` makes the layer `built`, and its `call` needs no context."""
        super().__init_subclass__(**options)
        if "__init__" in vars(cls) and not auto_config.is_ours(cls):
            setattr(cls, "__init__", auto_config.recorded(vars(cls)["__init__"]))  # noqa: B010
        if "call" in vars(cls):
            own = calling.takes_context(vars(cls)["call"])
            cls.single_input = bool(vars(cls).get("single_input", own))
            if own:
                setattr(cls, "call", calling.either_way(vars(cls)["call"]))  # noqa: B010
        if "build" in vars(cls):
            setattr(cls, "build", calling.noted(vars(cls)["build"]))  # noqa: B010

    def note_build(self, input_shape: Any, several: dict[str, Any] | None = None) -> None:
        """Marks the layer as built: its weights exist, for inputs of the shape, or of `several` by name."""
        if self._build_shape is None or not self.built:
            self._build_shape, self._build_shapes = input_shape, several
            self._build_links = chain.recorded()
            self.built = True
            self.structure_changed()

    def finish_build(self, input_shape: Any) -> None:
        """What a model does after a subclass's `build`."""

    @contextmanager
    def forgetting_failures(self) -> Iterator[None]:
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

    def scope(self, input_shape: Any) -> AbstractContextManager[None]:
        """While it is open, what is built belongs to this layer."""
        return chain.inside(self, self.name, lambda: shapes.first(input_shape), model=self.holds_model_layers)

    def make_ready(self, given: Mapping[str, Any], arguments: tuple[Any, ...], keywords: Mapping[str, Any]) -> None:
        """Builds the layer for a call with nodes among its arguments, or checks that it was built for inputs of their
        shapes, which are `given` (batch axis first): a structure of them for each argument of `call`, by name."""
        first = next(iter(given.values()), ())
        if self.single_input and not shapes.is_shape(first):
            raise self._takes_one(first)
        if self.input_spec is not None:
            input_spec.check(self.label, self.input_spec, first)
        if self.built:
            self.check_input(shapes.per_image(first))
            return
        with building.lock:
            if self.built:
                return
            if calling.is_own(type(self), "build"):
                self.build(**calling.for_build(self, given))
            else:
                self.build_for(given, arguments, keywords)

    def _takes_one(self, given: Any) -> ValueError:
        return ValueError(
            explain(
                layer=self.label,
                what="the layer takes one tensor",
                expected="a tensor",
                received=f"{len(given)} tensors, of shapes " + ", ".join(map(str, shapes.every(given))),
                remedy="join them first: Concatenate()([a, b]), or Add()([a, b])",
            )
        )

    # -- calling -----------------------------------------------------------------------------------------------------

    def connect(self, x: Any, context: CallContext) -> Any:
        """The layer's output for a node, or a structure of them; builds the weights the first time."""
        return self.connect_all((x,), {}, context)

    def connect_all(self, given: tuple[Any, ...], keywords: Mapping[str, Any], context: CallContext) -> Any:
        """The layer's output for all arguments of a call; its nodes are owned by this layer."""
        given, named = calling.without_training(type(self), given, keywords)
        context = context.behaving(named.pop("training", None))
        if not context.told:
            class_: Any = type(self)
            context = context.behaving(calling.convention_of(class_).usual)
        if self.single_input and given and isinstance(given[0], list | tuple) and len(given[0]) == 1:
            given = (given[0][0], *given[1:])
        whole = calling.shapes_by_name(type(self), given, named, _batch_shape)
        self.make_ready(whole, given, named)
        calling.require_owned(self)
        in_layer = chain.in_layer()
        name = "/".join((*current_layers(), self.name)) if in_layer else self.name
        with context.ambient(), self.scope(next(iter(whole.values()), ())), layer_scope(name):
            with new_parts.refused(self, context):
                y = calling.result_of(self, given, named, context)
            if self.activity_regularizer is not None:
                for leaf in structures.leaves(y):
                    context.add_loss(
                        primitives.divide(self.activity_regularizer.penalty(leaf), primitives.batch_size())
                    )
            context.visit(self, (*given, *named.values()), y, in_layer)
            return y

    def __call__(self, *inputs: Any, **keywords: Any) -> Any:
        """The output for arrays [images, ...], as tensors computed by the interpreter; for a node, a node; for a
        symbolic tensor, a symbolic tensor.

        `training` makes layers behave as in training: it changes moving statistics. A layer that another one calls on a
        node behaves as that one does, unless it is told otherwise.
        """
        if any_symbolic(inputs, keywords):
            return self.symbolic_call(inputs, keywords)
        if any(isinstance(leaf, Node) for leaf in structures.leaves((inputs, keywords))):
            return self.connect_all(inputs, keywords, CallContext.current())
        with nesting.told(self.label), precision.computing_in(self):
            return eager.computed(self, inputs, keywords)

    def symbolic_call(self, inputs: tuple[Any, ...], keywords: Mapping[str, Any]) -> Any:
        """The symbolic output of the layer, which is built if it is not."""
        tensors = [each for each in structures.leaves((inputs, dict(keywords))) if isinstance(each, SymbolicTensor)]
        with nesting.told(self.label), chain.leading_to(tensors[0]), precision.computing_in(self, tensors):
            record = Record(inputs, keywords, inference.specs_of(self, inputs, keywords))
        self._records.append(record)
        return LayerCall(self, record).structure

    def random_scalars(self) -> dict[str, int]:
        """The values of `CallContext.seed` and `CallContext.iteration` for one computation outside `fit`."""
        self._calls += 1
        return {"seed": random_seed.next_seed(), "iteration": self._calls}

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The output's shape for an input's (both with the batch axis first), without making weights; a list or
        dictionary of shapes for several."""
        layer = self if self.built else copy.deepcopy(self)
        nowhere = Record((), {}, None)

        def stand_in(shape: BatchShape) -> SymbolicTensor:
            return SymbolicTensor(Spec(shape, layer.compute_dtype, "x"), layer, nowhere, next(places))

        places = itertools.count()
        inputs = shapes.mapped(stand_in, shapes.checked(self.label, input_shape))
        with precision.computing_in(layer):
            return structures.mapped(lambda spec: spec.shape, inference.specs_of(layer, (inputs,), {}))

    # -- configuration -----------------------------------------------------------------------------------------------

    def get_build_config(self) -> dict[str, Any] | None:
        """The shapes that the layer was built for, as Keras saves them; None if it is not built."""
        if self._build_shapes is not None:
            return {"shapes_dict": self._build_shapes}
        return None if self._build_shape is None else {"input_shape": self._build_shape}

    @classmethod
    def from_config(cls: type[_Class], config: dict[str, Any]) -> _Class:
        """The layer that `get_config` (or Keras's) describes, without its weights. TypeError if `__init__` does not
        take what it says."""
        return revival.made(cls, config)

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
        self._build_shape = self._build_shapes = None
        self._build_links = chain.NO_LINKS
        self._records = Records()
        self.structure_changed()

    def __getstate__(self) -> dict[str, Any]:
        """Copies and pickles know nothing of the layer's uses: a model's network knows its own.

        Layers inside come first, the innermost ones before the others: they would be too deep for Python if each were
        copied inside the next.
        """
        inside = {"_inside": [*self.flattened()][:0:-1]} if self.sublayers else {}
        return {**inside, **vars(self), "_records": Records(), "_build_links": chain.NO_LINKS}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update({name: value for name, value in state.items() if name != "_inside"})

    def __setattr__(self, name: str, value: Any) -> None:
        """A layer that replaces another one, or is added later, makes programs out of date."""
        if isinstance(value, WeightOwner | Variable) and "_seen" not in vars(self):
            raise RuntimeError(not_initialized(type(self).__name__))
        super().__setattr__(name, value)
        if isinstance(value, WeightOwner):
            self.structure_changed()
        elif isinstance(value, Variable):
            self.take_in(value)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}, built={self.built}>"


def nodes_for(shape: Any) -> Any:
    """A node for each shape (batch axis left out) of a structure."""
    numbers = itertools.count()
    return shapes.mapped(lambda each: primitives.input_(f"x{next(numbers)}", _extents(each)), shape)


def _extents(shape: BatchShape) -> Shape:
    return tuple(extent for extent in shape if extent is not None)


def _batch_shape(leaf: Any) -> BatchShape:
    """The shape of a node, with the batch axis first; of anything else, that of a single number."""
    shape = leaf.shape if isinstance(leaf, Node) else ()
    return (None, *shape) if isinstance(leaf, Node) and leaf.batched else shape


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
