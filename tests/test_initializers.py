"""Distribution, seeds and configuration of every initializer."""

import json

import numpy as np
import pytest

from planish import initializers
from planish.initializers.scaling import fans
from planish.random_seed import next_seed, set_seed

RANDOM = {
    "random_normal": (0.0, 0.05),
    "truncated_normal": (0.0, 0.05 * 0.8796),
    "random_uniform": (0.0, 0.1 / np.sqrt(12)),
    "glorot_uniform": (0.0, np.sqrt(2 / (300 + 200))),
    "glorot_normal": (0.0, np.sqrt(2 / (300 + 200))),
    "he_uniform": (0.0, np.sqrt(2 / 300)),
    "he_normal": (0.0, np.sqrt(2 / 300)),
    "lecun_uniform": (0.0, np.sqrt(1 / 300)),
    "lecun_normal": (0.0, np.sqrt(1 / 300)),
    "variance_scaling": (0.0, np.sqrt(1 / 300)),
}


@pytest.mark.parametrize("name", RANDOM)
def test_mean_and_deviation(name):
    mean, deviation = RANDOM[name]
    values = initializers.get(name)((300, 200))
    assert (values.dtype, values.shape) == (np.float32, (300, 200))
    assert abs(values.mean() - mean) < 0.02 * deviation
    assert abs(values.std() - deviation) < 0.02 * deviation


def test_limits():
    assert np.abs(initializers.TruncatedNormal(stddev=1.0, seed=1)((1000,))).max() <= 2
    uniform = initializers.RandomUniform(2, 3, seed=1)((1000,))
    assert 2 <= uniform.min() < uniform.max() <= 3
    assert np.abs(initializers.GlorotUniform(seed=1)((30, 70))).max() <= np.sqrt(6 / 100)


@pytest.mark.parametrize(
    "settings",
    [
        {"scale": 2.0, "mode": "fan_out", "distribution": "uniform"},
        {"mode": "fan_avg", "distribution": "untruncated_normal"},
    ],
)
def test_variance_scaling(settings):
    values = initializers.VarianceScaling(seed=5, **settings)((3, 3, 20, 40))
    n = {"fan_out": 360, "fan_avg": 270}[settings["mode"]]
    assert abs(values.var() * n / settings.get("scale", 1.0) - 1) < 0.05


def test_fans():
    assert fans((3, 5, 7, 11)) == (105, 165)
    assert fans((4, 6)) == (4, 6)
    assert fans((4,)) == (4, 4)
    assert fans(()) == (1, 1)


@pytest.mark.parametrize("shape", [(10, 4), (4, 10), (3, 3, 2, 5)])
def test_orthogonal(shape):
    matrix = initializers.Orthogonal(gain=2.0, seed=3)(shape).reshape(-1, shape[-1]).astype(np.float64) / 2
    product = matrix.T @ matrix if matrix.shape[0] >= matrix.shape[1] else matrix @ matrix.T
    np.testing.assert_allclose(product, np.eye(len(product)), atol=1e-6)


def test_values_that_are_not_drawn():
    assert not initializers.get("zeros")((2, 3)).any()
    assert (initializers.get("ones")((2, 3)) == 1).all()
    assert (initializers.Constant(2.5)((2, 3)) == 2.5).all()
    np.testing.assert_array_equal(initializers.Constant(np.arange(3))((2, 3)), [[0, 1, 2], [0, 1, 2]])
    np.testing.assert_array_equal(initializers.Identity(3)((2, 3)), [[3, 0, 0], [0, 3, 0]])
    with pytest.raises(ValueError, match="Identity makes matrices only"):
        initializers.Identity()((2, 3, 4))
    with pytest.raises(ValueError, match="Orthogonal makes matrices"):
        initializers.Orthogonal()((2,))


def test_seeds():
    one, other = initializers.HeNormal(seed=7), initializers.HeNormal(seed=7)
    np.testing.assert_array_equal(one((4, 5)), other((4, 5)))
    np.testing.assert_array_equal(one((4, 5)), one((4, 5)))
    assert (initializers.HeNormal(seed=8)((4, 5)) != one((4, 5))).any()
    assert (initializers.HeNormal()((4, 5)) != initializers.HeNormal()((4, 5))).any()


def test_the_global_seed():
    drawn = []
    for _ in range(2):
        set_seed(11)
        drawn.append([initializers.GlorotUniform()((4, 5)).tolist(), next_seed()])
    assert drawn[0] == drawn[1]
    seeds = [next_seed() for _ in range(1000)]
    assert len(set(seeds)) > 990
    assert 1 <= min(seeds) <= max(seeds) <= 1_000_000_000


@pytest.mark.parametrize(
    "initializer",
    [
        initializers.Zeros(),
        initializers.Constant(0.3),
        initializers.Constant(np.array([1.0, 2.0])),
        initializers.Identity(2.0),
        initializers.RandomNormal(1.0, 2.0, seed=3),
        initializers.TruncatedNormal(seed=3),
        initializers.RandomUniform(0, 1, seed=3),
        initializers.Orthogonal(0.5, seed=3),
        initializers.VarianceScaling(2.0, "fan_avg", "uniform", seed=3),
        initializers.LecunUniform(seed=3),
    ],
    ids=lambda initializer: type(initializer).__name__,
)
def test_configuration(initializer):
    config = json.loads(json.dumps(initializers.serialize(initializer)))
    assert (config["module"], config["class_name"]) == ("keras.initializers", type(initializer).__name__)
    made = initializers.deserialize(config)
    assert type(made) is type(initializer)
    np.testing.assert_array_equal(made((2, 2)), initializer((2, 2)))


def test_keras_writes_axes():
    config = {"seed": None, "input_axes": None, "output_axes": None}
    assert isinstance(initializers.GlorotUniform.from_config(config), initializers.GlorotUniform)
    with pytest.raises(ValueError, match="'input_axes' and 'output_axes' are not supported"):
        initializers.GlorotUniform(input_axes=(0,))


def test_ways_to_name_one():
    assert isinstance(initializers.get("HeNormal"), initializers.HeNormal)
    assert isinstance(initializers.get(initializers.HeNormal), initializers.HeNormal)
    assert isinstance(initializers.get("uniform"), initializers.RandomUniform)
    assert initializers.get(np.zeros) is np.zeros
    assert (initializers.get(np.arange(3))((3,)) == [0, 1, 2]).all()
    with pytest.raises(ValueError, match=r"unknown initializer 'he_norm'(\n.*)*did you mean 'he_normal'"):
        initializers.get("he_norm")
    with pytest.raises(TypeError, match="an initializer was expected"):
        initializers.get(3)


def test_wrong_arguments():
    with pytest.raises(TypeError, match="initializer HeNormal: argument 'seed'"):
        initializers.HeNormal(seed="1")
    with pytest.raises(ValueError, match=r"unknown mode of VarianceScaling 'fan_inn'(\n.*)*did you mean 'fan_in'"):
        initializers.VarianceScaling(mode="fan_inn")
    with pytest.raises(ValueError, match="unknown distribution of VarianceScaling"):
        initializers.VarianceScaling(distribution="cauchy")
    with pytest.raises(ValueError, match="argument 'scale'"):
        initializers.VarianceScaling(scale=0)
    with pytest.raises(ValueError, match="initializer Zeros: this dtype is not supported"):
        initializers.Zeros()((2,), dtype="float16")
