"""Small functions of Keras's that programs call: configuration, clones, models as text, data sets with items."""

import json

import numpy as np
import pytest

import planish as keras
from planish import layers


@pytest.fixture(autouse=True)
def _channels_last():
    yield
    keras.config.set_image_data_format("channels_last")


def small_model():
    model = keras.Sequential(
        [keras.Input((4, 4, 1)), layers.Conv2D(2, 2), layers.Flatten(), layers.Dense(3, activation="softmax")],
        name="small",
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def test_what_is_fixed_can_be_set_to_what_it_is():
    keras.backend.set_floatx("float32")
    keras.config.set_epsilon(1e-7)
    assert (keras.config.floatx(), keras.backend.epsilon(), keras.backend.backend()) == ("float32", 1e-7, "planish")
    with pytest.raises(
        ValueError, match=r"set_floatx: planish does not compute in this type\n  expected: 'float32' or 'float64'"
    ):
        keras.config.set_floatx("float16")
    with pytest.raises(ValueError, match="set_epsilon"):
        keras.backend.set_epsilon(1e-3)


def test_the_data_format_of_what_is_given_none():
    keras.backend.set_image_data_format("channels_first")
    assert keras.config.image_data_format() == "channels_first"
    assert layers.Conv2D(2, 2).data_format == "channels_first"
    assert layers.MaxPooling2D(data_format="channels_last").data_format == "channels_last"
    with pytest.raises(ValueError, match="unknown data format 'last'"):
        keras.config.set_image_data_format("last")


def test_values_of_variables():
    layer = layers.Dense(2)
    layer.build((None, 3))
    keras.backend.set_value(layer.bias, [1.0, 2.0])
    np.testing.assert_array_equal(keras.backend.get_value(layer.bias), [1.0, 2.0])


def test_a_clone_has_the_settings_and_weights_of_its_own():
    model = small_model()
    clone = keras.models.clone_model(model)
    assert clone.get_config() == model.get_config()
    assert not clone.compiled
    assert not np.array_equal(clone.get_weights()[0], model.get_weights()[0])
    before = model.get_weights()[0]
    clone.set_weights([weight * 0 for weight in clone.get_weights()])
    np.testing.assert_array_equal(model.get_weights()[0], before)


def test_a_clone_of_other_layers():
    inner = keras.Sequential([layers.Dense(5)], name="inner")
    model = keras.Sequential([keras.Input((3,)), inner])

    def wider(layer):
        return layers.Dense(layer.units + 1, name=layer.name) if isinstance(layer, layers.Dense) else inner

    assert keras.models.clone_model(inner, clone_function=wider).output_shape == (None, 6)
    assert keras.models.clone_model(model, clone_function=wider).output_shape == (None, 5)
    assert keras.models.clone_model(model, clone_function=wider, recursive=True).output_shape == (None, 6)
    with pytest.raises(ValueError, match="`call_function` is of no use for Sequential models"):
        keras.models.clone_model(model, call_function=lambda layer, *inputs: layer(*inputs))


def test_a_clone_of_a_functional_model():
    x = keras.Input((3,))
    shared = layers.Dense(3)
    model = keras.Model(x, layers.add([shared(x), shared(shared(x))]), name="net")
    clone = keras.models.clone_model(model)
    wide = keras.models.clone_model(model, clone_function=lambda layer: type(layer).from_config(layer.get_config()))
    on_another = keras.models.clone_model(model, input_tensors=keras.Input((3,), name="other"))
    for other in (clone, wide, on_another):
        other.set_weights(model.get_weights())
        assert other.name == "net"
        np.testing.assert_array_equal(other.predict(np.eye(3), verbose=0), model.predict(np.eye(3), verbose=0))
    assert on_another.input_names == ["other"]
    called = []
    keras.models.clone_model(model, call_function=lambda layer, *x, **k: called.append(layer.name) or layer(*x, **k))
    assert len(called) == 4


def test_a_model_as_text():
    model = small_model()
    again = keras.models.model_from_json(model.to_json())
    assert again.get_config() == model.get_config()
    assert again.compiled
    assert json.loads(model.to_json(indent=1))["class_name"] == "Sequential"
    with pytest.raises(ValueError, match="the text is damaged"):
        keras.models.model_from_json("{")
    with pytest.raises(ValueError, match="does not hold a model"):
        keras.models.model_from_json("[]")


def test_objects_as_dictionaries():
    layer = layers.deserialize(layers.serialize(layers.Dense(3, name="scores")))
    assert (type(layer), layer.units, layer.name) == (layers.Dense, 3, "scores")
    with pytest.raises(ValueError, match="this is not the configuration of a layer"):
        layers.deserialize({"module": "keras.losses", "class_name": "MeanSquaredError", "config": {}})
    both = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object([layer, keras.losses.Huber()]))
    assert [type(each) for each in both] == [layers.Dense, keras.losses.Huber]


class Batches(keras.utils.PyDataset):
    def __init__(self, x, y, **options):
        super().__init__(**options)
        self.x, self.y, self.ended = x, y, 0

    def __len__(self):
        return 3

    def __getitem__(self, index):
        return self.x[index * 4 : index * 4 + 4], self.y[index * 4 : index * 4 + 4]

    def on_epoch_end(self):
        self.ended += 1


def test_a_data_set_with_items():
    assert keras.utils.Sequence is keras.utils.PyDataset
    x, y = np.random.default_rng(0).random((12, 4, 4, 1)), np.arange(12) % 3
    batches = Batches(x, y, workers=4, use_multiprocessing=True)
    model = small_model()
    assert len(model.fit(batches, epochs=2, verbose=0).history["loss"]) == 2
    assert batches.ended == 2
    assert model.evaluate(batches, verbose=0)[0] == pytest.approx(model.evaluate(x, y, verbose=0)[0], rel=1e-5)
    assert [len(images) for images, _ in batches] == [4, 4, 4]


def test_a_data_set_that_is_not_finished():
    model = small_model()
    with pytest.raises(NotImplementedError, match="does not say how many batches it has"):
        keras.utils.PyDataset().num_batches  # noqa: B018
    with pytest.raises(NotImplementedError, match=r"PyDataset does not define __getitem__\(index\)"):
        keras.utils.PyDataset()[0]
    with pytest.raises(NotImplementedError):
        model.fit(keras.utils.PyDataset(), verbose=0)


def test_images_under_keras_other_name():
    assert keras.preprocessing.image.load_img is keras.utils.load_img
    assert keras.preprocessing.image_dataset_from_directory is keras.utils.image_dataset_from_directory
