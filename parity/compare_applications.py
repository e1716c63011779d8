"""The nets of `keras.applications` on both sides: `python parity/compare_applications.py [NET ...]`.

Real Keras on TensorFlow builds each net in a process of its own, gives it random weights and saves them in its three
kinds of files. Here the same net reads each file and predicts images of two sizes: within 1e-5 of the largest number,
or nearer to what float64 gives than Keras is. Meanwhile Keras is at the next net.
Some train one step: the weights change alike within 2 % of the largest change of the array (a hundred layers of float32
lie between the loss and the first kernels), or planish's are nearer to those of the same step in float64. Fewer
multiplications round more, and where that moves a sum of a few billionths over the corner of a ReLU, the kernel of one
channel changes otherwise: then the same step with `PLANISH_EXACT=1` has to agree, and all other channels. Whatever
differs is printed, and the exit status is 1.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from asking import Keras, ahead
from known_nets import CASES, Case, built, images, stepped

import planish

PREDICTIONS_APART = 1e-5
CHANGES_APART = 2e-2
LOSSES_APART = 1e-5
SEEN = 1e-2


def compared(number: int, folder: Path) -> Iterator[str]:
    """What differs, in words."""
    case = CASES[number]
    with np.load(folder / f"{number}.npz") as held:
        theirs = dict(held)
    for file in (f"{number}.weights.h5", f"{number}.h5", f"{number}.keras"):
        model = _read(case, folder / file)
        for place, size in enumerate(case.sizes):
            expected = theirs[f"predictions{place}"]
            if np.ptp(expected, axis=0).max() < SEEN * np.abs(expected).max():
                yield f"the images of {size}x{size} do not reach the predictions, which says nothing"
            x = images(size, case.strength)[0]
            given = model.predict(x, verbose=0)
            apart = _share(given, expected)
            print(f"  {file}, {size}x{size}: {apart:.1e}", flush=True)
            if not apart <= PREDICTIONS_APART:
                exact = _predicted_in_float64(case, folder / file, x)
                ours, keras = _share(given, exact), _share(expected, exact)
                if not ours <= keras:
                    yield f"{file}: predictions of {size}x{size} are {apart:.2g} apart"
                else:
                    print(f"  rounding: {ours:.1e} from float64, Keras {keras:.1e}", flush=True)
    if case.trained:
        yield from _steps_apart(case, model, theirs)


def _share(one: Any, other: Any) -> float:
    """How far apart two arrays are, as a share of the largest number."""
    return float(np.abs(one - other).max() / np.abs(other).max())


def _predicted_in_float64(case: Case, path: Path, x: Any) -> Any:
    planish.config.set_floatx("float64")
    try:
        model = built(planish, case)
        model.load_weights(path)
        return model.predict(x.astype(np.float64), verbose=0)
    finally:
        planish.config.set_floatx("float32")


def _read(case: Case, path: Path) -> Any:
    if path.name.endswith(".keras"):
        return planish.models.load_model(path)
    model = built(planish, case)
    model.load_weights(path)
    return model


def _steps_apart(case: Case, model: Any, theirs: dict[str, Any]) -> Iterator[str]:
    before = [np.array(array) for array in model.get_weights()]
    loss, after = stepped(planish, model, case.sizes[1], case.strength)
    if not np.isclose(loss, theirs["loss"], rtol=LOSSES_APART):
        yield f"the loss of a step is {loss}, Keras's {theirs['loss']}"
    expected = [theirs[f"w{place}"] for place in range(len(before))]
    differing = [place for place, arrays in enumerate(zip(before, after, expected, strict=True)) if _apart(*arrays) > 1]
    exact = _in_float64(case, before) if differing else []
    direct = _with_direct_sums(case, before) if differing else []
    for place in differing:
        first = before[place]
        ours, keras = (_apart(first, arrays[place], exact[place]) for arrays in (after, expected))
        path = model.weights[place].path
        if ours <= keras:
            print(f"  {path}: rounding: {ours:.2g} limits from float64, Keras {keras:.2g}", flush=True)
        elif _corners(first, after[place], expected[place]) and _apart(first, direct[place], expected[place]) <= 1:
            print(f"  {path}: {ours:.2g} limits from float64 in one channel, and none with direct sums", flush=True)
        else:
            yield f"{path} changes otherwise: {ours:.2g} limits from float64, Keras {keras:.2g}"


def _corners(first: Any, one: Any, other: Any) -> bool:
    """Whether two weights are apart in one channel of outputs alone."""
    apart = np.abs(one - other).reshape(-1, first.shape[-1]).max(axis=0)
    most = int(apart.argmax())
    mended = np.array(one)
    mended[..., most] = other[..., most]
    return _apart(first, mended, other) <= 1


def _with_direct_sums(case: Case, before: list[Any]) -> list[Any]:
    """The weights after the same step without Winograd's algorithm."""
    os.environ["PLANISH_EXACT"] = "1"
    try:
        return _stepped_anew(case, before)
    finally:
        del os.environ["PLANISH_EXACT"]


def _apart(first: Any, one: Any, other: Any) -> float:
    """How far apart two weights are that began as `first`, in limits."""
    change, expected = one - first, other - first
    scale = max(float(np.abs(expected).max()), 1e-6 * float(np.abs(first).max()), 1e-9)
    return float(np.abs(change - expected).max()) / (CHANGES_APART * scale + 2e-7 * float(np.abs(first).max()))


def _in_float64(case: Case, before: list[Any]) -> list[Any]:
    """The weights after the same step, with numbers that round a billion times less."""
    planish.config.set_floatx("float64")
    try:
        return _stepped_anew(case, before)
    finally:
        planish.config.set_floatx("float32")


def _stepped_anew(case: Case, before: list[Any]) -> list[Any]:
    model = built(planish, case)
    model.set_weights(before)
    return stepped(planish, model, case.sizes[1], case.strength)[1]


def told(numbers: list[int]) -> Iterator[tuple[int, list[str]]]:
    """What differs, case by case; no more than two cases have files at a time."""
    with tempfile.TemporaryDirectory() as name, Keras("keras_applications.py", Path(name)) as keras:
        for number in ahead(numbers, keras.ask, 1):
            keras.wait()
            yield number, list(compared(number, Path(name)))
            for path in Path(name).glob(f"{number}.*"):
                path.unlink()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("nets", nargs="*", help="all without names")
    wanted = parser.parse_args().nets
    numbers = [number for number, case in enumerate(CASES) if not wanted or case.name in wanted]
    differing = 0
    for number, found in told(numbers):
        differing += bool(found)
        print(f"{CASES[number].name} {CASES[number].options}: {'; '.join(found[:5]) or 'agrees'}", flush=True)
    print(f"{len(numbers) - differing} of {len(numbers)} nets agree")
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
