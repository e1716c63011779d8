"""What layers give: compiled, against the same model cut off behind the layer and against the interpreter."""

import numpy as np
import pytest

from planish import Model, ops
from planish.layers import Conv2D, Dense, Dropout, Flatten, Input, ReLU
from planish.models import Sequential
from planish.models.programs.recent import MOST_PROGRAMS
from tests.models.looking.introspected import MAKERS, images, made, with_seeded_weights


def cut(model, name):
    """The layers of the model up to the named one, run one after the other by the interpreter."""

    def run(x):
        for layer in model.layers:
            x = layer(x)
            if layer.name == name:
                return x
        raise AssertionError(name)

    return run


@pytest.mark.parametrize("maker", MAKERS)
def test_every_layer_gives_what_it_gives_by_itself(maker):
    model = made(maker)
    x = images(model)
    every = model.activations(x)
    assert list(every) == [layer.name for layer in model.layers]
    for name, values in every.items():
        expected = cut(model, name)(x)
        assert values.dtype == np.float32
        np.testing.assert_allclose(values, expected, rtol=2e-5, atol=2e-6, err_msg=name)


def test_one_layer_gives_an_array_and_several_a_dictionary():
    model = made("blog")
    x = images(model)
    pooled = model.activations(x, "pool")
    assert pooled.shape == (3, 5, 4, 5)
    several = model.activations(x, ["scores", "pool"])
    assert list(several) == ["scores", "pool"]
    np.testing.assert_array_equal(several["pool"], pooled)
    np.testing.assert_array_equal(several["scores"], model.predict(x, verbose=0))
    np.testing.assert_array_equal(model.activations(x, model.get_layer("pool")), pooled)


def test_new_weights_give_new_activations():
    model = made("blog")
    x = images(model)
    before = model.activations(x, "first")
    with_seeded_weights(model, seed=4)
    after = model.activations(x, "first")
    assert not np.array_equal(before, after)
    np.testing.assert_allclose(after, cut(model, "first")(x), rtol=2e-5, atol=2e-6)


def test_layers_that_change_nothing():
    model = with_seeded_weights(Sequential([Input((5,)), Dropout(0.5, name="nothing"), Flatten(name="same"), Dense(2)]))
    x = images(model)
    values = model.activations(x)
    np.testing.assert_array_equal(values["nothing"], x)
    np.testing.assert_array_equal(values["same"], x)


def test_bytes_are_read_as_they_are():
    model = made("blog")
    x = np.random.default_rng(0).integers(0, 256, (2, 13, 11, 2), dtype=np.uint8)
    np.testing.assert_array_equal(model.activations(x, "pool"), model.activations(x.astype(np.float32), "pool"))


def test_layers_of_a_model_in_the_model():
    inner = Sequential([Input((7, 5, 2)), Flatten(name="rows"), Dense(4, name="hidden")], name="inner")
    model = with_seeded_weights(Sequential([inner, Dense(3, name="scores")]))
    x = images(model)
    np.testing.assert_array_equal(model.activations(x, "rows"), x.reshape(3, 70))
    np.testing.assert_array_equal(model.activations(x, "inner"), model.activations(x, "hidden"))
    assert list(model.activations(x)) == ["rows", "hidden", "scores"]


def test_a_model_that_is_run_eagerly_is_interpreted():
    model = made("blog")
    x = images(model)
    compiled = model.activations(x, "hidden")
    model.compile("sgd", "mse", run_eagerly=True)
    np.testing.assert_allclose(model.activations(x, "hidden"), compiled, rtol=2e-5, atol=2e-6)


def test_an_unknown_layer():
    model = made("blog")
    with pytest.raises(ValueError, match=r"unknown layer of Sequential '.*' 'pol'\n(.|\n)*did you mean 'pool'"):
        model.activations(images(model), "pol")
    with pytest.raises(TypeError, match=r"this is not a layer\n  expected: a layer or its name\n  received: 3"):
        model.activations(images(model), 3)


def test_two_layers_of_one_name():
    inner = [Sequential([Input((6,)), ReLU(threshold=at, name="same")], name=name) for name, at in (("a", 0), ("b", 1))]
    model = with_seeded_weights(Sequential([*inner, Dense(2)]))
    x = images(model)
    with pytest.raises(ValueError, match=r"2 layers inside the model have the name 'same'\n  remedy: pass the layer"):
        model.activations(x, "same")
    with pytest.raises(ValueError, match="layers in different models inside it have the name 'same'"):
        model.activations(x)
    first, second = (each.get_layer("same") for each in inner)
    values = model.activations(x, [first, second])
    np.testing.assert_array_equal(values[first], np.maximum(x, 0))
    np.testing.assert_array_equal(values[second], np.where(x >= 1, x, 0))


def test_images_that_do_not_fit():
    with pytest.raises(ValueError, match="the model takes 13x11x2"):
        made("blog").activations(np.zeros((1, 12, 11, 2)), "pool")


def test_only_the_programs_that_were_used_last_are_kept():
    model = Sequential([Input((4,)), *(Dense(2) for _ in range(MOST_PROGRAMS + 4))])
    x = np.ones((2, 4), np.float32)
    for layer in model.layers:
        model.activations(x, layer.name)
    assert len(model._programs._value_programs) == MOST_PROGRAMS
    first = model.activations(x, model.layers[0].name)
    np.testing.assert_array_equal(first, model.layers[0](x))


def test_values_of_a_whole_batch_have_no_batch_axis():
    x = Input((3,))
    y = Dense(2, name="dense")(x)
    whole, of_each = ops.mean(y), ops.mean(y, axis=0)
    model = Model(x, [whole, y - of_each])
    a = np.random.default_rng(0).random((5, 3), dtype=np.float32)
    values = model.activations(a)
    assert values[whole.name].shape == ()
    assert values[of_each.name].shape == (2,)
    np.testing.assert_allclose(values[whole.name], values["dense"].mean(), rtol=1e-5)
    np.testing.assert_allclose(values[of_each.name], values["dense"].mean(axis=0), rtol=1e-5)


def test_models_of_open_sizes_give_what_their_layers_give_for_each_size():
    x = Input((None, None, 3))
    mean = ops.mean(Conv2D(4, 3, name="conv")(x), axis=(1, 2))
    model = Model(x, mean)
    for size in ((9, 7), (5, 6)):
        a = np.random.default_rng(0).random((2, *size, 3), dtype=np.float32)
        values = model.activations(a)
        assert values["conv"].shape == (2, size[0] - 2, size[1] - 2, 4)
        np.testing.assert_allclose(values[mean.name], values["conv"].mean(axis=(1, 2)), rtol=1e-5, atol=1e-6)
