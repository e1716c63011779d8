"""`.keras` files that are damaged, foreign or hostile."""

import json
import os
import pickle
import zipfile

import numpy as np
import pytest

from planish.models import load_model


def changed(path, changes, compression=zipfile.ZIP_STORED):
    """The same zip with other members; None removes one."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()} | changes
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, contents in members.items():
            if contents is not None:
                archive.writestr(name, contents)


def config_of(path):
    with zipfile.ZipFile(path) as archive:
        return json.loads(archive.read("config.json"))


def refused(path, message, error=ValueError):
    with pytest.raises(error, match=message) as caught:
        load_model(path)
    assert str(path) in str(caught.value)


def test_no_file(tmp_path):
    refused(tmp_path / "absent.keras", "there is no file", FileNotFoundError)
    refused(tmp_path, "is a folder", IsADirectoryError)


@pytest.mark.parametrize(
    ("contents", "message"),
    [
        (b"", "is an empty file"),
        (b"something else", "is a text"),
        (b"\x89HDF\r\n\x1a\n...", "is an HDF5 file that is damaged or cut short"),
        (pickle.dumps([1, 2]), "is a pickle"),
    ],
)
def test_not_a_zip(tmp_path, contents, message):
    (tmp_path / "model.keras").write_bytes(contents)
    refused(tmp_path / "model.keras", message)


@pytest.mark.parametrize("part", [0.1, 0.5, 0.9, 0.99])
def test_truncated(saved, part):
    saved.write_bytes(saved.read_bytes()[: int(saved.stat().st_size * part)])
    refused(saved, "is cut short")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"config.json": None}, "is not a .keras file of Keras 3\n"),
        ({"model.weights.h5": None}, "is not a .keras file of Keras 3\n"),
        ({"config.json": b"{"}, "config.json in .* is damaged"),
        ({"config.json": b"[" * 10_000}, "config.json in .* is damaged"),
        ({"config.json": b"[" * 100_000}, "is not as Keras writes it"),
        ({"config.json": b"[]"}, "does not hold a model"),
        ({"config.json": b'{"class_name": "Sequential", "config": {}}'}, "without a list of layers"),
        (
            {"config.json": b'{"class_name": "Sequential", "config": {"layers": [3]}}'},
            "contains something that is not a layer",
        ),
        (
            {"config.json": b'{"class_name": "MyModel", "config": {}}'},
            "does not hold a model that planish knows\n.*\n  received: MyModel",
        ),
        ({"config.json": b'{"class_name": "Optimizer", "config": {"input_layers": []}}'}, "functional model"),
        ({"model.weights.h5": b"no HDF5"}, "weights in .* are damaged"),
        ({"model.weights.h5": b""}, "weights in .* are damaged"),
    ],
)
def test_other_content(saved, changes, message):
    changed(saved, changes)
    refused(saved, message)


def test_a_member_that_was_changed_afterwards(saved):
    contents = saved.read_bytes()
    saved.write_bytes(contents.replace(b'"Conv2D"', b'"Conv3D"'))
    refused(saved, "config.json in .* is damaged")


def test_weights_that_were_cut(saved):
    with zipfile.ZipFile(saved) as archive:
        weights = archive.read("model.weights.h5")
    changed(saved, {"model.weights.h5": weights[: len(weights) // 2]})
    refused(saved, "damaged|cut short")


def test_a_layer_with_an_argument_that_planish_has_not(saved):
    config = config_of(saved)
    config["config"]["layers"][1]["config"]["lora_rank"] = 4
    changed(saved, {"config.json": json.dumps(config)})
    refused(saved, "holds a model that planish cannot make:\n.*lora_rank")


def test_weights_of_another_shape(saved):
    config = config_of(saved)
    config["config"]["layers"][-1]["config"]["units"] = 4
    changed(saved, {"config.json": json.dumps(config)})
    refused(saved, r"weight 'dense.*/kernel' has another shape\n  expected: \(8, 4\)\n  received: \(8, 3\)")


def test_a_layer_that_was_left_out_of_the_configuration(saved):
    config = config_of(saved)
    config["config"]["layers"][-1]["class_name"] = "Flatten"
    config["config"]["layers"][-1]["config"] = {"name": "flatten_more"}
    config["compile_config"] = None
    changed(saved, {"config.json": json.dumps(config)})
    refused(saved, "has weights for which the model has no layer\n.*\n  received: layers/dense")


def test_a_compressed_zip_opens_too(saved, model, images):
    changed(saved, {}, zipfile.ZIP_DEFLATED)
    np.testing.assert_array_equal(load_model(saved).predict(images[0], verbose=0), model.predict(images[0], verbose=0))


def test_a_member_that_claims_to_be_enormous(saved):
    changed(saved, {"config.json": b" " * (80 << 20)}, zipfile.ZIP_DEFLATED)
    refused(saved, "is not as Keras writes it, so it is not read")


def test_other_members_are_left_alone(saved, tmp_path):
    """Not unpacked, not unpickled, wherever their names lead."""

    class Hostile:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "made"),)

    pickled = pickle.dumps(Hostile())
    changed(saved, {"../escaped.txt": b"x", "/tmp/escaped.txt": b"x", "assets/a.pkl": pickled, "model.pkl": pickled})
    load_model(saved)
    assert os.listdir(tmp_path) == ["model.keras"]


@pytest.mark.parametrize("place", ["layer", "activation", "metric", "loss"])
def test_code_in_any_place_is_refused(saved, place):
    code = {"class_name": "__lambda__", "config": {"code": "4wAAAA==", "defaults": None, "closure": None}}
    config = config_of(saved)
    if place == "layer":
        config["config"]["layers"][1] |= {"class_name": "Lambda", "config": {"name": "twice", "function": code}}
    elif place == "activation":
        config["config"]["layers"][1]["config"]["activation"] = code
    else:
        config["compile_config"][{"metric": "metrics", "loss": "loss"}[place]] = [code]
    changed(saved, {"config.json": json.dumps(config)})
    refused(saved, "holds code, which is never run")


@pytest.mark.parametrize(
    ("module", "name"),
    [("os", "system"), ("builtins", "eval"), ("keras.layers", "importlib"), ("planish.saving", "load_model")],
)
@pytest.mark.parametrize("kind", ["function", None])
def test_names_of_other_modules_are_not_looked_up(saved, module, name, kind):
    config = config_of(saved)
    config["config"]["layers"][1]["config"]["kernel_initializer"] = {
        "module": module,
        "class_name": kind or name,
        "config": name if kind else {"command": "true"},
        "registered_name": name,
    }
    changed(saved, {"config.json": json.dumps(config)})
    refused(saved, "holds a model that planish cannot make")


def test_a_member_that_is_there_twice(saved):
    """Every program would read the one that it likes."""
    with pytest.warns(UserWarning, match="Duplicate name"), zipfile.ZipFile(saved, "a") as archive:
        archive.writestr("config.json", archive.read("config.json"))
    refused(saved, "several members of the name config.json")


def test_a_key_that_is_there_twice(saved):
    with zipfile.ZipFile(saved) as archive:
        text = archive.read("config.json")
    changed(saved, {"config.json": text.replace(b'"filters": ', b'"filters": 9, "filters": ')})
    refused(saved, "config.json in .* is damaged.*\n.*the key 'filters' comes twice")


@pytest.mark.parametrize("name", ["co\\u0000v", "co\\ud800v", "c" * 1001])
def test_names_that_no_file_can_have(saved, name):
    with zipfile.ZipFile(saved) as archive:
        text = archive.read("config.json")
    changed(saved, {"config.json": text.replace(b'"name": "conv2d', f'"name": "{name}'.encode())})
    refused(saved, "argument 'name' is wrong\n  expected: a string of")


def test_text_of_more_than_any_model_has(saved):
    changed(saved, {"config.json": b'{"class_name": "' + b"a" * (32 << 20) + b'"}'})
    refused(saved, "config.json of 33,554,450 bytes")


def test_an_enormous_name_is_shortened_and_looked_up_at_once(saved):
    config = config_of(saved)
    config["config"]["layers"][1]["class_name"] = "a" * 1_000_000
    changed(saved, {"config.json": json.dumps(config)})
    with pytest.raises(ValueError, match=r"unknown layer class 'aaa.* characters in all") as caught:
        load_model(saved)
    assert len(str(caught.value)) < 10_000


@pytest.mark.skipif(not hasattr(os, "truncate"), reason="files without holes")
@pytest.mark.parametrize(
    "start",
    [
        b"", b'{"modelTopology": {', b'{"class_name": "Sequential", "config": {', b"\x89HDF\r\n\x1a\n", b"PK\3\4",
        b"\x08\x08\x3a\x02\x0a\x00", b"GGUF", b"text", b"\xff" * 7 + b"\0{",
    ],
)  # fmt: skip
def test_a_terabyte_of_nothing(tmp_path, start):
    path = tmp_path / "x"
    path.write_bytes(start)
    try:
        os.truncate(path, 1 << 40)
    except OSError:
        pytest.skip("the system has no files of this size")
    refused(path, "x'")
