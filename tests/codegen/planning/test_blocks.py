"""Several ranks share a step: sums of blocks, totals in one order, and every kernel of a sum on empty blocks too."""

import threading

import numpy as np
import pytest

import planish
from planish import primitives
from planish.autodiff import gradients
from planish.codegen.llvm.target import current_target
from planish.codegen.planning import slicing
from planish.codegen.planning.blocks import Blocks, is_total
from planish.codegen.planning.choices import print_plan
from planish.codegen.planning.listing import print_loops
from planish.codegen.planning.plan import Request, make_plan
from planish.codegen.planning.slicing import is_sum
from planish.graph.graph import Graph
from planish.graph.settings import name_of
from planish.primitives.interpreter import interpret
from planish.runtime import compile
from planish.runtime.executable import TrainingExecutable
from planish.runtime.share import Share
from tests.passes.random_graphs import random_training
from tests.passes.support import bindings_of

BATCH, COUNT = 21, 8


class Meeting:
    """Ranks that are threads of this process, and meet at every exchange."""

    def __init__(self, size):
        self.size = size
        self.buckets = [None] * size
        self.barrier = threading.Barrier(size, timeout=60)
        self.exchanges = 0

    def exchange(self, rank):
        def exchange(bucket, sums):
            self.exchanges += rank == 0
            distance = 1
            while distance < self.size:
                self.buckets[rank] = bucket.copy()
                self.barrier.wait()
                other = self.buckets[rank ^ distance]
                self.barrier.wait()
                bucket[:sums] += other[:sums]
                np.maximum(bucket[sums:], other[sums:], out=bucket[sums:])
                distance *= 2

        return exchange


def steps_on(size, graph, x, rows, values, rate, batch=BATCH):
    """The parameters and the losses of each rank after steps on the rows."""
    meeting = Meeting(size)
    own = COUNT // size
    results = [None] * size

    def work(rank):
        program = compile(graph, {"x": x.dtype}, training=True, max_batch=batch, blocks=(COUNT, own))
        parameters = {name: value.copy() for name, value in values.items()}
        share = Share(COUNT, rank * own, own, batch, len(rows), meeting.exchange(rank))
        order = rows[share.places()]
        loss = np.zeros(len(order), np.float32)
        scalars = {"rate": np.full(share.steps, rate, np.float32)}
        done = TrainingExecutable(program).run_share(parameters, {"x": x}, order, scalars, {"loss": loss}, share)
        results[rank] = done, parameters, (share.places(), loss)

    threads = [threading.Thread(target=work, args=(rank,)) for rank in range(size)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results, meeting.exchanges


@pytest.mark.parametrize("seed", range(10))
def test_random_graphs_have_the_same_bits_on_one_two_and_four_ranks(seed):
    """Two steps, of a whole batch and of one image."""
    graph = random_training(seed)
    images = BATCH + (1, 3, 9)[seed % 3]
    values = {name: np.array(value, np.float32) for name, value in bindings_of(graph, images=images).items()}
    x, rate = values.pop("x"), values.pop("rate")
    rows = np.arange(images)[::-1].copy()
    expected = values
    for start in range(0, images, BATCH):
        bindings = {**expected, "x": x[rows[start : start + BATCH]], "rate": rate}
        expected = {**expected, **interpret(graph, bindings, dtype=np.float64).updates}
    alone = None
    for size in (1, 2, 4):
        results, exchanges = steps_on(size, graph, x, rows, values, rate)
        losses = np.zeros(images, np.float32)
        for done, parameters, (places, loss) in results:
            assert done == 2
            losses[places] = loss
            alone = alone or (parameters, losses)
            for name, value in parameters.items():
                assert value.tobytes() == alone[0][name].tobytes(), (size, name)
        assert losses.tobytes() == alone[1].tobytes()
        assert exchanges == 2 * len(plan_of(graph, COUNT // size).storage.buckets)
    for name, value in expected.items():
        np.testing.assert_allclose(alone[0][name], value, rtol=0, atol=1e-5 * max(1, np.abs(value).max()))


@pytest.mark.parametrize("seed", [2, 5, 6, 12, 17])
def test_random_graphs_have_the_same_bits_in_however_many_turns(seed, monkeypatch):
    """Turns of a few images: groups of blocks on few ranks, slices of a block on all."""
    for name in ("SLICE_NBYTES", "BLOCKS", "SLICES_OF_TURN"):
        monkeypatch.setattr(slicing, name, 1)
    graph, batch = random_training(seed), (61, 37, 203)[seed % 3]  # no other test compiles it for so many images
    images = batch + 9
    values = {name: np.array(value, np.float32) for name, value in bindings_of(graph, images=images).items()}
    x, rate = values.pop("x"), values.pop("rate")
    expected, alone = values, None
    for rows in (x[:batch], x[batch:]):
        expected = {**expected, **interpret(graph, {**expected, "x": rows, "rate": rate}, dtype=np.float64).updates}
    for size in (1, 2, 4, 8):
        assert size > 1 or plan_of(graph, COUNT, batch).slices.count > 1
        results, _ = steps_on(size, graph, x, np.arange(images), values, rate, batch=batch)
        for done, parameters, _ in results:
            alone = alone or parameters
            assert done == 2
            assert all(parameters[name].tobytes() == alone[name].tobytes() for name in expected), size
    for name, value in expected.items():
        np.testing.assert_allclose(alone[name], value, rtol=0, atol=1e-5 * max(1, np.abs(value).max()))


def of_wide_images():
    """What each of the three numbers of an image becomes is 16 KB; one of the totals is the largest of numbers."""
    x, w = primitives.input_("x", (3,)), primitives.parameter("w", (3, 4096))
    y = primitives.relu(primitives.dense(x, w))
    loss = primitives.reduce_sum(primitives.square(y), (0,))
    (gradient,) = gradients(primitives.batch_sum(loss), [w])
    new = primitives.subtract(w, primitives.multiply(gradient, primitives.scalar("rate")))
    return Graph.build({"loss": loss}, {"w": new, "most": primitives.batch_max(y)})


def test_memory_does_not_grow_with_the_batch():
    graph = of_wide_images()
    for own in (8, 2, 1):
        arenas = [plan_of(graph, own, batch).storage.arena_nbytes for batch in (10_000, 100_000)]
        assert arenas[0] == arenas[1]


@pytest.mark.parametrize("batch", [1000, 2100])
def test_groups_and_slices_of_the_usual_size_have_the_bits_of_any_number_of_ranks(batch):
    """Of 1,000 images, one rank takes two of its blocks at a time; of 2,100, each block comes in two slices."""
    graph, random = of_wide_images(), np.random.default_rng(0)
    x = random.standard_normal((batch + 300, 3)).astype(np.float32)
    values = {"w": random.standard_normal((3, 4096)).astype(np.float32), "most": np.zeros(4096, np.float32)}
    expected, alone = values, None
    for rows in (x[:batch], x[batch:]):
        bindings = {**expected, "x": rows, "rate": 1e-5}
        expected = interpret(graph, bindings, dtype=np.float64, batch_size=len(rows)).updates
    for size in (1, 2, 8):
        results, exchanges = steps_on(size, graph, x, np.arange(len(x)), values, 1e-5, batch=batch)
        assert exchanges == 2
        for _, parameters, _ in results:
            alone = alone or parameters
            assert all(parameters[name].tobytes() == alone[name].tobytes() for name in values)
    for name, value in expected.items():
        np.testing.assert_allclose(alone[name], value, rtol=0, atol=1e-5)


def plan_of(graph, own, batch=BATCH):
    return make_plan(Request(graph, {"x": "float32"}, current_target(), True, batch, Blocks(COUNT, own)))


def test_all_gradients_are_exchanged_at_once():
    for seed in range(6):
        plan = plan_of(random_training(seed), 4)
        last = [node for stage in plan.stages for node in stage.nodes if is_total(node)]
        *before, behind = [-1, *(number for number, stage in enumerate(plan.stages) if stage.exchanges)]
        together = plan.stages[before[-1] + 1 : behind]
        needed = {source for stage in plan.stages[: behind - 1] for node in stage.nodes for source in node.inputs}
        assert all(node in needed or any(node in stage.nodes for stage in together) for node in last)


def test_every_sum_has_a_total_and_totals_lie_side_by_side():
    plan = plan_of(random_training(3), 2)
    sums = [node for node in plan.graph.nodes if is_sum(node)]
    assert sums
    for node in sums:
        readers = [reader for reader in plan.graph.nodes if node in reader.inputs]
        assert [reader.op for reader in readers] == ["total"]
    for number, bucket in plan.storage.buckets.items():
        totals = [node for node in plan.stages[number - 1].nodes if is_total(node)]
        offsets = [plan.storage.places[node].offset for node in totals]
        assert min(offsets) == bucket.offset
        assert max(offsets) < bucket.offset + bucket.sums_nbytes + bucket.largest_nbytes


def of_dense_layers(inputs, units):
    x, w = primitives.input_("x", (inputs,)), primitives.parameter("w", (inputs, units))
    b = primitives.parameter("b", (units,))
    y = primitives.relu(primitives.add(primitives.dense(x, w), b))
    loss = primitives.reduce_sum(primitives.square(y), (0,))
    rate = primitives.scalar("rate")
    found = gradients(primitives.batch_sum(loss), [w, b])
    updates = {
        name_of(old): primitives.subtract(old, primitives.multiply(new, rate))
        for old, new in zip((w, b), found, strict=True)
    }
    return Graph.build({"loss": loss}, updates)


@pytest.mark.parametrize("images", [21, 3])
def test_the_sums_over_blocks_of_a_large_gradient_are_added_item_by_item(images):
    graph = of_dense_layers(301, 37)
    random = np.random.default_rng(0)
    values = {"w": random.standard_normal((301, 37)).astype(np.float32) / 20, "b": np.zeros(37, np.float32)}
    x = random.standard_normal((images, 301)).astype(np.float32)
    expected = interpret(graph, {**values, "x": x, "rate": 0.01}, dtype=np.float64, batch_size=images).updates
    alone = None
    for size in (1, 2, 4, 8):
        results, exchanges = steps_on(size, graph, x, np.arange(images), values, 0.01)
        assert exchanges == 1
        for _, parameters, _ in results:
            alone = alone or parameters
            assert all(parameters[name].tobytes() == alone[name].tobytes() for name in values)
    for name, value in expected.items():
        np.testing.assert_allclose(alone[name], value, rtol=0, atol=1e-5)


def test_a_large_gradient_has_no_copy_for_each_block():
    plan = plan_of(of_dense_layers(301, 37), 4)
    largest = next(node for node in plan.graph.nodes if is_sum(node) and node.shape == (301, 37))
    assert plan.storage.places[largest].area == "scratch"
    assert plan.storage.scratch_nbytes < 4 * 301 * 37


def test_plan_and_loops_tell_of_the_exchange():
    plan = plan_of(random_training(3), 4)
    assert "with other ranks" in print_plan(plan)
    assert "exchange the totals with other ranks" in print_loops(plan)


def test_borders_of_blocks_depend_on_the_number_of_images_alone():
    for images in range(20):
        borders = [Blocks(8, 2).border(block, images) for block in range(9)]
        assert borders[0] == 0
        assert borders[8] == images
        assert sorted(borders) == borders
        for own in (1, 2, 4, 8):
            most = Blocks(8, own).most_images(images)
            assert max(borders[first + own] - borders[first] for first in range(0, 8, own)) <= most


def test_the_largest_number_is_that_of_all_ranks_and_blocks():
    x, w = primitives.input_("x", (3,)), primitives.parameter("w", (3,))
    y = primitives.multiply(x, w)
    loss = primitives.reduce_sum(primitives.subtract(y, primitives.batch_max(y)), (0,))
    (gradient,) = gradients(primitives.batch_sum(loss), [w])
    graph = Graph.build(
        {"loss": loss}, {"w": primitives.add(primitives.batch_max(y), primitives.multiply(gradient, 0))}
    )
    values = -1 - np.random.default_rng(0).random((5, 3)).astype(np.float32)
    for size in (1, 2, 4):
        results, _ = steps_on(size, graph, values, np.arange(5), {"w": np.ones(3, np.float32)}, 0, batch=5)
        for _, parameters, _ in results:
            np.testing.assert_array_equal(parameters["w"], values.max(axis=0))


def test_bits_do_not_depend_on_the_threads_of_a_rank():
    graph = random_training(5)
    values = {name: np.array(value, np.float32) for name, value in bindings_of(graph, images=300).items()}
    x, rate = values.pop("x"), values.pop("rate")
    found = []
    for threads in (1, 3):
        planish.set_num_threads(threads)
        results, _ = steps_on(2, graph, x, np.arange(300), values, rate, batch=300)
        found.append(results[1][1])
    planish.set_num_threads(None)
    assert all(found[0][name].tobytes() == found[1][name].tobytes() for name in values)


def test_what_an_exchange_raises_ends_the_run_before_the_step_changes_anything():
    graph = random_training(2)
    values = {name: np.array(value, np.float32) for name, value in bindings_of(graph, images=40).items()}
    x, rate = values.pop("x"), values.pop("rate")
    program = compile(graph, {"x": x.dtype}, training=True, max_batch=20, blocks=(COUNT, COUNT))
    executable = TrainingExecutable(program)
    parameters = {name: value.copy() for name, value in values.items()}
    loss = np.zeros(40, np.float32)
    scalars = {"rate": np.full(2, rate, np.float32)}

    def failing(bucket, sums):
        raise OSError("the cable is out")

    arguments = (parameters, {"x": x}, np.arange(40), scalars, {"loss": loss})
    with pytest.raises(OSError, match="the cable is out"):
        executable.run_share(*arguments, Share(COUNT, 0, COUNT, 20, 40, failing))
    assert all(parameters[name].tobytes() == values[name].tobytes() for name in values)
    assert executable.run_share(*arguments, Share(COUNT, 0, COUNT, 20, 40, lambda bucket, sums: None)) == 2


def test_a_share_has_the_rows_of_its_blocks_in_every_step():
    for total, batch in ((21, 8), (7, 7), (16, 8), (3, 3), (25, 10)):
        parts = [Share(8, first, 2, batch, total, lambda bucket, sums: None) for first in range(0, 8, 2)]
        places = np.concatenate([share.places() for share in parts])
        assert sorted(places) == list(range(total))
        for share in parts:
            for step in range(share.steps):
                start, stop = share.of_batch(share.images(step))
                own = share.places()[share.rows(step)]
                assert list(own) == list(range(step * batch + start, step * batch + stop))


def test_totals_of_float64_are_float64():
    from planish.graph.node import numbers_are

    with numbers_are("f64"):
        x, w = primitives.input_("x", (3,)), primitives.parameter("w", (3,))
        loss = primitives.reduce_sum(primitives.multiply(x, w), (0,))
        (gradient,) = gradients(primitives.batch_sum(loss), [w])
        graph = Graph.build({"loss": loss}, {name_of(w): gradient})
    x = np.random.default_rng(0).random((9, 3))
    seen = []
    program = compile(graph, {"x": x.dtype}, training=True, max_batch=9, blocks=(COUNT, COUNT))
    weights, loss = {"w": np.ones(3)}, np.zeros(9)
    share = Share(COUNT, 0, COUNT, 9, 9, lambda bucket, sums: seen.append(bucket.dtype))
    TrainingExecutable(program).run_share(weights, {"x": x}, np.arange(9), {}, {"loss": loss}, share)
    np.testing.assert_allclose(weights["w"], x.sum(axis=0), rtol=1e-14)
    assert seen == [np.dtype(np.float64)]
