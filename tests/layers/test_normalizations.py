"""LayerNormalization, RMSNormalization, GroupNormalization, UnitNormalization."""

import numpy as np
import pytest

import planish as keras
from planish import constraints, layers
from planish.layers import (
    Dense,
    Flatten,
    GroupNormalization,
    Input,
    LayerNormalization,
    RMSNormalization,
    UnitNormalization,
)
from planish.models import Sequential

from .checked import check_layer
from .support import again, error_of, images

SHAPE = (3, 5, 4, 6)
LAYERS = {
    "layer": lambda: LayerNormalization(),
    "layer of maps": lambda: LayerNormalization(axis=[1, 2, 3], epsilon=1e-2),
    "layer of columns": lambda: LayerNormalization(axis=2, scale=False),
    "layer of rows and channels": lambda: LayerNormalization(axis=(3, 1), center=False),
    "group": lambda: GroupNormalization(3),
    "groups of one": lambda: GroupNormalization(-1, center=False),
    "one group": lambda: GroupNormalization(1, scale=False),
    "groups of rows": lambda: GroupNormalization(5, axis=1),
    "groups of columns": lambda: GroupNormalization(2, axis=-2),
    "rms": lambda: RMSNormalization(),
    "rms of rows": lambda: RMSNormalization(axis=[1], epsilon=1e-2),
    "rms of maps": lambda: RMSNormalization(axis=[-3, -2, -1]),
    "unit": lambda: UnitNormalization(),
    "unit of maps": lambda: UnitNormalization(axis=[1, 2, 3]),
}


@pytest.mark.parametrize("name", LAYERS)
def test_compiled_code_and_gradients(name):
    check_layer(LAYERS[name](), *SHAPE)


@pytest.mark.parametrize("shape", [(2, 17), (2, 33, 9), (2, 3, 2, 5, 4)])
def test_other_ranks_and_sizes(shape):
    check_layer(LayerNormalization(), *shape)
    check_layer(GroupNormalization(-1), *shape)


def standardized(x, axes, epsilon=1e-3):
    return (x - x.mean(axes, keepdims=True)) / np.sqrt(x.var(axes, keepdims=True) + epsilon)


@pytest.mark.parametrize(("axis", "weight"), [(-1, (6,)), ([1, 2, 3], (5, 4, 6)), ([3, 1], (5, 6)), (2, (4,))])
def test_layer_normalization(axis, weight):
    layer, x = LayerNormalization(axis), images(*SHAPE)
    layer.build(SHAPE)
    assert [(each.path, each.shape) for each in layer.weights] == [
        ("layer_normalization/gamma", weight), ("layer_normalization/beta", weight)
    ]  # fmt: skip
    axes = sorted(each % 4 for each in ([axis] if isinstance(axis, int) else axis))
    np.testing.assert_allclose(layer(x), standardized(x, tuple(axes)), rtol=1e-4, atol=1e-5)
    gamma, beta = images(*weight, seed=1), images(*weight, seed=2)
    layer.set_weights([gamma, beta])
    beside = [SHAPE[place] if place in axes else 1 for place in range(4)]
    expected = standardized(x, tuple(axes)) * gamma.reshape(beside) + beta.reshape(beside)
    np.testing.assert_allclose(layer(x), expected, rtol=1e-4, atol=1e-5)
    assert layer.get_config()["axis"] == sorted([axis] if isinstance(axis, int) else axis)  # as Keras has it
    assert again(layer).get_config() == layer.get_config()


def test_values_far_from_zero_are_exact():
    x = images(2, 8) + 10_000
    np.testing.assert_allclose(LayerNormalization()(x), standardized(x.astype(np.float64), (1,)), rtol=2e-3, atol=2e-3)


def test_rms_scaling_is_told_to_be_something_else():
    with pytest.warns(UserWarning, match="use RMSNormalization"):
        layer = LayerNormalization(rms_scaling=True, scale=False)
    x = images(3, 8)
    np.testing.assert_allclose(layer(x), x / np.sqrt(x.var(1, keepdims=True) + 1e-3), rtol=1e-4)
    assert [weight.name for weight in layer.weights] == ["gamma"]
    with pytest.warns(UserWarning, match="use RMSNormalization"):
        assert again(layer).get_config() == layer.get_config()


@pytest.mark.parametrize(("groups", "axis"), [(1, -1), (2, -1), (6, 3), (-1, -1), (5, 1), (2, -2)])
def test_group_normalization(groups, axis):
    layer, x = GroupNormalization(groups, axis), images(*SHAPE)
    place, channels = axis % 4, SHAPE[axis]
    count = channels if groups == -1 else groups
    split = x.reshape(*SHAPE[:place], count, channels // count, *SHAPE[place + 1 :])
    axes = tuple(each for each in range(1, 5) if each != place)
    layer.build(SHAPE)
    np.testing.assert_allclose(layer(x), standardized(split, axes).reshape(SHAPE), rtol=1e-4, atol=1e-5)
    gamma, beta = images(channels, seed=1), images(channels, seed=2)
    layer.set_weights([gamma, beta])
    beside = [channels if each == place else 1 for each in range(4)]
    expected = standardized(split, axes).reshape(SHAPE) * gamma.reshape(beside) + beta.reshape(beside)
    np.testing.assert_allclose(layer(x), expected, rtol=1e-4, atol=1e-5)
    assert layer.get_config()["groups"] == count  # as Keras has it once the layer is built
    assert again(layer).get_config() == layer.get_config()


def test_rms_and_unit_normalization():
    x = images(*SHAPE)
    layer = RMSNormalization()
    root = np.sqrt((x**2).mean(-1, keepdims=True) + 1e-6)
    np.testing.assert_allclose(layer(x), x / root, rtol=1e-5)
    assert [(weight.path, weight.shape) for weight in layer.weights] == [("rms_normalization/scale", (6,))]
    assert again(layer).get_config() == layer.get_config()
    rows = RMSNormalization(axis=1)
    rows.build(SHAPE)
    scale = images(5, seed=1)
    rows.set_weights([scale])
    root = np.sqrt((x**2).mean(1, keepdims=True) + 1e-6)
    np.testing.assert_allclose(rows(x), x / root * scale[:, None, None], rtol=1e-5)
    unit = UnitNormalization([1, 2])
    np.testing.assert_allclose((unit(x) ** 2).sum((1, 2)), 1, rtol=1e-5)
    assert again(unit).axis == [1, 2]


def test_what_is_zero_stays_zero_and_its_gradient_is_a_number():
    x = images(3, 4)
    x[1] = 0
    model = Sequential(
        [Input((4,)), Dense(4, use_bias=False, kernel_initializer="ones"), UnitNormalization(), Dense(2)]
    )
    model.compile("sgd", "mse")
    model.fit(x, np.ones((3, 2)), verbose=0)
    assert all(np.isfinite(weight).all() for weight in model.get_weights())
    np.testing.assert_array_equal(UnitNormalization()(x)[1], 0)


@pytest.mark.parametrize("make", [LayerNormalization, lambda **more: GroupNormalization(2, **more)])
def test_constraints_hold_after_each_step(make):
    layer = make(gamma_constraint="max_norm", beta_constraint=constraints.NonNeg(), beta_regularizer="l2")
    model = Sequential([Input((4, 4, 2)), layer, Flatten(), Dense(2)])
    model.compile("sgd", "mse")
    model.fit(images(8, 4, 4, 2), 9 * images(8, 2), epochs=3, verbose=0)
    assert (layer.beta.value >= 0).all()
    assert np.linalg.norm(layer.gamma.value) < 2.0001
    assert again(layer).get_config() == layer.get_config()


@pytest.mark.parametrize(
    ("make", "kind", "text"),
    [
        (lambda: LayerNormalization("last"), TypeError, "argument 'axis' is wrong"),
        (lambda: UnitNormalization(1.5), TypeError, "argument 'axis' is wrong"),
        (lambda: LayerNormalization([]), TypeError, "argument 'axis' is wrong"),
        (lambda: RMSNormalization([0, 1]), ValueError, "axis 0 is the batch"),
        (lambda: GroupNormalization(0), ValueError, "argument 'groups' is wrong"),
        (lambda: GroupNormalization(-2), ValueError, "argument 'groups' is wrong"),
        (lambda: GroupNormalization(2, axis=[1, 2]), ValueError, "one axis: where the channels are"),
        (lambda: LayerNormalization(epsilon=-1), ValueError, "argument 'epsilon' is wrong"),
    ],
)
def test_wrong_arguments(make, kind, text):
    with pytest.raises(kind, match=text):
        make()


@pytest.mark.parametrize(
    ("layer", "text"),
    [
        (LayerNormalization([1, 4]), r"axis 4 is not an axis of the image\n  expected: +1 to 3, or -3 to -1"),
        (LayerNormalization([3, -1]), "an axis is named twice"),
        (UnitNormalization(-4), "axis -4 is not an axis of the image"),
        (GroupNormalization(axis=5), "axis 5 is not an axis of the image"),
        (GroupNormalization(4), r"6 channels cannot be split into 4 groups(.*\n)+.*groups=1 or 2 or 3 or 6"),
        (GroupNormalization(), "6 channels cannot be split into 32 groups"),
    ],
)
def test_images_that_do_not_fit(layer, text):
    with pytest.raises(ValueError, match=text):
        layer(images(*SHAPE))


def test_other_sizes_than_before():
    layer = LayerNormalization(name="norm")
    layer.build((None, 4, 6))
    assert error_of(lambda: layer(images(1, 4, 5))) == [
        "LayerNormalization 'norm': the layer was built for other sizes",
        "  expected:    (6,) along axis [-1]",
        "  received:    (5,)",
        "  input shape: (None, 4, 5)",
        "  remedy:      a new layer in place of LayerNormalization 'norm': LayerNormalization(axis=[-1])",
    ]
    group = GroupNormalization(2)
    group.build((None, 6))
    with pytest.raises(ValueError, match="built for another number of channels"):
        group(images(1, 4))
    rms = RMSNormalization()
    rms.build((None, 6))
    with pytest.raises(ValueError, match="built for other sizes"):
        rms(images(1, 4))


@pytest.mark.parametrize(
    "make",
    [
        lambda: layers.LayerNormalization(center=False),
        lambda: layers.GroupNormalization(2, scale=False),
        lambda: layers.BatchNormalization(scale=False),
        lambda: layers.Conv2D(3, 1, use_bias=False),
        lambda: layers.Dense(3, use_bias=False),
    ],
)
def test_images_of_any_size_whether_a_weight_is_left_out_or_not(make):
    model = keras.Sequential([keras.Input((None, None, 4)), make()])
    assert model.predict(np.ones((2, 5, 3, 4)), verbose=0).shape[:3] == (2, 5, 3)
