"""`predict` for images of one element type and shape: little more than a prepared call."""

from __future__ import annotations

from typing import Any

import numpy as np

from planish.models.data.arrays import READABLE, Array, contiguous_chunks, memory_dtype
from planish.models.data.image_shapes import no_images
from planish.models.data.read_ahead import let_steps_catch_up
from planish.models.programs import executables


class Predictor:
    """Calling it computes the model's outputs, f32 [n, ...], of any number of images."""

    __slots__ = ("_executable", "_parameters", "_reads_directly", "_shape", "_variables")

    def __init__(self, model: Any, dtype: np.dtype[Any], *, eager: bool) -> None:
        self._executable = executables.inference(model.graph(), {"x": memory_dtype(dtype)}, eager=eager)
        self._variables = model.weights
        self._parameters = {variable.path: variable.value for variable in self._variables}
        self._reads_directly = dtype in READABLE and dtype.isnative
        self._shape = model.output_shape[1:]

    def __call__(self, x: Array) -> Array:
        let_steps_catch_up()
        count = len(x)
        if not count:
            raise no_images(x.shape[1:])
        y = np.empty((count, *self._shape), np.float32)
        flags = x.flags
        if self._reads_directly and flags.c_contiguous and flags.aligned:
            self._run(x, y, count)
        else:
            for start, rows in contiguous_chunks(x):
                self._run(rows, y[start : start + len(rows)], len(rows))
        return y

    def _run(self, x: Array, y: Array, count: int) -> None:
        version = max([variable.version for variable in self._variables], default=0)
        self._executable.run(self._parameters, {"x": x}, {"y": y}, count, version=version)


class OtherRank:
    """A predictor for images with one last axis of 1 less, or more, than the model takes."""

    __slots__ = ("_predictor", "_view")

    def __init__(self, predictor: Predictor, lacks_axis: bool) -> None:
        self._predictor = predictor
        self._view = (..., None) if lacks_axis else (..., 0)

    def __call__(self, x: Array) -> Array:
        return self._predictor(x[self._view])
