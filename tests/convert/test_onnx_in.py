"""ONNX's operators in models of planish, against what ONNX Runtime gave for them."""

from pathlib import Path

import numpy as np
import pytest

import planish
from planish import layers
from planish.convert.building import model_of
from planish.convert.graphs.foreign_graph import ForeignGraph, Operation, Port
from planish.convert.graphs.names import readable
from tests.convert import onnx_layers, onnx_layouts, onnx_shapes
from tests.convert.onnx_graphs import CASES, image, written

TABLES = (onnx_layers, onnx_layouts, onnx_shapes)  # they fill `CASES`
NEAR = 2e-5  # of the largest number


@pytest.fixture(scope="module")
def recorded():
    with np.load(Path(__file__).parent / "recorded_onnx.npz") as held:
        return dict(held)


def loaded(name, folder, data_format="channels_first"):
    model = planish.load_onnx(written(name, folder), data_format=data_format)
    model.compile(run_eagerly=True)
    return model


def outputs(model, images):
    found = model(images)
    return [np.asarray(each) for each in (found if isinstance(found, list | tuple) else [found])]


def is_near(found, expected):
    assert found.shape == expected.shape
    assert np.abs(found - expected).max() <= NEAR * max(np.abs(expected).max(), 1e-6)


@pytest.mark.parametrize("name", CASES)
def test_an_operator_gives_what_it_gives_in_onnx_runtime(name, tmp_path, recorded):
    found = outputs(loaded(name, tmp_path), image(name))
    for place, values in enumerate(found):
        is_near(values, recorded[f"{name}:{place}"])
    assert f"{name}:{len(found)}" not in recorded


IN_TURN = (
    "conv_asym",
    "flatten_dense",
    "flatten_out",
    "shuffle",
    "max_ceilp",
    "padc",
    "softmax1",
    "two",
    "upf",
    "conv1d",
)


@pytest.mark.parametrize("name", IN_TURN)
def test_images_have_their_channels_last_unless_the_file_is_to_be_followed(name, tmp_path, recorded):
    images = np.moveaxis(image(name), 1, -1)
    for place, values in enumerate(outputs(loaded(name, tmp_path, "channels_last"), images)):
        expected = recorded[f"{name}:{place}"]
        is_near(values, np.moveaxis(expected, 1, -1) if expected.ndim == images.ndim else expected)


@pytest.mark.parametrize("name", ["flatten_dense", "max_ceilp", "avg_asym", "shuffle_depth", "conv_dil_stride"])
def test_compiled_code_gives_the_same(name, tmp_path, recorded):
    model = planish.models.load_model(written(name, tmp_path))
    found = model.predict(np.moveaxis(image(name), 1, -1), verbose=0)
    expected = recorded[f"{name}:0"]
    is_near(found, np.moveaxis(expected, 1, -1) if expected.ndim == 4 else expected)


def kinds(model):
    return [type(layer).__name__ for layer in model.layers]


def test_a_flattened_map_reaches_a_dense_layer_without_being_turned(tmp_path):
    assert kinds(loaded("flatten_dense", tmp_path, "channels_last")) == ["InputLayer", "Conv2D", "Flatten", "Dense"]


def test_a_flattened_map_is_turned_where_its_order_is_seen(tmp_path):
    found = kinds(loaded("flatten_out", tmp_path, "channels_last"))
    assert "Permute" in found


def test_shuffled_channels_are_in_the_kernel_of_the_convolution_behind(tmp_path):
    assert kinds(loaded("shuffle", tmp_path, "channels_last")) == ["InputLayer", "Conv2D"]


def test_what_several_operators_want_in_another_order_is_turned_once(tmp_path):
    assert kinds(loaded("shuffle_twice", tmp_path, "channels_last")).count("Permute") == 1


def test_images_that_the_file_turns_first_are_taken_as_the_file_has_them(tmp_path):
    model = loaded("nhwc", tmp_path, "channels_last")
    assert model.input_shape == (None, 4, 6, 5)
    assert kinds(model) == ["InputLayer", "Conv2D"]


@pytest.mark.parametrize(
    ("name", "activation"),
    [("gelu_erf", "gelu"), ("gelu_erf2", "gelu"), ("silu", "silu"), ("mish", "mish"), ("hswish", "hard_silu")],
)
def test_operators_that_are_an_activation_together_are_one_layer(name, activation, tmp_path):
    _, layer = loaded(name, tmp_path, "channels_last").layers
    assert isinstance(layer, layers.Activation)
    assert layer.get_config()["activation"] == activation


def test_normalization_in_nine_operators_is_one_layer(tmp_path):
    assert "LayerNormalization" in kinds(loaded("lnd", tmp_path))


def test_a_weight_that_is_used_twice_is_a_layer_that_is_used_twice(tmp_path):
    model = loaded("shared", tmp_path)
    assert kinds(model).count("Conv2D") == 1
    assert len(model.weights) == 1


def test_layers_are_called_after_nodes():
    assert readable("/layer1/layer1.0/conv1/Conv", "Conv") == "layer1_0_conv1"
    assert readable("features.0", "Conv") == "features.0"
    assert readable("node_Conv_57", "Conv") == "node_Conv_57"
    assert readable("/", "Conv") == ""


def test_the_model_is_saved_trained_and_explained_like_others(tmp_path):
    model = planish.load_onnx(written("flatten_dense", tmp_path))
    images = np.moveaxis(image("flatten_dense"), 1, -1)
    expected = model.predict(images, verbose=0)
    model.save(tmp_path / "model.keras")
    again = planish.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(again.predict(images, verbose=0), expected)
    again.compile("sgd", "mse")
    before = again.get_weights()
    again.fit(images, np.zeros_like(expected), verbose=0)
    assert all((a != b).any() for a, b in zip(before, again.get_weights(), strict=True))
    assert planish.flatten_map(again) is not None


def test_extents_that_the_file_leaves_open_are_given():
    relu = Operation("Relu", ("x",), ("y",), {}, "relu")
    graph = ForeignGraph("ONNX", "open", (Port("x", (None, 3, None, None), np.dtype("f4")),), ("y",), (relu,), {})
    for given in ({"x": (3, 8, 6)}, [(None, 3, 8, 6)], (3, 8, 6)):
        assert model_of(graph, given).input_shape == (None, 8, 6, 3)
    with pytest.raises(ValueError, match=r"remedy: +input_shapes=\{'x': \(3, 224, 224\)\}"):
        model_of(graph)
    with pytest.raises(ValueError, match="has another shape"):
        model_of(graph, {"x": (4, 8, 6)})
    with pytest.raises(ValueError, match="there is no input 'z'"):
        model_of(graph, {"z": (3, 8, 6)})
