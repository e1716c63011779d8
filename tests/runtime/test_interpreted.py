"""The interpreted executables keep the promises of the compiled ones."""

import numpy as np
import pytest

from planish import primitives
from planish.graph.graph import Graph
from planish.runtime import interpreted
from planish.runtime.interpreted import InterpretedInference, InterpretedTraining

F32 = np.dtype(np.float32)


def scaling():
    """y = 2 x, for images of three numbers."""
    return Graph.build({"y": primitives.multiply(primitives.input_("x", (3,)), primitives.parameter("w", ()))})


def descent():
    """w moves by rate * (the mean of x over the batch); the sum of w is an output of every step."""
    x, w = primitives.input_("x", (3,)), primitives.parameter("w", (3,))
    mean = primitives.divide(primitives.batch_sum(x), primitives.batch_size())
    moved = primitives.add(w, primitives.multiply(primitives.scalar("rate"), mean))
    return Graph.build({"y": primitives.multiply(x, 2.0), "total": primitives.reduce_sum(w, (0,))}, {"w": moved})


@pytest.mark.parametrize("count", [0, 1, 255, 256, 257, 600])
def test_inference_of_any_number_of_images(count):
    x = np.arange(3.0 * count).reshape(count, 3)
    y = np.full((count, 3), np.nan, np.float32)
    program = InterpretedInference(scaling(), {"x": x.dtype})
    program.run({"w": np.float32(2)}, {"x": x}, {"y": y}, count, version=1)
    np.testing.assert_array_equal(y, (2 * x).astype(np.float32))


def test_inference_reads_any_element_type():
    y = np.empty((2, 3), np.float32)
    for dtype in ("u1", "i8", "f2", "?"):
        x = np.ones((2, 3), dtype)
        InterpretedInference(scaling(), {"x": x.dtype}).run({"w": np.float32(2)}, {"x": x}, {"y": y}, 2, version=1)
        assert (y == 2).all()


def test_a_graph_that_sums_over_the_batch_sees_all_of_it():
    graph = Graph.build(
        {"y": primitives.add(primitives.multiply(primitives.input_("x", ()), 0.0), primitives.batch_size())}
    )
    y = np.empty(600, np.float32)
    InterpretedInference(graph, {"x": F32}).run({}, {"x": np.zeros(600, np.float32)}, {"y": y}, 600, version=1)
    assert (y == 600).all()


def run_steps(order, batch_size, progress=None):
    w = np.zeros(3, np.float32)
    x = np.arange(15, dtype=np.float32).reshape(5, 3)
    steps = -(-len(order) // batch_size)
    y, totals = np.empty((len(order), 3), np.float32), np.empty(steps, np.float32)
    rates = np.arange(1, steps + 1, dtype=np.float32)
    program = InterpretedTraining(descent(), {"x": F32}, batch_size)
    outputs = {"y": y, "total": totals}
    order = np.array(order, np.int64)
    done = program.run({"w": w}, {"x": x}, order, batch_size, {"rate": rates}, outputs, progress=progress)
    return x, w, y, totals, done


def test_steps_visit_rows_in_order_and_update_in_place():
    x, w, y, totals, done = run_steps([4, 0, 1, 3, 3], 2)
    assert done == 3
    np.testing.assert_array_equal(y, 2 * x[[4, 0, 1, 3, 3]])
    moves = [1 * x[[4, 0]].mean(0), 2 * x[[1, 3]].mean(0), 3 * x[[3]].mean(0)]
    np.testing.assert_allclose(w, sum(moves))
    np.testing.assert_allclose(totals, [0, moves[0].sum(), (moves[0] + moves[1]).sum()])


def test_progress_is_told_and_may_end_the_run():
    seen = []

    def progress(steps):
        seen.append(steps)
        if steps == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_steps([0, 1, 2, 3, 4], 1, progress)
    assert seen == [1, 2]


def test_a_step_that_is_interrupted_while_writing_is_written_as_a_whole(monkeypatch):
    class Interrupting(dict):
        """Raises once, after the first value was read."""

        interrupted = False

        def items(self):
            for number, item in enumerate(super().items()):
                if number == 1 and not self.interrupted:
                    self.interrupted = True
                    raise KeyboardInterrupt
                yield item

    parameters = {name: np.zeros(2, np.float32) for name in "ab"}
    updates = Interrupting({name: np.ones(2, np.float32) for name in "ab"})
    with pytest.raises(KeyboardInterrupt):
        interpreted.InterpretedTraining._write(parameters, updates)
    assert all((array == 1).all() for array in parameters.values())
