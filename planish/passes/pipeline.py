"""The passes in their order, and nothing else."""

from __future__ import annotations

import time
from collections.abc import Callable

from planish.graph.graph import Graph
from planish.graph.node import numbers_are
from planish.passes.exploit_pool_sparsity import exploit_pool_sparsity
from planish.passes.fold_channel_scale import fold_channel_scale
from planish.passes.fuse_conv_pool import fuse_conv_pool
from planish.passes.fuse_elementwise import fuse_elementwise
from planish.passes.move_pool_first import move_pool_first
from planish.passes.nest_concatenations import nest_concatenations
from planish.passes.recorder import Recorder
from planish.passes.rewrite_input_gradients import rewrite_input_gradients
from planish.passes.separate_padding import separate_padding
from planish.passes.share_equal_nodes import share_equal_nodes
from planish.passes.simplify import simplify
from planish.passes.sum_images_first import sum_images_first

Pass = Callable[[Graph], Graph]

PASSES: tuple[Pass, ...] = (
    simplify,
    fold_channel_scale,
    exploit_pool_sparsity,
    rewrite_input_gradients,
    move_pool_first,
    fuse_conv_pool,
    separate_padding,
    sum_images_first,
    share_equal_nodes,
    nest_concatenations,
    fuse_elementwise,
)


def run(graph: Graph, recorder: Recorder | None = None) -> Graph:
    """The graph after all passes; each is recorded."""
    for step in PASSES:
        started = time.perf_counter()
        with numbers_are(graph.numbers):
            after = step(graph)
        if recorder is not None:
            recorder.add(step.__name__, graph, after, time.perf_counter() - started)
        graph = after
    return graph
