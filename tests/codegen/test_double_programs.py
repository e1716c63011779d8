"""Programs in float64 beside the interpreter: every kernel that such programs have, forward and backward."""

import numpy as np
import pytest

from planish.codegen.compile import generate, machine_code
from planish.codegen.llvm.element_type import F32, F64
from planish.codegen.llvm.target import make_target
from planish.codegen.planning.plan import Request, make_plan
from planish.graph.graph import Graph
from planish.graph.node import numbers_are
from planish.graph.printer import print_graph
from planish.graph.settings import name_of
from planish.graph.verifier import verify
from planish.primitives import conv2d, dense, input_, interpreter, parameter, registry, relu, reshape
from planish.runtime import compile
from planish.runtime.executable import TrainingExecutable
from tests.codegen import guarded_programs as programs
from tests.codegen.support import Case, on_every_target
from tests.passes.random_graphs import random_training

TOLERANCE = 1e-12


@pytest.fixture(autouse=True)
def _in_float64():
    with numbers_are("f64"):
        yield


def check_training(graph):
    values = programs.values_of(graph)
    count = len(values["x"])
    expected = interpreter.interpret(graph, values, batch_size=count, dtype=np.float64)
    images = {"x": values.pop("x")}
    scalars = {"rate": np.full(1, values.pop("rate"))} if "rate" in values else {}
    outputs = {name: np.zeros((count if node.batched else 1, *node.shape)) for name, node in graph.outputs}
    program = compile(graph, {"x": images["x"].dtype}, training=True, max_batch=count)
    TrainingExecutable(program).run(values, images, np.arange(count), count, scalars, outputs)
    for name, found in {**outputs, **values}.items():
        wanted = expected.updates.get(name, expected.outputs.get(name))
        if wanted is not None:
            wanted = wanted.reshape(found.shape)
            np.testing.assert_allclose(found, wanted, rtol=0, atol=TOLERANCE * max(1e-9, np.abs(wanted).max()))


@on_every_target
@pytest.mark.parametrize("size", [3, 9])
def test_each_kernel_is_right(size, target):
    case = Case()
    programs.computed(case, size)
    programs.joined_maps(case, size)
    x = case.input(9, 7, size)
    case.output(conv2d(x, case.weight(3, 3, size, 33), padding=((1, 1), (1, 1))))
    case.output(conv2d(x, case.weight(3, 2, 1, size), (1, 2), ((1, 1), (0, 1)), groups=size))
    case.check(TOLERANCE)


@on_every_target
def test_arrays_of_every_type_are_read(target):
    case = Case()
    for dtype in programs.DTYPES:
        values = np.random.default_rng(0).integers(0, 2 if dtype == "bool" else 100, (case.images, 5)).astype(dtype)
        case.output(relu(case.input(5, values=values)))
    case.check(0)


@on_every_target
@pytest.mark.parametrize("build", [programs.arranged_training, programs.pooled_training, programs.averaged_training])
def test_gradients_are_right(build, target):
    check_training(build(9))


@pytest.mark.parametrize("seed", [0, 3, 4])
def test_random_steps_are_right(seed):
    check_training(random_training(seed))


def graph_of_layers():
    x = input_("x", (12, 12, 32))
    y = conv2d(x, parameter("w", (3, 3, 32, 64)))
    return Graph.build({"y": dense(reshape(relu(y), (6400,)), parameter("v", (6400, 10)))})


def test_the_plan_says_what_is_made_for_float32():
    graph = graph_of_layers()
    target = make_target("avx512", "x86_64-unknown-linux-gnu")
    plan = make_plan(Request(graph, {"x": "float64"}, target, training=False))
    assert (plan.target.floats, plan.target.lanes) == (F64, 8)
    reasons = [decision.why for decision in plan.decisions.values()]
    assert any("Winograd" in why and "it is made for float32" in why for why in reasons)
    assert target.computing_in(F32) is target


def test_graphs_say_their_numbers():
    graph = graph_of_layers()
    assert graph.numbers == "f64"
    assert "%0: f64[N,12,12,32] = input[name='x']" in print_graph(graph)
    with numbers_are("f32"):
        other = parameter("u", (10,))
        verify(graph, registry.result_type)
        mixed = Graph.build({**dict(graph.outputs), "other": other})
        with pytest.raises(ValueError, match=r"is of type f32\[10\], but the graph has numbers of f64"):
            verify(mixed, registry.result_type)


@pytest.mark.parametrize("name", ["avx512", "avx2", "x86-64"])
def test_programs_call_nothing_outside_themselves(name):
    """For processors that this machine is not, too: what LLVM makes of the text needs no function from elsewhere."""
    case = Case()
    programs.computed(case, 17)
    x = case.input(40)
    for function in ("sin", "tan", "exp", "erf", "log10", "arccosh", "sigmoid", "round"):
        if hasattr(programs.primitives, function):
            case.output(getattr(programs.primitives, function)(x))
    case.output(programs.primitives.power(x, x))
    case.output(programs.primitives.remainder(x, 0.3))
    graph = Graph.build({key: node for key, node in case.outputs.items() if node.batched})
    target = make_target(name, "x86_64-unknown-linux-gnu")
    dtypes = {name_of(leaf): case.inputs[name_of(leaf)].dtype.name for leaf in graph.leaves("input")}
    assert machine_code(generate(Request(graph, dtypes, target, training=False)).text, target).functions
