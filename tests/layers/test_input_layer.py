import pytest

from planish.layers import Input, InputLayer

from .support import again, error_of


def test_input_is_a_tensor_of_an_input_layer():
    tensor = Input(shape=(28, 28, 1), batch_size=32, dtype="uint8", name="pixels")
    assert (tensor.shape, tensor.dtype, tensor.name) == ((32, 28, 28, 1), "uint8", "pixels")
    assert isinstance(tensor.layer, InputLayer)
    assert tensor.ndim == 4


def test_config():
    layer = InputLayer((28, 28, 1))
    assert layer.get_config() == {
        "batch_shape": (None, 28, 28, 1),
        "dtype": "float32",
        "sparse": False,
        "ragged": False,
        "name": "input_layer",
    }
    assert again(layer).get_config() == layer.get_config()


def test_keras_writes_one_key_more():
    config = {**InputLayer((3,)).get_config(), "optional": False}
    assert InputLayer.from_config(config).batch_shape == (None, 3)


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"shape": (3,), "batch_shape": (None, 3)},
        {"shape": (0,)},
        {"shape": (3.5,)},
        {"shape": (3,), "batch_size": -1},
    ],
)
def test_wrong_shapes(arguments):
    assert error_of(lambda: InputLayer(**arguments))[0].startswith("InputLayer 'input_layer': ")


@pytest.mark.parametrize("name", ["sparse", "ragged", "optional"])
def test_unsupported_arguments(name):
    assert f"argument '{name}' is not supported" in error_of(lambda: Input((3,), **{name: True}))[0]


def test_unknown_dtypes():
    assert (
        error_of(lambda: Input((3,), dtype="uint9"))[-1] == "  remedy:   did you mean 'uint8' or 'uint64' or 'uint32'?"
    )
