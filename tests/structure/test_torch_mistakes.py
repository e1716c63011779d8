"""PyTorch modules that planish cannot follow, or that do not fit their images: what is said of them."""

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
        "  remedy:      input_shape=(3, 8, 8), for images of that many channels",
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
        "  rule:     planish follows networks of PyTorch with one input, one output, and layers in between",
        "  received: 2 inputs: 'x', 'y'",
        "  remedy:   give the layers up to the Flatten as a Sequential",
    ]


def test_two_outputs():
    def forward(t):
        x = t.input()
        t.output([x, t.module("conv", x)])

    received = text_of(lambda: planish.flat_features(Module(conv=conv(3, 3, 3), forward=forward), (3, 8, 8)))[2]
    assert received == "  received: 2 outputs: 'x', 'conv'"


def test_tensors_of_the_modules_own_are_added_to_every_pixel():
    def forward(t):
        t.output(t.function("add", t.input(), t.node("get_attr", "shift", "shift")))

    net = Module(conv=conv(3, 3, 3), shift=stand_ins.Parameter(3, 1, 1), forward=forward)
    assert [step.label for step in planish.shapes(net, (3, 8, 8)).steps] == ["add 'add'"]


def test_branches_joined_along_the_batch():
    def forward(t):
        x = t.input()
        t.output(t.function("cat", [x, t.module("conv", x)], 0))

    assert text_of(lambda: planish.flat_features(Module(conv=conv(3, 3, 3), forward=forward), (3, 8, 8))) == [
        "cat 'cat': images of a batch are joined with each other",
        "  expected: branches that are concatenated along any axis but the batch",
        "  received: cat along axis 0",
        "  remedy:   dim=1 joins channels",
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
        "  remedy:   give the part of the module that comes before it, such as module.features",
    ]


def test_a_function_that_drops_numbers_in_eval_mode_too():
    net = Module(forward=lambda t: t.output(t.function("dropout", t.input(), 0.5)))
    assert text_of(lambda: planish.flat_features(net, (3, 8, 8))) == [
        "dropout 'dropout': the module draws random numbers in eval mode too",
        "  received: training=True, which is the function's default",
        "  remedy:   F.dropout(x, training=self.training)",
    ]


def test_layers_whose_shapes_are_not_mirrored():
    sizes = {"in_channels": 2, "out_channels": 3, "kernel_size": (3, 3, 3), "stride": 1, "padding": 0, "dilation": 1}
    net = sequential(module("ConvTranspose3d", **sizes, output_padding=0, groups=1, bias=True))
    assert text_of(lambda: planish.shapes(net, (2, 8, 8, 8))) == [
        "ConvTranspose3d '0': planish cannot tell the shapes of this layer before the network is converted",
        "  received: ConvTranspose",
        "  remedy:   planish.shapes(planish.convert.from_torch(module, input_shape))",
    ]


def test_shapes_that_are_not_known():
    def forward(t):
        x = t.input()
        t.output(t.method("view", x, -1, t.method("size", x, 1), t.method("size", x, 2)))

    assert text_of(lambda: planish.flat_features(Module(conv=conv(3, 3, 3), forward=forward), (3, 8, 8))) == [
        "view 'view': this shape cannot be followed",
        "  expected: the batch, then integers",
        "  received: -1, unknown, unknown",
        "  remedy:   write numbers for what x.shape gives, or x.flatten(1)",
    ]


def test_modules_that_are_not_known():
    assert text_of(lambda: planish.flat_features(sequential(module("MaxPool2")), (3, 8, 8)))[0] == (
        "module '0': unknown PyTorch module 'MaxPool2'"
    )


@pytest.mark.parametrize(
    ("net", "lines"),
    [
        (
            flatten(0),
            [
                "Flatten 'flatten': start_dim is not supported here",
                "  expected: 1 or more: axis 0 is the batch",
                "  received: 0",
                "  remedy:   give the part of the module that comes before it, such as module.features",
            ],
        ),
    ],
    ids=["start_dim"],
)
def test_settings_that_have_no_counterpart(net, lines):
    assert text_of(lambda: planish.flat_features(net, (1, 8, 8))) == lines
