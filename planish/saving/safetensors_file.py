"""Weights in safetensors files, by the paths of Keras's variables: "conv2d/kernel". The extra `safetensors` reads and
writes them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from planish import atomic_file, regular_file, warned
from planish.errors import explain
from planish.models import Model, weight_misfits
from planish.saving import archive
from planish.saving.contents import Contents
from planish.saving.stored_array import Place, StoredArray, assign_all
from planish.variable import Variable

ENDING = ".safetensors"

_HALVES = "BF16"
_TYPES = {
    **{f"F{bits}": f"<f{bits // 8}" for bits in (16, 32, 64)},
    **{f"{sign}{bits}": f"<{sign.lower()}{bits // 8}" for bits in (8, 16, 32, 64) for sign in "UI"},
    "BOOL": "?",
    _HALVES: "<u2",
}
_LENGTH_NBYTES = 8
_LISTED = 5


def save(model: Model, path: str) -> None:
    """Writes all weights, without the optimizer's state, atomically. ImportError without the extra."""
    arrays = {variable.path: np.ascontiguousarray(variable.value) for variable in model.weights}
    atomic_file.write(path, _library().numpy.save(arrays, metadata={"format": "np"}))


def load(model: Model, path: str, skip_mismatch: bool) -> None:
    """Reads weights into the model, which is unchanged if anything does not fit (ValueError): weights that are missing,
    superfluous or of another shape. With `skip_mismatch`, a warning names them. ImportError without the extra."""
    variables = {variable.path: variable for variable in model.weights}
    with _opened(path) as (file, places):
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
                assignments.append((variables[name], _array(file, places, model, variables[name])))
            except ValueError as error:
                if not skip_mismatch:
                    raise
                warned.warn(f"weight {name!r} keeps its values: {error}")
        assign_all(assignments)


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


def _array(file: Any, places: _Places, model: Model, variable: Variable) -> StoredArray:
    """The array for a variable, whose shape is right."""
    told = f"{places.path!r}: weight '{variable.path}'"
    with regular_file.damage_told(told):
        found = file.get_slice(variable.path)
        shape, kind = tuple(found.get_shape()), found.get_dtype()
        if shape != variable.shape:
            mistake = weight_misfits.explanation(model, variable, shape)
            parts = {"what": f"{told} has another shape", "expected": variable.shape, "received": shape, **mistake}
            raise ValueError(explain(**parts))
        if kind not in _TYPES:
            raise ValueError(
                explain(
                    what=f"{told} is not an array of numbers that planish knows",
                    received=kind,
                    remedy="save it as float32: tensor.float() in PyTorch",
                )
            )
        found = StoredArray(shape, np.dtype(_TYPES[kind]), places.of(variable.path))
        return found.then(_floats) if kind == _HALVES else found


def _floats(halves: NDArray[Any]) -> NDArray[Any]:
    """The upper halves of float32, which are bfloat16: NumPy does not have that."""
    return (halves.astype("<u4") << 16).view("<f4")


class _Places:
    """Where the arrays are. The library has checked the file's header, so that it is only looked up here."""

    def __init__(self, file: BinaryIO, path: str) -> None:
        self._contents, self.path = Contents(file), path
        length = int.from_bytes(self._contents.read(0, _LENGTH_NBYTES), "little")
        self._header = archive.parsed(self._contents.read(_LENGTH_NBYTES, length), repr(path))
        self._start = _LENGTH_NBYTES + length

    def of(self, name: str) -> Place:
        return Place(self._contents, self._start + self._header[name]["data_offsets"][0], self.path)


@contextlib.contextmanager
def _opened(path: str) -> Iterator[tuple[Any, _Places]]:
    with regular_file.opened(path, f"a {ENDING} file") as bytes_of_it, contextlib.ExitStack() as stack:
        library = _library()
        with regular_file.damage_told(repr(path)):
            file = stack.enter_context(library.safe_open(path, framework="np"))
            places = _Places(bytes_of_it, path)
        yield file, places


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
