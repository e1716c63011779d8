"""The whole product in a few seconds: build, train, evaluate, save, load, predict, look inside."""

import numpy as np

import planish as keras


def test_from_layers_to_a_saved_classifier(tmp_path):
    keras.utils.set_random_seed(0)
    (x, y), (x_test, y_test) = keras.datasets.digits.load_data()
    model = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            keras.layers.Rescaling(1 / 255),
            keras.layers.Conv2D(8, 5, strides=2, activation="relu"),
            keras.layers.MaxPooling2D(),
            keras.layers.Flatten(),
            keras.layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile(keras.optimizers.Adam(0.01), "sparse_categorical_crossentropy", ["accuracy"])
    model.fit(x[..., None], y, epochs=3, verbose=0, validation_split=0.1)
    loss, accuracy = model.evaluate(x_test[..., None], y_test, verbose=0)
    assert accuracy > 0.9
    assert loss < 0.4
    path = tmp_path / "digits.keras"
    model.save(path)
    again = keras.models.load_model(path)
    assert np.array_equal(again.predict(x_test[..., None], verbose=0), model.predict(x_test[..., None], verbose=0))
    assert "conv2d_pool" in again.program(after="fuse_conv_pool")
