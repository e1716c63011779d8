"""A model's pickle is the model: what it predicts, how it goes on training, and what only it knows."""

import copy
import pickle

import numpy as np
import pytest

import planish
from planish.layers import BatchNormalization, Conv2D, Dense, Dropout, Flatten, Input, Layer
from planish.models import Model, Sequential


class Doubled(Layer):
    def call(self, x):
        return 2 * x


class Own(Model):
    def __init__(self):
        super().__init__()
        self.flat, self.scores = Flatten(), Dense(3, activation="softmax")

    def call(self, x):
        return self.scores(self.flat(x))


def chain():
    layers = [
        Conv2D(2, 3),
        BatchNormalization(),
        Flatten(),
        Doubled(),
        Dropout(0.5, seed=1),
        Dense(3, activation="softmax"),
    ]
    return Sequential([Input((6, 5, 1)), *layers])


def functional():
    image = Input((6, 5, 1))
    shared = Conv2D(1, 3, padding="same")
    return Model(image, Dense(3, activation="softmax")(Flatten()(shared(shared(image)))))


MODELS = {"a chain": chain, "functional": functional, "a subclass": Own}


def images():
    return np.random.default_rng(0).random((20, 6, 5, 1), np.float32), np.arange(20) % 3


def trained(make):
    planish.utils.set_random_seed(1)
    model = make()
    model.compile(planish.optimizers.Adam(0.01), "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.notes["class_names"] = ["a", "b", "c"]
    fit(model)
    return model


def fit(model):
    return model.fit(*images(), batch_size=8, shuffle=False, verbose=0).history


def with_protocol(number):
    return lambda model: pickle.loads(pickle.dumps(model, protocol=number))


def through_read_only_buffers(model):
    buffers = []
    head = pickle.dumps(model, protocol=5, buffer_callback=buffers.append)
    return pickle.loads(head, buffers=[bytes(buffer.raw()) for buffer in buffers])


WAYS = {
    **{f"protocol {number}": with_protocol(number) for number in range(2, 6)},
    "read-only buffers": through_read_only_buffers,
    "deepcopy": copy.deepcopy,
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", MODELS)
def test_a_copy_predicts_and_goes_on_training_as_the_model_would(kind, way):
    model = trained(MODELS[kind])
    other = WAYS[way](model)
    x, y = images()
    np.testing.assert_array_equal(other.predict(x, verbose=0), model.predict(x, verbose=0))
    assert other.optimizer.iterations == model.optimizer.iterations == 3
    assert other.notes == model.notes
    assert other.evaluate(x, y, verbose=0) == model.evaluate(x, y, verbose=0)
    assert fit(other) == fit(model)


def test_weights_that_nobody_has_read_yet_are_the_same_in_all_copies():
    head = pickle.dumps(chain())
    first, second = pickle.loads(head), pickle.loads(head)
    for one, other in zip(first.get_weights(), second.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_all_large_arrays_are_outside_of_the_pickle():
    model = trained(chain)
    buffers = []
    head = pickle.dumps(model, protocol=5, buffer_callback=buffers.append)
    slots = [slot for weight in model.trainable_weights for slot in model.optimizer.slots(weight).values()]
    sizes = sorted(buffer.raw().nbytes for buffer in buffers)
    assert sizes[-3:] == [4 * model.layers[-1].kernel.size] * 3
    assert len(buffers) >= len(model.weights) + len(slots)
    assert all(array.value.tobytes() not in head for array in model.trainable_weights)
