"""A layer, a loss, a metric and a schedule of one's own, kept in a file with the model and read from it."""

import json
import os
import sys
import tempfile

import numpy as np

import planish as keras
from planish import layers, ops

SIDE = 20


@keras.utils.register_keras_serializable(package="demo")
class SqueezeExcite(layers.Layer):
    """Weights for channels, with a floor that is learnt."""

    def __init__(self, ratio=4, **kwargs):
        super().__init__(**kwargs)
        self.ratio = ratio

    def build(self, input_shape):
        channels = input_shape[-1]
        self.squeeze = layers.Dense(max(1, channels // self.ratio), activation="relu")
        self.excite = layers.Dense(channels, activation="sigmoid")
        self.floor = self.add_weight(shape=(channels,), initializer="zeros", name="floor")

    def call(self, inputs):
        means = ops.mean(inputs, axis=(1, 2), keepdims=True)
        return inputs * (self.excite(self.squeeze(means)) + self.floor)

    def get_config(self):
        return {**super().get_config(), "ratio": self.ratio}


@keras.utils.register_keras_serializable(package="demo")
class SoftF1(keras.losses.Loss):
    """1 - F1 of probabilities, beside the cross-entropy."""

    def __init__(self, share=0.5, name="soft_f1", **kwargs):
        super().__init__(name=name, **kwargs)
        self.share = share

    def call(self, y_true, y_pred):
        y_pred = ops.clip(y_pred, 1e-6, 1 - 1e-6)
        entropy = -ops.sum(y_true * ops.log(y_pred), axis=-1)
        both = ops.sum(y_true * y_pred, axis=-1)
        f1 = 2 * both / (ops.sum(y_true, axis=-1) + ops.sum(y_pred * y_pred, axis=-1))
        return self.share * (1 - f1) + (1 - self.share) * entropy

    def get_config(self):
        return {**super().get_config(), "share": self.share}


@keras.utils.register_keras_serializable(package="demo")
class Confidence(keras.metrics.Metric):
    """The mean of the largest probability."""

    def __init__(self, name="confidence", **kwargs):
        super().__init__(name=name, **kwargs)
        self.total = self.add_weight(name="total", initializer="zeros")
        self.count = self.add_weight(name="count", initializer="zeros")

    def update_state(self, y_true, y_pred, sample_weight=None):
        largest = ops.max(y_pred, axis=-1)
        self.total.assign_add(ops.sum(largest))
        self.count.assign_add(ops.cast(ops.size(largest), "float32"))

    def result(self):
        return self.total / ops.maximum(self.count, 1.0)

    def reset_state(self):
        self.total.assign(0.0)
        self.count.assign(0.0)


@keras.utils.register_keras_serializable(package="demo")
class Warmup(keras.optimizers.schedules.LearningRateSchedule):
    def __init__(self, top, steps):
        self.top, self.steps = top, steps

    def __call__(self, step):
        step = ops.cast(step, "float32")
        return self.top * ops.minimum((step + 1.0) / self.steps, ops.sqrt(self.steps / (step + 1.0)))

    def get_config(self):
        return {"top": self.top, "steps": self.steps}


def load_data(count, seed):
    random = np.random.default_rng(seed)
    labels = random.integers(0, 4, count)
    rows, columns = np.mgrid[:SIDE, :SIDE]
    corners = np.array([[5, 5], [5, 14], [14, 5], [14, 14]])
    images = random.normal(0, 0.5, (count, SIDE, SIDE, 2))
    for image, corner in zip(images, corners[labels] + random.normal(0, 1.5, (count, 2)), strict=True):
        blob = np.exp(-((rows - corner[0]) ** 2 + (columns - corner[1]) ** 2) / 8)
        image += blob[..., None] * random.uniform(0.4, 1.0, 2)
    return images.astype("float32"), keras.utils.to_categorical(labels, 4)


def main(seed, scale):
    keras.utils.set_random_seed(seed)
    count, epochs = max(64, int(600 * scale)), max(1, round(10 * scale))
    model = keras.Sequential([
        layers.Input((SIDE, SIDE, 2)),
        layers.Conv2D(16, 3, activation="relu"),
        SqueezeExcite(ratio=4),
        layers.MaxPooling2D(2),
        layers.Flatten(),
        layers.Dense(4, activation="softmax"),
    ])  # fmt: skip
    model.compile(keras.optimizers.Adam(Warmup(5e-3, 20)), SoftF1(0.4), metrics=["accuracy", Confidence()])
    x, y = load_data(count, 1)
    history = model.fit(x, y, batch_size=32, epochs=epochs, validation_data=load_data(count // 2, 2), verbose=0)
    test = load_data(count // 2, 3)
    scores = model.evaluate(*test, verbose=0, return_dict=True)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "model.keras")
        model.save(path)
        read = keras.models.load_model(path)
    again = read.evaluate(*test, verbose=0, return_dict=True)
    assert all(abs(again[name] - value) < 1e-5 for name, value in scores.items())
    assert (read.loss.share, read.layers[1].ratio) == (0.4, 4)
    return {
        "history": history.history,
        "exact": {"weights": [list(weight.shape) for weight in model.weights]},
        "final": scores,
    }


if __name__ == "__main__":
    print(json.dumps(main(int(sys.argv[1]), float(sys.argv[2]))))
