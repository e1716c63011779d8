"""The libraries beside which planish is measured, each in a process of its own with the same number of threads."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import subprocess
import sys
import venv
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nets import Net

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent


@dataclass(frozen=True)
class Kind:
    """A library: the module that runs it, its virtual environment, and what its process finds in os.environ."""

    module: str
    home: str
    variables: tuple[tuple[str, str], ...] = ()


def _torch(mode: str) -> Kind:
    return Kind("torch_peer", "torch", (("PLANISH_BENCHMARK_TORCH", mode),))


KINDS = {
    "planish": Kind("planish_peer", ""),
    "planish-exact": Kind("planish_peer", "", (("PLANISH_EXACT", "1"),)),
    "torch": _torch("default"),
    "torch-channels-last": _torch("channels_last"),
    "torch-compile": _torch("compile"),
    "keras-tf": Kind("keras_peer", "keras-tf", (("KERAS_BACKEND", "tensorflow"),)),
    "keras-jax": Kind("keras_peer", "keras-jax", (("KERAS_BACKEND", "jax"),)),
    "tinygrad": Kind("tinygrad_peer", "tinygrad", (("DEV", "CPU"),)),
    "onnxruntime": Kind("onnxruntime_peer", "onnxruntime"),
    "openvino": Kind("openvino_peer", "openvino"),
}
TRAINING = [name for name in KINDS if name not in ("planish-exact", "onnxruntime", "openvino")]
PREDICTING = ["planish", "onnxruntime", "torch-channels-last", "keras-jax", "keras-tf", "openvino"]


def interpreter(home: str) -> str:
    """The Python of a virtual environment in .venvs/HOME, made on demand from requirements/HOME.txt."""
    folder = ROOT / ".venvs" / home
    python = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    ready = folder / "ready"
    if not ready.exists():
        print(f"making .venvs/{home}", file=sys.stderr)
        venv.create(folder, with_pip=True, clear=True)
        requirements = HERE / "requirements" / f"{home}.txt"
        subprocess.run([python, "-m", "pip", "install", "--quiet", "--requirement", requirements], check=True)
        ready.touch()
    return str(python)


class Process:
    """A peer that runs. `ask("seconds", task=...)` waits for its answer; RuntimeError if the process ended instead."""

    def __init__(self, name: str, python: str, threads: int, data: Path | None) -> None:
        self.name = name
        kind = KINDS[name]
        limits = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), str(threads))
        environment = {**os.environ, **limits, **dict(kind.variables)}
        command = [python, str(HERE / "workers" / "serve.py"), kind.module, str(threads), str(data or "")]
        self._process = subprocess.Popen(
            command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.abilities: list[str] = self.ask("abilities")

    def ask(self, request: str, **arguments: Any) -> Any:
        assert self._process.stdin
        assert self._process.stdout
        with contextlib.suppress(BrokenPipeError):  # the missing answer shows it
            print(json.dumps({"do": request, **arguments}), file=self._process.stdin, flush=True)
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.name} ended while it was asked for {request}")
        return json.loads(line)

    def close(self) -> None:
        assert self._process.stdin
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        self._process.wait()


def add_arguments(parser: argparse.ArgumentParser, peers: list[str]) -> None:
    """The options that all comparisons have; `peers` are those that can take part."""
    parser.add_argument(
        "--peer",
        action="append",
        default=[],
        metavar="NAME=PYTHON",
        help="the interpreter of a peer, or of all that share its environment (torch)",
    )
    parser.add_argument("--only", nargs="+", choices=peers, default=peers, help="these peers only")
    parser.add_argument("--threads", type=int, default=min(2, os.cpu_count() or 1))
    parser.add_argument("--rounds", type=int, default=3, help="measurements of each, taken in turns (%(default)s)")
    parser.add_argument("--data", type=Path, help="mnist.npz in Keras's form; random images without it")
    parser.add_argument("--json", type=Path, help="where the numbers go")


def start(arguments: argparse.Namespace, ability: str) -> list[Process]:
    """Starts the available peers. Those that cannot be installed are left out, with a message."""
    given = dict(pair.split("=", 1) for pair in arguments.peer)
    running = []
    for name in arguments.only:
        home = KINDS[name].home
        try:
            python = given.get(name) or given.get(home) or (interpreter(home) if home else sys.executable)
            process = Process(name, python, arguments.threads, arguments.data)
        except (OSError, subprocess.CalledProcessError, RuntimeError) as error:
            print(f"{name} is left out: {error}", file=sys.stderr)
            continue
        if ability in process.abilities:
            running.append(process)
        else:
            process.close()
    return running


def able(processes: list[Process], net: Net, images: int) -> list[Process]:
    """Those that can build the net."""
    left = []
    for process in processes:
        try:
            process.ask("choose", net=net.name, count=images)
            left.append(process)
        except RuntimeError as error:
            print(f"{process.name} is left out from here on: {error}", file=sys.stderr)
    return left
