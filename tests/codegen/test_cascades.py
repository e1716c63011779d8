"""Convolutions that are computed together, band by band: the bits of those that are computed one after the other."""

import numpy as np
import pytest

from planish import primitives
from planish.codegen.kernels import kernel_for
from planish.codegen.llvm.target import current_target, make_target
from planish.codegen.planning import cascades, cutting
from planish.codegen.planning.cascades import cascades_of
from planish.codegen.planning.listing import print_loops
from planish.codegen.planning.plan import Request, make_plan
from planish.graph.graph import Graph
from planish.graph.node import numbers_are
from planish.graph.settings import name_of
from planish.runtime import programs
from tests.codegen import emulated
from tests.codegen.support import Case as Values
from tests.codegen.support import on_every_target
from tests.codegen.test_few_images import Shared, check_case

AVX2 = make_target("avx2", "x86_64-unknown-linux-gnu")

# shape of the map, kernel, strides, border, dilation
SETTINGS = [
    ((11, 9), (3, 3), (1, 1), ((1, 1), (1, 1)), (1, 1)),
    ((12, 10), (3, 3), (2, 2), ((0, 1), (0, 1)), (1, 1)),
    ((9, 8), (5, 5), (1, 1), ((2, 2), (2, 2)), (1, 1)),
    ((13, 8), (5, 4), (2, 1), ((0, 0), (1, 2)), (1, 1)),
    ((12, 11), (3, 3), (1, 1), ((2, 2), (3, 3)), (2, 3)),
    ((19, 12), (2, 2), (3, 2), ((0, 0), (0, 0)), (1, 1)),
    ((7, 8), (1, 3), (1, 1), ((0, 0), (1, 1)), (1, 1)),
    ((5, 8), (3, 3), (1, 1), ((7, 9), (1, 1)), (1, 1)),
]  # fmt: skip


def block(x, case, wide, filters, setting=SETTINGS[0], *, multiplier=1):
    """Wider, each channel by itself, narrower: with biases and maxima of 6 behind them."""
    _, kernel, strides, border, dilation = setting
    y = _clipped(primitives.conv2d(x, case.weight(1, 1, x.shape[2], wide)), case.weight(wide))
    own = case.weight(*kernel, 1, wide * multiplier)
    y = _clipped(primitives.conv2d(y, own, strides, border, dilation, groups=wide), case.weight(wide * multiplier))
    return primitives.add(primitives.conv2d(y, case.weight(1, 1, wide * multiplier, filters)), case.weight(filters))


def _clipped(y, bias):
    return primitives.minimum(primitives.relu(primitives.add(y, bias)), 6.0)


def plan_of(outputs, target=None, *, training=False):
    graph = Graph.build(outputs)
    dtypes = {name_of(node): str(node.type.dtype).replace("f", "float") for node in graph.leaves("input")}
    return make_plan(Request(graph, dtypes, target or current_target(), training, 8 if training else 0))


def found_in(outputs):
    """The operations of each cascade of the program."""
    return [
        [plan.storage.layouts.spec_of(node).op for node in each.nodes]
        for plan in [plan_of(outputs)]
        for stage in plan.stages
        for each in stage.cascades
    ]


@pytest.fixture
def everywhere(monkeypatch):
    """Wherever there can be bands, of few rows; many threads compute all of it."""
    monkeypatch.setattr(cascades, "gain", lambda each, target: len(each.nodes))
    monkeypatch.setattr(cutting, "gain", lambda each, target: 1)
    monkeypatch.setattr(cascades, "FEWEST_NBYTES", 0)
    monkeypatch.setattr(cascades, "BAND_NBYTES", 40_000)
    monkeypatch.setattr(cutting, "FEWEST_CYCLES", 0)
    monkeypatch.setattr(cutting, "MANY_PIECES", 1)
    monkeypatch.setattr(programs, "_COMPILED", {})


def check_bits(case, monkeypatch):
    """Those of any number of threads, and those without bands."""
    check_case(case)
    graph = Graph.build(case.outputs)
    inside = Shared(graph, case.inputs, case.parameters).alone()
    with monkeypatch.context() as patch:
        patch.setattr(cascades, "gain", lambda each, target: 0)
        patch.setattr(programs, "_COMPILED", {})
        assert Shared(graph, case.inputs, case.parameters).alone() == inside


WHOLE = ["conv2d_panels", "pad2d", "conv2d_depthwise", "conv2d_panels"]


@on_every_target
@pytest.mark.parametrize("setting", SETTINGS)
def test_bands_have_the_bits_of_whole_maps(target, setting, everywhere, monkeypatch):
    case = Values(images=2)
    case.output(block(case.input(*setting[0], 16), case, 96, 24, setting))
    (found,) = found_in(case.outputs)
    padded = any(map(any, setting[3]))
    expected = WHOLE if padded else [op for op in WHOLE if op != "pad2d"]
    assert found == expected or (emulated.WANTED and found == expected[:-1])  # tiles there may reach over several rows
    check_bits(case, monkeypatch)


@on_every_target
@pytest.mark.parametrize(("channels", "wide", "filters"), [(16, 67, 33), (17, 96, 24), (24, 144, 25)])
def test_channels_that_fill_no_vector(target, channels, wide, filters, everywhere, monkeypatch):
    case = Values(images=3)
    case.output(block(case.input(11, 9, channels), case, wide, filters))
    assert found_in(case.outputs) == [WHOLE]
    check_bits(case, monkeypatch)


def test_residual_sums_read_the_whole_map(everywhere, monkeypatch):
    case = Values(images=2)
    x = primitives.tanh(case.input(11, 9, 24))
    case.output(primitives.tanh(primitives.add(x, block(x, case, 96, 24))))
    assert found_in(case.outputs) == [WHOLE]
    check_bits(case, monkeypatch)


def test_what_a_cascade_gives_is_not_written_where_it_still_reads(everywhere, monkeypatch):
    """Its input is read to the last band, and is needed no more afterwards."""
    case = Values(images=2)
    x = case.input(11, 9, 24)
    for _ in range(3):
        x = block(primitives.tanh(x), case, 96, 24)
    case.output(primitives.reduce_mean(primitives.tanh(x), (0, 1)))
    assert found_in(case.outputs) == [WHOLE] * 3
    check_bits(case, monkeypatch)


def test_several_filters_for_a_channel(everywhere, monkeypatch):
    """The channels are repeated between the first two: bands begin behind that."""
    case = Values(images=2)
    case.output(block(case.input(11, 9, 16), case, 48, 24, multiplier=2))
    assert found_in(case.outputs) == [["conv2d_depthwise", "conv2d_panels"]]
    check_bits(case, monkeypatch)


def test_maps_that_something_else_reads_stay_whole(everywhere, monkeypatch):
    case = Values(images=2)
    wide = primitives.relu(primitives.conv2d(case.input(11, 9, 16), case.weight(1, 1, 16, 96)))
    own = primitives.relu(primitives.conv2d(wide, case.weight(3, 3, 1, 96), (1, 1), SETTINGS[0][3], groups=96))
    case.output(primitives.conv2d(own, case.weight(1, 1, 96, 24)))
    case.output(primitives.reduce_mean(wide, (0, 1)))
    assert found_in(case.outputs) == [["conv2d_depthwise", "conv2d_panels"]]
    check_bits(case, monkeypatch)
    case.output(own)
    assert found_in(case.outputs) == []


def test_a_map_with_squeeze_behind_it_is_made_in_bands_but_kept(everywhere, monkeypatch):
    case = Values(images=2)
    wide = primitives.relu(primitives.conv2d(case.input(11, 9, 16), case.weight(1, 1, 16, 96)))
    own = primitives.relu(primitives.conv2d(wide, case.weight(3, 3, 1, 96), (1, 1), SETTINGS[0][3], groups=96))
    squeezed = primitives.reshape(primitives.sigmoid(primitives.reduce_mean(own, (0, 1))), (1, 1, 96))
    case.output(primitives.conv2d(primitives.multiply(own, squeezed), case.weight(1, 1, 96, 24)))
    assert found_in(case.outputs) == [WHOLE[:3]]
    check_bits(case, monkeypatch)


def test_chains_of_single_pixels_and_single_channels(everywhere, monkeypatch):
    """As in MobileNet: what one cascade gives, the next one does not make again."""
    case = Values(images=2)
    x = case.input(11, 9, 24)
    for filters in (24, 32, 40):
        own = case.weight(3, 3, 1, x.shape[2])
        y = primitives.relu(primitives.conv2d(x, own, (1, 1), SETTINGS[0][3], groups=x.shape[2]))
        x = primitives.relu(primitives.conv2d(y, case.weight(1, 1, y.shape[2], filters)))
    case.output(x)
    nodes = [node for stage in plan_of(case.outputs).stages for each in stage.cascades for node in each.nodes]
    assert len(nodes) == len(set(nodes)) >= 6
    check_bits(case, monkeypatch)


def test_in_float64(everywhere, monkeypatch):
    with numbers_are("f64"):
        case = Values(images=2)
        case.output(block(case.input(11, 9, 16), case, 96, 24))
        graph = Graph.build(case.outputs)
        inside = Shared(graph, case.inputs, case.parameters)
        np.testing.assert_allclose(inside.outputs["y0"], case.expected()["y0"], rtol=0, atol=1e-12)
        assert inside.at_once(3) == inside.alone()


def made(side, channels, wide, filters, stride=1):
    """A block of such maps, as MobileNetV2 has them."""
    case = Values(images=0)
    border = ((1, 1), (1, 1)) if stride == 1 else ((0, 1), (0, 1))
    setting = (side, side), (3, 3), (stride, stride), border, (1, 1)
    return {"y": block(primitives.input_("x", (side, side, channels)), case, wide, filters, setting)}


def test_large_maps_are_computed_in_bands_and_small_ones_whole():
    plans = {side: plan_of(made(side, 16, 96, 24, 2), AVX2) for side in (112, 48)}
    assert {side: [len(stage.cascades) for stage in plan.stages if stage.batched] for side, plan in plans.items()} == {
        112: [1],
        48: [0],
    }
    assert "band by band" in print_loops(plans[112])


def test_large_matrices_are_not_read_for_every_band():
    plan = plan_of(made(56, 256, 512, 256), AVX2)
    assert not any(stage.cascades for stage in plan.stages)


def test_training_has_none():
    """It needs the maps between again."""
    assert not any(stage.cascades for stage in plan_of(made(112, 16, 96, 24, 2), AVX2, training=True).stages)


def test_memory_is_that_of_bands():
    plan = plan_of(made(112, 16, 96, 24, 2), AVX2)
    map_ = 4 * 113 * 113 * 96
    assert plan.storage.scratch_nbytes < map_ / 4
    assert plan.cut.storage.slot_nbytes < map_ / 4
    (each,) = [each for stage in plan.stages for each in stage.cascades]
    assert sum(each.held.values()) <= cascades.BAND_NBYTES
    spec = plan.storage.layouts.spec_of(each.depthwise)
    assert each.grains < kernel_for(spec).grains(spec, AVX2)


def test_rows_are_not_made_twice_by_many_threads_where_that_costs_more():
    """Between strides of 1, threads that share an image would make two more rows each."""
    plan = plan_of(made(96, 32, 96, 24), AVX2)
    whole = [each for stage in plan.stages for each in stage.cascades]
    shared = [each for stage in plan.cut.stages for each in stage.stage.cascades]
    assert [len(each.nodes) for each in whole] == [4]
    assert [len(each.nodes) for each in shared] == [2]
    assert cascades_of(plan.graph, plan.storage.layouts, AVX2) == whole
