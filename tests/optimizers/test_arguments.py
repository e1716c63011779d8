"""Arguments of optimizers and schedules, their configurations, and the text of refusals."""

import re

import numpy as np
import pytest

from planish import optimizers
from planish.optimizers import SGD, Adagrad, Adam, AdamW, Nadam, RMSprop, schedules


def test_the_learning_rate_can_be_set():
    optimizer = Adam()
    optimizer.learning_rate = np.float32(0.5)
    assert (optimizer.learning_rate, optimizer.scalars(0)["learning_rate"]) == (0.5, 0.5)
    optimizer.learning_rate = schedules.PiecewiseConstantDecay([3], [0.2, 0.1])
    assert optimizer.follows_schedule
    optimizer.iterations = 4
    assert optimizer.learning_rate == 0.1


def test_configuration_is_that_of_keras():
    assert RMSprop(0.5, clipvalue=1.0).get_config() == {
        "name": "rm_sprop",
        "learning_rate": 0.5,
        "weight_decay": None,
        "clipnorm": None,
        "global_clipnorm": None,
        "clipvalue": 1.0,
        "use_ema": False,
        "ema_momentum": 0.99,
        "ema_overwrite_frequency": None,
        "loss_scale_factor": None,
        "gradient_accumulation_steps": None,
        "rho": 0.9,
        "momentum": 0.0,
        "epsilon": 1e-07,
        "centered": False,
    }
    assert Adam().get_config()["learning_rate"] == 0.0010000000474974513  # the float32 that Keras holds


def test_schedules_are_part_of_the_configuration():
    optimizer = optimizers.deserialize(optimizers.serialize(SGD(schedules.CosineDecay(0.1, 20, alpha=0.5))))
    assert [optimizer.scalars(step)["learning_rate"] for step in (0, 20)] == [0.1, 0.05]


@pytest.mark.parametrize("name", ["adam", "ADAM", "Adam"])
def test_get(name):
    assert type(optimizers.get(name)) is Adam
    assert type(optimizers.get({"class_name": name, "config": {}})) is Adam


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: SGD(lr=0.1), "SGD: there is no `lr`\n  received: 0.1\n  remedy:   learning_rate=..."),
        (lambda: Adam(beta1=0.1), "unknown argument of Adam 'beta1'"),
        (lambda: Adam(beta1=0.1), "did you mean 'beta_1'"),
        (
            lambda: Adam(loss_scale_factor=0),
            "Adam: `loss_scale_factor` is out of range\n  expected: a number above 0\n  received: 0",
        ),
        (
            lambda: Adam(gradient_accumulation_steps=1),
            "Adam: `gradient_accumulation_steps` is not a number of batches\n  expected: None, or 2 or more\n"
            "  received: 1",
        ),
        (lambda: optimizers.Ftrl(learning_rate_power=0.5), "Ftrl: `learning_rate_power` is out of range"),
        (lambda: optimizers.Ftrl(beta=None), "Ftrl: `beta` is not a number"),
        (lambda: optimizers.Lion(beta_1=0.0), "Lion: `beta_1` is 0, so that averages would have no effect"),
        (lambda: optimizers.Adafactor(clip_threshold=0), "Adafactor: `clip_threshold` is out of range"),
        (lambda: optimizers.Muon(ns_steps=2.5), "Muon: `ns_steps` is not a number of iterations"),
        (lambda: optimizers.Muon(exclude_layers=["("]), "Muon: `exclude_layers` is not a list of names or patterns"),
        (lambda: optimizers.Muon(exclude_layers="d"), "received: 'd'\n  remedy:   exclude_layers=['scores']"),
        (lambda: optimizers.ScheduleFreeAdamW(beta_1=0), "ScheduleFreeAdamW: `beta_1` is 0"),
        (
            lambda: optimizers.LossScaleOptimizer(Adam(), clipnorm=1.0),
            "LossScaleOptimizer: `clipnorm` is an argument of the inner optimizer\n  received: 1.0\n"
            "  remedy:   LossScaleOptimizer(Adam(clipnorm=...))",
        ),
        (lambda: optimizers.LossScaleOptimizer(Adam(), dynamic=False), "the scale of the loss is always dynamic"),
        (
            lambda: SGD(clipnorm=1.0, global_clipnorm=0.5),
            "SGD: gradients can be clipped in one way only\n  expected: one of clipnorm, clipvalue, global_clipnorm",
        ),
        (lambda: SGD(clipvalue=-1), "SGD: `clipvalue` is not a bound\n  expected: a number above 0\n  received: -1"),
        (lambda: SGD(momentum=1.5), "SGD: `momentum` is not a share\n  expected: 0 to 1\n  received: 1.5"),
        (lambda: Adam(use_ema=True, ema_momentum=2), "Adam: `ema_momentum` is not a share"),
        (
            lambda: Adam(use_ema=True, ema_overwrite_frequency=0),
            "Adam: `ema_overwrite_frequency` is not a number of steps\n  expected: None, or 1 or more\n  received: 0",
        ),
        (lambda: AdamW(weight_decay=None), "AdamW: `weight_decay` is missing"),
        (
            lambda: Adam(float("inf")),
            "Adam: `learning_rate` is not finite\n  expected: a finite number\n  received: inf",
        ),
        (lambda: optimizers.get("leon"), "unknown optimizer 'leon'\n  expected: one of 'Adadelta', 'Adafactor',"),
        (lambda: Adam(beta_1=1.0), "Adam: `beta_1` is not a share\n  expected: 0 to 1, and less than 1"),
        (lambda: Adam(epsilon=None), "Adam: `epsilon` is not a number\n  expected: a finite number\n  received: None"),
        (lambda: SGD(1e39), "SGD: `learning_rate` is not finite\n  expected: a finite number\n  received: 1e+39"),
        (lambda: SGD(10**400), "SGD: `learning_rate` is not finite"),
        (lambda: SGD(name="a/b"), "SGD: `name` is wrong\n  expected: a string without '/'\n  received: 'a/b'"),
    ],
)
def test_mistakes(make, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        make()


def test_no_optimizer():
    with pytest.raises(TypeError, match="this is not an optimizer\n  expected: a name such as 'adam'"):
        optimizers.get(0.1)


def test_what_cannot_be_wrapped():
    for wrong in ("adam", None, optimizers.LossScaleOptimizer(Adam())):
        with pytest.raises(TypeError, match="`inner_optimizer` is not an optimizer that can be wrapped"):
            optimizers.LossScaleOptimizer(wrong)


def test_a_wrapped_optimizer_is_what_it_wraps():
    inner = Adam(0.25)
    wrapped = optimizers.LossScaleOptimizer(inner, weight_decay=None, dynamic=True)  # as old files have it
    wrapped.learning_rate = 0.5
    wrapped.iterations = 3
    assert (float(inner.learning_rate), int(inner.iterations)) == (0.5, 3)
    assert wrapped.scalars(3) == inner.scalars(3)
    assert wrapped.variables == [*wrapped.numbers(built=False)[:2], *inner.variables]


def test_several_batches_make_a_step():
    optimizer = Adam(gradient_accumulation_steps=3)
    optimizer.batches_done.assign(7)
    assert int(optimizer.iterations) == 2
    optimizer.iterations = 4
    assert int(optimizer.batches_done) == 12
    assert [optimizer.scalars(step)["updates"] for step in range(4)] == [0.0, 0.0, 1.0, 0.0]
    assert Adam(gradient_accumulation_steps=0).get_config()["gradient_accumulation_steps"] is None


def test_a_rate_of_another_kind():
    with pytest.raises(TypeError, match="Adam: `learning_rate` is not a number\n  expected: a float, a schedule, or"):
        Adam("fast")


@pytest.mark.parametrize("make", [SGD, Adam, AdamW, RMSprop, Adagrad, Nadam])
def test_decay_is_ignored_with_a_warning(make):
    with pytest.warns(
        UserWarning, match=rf"^{make.__name__}: `decay` is ignored, as in Keras 3\n(.*)decay_rate=0.1\)$"
    ):
        optimizer = make(0.5, decay=0.1)
    assert float(optimizer.learning_rate) == 0.5
    assert "decay" not in optimizer.get_config()


def test_the_remedy_for_decay_begins_at_the_learning_rate_that_the_optimizer_has():
    for optimizer, rate in ((SGD, "0.01"), (Adam, "0.001")):
        with pytest.warns(UserWarning, match=rf"InverseTimeDecay\({rate}, decay_steps=1, decay_rate=0.1\)$"):
            optimizer(decay=0.1)


def test_old_configurations_hold_a_decay_of_zero():
    assert SGD.from_config({"learning_rate": 0.5, "decay": 0.0}).learning_rate == 0.5


def test_restarts_begin_on_the_step():
    """The logarithms' quotient for 121 first periods of threefold restarts is just below 5."""
    schedule = schedules.CosineDecayRestarts(0.1, 1, t_mul=3.0)
    assert [round(schedule(step), 9) for step in (0, 1, 4, 13, 40, 121)] == [0.1] * 6


def test_schedules_are_written_as_keras_writes_them():
    schedule = schedules.CosineDecayRestarts(0.1, 10)
    config = schedules.serialize(schedule)
    assert config == {
        "module": "keras.optimizers.schedules",
        "class_name": "CosineDecayRestarts",
        "config": {
            "initial_learning_rate": 0.1,
            "first_decay_steps": 10,
            "t_mul": 2.0,
            "m_mul": 1.0,
            "alpha": 0.0,
            "name": "SGDRDecay",
        },
        "registered_name": None,
    }
    assert type(schedules.deserialize(config)) is schedules.CosineDecayRestarts


WRONG_VALUES = [None, "much", [1.0], {}, 10**400, float("nan"), True]
CLASSES = [
    *(SGD, Adam, AdamW, RMSprop, optimizers.Adagrad, optimizers.Nadam, optimizers.Adadelta, optimizers.Adamax),
    *(optimizers.Adafactor, optimizers.Ftrl, optimizers.Lion, optimizers.Lamb, optimizers.Muon),
    optimizers.ScheduleFreeAdamW,
]
SCHEDULES = [
    schedules.ExponentialDecay(0.1, 10, 0.5),
    schedules.InverseTimeDecay(0.1, 10, 0.5),
    schedules.PiecewiseConstantDecay([1], [0.1, 0.2]),
    schedules.PolynomialDecay(0.1, 10),
    schedules.CosineDecay(0.1, 10, warmup_target=0.2, warmup_steps=3),
    schedules.CosineDecayRestarts(0.1, 10),
]


def changed_configurations(config):
    for name in config:
        for value in WRONG_VALUES:
            yield {**config, name: value}
    yield from ({**config, "unheard": 1}, {**config, 3: 1}, None, [config], "adam", 5)


def outcome(make, config):
    """The scalars of a fourth step, or the text of the error."""
    try:
        return [*make(config).scalars(3).values()], ""
    except (ValueError, TypeError) as error:
        return [], str(error)


def assert_taken_or_explained(make, configuration):
    outcomes = [outcome(make, config) for config in changed_configurations(configuration)]
    assert all(np.isfinite(scalars).all() for scalars, _ in outcomes)
    texts = [text for _, text in outcomes if text]
    assert len(texts) > 3 * len(configuration)
    assert [text for text in texts if "\n  expected: " not in text and "\n  received: " not in text] == []


@pytest.mark.parametrize("class_", CLASSES)
def test_configurations_of_the_wrong_types_are_taken_or_explained(class_):
    assert_taken_or_explained(class_.from_config, class_().get_config())


@pytest.mark.parametrize("schedule", SCHEDULES, ids=lambda schedule: type(schedule).__name__)
def test_schedules_of_the_wrong_types_are_taken_or_explained(schedule):
    assert_taken_or_explained(lambda config: SGD(type(schedule).from_config(config)), schedule.get_config())


@pytest.mark.parametrize(
    "schedule", [schedules.ExponentialDecay(0.1, 10, -0.5), schedules.PolynomialDecay(0.1, 3, 0, -1)]
)
def test_a_schedule_that_gives_no_number_is_named_with_the_step(schedule):
    with pytest.raises(ValueError, match=r"Decay does not give a learning rate at step 3\n  expected: a number"):
        SGD(schedule).scalars(3)
