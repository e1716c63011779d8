"""PyTorch's modules against what PyTorch said of them, and the ways in which a `forward` may be written."""

import pytest

import planish

from . import stand_ins
from .stand_ins import Module, conv, flatten, linear, max_pool, module, sequential


@pytest.fixture(autouse=True)
def _torch_fx(monkeypatch):
    stand_ins.install_torch_fx(monkeypatch)


@pytest.mark.parametrize(
    "case",
    [*stand_ins.cases("torch"), *stand_ins.cases("spaces")],
    ids=lambda case: "-".join(kind for kind, _ in case["modules"]),
)
def test_features_parameters_and_windows_are_pytorchs(case):
    net = sequential(*(module(kind, **settings) for kind, settings in case["modules"]))
    if case["features"] is None:
        with pytest.raises(ValueError, match=r"pooling windows|the kernel spans|the result has no pixels"):
            planish.flat_features(net, case["shape"])
        return
    assert planish.flat_features(net, case["shape"]) == case["features"]
    assert planish.shapes(net, case["shape"]).parameters == case["parameters"]
    if "window" in case:
        window = planish.flatten_map(net, input_shape=case["shape"]).receptive_field(case["index"])
        assert [[window.rows.start, window.rows.stop], [window.columns.start, window.columns.stop]] == case["window"]


class TutorialNet(Module):
    """The first network of PyTorch's tutorial: one pool, used twice, and flattened in `forward`."""

    def __init__(self, flattened):
        super().__init__(conv1=conv(3, 6, 5), pool=max_pool(2), conv2=conv(6, 16, 5), fc1=linear(400, 120))
        self.flattened = flattened

    def forward(self, t):
        x = t.module("pool", t.function("relu", t.module("conv1", t.input())))
        x = t.module("pool", t.function("relu", t.module("conv2", x)))
        t.output(t.module("fc1", self.flattened(t, x)))


FLATTENED = {
    "torch.flatten(x, 1)": lambda t, x: t.function("flatten", x, 1),
    "x.flatten(start_dim=1)": lambda t, x: t.method("flatten", x, start_dim=1),
    "x.view(-1, 400)": lambda t, x: t.method("view", x, -1, 400),
    "x.view(x.size(0), -1)": lambda t, x: t.method("view", x, t.method("size", x, 0), -1),
    "x.reshape(x.shape[0], -1)": lambda t, x: t.method("reshape", x, t.function("getitem", t.shape(x), 0), -1),
}


@pytest.mark.parametrize("flattened", FLATTENED.values(), ids=list(FLATTENED))
def test_a_forward_is_followed(flattened):
    net = TutorialNet(flattened)
    assert planish.flat_features(net, (3, 32, 32)) == 400
    assert planish.flat_features(net, (3, 64, 64)) == 2704
    names = [step.name for step in planish.shapes(net, (3, 32, 32)).steps]
    assert names[:6] == ["conv1", "relu", "pool", "conv2", "relu_1", "pool_1"]
    flat = planish.flatten_map(net, input_shape=(3, 32, 32))
    assert (flat.shape, flat.order) == ((16, 5, 5), "channels_first")
    window = flat.receptive_field(flat.index(row=1, column=2, channel=9))
    assert (window.rows, window.columns) == (slice(4, 20), slice(8, 24))


def test_functions_do_what_their_modules_do():
    def forward(t):
        x = t.function("max_pool2d", t.module("conv", t.input()), 3, stride=2, padding=1, ceil_mode=True)
        x = t.function("avg_pool2d", x, (2, 1))
        x = t.function("adaptive_avg_pool2d", x, (3, None))
        t.output(t.function("log_softmax", t.function("flatten", x, 1), dim=1))

    net = Module(conv=conv(2, 4, 3), forward=forward)
    shapes = [step.output_shape for step in planish.shapes(net, (2, 14, 11)).steps]
    assert shapes == [(4, 12, 9), (4, 7, 5), (4, 3, 5), (4, 3, 5), (60,), (60,)]


def test_the_mean_over_pixels():
    def forward(t):
        t.output(t.method("mean", t.module("conv", t.input()), [2, 3]))

    assert planish.flat_features(Module(conv=conv(2, 4, 3), forward=forward), (2, 9, 9)) == 4


class Residual(Module):
    """One of a residual network's blocks, between a convolution and a Flatten."""

    def __init__(self):
        inner = {"conv1": conv(4, 4, 3, padding=1), "conv2": conv(4, 4, (1, 3), padding=(0, 2), dilation=2)}
        super().__init__(first=conv(2, 4, 1), **inner, fc=linear(4 * 9 * 8, 3))

    def forward(self, t):
        x = t.module("first", t.input())
        t.module("conv1", x)  # the result is not used
        y = t.module("conv2", t.function("relu", t.module("conv1", x)))
        y = t.method("flatten", t.function("relu", t.function("iadd", y, x)), 1)
        t.output(t.module("fc", y))


def test_branches_that_meet_again_are_one_step():
    found = planish.shapes(Residual(), (2, 9, 8))
    assert [step.label for step in found.steps] == [
        "Conv2d 'first'",
        "iadd block 'iadd'",
        "relu 'relu_1'",
        "flatten 'flatten'",
        "Linear 'fc'",
    ]
    block = found.steps[1]
    assert block.parameters == (4 * 4 * 9 + 4) + (4 * 4 * 3 + 4)
    assert block.multiply_adds == 4 * 9 * 8 * (4 * 9 + 4 * 3)
    assert block.activation_nbytes == 4 * (4 * 9 * 8) * 4  # conv1, relu, conv2, iadd
    assert found.alternatives[0].parameters == found.parameters - 4 * 71 * 3


def test_windows_through_branches():
    flat = planish.flatten_map(Residual(), input_shape=(2, 9, 8))
    window = flat.receptive_field(flat.index(row=4, column=4, channel=0))
    assert (window.rows, window.columns) == (slice(3, 6), slice(1, 8))
    assert window.shape == (2, 9, 8)
    assert window.mask[0, 4].tolist() == [False, True, True, True, True, True, True, True]


def test_branches_joined_along_the_channels():
    def forward(t):
        x = t.input()
        y = t.function("cat", [t.module("one", x), t.module("two", x), x], dim=1)
        t.output(t.function("mul", y, t.method("mean", y, (2, 3), True)))

    net = Module(one=conv(3, 4, 1), two=conv(3, 5, 3, padding=1), forward=forward)
    features = planish.flat_features(net, (3, 6, 7))
    assert features == 12 * 6 * 7
    assert [step.label for step in features.steps] == ["cat block 'cat'", "mul block 'mul'"]


def test_adaptive_pools():
    pools = [module("AdaptiveAvgPool2d", output_size=size) for size in ((5, None), 1)]
    steps = planish.shapes(sequential(*pools), (2, 13, 4)).steps
    assert [(step.output_shape, step.arithmetic) for step in steps] == [
        ((2, 5, 4), "5 x 4 windows for 13 x 4 pixels"),
        ((2, 1, 1), "1 x 1 windows for 5 x 4 pixels"),
    ]


def test_modules_in_sequentials_are_named_by_their_path():
    net = sequential(sequential(conv(1, 4, 3), module("ReLU")), flatten(), linear(144, 5))
    assert [step.label for step in planish.shapes(net, (1, 8, 8)).steps] == [
        "Conv2d '0.0'",
        "ReLU '0.1'",
        "Flatten '1'",
        "Linear '2'",
    ]


def test_lists_of_modules():
    assert planish.flat_features([conv(1, 8, 3), max_pool(2)], (1, 28, 28)) == 8 * 13 * 13


def test_lazy_modules_find_their_sizes_out():
    lazy = module("LazyLinear", in_features=0, out_features=7, bias=True)
    assert planish.shapes(sequential(conv(0, 2, 3), flatten(), lazy), (5, 6, 6)).steps[-1].parameters == 32 * 7 + 7


def test_partial_flatten_and_unflatten():
    split = module("Unflatten", dim=1, unflattened_size=(2, -1))
    net = sequential(flatten(2), flatten(), split)
    assert [step.output_shape for step in planish.shapes(net, (6, 4, 5)).steps] == [(6, 20), (120,), (2, 60)]


def test_alternatives_in_pytorchs_words():
    net = sequential(conv(1, 4, 3), flatten(), linear(144, 10), linear(10, 2))
    others = planish.shapes(net, (1, 8, 8)).alternatives
    assert [(other.change, other.features, other.parameters) for other in others] == [
        ("nn.AdaptiveAvgPool2d(1) before nn.Flatten()", 4, 40 + 50 + 22),
        ("nn.MaxPool2d(2) before nn.Flatten()", 36, 40 + 370 + 22),
        ("nn.LazyLinear(5) for nn.LazyLinear(10)", 144, 40 + 725 + 12),
    ]


def test_a_pad_in_front_of_the_convolution_that_asks_for_it():
    net = sequential(conv(1, 2, 3, padding=1, padding_mode="reflect", _reversed_padding_repeated_twice=(1, 1, 1, 1)))
    assert [step.output_shape for step in planish.shapes(net, (1, 8, 7)).steps] == [(1, 10, 9), (2, 8, 7)]


def test_what_works_in_place_changes_its_argument():
    def forward(t):
        x = t.module("conv", t.input())
        t.function("relu", x, inplace=True)  # the result has no name: x is it
        t.output(x)

    net = Module(conv=conv(2, 4, 3), forward=forward)
    assert [step.label for step in planish.shapes(net, (2, 9, 9)).steps] == ["Conv2d 'conv'", "relu 'relu'"]


def test_gates_and_normalizations():
    def forward(t):
        x = t.module("conv", t.input())
        gate = t.function("sigmoid", t.function("adaptive_avg_pool2d", x, 1))
        t.output(t.module("norm", t.module("act", t.function("mul", x, gate))))

    norm = module("GroupNorm", num_groups=2, eps=1e-5, weight=stand_ins.Parameter(4), bias=stand_ins.Parameter(4))
    net = Module(conv=conv(2, 4, 3), norm=norm, act=module("SiLU"), forward=forward)
    found = planish.shapes(net, (2, 9, 8))
    assert [step.label for step in found.steps] == [
        "Conv2d 'conv'",
        "mul block 'mul'",
        "SiLU 'act'",
        "GroupNorm 'norm'",
    ]
    assert found.parameters == 4 * 2 * 9 + 4 + 8
    window = planish.flatten_map(sequential(conv(2, 4, 3), norm, flatten()), input_shape=(2, 9, 8)).receptive_field(0)
    assert (window.rows, window.columns) == (slice(0, 9), slice(0, 8))


def rank_of_forward(function, *arguments, shape=(6, 13, 10), **options):
    """The shape that a method gives of an image."""
    net = Module(forward=lambda t: t.output(t.method(function, t.input(), *arguments, **options)))
    return planish.shapes(net, shape).steps[-1].output_shape


def test_what_moves_numbers():
    assert rank_of_forward("permute", 0, 2, 3, 1) == (13, 10, 6)
    assert rank_of_forward("unsqueeze", 1) == (1, 6, 13, 10)
    assert rank_of_forward("squeeze", 2, shape=(6, 1, 10)) == (6, 10)
    assert rank_of_forward("repeat", 1, 2, 1, 1) == (12, 13, 10)
    assert rank_of_forward("flip", [3]) == (6, 13, 10)
    assert rank_of_forward("roll", 2, 3) == (6, 13, 10)
    assert rank_of_forward("narrow", 1, 2, 3) == (3, 13, 10)
    net = Module(
        forward=lambda t: t.output(t.function("getitem", t.input(), (slice(None), slice(1, 4), slice(None, None, 2))))
    )
    assert planish.shapes(net, (6, 13, 10)).steps[-1].output_shape == (3, 7, 10)
    net = sequential(
        module("PixelShuffle", upscale_factor=2), module("LocalResponseNorm", size=3, alpha=1, beta=1, k=1)
    )
    assert [step.output_shape for step in planish.shapes(net, (8, 3, 5)).steps] == [(2, 6, 10)] * 2


def test_parts_that_are_joined_again():
    def forward(t):
        parts = t.function("chunk", t.input(), 2, 1)
        halves = [t.function("getitem", parts, place) for place in (0, 1)]
        t.output(t.function("cat", [t.module("conv", halves[1]), halves[0]], 1))

    found = planish.shapes(Module(conv=conv(3, 5, 3, padding=1), forward=forward), (6, 8, 8))
    assert found.steps[-1].output_shape == (8, 8, 8)
    assert found.parameters == 3 * 5 * 9 + 5


def test_windows_through_what_is_flipped_and_blown_up():
    def forward(t):
        t.output(t.function("flatten", t.module("up", t.method("flip", t.input(), [3])), 1))

    up = module("Upsample", size=None, scale_factor=2, mode="nearest", align_corners=None, recompute_scale_factor=None)
    flat = planish.flatten_map(Module(up=up, forward=forward), input_shape=(1, 4, 6))
    window = flat.receptive_field(flat.index(row=5, column=2, channel=0))
    assert (window.rows, window.columns) == (slice(2, 3), slice(4, 5))
