"""`planish bench`, alone and beside libraries that stand in for those that may be installed."""

import contextlib
import importlib.metadata
import json
import os
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from planish.cli import bench_peers
from planish.cli.torch_model import torch_model
from planish.layers import (
    AveragePooling2D,
    BatchNormalization,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    Input,
    MaxPooling2D,
    Rescaling,
)
from planish.models import Sequential

ROOT = Path(__file__).parent.parent.parent

KERAS = """
import os
from planish import models
assert (os.environ["KERAS_BACKEND"], os.environ["OMP_NUM_THREADS"]) == ("jax", "2")
"""
OTHER_ANSWERS = (
    KERAS
    + """
class Model:
    def predict_on_batch(self, x):
        return x
    def predict(self, x, **options):
        return x.reshape(len(x), -1)[:, :10]
    def fit(self, *arguments, **options):
        return None
class models:
    load_model = lambda file: Model()
"""
)


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Makes a module as an installed library has it; nothing else is installed."""
    folder, versions = tmp_path / "installed", {}
    folder.mkdir()
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(folder), str(ROOT)]))

    def version(name):
        if name not in versions:
            raise importlib.metadata.PackageNotFoundError(name)
        return versions[name]

    found = SimpleNamespace(version=version, PackageNotFoundError=importlib.metadata.PackageNotFoundError)
    monkeypatch.setattr(bench_peers, "importlib", SimpleNamespace(metadata=found))

    def install(name, version, code=""):
        versions[name] = version
        (folder / f"{name}.py").write_text(code)

    return install


def small(*arguments):
    return ("bench", "--model", "softmax", "--images", 100, "--threads", 2, *arguments)


def facts(out):
    return dict(line.split(": ", 1) for line in out.splitlines() if ": " in line)


def test_alone(planish):
    code, out, err = planish(*small("--only"))
    assert (code, err) == (0, "")
    assert list(facts(out)) == ["first prediction", "one image", "many images", "training"]


def test_what_is_installed(install):
    assert list(bench_peers.installed()) == []
    install("keras", "3.1")
    assert list(bench_peers.installed()) == []
    install("jax", "0.9")
    assert [(peer.name, peer.versions) for peer in bench_peers.installed()] == [("keras-jax", "keras 3.1, jax 0.9")]
    install("torch", "2.5")
    assert [peer.name for peer in bench_peers.installed()] == ["torch", "keras-jax", "keras-torch"]


def test_beside_another_library(planish, install, tmp_path):
    install("keras", "3.1", KERAS)
    install("jax", "0.9")
    code, out, err = planish(*small("--json", "b.json", "--markdown", "b.md", "--picture", "b.svg"))
    assert (code, err) == (0, "")
    rows = [line.split("\t") for line in out.splitlines() if "\t" in line]
    assert [row[0] for row in rows] == ["planish", "keras-jax"]
    assert (rows[0][3], rows[0][5]) == ("1.00", "1.00")
    found = json.loads((tmp_path / "b.json").read_text())
    assert [line["version"] for line in found["lines"]] == [found["lines"][0]["version"], "keras 3.1, jax 0.9"]
    times = [line["timing"] for line in found["lines"]]
    assert all(seconds > 0 for timing in times for seconds in timing.values())
    assert float(rows[1][5]) == pytest.approx(times[1]["epoch"] / times[0]["epoch"], abs=0.006)
    markdown = (tmp_path / "b.md").read_text()
    assert "keras-jax: keras 3.1, jax 0.9" in markdown
    assert "| planish |" in markdown
    assert (tmp_path / "b.svg").read_text().count("keras-jax") >= 2


def test_a_library_that_computes_something_else_is_left_out(planish, install):
    install("keras", "3.1", OTHER_ANSWERS)
    install("jax", "0.9")
    code, out, err = planish(*small())
    assert code == 0
    assert err.startswith("keras-jax is left out: keras-jax computes something else expected: planish's predictions")
    assert "keras-jax" not in out


def test_a_library_that_fails_is_left_out(planish, install):
    install("keras", "3.1", "raise RuntimeError('no such processor')")
    install("jax", "0.9")
    code, _, err = planish(*small())
    assert code == 0
    assert err == "keras-jax is left out: keras-jax failed received: RuntimeError: no such processor\n"


class Module:
    """Stands for a PyTorch module: keeps what it was made from and what its parameters were set to."""

    def __init__(self, kind, arguments, options):
        self.kind, self.arguments, self.options, self.values = kind, arguments, options, []

    def parameters(self):
        count = {"Conv2d": 2, "Linear": 2}.get(self.kind, 0)
        return [SimpleNamespace(copy_=self.values.append) for _ in range(count)]


class Nn:
    Module = object

    def __getattr__(self, kind):
        return lambda *arguments, **options: Module(kind, arguments, options)


@pytest.fixture
def _torch(monkeypatch):
    torch = SimpleNamespace(nn=Nn(), no_grad=contextlib.nullcontext, from_numpy=lambda array: array)
    torch.nn.Sequential = lambda *modules: modules
    monkeypatch.setitem(sys.modules, "torch", torch)


@pytest.mark.usefixtures("_torch")
def test_layers_in_pytorch():
    model = Sequential(
        [
            Input((9, 9, 2)),
            Rescaling(1 / 255),
            Conv2D(5, (3, 2), padding="same", activation="relu"),
            MaxPooling2D(),
            AveragePooling2D((2, 1)),
            Flatten(),
            Dropout(0.3),
            Dense(7, activation="softmax"),
        ]
    )
    modules = torch_model(model)
    kinds = [getattr(module, "kind", type(module).__name__) for module in modules]
    assert kinds == ["Scaled", "Conv2d", "ReLU", "MaxPool2d", "AvgPool2d", "ChannelsLast", "Dropout", "Linear"]
    conv, dense = modules[1], modules[-1]
    assert conv.arguments == (2, 5, (3, 2), (1, 1), "same", (1, 1), 1, True)
    kernel, bias, dense_kernel, _ = model.get_weights()
    assert np.array_equal(conv.values[0], kernel.transpose(3, 2, 0, 1))
    assert np.array_equal(conv.values[1], bias)
    assert np.array_equal(dense.values[0], dense_kernel.T)
    assert modules[3].arguments == ((2, 2), (2, 2))


@pytest.mark.usefixtures("_torch")
@pytest.mark.parametrize(
    ("layer", "expected"),
    [
        (BatchNormalization(name="it"), "a convolution, pooling, Flatten, Dense, Dropout or Rescaling layer"),
        (Conv2D(3, 2, strides=2, padding="same", name="it"), "padding 'same' with strides of 1"),
        (MaxPooling2D(padding="same", name="it"), "padding 'valid'"),
        (Conv2D(3, 2, activation="gelu", name="it"), "activation linear, relu, tanh, sigmoid, or softmax at the end"),
    ],
)
def test_layers_without_a_counterpart(layer, expected):
    with pytest.raises(ValueError, match=r"'it': planish knows no counterpart in PyTorch\n  expected: ") as raised:
        torch_model(Sequential([Input((8, 8, 2)), layer]))
    assert f"expected: {expected}" in str(raised.value)
