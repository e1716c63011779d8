import numpy as np
import pytest

from planish.layers import BatchNormalization

from .support import again, images


def built(layer, shape):
    layer.build(shape)
    rng = np.random.default_rng(1)
    layer.set_weights([rng.uniform(0.5, 1.5, weight.shape) for weight in layer.weights])
    return layer


@pytest.mark.parametrize("shape", [(6, 5), (3, 4, 5, 2)])
def test_inference_uses_the_moving_statistics(shape):
    layer = built(BatchNormalization(), shape)
    gamma, beta, mean, variance = layer.get_weights()
    x = images(*shape)
    expected = gamma * (x - mean) / np.sqrt(variance + 1e-3) + beta
    np.testing.assert_allclose(layer(x), expected, rtol=1e-4, atol=1e-5)
    assert [weight.tolist() for weight in layer.get_weights()[2:]] == [mean.tolist(), variance.tolist()]


def test_training_uses_the_batch_and_moves_the_statistics():
    layer = built(BatchNormalization(momentum=0.9, epsilon=1e-2), (None, 4, 5, 2))
    gamma, beta, mean, variance = layer.get_weights()
    x = images(3, 4, 5, 2)
    batch_mean, batch_variance = x.mean(axis=(0, 1, 2)), x.var(axis=(0, 1, 2))
    expected = gamma * (x - batch_mean) / np.sqrt(batch_variance + 1e-2) + beta
    np.testing.assert_allclose(layer(x, training=True), expected, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(layer.moving_mean.value, 0.9 * mean + 0.1 * batch_mean, rtol=1e-5)
    np.testing.assert_allclose(layer.moving_variance.value, 0.9 * variance + 0.1 * batch_variance, rtol=1e-5)


@pytest.mark.parametrize("axis", [1, -3])
def test_channels_on_another_axis(axis):
    x = images(3, 2, 4, 5)
    first, last = BatchNormalization(axis=axis), BatchNormalization()
    moved = x.transpose(0, 2, 3, 1)
    y = built(last, moved.shape)(moved, training=True)
    np.testing.assert_allclose(built(first, x.shape)(x, training=True), y.transpose(0, 3, 1, 2), rtol=1e-5, atol=1e-6)


def test_frozen_layers_infer_even_in_training():
    layer = built(BatchNormalization(trainable=False), (None, 3))
    x = images(4, 3)
    np.testing.assert_array_equal(layer(x, training=True), layer(x))
    assert layer.trainable_weights == []


@pytest.mark.parametrize(
    ("center", "scale", "names"), [(True, False, ["beta"]), (False, True, ["gamma"]), (False, False, [])]
)
def test_without_beta_or_gamma(center, scale, names):
    layer = BatchNormalization(center=center, scale=scale)
    x = images(4, 3)
    layer.build(x.shape)
    assert [weight.name for weight in layer.trainable_weights] == names
    assert [weight.name for weight in layer.non_trainable_weights] == ["moving_mean", "moving_variance"]
    np.testing.assert_allclose(layer(x), x / np.sqrt(1.001), rtol=1e-5)


def test_count_names_and_config():
    layer = BatchNormalization()
    layer.build((None, 8, 8, 16))
    assert layer.count_params() == 64
    assert [weight.path for weight in layer.weights] == [
        f"batch_normalization/{name}" for name in ("gamma", "beta", "moving_mean", "moving_variance")
    ]
    assert again(layer).get_config() == layer.get_config()
    assert BatchNormalization(axis=[3]).axis == 3


@pytest.mark.parametrize("name", ["renorm", "renorm_clipping"])
def test_unsupported_arguments_are_refused_by_name(name):
    with pytest.raises(ValueError, match=f"argument '{name}' is not supported by planish"):
        BatchNormalization(**{name: True})


def test_wrong_axes_and_channels():
    with pytest.raises(ValueError, match=r"axis 4 is not an axis of the image\n  expected: +1 to 3, or -3 to -1"):
        BatchNormalization(axis=4).build((None, 8, 8, 3))
    layer = BatchNormalization()
    layer.build((None, 3))
    with pytest.raises(ValueError, match="the layer was built for another number of channels"):
        layer(images(2, 4))


def test_synchronized_changes_nothing_and_is_kept():
    layer = BatchNormalization(synchronized=True)
    assert layer.get_config()["synchronized"] is True
    assert BatchNormalization.from_config(layer.get_config()).synchronized
