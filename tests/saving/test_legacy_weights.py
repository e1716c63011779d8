"""Weights in the format that Keras had before Keras 3 (see record_legacy.py)."""

import h5py
import numpy as np
import pytest

from planish.layers import BatchNormalization, Conv2D, Dense, Flatten, Input
from planish.models import Model, Sequential


def the_model(last=5):
    inner = Sequential([Input((6, 6, 4)), BatchNormalization(), Conv2D(3, 2, name="second")], name="inner")
    x = Input((8, 8, 2))
    y = Flatten()(inner(Conv2D(4, 3, name="first")(x)))
    return Model(x, Dense(last, name="last")(y))


@pytest.mark.parametrize("name", ["legacy_weights.h5", "legacy_model.h5"])
@pytest.mark.parametrize("ending", [".h5", ".hdf5", ".weights.h5"])
def test_a_model_computes_what_it_did_in_keras(recorded, outcome, tmp_path, name, ending):
    path = recorded(name).rename(tmp_path / f"renamed{ending}")
    model, expected = the_model(), outcome("legacy")
    model.load_weights(path)
    np.testing.assert_allclose(model.predict(expected["x"], verbose=0), expected["y"], rtol=1e-5, atol=1e-3)


def test_the_state_of_freezing_does_not_matter(recorded, outcome):
    model, expected = the_model(), outcome("legacy")
    model.get_layer("inner").trainable = False
    model.load_weights(recorded("legacy_weights.h5"))
    np.testing.assert_allclose(model.predict(expected["x"], verbose=0), expected["y"], rtol=1e-5, atol=1e-3)


def test_another_shape(recorded):
    model = the_model(last=7)
    before = [array.copy() for array in model.get_weights()]
    with pytest.raises(ValueError, match="weight 'last/kernel' has another shape"):
        model.load_weights(recorded("legacy_weights.h5"))
    for array, kept in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(array, kept)
    with pytest.warns(UserWarning, match="Dense 'last' keeps its weights"):
        model.load_weights(recorded("legacy_weights.h5"), skip_mismatch=True)
    np.testing.assert_array_equal(model.get_weights()[-1], before[-1])
    assert not np.array_equal(model.get_weights()[0], before[0])


def test_another_number_of_layers(recorded):
    model = Sequential([Input((8, 8, 2)), Conv2D(4, 3), Flatten(), Dense(5)])
    with pytest.raises(ValueError, match="another number of layers") as caught:
        model.load_weights(recorded("legacy_weights.h5"))
    assert "expected: 2 layers with weights\n  received: 3 layers with weights" in str(caught.value)


def test_another_number_of_weights(recorded):
    x = Input((8, 8, 2))
    inner = Sequential([Input((6, 6, 4)), Conv2D(3, 2)], name="inner")
    model = Model(x, Dense(5)(Flatten()(inner(Conv2D(4, 3)(x)))))
    with pytest.raises(ValueError, match="does not have the weights that the layer needs"):
        model.load_weights(recorded("legacy_weights.h5"))


@pytest.mark.parametrize("damage", ["no group", "no array", "text", "link", "names that are numbers"])
def test_hostile_files(recorded, damage):
    path = recorded("legacy_weights.h5")
    with h5py.File(path, "a") as file:
        group = file["first/first"] if "first/first" in file else file["first"]
        if damage == "no group":
            del file["last"]
        elif damage == "no array":
            del group["kernel"]
        elif damage == "text":
            del group["kernel"]
            group["kernel"] = "text"
        elif damage == "link":
            del group["kernel"]
            group["kernel"] = h5py.ExternalLink("/etc/passwd", "/x")
        else:
            file.attrs["layer_names"] = [1.5, 2.5]
    told = "another number of layers|has no array for|is not an array of numbers|is not as Keras writes it|are damaged"
    with pytest.raises(ValueError, match=told):
        the_model().load_weights(path)


def test_long_lists_of_names_in_parts(recorded, outcome):
    path, expected = recorded("legacy_weights.h5"), outcome("legacy")
    with h5py.File(path, "a") as file:
        names = list(file.attrs["layer_names"])
        del file.attrs["layer_names"]
        file.attrs["layer_names0"], file.attrs["layer_names1"] = names[:2], names[2:]
    model = the_model()
    model.load_weights(path)
    np.testing.assert_allclose(model.predict(expected["x"], verbose=0), expected["y"], rtol=1e-5, atol=1e-3)
