"""A callback that raises the learning rate from step to step until the loss grows; then a training with a rate that
goes up and down again, set before each batch."""

import json
import math
import sys

import numpy as np

import planish as keras
from planish.callbacks import Callback

SIDE = 20


class LRFinder(Callback):
    """Goes from `low` to `high` in `steps` steps, and remembers rates and smoothed losses."""

    def __init__(self, low, high, steps, beta=0.9):
        super().__init__()
        self.factor = (high / low) ** (1 / steps)
        self.low, self.beta = low, beta
        self.rates, self.losses = [], []

    def on_train_begin(self, logs=None):
        self.average, self.best, self.step = 0.0, math.inf, 0
        self.weights = self.model.get_weights()
        self.model.optimizer.learning_rate = self.low

    def on_train_batch_end(self, batch, logs=None):
        self.step += 1
        self.average = self.beta * self.average + (1 - self.beta) * logs["loss"]
        smooth = self.average / (1 - self.beta**self.step)
        self.rates.append(float(self.model.optimizer.learning_rate))
        self.losses.append(smooth)
        self.best = min(self.best, smooth)
        if math.isnan(smooth) or smooth > 4 * self.best:
            self.model.stop_training = True
            return
        self.model.optimizer.learning_rate = self.rates[-1] * self.factor

    def on_train_end(self, logs=None):
        self.model.set_weights(self.weights)


class OneCycle(Callback):
    def __init__(self, top, steps):
        super().__init__()
        self.top, self.steps, self.done = top, steps, 0

    def on_train_batch_begin(self, batch, logs=None):
        share = self.done / self.steps
        rate = self.top * (0.1 + 0.9 * (share / 0.3 if share < 0.3 else max(0.0, (1 - share) / 0.7)))
        self.model.optimizer.learning_rate.assign(rate)
        self.done += 1


def load_data(count, seed):
    random = np.random.default_rng(seed)
    labels = random.integers(0, 3, count)
    rows, columns = np.mgrid[:SIDE, :SIDE] / SIDE
    pattern = np.stack([np.sin(9 * rows), np.sin(9 * columns), np.sin(9 * (rows + columns))])
    images = pattern[labels] * random.choice([-1, 1], (count, 1, 1)) + random.normal(0, 1.2, (count, SIDE, SIDE))
    return images[..., None].astype("float32"), labels


def main(seed, scale):
    keras.utils.set_random_seed(seed)
    count, epochs = max(64, int(800 * scale)), max(1, round(8 * scale))
    model = keras.Sequential([
        keras.Input((SIDE, SIDE, 1)),
        keras.layers.Conv2D(12, 5, strides=2, activation="elu", kernel_initializer="he_uniform"),
        keras.layers.AveragePooling2D(2),
        keras.layers.Flatten(),
        keras.layers.Dense(24, activation="elu"),
        keras.layers.Dense(3),
    ])  # fmt: skip
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.SGD(momentum=0.9), loss, metrics=["accuracy"])
    x, y = load_data(count, 1)
    steps = math.ceil(count / 32)
    finder = LRFinder(1e-5, 10.0, 3 * steps)
    search = model.fit(x, y, batch_size=32, epochs=3, callbacks=[finder], verbose=0)
    rate = min(0.05, finder.rates[int(np.nanargmin(finder.losses))] / 10)
    model.compile(keras.optimizers.SGD(rate, momentum=0.9), loss, metrics=["accuracy"])  # forgets the last steps
    cycle = OneCycle(rate, epochs * steps)
    history = model.fit(
        x, y, batch_size=32, epochs=epochs, validation_data=load_data(count // 2, 2), callbacks=[cycle], verbose=0
    )
    loss, accuracy = model.evaluate(*load_data(count, 3), verbose=0)
    rates = np.diff(np.log(finder.rates))
    assert np.allclose(rates, rates[0], rtol=1e-3)
    return {
        "history": {**history.history, **{f"search {name}": values for name, values in search.history.items()}},
        "exact": {"batches": cycle.done},
        "final": {"loss": loss, "accuracy": accuracy, "log10 of the rate": math.log10(rate)},
    }


if __name__ == "__main__":
    print(json.dumps(main(int(sys.argv[1]), float(sys.argv[2]))))
