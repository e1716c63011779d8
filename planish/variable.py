"""A variable: a named array, float32 or float64, that outlives a step, and its node in the graph.

Compiled training writes to the array's address. So the array is the variable's own, wherever its values come from:
whatever enters is copied (see `memory.aligned_zeros`), be it unpickled, mapped from a file, or shared with others.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

import numpy as np
from numpy.typing import ArrayLike, NDArray

from planish import first_values, primitives
from planish.constructors import Constructed
from planish.errors import explain
from planish.first_values import NUMBERS, Initializer
from planish.graph.node import Node, dtype_of_numbers, type_of_numbers
from planish.initializers.initializer import made
from planish.tensor import ArrayOperators
from planish_runtime import forking, memory

if TYPE_CHECKING:
    from planish.regularizers import Regularizer

Array = NDArray[Any]

_NUMBERS_OF = {"float32": "f32", "float64": "f64"}
_NOTHING_GIVEN: Mapping[Any, Node] = MappingProxyType({})


class Assignments(dict["Variable", Node]):
    """The values that variables get in a trace: the last one of each.

    As in TensorFlow, an assignment passes no gradient on, and what a trained variable has the gradient of are all the
    values that were read. `of_trained` has those that it was given, in order.
    """

    def __init__(self) -> None:
        super().__init__()
        self.of_trained: dict[Variable, list[Node]] = {}

    def give(self, variable: Variable, value: Node) -> None:
        """Makes `value` what the variable stands for from here on."""
        if variable.trainable:
            value = primitives.stop_gradient(value)
            self.of_trained.setdefault(variable, []).append(value)
        self[variable] = value


given_in_trace: ContextVar[Mapping[Any, Node]] = ContextVar("given_in_trace", default=_NOTHING_GIVEN)
"""The values that variables get in the current trace, by variable."""


def is_tracing() -> bool:
    """Whether variables stand for nodes now, because a layer, a loss or the like is being traced."""
    return given_in_trace.get() is not _NOTHING_GIVEN


_assignments = itertools.count(1)


class LastAssignment:
    """Its number is another one whenever any variable was assigned: as long as it stays, so do the versions of all."""

    number = 0


_making = forking.Lock()  # two threads that read a new variable have to see the same array


class Variable(Constructed, ArrayOperators):
    """An array that outlives a step: a weight, a moving statistic, or what the user keeps. It takes part in NumPy's
    arithmetic, and in the computations of layers and losses that read it.

    `initializer`: the value, or with a `shape` what makes it: an initializer, its name, or a function of a shape.
    `dtype`: Python's numbers are float32 and int32 without it, and arrays keep their type; computations read
    float32, or float64.
    `trainable`: whether the layer that has the variable as an attribute trains it. `name` is for tables. `autocast`,
    `aggregation` and `synchronization` change nothing. ValueError for a name or type that there is not; TypeError for
    what does not hold numbers.

    >>> scale = keras.Variable(2.0, name="scale")
    >>> scale.assign(3.0)
    >>> scale
    <Variable path=scale, shape=(), dtype=float32, value=3.0>
    """

    def __init__(
        self,
        initializer: Any,
        shape: Any = None,
        dtype: Any = None,
        trainable: bool = True,
        autocast: bool = True,
        aggregation: str = "none",
        synchronization: str = "auto",
        name: str | None = None,
    ) -> None:
        own = first_values.checked_name(name)
        start, extents, kind = first_values.start(own, initializer, shape, dtype)
        makes = np.zeros if isinstance(start, np.ndarray) else start
        self._prepare(own, own, extents, kind, bool(trainable), makes)
        if isinstance(start, np.ndarray):
            self.assign(start)
        _enlist(self)

    def _prepare(
        self, name: str, path: str, shape: tuple[int, ...], dtype: str, trainable: bool, initializer: Initializer
    ) -> None:
        """`shape` and `path` (the name in graphs, unique within a model: 'conv2d/kernel') are fixed. The array is made
        by `initializer` when it is first read: a variable that is loaded before that never pays for its random numbers.
        `trainable` may be set, also by the layer that has the variable; `made_trainable` is what it was at first.
        """
        self.name = name
        self.path = path
        self.shape = tuple(int(extent) for extent in shape)
        self.dtype = dtype
        self.trainable = self.made_trainable = trainable
        self.initializer = initializer
        self.regularizer: Regularizer | None = None
        self.constraint: Callable[[Any], Any] | None = None
        self.touch()
        self._own: Array | None = None
        self._node: Node | None = None

    @property
    def value(self) -> Array:
        """The array itself (of type `dtype`, C-contiguous). Whoever writes into it calls `touch` afterwards."""
        if self._own is None:
            with _making.lock:
                if self._own is None:
                    self._own = self._made()
        return self._own

    @property
    def _array(self) -> Array | None:
        """The array if it was made already. What is assigned to this is copied, as in `assign`."""
        return self._own

    @_array.setter
    def _array(self, values: ArrayLike) -> None:
        self.assign(values)

    def _made(self) -> Array:
        nbytes = math.prod(self.shape) * np.dtype(self.dtype).itemsize
        memory.check_fits(nbytes, f"weight '{self.path}'", self.shape)
        if self.initializer is np.zeros:  # as an optimizer's slots: no memory is touched
            return memory.aligned_zeros(self.shape, self.dtype)
        return self._copied(self.checked(made(self.initializer, self.shape, self.dtype), "the initializer gave"))

    def _copied(self, values: NDArray[Any]) -> Array:
        own = memory.aligned_zeros(self.shape, self.dtype)
        own[...] = values
        return own

    def room(self) -> Array:
        """The array for whoever writes all of it, and calls `touch` then: no initializer is run for it."""
        with _making.lock:
            if self._own is None:
                self._own = memory.aligned_zeros(self.shape, self.dtype)
        return self._own

    def checked(self, values: ArrayLike, what: str = "what was assigned is") -> NDArray[Any]:
        """The values as an array that can be assigned. ValueError for another shape, TypeError for anything but
        numbers.

        `what` says where they come from, for the message.
        """
        given = np.asarray(values)
        if given.shape != self.shape:
            raise ValueError(
                explain(
                    what=f"weight '{self.path}': {what} an array of another shape",
                    expected=self.shape,
                    received=given.shape,
                )
            )
        if given.dtype.kind not in NUMBERS and given.dtype.name != "bfloat16":
            raise TypeError(
                explain(
                    what=f"weight '{self.path}': {what} an array that does not hold plain numbers",
                    expected="floats, integers or booleans",
                    received=f"an array of dtype {given.dtype}",
                    remedy="arrays of numbers, such as get_weights() gives",
                )
            )
        return given

    @property
    def node(self) -> Node:
        """What stands for this variable in a graph: a leaf, or the value that layers traced before have given it.

        TypeError if its elements are not numbers of the type of the graph that is being made.
        """
        updated = given_in_trace.get().get(self)
        if updated is not None:
            return updated
        if _NUMBERS_OF.get(self.dtype, type_of_numbers()) != type_of_numbers():
            raise TypeError(self._of_other_numbers())
        if self._node is None:
            if self.dtype not in _NUMBERS_OF:
                raise TypeError(
                    explain(
                        what=f"variable '{self.path}' cannot be used in computations: native code reads float32",
                        received=self.dtype,
                        remedy="Variable(..., dtype='float32')",
                    )
                )
            with _making.lock:
                if self._node is None:
                    self._node = primitives.parameter(self.path, self.shape)
        return self._node

    def _of_other_numbers(self) -> str:
        wanted = dtype_of_numbers()
        return explain(
            what=f"variable '{self.path}' is {self.dtype}, but what reads it computes in {wanted}",
            rule="a model has one precision: float64 if a layer has weights of that type, else float32",
            expected=wanted,
            received=self.dtype,
            remedy="keras.config.set_floatx('float64') before the layers are made\nor dtype='float64' for each of them",
        )

    def rename(self, path: str) -> None:
        """Gives the variable another name in graphs, where another one has its name already."""
        self.path = path
        self._node = None

    @property
    def size(self) -> int:
        """Number of elements."""
        return math.prod(self.shape)

    @property
    def ndim(self) -> int:
        return len(self.shape)

    def assign(self, array: ArrayLike | Node) -> None:
        """Copies `array` (of this variable's shape, any number type) in place.

        In a layer's `call`, a node or a number becomes the variable's value at the end of the step. ValueError for
        another shape, TypeError for anything but numbers.
        """
        if isinstance(array, Node) or (is_tracing() and isinstance(array, int | float)):
            self._assign_in_trace(array)
            return
        given = self.checked(array)
        with _making.lock:
            if self._own is None:
                self._own = self._copied(given)
            else:
                self._own[...] = given
        self.touch()

    def assign_add(self, value: ArrayLike | Node) -> None:
        """Adds `value`, which may be a number, a node in a layer's `call`, or an array; see `assign`."""
        if isinstance(value, Node) or is_tracing():
            self._assign_in_trace(self.node + value)
        else:
            super().assign_add(value)

    def assign_sub(self, value: ArrayLike | Node) -> None:
        """Subtracts `value`; see `assign_add`."""
        if isinstance(value, Node) or is_tracing():
            self._assign_in_trace(self.node - value)
        else:
            super().assign_sub(value)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any) -> Any:
        """Arithmetic; in a trace it is that of nodes, which read the variable at every step."""
        if not is_tracing() or any(isinstance(item, Variable) and item.dtype not in _NUMBERS_OF for item in inputs):
            return super().__array_ufunc__(ufunc, method, *inputs, **options)
        nodes = [item.node if isinstance(item, Variable) else item for item in inputs]
        return getattr(ufunc, method)(*nodes, **options)

    def __getitem__(self, place: Any) -> Any:
        return self.node[place] if is_tracing() and self.dtype in _NUMBERS_OF else super().__getitem__(place)

    def _assign_in_trace(self, value: Any) -> None:
        """Makes `value` the variable's new value in the trace that is going on."""
        updates = given_in_trace.get()
        if not isinstance(updates, Assignments):
            raise TypeError(
                explain(
                    what=f"variable '{self.path}': a node was assigned outside a layer's call",
                    expected="an array of numbers",
                    remedy="assign in the layer's call, or pass an array",
                )
            )
        node = value if isinstance(value, Node) else primitives.multiply(self.node, 0.0) + value
        if node.batched or node.shape != self.shape:
            raise ValueError(
                explain(
                    what=f"variable '{self.path}': what was assigned does not have its shape",
                    expected=self.shape,
                    received=("images", *node.shape) if node.batched else node.shape,
                    remedy="a value for all images of the batch: planish.ops.mean(x, axis=0)" if node.batched else None,
                )
            )
        updates.give(self, node)

    def touch(self) -> None:
        """Says that the array has changed, so that what was packed from it is out of date."""
        self.version = number = next(_assignments)
        LastAssignment.number = number  # afterwards: whoever sees it sees the version, too

    def __getstate__(self) -> dict[str, Any]:
        """What copies and pickles hold; the node is made again where it is needed."""
        held = {name: value for name, value in self.__dict__.items() if name not in ("_own", "_node")}
        return {**held, "_array": self._own}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """An unpickled array may be a view of somebody else's memory, which may be read-only."""
        array = state["_array"]
        self.__dict__.update({name: value for name, value in state.items() if name != "_array"}, _own=None, _node=None)
        if array is not None:
            self._own = self._copied(self.checked(array, "the copy or pickle holds"))
        if not isinstance(self, Weight):
            _enlist(self)

    def __repr__(self) -> str:
        value = f", value={self.value[()]}" if self.shape == () else ""
        return f"<Variable path={self.path}, shape={self.shape}, dtype={self.dtype}{value}>"


class Weight(Variable):
    """A variable whose path says where it belongs: to a layer, or to an optimizer."""

    def __init__(
        self,
        name: str,
        path: str,
        shape: tuple[int, ...],
        dtype: str = "float32",
        trainable: bool = True,
        initializer: Initializer = np.zeros,
        regularizer: Regularizer | None = None,
        constraint: Callable[[Any], Any] | None = None,
    ) -> None:
        self._prepare(name, path, shape, dtype, trainable, initializer)
        self.regularizer = regularizer
        self.constraint = constraint


_enlisted: WeakValueDictionary[str, Variable] = WeakValueDictionary()


def enlisted(path: str) -> Variable | None:
    """The variable with the path in graphs that the user has made, of which no layer may know."""
    return _enlisted.get(path)


def _enlist(variable: Variable) -> None:
    """Gives the variable a path of its own in graphs, so that those that read it find it. It has no '/': the paths of
    weights have one."""
    number, path = 0, variable.name
    while path in _enlisted:
        number += 1
        path = f"{variable.name}_{number}"
    variable.rename(path)
    _enlisted[path] = variable
