"""What a shipped model costs where it runs: `python benchmarks/shipped.py --onnxruntime PYTHON`.

The same net as planish runs it, as a plan with `planish_runtime`, as a library for C (with the system's compiler), as
WebAssembly in Node, in ONNX Runtime and in LiteRT, if the interpreters of environments that have them are given (for
LiteRT also one that has Keras on TensorFlow, which converts the model), and with `--web` in onnxruntime-web. Each is a
process of its own, and they take turns. The table has medians of one image, of 1,000, of loading the model (with the
imports, but for NumPy's) until it has answered one image, and of a process that does nothing else; then the most memory
that a process had, and what has to be installed. In C and in Node there is one thread.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from nets import NETS
from own import HERE, model_of
from report import machine_line, save, table

WORKERS = HERE / "workers"
CONVERTING = """
import sys, keras, tensorflow as tf
model = keras.models.load_model(sys.argv[1], compile=False)
open(sys.argv[2], "wb").write(tf.lite.TFLiteConverter.from_keras_model(model).convert())
"""
COLUMNS = ("one", "many", "load", "process", "memory", "installed")


@dataclass(frozen=True)
class Subject:
    """A way to run the model: a command, behind which comes what it does, and its size if nothing is asked for that."""

    name: str
    command: tuple[str, ...]
    installed: int | None = None


def subjects(folder: Path, arguments: argparse.Namespace) -> Iterator[Subject]:
    """Those for which everything is there, with the files that they need."""
    net = NETS[arguments.net]
    model = model_of(net)
    plan, keras, onnx = (str(folder / f"net.{ending}") for ending in ("plan", "keras", "onnx"))
    model.save(keras)
    model.build(plan, targets="host")
    yield _in_python("planish", sys.executable, "planish", keras, arguments.threads)
    yield _in_python("planish_runtime", sys.executable, "runtime", plan, arguments.threads)
    compiler = shutil.which("cc")
    if compiler is not None:
        model.build(folder / "net", emit="c", targets="host")
        program = str(folder / "net_benchmark")
        given = ["-O2", "-I", str(folder), str(WORKERS / "shipped_main.c"), str(folder / "libnet.a"), "-o", program]
        subprocess.run([compiler, *given], check=True)
        yield Subject("C", (program,), os.path.getsize(program))
    node = shutil.which("node")
    if node is not None:
        model.build(folder / "web", emit="wasm")
        yield _in_node("WebAssembly in Node", node, "wasm", str(folder / "web"), "")
    model.export(onnx, format="onnx", verbose=False)
    if arguments.onnxruntime:
        yield _in_python("ONNX Runtime", arguments.onnxruntime, "onnxruntime", onnx, arguments.threads)
    if arguments.litert and arguments.keras:
        lite = str(folder / "net.tflite")
        quiet = {**os.environ, "KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "3"}
        subprocess.run([arguments.keras, "-c", CONVERTING, keras, lite], env=quiet, check=True, capture_output=True)
        yield _in_python("LiteRT", arguments.litert, "litert", lite, arguments.threads)
    if node is not None and arguments.web:
        yield _in_node("onnxruntime-web in Node", node, "onnxruntime-web", onnx, str(_npm("onnxruntime-web")))


def _in_python(name: str, python: str, kind: str, file: str, threads: int) -> Subject:
    return Subject(name, (python, str(WORKERS / "shipped_peer.py"), kind, file, str(threads)))


def _in_node(name: str, node: str, kind: str, file: str, where: str) -> Subject:
    return Subject(name, (node, str(WORKERS / "shipped_web.mjs"), kind, file, where))


def _npm(package: str) -> Path:
    """An environment of Node's with a package, which is made when it is first asked for."""
    folder = HERE.parent / ".venvs" / package
    if not (folder / "node_modules" / package).exists():
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run(["npm", "install", "--silent", "--no-save", "--prefix", str(folder), package], check=True)
    return folder


def asked(subject: Subject, does: str) -> dict[str, float]:
    """What its process writes, and how long it took."""
    started = time.perf_counter()
    path = os.pathsep.join(filter(None, [str(HERE.parent), os.environ.get("PYTHONPATH")]))
    environment = {**os.environ, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": ""}  # packages are installed with it
    done = subprocess.run([*subject.command, does], env=environment, stdout=subprocess.PIPE, check=True)
    return {"seconds": time.perf_counter() - started, **json.loads(done.stdout)}


def measured(every: list[Subject], rounds: int) -> dict[str, dict[str, float]]:
    """Medians by the name of a subject and the column."""
    found: dict[str, dict[str, list[float]]] = {each.name: {column: [] for column in COLUMNS} for each in every}
    for subject in every:
        asked(subject, "first")  # what is kept for later processes is there then
        size = subject.installed
        found[subject.name]["installed"] = [asked(subject, "size")["installed"] if size is None else size]
    for _ in range(rounds):
        for subject in every:
            cells, times = found[subject.name], asked(subject, "times")
            for column in ("one", "many", "memory"):
                cells[column].append(times[column])
            first = asked(subject, "first")
            cells["load"].append(first["load"])
            cells["process"].append(first["seconds"])
    return {name: {column: statistics.median(cell) for column, cell in cells.items()} for name, cells in found.items()}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--net", choices=NETS, default="blog")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--onnxruntime", metavar="PYTHON", help="the interpreter of an environment that has it")
    parser.add_argument("--litert", metavar="PYTHON", help="the same for LiteRT; needs --keras")
    parser.add_argument("--keras", metavar="PYTHON", help="the same for Keras on TensorFlow, which converts for LiteRT")
    parser.add_argument("--web", action="store_true", help="also onnxruntime-web, which npm brings")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = measured(list(subjects(Path(folder), arguments)), arguments.rounds)
    rows = [
        [
            name, f"{cell['one'] * 1e6:,.1f} us", f"{cell['many'] * 1e3:,.2f} ms", f"{cell['load'] * 1e3:,.1f} ms",
            f"{cell['process'] * 1e3:,.0f} ms", f"{cell['memory'] / 1e6:,.1f} MB", f"{cell['installed'] / 1e6:,.1f} MB",
        ]
        for name, cell in found.items()
    ]  # fmt: skip
    about = f"{arguments.net}, threads: {arguments.threads}"
    header = ["one image", "1,000 images", "load and first answer", "its process", "most memory", "installed"]
    print(table([about, *header], rows))
    print(f"\n{machine_line()}")
    save(arguments.json, net=arguments.net, threads=arguments.threads, found=found)
    return 0


if __name__ == "__main__":
    sys.exit(main())
