"""Activations, gradients and contributions of models with branches, shared layers, several inputs and outputs."""

import numpy as np
import pytest

import planish as keras
from planish.layers import Add, Conv2D, Dense, Flatten
from tests.models import branched
from tests.models.looking.introspected import with_seeded_weights


def close(found, expected):
    np.testing.assert_allclose(found, expected, rtol=2e-5, atol=2e-6)


def test_what_branches_give_adds_up():
    model = branched.residual()
    x = branched.data(model)
    every = model.activations(x)
    assert list(every) == ["conv", "sum", "flat", "scores"]
    close(every["sum"], every["conv"] + x)
    close(every["scores"], model.predict(x, verbose=0))
    np.testing.assert_array_equal(model.activations(x, "image"), x)


def test_several_inputs_come_in_a_list_or_by_name():
    model = branched.two_inputs()
    image, extra = branched.data(model)
    joined = model.activations([image, extra], "joined")
    close(joined[:, 18:], extra)
    np.testing.assert_array_equal(model.activations({"extra": extra, "image": image}, "joined"), joined)
    np.testing.assert_array_equal(model.activations([image, extra], ["image", "extra"])["extra"], extra)


def test_uses_of_a_shared_layer_are_asked_for_by_their_numbers():
    model = branched.shared()
    x = branched.data(model)
    dense, inside = model.get_layer("dense"), model.get_layer("inner").get_layer("inside")
    third = model.activations(x, ("dense", 2))
    close(third, dense(dense(dense(x))))
    close(model.activations(x, [("dense", 0), (inside, 0)])[inside, 0], inside(third))
    close(model.activations(x, ("dense", -1)), third)
    close(model.activations(x, ("inner", 1)), model.get_layer("inner")(model.get_layer("inner")(third)))
    every = model.activations(x)
    half, both = model.get_layer("inner").operations[-1].name, model.operations[-1].name
    assert list(every) == [
        ("dense", 0), ("dense", 1), ("dense", 2), ("inside", 0), (half, 0), ("inside", 1), (half, 1), both,
    ]  # fmt: skip


def test_a_layer_that_is_used_several_times_needs_a_number():
    model = branched.shared()
    x = branched.data(model)
    with pytest.raises(ValueError, match=r"uses Dense 'dense' 3 times[\s\S]*\('dense', 0\) to \('dense', 2\)"):
        model.activations(x, "dense")
    with pytest.raises(ValueError, match=r"no use 3 of Dense 'dense'[\s\S]*0 to 2"):
        model.activations(x, ("dense", 3))


def test_outputs_of_a_layer_come_in_its_own_structure():
    model = branched.halves()
    x = branched.data(model)
    parts = model.activations(x, "halves")
    assert list(parts) == ["right", "left"]
    np.testing.assert_array_equal(parts["right"], x[:, 2:])
    np.testing.assert_array_equal(parts["left"], x[:, :2])


def test_a_model_whose_output_is_its_input():
    x = keras.Input((3,), name="x")
    model = keras.Model(x, x)
    given = branched.data(model)
    assert model.activations(given) == {}
    np.testing.assert_array_equal(model.activations(given, "x"), given)
    np.testing.assert_array_equal(model.gradients(given, [0, 1, 2]), np.eye(3))


def numerical(function, x, step=1e-3):
    """The gradient of a sum of float64 numbers by differences."""
    found = np.zeros(x.shape)
    for place in np.ndindex(x.shape):
        ends = []
        for sign in (1, -1):
            moved = x.astype(np.float64)
            moved[place] += sign * step
            ends.append(function(moved.astype(np.float32)).astype(np.float64).sum())
        found[place] = (ends[0] - ends[1]) / (2 * step)
    return found


def test_gradients_by_all_inputs_of_the_output_that_is_asked_for():
    model = branched.two_inputs()
    image, extra = branched.data(model, count=2)
    found = model.gradients([image, extra], 1, output="digit", logits=False)
    assert isinstance(found, list)

    def score(image, extra):
        return model.predict([image, extra], verbose=0)["digit"][:, 1]

    np.testing.assert_allclose(found[0], numerical(lambda moved: score(moved, extra), image), atol=2e-4)
    np.testing.assert_allclose(found[1], numerical(lambda moved: score(image, moved), extra), atol=2e-4)
    np.testing.assert_array_equal(model.gradients([image, extra], 1, "extra", output=0, logits=False), found[1])


def test_an_input_that_does_not_reach_the_output_has_gradients_of_zero():
    model = branched.two_inputs()
    found = model.gradients(branched.data(model), 0, output="size")
    assert np.any(found[0])
    assert not np.any(found[1])


def test_gradients_of_a_loss_of_one_of_the_outputs():
    model = branched.two_inputs()
    data = branched.data(model)
    y = np.array([0, 2, 1])
    found = model.gradients(data, "sparse_categorical_crossentropy", "joined", y=y, output="digit")
    kernel = model.get_layer("digit").get_weights()[0]
    wrong = model.predict(data, verbose=0)["digit"] - np.eye(3)[y]
    close(found, wrong @ kernel.T)


def test_gradients_by_a_use_of_a_shared_layer():
    model = branched.shared()
    x = branched.data(model)
    one, all_uses = model.gradients(x, 0, ("dense", 2)), model.gradients(x, 0, [("dense", 0), ("dense", 2)])
    np.testing.assert_array_equal(all_uses["dense", 2], one)
    kernel = model.get_layer("inner").get_layer("inside").get_weights()[0]
    close(one, np.tile((4.0 * kernel @ kernel)[:, 0], (3, 1)))


def test_which_output_has_to_be_said():
    model = branched.two_inputs()
    with pytest.raises(ValueError, match=r"2 outputs[\s\S]*'digit', 'size'[\s\S]*output='digit'"):
        model.gradients(branched.data(model), 0)
    with pytest.raises(ValueError, match="unknown output of Functional 'two' 'digits'"):
        model.gradients(branched.data(model), 0, output="digits")


def test_lengths_of_inputs_have_to_agree():
    model = branched.two_inputs()
    image, extra = branched.data(model)
    with pytest.raises(ValueError, match=r"different numbers of images[\s\S]*\(2, 4\)"):
        model.activations([image, extra[:2]], "joined")


def test_contributions_are_exact_through_concatenations_and_other_ways_are_the_rest():
    model = branched.two_inputs()
    image, extra = (part[:1] for part in branched.data(model))
    found = model.contributions([image[0], extra[0]], 2, output="digit")
    kernel, bias = model.get_layer("digit").get_weights()
    assert found.exact
    assert found.layer == "flat"
    close(found.weights, kernel[:18, 2])
    close(found.rest, bias[2] + extra[0] @ kernel[18:, 2])
    close(found.values.sum() + found.rest, found.logit)
    close(found.heat_map().sum(), found.values.sum())


def test_contributions_through_an_activation_are_not_exact():
    model = branched.two_inputs()
    found = model.contributions([part[0] for part in branched.data(model)], 0, output="size")
    assert not found.exact
    close(found.values.sum() + found.rest, found.logit)


def test_contributions_where_a_flatten_is_used_twice():
    x, other = keras.Input((3, 3, 1), name="x"), keras.Input((3, 3, 1), name="other")
    flat = Flatten(name="flat")
    joined = Add()([Dense(2, name="a")(flat(x)), Dense(2, name="b")(flat(other))])
    model = with_seeded_weights(keras.Model([x, other], joined))
    data = [part[0] for part in branched.data(model)]
    first, second = (model.contributions(data, 1, ("flat", use)) for use in (0, 1))
    close(first.weights, model.get_layer("a").get_weights()[0][:, 1])
    close(second.weights, model.get_layer("b").get_weights()[0][:, 1])
    close(first.rest, first.logit - first.values.sum())
    assert first.map.receptive_field(4).rows == slice(1, 2)
    assert second.heat_map("other").shape == (3, 3)
    assert not np.any(second.heat_map("x"))


def test_heat_maps_of_branches_spread_values_over_windows_of_both():
    model = branched.residual()
    found = model.contributions(branched.data(model)[0], 0)
    assert found.exact
    close(found.heat_map().sum(), found.values.sum())


class Pooled(keras.Model):
    def __init__(self):
        super().__init__(name="pooled")
        self.convolution = Conv2D(2, 3, name="convolution")
        self.flat, self.scores = Flatten(name="flat"), Dense(2, name="scores")

    def call(self, x):
        return self.scores(self.flat(self.convolution(x) + x[:, 1:-1, 1:-1]))


def test_subclassed_models_are_looked_into_as_others_are():
    model = Pooled()
    model.build((None, 6, 6, 2))
    with_seeded_weights(model)
    x = branched.data(model)
    every = model.activations(x)
    assert list(every) == ["convolution", "flat", "scores"]
    close(every["flat"], (every["convolution"] + x[:, 1:-1, 1:-1]).reshape(3, -1))
    found = model.contributions(x[0])
    assert found.exact
    assert found.map.receptive_field(0).rows == slice(0, 3)
    assert found.map.receptive_field(0, through="convolution").rows == slice(0, 3)
    close(model.gradients(x, 0, "flat"), np.tile(model.scores.get_weights()[0][:, 0], (3, 1)))
    assert "add" in model.program()


def test_models_that_take_sizes_from_the_data():
    image = keras.Input((None, None, 1), name="image")
    conv = Conv2D(2, 3, padding="same", name="conv")(image)
    pooled = keras.layers.GlobalAveragePooling2D(name="pooled")(conv + image)
    model = with_seeded_weights(keras.Model(image, Dense(2, name="scores")(pooled)))
    for size in (5, 7):
        x = np.random.default_rng(size).normal(size=(2, size, size + 1, 1)).astype(np.float32)
        every = model.activations(x, ["conv", "pooled"])
        assert every["conv"].shape == (2, size, size + 1, 2)
        close(every["pooled"], (every["conv"] + x).mean(axis=(1, 2)))
        assert model.gradients(x, 0).shape == x.shape
