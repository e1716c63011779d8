"""What optimizers keep from step to step, and where it leads.

Numbers are recorded from Keras 3 (3.15.1) on its JAX backend.
"""

import copy
import pickle

import numpy as np
import pytest

from planish import primitives
from planish.graph.graph import Graph
from planish.optimizers import SGD, Adagrad, Adam, AdamW, Nadam, RMSprop, schedules
from planish.primitives.interpreter import interpret
from planish.variable import Weight

START = np.array([0.5, -0.25, 0.125, 1.0], np.float32)


def gradient(step):
    return np.array([2 * np.sin(step + 1.0), 0.1 * np.cos(3.0 * step), 0.003 * (-1) ** step, 1.5 - 0.4 * step])


def weight_of(path="dense/kernel"):
    weight = Weight(path.rpartition("/")[2], path, START.shape)
    weight.assign(START)
    return weight


def train(optimizer, steps, weight=None):
    """The weight after steps with these gradients."""
    weight = weight_of() if weight is None else weight
    optimizer.build([weight])
    slots = optimizer.slots(weight)
    scalars = {name: primitives.scalar(name) for name in optimizer.scalars(0)}
    nodes = {name: slot.node for name, slot in slots.items()}
    (value,), (changed,) = optimizer.update_graph(
        [weight.node], [primitives.parameter("g", START.shape)], [nodes], scalars
    )
    graph = Graph.build({}, {weight.path: value, **{slots[name].path: node for name, node in changed.items()}})
    variables = {variable.path: variable for variable in (weight, *slots.values())}
    for step in range(steps):
        bindings = {name: variable.value for name, variable in variables.items()}
        numbers = {name: np.float32(number) for name, number in optimizer.scalars(step).items()}
        for name, array in interpret(graph, {**bindings, **numbers, "g": gradient(step)}).updates.items():
            variables[name].assign(array)
        optimizer.iterations += 1
    return weight.numpy()


TEN_STEPS = [
    (
        SGD(0.05, momentum=0.9, nesterov=True, global_clipnorm=1.0),
        [0.22149043, -0.26270095, 0.12467047, 0.88085115],
    ),
    (Adam(0.01), [0.46345463, -0.26623762, 0.10955947, 0.95985484]),
    (AdamW(0.01, weight_decay=0.5, amsgrad=True), [0.4402112, -0.25342518, 0.10403141, 0.91261405]),
    (
        RMSprop(0.01, centered=True, momentum=0.5, epsilon=1e-3),
        [0.40043214, -0.27558628, 0.12436715, 0.9906173],
    ),
    (Adagrad(0.5), [-0.1800063, -0.3130948, 0.12499893, 1.1102456]),
    (
        Nadam(0.05, use_ema=True, ema_momentum=0.8, ema_overwrite_frequency=3),
        [0.44173783, -0.28896254, 0.09838999, 0.99824494],
    ),
]


@pytest.mark.parametrize(("optimizer", "expected"), TEN_STEPS, ids=lambda value: getattr(value, "name", None))
def test_ten_steps(optimizer, expected):
    np.testing.assert_allclose(train(copy.deepcopy(optimizer), 10), expected, rtol=0, atol=1e-6)


VARIABLES = [
    (SGD(), "iteration learning_rate"),
    (SGD(momentum=0.9), "iteration learning_rate d_kernel_momentum d_bias_momentum"),
    (SGD(use_ema=True), "iteration learning_rate d_kernel_average d_bias_average"),
    (
        Adam(amsgrad=True, use_ema=True),
        "iteration learning_rate d_kernel_average d_bias_average d_kernel_momentum d_kernel_velocity d_bias_momentum "
        "d_bias_velocity d_kernel_velocity_hat d_bias_velocity_hat",
    ),
    (
        RMSprop(momentum=0.5, centered=True),
        "iteration learning_rate d_kernel_velocity d_bias_velocity d_kernel_momentum d_bias_momentum "
        "d_kernel_average_gradient d_bias_average_gradient",
    ),
    (Adagrad(), "iteration learning_rate d_kernel_accumulator d_bias_accumulator"),
    (
        Nadam(),
        "iteration learning_rate d_kernel_momentum d_kernel_velocity d_bias_momentum d_bias_velocity variable",
    ),
    (
        Adam(schedules.ExponentialDecay(0.1, 10, 0.9)),
        "iteration d_kernel_momentum d_kernel_velocity d_bias_momentum d_bias_velocity",
    ),
]


@pytest.mark.parametrize(("optimizer", "names"), VARIABLES)
def test_variables_are_in_the_order_of_keras(optimizer, names):
    optimizer.build([Weight("kernel", "d/kernel", (3, 2)), Weight("bias", "d/bias", (2,))])
    assert [variable.name for variable in optimizer.variables] == names.split()
    slots = [variable for variable in optimizer.variables if variable.name.startswith("d_")]
    assert all(slot.path.startswith(f"{optimizer.name}/d/") for slot in slots)
    assert all(slot.shape == ((3, 2) if "kernel" in slot.name else (2,)) for slot in slots)


def test_what_variables_hold():
    optimizer = Nadam(0.25)
    train(optimizer, 3)
    count, rate, *_, product = optimizer.variables
    assert (count.dtype, float(count.value), float(rate.value)) == ("int64", 3, 0.25)
    assert float(product.value) == pytest.approx(optimizer.momentum_product(3))
    assert [variable.name for variable in Nadam().variables] == ["iteration", "learning_rate"]


def test_names_are_those_of_keras():
    names = [class_().name for class_ in (SGD, Adam, AdamW, RMSprop, Adagrad, Nadam)]
    assert names == ["sgd", "adam", "adam_w", "rm_sprop", "adagrad", "nadam"]
    assert Adam(name="mine").name == "mine"


def test_a_first_average_is_the_weight():
    optimizer = SGD(0.1, use_ema=True)
    weight = train(optimizer, 1)
    (average,) = [variable for variable in optimizer.variables if variable.name.endswith("average")]
    np.testing.assert_array_equal(average.value, weight)


@pytest.mark.parametrize(
    ("excluded", "path", "decays"),
    [
        ({"var_names": ["bias"]}, "dense/bias", False),
        ({"var_names": ["bias"]}, "dense/kernel", True),
        ({"var_names": ["dense"]}, "dense/kernel", True),  # names, not paths
        ({"var_names": ["gam+a", "^ker"]}, "dense/kernel", False),
    ],
)
def test_weights_excluded_from_decay(excluded, path, decays):
    optimizer, plain, decaying = (SGD(0.1, weight_decay=rate) for rate in (0.5, None, 0.5))
    optimizer.exclude_from_weight_decay(var_names=["kernel", "bias"])
    optimizer.exclude_from_weight_decay(**excluded)
    expected = train(decaying if decays else plain, 2, weight_of(path))
    np.testing.assert_array_equal(train(optimizer, 2, weight_of(path)), expected)


def test_a_weight_is_excluded_by_what_it_is_and_not_by_its_path():
    excluded, other = weight_of(), weight_of()
    for weight, rate in ((excluded, None), (other, 0.5)):
        optimizer = SGD(0.1, weight_decay=0.5)
        optimizer.exclude_from_weight_decay([excluded])
        np.testing.assert_array_equal(train(optimizer, 2, weight), train(SGD(0.1, weight_decay=rate), 2, weight_of()))


def test_weights_are_excluded_before_training():
    optimizer = SGD(weight_decay=0.1)
    train(optimizer, 1)
    with pytest.raises(ValueError, match="SGD: weights can be excluded from decay only before training begins"):
        optimizer.exclude_from_weight_decay(var_names=["bias"])


@pytest.mark.parametrize("make", [copy.deepcopy, lambda optimizer: pickle.loads(pickle.dumps(optimizer))])
@pytest.mark.parametrize(("class_", "options"), [(Adagrad, {}), (Adam, {"use_ema": True}), (Nadam, {})])
def test_copies_go_on_alike(make, class_, options):
    optimizer = class_(**options)
    optimizer.exclude_from_weight_decay(var_names=["bias"])
    optimizer.build([Weight("kernel", "dense/kernel", (4,), initializer=np.ones)])
    again = make(optimizer)
    for one, other in zip(optimizer.variables, again.variables, strict=True):
        np.testing.assert_array_equal(one.value, other.value)
