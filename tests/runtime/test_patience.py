"""More threads than processors: who waits at a barrier gives its processor away at once."""

import numpy as np

from planish import ops
from planish.codegen import steps
from planish.graph.graph import Graph
from planish.runtime import executable
from planish.runtime.executable import TrainingExecutable
from planish.runtime.threads import get_num_threads, set_num_threads, usable_cpus


def patience_of(threads, monkeypatch):
    """What a run with that many threads tells its program."""
    seen = []

    def run_watched(work, count, watch, stop, seconds):
        seen.append(count)

    x = ops.input_("x", (3,))
    graph = Graph.build({}, {"w": ops.add(ops.parameter("w", (3,)), ops.batch_sum(x))})
    made = TrainingExecutable(graph, {"x": np.dtype(np.float32)}, 512)
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
    (sync,) = [buffer for buffer in buffers if buffer.nbytes == steps.SYNC_NBYTES]
    assert seen == [threads]
    return int(sync.view(np.int64)[steps.PATIENCE // 8])


def test_patience(monkeypatch):
    assert patience_of(usable_cpus(), monkeypatch) == steps.SPINS
    assert patience_of(usable_cpus() + 1, monkeypatch) == 0
