"""The nets that are measured are the same in all libraries."""

from pathlib import Path

import numpy as np
import pytest

import planish

FOLDER = Path(__file__).parent.parent.parent / "benchmarks"


@pytest.fixture(autouse=True)
def _on_the_path(monkeypatch):
    monkeypatch.syspath_prepend(str(FOLDER))
    monkeypatch.syspath_prepend(str(FOLDER / "workers"))


NAMES = [
    "blog",
    "mlp",
    "logistic",
    "cifar",
    "vgg",
    "strided",
    "lenet",
    "resnet20",
    "inception",
    "densenet",
    "mobilenet",
    "mobilenetv2-96",
    "mobilenetv2-224",
    "efficientnetb0-224",
    "resnet18-224",
    "resnet50-224",
]


def test_every_net_is_tested():
    import nets

    assert list(nets.NETS) == NAMES


TESTED = [name for name in NAMES if name not in ("mobilenetv2-224", "resnet18-224")]  # as at 96, as ResNet-20


@pytest.mark.parametrize("name", TESTED)
def test_weights_are_those_of_the_built_model(name):
    import nets
    from keras_like import KerasLike

    net = nets.NETS[name]
    values = nets.weights(net)
    peer = KerasLike(planish, net, values)
    found = peer.weights()
    assert [value.shape for value in found] == [value.shape for value in values]
    assert all(np.array_equal(a, b) for a, b in zip(found, values, strict=True))
    trained = [id(variable) for variable in peer.model.trainable_weights]
    flags = [id(variable) in trained for layer in peer.weighted for variable in layer.weights]
    assert flags == nets.trainable(net)
    assert peer.model.output_shape == (None, net.classes)


@pytest.mark.parametrize("name", [name for name in TESTED if name != "resnet50-224"])  # as ResNet-20
def test_layouts_of_other_libraries_and_back(name):
    import nets
    from torch_layout import as_keras, as_torch

    net = nets.NETS[name]
    values = nets.weights(net)
    there = as_torch(net, values)
    assert all(value.flags.c_contiguous for value in there)
    assert all(np.array_equal(a, b) for a, b in zip(as_keras(net, there), values, strict=True))


def test_a_dense_kernel_after_a_flatten_reads_channels_first():
    import nets
    from torch_layout import as_torch

    net = nets.Net("small", (2, 3, 4), (nets.FLATTEN, nets.Dense(5)), 1)
    image, (kernel, bias) = np.random.default_rng(0).random((2, 3, 4)), nets.weights(net)
    there, _ = as_torch(net, [kernel, bias])
    np.testing.assert_allclose(there @ image.transpose(2, 0, 1).ravel(), image.ravel() @ kernel, rtol=1e-6)


SMALL = [
    "blog",
    "borders and strides",
    "channels by themselves",
    "branches in branches",
    "borders and overlapping pools",
    "squeezed and excited",
]


def small_net(name):
    from nets import (
        BATCH_NORM,
        BLOG,
        FLATTEN,
        GLOBAL_AVERAGE,
        GLOBAL_AVERAGE_KEPT,
        RELU,
        RELU6,
        SIGMOID,
        SWISH,
        TANH,
        Border,
        Branches,
        Conv,
        Dense,
        Depthwise,
        Dropout,
        Net,
        Pool,
    )

    odd = (Conv(4, 3, 2, "same"), BATCH_NORM, Conv(5, 4, 3, "same"), GLOBAL_AVERAGE, Dense(10))
    weight = (GLOBAL_AVERAGE_KEPT, Conv(2, 1), SWISH, Conv(5, 1), SIGMOID)
    inner = Branches("concat", ((), (Conv(3, 1), TANH), (Pool("average", 1), Conv(2, 3, padding="same"))))
    return {
        "blog": BLOG,
        "borders and strides": Net("small", (10, 7, 3), odd, 1),
        "channels by themselves": Net("small", (9, 7, 3), (
            Depthwise(3, 2, "same"), BATCH_NORM, RELU6, Conv(5, 1), Depthwise(2), RELU6, GLOBAL_AVERAGE, Dense(10),
        ), 1),
        "branches in branches": Net("small", (6, 5, 2), (
            Branches("add", ((), (inner, Conv(2, 3, padding="same")))), RELU, Dropout(0.5), FLATTEN, Dense(10),
        ), 1),
        "borders and overlapping pools": Net("small", (11, 9, 3), (
            Border(3), Conv(6, 7, 2), RELU, Border(1), Pool("max", 3, 2), Pool("average", 2, 1), FLATTEN, Dense(12),
        ), 1),
        "squeezed and excited": Net("small", (9, 7, 3), (
            Conv(5, 3), SWISH, Branches("multiply", ((), weight)), GLOBAL_AVERAGE, Dense(11),
        ), 1, gain=1.5),
    }[name]  # fmt: skip


@pytest.mark.parametrize("name", SMALL)
def test_the_reference_is_what_planish_predicts(name):
    import nets
    from keras_like import KerasLike
    from reference import reference

    net = small_net(name)
    values = nets.weights(net)
    x, _ = nets.images(net, 9)
    found = KerasLike(planish, net, values).predict(x, 9)
    np.testing.assert_allclose(found, reference(net, x, values), atol=1e-6)


def test_borders_are_keras_own():
    """An odd row of zeros is behind the image."""
    import nets

    assert nets.Conv(1, 3, 2, "same").border(32) == (0, 1)
    assert nets.Conv(1, 3, 1, "same").border(32) == (1, 1)
    assert nets.Conv(1, 1, 2, "same").border(32) == (0, 0)
    assert nets.Conv(1, 3, 2).border(32) == (0, 0)


def test_dropout_is_left_out_of_branches_too():
    import nets

    inner = nets.Branches("add", ((), (nets.Dropout(0.5), nets.RELU)))
    assert nets.Net("small", (4, 4, 1), (inner,), 1).without_dropout().layers == (
        nets.Branches("add", ((), (nets.RELU,))),
    )


def test_nets_with_dropout_have_the_weights_of_those_without():
    import nets

    net = nets.NETS["vgg"]
    assert len(net.without_dropout().layers) == len(net.layers) - 4
    assert [value.shape for value in nets.weights(net.without_dropout())] == [v.shape for v in nets.weights(net)]


def test_images_of_a_file(tmp_path):
    import nets

    x = np.arange(3 * 784, dtype=np.uint16).reshape(3, 28, 28).astype(np.uint8)
    np.savez(tmp_path / "mnist.npz", x_train=x, y_train=np.arange(3))
    found, labels = nets.images(nets.BLOG, 4, tmp_path / "mnist.npz")
    assert (found.shape, found.dtype, labels.tolist()) == ((4, 28, 28, 1), np.float32, [0, 1, 2, 0])
    assert np.array_equal(found[1, ..., 0], x[1] / np.float32(255))
    assert nets.images(nets.NETS["cifar"], 4, tmp_path / "mnist.npz")[0].shape == (4, 32, 32, 3)
