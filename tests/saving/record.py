"""Records what real Keras writes, for tests that run without it: needs Keras 3 with a backend that can train.

    KERAS_BACKEND=jax python tests/saving/record.py [NAME ...]

Names of models record these alone.

Each model is trained for three steps and saved: data/NAME.keras.xz. Then it is given a fourth step, and what came out
goes into data/NAME.npz: images `x`, labels `y`, outputs before the step (`predictions`), and the weights after it
(`weight_0`, `weight_1`, ...), which are right only if the optimizer's state was read too, and the optimizer's variables
after it (`state_0`, ...). Files are compressed, since HDF5 is mostly zeros.
"""

import lzma
import sys
from pathlib import Path

import keras
import numpy as np
from keras import layers, optimizers, regularizers

FOLDER = Path(__file__).parent / "data"
SPARSE = "sparse_categorical_crossentropy"


def convolutional():
    return [
        layers.Conv2D(3, 3, activation="relu", padding="same", kernel_regularizer=regularizers.L2(1e-3)),
        layers.BatchNormalization(),
        layers.MaxPooling2D(),
        layers.Conv2D(4, (2, 3), strides=(1, 2), use_bias=False),
        layers.LeakyReLU(negative_slope=0.2),
        layers.Flatten(),
        layers.Dense(3, activation="softmax"),
    ]


def every_layer():
    return [
        layers.Rescaling(0.5, offset=-0.1),
        layers.ZeroPadding2D(((1, 0), (2, 1))),
        layers.Conv2D(4, 3, dilation_rate=2, groups=1, activation="gelu"),
        layers.AveragePooling2D(2, strides=1, padding="same"),
        layers.ReLU(max_value=6.0, negative_slope=0.1),
        layers.Permute((2, 1, 3)),
        layers.Activation("swish"),
        layers.Reshape((-1, 4)),
        layers.Dropout(0.5, seed=3),
        layers.Softmax(),
        layers.ELU(alpha=0.5),
        layers.Flatten(),
        layers.Dense(6, activation="selu", kernel_initializer=keras.initializers.HeNormal(seed=1)),
        layers.Reshape((1, 2, 3)),
        keras.Sequential([layers.Conv2D(2, 1, groups=1), layers.GlobalAveragePooling2D()], name="head"),
        layers.Dense(3, activation="softmax"),
    ]


def convolutions():
    return [
        layers.DepthwiseConv2D(3, padding="same", depth_multiplier=2, activation="relu6"),
        layers.SeparableConv2D(3, (2, 3), strides=2, depthwise_regularizer="l2", bias_initializer="ones"),
        layers.Conv2DTranspose(4, 3, strides=2, padding="same", output_padding=1),
        layers.Reshape((-1, 4)),
        layers.Conv1D(3, 3, padding="causal", dilation_rate=2, activation="tanh"),
        layers.DepthwiseConv1D(2, depth_multiplier=2, use_bias=False),
        layers.SeparableConv1D(3, 3, strides=2, pointwise_initializer="he_normal"),
        layers.Conv1DTranspose(2, 3, strides=2),
        layers.Flatten(),
        layers.Dense(3, activation="softmax"),
    ]


def flat():
    return [layers.Flatten(), layers.Dense(4, activation="tanh"), layers.Dense(3, activation="softmax")]


MODELS = {
    "adam": (convolutional, lambda: "adam", SPARSE, ["accuracy"]),
    "convolutions": (convolutions, lambda: "adam", SPARSE, ["accuracy"]),
    "layers": (every_layer, lambda: None, None, None),
    "sgd": (flat, lambda: optimizers.SGD(0.1, momentum=0.9, nesterov=True), "categorical_crossentropy", ["accuracy"]),
    "adamw": (flat, lambda: optimizers.AdamW(0.01, amsgrad=True, clipnorm=1.0, use_ema=True), SPARSE, None),
    "rmsprop": (flat, lambda: optimizers.RMSprop(0.01, momentum=0.5, centered=True), SPARSE, None),
    "adagrad": (flat, lambda: optimizers.Adagrad(0.1), keras.losses.SparseCategoricalCrossentropy(), None),
    "nadam": (
        flat,
        lambda: optimizers.Nadam(optimizers.schedules.ExponentialDecay(0.05, 2, 0.5)),
        SPARSE,
        [keras.metrics.SparseTopKCategoricalAccuracy(k=2)],
    ),
    "adafactor": (flat, lambda: optimizers.Adafactor(0.05), SPARSE, None),
    "muon": (flat, lambda: optimizers.Muon(0.05, exclude_layers=["dense_1"], use_ema=True), SPARSE, None),
    "ftrl": (flat, lambda: optimizers.Ftrl(0.1, l1_regularization_strength=0.01), SPARSE, None),
    "accumulating": (flat, lambda: optimizers.Adamax(0.05, gradient_accumulation_steps=2), SPARSE, None),
    "scaled": (flat, lambda: optimizers.LossScaleOptimizer(optimizers.Lamb(0.05), 1.0), SPARSE, None),
    "adadelta": (flat, lambda: optimizers.Adadelta(1.0), SPARSE, None),
    "lion": (flat, lambda: optimizers.Lion(0.01), SPARSE, None),
    "schedule_free": (flat, lambda: optimizers.ScheduleFreeAdamW(0.01), SPARSE, None),
}


def record(name, make_layers, make_optimizer, loss, metrics):
    keras.utils.clear_session()
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((6, 7, 1)), *make_layers()], name=name)
    random = np.random.default_rng(0)
    x, y = random.random((8, 6, 7, 1), dtype=np.float32), random.integers(0, 3, 8)
    if loss == "categorical_crossentropy":
        y = keras.utils.to_categorical(y, 3)
    if loss is not None:
        model.compile(optimizer=make_optimizer(), loss=loss, metrics=metrics)
        for _ in range(3):
            model.train_on_batch(x, y)
    write(name, model)
    recorded = {"x": x, "y": y, "predictions": model.predict(x, verbose=0)}
    if loss is not None:
        model.train_on_batch(x, y)
        recorded |= {f"weight_{number}": weight for number, weight in enumerate(model.get_weights())}
        recorded |= {f"state_{number}": np.asarray(slot) for number, slot in enumerate(model.optimizer.variables)}
    np.savez_compressed(FOLDER / f"{name}.npz", **recorded)


def write(name, model):
    path = FOLDER / f"{name}.keras"
    model.save(path)
    compress(path)


def compress(path):
    Path(f"{path}.xz").write_bytes(lzma.compress(path.read_bytes(), preset=9 | lzma.PRESET_EXTREME))
    path.unlink()


def record_refused():
    """Models that planish has not."""
    x = keras.Input((4, 4, 1))
    write("functional", keras.Model(x, layers.Dense(2)(layers.Flatten()(x))))
    twice = lambda x: x * 2  # noqa: E731 (Keras saves the code of lambdas only)
    twice.__code__ = twice.__code__.replace(co_filename="lambda.py")  # not the path on this computer
    write("lambda", keras.Sequential([keras.Input((4,)), layers.Lambda(twice, name="twice")]))
    write("recurrent", keras.Sequential([keras.Input((4, 2)), layers.LSTM(2, name="memory")]))


def record_weights():
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((3,)), layers.Dense(2), layers.Dense(1)])
    path = FOLDER / "dense.weights.h5"
    model.save_weights(path)
    compress(path)
    np.savez_compressed(FOLDER / "dense.npz", *model.get_weights())


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, settings in MODELS.items():
        if name in sys.argv[1:] or not sys.argv[1:]:
            record(name, *settings)
    if not sys.argv[1:]:
        record_refused()
        record_weights()
