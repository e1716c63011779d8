"""SpatialDropout1D to 3D, GaussianNoise, GaussianDropout, AlphaDropout, ActivityRegularization."""

import numpy as np
import pytest

import planish
from planish import layers, primitives
from planish.layers import (
    ActivityRegularization,
    AlphaDropout,
    Dense,
    Dropout,
    Flatten,
    GaussianDropout,
    GaussianNoise,
    Input,
    SpatialDropout1D,
    SpatialDropout2D,
    SpatialDropout3D,
)
from planish.models import Sequential

from .checked import check_layer
from .support import again, error_of, images

LOWEST = -1.6732632423543772 * 1.0507009873554805
RANDOM = {
    "spatial 1": (lambda **more: SpatialDropout1D(0.4, **more), (3, 7, 5)),
    "spatial 2": (lambda **more: SpatialDropout2D(0.4, **more), (3, 4, 3, 5)),
    "spatial 3": (lambda **more: SpatialDropout3D(0.4, **more), (3, 2, 3, 2, 5)),
    "channels first": (lambda **more: SpatialDropout2D(0.4, "channels_first", **more), (3, 5, 4, 3)),
    "noise": (lambda **more: GaussianNoise(0.5, **more), (3, 4, 3, 5)),
    "gaussian": (lambda **more: GaussianDropout(0.3, **more), (3, 17)),
    "alpha": (lambda **more: AlphaDropout(0.3, **more), (3, 4, 9)),
    "alpha of rows": (lambda **more: AlphaDropout(0.3, noise_shape=(None, 1, None), **more), (3, 4, 9)),
}


@pytest.mark.parametrize("name", RANDOM)
def test_compiled_code_and_gradients(name):
    make, shape = RANDOM[name]
    check_layer(make(), *shape)


@pytest.mark.parametrize("name", RANDOM)
def test_nothing_happens_at_inference_and_in_training_the_seed_decides(name):
    make, shape = RANDOM[name]
    x = images(*shape)
    layer = make(seed=3)
    np.testing.assert_array_equal(layer(x), x)
    first, second = layer(x, training=True), layer(x, training=True)
    assert (first != x).any()
    assert (first != second).any()
    np.testing.assert_array_equal(make(seed=3)(x, training=True), make(seed=3)(x, training=True))
    assert again(layer).get_config() == layer.get_config()
    unseeded = make()
    assert (unseeded(x, training=True) != unseeded(x, training=True)).any()


@pytest.mark.parametrize("name", RANDOM)
def test_the_same_bits_on_any_number_of_threads(name):
    make, shape = RANDOM[name]
    made = {}
    for threads in (1, 3):
        planish.set_num_threads(threads)
        planish.utils.clear_session(free_memory=False)
        planish.utils.set_random_seed(3)
        model = Sequential([Input(shape[1:]), Dense(shape[-1]), make(), Flatten(), Dense(2)])
        model.compile("adam", "mse")
        model.fit(images(70, *shape[1:]), images(70, 2), epochs=2, verbose=0)
        made[threads] = b"".join(weight.tobytes() for weight in model.get_weights())
    planish.set_num_threads(None)
    assert made[1] == made[3]


@pytest.mark.parametrize(
    ("layer", "shape", "channels"),
    [
        (SpatialDropout1D(0.25), (40, 6, 50), -1),
        (SpatialDropout2D(0.25), (40, 3, 2, 50), -1),
        (SpatialDropout2D(0.25, data_format="channels_first"), (40, 50, 3, 2), 1),
        (SpatialDropout3D(0.25), (40, 2, 2, 2, 50), -1),
        (SpatialDropout3D(0.25, "channels_first"), (40, 50, 2, 2, 2), 1),
    ],
)
def test_whole_channels_are_dropped(layer, shape, channels):
    y = np.moveaxis(layer(np.ones(shape, np.float32), training=True), channels, 1).reshape(40, 50, -1)
    np.testing.assert_array_equal(y, np.broadcast_to(y[:, :, :1], y.shape))
    assert set(np.unique(y)) == {np.float32(0), np.float32(1 / 0.75)}
    assert abs((y[:, :, 0] == 0).mean() - 0.25) < 0.03
    assert isinstance(layer, Dropout)


def test_noise_is_normally_distributed():
    noise = GaussianNoise(0.5)(np.zeros((400, 500), np.float32), training=True) / 0.5
    assert abs(noise.mean()) < 0.01
    assert abs(noise.var() - 1) < 0.01
    assert abs((noise**3).mean()) < 0.03
    assert abs((noise**4).mean() - 3) < 0.06
    assert abs(np.corrcoef(noise[:, :-1].ravel(), noise[:, 1:].ravel())[0, 1]) < 0.01
    factors = GaussianDropout(0.2)(np.full((400, 500), 3, np.float32), training=True) / 3
    assert abs(factors.mean() - 1) < 0.01
    assert abs(factors.std() - 0.5) < 0.01


def test_layers_with_neighbouring_seeds_share_no_draws():
    x = np.zeros((50, 80), np.float32)
    one, other = (GaussianNoise(1.0, seed=seed)(x, training=True) for seed in (1, 2))
    dropped = Dropout(0.5, seed=2)(np.ones_like(x), training=True) == 0
    assert abs(np.corrcoef(one.ravel(), other.ravel())[0, 1]) < 0.05
    assert abs(np.corrcoef(np.abs(one).ravel(), dropped.ravel())[0, 1]) < 0.05


def test_normal_numbers_of_a_layer_of_ones_own_have_a_stream_of_their_own():
    class Noisy(layers.Layer):
        def call(self, x):
            return x + planish.random.normal((planish.ops.shape(x)[0], 80), seed=1)

    x = np.zeros((50, 80), np.float32)
    first = Noisy()(x)
    assert abs(first.std() - 1) < 0.05
    expected = GaussianNoise(1.0, seed=1)(x, training=True)
    np.testing.assert_array_equal(first, expected)


def test_alpha_dropout_keeps_mean_and_variance():
    x = images(300, 400)
    y = AlphaDropout(0.4)(x, training=True)
    assert abs(y.mean()) < 0.02
    assert abs(y.var() - 1) < 0.02
    scale = (0.6 * (1 + 0.4 * LOWEST**2)) ** -0.5
    lowest = np.float32(scale * LOWEST - scale * LOWEST * 0.4)
    dropped = np.isclose(y, lowest, rtol=1e-6)
    assert abs(dropped.mean() - 0.4) < 0.01
    np.testing.assert_allclose(y[~dropped], (scale * x - scale * LOWEST * 0.4)[~dropped], rtol=1e-4, atol=1e-5)


def test_configurations_are_those_of_keras():
    config = SpatialDropout2D(0.3).get_config()
    assert config == {
        "rate": 0.3, "seed": None, "name": "spatial_dropout2d", "dtype": "float32", "data_format": "channels_last"
    }  # fmt: skip
    assert list(SpatialDropout1D(0.3, 4).get_config()) == ["rate", "seed", "name", "dtype"]
    config = ActivityRegularization(0.1, 2.0).get_config()
    assert (config["l1"], config["l2"]) == (0.1, 2.0)
    assert "activity_regularizer" not in config
    assert AlphaDropout(0.3, (None, 1)).get_config()["noise_shape"] == (None, 1)


def test_activity_regularization_adds_its_penalty_to_the_loss():
    model = Sequential(
        [Input((3,)), Dense(2, kernel_initializer="ones", use_bias=False), ActivityRegularization(0.1, 0.01)]
    )
    model.compile(planish.optimizers.SGD(0.1), "mse")
    x, y = np.ones((4, 3), np.float32), np.full((4, 2), 3, np.float32)
    np.testing.assert_allclose(model.evaluate(x, y, verbose=0), 2 * (0.1 * 3 + 0.01 * 9), rtol=1e-5)
    model.train_on_batch(x, y)
    np.testing.assert_allclose(model.get_weights()[0], 1 - 0.1 * (0.1 + 0.01 * 2 * 3), rtol=1e-5)
    check_layer(ActivityRegularization(0.1, 0.01), 3, 4, 5)


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda: SpatialDropout2D(1.5), "rate"),
        (lambda: SpatialDropout2D(0.5, "channels"), "data_format"),
        (lambda: GaussianNoise(2.0), "stddev"),
        (lambda: GaussianNoise(-0.1), "stddev"),
        (lambda: GaussianDropout(1.0), "rate"),
        (lambda: AlphaDropout(1.0), "rate"),
        (lambda: AlphaDropout(0.5, noise_shape=(3, 1)), "noise_shape"),
        (lambda: AlphaDropout(0.5, noise_shape="all"), "noise_shape"),
        (lambda: GaussianNoise(0.5, seed=2**31), "seed"),
        (lambda: ActivityRegularization(l1=-1), "l1"),
    ],
)
def test_wrong_arguments(make, name):
    with pytest.raises(ValueError, match=name):
        make()


def test_another_rank():
    assert error_of(lambda: SpatialDropout1D(0.5)(images(2, 4, 4, 3)))[:3] == [
        "SpatialDropout1D 'spatial_dropout1d': the input has the wrong rank",
        "  expected:    rank 3: (batch, steps, channels)",
        "  received:    rank 4",
    ]
    with pytest.raises(ValueError, match=r"rank 5: \(batch, channels, depth, height, width\)"):
        SpatialDropout3D(0.5, "channels_first")(images(2, 4, 4, 3))


def test_uniform_and_normal_draws_depend_on_their_streams():
    seed = primitives.scalar("seed", "i32")
    assert primitives.random_normal(seed, (3,), (0, 1)).shape == (3,)
