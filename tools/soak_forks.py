"""Forks a process again and again while another thread uses planish, and lets every child use it, too.

    python tools/soak_forks.py                  200 forks in the middle of each kind of work
    python tools/soak_forks.py --times 20 load  fewer, of one kind

A child that hangs, dies or computes something else than its parent is reported, and the status is 1.
"""

from __future__ import annotations

import argparse
import itertools
import os
import random
import signal
import sys
import tempfile
import threading
import time
import traceback
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

import planish
from planish.layers import BatchNormalization, Conv2D, Dense, Flatten, Input, MaxPooling2D
from planish.models import Sequential, load_model

_SECONDS = 60.0
_IMAGES = np.random.default_rng(0).random((600, 8, 8, 1), np.float32)
_CLASSES = np.arange(600) % 5


def _model() -> Sequential:
    layers = [Conv2D(4, 3, activation="relu"), BatchNormalization(), MaxPooling2D(), Flatten()]
    model = Sequential([Input((8, 8, 1)), *layers, Dense(5, activation="softmax")])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def _batches() -> Iterator[tuple[Any, Any]]:
    while True:
        yield _IMAGES[:64], _CLASSES[:64]


class Work:
    """A thread of the parent does `step` over and over; each child does `check` once."""

    def __init__(self, folder: Path) -> None:
        self.model = _model()
        self.path = folder / "model.keras"
        self.model.save(self.path)
        self.expected = self.model.predict(_IMAGES, verbose=0)

    def step(self) -> None:
        raise NotImplementedError

    def check(self) -> None:
        raise NotImplementedError


class Predict(Work):
    def step(self) -> None:
        self.model.predict(_IMAGES, verbose=0)
        self.model.predict(_IMAGES[:1], verbose=0)

    def check(self) -> None:
        assert np.array_equal(self.model.predict(_IMAGES, verbose=0), self.expected)


class Fit(Work):
    def step(self) -> None:
        self.model.fit(_IMAGES, _CLASSES, verbose=0, epochs=3, validation_split=0.5)

    def check(self) -> None:
        self.model.fit(_IMAGES, _CLASSES, verbose=0)
        assert np.isfinite(self.model.predict(_IMAGES, verbose=0)).all()


class FitBatches(Fit):
    def step(self) -> None:
        self.model.fit(_batches(), steps_per_epoch=20, verbose=0)

    def check(self) -> None:
        self.model.fit(_batches(), steps_per_epoch=2, verbose=0)
        super().check()


class Compile(Work):
    """Every program of the parent is a new one, so that it is compiled; children compile one of their own."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.numbers = itertools.count(1)
        os.environ["PLANISH_CACHE_DIR"] = "off"

    def step(self) -> None:
        units = 2 + next(self.numbers) % 500
        Sequential([Conv2D(3, 3), Flatten(), Dense(units)]).predict(_IMAGES[:9], verbose=0)

    def check(self) -> None:
        fresh = load_model(self.path)
        assert np.allclose(fresh.predict(_IMAGES.astype(np.float64), verbose=0), self.expected, atol=1e-6)
        self.step()


class Load(Work):
    def step(self) -> None:
        load_model(self.path)
        self.model.save(self.path.with_name("parents.keras"))

    def check(self) -> None:
        loaded = load_model(self.path)
        assert np.array_equal(loaded.predict(_IMAGES, verbose=0), self.expected)
        loaded.save(self.path.with_name("childs.keras"))


KINDS: dict[str, Callable[[Path], Work]] = {
    "predict": Predict,
    "fit": Fit,
    "batches": FitBatches,
    "compile": Compile,
    "load": Load,
}


def soak(kind: str, times: int, folder: Path) -> list[str]:
    """What went wrong in `times` forks in the middle of one kind of work."""
    work = KINDS[kind](folder)
    ended, failures = threading.Event(), []

    def go_on() -> None:
        try:
            while not ended.is_set():
                work.step()
        except BaseException:
            failures.append(f"{kind}: the parent failed\n{traceback.format_exc()}")

    thread = threading.Thread(target=go_on)
    thread.start()
    try:
        for number in range(times):
            time.sleep(random.random() * 0.02)
            outcome = _outcome_of_child(work.check)
            if outcome:
                failures.append(f"{kind}: child {number} {outcome}")
    finally:
        ended.set()
        thread.join()
    return failures


def _outcome_of_child(check: Callable[[], None]) -> str:
    """How a child that runs `check` ended; "" if well."""
    child = os.fork()
    if not child:
        _be_child(check)
    deadline = time.monotonic() + _SECONDS
    while time.monotonic() < deadline:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return "" if not status else f"ended with {os.waitstatus_to_exitcode(status)}"
        time.sleep(0.002)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return f"did not end in {_SECONDS:.0f} seconds"


def _be_child(check: Callable[[], None]) -> None:
    try:
        check()
    except BaseException:
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kinds", nargs="*", choices=[*KINDS, []], help="the kinds of work (all)")
    parser.add_argument("--times", type=int, default=200, help="forks for each (200)")
    arguments = parser.parse_args()
    warnings.filterwarnings("ignore", message=".*fork.*", category=DeprecationWarning)  # which is what is tried here
    planish.set_num_threads(2)
    failures = []
    for kind in arguments.kinds or KINDS:
        with tempfile.TemporaryDirectory() as folder:
            found = soak(kind, arguments.times, Path(folder))
        print(f"{kind}: {arguments.times} forks, {len(found)} failures", flush=True)
        failures += found
    print(*failures, sep="\n", file=sys.stderr)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
