"""3x3 convolutions by Winograd's method, beside the interpreter's direct sums."""

import pytest

from planish import ops
from planish.codegen.lowering import lower
from planish.codegen.target import current_target
from planish.graph.graph import Graph
from planish.passes import pipeline
from tests.codegen.support import Case, on_every_target

SAME = ((1, 1), (1, 1))


@on_every_target
@pytest.mark.parametrize(("rows", "columns"), [(3, 3), (4, 5), (5, 4), (6, 6), (9, 8), (3, 10)])
def test_maps_of_even_and_odd_extents(target, rows, columns):
    case = Case()
    x = case.input(rows, columns, 17)
    case.output(ops.conv2d(x, case.weight(3, 3, 17, 19)))
    case.output(ops.relu(ops.add(ops.conv2d(x, case.weight(3, 3, 17, 16), padding=SAME), case.weight(16))))
    case.check(4e-6)


@on_every_target
@pytest.mark.parametrize("channels", [16, 17, 31, 33])
def test_channels_that_straddle_vectors(target, channels):
    case = Case()
    x = case.input(5, 6, channels)
    for filters in (16, 17, 33):
        case.output(ops.conv2d(x, case.weight(3, 3, channels, filters), padding=SAME))
    case.check(4e-6)


@on_every_target
@pytest.mark.parametrize(("rows", "columns"), [(4, 4), (5, 6), (6, 5), (7, 7)])
def test_pooled(target, rows, columns):
    case = Case()
    x = case.input(rows, columns, 16)
    y = ops.relu(ops.add(ops.conv2d(x, case.weight(3, 3, 16, 18)), case.weight(18)))
    case.output(ops.max_pool2d(y, (2, 2), (2, 2)))
    case.output(ops.max_pool2d(ops.conv2d(x, case.weight(3, 3, 16, 33), padding=SAME), (2, 2), (2, 2)))
    case.check(4e-6)


def kernels_of(node):
    target = current_target()
    lowered = lower(pipeline.run(Graph.build({"y": node})), target, {"x": "float32"}, gathered=False)
    return {part.attributes.get("base", part.op) for part in lowered.nodes}


@pytest.mark.parametrize(
    ("kernel", "settings", "used"),
    [
        ((3, 3, 16, 16), {}, True),
        ((3, 3, 15, 16), {}, False),
        ((3, 2, 16, 16), {}, False),
        ((3, 3, 16, 16), {"strides": (2, 1)}, False),
        ((3, 3, 16, 16), {"dilation": (1, 2)}, False),
        ((3, 3, 16, 32), {"groups": 2}, False),
    ],
)
def test_where_it_is_used(kernel, settings, used):
    x = ops.input_("x", (9, 9, kernel[2] * settings.get("groups", 1)))
    found = kernels_of(ops.conv2d(x, ops.parameter("w", kernel), **settings))
    assert ("conv2d_winograd" in found) is used
    assert ("conv2d_panels" in found) is not used
