"""Records what a version of Keras, from 1.2 to today's, writes: run with the Python that has it, for instance

    python tests/saving/record_versions.py data h5
    KERAS_BACKEND=jax python tests/saving/record_versions.py data keras h5

The first argument is the folder, the others are the endings. A chain, trained for three steps, and a network with
shared layers, a model inside, a sum and two outputs go into versions/VERSION_chain.h5.xz and VERSION_network.h5.xz;
what they then give for images into VERSION.npz: `x`, `chain`, `network_0` and `network_1`, and the chain's weights
after a fourth step, `weight_0` and so on, if Keras could train.
"""

import lzma
import os
import sys

import keras
import numpy as np
from keras import layers, models

VERSION = keras.__version__
IS_1 = VERSION.startswith("1")


def conv(filters, size, name, **options):
    if IS_1:
        return layers.Convolution2D(filters, size, size, dim_ordering="tf", name=name, **options)
    return layers.Conv2D(filters, (size, size), name=name, **options)


def dense(units, name, **options):
    return layers.Dense(units, name=name, **options)


def pool():
    return layers.MaxPooling2D((2, 2), dim_ordering="tf") if IS_1 else layers.MaxPooling2D((2, 2))


def joined(tensors, how, name):
    if IS_1:
        return layers.merge(tensors, mode={"add": "sum", "concatenate": "concat"}[how], concat_axis=-1, name=name)
    return (layers.Add if how == "add" else layers.Concatenate)(name=name)(tensors)


def chain():
    model = models.Sequential()
    model.add(conv(3, 3, "conv", activation="relu", input_shape=(6, 7, 2)))
    for layer in (
        layers.BatchNormalization(), pool(), layers.Flatten(), dense(4, "hidden"), layers.LeakyReLU(0.2),
        dense(3, "scores", activation="softmax"),
    ):  # fmt: skip
        model.add(layer)
    return model


def network():
    inner = models.Sequential(name="inner")
    inner.add(conv(2, 1, "narrow", input_shape=(4, 5, 3)))
    inner.add(layers.BatchNormalization(name="norm"))
    inner.add(conv(3, 1, "wide"))
    image, other = layers.Input((6, 7, 2), name="image"), layers.Input((6, 7, 2), name="other")
    shared = conv(3, 3, "shared")
    first, second = shared(image), shared(other)
    total = joined([inner(first), second], "add", "total")
    both = joined(
        [layers.Flatten(name="flat")(total), layers.Flatten(name="flat_too")(inner(second))], "concatenate", "both"
    )
    ends = [dense(3, "scores", activation="softmax")(both), dense(2, "logits")(both)]
    return models.Model([image, other], ends) if not IS_1 else models.Model(input=[image, other], output=ends)


def set_some_weights(model, random):
    model.set_weights([random.uniform(0.1, 0.9, np.shape(each)).astype("float32") for each in model.get_weights()])


def main(folder, endings):
    random = np.random.RandomState(0)
    x, y = random.rand(8, 6, 7, 2).astype("float32"), np.eye(3)[random.randint(0, 3, 8)].astype("float32")
    made = {"chain": chain(), "network": network()}
    for model in made.values():
        set_some_weights(model, random)
    made["chain"].compile(optimizer="adam", loss="categorical_crossentropy", metrics=["accuracy"])
    can_train = hasattr(keras.backend, "learning_phase") or keras.backend.backend() != "numpy"
    for _ in range(3 if can_train else 0):
        made["chain"].train_on_batch(x, y)
    for name, model in made.items():
        for ending in endings:
            path = os.path.join(folder, VERSION + "_" + name + "." + ending)
            try:
                model.save(path)
            except ValueError:  # Keras 3.0 to 3.2 give the slots of two weights one name in .h5 files
                os.remove(path)
                continue
            with open(path, "rb") as file:
                packed = lzma.compress(file.read(), preset=9)
            os.remove(path)
            with open(path + ".xz", "wb") as file:
                file.write(packed)
    recorded = {"x": x, "chain": made["chain"].predict(x)}
    recorded["network_0"], recorded["network_1"] = made["network"].predict([x, x[::-1]])
    if can_train:
        made["chain"].train_on_batch(x, y)
        recorded.update(("weight_" + str(number), each) for number, each in enumerate(made["chain"].get_weights()))
        recorded["y"] = y
    np.savez_compressed(os.path.join(folder, VERSION + ".npz"), **recorded)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
