"""Models for WebAssembly, run by Node."""

import base64
import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

_DRIVER = Path(__file__).with_name("web_driver.mjs")


def node():
    found = shutil.which("node")
    if found is None:
        pytest.skip("there is no Node to run WebAssembly")
    return found


def question(folder, predictions=(), code=()):
    """About the model in a folder: arrays to predict (one, or several by name), and pieces of JavaScript."""
    return {"folder": str(folder), "predictions": [*map(_written, predictions)], "code": list(code)}


def answers(questions):
    """One for each, by one process: {"facts", "deviation", "results": [arrays as `question` has them], "values"}."""
    finished = subprocess.run(
        [node(), _DRIVER], input=json.dumps(questions), capture_output=True, text=True, timeout=120, check=False
    )
    assert finished.returncode == 0, finished.stderr[-2000:]
    found = json.loads(finished.stdout)
    return [{**each, "results": [*map(_read, each["results"])]} for each in found]


def _written(images):
    if isinstance(images, dict):
        return {name: _written(each) for name, each in images.items()}
    return {"dtype": str(images.dtype), "base64": base64.b64encode(images.tobytes()).decode()}


def _read(result):
    if "base64" not in result:
        return {name: _read(each) for name, each in result.items()}
    dtype = result["dtype"].removesuffix("Array").lower()
    return np.frombuffer(base64.b64decode(result["base64"]), dtype)
