"""Constraints on weights: part of the compiled step, and applied last. Values are those of Keras on TensorFlow."""

import json

import numpy as np
import pytest

import planish as keras
from planish import constraints, primitives
from planish.constraints import MaxNorm, MinMaxNorm, NonNeg, UnitNorm
from planish.layers import BatchNormalization, Conv2D, Dense, Input
from tests.of_ones_own.record_constraints import NAMES, PATH, run

RECORDED = json.loads(PATH.read_text())
W = np.array([[3.0, 0.1], [4.0, -0.2]])


@pytest.mark.parametrize("eager", [False, True], ids=["compiled", "interpreted"])
@pytest.mark.parametrize("name", NAMES, ids="/".join)
def test_three_steps_leave_the_weights_that_keras_has(name, eager):
    for ours, theirs in zip(run(keras, *name, run_eagerly=eager), RECORDED["/".join(name)], strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=2e-5, atol=2e-6)


def test_a_step_has_the_same_bits_on_any_number_of_threads():
    found = []
    for threads in (1, 2, 3):
        keras.set_num_threads(threads)
        found.append(run(keras, *NAMES[0]))
    keras.set_num_threads(None)
    assert found[0] == found[1] == found[2]


@pytest.mark.parametrize(
    ("constraint", "expected"),
    [
        (MaxNorm(1.0), [[0.6, 0.1], [0.8, -0.2]]),
        (MaxNorm(1.0, axis=-1), [[0.9994449, 0.0333148], [0.9987523, -0.0499376]]),
        (UnitNorm(), [[0.6, 0.4472136], [0.8, -0.8944272]]),
        (MinMaxNorm(1.0, 2.0, rate=0.5), [[2.1, 0.2736068], [2.8, -0.5472136]]),
        (NonNeg(), [[3.0, 0.1], [4.0, 0.0]]),
        (constraints.Constraint(), W),
    ],
)
def test_values_of_arrays(constraint, expected):
    np.testing.assert_allclose(constraint(W), expected, rtol=1e-5)


@pytest.mark.parametrize(
    ("name", "class_"),
    [("max_norm", MaxNorm), ("MaxNorm", MaxNorm), ("maxnorm", MaxNorm), ("non_neg", NonNeg), ("unit_norm", UnitNorm)],
)
def test_names(name, class_):
    assert type(constraints.get(name)) is class_
    assert getattr(constraints, name) is class_


def test_ways_to_name_one():
    assert constraints.get(None) is None
    assert constraints.get(NonNeg).get_config() == {}
    assert constraints.get({"class_name": "MaxNorm", "config": {"max_value": 3, "axis": 1}}).axis == 1
    assert constraints.deserialize("min_max_norm").rate == 1.0
    assert constraints.get(abs) is abs


@pytest.mark.parametrize("constraint", [MaxNorm(3, [0, 1]), NonNeg(), UnitNorm(1), MinMaxNorm(0.1, 0.2, 0.3, 1)])
def test_configuration(constraint):
    layer = Dense.from_config(json.loads(json.dumps(Dense(3, kernel_constraint=constraint).get_config())))
    assert type(layer.kernel_constraint) is type(constraint)
    assert layer.kernel_constraint.get_config() == constraint.get_config()
    assert layer.bias_constraint is None


def test_a_saved_model_keeps_its_constraints(tmp_path):
    layers = [
        Input((4, 4, 2)),
        Conv2D(3, 2, kernel_constraint=MaxNorm(0.5, [0, 1, 2]), bias_constraint="non_neg"),
        BatchNormalization(gamma_constraint=UnitNorm(), beta_constraint="max_norm"),
    ]
    keras.Sequential(layers).save(tmp_path / "held.keras")
    conv, normal = keras.saving.load_model(tmp_path / "held.keras").layers
    assert conv.kernel_constraint.get_config() == {"max_value": 0.5, "axis": [0, 1, 2]}
    assert conv.kernel.constraint is conv.kernel_constraint
    assert type(conv.bias_constraint) is NonNeg
    assert normal.beta_constraint.get_config() == {"max_value": 2, "axis": 0}


class Halved(constraints.Constraint):
    def __call__(self, w):
        return w * 0.5


def trained(constraint, initializer="ones"):
    """The kernel [2, 3] of a layer after a step that changes nothing but what the constraint does."""
    layer = Dense(3, kernel_initializer=initializer, kernel_constraint=constraint)
    model = keras.Sequential([Input((2,)), layer])
    model.compile(keras.optimizers.SGD(0.0), "mse")
    model.train_on_batch(np.ones((4, 2)), np.zeros((4, 3)))
    return layer.get_weights()[0]


@pytest.mark.parametrize(
    ("constraint", "value"),
    [
        (Halved(), 0.5),
        (lambda w: primitives.minimum(w, 0.25), 0.25),
        (lambda w: w / primitives.reduce_sum(w, (0, 1)), 1 / 6),
        (abs, 1.0),
    ],
)
def test_constraints_of_ones_own(constraint, value):
    np.testing.assert_allclose(trained(constraint), np.full((2, 3), value), rtol=1e-6)


def test_a_weight_of_a_layer_of_ones_own():
    class Scale(keras.layers.Layer):
        def create_weights(self, shape):
            self.scale = self.add_weight("scale", shape[-1:], "ones", constraint=lambda w: w * 3.0)

        def call(self, x, context):
            return x * self.scale.node

    layer = Scale()
    model = keras.Sequential([Input((2,)), layer])
    model.compile(keras.optimizers.SGD(0.0), "mse")
    model.train_on_batch(np.ones((4, 2)), np.zeros((4, 2)))
    assert layer.scale.numpy().tolist() == [3.0, 3.0]


def test_frozen_weights_are_left_alone():
    layer = Dense(3, kernel_initializer="ones", kernel_constraint=Halved())
    layer.trainable = False
    model = keras.Sequential([Input((2,)), layer, Dense(1)])
    model.compile("sgd", "mse")
    model.train_on_batch(np.ones((4, 2)), np.zeros(4))
    assert (layer.get_weights()[0] == 1).all()


def branch(w):
    return w if w > 0 else w * 2.0


@pytest.mark.parametrize(
    ("constraint", "message"),
    [
        (branch, "a value that is computed later is neither true nor false"),
        (lambda w: w.numpy(), "a value that is computed later has no `numpy`"),
        (lambda w: np.linalg.norm(w), "NumPy's norm cannot take a value that is computed later"),
        (lambda w: np.zeros((2, 3)), "the result cannot be compiled"),
        (lambda w: primitives.reduce_sum(w, (0,)), "the constraint gives a value of another shape"),
        (MaxNorm(axis=2), r"a weight of shape \(2, 3\) has no axis 2"),
    ],
)
def test_what_cannot_be_compiled_is_refused_with_its_place_and_the_reason(constraint, message):
    with pytest.raises((TypeError, ValueError, AttributeError)) as caught:
        trained(constraint)
    assert caught.match(rf"^constraint '.*' of the weight 'dense.*/kernel': .*{message}")


def test_mistakes_of_ones_own_stay_what_they_are():
    def broken(w):
        raise ValueError("mine")

    with pytest.raises(ValueError, match=r"^mine$"):
        trained(broken)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: constraints.get("max_nrm"), "unknown constraint 'max_nrm'\n(.*\n)*.*did you mean 'max_norm'"),
        (lambda: Dense(3, kernel_constraint=4), "a constraint was expected"),
        (lambda: Dense(3, kernel_constraint=lambda: 4), "the constraint takes other arguments than it will be given"),
        (lambda: MaxNorm(-1), "constraint MaxNorm: argument 'max_value' is wrong"),
        (lambda: MinMaxNorm(0.0, 1.0, float("nan")), "constraint MinMaxNorm: argument 'rate' is wrong"),
        (lambda: UnitNorm(0.5), "constraint UnitNorm: argument 'axis' is wrong"),
        (lambda: constraints.RadialConstraint, "Keras 2 had keras.constraints.RadialConstraint; planish does not"),
    ],
)
def test_mistakes(make, message):
    with pytest.raises((TypeError, ValueError, AttributeError), match=message):
        make()
