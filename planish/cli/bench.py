"""`planish bench`: how fast this machine predicts and trains, in a few seconds."""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np

import planish
from planish.cli import model_choice
from planish.cli.console import facts

_SHAPE, _CLASSES = (28, 28, 1), 10


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("bench", help="measure predicting and training on this machine")
    parser.add_argument("--model", default="blog", metavar="MODEL", help=model_choice.HELP + " (%(default)s)")
    parser.add_argument("--images", type=int, default=10_000, metavar="N", help="how many at once (%(default)s)")
    parser.add_argument("--batch-size", type=int, default=32, metavar="N", help="of training (%(default)s)")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> None:
    random = np.random.default_rng(0)
    x = random.random((arguments.images, *_SHAPE), dtype=np.float32)
    y = random.integers(0, _CLASSES, arguments.images)
    model = model_choice.make(arguments.model, _SHAPE, _CLASSES, pixels=False)
    first = _seconds(lambda: model.predict(x[:1], verbose=0))
    one = statistics.median(_seconds(lambda: model.predict_on_batch(x[:1])) for _ in range(1000))
    many = min(_seconds(lambda: model.predict(x, verbose=0)) for _ in range(5))
    training = min(_training_seconds(model, x, y, arguments.batch_size) for _ in range(3))
    facts(
        f"{planish.get_num_threads()} threads",
        [
            ("first prediction", f"{first * 1e3:,.0f} ms, compiling included"),
            ("one image", f"{one * 1e6:,.0f} us"),
            ("many images", f"{len(x) / many:,.0f} images/s"),
            ("training", f"{len(x) / training:,.0f} images/s at batch size {arguments.batch_size}"),
        ],
    )


def _training_seconds(model: Any, x: Any, y: Any, batch_size: int) -> float:
    return _seconds(lambda: model.fit(x, y, batch_size, verbose=0))


def _seconds(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start
