"""Learning rates of schedules, recorded from Keras 3 (3.15.1) on its JAX backend."""

import numpy as np
import pytest

from planish.layers import Dense, Input
from planish.models import Sequential
from planish.optimizers import SGD, schedules

STEPS = [0, 1, 5, 6, 7, 10, 13, 20, 21, 26, 40]
RATES = [
    (
        schedules.ExponentialDecay(0.1, 10, 0.5),
        [0.1, 0.0933033, 0.07071068, 0.06597539, 0.06155722, 0.05, 0.04061262, 0.025, 0.02332583, 0.01649385, 0.00625],
    ),
    (
        schedules.ExponentialDecay(0.1, 10, 0.5, staircase=True),
        [0.1, 0.1, 0.1, 0.1, 0.1, 0.05, 0.05, 0.025, 0.025, 0.025, 0.00625],
    ),
    (
        schedules.InverseTimeDecay(0.1, 10, 0.5),
        [
            0.1,
            0.0952381,
            0.08,
            0.07692308,
            0.07407407,
            0.06666667,
            0.06060606,
            0.05,
            0.04878049,
            0.04347826,
            0.03333334,
        ],
    ),
    (
        schedules.InverseTimeDecay(0.1, 10, 0.5, staircase=True),
        [0.1, 0.1, 0.1, 0.1, 0.1, 0.06666667, 0.06666667, 0.05, 0.05, 0.05, 0.03333334],
    ),
    (
        schedules.PiecewiseConstantDecay([5, 20], [0.1, 0.05, 0.01]),
        [0.1, 0.1, 0.1, 0.05, 0.05, 0.05, 0.05, 0.05, 0.01, 0.01, 0.01],
    ),
    (
        schedules.PolynomialDecay(0.1, 20, 0.01),
        [0.1, 0.0955, 0.0775, 0.073, 0.0685, 0.055, 0.0415, 0.01, 0.01, 0.01, 0.01],
    ),
    (
        schedules.PolynomialDecay(0.1, 10, 0.01, power=2.0, cycle=True),
        [0.1, 0.0829, 0.0325, 0.0244, 0.0181, 0.01, 0.021025, 0.01, 0.0181, 0.0116, 0.01],
    ),
    (
        schedules.PolynomialDecay(0.1, 10, 0.01, power=0.5),
        [0.1, 0.0953815, 0.07363961, 0.066921, 0.05929504, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01],
    ),
    (
        schedules.CosineDecay(0.1, 20),
        [0.1, 0.09938442, 0.08535534, 0.07938927, 0.07269952, 0.05, 0.02730048, 0.0, 0.0, 0.0, 0.0],
    ),
    (
        schedules.CosineDecay(0.1, 20, alpha=0.1),
        [0.1, 0.09944598, 0.08681981, 0.08145034, 0.07542957, 0.055, 0.03457043, 0.01, 0.01, 0.01, 0.01],
    ),
    (
        schedules.CosineDecay(0.01, 20, warmup_target=0.1, warmup_steps=6),
        [0.01, 0.025, 0.085, 0.1, 0.09938442, 0.09045085, 0.07269952, 0.02061074, 0.01464466, 0.0, 0.0],
    ),
    (
        schedules.CosineDecay(0.0, 15, alpha=0.2, warmup_target=0.1, warmup_steps=5),
        [0.0, 0.02, 0.1, 0.09912591, 0.09654181, 0.08000001, 0.05581886, 0.02, 0.02, 0.02, 0.02],
    ),
    (
        schedules.CosineDecayRestarts(0.1, 7),
        [
            0.1,
            0.09504844,
            0.0188255,
            0.004951555,
            0.1,
            0.08909158,
            0.06112605,
            0.001253602,
            0.1,
            0.09233622,
            0.02339839,
        ],
    ),
    (
        schedules.CosineDecayRestarts(0.1, 7, t_mul=1.0, m_mul=0.8),
        [
            0.1,
            0.09504844,
            0.0188255,
            0.004951555,
            0.08000001,
            0.04890083,
            0.003961246,
            0.003168991,
            0.0512,
            0.009638668,
            0.006168738,
        ],
    ),
    (
        schedules.CosineDecayRestarts(0.1, 6, t_mul=1.5, m_mul=0.9, alpha=0.1),
        [
            0.1,
            0.09397115,
            0.01602886,
            0.091,
            0.08855756,
            0.05753275,
            0.01947519,
            0.06088711,
            0.05277947,
            0.01599647,
            0.03586005,
        ],
    ),
]


def _told(value):
    return value.name if isinstance(value, schedules.LearningRateSchedule) else None


@pytest.mark.parametrize(("schedule", "expected"), RATES, ids=_told)
def test_rates(schedule, expected):
    assert [schedule(step) for step in STEPS] == pytest.approx(expected, rel=2e-6, abs=1e-7)


@pytest.mark.parametrize("schedule", [row[0] for row in RATES], ids=_told)
def test_configurations_make_the_same_schedule(schedule):
    again = type(schedule).from_config(schedule.get_config())
    assert [again(step) for step in STEPS] == [schedule(step) for step in STEPS]


def test_an_optimizer_follows_its_schedule():
    optimizer = SGD(schedules.PiecewiseConstantDecay([2], [0.5, 0.25]))
    assert [optimizer.scalars(step)["learning_rate"] for step in (0, 2, 3)] == [0.5, 0.5, 0.25]


def test_a_rate_that_follows_a_schedule_cannot_be_set():
    optimizer = SGD(schedules.ExponentialDecay(0.1, 10, 0.5))
    with pytest.raises(TypeError, match="follows a schedule"):
        optimizer.learning_rate = 0.1


def test_piecewise_wants_one_value_more_than_boundaries():
    with pytest.raises(ValueError, match="one item more than `boundaries`") as caught:
        schedules.PiecewiseConstantDecay([1, 2], [0.1, 0.2])
    assert "3 values" in str(caught.value)


def test_decay_steps_are_above_zero():
    with pytest.raises(ValueError, match="`decay_steps` is not a number of steps"):
        schedules.CosineDecay(0.1, 0)


def test_a_function_gives_the_rate_of_every_step():
    rates = []

    def rate():
        rates.append(0.5 ** len(rates))
        return rates[-1]

    optimizer = SGD(rate)
    model = Sequential([Input((1,)), Dense(1, use_bias=False, kernel_initializer="zeros")])
    model.compile(optimizer, lambda y, p: p)
    rates.clear()
    for step in range(3):
        model.train_on_batch(np.ones((2, 1)), np.zeros((2, 1)))
        assert model.get_weights()[0] == pytest.approx(-sum(rates[-step - 1 :]))
    assert float(optimizer.learning_rate) == rates[-1]
    with pytest.raises(TypeError, match="the learning rate follows a schedule"):
        optimizer.learning_rate = 0.1
    optimizer.learning_rate = lambda: 0.25
    assert float(optimizer.learning_rate) == 0.25


def test_functions_that_do_not_give_rates():
    with pytest.raises(TypeError, match=r"expected: a function of \(\)\n  received: <lambda>\(step\)"):
        SGD(lambda step: 0.1)
    with pytest.raises(TypeError, match="SGD: `learning_rate` is not a number"):
        float(SGD(lambda: "fast").learning_rate)
    with pytest.raises(ValueError, match="`learning_rate` is not finite"):
        float(SGD(lambda: float("inf")).learning_rate)
