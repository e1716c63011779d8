"""Weights after three steps of every optimizer, recorded from Keras 3 (3.15.1) on its JAX backend."""

import numpy as np
import pytest

from planish import optimizers, primitives
from planish.graph.graph import Graph
from planish.primitives.interpreter import interpret
from planish.variable import Weight

KERNEL = np.array([[0.5, -0.3], [0.8, 0.1], [-0.7, 0.4]], np.float32)
BIAS = np.array([0.1, -0.2], np.float32)
GRADIENTS = [
    (np.array([[0.1, -0.5], [0.3, 0.0], [-0.2, 0.9]], np.float32), np.array([0.4, -0.1], np.float32)),
    (np.array([[-0.3, 0.2], [0.1, 0.7], [-0.4, 0.1]], np.float32), np.array([0.2, 0.3], np.float32)),
    (np.array([[0.05, 0.4], [-0.6, 0.2], [0.3, -0.3]], np.float32), np.array([-0.5, 0.6], np.float32)),
]

UPDATES = [
    (optimizers.SGD(0.1), [[0.515, -0.31], [0.82, 0.01], [-0.67, 0.33]], [0.09, -0.28]),
    (
        optimizers.SGD(0.1, momentum=0.9),
        [[0.5249, -0.2425], [0.7597, -0.053], [-0.5998, 0.1671]],
        [0.003599998, -0.2899],
    ),
    (
        optimizers.SGD(0.1, momentum=0.9, nesterov=True),
        [[0.53741, -0.25825], [0.78373, -0.1277], [-0.57982, 0.12039]],
        [0.003239997, -0.36091],
    ),
    (
        optimizers.SGD(0.1, weight_decay=0.1),
        [[0.5000485, -0.3018847], [0.7969362, 0.007729894], [-0.6500072, 0.3200106]],
        [0.0880259, -0.2739588],
    ),
    (
        optimizers.SGD(0.1, clipnorm=0.3),
        [[0.5055829, -0.3069414], [0.8093194, 0.06955818], [-0.691551, 0.3824431]],
        [0.07346025, -0.2407321],
    ),
    (optimizers.SGD(0.1, clipvalue=0.2), [[0.505, -0.32], [0.79, 0.05999999], [-0.68, 0.39]], [0.08, -0.23]),
    (
        optimizers.SGD(0.1, global_clipnorm=0.5, momentum=0.5),
        [[0.5137061, -0.2953735], [0.795592, 0.03696137], [-0.6668382, 0.3378402]],
        [0.07603989, -0.2416518],
    ),
    (
        optimizers.SGD(0.1, use_ema=True, ema_momentum=0.5, ema_overwrite_frequency=2),
        [[0.5, -0.3], [0.825, 0.04499999], [-0.6899999, 0.335]],
        [0.09999999, -0.265],
    ),
    (
        optimizers.Adam(0.1),
        [[0.4771713, -0.1821162], [0.6380502, -0.04727637], [-0.4771403, 0.1903986]],
        [-0.09359599, -0.2237444],
    ),
    (
        optimizers.Adam(0.1, amsgrad=True, beta_2=0.5),
        [[0.465933, -0.184855], [0.6414366, -0.02234037], [-0.4863356, 0.2066738]],
        [-0.09059496, -0.2042529],
    ),
    (
        optimizers.Adam(0.1, beta_1=0.5, beta_2=0.6, epsilon=0.01),
        [[0.5013821, -0.2493625], [0.6853078, -0.0565714], [-0.5211567, 0.2404501]],
        [-0.0433391, -0.2659996],
    ),
    (
        optimizers.Adam(0.1, weight_decay=0.1),
        [[0.4638165, -0.1755415], [0.6171504, -0.04950235], [-0.4593047, 0.1812563]],
        [-0.09364396, -0.2192999],
    ),
    (
        optimizers.AdamW(0.1),
        [[0.4766317, -0.1818501], [0.6372054, -0.04736656], [-0.4764192, 0.1900287]],
        [-0.09359867, -0.2235647],
    ),
    (
        optimizers.AdamW(0.1, weight_decay=0.2, amsgrad=True),
        [[0.4507388, -0.1691249], [0.5967059, -0.05166892], [-0.441865, 0.1723317]],
        [-0.09365252, -0.2149543],
    ),
    (
        optimizers.RMSprop(0.1),
        [[0.4330558, -0.3070075], [0.664369, -0.3074195], [-0.2818659, 0.1561607]],
        [-0.1184056, -0.4684235],
    ),
    (
        optimizers.RMSprop(0.1, rho=0.5, momentum=0.9),
        [[0.3466629, -0.1639205], [0.4384853, -0.2216818], [-0.1634158, 0.05282221]],
        [-0.3113858, -0.2112093],
    ),
    (
        optimizers.RMSprop(0.1, centered=True, epsilon=0.01),
        [[0.5829725, -0.3079499], [0.761371, -0.2893324], [-0.4393419, 0.1552989]],
        [-0.06170383, -0.5912065],
    ),
    (
        optimizers.RMSprop(0.1, centered=True, momentum=0.3),
        [[0.3848862, -0.1994518], [0.4765724, -0.4318525], [-0.01410437, -0.002907321]],
        [-0.3285131, -0.4427448],
    ),
    (
        optimizers.Adagrad(0.1),
        [[0.5258198, -0.3014462], [0.788993, -0.01632986], [-0.6215565, 0.3250798]],
        [0.0524587, -0.3171093],
    ),
    (
        optimizers.Adagrad(0.1, initial_accumulator_value=0.5, epsilon=0.01),
        [[0.5181548, -0.3058316], [0.8093873, 0.01038839], [-0.6591017, 0.3381694]],
        [0.07842762, -0.2854643],
    ),
    (
        optimizers.Nadam(0.1),
        [[0.4773004, -0.285544], [0.7444294, -0.0397835], [-0.5494223, 0.3007148]],
        [0.01408064, -0.2855672],
    ),
    (
        optimizers.Nadam(0.1, beta_1=0.5, clipnorm=0.4),
        [[0.4946182, -0.3369264], [0.762753, -0.08651078], [-0.5380732, 0.3096068]],
        [-0.01614921, -0.3207476],
    ),
    (
        optimizers.Nadam(0.1, weight_decay=0.05),
        [[0.4704247, -0.2819703], [0.7337452, -0.04076518], [-0.540508, 0.2958972]],
        [0.01390904, -0.283169],
    ),
    (
        optimizers.Adam(optimizers.schedules.PiecewiseConstantDecay([0, 1], [0.1, 0.05, 0.01])),
        [[0.4274878, -0.1843888], [0.6589647, 0.05550732], [-0.5491095, 0.2591143]],
        [-0.04664484, -0.1321451],
    ),
]


def _told(value):
    return value.name if isinstance(value, optimizers.Optimizer) else None


def _graph(optimizer, variables):
    """One step, as the compiled program has it."""
    gradients = [primitives.parameter(f"gradient/{variable.name}", variable.shape) for variable in variables]
    slots = [{name: slot.node for name, slot in optimizer.slots(variable).items()} for variable in variables]
    scalars = {name: primitives.scalar(f"scalar/{name}") for name in optimizer.scalars(0)}
    values, new_slots = optimizer.update_graph([variable.node for variable in variables], gradients, slots, scalars)
    changes = {variable.path: value for variable, value in zip(variables, values, strict=True)}
    for variable, changed in zip(variables, new_slots, strict=True):
        changes |= {optimizer.slots(variable)[name].path: value for name, value in changed.items()}
    return Graph.build({}, changes)


def train(optimizer, steps=GRADIENTS):
    """The kernel and the bias after steps with these gradients."""
    variables = [Weight("kernel", "dense/kernel", KERNEL.shape), Weight("bias", "dense/bias", BIAS.shape)]
    variables[0].assign(KERNEL)
    variables[1].assign(BIAS)
    optimizer.build(variables)
    graph = _graph(optimizer, variables)
    everything = {v.path: v for variable in variables for v in (variable, *optimizer.slots(variable).values())}
    for step, (kernel, bias) in enumerate(steps):
        bindings = {path: variable.value for path, variable in everything.items()}
        bindings |= {f"scalar/{name}": np.float32(value) for name, value in optimizer.scalars(step).items()}
        bindings |= {"gradient/kernel": kernel, "gradient/bias": bias}
        for path, value in interpret(graph, bindings, batch_size=1).updates.items():
            everything[path].assign(value)
    return [variable.value for variable in variables]


@pytest.mark.parametrize(("optimizer", "kernel", "bias"), UPDATES, ids=_told)
def test_three_steps(optimizer, kernel, bias):
    ours = train(type(optimizer).from_config(optimizer.get_config()))
    np.testing.assert_allclose(ours[0], kernel, rtol=1e-5, atol=3e-6)
    np.testing.assert_allclose(ours[1], bias, rtol=1e-5, atol=3e-6)


def test_decay_may_leave_out_the_biases():
    still = [(np.zeros_like(KERNEL), np.zeros_like(BIAS))]
    optimizer = optimizers.SGD(0.1, weight_decay=0.5)
    optimizer.exclude_from_weight_decay(var_names=["bias"])
    kernel, bias = train(optimizer, still)
    np.testing.assert_allclose(kernel, KERNEL * 0.95, rtol=1e-6)
    np.testing.assert_array_equal(bias, BIAS)


def test_averages_take_the_place_of_weights_at_the_end():
    optimizer = optimizers.SGD(0.1, use_ema=True, ema_momentum=0.5)
    weight = Weight("kernel", "dense/kernel", KERNEL.shape)
    weight.assign(KERNEL)
    optimizer.slots(weight)["average"].assign(KERNEL + 1)
    optimizer.finalize_variable_values([weight])
    np.testing.assert_array_equal(weight.value, KERNEL + 1)


def test_one_way_of_clipping():
    with pytest.raises(ValueError, match="gradients can be clipped in one way only"):
        optimizers.SGD(clipnorm=1.0, clipvalue=0.5)


@pytest.mark.parametrize(
    ("mistake", "text"),
    [
        (lambda: optimizers.SGD(momentum=2), "`momentum` is not a share"),
        (lambda: optimizers.Adam(clipnorm=0), "`clipnorm` is not a bound"),
        (lambda: optimizers.Adam(float("nan")), "`learning_rate` is not finite"),
        (lambda: optimizers.Adam(gradient_accumulation_steps=1), "`gradient_accumulation_steps` is not a number of"),
        (lambda: optimizers.get("adem"), "adam"),
    ],
)
def test_mistakes(mistake, text):
    with pytest.raises(ValueError, match=text):
        mistake()


def test_a_rate_that_is_no_number():
    with pytest.raises(TypeError, match="`learning_rate` is not a number"):
        optimizers.Adam("fast")


@pytest.mark.parametrize("optimizer", [row[0] for row in UPDATES], ids=_told)
def test_configurations_make_the_same_optimizer(optimizer):
    again = optimizers.deserialize(optimizers.serialize(optimizer))
    assert type(again) is type(optimizer)
    assert again.get_config() == optimizer.get_config()
