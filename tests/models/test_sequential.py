"""The stack: adding, building, naming, weights, configuration. What it computes is tested layer by layer."""

import json

import numpy as np
import pytest

from planish.layers import BatchNormalization, Conv2D, Dense, Dropout, Flatten, Input, InputLayer, MaxPooling2D
from planish.layers.base.context import CallContext
from planish.models import Model, Sequential
from planish.naming import reset_names


@pytest.fixture(autouse=True)
def _fresh_names():
    reset_names()


def small_model(**settings):
    return Sequential([Input((6, 6, 1)), Conv2D(2, 3, activation="relu"), Flatten(), Dense(3)], **settings)


def error_of(mistake, kind=ValueError):
    with pytest.raises(kind) as caught:
        mistake()
    return str(caught.value).splitlines()


def test_the_blog_model():
    model = Sequential(
        [
            Conv2D(32, (3, 3), activation="relu", input_shape=(28, 28, 1)),
            MaxPooling2D(pool_size=(2, 2)),
            Conv2D(64, (3, 3), activation="relu"),
            MaxPooling2D(pool_size=(2, 2)),
            Flatten(),
            Dense(128, activation="relu"),
            Dense(10, activation="softmax"),
        ]
    )
    assert model.name == "sequential"
    assert [layer.name for layer in model.layers] == [
        "conv2d", "max_pooling2d", "conv2d_1", "max_pooling2d_1", "flatten", "dense", "dense_1",
    ]  # fmt: skip
    assert (model.input_shape, model.output_shape) == ((None, 28, 28, 1), (None, 10))
    assert model.count_params() == 225_034
    graph = model.graph()
    assert [str(node.type) for _, node in graph.outputs] == ["f32[N,10]"]
    assert [name for name, _ in graph.outputs] == ["y"]
    assert {layer for node in graph.nodes for layer in node.layers} == {layer.name for layer in model.layers}


def test_it_computes_what_its_layers_compute():
    model = small_model()
    x = np.random.default_rng(0).standard_normal((5, 6, 6, 1))
    y = x
    for layer in model.layers:
        y = layer(y)
    np.testing.assert_allclose(model.layers[-1](model.layers[1](model.layers[0](x))), y)
    np.testing.assert_allclose(Model.__call__(model, x), y, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    "first",
    [
        {"input_shape": (4, 4, 1)},
        {"batch_input_shape": (None, 4, 4, 1)},
    ],
)
def test_keras_2_spellings_of_the_input_shape(first):
    model = Sequential([Conv2D(1, 2, **first), Flatten()])
    assert model.built
    assert model.input_shape == (None, 4, 4, 1)
    assert Sequential([Dense(3, input_dim=7), Dense(2)]).input_shape == (None, 7)
    assert Sequential([Dense(3, input_shape=(7,))]).output_shape == (None, 3)


def test_a_batch_size_shows_in_the_shapes():
    model = Sequential([Input((4,), batch_size=16), Dense(2)])
    assert (model.input_shape, model.output_shape) == ((16, 4), (16, 2))


def test_layers_are_built_as_they_are_added():
    model = Sequential()
    model.add(Input(shape=(4,)))
    model.add(Dense(8))
    assert model.output_shape == (None, 8)
    model.add(Dense(2))
    assert model.output_shape == (None, 2)
    assert len(model.weights) == 4
    assert model.pop().name == "dense_1"
    assert (model.output_shape, len(model.weights)) == ((None, 8), 2)


def test_building_waits_for_a_shape():
    model = Sequential([Dense(8), Dense(2)])
    assert not model.built
    assert model.weights == []
    model.build((None, 4))
    assert model.built
    assert [weight.shape for weight in model.weights] == [(4, 8), (8,), (8, 2), (2,)]
    assert [type(layer).__name__ for layer in model.layers] == ["Dense", "Dense"]
    model.add(Dense(5))
    assert model.output_shape == (None, 5)


def test_a_call_builds():
    model = Sequential([Dense(8), Dense(2)])
    assert Model.__call__(model, np.zeros((3, 4))).shape == (3, 2)
    assert model.input_shape == (None, 4)


def test_inputs_and_outputs():
    model = small_model()
    assert [tensor.shape for tensor in model.inputs] == [(None, 6, 6, 1)]
    assert [tensor.shape for tensor in model.outputs] == [(None, 3)]
    assert model.layers[1].input.shape == (None, 4, 4, 2)
    assert model.layers[1].output.shape == (None, 32)


def test_unbuilt_models_say_so():
    model = Sequential([Dense(2)])
    for look in (lambda: model.inputs, lambda: model.outputs, lambda: model.input_shape, lambda: model.output_shape):
        lines = error_of(look, AttributeError)
        assert lines[0].startswith("Sequential 'sequential': the model has no ")
    assert lines[1] == (
        "  remedy: begin the model with Input(shape=...), call build(input_shape), or run it on data once"
    )
    assert error_of(model.count_params) == [
        "Sequential 'sequential': count_params was called before the layer was built",
        "  remedy: build it first: build(input_shape), or give the model an input shape",
    ]
    assert error_of(model.graph)[0] == "Sequential 'sequential': the model is not built"
    assert error_of(lambda: model.set_weights([np.zeros((3, 2))]))[-1].startswith("  remedy:   build it first")


def test_get_layer():
    model = small_model()
    assert model.get_layer("dense") is model.layers[2]
    assert model.get_layer(index=0) is model.layers[0]
    assert "did you mean 'dense'?" in error_of(lambda: model.get_layer("dens"))[-1]
    assert error_of(lambda: model.get_layer(index=3))[0] == "Sequential 'sequential': there is no layer 3"
    assert "either a name or an index" in error_of(model.get_layer)[0]


def test_weights_can_be_read_and_assigned():
    first, second = small_model(), small_model()
    second.set_weights(first.get_weights())
    for one, other in zip(first.weights, second.weights, strict=True):
        np.testing.assert_array_equal(one.value, other.value)
    assert len({weight.path for weight in first.weights}) == 4
    wrong = first.get_weights()[:-1]
    before = first.get_weights()
    assert error_of(lambda: first.set_weights(wrong)) == [
        "Sequential 'sequential': set_weights got arrays that do not match the weights",
        "  expected: 4 arrays: 'conv2d/kernel' (3, 3, 1, 2), 'conv2d/bias' (2,), 'dense/kernel' (32, 3), "
        "'dense/bias' (3,)",
        "  received: 3 arrays: (3, 3, 1, 2), (2,), (32, 3)",
        "  remedy:   all of model.get_weights(): 'dense/bias' missing",
    ]
    assert all((one == other).all() for one, other in zip(before, first.get_weights(), strict=True))


def test_the_version_grows_with_every_assignment():
    model = small_model()
    before = model.weights_version
    assert model.weights_version == before
    model.layers[0].bias.assign([1, 2])
    middle = model.weights_version
    assert middle > before
    model.layers[2].bias.value[0] = 3
    model.layers[2].bias.touch()
    assert model.weights_version > middle


def test_the_structure_version_grows_with_every_change_of_the_stack():
    inner = Sequential([Dense(4)])
    model = Sequential([Input((4,)), inner])
    versions = [model.structure_version]
    model.add(Dense(2))
    versions.append(model.structure_version)
    model.pop()
    versions.append(model.structure_version)
    inner.add(Dense(4))
    versions.append(model.structure_version)
    assert versions == sorted(set(versions))


def test_trainable():
    model = Sequential([Input((4,)), Dense(3), BatchNormalization(), Dense(2)])
    names = [weight.path for weight in model.trainable_weights]
    assert names == [
        *("dense/kernel", "dense/bias"),
        *("batch_normalization/gamma", "batch_normalization/beta"),
        *("dense_1/kernel", "dense_1/bias"),
    ]
    assert [weight.name for weight in model.non_trainable_weights] == ["moving_mean", "moving_variance"]
    model.layers[0].trainable = False
    assert [weight.path for weight in model.trainable_weights] == names[2:]
    assert [weight.path for weight in model.non_trainable_weights][:2] == names[:2]
    model.trainable = False
    assert model.trainable_weights == []
    assert not any(layer.trainable for layer in model.layers)
    model.trainable = True
    assert [weight.path for weight in model.trainable_weights] == names
    assert Sequential([Dense(2)], trainable=False).trainable is False


def test_training_graphs_update_moving_statistics():
    model = Sequential([Input((4,)), BatchNormalization(), Dropout(0.5)])
    assert model.graph().updates == ()
    graph = model.graph(training=True)
    assert [name for name, _ in graph.updates] == [
        "batch_normalization/moving_mean",
        "batch_normalization/moving_variance",
    ]
    assert [node.op for node in graph.leaves("scalar")] == ["scalar"]
    (x,), (y,) = model.trace(context := CallContext(training=True))
    assert (x.op, y.shape) == ("input", (4,))
    assert set(context.updates) == {model.layers[0].moving_mean, model.layers[0].moving_variance}


def test_penalties_of_activations():
    model = Sequential([Input((4,)), Dense(3, activity_regularizer="l2", kernel_regularizer="l1")])
    model.trace(context := CallContext())
    assert [(node.shape, node.batched) for node in context.losses] == [((), False)]


def test_configuration():
    model = small_model(name="net")
    config = json.loads(json.dumps(model.get_config()))
    assert [layer["class_name"] for layer in config["layers"]] == ["InputLayer", "Conv2D", "Flatten", "Dense"]
    assert config["layers"][3]["build_config"] == {"input_shape": [None, 32]}
    assert (config["name"], config["build_input_shape"]) == ("net", [None, 6, 6, 1])
    made = Sequential.from_config(config)
    assert made.built
    assert made.get_config() == model.get_config()
    assert [weight.path for weight in made.weights] == [weight.path for weight in model.weights]


def test_configuration_of_unbuilt_and_nested_models():
    unbuilt = Sequential([Dense(2), Dense(3)])
    assert not Sequential.from_config(unbuilt.get_config()).built
    nested = Sequential([Input((4,)), Sequential([Dense(2), Dense(3)]), Dense(1)])
    made = Sequential.from_config(json.loads(json.dumps(nested.get_config())))
    assert made.get_config() == nested.get_config()


def test_nested_models():
    inner = Sequential([Dense(2, name="d")], name="inner")
    model = Sequential([Input((4,)), Dense(3, name="d"), inner])
    assert [weight.path for weight in model.weights] == ["d/kernel", "d/bias", "inner/d/kernel", "inner/d/bias"]
    model.layers[1].set_weights([np.ones((3, 2)), [1, 2]])
    expected = model.layers[0](np.ones((1, 4))) @ np.ones((3, 2)) + [1, 2]
    np.testing.assert_allclose(Model.__call__(model, np.ones((1, 4))), expected, rtol=1e-5, atol=1e-6)
    first = Sequential([Input((4,)), Dense(2)])
    assert Sequential([first, Dense(1)]).input_shape == (None, 4)


def test_nested_weights_with_the_same_name():
    inner = Sequential([Input((4,)), Dense(4, name="d")], name="inner")
    model = Sequential([inner, Dense(3, name="d")])
    x = np.ones((2, 4), np.float32)
    (a, b), (c, d) = inner.get_weights(), model.layers[1].get_weights()
    assert np.allclose(model.predict(x, verbose=0), (x @ a + b) @ c + d, atol=1e-6)
    assert len({weight.path for weight in model.weights}) == 4


def test_what_does_not_fit_is_not_added():
    model = Sequential([Input((4, 4, 1)), Conv2D(1, 3)])
    lines = error_of(lambda: model.add(Conv2D(2, 3)))
    assert lines == [
        "Conv2D 'conv2d_1': the kernel spans 3x3 pixels, more than the 2x2 of its input",
        "  expected:    a map of 3x3 or more",
        "  received:    2x2",
        "  input shape: (None, 2, 2, 1)",
        "  shapes:      (None, 4, 4, 1) -> Conv2D 'conv2d' (None, 2, 2, 1) -> Conv2D 'conv2d_1'",
        "  remedy:      padding='same', or kernel_size=(2, 2), or larger images",
    ]
    assert [layer.name for layer in model.layers] == ["conv2d"]
    assert model.output_shape == (None, 2, 2, 1)
    model.add(Flatten())
    assert model.output_shape == (None, 4)


def test_things_that_cannot_be_added():
    model = Sequential([Input((4,)), Dense(3)])
    assert error_of(lambda: model.add("dense"), TypeError)[0] == "Sequential 'sequential': only layers can be added"
    assert "the same name" in error_of(lambda: model.add(model.layers[0]))[0]
    assert "an Input can only be the first item" in error_of(lambda: model.add(InputLayer((3,))))[0]
    assert "there is no layer to remove" in error_of(Sequential().pop)[0]
    assert "the model has no layers" in error_of(lambda: Sequential().build((None, 3)))[0]


def test_inputs_of_another_shape():
    model = small_model()
    assert error_of(lambda: model.build((None, 8, 8, 1))) == [
        "Sequential 'sequential': the model was made for inputs with another shape",
        "  expected:    (None, 6, 6, 1), its own Input",
        "  received:    (None, 8, 8, 1)",
        "  input shape: (None, 8, 8, 1)",
        "  remedy:      a new model with Input((8, 8, 1))",
    ]


def test_a_model_needs_inputs_and_outputs():
    assert error_of(Model, TypeError)[0] == "Model needs inputs and outputs, or a class of its own"


def test_keras_objects_that_planish_does_not_have():
    config = {"layers": [{"module": "keras.layers", "class_name": "Conv3DTranspose", "config": {}}]}
    lines = error_of(lambda: Sequential.from_config(config))
    assert lines[0] == "Keras has keras.layers.Conv3DTranspose; planish does not"
