"""Random numbers have the distributions that they are named after, and are repeatable."""

import numpy as np
import pytest

import planish
from planish import ops, random
from planish.layers import Layer

MANY = (20_000,)


@pytest.mark.parametrize(
    ("draw", "mean", "deviation"),
    [
        (lambda seed: random.uniform(MANY, -1.0, 3.0, seed=seed), 1.0, 4 / 12**0.5),
        (lambda seed: random.normal(MANY, 2.0, 0.5, seed=seed), 2.0, 0.5),
        (lambda seed: random.truncated_normal(MANY, 1.0, 2.0, seed=seed), 1.0, 2 * 0.8796),
        (lambda seed: random.randint(MANY, 0, 5, seed=seed), 2.0, 2**0.5),
        (lambda seed: random.gamma(MANY, 4.0, seed=seed), 4.0, 2.0),
        (lambda seed: random.beta(MANY, 2.0, 2.0, seed=seed), 0.5, 0.05**0.5),
        (lambda seed: random.binomial(MANY, 10, 0.3, seed=seed), 3.0, 2.1**0.5),
        (lambda seed: random.dropout(np.ones(MANY, np.float32), 0.25, seed=seed), 1.0, (1 / 3) ** 0.5),
    ],
)
def test_distributions(draw, mean, deviation):
    values = draw(5)
    assert abs(values.mean() - mean) < 5 * deviation / len(values) ** 0.5
    assert abs(values.std() / deviation - 1) < 0.05
    np.testing.assert_array_equal(values, draw(5))
    assert (draw(6) != values).any()
    assert (draw(None) != draw(None)).any()
    planish.utils.set_random_seed(3)
    first = draw(None)
    planish.utils.set_random_seed(3)
    np.testing.assert_array_equal(draw(None), first)


def test_a_seed_generator_gives_other_numbers_each_time_and_the_same_again():
    first, second = random.SeedGenerator(4), random.SeedGenerator.from_config(random.SeedGenerator(4).get_config())
    draws = [random.normal((3,), seed=first) for _ in range(2)]
    assert (draws[0] != draws[1]).all()
    np.testing.assert_array_equal(random.normal((3,), seed=second), draws[0])


def test_classes_are_drawn_as_often_as_their_softmax_says():
    drawn = random.categorical(np.log([[0.2, 0.8], [0.5, 0.5]]), 10_000, seed=1)
    np.testing.assert_allclose(drawn.mean(1), [0.8, 0.5], atol=0.03)
    assert drawn.dtype == np.int32


def test_shuffling_keeps_rows_whole():
    x = np.arange(12).reshape(6, 2)
    shuffled = random.shuffle(x, seed=2)
    assert (shuffled != x).any()
    np.testing.assert_array_equal(sorted(shuffled.tolist()), x)


@pytest.mark.parametrize("seed", [-1, "a", 1.5, True])
def test_what_is_not_a_seed(seed):
    with pytest.raises(ValueError, match="a seed was expected"):
        random.uniform((2,), seed=seed)


class Noise(Layer):
    """Normal noise, in inference as well."""

    def call(self, inputs):
        return random.dropout(inputs + random.normal(ops.shape(inputs)), 0.5)


def test_a_layer_draws_other_numbers_for_every_image_and_step():
    model = planish.Sequential([planish.Input((400,)), Noise(), planish.layers.Dense(1)])
    model.compile(planish.optimizers.SGD(0.0), "mse")
    x = np.zeros((4, 400), np.float32)
    losses = {model.train_on_batch(x, np.zeros((4, 1))) for _ in range(3)}
    assert len(losses) == 3
