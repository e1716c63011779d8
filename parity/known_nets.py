"""The nets of `keras.applications` that both sides build, and what they compute with them; imports neither library."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


class Case(NamedTuple):
    """A net, the arguments it is made with, the sizes of images that it predicts, whether it trains a step, the
    variance of its kernels, of which larger ones let more of the images reach the predictions, and more rounding; how
    strong images are: small values are one gray to a net that takes those of 0 to 255; how large values are where
    batches are normalized: small where the activations bend, large where they end at 6; and the only size of images
    that the net takes, if it does not take any."""

    name: str
    options: dict[str, Any]
    sizes: tuple[int, int]
    trained: bool = False
    gain: float = 2.0
    strength: float = 1.0
    scale: float = 1.0
    fixed: int | None = None


COLORS, BENT, UP_TO_SIX = 64.0, 0.25, 3.0
V2 = ("B0", "B1", "B2", "B3", "S")
CASES = [
    Case("VGG16", {}, (64, 48)),
    Case("VGG19", {}, (48, 32)),
    Case("ResNet50", {}, (64, 50), True, 1.0),
    Case("ResNet101", {}, (64, 40), gain=1.0),
    Case("ResNet152", {}, (48, 40), gain=1.0),
    Case("ResNet50V2", {}, (64, 50), True, 1.0),
    Case("ResNet101V2", {}, (64, 40), gain=1.0),
    Case("ResNet152V2", {}, (48, 40), gain=1.0),
    Case("DenseNet121", {}, (64, 50), True, 1.0),
    Case("DenseNet169", {}, (64, 40), gain=1.0),
    Case("DenseNet201", {}, (48, 40), gain=1.0),
    Case("InceptionV3", {}, (96, 80), True),
    Case("Xception", {}, (96, 75), True),
    Case("MobileNet", {"alpha": 0.5}, (64, 50), True, scale=UP_TO_SIX),
    Case("MobileNetV2", {"alpha": 0.5}, (64, 50), True, scale=UP_TO_SIX),
    Case("MobileNetV3Small", {}, (64, 50), True, strength=COLORS),
    Case("MobileNetV3Small", {"minimalistic": True}, (64, 50), strength=COLORS),
    Case("MobileNetV3Large", {}, (64, 50), strength=COLORS),
    *(Case(f"EfficientNetB{number}", {}, (64, 50), number == 0, 1.0, COLORS, BENT) for number in range(8)),
    *(Case(f"EfficientNetV2{kind}", {}, (64, 50), kind == "B0", 1.0, COLORS, BENT) for kind in V2),
    Case("InceptionResNetV2", {}, (96, 80), True),
    Case("NASNetMobile", {}, (64, 64), True, fixed=64),  # Keras's own net of open sizes cannot add its maps
    Case("ConvNeXtTiny", {}, (64, 50), True, 1.0, COLORS),
]
IMAGES = 4
CLASSES = 7
RATE = 1e-3


def built(keras: Any, case: Case, size: int | None = None) -> Any:
    """The net with a classifier of its own, without a softmax, on pooled features, of any image size (or `size`)."""
    keras.utils.clear_session()
    shape = (size or case.fixed, size or case.fixed, 3)
    net = getattr(keras.applications, case.name)(
        weights=None, include_top=False, pooling="avg", input_shape=shape, **case.options
    )
    return keras.Model(net.input, keras.layers.Dense(CLASSES, name="classes")(net.output))


def images(size: int, strength: float = 1.0) -> tuple[Array, Array]:
    """Noise of another contrast and color for each image: averages of the same noise would be the same numbers."""
    random = np.random.default_rng(size)
    contrast, color = random.uniform(0.2, 2.0, (IMAGES, 1, 1, 1)), random.uniform(-1.0, 1.0, (IMAGES, 1, 1, 3))
    x = strength * (contrast * random.uniform(-1.0, 1.0, (IMAGES, size, size, 3)) + color)
    return x.astype(np.float32), random.integers(0, CLASSES, IMAGES)


def set_weights(model: Any, arrays: list[Array]) -> None:
    """Keras's Normalization reads the statistics that it was given when it is told that they are final."""
    model.set_weights(arrays)
    for layer in model.layers:
        if type(layer).__name__ == "Normalization" and hasattr(layer, "finalize_state"):
            layer.finalize_state()


def settle(case: Case, layer: Any, x: Array) -> None:
    """Multiplies what a batch normalization subtracts and divides by so that it makes values of x about as large as the
    case says.

    Deep nets amplify rounding otherwise, and two right programs disagree: where values grow to 1e9, as EfficientNetV2's
    do under random weights, the gates of channels are 0 or 1 by the last bit. The mean of the images stays in: without
    it, each layer takes apart what the layers before it made alike, rounding included.
    """
    *others, mean, variance = layer.get_weights()
    square = np.mean(np.square(x, dtype=np.float64)) / case.scale**2
    layer.set_weights([*others, np.float32(np.sqrt(square) * mean), np.float32(square * variance)])


def weights(model: Any, gain: float) -> list[Array]:
    """Random weights that keep the values of deep nets in bounds: kernels as they are drawn at first, statistics of
    normalizations and biases off their first values."""
    random = np.random.default_rng(1)
    return [_drawn(random, weight.path, weight.shape, gain) for weight in model.weights]


def _drawn(random: np.random.Generator, path: str, shape: tuple[int, ...], gain: float) -> Array:
    last = path.rsplit("/", 1)[-1]
    if last in ("gamma", "moving_variance", "variance"):
        return random.uniform(0.7, 1.3, shape).astype(np.float32)
    if last == "count":
        return np.ones(shape, np.int64)
    if len(shape) < 2:
        return (0.05 * random.normal(size=shape)).astype(np.float32)
    depthwise = last == "depthwise_kernel" or (len(shape) == 4 and shape[-1] == 1)
    inputs = shape[0] * shape[1] if depthwise else int(np.prod(shape[:-1]))
    return (random.normal(size=shape) * np.sqrt(gain / inputs)).astype(np.float32)


def frozen_normalizations(model: Any) -> None:
    """Random parts and statistics of the batch are the other tests'; a step here changes what backpropagation gives."""
    for layer in model.layers:
        if type(layer).__name__ in ("Dropout", "BatchNormalization"):
            layer.trainable = False
            if type(layer).__name__ == "Dropout":
                layer.rate = 0.0


def stepped(keras: Any, model: Any, size: int, strength: float) -> tuple[float, list[Array]]:
    """The loss of a step, and the weights after it."""
    frozen_normalizations(model)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.SGD(RATE), loss)
    x, y = images(size, strength)
    told = model.train_on_batch(x, y)
    return float(np.ravel(np.asarray(told))[0]), [np.asarray(array) for array in model.get_weights()]
