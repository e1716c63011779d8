"""The other libraries that are installed here, and how `planish bench` has them measured."""

from __future__ import annotations

import importlib.metadata
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from planish.cli.bench_timing import Array, Timing
from planish.errors import explain

if TYPE_CHECKING:
    from planish.models.model import Model

_THREAD_VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
_TENSORFLOW = ("tensorflow", "tensorflow-cpu", "tensorflow-macos", "tensorflow-intel")
_NEEDED = {
    "torch": (("torch",),),
    "keras-tensorflow": (("keras",), _TENSORFLOW),
    "keras-jax": (("keras",), ("jax",)),
    "keras-torch": (("keras",), ("torch",)),
}
# Libraries read these variables when they are imported, so the process sets them first of all.
_START = """
import json, os, runpy, sys
os.environ.update(json.loads(sys.argv[2]))
runpy.run_module("planish.cli.bench_worker", run_name="__main__")
"""
_APART = 1e-3  # of predictions: a library that computes something else differs by more

NAMES = tuple(_NEEDED)


@dataclass(frozen=True, slots=True)
class Peer:
    """A library by name ("keras-jax"), with the versions of its parts ("keras 3.15.1, jax 0.10.2")."""

    name: str
    versions: str


def installed() -> Iterator[Peer]:
    """Those whose parts are all installed in this environment."""
    for name, parts in _NEEDED.items():
        found = [_version(choices) for choices in parts]
        if all(found):
            yield Peer(name, ", ".join(part for part in found if part))


def _version(choices: tuple[str, ...]) -> str | None:
    for choice in choices:
        try:
            return f"{choice} {importlib.metadata.version(choice)}"
        except importlib.metadata.PackageNotFoundError:
            continue
    return None


def timing_of(peer: Peer, model: Model, x: Array, y: Array, batch_size: int, threads: int, expected: Any) -> Timing:
    """Measures the model in another library, in a process of its own.

    ValueError if that fails, or if its predictions are not those of planish.
    """
    with tempfile.TemporaryDirectory() as folder:
        model_file, data_file = str(Path(folder) / "model.keras"), str(Path(folder) / "data.npz")
        model.save(model_file)
        np.savez(data_file, x=x, y=y)
        job = {"library": peer.name, "model": model_file, "data": data_file}
        timing = _run(peer, json.dumps({**job, "threads": threads, "batch_size": batch_size}), threads)
    apart = float(np.max(np.abs(np.array(timing.predictions) - np.array(expected))))
    if not apart < _APART:
        raise ValueError(
            explain(
                what=f"{peer.name} computes something else",
                expected=f"planish's predictions within {_APART}",
                received=f"{apart:.2g} apart",
            )
        )
    return timing


def _run(peer: Peer, job: str, threads: int) -> Timing:
    variables = dict.fromkeys(_THREAD_VARIABLES, str(threads)) | {"TF_CPP_MIN_LOG_LEVEL": "3"}
    if peer.name.startswith("keras-"):
        variables["KERAS_BACKEND"] = peer.name.removeprefix("keras-")
    command = [sys.executable, "-c", _START, job, json.dumps(variables)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        last = done.stderr.strip().splitlines()[-1:] or [f"exit code {done.returncode}"]
        raise ValueError(explain(what=f"{peer.name} failed", received=last[0]))
    return Timing(**json.loads(done.stdout.splitlines()[-1]))
