"""Folders of TensorFlow.js's layers models (see record_tfjs.cjs)."""

import json
import os
import shutil

import numpy as np
import pytest

from planish.cli.main import main
from planish.models import load_model
from planish.optimizers import SGD, Adam, RMSprop
from planish.saving.contents import Joined
from tests.saving.conftest import RECORDED


@pytest.fixture
def folder(tmp_path):
    return shutil.copytree(RECORDED / "tfjs", tmp_path / "model")


@pytest.fixture(scope="module")
def answer():
    """(images, what TensorFlow.js gave)"""
    found = json.loads((RECORDED / "tfjs" / "answer.json").read_text())
    return np.reshape(found["x"], (3, 7, 6, 2)).astype(np.float32), np.reshape(found["y"], (3, 3)).astype(np.float32)


def changed(folder, change):
    """`change(document)` done to model.json."""
    path = folder / "model.json"
    document = json.loads(path.read_text())
    change(document)
    path.write_text(json.dumps(document))


def entries(document):
    return document["weightsManifest"][0]["weights"]


def check(model, answer, **tolerance):
    np.testing.assert_allclose(model.predict(answer[0], verbose=0), answer[1], **tolerance)


@pytest.mark.parametrize("name", ["", "model.json"])
def test_a_model_computes_what_it_did_in_tensorflow_js(folder, answer, name):
    model = load_model(folder / name)
    check(model, answer, rtol=1e-5, atol=1e-6)
    assert isinstance(model.optimizer, Adam)
    assert float(model.optimizer.learning_rate) == pytest.approx(0.01)
    assert load_model(folder / name, compile=False).optimizer is None


def quantized(kind, scale, least):
    """Every array as numbers of `kind`, and the arrays that these stand for."""

    def change(folder):
        data, written, values = (folder / "weights.bin").read_bytes(), b"", []

        def each(document):
            nonlocal written
            offset = 0
            for entry in entries(document):
                count = int(np.prod(entry["shape"]))
                if entry.get("group") == "optimizer":
                    written += data[offset : offset + 4]
                    continue
                array = np.frombuffer(data, "<f4", count, offset)
                offset += 4 * count
                stored = array.astype(kind) if scale is None else np.round((array - least) / scale).astype(kind)
                exact = stored.astype(np.float64) if scale is None else stored.astype(np.float64) * scale + least
                values.append(exact.astype(np.float32).reshape(entry["shape"]))
                entry["quantization"] = {"dtype": kind} | ({} if scale is None else {"scale": scale, "min": least})
                written += stored.astype(np.dtype(kind).newbyteorder("<")).tobytes()

        changed(folder, each)
        (folder / "weights.bin").write_bytes(written)
        return values

    return change


@pytest.mark.parametrize(
    ("kind", "scale", "least"), [("uint8", 0.00125, 0.0), ("uint16", 1e-5, -0.01), ("float16", None, None)]
)
def test_quantized_arrays_are_what_tensorflow_js_makes_of_them(folder, kind, scale, least):
    values = quantized(kind, scale, least)(folder)
    stored = load_model(folder).get_weights()
    assert sorted(array.tobytes() for array in stored) == sorted(array.tobytes() for array in values)


def test_arrays_in_several_files_and_groups(folder, answer):
    data = (folder / "weights.bin").read_bytes()

    def change(document):
        weights = entries(document)
        first = 4 * int(np.prod(weights[0]["shape"]))
        (folder / "a").write_bytes(data[:first])
        (folder / "b").write_bytes(data[first:300])
        (folder / "c").write_bytes(data[300:])
        document["weightsManifest"] = [
            {"paths": ["a"], "weights": weights[:1]},
            {"paths": ["b", "c"], "weights": weights[1:]},
        ]

    changed(folder, change)
    check(load_model(folder), answer, rtol=1e-5, atol=1e-6)


def test_the_topology_of_keras_and_names_of_keras_3(folder, answer):
    """As the converter of Python writes them: `model_config`, and places in Keras 3's files."""
    places = {"conv": "layers/conv2d", "norm": "layers/sequential/layers/batch_normalization"}
    places |= {"depthwise": "layers/sequential/layers/depthwise_conv2d", "separable": "layers/separable_conv2d"}
    places |= {"dense": "layers/dense"}
    order = [
        "kernel",
        "depthwise_kernel",
        "pointwise_kernel",
        "gamma",
        "beta",
        "bias",
        "moving_mean",
        "moving_variance",
    ]

    def change(document):
        topology = document["modelTopology"]
        config = {"class_name": topology.pop("class_name"), "config": topology.pop("config")}
        document["modelTopology"] = {"keras_version": "3.0.5", "model_config": json.dumps(config)}
        document.pop("trainingConfig")
        names = [entry["name"].split("/") for entry in entries(document)]
        for entry, (layer, *own) in zip(entries(document), names, strict=True):
            if own:
                others = sorted((name[1] for name in names if name[0] == layer), key=order.index)
                entry["name"] = f"{places[layer]}/vars/{others.index(own[0])}"

    changed(folder, change)
    check(load_model(folder), answer, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("written", "kind", "settings"),
    [
        ({"class_name": "Momentum", "config": {"learningRate": 0.5, "momentum": 0.25, "useNesterov": True}}, SGD,
         {"momentum": 0.25, "nesterov": True}),
        ({"class_name": "RMSProp", "config": {"learningRate": 0.5, "decay": 0.75, "momentum": 0, "epsilon": 1e-7,
          "centered": False}}, RMSprop, {"rho": 0.75}),
    ],
)  # fmt: skip
def test_optimizers_by_the_names_that_tensorflow_js_has(folder, written, kind, settings):
    changed(folder, lambda document: document["trainingConfig"].update(optimizer_config=written))
    optimizer = load_model(folder).optimizer
    assert type(optimizer) is kind
    assert {name: getattr(optimizer, name) for name in settings} == settings


def rename(document):
    entries(document)[0]["name"] = "other/kernel"


OUTSIDE = "outside of the model's folder"
HOSTILE = {
    "no manifest": (lambda d: d.pop("weightsManifest"), "'weightsManifest' is not a list"),
    "no topology": (lambda d: d.update(modelTopology=3), "does not hold a model"),
    "a graph": (lambda d: d.update(format="graph-model"), "is a TensorFlow.js graph model: planish does not read"),
    "another layer's name": (rename, "does not have the weights that the layer needs"),
    "an array less": (lambda d: entries(d).pop(-2), "another size than its arrays"),
    "an array twice": (lambda d: entries(d).insert(1, dict(entries(d)[0])), "another size|listed twice"),
    "a file twice": (lambda d: d["weightsManifest"][0]["paths"].append("weights.bin"), "is listed twice"),
    "a file twice under two names": (
        lambda d: d["weightsManifest"][0]["paths"].append("./weights.bin"), "is listed twice"),
    "a file above": (lambda d: d["weightsManifest"][0].update(paths=["../weights.bin"]), OUTSIDE),
    "a file anywhere": (lambda d: d["weightsManifest"][0].update(paths=["/etc/passwd"]), OUTSIDE),
    "a file of Windows": (lambda d: d["weightsManifest"][0].update(paths=["..\\x"]), OUTSIDE),
    "a name without letters": (lambda d: d["weightsManifest"][0].update(paths=["\ud800"]), "without a possible name"),
    "a link": (lambda d: d["weightsManifest"][0].update(paths=["link"]), OUTSIDE),
    "a folder": (lambda d: d["weightsManifest"][0].update(paths=["."]), "is not there|outside"),
    "a giant": (lambda d: entries(d)[0].update(shape=[1 << 40, 1 << 40]), "another size than its arrays"),
    "a shape that is not a list": (lambda d: entries(d)[0].update(shape=3), "has no name, or no shape"),
    "a negative extent": (lambda d: entries(d)[0].update(shape=[-3]), "has no name, or no shape"),
    "texts": (lambda d: entries(d)[0].update(dtype="string"), "is not an array of numbers"),
    "an unknown quantization": (lambda d: entries(d)[0].update(quantization={"dtype": "int4"}), "in an unknown way"),
    "a scale that is not a number": (
        lambda d: entries(d)[0].update(quantization={"dtype": "uint8", "scale": "x", "min": 0}), "in an unknown way"),
    "another shape": (
        lambda d: entries(d)[0].update(shape=entries(d)[0]["shape"][::-1]), "weight 'conv/kernel' has another shape"),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_manifests(folder, name):
    change, message = HOSTILE[name]
    os.symlink("/etc/passwd", folder / "link")
    changed(folder, change)
    with pytest.raises((ValueError, FileNotFoundError), match=message) as caught:
        load_model(folder)
    assert str(folder) in str(caught.value)


def test_a_missing_file_is_named(folder):
    (folder / "weights.bin").unlink()
    with pytest.raises(FileNotFoundError, match=r"lists a file of weights that is not there\n.*weights\.bin"):
        load_model(folder)


def test_a_folder_on_the_command_line(folder, capsys):
    assert main(["summary", str(folder)]) == 0
    assert "separable" in capsys.readouterr().out


def test_no_more_files_than_any_model_has(folder):
    changed(folder, lambda document: document["weightsManifest"][0].update(paths=[f"{n}.bin" for n in range(10_001)]))
    with pytest.raises(ValueError, match="weights are in more than 10,000 files"):
        load_model(folder)


def test_arrays_that_nothing_has_room_for_are_not_read(folder, monkeypatch):
    monkeypatch.setattr(Joined, "read_into", lambda *given: pytest.fail("read"))
    changed(folder, lambda document: entries(document)[0].update(shape=[*entries(document)[0]["shape"], 1]))
    with pytest.raises(ValueError, match="has another shape"):
        load_model(folder)


def test_arrays_are_read_across_the_ends_of_files(tmp_path):
    (tmp_path / "a").write_bytes(b"abc")
    (tmp_path / "b").write_bytes(b"")
    (tmp_path / "c").write_bytes(b"defg")
    whole = Joined([str(tmp_path / name) for name in "abc"], [3, 0, 4], "a part")
    assert [whole.read(start, stop - start) for start in range(7) for stop in range(start, 8)] == [
        b"abcdefg"[start:stop] for start in range(7) for stop in range(start, 8)
    ]
    with pytest.raises(EOFError):
        whole.read(3, 5)
    (tmp_path / "c").write_bytes(b"de")
    with pytest.raises(EOFError, match="are not within 2"):
        whole.read()
