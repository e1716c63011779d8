"""What the benchmarks of planish alone share: its models, a competing process, the time of an epoch."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from nets import Net, weights

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))


def as_keras_has_it(library: Any, net: Net, values: list[np.ndarray]) -> Any:
    """A compiled model of planish, or of keras, with these weights."""
    if str(HERE / "workers") not in sys.path:
        sys.path.insert(0, str(HERE / "workers"))
    from keras_like import KerasLike

    return KerasLike(library, net, values).model


def model_of(net: Net, *, pixels: bool = False) -> Any:
    """A compiled model with the starting weights of `nets.py`; for uint8 images if `pixels`."""
    import planish

    values = weights(net)
    if pixels:
        values[0] = values[0] / np.float32(255)
    return as_keras_has_it(planish, net, values)


def epoch_seconds(model: Any, x: np.ndarray, y: np.ndarray, batch: int) -> float:
    start = time.perf_counter()
    model.fit(x, y, batch_size=batch, verbose=0)
    return time.perf_counter() - start


@contextmanager
def busy_processes(count: int) -> Iterator[None]:
    """This many processes that only use processor time, on the processors that this process may use."""
    running = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(count)]
    try:
        yield
    finally:
        for process in running:
            process.kill()
            process.wait()
