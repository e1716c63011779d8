"""Batches of images that have a state of their own: a run that goes on sees what the uninterrupted one would have."""

import numpy as np
import pytest

import planish as keras
from planish import layers

EPOCHS = 3
RANDOM = np.random.default_rng(2)
X = RANDOM.random((11, 6, 5, 3), np.float32)
Y = RANDOM.integers(0, 2, 11)


class Killed(BaseException):
    """As good as SIGKILL for what is in files."""


class Kill(keras.callbacks.Callback):
    def __init__(self, epoch, batch):
        super().__init__()
        self.at, self.epoch = (epoch, batch), 0

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        if (self.epoch, batch) == self.at:
            raise Killed

    def on_epoch_end(self, epoch, logs=None):
        if (epoch, None) == self.at:
            raise Killed


@pytest.fixture
def folder(tmp_path):
    for place, image in enumerate(X):
        path = tmp_path / "pictures" / "ab"[Y[place]] / f"{place}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        keras.utils.save_img(path, image)
    return tmp_path / "pictures"


def transformed(folder, seed):
    generator = keras.preprocessing.image.ImageDataGenerator(rotation_range=40, horizontal_flip=True)
    return generator.flow(X, Y, batch_size=4, seed=seed)


def read(folder):
    return keras.utils.image_dataset_from_directory(folder, image_size=(6, 5), batch_size=4, seed=7, verbose=False)


SOURCES = {
    "generator with a seed": lambda folder: transformed(folder, 5),
    "generator": lambda folder: transformed(folder, None),
    "folder": read,
    "chain": lambda folder: read(folder).unbatch().shuffle(6, seed=3).batch(4).prefetch(1),
}


def run(folder, source, callbacks):
    keras.utils.set_random_seed(1)
    frozen = layers.Conv2D(4, 3, trainable=False)
    model = keras.Sequential([layers.Input((6, 5, 3)), frozen, layers.Flatten(), layers.Dense(2, "softmax")])
    model.compile("adam", "sparse_categorical_crossentropy")
    data, judge = SOURCES[source](folder), SOURCES[source](folder)
    history = model.fit(data, epochs=EPOCHS, validation_data=judge, verbose=0, callbacks=callbacks)
    return history.history, model.get_weights()


@pytest.mark.parametrize("at", [(1, 1), (1, None)], ids=["within an epoch", "between two"])
@pytest.mark.parametrize("source", SOURCES)
def test_a_run_that_was_killed_ends_with_the_same_bits(tmp_path, folder, source, at):
    whole = run(folder, source, [])
    frequency = 1 if at[1] is not None else "epoch"
    backup = keras.callbacks.BackupAndRestore(str(tmp_path / "backup"), save_freq=frequency)
    with pytest.raises(Killed):
        run(folder, source, [backup, Kill(*at)])
    keras.utils.set_random_seed(99)
    resumed = run(folder, source, [backup])
    for name, values in resumed[0].items():
        assert values == whole[0][name][-len(values) :], name
    for one, other in zip(resumed[1], whole[1], strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(
    ("data", "position"),
    [
        (lambda folder: read(folder), [-1]),
        (lambda folder: read(folder), [1, 2]),
        (lambda folder: read(folder).shuffle(3), [1]),
        (lambda folder: transformed(folder, 1), [1, 2, 0, [0, 0, 1]]),
        (lambda folder: transformed(folder, 1), [1, 2, 7, None]),
        (lambda folder: transformed(folder, 1), [1, "2", 0, None]),
    ],
)
def test_what_is_not_a_position_is_refused(folder, data, position):
    with pytest.raises(ValueError, match=r"not a position|position of another|number of iterations|an order of 3"):
        data(folder).go_to(position)
