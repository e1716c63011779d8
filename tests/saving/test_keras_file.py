"""`.keras` files: what is written, and what comes back."""

import io
import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

import planish
from planish.layers import Dense, Flatten, Input, Layer, Rescaling
from planish.models import Sequential, load_model, save_model

ROOT = Path(__file__).parents[2]


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
        assert file["optimizer/vars/0"].dtype == np.int64  # as on TensorFlow
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
        return planish.primitives.multiply(x, 2.0)


def test_layers_of_the_users_own(tmp_path):
    Sequential([Input((3,)), Doubling(), Dense(1)]).save(tmp_path / "model.keras")
    with pytest.raises(ValueError, match="unknown layer class 'Doubling'"):
        load_model(tmp_path / "model.keras")
    model = load_model(tmp_path / "model.keras", custom_objects={"Doubling": Doubling})
    assert isinstance(model.layers[0], Doubling)


def test_scaling_layers_keep_their_numbers(tmp_path):
    Sequential([Input((2,)), Rescaling(1 / 255, offset=0.5)]).save(tmp_path / "model.keras")
    layer = load_model(tmp_path / "model.keras").layers[0]
    assert (layer.scale, layer.offset) == (1 / 255, 0.5)


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
        ("model.tf", {}, ValueError, "expected: a name that ends in .keras\n  received: '"),
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


def test_loading_and_predicting_imports_nothing_that_is_not_needed(saved):
    code = (
        "import sys, numpy, planish\n"
        f"model = planish.models.load_model({str(saved)!r})\n"
        "model.predict(numpy.zeros((1, 6, 6, 1)), verbose=0)\n"
        "print(*sorted({'rich', 'pooch', 'PIL', 'matplotlib', 'planish.datasets'} & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == ""


def test_a_model_compiled_with_functions(tmp_path):
    model = planish.Sequential([planish.Input((3,)), planish.layers.Dense(2)])
    model.compile("sgd", planish.losses.mean_squared_error, metrics=[planish.metrics.binary_accuracy])
    model.save(tmp_path / "functions.keras")
    again = planish.models.load_model(tmp_path / "functions.keras")
    assert again.evaluate([[1.0, 2.0, 3.0]], [[0.0, 1.0]], verbose=0) == model.evaluate(
        [[1.0, 2.0, 3.0]], [[0.0, 1.0]], verbose=0
    )


def test_layers_that_are_made_after_loading_get_other_names(tmp_path):
    path = tmp_path / "model.keras"
    planish.utils.clear_session(free_memory=False)
    Sequential([Input((2,)), Dense(3), Dense(4), Sequential([Flatten()]), Dense(2, name="dense_7")]).save(path)
    planish.utils.clear_session(free_memory=False)
    model = load_model(path)
    model.pop()
    head = Dense(5)
    model.add(head)
    assert (head.name, Flatten().name, Sequential().name) == ("dense_8", "flatten_1", "sequential_2")
    assert model.predict(np.ones((1, 2)), verbose=0).shape == (1, 5)


def test_the_head_of_a_model_is_replaced_without_naming_it(tmp_path):
    path = tmp_path / "model.keras"
    planish.utils.clear_session(free_memory=False)
    Sequential([Input((2,)), Dense(3)]).save(path)
    planish.utils.clear_session(free_memory=False)
    base = load_model(path)
    assert [layer.name for layer in Sequential([*base.layers, Dense(2)]).layers] == ["dense", "dense_1"]


def test_a_loss_without_a_name_is_left_out_with_a_warning(tmp_path):
    model = Sequential([Input((4,)), Dense(2)])
    model.compile("adam", loss=lambda y_true, y_pred: (y_true - y_pred) ** 2)
    model.fit(np.ones((4, 4)), np.ones((4, 2)), verbose=0)
    with pytest.warns(UserWarning, match="the settings of compile cannot be written down, so they are left out"):
        model.save(tmp_path / "model.keras")
    loaded = load_model(tmp_path / "model.keras")
    assert not loaded.compiled
    np.testing.assert_array_equal(loaded.predict(np.eye(4), verbose=0), model.predict(np.eye(4), verbose=0))
