"""What a model's functions take and give, in C's words."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from planish.codegen.plain_entries import End, Interface
from planish.shipping import c_names
from planish.shipping.ends import Ends

_TYPES = {"float32": "float", "float64": "double", "bool": "uint8_t", "float16": "uint16_t"}
"""In C; other types of numbers are called as there, with a `_t` behind. C has no float16: these are its bits."""


@dataclass(frozen=True, slots=True)
class CArray:
    """An input or output: its parameter's name, what the user calls it, NumPy's name of its type, and an image's
    shape; `argument` is what the program calls it."""

    parameter: str
    name: str
    dtype: str
    shape: tuple[int, ...]
    argument: str

    @property
    def type(self) -> str:
        """In C."""
        return _TYPES.get(self.dtype, f"{self.dtype}_t")

    @property
    def size(self) -> int:
        """Elements of an image."""
        return math.prod(self.shape)

    @property
    def nbytes(self) -> int:
        """Of an image."""
        return self.size * np.dtype(self.dtype).itemsize

    @property
    def extents(self) -> str:
        return " x ".join(map(str, self.shape)) or "1"


@dataclass(frozen=True, slots=True)
class CInterface:
    """The name that all functions begin with, and the arrays of `run`."""

    prefix: str
    inputs: Sequence[CArray]
    outputs: Sequence[CArray]

    @property
    def macros(self) -> str:
        """What macros begin with."""
        return self.prefix.upper()

    @property
    def arrays(self) -> list[CArray]:
        return [*self.inputs, *self.outputs]

    def plain(self) -> Interface:
        """For the functions as LLVM sees them."""
        inputs, outputs = (
            [End(each.argument, each.nbytes, np.dtype(each.dtype).itemsize) for each in arrays]
            for arrays in (self.inputs, self.outputs)
        )
        return Interface(self.prefix, inputs, outputs)


def interface_of(prefix: str, ends: Ends) -> CInterface:
    """Parameters are called as the user calls inputs and outputs, as far as C takes that."""
    count = len(ends.inputs)
    every = [*ends.inputs, *ends.outputs]
    taken = ["n", "work", *(f"{prefix}_{each}" for each in ("init", "run", "describe", "array", "description"))]
    parameters = list(c_names.apart([end["name"] for end in every], taken))
    return CInterface(
        prefix,
        [_array(*each, "input") for each in zip(parameters, ends.inputs, ends.input_names, strict=False)],
        [_array(*each, "output") for each in zip(parameters[count:], ends.outputs, ends.output_names, strict=True)],
    )


def _array(parameter: str, end: Mapping[str, Any], name: str, kind: str) -> CArray:
    return CArray(parameter, end["name"], end["dtype"], tuple(end["shape"]), f"{kind} {name}")
