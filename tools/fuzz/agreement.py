"""What has to hold for every model: compiled as interpreted, on any number of threads, in `predict` and in `fit`."""

from __future__ import annotations

from typing import Any

import numpy as np

import planish

BATCHES = (1, 7, 33, 130)
_APART = 2e-4  # of the largest value: sums in another order


def data(model: Any, count: int) -> list[np.ndarray[Any, Any]]:
    """An array for each input: normal numbers, or whole ones from 0 to 4."""
    random = np.random.default_rng(count)
    return [_array(random, (count, *x.shape[1:]), str(x.dtype)) for x in model.inputs]


def _array(random: np.random.Generator, shape: tuple[int, ...], dtype: str) -> np.ndarray[Any, Any]:
    return random.integers(0, 5, shape).astype(dtype) if "int" in dtype else random.normal(size=shape).astype(dtype)


def failures(make: Any) -> str:
    """The first that does not hold, in words; nothing if all does. `make()` gives the same model again."""
    model = make()
    random = any(isinstance(layer, planish.layers.Dropout) for layer in model.layers)
    has_losses = all(len(y.shape) > 1 for y in model.outputs)  # losses are averages over the last axis
    return _predictions(make) or (_training(make) if has_losses and not random else "")


def _predictions(make: Any) -> str:
    compiled, interpreted = make(), make()
    interpreted.compile(run_eagerly=True)
    interpreted.set_weights(compiled.get_weights())
    for count in BATCHES:
        x = data(compiled, count)
        one, two = (_on(threads, compiled, x) for threads in (1, 2))
        if not all(np.array_equal(a, b, equal_nan=True) for a, b in zip(one, two, strict=True)):
            return f"predict of {count} images: other bits on 2 threads"
        expected = _listed(interpreted.predict(x, verbose=0, batch_size=count))
        if where := _apart(one, expected):
            return f"predict of {count} images: compiled and interpreted differ{where}"
    return ""


def _on(threads: int, model: Any, x: Any) -> list[np.ndarray[Any, Any]]:
    planish.set_num_threads(threads)
    return _listed(model.predict(x, verbose=0, batch_size=len(x[0])))


def _training(make: Any) -> str:
    count = 33
    steps = []
    for threads, eager in ((1, False), (2, False), (1, True)):
        planish.set_num_threads(threads)
        model = make()
        model.compile(planish.optimizers.SGD(0.01), loss=["mse"] * len(model.outputs), run_eagerly=eager)
        x = data(model, count)
        y = [np.full(array.shape, 0.25, np.float32) for array in _listed(model.predict(x, verbose=0))]
        loss = model.fit(x, y, batch_size=13, epochs=1, shuffle=False, verbose=0).history["loss"]
        told = model.evaluate(x, y, batch_size=13, verbose=0)
        steps.append([*model.get_weights(), np.array(loss), np.atleast_1d(told)])
    one, two, interpreted = steps
    if not all(np.array_equal(a, b, equal_nan=True) for a, b in zip(one, two, strict=True)):
        return "fit: other bits on 2 threads"
    where = _apart(one, interpreted)
    return f"fit: compiled and interpreted differ{where}" if where else ""


def _listed(outputs: Any) -> list[np.ndarray[Any, Any]]:
    return list(outputs) if isinstance(outputs, (list, tuple)) else [outputs]


def _apart(ours: list[Any], theirs: list[Any]) -> str:
    for place, (a, b) in enumerate(zip(ours, theirs, strict=True)):
        if np.shape(a) != np.shape(b):
            return f" in the shape of array {place}: {np.shape(a)}, {np.shape(b)}"
        scale = float(np.nanmax(np.abs(b), initial=1e-2))
        if not np.allclose(a, b, rtol=0, atol=_APART * scale, equal_nan=True):
            return f" in array {place}, by {np.nanmax(np.abs(a - b)) / scale:.2g} of the largest value"
    return ""
