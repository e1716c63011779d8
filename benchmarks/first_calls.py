"""The first prediction and the first step of training of deep nets, compiled, and with programs from the disk:
`python benchmarks/first_calls.py`.

Each call is made in a process of its own, of one image, or of one batch of two. Images have the size that the net's
weights for ImageNet are for, or that of `nets.py`. What comes before the call does not count: imports, layers, random
weights. `--split` adds where the time goes when nothing is cached: seconds of a processor, whichever thread used them.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from nets import NETS
from own import model_of
from report import machine_line, save, table

HERE = Path(__file__).resolve().parent
TASKS = ("predict", "fit")
ANY_SIZE = 224
"""Rows and columns of images for nets that take any, such as MobileNetV3."""
MODELS = [
    "MobileNetV2", "MobileNetV3Large", "ResNet50", "ResNet152", "DenseNet121", "DenseNet201", "InceptionV3",
    "InceptionResNetV2", "Xception", "EfficientNetB0", "EfficientNetB7", "EfficientNetV2S", "ConvNeXtTiny",
    "NASNetMobile", "NASNetLarge", "densenet", "mobilenetv2-96",
]  # fmt: skip

# What the parts of a first call are called, and the functions that do them.
PARTS = {
    "planish.models.programs.train_program:training_graph": "trace",
    "planish.models.model:Model.graph": "trace",
    "planish.codegen.compile:make_plan": "plan",
    "planish.codegen.compile:emit": "write",
    "planish.codegen.compile:object_code_apart": "LLVM",
    "planish.codegen.compile:link": "link",
}


class Clock:
    """Seconds of a processor by part; what a function spends in that of another part is not counted twice."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._inner = threading.local()

    def watch(self, place: str, part: str) -> None:
        """Counts all calls of a function, given as "module:name"."""
        module, names = place.split(":")
        *owners, name = names.split(".")
        owner: Any = importlib.import_module(module)
        for each in owners:
            owner = getattr(owner, each)
        setattr(owner, name, self._counted(getattr(owner, name), part))

    def _counted(self, function: Callable[..., Any], part: str) -> Callable[..., Any]:
        def counted(*arguments: Any, **named: Any) -> Any:
            outer = getattr(self._inner, "seconds", 0.0)
            self._inner.seconds = 0.0
            began = time.thread_time()
            try:
                return function(*arguments, **named)
            finally:
                used = time.thread_time() - began
                self.seconds[part] = self.seconds.get(part, 0.0) + used - self._inner.seconds
                self._inner.seconds = outer + used

        return counted


def made(name: str) -> Any:
    """A net of `nets.py`, or of `planish.applications`, with random weights that are there already."""
    import planish

    if name in NETS:
        return model_of(NETS[name])
    model = getattr(planish.applications, name)(weights=None)
    model.compile("adam", "sparse_categorical_crossentropy")
    model.get_weights()
    return model


def first_call(name: str, task: str, *, split: bool) -> dict[str, Any]:
    """Seconds of the first call in this process, and of the next one; MB at the peak."""
    import llvmlite.binding  # noqa: F401  its import is not what is measured

    model, clock = made(name), Clock()
    for place, part in PARTS.items() if split else ():
        clock.watch(place, part)
    shape = [ANY_SIZE if size is None else size for size in model.input_shape[1:]]
    x, y = np.random.default_rng(0).random((2, *shape), dtype=np.float32), np.arange(2)
    seconds = []
    for _ in range(2):
        began, used = time.perf_counter(), time.process_time()
        if task == "predict":
            model.predict(x[:1], verbose=0)
        else:
            model.fit(x, y, batch_size=2, verbose=0)
        seconds.append((time.perf_counter() - began, time.process_time() - used))
    (first, cpu), (again, _) = seconds
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"first": first, "again": again, "cpu": cpu, "peak_mb": peak, "parts": clock.seconds}


def in_a_fresh_process(name: str, task: str, cache: str, *, split: bool = False) -> dict[str, Any]:
    paths = os.pathsep.join(filter(None, [str(HERE.parent), str(HERE), os.environ.get("PYTHONPATH")]))
    program = f"import json, first_calls; print(json.dumps(first_calls.first_call({name!r}, {task!r}, split={split})))"
    environment = {**os.environ, "PLANISH_CACHE_DIR": cache, "PYTHONPATH": paths}
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def measured(name: str, task: str, *, split: bool) -> dict[str, Any]:
    """A call with nothing cached, the next one in another process, and if asked, the parts of the first."""
    with tempfile.TemporaryDirectory() as folder:
        cold, warm = (in_a_fresh_process(name, task, folder) for _ in range(2))
    parts = in_a_fresh_process(name, task, "off", split=True)["parts"] if split else {}
    return {"cold": cold, "warm": warm, "parts": parts}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", nargs="+", default=MODELS, help="names of planish.applications, or of nets.py")
    parser.add_argument("--tasks", nargs="+", choices=TASKS, default=TASKS)
    parser.add_argument("--split", action="store_true")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    found: dict[str, dict[str, Any]] = {}
    for name in arguments.models:
        for task in arguments.tasks:
            own = found[f"{name}, {task}"] = measured(name, task, split=arguments.split)
            cold, warm = own["cold"], own["warm"]
            print(f"{name}, {task}: {cold['first']:.2f} s, warm {warm['first']:.2f} s", file=sys.stderr, flush=True)
    header = ["first call", "nothing cached", "processor's time", "from the cache", "a later call", "peak"]
    rows = [
        [
            name,
            *(f"{own['cold'][key]:.2f} s" for key in ("first", "cpu")),
            *(f"{own['warm'][key]:.2f} s" for key in ("first", "again")),
            f"{own['cold']['peak_mb']:,.0f} MB",
        ]
        for name, own in found.items()
    ]
    print(table(header, rows))
    if arguments.split:
        names = list(dict.fromkeys(PARTS.values()))
        shares = [[name, *(f"{own['parts'].get(part, 0.0):.2f} s" for part in names)] for name, own in found.items()]
        print("\n" + table(["", *names], shares))
    print(f"\n{machine_line()}")
    save(arguments.json, first_calls=found)


if __name__ == "__main__":
    main()
