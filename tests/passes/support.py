"""What tests of passes share: a pass keeps what a graph means, and leaves it well formed."""

import numpy as np

from planish.graph.graph import Graph
from planish.graph.printer import print_graph
from planish.graph.settings import name_of
from planish.graph.verifier import verify
from planish.primitives.interpreter import interpret
from planish.primitives.registry import result_type

IMAGES = 2


def bindings_of(graph, seed=0, images=IMAGES):
    """A value for every leaf."""
    generator = np.random.default_rng(seed)
    leaves = [node for node in graph.nodes if node.op in ("input", "parameter", "scalar")]
    shapes = {name_of(node): (images,) * node.batched + node.shape for node in leaves}
    return {name: generator.standard_normal(shape) for name, shape in shapes.items()}


def check_same(before, after, *, name="pass", seed=0, tolerance=1e-9):
    """Both graphs are well formed and give the same results."""
    verify(before, result_type)
    verify(after, result_type, after=name)
    bindings = bindings_of(before, seed)
    right, found = (interpret(graph, bindings, batch_size=IMAGES, dtype=np.float64) for graph in (before, after))
    for kind in ("outputs", "updates"):
        expected, results = getattr(right, kind), getattr(found, kind)
        assert list(expected) == list(results)
        for result, value in expected.items():
            scale = np.abs(value[np.isfinite(value)]).max(initial=1.0)
            np.testing.assert_allclose(results[result], value, rtol=0, atol=tolerance * scale, err_msg=result)


def after(rewrite, node, *more):
    """The text of a graph after a pass, which keeps its meaning; without layers."""
    before = Graph.build({f"y{place}": result for place, result in enumerate((node, *more))})
    changed = rewrite(before)
    check_same(before, changed)
    return print_graph(changed, comments=False)


def operations(text):
    """Names of the operations in a printed graph, in their order."""
    return [line.split(" = ")[1].split("[")[0].split()[0] for line in text.splitlines() if line.startswith("%")]
