"""Weights in safetensors files."""

import json
import os
import struct
import subprocess
import sys

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from planish.layers import BatchNormalization, Conv2D, Dense, Flatten, Input
from planish.models import Sequential


def with_batch_normalization():
    return Sequential([Input((6, 6, 1)), Conv2D(2, 3), BatchNormalization(), Flatten(), Dense(3)])


def raw(header, data=b""):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def test_names_are_the_paths_of_the_variables(model, tmp_path):
    path = tmp_path / "x.safetensors"
    model.save_weights(path)
    stored = load_file(path)
    assert set(stored) == {weight.path for weight in model.weights}
    for weight, array in zip(model.weights, model.get_weights(), strict=True):
        np.testing.assert_array_equal(stored[weight.path], array)


@pytest.mark.parametrize("name", ["x.safetensors", "x.bin"])
def test_weights_come_back(tmp_path, name):
    model, another = with_batch_normalization(), with_batch_normalization()
    renamed = {weight.path: other.path for weight, other in zip(model.weights, another.weights, strict=True)}
    arrays = {
        renamed[weight.path]: np.random.default_rng(1).random(weight.shape, np.float32) for weight in model.weights
    }
    save_file(arrays, tmp_path / name)
    another.load_weights(tmp_path / name)
    for weight in another.weights:
        np.testing.assert_array_equal(weight.numpy(), arrays[weight.path])


def test_half_precision_is_read(model, tmp_path):
    arrays = {weight.path: np.full(weight.shape, 0.5, np.float16) for weight in model.weights}
    save_file(arrays, tmp_path / "x.safetensors")
    model.load_weights(tmp_path / "x.safetensors")
    assert all((array == 0.5).all() and array.dtype == np.float32 for array in model.get_weights())


def changed(model, path, change):
    model.save_weights(path)
    arrays = load_file(path)
    first = model.weights[0].path
    if change == "missing":
        del arrays[first]
    elif change == "superfluous":
        arrays["other/kernel"] = np.zeros(3, np.float32)
    elif change == "another shape":
        arrays[first] = arrays[first][:-1]
    else:
        arrays = {f"layers.{place}.weight": array for place, array in enumerate(arrays.values())}
    save_file(arrays, path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("missing", "does not have the weights that the model needs\n.*received: none of these"),
        ("superfluous", "received: other/kernel"),
        ("another shape", "has another shape\n  expected:.*\\(3, 3, 1, 2\\)"),
        ("of PyTorch", r"planish\.convert\.from_state_dict\(safetensors\.numpy\.load_file\("),
    ],
)
def test_what_does_not_fit_changes_nothing(model, tmp_path, change, message):
    changed(model, tmp_path / "x.safetensors", change)
    model.set_weights([np.ones_like(array) for array in model.get_weights()])
    with pytest.raises(ValueError, match=r"(?s)" + message):
        model.load_weights(tmp_path / "x.safetensors")
    assert all((array == 1).all() for array in model.get_weights())
    with pytest.warns(UserWarning, match="keeps"):
        model.load_weights(tmp_path / "x.safetensors", skip_mismatch=True)


F32 = {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}


@pytest.mark.parametrize(
    "contents",
    [
        raw({}),
        raw({"a": F32}),
        raw({"a": F32}, bytes(9)),
        raw({"a": {**F32, "shape": [1 << 60, 1 << 60]}}, bytes(8)),
        raw({"a": {**F32, "shape": [-1]}}, bytes(8)),
        raw({"a": {**F32, "data_offsets": [0, 1 << 62]}}, bytes(8)),
        raw({"a": F32, "b": F32}, bytes(8)),
        raw({"a": {**F32, "dtype": "F999"}}, bytes(8)),
        raw(b'{"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}, "a": 3}', bytes(8)),
        raw(b'{"a":' + b"[" * 100_000),
        struct.pack("<Q", 1 << 31) + b"{}",
        raw({"__metadata__": {"a": 3}}),
    ],
    ids=range(12),
)
def test_hostile_headers_are_told(model, tmp_path, contents):
    path = tmp_path / "x.safetensors"
    path.write_bytes(contents)
    with pytest.raises(ValueError, match=r"x\.safetensors'") as caught:
        model.load_weights(path)
    assert "damaged" in str(caught.value) or "does not have the weights" in str(caught.value)


def test_bfloat16_is_read(model, tmp_path):
    entries, offset = {}, 0
    for weight in model.weights:
        size = 2 * int(np.prod(weight.shape))
        entries[weight.path] = {"dtype": "BF16", "shape": list(weight.shape), "data_offsets": [offset, offset + size]}
        offset += size
    (tmp_path / "x.safetensors").write_bytes(raw(entries, np.full(offset // 2, 0x3F80, "<u2").tobytes()))
    model.load_weights(tmp_path / "x.safetensors")
    assert all((array == 1).all() for array in model.get_weights())


def test_without_the_library_the_extra_is_named(model, tmp_path):
    model.save_weights(tmp_path / "x.weights.h5")
    code = (
        "import sys\nsys.modules['safetensors'] = None\nimport planish as keras\n"
        "model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])\n"
        f"model.save_weights({str(tmp_path / 'x.safetensors')!r})"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env={**os.environ})
    assert "pip install 'planish[safetensors]'" in run.stderr
