"""Transfer learning over ten epochs, with and without keeping what a frozen trunk gives: `benchmarks/frozen.py`.

A net of `keras.applications` with random weights, frozen, and a new dense layer. Each run has a process of its own, and
nothing compiled before: compiling counts. With `--keras PYTHON`, Keras on TensorFlow does the same in that Python.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from report import machine_line, save, table

KINDS = {
    "planish": ("planish", True),
    "planish, keep_frozen=False": ("planish", False),
    "Keras on TensorFlow": ("keras", False),
}


def main() -> int:
    if len(sys.argv) > 1 and sys.argv[1] == "--one":
        print(json.dumps(_epoch_seconds(**json.loads(sys.argv[2]))))
        return 0
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--net", default="MobileNetV2", help="a name in keras.applications")
    parser.add_argument("--size", type=int, default=96, help="of the images")
    parser.add_argument("--images", type=int, default=1000)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--threads", type=int, default=min(2, os.cpu_count() or 1))
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--keras", help="a Python that has Keras and TensorFlow")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    found: dict[str, list[list[float]]] = {kind: [] for kind in KINDS if arguments.keras or KINDS[kind][0] != "keras"}
    for _ in range(arguments.rounds):
        for kind, runs in found.items():
            runs.append(_in_own_process(*KINDS[kind], arguments))
    rows = []
    for kind, runs in found.items():
        first, later = statistics.median(run[0] for run in runs), statistics.median(run[-1] for run in runs)
        total = statistics.median(sum(run) for run in runs)
        rows.append([kind, f"{total:.2f} s", f"{first:.2f} s", f"{later:.3f} s"])
    size = f"{arguments.images:,} images of {arguments.size} x {arguments.size}"
    about = f"{arguments.net}, {size}, {arguments.epochs} epochs"
    print(table([about, "all", "the first epoch", "the last one"], rows))
    print(f"\n{machine_line()}")
    save(arguments.json, seconds=found, settings={name: str(value) for name, value in vars(arguments).items()})
    return 0


def _in_own_process(library: str, keep: bool, arguments: argparse.Namespace) -> list[float]:
    asked = {name: getattr(arguments, name) for name in ("net", "size", "images", "epochs", "batch", "threads")}
    python = arguments.keras if library == "keras" else sys.executable
    words = [python, __file__, "--one", json.dumps({**asked, "library": library, "keep": keep})]
    limits = {"PLANISH_NUM_THREADS": str(arguments.threads), "KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "3"}
    with tempfile.TemporaryDirectory() as cache:
        settings = {**os.environ, **limits, "PLANISH_CACHE_DIR": cache}
        done = subprocess.run(words, env=settings, check=True, capture_output=True, text=True)
    seconds: list[float] = json.loads(done.stdout.splitlines()[-1])
    return seconds


def _epoch_seconds(
    library: str, keep: bool, net: str, size: int, images: int, epochs: int, batch: int, threads: int
) -> list[float]:
    """The seconds of each epoch; compiling is in the first one."""
    if library == "keras":
        import keras
        import tensorflow as tf

        tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.config.threading.set_inter_op_parallelism_threads(threads)
        options = {}
    else:
        import planish as keras

        options = {"keep_frozen": keep}
    rng = np.random.default_rng(0)
    x, y = rng.random((images, size, size, 3), np.float32), rng.integers(0, 10, images)
    base = getattr(keras.applications, net)(include_top=False, weights=None, input_shape=(size, size, 3))
    base.trainable = False
    image = keras.Input((size, size, 3))
    pooled = keras.layers.GlobalAveragePooling2D()(base(image, training=False))
    model = keras.Model(image, keras.layers.Dense(10, activation="softmax")(keras.layers.Dropout(0.2)(pooled)))
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    marks = [time.perf_counter()]
    note = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: marks.append(time.perf_counter()))
    model.fit(x, y, batch_size=batch, epochs=epochs, verbose=0, callbacks=[note], **options)
    return np.diff(marks).tolist()


if __name__ == "__main__":
    sys.exit(main())
