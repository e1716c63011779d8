"""Time to the first prediction and to the first training step, in fresh processes: `python benchmarks/startup.py`.

"Nothing cached" compiles; "from the cache" finds the program on disk. Both are also given as the extra milliseconds of
the first call over a later one: what is compiled, loaded and imported on demand. The last table says where the time of
compiling the training program goes.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from nets import BLOG, NETS
from own import model_of
from report import comparison, machine_line, save, table

HERE = Path(__file__).resolve().parent

_LOAD = """
import numpy, planish
model = planish.models.load_model({file!r})
assert model.predict_on_batch(numpy.zeros((1, *model.input_shape[1:]), "float32")).shape == (1, 10)
"""


_WARM = """
import startup
startup.model_of(startup.NETS[{name!r}]).save({file!r})
exec(startup._LOAD.format(file={file!r}))
for task in ("predict", "fit"):
    startup.first_calls(task, {name!r})
"""


def run(program: str, cache: str) -> tuple[float, str]:
    """Seconds of a whole process, and what it printed."""
    paths = os.pathsep.join(filter(None, [str(HERE.parent), str(HERE), os.environ.get("PYTHONPATH")]))
    environment = {**os.environ, "PLANISH_CACHE_DIR": cache, "PYTHONPATH": paths}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # modules are compiled once, as after an installation
    start = time.perf_counter()
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    return time.perf_counter() - start, done.stdout


def first_calls(task: str, name: str) -> list[float]:
    """Seconds of the first call in this process, and the median of ten more."""
    import llvmlite.binding  # noqa: F401  its import is not what is measured
    import numpy
    import numpy.random  # data come from it

    net = NETS[name]
    model = model_of(net)
    model.compile("adam", "sparse_categorical_crossentropy", ["accuracy"])
    x, y = numpy.zeros((32, *net.shape), numpy.float32), numpy.zeros(32, numpy.int64)
    times = []
    for _ in range(11):
        start = time.perf_counter()
        if task == "predict":
            model.predict_on_batch(x[:1])
        else:
            model.fit(x, y, batch_size=32, verbose=0)
        times.append(time.perf_counter() - start)
    return [times[0], statistics.median(times[1:])]


def split(name: str) -> dict[str, float]:
    """Seconds for each part of making the training program: tracing, deciding, writing, and LLVM's share."""
    import numpy
    from llvmlite import binding

    from planish.codegen import compile as compiler
    from planish.codegen.llvm.target import current_target
    from planish.codegen.planning.plan import Request, make_plan
    from planish.models.data import in_memory
    from planish.models.programs import prepare
    from planish.models.programs.step_graph import training_graph

    net = NETS[name]
    model = model_of(net)
    model.compile("adam", "sparse_categorical_crossentropy", ["accuracy"])
    arrays = in_memory.as_arrays(numpy.zeros((32, *net.shape), numpy.float32), numpy.zeros(32, numpy.int64))
    ready = prepare.prepare(model, model._settings, arrays)
    model.optimizer.build(model.trainable_weights)
    machine = compiler.target_machine(current_target())
    times = [time.perf_counter()]
    graph = training_graph(model, ready.objectives, model.optimizer, with_outputs=True).graph
    times.append(time.perf_counter())
    names = {name: dtype.name for name, dtype in ready.dtypes.items()}
    request = Request(graph, names, current_target(), training=True, max_batch=32)
    plan = make_plan(request)
    times.append(time.perf_counter())
    program = compiler.emit(plan, request)
    times.append(time.perf_counter())
    module = binding.parse_assembly(program.text)
    module.verify()
    times.append(time.perf_counter())
    machine.emit_object(module)
    times.append(time.perf_counter())
    parts = ["trace and differentiate", "passes, schedule, storage", "write LLVM text", "LLVM reads", "LLVM compiles"]
    return dict(zip(parts, (b - a for a, b in itertools.pairwise(times)), strict=True))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", choices=list(NETS), default=BLOG.name)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    processes: dict[str, list[float]] = {"planish: import, load, predict one": [], "import numpy, h5py": []}
    calls: dict[str, list[float]] = {}
    extra: dict[str, list[float]] = {}
    parts: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        file, warm = str(Path(folder) / "model.keras"), str(Path(folder) / "warm")
        run(_WARM.format(name=arguments.model, file=file), warm)
        for turn in range(arguments.rounds):
            processes["planish: import, load, predict one"].append(run(_LOAD.format(file=file), warm)[0])
            processes["import numpy, h5py"].append(run("import numpy, h5py", warm)[0])
            for task, told in (("predict", "first prediction"), ("fit", "first step of training")):
                for cache, cached in (
                    (str(Path(folder) / f"{task}{turn}"), "nothing cached"),
                    (warm, "from the cache"),
                ):
                    asked = f"import startup; print(startup.first_calls({task!r}, {arguments.model!r}))"
                    answer = run(asked, cache)[1]
                    first, later = json.loads(answer)
                    calls.setdefault(f"{told}, {cached}", []).append(first)
                    extra.setdefault(f"{told}, {cached}", []).append(first - later)
            answer = run(f"import json, startup; print(json.dumps(startup.split({arguments.model!r})))", warm)[1]
            for name, seconds in json.loads(answer).items():
                parts.setdefault(name, []).append(seconds)
    print(comparison("Fresh processes, warm cache", processes, "ms", 1e3), end="\n\n")
    rows = [
        [name, f"{1e3 * statistics.median(values):.1f} ms", f"{1e3 * statistics.median(extra[name]):.1f} ms"]
        for name, values in calls.items()
    ]
    print(f"The net {arguments.model}\n\n" + table(["", "first call", "more than a later call"], rows), end="\n\n")
    rows = [[name, f"{1e3 * statistics.median(values):.1f} ms"] for name, values in parts.items()]
    print("Compiling its training program\n\n" + table(["", "median"], rows) + f"\n\n{machine_line()}")
    save(arguments.json, startup=processes, first=calls, extra=extra, compiling=parts)


if __name__ == "__main__":
    main()
