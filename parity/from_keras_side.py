"""Models of real Keras and planish's models of them, in one process that has both: what `compare_from_keras.py` runs.

NET is a name of `CASES`; without one, all of them and random models are compared.
"""

from __future__ import annotations

import argparse
import functools
import sys
from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np
from functional import functional_case
from graphs import build
from keras import layers

import planish

APART = 1e-4


def functional() -> Any:
    """Ways that part and meet, and that share a layer; two outputs."""
    x = keras.Input((14, 11, 3), name="image")
    shared = layers.Conv2D(6, 3, padding="same", activation="relu")
    y = layers.BatchNormalization()(shared(layers.Conv2D(3, 1)(x)))
    y = layers.Add()([y, shared(x)])
    flat = layers.Flatten()(layers.MaxPooling2D()(y))
    mean = layers.GlobalAveragePooling2D()(keras.ops.sigmoid(y) * 2.0)
    return keras.Model(x, [layers.Dense(4, activation="softmax")(flat), layers.Dense(2)(mean)])


def nested() -> Any:
    """A Sequential, and a functional model that has one inside, in a functional model."""
    stem = keras.Sequential(
        [keras.Input((None, None, 2)), layers.Conv2D(4, 3, name="conv"), layers.ReLU()], name="stem"
    )
    x = keras.Input((9, 9, 2))
    inner = keras.Model(x, layers.SeparableConv2D(5, 2)(stem(x)), name="inner")
    image = keras.Input((9, 9, 2))
    return keras.Model(image, layers.Dense(3)(layers.Flatten()(layers.LayerNormalization()(inner(image)))))


def fixed_batch() -> Any:
    x = keras.Input(batch_shape=(5, 8, 8, 1))
    return keras.Model(x, layers.Dense(3)(layers.Flatten()(layers.Conv2D(4, 3)(x))))


def dictionaries() -> Any:
    image, more = keras.Input((8, 8, 3), name="image"), keras.Input((4,), name="more")
    both = layers.Concatenate()([layers.Flatten()(layers.Conv2D(2, 3)(image)), more])
    return keras.Model({"image": image, "more": more}, {"scores": layers.Dense(3)(both), "one": layers.Dense(1)(both)})


def sequential() -> Any:
    made = [
        layers.Rescaling(1 / 255),
        layers.Conv2D(4, 3, strides=2),
        layers.PReLU(shared_axes=[1, 2]),
        layers.Dropout(0.5),
    ]
    return keras.Sequential([keras.Input((11, 13, 3)), *made, layers.Flatten(), layers.Dense(6, activation="softmax")])


def trained() -> Any:
    """With an optimizer that has a state."""
    model = sequential()
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    x = np.random.default_rng(0).uniform(0, 255, (8, 11, 13, 3)).astype(np.float32)
    model.fit(x, np.arange(8) % 6, batch_size=4, verbose=0)
    return model


def net(name: str, **options: Any) -> Any:
    return getattr(keras.applications, name)(weights=None, classes=9, **options)


CASES: dict[str, Callable[[], Any]] = {
    **{each.__name__: each for each in (functional, nested, fixed_batch)},
    **{each.__name__: each for each in (dictionaries, sequential, trained)},
    "MobileNetV2": functools.partial(net, "MobileNetV2", input_shape=(96, 96, 3), alpha=0.35),
    "MobileNetV3Small": functools.partial(net, "MobileNetV3Small", input_shape=(96, 96, 3)),
    "EfficientNetB0": functools.partial(net, "EfficientNetB0", input_shape=(64, 64, 3)),
}  # fmt: skip


def randomize(model: Any) -> None:
    """Statistics and biases that are not those of a fresh model."""
    random = np.random.default_rng(3)

    def drawn(array: Any, path: str) -> Any:
        if path.endswith(("variance", "gamma")):
            return random.uniform(0.7, 1.3, array.shape).astype(array.dtype)
        return array if array.ndim > 1 or array.dtype.kind != "f" else array + random.normal(0, 0.1, array.shape)

    model.set_weights([drawn(array, each.path) for array, each in zip(model.get_weights(), model.weights, strict=True)])


def images(model: Any) -> Any:
    def drawn(tensor: Any) -> Any:
        shape = (tensor.shape[0] or 4, *(extent or 16 for extent in tensor.shape[1:]))
        random = np.random.default_rng(9)
        return random.normal(0.3, 1.5, shape).astype("f4")

    own = model.inputs[0] if isinstance(model, keras.Sequential) else model.input
    return keras.tree.map_structure(drawn, own)


def differences(model: Any) -> Iterator[str]:
    before = model.get_weights()
    made = planish.convert.from_keras(model)
    if not all(np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True)):
        yield "Keras's model has other weights afterwards"
    if not all(np.array_equal(a, b) for a, b in zip(before, made.get_weights(), strict=True)):
        yield "the weights are not the same"
    if [each.name for each in made.layers] != [each.name for each in model.layers]:
        yield "the layers have other names"
    if model.compiled:
        ours, theirs = made.optimizer, model.optimizer
        if type(ours).__name__ != type(theirs).__name__ or int(ours.iterations) != int(theirs.iterations):
            yield "the optimizer is another"
    x = images(model)
    pairs = [*zip(flat(made.predict_on_batch(x)), flat(model.predict_on_batch(x)), strict=True)]
    apart = max(float(np.abs(a - b).max() / np.abs(b).max()) for a, b in pairs)
    print(f"    {apart:.1e} apart", flush=True)
    if not apart <= APART:
        yield f"predictions are {apart:.2g} apart"


def flat(tree: Any) -> list[Any]:
    return [np.asarray(each) for each in keras.tree.flatten(tree)]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("nets", nargs="*")
    parser.add_argument("--models", type=int, default=30, help="random functional models")
    parser.add_argument("--first-seed", type=int, default=0)
    wanted = parser.parse_args()
    random = {
        f"seed {seed}": functools.partial(build, keras, functional_case(seed))
        for seed in range(wanted.first_seed, wanted.first_seed + wanted.models)
    }
    cases = {name: CASES[name] for name in wanted.nets} if wanted.nets else {**CASES, **random}
    differing = 0
    for name, make in cases.items():
        print(name, flush=True)
        keras.utils.clear_session()
        try:
            model = make()
            if name != "trained":
                randomize(model)
            found = [*differences(model)]
        except Exception as error:
            found = [f"{type(error).__name__}: {error}"]
        differing += bool(found)
        print(f"    {'; '.join(found) or 'agrees'}", flush=True)
    print(f"{len(cases) - differing} of {len(cases)} models agree")
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
