"""Real Keras in a process of its own, and planish beside it: Keras is asked for cases ahead, and starts once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Self, TypeVar

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "benchmarks")]

from peers import interpreter  # noqa: E402

TENSORFLOW, JAX = ("tensorflow", "keras-tf"), ("jax", "keras-jax")  # Keras's backends, and where they are installed

_Case = TypeVar("_Case")


class Keras:
    """Runs a script of this folder (see `serving.py`), which leaves its answers in `folder`, one case after the other.

    PARITY_PYTHON names an interpreter that has Keras and both backends, or PARITY_PYTHON_JAX one for JAX; without them,
    environments are made on demand.
    """

    def __init__(self, script: str, folder: Path, where: tuple[str, str] = TENSORFLOW) -> None:
        backend, home = where
        own = os.environ.get(f"PARITY_PYTHON_{backend.upper()}") or os.environ.get("PARITY_PYTHON")
        self._asked: deque[str] = deque()
        self._process = subprocess.Popen(
            [own or interpreter(home), str(HERE / script), str(folder)],
            env={"TF_CPP_MIN_LOG_LEVEL": "3", **os.environ, "KERAS_BACKEND": backend},
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def ask(self, case: Any) -> None:
        assert self._process.stdin
        self._asked.append(f"{json.dumps(case)}\n")
        self._process.stdin.write(self._asked[-1])
        self._process.stdin.flush()

    def wait(self) -> None:
        """Until that is answered which was asked longest ago."""
        assert self._process.stdout
        if self._process.stdout.readline() != self._asked.popleft():
            raise SystemExit("real Keras's process failed")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._process.communicate()


def ahead(cases: Iterable[_Case], ask: Callable[[_Case], None], by: int) -> Iterator[_Case]:
    """The cases, each when it has been asked for, and up to `by` that follow."""
    asked: deque[_Case] = deque()
    for case in cases:
        ask(case)
        asked.append(case)
        if len(asked) > by:
            yield asked.popleft()
    yield from asked
