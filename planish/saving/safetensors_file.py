"""Weights in safetensors files, by the paths of Keras's variables: "conv2d/kernel". The extra `safetensors` reads and
writes them."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from planish import regular_file, warned
from planish.errors import explain
from planish.models import Model, weight_misfits
from planish.saving import atomic_file
from planish.variable import Variable

ENDING = ".safetensors"

_HALVES = "BF16"
_FLOATS, _INTEGERS = ("F16", _HALVES, "F32", "F64"), ("U8", "I8", "U16", "I16", "U32", "I32", "U64", "I64", "BOOL")
_LISTED = 5


def save(model: Model, path: str) -> None:
    """Writes all weights, without the optimizer's state, atomically. ImportError without the extra."""
    arrays = {variable.path: np.ascontiguousarray(variable.value) for variable in model.weights}
    atomic_file.write(path, _library().numpy.save(arrays, metadata={"format": "np"}))


def load(model: Model, path: str, skip_mismatch: bool) -> None:
    """Reads weights into the model, which is unchanged if anything does not fit (ValueError): weights that are missing,
    superfluous or of another shape. With `skip_mismatch`, a warning names them. ImportError without the extra."""
    variables = {variable.path: variable for variable in model.weights}
    with _opened(path) as file:
        stored = set(file.keys())
        try:
            _check_names(model, variables, stored, path)
        except ValueError as error:
            if not skip_mismatch:
                raise
            warned.warn(f"{model.label} keeps weights: {error}")
        assignments = []
        for name in variables.keys() & stored:
            try:
                assignments.append((variables[name], _array(file, model, variables[name], path)))
            except ValueError as error:
                if not skip_mismatch:
                    raise
                warned.warn(f"weight {name!r} keeps its values: {error}")
    for variable, array in assignments:
        variable.assign(array)


def _check_names(model: Model, variables: dict[str, Variable], stored: set[str], path: str) -> None:
    missing, others = sorted(variables.keys() - stored), sorted(stored - variables.keys())
    if not missing and not others:
        return
    of_torch = any(name.endswith((".weight", ".bias", ".running_mean")) for name in others)
    raise ValueError(
        explain(
            what=f"{path!r} does not have the weights that the model needs",
            layer=model.label,
            expected=_some(missing) if missing else "no others than the model's",
            received=_some(others) if others else "none of these",
            remedy=f"planish.convert.from_state_dict(safetensors.numpy.load_file({path!r}), like=model)"
            if of_torch
            else "load into the model that was saved, or give skip_mismatch=True",
        )
    )


def _some(names: list[str]) -> str:
    more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return ", ".join(names[:_LISTED]) + more


def _array(file: Any, model: Model, variable: Variable, path: str) -> NDArray[Any]:
    """The array for a variable; its shape is known to be right before it is read."""
    told = f"{path!r}: weight '{variable.path}'"
    with regular_file.damage_told(told):
        found = file.get_slice(variable.path)
        shape, kind = tuple(found.get_shape()), found.get_dtype()
        if shape != variable.shape:
            mistake = weight_misfits.explanation(model, variable, shape)
            parts = {"what": f"{told} has another shape", "expected": variable.shape, "received": shape, **mistake}
            raise ValueError(explain(**parts))
        if kind not in (*_FLOATS, *_INTEGERS):
            raise ValueError(explain(what=f"{told} is not an array of numbers that planish knows", received=kind))
        return _halves(path, variable.path, shape) if kind == _HALVES else file.get_tensor(variable.path)


def _halves(path: str, name: str, shape: tuple[int, ...]) -> NDArray[Any]:
    """An array of bfloat16, which NumPy does not have: the upper halves of float32. The library has checked the file's
    header, so that it is only looked up here."""
    with regular_file.opened(path, f"a {ENDING} file") as file:
        length = int.from_bytes(file.read(8), "little")
        start, end = json.loads(file.read(length))[name]["data_offsets"]
        file.seek(8 + length + start)
        return (np.frombuffer(file.read(end - start), "<u2").astype("<u4") << 16).view("<f4").reshape(shape)


@contextlib.contextmanager
def _opened(path: str) -> Iterator[Any]:
    with regular_file.opened(path, f"a {ENDING} file"):
        pass  # a device, or nothing at all, is told by this
    library = _library()
    with contextlib.ExitStack() as stack:
        with regular_file.damage_told(repr(path)):
            file = stack.enter_context(library.safe_open(path, framework="np"))
        yield file


def _library() -> Any:
    try:
        import safetensors.numpy
    except ImportError as error:
        raise ImportError(
            explain(
                what="safetensors files need a library that is not installed",
                remedy="pip install 'planish[safetensors]'",
            )
        ) from error
    return safetensors
