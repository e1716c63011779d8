"""Operations of `planish.ops` as parts of a model: what `x + y` makes of symbolic tensors."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from typing import Any

from planish import naming, symbolic
from planish.layers.base.layer import Layer


class Operation(Layer):
    """One function of `planish.ops` in a model, with its settings. It has no weights.

    `operation`: the function's record, as `planish.ops` keeps it. `values`: the names of the arguments that it is
    called with. `settings`: its other arguments.
    """

    always_built = True
    operation: Any

    def __init__(
        self, operation: Any, values: Sequence[str], settings: Mapping[str, Any], name: str | None = None
    ) -> None:
        self.operation = operation
        self.values = tuple(values)
        self.settings = dict(settings)
        super().__init__(name=name or naming.automatic_name(operation.class_name))

    @property
    def class_name(self) -> str:
        return str(self.operation.class_name)

    def call(self, *values: Any) -> Any:
        bound = inspect.signature(self.operation.function).bind_partial()
        bound.arguments.update(zip(self.values, values, strict=True))
        bound.arguments.update(self.settings)
        return self.operation.function(*bound.args, **bound.kwargs)

    def get_config(self) -> dict[str, Any]:
        return {"name": self.name, **self.settings}


def _applied(operation: Any, arguments: tuple[Any, ...], keywords: Mapping[str, Any]) -> Any:
    """A function of `planish.ops` called on symbolic tensors."""
    bound = inspect.signature(operation.function).bind(*arguments, **keywords)
    settings = {name: value for name, value in bound.arguments.items() if name in operation.settings}
    values = {name: value for name, value in bound.arguments.items() if name not in operation.settings}
    return Operation(operation, [*values], settings).symbolic_call(tuple(values.values()), {})


symbolic.provide(_applied)
