"""The first prediction and the first step of training of deep nets, compiled, and with programs from the disk:
`python benchmarks/first_calls.py --models ResNet50 DenseNet121`.

Each call is made in a process of its own, of one image, or of a batch of two. Images have the size of the net's weights
for ImageNet, or that of `nets.py`. What is before the call is not counted: imports, layers, random weights.
"""

from __future__ import annotations

import resource
import time
from pathlib import Path
from typing import Any

import numpy as np
from nets import NETS
from own import model_of

HERE = Path(__file__).resolve().parent
PARTS = {
    "planish.models.programs.predict_program:Predictor.__init__": "trace",
    "planish.models.programs.step_graph:training_graph": "trace",
    "planish.runtime.programs:_Wanted.key": "key",
    "planish.passes.pipeline:run": "passes",
    "planish.codegen.compile:make_plan": "plan",
    "planish.codegen.compile:emit": "write text",
    "planish.codegen.compile:machine_code": "LLVM",
}


def application(name: str) -> Any:
    """A net of `planish.applications` that begins with random weights, for images of the usual size."""
    import planish

    made = getattr(planish.applications, name)(weights=None)
    made.compile("adam", "sparse_categorical_crossentropy")
    return made


def first_call(name: str, task: str) -> dict[str, float]:
    """What the call took in this process."""
    model = model_of(NETS[name]) if name in NETS else application(name)
    shape = model.input_shape[1:]
    x = np.random.default_rng(0).random((2, *shape), dtype=np.float32)
    y = np.arange(2)
    began, used = time.perf_counter(), time.process_time()
    if task == "predict":
        model.predict(x[:1], verbose=0)
    else:
        model.fit(x, y, batch_size=2, verbose=0)
    return {
        "seconds": time.perf_counter() - began,
        "cpu": time.process_time() - used,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
