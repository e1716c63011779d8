"""Threads that wait for a stage: how long they spin, and that nobody waits for those who have nothing of it."""

import threading
import time

import numpy as np
import pytest

from planish import primitives
from planish.graph.graph import Graph
from planish.runtime import compile, executable
from planish.runtime.executable import TrainingExecutable
from planish_runtime import context_layout as layout
from planish_runtime.threads import get_num_threads, set_num_threads, usable_cpus


def patience_of(threads, monkeypatch):
    """What a run with that many threads tells its program."""
    seen = []

    def run_watched(work, count, watch, stop, seconds):
        seen.append(count)

    x = primitives.input_("x", (3,))
    graph = Graph.build({}, {"w": primitives.add(primitives.parameter("w", (3,)), primitives.batch_sum(x))})
    made = TrainingExecutable(compile(graph, {"x": np.dtype(np.float32)}, training=True, max_batch=512))
    buffers = []
    original = executable.aligned_buffer
    monkeypatch.setattr(executable, "aligned_buffer", lambda nbytes: buffers.append(original(nbytes)) or buffers[-1])
    monkeypatch.setattr(executable, "run_watched", run_watched)
    before = get_num_threads()
    try:
        set_num_threads(threads)
        made.run({"w": np.zeros(3, np.float32)}, {"x": np.ones((600, 3), np.float32)}, np.arange(600), 300, {}, {})
    finally:
        set_num_threads(before)
    (sync,) = [buffer for buffer in buffers if buffer.nbytes == layout.SYNC_NBYTES]
    assert seen == [threads]
    return int(sync.view(np.int64)[layout.PATIENCE // 8])


def test_patience(monkeypatch):
    assert patience_of(usable_cpus(), monkeypatch) == layout.SPINS
    assert patience_of(usable_cpus() + 1, monkeypatch) == 0


def trained(monkeypatch, run_watched=None):
    """The weights after 300 steps, whose threads are those of `run_watched`."""
    x = primitives.input_("x", (3,))
    w = primitives.parameter("w", (3,))
    moved = primitives.add(primitives.multiply(w, 0.5), primitives.batch_sum(primitives.multiply(x, w)))
    graph = Graph.build({}, {"w": moved})
    made = TrainingExecutable(compile(graph, {"x": np.float32}, training=True, max_batch=64))
    if run_watched is not None:
        monkeypatch.setattr(executable, "run_watched", run_watched)
    values, images = np.ones(3, np.float32), np.full((19200, 3), 0.005, np.float32)
    images += np.arange(19200, dtype=np.float32)[:, None] * 1e-8
    assert made.run({"w": values}, {"x": images}, np.arange(19200), 64, {}, {}) == 300
    return values.tobytes()


@pytest.mark.parametrize("delays", [[0.0], [0.0, 0.001], [0.002, 0.0, 0.001], [0.0, 0.5]])
def test_threads_may_come_at_any_time(delays, monkeypatch):
    """The bits are the same, and who comes when all is done goes at once."""
    expected = trained(monkeypatch)

    def run_watched(work, count, watch, stop, seconds):
        def late(number, delay):
            time.sleep(delay)
            work(number)

        threads = [threading.Thread(target=late, args=each) for each in enumerate(delays)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    before = get_num_threads()
    try:
        set_num_threads(len(delays))
        assert trained(monkeypatch, run_watched) == expected
    finally:
        set_num_threads(before)


def test_a_request_to_stop_ends_after_the_step(monkeypatch):
    """With all threads at the same step."""
    x, w = primitives.input_("x", (3,)), primitives.parameter("w", (3,))
    graph = Graph.build({}, {"w": primitives.add(w, primitives.batch_sum(x))})
    made = TrainingExecutable(compile(graph, {"x": np.float32}, training=True, max_batch=4))
    values = np.zeros(3, np.float32)
    seen = []

    def progress(done):
        seen.append(done)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        made.run(
            {"w": values},
            {"x": np.ones((4, 3), np.float32)},
            np.zeros(40_000_000, np.int64),
            4,
            {},
            {},
            progress=progress,
        )
    assert 0 < seen[-1] < 10_000_000
    assert values[0] == 4 * seen[-1]
