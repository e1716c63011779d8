"""Where does a classifier look? Grad-CAM: the maps of the last convolution, weighted by the mean gradient of the score.

The maps come from a functional model with two outputs. The gradients are the one thing that is not Keras's own: they
come from `model.gradients` in planish, and from TensorFlow's tape beside Keras.
"""

import json
import sys

import numpy as np

import planish as keras
from planish import layers

SIDE = 32


def load_data(count, seed):
    """A disc, a square or a cross somewhere; also where it is."""
    random = np.random.default_rng(seed)
    labels = random.integers(0, 3, count)
    places = random.uniform(7, SIDE - 7, (count, 2))
    images = random.normal(0, 0.3, (count, SIDE, SIDE, 1))
    rows, columns = np.mgrid[:SIDE, :SIDE]
    for image, label, (row, column) in zip(images[..., 0], labels, places, strict=True):
        near = np.maximum(abs(rows - row), abs(columns - column))
        cross = (near < 5.5) & ((abs(rows - row) < 1.5) | (abs(columns - column) < 1.5))
        image[[np.hypot(rows - row, columns - column) < 5, (near < 5) & (near > 3), cross][label]] += 1.5
    return images.astype("float32"), labels, places


def build():
    inputs = keras.Input((SIDE, SIDE, 1))
    x = layers.Conv2D(12, 5, padding="same", activation="relu", name="conv1")(inputs)
    x = layers.MaxPooling2D()(x)
    x = layers.Conv2D(24, 3, padding="same", activation="relu", name="conv2")(x)
    x = layers.GlobalAveragePooling2D()(x)
    return keras.Model(inputs, layers.Dense(3, activation="softmax", name="scores")(x))


def score_gradients(model, image, layer, target):
    """d score of a class / d outputs of a layer."""
    if hasattr(model, "gradients"):
        return model.gradients(image, target, of=layer, logits=False)
    import tensorflow as tf

    extractor = keras.Model(model.inputs, [model.get_layer(layer).output, model.output])
    with tf.GradientTape() as tape:
        maps, scores = extractor(image)
        score = scores[:, target]
    return tape.gradient(score, maps).numpy()


def grad_cam(model, image, layer="conv2", target=None):
    extractor = keras.Model(inputs=model.inputs, outputs=[model.get_layer(layer).output, model.output])
    maps, scores = extractor.predict(image, verbose=0)
    target = int(scores[0].argmax()) if target is None else target
    weights = np.asarray(score_gradients(model, image, layer, target)).mean(axis=(1, 2), keepdims=True)
    heat = np.maximum((maps * weights).sum(axis=-1)[0], 0)
    return heat / max(heat.max(), 1e-9), np.asarray(weights)[0, 0, 0]


def numerical(model, image, layer, target, channel, size=1e-2):
    """The same gradient's mean, from the head's scores of maps a little larger and smaller."""
    last = model.get_layer(layer)
    head = keras.Model(last.output, model.output)
    maps = keras.Model(model.inputs, last.output).predict(image, verbose=0)
    more = np.zeros_like(maps)
    more[..., channel] = size
    up, down = (head.predict(maps + sign * more, verbose=0)[0, target] for sign in (1, -1))
    return (up - down) / (2 * size * maps.shape[1] * maps.shape[2])


def main(seed, scale):
    keras.utils.set_random_seed(seed)
    count, epochs = max(64, int(700 * scale)), max(1, round(12 * scale))
    x, y, _ = load_data(count, 1)
    model = build()
    model.compile(keras.optimizers.Adam(5e-3), "sparse_categorical_crossentropy", metrics=["accuracy"])
    history = model.fit(x, y, batch_size=32, epochs=epochs, validation_split=0.15, verbose=0)
    x_test, y_test, places = load_data(24, 2)
    apart = []
    for image, label, place in zip(x_test, y_test, places, strict=True):
        heat, weights = grad_cam(model, image[None], target=int(label))
        expected = numerical(model, image[None], "conv2", int(label), channel=3)
        assert abs(weights[3] - expected) < 1e-3 * abs(weights).max() + 1e-6, (weights[3], expected)
        rows, columns = np.mgrid[: len(heat), : len(heat)]
        middle = [float((heat * axis).sum() / max(heat.sum(), 1e-9)) for axis in (rows, columns)]
        apart.append(np.hypot(*(2 * np.array(middle) + 0.5 - place)))
    accuracy = model.evaluate(x_test, y_test, verbose=0)[1]
    return {
        "history": history.history,
        "exact": {"side of the maps": len(heat)},
        "final": {"accuracy": accuracy, "pixels between the shape and the heat": float(np.median(apart))},
    }


if __name__ == "__main__":
    print(json.dumps(main(int(sys.argv[1]), float(sys.argv[2]))))
