import numpy as np
import pytest

from planish.layers import Dense

from .support import again, error_of, images


def test_product_bias_and_activation():
    layer = Dense(3, activation="relu")
    x = images(5, 4)
    layer.build((None, 4))
    kernel, bias = images(4, 3, seed=1), images(3, seed=2)
    layer.set_weights([kernel, bias])
    np.testing.assert_allclose(layer(x), np.maximum(x @ kernel + bias, 0), rtol=1e-5, atol=1e-6)


def test_acts_on_the_last_axis_of_a_map():
    layer = Dense(3, use_bias=False)
    x = images(2, 6, 5, 4)
    y = layer(x)
    assert y.shape == (2, 6, 5, 3)
    np.testing.assert_allclose(y, x @ layer.kernel.value, rtol=1e-5, atol=1e-5)


def test_weights_and_counts():
    layer = Dense(10)
    layer.build((None, 1600))
    assert [(weight.path, weight.shape) for weight in layer.weights] == [
        ("dense/kernel", (1600, 10)),
        ("dense/bias", (10,)),
    ]
    assert layer.count_params() == 16010
    assert not layer.bias.value.any()
    assert np.abs(layer.kernel.value).max() <= np.sqrt(6 / 1610) + 1e-7


def test_output_shape_without_building():
    layer = Dense(7)
    assert layer.compute_output_shape((None, 3, 4)) == (None, 3, 7)
    assert not layer.built


def test_config_has_every_argument_of_keras():
    layer = Dense(
        4, activation="gelu", use_bias=False, kernel_initializer="he_normal", kernel_regularizer="l2", name="d"
    )
    assert layer.get_config() == {
        "name": "d",
        "trainable": True,
        "dtype": {
            "module": "keras",
            "class_name": "DTypePolicy",
            "config": {"name": "float32"},
            "registered_name": None,
        },
        "units": 4,
        "activation": "gelu",
        "use_bias": False,
        "kernel_initializer": {
            "module": "keras.initializers",
            "class_name": "HeNormal",
            "config": {"seed": None},
            "registered_name": None,
        },
        "bias_initializer": {
            "module": "keras.initializers",
            "class_name": "Zeros",
            "config": {},
            "registered_name": None,
        },
        "kernel_regularizer": {
            "module": "keras.regularizers",
            "class_name": "L2",
            "config": {"l2": 0.01},
            "registered_name": None,
        },
        "bias_regularizer": None,
        "kernel_constraint": None,
        "bias_constraint": None,
    }
    assert again(layer).get_config() == layer.get_config()


@pytest.mark.parametrize("units", [0, -3, 2.5, "4", None, True])
def test_units_must_be_a_positive_integer(units):
    with pytest.raises(ValueError, match="Dense 'dense': argument 'units' is wrong\n  expected: an integer, 1 or more"):
        Dense(units)


def test_units_may_be_a_numpy_integer_or_a_whole_float():
    assert Dense(np.int64(3)).units == 3
    assert Dense(16 / 2).units == 8


@pytest.mark.parametrize("name", ["lora_rank", "lora_alpha", "quantization_config"])
def test_unsupported_arguments_are_refused_by_name(name):
    with pytest.raises(ValueError, match=f"Dense 'dense': argument '{name}' is not supported by planish"):
        Dense(3, **{name: 4})


def test_unknown_argument():
    with pytest.raises(
        ValueError, match=r"unknown argument of Dense 'kernel_initialiser'(\n.*)*did you mean 'kernel_initializer'"
    ):
        Dense(3, kernel_initialiser="zeros")


def test_another_number_of_features_than_built_for():
    layer = Dense(3)
    layer.build((None, 4))
    assert error_of(lambda: layer(images(2, 5))) == [
        "Dense 'dense': the layer was built for another number of features",
        "  expected:    4 features",
        "  received:    5 features",
        "  input shape: (None, 5)",
        "  remedy:      a new layer in place of Dense 'dense': Dense(3)",
    ]


def test_no_features():
    with pytest.raises(ValueError, match="Dense 'dense': the input has no features"):
        Dense(3)(images(4))


def test_unknown_extent():
    with pytest.raises(
        ValueError, match="Dense 'dense': the layer's weights depend on a size that comes with the data"
    ):
        Dense(3).build((None, None))


def test_regularizers_are_kept_on_the_variables():
    layer = Dense(3, kernel_regularizer="l1", bias_regularizer="l2")
    layer.build((None, 4))
    assert layer.kernel.regularizer.l1 == 0.01
    assert layer.bias.regularizer.l2 == 0.01
