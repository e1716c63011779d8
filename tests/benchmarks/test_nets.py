"""The nets that are measured are the same in all libraries."""

from pathlib import Path

import numpy as np
import pytest

FOLDER = Path(__file__).parent.parent.parent / "benchmarks"


@pytest.fixture(autouse=True)
def _on_the_path(monkeypatch):
    monkeypatch.syspath_prepend(str(FOLDER))
    monkeypatch.syspath_prepend(str(FOLDER / "workers"))


NAMES = ["blog", "mlp", "logistic", "cifar", "vgg", "strided", "lenet"]


@pytest.mark.parametrize("name", NAMES)
def test_weights_are_those_of_the_built_model(name):
    import nets
    from own import model_of

    net = nets.NETS[name]
    model = model_of(net)
    values = nets.weights(net)
    assert [value.shape for value in model.get_weights()] == [value.shape for value in values]
    assert all(np.array_equal(a, b) for a, b in zip(model.get_weights(), values, strict=True))
    trained = [variable.path for variable in model.trainable_weights]
    flags = [variable.path in trained for variable in model.weights]
    assert flags == nets.trainable(net)
    assert model.output_shape == (None, 10)


@pytest.mark.parametrize("name", NAMES)
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


def test_the_reference_of_the_blogs_net():
    import nets
    from own import model_of

    x, _ = nets.images(nets.BLOG, 9)
    found = model_of(nets.BLOG).predict(x, verbose=0)
    np.testing.assert_allclose(found, nets.reference(x, nets.weights(nets.BLOG)), atol=1e-6)


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
