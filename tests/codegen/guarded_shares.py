"""Steps that ranks share, whose arrays lie against a page that must not be touched (see `guarded_programs`)."""

import numpy as np

from planish.runtime import compile
from planish.runtime.executable import TrainingExecutable
from planish.runtime.share import Share
from tests.codegen.guarded_memory import placed
from tests.codegen.support import floats


def run_shared(buffers, graph, inputs, parameters, rate=None, *, batch=None):
    """Runs steps with all arrays at the end of their pages, and then at the start: the shares of two ranks, each of
    which has half of the blocks of a batch. `buffers` says where programs work."""
    images = len(next(iter(inputs.values())))
    dtypes = {name: array.dtype for name, array in inputs.items()}
    program = compile(graph, dtypes, training=True, max_batch=batch or images, blocks=(8, 4))
    for at_end in (True, False):
        buffers(at_end)
        for first in (0, 4):
            share = Share(8, first, 4, batch or images, images, lambda bucket, sums: None)
            order = placed(share.places(), at_end=at_end)
            outputs = {name: np.zeros((len(order), *node.shape), floats()) for name, node in graph.outputs}
            own, read, results = (
                {name: placed(array, at_end=at_end) for name, array in arrays.items()}
                for arrays in (parameters, inputs, outputs)
            )
            scalars = {} if rate is None else {"rate": placed(np.full(share.steps, rate), at_end=at_end)}
            TrainingExecutable(program).run_share(own, read, order, scalars, results, share)
