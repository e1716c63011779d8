"""Weights of another model or layer: one mistake a test, with the message."""

import numpy as np
import pytest

from planish.layers import Conv2D, Dense, Flatten, Input, MaxPooling2D
from planish.models import Sequential


def classifier(size=28, channels=1, *, filters=2, kernel=3, hidden=0, units=10, data_format=None):
    image = (channels, size, size) if data_format else (size, size, channels)
    return Sequential(
        [
            Input(image),
            Conv2D(filters, kernel, data_format=data_format, name="conv"),
            MaxPooling2D(data_format=data_format, name="pool"),
            Flatten(data_format=data_format, name="flatten"),
            *([Dense(hidden, name="hidden")] if hidden else []),
            Dense(units, name="scores"),
        ],
        name="net",
    )


def refused(run, *lines):
    with pytest.raises(ValueError, match="shape") as caught:
        run()
    assert str(caught.value).splitlines() == list(lines)


def remedy_of(run):
    with pytest.raises(ValueError) as caught:  # noqa: PT011 (the remedy is what is looked at)
        run()
    return str(caught.value).partition("  remedy:")[2].strip()


def test_weights_for_another_image_size():
    refused(
        lambda: classifier().set_weights(classifier(32).get_weights()),
        "Sequential 'net': set_weights got arrays that do not match the weights",
        "  rule:     Dense 'scores' has 338 features (Flatten of 13x13x2, from 28x28x1 images);",
        "            450 would be Flatten of 15x15x2, from images of 32x32x1 to 33x33x1",
        "  expected: weights[2] of shape (338, 10), 'scores/kernel'",
        "  received: weights[2] of shape (450, 10)",
        "  shapes:   (None, 28, 28, 1)",
        "            -> Conv2D 'conv' (None, 26, 26, 2)",
        "            -> MaxPooling2D 'pool' (None, 13, 13, 2)",
        "            -> Flatten 'flatten' (None, 338)",
        "            -> Dense 'scores'",
        "  remedy:   the model for such images: Input((32, 32, 1))",
    )


def test_channels_first():
    told = remedy_of(
        lambda: classifier(data_format="channels_first").set_weights(
            classifier(32, data_format="channels_first").get_weights()
        )
    )
    assert told == "the model for such images: Input((1, 32, 32))"


def test_a_number_of_features_that_no_square_image_gives():
    model = Sequential([Input((4, 4, 1)), Flatten(), Dense(2, name="d")], name="net")
    refused(
        lambda: model.set_weights([np.zeros((20, 2)), np.zeros(2)]),
        "Sequential 'net': set_weights got arrays that do not match the weights",
        "  rule:     Dense 'd' has 16 features (Flatten of 4x4x1)",
        "  expected: weights[0] of shape (16, 2), 'd/kernel'",
        "  received: weights[0] of shape (20, 2)",
        "  shapes:   (None, 4, 4, 1) -> Flatten 'flatten' (None, 16) -> Dense 'd'",
        "  remedy:   the layers before it as in the model that the weights come from",
    )
    told = remedy_of(lambda: model.set_weights([np.zeros((25, 2)), np.zeros(2)]))
    assert told == "the model for such images: Input((5, 5, 1))"


@pytest.mark.parametrize(
    ("other", "remedy"),
    [
        ({"channels": 3}, "the model for such images: Input((28, 28, 3))"),
        (
            {"kernel": 5},
            "the same layer as in the model that the weights come from: Conv2D(2, (5, 5)) for Conv2D 'conv'",
        ),
        (
            {"filters": 8},
            "the same layer as in the model that the weights come from: Conv2D(8, (3, 3)) for Conv2D 'conv'",
        ),
        ({"units": 12}, "the number of units of the weights: Dense(12) for Dense 'scores'"),
        (
            {"hidden": 7},
            "the weights of a model of the same layers, such as Sequential.from_config(model.get_config())",
        ),
    ],
)
def test_weights_of_another_model(other, remedy):
    assert remedy_of(lambda: classifier().set_weights(classifier(**other).get_weights())) == remedy


@pytest.mark.parametrize(
    ("change", "remedy"),
    [
        (lambda weights: weights[:-1], "all of model.get_weights(): 'scores/bias' missing"),
        (lambda weights: [*weights, weights[-1]], "leave out weights[4]"),
        (lambda weights: weights[::-1], "the order of model.get_weights()"),
        (lambda weights: weights[2:], "model.get_layer('scores').set_weights(weights)"),
        (
            lambda weights: [weights[0].transpose(3, 2, 0, 1), weights[1], weights[2].T, weights[3]],
            "for PyTorch's arrays: set_weights([w.transpose(2, 3, 1, 0) if w.ndim == 4 else w.T for w in weights])\n"
            "            where rows behind Flatten are in another order: "
            "kernel.T[model.flatten_map().permutation(inverse=True)]",
        ),
    ],
)
def test_arrays_that_were_changed(change, remedy):
    model = classifier()
    assert remedy_of(lambda: model.set_weights(change(model.get_weights()))) == remedy


def test_what_is_said_of_pytorchs_arrays_is_true():
    model = classifier()
    x = np.random.default_rng(0).random((2, 28, 28, 1), np.float32)
    answers = model.predict(x, verbose=0)
    conv, bias, kernel, last = model.get_weights()
    back = model.flatten_map().permutation(inverse=True)
    weight = kernel[model.flatten_map().permutation()].T  # as Linear has it
    weights = [conv.transpose(3, 2, 0, 1), bias, weight, last]
    turned = [w.transpose(2, 3, 1, 0) if w.ndim == 4 else w.T for w in weights]
    model.set_weights([*turned[:2], turned[2][back], turned[3]])
    np.testing.assert_array_equal(model.predict(x, verbose=0), answers)


@pytest.mark.parametrize(
    ("place", "change", "remedy"),
    [
        (
            0,
            lambda kernel, bias: [kernel.transpose(3, 2, 0, 1), bias],
            "set_weights([kernel.transpose(2, 3, 1, 0), bias])",
        ),
        (0, lambda kernel, bias: [kernel], "set_weights([kernel, bias]): bias missing"),
        (0, lambda kernel, bias: [bias, kernel], "set_weights([kernel, bias]), the order of get_weights()"),
        (0, lambda kernel, bias: [kernel, bias, bias], "leave out weights[2]"),
        (0, lambda kernel, bias: [kernel[:1], bias], "the weights of a layer that was built with the same arguments"),
        (
            3,
            lambda kernel, bias: [kernel.T, bias],
            "set_weights([kernel.T, bias])\n            where rows behind Flatten are in another order: "
            "kernel.T[model.flatten_map().permutation(inverse=True)]",
        ),
    ],
)
def test_weights_of_a_layer(place, change, remedy):
    layer = classifier().layers[place]
    assert remedy in remedy_of(lambda: layer.set_weights(change(*layer.get_weights())))


def test_a_layer_without_weights():
    assert remedy_of(lambda: Flatten().set_weights([np.zeros(3)])).startswith("build it first")
    assert remedy_of(lambda: MaxPooling2D().set_weights([np.zeros(3)])) == "leave it out: the layer has no weights"


@pytest.mark.parametrize("ending", [".weights.h5", ".keras"])
def test_a_file_for_another_image_size(tmp_path, ending):
    path = tmp_path / f"net{ending}"
    other = classifier(32)
    other.save(path) if ending == ".keras" else other.save_weights(path)
    refused(
        lambda: classifier().load_weights(path),
        f"'{path}': weight 'scores/kernel' has another shape",
        "  rule:     Dense 'scores' has 338 features (Flatten of 13x13x2, from 28x28x1 images);",
        "            450 would be Flatten of 15x15x2, from images of 32x32x1 to 33x33x1",
        "  expected: (338, 10)",
        "  received: (450, 10)",
        "  shapes:   (None, 28, 28, 1)",
        "            -> Conv2D 'conv' (None, 26, 26, 2)",
        "            -> MaxPooling2D 'pool' (None, 13, 13, 2)",
        "            -> Flatten 'flatten' (None, 338)",
        "            -> Dense 'scores'",
        "  remedy:   the model for such images: Input((32, 32, 1))",
    )
