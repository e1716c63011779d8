"""Images moved, turned, stretched and sheared: values as TensorFlow defines them, and chains that read pixels once."""

import itertools
import math

import numpy as np
import pytest

import planish as keras
from planish import layers
from planish.layers.base.context import CallContext
from planish.primitives import input_

from .support import error_of, images

FILLS = ("reflect", "wrap", "constant", "nearest")


def filled(place, extent, mode):
    """Where a coordinate is in the image, as ImageProjectiveTransformV3 has it."""
    if mode == "constant":
        return place
    if mode == "nearest" or extent == 1:
        return min(max(place, 0.0), extent - 1)
    if mode == "wrap":
        if place < 0:
            place += extent * (math.floor(-place / (extent - 1)) + 1)
        elif place > extent - 1:
            place -= extent * math.floor(place / (extent - 1))
    else:
        place %= 2 * extent
        place = place if place < extent else 2 * extent - place - 1
    return min(max(place, 0.0), extent - 1)


def read(image, y, x, mode, interpolation, fill_value):
    """The pixel of an image at a place, by definition."""
    rows, columns = image.shape[:2]
    y, x = filled(y, rows, mode), filled(x, columns, mode)

    def pixel(row, column):
        inside = 0 <= row < rows and 0 <= column < columns
        return image[row, column] if inside else np.full(image.shape[2], fill_value)

    if interpolation == "nearest":
        return pixel(*(math.trunc(place + math.copysign(0.5, place)) for place in (y, x)))
    low, left = math.floor(y), math.floor(x)
    return sum(
        pixel(row, column) * (1 - abs(y - row)) * (1 - abs(x - column))
        for row, column in itertools.product((low, low + 1), (left, left + 1))
    )


def transformed(x, move, mode="reflect", interpolation="bilinear", fill_value=0.7):
    """`move(y, x)`: where the pixel of the result is in the image."""
    y = np.zeros_like(x)
    for image, row, column in np.ndindex(x.shape[:3]):
        y[image, row, column] = read(x[image], *move(row, column), mode, interpolation, fill_value)
    return y


def shift(down, along):
    return lambda y, x: (y - down, x - along)


def turn(share, rows, columns):
    angle, down, along = 2 * math.pi * share, (rows - 1) / 2, (columns - 1) / 2

    def move(y, x):
        y, x = y - down, x - along
        return math.sin(angle) * x + math.cos(angle) * y + down, math.cos(angle) * x - math.sin(angle) * y + along

    return move


@pytest.mark.parametrize("interpolation", ["bilinear", "nearest"])
@pytest.mark.parametrize("mode", FILLS)
def test_values_of_factors_that_leave_no_choice(mode, interpolation):
    for shape in ((2, 5, 7, 3), (1, 1, 6, 2)):
        x, (rows, columns) = images(*shape), shape[1:3]
        how = {"fill_mode": mode, "interpolation": interpolation, "fill_value": 0.7}
        moved = layers.RandomTranslation((0.31, 0.31), (-0.87, -0.87), **how)(x, training=True)
        expected = transformed(x, shift(0.31 * rows, -0.87 * columns), mode, interpolation)
        np.testing.assert_allclose(moved, expected, atol=1e-4)
        turned = layers.RandomRotation((0.07, 0.07), **how)(x, training=True)
        np.testing.assert_allclose(turned, transformed(x, turn(0.07, rows, columns), mode, interpolation), atol=1e-4)

    def stretched(y, x):
        return 1.37 * (y - 2) + 2, 0.6 * (x - 3) + 3

    x = images(2, 5, 7, 3)
    zoomed = layers.RandomZoom((0.37, 0.37), (-0.4, -0.4), **how)(x, training=True)
    np.testing.assert_allclose(zoomed, transformed(x, stretched, mode, interpolation), atol=1e-4)


def test_shears_go_to_either_side():
    x = np.repeat(images(1, 5, 7, 2), 40, axis=0)
    y = layers.RandomShear((0.3, 0.3), (0.17, 0.17))(x, training=True)
    one, other = (transformed(x[:1], lambda y, x, s=sign: (y + s * 0.17 * x, x + s * 0.3 * y)) for sign in (1, -1))
    ones, others = (np.isclose(y, each, atol=1e-4).all((1, 2, 3)) for each in (one, other))
    assert (ones | others).all()
    assert 8 < ones.sum() < 32


def test_draws_are_spread_over_the_whole_range():
    x = np.tile(np.arange(100, dtype=np.float32)[:, None, None], (400, 1, 1, 1)).reshape(400, 100, 1, 1)
    y = layers.RandomTranslation(0.2, 0.0, "nearest")(x, training=True)
    moved = 50 - y[:, 50, 0, 0]
    assert -20.1 < moved.min() < -19
    assert 19 < moved.max() < 20.1
    assert abs(moved.mean()) < 2
    halves = np.histogram(moved, 4, (-20, 20))[0]
    assert halves.min() > 65


def chain():
    return [
        layers.RandomFlip("horizontal", seed=1),
        layers.RandomTranslation((0.2, 0.2), (0.1, 0.1), "nearest", "nearest"),
        layers.RandomRotation((0.25, 0.25), "nearest", "nearest"),
    ]


def test_a_chain_reads_the_pixels_once():
    x = input_("x", (6, 6, 3))
    context, y = CallContext(training=True), x
    with context.ambient():
        for layer in chain():
            y = layer.connect_all((y,), {}, context)
    assert context.warps[y].source is x
    assert len(context.warps[y].moves) == 3
    takes, seen, waiting = 0, set(), [y]
    while waiting:
        node = waiting.pop()
        if node not in seen:
            seen.add(node)
            takes += node.op == "take"
            waiting += node.inputs
    assert takes == 1


def test_a_chain_of_whole_pixels_is_what_its_layers_do_one_by_one():
    x = images(3, 10, 10, 2)
    one_by_one = x
    for layer in chain():
        one_by_one = layer(one_by_one, training=True)
    whole = keras.Sequential([keras.Input((10, 10, 2)), *chain()])(x, training=True)
    for image, *results in zip(x, one_by_one, whole, strict=True):
        choices = [
            np.rot90(np.pad(each, ((2, 0), (1, 0), (0, 0)), "edge")[:10, :10]) for each in (image, image[:, ::-1])
        ]
        for result in results:
            assert any(np.allclose(result, choice, atol=1e-5) for choice in choices)


def test_what_a_layer_left_empty_stays_empty():
    x = np.ones((1, 6, 6, 1), np.float32)
    there, back = (layers.RandomTranslation((f, f), (0.0, 0.0), "constant", fill_value=-1) for f in (0.5, -0.5))
    y = keras.Sequential([keras.Input((6, 6, 1)), there, back])(x, training=True)
    assert y[0, :, 0, 0].tolist() == [1, 1, 1, -1, -1, -1]


def test_layers_that_read_in_different_ways_are_not_joined():
    x = input_("x", (6, 6, 3))
    context, y = CallContext(training=True), x
    for layer in (layers.RandomRotation(0.1), layers.RandomZoom(0.1, fill_mode="wrap")):
        y = layer.connect_all((y,), {}, context)
    assert len(context.warps[y].moves) == 1
    assert context.warps[y].source is not x


def test_the_gradient_goes_back_to_where_pixels_came_from():
    x = images(4, 5, 6, 2)
    model = keras.Sequential([
        keras.Input((5, 6, 2)), layers.Dense(2, use_bias=False, kernel_initializer="ones"),
        layers.RandomTranslation((0.4, 0.4), (0.0, 0.0), "constant"), layers.Flatten(),
    ])  # fmt: skip
    model.compile(keras.optimizers.SGD(1.0), "mse")
    target = np.zeros((4, 60), np.float32)
    before = model.get_weights()[0]
    model.train_on_batch(x, target)
    kept = x[:, :3].reshape(-1, 2)
    expected = 2 * kept.T @ (kept @ before) / target.size
    np.testing.assert_allclose(before - model.get_weights()[0], expected, atol=1e-4)


def test_wrong_arguments():
    for make, argument in (
        (lambda: layers.RandomTranslation(1.5, 0), "height_factor"),
        (lambda: layers.RandomTranslation(0, (0.2, 3)), "width_factor"),
        (lambda: layers.RandomRotation(4), "factor"),
        (lambda: layers.RandomZoom((-1, 0)), "height_factor"),
        (lambda: layers.RandomShear((-0.5, 0.2)), "x_factor"),
        (lambda: layers.RandomRotation(0.1, fill_value="white"), "fill_value"),
    ):
        assert f"argument '{argument}' is wrong" in error_of(make)[0]
    assert error_of(lambda: layers.RandomRotation(30))[-1] == "  remedy:   30 / 360, for degrees"
    assert "unknown fill_mode" in error_of(lambda: layers.RandomZoom(0.1, fill_mode="mirror"))[0]
    assert "unknown interpolation" in error_of(lambda: layers.RandomZoom(0.1, interpolation="bicubic"))[0]
    large = keras.Input((4097, 4097, 1))
    assert "the images are too large" in error_of(lambda: layers.RandomRotation(0.1)(large))[0]


def test_a_shear_of_keras_is_read_again():
    assert layers.RandomShear.from_config({"x_factor": [-0.2, 0.2], "y_factor": [0.0, 0.1]}).x_factor == (-0.2, 0.2)
    assert layers.RandomShear(0.2).get_config()["x_factor"] == 0.2
