"""What a file is, by its contents, whatever it is called."""

import ast
import io
import json
import pickle
import struct
import zipfile

import h5py
import numpy as np
import pytest

from planish.cli.main import main
from planish.models import load_model
from planish.saving import formats, opening, ways_out, weights_file
from planish.saving.formats import Kind, kind_of
from planish_runtime import plan_format


def zipped(*names):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in names:
            archive.writestr(name, b"contents")
    return buffer.getvalue()


def hdf5(groups=(), attributes=()):
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        for name in groups:
            file.create_group(name)
        for name in attributes:
            file.attrs[name] = "{}"
    return buffer.getvalue()


def message(*fields):
    """A protobuf message: numbers as varints (below 128), bytes and text as what they are."""
    parts = []
    for number, value in fields:
        if isinstance(value, int):
            parts.append(varint(number << 3) + varint(value))
        else:
            parts.append(varint(number << 3 | 2) + varint(len(value)) + value)
    return b"".join(parts)


def varint(value):
    written = bytearray()
    while value > 0x7F:
        written.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*written, value])


def saved_array():
    buffer = io.BytesIO()
    np.save(buffer, np.zeros(3))
    return buffer.getvalue()


class Traps:
    """Unpickling one of these ends the test."""

    def __reduce__(self):
        return pytest.fail, ("unpickled",)


ONNX = message((1, 8), (2, b"pytorch"), (7, message((1, b"node"))), (8, message((2, 18))))
SAFETENSORS = struct.pack("<Q", 2) + b"{}"
OPENVINO = b'<?xml version="1.0"?>\n<net name="model" version="11"></net>'

FILES = [
    (Kind.KERAS, zipped("metadata.json", "config.json", "model.weights.h5")),
    (Kind.KERAS, b"something in front" + zipped("metadata.json", "config.json")),
    (Kind.KERAS_H5, hdf5(["model_weights"], ["model_config", "keras_version"])),
    (Kind.KERAS_WEIGHTS, hdf5(["layers", "vars"])),
    (Kind.KERAS_H5_WEIGHTS, hdf5(["dense"], ["layer_names", "backend"])),
    (Kind.KERAS_H5_WEIGHTS, hdf5(["model_weights"])),
    (Kind.KERAS_JSON, b'{"module": "keras", "class_name": "Sequential", "config": {}}'),
    (Kind.WEIGHTS_INDEX, b'{"metadata": {}, "weight_map": {}}'),
    (Kind.ONNX, ONNX),
    (Kind.ONNX, ONNX[:-3]),
    (Kind.TFJS_LAYERS, b'{"format": "layers-model", "modelTopology": {}, "weightsManifest": []}'),
    (Kind.TFJS_LAYERS, b'\xef\xbb\xbf {"modelTopology" : {"class_name": "Model", "config": 1}}'),
    (Kind.TFJS_GRAPH, b'{"format": "graph-model", "modelTopology": {"node": []}}'),
    (Kind.SAVED_MODEL, message((1, 1), (2, message((1, b"meta"))))),
    (Kind.FROZEN_GRAPH, message((1, message((1, b"input"), (2, b"Placeholder"))), (4, message((1, 5))))),
    (Kind.TF_CHECKPOINT, b"\0" * 100 + b"\x57\xfb\x80\x8b\x24\x75\x47\xdb"),
    (Kind.TFLITE, b"\x1c\0\0\0TFL3" + bytes(50)),
    (Kind.TORCH, zipped("archive/data.pkl", "archive/data/0", "archive/version")),
    (Kind.TORCH, pickle.dumps(0x1950A86A20F9469CFC6C, 2) + pickle.dumps(1001, 2)),
    (Kind.TORCH_SCRIPT, zipped("m/data.pkl", "m/code/__torch__.py", "m/constants.pkl", "m/version")),
    (Kind.TORCH_EXPORT, zipped("m/archive_format", "m/models/model.json", "m/data/weights/0")),
    (Kind.TORCH_EXPORT, zipped("serialized_exported_program.json", "version")),
    (Kind.EXECUTORCH, b"\x1c\0\0\0ET12eh00" + bytes(50)),
    (Kind.SAFETENSORS, SAFETENSORS),
    (Kind.NPZ, zipped("arr_0.npy", "arr_1.npy")),
    (Kind.NPY, saved_array()),
    (Kind.CORE_ML, message((1, 4), (2, message((1, b"x"))), (500, message((1, b"layers"))))),
    (Kind.OPENVINO, OPENVINO),
    (Kind.GGUF, b"GGUF" + bytes(20)),
    (Kind.PLAN, plan_format.MAGIC + bytes(20)),
    (Kind.JOBLIB, pickle.dumps({"joblib.numpy_pickle": 1}, 4)),
    *((Kind.PICKLE, pickle.dumps(Traps(), protocol)) for protocol in range(6)),
    (Kind.PICKLE, pickle.dumps({"weights": [1.0]}, 0)),
    (Kind.HDF5, hdf5(["measurements"])),
    (Kind.HDF5_DAMAGED, hdf5(["layers"])[:300]),
    (Kind.ZIP, zipped("readme.txt")),
    (Kind.ZIP, zipped()),
    (Kind.ZIP_DAMAGED, zipped("config.json", "model.weights.h5")[:-10]),
    (Kind.PACKED, b"\x1f\x8b\x08" + bytes(20)),
    (Kind.LFS_POINTER, b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12345\n"),
    (Kind.PAGE, b"\n<!DOCTYPE html><title>404</title>"),
    (Kind.JSON, b'{"a": 1}'),
    (Kind.IMAGE, b"\x89PNG\r\n\x1a\n" + bytes(20)),
    (Kind.IMAGE, b"RIFF\0\0\0\0WEBPVP8 "),
    (Kind.TEXT, "Modèle: à charger\n".encode() * 300),
    (Kind.TEXT, b"[1, 2]"),
    (Kind.EMPTY, b""),
    (Kind.UNKNOWN, bytes(range(7, 200))),
    (Kind.UNKNOWN, b"\xff"),
]


@pytest.fixture
def written(tmp_path):
    """Writes contents under a name that says something else."""

    def write(contents):
        path = tmp_path / "a file.keras"
        path.write_bytes(contents)
        return path

    return write


@pytest.mark.parametrize(("kind", "contents"), FILES)
def test_contents_say_what_it_is(written, kind, contents):
    assert kind_of(written(contents)) is kind


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        (Kind.SAVED_MODEL, ["saved_model.pb", "keras_metadata.pb"]),
        (Kind.KERAS_FOLDER, ["config.json", "metadata.json", "model.weights.h5"]),
        (Kind.CORE_ML, ["Manifest.json", "Data"]),
        (Kind.TF_CHECKPOINT, ["checkpoint", "x.index", "x.data-00000-of-00001"]),
        (Kind.FOLDER, ["a.png"]),
        (Kind.FOLDER, []),
    ],
)
def test_names_in_a_folder_say_what_it_is(tmp_path, kind, names):
    for name in names:
        (tmp_path / name).touch()
    assert kind_of(tmp_path) is kind


@pytest.mark.parametrize("text", [text for kind, text in FILES if kind in (Kind.TFJS_GRAPH, Kind.TFJS_LAYERS)])
def test_the_topology_says_what_a_folder_of_tensorflow_js_is(tmp_path, text):
    (tmp_path / "model.json").write_bytes(text)
    assert kind_of(tmp_path) is kind_of(tmp_path / "model.json")


def test_every_kind_is_read_or_has_a_way_out():
    assert {kind for kind, _ in FILES} | {Kind.KERAS_FOLDER, Kind.FOLDER} == set(Kind)
    for kind in Kind:
        assert ways_out.way_out(kind, "a model.bin")


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind not in opening.READERS])
def test_what_nobody_reads_is_refused_with_the_way_to_go(written, kind):
    contents = dict(FILES).get(kind)
    if contents is None:  # a folder
        return
    path = written(contents)
    with pytest.raises(
        ValueError, match=r"planish does not read a model from it\n  expected: a \.keras file"
    ) as caught:
        load_model(path)
    assert str(caught.value).startswith(f"{str(path)!r} is {kind.value}: ")
    for line in code_lines(str(caught.value).partition("remedy:")[2]):
        ast.parse(line)


def code_lines(remedy):
    """The lines of Python in a remedy: those that name a function of a library, without the words around them."""
    for line in remedy.splitlines():
        code = line.strip().removeprefix("in Keras: ").removeprefix("in PyTorch: ").removeprefix("then ")
        if code.startswith(("keras.", "torch.", "planish.", "pickle.", "joblib.", "model = ")):
            yield code


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind not in weights_file.READERS])
def test_weights_are_not_read_from_what_has_none(model, written, kind):
    contents = dict(FILES).get(kind)
    if contents is None:
        return
    with pytest.raises(ValueError, match="planish does not read weights from it"):
        model.load_weights(written(contents))


@pytest.mark.parametrize("name", ["model.h5", "model.onnx", "model"])
def test_a_model_is_opened_under_any_name(saved, model, images, name):
    other = saved.rename(saved.parent / name)
    np.testing.assert_array_equal(load_model(other).predict(images[0], verbose=0), model.predict(images[0], verbose=0))
    model.load_weights(other)


@pytest.mark.parametrize("name", ["best.h5", "best", "best.keras"])
def test_weights_are_read_under_any_name(model, another_model, images, tmp_path, name):
    model.save_weights(tmp_path / "x.weights.h5")
    another_model.load_weights((tmp_path / "x.weights.h5").rename(tmp_path / name))
    np.testing.assert_array_equal(another_model.predict(images[0], verbose=0), model.predict(images[0], verbose=0))


def test_a_folder_names_the_models_inside(saved, capsys):
    (saved.parent / "notes.txt").write_text("mine")
    with pytest.raises(IsADirectoryError, match=r"remedy:   planish.models.load_model\('.*model.keras'\)$"):
        load_model(saved.parent)
    assert main(["summary", str(saved.parent)]) != 0
    assert "model.keras" in capsys.readouterr().err


def test_a_remedy_does_not_write_over_a_file(tmp_path):
    (tmp_path / "model.keras").write_bytes(FILES[2][1])
    assert "model-new.keras" in ways_out.way_out(Kind.KERAS_H5, str(tmp_path / "model.keras"))


def test_text_after_a_giant_length_ends(tmp_path):
    """A field that claims to be larger than the file, and one that never ends."""
    for contents in (message((1, 8)) + b"\x3a" + b"\xff" * 8 + b"\x7f", b"\x08" * 100_000, b"\xff" * 100_000):
        (tmp_path / "x").write_bytes(contents)
        assert kind_of(tmp_path / "x") in (Kind.ONNX, Kind.UNKNOWN)


def test_json_is_recognized_without_being_parsed(tmp_path):
    (tmp_path / "x").write_text('{"a":' + "[" * 100_000 + json.dumps({"modelTopology": 1}))
    assert kind_of(tmp_path / "x") is Kind.TFJS_LAYERS


def test_magic_numbers_are_those_of_the_libraries():
    assert h5py.File(io.BytesIO(hdf5()), "r").id.get_file_image()[:8] == formats.HDF5_MAGIC
