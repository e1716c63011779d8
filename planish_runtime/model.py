"""A model that was compiled, and is run from its file."""

from __future__ import annotations

import functools
import os
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from planish_runtime import facts
from planish_runtime.errors import explain
from planish_runtime.facts import DTYPES, Program
from planish_runtime.handoff import Crew
from planish_runtime.inference import Inference
from planish_runtime.native import NativeCode
from planish_runtime.opened_plan import Plan, opened

Array = NDArray[Any]

CHUNK_NBYTES = 8 << 20
"""Bytes of a converted copy of a part of the data."""

_CREWS: dict[str, Crew] = {}
"""Helpers are kept for the whole process, by the target whose code they run: that of the first plan that has it."""


class Model:
    """`Model("model.plan").predict(x)`: what planish's `predict` gives for `x` on this processor, bit for bit.

    A plan is code that this process will run: open only files whose origin you trust. With `sha256`, the digest of the
    whole file in hexadecimal, no other file is accepted. `target` chooses one of the plan's targets; by default it is
    the best one for this processor. Threads may call one model at the same time.

    OSError if the file cannot be read; ValueError if it is damaged, is not a plan, has another digest, has nothing for
    this processor, or computes something else here than it should.
    """

    def __init__(self, path: str | os.PathLike[str], sha256: str | None = None, *, target: str | None = None) -> None:
        self._plan = opened(path, sha256)
        programs = self._plan.programs_for(target)
        self.target = programs[0].target
        self._programs = {each.dtypes: each for each in programs}
        self._first = programs[0]
        self._runs: dict[tuple[str, ...], _Run] = {}
        self._straight: dict[tuple[np.dtype[Any], tuple[int, ...]], _Run] = {}
        self._check_itself()

    @property
    def facts(self) -> facts.Facts:
        """What the file says of the model: names, shapes and types of inputs and outputs, targets, notes."""
        return self._plan.facts

    @property
    def class_names(self) -> list[str] | None:
        """The names of the classes, if the model has them."""
        names = self.facts.notes.get("class_names")
        return list(names) if isinstance(names, list) and all(isinstance(name, str) for name in names) else None

    def predict(self, x: Any) -> Any:
        """Outputs [n, ...] for images `x` [n, ...] of any numeric type: an array, or for a model of several inputs a
        list of them, or a dictionary by the names of the inputs. They have the structure that the model gives them.

        ValueError for another shape or another number of images, TypeError for what is not an array of numbers.
        """
        if type(x) is np.ndarray and x.size:
            run, flags = self._straight.get((x.dtype, x.shape[1:])), x.flags
            if run is not None and flags.c_contiguous and flags.aligned:
                return run.straight(x)
        arrays = [_fitting(array, spec) for array, spec in zip(self._given(x), self.facts.inputs, strict=True)]
        counts = {len(array) for array in arrays}
        if len(counts) != 1 or counts == {0}:
            received = ", ".join(f"{spec.name}: {len(a)}" for a, spec in zip(arrays, self.facts.inputs, strict=True))
            raise ValueError(explain(what="there are no images, or not as many for each input", received=received))
        return self._run_for(arrays)(arrays)

    __call__ = predict

    def _given(self, x: Any) -> list[Any]:
        """What is given for each input, in their order."""
        inputs = self.facts.inputs
        names = [each.name for each in inputs]
        if isinstance(x, Mapping):
            if set(x) != set(names):
                raise ValueError(
                    explain(what="other inputs than the model has", expected=", ".join(names), received=", ".join(x))
                )
            return [x[name] for name in names]
        if len(inputs) == 1:
            return [x[0] if isinstance(x, list | tuple) and len(x) == 1 and isinstance(x[0], np.ndarray) else x]
        if not isinstance(x, list | tuple) or len(x) != len(inputs):
            raise ValueError(
                explain(
                    what=f"the model has {len(inputs)} inputs",
                    expected=f"a list of as many arrays, or a dictionary with {', '.join(map(repr, names))}",
                    received=f"{len(x)} arrays" if isinstance(x, list | tuple) else type(x).__name__,
                )
            )
        return list(x)

    def _run_for(self, arrays: list[Array]) -> _Run:
        """The program for these types; else the first one, which reads copies."""
        key = tuple(array.dtype.name for array in arrays)
        if key not in self._programs:
            key = self._first.dtypes
        found = self._runs.get(key)
        if found is None:
            found = self._runs[key] = _Run(self._plan, self._programs[key])
            if len(arrays) == 1 and self.facts.form == 0:  # one array in, one out
                self._straight[np.dtype(key[0]), self.facts.inputs[0].shape] = found
        return found

    def _check_itself(self) -> None:
        """Runs the images that the file has for this. ValueError if something else comes out."""
        plan = self._plan
        arrays = []
        for spec, (offset, nbytes) in zip([*plan.facts.inputs, *plan.facts.outputs], plan.facts.test, strict=True):
            stored = np.frombuffer(plan.bytes_of("test", offset, nbytes), spec.dtype)
            arrays.append(stored[: stored.size // max(spec.size, 1) * spec.size].reshape(-1, *spec.shape))
        count = len(plan.facts.inputs)
        outputs = self._run_for(arrays[:count]).outputs(arrays[:count])
        for spec, expected, computed in zip(plan.facts.outputs, arrays[count:], outputs, strict=True):
            bound = plan.facts.tolerance * float(np.abs(expected).max(initial=0)) + np.finfo(np.float32).tiny
            if not np.array_equal(np.isfinite(expected), np.isfinite(computed)) or not bool(
                np.all(np.abs(np.where(np.isfinite(expected), computed - expected, 0)) <= bound)
            ):
                raise ValueError(
                    explain(
                        layer=repr(plan.path),
                        what=f"the plan's own test fails: its output {spec.name!r} is not what it should be",
                        rule="a plan computes images that it brings along before it is used",
                        remedy="build it anew; if that fails too, try another target: Model(path, target='x86-64-v2')",
                    )
                )


class _Run:
    """A program of a plan, with its memory."""

    def __init__(self, plan: Plan, program: Program) -> None:
        self._outputs = plan.facts.outputs
        self._inputs = plan.facts.inputs
        self._dtypes = [np.dtype(name) for name in program.dtypes]
        self._form = plan.facts.form
        self._input, self._output = plan.facts.inputs[0].name, plan.facts.outputs[0].name
        self._shape, self._dtype = plan.facts.outputs[0].shape, np.dtype(plan.facts.outputs[0].dtype)
        compiled = plan.compiled(program)
        crew = _CREWS.setdefault(program.target, Crew(functools.partial(_code_of, compiled.code)))
        self._executable = Inference(compiled, crew)
        self._parameters = {
            program.arguments[place].partition(" ")[2]: np.frombuffer(
                plan.bytes_of("weights", offset, nbytes) or b"\0", np.uint8
            )
            for place, offset, nbytes in program.weights
        }

    def __call__(self, arrays: list[Array]) -> Any:
        return _formed(self._form, self.outputs(arrays))

    def straight(self, x: Array) -> Any:
        """For the one array that the program reads as it is."""
        count = len(x)
        y = np.empty((count, *self._shape), self._dtype)
        if not self._executable.run_prepared(x, y, count, 1):
            self._executable.run(self._parameters, {self._input: x}, {self._output: y}, count, version=1)
        return y

    def outputs(self, arrays: list[Array]) -> list[Array]:
        """In their order."""
        count = len(arrays[0])
        outputs = [np.empty((count, *spec.shape), spec.dtype) for spec in self._outputs]
        if all(
            a.dtype == d and a.flags.c_contiguous and a.flags.aligned for a, d in zip(arrays, self._dtypes, strict=True)
        ):
            self._run(arrays, outputs)
            return outputs
        nbytes = sum(spec.size * dtype.itemsize for spec, dtype in zip(self._inputs, self._dtypes, strict=True))
        rows = max(1, CHUNK_NBYTES // max(nbytes, 1))
        for start in range(0, count, rows):
            part = slice(start, start + rows)
            copies = [np.require(a[part], dtype, ["C", "A"]) for a, dtype in zip(arrays, self._dtypes, strict=True)]
            self._run(copies, [output[part] for output in outputs])
        return outputs

    def _run(self, arrays: list[Array], outputs: list[Array]) -> None:
        named = {spec.name: array for spec, array in zip(self._inputs, arrays, strict=True)}
        results = {spec.name: array for spec, array in zip(self._outputs, outputs, strict=True)}
        self._executable.run(self._parameters, named, results, len(arrays[0]), version=1)


def _code_of(code: NativeCode) -> NativeCode:
    return code


def _formed(form: Any, outputs: list[Array]) -> Any:
    """In the model's structure."""
    if isinstance(form, dict):
        return {key: _formed(each, outputs) for key, each in form.items()}
    if isinstance(form, list | tuple):
        return type(form)(_formed(each, outputs) for each in form)
    return outputs[form]


def _fitting(given: Any, spec: facts.Array) -> Array:
    """An array [n, *shape]; a last axis of 1 is added or dropped. TypeError, ValueError if it does not fit."""
    try:
        array = np.asarray(given)
    except ValueError:
        raise ValueError(explain(what="x is not an array: its rows have different lengths")) from None
    if array.dtype.name not in DTYPES:
        raise TypeError(
            explain(what="x is not an array of numbers", expected="real numbers", received=f"dtype {array.dtype}")
        )
    if array.shape[1:] != spec.shape and spec.shape[-1:] == (1,) and array.shape[1:] == spec.shape[:-1]:
        array = array[..., None]
    elif array.shape[1:] != spec.shape and array.shape[1:] == (*spec.shape, 1):
        array = array[..., 0]
    if not array.ndim or array.shape[1:] != spec.shape:
        raise ValueError(
            explain(
                what="the images have another shape than the model takes",
                expected=("n", *spec.shape),
                received=array.shape,
                remedy="x[None] makes a batch of one image" if array.shape == spec.shape else None,
            )
        )
    return array
