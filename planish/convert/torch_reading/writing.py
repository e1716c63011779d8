"""The graph while it is written: values, constants, and the operators of the call that is being read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from planish.convert.graphs.foreign_graph import Operation
from planish.convert.torch_reading.values import Extent, Extents, Value
from planish.errors import explain

REMEDY = "give the part of the module that comes before it, such as module.features"


class Writer:
    """Takes down operators. `begin` says for which call: `name` is what users call it, `called` its kind."""

    def __init__(self) -> None:
        self.operations: list[Operation] = []
        self.constants: dict[str, NDArray[Any]] = {}
        self.name = self.called = self.result = self.place = ""
        self.out_shape: Extents | None = None
        self._made = 0

    def begin(self, name: str, called: str, result: str, out_shape: Any = None) -> None:
        """`result` names the values of the call, `out_shape` is the shape of its tensor, if it is known."""
        self.name, self.called, self.result, self._made = name, called, result, 0
        self.out_shape = out_shape

    def emit(self, kind: str, *inputs: Value | None, **settings: Any) -> Value:
        """An operator with one output."""
        return self.emit_several(kind, 1, *inputs, **settings)[0]

    def emit_several(self, kind: str, outputs: int, *inputs: Value | None, **settings: Any) -> tuple[Value, ...]:
        """An operator with several outputs."""
        made = tuple(Value(self._fresh()) for _ in range(outputs))
        names = tuple(None if each is None else each.name for each in inputs)
        while names and names[-1] is None:
            names = names[:-1]
        for each in inputs:
            if each is not None and each.array is not None:
                self.constants.setdefault(each.name, each.array)
        given = {key: value for key, value in settings.items() if value is not None}
        outs = tuple(each.name for each in made)
        self.operations.append(Operation(kind, names, outs, given, self.name, self.called))
        return made

    def number(self, value: float) -> Value:
        """A constant of one number."""
        return self.constant(np.asarray(value, np.float32))

    def integers(self, values: Sequence[int]) -> Value:
        """A constant that names axes, extents and the like."""
        return self.constant(np.asarray(values, np.int64))

    def constant(self, array: NDArray[Any], name: str = "") -> Value:
        """A constant, under a name of its own if it is not given."""
        made = Value(name or self._fresh(), tuple(array.shape), array)
        self.constants.setdefault(made.name, array)
        return made

    def _fresh(self) -> str:
        self._made += 1
        return self.result if self._made == 1 else f"{self.result}:{self._made}"

    # -- what handlers ask ---------------------------------------------------------------------------------------------

    def extents(self, value: Value) -> tuple[int, ...]:
        """The extents of a tensor without the batch's. ValueError if they are not known."""
        if value.shape is None or not all(isinstance(extent, int) for extent in value.shape[1:]):
            raise self.unknown_shape()
        return tuple(extent for extent in value.shape[1:] if isinstance(extent, int))

    def numbers(self, extents: Sequence[Any]) -> list[int]:
        """Extents that have to be numbers."""
        if not all(isinstance(extent, (int, np.integer)) for extent in extents):
            raise self.unknown_shape(extents)
        return [int(extent) for extent in extents]

    @property
    def label(self) -> str:
        return f"{self.called} '{self.name}'"

    def unknown_shape(self, extents: Sequence[Any] = ()) -> ValueError:
        return UnknownShapeError(
            explain(
                layer=self.label,
                what="this shape cannot be followed",
                expected="the batch, then integers",
                received=", ".join(map(written, extents)) or None,
                remedy="write numbers for what x.shape gives, or x.flatten(1)",
            )
        )

    def refuse(self, what: str, *, expected: Any = None, received: Any = None, remedy: str = REMEDY) -> ValueError:
        """A call, or an argument of it, that has no counterpart."""
        if received is not None:
            received = f"{received}{self.place}"
        return ValueError(explain(layer=self.label, what=what, expected=expected, received=received, remedy=remedy))

    def unsupported(self, argument: str, expected: Any, received: Any) -> ValueError:
        return self.refuse(f"{argument} is not supported here", expected=expected, received=repr(received))


class UnknownShapeError(ValueError):
    """Something depends on extents that are not known without running the module."""


def written(value: Any) -> str:
    """An argument as messages have it."""
    if isinstance(value, Extent):
        return {Extent.BATCH: "batch", Extent.OF_BATCH: "a multiple of the batch"}.get(value, "unknown")
    if isinstance(value, Value):
        return "a tensor" if value.array is None else value.name
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(written, value))}]"
    return str(value)
