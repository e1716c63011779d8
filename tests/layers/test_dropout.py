import numpy as np
import pytest

from planish.layers import Dropout
from planish.random_seed import set_seed

from .support import again, images


def test_nothing_happens_at_inference():
    x = images(4, 5)
    np.testing.assert_array_equal(Dropout(0.5)(x), x)


def test_values_are_dropped_or_scaled_in_training():
    x = np.ones((200, 300), np.float32)
    y = Dropout(0.25)(x, training=True)
    assert set(np.unique(y)) == {np.float32(0), np.float32(1 / 0.75)}
    assert abs((y == 0).mean() - 0.25) < 0.01


@pytest.mark.parametrize(("rate", "factor"), [(0, 1.0), (1, 0.0)])
def test_nothing_and_everything(rate, factor):
    x = images(4, 5)
    np.testing.assert_array_equal(Dropout(rate)(x, training=True), x * factor)


def test_the_global_seed_repeats():
    x = np.ones((8, 50), np.float32)
    layer = Dropout(0.5)
    results = []
    for _ in range(2):
        set_seed(3)
        results.append(layer(x, training=True))
    np.testing.assert_array_equal(*results)
    assert (layer(x, training=True) != results[0]).any()


def test_a_layer_with_a_seed_repeats_by_itself():
    x = np.ones((8, 50), np.float32)
    first, second = Dropout(0.5, seed=5), Dropout(0.5, seed=5)
    runs = [[layer(x, training=True) for _ in range(3)] for layer in (first, second)]
    np.testing.assert_array_equal(*runs)
    assert (runs[0][0] != runs[0][1]).any()
    assert (Dropout(0.5, seed=6)(x, training=True) != runs[0][0]).any()


def test_axes_with_noise_shape_one_share_a_draw():
    x = np.ones((6, 5, 5, 40), np.float32)
    y = Dropout(0.5, noise_shape=(None, 1, 1, 40))(x, training=True)
    np.testing.assert_array_equal(y, np.broadcast_to(y[:, :1, :1], y.shape))
    assert len(np.unique(y)) == 2


def test_config():
    layer = Dropout(0.3, noise_shape=(None, 1, None), seed=4)
    config = layer.get_config()
    assert (config["rate"], config["seed"], config["noise_shape"]) == (0.3, 4, (None, 1, None))
    assert again(layer).get_config() == config


@pytest.mark.parametrize("rate", [-0.1, 1.1, "half", None, float("nan")])
def test_wrong_rates(rate):
    with pytest.raises(ValueError, match="Dropout 'dropout': argument 'rate' is wrong"):
        Dropout(rate)


@pytest.mark.parametrize("seed", [-1, 2**31, "a"])
def test_wrong_seeds(seed):
    with pytest.raises(ValueError, match="Dropout 'dropout': argument 'seed' is wrong"):
        Dropout(0.5, seed=seed)


def test_wrong_noise_shapes():
    with pytest.raises(ValueError, match=r"argument 'noise_shape' is wrong\n  expected: None first"):
        Dropout(0.5, noise_shape=(32, 1))
    with pytest.raises(ValueError, match="Dropout 'dropout_1': noise_shape does not fit the input"):
        Dropout(0.5, noise_shape=(None, 3)).build((None, 4))
