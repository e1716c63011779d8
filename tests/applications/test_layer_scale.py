"""ConvNeXt's own layer is in files as Keras has it there, which keeps it beside the net."""

import numpy as np

import planish as keras
from planish import serialization
from planish.applications.convnext import LayerScale

AS_KERAS_WRITES_IT = {
    "module": "keras.src.applications.convnext",
    "class_name": "LayerScale",
    "config": {
        "name": "scale",
        "trainable": True,
        "dtype": {
            "module": "keras",
            "class_name": "DTypePolicy",
            "config": {"name": "float32"},
            "registered_name": None,
        },
        "init_values": 0.5,
        "projection_dim": 3,
    },
    "registered_name": "LayerScale",
    "build_config": {"input_shape": [None, 4, 4, 3]},
}


def test_keras_and_planish_write_the_same():
    layer = serialization.deserialize(AS_KERAS_WRITES_IT)
    assert type(layer) is LayerScale
    layer.build((None, 4, 4, 3))
    written = serialization.serialize(layer)
    written["build_config"]["input_shape"] = [*written["build_config"]["input_shape"]]
    assert written == AS_KERAS_WRITES_IT


def test_a_model_with_it_is_saved_and_loaded(tmp_path):
    image = keras.Input((4, 4, 3))
    model = keras.Model(image, LayerScale(0.5, 3)(image))
    model.layers[-1].set_weights([np.array([1.0, 2.0, 3.0])])
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    x = np.random.default_rng(0).random((2, 4, 4, 3), np.float32)
    np.testing.assert_array_equal(loaded.predict(x, verbose=0), model.predict(x, verbose=0))


def test_nothing_else_is_found_beside_a_net():
    other = {**AS_KERAS_WRITES_IT, "class_name": "Sequential"}
    assert not serialization.is_layer_of_net(other)
    assert serialization.is_layer_of_net(AS_KERAS_WRITES_IT)
