"""`.keras` files: what is written, what comes back, and what happens to damaged, foreign and hostile ones."""

import io
import json
import os
import pickle
import re
import zipfile

import numpy as np
import pytest

import planish
from planish.layers import Dense, Input, Layer, Rescaling
from planish.models import Sequential, load_model, save_model


@pytest.fixture
def saved(model, tmp_path):
    path = tmp_path / "model.keras"
    model.save(path)
    return path


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


def test_members_are_those_of_keras(saved):
    with zipfile.ZipFile(saved) as archive:
        assert archive.namelist() == ["metadata.json", "config.json", "model.weights.h5"]
        assert {info.compress_type for info in archive.infolist()} == {zipfile.ZIP_STORED}
        metadata = json.loads(archive.read("metadata.json"))
    assert metadata["keras_version"] == "3.15.1"
    assert metadata["planish_version"] == planish.__version__
    assert re.fullmatch(r"\d{4}-\d\d-\d\d@\d\d:\d\d:\d\d", metadata["date_saved"])


def test_groups_are_those_of_keras(model, images, saved):
    import h5py

    model.fit(*images, verbose=0)
    model.save(saved)
    with zipfile.ZipFile(saved) as archive, h5py.File(io.BytesIO(archive.read("model.weights.h5"))) as file:
        shapes = {}
        file.visititems(lambda name, item: shapes.update({name: getattr(item, "shape", None)}))
        assert file["layers/conv2d/vars"].attrs["name"] == model.layers[0].name
        assert file["optimizer/vars"].attrs["name"] == "adam"
        assert file["optimizer/vars/0"].dtype == np.int32
    arrays = {name: shape for name, shape in shapes.items() if shape is not None}
    assert arrays == {
        "layers/conv2d/vars/0": (3, 3, 1, 2),
        "layers/conv2d/vars/1": (2,),
        "layers/dense/vars/0": (8, 3),
        "layers/dense/vars/1": (3,),
        "optimizer/vars/0": (),
        "optimizer/vars/1": (),
        **{f"optimizer/vars/{number}": (3, 3, 1, 2) for number in (2, 3)},
        **{f"optimizer/vars/{number}": (2,) for number in (4, 5)},
        **{f"optimizer/vars/{number}": (8, 3) for number in (6, 7)},
        **{f"optimizer/vars/{number}": (3,) for number in (8, 9)},
    }
    groups = {name for name, shape in shapes.items() if shape is None}
    assert {"vars", "layers/flatten/vars", "layers/max_pooling2d/vars"} < groups


def test_round_trip(model, images, tmp_path):
    model.fit(*images, epochs=2, verbose=0)
    model.save(tmp_path / "model.keras")
    loaded = load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded.predict(images[0], verbose=0), model.predict(images[0], verbose=0))
    assert loaded.optimizer.iterations == model.optimizer.iterations == 2
    for one in (model, loaded):
        one.train_on_batch(*images)
    for first, second in zip(model.get_weights(), loaded.get_weights(), strict=True):
        np.testing.assert_array_equal(first, second)


def test_layers_of_one_kind_and_models_in_models(tmp_path):
    model = Sequential(
        [Input((3,)), Dense(4), Sequential([Dense(4), Dense(4)], name="a"), Dense(4), Sequential([Dense(2)], name="b")]
    )
    model.save(tmp_path / "model.keras")
    loaded = load_model(tmp_path / "model.keras")
    assert [layer.name for layer in loaded.layers] == [layer.name for layer in model.layers]
    for first, second in zip(model.get_weights(), loaded.get_weights(), strict=True):
        np.testing.assert_array_equal(first, second)


def test_functions_do_what_methods_do(model, tmp_path):
    save_model(model, str(tmp_path / "model.keras"))
    assert planish.saving.load_model(str(tmp_path / "model.keras")).count_params() == model.count_params()


def test_a_model_that_was_not_built(tmp_path):
    model = Sequential([Dense(3)])
    with pytest.warns(UserWarning, match="is not built: the file holds no weights"):
        model.save(tmp_path / "model.keras")
    assert not load_model(tmp_path / "model.keras").built


class Doubling(Layer):
    """A layer of a user's own."""

    def call(self, x, context):
        return planish.ops.multiply(x, 2.0)


def test_layers_of_the_users_own(tmp_path):
    Sequential([Input((3,)), Doubling(), Dense(1)]).save(tmp_path / "model.keras")
    with pytest.raises(ValueError, match="unknown layer class 'Doubling'"):
        load_model(tmp_path / "model.keras")
    model = load_model(tmp_path / "model.keras", custom_objects={"Doubling": Doubling})
    assert isinstance(model.layers[0], Doubling)


# -- writing ----------------------------------------------------------------------------------------------------------


def test_a_file_is_replaced_as_a_whole_or_not_at_all(model, saved, monkeypatch):
    before = saved.read_bytes()
    monkeypatch.setattr(os, "replace", lambda *names: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        model.save(saved)
    assert saved.read_bytes() == before
    assert os.listdir(saved.parent) == ["model.keras"]


def test_links_and_permissions_stay(model, saved):
    saved.chmod(0o640)
    link = saved.parent / "link.keras"
    link.symlink_to(saved)
    model.save(link)
    assert link.is_symlink()
    assert saved.stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize(
    ("name", "settings", "error", "message"),
    [
        ("model.h5", {}, ValueError, "expected: a name that ends in .keras\n  received: '"),
        ("model.keras", {"overwrite": False}, FileExistsError, "exists, and overwrite=False"),
        ("absent/model.keras", {}, FileNotFoundError, "there is no folder"),
        ("folder.keras", {}, IsADirectoryError, "is a folder"),
        ("other.keras", {"zipped": False}, ValueError, "a folder instead of a file is not supported"),
    ],
)
def test_files_that_cannot_be_written(model, saved, name, settings, error, message):
    (saved.parent / "folder.keras").mkdir()
    with pytest.raises(error, match=re.escape(message)):
        model.save(saved.parent / name, **settings)


# -- reading what is damaged, foreign or hostile ----------------------------------------------------------------------


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
        (b"", "is no .keras file"),
        (b"something else", "is no .keras file"),
        (b"\x89HDF\r\n\x1a\n...", "is an HDF5 file, no .keras file\n"),
        (pickle.dumps([1, 2]), "is no .keras file"),
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
        ({"config.json": None}, "is no .keras file of Keras 3\n"),
        ({"model.weights.h5": None}, "is no .keras file of Keras 3\n"),
        ({"config.json": b"{"}, "config.json in .* is damaged"),
        ({"config.json": b"[" * 100_000}, "config.json in .* is damaged"),
        ({"config.json": b"[]"}, "holds no model"),
        ({"config.json": b'{"class_name": "Sequential", "config": {}}'}, "without a list of layers"),
        ({"config.json": b'{"class_name": "Sequential", "config": {"layers": [3]}}'}, "among its layers"),
        ({"config.json": b'{"class_name": "MyModel", "config": {}}'}, "holds no Sequential model\n  received: MyModel"),
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
    config["config"]["layers"][1]["config"]["kernel_constraint"] = {"class_name": "NonNeg", "config": {}}
    changed(saved, {"config.json": json.dumps(config)})
    refused(saved, "holds a model that planish cannot make:\n.*kernel_constraint")


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
    refused(saved, "has weights that the model has no layer for\n.*\n  received: layers/dense")


def test_a_compressed_zip_opens_too(saved, model, images):
    changed(saved, {}, zipfile.ZIP_DEFLATED)
    np.testing.assert_array_equal(load_model(saved).predict(images[0], verbose=0), model.predict(images[0], verbose=0))


def test_a_member_that_claims_to_be_enormous(saved):
    changed(saved, {"config.json": b" " * (80 << 20)}, zipfile.ZIP_DEFLATED)
    refused(saved, "is not what Keras writes, and is not read")


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


def test_scaling_layers_keep_their_numbers(tmp_path):
    Sequential([Input((2,)), Rescaling(1 / 255, offset=0.5)]).save(tmp_path / "model.keras")
    layer = load_model(tmp_path / "model.keras").layers[0]
    assert (layer.scale, layer.offset) == (1 / 255, 0.5)
