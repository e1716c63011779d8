"""Entries by their numbers: bit for bit, wherever the numbers come from and whatever they are."""

import numpy as np
import pytest

from planish import primitives
from planish.autodiff import gradients
from planish.graph.graph import Graph
from planish.primitives.take_along_axis_grad import take_along_axis_grad
from planish.primitives.take_batch_grad import take_batch_grad
from planish.primitives.take_grad import take_grad
from planish.runtime import compile
from planish.runtime.executable import TrainingExecutable
from tests.codegen.support import Case, on_every_target

BAD = [5, -6, 2**31 - 1, -(2**31)]


@on_every_target
@pytest.mark.parametrize("inner", [1, 3, 16, 17, 33])
def test_constant_and_computed_numbers(target, inner):
    case = Case()
    x, w = case.input(5, 4, inner), case.weight(5, inner)
    chosen = case.generator.integers(-5, 5, (case.images, 7)).astype(np.int32)
    whole, cut = case.input(7, values=chosen, dtype="i32"), case.input(7, values=chosen + 0.25 * np.sign(chosen))
    for numbers in (primitives.table([4, 0, -5, 0]), primitives.table([[1.5, -1.0]]), whole, cut):
        case.output(primitives.take(x, numbers))
        case.output(primitives.take(w, numbers))
    case.output(primitives.take(x, primitives.table([3, 0, 3]), 1))
    case.output(primitives.take(x, primitives.table([inner - 1, 0]), 2))
    case.check(None)


@on_every_target
def test_numbers_that_name_nothing(target):
    case = Case(images=4)
    whole = np.array(BAD, np.int64).astype(np.int32)
    floats = np.array([np.nan, np.inf, -1e30, 5.0], np.float32)
    for numbers in (case.input(values=whole, dtype="i32"), case.input(values=floats)):
        taken = primitives.take(case.weight(5, 17), numbers)
        case.output(taken)
        case.output(take_batch_grad(taken, numbers, 0, (5, 17)))
        case.output(take_grad(taken, numbers, 0, (5, 17)))
        along = primitives.take_along_axis(case.weight(5), primitives.reshape(numbers, (1,)), 0)
        case.output(along)
        case.output(take_along_axis_grad(along, primitives.reshape(numbers, (1,)), 0, 5))
    case.check(None)


@on_every_target
@pytest.mark.parametrize("inner", [1, 3, 16, 33])
def test_gradients(target, inner):
    case = Case(images=9)
    x, w, v = case.input(6, inner), case.weight(37, inner), case.weight(2, 37, inner)
    numbers = case.input(5, values=case.generator.integers(-40, 40, (9, 5)).astype(np.int32), dtype="i32")
    for axis, weight in enumerate((w, v)):
        g = primitives.multiply(primitives.take(weight, numbers, axis), 0.5)
        case.output(take_batch_grad(primitives.square(g), numbers, axis, weight.shape))
    fixed = primitives.table([5, 0, 5, -1])
    case.output(take_grad(primitives.take(x, fixed), fixed, 0, (6, inner)))
    case.output(take_grad(primitives.take(w, fixed), fixed, 0, (37, inner)))
    assert [np.isnan(value).any() for value in case.expected().values()] == [False] * 4
    case.check()


@on_every_target
@pytest.mark.parametrize("axis", [0, 1, 2])
def test_numbers_of_their_own(target, axis):
    case = Case()
    shape = [3, 5, 17]
    shape[axis] = 4
    chosen = case.generator.integers(-3, 3, (case.images, *shape)).astype(np.int32)
    numbers = case.input(*shape, values=chosen, dtype="i32")
    taken = primitives.take_along_axis(case.input(3, 5, 17), numbers, axis)
    case.output(taken)
    case.output(primitives.take_along_axis(case.weight(3, 5, 17), numbers, axis))
    case.output(take_along_axis_grad(taken, numbers, axis, (3, 5, 17)[axis]))
    case.check(None)


def embedding_step(threads):
    """The new rows of a table of 90 rows after a step on 40 images, each of which reads 11 of them."""
    generator = np.random.default_rng(0)
    rows = primitives.parameter("rows", (90, 6))
    read = primitives.take(rows, primitives.input_("x", (11,), "i32"))
    loss = primitives.reduce_sum(primitives.square(read), (0, 1))
    (gradient,) = gradients(primitives.batch_sum(loss), [rows])
    graph = Graph.build({}, {"rows": primitives.subtract(rows, primitives.multiply(gradient, 0.1))})
    values = {"rows": generator.standard_normal((90, 6)).astype(np.float32)}
    images = {"x": generator.integers(0, 90, (40, 11)).astype(np.int32)}
    executable = TrainingExecutable(compile(graph, {"x": images["x"].dtype}, training=True, max_batch=40))
    executable.run(values, images, np.arange(40), 40, {}, {})
    return values["rows"]


def test_threads_change_no_bit_of_a_gradient(monkeypatch):
    results = []
    for threads in ("1", "2", "5"):
        monkeypatch.setenv("PLANISH_NUM_THREADS", threads)
        results.append(embedding_step(threads))
    for result in results[1:]:
        np.testing.assert_array_equal(result, results[0])
