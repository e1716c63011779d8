"""Models in float64, and data, as Keras and planish run them: `keras` is either.

Keras on TensorFlow rounds the numbers that it is given - rates, momenta, epsilons - to float32, in float64 as well. So
they are powers of two here, and the like.
"""

import numpy as np

TOLERANCES = {"losses": 1e-10, "weights": 1e-9, "predictions": 1e-9}


def data(seed, images=24):
    generator = np.random.default_rng(seed)
    return (
        generator.normal(size=(images, 8, 8, 3)),
        generator.integers(0, 4, images),
        generator.normal(size=(images, 2)),
    )


def classifier(keras, **options):
    """Convolutions of all kinds, a residual sum and moving statistics; class numbers."""
    layers = keras.layers
    image = layers.Input((8, 8, 3))
    x = layers.Conv2D(6, 3, padding="same", activation="relu", **options)(image)
    x = layers.BatchNormalization(momentum=0.75, epsilon=2**-10, **options)(x)
    y = layers.DepthwiseConv2D(3, padding="same", activation="tanh", **options)(x)
    x = layers.Add(**options)([x, y])
    x = layers.MaxPooling2D(2, **options)(x)
    x = layers.SeparableConv2D(7, 3, activation="elu", **options)(x)
    x = layers.Flatten(**options)(x)
    return keras.Model(image, layers.Dense(4, activation="softmax", **options)(x))


def regressor(keras, **options):
    layers = keras.layers
    return keras.Sequential(
        [
            layers.Input((8, 8, 3)),
            layers.AveragePooling2D(2, **options),
            layers.Conv2DTranspose(4, 3, strides=2, activation="swish", **options),
            layers.LayerNormalization(epsilon=2**-10, **options),
            layers.GlobalAveragePooling2D(**options),
            layers.Dense(5, activation="softplus", **options),
            layers.Dense(2, **options),
        ]
    )


def filled(model, seed):
    """The model with weights that no initializer decides."""
    generator = np.random.default_rng(seed)
    model.set_weights([np.abs(generator.normal(0, 0.4, np.shape(weight))) for weight in model.get_weights()])
    return model


def trained(keras, name):
    """Losses of epochs, weights and predictions after them."""
    x, classes, numbers = data(1)
    weight = np.linspace(0.1, 1.3, len(x))
    if name == "classifier":
        model, y = filled(classifier(keras), 2), classes
        model.compile(keras.optimizers.Adam(2**-8, 0.5, 0.75, 2**-20), keras.losses.SparseCategoricalCrossentropy())
    else:
        model, y = filled(regressor(keras), 3), numbers
        model.compile(keras.optimizers.SGD(2**-6, momentum=0.75, nesterov=True), keras.losses.MeanSquaredError())
    history = model.fit(x, y, batch_size=7, epochs=3, shuffle=False, sample_weight=weight, verbose=0).history
    return {
        "losses": history["loss"],
        "weights": [np.ravel(weight)[:8].tolist() for weight in model.get_weights()],
        "predictions": np.asarray(model.predict(x[:3], verbose=0)).tolist(),
    }
