"""Random graphs through every pass and the lowering to kernels: they mean the same after each of them."""

import pytest

from planish.codegen.llvm.target import make_target
from planish.codegen.planning.lowering import lower
from planish.graph.printer import print_graph
from planish.passes.pipeline import PASSES, run
from planish.passes.recorder import Recorder
from tests.passes.random_graphs import random_inference, random_training
from tests.passes.support import check_same

TARGETS = [make_target(name, "x86_64-unknown-linux-gnu") for name in ("avx512", "x86-64")]


def check_every_pass(graph, seed):
    recorder = Recorder()
    optimized = run(graph, recorder)
    assert [record.name for record in recorder.runs] == [step.__name__ for step in PASSES]
    for record in recorder.runs:
        check_same(graph, record.after, name=f"{record.name}, seed {seed}")
    for target in TARGETS:
        for gathered in (False, True):
            lowered = lower(optimized, target, {"x": "float32"}, training=gathered).graph
            check_same(graph, lowered, name=f"lower for {target.name}, seed {seed}")


@pytest.mark.parametrize("seed", range(60))
def test_inference(seed):
    check_every_pass(random_inference(seed), seed)


@pytest.mark.parametrize("seed", range(40))
def test_training(seed):
    check_every_pass(random_training(seed), seed)


@pytest.mark.parametrize("made", [random_inference, random_training])
def test_passes_settle(made):
    """What is optimized already stays as it is, to the letter."""
    for seed in range(40):
        once = run(made(seed))
        assert print_graph(run(once)) == print_graph(once), f"seed {seed}"
