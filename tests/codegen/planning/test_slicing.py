"""A large batch goes through a program slice by slice, and the sums are those of the whole batch."""

import numpy as np
import pytest

import planish
from planish import primitives
from planish.codegen.llvm.target import current_target
from planish.codegen.planning import slicing
from planish.codegen.planning.choices import print_plan
from planish.codegen.planning.listing import print_loops
from planish.codegen.planning.plan import Request, make_plan
from planish.codegen.planning.slicing import Slices, cut
from planish.graph.graph import Graph
from planish.layers import BatchNormalization, Conv2D, Dense, Dropout, Flatten, Input, MaxPooling2D
from planish.models import Sequential
from planish.primitives.interpreter import interpret
from planish.runtime import compile, programs
from planish.runtime.executable import TrainingExecutable
from tests.passes.random_graphs import random_training
from tests.passes.support import bindings_of


@pytest.fixture
def small_slices(monkeypatch):
    """Every batch of more than a block is cut."""
    monkeypatch.setattr(slicing, "SLICE_NBYTES", 1)
    monkeypatch.setattr(slicing, "BLOCKS", 1)
    monkeypatch.setattr(programs, "_COMPILED", {})


@pytest.fixture(autouse=True)
def _threads_as_before():
    yield
    planish.set_num_threads(None)


def test_slices_are_of_whole_blocks_and_hold_the_batch():
    for batch in (1, 15, 16, 100, 128, 1000):
        for nbytes in (0, 100, 80_000, 10**9):
            slices = cut(batch, nbytes, 16)
            assert slices.images % 16 == 0 or slices == Slices(1, batch)
            assert (slices.count - 1) * slices.images < batch <= slices.count * slices.images


def test_images_that_leave_little_are_not_cut():
    assert cut(128, 1000, 16) == Slices(1, 128)


def plan_of(graph, batch):
    return make_plan(Request(graph, {"x": "float32"}, current_target(), True, batch))


@pytest.mark.parametrize("seed", range(12))
def test_random_graphs(seed, small_slices):
    """Steps of a whole batch, one with slices that are empty, one of a single image."""
    graph = random_training(seed)
    batch, images = 39, 39 + 10
    assert plan_of(graph, batch).slices.count > 1
    values = {name: np.array(value, np.float32) for name, value in bindings_of(graph, images=images).items()}
    x, rate = values.pop("x"), values.pop("rate")
    parameters = {name: value.copy() for name, value in values.items()}
    loss = np.zeros(images, np.float32)
    executable = TrainingExecutable(compile(graph, {"x": x.dtype}, training=True, max_batch=batch))
    order = np.arange(images)[::-1].copy()
    for rows in (order, order[:1]):
        steps = -(-len(rows) // batch)
        executable.run(parameters, {"x": x}, rows, batch, {"rate": np.full(steps, rate)}, {"loss": loss})
        for start in range(0, len(rows), batch):
            bindings = {**values, "x": x[rows[start : start + batch]], "rate": rate}
            values = interpret(graph, bindings, dtype=np.float64).updates
    for name, value in values.items():
        np.testing.assert_allclose(parameters[name], value, rtol=0, atol=1e-5 * max(1, np.abs(value).max()))


def test_plan_and_loops_tell(small_slices):
    plan = plan_of(random_training(3), 39)
    repeated = [number for number, stage in enumerate(plan.stages) if stage.repeats]
    assert [plan.stages[number].batched for number in repeated] == [True, False, False]
    assert f"stages {repeated[0]} to {repeated[-1]}: once for each of {plan.slices.count} slices" in print_plan(plan)
    assert print_loops(plan).count(f"for slice of {plan.slices.images} images") == 3


def test_what_is_drawn_for_an_image_does_not_depend_on_slices(monkeypatch):
    drawn = []
    for nbytes in (slicing.SLICE_NBYTES, 1):
        monkeypatch.setattr(slicing, "SLICE_NBYTES", nbytes)
        monkeypatch.setattr(slicing, "BLOCKS", 1)
        monkeypatch.setattr(programs, "_COMPILED", {})
        x, w = primitives.input_("x", (5,)), primitives.parameter("w", (5,))
        noise = primitives.random_uniform(primitives.scalar("seed", "i32"), (5,), 0)
        graph = Graph.build(
            {"noise": noise}, {"w": primitives.add(w, primitives.batch_sum(primitives.multiply(x, noise)))}
        )
        assert (plan_of(graph, 40).slices.count > 1) == (nbytes == 1)
        result, w = np.zeros((40, 5), np.float32), np.zeros(5, np.float32)
        inputs = {"x": np.ones((40, 5), np.float32)}
        executable = TrainingExecutable(compile(graph, {"x": np.dtype("f4")}, training=True, max_batch=40))
        executable.run({"w": w}, inputs, np.arange(40), 40, {"seed": np.ones(1, np.int32)}, {"noise": result})
        np.testing.assert_allclose(w, result.sum(axis=0), rtol=1e-5)
        drawn.append(result)
    np.testing.assert_array_equal(*drawn)


def test_the_largest_of_the_batch_is_the_largest_of_all_slices(small_slices):
    x, largest = primitives.input_("x", (5,)), primitives.parameter("a", (5,))
    y = primitives.tanh(x)
    updates = {"a": primitives.subtract(primitives.batch_max(y), largest), "b": primitives.batch_min(y, (0,))}
    graph = Graph.build({"y": y}, updates)
    assert plan_of(graph, 40).slices.count > 1
    values = np.random.default_rng(0).standard_normal((40, 5)).astype(np.float32)
    for rows in (np.arange(40), np.arange(17, 40)):
        found = {"a": np.ones(5, np.float32), "b": np.ones((), np.float32)}
        executable = TrainingExecutable(compile(graph, {"x": values.dtype}, training=True, max_batch=40))
        executable.run(found, {"x": values}, rows, 40, {}, {"y": np.zeros((40, 5), np.float32)})
        np.testing.assert_allclose(found["a"], np.tanh(values[rows]).max(0) - 1, rtol=1e-5)
        np.testing.assert_allclose(found["b"], np.tanh(values[rows]).min(), rtol=1e-6)


def trained(threads, *, normalized):
    planish.set_num_threads(threads)
    planish.utils.clear_session(free_memory=False)
    planish.utils.set_random_seed(3)
    random = np.random.default_rng(0)
    x, y = random.random((230, 12, 11, 2), np.float32), random.integers(0, 5, 230)
    layers = [Input((12, 11, 2)), Conv2D(17, 3, activation="relu"), *([BatchNormalization()] if normalized else [])]
    layers += [MaxPooling2D(), Conv2D(9, 3, activation="relu"), Dropout(0.3), Flatten(), Dense(5, activation="softmax")]
    model = Sequential(layers)
    model.compile("adam", "sparse_categorical_crossentropy", ["accuracy"])
    history = model.fit(x, y, epochs=2, batch_size=100, verbose=0)
    return model.get_weights(), history.history


def test_bits_do_not_depend_on_threads(small_slices):
    weights, history = trained(1, normalized=False)
    for threads in (2, 3, 8):
        others, told = trained(threads, normalized=False)
        assert told == history
        assert [a.tobytes() for a in others] == [a.tobytes() for a in weights]


def test_statistics_of_a_batch_are_of_all_of_it(small_slices, monkeypatch):
    """Batch normalization needs the whole batch in the middle of a step, so there are no slices."""
    sliced, _ = trained(2, normalized=True)
    monkeypatch.undo()
    monkeypatch.setattr(programs, "_COMPILED", {})
    whole, _ = trained(2, normalized=True)
    assert [a.tobytes() for a in sliced] == [a.tobytes() for a in whole]


def test_slices_change_sums_by_rounding_only(small_slices, monkeypatch):
    sliced, _ = trained(2, normalized=False)
    monkeypatch.undo()
    monkeypatch.setattr(programs, "_COMPILED", {})
    whole, _ = trained(2, normalized=False)
    assert any(a.tobytes() != b.tobytes() for a, b in zip(sliced, whole, strict=True))
    for a, b in zip(sliced, whole, strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-4)
