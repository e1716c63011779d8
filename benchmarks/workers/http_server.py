"""The server of planish with another model behind it: none, or ONNX Runtime.

python benchmarks/workers/http_server.py nothing|MODEL.onnx --port PORT [--site PYTHON]
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from planish.serving import repository
from planish.serving.http.server import Listening, run
from planish.serving.loaded import Tensor
from planish.serving.options import Options


class Nothing:
    """Gives zeros: what is left is the server."""

    platform, class_names, joins, smoothed = "nothing", None, True, False
    inputs = (Tensor("image", (784,), "float32"),)
    outputs = (Tensor("scores", (10,), "float32"),)

    def predict(self, arrays: Sequence[Any]) -> list[Any]:
        """Zeros, which take as many digits as scores do."""
        return [np.full((len(arrays[0]), 10), 1 / 3, np.float32)]


class OnnxRuntime(Nothing):
    """ONNX Runtime, with its own choice of threads."""

    platform = "onnxruntime"

    def __init__(self, path: str) -> None:
        import onnxruntime

        self._session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
        (self._input,) = [each.name for each in self._session.get_inputs()]

    def predict(self, arrays: Sequence[Any]) -> list[Any]:
        """What it computes."""
        return self._session.run(None, {self._input: arrays[0]})


def main() -> int:
    """Serves it as model `m`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--site", help="the interpreter whose packages have ONNX Runtime")
    given = parser.parse_args()
    if given.site:
        where = "import sysconfig; print(sysconfig.get_path('purelib'))"
        sys.path.append(
            subprocess.run([given.site, "-c", where], capture_output=True, text=True, check=True).stdout.strip()
        )
    model = Nothing() if given.model == "nothing" else OnnxRuntime(given.model)
    repository.load = lambda path: model
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "m.keras").write_bytes(b"")
        return run(Options(folder), Listening(port=given.port))


if __name__ == "__main__":
    sys.exit(main())
