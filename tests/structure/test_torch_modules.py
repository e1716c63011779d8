"""PyTorch's modules against what PyTorch said of them, and the ways in which a `forward` may be written."""

import pytest

import planish

from . import stand_ins
from .stand_ins import Module, conv, flatten, linear, max_pool, module, sequential


@pytest.fixture(autouse=True)
def _torch_fx(monkeypatch):
    stand_ins.install_torch_fx(monkeypatch)


def text_of(use):
    with pytest.raises(ValueError, match=r".") as caught:
        use()
    return str(caught.value).splitlines()


@pytest.mark.parametrize(
    "case", stand_ins.cases("torch"), ids=lambda case: "-".join(kind for kind, _ in case["modules"])
)
def test_features_parameters_and_windows_are_pytorchs(case):
    net = sequential(*(module(kind, **settings) for kind, settings in case["modules"]))
    if case["features"] is None:
        with pytest.raises(ValueError, match=r"pooling windows|the kernel spans"):
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


# -- what cannot be followed -------------------------------------------------------------------------------------------


def test_a_linear_for_images_of_another_size():
    net = sequential(conv(1, 4, 3), flatten(), linear(144, 10))
    assert text_of(lambda: planish.shapes(net, (1, 10, 9))) == [
        "Linear '2': the input has another number of features than the module was made for",
        "  expected:    144 (in_features)",
        "  received:    224",
        "  input shape: (None, 224)",
        "  shapes:      (None, 1, 10, 9) -> Conv2d '0' (None, 4, 8, 7) -> Flatten '1' (None, 224) -> Linear '2'",
        "  remedy:      nn.Linear(224, 10), or nn.LazyLinear(10)",
    ]


def test_other_channels():
    assert text_of(lambda: planish.flat_features(sequential(conv(3, 4, 3)), (1, 8, 8))) == [
        "Conv2d '0': the input has another number of channels than the module was made for",
        "  expected:    3",
        "  received:    1",
        "  input shape: (None, 1, 8, 8)",
        "  shapes:      (None, 1, 8, 8) -> Conv2d '0'",
    ]


def test_images_that_are_too_small():
    net = sequential(conv(1, 4, 3), max_pool(4))
    assert text_of(lambda: planish.flat_features(net, (1, 5, 9))) == [
        "MaxPool2d '1': pooling windows of 4x4 leave nothing of 3x7 pixels",
        "  input shape: (None, 4, 3, 7)",
        "  shapes:      (None, 1, 5, 9) -> Conv2d '0' (None, 4, 3, 7) -> MaxPool2d '1'",
        "  remedy:      use padding, smaller windows, larger images, or fewer poolings before this layer",
    ]
    assert text_of(lambda: planish.flat_features(sequential(conv(1, 4, 3)), (1, 2, 9)))[0] == (
        "Conv2d '0': the kernel spans 3x3 pixels, more than the 2x9 of its padded input"
    )


def test_images_without_channels():
    assert text_of(lambda: planish.flat_features(sequential(conv(1, 4, 3)), (28, 28)))[:4] == [
        "Conv2d '0': the input has the wrong rank",
        "  expected:    rank 4: (batch, channels, height, width)",
        "  received:    rank 3",
        "  input shape: (None, 28, 28)",
    ]


def test_a_second_input():
    def forward(t):
        x = t.input()
        t.input("y")
        t.output(t.module("conv", x))

    assert text_of(lambda: planish.flat_features(Module(conv=conv(3, 3, 3), forward=forward), (3, 8, 8))) == [
        "Module cannot be followed",
        "  rule:     planish follows PyTorch modules with one input, one output, and layers in between",
        "  received: 2 inputs: 'x', 'y'",
        "  remedy:   give the layers up to the Flatten as a Sequential",
    ]


def test_two_outputs():
    def forward(t):
        x = t.input()
        t.output([x, t.module("conv", x)])

    received = text_of(lambda: planish.flat_features(Module(conv=conv(3, 3, 3), forward=forward), (3, 8, 8)))[2]
    assert received == "  received: 2 outputs: 'x', 'conv'"


def test_tensors_of_the_modules_own():
    def forward(t):
        t.output(t.function("add", t.input(), t.node("get_attr", "shift", "shift")))

    received = text_of(lambda: planish.flat_features(Module(conv=conv(3, 3, 3), forward=forward), (3, 8, 8)))[2]
    assert received == "  received: 'shift', a tensor of the module's own"


def test_branches_joined_along_the_batch():
    def forward(t):
        x = t.input()
        t.output(t.function("cat", [x, t.module("conv", x)], 0))

    assert text_of(lambda: planish.flat_features(Module(conv=conv(3, 3, 3), forward=forward), (3, 8, 8))) == [
        "the call 'cat' in the module's forward is not known",
        "  expected: branches that are added, multiplied, compared, or concatenated along any axis but the batch",
        "  received: cat",
        "  remedy:   give the layers up to the Flatten as a Sequential",
    ]


def test_branches_that_do_not_fit():
    def forward(t):
        x = t.input()
        t.output(t.function("add", x, t.module("conv", x)))

    assert text_of(lambda: planish.flat_features(Module(conv=conv(3, 3, 3), forward=forward), (3, 8, 8)))[0] == (
        "add: Tensors of shapes that do not go together"
    )


def test_a_forward_that_asks_for_values():
    def forward(t):
        raise TypeError("symbolically traced variables cannot be used as inputs to control flow")

    assert text_of(lambda: planish.flat_features(Module(conv=conv(3, 3, 3), forward=forward), (3, 8, 8))) == [
        "the forward of Module cannot be followed by torch.fx",
        "  received: TypeError: symbolically traced variables cannot be used as inputs to control flow",
        "  remedy:   give the layers up to the Flatten as a Sequential",
    ]


def test_calls_that_are_not_known():
    def forward(t):
        t.output(t.function("grid_sample", t.input(), 3))

    assert text_of(lambda: planish.flat_features(Module(conv=conv(3, 3, 3), forward=forward), (3, 8, 8))) == [
        "the call 'grid_sample' in the module's forward is not known",
        "  received: grid_sample(x, 3)",
        "  remedy:   give the layers up to the Flatten as a Sequential",
    ]


def test_shapes_that_are_not_known():
    def forward(t):
        x = t.input()
        t.output(t.method("view", x, -1, t.method("size", x, 1), t.method("size", x, 2)))

    assert text_of(lambda: planish.flat_features(Module(conv=conv(3, 3, 3), forward=forward), (3, 8, 8))) == [
        "view 'view': this shape cannot be followed",
        "  expected: the batch, then integers",
        "  received: -1, unknown, unknown",
    ]


def test_modules_that_are_not_known():
    assert text_of(lambda: planish.flat_features(sequential(module("Conv3d")), (3, 8, 8)))[0] == (
        "module '0': unknown PyTorch module 'Conv3d'"
    )


@pytest.mark.parametrize(
    ("net", "lines"),
    [
        (
            conv(1, 2, 3, padding_mode="circular"),
            ["Conv2d 'conv2d': padding_mode is not supported here", "  expected: 'zeros'", "  received: 'circular'"],
        ),
        (
            max_pool(2, dilation=2),
            ["MaxPool2d 'maxpool2d': dilation is not supported here", "  expected: 1", "  received: 2"],
        ),
        (
            flatten(0),
            [
                "Flatten 'flatten': start_dim is not supported here",
                "  expected: 1 or more: axis 0 is the batch",
                "  received: 0",
            ],
        ),
        (
            module("ZeroPad2d", padding=(0, -1, 0, 0)),
            [
                "ZeroPad2d 'zeropad2d': padding is not supported here",
                "  expected: 0 or more",
                "  received: (0, -1, 0, 0)",
            ],
        ),
    ],
    ids=["padding_mode", "dilation", "start_dim", "padding"],
)
def test_settings_that_have_no_counterpart(net, lines):
    assert text_of(lambda: planish.flat_features(net, (1, 8, 8))) == lines
