"""A folder's images have the same numbers in all epochs: with frozen first layers, files are read once."""

import numpy as np
import pytest

import planish as keras
from planish import layers
from planish.models.programs.trunk import Trunk
from planish.utils.image_reader import ImageReader

EPOCHS = 3
COUNT = 11


@pytest.fixture
def folder(tmp_path):
    rng = np.random.default_rng(0)
    for place in range(COUNT):
        path = tmp_path / "pictures" / ("cat", "dog")[place % 2] / f"{place}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        keras.utils.save_img(path, rng.integers(0, 256, (10, 8, 3)))
    return tmp_path / "pictures"


@pytest.fixture
def read(monkeypatch):
    """The files that were read."""
    paths = []
    call = ImageReader.__call__

    def noted(self, path):
        paths.append(path)
        return call(self, path)

    monkeypatch.setattr(ImageReader, "__call__", noted)
    return paths


def model_of():
    keras.utils.set_random_seed(3)
    model = keras.Sequential(
        [
            layers.Input((8, 8, 3)),
            layers.Rescaling(1 / 255),
            layers.Conv2D(6, 3, activation="relu", trainable=False),
            layers.GlobalAveragePooling2D(),
            layers.Dropout(0.3),
            layers.Dense(2, "softmax"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def batches(folder, **options):
    return keras.utils.image_dataset_from_directory(
        folder, image_size=(8, 8), batch_size=4, seed=5, verbose=False, **options
    )


def trained(data, *, keep, epochs=EPOCHS, **options):
    model = model_of()
    history = model.fit(data, epochs=epochs, verbose=0, keep_frozen=keep, **options).history
    return history, model.get_weights()


def assert_same(first, second):
    assert first[0] == second[0]
    for one, other in zip(first[1], second[1], strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("watched", [False, True])
def test_files_are_read_once_and_the_bits_are_the_same(folder, read, watched):
    def options():
        return {"callbacks": [keras.callbacks.LambdaCallback(on_train_batch_end=seen)]} if watched else {}

    def seen(batch, logs):
        pass

    training, validation = batches(folder, validation_split=0.3, subset="both")
    kept = trained(training, keep=True, validation_data=validation, **options())
    assert len(read) == COUNT
    read.clear()
    training, validation = batches(folder, validation_split=0.3, subset="both")
    assert_same(kept, trained(training, keep=False, validation_data=validation, **options()))
    assert len(read) == EPOCHS * COUNT


def test_the_order_goes_on_as_if_all_epochs_had_read_the_files(folder):
    """Another fit on the same data set."""
    results = []
    for keep in (True, False):
        data = batches(folder)
        results += [(trained(data, keep=keep), trained(data, keep=keep))]
    for one, other in zip(*results, strict=True):
        assert_same(one, other)


def test_broken_files_are_left_out_in_all_epochs(folder, read):
    (folder / "cat" / "4.png").write_bytes(b"no image")
    with pytest.warns(UserWarning, match="1 of 11 images cannot be read"):
        kept = trained(batches(folder), keep=True)
    assert len(read) == COUNT
    with pytest.warns(UserWarning, match="1 of 11 images cannot be read"):
        assert_same(kept, trained(batches(folder), keep=False))


@pytest.mark.parametrize(
    "changed",
    [
        lambda data: data.map(lambda x, y: (x + np.random.default_rng(1).random(), y)),
        lambda data: data.unbatch().shuffle(20, seed=1).batch(4),
    ],
    ids=["map", "shuffle"],
)
def test_data_that_are_changed_on_their_way_are_computed_every_time(folder, read, changed):
    kept = trained(changed(batches(folder)), keep=True)
    assert len(read) == EPOCHS * COUNT
    assert_same(kept, trained(changed(batches(folder)), keep=False))


def test_other_numbers_of_steps_are_computed_every_time(folder, read):
    kept = trained(batches(folder), keep=True, steps_per_epoch=2)
    assert len(read) > COUNT
    assert_same(kept, trained(batches(folder), keep=False, steps_per_epoch=2))


def test_class_weights_and_labels_of_other_forms(folder):
    results = []
    for keep in (True, False):
        model = model_of()
        model.compile("sgd", "categorical_crossentropy", weighted_metrics=["accuracy"])
        data = batches(folder, label_mode="categorical")
        history = model.fit(data, epochs=3, verbose=0, class_weight={0: 1.0, 1: 2.5}, keep_frozen=keep).history
        results.append((history, model.get_weights()))
    assert_same(*results)


def test_a_trunk_computes_each_file_once(folder, monkeypatch):
    counts = []
    run = Trunk.run
    monkeypatch.setattr(
        Trunk, "run", lambda self, inputs, outputs, count: (counts.append(count), run(self, inputs, outputs, count))
    )
    trained(batches(folder), keep=True)
    assert sum(counts) == COUNT
