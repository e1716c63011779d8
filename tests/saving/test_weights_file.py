"""`.weights.h5` files."""

import os
import re

import h5py
import numpy as np
import pytest

from planish.layers import Dense, Input
from planish.models import Sequential


def dense_model(*units):
    return Sequential([Input((3,)), *(Dense(count) for count in units)])


def weights_equal(first, second):
    return all(np.array_equal(a, b) for a, b in zip(first.get_weights(), second.get_weights(), strict=True))


def test_what_keras_wrote(recorded, outcome):
    model = dense_model(2, 1)
    model.load_weights(recorded("dense.weights.h5"))
    for number, weight in enumerate(model.get_weights()):
        np.testing.assert_array_equal(weight, outcome("dense")[f"arr_{number}"])


@pytest.mark.parametrize("name", ["model.weights.h5", "model.keras"])
def test_round_trip(tmp_path, name):
    first, second = dense_model(4, 2), dense_model(4, 2)
    (first.save if name.endswith(".keras") else first.save_weights)(tmp_path / name)
    assert not weights_equal(first, second)
    second.load_weights(tmp_path / name)
    assert weights_equal(first, second)


def test_the_optimizer_comes_along(model, another_model, images, tmp_path):
    model.fit(*images, epochs=3, verbose=0)
    model.save_weights(tmp_path / "model.weights.h5")
    another_model.load_weights(tmp_path / "model.weights.h5")
    assert another_model.optimizer.iterations == 3
    for one in (model, another_model):
        one.train_on_batch(*images)
    assert weights_equal(model, another_model)


def test_another_optimizer_starts_anew(model, images, tmp_path):
    model.fit(*images, verbose=0)
    model.save_weights(tmp_path / "model.weights.h5")
    model.compile("sgd", "sparse_categorical_crossentropy")
    with pytest.warns(UserWarning, match="the optimizer starts over"):
        model.load_weights(tmp_path / "model.weights.h5")
    assert model.optimizer.iterations == 0


@pytest.mark.parametrize(
    ("place", "value", "message"),
    [
        (0, -5, "`iterations` is not a number of steps\n  expected: an integer, 0 or more\n  received: -5"),
        (0, 2.5, "`iterations` is not a number of steps"),
        (0, np.nan, "`iterations` is not a number of steps"),
        (0, 2**62, "`iterations` is not a number of steps"),
        (1, np.inf, "`learning_rate` is not finite"),
    ],
)
def test_numbers_of_an_optimizer_that_make_no_sense_are_refused_and_nothing_changes(
    model, another_model, images, tmp_path, place, value, message
):
    path = tmp_path / "model.weights.h5"
    model.fit(*images, verbose=0)
    model.save_weights(path)
    with h5py.File(path, "a") as file:
        del file[f"optimizer/vars/{place}"]
        file[f"optimizer/vars/{place}"] = value
    untouched = another_model.get_weights()
    with pytest.raises(ValueError, match=re.escape(message)) as caught:
        another_model.load_weights(path)
    assert f"{str(path)!r} holds an optimizer's state that makes no sense" in str(caught.value)
    assert all(np.array_equal(a, b) for a, b in zip(another_model.get_weights(), untouched, strict=True))
    assert another_model.optimizer.iterations == 0


def test_nothing_changes_if_anything_does_not_fit(tmp_path):
    dense_model(4, 5).save_weights(tmp_path / "model.weights.h5")
    model, untouched = dense_model(4, 2), None
    untouched = [weight.copy() for weight in model.get_weights()]
    with pytest.raises(ValueError, match=r"has another shape\n  expected: \(4, 2\)\n  received: \(4, 5\)"):
        model.load_weights(tmp_path / "model.weights.h5")
    assert all(np.array_equal(a, b) for a, b in zip(model.get_weights(), untouched, strict=True))


def test_layers_that_do_not_fit_can_be_skipped(tmp_path):
    first, second = dense_model(4, 5), dense_model(4, 2)
    first.save_weights(tmp_path / "model.weights.h5")
    with pytest.warns(UserWarning, match=r"Dense 'dense\w*' keeps its weights"):
        second.load_weights(tmp_path / "model.weights.h5", skip_mismatch=True)
    assert np.array_equal(first.get_weights()[0], second.get_weights()[0])
    assert second.get_weights()[2].shape == (4, 2)


@pytest.mark.parametrize(
    ("units", "message"),
    [
        ((4,), "has weights for which the model has no layer"),
        (
            (4, 2, 2),
            "does not have the weights that the layer needs\n"
            "  expected: 2 arrays: kernel (2, 2), bias (2,) in layers/dense_2\n",
        ),
    ],
)
def test_files_of_deeper_and_shallower_models(tmp_path, units, message):
    dense_model(4, 2).save_weights(tmp_path / "model.weights.h5")
    with pytest.raises(ValueError, match=re.escape(message)):
        dense_model(*units).load_weights(tmp_path / "model.weights.h5")


def test_names_of_files(tmp_path):
    model = dense_model(2)
    with pytest.raises(ValueError, match=r"expected: a name that ends in \.weights\.h5"):
        model.save_weights(tmp_path / "model.txt")
    for name in ("model.h5", "model.weights.h5"):
        with pytest.raises(FileNotFoundError, match="there is no file"):
            model.load_weights(tmp_path / name)
    model.save_weights(tmp_path / "model.weights.h5")
    with pytest.raises(FileExistsError, match="overwrite=False"):
        model.save_weights(tmp_path / "model.weights.h5", overwrite=False)
    assert os.listdir(tmp_path) == ["model.weights.h5"]


@pytest.mark.parametrize("method", ["save_weights", "load_weights"])
def test_models_that_are_not_built(tmp_path, method):
    with pytest.raises(ValueError, match=f"{method} was called before the model was built"):
        getattr(Sequential([Dense(2)]), method)(tmp_path / "model.weights.h5")


@pytest.mark.parametrize(
    ("contents", "told"),
    [
        (b"", "an empty file"),
        (b"no HDF5", "a text"),
        (b"\x89HDF\r\n\x1a\n", "an HDF5 file that is damaged or cut short"),
    ],
)
def test_damaged_files(tmp_path, contents, told):
    (tmp_path / "model.weights.h5").write_bytes(contents)
    with pytest.raises(ValueError, match=f"is {told}: planish does not read weights from it"):
        dense_model(2).load_weights(tmp_path / "model.weights.h5")
