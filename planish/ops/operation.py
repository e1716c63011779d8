"""What a function of `planish.ops` is: one definition with three uses.

On arrays (NumPy's, lists, numbers, variables) it computes at once. On nodes of a graph, inside a layer, a loss or
anything else that is traced, it makes nodes. On symbolic tensors it becomes a part of the model.

A definition is the meaning for arrays, or a composition of other operations, which then holds for all uses. Arguments
that are annotated `Value`, `Operand` or `Values` are what the operation is applied to; the others are its settings.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar, cast

import numpy as np

from planish import symbolic
from planish.errors import Explanation, explain
from planish.graph.node import Node, current_layers
from planish.ops.dtypes import as_array
from planish.tensor import Tensor, tensor
from planish.variable import Variable, is_tracing

CORE, NUMPY, NN = "keras.src.ops.core", "keras.src.ops.numpy", "keras.src.ops.nn"
MATH, LINALG, IMAGE = "keras.src.ops.math", "keras.src.ops.linalg", "keras.src.ops.image"

Value = Any
"""An array or a number, a node, or a symbolic tensor."""

Operand = Any
"""The same; a Python number takes the type of what it meets, as 1 does in `x + 1`."""

Values = Any
"""A list of values."""

_VALUES = {"Value", "Operand", "Values"}

Function = TypeVar("Function", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Operation:
    """A public function, and Keras's name for it in saved files: a module and a class.

    In a file, `settings` are the arguments of the class's constructor and `values` those of its call. `function` takes
    both, in the order of its signature, and makes nodes if there are nodes among the values.
    """

    name: str
    module: str
    class_name: str
    values: tuple[str, ...]
    settings: tuple[str, ...]
    function: Callable[..., Any]


_OPERATIONS: dict[tuple[str, str], Operation] = {}


def operation_named(module: str, class_name: str) -> Operation | None:
    """The operation that a saved file means; None if planish does not have it."""
    return _OPERATIONS.get((module, class_name))


def operations() -> Iterator[Operation]:
    """All operations that a model can have."""
    return iter(_OPERATIONS.values())


def operation(
    module: str,
    class_name: str | None = None,
    *,
    nodes: Callable[..., Any] | None = None,
    eager: str | None = None,
    settings: str | None = None,
) -> Callable[[Function], Function]:
    """Makes a public function of a definition.

    `nodes` is what it means for nodes, if the definition only holds for arrays; `eager` says why it cannot be compiled.
    `settings` names the arguments that Keras's files have as settings, where these are not the non-values.
    """

    def decorate(definition: Function) -> Function:
        name = definition.__name__
        of_nodes = nodes or (refusing(name, eager) if eager else definition)
        signature = inspect.signature(definition)
        values = value_names(definition)

        @functools.wraps(definition)
        def apply(*positional: Any, **named: Any) -> Any:
            given = _bound(name, signature, positional, named)
            leaves = [leaf for value in values if value in given for leaf in _leaves(given[value])]
            if symbolic.any_symbolic(leaves):
                return symbolic.applied(made, positional, named)
            if any(isinstance(leaf, Node) for leaf in leaves) or (is_tracing() and _any_variable(leaves)):
                return of_nodes(*positional, **named)
            return _computed(name, definition, given, values)

        made = Operation(name, module, class_name or _camel_case(name), *_saved(signature, values, settings), apply)
        _OPERATIONS[made.module, made.class_name] = made
        return cast(Function, apply)

    return decorate


def refusing(name: str, reason: str) -> Callable[..., Any]:
    """What an operation that only arrays have does with nodes. ValueError."""

    def refuse(*positional: Any, **named: Any) -> Any:
        raise ValueError(
            explain(
                what=f"ops.{name} cannot be compiled",
                layer=", ".join(current_layers()) or None,
                rule=reason,
                expected="an array: ops computes at once with arrays",
                remedy=f"ops.{name}(...) of arrays before fit, or in a callback",
            )
        )

    return refuse


def value_names(definition: Callable[..., Any]) -> dict[str, str]:
    """The arguments that are values, with their kinds; `*operands: Value` is a list of them."""
    kinds = {name: str(kind).partition(" |")[0] for name, kind in definition.__annotations__.items()}
    several = {
        parameter.name
        for parameter in inspect.signature(definition).parameters.values()
        if parameter.kind is parameter.VAR_POSITIONAL
    }
    found = {name: kind for name, kind in kinds.items() if kind in _VALUES and name != "return"}
    return {name: "Values" if name in several else kind for name, kind in found.items()}


def _saved(
    signature: inspect.Signature, values: dict[str, str], settings: str | None
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The arguments of the call and of the constructor of Keras's class."""
    named = [parameter.name for parameter in signature.parameters.values() if parameter.kind != parameter.VAR_KEYWORD]
    constructed = [name for name in named if name not in values] if settings is None else settings.split()
    return tuple(name for name in named if name not in constructed), tuple(constructed)


def _camel_case(name: str) -> str:
    return "".join(word[:1].upper() + word[1:] for word in name.split("_"))


def _bound(
    name: str, signature: inspect.Signature, positional: tuple[Any, ...], named: dict[str, Any]
) -> dict[str, Any]:
    try:
        return signature.bind(*positional, **named).arguments
    except TypeError as error:
        raise TypeError(explain(what=f"ops.{name}: {error}", expected=f"{name}{_told(signature)}")) from None


def _told(signature: inspect.Signature) -> str:
    bare = [parameter.replace(annotation=inspect.Parameter.empty) for parameter in signature.parameters.values()]
    return str(inspect.Signature(bare))


def _leaves(value: Any) -> Iterator[Any]:
    """What lists and tuples hold, however deep; they are rarely long where they hold anything but numbers."""
    if isinstance(value, list | tuple):
        for item in value:
            yield from _leaves(item)
    else:
        yield value


def _any_variable(leaves: list[Any]) -> bool:
    return any(isinstance(leaf, Variable) for leaf in leaves)


def _computed(name: str, definition: Callable[..., Any], given: dict[str, Any], values: dict[str, str]) -> Any:
    """The result for arrays. What NumPy says about values that do not go together is said in the house's form."""
    signature = inspect.signature(definition)
    bound = signature.bind_partial()
    bound.arguments.update({key: _array_for(values.get(key), value) for key, value in given.items()})
    try:
        with np.errstate(all="ignore"):  # infinity and NaN are results like others
            return _tensors(definition(*bound.args, **bound.kwargs))
    except (ValueError, TypeError, IndexError, KeyError) as error:
        if error.args and isinstance(error.args[0], Explanation):
            raise
        kind = TypeError if isinstance(error, TypeError) else ValueError
        received = ", ".join(f"{key} {_described(bound.arguments[key])}" for key in values if key in given)
        raise kind(explain(what=f"ops.{name}: {error}", received=received or None)) from None


def _array_for(kind: str | None, value: Any) -> Any:
    if kind is None or value is None:
        return value
    if kind == "Operand" and type(value) in (bool, int, float):
        return value
    if kind == "Values" and isinstance(value, list | tuple):
        return [as_array(item) for item in value]
    return as_array(value)


def _described(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return f"of shape {value.shape}"
    if isinstance(value, list):
        return f"of {len(value)} values of shapes {', '.join(str(np.shape(item)) for item in value)}"
    return repr(value)


def _tensors(result: Any) -> Any:
    """Arrays with `.numpy()`, also in tuples and lists; what is not an array stays as it is."""
    if isinstance(result, Tensor):
        return result
    if isinstance(result, tuple | list):
        return type(result)(_tensors(item) for item in result)
    if isinstance(result, np.ndarray | np.generic):
        made = tensor(result)
        return made if hasattr(made, "numpy") else np.asarray(result).view(Tensor)
    return result
