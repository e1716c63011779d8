"""Operators of older versions in the words of version 18."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from planish.convert.graphs.foreign_graph import Operation

Constants = dict[str, NDArray[Any]]

# What was a setting and is an input now: (setting, place among the inputs).
_NOW_INPUTS: dict[str, tuple[tuple[str, int], ...]] = {
    **dict.fromkeys(("Squeeze", "Unsqueeze"), (("axes", 1),)),
    **dict.fromkeys(
        ("ReduceMean", "ReduceSum", "ReduceMax", "ReduceMin", "ReduceProd", "ReduceL1", "ReduceL2", "ReduceLogSum",
         "ReduceLogSumExp", "ReduceSumSquare"),
        (("axes", 1),),
    ),
    "Slice": (("starts", 1), ("ends", 2), ("axes", 3)),
    "Pad": (("pads", 1), ("paddings", 1), ("value", 2)),
    "Clip": (("min", 1), ("max", 2)),
    "Split": (("split", 1),),
    "Reshape": (("shape", 1),),
    "Upsample": (("scales", 1),),
    "Tile": (("repeats", 1),),
}  # fmt: skip
_ALONG_ONE = ("Softmax", "LogSoftmax", "Hardmax")
_SOFTMAX_CHANGED, _RESIZE_CHANGED = 13, 11
_CONSTANTS = ("value", "value_float", "value_int", "value_floats", "value_ints")


def modern(operations: Iterable[Operation], version: int) -> tuple[list[Operation], Constants]:
    """The operators, and constants that they read besides."""
    constants: Constants = {}
    made = [new for operation in operations for new in _modern(operation, version, constants)]
    return made, constants


def _modern(operation: Operation, version: int, constants: Constants) -> Iterator[Operation]:
    if operation.kind == "Constant":
        found = [operation.settings[name] for name in _CONSTANTS if operation.settings.get(name) is not None]
        if found:
            constants[operation.outputs[0]] = _array(found[0])
            return
    if operation.kind in _NOW_INPUTS:
        operation = _with_inputs(operation, constants)
    if operation.kind == "Upsample" or (operation.kind == "Resize" and version < _RESIZE_CHANGED):
        operation = _resize(operation)
    if operation.kind in _ALONG_ONE and version < _SOFTMAX_CHANGED:
        yield from _along_the_rest(operation)
    else:
        yield operation


def _array(value: Any) -> NDArray[Any]:
    """A number, or numbers, as ONNX has them: 32-bit floats and 64-bit whole numbers."""
    array = np.asarray(value)
    if isinstance(value, np.ndarray):
        return array
    return array.astype(np.float32 if array.dtype.kind == "f" else np.int64)


def _with_inputs(operation: Operation, constants: Constants) -> Operation:
    """With constants as inputs, for what the file has as settings."""
    settings, inputs = dict(operation.settings), [*operation.inputs]
    for name, place in _NOW_INPUTS[operation.kind]:
        value = settings.pop(name, None)
        if value is None:
            continue
        key = f"{operation.outputs[0]}/{name}"
        constants[key] = _array(value)
        inputs += [None] * (place + 1 - len(inputs))
        inputs[place] = key
    return replace(operation, inputs=tuple(inputs), settings=settings)


def _resize(operation: Operation) -> Operation:
    """Pixels were counted from the corner, and places rounded down."""
    first, *scales = operation.inputs
    mode = {"bilinear": "linear"}.get(
        operation.settings.get("mode", "nearest"), operation.settings.get("mode", "nearest")
    )
    settings = {"mode": mode, "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
    return replace(operation, kind="Resize", inputs=(first, None, *scales[:1]), settings=settings)


def _along_the_rest(operation: Operation) -> Iterator[Operation]:
    """Softmax was taken over all axes from one on, as if they were one."""
    source, result = operation.inputs[0], operation.outputs[0]
    shape, flat, soft = f"{result}/shape", f"{result}/flat", f"{result}/soft"
    axis = operation.settings.get("axis", 1)
    yield Operation("Shape", (source,), (shape,), {}, f"{operation.name}/shape", operation.called)
    yield Operation("Flatten", (source,), (flat,), {"axis": axis}, f"{operation.name}/flat", operation.called)
    yield replace(operation, inputs=(flat,), outputs=(soft,), settings={"axis": -1})
    yield Operation("Reshape", (soft, shape), (result,), {}, f"{operation.name}/back", operation.called)
