"""What a server adds to a prediction: requests a second and latencies of `planish serve`, measured by wrk.

python benchmarks/http_serving.py [--onnxruntime PYTHON]

One image of 784 numbers, as JSON and in binary, over 1 to 64 connections, beside the same server with a model that
computes nothing, ONNX Runtime behind the same server code, and a Python program that calls `predict` in a loop.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import NamedTuple

import numpy as np

import planish as keras
from planish.layers import Dense, Input

ROOT = Path(__file__).parent.parent
WORKER = ROOT / "benchmarks" / "workers" / "http_server.py"
CONNECTIONS = (1, 2, 8, 32, 64)


class Measured(NamedTuple):
    """Requests a second, and latencies in milliseconds."""

    rate: float
    p50: float
    p99: float


def make(folder: Path) -> np.ndarray:
    """The model, as files of planish and ONNX, and an image."""
    keras.utils.set_random_seed(0)
    layers = [Dense(128, activation="relu"), Dense(10, activation="softmax", name="scores")]
    model = keras.Sequential([Input((784,), name="image"), *layers])
    (folder / "models").mkdir()
    model.save(folder / "models" / "m.keras")
    model.export(str(folder / "m.onnx"), format="onnx")
    return np.random.default_rng(0).random((1, 784), np.float32)


def requests(folder: Path, x: np.ndarray) -> dict[str, Path]:
    """Scripts for wrk: the same image as JSON and in binary."""
    text = json.dumps({"instances": [[float(str(number)) for number in x[0]]]}).encode()
    given = {"name": "image", "shape": [1, 784], "datatype": "FP32", "parameters": {"binary_data_size": x.nbytes}}
    head = json.dumps({"inputs": [given], "parameters": {"binary_data_output": True}}).encode()
    bodies = {
        "JSON": (text, "/v1/models/m:predict", 0),
        "binary": (head + x.tobytes(), "/v2/models/m/infer", len(head)),
    }
    found = {}
    for name, (body, path, length) in bodies.items():
        (folder / name).write_bytes(body)
        script = folder / f"{name}.lua"
        script.write_text(
            f'local file = io.open("{folder / name}", "rb")\nwrk.body = file:read("*a")\nfile:close()\n'
            f'wrk.method, wrk.path = "POST", "{path}"\n'
            + (f'wrk.headers["Inference-Header-Content-Length"] = "{length}"\n' if length else "")
        )
        found[name] = script
    return found


def started(command: list[str], port: int) -> subprocess.Popen[bytes]:
    """A server that is ready."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen([*command, "--port", str(port)], env=environment, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=60)
            return process
        except OSError:
            time.sleep(0.05)
    process.kill()
    raise SystemExit(f"{command} is not ready")


def measured(port: int, script: Path, connections: int, seconds: int) -> Measured:
    """What wrk tells. SystemExit if an answer was not 200."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "-s", str(script)]
    told = subprocess.run([*command, f"http://127.0.0.1:{port}"], capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in told or "Socket errors" in told:
        raise SystemExit(told)
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", told)[1])
    return Measured(rate, *(_milliseconds(told, share) for share in ("50", "99")))


def _milliseconds(told: str, share: str) -> float:
    number, unit = re.search(rf"{share}%\s+([\d.]+)(us|ms|s)", told).groups()
    return float(number) * {"us": 0.001, "ms": 1, "s": 1000}[unit]


def free_port() -> int:
    """A port that nobody listens at."""
    with socket.create_server(("127.0.0.1", 0)) as bound:
        return bound.getsockname()[1]


def in_a_loop(folder: Path, x: np.ndarray, seconds: int) -> float:
    """Calls of `predict` a second by one program."""
    model = keras.models.load_model(folder / "models" / "m.keras", compile=False)
    model.predict(x, verbose=0)
    count, begun = 0, time.perf_counter()
    while time.perf_counter() < begun + seconds:
        model.predict(x, verbose=0)
        count += 1
    return count / (time.perf_counter() - begun)


def main() -> None:
    """Prints a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=2, help="of each measurement (default: %(default)s)")
    parser.add_argument("--connections", type=int, nargs="+", default=CONNECTIONS)
    parser.add_argument("--onnxruntime", metavar="PYTHON", help="an interpreter that has ONNX Runtime")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        x = make(folder)
        scripts = requests(folder, x)
        servers = {
            "planish serve": [sys.executable, "-m", "planish", "serve", str(folder / "models")],
            "no model": [sys.executable, str(WORKER), "nothing"],
        }
        if given.onnxruntime:
            servers["ONNX Runtime"] = [sys.executable, str(WORKER), str(folder / "m.onnx"), "--site", given.onnxruntime]
        found = compared(servers, scripts, given.connections, given.seconds)
        report(found)
        print(f"predict in a loop: {in_a_loop(folder, x, given.seconds):,.0f} a second")


Key = tuple[str, str, int]


def compared(
    servers: dict[str, list[str]], scripts: dict[str, Path], connections: list[int], seconds: int
) -> dict[Key, Measured]:
    """By server, form and connections. All servers run, and take turns, so that they meet the same machine."""
    ports = {name: free_port() for name in servers}
    running = [started(command, ports[name]) for name, command in servers.items()]
    try:
        return {
            (name, form, count): measured(ports[name], script, count, seconds)
            for form, script in scripts.items()
            for count in connections
            for name in servers
        }
    finally:
        for process in running:
            process.terminate()
        for process in running:
            process.wait(30)


def report(found: dict[Key, Measured]) -> None:
    """A line for each measurement, with its share of what the server without a model does."""
    for (name, form, count), each in found.items():
        share = each.rate / found["no model", form, count].rate
        print(
            f"{form:7} {count:3} connections  {name:14} {each.rate:8,.0f} a second ({share:.2f})  "
            f"p50 {each.p50:7.2f} ms  p99 {each.p99:7.2f} ms",
            flush=True,
        )


if __name__ == "__main__":
    main()
