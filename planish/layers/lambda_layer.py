"""A function as a layer."""

from __future__ import annotations

import base64
import inspect
import marshal
from collections.abc import Callable, Mapping
from types import FunctionType
from typing import Any, TypeVar, Unpack

from planish import serialization, structures, tracing
from planish.errors import explain
from planish.graph.node import Node
from planish.layers.base import arguments as checks
from planish.layers.base import shapes
from planish.layers.base.common_arguments import LayerOptions
from planish.layers.base.layer import Layer

_Class = TypeVar("_Class", bound="Lambda")


class Lambda(Layer):
    """What `function` makes of the input, with operators and `planish.ops`: it is compiled like any other layer.

    `arguments`: more arguments of the function, by name. If it takes `training`, it is told whether the model is
    trained. `output_shape`, without the batch axis or as a function of the input's shape, need not be given: it is
    compared with the result. `mask` changes nothing, since there are no masks, except that a function that takes `mask`
    gets it. ValueError for what is not a function, and for a result of another shape than `output_shape`.

    A lambda's code is written into files, as Keras does, but planish never runs code from a file. A function with a
    name is written as its name, and found among `custom_objects`.

    >>> layer = keras.layers.Lambda(lambda x, by: x * by, arguments={"by": 3.0})
    >>> print(layer(np.ones((1, 2))))
    [[3. 3.]]
    """

    def __init__(
        self,
        function: Callable[..., Any],
        output_shape: Any = None,
        mask: Any = None,
        arguments: Mapping[str, Any] | None = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**options)
        if not callable(function):
            raise checks.wrong_argument(
                self.label, "function", "a function of the input", function, "Lambda(lambda x: x * 2.0)"
            )
        if arguments is not None and not isinstance(arguments, Mapping):
            raise checks.wrong_argument(self.label, "arguments", "a dictionary of arguments by name", arguments)
        if not (output_shape is None or callable(output_shape) or isinstance(output_shape, list | tuple | Mapping)):
            raise checks.wrong_argument(
                self.label, "output_shape", "a tuple without the batch axis, or a function", output_shape
            )
        self.function = function
        self.arguments = dict(arguments or {})
        self.mask = mask
        self.supports_masking = mask is not None
        self._output_shape = output_shape
        self._takes = _names_of_arguments(function)

    def call(self, inputs: Any, mask: Any = None, training: Any = None) -> Any:
        keywords = {**self.arguments}
        if "mask" in self._takes:
            keywords["mask"] = mask
        if "training" in self._takes:
            keywords["training"] = training
        with tracing.told(self.label):
            y = self.function(inputs, **keywords)
        self._check_shape(inputs, y)
        return y

    def _check_shape(self, inputs: Any, y: Any) -> None:
        nodes = [leaf for leaf in structures.leaves(y) if isinstance(leaf, Node)]
        if self._output_shape is None or len(nodes) != len(structures.leaves(y)):
            return
        expected, found = self._expected(inputs), [_whole_shape(node) for node in nodes]
        if len(expected) != len(found) or not all(map(_agree, expected, found)):
            raise ValueError(
                explain(
                    layer=self.label,
                    what="the function does not give the shape that output_shape says",
                    expected=" and ".join(map(str, expected)),
                    received=" and ".join(map(str, found)),
                    remedy="leave output_shape out: the shape follows from the function",
                )
            )

    def _expected(self, inputs: Any) -> list[tuple[int | None, ...]]:
        if callable(self._output_shape):
            return shapes.every(self._output_shape(structures.mapped(_whole_shape, inputs)))
        return [(None, *shape) for shape in shapes.every(self._output_shape)]

    def get_config(self) -> dict[str, Any]:
        config = {**super().get_config(), "function": self._written("function", self.function)}
        if self._output_shape is not None:
            config["output_shape"] = self._written("output_shape", self._output_shape)
        if self.mask is not None:
            config["mask"] = self._written("mask", self.mask)
        return {**config, "arguments": serialization.serialize(self.arguments)}

    def _written(self, name: str, value: Any) -> Any:
        if isinstance(value, FunctionType) and value.__name__ == "<lambda>":
            return Code(self.label, value)
        try:
            return serialization.serialize(value)
        except TypeError as error:
            raise TypeError(
                explain(
                    layer=self.label,
                    what=f"its {name} cannot be written into a configuration",
                    expected="a lambda, or a function with a name",
                    received=repr(value),
                    remedy="def function(x): ...",
                )
            ) from error

    @classmethod
    def from_config(
        cls: type[_Class],
        config: dict[str, Any],
        custom_objects: Mapping[str, Any] | None = None,
        safe_mode: bool | None = None,
    ) -> _Class:
        """The layer that `get_config` describes. ValueError for code, which is never run whatever `safe_mode` says."""
        current = {name: value for name, value in config.items() if name not in _OF_KERAS_2}
        read = {name: _read(name, value, config, custom_objects) for name, value in current.items()}
        if isinstance(read.get("output_shape"), list):
            read["output_shape"] = tuple(read["output_shape"])
        return cls(**read)


_OF_KERAS_2 = frozenset({"function_type", "module", "output_shape_type", "output_shape_module"})
"""How Keras 2 said whether a function was code or a name."""


class Code(dict[str, Any]):
    """A lambda as Keras writes it: its code, defaults and closure. It remembers the function, so that a model can be
    made again from its configuration in the same process; what was read from a file has no function to remember."""

    def __init__(self, layer: str, function: FunctionType) -> None:
        self.function = function
        code = base64.encodebytes(marshal.dumps(function.__code__)).decode("ascii")
        held = tuple(cell.cell_contents for cell in function.__closure__ or ()) or None
        with tracing.told(layer):
            config = {
                "code": code,
                "defaults": serialization.serialize(function.__defaults__),
                "closure": serialization.serialize(held),
            }
        super().__init__(class_name="__lambda__", config=config)


def is_code(value: Any) -> bool:
    """Whether a part of a configuration is a lambda that is only known by its code: Keras 3's form, or Keras 2's."""
    if isinstance(value, Code):
        return False
    if isinstance(value, Mapping):
        return value.get("class_name") == "__lambda__"
    return isinstance(value, list | tuple) and len(value) == 3 and isinstance(value[0], str)


def refused_code(source: str, received: str) -> ValueError:
    """The error about code in a configuration or a file."""
    return ValueError(
        explain(
            what=f"{source} holds code, which is never run",
            rule="a model consists of layers and numbers; code from a file is not run with safe_mode=False either",
            received=received,
            remedy="make the model by your own code, and read its weights: model.load_weights('model.keras')\n"
            "or give the function a name before saving, def twice(x): ..., and load_model(path, "
            "custom_objects={'twice': twice})",
        )
    )


def _read(name: str, value: Any, config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None) -> Any:
    if isinstance(value, Code):
        return value.function
    if name not in ("function", "output_shape", "mask", "arguments"):
        return value
    if is_code(value):
        raise refused_code("the configuration", f"Lambda {config.get('name')!r}")
    if name == "function" and isinstance(value, str):  # as Keras 2 names it
        value = {"module": "builtins", "class_name": "function", "config": value}
    return serialization.deserialize(value, custom_objects=custom_objects)


def _names_of_arguments(function: Any) -> frozenset[str]:
    try:
        return frozenset(inspect.signature(function).parameters)
    except (TypeError, ValueError):  # some built-in functions have no signature
        return frozenset()


def _whole_shape(leaf: Any) -> tuple[int | None, ...]:
    return (None, *leaf.shape) if getattr(leaf, "batched", False) else tuple(leaf.shape)


def _agree(expected: tuple[int | None, ...], found: tuple[int | None, ...]) -> bool:
    return len(expected) == len(found) and all(
        a is None or b is None or a == b for a, b in zip(expected, found, strict=True)
    )
