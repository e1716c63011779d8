"""3x3 convolutions by Winograd's method, beside the interpreter's direct sums."""

import itertools
from dataclasses import replace

import pytest

from planish import primitives
from planish.autodiff import gradients
from planish.codegen.llvm import target as target_module
from planish.codegen.llvm.target import ASSUMED, Caches, current_target, make_target
from planish.codegen.pieces import winograd_plan as plan
from planish.codegen.pieces.kernel import spec_of
from planish.codegen.planning.candidate import Problem, decide
from planish.codegen.planning.candidates import CANDIDATES
from planish.codegen.planning.lowering import lower
from planish.graph.graph import Graph
from planish.passes import pipeline
from planish.primitives.registry import make
from planish.primitives.rewritten.conv2d_pool import Conv2DPoolSettings
from planish.primitives.rewritten.fused import base_of
from planish.primitives.windows import NO_PADDING
from planish.primitives.winograd import method
from planish.runtime import programs
from tests.codegen.support import Case, on_every_target, prefer

SAME = ((1, 1), (1, 1))


@pytest.fixture
def tiles(monkeypatch):
    """Has every convolution that can be computed with tiles of a size be computed with them, whether it pays or not."""

    def prefer(tile, stride=1):
        name = f"Winograd F({tile}x{tile}, 3x3)" if stride == 1 else f"Winograd F({tile}x{tile}, 3x3/{stride})"
        for operation in ("conv2d", "conv2d_pool"):
            rows = [
                replace(row, cycles=lambda problem: 0.0) if row.method == name else row for row in CANDIDATES[operation]
            ]
            monkeypatch.setitem(CANDIDATES, operation, rows)

    return prefer


@on_every_target
@pytest.mark.parametrize(("rows", "columns"), [(3, 3), (4, 5), (5, 4), (6, 6), (9, 8), (3, 10)])
def test_maps_of_even_and_odd_extents(target, tiles, rows, columns):
    tiles(2)
    case = Case()
    x = case.input(rows, columns, 17)
    case.output(primitives.conv2d(x, case.weight(3, 3, 17, 19)))
    case.output(
        primitives.relu(primitives.add(primitives.conv2d(x, case.weight(3, 3, 17, 16), padding=SAME), case.weight(16)))
    )
    case.check(4e-6)


@on_every_target
@pytest.mark.parametrize("channels", [1, 12, 17, 33])
@pytest.mark.parametrize("tile", [2, 4])
def test_channels_that_straddle_vectors(target, tiles, channels, tile):
    tiles(tile)
    case = Case()
    x = case.input(5, 6, channels)
    for filters in (3, 12, 33):
        case.output(primitives.conv2d(x, case.weight(3, 3, channels, filters), padding=SAME))
    assert tiles_of(case, training=tile == 4) == [tile] * 3
    case.check(4e-6, training=tile == 4)


@on_every_target
@pytest.mark.parametrize(("rows", "columns"), [(4, 4), (5, 6), (6, 5), (7, 7)])
def test_pooled(target, tiles, rows, columns):
    tiles(2)
    case = Case()
    x = case.input(rows, columns, 16)
    y = primitives.relu(primitives.add(primitives.conv2d(x, case.weight(3, 3, 16, 18)), case.weight(18)))
    case.output(primitives.max_pool2d(y, (2, 2), (2, 2)))
    case.output(primitives.max_pool2d(primitives.conv2d(x, case.weight(3, 3, 16, 33), padding=SAME), (2, 2), (2, 2)))
    case.check(4e-6)


# Tiles of 4 x 4 round more: the largest error is 3e-6 of the largest output for 128 channels (see ops/winograd.py), and
# what stands here is for fewer channels.
LARGE_TILES = 4e-6


@pytest.fixture
def heavy(monkeypatch):
    """All weights are taken for more than the second level of the cache keeps."""
    monkeypatch.setattr(plan, "KEPT_OF_L2", 0)
    monkeypatch.setattr(programs, "_COMPILED", {})


@on_every_target
@pytest.mark.parametrize("tile", [2, 4])
@pytest.mark.parametrize("work", [0, 0.5])
def test_weights_that_are_read_once_for_many_tiles(target, tiles, heavy, monkeypatch, tile, work):
    """Tiles whose number is known when the kernel runs, of which blocks of every size are left."""
    monkeypatch.setattr(plan, "WORK_OF_L2", work)
    monkeypatch.setattr(plan, "WORK_OF_L3", 0)
    tiles(tile)
    case = Case(images=2)
    for rows, columns, channels, filters in ((17, 27, 20, 21), (29, 31, 9, 43), (3, 2, 17, 100)):
        case.output(
            primitives.conv2d(case.input(rows, columns, channels), case.weight(3, 3, channels, filters), padding=SAME)
        )
    case.check(LARGE_TILES)


def tiles_of(case, *, training):
    """The tile of each Winograd convolution of the case's program, if it trains or not."""
    dtypes = dict.fromkeys(case.inputs, "float32")
    lowered = lower(pipeline.run(Graph.build(case.outputs)), current_target(), dtypes, training=training).graph
    specs = [spec_of(node) for node in lowered.nodes]
    return [spec.settings.tile for spec in specs if spec.op == "conv2d_winograd"]


@on_every_target
@pytest.mark.parametrize("window", [(1, 1), (2, 2), (4, 2), (1, 4)])
@pytest.mark.parametrize(("rows", "columns"), [(10, 10), (13, 9), (7, 18)])
def test_large_tiles(target, tiles, rows, columns, window):
    """Whole tiles, and such with one to three rows and columns, or windows, at the edges."""
    tiles(4)
    case = Case()
    x = case.input(rows + 2, columns + 2, 18)
    for filters in (17, 32):
        y = primitives.relu(primitives.add(primitives.conv2d(x, case.weight(3, 3, 18, filters)), case.weight(filters)))
        case.output(y if window == (1, 1) else primitives.max_pool2d(y, window, window))
    assert tiles_of(case, training=True) == [4, 4]
    case.check(LARGE_TILES, training=True)


@on_every_target
def test_large_tiles_in_more_than_one_go(target):
    case = Case(images=1)
    x = case.input(35, 31, 33)
    case.output(primitives.conv2d(x, case.weight(3, 3, 33, 65), padding=SAME))
    assert tiles_of(case, training=True) == [4]
    assert tiles_of(case, training=False) == [4]
    case.check(LARGE_TILES, training=True)
    case.check(LARGE_TILES)


@on_every_target
def test_gradient_through_large_tiles(target, tiles):
    """Convolutions forward and back, and the places of maxima beside them."""
    tiles(4)
    case = Case()
    x, first, second = case.input(14, 14, 16), case.weight(3, 3, 16, 17), case.weight(3, 3, 17, 18)
    y = primitives.conv2d(primitives.relu(primitives.conv2d(x, first, padding=SAME)), second, padding=SAME)
    y = primitives.multiply(primitives.max_pool2d(y, (2, 2), (2, 2)), case.input(7, 7, 18))
    for gradient in gradients(primitives.batch_sum(primitives.reduce_sum(y, (0, 1, 2))), [first, second]):
        case.output(gradient)
    assert tiles_of(case, training=True) == [4, 4]
    case.check(LARGE_TILES)


BORDERS = (NO_PADDING, SAME, ((0, 1), (0, 1)), ((1, 0), (0, 2)))  # Keras has the zeros behind if they are uneven


@on_every_target
@pytest.mark.parametrize("tile", [2, 3])
def test_strides_of_two(target, tiles, tile):
    """Maps of even and odd extents, tiles that the lower and right edges cut to one or two rows and columns, channels
    that straddle vectors, and what a residual block does to the results."""
    tiles(tile, 2)
    case, vector = Case(images=2), current_target().lanes
    for place, (rows, columns, channels, filters) in enumerate((
        (3, 3, 1, 3), (3, 8, 5, 12), (7, 4, 17, 33), (9, 10, vector, vector), (13, 23, 33, 20),
    )):  # fmt: skip
        x, w = case.input(rows, columns, channels), case.weight(3, 3, channels, filters)
        y = primitives.conv2d(x, w, (2, 2), BORDERS[place % 4])
        case.output(y)
        other = case.input(*y.shape)
        case.output(primitives.relu(primitives.add(primitives.add(y, case.weight(filters)), other)))
    assert tiles_of(case, training=False) == [tile] * 5
    case.check(2e-6)


@on_every_target
@pytest.mark.parametrize(("tile", "windows"), [(2, ((2, 2), (1, 2))), (3, ((3, 3), (3, 1)))])
@pytest.mark.parametrize("training", [False, True])
def test_strides_of_two_in_front_of_maxima(target, tiles, tile, windows, training):
    """In training with the places of the maxima, by which the gradients are found."""
    tiles(tile, 2)
    case = Case()
    for window in windows:
        x, w = case.input(13, 17, 12), case.weight(3, 3, 12, 18)
        y = primitives.max_pool2d(primitives.conv2d(x, w, (2, 2)), window, window)
        if training:
            y = primitives.multiply(y, case.input(*y.shape))
            case.output(*gradients(primitives.batch_sum(primitives.reduce_sum(y, (0, 1, 2))), [w]))
        else:
            case.output(y)
    assert tiles_of(case, training=training) == [tile] * 2
    case.check(4e-6)


@on_every_target
@pytest.mark.parametrize("tile", [2, 3])
def test_weights_for_strides_of_two_that_are_read_once_for_many_tiles(target, tiles, heavy, monkeypatch, tile):
    monkeypatch.setattr(plan, "WORK_OF_L3", 0)
    tiles(tile, 2)
    case = Case(images=2)
    for rows, columns, channels, filters in ((29, 55, 20, 21), (5, 4, 17, 100)):
        case.output(
            primitives.conv2d(case.input(rows, columns, channels), case.weight(3, 3, channels, filters), (2, 2), SAME)
        )
    case.check(2e-6)


@pytest.mark.parametrize("channels", [16, 64, 256])
@pytest.mark.parametrize("tile", [2, 3])
def test_strides_of_two_round_no_more_than_direct_sums(tiles, monkeypatch, tile, channels):
    """Within a third: which of the two is nearer to the exact sums is chance."""
    case = Case(images=4)
    case.output(primitives.conv2d(case.input(13, 13, channels), case.weight(3, 3, channels, 24), (2, 2)))
    (exact,), errors = case.expected().values(), []
    for direct in (True, False):
        monkeypatch.setattr(programs, "_COMPILED", {})
        if direct:
            prefer(monkeypatch, "conv2d", "conv2d_panels")
        else:
            tiles(tile, 2)
            assert tiles_of(case, training=False) == [tile]
        (found,) = case.computed().values()
        errors.append(abs(found - exact).max() / abs(exact).max())
    assert errors[1] < 4 / 3 * errors[0]


@pytest.mark.parametrize(
    ("shape", "window", "channels", "tile"),
    [
        ((16, 16), (1, 1), 64, 4),
        ((5, 5), (2, 2), 32, 4),  # 9 * 36 products are fewer than 25 * 16
        ((6, 6), (1, 1), 64, 2),  # as many of them, and the transforms cost more
        ((2, 2), (1, 1), 128, None),  # 590 kB of weights are read for four pixels, 1 MB if they are transformed
        ((4, 4), (1, 1), 256, 2),  # 9 MB of weights would be read for one tile
        ((6, 6), (4, 4), 16, 4),  # only a tile of 4 has whole windows
    ],
)
def test_the_faster_tile(shape, window, channels, tile):
    rows, columns = (extent * size + 2 for extent, size in zip(shape, window, strict=True))
    operands = primitives.input_("x", (rows, columns, channels)), primitives.parameter("w", (3, 3, channels, channels))
    settings = Conv2DPoolSettings(strides=(1, 1), dilation=(1, 1), groups=1, padding=NO_PADDING, window=window)
    node, target = make("conv2d_pool", operands, settings), make_target("avx512", "x86_64-linux-gnu")

    def method(*, training):
        return decide(Problem(node, target, training), CANDIDATES["conv2d_pool"]).candidate.method

    assert method(training=True) == (f"Winograd F({tile}x{tile}, 3x3)" if tile else "direct")
    assert method(training=False) == method(training=True)


@pytest.mark.parametrize(
    ("side", "channels", "methods"),
    [
        (7, 512, ("Winograd F(4x4, 3x3)", "Winograd F(2x2, 3x3)")),  # 38 MB of weights for four tiles, or 17 for 16
        (14, 256, ("Winograd F(4x4, 3x3)", "Winograd F(4x4, 3x3)")),
        (2, 512, ("direct", "direct")),
    ],
)
def test_weights_from_memory_take_their_time(side, channels, methods):
    """If those of all layers do not stay in the cache from one image to the next."""
    x, w = primitives.input_("x", (side, side, channels)), primitives.parameter("w", (3, 3, channels, channels))
    node, target = primitives.conv2d(x, w, padding=SAME), make_target("avx2", "x86_64-linux-gnu")
    (node,) = (each for each in pipeline.run(Graph.build({"y": node})).nodes if each.op == "conv2d")
    found = [
        decide(Problem(node, target, False, from_memory), CANDIDATES["conv2d"]).candidate.method
        for from_memory in (False, True)
    ]
    assert tuple(found) == methods


@pytest.mark.parametrize(("others", "tile"), [(1, 4), (4 * 2**20, 2)])
def test_weights_of_all_layers_say_whether_they_stay(others, tile):
    x, w = primitives.input_("x", (7, 7, 512)), primitives.parameter("w", (3, 3, 512, 512))
    y = primitives.dense(primitives.input_("z", (others,)), primitives.parameter("v", (others, 1)))
    graph = pipeline.run(Graph.build({"x": primitives.conv2d(x, w, padding=SAME), "y": y}))
    target = make_target("avx2", "x86_64-linux-gnu")
    lowered = lower(graph, target, {"x": "float32", "z": "float32"}, training=False).graph
    assert [spec_of(node).settings.tile for node in lowered.nodes if base_of(node) == "conv2d_winograd"] == [tile]


@pytest.mark.parametrize(("tile", "stride"), [(2, 1), (4, 1), (3, 2)])
def test_sizes_of_caches_change_no_bit(monkeypatch, tiles, tile, stride):
    """Cut otherwise, by machines that have smaller and larger ones."""
    tiles(tile, stride)
    case = Case(images=1)
    x = case.input(21 * stride, 30 * stride, 40)
    case.output(primitives.conv2d(x, case.weight(3, 3, 40, 41), (stride, stride), SAME))
    found, cuts = set(), set()
    for caches in (Caches(2**12, 2**21), Caches(2**16, 2**27), ASSUMED):
        monkeypatch.setattr(target_module, "own_caches", lambda caches=caches: caches)
        cuts.add(plan.cut_map((21, 30), (1, 1), method(tile, stride), (40, 41), current_target()))
        found.add(case.computed()["y0"].tobytes())
    assert len(found) == 1 < len(cuts)


def test_heavy_weights_are_read_few_times():
    """Once for all tiles if they have room, or for those of a grain."""
    target = make_target("avx2", "x86_64-linux-gnu")
    larger = target._replace(caches=Caches(2**19, 2**25))
    once = plan.cut_map((28, 28), (1, 1), method(4), (128, 128), larger)
    assert (once.grain, once.at_once, once.tiles) == (13, 49, 49)
    grains = plan.cut_map((14, 14), (1, 1), method(4), (256, 256), target)
    assert (grains.at_once, grains.by_panel) == (16, True)
    assert plan.cut_map((28, 28), (1, 1), method(4), (512, 512), target).by_panel
    assert not plan.cut_map((32, 32), (1, 1), method(4), (512, 512), target).by_panel
    few = plan.cut_map((8, 8), (1, 1), method(4), (128, 128), target)
    assert (few.by_panel, few.fetches, grains.fetches) == (True, False, True)
    light = plan.cut_map((56, 56), (1, 1), method(4), (64, 64), target)
    assert (light.at_once, light.grain, light.heavy) == (6, 6, False)


@pytest.mark.parametrize(("instructions", "widths"), [("avx2", [2, 3, 2, 3]), ("avx512", [4, 4, 4, 4])])
def test_panels_are_as_wide_as_blocks_of_so_many_tiles_need(instructions, widths):
    """With 16 registers, four tiles are two blocks beside three vectors of filters, and one beside two."""
    target = make_target(instructions, "x86_64-linux-gnu")
    assert [plan.panels_of(30 * target.lanes, at_once, target)[0] for at_once in (4, 6, 16, 36)] == widths
    assert plan.panels_of(7 * target.lanes + 1, 6, target) == plan.cut(8, widths[1])


def test_tiles_cover_the_map():
    target = make_target("avx2", "x86_64-linux-gnu")
    whole = plan.cut_map((5, 9), (2, 1), method(4), (16, 16), target)
    assert (whole.rows, whole.columns, whole.last) == (3, 3, (2, 1))
    assert (whole.tiles, whole.at_once) == (9, 6)  # and the other three
    assert plan.cut_map((64, 64), (1, 1), method(4), (48, 48), target).at_once == plan.AT_ONCE
    assert plan.cut_map((64, 64), (1, 1), method(2), (16, 16), target).at_once == plan.AT_ONCE
    assert plan.cut_map((64, 64), (1, 1), method(2), (8, 8), target).at_once == 2 * plan.AT_ONCE  # all in L1


@pytest.mark.parametrize("extent", [7, 12, 16, 19, 25, 36, 61, 64])
def test_threads_that_share_an_image_have_code_for_every_number_of_tiles(extent):
    """Whichever grains a thread takes, so many at once."""
    whole = plan.cut_map((extent, 16), (1, 1), method(4), (32, 32), make_target("avx2", "x86_64"))
    grains = range(0, whole.tiles, whole.grain)
    assert not whole.by_panel
    assert len(grains) > 1
    for start, end in itertools.combinations([*grains, whole.tiles], 2):
        found = {min(whole.at_once, end - first) for first in range(start, end, whole.at_once)}
        assert found <= set(whole.counts)


def kernels_of(node):
    target = current_target()
    lowered = lower(pipeline.run(Graph.build({"y": node})), target, {"x": "float32"}, training=False).graph
    return {base_of(part) for part in lowered.nodes}


@pytest.mark.parametrize(
    ("kernel", "settings", "used"),
    [
        ((3, 3, 16, 16), {}, True),
        ((3, 3, 12, 12), {}, True),  # DenseNet's growth
        ((3, 3, 3, 16), {}, False),  # of an image: transforms cost more than the multiplications that they save
        ((3, 2, 16, 16), {}, False),
        ((3, 3, 64, 64), {"strides": (2, 2)}, True),
        ((3, 3, 3, 16), {"strides": (2, 2)}, False),
        ((3, 3, 16, 16), {"strides": (3, 3)}, False),
        ((3, 3, 16, 16), {"strides": (2, 1)}, False),
        ((3, 3, 16, 16), {"dilation": (1, 2)}, False),
        ((3, 3, 16, 32), {"groups": 2}, False),
    ],
)
def test_where_it_is_used(kernel, settings, used):
    x = primitives.input_("x", (17, 17, kernel[2] * settings.get("groups", 1)))
    found = kernels_of(primitives.conv2d(x, primitives.parameter("w", kernel), **settings))
    assert ("conv2d_winograd" in found) is used
    assert ("conv2d_panels" in found) is not used
